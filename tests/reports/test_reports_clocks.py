# ruff: noqa: E501  (sentences are compared whole)
from pathlib import Path

import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts, theme
from svclib.reports.sentences import clocks as said
from svclib.reports.sentences.clocks import DAYS, HOURS

REFERENCE = Path(__file__).parents[1] / "stats" / "reference"
SIZES = [(660, "en"), (330, "zh-CN")]


@pytest.fixture(scope="module")
def cases():
    return pd.read_csv(REFERENCE / "clock_cases.csv")


@pytest.fixture(scope="module")
def clocks():
    return pd.read_csv(REFERENCE / "clocks.csv")


@pytest.fixture(scope="module")
def curves(cases):
    return stats.kaplan_meier(cases, "resolution_days", "resolved", by="severity")


@pytest.fixture(scope="module")
def fitted(cases):
    return stats.cox(cases, "resolution_days", "resolved", ["channel", "severity"])


def width_of(drawn):
    return float(drawn.split('width="')[1].split('"')[0])


@pytest.mark.parametrize(("width", "language"), SIZES)
def test_curves_fit_and_count_the_cases_at_risk(curves, width, language):
    drawn = theme.svg(charts.survival(curves, until=40, limits=[15, 30], width=width, language=language))
    assert width * 0.8 <= width_of(drawn) <= width
    for name in ("high", "medium", "low"):
        assert f">{name}<" in drawn
    assert ">111<" in drawn
    assert f">{({'en': 'Not done yet', 'zh-CN': '尚未完成的案件数'})[language]}<" in drawn


def test_one_curve_in_hours(cases):
    curve = stats.kaplan_meier(cases, "first_response_hours", "responded")
    drawn = theme.svg(charts.survival(curve, until=48, limits=[24], unit=HOURS, title="首次响应", language="zh-CN"))
    assert ">小时<" in drawn
    assert ">首次响应<" in drawn


@pytest.mark.parametrize(("width", "language"), SIZES)
def test_ways_to_end_and_ratios_fit(clocks, fitted, width, language):
    ways = stats.cumulative_incidence(clocks, "days", "cause")
    drawn = theme.svg(charts.incidence(ways, labels={"1": "已解决", "2": "撤回"}, width=width, language=language))
    assert ">已解决<" in drawn
    assert width * 0.8 <= width_of(drawn) <= width
    ratios = theme.svg(
        charts.hazard_ratios(fitted.frame, labels={"severity[low]": "轻微"}, width=width, language=language)
    )
    assert ">轻微<" in ratios
    assert width_of(ratios) <= width


def test_pairs_are_named_by_both_groups(cases):
    rows = stats.pairwise_logrank(cases, "resolution_days", "resolved", "severity")
    assert ">high / low<" in theme.svg(charts.hazard_ratios(rows))


def test_a_ratio_without_a_bound_is_left_out(clocks):
    cases = clocks.assign(closed=clocks["ended"].where(clocks["channel"] != "phone", 0))
    drawn = theme.svg(charts.hazard_ratios(stats.cox(cases, "days", "closed", ["channel", "size"]).frame))
    assert ">size<" in drawn
    assert ">channel[phone]<" not in drawn


def test_a_group_without_cases_is_drawn_empty(cases):
    typed = cases.assign(severity=pd.Categorical(cases["severity"], ["low", "medium", "high", "none"]))
    curve = stats.kaplan_meier(typed, "resolution_days", "resolved", by="severity")
    assert theme.svg(charts.survival(curve)).startswith("<svg")


def test_the_share_done_within_a_limit(cases):
    row = stats.kaplan_meier(cases, "first_response_hours", "responded").within(24).iloc[0]
    assert said.within(row, "First responses", HOURS) == (
        "First responses: 91.8% within 24 hours (95% interval 89.7% to 93.6%; 800 cases, open ones counted as far as seen)."
    )
    assert said.within(row, "首次响应", HOURS, "zh-CN") == (
        "首次响应：24 小时内完成 91.8%（95% 区间：89.7% 至 93.6%；800 个案件，未结案件按已观察的时间计入）。"
    )


def test_a_limit_beyond_what_was_seen_says_so(cases):
    early = cases.assign(first_response_hours=cases["first_response_hours"].clip(upper=10), responded=False)
    row = stats.kaplan_meier(early, "first_response_hours", "responded").within(24).iloc[0]
    assert said.within(row, "First responses", HOURS) == (
        "First responses within 24 hours: no number (no case was followed that long)."
    )


def test_the_median_with_its_interval(cases):
    curve = stats.kaplan_meier(cases, "first_response_hours", "responded")
    assert said.median(curve.median().iloc[0], "First responses", HOURS) == (
        "First responses: 50% were done within 4.9 hours (95% interval 4.3 hours to 5.4 hours)."
    )
    assert said.median(curve.quantile(0.9).iloc[0], "首次响应", HOURS, "zh-CN").startswith(
        "首次响应：90% 在 21.3 小时内完成"
    )


