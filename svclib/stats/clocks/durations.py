"""From time stamps to times: how long a case took, or has been open until now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import check_columns, check_frame, numbers
from svclib.stats.marks import _

_UNITS = {"minutes": 60.0, "hours": 3600.0, "days": 86400.0}
_MADE = ("time", "event", "cause")


def clock(
    data: pd.DataFrame,
    opened: str,
    closed: str,
    *,
    now: datetime | str,
    unit: str = "hours",
    paused: str | None = None,
    outcome: str | None = None,
) -> pd.DataFrame:
    """Make the columns of a clock: how long each case took, and whether it ended by `now`.

    Parameters
    ----------
    data : DataFrame
        One row a case.
    opened, closed : str
        Columns of time stamps, both with a time zone or both without; `closed` is missing where the case is open.
    now : datetime or str
        When the cases were looked at. What ended later counts as open then, so that a past state can be shown.
    unit : {"hours", "days", "minutes"}
    paused : str, optional
        Column of the time for which the clock stood still (waiting for the customer): a time span, or a number in
        `unit`; missing is none.
    outcome : str, optional
        Column of how the case ended, for `svclib.stats.cumulative_incidence`.

    Returns
    -------
    DataFrame
        A copy with ``time``, ``event`` (whether it ended), and with `outcome` also ``cause``, missing while open.

    Raises
    ------
    InvalidInput
        Naming the column and the first row: no opening, opened after `now`, closed before it was opened, paused for
        longer than it was open, ended without an outcome.

    Examples
    --------
    >>> stamps = {"opened": ["2026-03-01 09:00", "2026-03-02 10:00"], "answered": ["2026-03-01 15:00", None]}
    >>> clock(pd.DataFrame(stamps), "opened", "answered", now="2026-03-03")[["time", "event"]].values.tolist()
    [[6.0, True], [14.0, False]]
    """
    check_columns(check_frame(data), [opened, closed, *([outcome] if outcome else [])])
    if unit not in _UNITS:
        raise InvalidInput(_('unit is "{unit}"; give one of {known}.'), unit=unit, known=", ".join(_UNITS))
    taken = [name for name in _MADE[: 3 if outcome else 2] if name in data.columns]
    if taken:
        raise InvalidInput(_('The frame has a column "{column}" already; rename or drop it.'), column=taken[0])
    begun, ended, moment = _stamps(data, opened, closed, now)
    _refuse(begun.isna(), data, opened, _('"{column}" is missing in {count} rows (first in row {row}); fill it.'))
    text = _('"{column}" lies after now in {count} rows (first in row {row}); leave those cases out.')
    _refuse(begun > moment, data, opened, text)
    text = _('"{column}" lies before the case was opened in {count} rows (first in row {row}); mend the time stamps.')
    _refuse(ended < begun, data, closed, text)
    event = (ended.notna() & (ended <= moment)).to_numpy(dtype=bool)
    seconds = (ended.where(event, moment) - begun).dt.total_seconds().to_numpy(dtype=float)
    time = _without_pause(data, seconds / _UNITS[unit], paused, unit)
    made = {"time": time, "event": event}
    return data.assign(**made, **({"cause": _causes(data, outcome, event)} if outcome else {}))


def _stamps(data: pd.DataFrame, opened: str, closed: str, now: datetime | str) -> tuple[Any, Any, pd.Timestamp]:
    begun, ended = (_read(data[column], column) for column in (opened, closed))
    try:
        moment = pd.Timestamp(now)
    except ValueError:
        raise InvalidInput(_('now is "{now}", which is no time; give one such as 2026-03-31.'), now=str(now)) from None
    if moment is pd.NaT:
        raise InvalidInput(_("now is missing; give the time at which the cases were looked at."))
    empty = ended.isna().all()
    if empty:
        ended = pd.Series(pd.NaT, index=ended.index, dtype=begun.dtype)
    zones = [begun.dt.tz is not None, ended.dt.tz is not None, moment.tzinfo is not None]
    if len(set(zones)) > 1:
        raise InvalidInput(
            _('"{opened}", "{closed}" and now must all have a time zone, or none of them; localise the others.'),
            opened=opened,
            closed=closed,
        )
    return begun, ended, moment


def _read(series: pd.Series, column: str) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return series
    known = series.notna()
    if pd.api.types.is_numeric_dtype(series.dtype) and known.any():
        raise InvalidInput(_('The column "{column}" holds numbers, no time stamps; convert it first.'), column=column)
    try:
        read = pd.to_datetime(series, errors="coerce", format="ISO8601")
    except ValueError:
        raise InvalidInput(_('The column "{column}" mixes time zones; give all in one.'), column=column) from None
    lost = known & read.isna()
    if lost.any():
        raise InvalidInput(
            _('The column "{column}" holds {value}, which is no time stamp; write it as 2026-03-31 09:30.'),
            column=column,
            value=repr(series[lost].iloc[0])[:60],
        )
    return read


def _refuse(wrong: pd.Series | Bools, data: pd.DataFrame, column: str, text: str) -> None:
    rows = np.flatnonzero(np.asarray(wrong, dtype=bool))
    if len(rows):
        raise InvalidInput(text, column=column, count=len(rows), row=str(data.index[rows[0]]))


def _without_pause(data: pd.DataFrame, time: Floats, paused: str | None, unit: str) -> Floats:
    if paused is None:
        return time
    check_columns(data, [paused])
    if pd.api.types.is_timedelta64_dtype(data[paused].dtype):
        held = data[paused].dt.total_seconds().to_numpy(dtype=float) / _UNITS[unit]
    else:
        held = numbers(data, paused)
    held = np.nan_to_num(held)
    _refuse(held < 0, data, paused, _('"{column}" is negative in {count} rows (first in row {row}); mend it.'))
    text = _('"{column}" is longer than the case was open in {count} rows (first in row {row}); mend it.')
    _refuse(held > time * (1 + 1e-12), data, paused, text)
    return np.maximum(time - held, 0)


def _causes(data: pd.DataFrame, outcome: str, event: Bools) -> pd.Series:
    text = _('"{column}" is missing though the case ended in {count} rows (first in row {row}); fill it.')
    _refuse(event & data[outcome].isna().to_numpy(), data, outcome, text)
    return data[outcome].where(event)
