import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib.errors import InvalidInput
from svclib.stats import Design
from svclib.stats.design.replicates import Replicates, ranks, replicate_covariance, spread

REFERENCE = Path(__file__).parent / "reference"
EXACT = {"rel": 1e-10, "abs": 1e-12}
ITERATIVE = {"rel": 1e-6}
SEGMENTS = {"affluent": 33000, "mass": 97500, "sme": 19500}
AGES = {"18-29": 30000, "30-44": 48000, "45-59": 42000, "60+": 30000}
MARGINS = {"segment": SEGMENTS, "age_band": AGES}
KNOWN = {"segment": SEGMENTS, "effort": 520000.0}
TWO, THREE = ["csat", "wait_minutes"], ["csat", "nps", "wait_minutes"]
CLUSTERED = {"weights": "weight", "strata": "region", "cluster": "branch"}


@pytest.fixture(scope="module")
def r():
    return json.loads((REFERENCE / "survey_replicates.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def visits():
    data = pd.read_csv(REFERENCE / "visits.csv")
    return data.assign(satisfied=(data["csat"] >= 4).astype(int))


@pytest.fixture(scope="module")
def linearised(visits):
    return Design(visits, **CLUSTERED)


@pytest.fixture(scope="module")
def jackknife(linearised):
    return linearised.replicates("jkn")


def same(found, expected, tolerance=EXACT):
    rows = found.frame
    assert rows["estimate"].tolist() == pytest.approx(np.atleast_1d(expected["est"]).tolist(), **tolerance)
    assert rows["std_error"].tolist() == pytest.approx(np.atleast_1d(expected["se"]).tolist(), **tolerance)


def test_stratified_jackknife_equals_survey(visits, jackknife, r):
    found = jackknife.mean(THREE)
    same(found, r["jkn_mean"])
    np.testing.assert_allclose(found.vcov, r["jkn_vcov"], rtol=1e-10)
    same(Design(visits, fpc="N_stratum", **CLUSTERED).replicates("jkn").mean(THREE), r["jkn_fpc_mean"])


def test_jackknife_without_strata_equals_survey(visits, r):
    same(Design(visits, weights="weight", cluster="branch").replicates("jk1").mean(THREE), r["jk1_mean"])


def test_balanced_half_samples_equal_survey(visits, r):
    chosen = [one for _region, group in visits.groupby("region")["branch"] for one in sorted(set(group))[:2]]
    pairs = visits[visits["branch"].isin(chosen)].reset_index(drop=True)
    found = Design(pairs, **CLUSTERED).replicates("brr").total(["effort", "wait_minutes"])
    same(found, r["brr_total"])
    assert found.frame["df"].tolist() == [r["brr_degf"]] * 2


def test_degrees_of_freedom_are_those_of_survey(visits, jackknife, r):
    alone = Design(visits, weights="weight", cluster="branch").replicates("jk1")
    assert jackknife.mean("csat").frame["df"][0] == r["degf"]["jkn"]
    assert alone.mean("csat").frame["df"][0] == r["degf"]["jk1"]


def test_totals_ratios_and_variances_equal_survey(jackknife, r):
    same(jackknife.total("wait_minutes"), r["jkn_total"])
    same(jackknife.ratio("wait_minutes", "effort"), r["jkn_ratio"])
    same(jackknife.variance("csat"), r["jkn_variance"])


def test_domains_their_covariance_and_contrast_equal_survey(jackknife, r):
    found = jackknife.mean("csat", by="channel")
    same(found, r["jkn_domain"])
    np.testing.assert_allclose(found.vcov, r["jkn_domain_vcov"], rtol=1e-9, atol=1e-12)
    row = found.contrast([1, -1, 0, 0])
    assert [row["estimate"][0], row["std_error"][0]] == pytest.approx(list(r["jkn_contrast"].values()), **EXACT)
    assert row["method"][0] == "t, jkn"


def test_design_effects_equal_survey(jackknife, r):
    assert jackknife.mean(TWO).frame["deff"].tolist() == pytest.approx(r["jkn_deff"], **EXACT)


def test_shares_equal_survey(jackknife, r):
    row = jackknife.proportion("satisfied", success=1, method="beta").frame.iloc[0]
    told = r["jkn_share"]
    assert row[["estimate", "std_error", "low", "high"]].tolist() == pytest.approx(
        [told["est"], told["se"], *told["ci"]], **EXACT
    )


def test_quantiles_equal_survey(jackknife, r):
    rows = jackknife.quantile("wait_minutes", [0.25, 0.5, 0.9])
    np.testing.assert_allclose(rows[["estimate", "low", "high", "std_error"]], r["jkn_quantile"], rtol=1e-10)


def test_adjustments_are_repeated_on_each_replicate_as_in_survey(jackknife, r):
    same(jackknife.poststratify("segment", SEGMENTS).mean(THREE), r["jkn_post_mean"])
    raked = jackknife.rake(MARGINS, tolerance=1e-13)
    same(raked.mean(THREE), r["jkn_raked_mean"], ITERATIVE)
    same(raked.mean("csat", by="channel"), r["jkn_raked_domain"], ITERATIVE)
    same(jackknife.calibrate(KNOWN).mean(TWO), r["jkn_linear_mean"])
    same(jackknife.calibrate(KNOWN, method="raking").mean(TWO), r["jkn_raking_mean"], ITERATIVE)


def test_replicates_made_before_and_after_an_adjustment_are_the_same(linearised, jackknife):
    before, after = jackknife.rake(MARGINS).trim(upper=150), linearised.rake(MARGINS).trim(upper=150).replicates("jkn")
    np.testing.assert_allclose(before.sampling.replicates.weights, after.sampling.replicates.weights, rtol=1e-9)


def test_raked_margins_vary_in_no_replicate(jackknife):
    found = jackknife.rake(MARGINS).proportion("segment", method="mean").frame
    assert found["std_error"].max() < 1e-8


@pytest.mark.parametrize("lonely", ["adjust", "remove"])
def test_lonely_strata_equal_survey(visits, r, lonely):
    first = visits["region"].min()
    one = visits.loc[visits["region"] == first, "branch"].min()
    data = visits[(visits["region"] != first) | (visits["branch"] == one)].reset_index(drop=True)
    same(Design(data, lonely=lonely, **CLUSTERED).replicates("jkn").mean(TWO), r[f"lonely_{lonely}"])


@pytest.mark.parametrize("fpc", [None, "N_stratum"])
def test_the_bootstrap_comes_near_the_linearised_error(visits, fpc):
    design = Design(visits, fpc=fpc, **CLUSTERED)
    found = design.replicates("bootstrap", replicates=4000, seed=3).mean(TWO).frame
    expected = design.mean(TWO).frame
    assert found["estimate"].tolist() == pytest.approx(expected["estimate"].tolist(), rel=1e-12)
    assert found["std_error"].tolist() == pytest.approx(expected["std_error"].tolist(), rel=0.05)
    assert found["method"].tolist() == ["t, bootstrap"] * 2


def test_bootstrap_weights_come_to_the_weights_on_average(linearised):
    weights = linearised.replicates("bootstrap", replicates=3000, seed=1).sampling.replicates.weights
    clusters = linearised.frame.groupby("branch")["weight"].sum()
    drawn = pd.DataFrame(weights).groupby(linearised.frame["branch"]).sum().mean(axis=1)
    assert (drawn / clusters).to_numpy() == pytest.approx(np.ones(len(clusters)), abs=0.1)


def test_the_seed_decides_the_bootstrap(linearised):
    errors = [linearised.replicates("bootstrap", replicates=50, seed=s).mean("csat").vcov[0, 0] for s in (1, 1, 2)]
    assert errors[0] == errors[1] != errors[2]


def test_a_total_of_the_jackknife_is_the_linearised_total(visits):
    plain = Design(visits)
    found, expected = plain.replicates("jk1").total("csat").vcov, plain.total("csat").vcov
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_residuals_alone_vary_over_the_replicates(jackknife):
    parts = jackknife.domains("channel")
    whole = [np.asarray(jackknife.row_weights * jackknife.frame["csat"])]
    np.testing.assert_allclose(parts.variance(whole), jackknife.total("csat", by="channel").vcov, rtol=1e-9)


def test_supplied_replicates_are_as_good_as_made_ones(visits, jackknife, r):
    made = jackknife.sampling.replicates
    names = [f"r{k}" for k in range(made.weights.shape[1])]
    data = pd.concat([visits, pd.DataFrame(made.weights, columns=names)], axis=1)
    told = Design(data, weights="weight").replicates("jkn", columns=names, factors=made.factors)
    same(told.mean(THREE), r["jkn_mean"])
    assert told.mean("csat").frame["df"][0] == r["degf"]["jkn"]
    factors = data[names].div(data["weight"], axis=0)
    relative = Design(data.assign(**factors), weights="weight").replicates(
        "jkn", columns=names, factors=made.factors, combined=False
    )
    np.testing.assert_allclose(relative.mean(THREE).vcov, told.mean(THREE).vcov, rtol=1e-9)


@pytest.mark.parametrize(("method", "scale"), [("jk1", 3 / 4), ("bootstrap", 1 / 3), ("brr", 1 / 4)])
def test_supplied_replicates_have_the_scale_of_their_method(method, scale):
    data = pd.DataFrame(np.random.default_rng(1).uniform(1, 2, (6, 5)), columns=["w", "a", "b", "c", "d"])
    design = Design(data, weights="w").replicates(method, columns=["a", "b", "c", "d"])
    values = data[["a", "b", "c", "d"]].mul(data["w"], axis=0).sum().to_numpy()
    assert design.total("w").vcov[0, 0] == pytest.approx(scale * ((values - values.mean()) ** 2).sum())


def test_a_domain_of_one_cluster_has_no_interval(visits, jackknife):
    row = jackknife.subpopulation(visits["branch"] == visits["branch"][0]).mean("csat").frame.iloc[0]
    assert row["note"] == "too few clusters: no interval can be told"
    assert np.isnan(row["low"])


def test_a_replicate_without_anybody_of_a_domain_is_left_out():
    values = np.array([[1.0, np.nan], [2.0, 4.0], [3.0, 6.0]])
    found = spread(Replicates(np.ones((2, 3)), 1.0, np.ones(3)), values, np.zeros(2))
    assert found[1, 1] == pytest.approx(2)
    assert found[0, 0] == pytest.approx(2)


def test_rows_without_a_number_say_why():
    data = TINY.assign(g=pd.Categorical(TINY["g"], ["a", "b", "never"]), same=1.0)
    for design in (Design(data).replicates("jk1"), Design(data).replicates("bootstrap", replicates=20)):
        for found in (design.mean("y", by="g"), design.total("y", by="g"), design.mean("same"), design.proportion("g")):
            empty = found.frame[["estimate", "std_error", "low", "high"]].isna().any(axis=1)
            assert (found.frame["note"][empty] != "").all()


def test_squares_around_the_estimate_are_larger():
    replicates = Replicates(np.array([[1.0, 2.0, 6.0]]), 1.0, np.ones(3), around_estimate=True)
    found = replicate_covariance(replicates, lambda weights: weights[:1], np.zeros(1))
    assert found[0, 0] == 1 + 4 + 36


def test_ranks_are_counted_by_group():
    table = np.array([[1.0, 0, 0], [0, 1, 0], [2, 2, 2], [4, 4, 4]])
    assert ranks(table, np.array([0, 0, 1, 1]), 3).tolist() == [2, 1, 0]


TINY = pd.DataFrame({"h": [1, 1, 2, 2, 2], "c": [1, 2, 3, 4, 5], "y": [1.0, 2, 3, 4, 5], "g": list("aabbb")})


@pytest.mark.parametrize(
    ("keywords", "method", "said"),
    [
        ({"strata": "h"}, "jk1", 'take method="jkn"'),
        ({"strata": "h"}, "brr", "1 strata have another number"),
        ({"strata": "h"}, "jack", "choose one of jk1, jkn, bootstrap, brr"),
        ({}, "brr", "two clusters in every stratum"),
    ],
)
def test_methods_that_do_not_suit_the_design_are_refused(keywords, method, said):
    with pytest.raises(InvalidInput, match=said):
        Design(TINY, **keywords).replicates(method)


def test_half_samples_know_no_finite_population():
    with pytest.raises(InvalidInput, match="knows no finite population"):
        Design(TINY.head(2).assign(N=10), fpc="N").replicates("brr")


@pytest.mark.parametrize("count", [1, 2.5, "many"])
def test_the_number_of_replicates_is_whole(count):
    with pytest.raises(InvalidInput, match=f"replicates is {count}; give a whole number"):
        Design(TINY).replicates("bootstrap", replicates=count)


@pytest.mark.parametrize(
    ("method", "said"), [("jk1", "at least two"), ("jkn", "no variance"), ("bootstrap", "at least")]
)
def test_a_single_respondent_cannot_be_left_out(method, said):
    with pytest.raises(InvalidInput, match=said):
        Design(TINY.head(1)).replicates(method)


@pytest.mark.parametrize(("lonely", "said"), [("adjust", "bootstrap cannot measure"), ("average", "cannot average")])
def test_the_bootstrap_says_what_it_cannot_do_with_lonely_strata(lonely, said):
    design = Design(TINY.assign(h=[1, 2, 2, 3, 3]), strata="h", lonely=lonely)
    with pytest.raises(InvalidInput, match=said):
        design.replicates("bootstrap")


def test_too_many_replicates_are_refused_before_they_fill_the_memory():
    rows = pd.DataFrame({"y": np.zeros(20_000)})
    with pytest.raises(InvalidInput, match="20000 sets of weights for 20000 rows do not fit"):
        Design(rows).replicates("jk1")


def test_a_margin_that_a_replicate_cannot_meet_is_named():
    with pytest.raises(InvalidInput, match='replicates have nobody in "x" of "m"'):
        Design(TINY.assign(m=list("xyyyy"))).replicates("jk1").poststratify("m", {"x": 2, "y": 8})
    with pytest.raises(InvalidInput, match='replicates have nobody in "x" of "m"'):
        Design(TINY.assign(m=list("xyyyy"))).rake({"m": {"x": 2, "y": 8}}).replicates("jk1")


@pytest.mark.parametrize(
    ("columns", "keywords", "said"),
    [
        (["y", "h"], {"method": "jkn"}, "need factors="),
        (["y"], {"method": "jk1"}, "at least two columns"),
        (["y", "h"], {"method": "jk1", "factors": [1, 2, 3]}, "as many factors"),
        (["y", "k"], {"method": "jk1"}, 'no column "k"'),
        (["y", "g"], {"method": "jk1"}, '"g" holds'),
        (["y", "n"], {"method": "jk1"}, '"n" are missing, negative or all 0'),
        (["y", "h"], {"method": "jk2"}, "choose one of"),
    ],
)
def test_columns_that_are_no_replicate_weights_are_named(columns, keywords, said):
    with pytest.raises(InvalidInput, match=said):
        Design(TINY.assign(n=-1.0)).replicates(columns=columns, **keywords)


@pytest.mark.reference
def test_published_jackknife_equals_survey(published):
    values, table = published
    expected = values("survey_api_open")["jk1_mean"]
    found = Design(table("apiclus1"), weights="pw", cluster="dnum").replicates("jk1").mean("api00")
    same(found, {key: list(value.values()) if isinstance(value, dict) else value for key, value in expected.items()})