@pytest.mark.parametrize(
    ("closed", "told"),
    [
        ([1] * 5 + [0] * 5, "at least 2 days, its end is not reached"),
        (
            [1, 1] + [0] * 8,
            "the time by which 50% are done cannot be told (not reached: too many cases are still open)",
        ),
    ],
)
def test_a_median_that_is_hardly_reached(closed, told):
    cases = pd.DataFrame({"days": range(1, 11), "closed": closed})
    assert told in said.median(stats.kaplan_meier(cases, "days", "closed").median().iloc[0], "Cases", DAYS)


def test_groups_are_compared_with_size_and_chance(curves):
    first, _other, last = curves.within_differences(15).to_dict("records")
    assert said.difference(first, DAYS) == (
        "Within 15 days, high had done 33.6 percentage points less than low (95% interval −43.5 to −23.5); chance alone "
        "would hardly explain it."
    )
    assert said.difference(last, DAYS, "zh-CN") == (
        "15 天内，low的办结率比medium高 6.2 个百分点（95% 区间：+0.4 至 +12.1）；偶然波动难以解释。"
    )


def test_a_comparison_that_cannot_be_made_says_so(cases):
    typed = cases.assign(severity=pd.Categorical(cases["severity"], ["low", "none"]))
    row = stats.kaplan_meier(typed, "resolution_days", "resolved", by="severity").within_differences(15).iloc[0]
    assert said.difference(row, DAYS) == "low and none within 15 days: no comparison (no cases)."


def test_paces_of_groups(cases):
    test = stats.logrank(cases, "resolution_days", "resolved", "severity")
    assert said.pace(test) == (
        "Soonest done: low (1.26 times as many as expected without a difference); latest: high (0.60 times); chance alone "
        "would hardly explain it."
    )
    same = stats.logrank(cases.assign(half=cases.index % 2), "resolution_days", "resolved", "half")
    assert said.pace(same, "zh-CN").endswith("可能只是偶然波动。")
    one = stats.logrank(cases.assign(half=1), "resolution_days", "resolved", "half")
    assert said.pace(one) == "The paces cannot be compared (needs at least two groups with cases)."


def test_ratios_of_paces(fitted):
    rows = fitted.frame.to_dict("records")
    assert said.hazard(rows[3], "Low severity") == (
        "Low severity: 2.25 times the pace (95% interval 1.81 to 2.80); chance alone would hardly explain it."
    )
    assert (
        said.hazard(rows[0], "网点", "zh-CN")
        == "网点：办结速度为 0.85 倍（95% 区间：0.68 至 1.06）；可能只是偶然波动。"
    )


def test_a_ratio_without_a_bound_says_why(clocks):
    cases = clocks.assign(closed=clocks["ended"].where(clocks["channel"] != "phone", 0))
    row = stats.cox(cases, "days", "closed", ["channel", "size"]).frame.iloc[1]
    assert said.hazard(row) == (
        "channel[phone]: no ratio of paces (in one of its groups nothing ended while others did: the ratio has no bound)."
    )


def test_pairs_name_both_groups(cases):
    rows = stats.pairwise_logrank(cases, "resolution_days", "resolved", "severity")
    assert said.hazard(rows.iloc[0]).startswith("high / low: 0.45 times the pace")


def test_proportional_hazards(fitted, clocks):
    assert said.proportional(fitted.proportional()) == (
        "The ratios of severity change over time beyond chance: read them as averages over the time seen."
    )
    steady = stats.cox(clocks, "days", "ended", "size").proportional()
    assert said.proportional(steady, "zh-CN") == "没有超出偶然的迹象表明比值随时间变化。"
    cases = clocks.assign(closed=clocks["ended"].where(clocks["channel"] != "phone", 0))
    endless = stats.cox(cases, "days", "closed", ["channel", "size"]).proportional()
    assert said.proportional(endless).startswith("Whether the ratios stay the same cannot be told")


def test_ways_to_end(clocks):
    found = stats.cumulative_incidence(clocks, "days", "cause")
    assert said.incidence(found.at(15).iloc[1], DAYS, "Withdrawn") == (
        "Withdrawn: 12.5% by 15 days (95% interval 9.0% to 16.7%; 300 cases)."
    )
    early = clocks[clocks["days"] < 5].assign(cause=lambda data: data["cause"].where(data["days"] < 4, 0))
    row = stats.cumulative_incidence(early, "days", "cause").at(9).iloc[0]
    assert said.incidence(row, DAYS, "撤回", "zh-CN") == "撤回，截至 9 天：无数值（没有案件被观察这么久）。"
