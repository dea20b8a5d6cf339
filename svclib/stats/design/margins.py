"""What is known of the population: sizes of categories and totals of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import check_columns, numbers
from svclib.stats.design.blocks import Block
from svclib.stats.marks import _

_AGREE = 1e-9
"""Relative difference of two population totals that counts as rounding."""


@dataclass(frozen=True)
class Margin:
    """A column as the population has it.

    Attributes
    ----------
    column : str
    block : Block
        Its categories, or its numbers.
    labels : tuple
        Names of the categories; empty for numbers.
    population : (columns,) float
        Sizes of the categories, or the total of the numbers.
    """

    column: str
    block: Block
    labels: tuple[Any, ...]
    population: Floats

    @property
    def numeric(self) -> bool:
        """Whether it is a total of numbers."""
        return self.block.values is not None

    def sums(self, weights: Floats) -> Floats:
        """Give what `weights` come to: (columns,) or (columns, replicates)."""
        block = self.block
        if weights.ndim == 1:
            return np.bincount(block.code, block.scaled(weights), block.size).astype(np.float64)
        rows = np.arange(len(block.code))
        values = block.scaled(np.ones(len(rows)))
        member = sparse.csr_matrix((values, (block.code, rows)), shape=(block.size, len(rows)))
        return np.asarray(member @ weights)


def read_margin(data: pd.DataFrame, column: str, population: Any) -> Margin:
    """Read and check a margin of categories: every one of the column, and no other, with its population above 0."""
    check_columns(data, [column])
    series = data[column]
    _check_answered(series, column)
    known = _population(column, population)
    codes, found = _factorised(series, column)
    position = pd.Index(list(known), dtype=object).get_indexer(pd.Index(found.astype(object)))
    _check_categories(column, found, position, list(known))
    group = position.astype(np.int64)[codes]
    return Margin(column, Block(group, len(known)), tuple(known), np.array(list(known.values())))


def _factorised(series: pd.Series, column: str) -> tuple[Any, Any]:
    try:
        return pd.factorize(series)
    except TypeError:
        raise InvalidInput(
            _('The column "{column}" holds lists or the like, which are no categories; give one value a row.'),
            column=column,
        ) from None


def read_total(data: pd.DataFrame, column: str, total: float) -> Margin:
    """Read and check a margin of numbers."""
    values = numbers(data, column)
    _check_answered(pd.Series(values), column)
    if not np.isfinite(total):
        raise InvalidInput(
            _('The population total of "{column}" is {total}; give a finite number.'), column=column, total=str(total)
        )
    code: Ints = np.zeros(len(values), dtype=np.int64)
    return Margin(column, Block(code, 1, values), (), np.array([float(total)]))


def read_margins(data: pd.DataFrame, given: Any) -> list[Margin]:
    """Read a dict of margins: categories by a dict or a series, totals by a number."""
    if not isinstance(given, Mapping) or not given:
        raise InvalidInput(
            _("Calibration needs margins: a dict from column to the population of its categories, or to a total.")
        )
    return [
        read_total(data, column, float(known))
        if isinstance(known, Real) and not isinstance(known, bool)
        else read_margin(data, column, known)
        for column, known in given.items()
    ]


def _check_answered(series: pd.Series, column: str) -> None:
    if series.isna().any():
        raise InvalidInput(
            _('The column "{column}" is empty in {count} rows; a margin needs a value for each respondent.'),
            column=column,
            count=int(series.isna().sum()),
        )


def _population(column: str, given: Any) -> dict[Any, float]:
    if not isinstance(given, Mapping | pd.Series):
        raise InvalidInput(
            _('The margin of "{column}" must give each category its population, as a dict or a series; not {kind}.'),
            column=column,
            kind=type(given).__name__,
        )
    known = {}
    for category, count in given.items():
        known[category] = _count(column, category, count)
    return known


def _count(column: str, category: Any, count: Any) -> float:
    try:
        number = float(count)
    except (TypeError, ValueError):
        number = np.nan
    if not 0 < number < np.inf:
        raise InvalidInput(
            _('The population of "{category}" in the margin "{column}" is {count}; give a number above 0.'),
            category=str(category),
            column=column,
            count=str(count),
        )
    return number


def _size(population: Any) -> float:
    if isinstance(population, bool) or not isinstance(population, Real) or not 0 < float(population) < np.inf:
        raise InvalidInput(_("population is {count}; give a number above 0."), count=str(population))
    return float(population)


def _check_categories(column: str, found: Any, position: Ints, labels: list[Any]) -> None:
    if (position < 0).any():
        raise InvalidInput(
            _(
                'The margin of "{column}" has no population for "{category}"; add it, or merge it with another '
                "category."
            ),
            column=column,
            category=str(found[np.argmax(position < 0)]),
        )
    empty = np.setdiff1d(np.arange(len(labels)), position)
    if len(empty):
        raise InvalidInput(
            _('Nobody in "{column}" is "{category}", which the margin names; merge it with another category.'),
            column=column,
            category=str(labels[empty[0]]),
        )


def check_totals(margins: Sequence[Margin], population: float | None = None) -> float | None:
    """Give the size of the population that the margins of categories agree on; None if no margin tells it.

    Raises
    ------
    InvalidInput
        If two speak of populations of different size.
    """
    sizes = [(f'"{one.column}"', float(one.population.sum())) for one in margins if not one.numeric]
    if population is not None:
        sizes.insert(0, ("population", _size(population)))
    for name, size in sizes:
        if abs(size - sizes[0][1]) > _AGREE * sizes[0][1]:
            raise InvalidInput(
                _(
                    "The margins disagree: {first} adds up to {total:.10g} and {second} to {other:.10g}; give all the "
                    "same population."
                ),
                first=sizes[0][0],
                total=sizes[0][1],
                second=name,
                other=size,
            )
    return sizes[0][1] if sizes else None
