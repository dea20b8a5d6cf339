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
from svclib.stats.estimate import COLUMNS
from svclib.stats.models.estimation import ModelNote
from svclib.stats.models.ordinal import NEVER_CHOSEN
from svclib.stats.models.proportional import RARE, TOO_MANY

REFERENCE = Path(__file__).parent / "reference"
R = json.loads((REFERENCE / "models_ordinal.json").read_text(encoding="utf-8"))["values"]
PUBLIC = json.loads((REFERENCE / "ordinal_regression.json").read_text(encoding="utf-8"))["values"]
TWO = ["wait_minutes", "segment"]
THREE = ["wait_minutes", "channel", "segment"]


@pytest.fixture(scope="module")
def visits(table):
    return table("visits")


@pytest.fixture(scope="module")
def fit(visits):
    return stats.ordinal(visits, "csat", THREE)


@pytest.fixture(scope="module")
def design(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch", fpc="N_stratum")


def clm(values, terms):
    """Move the thresholds, which clm puts first, behind the coefficients."""
    values = np.array(values, dtype=float)
    order = np.roll(np.arange(terms + 4), -4)
    return values[order] if values.ndim == 1 or values.shape[0] != values.shape[1] else values[np.ix_(order, order)]


def test_proportional_odds_equal_clm(fit):
    expected = clm(PUBLIC["clm"][".matrix"], 6)
    np.testing.assert_allclose(fit.frame[["estimate", "std_error", "statistic", "p_value"]], expected, rtol=1e-9)
    np.testing.assert_allclose(fit.vcov, clm(PUBLIC["clm_vcov"][".matrix"], 6), rtol=1e-9)
    assert fit.loglik == pytest.approx(PUBLIC["clm_logLik"], rel=1e-12)


def test_coefficients_equal_polr_as_far_as_it_goes(fit):
    # polr stops at a flat place and takes a numerical Hessian
    np.testing.assert_allclose(fit.frame["estimate"], np.array(PUBLIC["polr"][".matrix"])[:, 0], rtol=2e-6)
    assert fit.deviance == pytest.approx(PUBLIC["deviance"], rel=1e-10)


def test_probit_equals_clm(visits):
    rows = stats.ordinal(visits, "csat", THREE, link="probit").frame
    np.testing.assert_allclose(rows[["estimate", "std_error"]], clm(PUBLIC["probit"][".matrix"], 6)[:, :2], rtol=1e-8)
    vcov = stats.ordinal(visits, "csat", TWO, link="probit").vcov
    np.testing.assert_allclose(vcov, clm(R["probit_vcov"][".matrix"], 3), rtol=1e-8)


def test_cloglog_equals_clm(visits):
    found = stats.ordinal(visits, "csat", TWO, link="cloglog")
    np.testing.assert_allclose(
        found.frame[["estimate", "std_error"]], clm(R["cloglog"]["coef"][".matrix"], 3)[:, :2], rtol=1e-9
    )
    assert found.loglik == pytest.approx(R["cloglog"]["loglik"], rel=1e-12)


def test_criteria_equal_clm(fit):
    told = [fit.aic, fit.bic, fit.null_deviance]
    assert told == pytest.approx([R["aic"], R["bic"], R["null_deviance"]], rel=1e-10)
    assert fit.r2 == pytest.approx(1 - fit.deviance / fit.null_deviance, rel=1e-12)


def test_the_likelihood_ratio_equals_anova_of_clm(fit):
    row = fit.likelihood_ratio("segment").iloc[0]
    expected = PUBLIC["lr_segment"]
    told = [row["statistic"], row["df"], row["p_value"]]
    assert told == pytest.approx([expected["LR.stat"][1], expected["df"][1], expected["Pr(>Chisq)"][1]], rel=1e-8)
    assert fit.likelihood_ratio()["term"].tolist() == THREE


def test_effects_that_differ_by_threshold_equal_clm_with_nominal_effects(fit):
    rows = fit.proportional_odds()
    rows = rows[rows["method"] == "likelihood ratio"]
    assert rows["term"].tolist() == R["nominal"][".colnames"]
    np.testing.assert_allclose(rows[["statistic", "df"]].T, R["nominal"][".matrix"], rtol=1e-8)


def test_binary_fits_are_compared_as_by_brant(fit):
    rows = fit.proportional_odds().query("method == 'Brant'").set_index("term")
    for name, expected in R["brant_tests"].items():
        told = rows.loc[name, ["statistic", "df", "p_value"]].tolist()
        assert told == pytest.approx([expected["statistic"], expected["df"], expected["p"]], rel=1e-8)


def test_predicted_probabilities_and_limits_equal_clm(fit, visits):
    rows = fit.predict(visits.head(4))
    for column, name in (("estimate", "fit"), ("std_error", "se.fit"), ("low", "lwr"), ("high", "upr")):
        np.testing.assert_allclose(rows[column].to_numpy().reshape(4, 5), R["predicted"][name][".matrix"], rtol=1e-9)
    assert rows["term"].tolist() == list("12345") * 4
    np.testing.assert_allclose(rows.groupby("row")["estimate"].sum(), 1, rtol=1e-12)


def test_the_probability_of_at_least_a_category_is_the_sum_of_those_above(fit, visits):
    apart = fit.predict(visits.head(3))
    top = apart[apart["term"].isin(["4", "5"])].groupby("row")["estimate"].sum()
    rows = fit.predict(visits.head(3), at_least=4)
    np.testing.assert_allclose(rows["estimate"], top, rtol=1e-12)
    assert rows["term"].unique().tolist() == ["≥ 4"]


def test_a_design_equals_the_linearised_clm(design):
    found, expected = design.ordinal("csat", TWO), R["exact"]
    np.testing.assert_allclose(found.coefficients, clm(list(expected["coef"].values()), 3), rtol=1e-9)
    np.testing.assert_allclose(found.vcov, clm(expected["vcov"][".matrix"], 3), rtol=1e-9)


def test_a_design_equals_svyolr_as_far_as_it_goes(design):
    found, expected = design.ordinal("csat", TWO), R["svyolr"]
    np.testing.assert_allclose(found.coefficients, [*expected["coef"].values(), *expected["zeta"].values()], rtol=1e-6)
    # svyolr takes a numerical Hessian
    np.testing.assert_allclose(found.frame["std_error"], list(expected["se"].values()), rtol=1e-4)
    assert [found.df, found.deviance] == pytest.approx([expected["df"], expected["deviance"]], rel=1e-10)


def test_replicate_weights_equal_the_replicates_of_clm(visits):
    design = Design(visits, weights="weight", strata="region", cluster="branch").replicates("jkn")
    found = design.ordinal("csat", TWO)
    np.testing.assert_allclose(found.vcov, clm(R["replicates"]["vcov"][".matrix"], 3), rtol=1e-7)
    assert set(found.frame["method"]) == {"t, jkn"}


def test_effects_by_replicates_are_near_the_linearised_ones(visits):
    plain = Design(visits, weights="weight", strata="region", cluster="branch")
    errors = [one.ordinal("csat", TWO).effects(at_least=4).frame["std_error"] for one in (plain, plain.replicates())]
    np.testing.assert_allclose(*errors, rtol=0.05)


def test_average_effects_equal_their_numerical_derivatives_in_r(fit, design):
    rows = fit.effects("wait_minutes").frame
    np.testing.assert_allclose(rows["estimate"], list(R["ame_wait"]["est"].values()), rtol=1e-8)
    np.testing.assert_allclose(rows["std_error"], list(R["ame_wait"]["se"].values()), rtol=1e-5)
    rows = design.ordinal("csat", TWO).effects("wait_minutes").frame
    np.testing.assert_allclose(rows["estimate"], list(R["ame_design"]["est"].values()), rtol=1e-8)
    np.testing.assert_allclose(rows["std_error"], R["ame_design"]["se"], rtol=1e-5)


def test_effects_on_the_categories_add_up_to_nothing(fit):
    rows = fit.effects().frame
    np.testing.assert_allclose(rows.groupby("term")["estimate"].sum(), 0, atol=1e-12)
    assert list(rows.columns[:2]) == ["category", "term"]
    assert rows["reference"].unique().tolist() == ["", "app", "affluent"]


def test_the_effect_of_a_single_category_is_near_the_difference_of_top_boxes(visits):
    row = stats.ordinal(visits, "csat", "segment").effects(at_least=4).frame.set_index("term").loc["segment[sme]"]
    top = (visits["csat"] >= 4).groupby(visits["segment"]).mean()
    assert row["estimate"] == pytest.approx(top["sme"] - top["affluent"], abs=0.02)


@pytest.mark.reference
def test_open_data_equal_polr_and_clm(published):
    read, tables = published
    r, housing, wine = read("ordinal_logit"), tables("housing"), tables("wine")
    housing = housing.loc[housing.index.repeat(housing["Freq"])].reset_index(drop=True)
    for name, order in {
        "Sat": ["Low", "Medium", "High"], "Infl": ["Low", "Medium", "High"], "Cont": ["Low", "High"],
        "Type": ["Tower", "Apartment", "Atrium", "Terrace"],
    }.items():  # fmt: skip
        housing[name] = pd.Categorical(housing[name], order, ordered=True)
    found = stats.ordinal(housing, "Sat", ["Infl", "Type", "Cont"])
    expected = np.array(r["clm"][".matrix"])[[2, 3, 4, 5, 6, 7, 0, 1], :2]
    np.testing.assert_allclose(found.frame[["estimate", "std_error"]], expected, rtol=1e-6)
    np.testing.assert_allclose(found.vcov, r["vc"][".matrix"], rtol=1e-4, atol=1e-8)
    assert [found.loglik, found.deviance] == pytest.approx([r["clm_ll"], r["polr_dev"]], rel=1e-10)
    wine = wine.assign(temp=pd.Categorical(wine["temp"], ["cold", "warm"]))
    rows = stats.ordinal(wine, "rating", ["temp", "contact"], link="probit").frame
    order = [4, 5, 0, 1, 2, 3]
    np.testing.assert_allclose(
        rows[["estimate", "std_error"]], np.array(r["wine_probit"][".matrix"])[order, :2], rtol=1e-6
    )
    tested = stats.ordinal(wine, "rating", ["temp", "contact"]).proportional_odds()
    gain = tested.query("term == 'contact' and method == 'likelihood ratio'")["statistic"].iloc[0]
    alone = stats.ordinal(wine, "rating", ["temp", "contact"]).loglik
    assert alone + gain / 2 == pytest.approx(r["nominal_ll"], rel=1e-8)


@pytest.mark.reference
def test_open_school_design_equals_svyolr(published):
    read, tables = published
    r, schools = read("survey_api_open")["olr"], tables("apistrat")
    edges = pd.cut(schools["api00"], [0, 500, 600, 700, 1000])
    design = Design(schools.assign(band=edges), weights="pw", strata="stype", fpc="fpc")
    found = design.ordinal("band", ["meals", "ell"])
    # svyolr stops early, at a lower likelihood; with reltol = 1e-15 it comes here
    theirs = np.array([*r["coef"].values(), *r["zeta"].values()])
    np.testing.assert_allclose(found.coefficients, theirs, rtol=5e-4)
    np.testing.assert_allclose(found.frame["std_error"], list(r["se"].values()), rtol=1e-3)
    assert found.basis.fit.problem.loglik(theirs) < found.basis.fit.loglik


def test_the_frame_has_the_columns_of_an_estimate(fit):
    assert list(fit.frame.columns) == [
        *COLUMNS, "statistic", "p_value", "effect", "effect_low", "effect_high"
    ]  # fmt: skip
    assert fit.frame["term"].tolist()[-4:] == ["1|2", "2|3", "3|4", "4|5"]


def test_a_wald_test_of_a_column_is_near_its_likelihood_ratio(fit):
    wald, ratio = fit.wald("segment").iloc[0], fit.likelihood_ratio("segment").iloc[0]
    assert wald["statistic"] == pytest.approx(ratio["statistic"], rel=0.02)
    assert fit.wald()["term"].tolist() == THREE


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["logit", "probit", "cloglog"]))
def test_order_of_rows_labels_and_equal_weights_do_not_matter(seed, link):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"x": rng.normal(size=80), "y": rng.integers(1, 5, 80), "w": 2.0})
    data["word"] = pd.Categorical.from_codes(data["y"] - 1, ["no", "hardly", "rather", "yes"], ordered=True)
    plain = stats.ordinal(data, "y", "x", link=link, errors="design")
    other = stats.ordinal(data.sample(frac=1, random_state=1), "word", "x", link=link, weights="w")
    np.testing.assert_allclose(plain.frame["estimate"], other.frame["estimate"], rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(plain.vcov, other.vcov, rtol=1e-7, atol=1e-10)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_scale_turned_round_turns_the_signs(seed):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"x": rng.normal(size=80), "y": rng.integers(1, 5, 80)})
    one, other = (stats.ordinal(data.assign(y=y), "y", "x") for y in (data["y"], 5 - data["y"]))
    assert one.coefficients["x"] == pytest.approx(-other.coefficients["x"], rel=1e-7, abs=1e-10)
    np.testing.assert_allclose(one.coefficients[1:], -other.coefficients[:0:-1], rtol=1e-7, atol=1e-10)


