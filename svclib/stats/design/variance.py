"""Covariance of linearised statistics over strata, clusters and stages.

The variance of a total of residuals is, at each stage, Σ_h (1 - f_h) n_h / (n_h - 1) Σ_i (t_hi - t̄_h)², where t_hi
are the sums over the units; a stage below adds its own, times the sampling fractions above it (Särndal, Swensson and
Wretman 1992, ch. 4). Units without a row of the domain count as 0: a domain is a subpopulation, not a smaller sample.
Where weights meet margins, the residuals first lose their regression on the margins (ibid., ch. 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from svclib.stats.arrays import Floats, Ints
from svclib.stats.design.blocks import cross_table
from svclib.stats.design.replicates import Replicates, spread
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
        where = code if self.groups == 1 else code * self.groups + self.group
        parts = [
            np.bincount(where, factor * column, size * self.groups).reshape(size, self.groups)
            for column in self.columns
        ]
        return np.asarray(np.stack(parts, axis=2).reshape(size, self.cells), dtype=np.float64)

    def sparse_sums(self, code: Ints, size: int) -> Any:
        """As `sums`, as a sparse matrix."""
        kept = [np.flatnonzero(column) for column in self.columns]
        rows = np.concatenate(kept)
        position = np.repeat(np.arange(len(kept)), [len(one) for one in kept])
        values = np.concatenate([column[one] for column, one in zip(self.columns, kept, strict=True)])
        cell = self.group[rows] * len(self.columns) + position
        return sparse.csr_matrix((values, (code[rows], cell)), shape=(size, self.cells))


def covariance(sampling: Sampling, residuals: Residuals) -> Floats:
    """Give the covariance matrix (cells, cells) of the totals of `residuals`.

    With replicate weights it is that of the totals over the replicates: exact for totals, the first order for the rest.
    """
    if sampling.replicates is not None:
        return _replicated(sampling, sampling.replicates, residuals)
    means = _adjustment_means(sampling, residuals)
    parts = [_stage_covariance(stage, sampling.adjustments, means, residuals) for stage in sampling.stages]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float64)


def stratum_variances(sampling: Sampling, residuals: Residuals) -> Floats:
    """Give what each stratum of the first stage adds to the variances: (strata, cells)."""
    stage = sampling.stages[0]
    spread = _spread(stage, _totals(stage, sampling.adjustments, _adjustment_means(sampling, residuals), residuals))
    return np.asarray(_membership(stage) @ spread**2)


def _stage_covariance(
    stage: Stage, adjustments: Sequence[Adjustment], means: Sequence[Floats], residuals: Residuals
) -> Floats:
    units = len(stage.stratum)
    if units * residuals.cells <= _DENSE:
        spread = _spread(stage, _totals(stage, adjustments, means, residuals))
        return np.asarray(spread.T @ spread)
    parts = [residuals.sparse_sums(stage.unit, units), *(_unit_weights(stage, one) for one in adjustments)]
    square = _sparse(stage, sparse.hstack(parts, format="csr"))
    combine = np.vstack([np.eye(residuals.cells), *(-mean for mean in means)])
    return np.asarray(combine.T @ square @ combine)


def _membership(stage: Stage) -> Any:
    units = len(stage.stratum)
    return sparse.csr_matrix((np.ones(units), (stage.stratum, np.arange(units))), shape=(len(stage.size), units))


def _totals(stage: Stage, adjustments: Sequence[Adjustment], means: Sequence[Floats], residuals: Residuals) -> Floats:
    """Sums of the residuals over the units, less what the adjustments take away: (units, cells)."""
    totals = residuals.sums(stage.unit, len(stage.stratum))
    if adjustments:
        taken = sparse.hstack([_unit_weights(stage, one) for one in adjustments], format="csr")
        totals = totals - taken @ np.vstack(means)
    return totals


def _spread(stage: Stage, totals: Floats) -> Floats:
    """Distances of the units from their stratum's mean, scaled so that their squares add up to the variance."""
    centre = (_membership(stage) @ totals) / stage.size[:, None] * stage.centred[:, None]
    return np.asarray((totals - centre[stage.stratum]) * np.sqrt(stage.scale[stage.stratum])[:, None])


def _sparse(stage: Stage, totals: Any) -> Floats:
    scaled = sparse.diags(stage.scale[stage.stratum]) @ totals
    strata = (_membership(stage) @ totals).toarray()
    factor = stage.scale * stage.centred / stage.size
    return np.asarray((totals.T @ scaled).toarray() - strata.T @ (factor[:, None] * strata))


def _replicated(sampling: Sampling, replicates: Replicates, residuals: Residuals) -> Floats:
    rows = residuals.sparse_sums(np.arange(len(sampling.weights), dtype=np.int64), len(sampling.weights))
    per_weight = sparse.diags(1 / sampling.weights) @ rows
    values = np.asarray((per_weight.T @ replicates.weights).T)
    return spread(replicates, values, np.asarray(rows.sum(axis=0)).ravel())


def _unit_weights(stage: Stage, adjustment: Adjustment) -> Any:
    """Sum the adjusted weights by unit and column: sparse (units, columns)."""
    parts = [
        sparse.csr_matrix(
            (block.scaled(adjustment.weights), (stage.unit, block.code)), shape=(len(stage.stratum), block.size)
        )
        for block in adjustment.blocks
    ]
    return parts[0] if len(parts) == 1 else sparse.hstack(parts, format="csr")


def _adjustment_means(sampling: Sampling, residuals: Residuals) -> list[Floats]:
    """Coefficients that each adjustment takes away, by column: (columns, cells) each.

    The adjustments act one after the other on what the ones before have left; only their small cross tables are
    needed for that, never a full matrix of rows × cells.
    """
    every = sampling.adjustments
    start = [_sums(one, residuals) for one in every]
    cross = [[_cross(one, other) for other in every] for one in every] if len(sampling.order) > 1 else []
    means = [np.zeros_like(total) for total in start]
    for position, index in enumerate(sampling.order):
        left = start[index]
        if position:
            left = left - sum(table @ mean for table, mean in zip(cross[index], means, strict=True))
        means[index] = means[index] + every[index].coefficients(left)
    return means


def _sums(one: Adjustment, residuals: Residuals) -> Floats:
    return np.vstack([residuals.sums(block.code, block.size, block.scaled(one.share)) for block in one.blocks])


def _cross(one: Adjustment, other: Adjustment) -> Floats:
    factor = one.share * other.weights
    return np.block([[cross_table(a, b, factor) for b in other.blocks] for a in one.blocks])
