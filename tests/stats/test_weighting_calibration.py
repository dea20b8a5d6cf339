import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib.errors import InvalidInput
from svclib.stats import Design
from svclib.stats.design.distances import Distance

REFERENCE = Path(__file__).parent / "reference"
EXACT = {"rel": 1e-10, "abs": 1e-12}
ITERATIVE = {"rel": 1e-6}
SEGMENTS = {"affluent": 33000, "mass": 97500, "sme": 19500}
AGES = {"18-29": 30000, "30-44": 48000, "45-59": 42000, "60+": 30000}
KNOWN = {"segment": SEGMENTS, "effort": 520000.0}
TWO = ["csat", "wait_minutes"]


def read(name):
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def r():
    return {**read("survey_weighting"), **read("survey_replicates")}


@pytest.fixture(scope="module")
def visits():
    return pd.read_csv(REFERENCE / "visits.csv")


@pytest.fixture(scope="module")
def design(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch")


@pytest.fixture(scope="module")
def linear(design):
    return design.calibrate(KNOWN)


@pytest.fixture(scope="module")
def raked(design):
    return design.rake({"segment": SEGMENTS, "age_band": AGES}, tolerance=1e-13)


def same(found, expected, tolerance=EXACT):
    rows = found.frame
    assert rows["estimate"].tolist() == pytest.approx(np.atleast_1d(expected["est"]).tolist(), **tolerance)
    assert rows["std_error"].tolist() == pytest.approx(np.atleast_1d(expected["se"]).tolist(), **tolerance)


def test_linear_calibration_equals_survey(linear, r):
    assert linear.row_weights[:50].tolist() == pytest.approx(r["calib_linear_weights"], **EXACT)
    same(linear.mean(TWO), r["calib_linear_mean"])


def test_calibration_by_raking_equals_survey(design, r):
    found = design.calibrate(KNOWN, method="raking")
    assert found.row_weights[:50].tolist() == pytest.approx(r["calib_raking_weights"], **ITERATIVE)
    same(found.mean(TWO), r["calib_raking_mean"], ITERATIVE)


@pytest.mark.parametrize(
    ("name", "keywords"),
    [("bounded", {"bounds": (0.4, 2.1)}), ("logit", {"method": "logit", "bounds": (0.4, 2.5)})],
)
def test_bounded_calibration_equals_survey(design, r, name, keywords):
    found = design.calibrate(KNOWN, **keywords)
    assert found.row_weights[:40].tolist() == pytest.approx(r[f"{name}_weights"], **ITERATIVE)
    same(found.mean(TWO), r[f"{name}_mean"], ITERATIVE)


def test_domains_after_calibration_equal_survey(linear, design, r):
    same(linear.mean("csat", by="channel"), r["linear_domain"])
    same(linear.total("wait_minutes", by="channel"), r["linear_domain_total"])
    same(linear.ratio("wait_minutes", "effort"), r["linear_ratio"])
    same(design.calibrate(KNOWN, method="raking").mean("csat", by="channel"), r["raking_domain"], ITERATIVE)


def test_domains_after_raking_equal_survey(raked, r):
    same(raked.mean("csat", by="channel"), r["raked_domain"])
    same(raked.total("wait_minutes", by="channel"), r["raked_domain_total"])
    same(raked.mean("csat", by="region"), r["raked_region"])
    same(raked.ratio("wait_minutes", "effort"), r["raked_ratio"])


def test_covariance_and_design_effects_after_raking_equal_survey(raked, r):
    found = raked.mean(TWO)
    np.testing.assert_allclose(found.vcov, r["raked_vcov"], rtol=1e-10)
    assert found.frame["deff"].tolist() == pytest.approx(r["raked_deff"], **EXACT)


def test_calibration_with_a_finite_population_and_several_margins_equals_survey(visits, r):
    design = Design(visits, weights="weight", strata="region", cluster="branch", fpc="N_stratum")
    found = design.calibrate({"segment": SEGMENTS, "age_band": AGES, "effort": 470000.0})
    assert found.row_weights[:40].tolist() == pytest.approx(r["linear_fpc_weights"], **EXACT)
    same(found.mean("csat", by="channel"), r["linear_fpc_domain"])


def test_adjustments_act_one_after_the_other_as_in_survey(raked, r):
    same(raked.calibrate({"effort": 480000.0}, population=150000).mean(TWO), r["raked_then_calibrated"], ITERATIVE)


def test_two_stages_with_adjusted_weights_equal_survey(visits, r):
    size = 30 * visits.groupby("branch")["id"].transform("size")
    two = Design(
        visits.assign(N2=size), weights="weight", strata="region", cluster=["branch", "id"], fpc=["N_stratum", "N2"]
    )
    same(two.rake({"segment": SEGMENTS, "age_band": AGES}, tolerance=1e-13).mean(TWO), r["two_stage_raked"])
    same(two.calibrate(KNOWN).mean("csat", by="channel"), r["two_stage_linear_domain"])


@pytest.mark.parametrize("lonely", ["remove", "adjust", "average"])
def test_lonely_strata_after_raking_equal_survey(visits, r, lonely):
    first = visits["region"].min()
    one = visits.loc[visits["region"] == first, "branch"].min()
    data = visits[(visits["region"] != first) | (visits["branch"] == one)].reset_index(drop=True)
    design = Design(data, weights="weight", strata="region", cluster="branch", lonely=lonely)
    found = design.rake({"segment": SEGMENTS, "age_band": AGES}, tolerance=1e-13).mean("csat").frame
    assert found["std_error"][0] == pytest.approx(r["lonely_raked"][["remove", "adjust", "average"].index(lonely)])


def test_calibrated_totals_have_no_error(linear):
    found = linear.total("effort").frame
    assert found["estimate"][0] == pytest.approx(520000, rel=1e-12)
    assert found["std_error"][0] < 1e-6


def test_calibration_to_one_factor_is_poststratification(design):
    post, calibrated = design.poststratify("segment", SEGMENTS), design.calibrate({"segment": SEGMENTS})
    np.testing.assert_allclose(calibrated.row_weights, post.row_weights, rtol=1e-12)
    np.testing.assert_allclose(calibrated.mean(TWO).vcov, post.mean(TWO).vcov, rtol=1e-10)


def test_calibration_by_raking_has_the_weights_of_raking(design, raked):
    found = design.calibrate({"segment": SEGMENTS, "age_band": AGES}, method="raking")
    np.testing.assert_allclose(found.row_weights, raked.row_weights, rtol=1e-9)


def test_bounds_hold_and_the_margins_too(design):
    found = design.calibrate(KNOWN, method="raking", bounds=(0.45, 1.1))
    factor = found.row_weights / design.row_weights
    assert (factor.min(), factor.max()) == pytest.approx((0.45, 1.1))
    balance = found.balance(KNOWN)
    np.testing.assert_allclose(balance["after"], balance["population"], rtol=1e-9)


def test_weights_far_from_the_population_are_scaled_before_they_are_bounded(visits):
    found = Design(visits).calibrate({"segment": SEGMENTS}, bounds=(0.5, 2))
    assert found.row_weights.sum() == pytest.approx(150000)
    assert found.row_weights.max() <= 2 * 150000 / len(visits)


def test_margins_that_follow_from_others_do_no_harm(visits, design):
    doubled = Design(visits.assign(again=visits["segment"]), weights="weight", strata="region", cluster="branch")
    found = doubled.calibrate({**KNOWN, "again": SEGMENTS})
    np.testing.assert_allclose(found.row_weights, design.calibrate(KNOWN).row_weights, rtol=1e-9)
    np.testing.assert_allclose(found.mean("csat").vcov, design.calibrate(KNOWN).mean("csat").vcov, rtol=1e-8)


@pytest.mark.parametrize("method", ["linear", "raking", "logit"])
def test_a_factor_is_1_at_0_and_its_slope_and_integral_belong_to_it(method):
    distance = Distance(method, 0.3, 3.0)
    u, step = np.linspace(-0.4, 0.6, 21), 1e-6
    assert distance.factor(np.zeros(1))[0] == pytest.approx(1)
    slope = (distance.factor(u + step) - distance.factor(u - step)) / (2 * step)
    np.testing.assert_allclose(distance.slope(u), slope, rtol=1e-6)
    integral = (distance.integral(u + step) - distance.integral(u - step)) / (2 * step)
    np.testing.assert_allclose(distance.factor(u), integral, rtol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["linear", "raking", "logit"]))
