"""Where a candidate stands after some answers: EAP, MAP, ML and Warm's weighted likelihood, many candidates at once.

EAP takes moments of the posterior on the grid. The others are zeros of an estimating function, found between the grid
points beside its highest value; maxima at an end of the range (all right, all wrong) are that end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.adaptive.bank import Curves, at
from svclib.stats.arrays import Floats, Ints

METHODS = ("eap", "map", "ml", "wle")
_FLOOR = 1e-300
_STEPS = 60
_CLOSE = 1e-9


@dataclass(frozen=True)
class Scorer:
    """How abilities are estimated: a method and a normal prior."""

    method: str
    mean: float = 0.0
    sd: float = 1.0


def posterior(curves: Curves, loglik: Floats) -> Floats:
    """Posterior weights on the grid, N × Q, each row summing to 1."""
    raw = np.exp(loglik - loglik.max(axis=1, keepdims=True)) * curves.prior
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def estimate(curves: Curves, scorer: Scorer, loglik: Floats, items: Ints, scores: Ints) -> tuple[Floats, Floats]:
    """Give abilities and their standard errors.

    Parameters
    ----------
    curves : Curves
    scorer : Scorer
    loglik : array, N × Q
        Log likelihood of the answers at the grid.
    items, scores : array of int, N × t
        The answers themselves.

    Notes
    -----
    The error of EAP is the posterior's standard deviation, of MAP 1 / √(I + 1/σ²), of ML and WLE 1 / √I.
    """
    if scorer.method == "eap" or not items.shape[1]:
        weights = posterior(curves, loglik)
        mean = np.einsum("nq,q->n", weights, curves.grid)  # no BLAS: the same digits for one and for a thousand
        spread = np.einsum("nq,nq->n", weights, (curves.grid - mean[:, None]) ** 2)
        return mean, np.sqrt(spread)
    theta = _zero(curves, scorer, _height(curves, scorer, loglik, items), items, scores)
    return theta, _error(curves, scorer, theta, items)


def _height(curves: Curves, scorer: Scorer, loglik: Floats, items: Ints) -> Floats:
    """What the method maximises, at the grid (for WLE nearly: exactly with two parameters)."""
    if scorer.method == "map":
        return loglik - 0.5 * ((curves.grid - scorer.mean) / scorer.sd) ** 2
    if scorer.method == "wle":
        return np.asarray(loglik + 0.5 * np.log(np.maximum(curves.information[items].sum(axis=1), _FLOOR)))
    return loglik


def _error(curves: Curves, scorer: Scorer, theta: Floats, items: Ints) -> Floats:
    p, slope, _curvature = at(curves.parameters, items, np.broadcast_to(theta[:, None], items.shape))
    total = (slope**2 / np.maximum(p, _FLOOR)).sum(axis=(1, 2))
    if scorer.method == "map":
        total = total + scorer.sd**-2
    return np.asarray(1 / np.sqrt(np.maximum(total, _FLOOR)))


def _function(curves: Curves, scorer: Scorer, theta: Floats, items: Ints, scores: Ints) -> Floats:
    """Estimating function: derivative of the log likelihood, of the prior, or with Warm's J / 2I."""
    p, slope, curvature = at(curves.parameters, items, np.broadcast_to(theta[:, None], items.shape))
    p = np.maximum(p, _FLOOR)
    ratio = slope / p
    value = np.take_along_axis(ratio, scores[:, :, None], axis=2)[:, :, 0].sum(axis=1)
    if scorer.method == "map":
        value = value - (theta - scorer.mean) / scorer.sd**2
    if scorer.method == "wle":
        bias = (ratio * curvature).sum(axis=(1, 2))
        value = value + bias / (2 * np.maximum((ratio * slope).sum(axis=(1, 2)), _FLOOR))
    return np.asarray(value)


def _zero(curves: Curves, scorer: Scorer, height: Floats, items: Ints, scores: Ints) -> Floats:
    """Illinois' false position between the neighbours of the highest grid point; it keeps the zero bracketed."""
    best, last = height.argmax(axis=1), len(curves.grid) - 1
    low, high = curves.grid[np.maximum(best - 1, 0)], curves.grid[np.minimum(best + 1, last)]
    at_low = _function(curves, scorer, low, items, scores)
    at_high = _function(curves, scorer, high, items, scores)
    theta = np.where(at_low <= 0, low, np.where(at_high >= 0, high, np.nan))
    open_ = np.flatnonzero(np.isnan(theta))
    low, high, at_low, at_high = low[open_], high[open_], at_low[open_], at_high[open_]
    side = np.zeros(len(open_))
    for _step in range(_STEPS):
        if not len(open_):
            break
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        value = _function(curves, scorer, middle, items[open_], scores[open_])
        right = value > 0
        at_high = np.where(right & (side > 0), at_high / 2, at_high)
        at_low = np.where(~right & (side < 0), at_low / 2, at_low)
        moved = np.where(right, middle - low, high - middle)
        low, at_low = np.where(right, middle, low), np.where(right, value, at_low)
        high, at_high = np.where(right, high, middle), np.where(right, at_high, value)
        side = np.where(right, 1.0, -1.0)
        theta[open_] = middle
        going = (np.abs(value) > _CLOSE) & (high - low > _CLOSE) & (moved > 0)
        open_, low, high, at_low, at_high, side = (part[going] for part in (open_, low, high, at_low, at_high, side))
    return theta
