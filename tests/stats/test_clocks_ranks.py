import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.clocks.spells import ClockNote

REFERENCE = Path(__file__).parent / "reference"
R = json.loads((REFERENCE / "survival_cases.json").read_text(encoding="utf-8"))["values"]
R2 = json.loads((REFERENCE / "clocks.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def cases(table):
    return table("clock_cases")


@pytest.fixture(scope="module")
def clocks(table):
    return table("clocks")


def test_the_log_rank_test_is_that_of_r(cases):
    test = stats.logrank(cases, "resolution_days", "resolved", "severity")
    row = test.frame.iloc[0]
    expected = [R["logrank"]["chisq"], R["logrank"]["df"], R["logrank"]["p"]]
    assert [row["statistic"], row["df"], row["p_value"]] == pytest.approx(expected, rel=1e-10)
    np.testing.assert_allclose(test.groups["observed"], R["observed"], rtol=1e-12)
    np.testing.assert_allclose(test.groups["expected"], R["expected"], rtol=1e-12)
    np.testing.assert_allclose(test.groups["ratio"], np.array(R["observed"]) / R["expected"], rtol=1e-10)


def test_petos_test_is_that_of_r(cases):
    test = stats.logrank(cases, "resolution_days", "resolved", "severity", rho=1).frame
    assert test["statistic"].item() == pytest.approx(R["peto"], rel=1e-10)


def test_four_channels_are_those_of_r(cases):
    row = stats.logrank(cases, "first_response_hours", "responded", "channel").frame.iloc[0]
    assert [row["statistic"], row["p_value"]] == pytest.approx(
        [R["logrank_channel_response"]["chisq"], R["logrank_channel_response"]["p"]], rel=1e-10
    )


def test_strata_are_those_of_r(clocks):
    test, expected = stats.logrank(clocks, "days", "ended", "channel", strata="branch"), R2["logrank_strata"]
    assert test.frame["statistic"].item() == pytest.approx(expected["chisq"], rel=1e-10)
    np.testing.assert_allclose(test.groups["expected"], expected["exp"], rtol=1e-10)
    np.testing.assert_allclose(test.vcov, expected["var"], rtol=1e-10)


def test_weights_of_harrington_and_fleming_are_those_of_r(clocks):
    test, expected = stats.logrank(clocks, "days", "ended", "channel", rho=0.5), R2["logrank_rho"]
    assert test.frame["statistic"].item() == pytest.approx(expected["chisq"], rel=1e-10)
    np.testing.assert_allclose(test.groups["expected"], expected["exp"], rtol=1e-10)


def test_a_trend_of_two_groups_is_their_difference(cases):
    two = cases[cases["severity"] != "medium"]
    frame = stats.logrank(two, "resolution_days", "resolved", "severity", trend=[3, 1]).frame.set_index("term")
    assert frame.loc["trend", "statistic"] == pytest.approx(frame.loc["difference", "statistic"], rel=1e-10)


def test_a_trend_does_not_depend_on_the_scale_of_its_scores(cases):
    ask = {"data": cases, "time": "resolution_days", "event": "resolved", "by": "severity"}
    first, other = (stats.logrank(**ask, trend=trend).frame.iloc[1] for trend in ([3, 1, 2], [60, 20, 40]))
    assert first["statistic"] == pytest.approx(other["statistic"], rel=1e-10)
    assert first["df"] == 1


def test_delayed_entry_takes_cases_out_of_the_early_risk_sets(clocks):
    late = stats.logrank(clocks, "days", "ended", "channel", entry="entry")
    fit = stats.cox(
        clocks.assign(app=clocks["channel"] == "app"), "days", "ended", "app", entry="entry", ties="breslow"
    )
    two = stats.logrank(clocks.assign(app=clocks["channel"] == "app"), "days", "ended", "app", entry="entry")
    # the score at 0 is observed - expected, whatever the ties' variance
    assert abs(fit.fit.null_score[0]) == pytest.approx(
        abs(np.diff(two.groups["observed"] - two.groups["expected"])[0]) / 2
    )
    assert late.frame["df"].item() == 2


def test_pairs_have_hazard_ratios_and_adjusted_tests(cases):
    rows = stats.pairwise_logrank(cases, "resolution_days", "resolved", "severity")
    assert rows[["first", "second"]].to_numpy().tolist() == [["high", "low"], ["high", "medium"], ["low", "medium"]]
    two = cases[cases["severity"] != "medium"].assign(high=lambda data: data["severity"] == "high")
    fit = stats.cox(two, "resolution_days", "resolved", "high").frame.iloc[0]
    assert rows.loc[0, "estimate"] == pytest.approx(fit["estimate"], rel=1e-9)
    test = stats.logrank(two, "resolution_days", "resolved", "high").frame
    assert rows.loc[0, "statistic"] == pytest.approx(test["statistic"].item(), rel=1e-10)
    assert (rows["p_adjusted"] >= rows["p_value"]).all()
    assert rows.loc[0, "ratio_high"] < 1


@pytest.mark.parametrize(
    ("days", "closed", "desk", "note"),
    [
        ([1, 2, 3], [1, 1, 1], ["a"] * 3, ClockNote.ONE_GROUP),
        ([1, 2, 3, 4], [0, 0, 0, 0], ["a", "a", "b", "b"], ClockNote.NO_EVENTS),
        ([1, 2, 3, 4], [1, 1, 0, 0], ["a", "a", "b", "b"], ""),
    ],
)
def test_a_test_that_cannot_be_made_is_noted(days, closed, desk, note):
    frame = stats.logrank(pd.DataFrame({"days": days, "closed": closed, "desk": desk}), "days", "closed", "desk").frame
    assert frame["note"].item() == note
    assert np.isnan(frame["p_value"].item()) == bool(note)


def test_groups_never_followed_together_are_noted():
    cases = pd.DataFrame(
        {"days": [1, 2, 9, 9], "begin": [0, 0, 5, 5], "closed": [1, 1, 1, 1], "desk": ["a", "a", "b", "b"]}
    )
    frame = stats.logrank(cases, "days", "closed", "desk", entry="begin").frame
    assert frame["note"].item() == ClockNote.NOT_TOGETHER


@pytest.mark.parametrize(
    ("closed", "note"),
    [([1, 1, 0, 0, 0, 0], ClockNote.ENDLESS), ([0] * 6, ClockNote.NO_EVENTS)],
)
def test_a_pair_without_a_ratio_is_noted(closed, note):
    cases = pd.DataFrame({"days": [1, 2, 3, 4, 5, 6], "closed": closed, "desk": ["a"] * 3 + ["b"] * 3})
    row = stats.pairwise_logrank(cases, "days", "closed", "desk").iloc[0]
    assert row["note"] == note
    assert np.isnan(row["estimate"])


def test_pairs_of_one_group_are_none():
    rows = stats.pairwise_logrank(pd.DataFrame({"days": [1, 2], "closed": 1, "desk": "a"}), "days", "closed", "desk")
    assert rows.empty
    assert "p_adjusted" in rows


@pytest.mark.parametrize("trend", [[1, 2], [1, 2, np.nan]])
def test_a_trend_needs_a_score_for_each_group(cases, trend):
    with pytest.raises(InvalidInput, match="for 3 groups"):
        stats.logrank(cases, "resolution_days", "resolved", "severity", trend=trend)


def test_too_many_groups_are_refused_in_pairs():
    with pytest.raises(InvalidInput, match="200 groups"):
        stats.pairwise_logrank(pd.DataFrame({"days": 1, "closed": 1, "who": range(200)}), "days", "closed", "who")
