import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.clocks.concordance import weight_below
from svclib.stats.clocks.spells import ClockNote
from svclib.stats.estimate import COLUMNS

REFERENCE = Path(__file__).parent / "reference"
R = json.loads((REFERENCE / "survival_cases.json").read_text(encoding="utf-8"))["values"]
R2 = json.loads((REFERENCE / "clocks.json").read_text(encoding="utf-8"))["values"]
TERMS = ["channel", "size"]


@pytest.fixture(scope="module")
def cases(table):
    return table("clock_cases")


@pytest.fixture(scope="module")
def clocks(table):
    return table("clocks")


@pytest.fixture(scope="module")
def fitted(cases):
    return stats.cox(cases, "resolution_days", "resolved", ["channel", "severity"])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_coefficients_are_those_of_r(cases, ties):
    frame = stats.cox(cases, "resolution_days", "resolved", ["channel", "severity"], ties=ties).frame
    expected = np.array(R[f"cox_{ties}"][".matrix"])
    found = frame[["estimate", "hazard_ratio", "std_error", "statistic", "p_value"]]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert list(frame.columns)[:10] == list(COLUMNS)


def test_the_likelihood_is_that_of_r(fitted):
    assert fitted.loglik == pytest.approx(R["cox_logLik"], rel=1e-12)


def test_the_concordance_is_that_of_r(fitted):
    row, expected = fitted.concordance().iloc[0], R["concordance"]
    counts = {"concordant": "concordant", "discordant": "discordant", "tied_x": "tied.x", "tied_y": "tied.y"}
    for ours, theirs in {**counts, "tied_xy": "tied.xy"}.items():
        assert row[ours] == expected[theirs]
    assert (row["estimate"], row["std_error"]) == pytest.approx((expected["concordance"], expected["std"]), rel=1e-10)


def test_the_test_of_proportional_hazards_is_that_of_r(fitted):
    found = fitted.proportional()
    np.testing.assert_allclose(found[["statistic", "df", "p_value"]], R["zph"][".matrix"], rtol=1e-8)
    assert found["term"].tolist() == ["channel", "severity", "all"]


@pytest.mark.parametrize("transform", ["km", "rank", "identity"])
def test_other_scales_of_time_are_those_of_r(clocks, transform):
    found = stats.cox(clocks, "days", "ended", TERMS).proportional(transform)
    np.testing.assert_allclose(found["statistic"], R2["zph"][transform], rtol=1e-6)


def test_the_logarithm_of_time_with_strata_is_that_of_r(clocks):
    found = stats.cox(clocks, "days", "ended", TERMS, strata="branch").proportional("log")
    np.testing.assert_allclose(found["statistic"], R2["zph_log"], rtol=1e-6)


def test_delayed_entry_is_that_of_r(clocks):
    fit, expected = stats.cox(clocks, "days", "ended", TERMS, entry="entry"), R2["cox_entry"]
    np.testing.assert_allclose(fit.frame["estimate"], expected["coef"], rtol=1e-6)
    np.testing.assert_allclose(fit.frame["std_error"], expected["se"], rtol=1e-6)
    np.testing.assert_allclose(fit.loglik, expected["loglik"], rtol=1e-10)
    tests = fit.tests.set_index("test")["statistic"]
    assert tests["score"] == pytest.approx(expected["score"], rel=1e-8)
    assert tests["Wald"] == pytest.approx(expected["wald"], rel=1e-6)
    assert tests["likelihood ratio"] == pytest.approx(2 * np.diff(expected["loglik"]).item(), rel=1e-8)


def test_strata_are_those_of_r(clocks):
    fit, expected = stats.cox(clocks, "days", "ended", TERMS, strata="branch"), R2["cox_strata"]
    np.testing.assert_allclose(fit.frame["estimate"], expected["coef"], rtol=1e-6)
    np.testing.assert_allclose(fit.frame["std_error"], expected["se"], rtol=1e-6)
    found = fit.concordance()[["concordant", "discordant", "tied_x", "tied_y", "tied_xy", "estimate", "std_error"]]
    np.testing.assert_allclose(found.to_numpy().ravel(), expected["concordance"], rtol=1e-8)


def test_clusters_are_those_of_r(clocks):
    fit, expected = stats.cox(clocks, "days", "ended", TERMS, entry="entry", cluster="branch"), R2["cox_cluster"]
    np.testing.assert_allclose(fit.frame["std_error"], expected["se"], rtol=1e-6)
    assert set(fit.frame["df"]) == {clocks["branch"].nunique() - 1}
    found = fit.concordance()[["concordant", "discordant", "tied_x", "tied_y", "tied_xy", "estimate"]]
    np.testing.assert_allclose(found.to_numpy().ravel(), expected["concordance"], rtol=1e-8)


