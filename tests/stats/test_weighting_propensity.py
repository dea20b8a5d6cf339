import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats import Design
from svclib.stats.design.propensity import WEIGHT, PropensityNote
from svclib.stats.design.results import OPT_IN, OPT_IN_FEW

REFERENCE = Path(__file__).parent / "reference"


@pytest.fixture(scope="module")
def r():
    return json.loads((REFERENCE / "survey_replicates.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def visits():
    data = pd.read_csv(REFERENCE / "visits.csv")
    return data.assign(answered=(data["wait_minutes"] > 6).astype(int))


@pytest.fixture(scope="module")
def scanned(visits):
    return visits[visits["channel"] == "app"].reset_index(drop=True)


@pytest.fixture(scope="module")
def people(visits):
    return Design(visits[visits["channel"] == "branch"].reset_index(drop=True), weights="weight")


@pytest.fixture(scope="module")
def volunteers(scanned, people):
    return stats.propensity_weights(scanned, people, ["segment", "age_band", "effort"])


def test_weights_of_volunteers_are_the_odds_of_the_reference(volunteers, r):
    assert volunteers.weights.tolist()[:40] == pytest.approx(r["propensity_weights"], rel=1e-7)


def test_weights_of_volunteers_add_up_to_the_population(volunteers, people):
    assert volunteers.weights.sum() == pytest.approx(people.row_weights.sum())


def test_multiples_of_the_reference_weights_change_nothing(scanned, people, volunteers):
    tenfold = Design(people.frame.assign(weight=people.frame["weight"] * 10), weights="weight")
    again = stats.propensity_weights(scanned, tenfold, ["segment", "age_band", "effort"])
    np.testing.assert_allclose(again.weights, 10 * volunteers.weights, rtol=1e-9)


def test_volunteers_of_the_reference_itself_keep_equal_weights(people):
    found = stats.propensity_weights(people.frame, people.frame, ["segment", "age_band"])
    np.testing.assert_allclose(found.weights, 1, rtol=1e-9)
    assert found.summary.loc[0, ["overlap", "note"]].tolist() == [1, ""]


def test_one_column_is_weighted_to_its_shares(scanned, people):
    rows = stats.propensity_weights(scanned, people, "segment").balance
    np.testing.assert_allclose(rows["after"], rows["population"], rtol=1e-9)
    assert not np.allclose(rows["before"], rows["population"])


def test_the_balance_comes_nearer(volunteers):
    rows = volunteers.balance
    before, after = ((rows[name] - rows["population"]).abs().sum() for name in ("before", "after"))
    assert after < before / 5


def test_a_column_of_numbers_is_balanced_by_its_mean(volunteers, people):
    row = volunteers.balance.iloc[-1]
    assert (row["column"], row["category"]) == ("effort", "")
    assert row["population"] == pytest.approx(people.mean("effort").frame["estimate"][0])


@pytest.mark.parametrize("verb", ["mean", "total", "proportion", "quantile"])
def test_volunteers_never_have_a_sampling_error(volunteers, verb):
    found = getattr(volunteers.design, verb)("csat")
    rows = found if verb == "quantile" else found.frame
    assert set(rows["note"]) == {OPT_IN}


def test_the_note_stays_whatever_is_done_to_the_weights(volunteers):
    segments = {"affluent": 33000, "mass": 97500, "sme": 19500}
    design = volunteers.design.trim(upper=400).calibrate({"segment": segments}, method="raking").replicates("jk1")
    found = design.mean("csat", by="segment")
    assert set(found.frame["note"]) == {OPT_IN}
    assert found.contrast([1, -1, 0])["note"].tolist() == [OPT_IN]
    assert design.mean("csat", by="branch").contrast([1, -1, *[0] * (design.frame["branch"].nunique() - 2)])["note"][0]


def test_few_volunteers_are_few_and_volunteers():
    rows = Design(pd.DataFrame({"y": [1.0, 2, 4]}), source="opt-in").mean("y").frame
    assert rows["note"].tolist() == [OPT_IN_FEW]


def test_the_coefficients_of_volunteers_say_so_too(volunteers):
    assert set(volunteers.coefficients["note"]) == {OPT_IN}


def test_subpopulations_are_looked_at_alone(visits, people, volunteers):
    app = Design(visits).subpopulation(visits["channel"] == "app")
    desk = Design(visits, weights="weight").subpopulation(visits["channel"] == "branch")
    found = stats.propensity_weights(app, desk, ["segment", "age_band", "effort"])
    np.testing.assert_allclose(found.weights, volunteers.weights, rtol=1e-9)
    assert (found.weights.index == visits.index[visits["channel"] == "app"]).all()


def test_classes_weight_by_parts_of_the_population(scanned, people):
    found = stats.propensity_weights(scanned, people, ["segment", "age_band", "effort"], classes=5)
    assert found.summary.loc[0, "classes"] == found.weights.round(9).nunique() == 5
    sums = found.weights.groupby(found.weights.round(9)).sum() / found.weights.sum()
    assert sums.to_numpy() == pytest.approx(np.full(5, 0.2), abs=0.1)


def test_classes_without_answers_are_merged():
    people = pd.DataFrame({"x": np.r_[np.zeros(80), np.arange(20.0)]})
    scanned = pd.DataFrame({"x": np.r_[np.zeros(30), [1.0, 2, 18, 19]]})
    found = stats.propensity_weights(scanned, people, "x", classes=12)
    assert found.summary.loc[0, "note"] in (PropensityNote.MERGED, PropensityNote.UNLIKE)
    assert found.weights.gt(0).all()


def test_people_unlike_any_volunteer_are_told():
    people = pd.DataFrame({"x": np.linspace(0, 10, 200)})
    scanned = pd.DataFrame({"x": np.linspace(0, 4, 80)})
    summary = stats.propensity_weights(scanned, people, "x").summary.iloc[0]
    assert summary["note"] == PropensityNote.UNLIKE
    assert summary["overlap"] == pytest.approx(0.4, abs=0.01)


def test_weights_that_hang_on_few_people_are_told():
    people = pd.DataFrame({"x": ["a"] * 90 + ["b"] * 10})
    scanned = pd.DataFrame({"x": ["a"] * 5 + ["b"] * 95})
    summary = stats.propensity_weights(scanned, people, "x").summary.iloc[0]
    assert summary["note"] == PropensityNote.UNEVEN
    assert summary["effective_n"] < 10


@pytest.mark.parametrize(
    ("own", "theirs", "columns", "said"),
    [
        ({"a": ["x", "y"] * 5}, {"a": ["x", "z"] * 5}, "a", 'Nobody who answered is "z" in "a"'),
        ({"a": ["x", "y"] * 5}, {"a": ["x"] * 9}, "a", 'Nobody in the reference is "y" in "a"'),
        ({"a": ["x", None] * 5}, {"a": ["x"] * 9}, "a", '"a" is empty in 5 of 10 rows'),
        ({"a": ["x"] * 9}, {"a": ["x", None] * 5}, "a", '"a" is empty in 5 of 10 rows'),
        ({"a": ["x"] * 9}, {"a": [1.0] * 9}, "a", "numbers in one of the two frames and categories"),
        ({"a": ["x"] * 9}, {"b": ["x"] * 9}, "a", 'no column "a"'),
        ({"a": ["x"] * 9}, {"a": ["x"] * 9}, [], "Name at least one column"),
        ({"a": [1.0, 2, 3] * 3}, {"a": [7.0, 8, 9] * 3}, "a", "predicted without error by a"),
        ({"a": [1.0, 2, 3], WEIGHT: [1, 2, 3]}, {"a": [7.0, 8, 9]}, "a", "already; rename or drop"),
        ({"a": [1.0]}, {"a": []}, "a", "no rows"),
    ],
)
def test_what_cannot_be_weighted_names_the_column_and_the_mend(own, theirs, columns, said):
    with pytest.raises(InvalidInput, match=said):
        stats.propensity_weights(pd.DataFrame(own), pd.DataFrame(theirs), columns)


@pytest.mark.parametrize("classes", [1, 2.5, True, "five"])
def test_classes_are_a_whole_number(scanned, people, classes):
    with pytest.raises(InvalidInput, match=r"classes is .*; give a whole number of 2 or more"):
        stats.propensity_weights(scanned, people, "segment", classes=classes)


def test_weights_of_answers_are_divided_by_the_propensity(visits, r):
    invited = Design(visits, weights="weight")
    found = stats.response_propensity(invited, responded="answered", columns=["segment", "age_band"])
    assert found.weights.tolist()[:40] == pytest.approx(r["response_weights"], rel=1e-7)
    assert (found.weights.index == visits.index[visits["answered"] == 1]).all()


def test_answers_of_one_column_are_weighted_to_all_invited(visits):
    found = stats.response_propensity(visits, responded="answered", columns="segment")
    np.testing.assert_allclose(found.balance["after"], found.balance["population"], rtol=1e-9)
    classed = stats.response_propensity(visits, responded="answered", columns="segment", classes=50)
    assert classed.summary.loc[0, ["classes", "note"]].tolist() == [3, ""]
    np.testing.assert_allclose(classed.weights, found.weights, rtol=1e-9)


def test_answers_are_seen_within_the_invited_design(visits):
    invited = Design(visits, weights="weight", strata="region", cluster="branch")
    found = stats.response_propensity(invited, responded="answered", columns="segment")
    row = found.design.mean("csat").frame.iloc[0]
    here = visits["answered"] == 1
    expected = np.average(visits["csat"][here], weights=found.weights)
    assert row["estimate"] == pytest.approx(expected)
    assert row["n"] == here.sum()
    assert row["df"] == invited.degrees_of_freedom
    assert found.design.replicates("jkn").mean("csat").frame["std_error"][0] == pytest.approx(row["std_error"], rel=0.1)


def test_who_answered_may_be_named(visits):
    said = visits.assign(status=np.where(visits["answered"] == 1, "complete", "refused"))
    named = stats.response_propensity(said, responded="status", success="complete", columns="segment")
    counted = stats.response_propensity(visits, responded="answered", columns="segment")
    np.testing.assert_allclose(named.weights, counted.weights)


@pytest.mark.parametrize(
    ("change", "keywords", "said"),
    [
        ({"answered": 1}, {}, 'All complete rows have the same "answered", 1'),
        ({"answered": [np.nan] + [1.0, 0.0] * 4}, {}, '"answered" is empty in 1 of 9 rows'),
        ({"age": None}, {}, '"age" is empty in 9 of 9 rows'),
        ({"answered": 7}, {}, '"answered" holds 7'),
        ({}, {"columns": "agge"}, 'no column "agge"'),
        ({"age": list("aaaaabbbb"), "answered": [1] * 5 + [0] * 4}, {}, 'Nobody of "b" in "age" answered'),
        ({"age": list("aaaaabbbb"), "answered": [1] * 5 + [0, 1] * 2}, {}, 'Everybody of "a" in "age" answered'),
        ({}, {"level": 2}, "level is 2"),
    ],
)
def test_who_answered_must_be_told_of_everybody(change, keywords, said):
    data = pd.DataFrame({"age": list("ababababa"), "answered": [1, 1, 0, 0, 1, 1, 1, 0, 0]}).assign(**change)
    with pytest.raises(InvalidInput, match=said):
        stats.response_propensity(data, responded="answered", **{"columns": "age", **keywords})
