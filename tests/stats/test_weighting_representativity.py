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
from svclib.stats.design.representativity import RNote
from svclib.stats.design.results import OPT_IN
from svclib.stats.design.squares import Square
from svclib.stats.estimate import COLUMNS

REFERENCE = Path(__file__).parent / "reference"
KEYS = ["indicator", "column", "category"]
BOTH = ["segment", "age_band"]


@pytest.fixture(scope="module")
def r():
    return json.loads((REFERENCE / "survey_replicates.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def visits():
    data = pd.read_csv(REFERENCE / "visits.csv")
    return data.assign(answered=(data["wait_minutes"] > 6).astype(int))


@pytest.fixture(scope="module")
def rows(visits):
    return told(visits, BOTH)


def told(data, columns="group"):
    return stats.r_indicator(data, responded="answered", columns=columns).set_index(KEYS).sort_index()


def asked(**rates):
    """A hundred people a group, so many of whom answered."""
    frames = [pd.DataFrame({"group": name, "answered": np.arange(100) < rate}) for name, rate in rates.items()]
    return pd.concat(frames, ignore_index=True)


def test_the_r_indicator_is_its_formula_worked_out_in_r(rows, r):
    row = rows.loc[("r", "", "")]
    assert row["estimate"] == pytest.approx(r["r_indicator"]["r"], rel=1e-6)
    assert row["std_error"] == pytest.approx(r["r_indicator"]["se"], rel=1e-6)


def test_unconditional_indicators_are_the_spread_of_response_rates(rows, r):
    parts = rows.loc[("unconditional", "segment")]
    assert parts["estimate"].iloc[1:].tolist() == pytest.approx(r["r_unconditional"], rel=1e-10)


def test_conditional_indicators_are_the_spread_within_the_other_groups(rows, r):
    row = rows.loc[("conditional", "segment", "sme")]
    raw = r["r_conditional"][2] ** 2
    assert 0 < row["estimate"] ** 2 < raw
    assert row["low"] < row["estimate"] < row["high"]


def test_equal_rates_are_representative():
    found = told(asked(a=50, b=50))
    row = found.loc[("r", "", "")]
    assert (row["estimate"], row["high"], row["note"]) == (1, 1, RNote.CHANCE)
    assert np.isnan(row["std_error"])
    assert row["low"] < 1


def test_rates_half_and_half_apart_are_least_representative():
    found = told(asked(a=99, b=1))
    assert found.loc[("r", "", ""), "estimate"] == pytest.approx(0.02, abs=0.003)


def test_with_one_column_all_partial_indicators_are_the_whole():
    found = (
        stats.r_indicator(asked(a=70, b=40, c=55), responded="answered", columns="group").set_index(KEYS).sort_index()
    )
    spread = (1 - found.loc[("r", "", ""), "estimate"]) / 2
    assert found.loc[("conditional", "group", ""), "estimate"] == pytest.approx(spread, rel=1e-3)
    assert found.loc[("unconditional", "group", ""), "estimate"] == pytest.approx(spread, rel=0.01)
    assert found.loc[("cv", "", ""), "estimate"] == pytest.approx(spread / 0.55, rel=1e-9)


def test_signs_tell_who_answered_more():
    found = told(asked(a=70, b=40))
    parts = found.loc[("unconditional", "group")]["estimate"]
    assert parts["a"] > 0 > parts["b"]
    assert parts["a"] ** 2 + parts["b"] ** 2 == pytest.approx(0.15**2)


def test_the_frame_has_the_columns_of_an_estimate(visits):
    found = stats.r_indicator(visits, responded="answered", columns=BOTH)
    assert found.columns.tolist() == [*KEYS, *COLUMNS]
    assert found["indicator"].unique().tolist() == ["response_rate", "r", "cv", "unconditional", "conditional"]
    assert len(found) == 3 + 2 * (1 + 3) + 2 * (1 + 4)


def test_the_response_rate_is_the_mean_of_the_design(visits):
    design = Design(visits, weights="weight", strata="region", cluster="branch")
    row = stats.r_indicator(design, responded="answered", columns="segment").iloc[0]
    expected = design.mean("answered").frame.iloc[0]
    for name in ("estimate", "std_error", "low", "high", "df", "n"):
        assert row[name] == pytest.approx(expected[name], rel=1e-9)


def test_clusters_that_answer_alike_widen_the_interval():
    rng = np.random.default_rng(3)
    rates = np.repeat(rng.uniform(0.2, 0.8, 40), 25)
    data = pd.DataFrame({"branch": np.repeat(np.arange(40), 25), "group": rng.choice(list("ab"), 1000)})
    data["group"] = np.where(data["branch"] % 2, data["group"], "a")
    data["answered"] = rng.random(1000) < rates
    alone, clustered = (
        stats.r_indicator(one, responded="answered", columns="group").set_index("indicator").loc["r"]
        for one in (data, Design(data, cluster="branch"))
    )
    assert clustered["low"] < alone["low"]


def test_a_subpopulation_is_asked_alone(visits):
    part = visits["region"] == "North"
    whole = Design(visits).subpopulation(part)
    found = stats.r_indicator(whole, responded="answered", columns="segment")
    alone = stats.r_indicator(visits[part], responded="answered", columns="segment")
    assert found["estimate"].tolist() == pytest.approx(alone["estimate"].tolist(), rel=0.02, abs=0.01)
    assert found["n"].tolist() == alone["n"].tolist()


def test_products_let_the_propensity_differ_by_both(visits):
    main = stats.r_indicator(visits, responded="answered", columns=BOTH)
    both = stats.r_indicator(visits, responded="answered", columns=[*BOTH, "segment:age_band"])
    assert both["category"].tolist() == main["category"].tolist()
    assert not np.allclose(both["estimate"], main["estimate"])


def test_volunteers_have_no_sampling_error(visits):
    found = stats.r_indicator(Design(visits, source="opt-in"), responded="answered", columns="segment")
    assert OPT_IN in set(found["note"])
    assert "" not in set(found["note"])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_order_of_rows_and_names_of_categories_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"a": rng.choice(list("xyz"), 150), "b": rng.choice(list("uv"), 150)})
    data["r"] = (rng.random(150) < 0.5 + 0.1 * (data["a"] == "x")).astype(int)
    mixed = data.sample(frac=1, random_state=seed % 1000).replace({"a": {"x": "p", "y": "q", "z": "r"}})
    found, again = (stats.r_indicator(one, responded="r", columns=["a", "b"]) for one in (data, mixed))
    for name in ("estimate", "low", "high"):
        np.testing.assert_allclose(again[name], found[name], rtol=1e-6, atol=1e-6)
    assert (found["low"] <= found["high"]).all()


