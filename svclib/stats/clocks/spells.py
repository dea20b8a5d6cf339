"""Times until something happens, with the cases still open: read from columns, and counted at each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.marks import _
from svclib.stats.samples import groups

_SAME = 1e-9
"""Times closer than this part of the longest one are the same time, differing by rounding."""


class ClockNote(StrEnum):
    """Why a time cannot be told, or how far it can be trusted."""

    NO_CASES = _("no cases")
    NOT_FOLLOWED = _("no case was followed that long")
    NOT_REACHED = _("not reached: too many cases are still open")
    NO_EVENTS = _("it never happened: only the still open cases are there")
    ONE_CASE = _("one case: no interval can be told")
    NO_SPREAD = _("all times are equal: no spread to judge by")
    EDGE = _('nothing or everything ended: this kind of interval cannot be told, take method="beta"')
    ONE_GROUP = _("needs at least two groups with cases")
    ENDLESS = _("in one of its groups nothing ended while others did: the ratio has no bound")
    FEW_EVENTS = _("fewer than ten ends for each term: read the ratios with care")
    ONE_MOMENT = _("all ends are at one time: nothing can change over time")
    NO_PAIRS = _("no two cases can be put in order")
    ALL_ORDERED = _("every pair is in the same order: no error can be told")
    NOT_TOGETHER = _("the groups were never followed at the same time: they cannot be compared")


@dataclass(frozen=True)
class Spells:
    """Cases with the time each was followed.

    Attributes
    ----------
    entry : (cases,) float
        Time from which a case is seen (delayed entry); minus infinity where it is seen from the start.
    time : (cases,) float
        Time of the end, or until which nothing happened.
    times, code : (distinct,) float, (cases,) int
        The distinct times, rising, and which of them is the case's own.
    event : (cases,) int
        0 still open, otherwise the number of the cause (1 where there is one kind of end).
    weights : (cases,) float
    group : (cases,) int
        Row of `keys`.
    rows : (cases,) int
        Position in the frame.
    """

    entry: Floats
    time: Floats
    times: Floats
    code: Ints
    event: Ints
    weights: Floats
    group: Ints
    keys: pd.DataFrame
    rows: Ints

    @property
    def n(self) -> Ints:
        """Cases a group."""
        return np.bincount(self.group, minlength=len(self.keys))

    def take(self, kept: Bools | Ints) -> Spells:
        """Give some of the cases; the groups stay."""
        names = ("entry", "time", "code", "event", "weights", "group", "rows")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})


def read_spells(
    data: pd.DataFrame,
    time: str,
    event: str,
    *,
    by: str | Sequence[str] | None = None,
    entry: str | None = None,
    weights: Floats | None = None,
) -> Spells:
    """Read times and whether it happened; rows without either, or of weight 0, are left out.

    Raises
    ------
    InvalidInput
        Naming the column that is absent or of the wrong kind, and the first row that cannot be.
    """
    happened = _happened(check_frame(data), event)
    return make_spells(data, time, happened, by=by, entry=entry, weights=weights)


def make_spells(
    data: pd.DataFrame,
    time: str,
    event: Floats,
    *,
    by: str | Sequence[str] | None = None,
    entry: str | None = None,
    weights: Floats | None = None,
) -> Spells:
    """Make spells of a column of times and of events already read (missing where neither is known)."""
    ends = numbers(check_frame(data), time)
    begins = np.full(len(ends), -np.inf) if entry is None else numbers(data, entry)
    _check_times(data, time, ends, entry, begins)
    group, keys = groups(data, names_of(by))
    weight = np.ones(len(ends)) if weights is None else weights
    kept = np.flatnonzero(~np.isnan(ends) & ~np.isnan(begins) & ~np.isnan(event) & (weight > 0))
    times, code = _ranked(ends[kept])
    begins = _snapped(begins[kept], times)
    happened = event[kept].astype(np.int64)
    return Spells(begins, times[code], times, code, happened, weight[kept], group[kept], keys, kept)


def _happened(data: pd.DataFrame, column: str) -> Floats:
    check_columns(data, [column])
    series = data[column]
    if pd.api.types.is_bool_dtype(series.dtype):
        return np.asarray(series.astype("Float64").to_numpy(dtype=float, na_value=np.nan))
    kept = series[series.notna()]
    odd = [value for value in kept.unique() if not isinstance(value, Real) or value not in (0, 1)]
    if odd:
        raise InvalidInput(
            _('The column "{column}" holds {value}; give true where it happened and false where the case is open.'),
            column=column,
            value=repr(odd[0])[:60],
        )
    return np.asarray(pd.to_numeric(series).to_numpy(dtype=float, na_value=np.nan))


def _check_times(data: pd.DataFrame, time: str, ends: Floats, entry: str | None, begins: Floats) -> None:
    if (ends < 0).any():
        row = int(np.flatnonzero(ends < 0)[0])
        raise InvalidInput(
            _('The time in "{column}" is negative in {count} rows (first in row {row}); mend or drop them.'),
            column=time,
            count=int((ends < 0).sum()),
            row=str(data.index[row]),
        )
    early = begins >= ends
    if entry is not None and early.any():
        row = int(np.flatnonzero(early)[0])
        raise InvalidInput(
            _('"{entry}" is not before "{column}" in {count} rows (first in row {row}); a case ends after it begins.'),
            entry=entry,
            column=time,
            count=int(early.sum()),
            row=str(data.index[row]),
        )


def _ranked(ends: Floats) -> tuple[Floats, Ints]:
    """Give the distinct times and each case's rank; times that differ only by rounding are one, the smallest."""
    order = np.argsort(ends)
    rising = ends[order]
    new = np.diff(rising, prepend=-np.inf) > _SAME * (rising[-1] if len(rising) else 0.0)
    code = np.empty(len(ends), dtype=np.int64)
    code[order] = np.cumsum(new) - 1
    return rising[new], code


