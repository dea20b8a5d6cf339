"""Bursts: when each unit's answers came in, against its own pace and the others' pattern."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.stats.columns import check_frame
from svclib.stats.compare.adjustment import Adjustment, check_adjustment
from svclib.stats.quality.answers import check_rate, read_units
from svclib.stats.quality.moments import read_moments
from svclib.stats.quality.signs import Sheets
from svclib.stats.quality.timing import Timing, check_timing, moment_signs
from svclib.stats.quality.verdicts import TAKEN, judge, laid_out


def bursts(
    data: pd.DataFrame,
    at: str,
    *,
    by: str | Sequence[str],
    window: int = 3,
    last_days: int = 3,
    minutes: float = 10,
    hours: tuple[float, float] | None = None,
    closed_days: Sequence[int] = (),
    min_n: int = 20,
    rate: float = 0.05,
    adjust: Adjustment = "holm",
    seed: int = 1,
) -> pd.DataFrame:
    """Look for units whose answers came in bursts, at the end of months, minutes apart or when they were closed.

    Parameters
    ----------
    data : DataFrame
        One row a response.
    at : str
        Moment or date of submission; days and hours are those of the column's own zone.
    by : str or list of str
        Columns of the unit.
    window, last_days, minutes, hours, closed_days, min_n, rate, adjust, seed
        As in `fabrication`.

    Returns
    -------
    DataFrame
        One row a unit and sign (``month_end, burst, rapid, closed``), columns as of ``fabrication(…).frame``, then
        ``start`` and ``end``, the days of the busiest window. Where only dates are known there is no ``rapid``.

    Raises
    ------
    InvalidInput
        Naming the column that is absent or holds no dates.

    Examples
    --------
    >>> from svclib.stats.quality.scenarios import bank
    >>> found = bursts(bank(units=12, answers=60, cheats=1, share=0.5, seed=4), "day", by="branch")
    >>> found.loc[found["flagged"], ["branch", "sign"]].values.tolist()
    [['b01', 'month_end'], ['b01', 'burst']]
    """
    check_rate(rate)
    check_adjustment(adjust)
    timing = Timing(last_days, window, minutes, hours, tuple(closed_days), seed)
    check_timing(timing)
    unit, keys = read_units(check_frame(data), by, TAKEN)
    nothing = np.zeros((len(data), 0))
    sheets = Sheets(unit, len(keys), nothing, np.zeros(0), np.zeros(0))
    read = read_moments(data, at)
    found, busiest = moment_signs(read, sheets, timing)
    judged = judge(found, sheets, min_n, seed)
    frame = laid_out(keys, found, judged, None, min_n=min_n, rate=rate, adjust=adjust)
    first = pd.Series(read.first + pd.to_timedelta(np.maximum(busiest.start, 0), unit="D"))
    start = first.where(busiest.start >= 0).repeat(len(found)).reset_index(drop=True)
    shown = frame["sign"].eq("burst")
    frame["start"] = start.where(shown)
    frame["end"] = (start + pd.Timedelta(days=window - 1)).where(shown)
    return frame
