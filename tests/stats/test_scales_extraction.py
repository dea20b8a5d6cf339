import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib.stats.scales import extraction as room
from svclib.stats.scales.extraction import LEAST_UNIQUENESS, extract

TOPICS = json.loads((Path(__file__).parent / "reference" / "scales.json").read_text(encoding="utf-8"))["topics"]
R = TOPICS["factors"]["values"]
P = [f"p{i:02d}" for i in range(1, 23)]


@pytest.fixture(scope="module")
def matrix(table):
    return np.corrcoef(table("servqual")[P].to_numpy().T)


def random_matrix(seed, items=8, factors=2, n=100):
    random = np.random.default_rng(seed)
    answers = random.normal(size=(n, factors)) @ random.normal(size=(factors, items)) + random.normal(size=(n, items))
    return np.corrcoef(answers.T)


def test_uniquenesses_of_maximum_likelihood_are_those_of_factanal(matrix):
    found = extract(matrix[None], 5, "ml").uniqueness[0]
    np.testing.assert_allclose(found, list(R["factanal_uniqueness"].values()), rtol=1e-6)


def test_the_minimum_lies_no_higher_than_that_of_psych(matrix):
    theirs = np.array(list(R["minres_none"]["uniqueness"].values()))
    found = extract(matrix[None], 5)
    assert found.objective[0] <= room._minres(matrix[None], theirs[None], 5).value[0]
    np.testing.assert_allclose(found.uniqueness[0], theirs, atol=1e-4)


@pytest.mark.parametrize("method", ["minres", "ml"])
def test_exact_factors_are_found_again(method):
    loadings = np.array([[0.8, 0], [0.7, 0.1], [0.6, 0], [0, 0.7], [0.1, 0.6], [0, 0.5], [0.4, 0.4]])
    matrix = loadings @ loadings.T
    np.fill_diagonal(matrix, 1)
    found = extract(matrix[None], 2, method)
    np.testing.assert_allclose(found.loadings[0] @ found.loadings[0].T, loadings @ loadings.T, atol=1e-8)
    assert found.objective[0] == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize(("point", "place"), [(room._minres, 0.5), (room._likelihood, np.log(0.5))])
def test_derivatives_are_those_of_differences(matrix, point, place):
    x = place + np.linspace(-0.2, 0.2, 22)[None]
    here, step = point(matrix[None], x, 3), 1e-6
    for item in (0, 7, 21):
        move = step * np.eye(22)[item]
        up, down = point(matrix[None], x + move, 3), point(matrix[None], x - move, 3)
        assert (up.value - down.value)[0] / (2 * step) == pytest.approx(here.gradient[0, item], rel=1e-5, abs=1e-8)
        np.testing.assert_allclose(
            (up.gradient - down.gradient)[0] / (2 * step), here.hessian[0, item], rtol=1e-5, atol=1e-7
        )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["minres", "ml"]))
def test_a_stack_gives_what_each_gives_alone(seed, method):
    stack = np.array([random_matrix(seed + one) for one in range(3)])
    together = extract(stack, 2, method)
    assert together.converged.all()
    for row in range(3):
        alone = extract(stack[row : row + 1], 2, method)
        np.testing.assert_allclose(together.objective[row], alone.objective[0], atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["minres", "ml"]))
def test_the_order_of_the_items_does_not_matter(seed, method):
    matrix = random_matrix(seed)
    order = np.random.default_rng(seed).permutation(8)
    first, second = extract(matrix[None], 2, method), extract(matrix[np.ix_(order, order)][None], 2, method)
    np.testing.assert_allclose(first.objective, second.objective, atol=1e-10)


def test_small_samples_reach_the_floor_and_converge():
    stack = np.array([random_matrix(seed, items=10, factors=4, n=25) for seed in range(30)])
    for method in ("minres", "ml"):
        found = extract(stack, 4, method)
        assert found.converged.all()
        assert (found.uniqueness >= LEAST_UNIQUENESS * (1 - 1e-12)).all()
        assert (found.uniqueness.min(axis=1) < LEAST_UNIQUENESS * 1.001).any()


def test_residuals_of_minres_have_no_diagonal(matrix):
    found = extract(matrix[None], 5)
    common = (found.loadings[0] ** 2).sum(axis=1)
    np.testing.assert_allclose(common + found.uniqueness[0], 1, atol=1e-8)


@pytest.mark.reference
def test_published_personality_items_have_the_uniquenesses_of_factanal(published):
    values, data = published
    names = [f"{letter}{number}" for letter in "ACENO" for number in range(1, 6)]
    matrix = np.corrcoef(data("bfi")[names].dropna().to_numpy(float).T)
    expected = values("psych_fa_bfi25")
    found = extract(matrix[None], 5, "ml").uniqueness[0]
    np.testing.assert_allclose(found, [expected["factanal_uniq"][name] for name in names], rtol=1e-6)
    theirs = np.array([expected["uniq"][name] for name in names])
    assert extract(matrix[None], 5).objective[0] <= room._minres(matrix[None], theirs[None], 5).value[0]
