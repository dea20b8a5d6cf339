import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from svclib.errors import InvalidInput
from svclib.stats.scales import rotation as room
from svclib.stats.scales.rotation import check_rotation, rotate

TOPICS = json.loads((Path(__file__).parent / "reference" / "scales.json").read_text(encoding="utf-8"))["topics"]
R, PSYCH = TOPICS["rotations"]["values"], TOPICS["factors"]["values"]
START = np.array(R["start"][".matrix"])


def aligned(found, expected):
    """Put the factors in the order and direction of the expected ones."""
    likeness = found.loadings.T @ expected
    row, column = linear_sum_assignment(-np.abs(likeness))
    order = row[np.argsort(column)]
    sign = np.sign(likeness[order, np.arange(len(order))])
    return found.loadings[:, order] * sign, found.phi[np.ix_(order, order)] * np.outer(sign, sign)


@pytest.mark.parametrize("rotation", ["varimax", "quartimax", "oblimin", "geomin"])
def test_rotations_are_those_of_r(rotation):
    expected = np.array(R[rotation][".matrix"])
    loadings, phi = aligned(rotate(START, rotation), expected)
    np.testing.assert_allclose(loadings, expected, atol=1e-6)
    if f"{rotation}_phi" in R:
        np.testing.assert_allclose(phi, R[f"{rotation}_phi"][".matrix"], atol=1e-6)


def test_promax_is_that_of_psych():
    expected = np.array(PSYCH["minres_promax"]["loadings"][".matrix"])
    loadings, phi = aligned(rotate(START, "promax"), expected)
    # psych's varimax stops at 1e-5
    np.testing.assert_allclose(loadings, expected, atol=1e-4)
    np.testing.assert_allclose(phi, PSYCH["minres_promax"]["Phi"][".matrix"], atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["varimax", "quartimax", "oblimin", "geomin", "promax"]))
def test_a_rotation_reproduces_the_same_correlations(seed, rotation):
    loadings = np.random.default_rng(seed).normal(size=(9, 3)) * 0.4
    found = rotate(loadings, rotation, starts=2)
    np.testing.assert_allclose(found.loadings @ found.phi @ found.loadings.T, loadings @ loadings.T, atol=1e-7)
    np.testing.assert_allclose(np.diag(found.phi), 1, atol=1e-10)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_where_the_axes_began_does_not_matter(seed):
    """Varimax of loadings turned at random is varimax of the loadings."""
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(5, 5)))[0]
    first, second = rotate(START, "varimax"), rotate(START @ turn, "varimax")
    np.testing.assert_allclose(np.abs(first.loadings), np.abs(second.loadings), atol=1e-5)


@pytest.mark.parametrize("name", ["varimax", "quartimax", "quartimin", "geomin"])
def test_slopes_are_those_of_differences(name):
    criterion, step = getattr(room, name), 1e-6
    _value, slope = criterion(START[None])
    for place in ((0, 0), (5, 2), (21, 4)):
        up, down = START.copy(), START.copy()
        up[place] += step
        down[place] -= step
        change = (criterion(up[None])[0] - criterion(down[None])[0])[0] / (2 * step)
        assert change == pytest.approx(slope[0][place], rel=1e-5, abs=1e-8)


def test_random_starts_find_a_lower_minimum():
    """Loadings without any simple structure have many minima."""
    loadings = np.random.default_rng(9).normal(size=(10, 3)) * 0.5
    one, many = rotate(loadings, "geomin", starts=1), rotate(loadings, "geomin", starts=12)
    assert many.value < one.value - 0.1
    assert many.value == rotate(loadings, "geomin", starts=12).value


def test_factors_come_in_the_order_of_their_variance_and_point_upwards():
    found = rotate(-START, "oblimin")
    sums = (found.loadings**2).sum(axis=0)
    assert (np.diff(sums) <= 0).all()
    assert (found.loadings.sum(axis=0) > 0).all()


def test_an_item_of_nothing_does_not_disturb_varimax():
    found = rotate(np.vstack([START, np.zeros(5)]), "varimax")
    np.testing.assert_allclose(found.loadings[-1], 0)
    np.testing.assert_allclose(np.abs(found.loadings[:-1]), np.abs(rotate(START, "varimax").loadings), atol=0.02)


def test_one_factor_is_left_as_it_is():
    found = rotate(-START[:, :1], "oblimin")
    np.testing.assert_allclose(found.loadings, START[:, :1] * np.sign(START[:, 0].sum()))


def test_an_unknown_rotation_is_named():
    with pytest.raises(InvalidInput, match=r'"equamax"; choose one of varimax'):
        check_rotation("equamax")
