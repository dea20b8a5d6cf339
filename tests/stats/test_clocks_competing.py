import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.clocks.spells import ClockNote
from svclib.stats.estimate import COLUMNS, Note

R = json.loads((Path(__file__).parent / "reference" / "clocks.json").read_text(encoding="utf-8"))["values"]
TIMES = [5, 10, 20, 30]


@pytest.fixture(scope="module")
def clocks(table):
    return table("clocks")


def test_cumulative_incidences_are_those_of_r(clocks):
    rows = stats.cumulative_incidence(clocks, "days", "cause").at(TIMES)
    np.testing.assert_allclose(rows["estimate"], np.ravel(R["cif_all"]["est"]), rtol=1e-10)
    by = stats.cumulative_incidence(clocks, "days", "cause", by="channel").at(TIMES)
    np.testing.assert_allclose(by["estimate"], np.ravel(R["cif"]["est"]), rtol=1e-10)


def test_their_errors_are_those_of_aalen_and_johansen_in_r(clocks):
    rows = stats.cumulative_incidence(clocks, "days", "cause").at(TIMES)
    expected = np.array(R["aj"]["std.err"])[:, 1:].T.ravel()
    np.testing.assert_allclose(rows["std_error"], expected, rtol=1e-10)
    # cmprsk approximates the variance otherwise: see DIFFERENCES.md
    np.testing.assert_allclose(rows["std_error"] ** 2, np.ravel(R["cif_all"]["var"]), rtol=0.05)


def test_the_ways_add_up_to_what_has_ended(clocks):
    rows = stats.cumulative_incidence(clocks, "days", "cause", by="channel").at(TIMES)
    done = stats.kaplan_meier(clocks, "days", "ended", by="channel").within(TIMES)
    total = rows.groupby(["channel", "time"])["estimate"].sum().reset_index()
    np.testing.assert_allclose(total["estimate"], done["estimate"], rtol=1e-12)


def test_with_one_way_it_is_kaplan_and_meier_with_greenwood(clocks):
    one = stats.cumulative_incidence(clocks, "days", "ended", method="plain").at(TIMES)
    curve = stats.kaplan_meier(clocks, "days", "ended", method="plain").within(TIMES)
    for name in ("estimate", "std_error", "low", "high"):
        np.testing.assert_allclose(one[name], curve[name], rtol=1e-10)


def test_ways_may_have_names_and_a_name_for_open(clocks):
    named = clocks.assign(end=clocks["cause"].map({0: "open", 1: "solved", 2: "withdrawn"}))
    rows = stats.cumulative_incidence(named, "days", "end", still_open="open").at([10])
    assert rows["term"].tolist() == ["solved", "withdrawn"]
    np.testing.assert_allclose(rows["estimate"], np.array(R["cif_all"]["est"])[:, 1], rtol=1e-10)


def test_the_frame_has_the_columns_of_an_estimate(clocks):
    frame = stats.cumulative_incidence(clocks, "days", "cause", by="channel").frame
    assert list(frame.columns) == ["channel", "time", *COLUMNS, "at_risk", "events"]


def test_delayed_entry_changes_the_risk_sets(clocks):
    one = stats.cumulative_incidence(clocks, "days", "ended", entry="entry").at([10])
    done = stats.kaplan_meier(clocks, "days", "ended", entry="entry").within(10)
    assert one["estimate"].item() == pytest.approx(done["estimate"].item(), rel=1e-12)


def test_a_way_not_taken_yet_has_an_interval():
    cases = pd.DataFrame({"days": range(1, 21), "end": ["solved"] * 15 + ["left"] * 5})
    row = stats.cumulative_incidence(cases, "days", "end").at(5).set_index("term").loc["left"]
    assert (row["estimate"], row["low"]) == (0, 0)
    assert 0 < row["high"] < 0.3


@pytest.mark.parametrize(("at", "n", "note"), [(99, 20, ClockNote.NOT_FOLLOWED), (3, 4, Note.TOO_FEW), (3, 20, "")])
def test_what_cannot_be_told_is_noted(at, n, note):
    ends = ["solved", "left", "solved", None] * 5
    cases = pd.DataFrame({"days": [*range(1, 20), 40], "end": ends}).tail(n)
    rows = stats.cumulative_incidence(cases, "days", "end").at(at)
    assert set(rows["note"]) == {note}
    assert rows["estimate"].isna().all() == (note == ClockNote.NOT_FOLLOWED)


def test_grays_test_is_close_to_that_of_cmprsk(clocks):
    rows = stats.gray(clocks, "days", "cause", "channel")
    np.testing.assert_allclose(rows["statistic"], np.array(R["cif"]["tests"])[:, 0], rtol=0.02)
    strata = stats.gray(clocks.assign(far=clocks["branch"] > 7), "days", "cause", "channel", strata="far")
    np.testing.assert_allclose(strata["statistic"], np.array(R["cif_strata"])[:, 0], rtol=0.03)
    late = stats.gray(clocks, "days", "cause", "channel", rho=1)
    np.testing.assert_allclose(late["statistic"], np.array(R["cif_rho"])[:, 0], rtol=0.03)


def test_with_one_way_grays_test_is_the_log_rank_test(clocks):
    row = stats.gray(clocks, "days", "ended", "channel").iloc[0]
    test = stats.logrank(clocks, "days", "ended", "channel").frame.iloc[0]
    assert row["statistic"] == pytest.approx(test["statistic"], rel=1e-10)
    assert row["p_value"] == pytest.approx(test["p_value"], rel=1e-8)