def test_any_reachable_margins_are_met_whatever_the_order_of_rows(seed, method):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"g": rng.integers(0, 3, 60), "x": rng.gamma(2, 3, 60), "w": rng.uniform(1, 5, 60)})
    data = data.drop_duplicates("g").pipe(lambda few: pd.concat([few, data], ignore_index=True))
    truth = data["w"] * rng.uniform(0.7, 1.4, len(data))
    known = {"g": truth.groupby(data["g"]).sum(), "x": float((truth * data["x"]).sum())}
    bounds = (0.5, 2.0) if method != "raking" else None
    found = Design(data, weights="w").calibrate(known, method=method, bounds=bounds)
    assert (found.row_weights @ data["x"]) == pytest.approx(known["x"], rel=1e-9)
    order = rng.permutation(len(data))
    again = Design(data.iloc[order].reset_index(drop=True), weights="w")
    mixed = again.calibrate(known, method=method, bounds=bounds)
    np.testing.assert_allclose(mixed.row_weights, found.row_weights[order], rtol=1e-7)


@pytest.mark.parametrize(
    ("margins", "keywords", "said"),
    [
        (KNOWN, {"bounds": (0.6, 1.6)}, r'"effort" is out of reach: .*0.6 and 1.6 .* 558058 up to 635709, not 520000'),
        (
            {"segment": {**SEGMENTS, "mass": 150000}},
            {"bounds": (0.8, 1.2)},
            r'"segment" = "affluent" is out of reach: .* not 33000; widen the bounds',
        ),
        ({"effort": 1e9}, {"method": "raking", "population": 150000}, '"effort" is out of reach: whatever the weights'),
        ({"segment": SEGMENTS, "age_band": {**AGES, "60+": 4e4}}, {}, "disagree: .*150000 .* 160000"),
        ({"segment": SEGMENTS}, {"population": 5}, "disagree: population adds up to 5"),
        ({"segment": {"mass": 3}}, {}, 'has no population for "affluent"'),
        ({"segment": {**SEGMENTS, "private": 3}}, {}, 'Nobody in "segment" is "private"'),
        ({"effort": 520000, "wait_minutes": 9e5}, {"population": 150000}, 'made 16 weights 0 or negative.*method="rak'),
        ({"segment": SEGMENTS, "effort": float("nan")}, {}, 'total of "effort" is nan'),
        ({"channel": 3}, {}, "\"channel\" holds 'web', which is no number"),
        ({"q5": 3.0}, {}, '"q5" is empty in 102 rows'),
        ({}, {}, "Calibration needs margins"),
        ([1], {}, "Calibration needs margins"),
        ({"csat": True}, {}, "as a dict or a series; not bool"),
        ({"segment": SEGMENTS}, {"bounds": (1.2, 3)}, "the first between 0 and 1"),
        ({"segment": SEGMENTS}, {"bounds": 3}, "bounds are 3; give"),
        ({"segment": SEGMENTS}, {"method": "logit"}, "needs bounds"),
        ({"segment": SEGMENTS}, {"method": "logit", "bounds": (0.3, float("inf"))}, "bounds are"),
        ({"segment": SEGMENTS}, {"method": "ipf"}, "choose one of linear, raking, logit"),
        ({"effort": 520000}, {"population": -1}, "population is -1; give"),
        ({"chanel": {"web": 1}}, {}, 'no column "chanel"'),
    ],
)
def test_what_cannot_be_calibrated_names_the_margin_and_the_mend(design, margins, keywords, said):
    with pytest.raises(InvalidInput, match=said):
        design.calibrate(margins, **keywords)


