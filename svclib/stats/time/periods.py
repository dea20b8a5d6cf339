"""Periods as steps: months, quarters or days put on an even grid, so that a missing one is seen as a gap."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.marks import _
from svclib.stats.time.series import read_points

_MONTH, _QUARTER = re.compile(r"^(\d{4})-(\d{1,2})$"), re.compile(r"^(\d{4})-?[Qq]([1-4])$")
_YEAR = 12
MOST = 600
"""Steps of a series: 50 years of months; beyond it the matrices of the smoothers grow large."""


@dataclass(frozen=True)
class Grid:
    """One series on an even grid of steps.

    Attributes
    ----------
    keys : DataFrame
        The `by` columns, one row.
    over : str
        Name of the periods' column.
    labels : list
        A period for each step, also for those that are missing, written as the given ones.
    present : (steps,) int
        Row of `values` for a step; -1 where the period is missing.
    values : tuple of (steps,) float
        The columns read; NaN in missing periods.
    month : (steps,) int
        Months since the year 0 (January of year 1 is 12); -1 where the periods are no months or quarters.
    unit : {"month", "quarter", "year", "day", "step"}
    """

    keys: pd.DataFrame
    over: str
    labels: list[Any]
    present: Ints
    values: tuple[Floats, ...]
    month: Ints
    unit: str

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.labels)

    def frame(self, rows: Ints | None = None) -> pd.DataFrame:
        """Give the keys and periods of steps."""
        chosen = np.arange(self.steps) if rows is None else rows
        keys = self.keys.iloc[np.zeros(len(chosen), dtype=int)].reset_index(drop=True)
        return keys.assign(**{self.over: [self.labels[row] for row in chosen]})

    def find(self, period: Any) -> int:
        """Find the step of a period as somebody writes it.

        Raises
        ------
        InvalidInput
            If the period lies outside the series.
        """
        written = [str(label) for label in self.labels]
        wanted = str(period)
        if wanted in written:
            return written.index(wanted)
        if isinstance(self.labels[0], pd.Timestamp):
            moment = pd.to_datetime(wanted, errors="coerce")
            later = [row for row, label in enumerate(self.labels) if label >= moment]
            if moment is not pd.NaT and later and moment >= self.labels[0]:
                return later[0]
        raise InvalidInput(
            _('"{period}" is no period of the series; give one from {first} to {last}.'),
            period=wanted,
            first=written[0],
            last=written[-1],
        )


def read_grids(
    data: pd.DataFrame, columns: Sequence[str], over: str | None, by: str | Sequence[str] | None
) -> list[Grid]:
    """Read the columns as one series a group, in even steps.

    Periods are months (``2026-03``, dates within different months, `pandas.Period`), quarters (``2026-Q1``), years,
    days, or whole numbers; anything else, or no `over`, is taken as one step after the other.
    """
    grids = []
    for points in read_points(data, columns, over, by, None):
        name = over or "point"
        keys = points.labels.drop(columns=name).reset_index(drop=True).reindex(range(1))  # also without rows
        grids.append(_grid(keys, name, list(points.labels[name]), points.columns))
    return grids


def _grid(keys: pd.DataFrame, over: str, periods: list[Any], columns: tuple[Floats, ...]) -> Grid:
    unit, ordinal, width = _ordinals(periods)
    steps = (ordinal - ordinal[0]) // width if len(ordinal) else ordinal
    size = int(steps[-1]) + 1 if len(steps) else 0
    if size > MOST:
        raise InvalidInput(
            _('The column "{column}" spans {steps} steps; at most {most} can be taken: add up to longer periods.'),
            column=over,
            steps=size,
            most=MOST,
        )
    present = np.full(size, -1)
    present[steps] = np.arange(len(steps))
    values = []
    for column in columns:
        out = np.full(size, np.nan)
        out[steps] = column
        values.append(out)
    every = (ordinal[0] if len(ordinal) else 0) + width * np.arange(size)
    labels = [
        periods[row] if row >= 0 else _written(int(every[step]), unit, periods[0]) for step, row in enumerate(present)
    ]
    month = every * (3 if unit == "quarter" else 1) if unit in ("month", "quarter") else np.full(size, -1)
    return Grid(keys, over, labels, present, tuple(values), month, unit)


def _ordinals(periods: list[Any]) -> tuple[str, Ints, int]:
    """Give the unit of the periods, their numbers in it, and how many units a step is."""
    if not periods:
        return "step", np.zeros(0, dtype=np.int64), 1
    if isinstance(periods[0], pd.Timestamp):
        return _of_dates(pd.DatetimeIndex(periods))
    written = [str(period) for period in periods]
    for unit, pattern, count in (("month", _MONTH, _YEAR), ("quarter", _QUARTER, 4)):
        found = [pattern.match(one) for one in written]
        if all(found):
            return unit, np.array([int(one[1]) * count + int(one[2]) - 1 for one in found if one]), 1
    numbers = [period for period in periods if isinstance(period, int | np.integer) and not isinstance(period, bool)]
    if len(numbers) == len(periods):
        named = "year" if all(1900 <= number <= 2200 for number in numbers) else "step"
        return named, np.array(numbers, dtype=np.int64), _width(np.array(numbers))
    return "step", np.arange(len(periods)), 1


def _of_dates(dates: pd.DatetimeIndex) -> tuple[str, Ints, int]:
    month = (dates.year * _YEAR + dates.month - 1).to_numpy(dtype=np.int64)
    if len(np.unique(month)) == len(month):
        return "month", month, 1
    days = dates.tz_localize(None).normalize().to_numpy().astype("datetime64[D]").astype(np.int64)
    return "day", days, _width(days)


def _width(numbers: Ints) -> int:
    """Give the largest step that all distances are multiples of."""
    return max(int(np.gcd.reduce(np.diff(numbers))), 1) if len(numbers) > 1 else 1


def _written(ordinal: int, unit: str, like: Any) -> Any:
    """Write a missing period as the others are."""
    if isinstance(like, pd.Timestamp):
        if unit == "day":
            return pd.Timestamp(np.datetime64(ordinal, "D")).tz_localize(like.tz)
        return pd.Timestamp(year=ordinal // _YEAR, month=ordinal % _YEAR + 1, day=1, tz=like.tz)
    if unit == "month":
        text = f"{ordinal // _YEAR}-{ordinal % _YEAR + 1:02d}"
    elif unit == "quarter":
        text = f"{ordinal // 4}-Q{ordinal % 4 + 1}"
    else:
        return ordinal
    return pd.Period(text, freq=like.freqstr) if isinstance(like, pd.Period) else text
