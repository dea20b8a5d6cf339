import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.design.results import OPT_IN
from svclib.stats.estimate import COLUMNS, Note
from svclib.stats.scales.acsi import TOO_FEW_FOR_WEIGHTS
from svclib.stats.scales.component import first_component

R = json.loads((Path(__file__).parent / "reference" / "indices.json").read_text(encoding="utf-8"))["values"]
ITEMS = ["satisfied", "expected", "ideal"]
triples = st.lists(st.tuples(*[st.integers(1, 10)] * 3), min_size=5, max_size=30)


@pytest.fixture(scope="module")
def panel(table):
    return table("panel")


def test_the_index_is_the_mean_of_the_items_on_0_to_100(panel):
    row = stats.acsi(panel, ITEMS).iloc[0]
    assert row["estimate"] == pytest.approx(100 * (panel[ITEMS].to_numpy().mean() - 1) / 9, rel=1e-12)
    assert row["term"] == "acsi"


def test_fornells_formula_holds_with_given_weights(panel):
    weights = np.array([0.4, 0.33, 0.35])
    means = panel[ITEMS].mean().to_numpy()
    expected = 100 * (weights @ means - weights.sum()) / (9 * weights.sum())
    assert stats.acsi(panel, ITEMS, item_weights=list(weights))["estimate"].item() == pytest.approx(expected, rel=1e-12)
    named = dict(zip(ITEMS, weights, strict=True))
    assert stats.acsi(panel, ITEMS, item_weights=named)["estimate"].item() == pytest.approx(expected, rel=1e-12)


def test_with_fixed_weights_the_error_is_that_of_the_respondents_index(panel):
    index = 100 * (panel[ITEMS].mean(axis=1) - 1) / 9
    expected = stats.mean(pd.DataFrame({"x": index}), "x", scale=(0, 100)).iloc[0]
    row = stats.acsi(panel, ITEMS).iloc[0]
    for name in ("estimate", "std_error", "low", "high", "n", "df"):
        assert row[name] == pytest.approx(expected[name], rel=1e-12)


def test_component_weights_are_those_of_prcomp(panel):
    found = stats.acsi_weights(panel, ITEMS)
    np.testing.assert_allclose(found["estimate"], R["component"], rtol=1e-10)
    assert found["term"].tolist() == ITEMS


def test_the_influence_on_the_weights_is_their_derivative():
    random = np.random.default_rng(4)
    common = random.normal(size=(60, 1))
    ratings = common * [1.0, 1.3, 0.7] + random.normal(size=(60, 3)) * [0.5, 1, 0.8]
    weights, valid = random.uniform(0.5, 2, 60), np.ones(60, dtype=bool)
    found = first_component(ratings, weights, valid)
    step = np.zeros(60)
    step[7] = 1e-5
    up, down = (first_component(ratings, weights + way, valid).weights for way in (step, -step))
    np.testing.assert_allclose((up - down) / 2e-5 * weights.sum(), found.influence[7], rtol=1e-5)


def test_the_error_with_component_weights_is_the_jackknifes(panel):
    data = panel.head(60)
    row = stats.acsi(data, ITEMS, item_weights="component").iloc[0]
    again = [stats.acsi(data.drop(index), ITEMS, item_weights="component")["estimate"].item() for index in data.index]
    jackknife = np.sqrt(59 / 60 * ((np.array(again) - np.mean(again)) ** 2).sum())
    assert row["std_error"] == pytest.approx(jackknife, rel=0.03)


def test_the_jackknife_of_a_design_repeats_the_weights(panel):
    design = stats.Design(panel.head(90), cluster="psu")
    row = stats.acsi(design, ITEMS, item_weights="component").iloc[0]
    other = stats.acsi(design.replicates("jk1"), ITEMS, item_weights="component").iloc[0]
    assert other["estimate"] == pytest.approx(row["estimate"], rel=1e-12)
    assert other["std_error"] == pytest.approx(row["std_error"], rel=0.1)
    assert other["std_error"] != row["std_error"]


def test_groups_share_the_weights_of_all(panel):
    weights = stats.acsi_weights(panel, ITEMS)["estimate"].tolist()
    ours = stats.acsi(panel, ITEMS, item_weights="component", by="region")
    given_ones = stats.acsi(panel, ITEMS, item_weights=weights, by="region")
    np.testing.assert_allclose(ours["estimate"], given_ones["estimate"], rtol=1e-12)


def test_a_design_gives_the_error_of_its_clusters(panel):
    design = stats.Design(panel, weights="weight", strata="region", cluster="psu")
    index = stats.Design(panel.assign(index=100 * (panel[ITEMS].mean(axis=1) - 1) / 9), weights="weight",
                         strata="region", cluster="psu").mean("index", by="wave").frame  # fmt: skip
    ours = stats.acsi(design, ITEMS, by="wave")
    for name in ("estimate", "std_error", "n", "df"):
        np.testing.assert_allclose(ours[name], index[name], rtol=1e-10)