@pytest.mark.parametrize("method", ["linear", "raking"])
def test_margins_that_contradict_each_other_are_named(method):
    data = pd.DataFrame({"a": ["x", "x", "y"], "b": ["u", "u", "v"]})
    with pytest.raises(InvalidInput, match='where the others hold, "a" = "x" comes to 2, not 5'):
        Design(data).calibrate({"a": {"x": 5, "y": 5}, "b": {"u": 2, "v": 8}}, method=method)


def test_margins_that_only_together_leave_the_bounds_are_named():
    data = pd.DataFrame({"a": ["x", "x", "y", "y"] * 5, "b": ["u", "u", "v", "u"] * 5})
    with pytest.raises(InvalidInput, match=r'cannot all be met with weights between 0.5 and 1.9 .* "(a|b)" = '):
        Design(data).calibrate({"a": {"x": 15, "y": 5}, "b": {"u": 10.5, "v": 9.5}}, bounds=(0.5, 1.9))


@pytest.mark.parametrize("keywords", [{"tolerance": 0}, {"tolerance": float("nan")}, {"rounds": 0}])
def test_raking_takes_a_tolerance_and_a_round(design, keywords):
    with pytest.raises(InvalidInput, match="a tolerance above 0 and at least one round"):
        design.rake({"segment": SEGMENTS}, **keywords)


def test_lists_are_no_categories():
    with pytest.raises(InvalidInput, match='"a" holds lists'):
        Design(pd.DataFrame({"a": [["x"], ["y"]]})).calibrate({"a": {"x": 1, "y": 1}})


@pytest.mark.reference
def test_published_calibration_equals_survey(published):
    values, table = published
    expected, data = values("survey_api_open"), table("apiclus1")
    design = Design(data, weights="pw", cluster="dnum", fpc="fpc")
    known = {"stype": {"E": 4421, "H": 755, "M": 1018}, "api99": 3914069.0}
    for name, keywords, tolerance in (
        ("linear", {}, EXACT),
        ("raking", {"method": "raking"}, ITERATIVE),
        ("logit", {"method": "logit", "bounds": (0.5, 2.5)}, ITERATIVE),
    ):
        weights = design.calibrate(known, **keywords).row_weights
        assert weights.tolist() == pytest.approx(list(expected[f"calib_{name}_weights"].values()), **tolerance)