def _snapped(begins: Floats, times: Floats) -> Floats:
    """Give entries that differ from a time only by rounding the value of that time."""
    late = np.isfinite(begins)
    if not late.any():
        return begins
    near = times[np.clip(np.searchsorted(times, begins), 0, len(times) - 1)]
    before = times[np.clip(np.searchsorted(times, begins) - 1, 0, len(times) - 1)]
    closest = np.where(np.abs(near - begins) < np.abs(before - begins), near, before)
    return np.where(np.abs(closest - begins) <= _SAME * times[-1], closest, begins)


@dataclass(frozen=True)
class Counts:
    """What happens at each time of each group, groups first, times rising.

    Attributes
    ----------
    group : (times,) int
    time : (times,) float
    at_risk, censored : (times,) float
        Weighted cases followed until the time, and those that are open and followed no longer.
    events : (causes, times) float
        Weighted ends by cause.
    starts : (groups + 1,) int
        Where a group's times begin; they end where the next one's begin.
    where : (cases,) int
        Row of the case's own time.
    """

    group: Ints
    time: Floats
    at_risk: Floats
    censored: Floats
    events: Floats
    starts: Ints
    where: Ints

    @property
    def all_events(self) -> Floats:
        """Weighted ends of any cause."""
        return np.asarray(self.events.sum(axis=0))

    def running(self, values: Floats) -> Floats:
        """Sum `values` up to each time within the group."""
        return running(values, self.starts, self.group)


def running(values: Floats, starts: Ints, group: Ints) -> Floats:
    """Cumulative sums that begin anew in each group."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(total[1:] - total[starts[group]])


def count(spells: Spells, *, causes: int = 1) -> Counts:
    """Count the cases at risk, the ends and the open cases at each time of each group."""
    times, width = spells.times, len(spells.times) + 1
    cell, where = _cells(spells.group * width + spells.code, len(spells.keys) * width)
    group, time = cell // width, times[cell % width] if len(times) else np.zeros(0)
    starts = np.searchsorted(group, np.arange(len(spells.keys) + 1))
    ends = np.bincount(where, spells.weights, len(cell)).astype(np.float64)
    at_risk = _remaining(ends, starts, group) - _not_yet(spells, times, cell, group, width)
    events = [np.bincount(where, spells.weights * (spells.event == one), len(cell)) for one in range(1, causes + 1)]
    happened = np.asarray(events, dtype=np.float64).reshape(causes, len(cell))
    return Counts(group, time, at_risk, ends - happened.sum(axis=0), happened, starts, where)


def _cells(cell: Ints, size: int) -> tuple[Ints, Ints]:
    """Give the cells that occur, rising, and which of them each case is in; without sorting where they are few."""
    if size > 8 * len(cell) + 1000:
        found, where = np.unique(cell, return_inverse=True)
        return found, where
    there = np.bincount(cell, minlength=size) > 0
    return np.flatnonzero(there), (np.cumsum(there) - 1)[cell]


def _remaining(ends: Floats, starts: Ints, group: Ints) -> Floats:
    """Sum from each time to the last one of its group."""
    total = np.concatenate([np.cumsum(ends[::-1])[::-1], [0.0]])
    return np.asarray(total[:-1] - total[starts[group + 1]])


def _not_yet(spells: Spells, times: Floats, cell: Ints, group: Ints, width: int) -> Floats | float:
    """Weighted cases that enter at a time or later, so that they are not at risk then."""
    late = np.isfinite(spells.entry)
    if not late.any():
        return 0.0
    code = np.searchsorted(times, spells.entry[late], side="right") - 1
    known = code >= 0
    entered = np.sort(spells.group[late][known] * width + code[known])
    order = np.argsort(spells.group[late][known] * width + code[known], kind="stable")
    weight = np.concatenate([[0.0], np.cumsum(spells.weights[late][known][order])])
    before = weight[np.searchsorted(entered, cell)]
    return np.asarray(weight[np.searchsorted(entered, (group + 1) * width)] - before)


def group_names(keys: pd.DataFrame) -> list[Any]:
    """Name each group: the value of its column, or of several joined by a slash."""
    if len(keys.columns) == 1:
        return list(keys.iloc[:, 0])
    return ["/".join(map(str, row)) for row in keys.itertuples(index=False)]
