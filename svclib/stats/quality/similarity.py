"""How alike the answers within a unit are: near twins, against those that chance makes among people as satisfied.

Two answer sheets match in the share of the questions, answered by both, on which they agree. Kuriakose and Robbins
(2016) took a match above 85 % as a sign of fabrication; among satisfied customers asked a few questions that is
common (Simmons et al. 2016), so here a unit's twins are compared with those of shuffled units: sheets change places
with sheets of the same total score in other units, which keeps how satisfied each unit is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

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


def single(values: Any) -> Floats:
    """Give numbers in single precision: counts of answers lose nothing, and products of matrices are twice as fast."""
    return np.asarray(values, dtype=np.float32)  # type: ignore[return-value]


def one_hot(codes: Ints) -> Floats:
    """Turn rows × items of codes into indicators, so that a product of matrices counts matching answers."""
    columns = []
    for column in codes.T:
        seen = np.unique(column[column >= 0])
        columns.append(single(column[:, None] == seen[None, :]))
    return np.hstack(columns) if columns else single(np.zeros((len(codes), 0)))


def matches(first: Floats, second: Floats, given_first: Floats, given_second: Floats, items: int) -> Floats:
    """Share of agreeing answers of each row of `first` with each of `second`; 0 where too few are shared."""
    agree = first @ second.T
    both = given_first @ given_second.T
    enough = both >= max(2.0, _LEAST_TOGETHER * items)
    return np.where(enough, agree / np.maximum(both, 1), 0.0)


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
    sheets = Sheets(one_hot(codes[rows]), single(codes[rows] >= 0), codes.shape[1])
    home, strata = unit[rows], _strata(level[rows])
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
    hot : (rows, answers) float
    given : (rows, items) float
    items : int
    """

    hot: Floats
    given: Floats
    items: int

    def nearest(self, order: Ints, home: Ints) -> Floats:
        """Highest match of each sheet with another one of its home, when place p holds sheet ``order[p]``."""
        out = np.zeros(len(order))
        by_home = np.argsort(home, kind="stable")
        edges = np.flatnonzero(np.diff(home[by_home], prepend=-1, append=-1))
        for start, stop in pairwise(edges):
            places = by_home[start:stop]
            chosen = order[places]
            hot, given = self.hot[chosen], self.given[chosen]
            found = matches(hot, hot, given, given, self.items)
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


def _strata(level: Floats) -> Ints:
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
