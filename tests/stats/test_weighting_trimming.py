import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svclib.errors import InvalidInput
from svclib.stats import Design

REFERENCE = Path(__file__).parent / "reference"
SEGMENTS = {"affluent": 33000, "mass": 97500, "sme": 19500}
AGES = {"18-29": 30000, "30-44": 48000, "45-59": 42000, "60+": 30000}


@pytest.fixture(scope="module")
def r():
    names = ("survey_weighting", "survey_replicates")
    read = [json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))["values"] for name in names]
    return read[0] | read[1]


@pytest.fixture(scope="module")
def raked():
    design = Design(pd.read_csv(REFERENCE / "visits.csv"), weights="weight", strata="region", cluster="branch")
    return design.rake({"segment": SEGMENTS, "age_band": AGES}, tolerance=1e-13)


def weighted(*weights):
    return Design(pd.DataFrame({"w": [float(w) for w in weights]}), weights="w")


def test_strict_trimming_equals_survey(raked, r):
    found = raked.trim(50, 150, strict=True).row_weights[:50]
    assert found.tolist() == pytest.approx(r["trim_50_150"], rel=1e-6)


def test_trimming_once_equals_survey(raked, r):
    assert raked.trim(upper=110).row_weights[:40].tolist() == pytest.approx(r["trim_loose"], rel=1e-10)


def test_estimates_after_trimming_equal_survey(raked, r):
    rows = raked.trim(50, 110, strict=True).mean(["csat", "wait_minutes"]).frame
    assert rows["estimate"].tolist() == pytest.approx(r["trim_mean"]["est"], rel=1e-10)
    assert rows["std_error"].tolist() == pytest.approx(r["trim_mean"]["se"], rel=1e-10)


def test_the_summary_counts_the_trimmed(raked):
    rows = raked.trim(upper=110).weight_summary().set_index("weights")
    assert rows.loc["final", "trimmed"] == (raked.row_weights > 110).sum()
    assert rows.loc["given", "trimmed"] == 0


def test_strict_trimming_counts_every_row_it_ever_cut():
    design = weighted(1, 1, 1, 5.4, 9).trim(upper=5.5, strict=True)
    assert design.weight_summary()["trimmed"].iloc[-1] == 2
    assert design.row_weights.max() == 5.5


@given(st.lists(st.floats(0.1, 20), min_size=3, max_size=30), st.floats(1.1, 3))
def test_trimming_keeps_the_sum_and_the_bounds(weights, room):
    mean = float(np.mean(weights))
    low, high = mean / room, mean * room
    trimmed = weighted(*weights).trim(low, high, strict=True).row_weights
    assert trimmed.sum() == pytest.approx(sum(weights))
    assert trimmed.min() >= low * (1 - 1e-9)
    assert trimmed.max() <= high * (1 + 1e-9)


def test_weights_within_the_bounds_stay():
    assert weighted(1, 2, 3).trim(0.5, 4).row_weights.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ((None, None), "give upper=, lower= or both"),
        ((3, 2), "Trimming to 3 up to 2"),
        (("a", 2), "Trimming to a up to 2"),
        ((None, -1), "not possible"),
        ((None, 2), "no room for what is cut off"),
        ((5, None), "no room"),
        ((float("nan"), 3), "not possible"),
    ],
)
def test_bounds_without_room_are_refused(bounds, said):
    with pytest.raises(InvalidInput, match=said):
        weighted(1, 1, 1, 9).trim(*bounds)


def test_the_summary_is_that_of_kish():
    row = weighted(1, 1, 2, 4).weight_summary().iloc[0]
    assert row["effective_n"] == pytest.approx(64 / 22)
    assert row["deff"] == pytest.approx(4 / row["effective_n"])
    assert row["cv"] == pytest.approx(np.std([1, 1, 2, 4]) / 2)
    assert row[["weights", "n", "sum", "min", "max"]].tolist() == ["given", 4, 8, 1, 4]


def test_weights_of_1_cost_nothing():
    row = Design(pd.DataFrame({"y": [1.0, 2, 3]})).weight_summary().iloc[0]
    assert (row["cv"], row["deff"], row["effective_n"]) == (0, 1, 3)


def test_the_summary_of_a_subpopulation_is_its_own():
    rows = weighted(1, 1, 2, 4).subpopulation([True, True, False, False]).weight_summary()
    assert rows.loc[0, ["n", "sum", "deff"]].tolist() == [2, 2, 1]


def test_replicates_take_the_factors_of_the_weights():
    design = Design(pd.DataFrame({"w": [1.0, 1, 1, 5], "y": [1.0, 2, 3, 4]}), weights="w")
    table = design.replicates("jk1").trim(upper=3).sampling.replicates.weights
    expected = design.trim(upper=3).row_weights[:, None] * (1 - np.eye(4)) * 4 / 3
    np.testing.assert_allclose(table, expected)


def test_the_balance_compares_with_the_population(raked):
    margins = {"segment": SEGMENTS, "effort": 600000.0}
    rows = raked.balance(margins)
    assert rows.columns.tolist() == ["column", "category", "population", "before", "after"]
    shares = rows[rows["column"] == "segment"].set_index("category")
    assert shares.loc["mass", "population"] == 0.65
    np.testing.assert_allclose(shares["after"], shares["population"])
    given = raked.frame.groupby("segment")["weight"].sum()
    np.testing.assert_allclose(shares["before"], given / given.sum())
    mean = rows[rows["column"] == "effort"].iloc[0]
    assert (mean["category"], mean["population"]) == ("", 4)
    assert mean["after"] == pytest.approx(raked.mean("effort").frame["estimate"][0])
