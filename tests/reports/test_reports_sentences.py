import ast
from pathlib import Path

import pandas as pd
import pytest
import synthetic_bank

import svclib
from svclib import stats
from svclib.i18n import chinese
from svclib.reports import sentences, words
from svclib.reports.words import RATING, SCORE, SHARE

LANGUAGES = ["en", "zh-CN"]


def months():
    return stats.csat(stats_frame(), "overall", by="month")


def stats_frame():
    data = synthetic_bank.responses()
    return data.assign(month=data["submitted_at"].dt.strftime("%Y-%m"))


def spoken(language):
    """Every kind of sentence once, from the synthetic bank."""
    rows = months()
    moved = stats.changes(rows)
    scores, choices = synthetic_bank.exam()
    items = stats.item_analysis(scores)
    branches = stats.csat(stats_frame(), "overall", by="branch")
    options = stats.distractors(choices, scores=scores)
    empty = stats.csat(stats_frame().iloc[:0], "overall").iloc[0]
    subject = "CSAT"
    lines = [sentences.satisfaction.level(row, subject, SHARE, language) for row in rows.to_dict("records")[:2]]
    lines += [sentences.satisfaction.level(empty, subject, SHARE, language)]
    lines += [sentences.satisfaction.change(row, subject, SHARE, language) for row in moved.to_dict("records")]
    lines += [
        sentences.satisfaction.worst([(row, subject, SHARE)], language) for row in moved.tail(2).to_dict("records")
    ]
    lines += [
        sentences.satisfaction.ranking(branches, "branch", SHARE, below=below, hidden=hidden, language=language)
        for below, hidden in ((["tj"], 1), ([], 0))
    ]
    lines += [sentences.items.overview(items, language), sentences.items.overview(items.head(0), language)]
    lines += [sentences.items.item(row, language) for row in sentences.items.to_look_at(items).to_dict("records")]
    lines += [sentences.items.option(row, language) for row in options.to_dict("records") if row["flag"] == "key"]
    lines += [sentences.items.reliability(stats.alpha(scores[names]).iloc[0], language) for names in parts(scores)]
    return "\n".join(lines) + "\n"


def parts(scores):
    return [list(scores.columns), list(scores.columns[:6]), list(scores.columns[4:9]), list(scores.columns[:1])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_those_of_the_snapshot(language, snapshot):
    snapshot(f"sentences.{language}.txt", spoken(language))


def test_a_fall_beyond_chance_and_one_within_it_are_told_apart():
    row = {"estimate": -0.05, "low": -0.09, "high": -0.01, "direction": "down", "level": 0.95, "n": 90}
    assert "would hardly explain" in sentences.satisfaction.change(row, "CSAT", SHARE)
    row |= {"high": 0.01, "direction": "steady"}
    assert "alone could explain" in sentences.satisfaction.change(row, "CSAT", SHARE)


def test_of_several_falls_the_clearest_is_told():
    wide = {"estimate": -0.2, "std_error": 0.2, "low": -0.6, "high": 0.2, "direction": "steady", "level": 0.95}
    sure = {"estimate": -0.1, "std_error": 0.01, "low": -0.12, "high": -0.08, "direction": "down", "level": 0.95}
    told = sentences.satisfaction.worst([(wide, "Ease", RATING), (sure, "Satisfaction", SHARE)])
    assert told.startswith("Satisfaction fell by 10.0 percentage points")


def test_when_nothing_fell_nothing_got_worse():
    row = {"estimate": 0.1, "std_error": 0.1, "low": -0.1, "high": 0.3, "direction": "steady", "level": 0.95}
    assert sentences.satisfaction.worst([(row, "Ease", RATING)]) == "Nothing got worse since the month before."


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_says_significant(language):
    assert "significant" not in spoken(language)
    assert "显著" not in spoken(language)


def test_numbers_have_real_minus_signs_and_signs_where_they_help():
    assert words.value(-12.4, SCORE) == "−12"
    assert words.value(12.4, SCORE) == "+12"
    assert words.value(float("nan"), SHARE) == words.MISSING
    assert words.value(pd.NA, SHARE) == words.MISSING


def test_a_rounded_zero_has_no_sign():
    assert words.number(-0.001, 1) == "0.0"


def test_intervals_and_months_follow_the_language():
    assert words.interval(0.1, 0.2, SHARE, "zh-CN") == "10.0% 至 20.0%"
    assert words.month("2026-03", "zh-CN") == "2026年3月"


def marked(folder):
    for path in (Path(svclib.__file__).parent / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
            if called and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value


@pytest.mark.parametrize("folder", ["stats", "reports"])
def test_every_marked_text_has_its_chinese(folder):
    assert [text for text in marked(folder) if text not in chinese()] == []
