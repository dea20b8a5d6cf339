import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.time.series import ChartNote

VALUES = json.loads((Path(__file__).parent / "reference" / "control_charts.json").read_text(encoding="utf-8"))["values"]
QCC = {"rules": ["beyond_limits", "run"], "run": 7}


@pytest.fixture
def monthly(table):
    return table("monthly")


def p_chart(data, **options):
    return stats.p_chart(data, "dissatisfied", "surveyed", over="month", **options)


def u_chart(data, **options):
    return stats.u_chart(data, "complaints", "transactions", per=10_000, over="month", **options)


def xmr_chart(data, **options):
    rows = stats.xmr_chart(data, "mean_wait_minutes", over="month", **options)
    return rows[rows["term"] == "mean_wait_minutes"]


def flagged(rows, rule):
    """Positions from 1 of the points that break a rule."""
    return [i for i, signal in enumerate(rows["signal"], start=1) if rule in signal.split(", ")]


def assert_limits(rows, expected):
    limits = np.broadcast_to(np.array(expected["limits"][".matrix"]), (len(rows), 2))
    np.testing.assert_allclose(rows[["lower", "upper"]], limits, rtol=1e-12)


def assert_is_qcc(rows, expected):
    np.testing.assert_allclose(rows["center"], expected["center"], rtol=1e-12)
    assert_limits(rows, expected)
    statistics = np.concatenate([np.atleast_1d(expected["statistics"]), np.atleast_1d(expected["newstats"] or [])])
    np.testing.assert_allclose(rows["value"], statistics, rtol=1e-12)
    assert flagged(rows, "beyond_limits") == sorted(np.atleast_1d(expected["beyond"]).tolist())
    assert flagged(rows, "run") == sorted(np.atleast_1d(expected["runs"]).tolist())


@pytest.mark.parametrize("baseline", [None, 24])
@pytest.mark.parametrize(("name", "chart"), [("p", p_chart), ("u", u_chart), ("xmr", xmr_chart)])
def test_limits_points_and_signals_are_those_of_qcc(monthly, name, chart, baseline):
    rows = chart(monthly, baseline=baseline, **QCC)
    assert_is_qcc(rows, VALUES[f"{name}_phase1" if baseline else f"{name}_all"])
    assert rows["baseline"].sum() == (baseline or 36)


def test_moving_ranges_have_their_mean_and_upper_limit(monthly):
    rows = stats.xmr_chart(monthly, "mean_wait_minutes", over="month", baseline=24)
    ranges = rows[rows["term"] == "moving_range"]
    np.testing.assert_allclose(ranges["center"], VALUES["mR_bar"], rtol=1e-12)
    np.testing.assert_allclose(ranges["upper"], 3.267 * VALUES["mR_bar"], rtol=1e-12)
    assert (ranges["lower"] == 0).all()
    assert ranges["note"].iloc[0] == ChartNote.FIRST


def test_the_order_of_the_rows_does_not_matter(monthly):
    shuffled = monthly.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(p_chart(shuffled, baseline=24), p_chart(monthly, baseline=24))


def test_laneys_limits_are_the_binomial_ones_times_the_spread_of_z(monthly):
    plain, laney = p_chart(monthly, baseline=24), p_chart(monthly, baseline=24, laney=True)
    z = ((plain["value"] - plain["center"]) / plain["sigma"])[:24]
    spread = z.diff().abs().mean() / 1.128
    np.testing.assert_allclose(laney["sigma"], plain["sigma"] * spread, rtol=1e-12)
    assert (laney["center"] == plain["center"]).all()


def test_laneys_rates_forgive_what_large_periods_always_show():
    random = np.random.default_rng(2)
    size = np.full(40, 1_000_000)
    data = pd.DataFrame({"size": size, "count": random.poisson(size * random.normal(0.02, 0.002, 40))})
    plain = stats.u_chart(data, "count", "size", rules="beyond_limits")
    laney = stats.u_chart(data, "count", "size", rules="beyond_limits", laney=True)
    assert (plain["signal"] != "").mean() > 0.5
    assert (laney["signal"] != "").sum() <= 1


def test_a_period_without_cases_is_empty_and_passed_over():
    data = pd.DataFrame({"bad": [1, 2, 0, 3, 2], "asked": [10, 10, 0, 10, 10]})
    rows = stats.p_chart(data, "bad", "asked")
    assert rows.loc[2, ["value", "lower", "upper"]].isna().all()
    assert rows.loc[2, "note"] == ChartNote.NO_CASES
    assert rows.loc[0, "center"] == pytest.approx(8 / 40)


def test_a_missing_count_is_noted():
    data = pd.DataFrame({"bad": [1, np.nan, 2], "asked": [10, 10, 10]})
    assert stats.p_chart(data, "bad", "asked")["note"].tolist()[1] == ChartNote.NO_VALUE


def test_a_missing_value_is_bridged_by_the_moving_range():
    rows = stats.xmr_chart(pd.DataFrame({"wait": [1.0, np.nan, 4.0, 5.0]}), "wait")
    ranges = rows[rows["term"] == "moving_range"]
    np.testing.assert_array_equal(ranges["value"], [np.nan, np.nan, 3, 1])
    assert rows["note"].iloc[1] == ChartNote.NO_VALUE


