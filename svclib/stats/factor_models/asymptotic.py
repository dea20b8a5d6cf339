"""Asymptotic covariance of thresholds and polychoric correlations (Olsson 1979; Muthén 1984; Christoffersson 1975).

Thresholds solve each item's own score equations, correlations those of each pair given the thresholds. With the scores
u of both and B their mean slope, √n (s − σ) has the covariance B⁻¹ E(uu′) B⁻¹′; B and E(uu′) are taken from the answers
themselves, by products of scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.scales.binormal import slope_in_limit
from svclib.stats.scales.polychoric import INFINITE, Pairs, maximise, pair_tables, probabilities, slopes

_SQRT_2PI = float(np.sqrt(2 * np.pi))
_MOST_SHARE = 0.5
"""A row counts at most double for its own part of the information."""


@dataclass(frozen=True, eq=False)
class Ordinal:
    """Sample statistics of the ordinal answers of one group.

    Attributes
    ----------
    codes : (rows, items) int
        Answers as 0 … categories − 1, −1 where missing.
    categories : (items,) int
    weights : (rows,) float
    pairs : Pairs
        Tables of all pairs of items.
    rho : (pairs,) float
        Their correlations; ±1 or NaN where a table tells none.
    """

    codes: Ints
    categories: Ints
    weights: Floats
    pairs: Pairs
    rho: Floats

    @property
    def told(self) -> bool:
        """Whether every pair tells its correlation."""
        return bool((np.abs(self.rho) < 1).all())

    @property
    def correlations(self) -> Floats:
        """Correlations as a matrix."""
        matrix = np.eye(self.codes.shape[1])
        matrix[self.pairs.first, self.pairs.second] = matrix[self.pairs.second, self.pairs.first] = self.rho
        return matrix

    @property
    def statistics(self) -> Floats:
        """Thresholds item by item, then the correlations below the diagonal, row by row."""
        cut = [self.pairs.cuts[item, 1:count] for item, count in enumerate(self.categories)]
        return np.concatenate([*cut, self.rho[self._order]])

    @property
    def _order(self) -> Ints:
        return np.lexsort((self.pairs.first, self.pairs.second))

    @property
    def influence(self) -> Floats:
        """What each row, times its weight, adds to the errors of the statistics: (rows, thresholds + pairs).

        Slopes are taken from products of scores, as lavaan does.
        """
        chance = probabilities(self.pairs, self.rho)
        by_rho = np.where(self.pairs.counts > 0, slopes(self.pairs, self.rho)[0] / chance, 0.0)
        score = _gathered(self.codes, self.pairs, by_rho)
        by_cut = _threshold_influences(self)
        pulled = score - by_cut @ _cross_slopes(self, self.pairs.counts * by_rho, chance)
        return np.concatenate([by_cut, (pulled / (self.weights @ score**2))[:, self._order]], axis=1)

    @property
    def careful_influence(self) -> Floats:
        """As `influence`, for small samples: slopes as the model expects them, rows judged by those without them.

        Products of scores follow rare cells too closely and make errors too small. Each row's score of a correlation
        is divided by 1 − its share of the information, as in the jackknife (MacKinnon and White 1985).
        """
        chance = probabilities(self.pairs, self.rho)
        by_rho = slopes(self.pairs, self.rho)[0] / chance
        expected = chance * self.pairs.counts.sum(axis=(1, 2), keepdims=True)
        squares = (expected * by_rho**2).sum(axis=(1, 2))
        score = _gathered(self.codes, self.pairs, by_rho)
        by_cut = _threshold_influences(self)
        pulled = score - by_cut @ _cross_slopes(self, expected * by_rho, chance)
        share = np.minimum(self.weights[:, None] * score**2 / squares, _MOST_SHARE)
        return np.concatenate([by_cut, (pulled / squares / (1 - share))[:, self._order]], axis=1)


def ordinal_statistics(codes: Ints, categories: Ints, weights: Floats | None = None) -> Ordinal:
    """Estimate thresholds and polychoric correlations.

    Parameters
    ----------
    codes : (rows, items) int
        Answers as 0 … categories − 1, −1 where missing; each category chosen by someone.
    categories : (items,) int
    weights : (rows,) float, optional
    """
    pairs = pair_tables(codes, categories, weights=weights)
    weight = np.ones(len(codes)) if weights is None else weights
    return Ordinal(codes, np.asarray(categories), weight, pairs, maximise(pairs))


def _gathered(codes: Ints, pairs: Pairs, cells: Floats) -> Floats:
    """Each row's value of the cell it lies in, pair by pair; 0 where an answer is missing."""
    most = cells.shape[1]
    flat = cells.reshape(len(cells), -1)
    out = np.empty((len(codes), len(cells)))
    for at, (first, second) in enumerate(zip(pairs.first, pairs.second, strict=True)):
        one, two = codes[:, first], codes[:, second]
        out[:, at] = flat[at][np.where((one < 0) | (two < 0), 0, one * most + two)]
        out[(one < 0) | (two < 0), at] = 0.0
    return out


def _density(cuts: Floats) -> Floats:
    return np.where(np.abs(cuts) < INFINITE, np.exp(-(np.clip(cuts, -INFINITE, INFINITE) ** 2) / 2) / _SQRT_2PI, 0.0)


def _threshold_influences(of: Ordinal) -> Floats:
    """Influences of the thresholds: (rows, thresholds)."""
    parts, codes = [], of.codes
    for item, count in enumerate(of.categories):
        there = codes[:, item] >= 0
        counts = np.bincount(codes[there, item], of.weights[there], count)
        share, height = counts / counts.sum(), _density(of.pairs.cuts[item, 1:count])
        at = np.arange(count - 1)
        table = np.zeros((count, count - 1))
        table[at, at], table[at + 1, at] = height / share[:-1], -height / share[1:]
        slope = (table * counts[:, None]).T @ table
        parts.append(np.where(there[:, None], np.linalg.solve(slope, table.T).T[codes[:, item]], 0.0))
    return np.concatenate(parts, axis=1)


def _cross_slopes(of: Ordinal, weighted: Floats, chance: Floats) -> Floats:
    """Mean slope of the correlations' scores by the thresholds: (thresholds, pairs).

    `weighted` is, cell by cell, the number of rows times the score of the correlation.
    """
    begin, pairs = np.concatenate([[0], np.cumsum(of.categories - 1)]), of.pairs
    out = np.zeros((begin[-1], len(of.rho)))
    tables = ratio(weighted, chance)
    for items, other, table in (
        (pairs.first, pairs.second, tables),
        (pairs.second, pairs.first, tables.transpose(0, 2, 1)),
    ):
        inner = pairs.cuts[items, 1:-1]
        step = slope_in_limit(inner[:, :, None], pairs.cuts[other][:, None, :], of.rho[:, None, None])
        moved = np.diff(step, axis=2)
        found = (moved * (table[:, :-1, :] - table[:, 1:, :])).sum(axis=2)
        for at, item in enumerate(items):
            out[begin[item] : begin[item + 1], at] = found[at, : of.categories[item] - 1]
    return out