def test_grays_test_holds_its_level():
    rng, alarms = np.random.default_rng(5), 0
    for _run in range(120):
        first, second, until = rng.exponential(1, 60), rng.exponential(1.5, 60), rng.uniform(0.3, 3, 60)
        time = np.minimum(np.minimum(first, second), until)
        cause = np.where(until == time, 0, np.where(first == time, 1, 2))
        cases = pd.DataFrame({"time": time, "cause": cause, "desk": np.repeat(["a", "b"], 30)})
        alarms += int(stats.gray(cases, "time", "cause", "desk").loc[0, "p_value"] < 0.05)
    assert 1 <= alarms <= 13


def test_one_group_cannot_be_tested(clocks):
    rows = stats.gray(clocks.assign(channel="app"), "days", "cause", "channel")
    assert set(rows["note"]) == {ClockNote.ONE_GROUP}


def test_fine_and_gray_is_that_of_cmprsk(clocks):
    fit, expected = stats.fine_gray(clocks, "days", "cause", ["channel", "size"], of=1), R["fine_gray"]
    np.testing.assert_allclose(fit.frame["estimate"], expected["coef"], rtol=1e-6)
    np.testing.assert_allclose(fit.vcov, expected["var"], rtol=1e-6)
    np.testing.assert_allclose(fit.loglik, [expected["null"], expected["loglik"]], rtol=1e-10)


def test_the_other_way_and_its_prediction_are_those_of_cmprsk(clocks):
    fit, expected = stats.fine_gray(clocks, "days", "cause", ["channel", "size"], of=2), R["fine_gray_2"]
    np.testing.assert_allclose(fit.frame["estimate"], expected["coef"], rtol=1e-6)
    np.testing.assert_allclose(fit.frame["std_error"], expected["se"], rtol=1e-6)
    rows = fit.predict(pd.DataFrame({"channel": ["branch"], "size": [0.5]}))
    shown = rows.iloc[[4, 14, len(rows) - 1]][["time", "incidence"]]
    np.testing.assert_allclose(shown, expected["cif"], rtol=1e-6)


def test_with_one_way_it_is_coxs_regression(clocks):
    fine = stats.fine_gray(clocks, "days", "ended", "size", of=1).frame
    cox = stats.cox(clocks, "days", "ended", "size", ties="breslow", robust=True).frame
    for name in ("estimate", "std_error"):
        np.testing.assert_allclose(fine[name], cox[name], rtol=1e-8)


def test_contrasts_and_times_of_a_prediction(clocks):
    fit = stats.fine_gray(clocks, "days", "cause", ["channel", "size"], of=1)
    terms = fit.frame.set_index("term")["estimate"]
    row = fit.contrast({"channel[branch]": 1, "channel[phone]": -1}).iloc[0]
    assert row["estimate"] == pytest.approx(terms["channel[branch]"] - terms["channel[phone]"])
    rows = fit.predict(pd.DataFrame({"channel": ["app", "phone"], "size": [0.0, 1.0]}), [0, 10])
    assert rows["row"].tolist() == [0, 0, 1, 1]
    assert rows["incidence"].iloc[[0, 2]].tolist() == [0, 0]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["", "a", "b"])), min_size=2, max_size=30))
def test_order_does_not_matter_and_shares_stay_shares(rows):
    cases = pd.DataFrame([*rows, (3, "a")], columns=["days", "end"])
    found = stats.cumulative_incidence(cases, "days", "end", still_open="").frame
    again = stats.cumulative_incidence(cases.iloc[::-1], "days", "end", still_open="").frame
    for name in ("estimate", "std_error", "low", "high"):
        np.testing.assert_allclose(again[name], found[name], rtol=1e-9, atol=1e-12)
    assert found["estimate"].between(0, 1 + 1e-12).all()
    assert (found["low"] <= found["estimate"] + 1e-9).all()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda c: stats.cumulative_incidence(c.assign(cause=0), "days", "cause"), 'Nothing ended .*"cause"'),
        (lambda c: stats.cumulative_incidence(c, "days", "caus"), 'no column "caus"'),
        (lambda c: stats.cumulative_incidence(c, "days", "cause", method="log"), 'no interval "log"'),
        (lambda c: stats.cumulative_incidence(c.assign(time=1), "days", "cause", by="time"), "cannot be grouped by"),
        (lambda c: stats.cumulative_incidence(c, "days", "cause").at([]), "The times are"),
        (lambda c: stats.fine_gray(c, "days", "cause", "size", of=3), 'Nobody ended with "3"'),
        (lambda c: stats.fine_gray(c.assign(size=1.0), "days", "cause", "size", of=1), '"size" has the same value'),
        (lambda c: stats.gray(c, "days", "cause", "chanel"), 'no column "chanel"'),
    ],
)
def test_what_cannot_be_read_is_named(clocks, ask, message):
    with pytest.raises(InvalidInput, match=message):
        ask(clocks)


def test_a_group_that_never_ended_so_has_a_note(clocks):
    cases = clocks.assign(cause=clocks["cause"].where((clocks["channel"] != "phone") | (clocks["cause"] != 2), 0))
    rows = stats.fine_gray(cases, "days", "cause", ["channel", "size"], of=2).frame.set_index("term")
    assert rows.loc["channel[phone]", "note"] == ClockNote.ENDLESS
    assert np.isfinite(rows.loc["size", "estimate"])
