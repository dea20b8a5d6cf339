"""Random numbers that depend on nothing but their address: (seed, step, item).

A candidate's path can then be replayed from the seed alone, in a session or among thousands of simulated candidates,
without the state of a generator. The mixing function is that of SplitMix64 (Steele, Lea and Flood, 2014).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from svclib.stats.arrays import Floats

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
EXPOSURE, CHOICE, RESPONSE = 1, 2, 3
"""Streams: whether an item may be given, which of the best is taken, what a simulated candidate answers."""


def _mixed(word: Any) -> Any:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def uniform(seeds: Any, stream: int, step: int, items: Any) -> Floats:
    """Even numbers in [0, 1), one row a seed, one column an item (of `items` in all, or the places given: N × …).

    >>> uniform([7], CHOICE, 0, 2).round(3).tolist() == uniform([3, 7], CHOICE, 0, 2)[1:].round(3).tolist()
    True
    """
    with np.errstate(over="ignore"):
        word = _mixed(np.asarray(seeds).astype(np.uint64).reshape(-1, 1) + _GOLDEN)
        word = _mixed(word + _GOLDEN * np.uint64(1 + stream))
        word = _mixed(word + _GOLDEN * np.uint64(1 + step))
        places = np.arange(items) if np.ndim(items) == 0 else np.asarray(items)
        word = _mixed(word + _GOLDEN * (np.uint64(1) + places.astype(np.uint64)))
    return np.asarray((word >> np.uint64(11)).astype(float) * 2.0**-53)