@pytest.mark.parametrize(("ties", "name"), [("efron", "cox_weights"), ("breslow", "cox_weights_breslow")])
def test_weights_are_those_of_r(clocks, ties, name):
    fit = stats.cox(clocks, "days", "ended", TERMS, weights="weight", ties=ties)
    np.testing.assert_allclose(fit.frame["estimate"], R2[name]["coef"], rtol=1e-6)
    np.testing.assert_allclose(fit.frame["std_error"], R2[name]["se"], rtol=1e-6)
    np.testing.assert_allclose(fit.loglik, R2[name]["loglik"], rtol=1e-10)


def test_influences_are_the_dfbetas_of_r(clocks):
    np.testing.assert_allclose(
        stats.cox(clocks, "days", "ended", TERMS).influence()[:20], R2["cox_dfbeta"], rtol=1e-5, atol=1e-9
    )


def test_predicted_curves_are_those_of_r(clocks):
    new = pd.DataFrame({"channel": ["app", "phone"], "size": [0, 1]})
    rows = stats.cox(clocks, "days", "ended", TERMS).predict(new, [5, 10, 30])
    rows = rows.assign(error=rows["std_error"] * rows["survival"])
    for ours, theirs in {"survival": "surv", "error": "std.err", "low": "lower", "high": "upper"}.items():
        np.testing.assert_allclose(rows[ours].to_numpy().reshape(2, 3).T, R2["cox_predict"][theirs], rtol=1e-6)


def test_a_design_of_single_cases_has_the_robust_error(clocks):
    robust = stats.cox(clocks, "days", "ended", TERMS, weights="weight").frame
    designed = stats.cox(stats.Design(clocks, weights="weight"), "days", "ended", TERMS).frame
    scale = np.sqrt(len(clocks) / (len(clocks) - 1))
    np.testing.assert_allclose(designed["std_error"], robust["std_error"] * scale, rtol=1e-10)
    assert set(designed["df"]) == {len(clocks) - 1}


def test_the_score_test_of_one_term_is_the_log_rank_test(clocks):
    some = clocks.drop_duplicates("days").assign(app=lambda data: data["channel"] == "app")
    fit = stats.cox(some, "days", "ended", "app")
    test = stats.logrank(some, "days", "ended", "app").frame
    assert fit.tests["statistic"].iloc[2] == pytest.approx(test["statistic"].item(), rel=1e-10)


def test_a_case_cut_into_stretches_is_the_same_case(clocks):
    early = clocks[clocks["days"] > 6].assign(begin=0, days=6, ended=0)
    late = clocks.assign(begin=np.where(clocks["days"] > 6, 6, 0))
    cut = stats.cox(pd.concat([early, late]), "days", "ended", TERMS, entry="begin")
    whole = stats.cox(clocks, "days", "ended", TERMS)
    np.testing.assert_allclose(cut.frame["estimate"], whole.frame["estimate"], rtol=1e-10)
    np.testing.assert_allclose(cut.frame["std_error"], whole.frame["std_error"], rtol=1e-10)


def test_the_baseline_at_the_mean_is_the_curve_predicted_there(clocks):
    fit = stats.cox(clocks, "days", "ended", "size")
    curve = fit.predict(pd.DataFrame({"size": [clocks["size"].mean()]}))
    np.testing.assert_allclose(fit.baseline()["hazard"], curve["hazard"], rtol=1e-12)
    assert list(fit.baseline().columns) == ["time", "hazard", "std_error", "survival"]


def test_each_stratum_has_its_baseline(clocks):
    base = stats.cox(clocks, "days", "ended", "size", strata="channel").baseline()
    assert base["channel"].unique().tolist() == ["app", "branch", "phone"]
    assert (base.groupby("channel")["hazard"].diff().dropna() >= 0).all()


