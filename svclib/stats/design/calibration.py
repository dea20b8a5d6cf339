"""Calibration: weights near the given ones that meet known totals (Deville and Särndal 1992).

The factor of a weight is g(x'η), x the margins' columns; η is found by Newton's method on the dual problem, which is
convex, with halved steps. The errors are those of the generalised regression estimator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.design.blocks import Block, cross_table
from svclib.stats.design.distances import Distance
from svclib.stats.design.margins import Margin
from svclib.stats.design.reach import unreachable
from svclib.stats.design.sampling import Adjustment
from svclib.stats.design.weighting import check_filled
from svclib.stats.marks import _

_ROUNDS = 60
_HALVINGS = 40
_MET = 1e-11
"""Relative distance from a total that counts as met."""
_RANK = 1e-12
"""Eigenvalues that are a smaller part of the largest belong to columns that follow from others."""
_RAW = 20.0
"""Weights that come to less than a 20th of the population are scaled to it before they are bounded, as in R."""


@dataclass(frozen=True)
class Calibrated:
    """Weights that meet totals of categories and numbers.

    Attributes
    ----------
    margins : tuple of Margin
    distance : Distance
    population : float, optional
        Its size, where a margin or the caller tells it.
    """

    margins: tuple[Margin, ...]
    distance: Distance
    population: float | None

    def reweigh(self, weights: Floats) -> Floats:
        """Give weights that meet the totals.

        Raises
        ------
        InvalidInput
            Naming the margin that is out of reach; or if factors without bounds came out at 0 or below.
        """
        if weights.ndim > 1:
            for margin in self.margins:
                check_filled(margin, margin.sums(weights))
            return np.column_stack([self._solve(one) for one in weights.T])
        new = self._solve(weights)
        if (new <= 0).any():
            raise InvalidInput(
                _(
                    "Linear calibration made {count} weights 0 or negative; give bounds such as (0.3, 3), or take "
                    'method="raking".'
                ),
                count=int((new <= 0).sum()),
            )
        return new

    def steps(self, old: Floats, new: Floats) -> tuple[list[Adjustment], int]:
        """Take out the regression on the margins' columns under the old weights, once."""
        blocks, _totals = self._columns(old)
        return [Adjustment(blocks, new, old / new, _pseudo_inverse(_gram(blocks, old)))], 1

    def _columns(self, weights: Floats) -> tuple[tuple[Block, ...], Floats]:
        """Give the columns and their totals; numbers centred (where the size is known) and scaled."""
        blocks, totals = [], []
        for margin in self.margins:
            block, total = margin.block, margin.population
            if block.values is not None:
                centre = float(np.average(block.values, weights=weights)) if self.population else 0.0
                away = block.values - centre
                scale = float(np.sqrt(np.mean(away**2))) or 1.0
                block = Block(block.code, 1, away / scale)
                total = (total - centre * (self.population or 0.0)) / scale
            blocks.append(block)
            totals.append(total)
        if self.population and all(margin.numeric for margin in self.margins):
            blocks.append(Block(np.zeros(len(weights), dtype=np.int64), 1))
            totals.append(np.array([self.population]))
        return tuple(blocks), np.concatenate(totals)

    def _solve(self, given: Floats) -> Floats:
        size = float(given.sum())
        raw = self.population is not None and self.population > _RAW * size
        weights = given * (self.population or 0.0) / size if raw else given
        blocks, totals = self._columns(weights)
        problem = _Dual(blocks, totals, weights, self.distance)
        u = problem.solve()
        new = weights * self.distance.factor(u)
        if problem.distance_left(u) > _MET:
            unreachable(self.margins, self.population, weights, new, self.distance.reach)
        return new


@dataclass(frozen=True)
class _Dual:
    """Σ w G(x'η) - t'η, small where the totals t are met."""

    blocks: tuple[Block, ...]
    totals: Floats
    weights: Floats
    distance: Distance

    def predictor(self, eta: Floats) -> Floats:
        """Give x'η for each row."""
        u, start = np.zeros(len(self.weights)), 0
        for block in self.blocks:
            u += block.scaled(eta[start : start + block.size][block.code])
            start += block.size
        return u

    def sums(self, weights: Floats) -> Floats:
        return np.concatenate([np.bincount(one.code, one.scaled(weights), one.size) for one in self.blocks])

    def gradient(self, u: Floats) -> Floats:
        return np.asarray(self.sums(self.weights * self.distance.factor(u)) - self.totals)

    def distance_left(self, u: Floats) -> float:
        """Largest distance from a total, relative to the population or the column's absolute sum."""
        sizes = np.concatenate(
            [np.bincount(one.code, np.abs(one.scaled(self.weights)), one.size) for one in self.blocks]
        )
        return float(np.max(np.abs(self.gradient(u)) / np.maximum(np.abs(self.totals), sizes)))

    def height(self, eta: Floats, u: Floats) -> float:
        return float(self.weights @ self.distance.integral(u) - self.totals @ eta)

    def solve(self) -> Floats:
        eta = np.zeros(len(self.totals))
        u = self.predictor(eta)
        for _round in range(_ROUNDS):
            if self.distance_left(u) <= _MET / 10:
                break
            slope = self.weights * self.distance.slope(u)
            step = -_pseudo_inverse(_gram(self.blocks, slope)) @ self.gradient(u)
            eta, u, moved = self._halved(eta, u, step)
            if not moved:
                break
        return u

    def _halved(self, eta: Floats, u: Floats, step: Floats) -> tuple[Floats, Floats, bool]:
        """Go the step, or the longest of its halves that leads downwards."""
        here, left = self.height(eta, u), self.distance_left(u)
        for _half in range(_HALVINGS):
            there = eta + step
            ahead = self.predictor(there)
            # at the end the height no longer tells two points apart, the distance does
            if self.height(there, ahead) < here or self.distance_left(ahead) < left:
                return there, ahead, True
            step = step / 2
        return eta, u, False


def _gram(blocks: Sequence[Block], factor: Floats) -> Floats:
    return np.block([[cross_table(one, other, factor) for other in blocks] for one in blocks])


def _pseudo_inverse(matrix: Floats) -> Floats:
    """Invert a symmetric matrix whose last columns may follow from others; 0 in the directions that do."""
    size = np.sqrt(np.maximum(np.diag(matrix), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(matrix / np.outer(size, size))
    kept = values > _RANK * max(float(values[-1]), np.finfo(float).tiny)
    inner = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return np.asarray(inner / np.outer(size, size))