def test_categories_that_nobody_chose_are_left_out_with_a_note(visits):
    typed = visits[visits["csat"] != 2].assign(csat=lambda data: pd.Categorical(data["csat"], range(6), ordered=True))
    found = stats.ordinal(typed, "csat", TWO)
    assert found.dropped == (0, 2)
    assert found.categories == (1, 3, 4, 5)
    assert found.frame.set_index("term")["note"].to_dict()["1|3"] == NEVER_CHOSEN
    plain = stats.ordinal(typed.assign(csat=typed["csat"].astype(int)), "csat", TWO)
    np.testing.assert_allclose(found.coefficients, plain.coefficients)
    assert plain.dropped == ()


def test_a_category_in_which_all_are_at_the_top_is_named():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {"g": rng.choice(["a", "b", "c"], 120), "x": rng.normal(size=120), "y": rng.integers(1, 6, 120)}
    )
    data.loc[data["g"] == "c", "y"] = 5
    with pytest.raises(InvalidInput, match=r"predicted without error by g\[c\]"):
        stats.ordinal(data, "y", ["x", "g"])


def test_a_fit_stopped_early_says_so(visits):
    found = stats.ordinal(visits, "csat", TWO, rounds=2)
    assert not found.converged
    assert set(found.frame["note"]) == {ModelNote.NOT_CONVERGED}


