"""Weights that meet known margins: post-stratification (Holt and Smith 1979) and raking (Deming and Stephan 1940)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.design.margins import Margin
from svclib.stats.design.sampling import Adjustment
from svclib.stats.marks import _

_PASSES = 10
"""Rounds over the margins that take a raked margin's means out of the residuals."""


def check_filled(margin: Margin, sums: Floats) -> None:
    """Raise `InvalidInput` if a replicate has nobody in a category."""
    empty = sums <= 0
    if not margin.numeric and empty.any():
        raise InvalidInput(
            _(
                'Some replicates have nobody in "{category}" of "{column}", so they cannot meet the margin; merge '
                "small categories, or take another method of replication."
            ),
            category=str(margin.labels[int(np.argmax(empty.any(axis=1)))]),
            column=margin.column,
        )


@dataclass(frozen=True)
class PostStratified:
    """Scale the weights to a margin; residuals lose their weighted mean in each category."""

    margin: Margin

    def reweigh(self, weights: Floats) -> Floats:
        """Give weights that meet the margin."""
        sums = self.margin.sums(weights)
        if weights.ndim > 1:
            check_filled(self.margin, sums)
        return weights * (self.margin.population / sums.T).T[self.margin.block.code]

    def steps(self, old: Floats, new: Floats) -> tuple[list[Adjustment], int]:
        """Take out the means under the old weights, once."""
        return [Adjustment((self.margin.block,), new, old / new, 1 / self.margin.sums(old))], 1


@dataclass(frozen=True)
class Raked:
    """Scale the weights to each margin in turn until all hold.

    Attributes
    ----------
    cell : (rows,) int
        Combination of categories: rows of one share their factor.
    codes : tuple of (cells,) int
        Category of a cell in each margin.
    """

    margins: tuple[Margin, ...]
    tolerance: float
    rounds: int
    cell: Ints
    codes: tuple[Ints, ...]

    def reweigh(self, weights: Floats) -> Floats:
        """Give weights that meet the margins.

        Raises
        ------
        InvalidInput
            If they do not within `rounds`.
        """
        many = weights.reshape(len(weights), -1)
        start = _sum_rows(many, self.cell, len(self.codes[0]))
        for margin, code in zip(self.margins, self.codes, strict=True):
            check_filled(margin, _sum_rows(start, code, margin.block.size))
        cells = self._rake(start)
        factor = np.divide(cells, start, out=np.ones_like(start), where=start > 0)
        return np.asarray((many * factor[self.cell]).reshape(weights.shape))

    def _rake(self, cells: Floats) -> Floats:
        for _round in range(self.rounds):
            far = []
            for margin, code in zip(self.margins, self.codes, strict=True):
                factor = margin.population[:, None] / _sum_rows(cells, code, margin.block.size)
                far.append(float(np.abs(factor - 1).max()))
                cells = cells * factor[code]
            if max(far) <= self.tolerance:
                return cells
        self._fail(far)
        return cells

    def _fail(self, far: Sequence[float]) -> None:
        worst = int(np.argmax(far))
        raise InvalidInput(
            _(
                'Raking did not reach the margin "{column}" in {rounds} rounds (still {far:.2g} away); merge small '
                "categories, or allow more rounds."
            ),
            column=self.margins[worst].column,
            rounds=self.rounds,
            far=far[worst],
        )

    def steps(self, old: Floats, new: Floats) -> tuple[list[Adjustment], int]:
        """Take out the means of each margin in turn, again and again, as R's rake."""
        return [_raking_step(margin, new) for margin in self.margins], _PASSES


def raked(margins: Sequence[Margin], *, tolerance: float, rounds: int) -> Raked:
    """Make ready to rake: find the combinations of categories that occur."""
    if not tolerance > 0 or not rounds >= 1:
        raise InvalidInput(
            _("Raking takes a tolerance above 0 and at least one round, not {tolerance} and {rounds}."),
            tolerance=str(tolerance),
            rounds=str(rounds),
        )
    cell = margins[0].block.code
    for margin in margins[1:]:
        cell = np.asarray(pd.factorize(cell * margin.block.size + margin.block.code)[0], dtype=np.int64)
    codes = []
    for margin in margins:
        code = np.zeros(int(cell.max()) + 1, dtype=np.int64)
        code[cell] = margin.block.code
        codes.append(code)
    return Raked(tuple(margins), tolerance, rounds, cell, tuple(codes))


def _sum_rows(values: Floats, code: Ints, size: int) -> Floats:
    """Sum (rows, replicates) over the values of `code`: (size, replicates)."""
    width = values.shape[1]
    where = (code[:, None] * width + np.arange(width)).ravel()
    return np.bincount(where, values.ravel(), size * width).reshape(size, width).astype(np.float64)


def _raking_step(margin: Margin, weights: Floats) -> Adjustment:
    counts = np.bincount(margin.block.code, minlength=margin.block.size).astype(np.float64)
    return Adjustment((margin.block,), weights, 1 / weights, 1 / counts)
