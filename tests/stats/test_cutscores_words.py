"""Sentences and charts of pass marks, in both languages and on the smallest results."""

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.demo.judges import HEEDLESS, STRICT, judges, verdicts
from svclib.reports import charts, sentences

LANGUAGES = ["en", "zh-CN"]
say = sentences.cutscores


@pytest.fixture(scope="module")
def panel(exam):
    return judges(exam.mean())


@pytest.fixture(scope="module")
def mark(panel):
    return stats.angoff(panel, round="round")


@pytest.fixture(scope="module")
def near(exam):
    return stats.near_cut(exam, 10, flagged=["I03", "I07"], forms=pd.Series(np.arange(21) - 0.6, range(21)))


def test_the_panels_stories_are_found(mark, exam):
    first = mark.judges[mark.judges["round"] == 1].set_index("judge")
    assert first["severity"].idxmax() == f"J{STRICT:02d}"
    assert first["r_panel"].idxmin() == f"J{HEEDLESS:02d}"
    told = stats.angoff(judges(exam.mean()), round="round", difficulties=exam.mean())
    assert "not_difficulty" in told.judges.set_index(["round", "judge"]).loc[(2, f"J{HEEDLESS:02d}"), "flags"]


def test_what_hr_reads_aloud(exam, near):
    rates = stats.pass_rate(exam, 10)
    more = int((exam.sum(axis=1) == 9).sum())
    assert f"(1 less) {more} more would pass" in say.one_point(rates)
    assert f"{len(near)} candidates are within 1 standard error of the mark of 10 points" in say.near(near, 10)
    assert f"及格者增加 {more} 人" in say.consequences(rates, "zh-CN")
    decided = stats.classification(exam, 10, replicates=30)
    right = round(100 * decided["estimate"].iloc[0])
    assert f"Of 100 decisions about {right} are right" in say.decision(decided)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_has_a_sentence(language, exam, panel, mark, near):
    one = stats.angoff(panel[panel["judge"] == "J01"], round="round")
    silent = stats.angoff(panel[panel["round"] == 1].assign(rating=np.nan))
    totals = exam.sum(axis=1)
    groups = stats.contrasting_groups(totals, verdicts(5 * totals), replicates=30)
    odd = stats.contrasting_groups(pd.Series([1.0, 2, 3, 4]), [True, True, False, False])
    items = pd.DataFrame({"item": ["a", "b", "c"], "a": 1.0, "b": [-1.0, 0, 1]})
    placed = stats.bookmark(pd.DataFrame({"judge": range(7), "page": [1, 2, 2, 2, 2, 3, 3]}), items)
    alone = stats.bookmark(pd.DataFrame({"judge": [1], "page": [2]}), items)
    nothing = stats.classification(pd.DataFrame({"a": [1], "b": [0]}), 1)
    texts = [
        say.angoff(mark, language), say.angoff(one, language), say.angoff(silent, language),
        say.contrasting(groups, language), say.contrasting(odd, language),
        say.bookmark(placed, language), say.bookmark(alone, language),
        say.decision(nothing, language=language),
        say.decision(stats.classification(exam, 10, replicates=0), 10, language),
        say.consequences(stats.pass_rate(exam, 20), language), say.near(near, 10, language),
        say.near(near.head(0), 10, language), say.effects(stats.item_effects(exam, 10), language),
        say.effects(stats.item_effects(exam.head(1), 1, ["I01"]), language),
        *(say.candidate(row, 10, language) for row in near.head(40).to_dict("records")),
        *(say.scaled(row, language) for row in stats.scaled_scores([1.0, np.nan], 5, 9).to_dict("records")),
    ]  # fmt: skip
    for text in texts:
        assert text
        assert "{" not in text
        assert "nan" not in text.lower()
        if language == "zh-CN":
            assert any(ord(letter) > 0x2E80 for letter in text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [660, 340])
def test_charts_are_drawn(language, width, exam, mark):
    totals = exam.sum(axis=1)
    items = pd.DataFrame({"item": ["a", "b", "c"], "a": 1.0, "b": [-1.0, 0, 1]})
    options = {"language": language, "width": width}
    for chart in (
        charts.pass_mark(exam, 10, sem=1.8, title="x", **options),
        charts.pass_mark(pd.Series([7.0]), 5, highest=9, **options),
        charts.judge_severity(mark, title="x", **options),
        charts.judge_severity(stats.angoff(judges(exam.mean(), n=1, rounds=1)), **options),
        charts.bookmarks(stats.bookmark(pd.DataFrame({"judge": range(3), "page": [1, 2, 2]}), items), **options),
        charts.contrasting(stats.contrasting_groups(totals, verdicts(5 * totals), replicates=30), **options),
        charts.consequences(stats.pass_rate(exam, 10), title="x", **options),
    ):
        assert chart.to_dict()


def test_the_bars_count_every_candidate(exam):
    shown = charts.pass_mark(exam, 10).to_dict()
    data = next(rows for rows in shown["datasets"].values() if "verdict" in rows[0])
    assert sum(row["n"] for row in data) == len(exam)
    passed = sum(row["n"] for row in data if row["verdict"] == "passes")
    assert passed == int((exam.sum(axis=1) >= 10).sum())