def test_rows_without_an_answer_are_left_out(visits):
    found = stats.ordinal(visits.assign(wait_minutes=visits["wait_minutes"].where(visits.index > 9)), "csat", TWO)
    alone = stats.ordinal(visits.iloc[10:], "csat", TWO)
    assert found.n == 1490
    np.testing.assert_allclose(found.vcov, alone.vcov, rtol=1e-10)


def test_few_clusters_have_no_interval_and_no_test_of_the_assumption(visits):
    few = visits[visits["branch"].isin(visits["branch"].unique()[:4])]
    found = Design(few, cluster="branch").ordinal("csat", ["wait_minutes", "nps", "effort"])
    assert set(found.frame["note"]) == {NO_DEGREES}
    nine = visits[visits["branch"].isin(visits["branch"].unique()[:9])].assign(csat=lambda data: data["csat"].clip(2))
    rows = Design(nine, cluster="branch").ordinal("csat", TWO).proportional_odds().set_index("term")
    assert rows["note"].to_dict() == {"wait_minutes": "", "segment": "", "all": TOO_MANY}


def test_volunteers_are_named(visits):
    assert set(Design(visits, source="opt-in").ordinal("csat", "wait_minutes").frame["note"]) == {OPT_IN}


def test_a_rare_category_forbids_the_binary_fits():
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"g": rng.choice(["a", "b"], 100), "y": rng.integers(2, 6, 100)})
    data.loc[data.index[data["g"] == "b"][:2], "y"] = 1
    rows = stats.ordinal(data, "y", "g").proportional_odds().set_index("method")
    assert rows.loc["Brant", "note"].unique().tolist() == [RARE]
    assert rows.loc["Brant", "p_value"].isna().all()


