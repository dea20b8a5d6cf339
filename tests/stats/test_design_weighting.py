import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib.errors import InvalidInput
from svclib.stats import Design

REFERENCE = Path(__file__).parent / "reference"
EXACT = {"rel": 1e-10, "abs": 1e-12}
ITERATIVE = {"rel": 1e-6}


@pytest.fixture(scope="module")
def r():
    return json.loads((REFERENCE / "survey_weighting.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def design():
    visits = pd.read_csv(REFERENCE / "visits.csv").assign(one=1.0)
    return Design(visits, weights="weight", strata="region", cluster="branch")


@pytest.fixture(scope="module")
def raked(design, r):
    return design.rake({"segment": r["pop_segment"], "age_band": r["pop_age"]})


THREE = ["csat", "nps", "wait_minutes"]


def same(rows, expected, tolerance):
    assert rows["estimate"].tolist() == pytest.approx(np.atleast_1d(expected["est"]).tolist(), **tolerance)
    assert rows["std_error"].tolist() == pytest.approx(np.atleast_1d(expected["se"]).tolist(), **tolerance)


def test_poststratified_weights_and_estimates_equal_survey(design, r):
    post = design.poststratify("segment", r["pop_segment"])
    assert post.row_weights[:50].tolist() == pytest.approx(r["post_weights"], **EXACT)
    same(post.mean(THREE).frame, r["post_mean"], EXACT)
    same(post.total("wait_minutes").frame, r["post_total"], EXACT)


def test_raked_weights_and_estimates_equal_survey(raked, r):
    assert raked.row_weights[:50].tolist() == pytest.approx(r["rake_weights"], **ITERATIVE)
    same(raked.mean(THREE).frame, r["rake_mean"], ITERATIVE)
    same(raked.total("wait_minutes").frame, r["rake_total"], ITERATIVE)


def test_raked_margins_hold_without_error(raked, r):
    counted = raked.total("one", by="age_band").frame
    assert counted["estimate"].tolist() == pytest.approx(list(r["pop_age"].values()), rel=1e-9)
    assert counted["std_error"].max() < 1e-4


def test_the_first_design_keeps_its_weights(design, raked):
    assert design.row_weights.tolist() == design.frame["weight"].tolist()
    assert not np.allclose(raked.row_weights, design.row_weights)


def test_sparse_and_full_sums_agree_after_raking(raked, monkeypatch):
    full = raked.mean("csat", by="period").vcov
    monkeypatch.setattr("svclib.stats.design.variance._DENSE", 0)
    np.testing.assert_allclose(raked.mean("csat", by="period").vcov, full, rtol=1e-8, atol=1e-12)


def test_margins_of_different_populations_are_named(design, r):
    ages = {**r["pop_age"], "60+": 40000}
    with pytest.raises(InvalidInput, match='"segment" adds up to 150000 and "age_band" to 160000'):
        design.rake({"segment": r["pop_segment"], "age_band": ages})


def test_a_category_without_population_is_named(design):
    with pytest.raises(InvalidInput, match='"segment" has no population for "sme"'):
        design.poststratify("segment", {"mass": 10, "affluent": 5})


def test_a_category_without_respondents_is_named(design, r):
    with pytest.raises(InvalidInput, match='Nobody in "segment" is "private"'):
        design.poststratify("segment", {**r["pop_segment"], "private": 10})


@pytest.mark.parametrize("bad", [0, -5, float("nan"), "many", None])
def test_a_population_is_a_number_above_0(design, r, bad):
    with pytest.raises(InvalidInput, match=r'"mass" in the margin "segment" is .*above 0'):
        design.poststratify("segment", {**r["pop_segment"], "mass": bad})


def test_a_margin_needs_every_respondent(design):
    with pytest.raises(InvalidInput, match='"q5" is empty in'):
        design.poststratify("q5", {1: 10})


@pytest.mark.parametrize("bad", [[1, 2], {}, None])
def test_margins_are_a_dict(design, bad):
    with pytest.raises(InvalidInput, match="a dict from column"):
        design.rake(bad)
    with pytest.raises(InvalidInput, match='margin of "segment" must give each category'):
        design.rake({"segment": 5})


def test_margins_out_of_reach_are_named():
    data = pd.DataFrame({"a": ["x", "x", "y"], "b": ["u", "u", "v"]})
    with pytest.raises(InvalidInput, match=r'did not reach the margin "a" in 200 rounds'):
        Design(data).rake({"a": {"x": 5, "y": 5}, "b": {"u": 2, "v": 8}})


@pytest.mark.reference
def test_published_poststratification_and_raking_equal_survey(published):
    read, table = published
    expected, data = read("survey_api_open"), table("apiclus1")
    schools = {"E": 4421, "H": 755, "M": 1018}
    post = Design(data, weights="pw", cluster="dnum", fpc="fpc").poststratify("stype", schools)
    raked = Design(data, weights="pw", cluster="dnum").rake({"stype": schools, "sch.wide": {"No": 1072, "Yes": 5122}})
    assert post.row_weights.tolist() == pytest.approx(list(expected["post_weights"].values()), **EXACT)
    for design, name, tolerance in ((post, "post_mean", EXACT), (raked, "rake_mean", ITERATIVE)):
        rows = design.mean(["api00", "api99", "enroll"]).frame
        for column, key in (("estimate", "mean"), ("std_error", "se"), ("deff", "deff")):
            wanted = [expected[name][key][term] for term in rows["term"]]
            assert rows[column].tolist() == pytest.approx(wanted, **tolerance)