def test_contrasts_are_differences_of_terms(fitted):
    row = fitted.contrast({"severity[low]": 1, "severity[medium]": -1}).iloc[0]
    by_name = fitted.frame.set_index("term")["estimate"]
    assert row["estimate"] == pytest.approx(by_name["severity[low]"] - by_name["severity[medium]"])


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_unit_and_origin_of_a_term_do_not_matter(factor, shift):
    rng = np.random.default_rng(3)
    cases = pd.DataFrame({"days": rng.integers(1, 20, 60), "closed": rng.random(60) < 0.7, "x": rng.normal(size=60)})
    first = stats.cox(cases, "days", "closed", "x").frame.iloc[0]
    other = stats.cox(cases.assign(x=cases["x"] * factor + shift), "days", "closed", "x").frame.iloc[0]
    assert other["estimate"] * factor == pytest.approx(first["estimate"], rel=1e-7)
    assert other["p_value"] == pytest.approx(first["p_value"], rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_weights_below_a_rank_are_counted(data):
    ranks = np.array(data.draw(st.lists(st.integers(0, 12), min_size=1, max_size=40)))
    ends = np.array(data.draw(st.lists(st.integers(0, len(ranks)), min_size=2, max_size=12)))
    first, last = np.sort(np.stack([ends, ends[::-1]]), axis=0)
    limit = np.array(data.draw(st.lists(st.integers(0, 14), min_size=len(ends), max_size=len(ends))))
    weights = np.linspace(1, 2, len(ranks))
    expected = [weights[a:b][ranks[a:b] < c].sum() for a, b, c in zip(first, last, limit, strict=True)]
    np.testing.assert_allclose(weight_below(ranks, weights, first, last, limit), expected)


def test_a_group_in_which_nothing_ended_has_a_note(clocks):
    cases = clocks.assign(closed=clocks["ended"].where(clocks["channel"] != "phone", 0))
    fit = stats.cox(cases, "days", "closed", TERMS)
    rows = fit.frame.set_index("term")
    assert np.isnan(rows.loc["channel[phone]", ["estimate", "std_error", "low", "high"]].astype(float)).all()
    assert rows.loc["channel[phone]", "note"] == ClockNote.ENDLESS
    assert rows.loc["size", "note"] == ""
    others = stats.cox(cases[cases["channel"] != "phone"], "days", "closed", TERMS).frame.set_index("term")
    assert rows.loc["size", "estimate"] == pytest.approx(others.loc["size", "estimate"], rel=1e-5)
    assert (fit.proportional()["note"] == ClockNote.ENDLESS).all()


def test_few_ends_for_many_terms_have_a_note():
    rng = np.random.default_rng(1)
    cases = pd.DataFrame(
        {"days": rng.permutation(16), "closed": True, "x": rng.normal(size=16), "y": rng.normal(size=16)}
    )
    assert set(stats.cox(cases, "days", "closed", ["x", "y"]).frame["note"]) == {ClockNote.FEW_EVENTS}


def test_ends_at_one_time_cannot_change_over_time():
    rng = np.random.default_rng(1)
    cases = pd.DataFrame({"days": [5] * 10 + [7] * 10, "closed": [True] * 10 + [False] * 10, "x": rng.normal(size=20)})
    fit = stats.cox(cases, "days", "closed", "x", ties="breslow")
    assert (fit.proportional()["note"] == ClockNote.ONE_MOMENT).all()


@pytest.mark.parametrize(
    ("change", "terms", "options", "message"),
    [
        ({"ended": 0}, "size", {}, r'Nothing ended \("ended" is never true\)'),
        ({"size": 1.0}, "size", {}, '"size" has the same value'),
        ({"double": lambda data: data["size"] * 2}, ["size", "double"], {}, '"double" follows exactly from size'),
        ({}, "sise", {}, 'no column "sise"'),
        ({}, "size", {"ties": "exact"}, 'no rule "exact" for ties'),
        ({}, "size", {"strata": "brnch"}, 'no column "brnch"'),
        ({"branch": np.nan}, "size", {"cluster": "branch"}, 'cluster "branch" is missing'),
        ({}, "size", {"cluster": "branch", "robust": False}, "leave out robust=False"),
        ({"weight": -1.0}, "size", {"weights": "weight"}, '"weight"'),
        ({"size": "big"}, "size", {}, '"size" has the same value'),
        ({}, [], {}, "Name at least one column"),
    ],
)
def test_what_cannot_be_fitted_is_named(clocks, change, terms, options, message):
    with pytest.raises(InvalidInput, match=message):
        stats.cox(clocks.assign(**change), "days", "ended", terms, **options)


def test_two_hundred_drivers_on_fifty_rows_are_refused():
    rng = np.random.default_rng(1)
    wide = pd.DataFrame(rng.normal(size=(50, 200))).add_prefix("x").assign(days=range(50), closed=True)
    with pytest.raises(InvalidInput, match="201 terms cannot be told from 50"):
        stats.cox(wide, "days", "closed", [f"x{i}" for i in range(200)])


def test_unknown_categories_and_gaps_are_refused_in_predictions(clocks):
    fit = stats.cox(clocks, "days", "ended", TERMS)
    with pytest.raises(InvalidInput, match=r"channel\[kiosk\] did not occur"):
        fit.predict(pd.DataFrame({"channel": ["kiosk"], "size": [1.0]}))
    with pytest.raises(InvalidInput, match="lack a value"):
        fit.predict(pd.DataFrame({"channel": ["app"], "size": [np.nan]}))
    with pytest.raises(InvalidInput, match='no scale "square"'):
        fit.proportional("square")
