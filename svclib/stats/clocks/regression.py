"""What the regressions of times have in common: their terms, their frame, the terms of new cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from scipy.special import ndtr, stdtr

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.clocks.spells import ClockNote
from svclib.stats.columns import check_columns
from svclib.stats.estimate import estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _
from svclib.stats.terms import INTERCEPT, Terms, check_independent, read_terms

_FEW_EVENTS = 10


def read_explaining(data: pd.DataFrame, columns: Sequence[str]) -> Terms:
    """Read the terms that explain, without a level of their own.

    Raises
    ------
    InvalidInput
        Naming a column that is absent, or that has a single category.
    """
    for column in columns:
        part = _parts(column, data)
        check_columns(data, part)
        single = [name for name in part if not is_numeric_dtype(data[name].dtype) and data[name].nunique() < 2]
        if single:
            raise InvalidInput(
                _('The column "{column}" has the same value in all complete rows; leave it out.'), column=single[0]
            )
    return read_terms(data, columns, intercept=False)


def check_terms(read: Terms, rows: Ints) -> None:
    """Raise `InvalidInput` for a term that does not vary in `rows`, or follows from others."""
    used = np.zeros(len(read.known), dtype=np.bool_)
    used[rows] = True
    with_level = np.column_stack([np.ones(len(used)), read.matrix])
    check_independent(Terms((INTERCEPT, *read.names), with_level, read.known), used)


def ratio_frame(
    names: Sequence[str],
    beta: Floats,
    vcov: Floats,
    endless: Bools,
    *,
    df: float,
    n: int,
    events: int,
    level: float,
    method: str,
) -> pd.DataFrame:
    """Give the frame of logarithms of hazard ratios, with the ratios and the test behind."""
    known, error = np.where(endless, np.nan, beta), np.sqrt(np.diag(vcov))
    degrees = np.full(len(beta), df)
    low, high = t_interval(known, error, degrees, level)
    frame = estimates(
        pd.DataFrame(index=range(len(beta))),
        term=list(names),
        n=n,
        level=level,
        method=method,
        estimate=known,
        std_error=error,
        low=low,
        high=high,
        df=degrees,
        note=[_note(bool(one), events, len(beta)) for one in endless],
    )
    statistic = ratio(known, error)
    return frame.assign(
        hazard_ratio=np.exp(known),
        ratio_low=np.exp(low),
        ratio_high=np.exp(high),
        statistic=statistic,
        p_value=two_sided(statistic, df),
    )


def without_endless(vcov: Floats, endless: Bools) -> Floats:
    """Take away the covariances of coefficients that have no end."""
    return np.where(endless[:, None] | endless[None, :], np.nan, vcov)


def two_sided(statistic: Floats, df: float) -> Any:
    """P value of z, or of t with `df` degrees of freedom."""
    distance = -np.abs(statistic)
    return 2 * (ndtr(distance) if np.isinf(df) else stdtr(df, distance))


def _note(endless: bool, events: int, terms: int) -> str:
    if endless:
        return str(ClockNote.ENDLESS)
    return str(ClockNote.FEW_EVENTS) if events < _FEW_EVENTS * terms else ""


def new_terms(data: pd.DataFrame, new: pd.DataFrame, terms: Sequence[str], names: Sequence[str]) -> Floats:
    """Read the terms of new cases as those of the model's own `data` were read.

    Raises
    ------
    InvalidInput
        For a category that the model has not seen, and for a value that is missing.
    """
    columns = list(dict.fromkeys(part for name in terms for part in _parts(name, data)))
    check_columns(new, columns)
    both = pd.concat([data[columns], new[columns]], ignore_index=True)
    for column in columns:
        if isinstance(data[column].dtype, pd.CategoricalDtype):
            both[column] = both[column].astype(data[column].dtype)
    read = read_terms(both, terms, intercept=False)
    if list(read.names) != list(names):
        unknown = [name for name in read.names if name not in set(names)]
        raise InvalidInput(_("{terms} did not occur in the cases of the model."), terms=", ".join(unknown))
    if not read.known[len(data) :].all():
        raise InvalidInput(_("The new rows lack a value; fill it or leave the row out."))
    return read.matrix[len(data) :]


def _parts(name: str, data: pd.DataFrame) -> list[str]:
    return [name] if name in data.columns or ":" not in name else name.split(":")
