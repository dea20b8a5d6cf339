"""Reading columns: every complaint names the column and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from numbers import Real

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.marks import _


def check_frame(data: object) -> pd.DataFrame:
    """Return `data` if it is a frame."""
    if not isinstance(data, pd.DataFrame):
        raise InvalidInput(_("A pandas frame is needed, not {kind}."), kind=type(data).__name__)
    return data


def check_columns(data: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise `InvalidInput` for the first name that `data` has not, with the names that come close."""
    for name in names:
        if name not in data.columns:
            _missing(data, name)
    repeated = [name for name in names if list(data.columns).count(name) > 1]
    if repeated:
        raise InvalidInput(_('The column "{column}" is there twice; rename one of them.'), column=repeated[0])


def _missing(data: pd.DataFrame, name: str) -> None:
    known = [str(column) for column in data.columns]
    close = get_close_matches(str(name), known, n=3) or known[:8]
    raise InvalidInput(
        _('There is no column "{column}"; the frame has {known}.'), column=name, known=", ".join(close) or "no columns"
    )


def names_of(by: str | Sequence[str] | None) -> list[str]:
    """Give the names of `by` as a list.

    >>> names_of("branch"), names_of(None), names_of(["branch", "month"])
    (['branch'], [], ['branch', 'month'])
    """
    if by is None:
        return []
    return [by] if isinstance(by, str) else list(by)


def numbers(data: pd.DataFrame, column: str) -> Floats:
    """Read `column` as floats, missing as NaN.

    Raises
    ------
    InvalidInput
        If the column is absent, holds text or dates, or an infinite number.
    """
    check_columns(data, [column])
    series = data[column]
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype if len(series.cat.categories) else float)
    if not pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_complex_dtype(series.dtype):
        _check_objects(series, column)
    values = pd.to_numeric(series).to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        raise InvalidInput(_('The column "{column}" holds an infinite number; make it missing.'), column=column)
    return values


def _check_objects(series: pd.Series, column: str) -> None:
    kept = series[series.notna()]
    bad = [value for value in kept if not isinstance(value, Real)]
    if bad:
        raise InvalidInput(
            _(
                'The column "{column}" holds {value}, which is no number; choose a column of numbers or convert it '
                "(pandas.to_numeric)."
            ),
            column=column,
            value=repr(bad[0])[:60],
        )


def matrix(data: pd.DataFrame, items: Sequence[str] | None = None) -> tuple[list[str], Floats]:
    """Read respondents × items as floats; without `items` all columns."""
    frame = check_frame(data)
    names = [str(name) for name in (frame.columns if items is None else items)]
    if not names:
        raise InvalidInput(_("There are no items: give a frame with one column an item."))
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    return names, np.column_stack([numbers(frame, name) for name in names])


def check_range(values: Floats, column: str, lowest: float, highest: float) -> None:
    """Raise `InvalidInput` if an answer lies outside its scale."""
    outside = values[(values < lowest) | (values > highest)]
    if len(outside):
        raise InvalidInput(
            _(
                'The column "{column}" holds {value}, outside the scale {lowest}–{highest}; choose another column or '
                "give the scale's ends."
            ),
            column=column,
            value=f"{outside[0]:g}",
            lowest=f"{lowest:g}",
            highest=f"{highest:g}",
        )
