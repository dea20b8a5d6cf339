"""When answers came in: the last days of the month, bursts, minutes apart, closed hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.columns import check_columns
from svclib.stats.marks import _

RUNS = 199
"""Simulated histories of a unit behind the p value of its busiest window."""
_EULER = 0.5772156649


@dataclass(frozen=True)
class Moments:
    """Moments of submission.

    Attributes
    ----------
    day : (rows,) int
        Days since the first one; -1 where unknown.
    minute : (rows,) float
        Minutes since the first day's midnight; NaN where only the date is known.
    month : (rows,) int
        Number of the calendar month; -1 where unknown.
    to_end : (rows,) int
        Days to the end of the month, 0 on its last day; -1 where unknown.
    weekday : (rows,) int
        0 for Monday; -1 where unknown.
    dates_only : bool
        Every moment is a midnight: the hour is not known.
    first : Timestamp
    """

    day: Ints
    minute: Floats
    month: Ints
    to_end: Ints
    weekday: Ints
    dates_only: bool
    first: pd.Timestamp

    @property
    def told(self) -> Bools:
        """Rows whose day is known."""
        return self.day >= 0


def read_moments(data: pd.DataFrame, column: str) -> Moments:
    """Read a column of dates or moments, in the zone it is in.

    Raises
    ------
    InvalidInput
        If the column is absent, holds no dates, or none at all.
    """
    check_columns(data, [column])
    series = _dates(data[column], column)
    told = series.notna().to_numpy()
    if not told.any():
        raise InvalidInput(_('The column "{column}" holds no date at all; name the one of submission.'), column=column)
    midnight = series.dt.normalize()
    first = midnight.min()
    day = (midnight - first).dt.days.fillna(-1).to_numpy(dtype=np.int64)
    clock = (series - midnight).dt.total_seconds() / 60
    dates_only = bool((clock[told] == 0).all())
    minute = np.full(len(series), np.nan) if dates_only else day * 1440.0 + clock.to_numpy(dtype=float)
    to_end = (series.dt.days_in_month - series.dt.day).fillna(-1).to_numpy(dtype=np.int64)
    month = (series.dt.year * 12 + series.dt.month).fillna(-1).to_numpy(dtype=np.int64)
    weekday = series.dt.day_of_week.fillna(-1).to_numpy(dtype=np.int64)
    return Moments(day, minute, month, to_end, weekday, dates_only, first)


def _dates(series: pd.Series, column: str) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        # Local clock time: days and hours are those of the column's own zone.
        return series.dt.tz_localize(None) if series.dt.tz is not None else series
    try:
        if pd.api.types.is_numeric_dtype(series.dtype) and series.notna().any():
            raise ValueError
        return pd.to_datetime(series, format="ISO8601")
    except (ValueError, TypeError):
        raise InvalidInput(
            _('The column "{column}" holds no dates; convert it (pandas.to_datetime).'), column=column
        ) from None


def month_end(moments: Moments, days: int) -> Bools:
    """Rows of the last `days` days of a month."""
    return moments.told & (moments.to_end < days)


def usual_share(hit: Bools, group: Ints, unit: Ints, units: int, counted: Bools) -> Floats:
    """Share of hits that each unit would have if, in each group (month), it behaved as the other units do."""
    groups = int(group.max()) + 1
    place = unit * groups + group
    count = np.bincount(place[counted], minlength=units * groups).reshape(units, groups).astype(float)
    hits = np.bincount(place[counted & hit], minlength=units * groups).reshape(units, groups).astype(float)
    others = ratio(hits.sum(axis=0) - hits, count.sum(axis=0) - count)
    overall = hits.sum() / max(count.sum(), 1.0)
    return ratio((count * np.where(np.isnan(others), overall, others)).sum(axis=1), count.sum(axis=1))


@dataclass(frozen=True)
class Scan:
    """The busiest window of each unit.

    Attributes
    ----------
    start : (units,) int
        First day; -1 where there is none.
    count, expected : (units,) float
        Answers in it, and those that the other units' pattern would put there.
    score : (units,) float
        Normal score of the window among simulated honest histories of the unit.
    clumping : float
        Variance of a day's own multiplier, by which honest units bunch.
    """

    start: Ints
    count: Floats
    expected: Floats
    score: Floats
    clumping: float


def scan(day: Ints, unit: Ints, units: int, window: int, *, seed: int) -> Scan:
    """Find in each unit the window of days with the most answers against the usual pattern.

    Parameters
    ----------
    day, unit : (rows,) int
        Of the rows whose day is known.
    window : int
        Days.

    Notes
    -----
    Kulldorff's likelihood ratio (1997) of the best window. Honest histories: the unit's answers fall on the days as
    all answers do, times a random multiplier of its own for each day (Dirichlet-multinomial), whose variance is a
    trimmed mean over the units; the tail of their best windows is Gumbel's (Abrams, Kleinman and Kulldorff 2010).
    """
    days = int(day.max()) + 1
    counts = np.bincount(unit * days + day, minlength=units * days).reshape(units, days).astype(float)
    pattern, total = _others_pattern(counts), counts.sum(axis=1)
    expected = total[:, None] * pattern
    clumping = _clumping(counts, expected)
    generator = np.random.default_rng(seed)
    start, best = _best(counts, pattern, window)
    score = np.full(units, np.nan)
    for one in np.flatnonzero(total >= 2):
        honest = _histories(int(total[one]), pattern[one], clumping, generator)
        score[one] = _normal_score(best[one], _best(honest, pattern[one : one + 1], window)[1])
    rows = np.arange(units)
    there = np.where(total > 0, start, -1)
    inside = _windows(counts, window)[rows, start], _windows(expected, window)[rows, start]
    return Scan(there, np.where(total > 0, inside[0], np.nan), np.where(total > 0, inside[1], np.nan), score, clumping)


def _others_pattern(counts: Floats) -> Floats:
    """Share of each day among the other units' answers; half a usual day is added, so that no day is impossible."""
    others = counts.sum(axis=0) - counts
    smooth = others + 0.5 * np.maximum(others.mean(axis=1, keepdims=True), 1 / counts.shape[1])
    return np.asarray(smooth / smooth.sum(axis=1, keepdims=True))


