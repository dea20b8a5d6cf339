import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import COLUMNS, Note
from svclib.stats.scales.correlations import PERFECT, SMOOTHED
from svclib.stats.scales.ordinal import ALIKE, UNUSED
from svclib.stats.scales.polychoric import maximise, pair_tables, polychoric_core, polychoric_without
from svclib.stats.scales.polychoric_errors import joint_maximum
from svclib.stats.scales.polyserial import ALIKE as NUMBERS_ALIKE
from svclib.stats.scales.polyserial import BEYOND

REFERENCE = Path(__file__).parent / "reference"
R = json.loads((REFERENCE / "polychoric.json").read_text(encoding="utf-8"))["values"]
OWN = json.loads((REFERENCE / "scales.json").read_text(encoding="utf-8"))["topics"]["rotations"]["values"]
Q = [f"q{i}" for i in range(1, 7)]


@pytest.fixture(scope="module")
def visits(table):
    return table("visits")


@pytest.fixture(scope="module")
def found(visits):
    return stats.polychoric(visits, Q)


def pair(counts):
    """A frame of two items with the given table."""
    table = np.array(counts)
    row, column = np.indices(table.shape)
    return pd.DataFrame({"a": np.repeat(row.ravel(), table.ravel()), "b": np.repeat(column.ravel(), table.ravel())})


def test_correlations_and_thresholds_are_those_of_lavaan(found):
    np.testing.assert_allclose(found.matrix, R["lavcor_two_step"][".matrix"], atol=1e-6)
    thresholds = found.thresholds["estimate"].to_numpy().reshape(6, 4)
    np.testing.assert_allclose(thresholds, R["psych_tau"][".matrix"], rtol=1e-10)
    assert found.notes == ()


def test_frames_are_estimates(found):
    assert list(found.frame.columns) == ["first", "second", *COLUMNS]
    assert list(found.thresholds.columns) == ["item", "category", *COLUMNS]
    for frame in (found.frame, found.thresholds):
        assert ((frame["low"] < frame["estimate"]) & (frame["estimate"] < frame["high"])).all()


def test_the_error_is_that_of_leaving_out_one_after_the_other(visits):
    """polycor's error (0.0244) takes the thresholds for known."""
    codes = visits[["q1", "q2"]].dropna().head(400).to_numpy(int) - 1
    each = polychoric_without(codes, np.array([5, 5]), [np.array([row]) for row in range(400)])[:, 0, 1]
    jackknife = np.sqrt(399 / 400 * ((each - each.mean()) ** 2).sum())
    row = stats.polychoric(pd.DataFrame(codes, columns=["a", "b"])).frame.iloc[0]
    assert row["std_error"] == pytest.approx(jackknife, rel=0.02)
    assert row["std_error"] > 1.03 * R["two_step_q1q2"]["se"]


def test_leaving_out_respondents_is_correlating_the_others(visits):
    codes = visits[Q[:3]].dropna().head(60).to_numpy(int) - 1
    codes[:, 2] = codes[:, 2] > 2
    kinds = codes.max(axis=0) + 1
    parts = np.array_split(np.arange(60), 7)
    for part, matrix in zip(parts, polychoric_without(codes, kinds, parts), strict=True):
        np.testing.assert_allclose(matrix, polychoric_core(np.delete(codes, part, axis=0), kinds)[1], atol=1e-9)


def test_the_joint_likelihood_is_higher_than_where_polycor_stops(visits):
    codes = visits[Q].dropna().to_numpy(int)[:, :2] - 1
    pairs = pair_tables(codes, np.array([5, 5]))
    start = (float(maximise(pairs)[0]), pairs.cuts[0, 1:-1], pairs.cuts[1, 1:-1])
    best = joint_maximum(pairs.counts[0], *start)
    theirs = joint_maximum(
        pairs.counts[0], R["ml_q1q2"]["rho"], *(np.array(list(R[f"ml_{one}cuts"].values())) for one in ("row", "col"))
    )
    assert best.rho == pytest.approx(theirs.rho, abs=1e-8)
    assert best.rho == pytest.approx(R["ml_q1q2"]["rho"], abs=5e-4)
    assert best.std_error == pytest.approx(R["ml_q1q2"]["se"], rel=5e-3)


def test_maximum_likelihood_of_a_saturated_table_is_the_two_step_estimate():
    """In a table of two by two both fit the counts exactly."""
    data = pair([[40, 12], [9, 39]])
    two, joint = (stats.polychoric(data, method=method).frame.iloc[0] for method in ("two_step", "ml"))
    assert joint["estimate"] == pytest.approx(two["estimate"], abs=1e-8)
    assert joint["std_error"] == pytest.approx(two["std_error"], rel=0.02)


def test_tetrachoric_correlations_are_those_of_lavaan(exam):
    matrix = stats.tetrachoric(exam, list(exam.columns[:6])).matrix
    np.testing.assert_allclose(matrix, R["tetrachoric_lavaan"][".matrix"], atol=1e-6)


