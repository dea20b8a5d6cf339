"""Columns of margins, kept as codes: indicators of a factor's categories need no matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats, Ints


@dataclass(frozen=True)
class Block:
    """Columns of a margin: the indicators of a factor's categories, or one numeric column.

    Attributes
    ----------
    code : (rows,) int
        Column in which a row has its number.
    size : int
        Number of columns.
    values : (rows,) float, optional
        That number; 1 without.
    """

    code: Ints
    size: int
    values: Floats | None = None

    def scaled(self, factor: Floats) -> Floats:
        """Give factor × number for each row."""
        return factor if self.values is None else factor * self.values


def cross_table(one: Block, other: Block, factor: Floats) -> Floats:
    """Sum factor × number × number over the columns of two blocks: (columns, columns)."""
    where = one.code * other.size + other.code
    table = np.bincount(where, other.scaled(one.scaled(factor)), one.size * other.size)
    return np.asarray(table.reshape(one.size, other.size), dtype=np.float64)