def _windows(counts: Floats, window: int) -> Floats:
    """Sums over every window of `window` days, one for each first day (shorter at the end)."""
    sums = np.concatenate([np.zeros((len(counts), 1)), counts.cumsum(axis=1)], axis=1)
    first = np.arange(counts.shape[1])
    return np.asarray(sums[:, np.minimum(first + window, counts.shape[1])] - sums[:, first])


def _best(counts: Floats, pattern: Floats, window: int) -> tuple[Ints, Floats]:
    """First day and log likelihood ratio of the best window of each row."""
    total = counts.sum(axis=1, keepdims=True)
    inside, usual = _windows(counts, window), total * _windows(pattern, window)
    with np.errstate(divide="ignore", invalid="ignore"):
        there = inside * np.log(np.where(inside > 0, inside / np.maximum(usual, 1e-12), 1.0))
        rest = total - inside
        away = rest * np.log(np.where(rest > 0, rest / np.maximum(total - usual, 1e-12), 1.0))
    found = np.where(inside > usual, there + away, 0.0)
    start = found.argmax(axis=1)
    return start.astype(np.int64), found[np.arange(len(found)), start]


def _clumping(counts: Floats, expected: Floats) -> float:
    """Variance of a day's multiplier: excess squares over what it would add, a tenth of the units cut off each side."""
    total = counts.sum(axis=1)
    # The others' pattern is known only as well as their number of answers allows.
    known = 1 + ratio(total, total.sum() - total)
    excess = ((counts - expected) ** 2 - expected * np.nan_to_num(known, nan=1.0)[:, None]).sum(axis=1)
    told = total >= 2
    found = np.sort(ratio(excess[told], (expected[told] ** 2).sum(axis=1)))
    cut = len(found) // 10
    return max(float(found[cut : len(found) - cut].mean()), 0.0) if len(found) else 0.0


