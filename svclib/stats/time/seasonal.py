"""Seasonal adjustment: what a series says once the time of year is taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import check_frame
from svclib.stats.estimate import check_level, estimates
from svclib.stats.marks import _
from svclib.stats.time.decomposition import Pieces, split
from svclib.stats.time.festival import festival_share
from svclib.stats.time.periods import Grid, read_grids
from svclib.stats.time.stl import Smoothing

_METHODS = ("stl", "classical", "regression")
_PERIODS = {"month": 12, "quarter": 4}


class SeasonNote(StrEnum):
    """Why a value cannot be adjusted."""

    TOO_SHORT = _("fewer than two full years: seasons cannot be told from chance")
    NO_VALUE = _("no value in this period")
    NO_SPREAD = _("the series does not vary: there is nothing to adjust")
    ALIKE = _("the festival fell alike in all years: its effect cannot be told from the month's")


def seasonal(
    data: pd.DataFrame,
    value: str,
    *,
    over: str,
    by: str | Sequence[str] | None = None,
    period: int | None = None,
    method: str = "stl",
    multiplicative: bool = False,
    festival: tuple[int, int] | None = None,
    seasonal_window: int | None = None,
    trend_window: int | None = None,
    robust: bool = False,
    rounds: int | None = None,
    level: float = 0.95,
) -> Seasonal:
    """Split a series into trend, seasons and remainder, and take the seasons out.

    Parameters
    ----------
    data : DataFrame
        One row a period (and group).
    value : str
        Column of the values.
    over : str
        Column of periods; see `svclib.stats.time.periods.read_grids`. A missing one is a gap.
    by : str or list of str, optional
    period : int, optional
        Steps of a year; 12 for months and 4 for quarters without it.
    method : {"stl", "classical", "regression"}
        Local regressions (Cleveland and others 1990, as R's stl), moving averages (as R's decompose), or a regression
        on the seasons with a trend that bends once a year, its errors averaged over their autocorrelation.
    multiplicative : bool
        Whether seasons are proportions: the logarithms are split.
    festival : tuple of int, optional
        First and last day from the Chinese New Year that move the series, such as (0, 6): an effect in proportion to
        the days that fall in the month is estimated and taken out.
    seasonal_window, trend_window : int, optional
        Of ``stl``, odd; without `seasonal_window` the seasons stay the same over the years.
    robust : bool
        Of ``stl``: whether odd months count less.
    rounds : int, optional
        Of ``stl``: how often seasons and trend are smoothed in turn; enough to settle without it (R has 2, and 1 if
        robust, which leaves part of a steep trend in the seasons).
    level : float

    Returns
    -------
    Seasonal

    Raises
    ------
    InvalidInput
        Naming the column or option that cannot be taken.

    Notes
    -----
    The error of an adjusted value is that of its season: all methods are linear in the series, so that it follows
    from the spread of the remainder, with the degrees of freedom that are left of it (Hastie and Tibshirani 1990,
    section 3.5). Fewer than two full years give a note.

    Examples
    --------
    >>> months = [f"{2023 + place // 12}-{place % 12 + 1:02d}" for place in range(36)]
    >>> wave = [3, -6, 2, 1, 0, 0, -1, -1, 1, 1, 0, 0] * 3
    >>> calls = [100 + place + wave[place] + (-1) ** place for place in range(36)]
    >>> split = seasonal(pd.DataFrame({"month": months, "calls": calls}), "calls", over="month")
    >>> split.frame.loc[1, ["value", "seasonal", "adjusted"]].astype(float).round().tolist()
    [94.0, -7.0, 101.0]
    """
    check_level(level)
    smoothing = Smoothing(seasonal_window, trend_window, robust, rounds)
    _check(method, smoothing)
    asked = Question(method, multiplicative, festival, smoothing, level)
    grids = read_grids(check_frame(data), [value], over, by)
    return Seasonal(tuple(_split(grid, value, _period(grid, period), asked) for grid in grids), value, level)


@dataclass(frozen=True)
class Question:
    """How the series is to be split."""

    method: str
    multiplicative: bool
    festival: tuple[int, int] | None
    smoothing: Smoothing
    level: float


def _check(method: str, smoothing: Smoothing) -> None:
    if method not in _METHODS:
        raise InvalidInput(
            _('There is no method "{method}"; give one of {known}.'), method=method, known=", ".join(_METHODS)
        )
    windows = {"seasonal_window": smoothing.seasonal_window, "trend_window": smoothing.trend_window}
    for name, window in windows.items():
        if window is not None and (not isinstance(window, int) or window < 3 or window % 2 == 0):
            raise InvalidInput(_("{name} is {window}; give an odd number of at least 3."), name=name, window=window)
    if smoothing.rounds is not None and (not isinstance(smoothing.rounds, int) or smoothing.rounds < 1):
        raise InvalidInput(
            _("{name} is {number}; give a whole number of at least {lowest}."),
            name="rounds",
            number=smoothing.rounds,
            lowest=1,
        )


def _period(grid: Grid, period: int | None) -> int:
    found = _PERIODS.get(grid.unit) if period is None else period
    if found is None:
        raise InvalidInput(
            _('The column "{column}" tells no months or quarters; give period=, the steps of a year.'), column=grid.over
        )
    if isinstance(found, bool) or not isinstance(found, int) or found < 2:
        raise InvalidInput(_("period is {period}; give the steps of a year, at least 2."), period=found)
    return found


@dataclass(frozen=True)
class Split:
    """One series, split.

    Attributes
    ----------
    trend, seasonal, festival, adjusted, std_error, low, high : (steps,) float
        On the scale of the values; the errors are of the adjusted value.
    figure, figure_error : (period,) float
        Mean season of each step of the year and its error; in logarithms if multiplicative.
    df : float
    strength : float
        1 - variance of the remainder / variance of season and remainder, not below 0 (Wang, Smith and Hyndman 2006).
    note : str
    """

    grid: Grid
    period: int
    asked: Question
    trend: Floats
    seasonal: Floats
    festival: Floats
    adjusted: Floats
    std_error: Floats
    low: Floats
    high: Floats
    figure: Floats
    figure_error: Floats
    df: float
    strength: float
    note: str


@dataclass(frozen=True, eq=False, repr=False)
class Seasonal:
    """Series split into trend, seasons and remainder."""

    series: tuple[Split, ...]
    value: str
    level: float

    def __repr__(self) -> str:
        return f"Seasonal({len(self.series)} series)"

    @property
    def frame(self) -> pd.DataFrame:
        """The parts.

        The `by` columns, the period, ``value, trend, seasonal, festival, remainder`` (sums; products if
        multiplicative), ``adjusted`` (without season and festival), its ``std_error, low, high``, ``note``. Missing
        periods have a trend and a season, but no value.
        """
        rows = []
        for one in self.series:
            y = one.grid.values[0]
            times = one.asked.multiplicative
            rest = (
                y / (one.trend * one.seasonal * one.festival) if times else y - one.trend - one.seasonal - one.festival
            )
            missing = np.where(np.isnan(y), str(SeasonNote.NO_VALUE), "")
            columns = {"value": y, "trend": one.trend, "seasonal": one.seasonal, "festival": one.festival}
            columns |= {"remainder": rest, "adjusted": one.adjusted, "std_error": one.std_error}
            columns |= {"low": one.low, "high": one.high}
            note = np.where(np.isnan(one.adjusted) & (missing == ""), one.note, missing)
            rows.append(one.grid.frame().assign(**columns, note=note))
        return pd.concat(rows, ignore_index=True)

    @property
    def pattern(self) -> pd.DataFrame:
        """The season of each step of the year.

        The `by` columns, ``step`` (1 is January or the first quarter, or the first step of the series), an estimate
        (``term`` is ``season``: distance from the year's mean, or the factor on it less 1), its interval.
        """
        rows = []
        for one in self.series:
            first = int(one.grid.month[0]) % 12 // (12 // one.period) if one.grid.unit in _PERIODS else 0
            step = (np.arange(one.period) + first) % one.period
            order = np.argsort(step)
            reach = stdtrit(one.df, (1 + self.level) / 2) * one.figure_error if one.df >= 1 else np.nan
            ends = [one.figure, one.figure - reach, one.figure + reach]
            centre, low, high = (np.expm1(part) if one.asked.multiplicative else part for part in ends)
            keys = one.grid.keys.iloc[[0] * one.period].assign(step=step + 1)
            told = {"estimate": centre, "std_error": one.figure_error, "low": low, "high": high}
            frame = estimates(
                keys,
                term="season",
                n=int((~np.isnan(one.grid.values[0])).sum()),
                level=self.level,
                method=one.asked.method,
                df=one.df,
                note=one.note,
                **told,
            )
            rows.append(frame.iloc[order])
        return pd.concat(rows, ignore_index=True)

    @property
    def strength(self) -> pd.DataFrame:
        """How much of the spread around the trend is seasonal: the `by` columns, ``strength`` (0 to 1), ``note``."""
        rows = [one.grid.keys.assign(strength=one.strength, note=one.note) for one in self.series]
        return pd.concat(rows, ignore_index=True)


def _split(grid: Grid, value: str, period: int, asked: Question) -> Split:
    y = grid.values[0]
    if asked.multiplicative:
        if (y <= 0).any():
            raise InvalidInput(
                _('The column "{column}" holds 0 or less, which has no proportion; leave out multiplicative.'),
                column=value,
            )
        y = np.log(y)
    share, note = _festival(grid, period, asked), _untold(y, period)
    pieces = None if note else split(y, period, asked.method, asked.smoothing, share)
    if pieces is None and not note and share is not None:
        pieces, note = split(y, period, asked.method, asked.smoothing, None), str(SeasonNote.ALIKE)
    if pieces is None:
        return _nothing(grid, period, asked, note or str(SeasonNote.TOO_SHORT))
    return _told(grid, y, period, asked, pieces, note)


def _festival(grid: Grid, period: int, asked: Question) -> Floats | None:
    if asked.festival is None:
        return None
    if grid.unit not in _PERIODS or period != _PERIODS[grid.unit]:
        raise InvalidInput(_("festival needs months or quarters; write the periods as 2026-03 or 2026-Q1."))
    return festival_share(grid.month, asked.festival, 12 // period)


def _untold(y: Floats, period: int) -> str:
    there = np.flatnonzero(~np.isnan(y))
    if len(there) < 2 * period or len(np.unique(there % period)) < period:
        return str(SeasonNote.TOO_SHORT)
    return str(SeasonNote.NO_SPREAD) if np.ptp(y[there]) == 0 else ""


def _nothing(grid: Grid, period: int, asked: Question, note: str) -> Split:
    steps, figure = np.full(grid.steps, np.nan), np.full(period, np.nan)
    return Split(
        grid, period, asked, steps, steps, steps, steps, steps, steps, steps, figure, figure, np.nan, np.nan, note
    )


def _told(grid: Grid, y: Floats, period: int, asked: Question, pieces: Pieces, note: str) -> Split:
    error = np.where(np.isnan(y), np.nan, np.sqrt(np.maximum(np.diag(pieces.vcov), 0)))
    reach = (stdtrit(pieces.df, (1 + asked.level) / 2) if pieces.df >= 1 else np.nan) * error
    adjusted = y - pieces.season - pieces.festival
    shape = np.exp if asked.multiplicative else np.asarray
    mean = (np.arange(period)[:, None] == np.arange(len(y)) % period) * 1.0
    mean /= mean.sum(axis=1, keepdims=True)
    rest = adjusted - pieces.trend
    spread = float(np.nanvar(rest + pieces.season))
    return Split(
        grid=grid,
        period=period,
        asked=asked,
        trend=shape(pieces.trend),
        seasonal=shape(pieces.season),
        festival=shape(pieces.festival),
        adjusted=shape(adjusted),
        std_error=error * np.exp(adjusted) if asked.multiplicative else error,
        low=shape(adjusted - reach),
        high=shape(adjusted + reach),
        figure=mean @ pieces.season,
        figure_error=np.sqrt(np.maximum(np.diag(mean @ pieces.season_vcov @ mean.T), 0)),
        df=pieces.df,
        strength=max(0.0, 1 - float(np.nanvar(rest)) / spread) if spread > 0 else np.nan,
        note=note,
    )
