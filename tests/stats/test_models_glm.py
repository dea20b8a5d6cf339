import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats import Design
from svclib.stats.design.results import NO_DEGREES, OPT_IN
from svclib.stats.estimate import COLUMNS, Note
from svclib.stats.models.estimation import ModelNote

REFERENCE = Path(__file__).parent / "reference"
THREE = ["wait_minutes", "segment", "age_band"]
TWO = THREE[:2]


def values(name):
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))["values"]


R = values("models_glm")


@pytest.fixture(scope="module")
def visits(table):
    data = table("visits")
    return data.assign(
        satisfied=(data["csat"] >= 4).astype(int), hours=data["wait_minutes"] + 1, share=data["csat"] / 5
    )


@pytest.fixture(scope="module")
def design(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch", fpc="N_stratum")


@pytest.fixture(scope="module")
def no_fpc(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch")


def coefficients(fit):
    return fit.frame[["estimate", "std_error", "statistic", "p_value"]].to_numpy()


def same(fit, expected, rel=1e-6):
    np.testing.assert_allclose(coefficients(fit), expected["coef"][".matrix"], rtol=rel)
    np.testing.assert_allclose(fit.vcov, expected["vcov"][".matrix"], rtol=rel, atol=1e-12)
    if expected.get("deviance"):
        assert [fit.deviance, fit.null_deviance] == pytest.approx([expected["deviance"], expected["null"]], rel=1e-10)


def test_a_linear_model_of_a_design_equals_svyglm(design):
    fit = stats.glm(design, "csat", ["wait_minutes", "segment", "channel"])
    np.testing.assert_allclose(coefficients(fit), values("survey_design")["glm_gaussian"][".matrix"], rtol=1e-10)


def test_a_logistic_model_of_a_design_equals_svyglm_at_its_own_precision(design):
    fit = design.glm("satisfied", THREE, family="binomial")
    expected = np.array(values("survey_design")["glm_logit"][".matrix"])
    np.testing.assert_allclose(fit.frame["estimate"], expected[:, 0], rtol=1e-6)
    np.testing.assert_allclose(fit.frame["std_error"], expected[:, 1], rtol=1e-6)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_binary_links_equal_svyglm(design, link):
    same(design.glm("satisfied", THREE, family="binomial", link=link), R[link])


def test_counts_equal_svyglm(design):
    same(design.glm("nps", TWO, family="poisson"), R["counts"])


def test_an_exposure_is_the_offset_of_svyglm(design):
    same(design.glm("nps", "segment", family="poisson", exposure="hours"), R["rate"])


def test_a_gaussian_log_link_equals_svyglm(design):
    same(design.glm("wait_minutes", "segment", link="log"), R["gaussian_log"])


def test_rows_without_an_answer_are_a_subpopulation_as_in_svyglm(design):
    same(design.glm("q1", ["q5", "segment"]), R["with_missing"], rel=1e-10)


def test_products_of_columns_equal_svyglm(design):
    same(design.glm("csat", ["wait_minutes", "segment", "wait_minutes:segment"]), R["product"], rel=1e-10)


def test_raked_weights_equal_svyglm(no_fpc):
    segment = {"mass": 97500, "affluent": 33000, "sme": 19500}
    age = {"18-29": 30000, "30-44": 48000, "45-59": 42000, "60+": 30000}
    raked = no_fpc.rake({"segment": segment, "age_band": age})
    same(raked.glm("satisfied", ["wait_minutes", "channel"], family="binomial"), R["raked"])


def test_replicate_weights_equal_svyglm(no_fpc):
    fit = no_fpc.replicates("jkn").glm("satisfied", TWO, family="binomial")
    same(fit, R["replicates"])
    assert set(fit.frame["method"]) == {"t, jkn"}


def test_replicates_that_lose_a_term_are_named(visits):
    alone = visits.assign(odd=(visits["branch"] == visits["branch"].iloc[0]).astype(int))
    design = Design(alone, weights="weight", strata="region", cluster="branch").replicates("jkn")
    with pytest.raises(InvalidInput, match="replicate weights are 0 in all rows that tell a term"):
        design.glm("csat", "odd")


@pytest.mark.parametrize(("region", "name"), [("East", "domain_east"), ("North", "domain_north")])
def test_a_domain_is_a_subpopulation_as_in_svyglm(design, region, name):
    same(design.glm("csat", TWO, by="region").fits[region], R[name], rel=1e-10)


def test_domains_vary_together_where_they_share_clusters(design, visits):
    fits = design.glm("csat", "wait_minutes", by="segment")
    alone = [design.subpopulation(visits["segment"] == one).glm("csat", "wait_minutes") for one in fits.fits]
    np.testing.assert_allclose(np.diag(fits.vcov), np.concatenate([np.diag(one.vcov) for one in alone]), rtol=1e-10)
    assert fits.vcov[1, 3] != 0
    difference = fits.contrast({("affluent", "wait_minutes"): 1, ("mass", "wait_minutes"): -1})
    expected = fits.vcov[1, 1] + fits.vcov[3, 3] - 2 * fits.vcov[1, 3]
    assert difference["std_error"][0] == pytest.approx(np.sqrt(expected), rel=1e-12)


def test_degrees_of_freedom_and_limits_equal_svyglm(design):
    fit = design.glm("csat", TWO)
    assert fit.df == R["df_residual"]
    np.testing.assert_allclose(fit.frame[["low", "high"]], R["confint"][".matrix"], rtol=1e-10)


@pytest.mark.reference
def test_models_of_the_open_school_designs_equal_svyglm(published):
    read, tables = published
    r, schools = read("survey_api_open"), tables("apistrat")
    strata = Design(schools, weights="pw", strata="stype", fpc="fpc")
    np.testing.assert_allclose(
        coefficients(strata.glm("api00", ["ell", "meals", "mobility"])), r["glm_gauss_strat"][".matrix"], rtol=1e-9
    )
    logistic = strata.glm("sch.wide", ["ell", "meals", "mobility"], family="binomial", success="Yes")
    expected = np.array(r["glm_logit_strat"][".matrix"])
    np.testing.assert_allclose(logistic.frame["estimate"], expected[:, 0], rtol=1e-6)
    # R's errors are those of the step before the last; at epsilon = 1e-15 they are ours
    np.testing.assert_allclose(logistic.frame["std_error"], expected[:, 1], rtol=1e-4)
    stages = Design(tables("apiclus2"), cluster=["dnum", "snum"], fpc=["fpc1", "fpc2"])
    row = stages.glm("api00", ["ell", "meals", "stype"]).wald("stype").iloc[0]
    expected = [r["regTerm"][name] for name in ("Ftest", "df", "ddf", "p")]
    assert row[["statistic", "df", "df2", "p_value"]].tolist() == pytest.approx(expected, rel=1e-9)


def test_a_linear_model_of_a_frame_equals_lm(visits):
    fit, r = stats.glm(visits, "csat", TWO), R["lm"]
    same(fit, r, rel=1e-10)
    told = [fit.r2, fit.dispersion, fit.loglik, fit.aic, fit.bic]
    assert told == pytest.approx([r[name] for name in ("r2", "sigma2", "loglik", "aic", "bic")], rel=1e-10)
    np.testing.assert_allclose(fit.frame[["low", "high"]], r["confint"][".matrix"], rtol=1e-10)


def test_robust_errors_equal_sandwich(visits):
    linear = stats.glm(visits, "csat", TWO, errors="robust")
    logistic = stats.glm(visits, "satisfied", TWO, family="binomial", errors="robust")
    np.testing.assert_allclose(linear.vcov, R["lm"]["hc3"][".matrix"], rtol=1e-10)
    np.testing.assert_allclose(logistic.vcov, R["binomial"]["hc3"][".matrix"], rtol=1e-8)


def test_a_logistic_model_of_a_frame_equals_glm(visits):
    fit, r = stats.glm(visits, "satisfied", TWO, family="binomial"), R["binomial"]
    same(fit, r["fit"])
    assert [fit.loglik, fit.aic, fit.bic] == pytest.approx([r["loglik"], r["aic"], r["bic"]], rel=1e-10)


def test_a_rate_model_of_a_frame_equals_glm(visits):
    fit, r = stats.glm(visits, "nps", "wait_minutes", family="poisson", exposure="hours"), R["rate_model"]
    same(fit, r["fit"])
    assert [fit.loglik, fit.aic] == pytest.approx([r["loglik"], r["aic"]], rel=1e-10)


@pytest.mark.parametrize(
    ("outcome", "family", "name"), [("nps", "quasipoisson", "quasi"), ("share", "quasibinomial", "fractional")]
)
def test_quasi_families_equal_glm(visits, outcome, family, name):
    fit, r = stats.glm(visits, outcome, "wait_minutes", family=family), R[name]
    same(fit, r["fit"])
    assert fit.dispersion == pytest.approx(r["dispersion"], rel=1e-6)


def test_a_test_of_several_columns_equals_regtermtest(design):
    fit = design.glm("satisfied", THREE, family="binomial")
    row = fit.wald(["segment", "age_band"]).iloc[0]
    expected = [R["wald_two"][name] for name in ("Ftest", "df", "ddf", "p")]
    assert row[["statistic", "df", "df2", "p_value"]].tolist() == pytest.approx(expected, rel=1e-6)
    age = fit.wald().set_index("term").loc["age_band"]
    assert age["statistic"] == pytest.approx(values("survey_design")["regterm_age"]["Ftest"], rel=1e-6)


def test_the_square_of_t_is_the_wald_test_of_one_term(visits):
    fit = stats.glm(visits, "csat", TWO)
    row = fit.frame.set_index("term").loc["wait_minutes"]
    tested = fit.wald("wait_minutes").iloc[0]
    assert tested["statistic"] == pytest.approx(row["statistic"] ** 2, rel=1e-10)
    assert tested["p_value"] == pytest.approx(row["p_value"], rel=1e-8)


def test_a_binomial_model_by_model_errors_is_tested_by_chi_square(visits):
    row = stats.glm(visits, "satisfied", TWO, family="binomial").wald("segment").iloc[0]
    assert row["method"] == "Wald chi-square"
    assert np.isinf(row["df2"])


@pytest.mark.parametrize(("kind", "name"), [("response", "predicted"), ("link", "linear")])
def test_predictions_equal_svyglm(design, visits, kind, name):
    rows = design.glm("satisfied", THREE, family="binomial").predict(visits.head(), kind=kind)
    np.testing.assert_allclose(rows["estimate"], R[name]["est"], rtol=1e-8)
    np.testing.assert_allclose(rows["std_error"], R[name]["se"], rtol=1e-8)
    assert rows["term"].tolist() == list(range(5))


def test_predicted_shares_and_their_limits_are_shares(design):
    fit = design.glm("satisfied", TWO, family="binomial")
    rows = fit.predict(pd.DataFrame({"wait_minutes": [0, 500.0, None], "segment": "mass"}, index=list("abc")))
    assert ((rows.loc[:1, "low"] >= 0) & (rows.loc[:1, "high"] <= 1)).all()
    assert rows["note"].tolist() == ["", "", "a column that explains is empty"]
    assert rows["estimate"].isna().tolist() == [False, False, True]


def test_a_prediction_for_an_unknown_category_names_those_there_are(design):
    fit = design.glm("csat", "segment")
    with pytest.raises(InvalidInput, match=r'"segment" holds "vip".* affluent, mass, sme'):
        fit.predict(pd.DataFrame({"segment": ["vip"]}))


def test_exponentiated_coefficients_are_there_where_they_mean_something(design):
    assert "effect" not in design.glm("csat", TWO).frame
    assert "effect" not in design.glm("satisfied", TWO, family="binomial", link="probit").frame
    frame = design.glm("satisfied", TWO, family="binomial").frame
    np.testing.assert_allclose(np.log(frame["effect_low"]), frame["low"], rtol=1e-12)


def test_a_contrast_of_categories_has_an_odds_ratio(design):
    fit = design.glm("satisfied", TWO, family="binomial")
    row = fit.contrast({"segment[mass]": 1, "segment[sme]": -1}).iloc[0]
    apart = fit.coefficients["segment[mass]"] - fit.coefficients["segment[sme]"]
    assert row["estimate"] == pytest.approx(apart, rel=1e-12)
    assert row["effect"] == pytest.approx(np.exp(apart), rel=1e-12)
    assert (row["n"], row["df"], row["method"]) == (1500, fit.df, "t, linearised")


def test_the_frame_has_the_columns_of_an_estimate(visits):
    frame = stats.glm(visits, "csat", TWO).frame
    assert list(frame.columns) == [*COLUMNS, "statistic", "p_value"]
    assert list(stats.glm(visits, "csat", TWO, by=["region", "channel"]).frame.columns[:2]) == ["region", "channel"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["gaussian", "binomial", "poisson"]))
def test_order_of_rows_and_equal_weights_do_not_matter(seed, family):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"x": rng.normal(size=60), "g": rng.choice(list("abc"), 60), "w": 3.0})
    data["y"] = rng.poisson(1.5, 60) if family != "binomial" else rng.integers(0, 2, 60)
    plain = stats.glm(data, "y", ["x", "g"], family=family, errors="design")
    shuffled = stats.glm(data.sample(frac=1, random_state=1), "y", ["x", "g"], family=family, weights="w")
    np.testing.assert_allclose(plain.frame["estimate"], shuffled.frame["estimate"], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(plain.vcov, shuffled.vcov, rtol=1e-6, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-3, 1e3), st.floats(-100, 100))
