import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from svclib.stats.scales.binormal import cdf, density, density_slope, slope_in_limit

RHO = np.array([-1, -0.999999, -0.99, -0.93, -0.9, -0.3, 0, 0.3, 0.9, 0.93, 0.99, 0.999999, 1])


def test_a_quadrant_has_the_probability_of_sheppard():
    np.testing.assert_allclose(cdf(0.0, 0.0, RHO), 0.25 + np.arcsin(RHO) / (2 * np.pi), atol=1e-15)


def test_without_correlation_probabilities_multiply():
    h, k = np.linspace(-3, 3, 7)[:, None], np.linspace(-2, 4, 7)
    np.testing.assert_allclose(cdf(h, k, 0.0), ndtr(h) * ndtr(k), rtol=1e-14)


@pytest.mark.parametrize("rho", RHO[2:-2])
@pytest.mark.parametrize(("h", "k"), [(-2.5, -1.0), (0.3, 0.31), (1.0, -1.2), (2.2, 0.4)])
def test_the_integral_over_the_first_variable_agrees(h, k, rho):
    rest = np.sqrt(1 - rho * rho)
    steps = [k / rho] if rho and -9 < k / rho < h else None
    found, _error = quad(
        lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * ndtr((k - rho * x) / rest), -9, h, points=steps, limit=500
    )
    assert float(cdf(h, k, rho)) == pytest.approx(found, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-0.9999, 0.9999))
def test_what_is_not_below_is_above(h, k, rho):
    """P(X ≤ h, Y ≤ k) + P(X ≤ h, −Y ≤ −k) = P(X ≤ h)."""
    assert float(cdf(h, k, rho) + cdf(h, -k, -rho)) == pytest.approx(float(ndtr(h)), abs=1e-14)
    assert float(cdf(h, k, rho)) == pytest.approx(float(cdf(k, h, rho)), abs=1e-14)


@pytest.mark.parametrize("rho", [-0.94, -0.4, 0.2, 0.94])
def test_slopes_are_the_differences_of_the_probability(rho):
    h, k, step = 0.4, -0.7, 1e-6

    def at(h, k, rho):
        return float(cdf(h, k, rho))

    assert (at(h, k, rho + step) - at(h, k, rho - step)) / (2 * step) == pytest.approx(density(h, k, rho), rel=1e-6)
    assert (at(h + step, k, rho) - at(h - step, k, rho)) / (2 * step) == pytest.approx(
        slope_in_limit(h, k, rho), rel=1e-6
    )
    bent = (density(h, k, rho + step) - density(h, k, rho - step)) / (2 * step)
    assert bent == pytest.approx(density_slope(h, k, rho), rel=1e-6)


def test_limits_out_of_reach_leave_the_other_variable():
    np.testing.assert_allclose(cdf(37.0, 0.5, RHO), ndtr(0.5), atol=1e-15)
    np.testing.assert_allclose(cdf(-37.0, 0.5, RHO), 0, atol=1e-15)
