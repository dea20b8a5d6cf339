# ruff: noqa: E501  (sentences are compared whole)
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts, theme
from svclib.reports.sentences import time as said
from svclib.reports.words import SHARE, Unit

REFERENCE = Path(__file__).parents[1] / "stats" / "reference"
POINTS = Unit(digits=1, change="{size} points")
WIDTHS = (660, 330)
SIZES = [(660, "en"), (330, "zh-CN")]


@pytest.fixture(scope="module")
def monthly():
    return pd.read_csv(REFERENCE / "monthly.csv")


@pytest.fixture(scope="module")
def series():
    return pd.read_csv(REFERENCE / "series.csv")


@pytest.fixture(scope="module")
def shares(monthly):
    return stats.p_chart(monthly, "dissatisfied", "surveyed", over="month", baseline=24)


def width_of(drawn):
    return float(drawn.split('width="')[1].split('"')[0])


@pytest.mark.parametrize(("width", "language"), SIZES)
def test_a_control_chart_fits_and_names_its_signals(shares, width, language):
    drawn = theme.svg(charts.control(shares, "month", subject="CSAT", width=width, language=language))
    assert width * 0.8 <= width_of(drawn) <= width
    assert f">{said.rule('two_of_three', language)}<" in drawn
    assert theme.colors()["danger"] in drawn


def test_a_chart_of_two_terms_has_two_panels(monthly):
    chart = stats.xmr_chart(monthly, "mean_wait_minutes", over="month", baseline=24)
    drawn = theme.svg(charts.control(chart, "month", unit=POINTS, subject="等候时间", language="zh-CN"))
    assert ">等候时间<" in drawn
    assert ">等候时间，相邻期之差<" in drawn


def test_words_at_signals_do_not_run_into_one_another(monthly):
    from svclib.reports.charts.time import _apart

    kept = _apart(np.array([10.0, 40.0, 300.0]), ["beyond the limits"] * 3, np.array([True, True, False]))
    assert kept.tolist() == [True, False, True]


def test_a_gap_breaks_the_line(monthly):
    holed = monthly.assign(mean_wait_minutes=monthly["mean_wait_minutes"].mask(monthly.index == 15))
    chart = stats.ewma_chart(holed, "mean_wait_minutes", over="month")
    assert theme.svg(charts.control(chart, "month", unit=POINTS)).startswith("<svg")


def test_a_chart_without_limits_is_still_a_chart(monthly):
    chart = stats.xmr_chart(monthly.head(1), "mean_wait_minutes", over="month")
    assert theme.svg(charts.control(chart, "month", unit=POINTS)).startswith("<svg")


@pytest.mark.parametrize(("width", "language"), SIZES)
def test_changes_interruptions_and_seasons_fit(series, width, language):
    drawn = [
        charts.change_point(
            stats.change_point(series, "score", over="month", most=2, runs=19), unit=POINTS, width=width, language=language
        ),
        charts.interruption(
            stats.interrupted_series(series, "score", over="month", at="2024-08", transition=2),
            unit=POINTS, width=width, language=language, title="Score",
        ),
        charts.seasons(
            stats.seasonal(series, "volume", over="month"), unit=POINTS, width=width, language=language, title="Volume"
        ),
    ]  # fmt: skip
    for chart in drawn:
        assert width * 0.8 <= width_of(theme.svg(chart)) <= width
    names = {"en": "as it would have been", "zh-CN": "未变动时的走势"}
    assert f">{names[language]}<" in theme.svg(drawn[1])


def test_short_series_are_drawn_without_what_cannot_be_told(series):
    short = series.head(5)
    for chart in (
        charts.change_point(stats.change_point(short, "score", over="month"), unit=POINTS, title="Score"),
        charts.interruption(stats.interrupted_series(short, "score", over="month", at="2021-04"), unit=POINTS),
        charts.seasons(stats.seasonal(short, "volume", over="month"), unit=POINTS),
    ):
        assert theme.svg(chart).startswith("<svg")


def test_long_titles_are_broken():
    from svclib.reports.charts.time import heading

    assert len(heading("a title of many words that a phone cannot hold in one line", 330).text) == 2
    assert heading("短标题", 330).text == ["短标题"]


def test_signals_are_named_by_rule_side_and_date(shares):
    told = said.control(shares, "month", "Dissatisfaction", SHARE)
    assert told == (
        "Dissatisfaction shows signals of special causes that chance alone would hardly make: beyond the limits (above) "
        "in May 2024 to July 2024, October 2024 to December 2024; a long run on one side (above) in August 2024 to "
        "December 2024; two of three close to a limit (above) in April 2024 to December 2024; four of five off the "
        "center on one side (above) in May 2024 to December 2024."
    )
    assert "2024年5月 至 2024年7月、2024年10月 至 2024年12月超出控制限（偏高）" in said.control(
        shares, "month", "不满意率", SHARE, "zh-CN"
    )


def test_a_stable_process_has_common_causes_only(monthly):
    chart = stats.p_chart(monthly.head(20), "dissatisfied", "surveyed", over="month")
    assert said.control(chart, "month", "Dissatisfaction", SHARE) == (
        "Dissatisfaction was stable from January 2022 to August 2023, around 12.0%: only common causes, so react to the "
        "process, not to single points."
    )
    assert said.control(chart, "month", "不满意率", SHARE, "zh-CN") == (
        "不满意率在2022年1月至2023年8月保持稳定，中心为 12.0%：只有普通原因，应改进过程，而不是对单个点作出反应。"
    )


