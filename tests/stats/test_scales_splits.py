import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.stats.estimate import Note
from svclib.stats.scales.reliability import CONSTANT
from svclib.stats.scales.splits import EXTREME, SINGULAR, split_reliabilities, splits, stepped_up

Q = [f"q{i}" for i in range(1, 7)]
TOPICS = json.loads((Path(__file__).parent / "reference" / "scales.json").read_text(encoding="utf-8"))["topics"]
GUTTMAN, OWN = TOPICS["reliability"]["values"]["guttman"], TOPICS["rotations"]["values"]


def terms(data, items=None, **options):
    return stats.split_half(data, items, **options).set_index("term")


@pytest.fixture(scope="module")
def standardized(table):
    return terms(table("visits"), Q, standardized=True)["estimate"]


@pytest.fixture(scope="module")
def raw(table):
    return terms(table("visits"), Q)["estimate"]


@pytest.mark.parametrize(
    ("term", "name"), [("split_max", "maxrb"), ("split_min", "minrb"), ("split_mean", "meanr"), ("lambda2", "lambda2")]
)
def test_all_splits_are_those_of_psych(standardized, term, name):
    assert standardized[term] == pytest.approx(GUTTMAN[name], rel=1e-10)


@pytest.mark.parametrize("number", [1, 2, 3, 5, 6])
def test_lower_bounds_are_those_of_psych(standardized, number):
    assert standardized[f"lambda{number}"] == pytest.approx(OWN["guttman"][f"lambda.{number}"], rel=1e-10)


@pytest.mark.parametrize(("term", "name"), [("split_max", "maxrb"), ("split_min", "minrb"), ("split_mean", "meanr")])
def test_splits_of_the_answers_as_they_are(raw, term, name):
    assert raw[term] == pytest.approx(OWN["split_covariance"][name], rel=1e-10)


def test_odd_and_even_are_stepped_up(raw):
    assert raw["odd_even"] == pytest.approx(OWN["odd_even"], rel=1e-10)


def test_the_mean_of_all_splits_is_alpha(raw, table):
    """Cronbach 1951."""
    halves = split_reliabilities(np.cov(table("visits")[Q].dropna().to_numpy().T)[None], splits(6))
    assert raw["split_mean"] == pytest.approx(halves.mean(), rel=1e-12)
    assert raw["split_mean"] == pytest.approx(raw["lambda3"], rel=1e-12)
    assert len(halves[0]) == 10


def test_an_odd_number_of_items_has_all_its_splits():
    chosen = splits(5)
    assert len(chosen) == 10
    assert (chosen.sum(axis=1) == 2).all()
    assert len(np.unique(chosen, axis=0)) == 10


def test_bounds_are_in_guttmans_order(raw):
    assert raw["lambda1"] < raw["lambda3"] <= raw["lambda2"]
    assert raw["lambda4"] == raw["split_max"]


def test_halves_of_equal_length_are_stepped_up_by_spearman_and_brown():
    cov = np.array([[1.0, 0.5], [0.5, 1.0]])[None]
    assert stepped_up(cov, np.array([True, False]))[0] == pytest.approx(2 * 0.5 / 1.5, rel=1e-12)


def test_parallel_items_give_the_same_reliability_from_unequal_halves():
    """Horst's step from halves of 2 and 3 parallel items of correlation 0.5 gives alpha of 5."""
    cov = (np.full((5, 5), 0.5) + 0.5 * np.eye(5))[None]
    first = np.array([True, False, True, False, True])
    assert stepped_up(cov, first)[0] == pytest.approx(5 * 0.5 / (1 + 4 * 0.5), rel=1e-10)


def test_more_than_sixteen_items_take_a_seeded_part_of_the_splits():
    chosen = splits(18, seed=3)
    assert chosen.shape == (10_000, 18)
    assert (chosen.sum(axis=1) == 9).all()
    np.testing.assert_array_equal(chosen, splits(18, seed=3))


def test_intervals_hold_the_estimate_and_extremes_have_none(table):
    rows = terms(table("visits"), Q)
    told = rows.drop(["split_max", "split_min", "lambda4"])
    assert ((told["low"] < told["estimate"]) & (told["estimate"] < told["high"])).all()
    assert (rows.loc[["split_max", "split_min", "lambda4"], "note"] == EXTREME).all()


def test_the_order_of_respondents_does_not_matter(table):
    data = table("visits")[Q].dropna().head(150)
    pd.testing.assert_frame_equal(stats.split_half(data), stats.split_half(data.iloc[::-1]), rtol=1e-9)


def test_a_copy_of_an_item_leaves_no_sixth_bound(table):
    data = table("visits")[Q].dropna()
    rows = terms(data.assign(copy=data["q1"]))
    assert np.isnan(rows.loc["lambda6", "estimate"])
    assert rows.loc["lambda6", "note"] == SINGULAR
    assert not np.isnan(rows.loc["lambda2", "low"])


@pytest.mark.parametrize(
    ("data", "note"),
    [
        ({"a": [1.0, 2.0, 3.0]}, Note.TWO_NEEDED),
        ({"a": [2.0] * 5, "b": [3.0] * 5}, Note.NO_VARIANCE),
        ({"a": [np.nan] * 5, "b": [3.0] * 5}, Note.NO_ANSWERS),
        ({"a": [1.0, 2, 3, 4, 2], "b": [3.0] * 5}, CONSTANT),
    ],
)
def test_what_cannot_be_told_is_missing_with_a_note(data, note):
    row = terms(pd.DataFrame(data)).loc["odd_even"]
    assert np.isnan(row["low"])
    assert row["note"] == note


def test_a_constant_item_has_no_standard_scale():
    rows = stats.split_half(pd.DataFrame({"a": [1.0, 2, 3, 2], "b": [1.0, 3, 3, 2], "c": [4.0] * 4}), standardized=True)
    assert rows["estimate"].isna().all()
    assert (rows["note"] == CONSTANT).all()


def test_answers_of_very_few_are_told_without_a_warning():
    """Two respondents of forty differ at all: without one of them an item is constant."""
    data = pd.DataFrame(0.0, index=range(40), columns=list("abc"))
    data.loc[0, ["a", "c"]], data.loc[1, ["b", "c"]] = 1.0, 1.0
    for standardized in (False, True):
        rows = stats.split_half(data, standardized=standardized)
        assert (rows.loc[rows["low"].isna(), "note"] != "").all()
