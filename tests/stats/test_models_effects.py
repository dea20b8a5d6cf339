import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats import Design

R = json.loads((Path(__file__).parent / "reference" / "models_glm.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def visits(table):
    data = table("visits")
    return data.assign(satisfied=(data["csat"] >= 4).astype(int), first=data["nps"] > 6)


@pytest.fixture(scope="module")
def design(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch", fpc="N_stratum")


def test_effects_of_a_design_equal_their_linearisation_in_r(design):
    rows = design.glm("satisfied", ["wait_minutes", "segment", "age_band"], family="binomial").effects().frame
    told = rows.set_index("term")[["estimate", "std_error"]]
    assert told.loc["wait_minutes"].tolist() == pytest.approx([R["ame_wait"]["est"], R["ame_wait"]["se"]], rel=1e-8)
    assert told.loc["segment[mass]"].tolist() == pytest.approx([R["ame_mass"]["est"], R["ame_mass"]["se"]], rel=1e-8)


def test_effects_of_a_linear_model_are_its_coefficients(design):
    fit = design.glm("csat", ["wait_minutes", "segment"])
    effects = fit.effects()
    np.testing.assert_allclose(effects.frame["estimate"], fit.frame["estimate"][1:], rtol=1e-8)
    np.testing.assert_allclose(effects.vcov, fit.vcov[1:, 1:], rtol=1e-8)


def test_a_category_is_told_against_its_reference(visits):
    rows = stats.glm(visits, "satisfied", ["segment", "first"], family="binomial").effects().frame
    assert rows["term"].tolist() == ["segment[mass]", "segment[sme]", "first"]
    assert rows["reference"].tolist() == ["affluent", "affluent", "False"]


def test_the_effect_of_one_category_alone_is_the_difference_of_shares(visits):
    row = stats.glm(visits, "satisfied", "first", family="binomial").effects().frame.iloc[0]
    shares = visits.groupby("first")["satisfied"].mean()
    assert row["estimate"] == pytest.approx(shares[True] - shares[False], rel=1e-8)


def test_the_effect_of_a_number_holds_its_products(visits):
    fit = stats.glm(visits, "csat", ["wait_minutes", "segment", "wait_minutes:segment", "wait_minutes:wait_minutes"])
    b = fit.coefficients
    shares = visits["segment"].value_counts(normalize=True)
    expected = b["wait_minutes"] + 2 * b["wait_minutes:wait_minutes"] * visits["wait_minutes"].mean()
    expected += sum(shares[one] * b[f"wait_minutes:segment[{one}]"] for one in ("mass", "sme"))
    assert fit.effects("wait_minutes").frame["estimate"][0] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("family", "link"), [("binomial", "probit"), ("binomial", "cloglog"), ("poisson", "log")])
def test_errors_are_those_of_the_derivative_by_the_coefficients(visits, family, link):
    outcome = "satisfied" if family == "binomial" else "nps"
    fit = stats.glm(visits, outcome, ["wait_minutes", "segment"], family=family, link=link)
    effects, inverse = fit.effects(), fit.basis.reading.link.inverse
    matrix, step = fit.basis.reading.terms.matrix, np.array([0, 1e-5, 0, 0])

    def average(coefficients):
        return (inverse((matrix + step) @ coefficients) - inverse((matrix - step) @ coefficients)) / 2e-5

    beta = fit.coefficients.to_numpy()
    moved = [(average(beta + one).mean() - average(beta - one).mean()) / 2e-4 for one in np.eye(4) * 1e-4]
    variance = np.array(moved) @ fit.vcov @ np.array(moved) + average(beta).var(ddof=1) / len(visits)
    assert effects.frame["estimate"][0] == pytest.approx(average(beta).mean(), rel=1e-6)
    assert effects.vcov[0, 0] == pytest.approx(variance, rel=1e-4)


def test_effects_by_domain_are_those_of_each(design):
    fits = design.glm("satisfied", ["wait_minutes"], family="binomial", by="segment")
    rows = fits.effects().frame
    assert list(rows.columns[:2]) == ["segment", "term"]
    for name, fit in fits.fits.items():
        alone = fit.effects().frame.iloc[0]
        together = rows[rows["segment"] == name].iloc[0]
        assert together[["estimate", "std_error"]].tolist() == pytest.approx(alone[["estimate", "std_error"]].tolist())


def test_an_empty_domain_has_an_empty_effect_and_says_why(visits):
    few = visits.assign(segment=np.where(visits.index < 3, "tiny", visits["segment"]))
    rows = stats.glm(few, "satisfied", "wait_minutes", family="binomial", by="segment").effects().frame
    tiny = rows[rows["segment"] == "tiny"].iloc[0]
    assert np.isnan(tiny["estimate"])
    assert tiny["note"]


def test_an_effect_of_an_unknown_column_names_those_there_are(visits):
    with pytest.raises(InvalidInput, match='no term "channel"; it has wait_minutes, segment'):
        stats.glm(visits, "csat", ["wait_minutes", "wait_minutes:segment"]).effects("channel")


def test_effects_by_replicates_are_near_the_linearised_ones(visits):
    plain = Design(visits, weights="weight", strata="region", cluster="branch")
    fits = [one.glm("satisfied", ["wait_minutes", "segment"], family="binomial") for one in (plain, plain.replicates())]
    np.testing.assert_allclose(*[fit.effects().frame["std_error"] for fit in fits], rtol=0.05)


def test_effects_can_be_contrasted(design):
    effects = design.glm("satisfied", "segment", family="binomial").effects()
    row = effects.contrast({"segment[mass]": 1, "segment[sme]": -1}).iloc[0]
    assert row["estimate"] == pytest.approx(-np.diff(effects.frame["estimate"])[0], rel=1e-10)


def test_a_whole_number_column_and_a_column_of_one_value_in_a_domain(visits):
    whole = visits.assign(nps=visits["nps"].astype("Int64"))
    one = stats.glm(whole, "satisfied", "nps", family="binomial").effects().frame
    pd.testing.assert_frame_equal(one, stats.glm(visits, "satisfied", "nps", family="binomial").effects().frame)
