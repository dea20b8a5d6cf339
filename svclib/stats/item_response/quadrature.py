"""Points of ability at which integrals over a normal distribution are taken."""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Floats

POINTS = 61
"""Fewer are too few for tests of 40 items and more: the posterior is narrower than the gaps."""
BOUND = 6.0


def grid(points: int = POINTS, bound: float = BOUND) -> Floats:
    """Equally spaced abilities from −`bound` to `bound`, shape (Q,)."""
    return np.linspace(-bound, bound, points)


def normal_weights(theta: Floats, mean: float = 0.0, sd: float = 1.0) -> Floats:
    """Weights of a normal distribution at `theta`, summing to 1.

    >>> normal_weights(grid(3, 1.0)).round(3).tolist()
    [0.274, 0.452, 0.274]
    """
    log = -0.5 * ((theta - mean) / sd) ** 2
    raw = np.exp(log - log.max())
    return np.asarray(raw / raw.sum())
