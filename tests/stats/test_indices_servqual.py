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
from svclib.stats.scales.gap_reliability import TERMS
from svclib.stats.scales.importance import read_importance

R = json.loads((Path(__file__).parent / "reference" / "indices.json").read_text(encoding="utf-8"))["values"]
DIMENSIONS = {
    "tangibles": ["01", "02", "03", "04"],
    "reliability": ["05", "06", "07", "08", "09"],
    "responsiveness": ["10", "11", "12", "13"],
    "assurance": ["14", "15", "16", "17"],
    "empathy": ["18", "19", "20", "21", "22"],
}
TWO = {"speed": ["1"], "care": ["2"]}


@pytest.fixture(scope="module")
def answers(table):
    return table("servqual")


def small(**more):
    data = {"p1": [5.0, 6, 4, 5], "e1": [7.0, 6, 6, 7], "p2": [3.0, 4, 5, 6], "e2": [6.0, 7, 5, 6]}
    return pd.DataFrame(data).assign(**more)


# ── gaps with a design ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_gap_of_a_design_is_the_mean_of_its_difference(answers):
    data = answers.assign(w=np.tile([1.0, 2, 3], 200), psu=np.arange(600) // 15, gap=answers["p01"] - answers["e01"])
    design = stats.Design(data, weights="w", cluster="psu")
    row = stats.servqual(design, DIMENSIONS).iloc[0]
    expected = design.mean("gap").frame.iloc[0]
    for name in ("estimate", "std_error", "low", "high", "n", "df"):
        assert row[name] == pytest.approx(expected[name], rel=1e-12)
    assert row["estimate"] == pytest.approx(row["perception"] - row["expectation"], rel=1e-9)


def test_weights_of_a_frame_and_of_a_design_agree(answers):
    data = answers.assign(w=np.tile([1.0, 2, 3], 200))
    ours = stats.servqual(stats.Design(data, weights="w"), DIMENSIONS)
    plain = stats.servqual(data, DIMENSIONS, weights="w")
    pd.testing.assert_frame_equal(ours, plain, check_exact=False, rtol=1e-9)


def test_volunteers_carry_the_note(answers):
    assert (stats.servqual(stats.Design(answers, source="opt-in"), DIMENSIONS)["note"] == OPT_IN).all()


def test_on_a_scale_gaps_cannot_leave_it():
    data = pd.DataFrame({"p1": [1.0] * 6, "e1": [7.0] * 6})
    row = stats.servqual(data, {"d": ["1"]}, scale=(1, 7)).iloc[0]
    assert row["estimate"] == row["low"] == pytest.approx(-6)
    assert -6 < row["high"] < -1
    alone = stats.servqual(data, {"d": ["1"]}, expectation=None, scale=(1, 7)).iloc[0]
    assert (alone["low"], alone["estimate"]) == (pytest.approx(1), 1)


def test_columns_can_be_named_by_dimension_and_item():
    data = small().rename(columns=lambda name: f"{'speed' if name[1] == '1' else 'care'}_{name[0]}__{name[1]}")
    rows = stats.servqual(data, TWO, perception="{dimension}_p__{item}", expectation="{dimension}_e__{item}")
    pd.testing.assert_frame_equal(rows, stats.servqual(small(), TWO))


@pytest.mark.parametrize("pattern", ["{}{}", "{part}", "p{"])
def test_a_pattern_that_cannot_be_filled_is_named(pattern):
    with pytest.raises(InvalidInput, match="give a place for the item"):
        stats.servqual(small(), TWO, perception=pattern)


@pytest.mark.parametrize(("dimensions", "message"), [(["1"], "must be a dict"), ({"d": []}, "empty")])
def test_dimensions_are_a_dict_of_items(dimensions, message):
    with pytest.raises(InvalidInput, match=message):
        stats.servqual(small(), dimensions)


def test_an_answer_off_the_scale_is_named():
    with pytest.raises(InvalidInput, match='"e1" holds 7'):
        stats.servqual(small(), TWO, scale=(1, 6))


# ── importance ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_weighted_gap_gives_each_respondent_their_own_weights():
    data = small(w_speed=[70.0, 50, 20, 100], w_care=[30.0, 50, 80, 0])
    rows = stats.servqual(data, TWO, importance="w_{}", min_n=1).set_index("term")
    gaps = np.array([[-2, -3], [0, -3], [-2, 0], [-2, 0]])
    points = data[["w_speed", "w_care"]].to_numpy() / 100
    assert rows.loc["weighted", "estimate"] == pytest.approx((gaps * points).sum(axis=1).mean())
    assert rows.loc["speed", "importance"] == pytest.approx(0.6)
    assert rows.loc[["1", "overall", "weighted"], "importance"].isna().all()


def test_points_need_not_add_up_to_100():
    points = {"w_speed": [7.0, 5, 2, 10], "w_care": [3.0, 5, 8, 0]}
    other = {name: [10 * value for value in values] for name, values in points.items()}
    first, second = (stats.servqual(small(**given_), TWO, importance="w_{}") for given_ in (points, other))
    pd.testing.assert_frame_equal(first, second)


def test_equal_points_give_the_overall_gap():
    rows = stats.servqual(small(a=1.0, b=1.0), TWO, importance={"speed": "a", "care": "b"}).set_index("term")
    for name in ("estimate", "std_error", "low", "high", "perception", "expectation"):
        assert rows.loc["weighted", name] == pytest.approx(rows.loc["overall", name])


def test_without_points_nobody_is_weighted():
    data = small(w_speed=[50.0, np.nan, 0, 50], w_care=[50.0, 50, 0, 50])
    row = stats.servqual(data, TWO, importance="w_{}").iloc[-1]
    assert (row["term"], row["n"]) == ("weighted", 2)


def test_ranks_become_the_centroid_of_their_order():
    data = pd.DataFrame({"r_a": [1.0, 3], "r_b": [2.0, 1], "r_c": [3.0, 2]})
    shares = read_importance(data, ["a", "b", "c"], "r_{}", ranked=True)
    best, middle, last = (1 + 1 / 2 + 1 / 3) / 3, (1 / 2 + 1 / 3) / 3, 1 / 9  # Barron and Barrett 1996
    np.testing.assert_allclose(np.column_stack(list(shares.values())), [[best, middle, last], [last, best, middle]])


@pytest.mark.parametrize(
    ("columns", "ranked", "message"),
    [
        ({"w_speed": [1.0, 1, 2, 2], "w_care": [1.0, 2, 1, 1]}, True, "not 1 to 2 in row 1"),
        ({"w_speed": [-1.0] * 4, "w_care": 1.0}, False, '"w_speed" holds negative points'),
        ({"w_speed": 1.0}, False, 'no column "w_care"'),
    ],
)
def test_importance_that_cannot_be_is_named(columns, ranked, message):
    with pytest.raises(InvalidInput, match=message):
        stats.servqual(small(**columns), TWO, importance="w_{}", ranked=ranked)


def test_a_dimension_without_points_is_named():
    with pytest.raises(InvalidInput, match='the dimension "care"'):
        stats.servqual(small(a=1.0), TWO, importance={"speed": "a"})


# ── reliability of the gap ─────────────────────────────────────────────────────────────────────────────────────────
def test_reliabilities_are_those_of_psych_and_of_the_formula(answers):
    rows = stats.gap_reliability(answers, DIMENSIONS)
    for name, expected in R["gap_reliability"].items():
        part = rows[rows["dimension"] == name].set_index("term")
        for term in TERMS:
            assert part.loc[term, "estimate"] == pytest.approx(expected[term], rel=1e-10)
        assert part["correlation"].iloc[0] == pytest.approx(expected["correlation"], rel=1e-10)
        assert part["n"].iloc[0] == expected["n"]


def test_the_alphas_are_those_of_alpha(answers):
    rows = stats.gap_reliability(answers, DIMENSIONS).set_index(["dimension", "term"])
    theirs = stats.alpha(answers, [f"p{item}" for item in DIMENSIONS["empathy"]]).iloc[0]
    ours = rows.loc[("empathy", "perceptions")]
    assert ours["estimate"] == pytest.approx(theirs["estimate"], rel=1e-10)
    assert ours["std_error"] == pytest.approx(theirs["std_error"], rel=0.2)  # free of normality


def test_halves_that_go_together_leave_an_unreliable_difference():
    random = np.random.default_rng(3)
    person = random.normal(5, 1, (200, 1))
    p, e = (person + random.normal(0, 0.4, (200, 3)) for _half in range(2))
    data = pd.DataFrame(np.hstack([p, e]), columns=["p1", "p2", "p3", "e1", "e2", "e3"])
    rows = stats.gap_reliability(data, {"d": ["1", "2", "3"]}).set_index("term")
    assert rows.loc["perceptions", "estimate"] > 0.9
    assert rows.loc["difference", "high"] < 0.5


def test_reliability_by_group_and_with_a_design(answers):
    data = answers.assign(half=np.arange(600) % 2, psu=np.arange(600) // 10)
    by = stats.gap_reliability(data, DIMENSIONS, by="half")
    alone = stats.gap_reliability(data[data["half"] == 1], DIMENSIONS)
    np.testing.assert_allclose(by.loc[by["half"] == 1, "high"], alone["high"], rtol=1e-2)
    np.testing.assert_allclose(by.loc[by["half"] == 1, "estimate"], alone["estimate"], rtol=1e-10)
    rows = stats.gap_reliability(stats.Design(data, cluster="psu"), DIMENSIONS)
    assert rows["df"].unique().tolist() == [59]
    np.testing.assert_allclose(rows["estimate"], stats.gap_reliability(data, DIMENSIONS)["estimate"], rtol=1e-10)


@pytest.mark.parametrize(
    ("data", "items", "note"),
    [
        (small(), ["1"], Note.TWO_NEEDED),
        (small().head(1), ["1", "2"], Note.ONE_ANSWER),
        (small(p1=np.nan), ["1", "2"], Note.NO_ANSWERS),
        (small(p1=5.0, p2=5.0, e1=5.0, e2=5.0), ["1", "2"], Note.NO_VARIANCE),
        (small(), ["1", "2"], Note.TOO_FEW),
    ],
)
def test_a_reliability_that_cannot_be_says_why(data, items, note):
    rows = stats.gap_reliability(data, {"d": items})
    assert (rows["note"] == note).all()
    assert rows["low"].notna().all() == (note == Note.TOO_FEW)


def test_the_frame_of_reliabilities_has_its_columns(answers):
    rows = stats.gap_reliability(answers.assign(b="x"), {"d": ["01", "02"]}, by="b")
    assert rows.columns.tolist() == ["b", "dimension", *COLUMNS, "correlation"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(1, 7), min_size=6, max_size=6), min_size=4, max_size=20))
