"""Ordinal answers to a factor model: categories, and the least squares they are fitted by.

Diagonally weighted least squares of the thresholds and polychoric correlations (Muthén, du Toit and Spisic 1997).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.factor_models.asymptotic import Ordinal, ordinal_statistics
from svclib.stats.factor_models.moments import Layout
from svclib.stats.factor_models.parameters import Table
from svclib.stats.factor_models.reading import Answers, where_of
from svclib.stats.factor_models.robust import total_covariance
from svclib.stats.marks import _

MOST = 15
"""An item of more different answers is a measurement, not a choice among categories."""


@dataclass(frozen=True, eq=False)
class OrdinalEvidence:
    """Thresholds and polychoric correlations; the discrepancy is half their squares, each by its own variance.

    Attributes
    ----------
    statistics : tuple of (moments,) float
        One array a group.
    blocks : tuple of (moments, moments) float
        Covariance of the statistics: one a group, or one of all groups together if the design ties them.
    weights : tuple of (moments,) float
        1 / (n · variance).
    correlations : tuple of (items, items) float
    careful : function
        Gives `blocks` for small samples.
    """

    where: Layout
    size: float
    statistics: tuple[Floats, ...]
    blocks: tuple[Floats, ...]
    weights: tuple[Floats, ...]
    correlations: tuple[Floats, ...]
    careful: Callable[[], tuple[Floats, ...]] = tuple

    @cached_property
    def careful_blocks(self) -> tuple[Floats, ...]:
        """Covariance of the statistics as intervals take it."""
        return self.careful()

    def value(self, moments: Sequence[Floats]) -> float:
        """Discrepancy."""
        parts = zip(self.statistics, moments, self.weights, strict=True)
        return 0.5 * sum(float(weight @ (there - one) ** 2) for there, one, weight in parts)

    def gradient(self, moments: Sequence[Floats]) -> list[Floats]:
        """Derivative by the moments of each group."""
        parts = zip(self.statistics, moments, self.weights, strict=True)
        return [weight * (one - there) for there, one, weight in parts]

    def information(self, moments: Sequence[Floats], *, observed: bool = False) -> list[Floats]:
        """Curvature by the moments of each group, the diagonal alone."""
        return list(self.weights)

    def curvature(self, table: Table, values: Floats, moments: Sequence[Floats]) -> Floats:
        """Nothing: steps of Gauss and Newton are close enough near the minimum of a sum of squares."""
        return np.zeros((table.count, table.count))

    def saturated(self) -> list[Floats]:
        """The statistics themselves."""
        return list(self.statistics)

    def matrices(self, moments: Floats, group: int) -> tuple[Floats, Floats]:
        """Correlations; there are no means."""
        out = np.eye(len(self.correlations[group]))
        pairs = moments[len(self.where.item) :]
        out[self.where.first, self.where.second] = out[self.where.second, self.where.first] = pairs
        return np.zeros(0), out


def read_categories(answers: Answers) -> tuple[list[Ints], Ints]:
    """Number the categories of each item over all groups: codes a group (−1 where missing), and how many there are.

    Raises
    ------
    InvalidInput
        For an item of one category or of more than `MOST`, or a category that nobody of a group chose.
    """
    whole = np.concatenate(answers.values)
    codes = np.full(whole.shape, -1, dtype=np.int64)
    counts = np.zeros(len(answers.items), dtype=np.int64)
    for at, item in enumerate(answers.items):
        there = ~np.isnan(whole[:, at])
        known, codes[there, at] = np.unique(whole[there, at], return_inverse=True)
        counts[at] = len(known)
        _check_count(item, len(known))
    split = np.split(codes, np.cumsum(answers.sizes)[:-1])
    for group, some in enumerate(split):
        _check_chosen(answers, group, some, counts, whole)
    return split, counts


def _check_count(item: str, count: int) -> None:
    if count < 2:
        raise InvalidInput(
            _('Everybody gave the item "{item}" the same answer{group}; leave it out.'), item=item, group=""
        )
    if count > MOST:
        raise InvalidInput(
            _('The item "{item}" has {count} different answers; take estimator="mlr", or merge them into categories.'),
            item=item,
            count=count,
        )


def _check_chosen(answers: Answers, group: int, codes: Ints, counts: Ints, whole: Floats) -> None:
    for at, item in enumerate(answers.items):
        chosen = np.bincount(codes[codes[:, at] >= 0, at], minlength=counts[at])
        if not chosen.all():
            answer = np.unique(whole[~np.isnan(whole[:, at]), at])[np.argmin(chosen)]
            raise InvalidInput(
                _(
                    'Nobody chose the answer {answer} to the item "{item}"{group}; merge it with its neighbour in all '
                    "groups (stats.merge_rare), or leave the group out."
                ),
                answer=f"{answer:g}",
                item=item,
                group=where_of(answers, group),
            )


def read_ordinal(answers: Answers, where: Layout, codes: Sequence[Ints], categories: Ints) -> OrdinalEvidence:
    """Estimate the statistics of every group and their covariance.

    Raises
    ------
    InvalidInput
        For a pair of items whose table tells no correlation below 1.
    """
    pairs = zip(codes, answers.weights, strict=True)
    plain = answers.sampling is None
    found = [ordinal_statistics(code, categories, None if plain else weight) for code, weight in pairs]
    for group, one in enumerate(found):
        _check_told(answers, group, one)
    blocks = _blocks(answers, [one.influence for one in found])
    variances = np.split(np.concatenate([np.diag(block) for block in blocks]), len(found))
    return OrdinalEvidence(
        where=where,
        size=float(answers.size),
        statistics=tuple(one.statistics for one in found),
        blocks=blocks,
        weights=tuple(1 / (answers.size * one) for one in variances),
        correlations=tuple(one.correlations for one in found),
        careful=lambda: _blocks(answers, [one.careful_influence for one in found]),
    )


def _blocks(answers: Answers, influences: Sequence[Floats]) -> tuple[Floats, ...]:
    """Covariance of the statistics, with the divisor n − 1 that a design has of itself."""
    blocks = total_covariance(answers, influences)
    if answers.sampling is not None:
        return tuple(blocks)
    return tuple(block * n / (n - 1) for block, n in zip(blocks, answers.sizes, strict=True))


def _check_told(answers: Answers, group: int, found: Ordinal) -> None:
    if found.told:
        return
    rows, columns = np.tril_indices(len(answers.items), -1)
    bad = np.flatnonzero(~(np.abs(found.correlations[rows, columns]) < 1))[0]
    raise InvalidInput(
        _(
            'The answers to "{first}" and "{second}" leave no doubt about each other{group}, so their correlation '
            "cannot be told; merge rare categories, gather more answers or leave one out."
        ),
        first=answers.items[columns[bad]],
        second=answers.items[rows[bad]],
        group=where_of(answers, group),
    )
