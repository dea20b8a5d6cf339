"""Asymptotic covariance of thresholds and polychoric correlations (Olsson 1979; Muthén 1984; Christoffersson 1975).

Thresholds solve each item's own score equations, correlations those of each pair given the thresholds. With the scores
u of both and B their mean slope, √n (s − σ) has the covariance B⁻¹ E(uu′) B⁻¹′; B and E(uu′) are taken from the answers
themselves, by products of scores.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.scales.binormal import slope_in_limit
from svclib.stats.scales.polychoric import INFINITE, Pairs, maximise, pair_tables, probabilities, slopes

_SQRT_2PI = float(np.sqrt(2 * np.pi))


@dataclass(frozen=True, eq=False)
class Ordinal:
    """Sample statistics of the ordinal answers of one group.

    Attributes
    ----------
    statistics : (thresholds + pairs,) float
        Thresholds item by item, then the correlations below the diagonal, row by row.
    influence : (rows, thresholds + pairs) float
        What each row, times its weight, adds to the errors of the statistics.
    correlations : (items, items) float
        ±1 or NaN where a pair's table tells no correlation; then there are no influences.
    """

    statistics: Floats
    influence: Floats
    correlations: Floats

    @property
    def told(self) -> bool:
        """Whether every pair tells its correlation."""
        below = self.correlations[np.tril_indices(len(self.correlations), -1)]
        return bool((np.abs(below) < 1).all())


def ordinal_statistics(codes: Ints, categories: Ints, weights: Floats | None = None) -> Ordinal:
    """Estimate thresholds, polychoric correlations and what each row adds to their errors.

    Parameters
    ----------
    codes : (rows, items) int
        Answers as 0 … categories − 1, −1 where missing; each category chosen by someone.
    categories : (items,) int
    weights : (rows,) float, optional
    """
    pairs = pair_tables(codes, categories, weights=weights)
    rho = maximise(pairs)
    matrix = np.eye(codes.shape[1])
    matrix[pairs.first, pairs.second] = matrix[pairs.second, pairs.first] = rho
    cut = np.concatenate([pairs.cuts[item, 1:count] for item, count in enumerate(categories)])
    statistics = np.concatenate([cut, matrix[np.tril_indices(len(matrix), -1)]])
    found = Ordinal(statistics, np.zeros((0, len(statistics))), matrix)
    if not found.told:
        return found
    weight = np.ones(len(codes)) if weights is None else weights
    return replace(found, influence=_influences(codes, np.asarray(categories), pairs, rho, weight))


def _influences(codes: Ints, categories: Ints, pairs: Pairs, rho: Floats, weights: Floats) -> Floats:
    """What each row adds to the errors of the statistics: (rows, thresholds + pairs)."""
    by_cut = _threshold_influences(codes, categories, pairs.cuts, weights)
    chance = probabilities(pairs, rho)
    by_rho = np.where(pairs.counts > 0, slopes(pairs, rho)[0] / chance, 0.0)
    score = _gathered(codes, pairs, by_rho)
    squares = weights @ score**2
    pulled = score - by_cut @ _cross_slopes(categories, pairs, rho, chance, by_rho)
    order = np.lexsort((pairs.first, pairs.second))
    return np.concatenate([by_cut, pulled[:, order] / squares[order]], axis=1)


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


def _threshold_influences(codes: Ints, categories: Ints, cuts: Floats, weights: Floats) -> Floats:
    """Influences of the thresholds: (rows, thresholds)."""
    parts = []
    for item, count in enumerate(categories):
        there = codes[:, item] >= 0
        counts = np.bincount(codes[there, item], weights[there], count)
        share, height = counts / counts.sum(), _density(cuts[item, 1:count])
        at = np.arange(count - 1)
        table = np.zeros((count, count - 1))
        table[at, at], table[at + 1, at] = height / share[:-1], -height / share[1:]
        slope = (table * counts[:, None]).T @ table
        parts.append(np.where(there[:, None], np.linalg.solve(slope, table.T).T[codes[:, item]], 0.0))
    return np.concatenate(parts, axis=1)


def _cross_slopes(categories: Ints, pairs: Pairs, rho: Floats, chance: Floats, by_rho: Floats) -> Floats:
    """Mean slope of the correlations' scores by the thresholds: (thresholds, pairs), by products of scores."""
    begin = np.concatenate([[0], np.cumsum(np.asarray(categories) - 1)])
    out = np.zeros((begin[-1], len(rho)))
    weighted = pairs.counts * by_rho
    for side, items in ((0, pairs.first), (1, pairs.second)):
        other = pairs.second if side == 0 else pairs.first
        inner = pairs.cuts[items, 1:-1]
        step = slope_in_limit(inner[:, :, None], pairs.cuts[other][:, None, :], rho[:, None, None])
        moved = np.diff(step, axis=2)
        table = ratio(weighted, chance) if side == 0 else ratio(weighted, chance).transpose(0, 2, 1)
        found = (moved * (table[:, :-1, :] - table[:, 1:, :])).sum(axis=2)
        for at, item in enumerate(items):
            out[begin[item] : begin[item + 1], at] = found[at, : categories[item] - 1]
    return out
