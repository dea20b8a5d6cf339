import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from svclib.errors import InvalidInput
from svclib.stats import Design

REFERENCE = Path(__file__).parent / "reference"
EXACT = {"rel": 1e-10, "abs": 1e-12}
SHARES = [0.1, 0.25, 0.5, 0.75, 0.9]


@pytest.fixture(scope="module")
def r():
    return json.loads((REFERENCE / "survey_design.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def design():
    data = pd.read_csv(REFERENCE / "visits.csv")
    data = data.assign(satisfied=(data["csat"] >= 4).astype(int), never=False)
    return Design(data, weights="weight", strata="region", cluster="branch", fpc="N_stratum")


def interval(row):
    return [row["low"].iloc[0], row["high"].iloc[0]]


@pytest.mark.parametrize("method", ["mean", "xlogit", "beta"])
def test_intervals_of_a_share_equal_survey(design, r, method):
    row = design.proportion("satisfied", success=1, method=method).frame
    assert interval(row) == pytest.approx(r[f"prop_{method}"], **EXACT)


def test_logit_interval_equals_survey(design, r):
    row = design.proportion("satisfied", success=1, method="logit").frame
    assert [row["estimate"][0], row["std_error"][0]] == pytest.approx([r["prop_logit"]["est"], r["prop_logit"]["se"]])
    assert interval(row) == pytest.approx(r["prop_logit"]["ci"], **EXACT)


def test_shares_of_all_values_equal_survey(design, r):
    found = design.proportion("channel")
    assert found.frame["term"].tolist() == ["app", "branch", "phone", "web"]
    assert found.frame["estimate"].tolist() == pytest.approx(r["proportion"]["est"], **EXACT)
    assert found.frame["std_error"].tolist() == pytest.approx(r["proportion"]["se"], **EXACT)
    assert found.vcov.sum() == pytest.approx(0, abs=1e-15)


def test_arcsine_interval_is_symmetric_in_the_angle(design):
    row = design.proportion("satisfied", success=1, method="asin").frame
    share, error, df = (row[name][0] for name in ("estimate", "std_error", "df"))
    angle = np.arcsin(np.sqrt([row["low"][0], share, row["high"][0]]))
    reach = scipy_stats.t.ppf(0.975, df) * error / (2 * np.sqrt(share * (1 - share)))
    assert np.diff(angle) == pytest.approx([reach, reach], rel=1e-9)


def test_likelihood_interval_ends_where_the_scaled_deviance_reaches_t_squared(design):
    row = design.proportion("satisfied", success=1, method="likelihood").frame
    share, error, df = (row[name][0] for name in ("estimate", "std_error", "df"))
    n = share * (1 - share) / error**2
    for end in interval(row):
        deviance = 2 * n * (share * np.log(share / end) + (1 - share) * np.log((1 - share) / (1 - end)))
        assert deviance == pytest.approx(scipy_stats.t.ppf(0.975, df) ** 2, rel=1e-9)


def test_wilson_solves_the_score_equation_with_the_effective_n(design):
    row = design.proportion("satisfied", success=1).frame
    share, error, df, n = (row[name][0] for name in ("estimate", "std_error", "df", "n"))
    factor = scipy_stats.t.ppf(0.975, n - 1) / scipy_stats.t.ppf(0.975, df)
    effective = share * (1 - share) / error**2 * factor**2
    for end in interval(row):
        score = (share - end) ** 2 / (end * (1 - end) / effective)
        assert score == pytest.approx(scipy_stats.norm.ppf(0.975) ** 2, rel=1e-9)


@pytest.mark.parametrize("method", ["wilson", "beta"])
def test_a_share_of_nobody_has_an_upper_limit(design, method):
    row = design.proportion("never", method=method).frame
    assert (row["estimate"][0], row["low"][0], row["note"][0]) == (0, pytest.approx(0, abs=1e-12), "")
    assert 0.001 < row["high"][0] < 0.01


@pytest.mark.parametrize("method", ["mean", "logit", "xlogit", "asin", "likelihood"])
def test_a_share_of_nobody_has_no_interval_of_another_kind(design, method):
    row = design.proportion("never", method=method).frame
    assert np.isnan(interval(row)).all()
    assert row["note"][0].startswith("all answers are equal")


def test_without_a_design_wilson_is_that_of_a_simple_sample():
    data = pd.DataFrame({"yes": [True] * 30 + [False] * 10})
    row = Design(data).proportion("yes").frame
    assert row["estimate"][0] == pytest.approx(0.75)
    low, high = scipy_stats.binomtest(30, 40).proportion_ci(method="wilson")
    assert interval(row) == pytest.approx([low, high], abs=0.003)


def test_an_unknown_method_names_those_there_are(design):
    with pytest.raises(InvalidInput, match="choose one of mean, logit"):
        design.proportion("channel", method="wald")


@pytest.mark.parametrize("rule", ["math", "school", "hf7"])
def test_quantiles_equal_survey(design, r, rule):
    rows = design.quantile("wait_minutes", SHARES, rule=rule)
    expected = np.array(r[f"quantile_{rule}"][".matrix"])
    np.testing.assert_allclose(rows[["estimate", "low", "high", "std_error"]], expected, rtol=1e-10)


def test_quantiles_of_a_domain_are_those_of_its_subpopulation(design):
    rows = design.quantile("wait_minutes", [0.25, 0.5], by="channel")
    alone = design.subpopulation(design.frame["channel"] == "phone").quantile("wait_minutes", [0.25, 0.5])
    pd.testing.assert_frame_equal(
        rows[rows["channel"] == "phone"].drop(columns="channel").reset_index(drop=True), alone, check_column_type=False
    )


def test_school_takes_the_middle_where_the_share_is_met_exactly():
    data = pd.DataFrame({"minutes": [1.0, 2, 4, 8, 9, 11]})
    found = {rule: Design(data).quantile("minutes", rule=rule)["estimate"][0] for rule in ("math", "school", "hf7")}
    assert found == {"math": 4, "school": 6, "hf7": 6}


def test_an_open_interval_of_a_quantile_says_so():
    row = Design(pd.DataFrame({"minutes": [1.0, 2, 4, 8, 9, 11]})).quantile("minutes", 0.05)
    assert row["note"][0] == "the interval reaches beyond the answers"


@pytest.mark.parametrize("bad", [0, 1.5, []])
def test_quantiles_lie_between_0_and_1(design, bad):
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        design.quantile("wait_minutes", bad)


@pytest.mark.reference
def test_published_shares_and_quantiles_equal_survey(published):
    read, table = published
    expected = read("survey_api_open")
    strata = table("apistrat")
    design = Design(strata.assign(high=strata["api00"] > 700), strata="stype", weights="pw", fpc="fpc")
    for method in ("beta", "mean"):
        row = design.proportion("high", method=method).frame
        assert interval(row) == pytest.approx(list(expected[f"prop_{method}"].values()), **EXACT)
    rows = Design(table("apiclus1"), cluster="dnum", weights="pw", fpc="fpc").quantile("api00", SHARES)
    matrix = np.array(expected["quantile_api00_c1"][".matrix"])
    np.testing.assert_allclose(rows[["estimate", "low", "high", "std_error"]], matrix, rtol=1e-10)
