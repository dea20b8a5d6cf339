"""Columns as the chained equations need them: numbers about their mean, categories as codes, and back again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import numbers
from svclib.stats.marks import _
from svclib.stats.missing.patterns import chosen

MOST_CATEGORIES = 50
"""A column of more categories is a name or a text, not an answer."""
LEAST_ANSWERS = 10
"""From fewer answers no other can be guessed."""


@dataclass(frozen=True)
class Variable:
    """One column.

    Attributes
    ----------
    name : str
    values : (rows,) float
        Numbers, or the codes of `labels`; NaN where missing.
    labels : tuple, optional
        The categories; empty for numbers.
    """

    name: str
    values: Floats
    labels: tuple[Any, ...] = ()

    @property
    def lost(self) -> Bools:
        """Rows where it is missing."""
        return np.asarray(np.isnan(self.values), dtype=np.bool_)


def read_variables(data: pd.DataFrame, columns: Sequence[str] | None) -> list[Variable]:
    """Read the columns of an imputation.

    Raises
    ------
    InvalidInput
        Naming the column that holds dates or texts, or has too few answers.
    """
    return [_variable(data, name) for name in chosen(data, columns)]


def _variable(data: pd.DataFrame, name: str) -> Variable:
    series = data[name]
    if int(series.notna().sum()) < LEAST_ANSWERS:
        raise InvalidInput(
            _('The column "{column}" has {count} answers, too few to guess the others by; leave it out.'),
            column=name,
            count=int(series.notna().sum()),
        )
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        raise InvalidInput(_('The column "{column}" holds dates; leave it out or turn it into numbers.'), column=name)
    numeric = pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype)
    if numeric:
        return Variable(name, numbers(data, name))
    coded = series.astype("category").cat.remove_unused_categories()
    labels = tuple(coded.cat.categories)
    if len(labels) > MOST_CATEGORIES:
        raise InvalidInput(
            _('The column "{column}" has {count} different texts, too many to be categories; leave it out.'),
            column=name,
            count=len(labels),
        )
    codes = coded.cat.codes.to_numpy(dtype=float)
    return Variable(name, np.where(codes < 0, np.nan, codes), labels)


def decoded(series: pd.Series, variable: Variable, values: Floats) -> pd.Series:
    """Put completed values into the column as it was, with its type."""
    lost = variable.lost
    out = series.copy()
    filled: Any = values[lost]
    if variable.labels:
        filled = np.array(variable.labels, dtype=object)[filled.astype(int)]
    if pd.api.types.is_integer_dtype(out.dtype) and (filled != np.round(filled)).any():
        out = out.astype("Float64")
    out.loc[lost] = filled
    return out


def block(values: Floats, labels: tuple[Any, ...]) -> Floats:
    """Give a completed column as predictors: standardised, or indicators of all categories but the first."""
    if labels:
        return np.asarray((values[:, None] == np.arange(1, len(labels))).astype(np.float64))
    spread = values.std()
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))[:, None]