def _histories(total: int, pattern: Floats, clumping: float, generator: np.random.Generator) -> Floats:
    """Draw honest histories of a unit with `total` answers: (runs, days)."""
    if clumping <= 0:
        return generator.multinomial(total, pattern, size=RUNS).astype(float)
    multiplier = generator.gamma(1 / clumping, clumping, size=(RUNS, len(pattern)))
    weights = np.maximum(multiplier * pattern, 1e-300)
    return generator.multinomial(total, weights / weights.sum(axis=1, keepdims=True)).astype(float)


def _normal_score(value: float, honest: Floats) -> float:
    """Normal score of `value` by the Gumbel distribution with the mean and spread of `honest`."""
    scale = max(float(honest.std(ddof=1)), 1e-9) * np.sqrt(6) / np.pi
    away = (value - (float(honest.mean()) - _EULER * scale)) / scale
    above = -np.expm1(-np.exp(-np.clip(away, -30, 30)))
    return float(-ndtri(np.clip(above, 1e-12, 1 - 1e-12)))


def pairs_within(minute: Floats, unit: Ints, units: int, minutes: float) -> tuple[Floats, Floats]:
    """Count the pairs of a unit's answers that came within `minutes` on one day, and those expected.

    Expected: the pairs of a unit's answers on one day, times the share of pairs of different units on one day that
    lie so close; a busy hour of the bank makes no unit stand out.
    """
    day = np.floor(minute / 1440).astype(np.int64)
    all_pairs, all_close = _pair_counts(day, minute, minutes)
    own_pairs, own_close = np.zeros(units), np.zeros(units)
    for one in range(units):
        rows = unit == one
        own_pairs[one], own_close[one] = _pair_counts(day[rows], minute[rows], minutes)
    between = ratio(all_close - own_close.sum(), all_pairs - own_pairs.sum())
    return own_close, own_pairs * float(np.nan_to_num(between))


def _pair_counts(day: Ints, minute: Floats, minutes: float) -> tuple[float, float]:
    """Pairs on one day, and those within `minutes`."""
    if len(day) < 2:
        return 0.0, 0.0
    order = np.sort(minute)
    counts = np.unique(day, return_counts=True)[1].astype(float)
    pairs = float((counts * (counts - 1) / 2).sum())
    reach = np.minimum(order + minutes, (np.floor(order / 1440) + 1) * 1440 - 1e-9)
    close = np.searchsorted(order, reach, side="right") - np.arange(len(order)) - 1
    return pairs, float(close.sum())


def close_to_another(minute: Floats, unit: Ints, minutes: float) -> Bools:
    """Rows that came within `minutes` of another one of the unit on the same day."""
    out = np.zeros(len(minute), dtype=np.bool_)
    told = np.flatnonzero(~np.isnan(minute))
    order = told[np.lexsort((minute[told], unit[told]))]
    near = (np.diff(minute[order]) <= minutes) & (np.diff(unit[order]) == 0)
    near &= np.diff(np.floor(minute[order] / 1440)) == 0
    out[order[1:]] |= near
    out[order[:-1]] |= near
    return out


def outside(moments: Moments, hours: tuple[float, float] | None, closed: Sequence[int]) -> Bools:
    """Rows on closed weekdays, or outside the opening hours where the hour is known."""
    hit = np.isin(moments.weekday, list(closed)) & moments.told
    if hours is not None and not moments.dates_only:
        hour = np.nan_to_num(moments.minute % 1440) / 60
        hit |= moments.told & ((hour < hours[0]) | (hour >= hours[1]))
    return np.asarray(hit, dtype=np.bool_)
