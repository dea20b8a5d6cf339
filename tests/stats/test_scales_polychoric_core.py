import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from svclib.stats.scales.polychoric import INFINITE, polychoric_core

R = json.loads((Path(__file__).parent / "reference" / "polychoric.json").read_text(encoding="utf-8"))["values"]


def answers(counts):
    """Rows of two items with the given table."""
    table = np.array(counts)
    row, column = np.indices(table.shape)
    return np.column_stack([np.repeat(row.ravel(), table.ravel()), np.repeat(column.ravel(), table.ravel())])


def one(counts, **options):
    return polychoric_core(answers(counts), np.array(np.shape(counts)), **options)[1][0, 1]


def test_thresholds_and_correlations_are_those_of_lavaan(table):
    codes = table("visits")[[f"q{i}" for i in range(1, 7)]].dropna().to_numpy(int) - 1
    thresholds, matrix = polychoric_core(codes, np.full(6, 5))
    np.testing.assert_allclose(matrix, R["lavcor_two_step"][".matrix"], atol=1e-6)
    np.testing.assert_allclose(thresholds, R["psych_tau"][".matrix"], rtol=1e-10)


def test_tetrachoric_correlations_are_those_of_lavaan(exam):
    codes = exam.iloc[:, :6].to_numpy(int)
    np.testing.assert_allclose(polychoric_core(codes, np.full(6, 2))[1], R["tetrachoric_lavaan"][".matrix"], atol=1e-6)


def test_a_table_of_quarters_gives_the_sine():
    """With medians as thresholds, ρ = sin(2π (p − 1/4)) (Sheppard 1899)."""
    assert one([[40, 10], [10, 40]]) == pytest.approx(np.sin(2 * np.pi * (0.4 - 0.25)), rel=1e-10)


def test_items_may_have_different_numbers_of_categories():
    narrow = one([[20, 10], [12, 12], [5, 25]])
    wide = polychoric_core(np.column_stack([answers([[20, 10], [12, 12], [5, 25]]), [0, 1, 2, 3] * 21]), [3, 2, 4])
    assert wide[1][0, 1] == pytest.approx(narrow, rel=1e-12)
    assert [len(cut) for cut in wide[0]] == [2, 1, 3]


def test_a_category_nobody_chose_changes_nothing():
    with_gap = one([[20, 0, 10], [12, 0, 12], [5, 0, 25]])
    assert with_gap == pytest.approx(one([[20, 10], [12, 12], [5, 25]]), rel=1e-10)


def test_an_item_nobody_answers_low_has_an_infinite_threshold():
    thresholds, _matrix = polychoric_core(answers([[0, 0], [5, 5], [6, 4]]), np.array([3, 2]))
    assert thresholds[0][0] == -INFINITE


@pytest.mark.parametrize(
    ("counts", "rho"),
    [
        ([[5, 0], [0, 5]], 1),
        ([[0, 0, 4], [0, 5, 0], [7, 0, 0]], -1),
        ([[5, 0, 0], [0, 0, 0], [0, 0, 6]], 1),
        ([[5, 2, 0], [0, 3, 4], [0, 0, 6]], 1),
    ],
)
def test_answers_without_exception_are_a_perfect_association(counts, rho):
    assert one(counts) == rho


def test_an_item_everybody_answers_alike_tells_nothing():
    assert np.isnan(one([[5, 2], [0, 0]]))


def test_without_rows_nothing_is_told():
    _thresholds, matrix = polychoric_core(np.zeros((0, 2), int), np.array([3, 3]))
    assert np.isnan(matrix[0, 1])


def test_the_empty_cell_of_two_by_two_is_filled_at_fixed_margins():
    assert one([[5, 0], [3, 5]]) == pytest.approx(one([[9, 1], [7, 9]]), rel=1e-10)
    assert one([[5, 0], [3, 5]], correction=0) == 1


def test_pairs_use_the_rows_that_have_both():
    whole = answers([[20, 10, 3], [12, 12, 6], [5, 25, 9]])
    holed = np.vstack([whole, [[-1, -1]] * 7])
    np.testing.assert_allclose(polychoric_core(holed, [3, 3])[1], polychoric_core(whole, [3, 3])[1], rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_weights_that_count_rows_are_rows(seed):
    random = np.random.default_rng(seed)
    codes, times = random.integers(0, 3, (60, 3)), random.integers(1, 4, 60)
    weighted = polychoric_core(codes, np.full(3, 3), weights=times.astype(float))
    repeated = polychoric_core(np.repeat(codes, times, axis=0), np.full(3, 3))
    np.testing.assert_allclose(weighted[1], repeated[1], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(weighted[0], repeated[0], rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_a_reversed_item_reverses_the_sign(seed):
    random = np.random.default_rng(seed)
    codes = random.integers(0, 4, (80, 3))
    turned = codes.copy()
    turned[:, 0] = 3 - turned[:, 0]
    first, second = polychoric_core(codes, np.full(3, 4))[1], polychoric_core(turned, np.full(3, 4))[1]
    np.testing.assert_allclose(second[0, 1:], -first[0, 1:], atol=1e-9)


def test_thresholds_are_the_quantiles_of_the_shares():
    thresholds, _matrix = polychoric_core(answers([[2, 3], [1, 4]]), np.array([2, 2]))
    assert thresholds[0] == pytest.approx(ndtri([0.5]), abs=1e-15)
    assert thresholds[1] == pytest.approx(ndtri([0.3]), rel=1e-12)