@pytest.mark.parametrize("item_weights", ["equal", "component"])
def test_the_frame_is_an_estimate(panel, item_weights):
    rows = stats.acsi(panel, ITEMS, item_weights=item_weights, by="region")
    assert rows.columns.tolist() == ["region", *COLUMNS]
    assert ((rows["low"] < rows["estimate"]) & (rows["estimate"] < rows["high"])).all()


@pytest.mark.parametrize("item_weights", ["equal", "component"])
def test_volunteers_carry_the_note(panel, item_weights):
    rows = stats.acsi(stats.Design(panel, source="opt-in"), ITEMS, item_weights=item_weights)
    assert (rows["note"] == OPT_IN).all()


def test_who_left_an_item_out_is_left_out(panel):
    holed = panel.copy()
    holed.loc[:49, "ideal"] = np.nan
    row, rest = stats.acsi(holed, ITEMS).iloc[0], stats.acsi(panel.iloc[50:], ITEMS).iloc[0]
    assert (row["estimate"], row["n"]) == (pytest.approx(rest["estimate"]), len(panel) - 50)
    assert row["note"] == Note.ROWS_LEFT_OUT


def test_who_rated_nothing_is_not_missed(panel):
    silent = panel.copy()
    silent.loc[:99, ITEMS] = np.nan
    assert stats.acsi(silent, ITEMS)["note"].item() == ""


@pytest.mark.parametrize("item_weights", ["equal", "component"])
def test_small_cells_are_noted(panel, item_weights):
    data = panel.assign(cell=["few"] * 4 + ["many"] * (len(panel) - 4))
    assert stats.acsi(data, ITEMS, item_weights=item_weights, by="cell")["note"].tolist() == [Note.TOO_FEW, ""]


def test_all_tens_have_an_interval(panel):
    row = stats.acsi(panel.assign(**dict.fromkeys(ITEMS, 10)).head(8), ITEMS).iloc[0]
    assert [row["estimate"], row["high"]] == pytest.approx([100, 100])
    assert row["note"] == ""
    assert 50 < row["low"] < 90


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"ideal": lambda rows: 11 - rows["satisfied"]}, Note.REVERSED),
        ({"ideal": 7}, Note.NO_VARIANCE),
    ],
)
def test_a_component_that_cannot_be_says_why(panel, change, note):
    data = panel.assign(**change)
    for rows in (stats.acsi(data, ITEMS, item_weights="component"), stats.acsi_weights(data, ITEMS)):
        assert (rows["note"] == note).all()
        assert rows[["estimate", "std_error", "low", "high"]].isna().all(axis=None)


def test_few_respondents_do_not_tell_the_weights(panel):
    rows = stats.acsi(panel.head(29), ITEMS, item_weights="component")
    assert rows["note"].item() == TOO_FEW_FOR_WEIGHTS
    assert stats.acsi(panel.head(30), ITEMS, item_weights="component")["note"].item() == ""


@pytest.mark.parametrize(
    ("given_weights", "message"),
    [
        ("pls", '"equal", "component"'),
        ([1, 2], "3 numbers above 0"),
        ({"ideal": 1}, "3 numbers"),
        ([1, 0, 1], "above 0"),
    ],
)
def test_weights_that_cannot_be_are_named(panel, given_weights, message):
    with pytest.raises(InvalidInput, match=message):
        stats.acsi(panel, ITEMS, item_weights=given_weights)


@pytest.mark.parametrize("items", ["ideal", ["ideal"], ["ideal", "ideal"], []])
def test_an_index_needs_two_items(panel, items):
    with pytest.raises(InvalidInput, match="two different items"):
        stats.acsi(panel, items)


def test_a_rating_off_the_scale_names_the_column(panel):
    with pytest.raises(InvalidInput, match='"ideal" holds 11'):
        stats.acsi(panel.assign(ideal=11), ITEMS)
    with pytest.raises(InvalidInput, match='no column "idael"'):
        stats.acsi(panel, ["satisfied", "idael"])


@settings(max_examples=40, deadline=None)
@given(triples, st.randoms())
def test_order_of_rows_and_items_changes_nothing(rows, random):
    data = pd.DataFrame(rows, columns=list("abc")).assign(w=1.0)
    order = list("abc")
    random.shuffle(order)
    first, other = stats.acsi(data, list("abc")), stats.acsi(data.iloc[::-1], order, weights="w")
    for name in ("estimate", "std_error", "low", "high"):
        np.testing.assert_allclose(first[name].to_numpy(float), other[name].to_numpy(float), rtol=1e-9, atol=1e-9)
