import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from svclib.stats.quality import indices
from svclib.stats.quality.answers import Answers, read_answers
from svclib.stats.quality.honest import honest, normal_correlations
from svclib.stats.quality.robust import mcd

R = json.loads((Path(__file__).parent / "reference" / "response_quality.json").read_text(encoding="utf-8"))["values"]
ITEMS = [f"p{n:02}" for n in range(1, 23)]
SCALES = [np.arange(0, 4), np.arange(4, 9), np.arange(9, 13), np.arange(13, 17), np.arange(17, 22)]


@pytest.fixture(scope="module")
def perceptions(table):
    return table("servqual")[ITEMS].to_numpy(dtype=float)


def same(ours, theirs):
    told = np.array([np.nan if value is None or value == "NA" else value for value in theirs], dtype=float)
    np.testing.assert_allclose(ours, told, rtol=1e-10, atol=1e-12)


def test_runs_are_those_of_the_formulas_of_careless(perceptions):
    longest, average = indices.strings(perceptions[:40])
    same(longest, R["longstring"])
    same(average, R["average_string"])


def test_variability_is_the_standard_deviation_of_a_row(perceptions):
    same(indices.variability(perceptions[:40]), R["irv"])


def test_even_odd_is_the_stepped_up_correlation_of_the_halves(perceptions):
    same(indices.even_odd(perceptions[:40], SCALES), R["even_odd"])


def test_synonyms_are_the_pairs_above_the_critical_correlation(perceptions):
    first, second = indices.pairs(indices.correlations(perceptions), 0.6)
    assert len(first) == R["n_synonyms"]
    same(indices.pair_consistency(perceptions[:40], first, second), R["synonyms"])


def test_distances_are_those_of_psych(perceptions):
    part = perceptions[:40, :8]
    same(indices.distances(part, *indices.moments(part)), R["outlier"])


def test_a_missing_answer_does_not_end_a_run():
    longest, _average = indices.strings(np.array([[3, np.nan, 3, 3, 1]]))
    assert longest.tolist() == [3]


def test_a_distance_over_missing_items_is_that_of_the_answered_ones(perceptions):
    centre, covariance = indices.moments(perceptions[:, :5])
    holed = perceptions[:3, :5].copy()
    holed[:, 3] = np.nan
    kept = [0, 1, 2, 4]
    alone = indices.distances(perceptions[:3, :5][:, kept], centre[kept], covariance[np.ix_(kept, kept)])
    np.testing.assert_allclose(indices.distances(holed, centre, covariance), alone, rtol=1e-12)


def test_person_total_leaves_the_person_out():
    values = np.array([[1.0, 2, 5], [2, 3, 3], [1, 4, 4], [5, 1, 1]])
    others = np.delete(values, 3, axis=0).mean(axis=0)
    assert indices.person_total(values)[3] == pytest.approx(np.corrcoef(values[3], others)[0, 1])


def test_correlations_of_pairs_are_those_of_pandas(perceptions):
    import pandas as pd

    holed = perceptions.copy()
    holed[np.random.default_rng(1).random(holed.shape) < 0.1] = np.nan
    np.testing.assert_allclose(indices.correlations(holed), pd.DataFrame(holed).corr().to_numpy(), rtol=1e-10)


def test_equal_answers_have_no_correlation_and_exactly_no_spread():
    row = np.full((1, 6), 0.1)
    assert indices.variability(row).tolist() == [0.0]
    assert np.isnan(indices.person_total(np.vstack([row, [[1, 2, 3, 1, 2, 3]]])))[0]


@settings(max_examples=40, deadline=None)
@given(arrays(float, (6, 5), elements=st.integers(1, 5).map(float)), st.permutations(range(5)))
def test_variability_and_distance_know_no_order_of_items(values, order):
    order = list(order)
    np.testing.assert_allclose(indices.variability(values[:, order]), indices.variability(values), atol=1e-12)
    centre, covariance = values.mean(axis=0), np.eye(5) + 0.3
    moved = indices.distances(values[:, order], centre[order], covariance[np.ix_(order, order)])
    np.testing.assert_allclose(moved, indices.distances(values, centre, covariance), rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(arrays(float, (5, 6), elements=st.integers(1, 5).map(float)))
def test_runs_are_as_long_on_another_scale(values):
    np.testing.assert_array_equal(indices.strings(values)[0], indices.strings(10 - 2 * values)[0])


def test_the_determinant_is_as_small_as_any_that_r_finds(perceptions):
    part = perceptions[:, :4]
    centre, _covariance = mcd(part, seed=1)
    best = part[np.array(R["mcd"]["best"]) - 1]
    theirs = np.linalg.slogdet(np.cov(best.T))[1]
    assert theirs == pytest.approx(R["mcd"]["crit"], rel=1e-10)
    assert centre == pytest.approx(part.mean(axis=0), abs=0.3)
    from svclib.stats.quality import robust

    size = robust._subset_size(len(part), 4, 0.75)
    found = [robust._concentrate(part, start, size) for start in robust._starts(part, 0.75, np.random.default_rng(1))]
    assert size == len(best)
    assert min(score for _rows, score in found) <= theirs + 1e-9


def test_robust_moments_are_not_moved_by_a_fifth_of_strange_rows():
    generator = np.random.default_rng(3)
    good = generator.normal(size=(400, 3))
    bad = 8 + 0.1 * generator.normal(size=(80, 3))
    centre, covariance = mcd(np.vstack([good, bad]), seed=1)
    assert np.abs(centre).max() < 0.2
    assert np.abs(covariance - np.eye(3)).max() < 0.35


def test_robust_moments_of_normal_rows_are_consistent():
    values = np.random.default_rng(5).normal(size=(5000, 3))
    _centre, covariance = mcd(values, seed=1)
    assert np.diag(covariance) == pytest.approx(np.ones(3), abs=0.1)


def test_answers_on_a_plane_have_no_robust_distance():
    assert mcd(np.column_stack([np.arange(50.0), 2 * np.arange(50.0)]), seed=1) is None


def test_honest_respondents_have_the_margins_and_correlations_of_the_data(perceptions):
    answers = Answers(tuple(ITEMS), perceptions, None)
    drawn = honest(answers).draw(60_000, np.random.default_rng(1))
    apart = indices.correlations(drawn) - indices.correlations(perceptions)
    assert np.abs(apart).max() < 0.02
    for ours, theirs in zip(drawn.T, perceptions.T, strict=True):
        assert np.mean(ours == 7) == pytest.approx(np.mean(theirs == 7), abs=0.01)


def test_two_halves_of_a_normal_variable_correlate_by_sheppards_formula():
    cuts = (np.array([0.0]), np.array([0.0]))
    found = normal_correlations(np.array([[1.0, 0.5], [0.5, 1.0]]), (np.array([0.0, 1.0]),) * 2, cuts)
    # Sheppard (1899): a median split correlates 2/π arcsin ρ
    assert 2 / np.pi * np.arcsin(found[0, 1]) == pytest.approx(0.5, abs=1e-4)


def test_reading_keeps_the_order_of_the_items(table):
    frame = table("servqual")
    assert read_answers(frame, ["p03", "p01"]).values[0].tolist() == frame.loc[0, ["p03", "p01"]].tolist()