def test_few_points_make_preliminary_limits():
    rows = stats.xmr_chart(pd.DataFrame({"wait": [1.0, 2, 3, 2]}), "wait")
    assert rows["note"].iloc[0] == ChartNote.PRELIMINARY


@pytest.mark.parametrize("values", [[], [3.0], [np.nan, np.nan]])
def test_fewer_than_two_points_give_no_limits(values):
    data = pd.DataFrame({"wait": values, "asked": [9.0] * len(values)}, dtype=float)
    for rows in (stats.xmr_chart(data, "wait"), stats.p_chart(data, "wait", "asked", laney=True)):
        assert rows["center"].isna().all()
        assert (rows["note"] != "").all()


def test_a_constant_baseline_has_no_width_and_flags_what_leaves_it():
    data = pd.DataFrame({"wait": [0.1] * 12 + [0.1, 0.2]})
    rows = stats.xmr_chart(data, "wait", baseline=12, rules="beyond_limits").iloc[:14]
    assert flagged(rows, "beyond_limits") == [14]
    assert set(rows["note"]) == {ChartNote.NO_SPREAD}


def test_equal_shares_of_unequal_sizes_make_no_false_signal():
    data = pd.DataFrame({"bad": [1, 3, 7, 9, 11, 13, 3, 1] * 2, "asked": [10, 30, 70, 90, 110, 130, 30, 10] * 2})
    for laney in (False, True):
        assert (stats.p_chart(data, "bad", "asked", laney=laney)["signal"] == "").all()


def test_a_first_complaint_after_none_is_a_signal():
    data = pd.DataFrame({"bad": [0] * 12 + [1], "asked": [50] * 13})
    rows = stats.p_chart(data, "bad", "asked", baseline=12)
    assert "beyond_limits" in rows["signal"].iloc[12]


def test_groups_have_charts_of_their_own(monthly):
    data = pd.concat([monthly.assign(branch="east"), monthly.iloc[:20].assign(branch="west")])
    rows = p_chart(data, by="branch")
    west = rows[rows["branch"] == "west"].drop(columns="branch").reset_index(drop=True)
    pd.testing.assert_frame_equal(west, p_chart(monthly.iloc[:20]), check_column_type=False)


def test_an_empty_category_has_no_rows(monthly):
    branch = pd.Categorical(["east"] * len(monthly), ["east", "west"])
    assert set(p_chart(monthly.assign(branch=branch), by="branch")["branch"]) == {"east"}


def test_a_period_twice_is_refused(monthly):
    with pytest.raises(InvalidInput, match=r'"month" holds 2022-01 more than once.*by='):
        p_chart(pd.concat([monthly, monthly.iloc[:1]]))


def test_text_where_counts_belong_names_the_column(monthly):
    with pytest.raises(InvalidInput, match=r'"month" holds .* no number'):
        stats.p_chart(monthly, "month", "surveyed")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dissatisfied": 9999}, '"dissatisfied" exceeds "surveyed" in 36 rows'),
        ({"dissatisfied": -1}, '"dissatisfied" is negative in 36 rows'),
        ({"surveyed": 0}, '"surveyed" is 0 where "dissatisfied" is not'),
        ({"month": None}, '"month" has no period in 36 rows'),
        ({"month": [1, "x"] * 18}, '"month" cannot be put in order'),
    ],
)
def test_impossible_rows_are_refused(monthly, change, message):
    with pytest.raises(InvalidInput, match=message):
        p_chart(monthly.assign(**change))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"baseline": 1}, "baseline is 1"),
        ({"baseline": "2023-12"}, "baseline is 2023-12"),
        ({"run": 1}, "run is 1"),
        ({"rules": "boeing"}, 'no rule "boeing"'),
        ({"rules": ["trend", "luck"]}, 'no rule "luck"'),
        ({"by": "value"}, '"value"'),
    ],
)
def test_wrong_options_are_explained(monthly, options, message):
    with pytest.raises(InvalidInput, match=message):
        p_chart(monthly.assign(value=1), **options)


def test_a_rate_for_nothing_is_refused(monthly):
    with pytest.raises(InvalidInput, match="per is 0"):
        stats.u_chart(monthly, "complaints", "transactions", per=0)


@pytest.mark.reference
def test_published_charts_of_qcc(published):
    values, data = published
    expected, juice, circuit = values("qcc_charts"), data("orangejuice"), data("circuit")
    rows = stats.p_chart(juice.iloc[:30], "D", "size", rules="beyond_limits")
    assert_limits(rows, expected["p"])
    assert flagged(rows, "beyond_limits") == sorted(np.atleast_1d(expected["p"]["beyond"]).tolist())
    rows = stats.u_chart(circuit.iloc[:20], "x", "size")
    assert_limits(rows, expected["u"])
    assert flagged(rows, "beyond_limits") == sorted(expected["u"]["beyond"])
    assert_limits(stats.xmr_chart(data("pistonrings").iloc[:25], "diameter").iloc[:25], expected["xmr"])
