import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts, sentences, theme
from svclib.reports.words import SHARE


@pytest.fixture(scope="module")
def visits():
    random = np.random.default_rng(5)
    wait = random.gamma(3, 4, 400)
    score = np.clip(np.round(5.2 - wait / 8 + random.normal(0, 0.6, 400)), 1, 5)
    frame = pd.DataFrame({"wait": wait, "score": score, "staff": random.integers(1, 6, 400).astype(float)})
    frame.loc[random.random(400) < np.where(wait > 12, 0.6, 0.1), "score"] = np.nan
    frame.loc[::9, "staff"] = np.nan
    return frame


@pytest.fixture(scope="module")
def drawn(visits):
    return stats.impute(visits, draws=3, rounds=2)


@pytest.mark.parametrize("width", [660, 330])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_charts_of_missing_answers_fit_their_width(visits, drawn, width, language):
    pictures = {
        "bars": charts.missing_bars(stats.missing_summary(visits), language=language, width=width),
        "map": charts.missing_map(stats.missing_patterns(visits), language=language, width=width),
        "who": charts.missing_who(
            stats.missing_differences(visits, "score", ["wait", "staff"]), language=language, width=width
        ),
        "imputed": charts.imputed(drawn, "score", language=language, width=width),
    }
    told = {name: theme.svg(chart) for name, chart in pictures.items()}
    for one in told.values():
        assert 0.6 * width <= float(one.split('width="')[1].split('"')[0]) <= width + 12
    assert (">插补<" if language == "zh-CN" else ">imputed<") in told["imputed"]
    assert (">缺失<" if language == "zh-CN" else ">missing<") in told["map"]


def test_numbers_of_many_values_are_drawn_in_classes(visits):
    lost = visits.assign(wait=visits["wait"].where(visits.index % 5 > 0))
    assert theme.svg(charts.imputed(stats.impute(lost, draws=2, rounds=1), "wait")).count("<path") > 12


def test_how_much_is_missing_is_told(visits):
    summary = stats.missing_summary(visits)
    share = visits.isna().to_numpy().mean()
    assert sentences.missing.amount(summary).startswith(f"{100 * share:.1f}% of the answers asked for are missing")
    assert "score" in sentences.missing.amount(summary, "zh-CN")
    full = stats.missing_summary(visits[["wait"]])
    assert sentences.missing.amount(full) == "No question that was asked was left without an answer."


def test_littles_test_is_told_with_what_it_cannot_tell(visits):
    row = stats.little_test(visits).iloc[0].to_dict()
    assert "differs from who does not" in sentences.missing.at_random(row)
    assert "that does not show that they are" in sentences.missing.at_random({**row, "p_value": 0.4})
    assert "无法检验" in sentences.missing.at_random(stats.little_test(visits[["wait"]]).iloc[0].to_dict(), "zh-CN")


def test_who_leaves_the_answer_out_is_told(visits):
    rows = stats.missing_differences(visits, "score", ["wait", "staff"])
    assert sentences.missing.who(rows, "score").startswith("Those without an answer to score are higher in wait (by ")
    assert "偶然波动" in sentences.missing.who(rows.assign(p_adjusted=1.0), "评分", "zh-CN")


def test_the_headline_is_told_with_and_without_imputation(visits, drawn):
    pooled = drawn.estimate(lambda frame: stats.csat(frame, "score")).iloc[0].to_dict()
    complete = stats.csat(visits, "score").iloc[0].to_dict()
    told = sentences.missing.imputed(pooled, complete, "CSAT", SHARE)
    assert told.startswith("CSAT is ")
    assert told.endswith(f"{100 * complete['estimate']:.1f}% from the answers given.")
    empty = {**pooled, "estimate": np.nan, "note": "no answers"}
    assert (
        sentences.missing.imputed(empty, complete, "满意度", SHARE, "zh-CN")
        == "满意度：插补后无法给出数值（没有答卷）。"
    )