def test_the_unit_of_a_column_only_scales_its_coefficient(scale, shift):
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"x": rng.normal(size=80)})
    data["y"] = (rng.random(80) < 1 / (1 + np.exp(-data["x"]))).astype(int)
    one = stats.glm(data, "y", "x", family="binomial").frame.iloc[1]
    other = stats.glm(data.assign(x=shift + scale * data["x"]), "y", "x", family="binomial").frame.iloc[1]
    assert other["estimate"] * scale == pytest.approx(one["estimate"], rel=1e-6)
    assert other["statistic"] == pytest.approx(one["statistic"], rel=1e-6)


def test_a_design_says_that_volunteers_answered(visits):
    frame = Design(visits.head(200), source="opt-in").glm("csat", "wait_minutes").frame
    assert set(frame["note"]) == {OPT_IN}


def test_too_few_clusters_have_no_interval(visits):
    few = visits[visits["branch"].isin(visits["branch"].unique()[:3])]
    frame = Design(few, cluster="branch").glm("csat", ["wait_minutes", "q1", "q2", "q3"]).frame
    assert set(frame["note"]) == {NO_DEGREES}
    assert frame["low"].isna().all()
    assert frame["estimate"].notna().all()


def test_a_domain_that_cannot_be_fitted_says_why():
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"d": pd.Categorical(["a"] * 40 + ["b"] * 3 + ["c"] * 20, list("abcz")), "x": range(63)})
    data["y"] = (rng.random(63) < 0.5).astype(int)
    data.loc[data["d"] == "c", "y"] = (data["x"] > 50).astype(int)
    frame = stats.glm(data, "y", "x", family="binomial", by="d").frame
    notes = frame.groupby("d", observed=False)["note"].first()
    assert notes.to_dict() == {
        "a": "", "b": ModelNote.NOT_TOLD_APART, "c": ModelNote.SEPARATED, "z": Note.NO_ANSWERS
    }  # fmt: skip
    assert (frame["estimate"].isna() == (frame["note"] != "")).all()


