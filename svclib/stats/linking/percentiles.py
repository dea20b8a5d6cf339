"""Percentile ranks of scores and the scores of percentile ranks, each score spread evenly over its step.

Kolen & Brennan (2014), section 2.5. Positions are in steps from the lowest score; shares have any leading axes.
"""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Bools, Floats, Ints

_TIE = 1e-12
"""Ranks nearer to a cumulative share lie on it but for rounding."""


def ranks(shares: Floats) -> Floats:
    """Percentile rank of each score, as a share: below it, and half of those on it."""
    return np.asarray(np.cumsum(shares, axis=-1) - shares / 2)


def rank_steps(size: int) -> Floats:
    """Differentiate `ranks` by the shares: size × size."""
    return np.asarray(np.tri(size, k=-1) + 0.5 * np.eye(size))


def ranks_at(position: Floats, shares: Floats) -> Floats:
    """Percentile rank at positions between the scores."""
    size = shares.shape[-1]
    whole = np.clip(np.floor(position + 0.5).astype(int), 0, size - 1)
    part = np.clip(position - (whole - 0.5), 0, 1)
    total = np.cumsum(shares, axis=-1)
    below = np.take_along_axis(total - shares, whole, axis=-1)
    return np.asarray(below + part * np.take_along_axis(shares, whole, axis=-1))


def _ends(rank: Floats, total: Floats) -> tuple[Ints, Ints]:
    """Lowest and highest score whose step holds the rank."""
    upper = (total[..., None, :] <= rank[..., :, None] + _TIE).sum(axis=-1)
    lower = (total[..., None, :] < rank[..., :, None] - _TIE).sum(axis=-1)
    return lower, upper


def scores_at(rank: Floats, shares: Floats) -> Floats:
    """Position of each percentile rank; in the middle of a gap that nobody scored in."""
    size = shares.shape[-1]
    total = np.cumsum(shares, axis=-1)
    lower, upper = _ends(rank, total)
    found = [_within(rank, np.minimum(end, size - 1), total, shares) for end in (lower, upper)]
    middle = (found[0] + found[1]) / 2
    return np.asarray(np.where(rank <= _TIE, -0.5, np.where(rank >= 1 - _TIE, size - 0.5, middle)))


def _within(rank: Floats, at: Ints, total: Floats, shares: Floats) -> Floats:
    here = np.take_along_axis(shares, at, axis=-1)
    below = np.take_along_axis(total, at, axis=-1) - here
    part = np.divide(rank - below, here, out=np.full(here.shape, 0.5), where=here > 0)
    return np.asarray(np.clip(part, 0, 1) + at - 0.5)


def inside(rank: Floats) -> Bools:
    """Ranks that are neither 0 nor 1, where the score follows the distribution."""
    return np.asarray((rank > _TIE) & (rank < 1 - _TIE))


def score_steps(rank: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Differentiate `scores_at` by the rank (K) and by the shares (K × size); NaN where the end of the scale is met."""
    size = shares.shape[-1]
    total = np.cumsum(shares)
    ends = [np.minimum(end, size - 1) for end in _ends(rank, total)]
    slopes, steps = [], []
    for at in ends:
        here = shares[at]
        slope = np.divide(1.0, here, out=np.full(len(at), np.nan), where=here > 0)
        part = np.clip((rank - (total[at] - here)) * slope, 0, 1)
        cells = np.arange(size)
        steps.append(-slope[:, None] * ((cells < at[:, None]) + part[:, None] * (cells == at[:, None])))
        slopes.append(slope)
    ok = inside(rank)
    first = np.where(ok, (slopes[0] + slopes[1]) / 2, np.nan)
    return np.asarray(first), np.asarray(np.where(ok[:, None], (steps[0] + steps[1]) / 2, np.nan))
