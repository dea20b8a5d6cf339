import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.clocks.limits import effective_limits
from svclib.stats.clocks.spells import ClockNote
from svclib.stats.estimate import COLUMNS, Note

REFERENCE = Path(__file__).parent / "reference"
R = json.loads((REFERENCE / "survival_cases.json").read_text(encoding="utf-8"))["values"]
R2 = json.loads((REFERENCE / "clocks.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def cases(table):
    return table("clock_cases")


@pytest.fixture(scope="module")
def clocks(table):
    return table("clocks")


def test_survival_is_that_of_r(cases):
    rows = stats.kaplan_meier(cases, "first_response_hours", "responded", method="log").at(R["km_all"]["times"])
    names = {"estimate": "surv", "std_error": "se", "low": "lower", "high": "upper"}
    for ours, theirs in names.items():
        np.testing.assert_allclose(rows[ours], R["km_all"][theirs], rtol=1e-10)
    assert (rows["n"] == 800).all()


def test_log_log_limits_are_those_of_r(cases):
    curve = stats.kaplan_meier(cases, "resolution_days", "resolved", method="log-log").frame
    names = {"time": "time", "estimate": "surv", "low": "lower", "high": "upper", "at_risk": "n.risk"}
    for ours, theirs in names.items():
        np.testing.assert_allclose(curve[ours], R["loglog"][theirs], rtol=1e-10)


@pytest.mark.parametrize("method", ["plain", "log", "log-log", "logit", "arcsin"])
def test_every_kind_of_limits_is_that_of_r(clocks, method):
    rows = stats.kaplan_meier(clocks, "days", "ended", method=method).at([5, 10, 30])
    np.testing.assert_allclose([*rows["low"], *rows["high"]], R2["km_intervals"][method], rtol=1e-10)


def test_quantiles_and_their_limits_are_those_of_r(cases):
    rows = stats.kaplan_meier(cases, "first_response_hours", "responded", method="log").quantile([0.25, 0.5, 0.75, 0.9])
    expected = R["km_all"]["quantiles"]
    for ours, theirs in {"estimate": "quantile", "low": "lower", "high": "upper"}.items():
        assert rows[ours].tolist() == list(expected[theirs].values())


@pytest.mark.parametrize("method", ["plain", "log-log"])
def test_quantiles_by_other_limits_are_those_of_r(clocks, method):
    rows = stats.kaplan_meier(clocks, "days", "ended", method=method).quantile([0.25, 0.5, 0.9])
    assert [*rows["estimate"], *rows["low"], *rows["high"]] == R2["quantiles"][method]


@pytest.mark.parametrize(("until", "name"), [(60, "table"), (30, "rmst30")])
def test_restricted_means_are_those_of_r(cases, until, name):
    rows = stats.kaplan_meier(cases, "resolution_days", "resolved", by="severity").mean(until)
    table = np.array(R[name][".matrix"])
    np.testing.assert_allclose(rows["estimate"], table[:, 4], rtol=1e-10)
    np.testing.assert_allclose(rows["std_error"], table[:, 5], rtol=1e-10)


def test_medians_by_group_are_those_of_r(cases):
    rows = stats.kaplan_meier(cases, "resolution_days", "resolved", by="severity", method="log").median()
    np.testing.assert_array_equal(rows[["estimate", "low", "high"]], np.array(R["table"][".matrix"])[:, 6:])


def test_delayed_entry_is_that_of_r(clocks):
    curve = stats.kaplan_meier(clocks, "days", "ended", by="channel", entry="entry", method="logit").frame
    shown = curve[curve["events"] > 0]
    names = {"estimate": "surv", "std_error": "std.err", "low": "lower", "high": "upper", "at_risk": "n.risk"}
    left = shown["estimate"].to_numpy() > 0  # R tells no error where nothing is left, we 0
    for ours, theirs in names.items():
        expected = np.array(R2["km_entry"][theirs], dtype=float)
        np.testing.assert_allclose(shown[ours][left], expected[left], rtol=1e-10)


def test_weights_have_the_robust_errors_of_r(clocks):
    curve = stats.kaplan_meier(clocks, "days", "ended", by="channel", weights="weight").frame
    shown = curve[curve["events"] > 0]
    for ours, theirs in {"estimate": "surv", "std_error": "std.err", "at_risk": "n.risk"}.items():
        np.testing.assert_allclose(shown[ours], R2["km_weights"][theirs], rtol=1e-10)


def test_the_weighted_restricted_mean_has_the_error_of_the_infinitesimal_jackknife(clocks):
    some = clocks.iloc[:40]
    row = stats.kaplan_meier(some, "days", "ended", weights="weight").mean(20).iloc[0]
    step, moved = 1e-5, []
    for i in range(len(some)):
        shifted = [some.assign(weight=some["weight"] + sign * step * (np.arange(40) == i)) for sign in (1, -1)]
        up, down = (stats.kaplan_meier(one, "days", "ended", weights="weight").mean(20)["estimate"] for one in shifted)
        moved.append(float(some["weight"].iloc[i] * (up.item() - down.item()) / (2 * step)))
    assert row["std_error"] == pytest.approx(np.sqrt(np.square(moved).sum()), rel=1e-6)


def test_weights_of_one_are_no_weights(cases):
    plain = stats.kaplan_meier(cases, "resolution_days", "resolved").at([5, 10])
    weighted = stats.kaplan_meier(cases.assign(w=1.0), "resolution_days", "resolved", weights="w").at([5, 10])
    np.testing.assert_allclose(weighted["estimate"], plain["estimate"], rtol=1e-12)
    # few open cases: the influences add up to Greenwood's sum but for what the open ones add
    np.testing.assert_allclose(weighted["std_error"], plain["std_error"], rtol=1e-3)


def test_a_design_counts_clusters(clocks):
    design = stats.Design(clocks, weights="weight", cluster="branch")
    own = stats.kaplan_meier(clocks, "days", "ended", weights="weight").at(10)
    clustered = stats.kaplan_meier(design, "days", "ended").at(10)
    assert clustered["estimate"].item() == pytest.approx(own["estimate"].item(), rel=1e-12)
    assert clustered["df"].item() == clocks["branch"].nunique() - 1
    assert clustered["std_error"].item() != pytest.approx(own["std_error"].item(), rel=0.01)


def test_a_design_of_single_cases_has_the_robust_error(clocks):
    design = stats.Design(clocks, weights="weight")
    robust = stats.kaplan_meier(clocks, "days", "ended", by="channel", weights="weight").at([5, 10])
    designed = stats.kaplan_meier(design, "days", "ended", by="channel").at([5, 10])
    scale = np.sqrt(len(clocks) / (len(clocks) - 1))
    np.testing.assert_allclose(designed["std_error"], robust["std_error"] * scale, rtol=1e-10)


def test_without_open_cases_it_is_a_share_with_its_mid_p_interval():
    cases = pd.DataFrame({"days": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "closed": True})
    row = stats.kaplan_meier(cases, "days", "closed").at(3).iloc[0]
    assert row["estimate"] == pytest.approx(0.7)
    low, high = effective_limits(np.array([0.7]), np.array([10.0]), 0.95, "beta")
    assert (row["low"], row["high"]) == pytest.approx((low[0], high[0]), rel=1e-9)


def test_mid_p_limits_leave_their_tails():
    low, high = effective_limits(np.array([0.3]), np.array([10.0]), 0.95, "beta")
    above = 1 - binom.cdf(3, 10, low[0]) + binom.pmf(3, 10, low[0]) / 2
    below = binom.cdf(3, 10, high[0]) - binom.pmf(3, 10, high[0]) / 2
    assert (above, below) == pytest.approx((0.025, 0.025), rel=1e-8)


def test_many_cases_take_the_score_interval_which_is_nearly_the_same():
    share, number = np.array([0.4]), np.array([2000.0])
    exact, score = (np.array(effective_limits(share, number, 0.95, method)) for method in ("beta", "wilson"))
    np.testing.assert_allclose(exact, score, atol=1e-4)


def test_the_share_done_is_one_less_the_share_open(cases):
    curve = stats.kaplan_meier(cases, "resolution_days", "resolved", by="severity")
    done, still_open = curve.within([15, 30]), curve.at([15, 30])
    np.testing.assert_allclose(done["estimate"], 1 - still_open["estimate"])
    np.testing.assert_allclose(done["low"], 1 - still_open["high"])
    assert set(done["term"]) == {"done"}


def test_nothing_done_yet_still_has_an_interval():
    cases = pd.DataFrame({"days": range(10, 40), "closed": [False] * 15 + [True] * 15})
    row = stats.kaplan_meier(cases, "days", "closed").within(5).iloc[0]
    assert row["estimate"] == 0
    # mid-p: the upper end leaves half a tail, (1 - p)^30 / 2 = 0.025
    assert row["high"] == pytest.approx(1 - 0.05 ** (1 / 30), rel=1e-8)


def test_the_frame_has_the_columns_of_an_estimate(cases):
    curve = stats.kaplan_meier(cases, "resolution_days", "resolved", by="severity").frame
    assert list(curve.columns) == ["severity", "time", *COLUMNS, "at_risk", "events", "censored"]


def test_differences_of_two_groups(cases):
    curve = stats.kaplan_meier(cases, "resolution_days", "resolved", by="severity")
    rows = curve.within_differences([15]).set_index(["first", "second"])
    done = curve.within(15).set_index("severity")
    assert rows.loc[("high", "low"), "estimate"] == pytest.approx(
        done.loc["high", "estimate"] - done.loc["low", "estimate"]
    )
    assert rows.loc[("high", "low"), "high"] < 0
    assert len(curve.mean_differences(30)) == 3


def test_differences_of_means_add_variances(cases):
    curve = stats.kaplan_meier(cases, "resolution_days", "resolved", by="severity")
    means, row = curve.mean(30).set_index("severity"), curve.mean_differences(30).iloc[0]
    assert row["estimate"] == pytest.approx(means.loc["high", "estimate"] - means.loc["low", "estimate"])
    assert row["std_error"] == pytest.approx(np.hypot(means.loc["high", "std_error"], means.loc["low", "std_error"]))


def test_the_table_of_cases_at_risk_counts(clocks):
    table = stats.kaplan_meier(clocks, "days", "ended", entry="entry").at_risk([0, 10, 20])
    expected = [((clocks["entry"] < t) & (clocks["days"] >= t)).sum() for t in (0, 10, 20)]
    assert table["at_risk"].tolist() == expected
    assert table["ended"].tolist() == [((clocks["days"] <= t) & (clocks["ended"] == 1)).sum() for t in (0, 10, 20)]


def test_beyond_the_last_time_nothing_is_told():
    cases = pd.DataFrame({"days": [1, 2, 3, 4, 5, 6], "closed": [1, 1, 1, 1, 0, 0]})
    row = stats.kaplan_meier(cases, "days", "closed").at(9).iloc[0]
    assert np.isnan(row["estimate"])
    assert row["note"] == ClockNote.NOT_FOLLOWED
    done = stats.kaplan_meier(cases.assign(closed=1), "days", "closed").at(9).iloc[0]
    assert (done["estimate"], done["low"]) == (0, 0)


def test_a_median_that_is_not_reached_says_so():
    cases = pd.DataFrame({"days": range(1, 11), "closed": [1, 1] + [0] * 8})
    row = stats.kaplan_meier(cases, "days", "closed").median().iloc[0]
    assert np.isnan(row["estimate"])
    assert row["high"] == np.inf
    assert row["note"] == ClockNote.NOT_REACHED


def test_the_median_lies_in_the_middle_of_a_step_at_one_half():
    cases = pd.DataFrame({"days": [1, 2, 4, 5], "closed": True})
    assert stats.kaplan_meier(cases, "days", "closed").median()["estimate"].item() == 3


@pytest.mark.parametrize(
    ("days", "closed", "note"),
    [
        ([], [], ClockNote.NO_CASES),
        ([3.0], [True], Note.TOO_FEW),
        ([5.0] * 8, [False] * 8, ""),
        ([0.0] * 4 + [1.0] * 4, [True] * 8, ""),
    ],
)
def test_few_or_equal_cases_are_told_or_noted(days, closed, note):
    cases = pd.DataFrame({"days": pd.Series(days, dtype=float), "closed": pd.Series(closed, dtype=bool)})
    row = stats.kaplan_meier(cases, "days", "closed").at(0).iloc[0]
    assert row["note"] == note
    assert np.isnan(row["estimate"]) == (note == ClockNote.NO_CASES)


@pytest.mark.parametrize(
    ("days", "closed", "until", "note"),
    [
        ([], [], 5, ClockNote.NO_CASES),
        ([3.0], [True], 5, ClockNote.ONE_CASE),
        ([5.0] * 8, [False] * 8, 5, ClockNote.NO_EVENTS),
        ([5.0] * 8, [True] * 8, 6, ClockNote.NO_SPREAD),
        ([1.0, 2.0, 3.0, 4.0], [True] * 4, 5, Note.TOO_FEW),
        ([1.0, 2.0, 3.0, 3.0, 3.0, 3.0], [True] * 2 + [False] * 4, 4, ClockNote.NOT_FOLLOWED),
    ],
)
def test_a_mean_that_cannot_be_told_is_noted(days, closed, until, note):
    cases = pd.DataFrame({"days": pd.Series(days, dtype=float), "closed": pd.Series(closed, dtype=bool)})
    row = stats.kaplan_meier(cases, "days", "closed").mean(until).iloc[0]
    assert row["note"] == note
    assert np.isnan(row["low"]) == (note != Note.TOO_FEW)


def test_normal_limits_say_why_there_are_none():
    cases = pd.DataFrame({"days": range(1, 11), "closed": True})
    rows = stats.kaplan_meier(cases, "days", "closed", method="log").at([0, 5, 10])
    assert rows["note"].tolist() == [ClockNote.EDGE, "", ClockNote.EDGE]


def test_times_that_differ_by_rounding_are_one_time():
    cases = pd.DataFrame({"hours": [0.1 + 0.2, 0.3, 0.5], "closed": True})
    assert stats.kaplan_meier(cases, "hours", "closed").frame["events"].tolist() == [2, 1]


def test_rows_without_time_or_state_are_left_out(cases):
    holed = pd.concat([cases, cases.head(3).assign(resolution_days=np.nan), cases.head(2).assign(resolved=np.nan)])
    pd.testing.assert_frame_equal(
        stats.kaplan_meier(holed, "resolution_days", "resolved").frame,
        stats.kaplan_meier(cases, "resolution_days", "resolved").frame,
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=30), st.floats(0.1, 100))
def test_order_and_unit_do_not_matter(rows, factor):
    cases = pd.DataFrame(rows, columns=["days", "closed"]).astype({"days": float})
    once = stats.kaplan_meier(cases, "days", "closed").frame
    other = cases.iloc[::-1].assign(days=cases["days"] * factor)
    again = stats.kaplan_meier(other, "days", "closed").frame
    for name in ("estimate", "std_error", "low", "high", "at_risk"):
        np.testing.assert_allclose(again[name], once[name], rtol=1e-9, atol=1e-12)
    assert (once["low"] <= once["estimate"] + 1e-12).all()
    assert (once["estimate"] <= once["high"] + 1e-12).all()


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"resolution_days": -1}, {}, r"negative in 800 rows \(first in row 0\)"),
        ({"resolved": "yes"}, {}, '"resolved" holds .*; give true'),
        ({"resolution_days": "long"}, {}, "which is no number"),
        ({"begin": 99}, {"entry": "begin"}, r'"begin" is not before "resolution_days" in 800 rows'),
        ({}, {"by": "sevrity"}, 'no column "sevrity"'),
        ({"time": 1}, {"by": "time"}, '"time" cannot be grouped by'),
        ({}, {"method": "exact"}, 'no interval "exact"'),
        ({}, {"level": 95}, "level is 95"),
        ({"w": -1.0}, {"weights": "w"}, '"w"'),
        ({"w": np.nan}, {"weights": "w"}, '"w"'),
    ],
)
def test_what_cannot_be_read_is_named(cases, change, options, message):
    with pytest.raises(InvalidInput, match=message):
        stats.kaplan_meier(cases.assign(**change), "resolution_days", "resolved", **options)


@pytest.mark.parametrize(
    "ask", [lambda s: s.at([]), lambda s: s.at(-1), lambda s: s.quantile(1.5), lambda s: s.mean(0)]
)
def test_impossible_questions_are_refused(cases, ask):
    with pytest.raises(InvalidInput):
        ask(stats.kaplan_meier(cases, "resolution_days", "resolved"))


@pytest.mark.reference
def test_lung_cancer_has_its_published_median(published):
    lung = published[1]("lung").assign(died=lambda data: data["status"] == 2)
    row = stats.kaplan_meier(lung, "time", "died", method="log").median().iloc[0]
    assert (row["estimate"], row["low"], row["high"]) == (310, 285, 363)
    test = stats.logrank(lung, "time", "died", "sex").frame.iloc[0]
    assert (round(test["statistic"], 1), round(test["p_value"], 5)) == (10.3, 0.00131)