def test_a_fit_stopped_early_says_so(visits):
    fit = stats.glm(visits, "satisfied", TWO, family="binomial", rounds=2)
    assert not fit.converged
    assert set(fit.frame["note"]) == {ModelNote.NOT_CONVERGED}
    assert stats.glm(visits, "satisfied", TWO, family="binomial").converged


@pytest.mark.parametrize("keywords", [{}, {"link": "log"}, {"errors": "robust"}, {"errors": "design"}])
def test_a_model_without_any_rest_has_no_interval(keywords):
    data = pd.DataFrame({"x": np.arange(1.0, 21)})
    y = np.exp(0.1 * data["x"]) if "link" in keywords else 3 * data["x"] + 2
    frame = stats.glm(data.assign(y=y), "y", "x", **keywords).frame
    assert set(frame["note"]) == {ModelNote.PERFECT}
    assert frame["low"].isna().all()
    assert frame["estimate"][1] == pytest.approx(0.1 if "link" in keywords else 3, rel=1e-8)


def test_boolean_outcomes_and_values_that_count_are_the_same(visits):
    said = visits.assign(happy=visits["satisfied"] == 1, word=np.where(visits["satisfied"] == 1, "yes", "no"))
    expected = stats.glm(said, "satisfied", TWO, family="binomial").frame
    for outcome, success in (("happy", None), ("word", "yes"), ("csat", [4, 5])):
        frame = stats.glm(said, outcome, TWO, family="binomial", success=success).frame
        pd.testing.assert_frame_equal(frame, expected)