def test_an_interval_holds_its_reliability(rows):
    data = pd.DataFrame(rows, columns=["p1", "p2", "p3", "e1", "e2", "e3"])
    told = stats.gap_reliability(data, {"d": ["1", "2", "3"]}).dropna(subset=["low"])
    assert ((told["low"] <= told["estimate"] + 1e-9) & (told["estimate"] <= told["high"] + 1e-9)).all()


# ── zone of tolerance ──────────────────────────────────────────────────────────────────────────────────────────────
def levels(p, a, d, n=20):
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {name + "1": level + random.normal(0, 0.3, n) for name, level in zip("pad", (p, a, d), strict=True)}
    )


@pytest.mark.parametrize(
    ("perceived", "zone"), [(3.0, "below"), (5.0, "within"), (6.9, "above"), (4.0, "unknown"), (6.0, "unknown")]
)
def test_where_perceptions_lie(perceived, zone):
    rows = stats.zone_of_tolerance(levels(perceived, 4, 6), {"d": ["1"]})
    assert rows["zone"].unique().tolist() == [zone]


def test_adequacy_and_superiority_are_gaps():
    data = levels(5, 4, 6)
    rows = stats.zone_of_tolerance(data, {"d": ["1"]})
    gap = stats.servqual(data, {"d": ["1"]}, expectation="d{}")
    above = rows[rows["measure"] == "superiority"].reset_index(drop=True)
    pd.testing.assert_frame_equal(above[list(COLUMNS)], gap[list(COLUMNS)])
    assert (above["desired"] > above["perception"]).all()
    assert (above["perception"] > above["adequate"]).all()