def test_the_empty_cell_of_two_by_two_is_filled_as_in_lavaan():
    data = pair([[20, 0], [15, 30]])
    assert stats.tetrachoric(data).frame["estimate"].item() == pytest.approx(OWN["empty_cell"], abs=1e-6)


def test_tetrachoric_refuses_an_item_of_three():
    with pytest.raises(InvalidInput, match='"a" has 3 different answers, not two'):
        stats.tetrachoric(pair([[3, 2], [2, 3], [1, 4]]))


def test_weights_of_one_are_no_weights(visits, found):
    weighted = stats.polychoric(visits.assign(w=1.0), Q, weights="w")
    columns = ["estimate", "std_error", "low", "high", "n"]
    pd.testing.assert_frame_equal(weighted.frame[columns], found.frame[columns], rtol=1e-9)
    pd.testing.assert_frame_equal(weighted.thresholds[columns], found.thresholds[columns], rtol=1e-9)


def test_weights_count_as_rows_in_the_estimate(visits):
    data = visits[Q[:3]].dropna().head(200).assign(w=np.arange(200) % 3 + 1.0)
    repeated = data.loc[data.index.repeat(data["w"].astype(int)), Q[:3]]
    first, second = stats.polychoric(data, Q[:3], weights="w"), stats.polychoric(repeated)
    np.testing.assert_allclose(first.matrix, second.matrix, atol=1e-9)
    assert (first.frame["n"] == 200).all()


def test_clusters_widen_the_interval(visits):
    data = pd.concat([visits[Q[:2]].dropna().head(100)] * 4, ignore_index=True)
    data["branch"] = np.tile(np.arange(100), 4)
    alone, clustered = (
        stats.polychoric(data, Q[:2]).frame,
        stats.polychoric(stats.Design(data, cluster="branch"), Q[:2]).frame,
    )
    assert clustered["std_error"].item() == pytest.approx(2 * alone["std_error"].item(), rel=0.02)
    assert clustered["df"].item() == 99


def test_replicates_give_nearly_the_linearised_error(visits):
    data = visits[Q[:2]].dropna().head(150)
    design = stats.Design(data)
    linear = stats.polychoric(design, Q[:2]).frame
    jackknife = stats.polychoric(design.replicates("jk1"), Q[:2]).frame
    assert jackknife["std_error"].item() == pytest.approx(linear["std_error"].item(), rel=0.03)


def test_a_subpopulation_is_a_part(visits):
    data = visits.dropna(subset=Q[:2])
    rows = (data["channel"] == "app").to_numpy()
    part = stats.polychoric(stats.Design(data).subpopulation(rows), Q[:2])
    alone = stats.polychoric(data[rows], Q[:2])
    np.testing.assert_allclose(part.matrix, alone.matrix, atol=1e-12)


def test_ordered_categories_are_read_in_their_order(visits):
    words = ["awful", "poor", "fair", "good", "great"]
    typed = visits[Q[:2]].apply(
        lambda column: pd.Categorical.from_codes(column.fillna(0).astype(int) - 1, words, ordered=True)
    )
    same = stats.polychoric(typed)
    np.testing.assert_allclose(same.matrix, stats.polychoric(visits, Q[:2]).matrix, atol=1e-12)
    assert same.thresholds["category"].tolist()[:4] == words[:4]


def test_categories_nobody_chose_are_left_out_and_said():
    data = pair([[20, 5], [6, 14]])
    typed = data.assign(a=pd.Categorical.from_codes(2 * data["a"], ["low", "middle", "high"], ordered=True))
    found = stats.polychoric(typed)
    assert found.notes == (UNUSED,)
    assert found.matrix.iloc[0, 1] == pytest.approx(stats.polychoric(data).matrix.iloc[0, 1], rel=1e-12)
    assert found.thresholds["category"].tolist() == ["low", "0"]


def test_words_without_order_are_refused():
    with pytest.raises(InvalidInput, match=r'"a" holds .* no number'):
        stats.polychoric(pd.DataFrame({"a": ["x", "y"], "b": [1, 2]}))


def test_perfect_association_has_no_interval():
    found = stats.polychoric(pair([[5, 0, 0], [0, 6, 0], [0, 0, 7]]))
    row = found.frame.iloc[0]
    assert (row["estimate"], row["note"]) == (1, PERFECT)
    assert np.isnan([row["std_error"], row["low"], row["high"]]).all()
    assert found.notes == (PERFECT, SMOOTHED)


def test_an_item_everybody_answers_alike_tells_nothing():
    found = stats.polychoric(pair([[5, 6, 7]]).assign(c=[0, 1] * 9))
    row = found.frame.iloc[0]
    assert np.isnan(row["estimate"])
    assert row["note"] == ALIKE
    assert not np.isnan(found.frame["estimate"].iloc[2])
    assert "a" not in found.thresholds["item"].tolist()