def test_too_few_points_say_so(monthly):
    chart = stats.p_chart(monthly.head(1), "dissatisfied", "surveyed", over="month")
    assert said.control(chart, "month", "Share", SHARE) == (
        "Share: no control limits (needs at least two points in the baseline)."
    )
    early = stats.p_chart(monthly.head(6), "dissatisfied", "surveyed", over="month")
    assert said.control(early, "month", "Share", SHARE).endswith(
        "(fewer than twelve points in the baseline: the limits are preliminary.)"
    )


def test_a_change_is_told_with_its_date_and_size(series):
    row = stats.change_point(series, "score", over="month", most=2, least=9).frame.iloc[0]
    assert said.change(row, "The score", POINTS) == (
        "The score fell by 3.1 points (95% interval −3.9 to −2.4) from September 2022 on (some time from August 2022 to "
        "September 2022); chance alone would hardly explain it."
    )
    assert said.change(row, "得分", POINTS, "zh-CN") == (
        "得分自2022年9月起下降 3.1 点（95% 区间：−3.9 至 −2.4；变化时间在2022年8月至2022年9月之间）；偶然波动难以解释。"
    )


def test_no_change_beyond_chance_is_told_as_such(series):
    row = stats.change_point(series.head(15), "score", over="month").frame.iloc[0]
    assert said.change(row, "The score", POINTS) == (
        "The score shows no change of level beyond chance; if there was one, most likely a fall by 0.6 points from September 2021 "
        "on (95% interval, given a change: −2.0 to +1.1)."
    )
    empty = stats.change_point(series.head(4), "score", over="month").frame.iloc[0]
    assert said.change(empty, "The score", POINTS) == (
        "The score: no change can be told (too few periods to look for a change)."
    )


def test_an_effect_is_told_by_the_months_after(series):
    found = stats.interrupted_series(series, "score", over="month", at="2024-08")
    rows = found.effects.to_dict("records")
    assert said.effect(rows[2], "satisfaction", POINTS) == (
        "3 months after the change, satisfaction was 3.6 points higher than it would have been (95% interval +1.5 to "
        "+5.6); chance alone would hardly explain it."
    )
    assert said.effect(rows[0], "满意度", POINTS, language="zh-CN") == (
        "变动后第 1 个月，满意度比未变动时高 3.2 点（95% 区间：+1.0 至 +5.3）；偶然波动难以解释。"
    )
    whole = [said.overall_effect(row, "satisfaction", POINTS) for row in found.frame.to_dict("records")]
    assert [text.split(",")[0].split(" (")[0] for text in whole] == [
        "Right after the change",
        "The slope of satisfaction rose by 0.2 points a period",
        "By the last period",
        "Since the change",
    ]


def test_an_effect_within_chance_and_one_from_little_say_so(series):
    found = stats.interrupted_series(series.iloc[38:], "score", over="month", at="2024-08")
    told = said.effect(found.effects.iloc[3], "satisfaction", POINTS)
    assert told.endswith(
        "chance alone could explain it. (fewer than eight periods before the change: its course is guessed from little.)"
    )
    none = stats.interrupted_series(series.iloc[42:], "score", over="month", at="2024-08").frame.iloc[0]
    assert said.overall_effect(none, "satisfaction", POINTS) == (
        "satisfaction: what the change did cannot be told (too few periods before or after the change)."
    )


@pytest.mark.parametrize(
    ("label", "step", "told"),
    [
        ("2026-Q1", 1, "One quarter after the change"),
        ("2026-Q2", 2, "2 quarters after the change"),
        ("2026-02", 1, "One month after the change"),
        ("week 9", 3, "3 periods after the change"),
    ],
)
def test_periods_after_the_change_are_named(label, step, told):
    assert said._when(step, label, "en") == told


def test_seasons_are_told_by_their_ends(series):
    found = stats.seasonal(series, "volume", over="month", rounds=2)
    told = said.season(found.pattern, found.strength.iloc[0], "Volume", POINTS)
    assert told.startswith(
        "Volume is highest in March (by 3.5 points, 95% interval +2.5 to +4.5) and lowest in February"
    )
    assert "在3月最高" in said.season(found.pattern, found.strength.iloc[0], "业务量", POINTS, "zh-CN")
    row = found.frame.iloc[1]
    assert said.adjusted(row, "volume", POINTS).startswith("February 2021: without the season volume was 99.6")


def test_twelve_months_are_too_short_for_seasons(series):
    found = stats.seasonal(series.head(12), "volume", over="month")
    why = "fewer than two full years: seasons cannot be told from chance"
    assert (
        said.season(found.pattern, found.strength.iloc[0], "Volume", POINTS)
        == f"Volume: no seasons can be told ({why})."
    )
    assert said.adjusted(found.frame.iloc[0], "volume", POINTS) == (
        f"January 2021: volume cannot be adjusted for the season ({why})."
    )


def test_no_season_beyond_chance():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {"month": [f"{2023 + p // 12}-{p % 12 + 1:02d}" for p in range(36)], "volume": rng.normal(100, 1, 36)}
    )
    found = stats.seasonal(data, "volume", over="month", level=0.9999)
    told = said.season(found.pattern, found.strength.iloc[0], "Volume", POINTS)
    assert told == "Volume has no season beyond chance: no part of the year differs from its mean."
