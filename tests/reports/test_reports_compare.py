import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts, sentences, theme
from svclib.reports.words import RATING

WIDTHS = (660, 330)
LANGUAGES = ("en", "zh-CN")


@pytest.fixture(scope="module")
def visits():
    random = np.random.default_rng(8)
    branch = random.choice(["朝阳支行", "海淀支行", "浦东支行", "天河支行"], 400, p=[0.4, 0.3, 0.25, 0.05])
    score = np.clip(np.round(random.normal(4 - 0.9 * (branch == "浦东支行"), 0.9)), 1, 5)
    channel = np.where(random.random(400) < 0.2 + 0.12 * score, "手机", "柜面")
    return pd.DataFrame({"branch": branch, "score": score, "channel": channel})


@pytest.fixture(scope="module")
def pairs(visits):
    return stats.pairwise_means(visits, "score", "branch")


@pytest.fixture(scope="module")
def ranking(visits):
    return stats.rank_units(stats.mean(visits, "score", by="branch"), "branch")


def size(drawn):
    return float(drawn.split('width="')[1].split('"')[0])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_differences_are_drawn_with_their_pairs(pairs, width, language):
    drawn = theme.svg(charts.differences(pairs, margin=0.3, language=language, width=width))
    assert 0.7 * width <= size(drawn) <= width + 2
    assert (">差异<" if language == "zh-CN" else ">difference<") in drawn


def test_a_crossed_table_shows_shares_and_letters(visits):
    table = stats.crosstab(visits, "channel", "branch")
    drawn = theme.svg(charts.crossed(table.cells))
    assert "朝阳支行 (B)" in drawn or "朝阳支行 (A)" in drawn
    for text in table.cells["estimate"]:
        assert f"{100 * text:.1f}%" in drawn


@pytest.mark.parametrize("width", WIDTHS)
def test_rank_probabilities_name_the_units_in_order(ranking, width):
    drawn = theme.svg(charts.rank_probabilities(ranking, "branch", language="zh-CN", width=width))
    places = [drawn.index(f">{name}<") for name in ranking.units["branch"]]
    assert places == sorted(places)
    assert size(drawn) <= width + 2


def test_coefficients_of_agreement_are_drawn():
    random = np.random.default_rng(2)
    first = random.integers(1, 5, 60)
    calls = pd.DataFrame({"a": first, "b": np.where(random.random(60) < 0.8, first, random.integers(1, 5, 60))})
    rows = pd.concat([stats.kappa(calls), stats.gwet(calls), stats.krippendorff(calls)])
    drawn = theme.svg(charts.coefficients(rows))
    assert ">AC1<" in drawn


ROW = {
    "first": "A", "second": "B", "estimate": -0.4, "low": -0.7, "high": -0.1, "level": 0.95, "p_value": 0.01,
    "note": "",
}  # fmt: skip


def test_a_difference_names_the_higher_group_its_size_and_chance():
    told = sentences.compare.difference(ROW, "Waiting", RATING)
    assert told == (
        "Waiting: B is 0.40 scale points above A (95% interval +0.10 to +0.70); chance alone would hardly explain it."
    )
    told = sentences.compare.difference({**ROW, "p_adjusted": 0.2}, "等候", RATING, "zh-CN")
    assert told == "等候：B比A高 0.40 分（95% 置信区间 +0.10 至 +0.70）；偶然波动即可解释。"


def test_groups_that_cannot_be_compared_are_said():
    row = {**ROW, "estimate": np.nan, "low": np.nan, "note": "needs at least two groups with answers"}
    assert sentences.compare.difference(row, "Waiting") == (
        "Waiting: A and B cannot be compared (needs at least two groups with answers)."
    )


def test_pairs_are_counted_before_the_largest_is_told(pairs):
    told = sentences.compare.pairs(pairs, "Score")
    assert told.startswith(("Score: 2 of 6 pairs differ", "Score: 3 of 6 pairs differ"))
    same = pairs.assign(p_adjusted=1.0)
    assert "none of the 6 pairs" in sentences.compare.pairs(same, "Score")
    assert "没有一对" in sentences.compare.pairs(same, "评分", language="zh-CN")


def test_an_association_is_told_by_its_strength(visits):
    tests = stats.crosstab(visits, "channel", "branch").tests
    assert "Cramér's V" in sentences.compare.association(tests, "Channel", "branch")
    assert "Cramér V" in sentences.compare.association(tests, "渠道", "网点", "zh-CN")
    empty = stats.crosstab(visits.assign(one=1), "one", "branch").tests
    assert "no association can be told" in sentences.compare.association(empty, "Channel", "branch")


def test_equivalence_is_a_finding():
    data = pd.DataFrame({"channel": ["app"] * 40 + ["web"] * 40, "csat": [3.0, 4, 4, 5] * 20})
    row = stats.equivalence(data, "csat", "channel", 0.5).iloc[0].to_dict()
    assert "that is a finding" in sentences.compare.equivalent(row, "CSAT")
    open_row = stats.equivalence(data, "csat", "channel", 0.05).iloc[0].to_dict()
    assert "cannot be told" in sentences.compare.equivalent(open_row, "CSAT")
    assert "无法判断" in sentences.compare.equivalent(open_row, "满意度", language="zh-CN")


def test_a_ranking_says_how_far_it_can_be_read(ranking):
    told = sentences.compare.ranked(ranking, "branch", "zh-CN")
    assert "浦东支行" in told
    assert "%" in told
    few = stats.rank_units(pd.DataFrame({"b": ["x"], "estimate": [1.0], "std_error": [0.1], "n": [9]}), "b")
    assert sentences.compare.ranked(few, "b") == "The units cannot be ranked (needs at least three units with answers)."


def test_agreement_says_what_it_is_enough_for():
    row = {"term": "kappa", "estimate": 0.9, "low": 0.85, "high": 0.94, "n": 120, "level": 0.95, "note": ""}
    assert "can stand in for each other" in sentences.agreement.agreement(row)
    assert "不能依赖" in sentences.agreement.agreement({**row, "low": 0.2, "high": 0.5}, "zh-CN")
    assert "cannot be told yet" in sentences.agreement.agreement({**row, "low": 0.5})
    entire = stats.kappa(pd.DataFrame({"a": [1, 2, 3], "b": [1, 2, 3]})).iloc[0].to_dict()
    assert "no interval (the raters agree entirely" in sentences.agreement.agreement(entire)