def test_predictions_of_rows_with_holes_say_why(fit):
    rows = fit.predict(pd.DataFrame({"wait_minutes": [5, None], "channel": "app", "segment": "sme"}, index=["a", "b"]))
    assert rows["row"].tolist() == ["a"] * 5 + ["b"] * 5
    assert rows["note"].tolist() == [""] * 5 + ["a column that explains is empty"] * 5


def test_predictions_far_out_stay_shares(fit):
    far = pd.DataFrame({"wait_minutes": [-1e4, 1e4], "channel": "app", "segment": "sme"})
    rows = fit.predict(far)
    assert (rows["low"] <= rows["estimate"]).all()
    assert (rows["estimate"] <= rows["high"]).all()
    assert rows["estimate"].between(0, 1).all()


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"outcome": "word"}, 'order of the answers in "word" is not known'),
        ({"outcome": "plain"}, 'order of the answers in "plain" is not known'),
        ({"outcome": "x", "terms": "same"}, '"x" has 60 different values, too many for ordered categories'),
        ({"outcome": "two"}, 'Only 2 categories of "two" .* family="binomial"'),
        ({"outcome": "none"}, 'Only 0 categories of "none"'),
        ({"outcome": "yy"}, 'no column "yy"'),
        ({"terms": ["x", "y"]}, '"y" cannot explain itself'),
        ({"terms": "same"}, '"same" has the same value'),
        ({"terms": ["x", "twice"]}, '"twice" follows exactly from x'),
        ({"terms": "one_word"}, '"one_word" has a single category'),
        ({"link": "log"}, "choose one of logit, probit, cloglog"),
        ({"errors": "robust"}, "choose one of model, design"),
        ({"errors": "model", "weights": "w"}, 'leave out errors="model"'),
        ({"level": 0}, "level is 0"),
        ({"rounds": "many"}, "rounds is 'many'; give a whole number"),
        ({"outcome": ["y"]}, "names no single column"),
    ],
)
def test_what_cannot_be_fitted_names_the_column_and_the_mend(keywords, message):
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(size=60), "y": rng.integers(1, 6, 60), "w": 1.0, "same": 2, "one_word": "a"})
    data = data.assign(two=data["y"] > 2, word=data["y"].map(str), none=np.nan, twice=data["x"] * 2)
    data = data.assign(plain=data["word"].astype("category"), two=data["two"].astype(int))
    with pytest.raises(InvalidInput, match=message):
        stats.ordinal(data, **{"outcome": "y", "terms": "x", **keywords})


def test_more_columns_than_rows_are_refused():
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 200)), columns=[f"x{i}" for i in range(200)])
    with pytest.raises(InvalidInput, match="201 terms cannot be told from 50 complete rows"):
        stats.ordinal(data.assign(y=np.arange(50) % 5), "y", list(data.columns))


def test_a_category_above_which_nothing_lies_is_refused(fit, visits):
    for wanted in (1, 6, "4"):
        with pytest.raises(InvalidInput, match="choose one of 2, 3, 4, 5"):
            fit.predict(visits, at_least=wanted)


def test_a_design_has_no_likelihood(design):
    with pytest.raises(InvalidInput, match=r"compare models with wald\(\)"):
        design.ordinal("csat", TWO).likelihood_ratio()


def test_a_test_without_an_unknown_column_names_those_there_are(fit):
    with pytest.raises(InvalidInput, match='no term "region"'):
        fit.likelihood_ratio("region")
