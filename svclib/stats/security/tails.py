"""Exact tails of the number of agreeing answers: sums of independent hits of unequal chances (compound binomial)."""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Floats, Ints

_BLOCK = 4096


def tails(hits: Floats, least: Ints) -> tuple[Floats, Floats]:
    """Chance of at least `least` hits, and of exactly so many.

    Parameters
    ----------
    hits : array, shape (n, J)
        Chance of each hit; 0 where there is nothing to hit.
    least : array of int, shape (n,)

    Examples
    --------
    >>> above, exactly = tails(np.array([[0.5, 0.5]]), np.array([1]))
    >>> above.tolist(), exactly.tolist()
    ([0.75], [0.5])
    """
    above, exactly = np.empty(len(hits)), np.empty(len(hits))
    for start in range(0, len(hits), _BLOCK):
        rows = slice(start, start + _BLOCK)
        above[rows], exactly[rows] = _block(hits[rows], least[rows])
    return above, exactly


def _block(hits: Floats, least: Ints) -> tuple[Floats, Floats]:
    """Convolve from the top: only the counts that matter, all terms positive, so that tiny tails stay exact."""
    chance = np.ascontiguousarray(hits.T)
    number, rows = chance.shape
    counts = np.zeros((number + 1, rows))
    counts[0] = 1.0
    for at, hit in enumerate(chance, start=1):
        counts[1 : at + 1] = counts[1 : at + 1] * (1 - hit) + counts[:at] * hit
        counts[0] *= 1 - hit
    place = np.clip(least, 0, number)
    upwards = np.cumsum(counts[::-1], axis=0)[::-1]
    every = np.arange(rows)
    possible = least <= number
    above = np.where(least <= 0, 1.0, np.where(possible, np.minimum(upwards[place, every], 1.0), 0.0))
    return above, np.where(possible & (least >= 0), counts[place, every], 0.0)
