"""How alike the answers within a unit are: near twins, against those that chance makes among people as satisfied.

Two answer sheets match in the share of the questions, answered by both, on which they agree. Kuriakose and Robbins
(2016) took a match above 85 % as a sign of fabrication; among satisfied customers asked a few questions that is
common (Simmons et al. 2016), so here a unit's twins are compared with those of shuffled units: sheets change places
with sheets of the same total score in other units, which keeps how satisfied each unit is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from svclib.stats.arrays import Bools, Floats, Ints, ratio

SHUFFLES = 100
COMMON = 0.10
"""Twins are sheets so alike that at most this share of honest sheets has one."""
_BINS = 20
"""Groups of total score within which sheets change places."""
_LEAST_TOGETHER = 0.5
"""Share of the questions that both must have answered."""


@dataclass(frozen=True)
class Twins:
    """Near twins within units.

    Attributes
    ----------
    threshold : float
        Share of matching answers from which two sheets are twins.
    nearest : (rows,) float
        Highest match with another sheet of the unit; NaN where not compared.
    observed, expected, error : (units,) float
        Share of sheets with a twin, its mean and standard deviation over the shuffles; NaN where nothing is compared.
    """

    threshold: float
    nearest: Floats
    observed: Floats
    expected: Floats
    error: Floats


def packed(codes: Ints) -> Ints:
    """Put codes item by item, each narrow and in one piece: comparing is then the work of a few instructions."""
    narrow = np.int8 if codes.max(initial=0) < np.iinfo(np.int8).max else np.int32
    return np.ascontiguousarray(codes.T.astype(narrow))  # type: ignore[return-value]


def agreements(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """Count for each sheet of `first` and each of `second` the equal answers, and the questions that both answered.

    Parameters
    ----------
    first, second : (items, rows) int
        `packed` codes; -1 where there is no answer.
    """
    shape = (first.shape[1], second.shape[1])
    wide = np.uint8 if len(first) < np.iinfo(np.uint8).max else np.int32
    agree, both = np.zeros(shape, dtype=wide), np.zeros(shape, dtype=wide)
    for one, other in zip(first, second, strict=True):
        there, here = one >= 0, other >= 0
        # Two gaps are no agreement.
        agree += np.equal(np.where(there, one, one.dtype.type(-2))[:, None], other[None, :]).view(np.uint8)
        both += wide(1) if there.all() and here.all() else (there[:, None] & here[None, :]).view(np.uint8)
    return agree, both  # type: ignore[return-value]


def least_shared(items: int) -> float:
    """Questions that two sheets must both have answered."""
    return max(2.0, _LEAST_TOGETHER * items)


def matches(first: Ints, second: Ints) -> Floats:
    """Share of agreeing answers of each sheet of `first` with each of `second`; 0 where too few are shared.

    Examples
    --------
    >>> matches(np.array([[0], [1], [2], [-1]]), np.array([[0], [1], [2], [3]])).tolist()
    [[1.0]]
    """
    agree, both = agreements(first, second)
    return np.where(both >= least_shared(len(first)), agree / np.maximum(both, 1, dtype=np.float32), 0.0)


def twins(codes: Ints, unit: Ints, units: int, level: Floats, usable: Bools, *, seed: int) -> Twins:
    """Find near twins within units and what chance makes of them.

    Parameters
    ----------
    codes : (rows, items) int
        Answers as codes, -1 where missing.
    unit : (rows,) int
    units : int
    level : (rows,) float
        Each sheet's mean rating.
    usable : (rows,) bool
        Sheets that are compared: those answered all alike tell nothing here.
    seed : int
    """
    rows = np.flatnonzero(usable & ~np.isnan(level))
    nearest = np.full(len(unit), np.nan)
    if len(rows) < 2:
        nothing = np.full(units, np.nan)
        return Twins(np.nan, nearest, nothing, nothing, nothing)
    sheets = Sheets(packed(codes[rows]))
    home, strata = unit[rows], strata_of(level[rows])
    nearest[rows] = observed = sheets.nearest(np.arange(len(rows)), home)
    generator = np.random.default_rng(seed)
    shuffled = np.stack([sheets.nearest(_shuffled(strata, generator), home) for _run in range(SHUFFLES)])
    threshold = _threshold(shuffled, codes.shape[1])
    counts = np.bincount(home, minlength=units)
    chance = np.stack([_share(one, threshold, home, counts) for one in shuffled])
    return Twins(
        threshold, nearest, _share(observed, threshold, home, counts), chance.mean(axis=0), chance.std(axis=0, ddof=1)
    )


@dataclass(frozen=True)
class Sheets:
    """Answer sheets ready to be matched.

    Attributes
    ----------
    codes : (items, rows) int
        See `packed`.
    """

    codes: Ints

    def nearest(self, order: Ints, home: Ints) -> Floats:
        """Highest match of each sheet with another one of its home, when place p holds sheet ``order[p]``."""
        out = np.zeros(len(order))
        by_home = np.argsort(home, kind="stable")
        edges = np.flatnonzero(np.diff(home[by_home], prepend=-1, append=-1))
        for start, stop in pairwise(edges):
            places = by_home[start:stop]
            part = self.codes[:, order[places]]
            found = matches(part, part)
            np.fill_diagonal(found, 0.0)
            out[places] = found.max(axis=1)
        return out


def _share(nearest: Floats, threshold: float, home: Ints, counts: Ints) -> Floats:
    hits = np.bincount(home, nearest >= threshold - 1e-9, len(counts))
    return ratio(hits, np.where(counts > 1, counts, 0))


def _threshold(shuffled: Floats, items: int) -> float:
    """The lowest match that at most `COMMON` of the shuffled sheets have with another; 1 if even that is common."""
    steps = np.arange(1, items + 1) / items
    common = np.array([(shuffled >= step - 1e-9).mean() for step in steps])
    rare = np.flatnonzero(common <= COMMON)
    return float(steps[rare[0]]) if len(rare) else 1.0


def strata_of(level: Floats) -> Ints:
    """Bins of equal size by mean rating."""
    edges = np.unique(np.quantile(level, np.arange(1, _BINS) / _BINS))
    return np.searchsorted(edges, level, side="left").astype(np.int64)


def _shuffled(strata: Ints, generator: np.random.Generator) -> Ints:
    """A random order of the sheets that keeps each within its stratum."""
    places = np.argsort(strata, kind="stable")
    mixed = np.lexsort((generator.random(len(strata)), strata))
    order = np.empty(len(strata), dtype=np.int64)
    order[places] = mixed
    return order