def test_nobody_answered_both():
    data = pd.DataFrame({"a": [1.0, 2, np.nan, np.nan], "b": [np.nan, np.nan, 1.0, 2]})
    assert stats.polychoric(data).frame["note"].item() == Note.NO_ANSWERS


def test_pairwise_answers_use_who_has_both(visits):
    complete, pairwise = stats.polychoric(visits, Q), stats.polychoric(visits, Q, missing="pairwise")
    assert (pairwise.frame["n"] > complete.frame["n"]).all()
    row = visits[["q1", "q2"]].dropna()
    assert pairwise.frame["n"].iloc[0] == len(row)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"items": ["a"]}, "at least 2 items"),
        ({"items": ["a", "a"]}, "named twice"),
        ({"method": "gls"}, "two_step, ml"),
        ({"method": "ml", "weights": "b", "items": ["a", "c"]}, "takes no weights"),
        ({"missing": "mean"}, "pairwise"),
    ],
)
def test_what_cannot_be_done_is_named(options, why):
    data = pair([[5, 3], [2, 6]]).assign(c=[1, 2] * 8, b=1.0)
    with pytest.raises(InvalidInput, match=why):
        stats.polychoric(data, **options)


def test_a_measurement_is_no_category(visits):
    with pytest.raises(InvalidInput, match=r'"wait_minutes" has .* different answers'):
        stats.polychoric(visits, ["q1", "wait_minutes"])


def test_polyserial_correlations_are_those_of_polycor(visits):
    data = visits.dropna(subset=Q)
    rows = stats.polyserial(data.assign(rest=data[Q[1:]].sum(axis=1)), "rest", ["q1", "q2"])
    assert rows["estimate"].iloc[0] == pytest.approx(R["polyserial_two_step"], rel=1e-10)
    assert rows["term"].tolist() == ["q1", "q2"]
    assert ((rows["low"] < rows["estimate"]) & (rows["estimate"] < rows["high"])).all()


def test_the_error_of_a_polyserial_correlation_is_the_jackknifes(visits):
    data = visits[["q1", "wait_minutes"]].dropna().head(120)
    design = stats.Design(data)
    linear, jackknife = (stats.polyserial(one, "wait_minutes", "q1") for one in (design, design.replicates("jk1")))
    assert linear["std_error"].item() == pytest.approx(jackknife["std_error"].item(), rel=0.1)


def test_a_polyserial_correlation_beyond_one_is_cut_and_said():
    row = stats.polyserial(pd.DataFrame({"x": [1.0, 2, 3, 4], "a": [0, 0, 1, 1]}), "x", "a").iloc[0]
    assert (row["estimate"], row["note"]) == (1, BEYOND)
    assert np.isnan(row["low"])


@pytest.mark.parametrize(
    ("data", "note"),
    [
        ({"x": [1.0, 1, 1], "a": [0, 1, 1]}, NUMBERS_ALIKE),
        ({"x": [1.0, 2, 3], "a": [1, 1, 1]}, NUMBERS_ALIKE),
        ({"x": [np.nan, 2], "a": [1.0, np.nan]}, Note.NO_ANSWERS),
    ],
)
def test_a_polyserial_correlation_that_cannot_be_told(data, note):
    row = stats.polyserial(pd.DataFrame(data), "x", "a").iloc[0]
    assert np.isnan(row["estimate"])
    assert row["note"] == note


def test_a_number_beyond_measure_is_named():
    with pytest.raises(InvalidInput, match='"x" holds a number beyond 1e100'):
        stats.polyserial(pd.DataFrame({"x": [1e200, 1.0, 2], "a": [0, 1, 1]}), "x", "a")


def test_a_column_is_not_both_number_and_item():
    with pytest.raises(InvalidInput, match='"a" is both'):
        stats.polyserial(pd.DataFrame({"a": [1, 2], "b": [1, 2]}), "a", ["b", "a"])


@pytest.mark.reference
def test_published_items_have_the_correlations_of_lavaan(published):
    values, data = published
    expected = values("poly_tetra_bfi_ability")
    personality = stats.polychoric(data("bfi"), [f"A{i}" for i in range(1, 6)])
    np.testing.assert_allclose(personality.matrix, expected["lavcor_2step"][".matrix"], atol=1e-6)
    ability = data("ability")[expected["lav_tetra"][".rownames"]]
    np.testing.assert_allclose(stats.tetrachoric(ability).matrix, expected["lav_tetra"][".matrix"], atol=1e-6)
    frame = data("bfi")[[f"A{i}" for i in range(1, 6)]].dropna()
    row = stats.polyserial(frame.assign(rest=frame.iloc[:, 1:].sum(axis=1)), "rest", "A1").iloc[0]
    assert row["estimate"] == pytest.approx(expected["polyserial"], rel=1e-10)
