"""The column that a model explains, checked against what its family can explain."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import check_columns, numbers
from svclib.stats.design.descriptive import indicator
from svclib.stats.marks import _


def read_outcome(data: pd.DataFrame, column: str, family: str, success: Any) -> Floats:
    """Read the outcome as floats, missing as NaN.

    Raises
    ------
    InvalidInput
        Naming a value that the family cannot explain, and what to do.
    """
    check_name(column)
    check_columns(data, [column])
    series = data[column]
    if success is not None:
        return _counted(series, column, success)
    if pd.api.types.is_bool_dtype(series.dtype):
        return np.asarray(series.astype("Float64").to_numpy(dtype=float, na_value=np.nan))
    if family.endswith("binomial") and not pd.api.types.is_numeric_dtype(series.dtype):
        _name_success(series, column)
    values = numbers(data, column)
    _check(values, column, family)
    return values


def check_name(column: object) -> None:
    """Raise `InvalidInput` if `column` is no single name."""
    if not isinstance(column, str):
        raise InvalidInput(_("{value} names no single column; give the name of one, as text."), value=repr(column)[:60])


def check_rounds(rounds: object) -> None:
    """Raise `InvalidInput` if `rounds` is no number of rounds."""
    if not isinstance(rounds, Integral) or rounds < 1:
        raise InvalidInput(_("rounds is {rounds}; give a whole number of 1 or more."), rounds=repr(rounds)[:60])


def _counted(series: pd.Series, column: str, success: Any) -> Floats:
    counted = indicator(series, success)
    if not (counted == 1).any():
        raise InvalidInput(
            _('Nobody in "{column}" is {success}; give success a value that occurs, such as {known}.'),
            column=column,
            success=repr(success)[:60],
            known=", ".join(map(str, series.dropna().unique()[:5])),
        )
    return counted


def _name_success(series: pd.Series, column: str) -> None:
    found = series.dropna()
    if len(found) and all(isinstance(one, bool | np.bool_) or one in (0, 1) for one in found.unique()):
        return
    raise InvalidInput(
        _('The column "{column}" holds {value}; name the value that counts with success={value}, or give 0 and 1.'),
        column=column,
        value=repr(found.iloc[0])[:60] if len(found) else "nothing",
    )


def _check(values: Floats, column: str, family: str) -> None:
    known = values[~np.isnan(values)]
    faults = {
        "binomial": (known != 0) & (known != 1),
        "quasibinomial": (known < 0) | (known > 1),
        "poisson": (known < 0) | (known != np.round(known)),
        "quasipoisson": known < 0,
    }
    texts = {
        "binomial": _('The column "{column}" holds {value}; the binomial family needs 0 and 1, or success=.'),
        "quasibinomial": _('The column "{column}" holds {value}; the quasibinomial family needs shares from 0 to 1.'),
        "poisson": _(
            'The column "{column}" holds {value}; the poisson family needs counts 0, 1, 2 …; take quasipoisson for '
            "other amounts of 0 or more."
        ),
        "quasipoisson": _('The column "{column}" holds {value}; the quasipoisson family needs amounts of 0 or more.'),
    }
    bad: Bools = faults.get(family, np.zeros(len(known), dtype=np.bool_))
    if bad.any():
        raise InvalidInput(texts[family], column=column, value=f"{known[bad][0]:g}")


def check_varies(outcome: Floats, column: str) -> None:
    """Raise `InvalidInput` if there is nothing to explain."""
    if len(outcome) and (outcome == outcome[0]).all():
        raise InvalidInput(
            _('All complete rows have the same "{column}", {value}; there is nothing to explain.'),
            column=column,
            value=f"{outcome[0]:g}",
        )


def read_exposure(data: pd.DataFrame, column: str | None, link: str) -> Floats:
    """Read the logarithm of the exposure, 0 without one.

    Raises
    ------
    InvalidInput
        If the link is not the logarithm, or an exposure is 0 or less.
    """
    if column is None:
        return np.zeros(len(data))
    if link != "log":
        raise InvalidInput(
            _('exposure="{column}" needs counts and the log link; leave it out or take family="poisson".'),
            column=column,
        )
    values = numbers(data, column)
    if (values <= 0).any():
        raise InvalidInput(
            _('The exposure "{column}" is 0 or less in {count} rows; give each row one above 0 or make it missing.'),
            column=column,
            count=int((values <= 0).sum()),
        )
    return np.log(values)
