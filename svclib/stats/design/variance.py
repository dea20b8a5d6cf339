"""Covariance of linearised statistics over strata, clusters and stages.

The variance of a total of residuals is, at each stage, Σ_h (1 - f_h) n_h / (n_h - 1) Σ_i (t_hi - t̄_h)², where t_hi
are the sums over the units; a stage below adds its own, times the sampling fractions above it (Särndal, Swensson and
Wretman 1992, ch. 4). Units without a row of the domain count as 0: a domain is a subpopulation, not a smaller sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from svclib.stats.arrays import Floats, Ints
from svclib.stats.design.sampling import Adjustment, Sampling, Stage

_DENSE = 20_000_000
"""Largest number of unit × cell sums that are held as a full matrix."""


@dataclass(frozen=True)
class Residuals:
    """Weighted residuals of the cells group × column.

    Attributes
    ----------
    columns : sequence of (rows,) float
        For each column the row's residual in the cell of its group; 0 where the row is not in the domain.
    group : (rows,) int
    groups : int
    """

    columns: Sequence[Floats]
    group: Ints
    groups: int

    @property
    def cells(self) -> int:
        """Number of statistics; cell = group × columns + column."""
        return self.groups * len(self.columns)

    def sums(self, code: Ints, size: int, factor: Floats | float = 1.0) -> Floats:
        """Sum factor × residual over the values of `code`: (size, cells)."""
        where = code * self.groups + self.group
        parts = [
            np.bincount(where, factor * column, size * self.groups).reshape(size, self.groups)
            for column in self.columns
        ]
        return np.stack(parts, axis=2).reshape(size, self.cells).astype(np.float64, copy=False)

    def sparse_sums(self, code: Ints, size: int) -> Any:
        """As `sums`, as a sparse matrix."""
        kept = [np.flatnonzero(column) for column in self.columns]
        rows = np.concatenate(kept)
        position = np.repeat(np.arange(len(kept)), [len(one) for one in kept])
        values = np.concatenate([column[one] for column, one in zip(self.columns, kept, strict=True)])
        cell = self.group[rows] * len(self.columns) + position
        return sparse.csr_matrix((values, (code[rows], cell)), shape=(size, self.cells))


def covariance(sampling: Sampling, residuals: Residuals) -> Floats:
    """Give the covariance matrix (cells, cells) of the totals of `residuals`."""
    means = _adjustment_means(sampling, residuals)
    parts = [_stage_covariance(stage, sampling.adjustments, means, residuals) for stage in sampling.stages]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float64)


def _stage_covariance(
    stage: Stage, adjustments: Sequence[Adjustment], means: Sequence[Floats], residuals: Residuals
) -> Floats:
    units = len(stage.stratum)
    member = sparse.csr_matrix((np.ones(units), (stage.stratum, np.arange(units))), shape=(len(stage.size), units))
    if units * residuals.cells <= _DENSE:
        totals = residuals.sums(stage.unit, units)
        for adjustment, mean in zip(adjustments, means, strict=True):
            totals = totals - _unit_weights(stage, adjustment) @ mean
        return _dense(stage, member, totals)
    parts = [residuals.sparse_sums(stage.unit, units), *(_unit_weights(stage, one) for one in adjustments)]
    square = _sparse(stage, member, sparse.hstack(parts, format="csr"))
    combine = np.vstack([np.eye(residuals.cells), *(-mean for mean in means)])
    return np.asarray(combine.T @ square @ combine)


def _dense(stage: Stage, member: Any, totals: Floats) -> Floats:
    centre = (member @ totals) / stage.size[:, None] * stage.centred[:, None]
    spread = (totals - centre[stage.stratum]) * np.sqrt(stage.scale[stage.stratum])[:, None]
    return np.asarray(spread.T @ spread)


def _sparse(stage: Stage, member: Any, totals: Any) -> Floats:
    scaled = sparse.diags(stage.scale[stage.stratum]) @ totals
    strata = (member @ totals).toarray()
    factor = stage.scale * stage.centred / stage.size
    return np.asarray((totals.T @ scaled).toarray() - strata.T @ (factor[:, None] * strata))


def _unit_weights(stage: Stage, adjustment: Adjustment) -> Any:
    """Sum the adjusted weights by unit and category: sparse (units, categories)."""
    shape = (len(stage.stratum), len(adjustment.norm))
    return sparse.csr_matrix((adjustment.weights, (stage.unit, adjustment.group)), shape=shape)


def _adjustment_means(sampling: Sampling, residuals: Residuals) -> list[Floats]:
    """Mean residual that each adjustment takes away, by category: (categories, cells) each.

    The adjustments act one after the other on what the ones before have left; only their small cross tables are
    needed for that, never a full matrix of rows × cells.
    """
    every = sampling.adjustments
    start = [residuals.sums(one.group, len(one.norm), one.share) for one in every]
    cross = [[_cross(one, other) for other in every] for one in every] if len(sampling.order) > 1 else []
    means = [np.zeros_like(total) for total in start]
    for position, index in enumerate(sampling.order):
        left = start[index]
        if position:
            left = left - sum(table @ mean for table, mean in zip(cross[index], means, strict=True))
        means[index] = means[index] + left / every[index].norm[:, None]
    return means


def _cross(one: Adjustment, other: Adjustment) -> Floats:
    width = len(other.norm)
    where = one.group * width + other.group
    table = np.bincount(where, one.share * other.weights, len(one.norm) * width)
    return np.asarray(table.reshape(len(one.norm), width))
