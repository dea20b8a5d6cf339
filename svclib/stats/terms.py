"""Columns as the terms of a regression: numbers as they are, categories as indicators against the first one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.marks import _

INTERCEPT = "intercept"
_LARGEST = 1e100
"""Squares of larger numbers overflow; no answer is one."""
_ROUNDING = 1e-14
"""Part of a column's largest value below which its spread is rounding."""
_DEPENDENT = 1e-9
"""A column whose distance from the span of those before it is a smaller part of its length depends on them."""


@dataclass(frozen=True)
class Terms:
    """The matrix of a regression.

    Attributes
    ----------
    names : tuple of str
        One a column of `matrix`: ``intercept``, ``column``, ``column[category]``, ``first:second``.
    matrix : (rows, terms) float
        0 in rows that are not `known`.
    known : (rows,) bool
        Rows with every column answered.
    columns : tuple of str
        One a column of `matrix`: the name in the call that it came from, or ``intercept``.
    levels : dict
        The categories of each column of text or categories, the reference first.
    """

    names: tuple[str, ...]
    matrix: Floats
    known: Bools
    columns: tuple[str, ...] = ()
    levels: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


def read_terms(
    data: pd.DataFrame,
    columns: str | Sequence[str],
    *,
    intercept: bool = True,
    levels: Mapping[str, Sequence[Any]] | None = None,
) -> Terms:
    """Read the columns as terms.

    Parameters
    ----------
    data : DataFrame
    columns : str or list of str
        Numbers, booleans, text or categories; ``"first:second"`` is the product of two columns' terms.
    intercept : bool
        Whether a column of ones comes first.
    levels : dict, optional
        Categories of an earlier reading (`Terms.levels`), so that another frame gives the same terms.

    Raises
    ------
    InvalidInput
        Naming a column that is absent or named twice, or a category that `levels` has not.

    Examples
    --------
    >>> visits = pd.DataFrame({"wait": [1.0, 2, 3], "channel": ["app", "branch", "app"]})
    >>> read_terms(visits, ["wait", "channel"]).names
    ('intercept', 'wait', 'channel[branch]')
    """
    check_frame(data)
    wanted = names_of(columns)
    if not wanted:
        raise InvalidInput(_("Name at least one column that explains."))
    repeated = [name for name in wanted if wanted.count(name) > 1]
    if repeated:
        raise InvalidInput(_('The column "{column}" is named twice; name each once.'), column=repeated[0])
    found: dict[str, tuple[Any, ...]] = {}
    named = [(column, *part) for column in wanted for part in _terms(data, column, levels, found)]
    if intercept:
        named.insert(0, (INTERCEPT, INTERCEPT, np.full(len(data), 1.0)))
    sources, names, values = zip(*named, strict=True) if named else ((), (), (np.zeros((len(data), 0)),))
    matrix = np.column_stack(values)
    known: Bools = np.asarray(~np.isnan(matrix).any(axis=1), dtype=np.bool_)
    return Terms(tuple(names), np.where(known[:, None], matrix, 0.0), known, tuple(sources), found)


_Levels = Mapping[str, Sequence[Any]]


def _terms(
    data: pd.DataFrame, column: str, levels: _Levels | None, found: dict[str, tuple[Any, ...]]
) -> list[tuple[str, Floats]]:
    if column in data.columns or ":" not in column:
        return _main(data, column, levels, found)
    first, second = (_terms(data, part, levels, found) for part in column.split(":", 1))
    return [(f"{a}:{b}", left * right) for a, left in first for b, right in second]


def _main(
    data: pd.DataFrame, column: str, levels: _Levels | None, found: dict[str, tuple[Any, ...]]
) -> list[tuple[str, Floats]]:
    check_columns(data, [column])
    series = data[column]
    if levels is None or column not in levels:
        if pd.api.types.is_bool_dtype(series.dtype):
            return [(column, np.asarray(series.astype("Float64").to_numpy(dtype=float, na_value=np.nan)))]
        if levels is not None or pd.api.types.is_numeric_dtype(series.dtype):
            return [(column, _number(data, column))]
    chosen = _categories(series, column, None if levels is None else levels[column])
    found[column] = tuple(chosen.cat.categories)
    codes = chosen.cat.codes.to_numpy()
    there = np.where(codes < 0, np.nan, 1.0)
    return [
        (f"{column}[{label}]", np.asarray(np.where(codes == code, there, 0.0 * there)))
        for code, label in enumerate(chosen.cat.categories)
        if code
    ]


def _number(data: pd.DataFrame, column: str) -> Floats:
    values = numbers(data, column)
    if (np.abs(values) > _LARGEST).any():
        raise InvalidInput(
            _('The column "{column}" holds a number beyond 1e100; mend it or make it missing.'), column=column
        )
    return values


def _categories(series: pd.Series, column: str, known: Sequence[Any] | None) -> pd.Series:
    """Read a column as categories: those that occur, or the `known` ones."""
    if known is None:
        return series.astype("category").cat.remove_unused_categories()
    chosen = series.astype(object).astype(pd.CategoricalDtype(list(known)))
    strangers = series[chosen.isna() & series.notna()]
    if len(strangers):
        raise InvalidInput(
            _('The column "{column}" holds "{category}", which the fit has not seen; it knows {known}.'),
            column=column,
            category=str(strangers.iloc[0]),
            known=", ".join(map(str, known)),
        )
    return chosen


def check_independent(terms: Terms, rows: Bools) -> None:
    """Raise `InvalidInput` if a term does not vary over `rows`, or follows from those before it.

    Also where there are no more rows than terms.
    """
    used = terms.matrix[rows]
    if len(used) <= len(terms.names):
        raise InvalidInput(
            _("{terms} terms cannot be told from {rows} complete rows; name fewer columns or merge categories."),
            terms=len(terms.names),
            rows=len(used),
        )
    scale = np.abs(used).max(axis=0)
    used = used / np.where(scale > 0, scale, 1.0)
    about = used - used.mean(axis=0) if INTERCEPT in terms.names else used
    basis = np.zeros((len(used), 0))
    for position, name in enumerate(terms.names):
        column = used[:, position] if name == INTERCEPT else about[:, position]
        left = column - basis @ (basis.T @ column)
        left = left - basis @ (basis.T @ left)
        size, length = float(np.linalg.norm(left)), float(np.linalg.norm(column))
        if size <= max(_DEPENDENT * length, _ROUNDING):
            _dependent(terms, used, position, name)
        basis = np.column_stack([basis, left / size])


def _dependent(terms: Terms, used: Floats, position: int, name: str) -> None:
    if np.ptp(used[:, position]) == 0:
        raise InvalidInput(
            _('The column "{column}" has the same value in all complete rows; leave it out.'), column=name
        )
    share = np.linalg.lstsq(used[:, :position], used[:, position], rcond=None)[0]
    others = [terms.names[one] for one in np.flatnonzero(np.abs(share) > 1e-6) if terms.names[one] != INTERCEPT]
    raise InvalidInput(
        _('The column "{column}" follows exactly from {others}; leave one of them out.'),
        column=name,
        others=", ".join(others),
    )