def test_a_square_below_its_bias_still_has_an_interval():
    low, high = Square(raw=0.0, bias=1.0, linear=0.0, curved=1.0).limits(np.inf, 0.95)
    expected = Square(raw=1.0, bias=1.0, linear=2.0, curved=1.0).limits(np.inf, 0.95)
    assert low == 0
    assert high == pytest.approx(expected[1])


def test_limits_of_a_normal_square_are_the_usual_ones():
    square = Square(raw=9.0, bias=0.01, linear=4 * 9.0 * 0.01, curved=0.0002)
    low, high = square.limits(np.inf, 0.95)
    assert (low, high) == pytest.approx((3 - 1.96 * 0.1, 3 + 1.96 * 0.1), abs=0.005)


@pytest.mark.parametrize(
    ("change", "columns", "said"),
    [
        ({"answered": 0}, "age", 'same "answered", 0'),
        ({"age": None}, "age", '"age" is empty in 9 of 9'),
        ({"age": "x"}, "age", '"age" has the same value'),
        ({}, "agge", 'no column "agge"'),
        ({}, ["age", "age"], "named twice"),
    ],
)
def test_what_cannot_be_told_names_the_column(change, columns, said):
    data = pd.DataFrame({"age": list("ababababa"), "answered": [1, 1, 0, 0, 1, 1, 1, 0, 0]}).assign(**change)
    with pytest.raises(InvalidInput, match=said):
        stats.r_indicator(data, responded="answered", columns=columns)


def test_many_different_numbers_are_no_categories():
    data = pd.DataFrame({"wait": np.arange(60.0), "answered": [0, 1, 1] * 20})
    with pytest.raises(InvalidInput, match='"wait" holds 60 different numbers; cut it into classes'):
        stats.r_indicator(data, responded="answered", columns="wait")
