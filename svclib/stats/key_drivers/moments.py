"""Second moments of outcome, controls and drivers, as sums over units that a bootstrap can weigh anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.key_drivers.reading import Reading
from svclib.stats.key_drivers.sweeping import sweep
from svclib.stats.marks import _

_SMALLEST = 1e-10
"""A smallest eigenvalue of correlations below this means that they contradict each other."""


class Source(Protocol):
    """Where second moments come from."""

    def columns(self) -> Iterator[Floats]:
        """Give the columns to sum over rows, weighted."""

    def moments(self, sums: Floats) -> Floats:
        """Make centred moments (terms + 1, terms + 1, draws) of the sums (draws, columns)."""


@dataclass(frozen=True)
class Complete:
    """Moments of the complete rows."""

    reading: Reading

    def columns(self) -> Iterator[Floats]:
        """Weights, weighted columns, and weighted products."""
        return cross_products(self.reading.matrix, self.reading.weights * self.reading.used)

    def moments(self, sums: Floats) -> Floats:
        """Put the sums into a matrix and take the means out."""
        size = self.reading.matrix.shape[1] + 1
        return centred(symmetric(sums, size))


def cross_products(matrix: Floats, weights: Floats) -> Iterator[Floats]:
    """Weighted products of every two columns, a column of ones before them: the upper triangle, row by row."""
    yield weights
    for first in matrix.T:
        yield weights * first
    for i in range(matrix.shape[1]):
        for j in range(i, matrix.shape[1]):
            yield weights * matrix[:, i] * matrix[:, j]


def symmetric(values: Floats, size: int) -> Floats:
    """Fill (size, size, draws) from the upper triangles in rows (draws, size (size + 1) / 2)."""
    out = np.empty((size, size, len(values)))
    rows, columns = np.triu_indices(size)
    out[rows, columns] = out[columns, rows] = values[:, : len(rows)].T
    return out


def centred(raw: Floats) -> Floats:
    """Take the constant, the first column, out of raw moments and divide by the sum of weights."""
    weight = raw[0, 0]
    scale = np.where(weight > 0, 1 / np.where(weight > 0, weight, 1.0), 0.0)
    return sweep(raw, weight) * scale


@dataclass(frozen=True)
class Pairwise:
    """Moments of each pair of columns from the rows that have both; variances from the rows that have the one."""

    reading: Reading

    def columns(self) -> Iterator[Floats]:
        """For each pair the weight, both sums, both squares, and the product."""
        matrix, weights = self.reading.matrix, self.reading.weights
        there = self.reading.there.astype(float)
        for i, j in zip(*np.triu_indices(matrix.shape[1]), strict=True):
            both = weights * there[:, i] * there[:, j]
            first, second = matrix[:, i], matrix[:, j]
            yield from (both, both * first, both * second, both * first**2, both * second**2, both * first * second)

    def moments(self, sums: Floats) -> Floats:
        """Make correlations of the pairs and give them the columns' own variances."""
        size = self.reading.matrix.shape[1]
        weight, first, second, left, right, product = np.moveaxis(sums.reshape(len(sums), -1, 6), 2, 0)
        spread = np.sqrt(np.maximum((left - ratio(first**2, weight)) * (right - ratio(second**2, weight)), 0))
        together = symmetric(np.nan_to_num(ratio(product - ratio(first * second, weight), spread)), size)
        own = symmetric(np.nan_to_num(ratio(left, weight) - ratio(first, weight) ** 2), size)
        deviation = np.sqrt(np.maximum(np.einsum("iid->id", own), 0))
        return np.asarray(together * deviation[:, None] * deviation[None])


def check_consistent(moments: Floats) -> None:
    """Raise `InvalidInput` if moments of pairs cannot belong to one sample."""
    deviation = np.sqrt(np.diag(moments[:, :, 0]))
    if np.linalg.eigvalsh(moments[:, :, 0] / np.outer(deviation, deviation))[0] < _SMALLEST:
        raise InvalidInput(
            _(
                "The correlations of answers in pairs contradict each other, because too many are missing; take "
                'missing="complete", or fill them in first.'
            )
        )