def test_a_design_or_weights_have_errors_of_their_own(design, visits):
    with pytest.raises(InvalidInput, match='leave out errors="robust"'):
        stats.glm(design, "csat", TWO, errors="robust")
    with pytest.raises(InvalidInput, match='leave out errors="model"'):
        stats.glm(visits, "csat", TWO, errors="model", weights="weight")
    with pytest.raises(InvalidInput, match="choose one of model, robust, design"):
        stats.glm(visits, "csat", TWO, errors="hc3")


@pytest.mark.parametrize("what", ["loglik", "aic", "bic"])
def test_what_has_no_likelihood_says_what_to_do_instead(design, what):
    with pytest.raises(InvalidInput, match=r"compare models with wald\(\)"):
        getattr(design.glm("csat", TWO), what)


@pytest.mark.parametrize(
    ("change", "keywords", "message"),
    [
        ({}, {"terms": ["x", "y:g"]}, '"y" cannot explain itself'),
        ({}, {"terms": ["x", "twice"]}, '"twice" follows exactly from x'),
        ({}, {"terms": ["x", "same"]}, '"same" has the same value'),
        ({}, {"terms": ["x", "one_word"]}, '"one_word" has a single category or no answers'),
        ({}, {"family": "gamma"}, "choose one of gaussian, binomial"),
        ({}, {"link": "logit"}, "gaussian family takes identity, log"),
        ({}, {"link": "log"}, '"y" holds 0 or less, which the log link cannot reach'),
        ({}, {"outcome": "z"}, 'no column "z"'),
        ({}, {"outcome": "g"}, '"g" holds .* which is no number'),
        ({}, {"outcome": "g", "family": "binomial"}, "success='a'"),
        ({}, {"outcome": "g", "family": "binomial", "success": "q"}, "Nobody in \"g\" is 'q'"),
        ({}, {"outcome": "x", "family": "binomial", "terms": "twice"}, "binomial family needs 0 and 1"),
        ({}, {"outcome": "x", "family": "quasibinomial", "terms": "twice"}, "needs shares from 0 to 1"),
        ({}, {"outcome": "x", "family": "poisson", "terms": "same"}, "needs counts 0, 1, 2"),
        ({}, {"outcome": "x", "family": "quasipoisson", "terms": "same"}, "needs amounts of 0 or more"),
        ({}, {"exposure": "x"}, 'take family="poisson"'),
        ({}, {"family": "poisson", "exposure": "x"}, "is 0 or less in"),
        ({"y": 1}, {}, 'same "y", 1; there is nothing to explain'),
        ({}, {"level": 95}, "level is 95"),
        ({}, {"rounds": 0}, "rounds is 0; give a whole number"),
        ({}, {"outcome": ["y"]}, "names no single column"),
        ({}, {"weights": "minus"}, "zero or negative"),
        ({"y": np.nan}, {}, "cannot be told from 0 complete rows"),
    ],
)
def test_what_cannot_be_fitted_names_the_column_and_the_mend(change, keywords, message):
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"y": [0, 1] * 20, "x": rng.normal(size=40), "g": ["a", "b", "b", "c"] * 10, "minus": -1.0})
    data = data.assign(twice=2 * data["x"] + 1, same=3, one_word="w").assign(**change)
    with pytest.raises(InvalidInput, match=message):
        stats.glm(data, **{"outcome": "y", "terms": ["x", "g"], **keywords})


def test_two_hundred_columns_on_fifty_rows_are_refused():
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 201)), columns=[f"x{i}" for i in range(201)])
    with pytest.raises(InvalidInput, match="201 terms cannot be told from 50 complete rows"):
        stats.glm(data, "x0", [f"x{i}" for i in range(1, 201)])


def test_only_response_and_link_are_predicted(visits):
    with pytest.raises(InvalidInput, match="choose one of response, link"):
        stats.glm(visits, "csat", TWO).predict(visits, kind="terms")


def test_a_test_of_an_unknown_column_names_those_there_are(visits):
    with pytest.raises(InvalidInput, match='no term "channel"; it has intercept, wait_minutes, segment'):
        stats.glm(visits, "csat", TWO).wald("channel")
