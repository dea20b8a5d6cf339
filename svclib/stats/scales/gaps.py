"""Perceptions and expectations as pairs, by item and dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import check_columns
from svclib.stats.design.bounded import Scale
from svclib.stats.design.values import Data, answers_of, frame_of
from svclib.stats.marks import _

Pair = tuple[Floats, Floats | None]


@dataclass(frozen=True)
class Gaps:
    """Answers to the items.

    Attributes
    ----------
    items : dict
        Dimension → items.
    pairs : dict
        (dimension, item) → perceptions and expectations, (rows,) each; NaN in both where one is missing.
    """

    items: dict[str, list[str]]
    pairs: dict[tuple[str, str], Pair]

    def dimension(self, name: str) -> Pair:
        """Give each respondent's means over the items of a dimension that were answered."""
        pairs = [self.pairs[name, item] for item in self.items[name]]
        expected = [e for _p, e in pairs if e is not None]
        return row_means([p for p, _e in pairs]), row_means(expected) if expected else None


def read_gaps(
    data: Data, dimensions: Mapping[str, Sequence[str]], perception: str, expectation: str | None, scale: Scale | None
) -> Gaps:
    """Read the items of all dimensions.

    Raises
    ------
    InvalidInput
        If there is no dimension or one without items, or naming the column that is absent, is no number, or leaves
        the scale.
    """
    if not isinstance(dimensions, Mapping):
        raise InvalidInput(_("dimensions must be a dict from each dimension to its items."))
    if not dimensions or not all(len(items) for items in dimensions.values()):
        raise InvalidInput(_("dimensions is empty; give the items of each dimension."))
    items = {str(name): [str(item) for item in members] for name, members in dimensions.items()}
    wanted = [(name, item) for name, members in items.items() for item in members]
    for pattern in (perception, expectation):
        if pattern is not None:
            check_columns(frame_of(data), [column_of(pattern, *one) for one in wanted])
    return Gaps(items, {one: _pair(data, one, perception, expectation, scale) for one in wanted})


def column_of(pattern: str, dimension: str, item: str) -> str:
    """Fill in a pattern.

    >>> column_of("p{}", "tangibles", "t1"), column_of("{dimension}_p__{item}", "tangibles", "t1")
    ('pt1', 'tangibles_p__t1')

    Raises
    ------
    InvalidInput
        If the pattern has other places.
    """
    try:
        return pattern.format(item, dimension=dimension, item=item)
    except (IndexError, KeyError, ValueError) as fault:
        raise InvalidInput(
            _('The pattern "{pattern}" cannot be filled in; give a place for the item, as in {example}.'),
            pattern=pattern,
            example="p{}, {dimension}_p__{item}",
        ) from fault


def _pair(data: Data, one: tuple[str, str], perception: str, expectation: str | None, scale: Scale | None) -> Pair:
    p = answers_of(data, column_of(perception, *one), scale)
    if expectation is None:
        return p, None
    e = answers_of(data, column_of(expectation, *one), scale)
    lost = np.isnan(p) | np.isnan(e)
    return np.where(lost, np.nan, p), np.where(lost, np.nan, e)


def row_means(columns: Sequence[Floats]) -> Floats:
    """Give each respondent's mean of what was answered; NaN where nothing was."""
    stacked = np.column_stack(columns)
    there = ~np.isnan(stacked)
    count = there.sum(axis=1)
    total = np.where(there, stacked, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
