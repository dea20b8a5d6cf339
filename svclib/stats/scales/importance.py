"""How much each dimension matters to each respondent: points or ranks, as weights that add up to 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.design.values import Data, answers_of
from svclib.stats.marks import _


def read_importance(
    data: Data, dimensions: Sequence[str], columns: str | Mapping[str, str] | None, *, ranked: bool
) -> dict[str, Floats] | None:
    """Give each dimension's weights, (rows,) each, NaN for who did not give them all; None without columns.

    Raises
    ------
    InvalidInput
        If a dimension has no column, points are negative, or ranks are none.
    """
    if columns is None:
        return None
    named = {name: _column(columns, name) for name in dimensions}
    table = np.column_stack([_points(data, column) for column in named.values()])
    shares = _centroids(table, list(named.values())) if ranked else ratio(table, table.sum(axis=1, keepdims=True))
    return dict(zip(dimensions, shares.T, strict=True))


def _column(columns: str | Mapping[str, str], dimension: str) -> str:
    if isinstance(columns, str):
        return columns.replace("{}", dimension).replace("{dimension}", dimension)
    if dimension not in columns:
        raise InvalidInput(
            _('importance names no column for the dimension "{dimension}"; name one for each.'), dimension=dimension
        )
    return columns[dimension]


def _points(data: Data, column: str) -> Floats:
    points = answers_of(data, column)
    if (points < 0).any():
        raise InvalidInput(_('The column "{column}" holds negative points; give 0 or more.'), column=column)
    return points


def _centroids(ranks: Floats, columns: list[str]) -> Floats:
    """Turn ranks 1…k into weights, the mean over all weights of that order: (1/k) Σ_{j ≥ rank} 1/j."""
    known: Bools = np.asarray(~np.isnan(ranks).any(axis=1))
    count = ranks.shape[1]
    bad = known & (np.sort(ranks, axis=1) != np.arange(1, count + 1)).any(axis=1)
    if bad.any():
        raise InvalidInput(
            _("The ranks in {columns} are not 1 to {count} in row {row}; rank them all, without ties, or give points."),
            columns=", ".join(columns[:5]),
            count=count,
            row=int(np.argmax(bad)) + 1,
        )
    weights = np.cumsum(1 / np.arange(count, 0, -1))[::-1] / count
    place = np.where(known[:, None], ranks, 1).astype(np.int64) - 1
    return np.where(known[:, None], weights[place], np.nan)


def weighted_mean(columns: Sequence[Floats], shares: Sequence[Floats]) -> Floats:
    """Give each respondent's mean of the columns that are there, weighted by this respondent's shares."""
    values, weights = np.column_stack(columns), np.column_stack(shares)
    there = ~np.isnan(values) & ~np.isnan(weights)
    held = np.where(there, weights, 0)
    return ratio((held * np.where(there, values, 0)).sum(axis=1), held.sum(axis=1))
