"""Chance of a right answer given the score on the other items, where nothing has been calibrated."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from svclib.stats.arrays import Bools, Floats

_STEPS = 25
_RIDGE = (0.02, 0.1, 0.5)
_CLOSE = 1e-8


def rest_curves(right: Floats) -> Floats:
    """Fit each item's logistic curve on the logit of the mean score on the other items, and give it, N × J.

    Shares of the marks count as so many right answers. A line and a parabola, lightly held, by Newton's method.

    >>> right = np.repeat([[1.0, 1, 1], [0, 0, 0], [1, 1, 0], [0, 0, 1]], 10, axis=0)
    >>> bool((rest_curves(right)[0, :2] > rest_curves(right)[10, :2]).all())
    True
    """
    there = ~np.isnan(right)
    filled = np.where(there, right, 0.0)
    earned = filled.sum(axis=1, keepdims=True) - filled
    met = there.sum(axis=1, keepdims=True) - there
    rest = np.log((earned + 0.5) / (met - earned + 0.5))
    out = np.empty(right.shape)
    for at in range(right.shape[1]):
        out[:, at] = _curve(rest[:, at], right[:, at], there[:, at])
    return out


def _curve(x: Floats, y: Floats, known: Bools) -> Floats:
    scale = max(float(x[known].std()), 1e-9) if known.any() else 1.0
    z = (x - (x[known].mean() if known.any() else 0.0)) / scale
    terms = np.column_stack([np.ones(len(z)), z, z**2 - 1])
    beta, used, seen = np.zeros(3), terms[known], y[known]
    for _step in range(_STEPS):
        p = expit(used @ beta)
        gradient = used.T @ (seen - p) - np.asarray(_RIDGE) * beta
        step = np.linalg.solve((used * (p * (1 - p))[:, None]).T @ used + np.diag(_RIDGE), gradient)
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < _CLOSE:
            break
    return np.asarray(expit(terms @ beta))
