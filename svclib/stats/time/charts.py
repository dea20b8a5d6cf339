"""Control charts of shares, of rates and of single values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.marks import _
from svclib.stats.time.rules import Rule, Rules, read_rules
from svclib.stats.time.series import (
    ChartNote,
    Limits,
    Points,
    chart_frame,
    joined,
    moving_ranges,
    moving_sigma,
    read_points,
    standardised,
)

_D4 = 3.267
"""Upper limit of the moving range of two, in mean moving ranges (the tables' rounding)."""
MOVING_RANGE = "moving_range"


def p_chart(
    data: pd.DataFrame,
    count: str,
    size: str,
    *,
    over: str | None = None,
    by: str | Sequence[str] | None = None,
    baseline: int | None = None,
    laney: bool = False,
    rules: str | Sequence[str] = "western_electric",
    run: int | None = None,
) -> pd.DataFrame:
    """Chart the share of cases of a kind in each period, with binomial limits.

    The center is p̄ = Σ count / Σ size of the baseline, the limits p̄ ± 3 √(p̄(1 − p̄) / size) within 0 and 1
    (Shewhart 1931; Montgomery, Introduction to Statistical Quality Control, chapter 7). With `laney` (p′, Laney 2002)
    the standard deviation is widened or narrowed by that of the standardised shares, their mean moving range / 1.128:
    large periods vary more than the binomial law allows for.

    Parameters
    ----------
    data : DataFrame
        One row a period (and group).
    count, size : str
        Columns of how many cases are of the kind, and of how many there are.
    over : str, optional
        Column of the periods, by which the rows are sorted; without it the rows are in order.
    by : str or list of str, optional
        Columns whose groups have charts of their own.
    baseline : int, optional
        How many of the first points make the limits; without it all of them.
    laney : bool
    rules : {"western_electric", "nelson"} or list of str
        See `svclib.stats.time.rules`. Points that are missing are passed over.
    run : int, optional
        Length of a run on one side, in place of the rules' own.

    Returns
    -------
    DataFrame
        One row a period: the `by` columns, `over` (or ``point``), ``term`` (the column `count`), ``value``,
        ``center``, ``lower``, ``upper``, ``sigma``, ``baseline`` (whether the point makes the limits), ``signal`` (the
        rules broken, joined by ", ", or empty), ``note`` (why something is missing), ``size``.

    Raises
    ------
    InvalidInput
        Text, negative counts, counts above their size, a period that is there twice.

    Examples
    --------
    >>> months = pd.DataFrame({"bad": [9, 11, 10, 12, 30], "asked": [100] * 5})
    >>> p_chart(months, "bad", "asked", baseline=4)["signal"].tolist()
    ['', '', '', '', 'beyond_limits']
    """
    read = read_rules(rules, run)
    parts = read_points(data, [count, size], over, by, baseline)

    def chart(points: Points) -> pd.DataFrame:
        cases, sizes = _checked(points, count, size)
        if (cases > sizes).any():
            raise InvalidInput(
                _('The column "{count}" exceeds "{size}" in {rows} rows; mend the counts or swap the columns.'),
                count=count,
                size=size,
                rows=int((cases > sizes).sum()),
            )
        center = _pooled(cases, sizes, points)
        sigma = np.sqrt(ratio(center * (1 - center), sizes))
        return _counts_chart(points, count, cases, sizes, Limits(np.full(len(cases), center), sigma, 0, 1), laney, read)

    return joined(parts, chart)


def u_chart(
    data: pd.DataFrame,
    count: str,
    size: str,
    *,
    per: float = 1,
    over: str | None = None,
    by: str | Sequence[str] | None = None,
    baseline: int | None = None,
    laney: bool = False,
    rules: str | Sequence[str] = "western_electric",
    run: int | None = None,
) -> pd.DataFrame:
    """Chart the rate of events (complaints for each 10,000 transactions) in each period, with Poisson limits.

    The center is ū = Σ count / Σ size of the baseline, the limits ū ± 3 √(ū / size), not below 0 (Montgomery,
    Introduction to Statistical Quality Control, chapter 7). With `laney` (u′, Laney 2002) as in `p_chart`.

    Parameters
    ----------
    count, size : str
        Columns of the number of events, and of how much there was in which they could happen.
    per : float
        How much the rate is for: with 10,000 and transactions, events for each 10,000 transactions.
    data, over, by, baseline, laney, rules, run
        As in `p_chart`.

    Returns
    -------
    DataFrame
        As of `p_chart`; ``size`` is in units of `per`.

    Examples
    --------
    >>> months = pd.DataFrame({"complaints": [9, 11, 10, 30], "calls": [5000] * 4})
    >>> u_chart(months, "complaints", "calls", per=1000, baseline=3)[["value", "center"]].iloc[3].tolist()
    [6.0, 2.0]
    """
    if not 0 < per < np.inf:
        raise InvalidInput(_("per is {per}; give a number above 0, such as 1000."), per=per)
    read = read_rules(rules, run)
    parts = read_points(data, [count, size], over, by, baseline)

    def chart(points: Points) -> pd.DataFrame:
        cases, sizes = _checked(points, count, size)
        sizes = sizes / per
        center = _pooled(cases, sizes, points)
        limits = Limits(np.full(len(cases), center), np.sqrt(ratio(center, sizes)), 0)
        return _counts_chart(points, count, cases, sizes, limits, laney, read)

    return joined(parts, chart)


def xmr_chart(
    data: pd.DataFrame,
    value: str,
    *,
    over: str | None = None,
    by: str | Sequence[str] | None = None,
    baseline: int | None = None,
    rules: str | Sequence[str] = "western_electric",
    run: int | None = None,
) -> pd.DataFrame:
    """Chart single values and their moving ranges.

    The center is the baseline's mean, the limits three standard deviations away, one being the mean moving range of
    two / 1.128; the moving range's own upper limit is 3.267 mean moving ranges (Wheeler 1993; Montgomery,
    Introduction to Statistical Quality Control, section 6.4).

    Parameters
    ----------
    value : str
        Column of the values.
    data, over, by, baseline, rules, run
        As in `p_chart`; ranges are judged by their limit alone.

    Returns
    -------
    DataFrame
        As of `p_chart` but for ``size``: first the values (``term`` the column `value`), then the ranges (``term``
        ``moving_range``).

    Examples
    --------
    >>> waits = pd.DataFrame({"minutes": [8.0, 9, 8, 9, 8, 15]})
    >>> chart = xmr_chart(waits, "minutes", baseline=5)
    >>> chart.loc[chart["signal"] != "", "term"].tolist()
    ['minutes', 'moving_range']
    """
    read = read_rules(rules, run)

    def chart(points: Points) -> pd.DataFrame:
        (values,) = points.columns
        center, sigma = moving_sigma(values, points.baseline)
        constant = np.ones(len(values))
        singles = chart_frame(points, value, values, Limits(constant * center, constant * sigma), read)
        return pd.concat([singles, _range_chart(points, values)], ignore_index=True)

    return joined(read_points(data, [value], over, by, baseline), chart)


def _checked(points: Points, count: str, size: str) -> tuple[Floats, Floats]:
    """Counts and sizes; a size of 0 is no period to judge."""
    for column, name in zip(points.columns, (count, size), strict=True):
        if (column < 0).any():
            raise InvalidInput(
                _('The column "{column}" is negative in {rows} rows; counts are 0 or more.'),
                column=name,
                rows=int((column < 0).sum()),
            )
    cases, sizes = points.columns
    if ((cases > 0) & (sizes == 0)).any():
        raise InvalidInput(
            _('The column "{size}" is 0 where "{count}" is not; mend the sizes.'), size=size, count=count
        )
    known = ~np.isnan(cases) & (sizes > 0)
    return np.where(known, cases, np.nan), np.where(known, sizes, np.nan)


def _pooled(cases: Floats, sizes: Floats, points: Points) -> float:
    used = points.baseline & ~np.isnan(cases)
    return float(ratio(cases[used].sum(), sizes[used].sum())) if used.sum() >= 2 else np.nan


def _counts_chart(
    points: Points, term: str, cases: Floats, sizes: Floats, limits: Limits, laney: bool, rules: Rules
) -> pd.DataFrame:
    values = ratio(cases, sizes)
    if laney:
        spread = moving_sigma(standardised(values, limits), points.baseline)[1]
        widened = limits.sigma if np.isnan(spread) else limits.sigma * spread
        limits = Limits(limits.center, widened, limits.lowest, limits.highest)
    frame = chart_frame(points, term, values, limits, rules, ChartNote.NO_CASES)
    unknown = np.isnan(points.columns[0]) & (points.columns[1] > 0)
    frame["note"] = np.where(unknown, ChartNote.NO_VALUE.value, frame["note"].astype(object))
    return frame.assign(size=sizes)


def _range_chart(points: Points, values: Floats) -> pd.DataFrame:
    ranges = moving_ranges(values)
    used = ranges[points.baseline & ~np.isnan(ranges)]
    center = float(used.mean()) if len(used) >= 2 else np.nan
    constant = np.ones(len(values))
    limits = Limits(constant * center, constant * center * (_D4 - 1) / 3, 0)
    frame = chart_frame(points, MOVING_RANGE, ranges, limits, Rules((Rule.BEYOND_LIMITS,), 8))
    first = np.isnan(ranges) & ~np.isnan(values)
    frame["note"] = np.where(first, ChartNote.FIRST.value, frame["note"].astype(object))
    return frame
