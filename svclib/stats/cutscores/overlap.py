"""Marks between two groups of scores, for many samples at once.

Shapes: U scores in rising order, R samples as counts of each score: unqualified and qualified, (R, U) each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from svclib.stats.arrays import Floats, ratio

_STEPS, _RIDGE = 40, 1e-6


@dataclass(frozen=True)
class Prices:
    """What wrong decisions cost, and how many are qualified.

    Attributes
    ----------
    false_pass, false_fail : float
    qualified : float, optional
        Share of the qualified among the candidates to come; without it that of the sample.
    """

    false_pass: float = 1.0
    false_fail: float = 1.0
    qualified: float | None = None

    def shares(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Shares of unqualified and qualified in each sample, (R,)."""
        n_low, n_high = low.sum(axis=1), high.sum(axis=1)
        own = ratio(n_high, n_low + n_high) if self.qualified is None else np.full(len(low), self.qualified)
        return 1 - own, own


def errors_at(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Shares of the unqualified who pass, the qualified who fail, (R, U + 1): at each score as mark, and above all."""
    zero = np.zeros((len(low), 1))
    below_low = np.concatenate([zero, np.cumsum(low, axis=1)], axis=1)
    below_high = np.concatenate([zero, np.cumsum(high, axis=1)], axis=1)
    return 1 - ratio(below_low, below_low[:, -1:]), ratio(below_high, below_high[:, -1:])


def equal_errors(scores: Floats, low: Floats, high: Floats) -> Floats:
    """Find the mark at which as large a share of the unqualified passes as of the qualified fails, (R,)."""
    passed, failed = errors_at(low, high)
    marks = np.append(scores, 2 * scores[-1] - scores[-2] if len(scores) > 1 else scores[-1] + 1)
    gap = passed - failed
    at = np.argmax(gap <= 0, axis=1)
    rows = np.arange(len(gap))
    before = np.maximum(at - 1, 0)
    part = ratio(gap[rows, before], gap[rows, before] - gap[rows, at])
    return np.asarray(marks[before] + np.nan_to_num(part) * (marks[at] - marks[before]))


def least_cost(scores: Floats, low: Floats, high: Floats, prices: Prices) -> Floats:
    """Find the mark of least cost, in the middle of those that cost the same, (R,)."""
    passed, failed = errors_at(low, high)
    share_low, share_high = (one[:, None] for one in prices.shares(low, high))
    cost = prices.false_pass * share_low * passed + prices.false_fail * share_high * failed
    best = cost <= cost.min(axis=1, keepdims=True) + 1e-12
    first = np.argmax(best, axis=1)
    last = best.shape[1] - 1 - np.argmax(best[:, ::-1], axis=1)
    marks = np.append(scores, scores[-1] + 1)
    lower = np.append(scores[:1], scores)  # any mark above the score below and up to the score itself decides alike
    return np.asarray((lower[first] + marks[last]) / 2)


def logistic(scores: Floats, low: Floats, high: Floats, prices: Prices) -> Floats:
    """Find the score at which passing and failing cost the same by a logistic regression of being qualified, (R,)."""
    centre, spread = scores.mean(), max(float(np.ptp(scores)), 1e-9)
    x = (scores - centre) / spread
    n, base, slope = low + high, np.zeros(len(low)), np.zeros(len(low))
    for _step in range(_STEPS):
        p = expit(base[:, None] + slope[:, None] * x)
        weight = n * p * (1 - p)
        left = high - n * p
        g0, g1 = left.sum(axis=1), (left * x).sum(axis=1) - _RIDGE * slope
        h00, h01, h11 = weight.sum(axis=1) + _RIDGE, (weight * x).sum(axis=1), (weight * x**2).sum(axis=1) + _RIDGE
        determinant = h00 * h11 - h01**2
        base += np.clip(ratio(h11 * g0 - h01 * g1, determinant), -5, 5)
        slope += np.clip(ratio(h00 * g1 - h01 * g0, determinant), -50, 50)
    share_low, share_high = prices.shares(low, high)
    seen = ratio(high.sum(axis=1), low.sum(axis=1))
    moved = np.log(ratio(share_high, share_low)) - np.log(seen)
    even = np.log(prices.false_pass / prices.false_fail)
    return np.asarray(centre + spread * ratio(even - base - moved, np.where(slope > 1e-9, slope, 0)))


def densities(scores: Floats, low: Floats, high: Floats, prices: Prices) -> Floats:
    """Find where the two normal densities, times shares and costs, cross between the means, (R,)."""
    (m0, v0), (m1, v1) = _moments(scores, low), _moments(scores, high)
    share_low, share_high = prices.shares(low, high)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(prices.false_fail * share_high / (prices.false_pass * share_low)) + 0.5 * np.log(v0 / v1)
        a, b = 0.5 / v0 - 0.5 / v1, m1 / v1 - m0 / v0
        c = 0.5 * m0**2 / v0 - 0.5 * m1**2 / v1 + odds
        root = np.sqrt(np.where(b**2 - 4 * a * c >= 0, b**2 - 4 * a * c, np.nan))
        stable = -2 * c / (b + np.copysign(root, b))
        other = -(b + np.copysign(root, b)) / (2 * a)
    inside = [np.where((one >= m0) & (one <= m1), one, np.nan) for one in (stable, other)]
    return np.asarray(np.where(np.isnan(inside[0]), inside[1], inside[0]))


def _moments(scores: Floats, counts: Floats) -> tuple[Floats, Floats]:
    n = counts.sum(axis=1)
    mean = ratio(counts @ scores, n)
    square = ratio(counts @ scores**2, n) - mean**2
    return mean, np.asarray(square * ratio(n, np.where(n > 1, n - 1, 0)))
