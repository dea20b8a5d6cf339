"""True scores as a beta distribution of four parameters, and integrals over it.

Shapes: R samples (the data and its bootstrap draws) at once, Q points of true score each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import betaln

from svclib.stats.arrays import Bools, Floats, ratio

Model = Literal["4p", "2p"]
_STEP, _REACH = 0.07, 4.62
_ROUND = 1e-6


@dataclass(frozen=True, eq=False)
class Truth:
    """Beta distributions of the true share, each array of shape (R,).

    Attributes
    ----------
    alpha, beta : array
        NaN where the moments belong to no beta distribution.
    low, high : array
        Ends of the true shares: 0 and 1 with two parameters.
    four : array of bool
        Where all four parameters could be fitted.
    """

    alpha: Floats
    beta: Floats
    low: Floats
    high: Floats
    four: Bools


def fit_truth(moments: Floats, model: Model = "4p") -> Truth:
    """Fit by the first four moments about zero of the true share, shape (R, 4) (Lord 1965, Hanson 1991).

    Where four parameters lead outside 0–1 or nowhere, the first two moments give two parameters.

    >>> truth = fit_truth(np.array([[0.5, 0.3, 0.2, 1 / 7]]))
    >>> bool(truth.four[0]), float(truth.alpha[0].round(6)), float(truth.beta[0].round(6))
    (True, 2.0, 2.0)
    """
    mean, variance = moments[:, 0], moments[:, 1] - moments[:, 0] ** 2
    two = _two(mean, variance)
    nothing = np.zeros(len(mean), dtype=bool)
    if model == "2p":
        return Truth(*two, np.zeros(len(mean)), np.ones(len(mean)), nothing)
    alpha, beta, low, high = _four(moments, mean, variance)
    with np.errstate(invalid="ignore"):
        good = (alpha > 0) & (beta > 0) & (low >= -_ROUND) & (high <= 1 + _ROUND) & (low < high)
    four = (np.where(good, alpha, two[0]), np.where(good, beta, two[1]))
    return Truth(*four, np.where(good, np.maximum(low, 0), 0.0), np.where(good, np.minimum(high, 1), 1.0), good)


def _two(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    size = ratio(mean * (1 - mean), variance) - 1
    good = (variance > 1e-12) & (size > 0)
    return np.where(good, mean * size, np.nan), np.where(good, (1 - mean) * size, np.nan)


def _four(moments: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    m3 = moments[:, 2] - 3 * mean * moments[:, 1] + 2 * mean**3
    m4 = moments[:, 3] - 4 * mean * moments[:, 2] + 6 * mean**2 * moments[:, 1] - 3 * mean**4
    spread = np.where(variance > 1e-12, variance, np.nan)
    skew, peak = m3 / spread**1.5, m4 / spread**2
    total = ratio(6 * (peak - skew**2 - 1), 6 + 3 * skew**2 - 2 * peak)
    inner = 1 - ratio(24 * (total + 1), (total + 2) * (total + 3) * peak - 3 * (total - 6) * (total + 1))
    root = np.sqrt(np.where(inner >= -_ROUND, np.maximum(inner, 0), np.nan))
    small, large = total / 2 * (1 - root), total / 2 * (1 + root)
    alpha, beta = np.where(skew > 0, small, large), np.where(skew > 0, large, small)
    product = np.where(alpha * beta > 0, alpha * beta, np.nan)
    width = np.sqrt(spread * np.where(total > -1, total + 1, np.nan) / product)
    return alpha, beta, mean - alpha * width, mean + beta * width


@dataclass(frozen=True, eq=False)
class Points:
    """Points of integration over the true shares.

    Attributes
    ----------
    share, weight : array, shape (R, Q)
        Weights are those of the distribution; they sum to 1.
    piece : array, shape (Q,)
        How many of the borders lie below a point.
    """

    share: Floats
    weight: Floats
    piece: Floats


def points(truth: Truth, borders: Floats) -> Points:
    """Give points of each piece between the ends and the `borders` (true pass marks, shares).

    Doubly exponential points crowd at the ends of a piece, where the density may be infinite and where a test of many
    items turns from fail to pass; the error is below 1e-9 for alpha and beta of 0.2 and more.
    """
    unit, rest, log_weight = _doubly_exponential()
    width = truth.high - truth.low
    inner = np.clip((np.asarray(borders)[:, None] - truth.low) / width, 0, 1)
    ends = np.concatenate([np.zeros((1, len(width))), inner, np.ones((1, len(width)))])
    parts = [_piece(truth, ends[at], ends[at + 1], (unit, rest, log_weight)) for at in range(len(ends) - 1)]
    share, weight = (np.concatenate(columns, axis=1) for columns in zip(*parts, strict=True))
    piece = np.repeat(np.arange(float(len(parts))), len(unit))
    return Points(truth.low[:, None] + width[:, None] * share, weight, piece)


def _piece(truth: Truth, start: Floats, end: Floats, nodes: tuple[Floats, Floats, Floats]) -> tuple[Floats, Floats]:
    unit, rest, log_weight = nodes
    size = (end - start)[:, None]
    below, above = start[:, None] + size * unit, (1 - end)[:, None] + size * rest
    a, b = truth.alpha[:, None], truth.beta[:, None]
    tiny = np.finfo(float).tiny
    with np.errstate(invalid="ignore"):
        log = (a - 1) * np.log(np.maximum(below, tiny)) + (b - 1) * np.log(np.maximum(above, tiny))
        weight = size * np.exp(log + log_weight - betaln(a, b))
    return below, weight


def _doubly_exponential() -> tuple[Floats, Floats, Floats]:
    """Points of (0, 1), their distances to 1, and the logarithms of their weights."""
    t = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    inner = np.pi / 2 * np.sinh(t)
    log_unit, log_rest = -np.logaddexp(0, -2 * inner), -np.logaddexp(0, 2 * inner)
    log_weight = np.log(_STEP * np.pi * np.cosh(t)) + log_unit + log_rest
    return np.exp(log_unit), np.exp(log_rest), log_weight
