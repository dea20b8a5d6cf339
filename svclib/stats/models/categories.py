"""The ordered categories that an ordinal model explains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Ints
from svclib.stats.columns import check_columns, numbers
from svclib.stats.marks import _
from svclib.stats.models.outcomes import check_name

MOST = 30
"""A column of more values than this is a measurement, not a choice among ordered categories."""


def read_categories(data: pd.DataFrame, column: str) -> tuple[Ints, list[Any]]:
    """Read a column of ordered categories: a code for each row (−1 where missing), and the categories in order.

    Raises
    ------
    InvalidInput
        If the order of its text is not known, or if there are too many values.
    """
    check_name(column)
    check_columns(data, [column])
    series = data[column]
    if isinstance(series.dtype, pd.CategoricalDtype) and (series.cat.ordered or _numeric(series)):
        ordered = series.cat.reorder_categories(sorted(series.cat.categories)) if not series.cat.ordered else series
        return np.asarray(ordered.cat.codes, dtype=np.int64), list(ordered.cat.categories)
    if not pd.api.types.is_numeric_dtype(series.dtype) and series.map(lambda one: isinstance(one, str)).any():
        raise InvalidInput(
            _(
                'The order of the answers in "{column}" is not known; make them ordered categories '
                "(pandas.Categorical(…, ordered=True)) or numbers."
            ),
            column=column,
        )
    values = numbers(data, column)
    found = np.unique(values[~np.isnan(values)])
    if len(found) > MOST:
        raise InvalidInput(
            _('The column "{column}" has {count} different values, too many for ordered categories; take glm.'),
            column=column,
            count=len(found),
        )
    codes = np.where(np.isnan(values), -1, np.searchsorted(found, values))
    return codes.astype(np.int64), [int(one) if one == int(one) else float(one) for one in found]


def _numeric(series: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(series.cat.categories.dtype)


def chosen(codes: Ints, categories: list[Any], column: str) -> tuple[Ints, list[Any], list[Any]]:
    """Leave out the categories that nobody chose: new codes, categories that stay, categories that go.

    Raises
    ------
    InvalidInput
        If fewer than three are left.
    """
    counts = np.bincount(codes, minlength=len(categories))
    kept = np.flatnonzero(counts)
    if len(kept) < 3:
        raise InvalidInput(
            _(
                'Only {count} categories of "{column}" are chosen in the complete rows, and an ordinal model needs '
                'three; for two take glm with family="binomial".'
            ),
            column=column,
            count=len(kept),
        )
    renamed = np.cumsum(counts > 0) - 1
    stay = [categories[one] for one in kept]
    return np.asarray(renamed[codes], dtype=np.int64), stay, [categories[one] for one in np.flatnonzero(counts == 0)]
