"""Signs that lie in when answers came in, and what is counted as a burst or a month's end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools
from svclib.stats.marks import _
from svclib.stats.quality import moments
from svclib.stats.quality.moments import Moments, Scan
from svclib.stats.quality.signs import Sheets, Sign, burst_sign, rapid_sign, share_sign


@dataclass(frozen=True)
class Timing:
    """Settings of the signs of time; see `svclib.stats.quality.fabrication.fabrication`."""

    last_days: int = 3
    window: int = 3
    minutes: float = 10
    hours: tuple[float, float] | None = None
    closed_days: tuple[int, ...] = ()
    seed: int = 1


def check_timing(timing: Timing) -> None:
    """Raise `InvalidInput` for a setting that cannot be."""
    for name, value, most in (("last_days", timing.last_days, 15), ("window", timing.window, 31)):
        if not 1 <= value <= most or int(value) != value:
            raise InvalidInput(
                _("{name} is {value}; give whole days from 1 to {most}."), name=name, value=value, most=most
            )
    if not 0 < timing.minutes <= 240:
        raise InvalidInput(_("minutes is {value}; give a number above 0 and up to 240."), value=timing.minutes)
    if timing.hours is not None and not 0 <= timing.hours[0] < timing.hours[1] <= 24:
        raise InvalidInput(_("hours must be opening and closing hour, such as (9, 17)."))
    if not set(timing.closed_days) <= set(range(7)):
        raise InvalidInput(_("closed_days holds what is no weekday; give numbers from 0 (Monday) to 6."))


def moment_signs(read: Moments, sheets: Sheets, timing: Timing) -> tuple[list[Sign], Scan]:
    """Month ends, bursts, and where hours are known answers minutes apart; closed days where they are named."""
    counted = read.told & (sheets.unit >= 0)
    found = [_month_end(read, sheets, timing, counted)]
    busiest = moments.scan(read.day[counted], sheets.unit[counted], sheets.units, timing.window, seed=timing.seed)
    found.append(burst_sign(busiest, sheets, np.where(counted, read.day, -1), timing.window))
    if not read.dates_only:
        found.append(_rapid(read, sheets, timing, counted))
    if timing.closed_days or (timing.hours is not None and not read.dates_only):
        hit = moments.outside(read, timing.hours, timing.closed_days)
        found.append(share_sign("closed", np.where(read.told, hit, np.nan), sheets))
    return found, busiest


def _month_end(read: Moments, sheets: Sheets, timing: Timing, counted: Bools) -> Sign:
    last = moments.month_end(read, timing.last_days)
    month = np.where(read.told, read.month - read.month[read.told].min(), 0)
    usual = moments.usual_share(last, month, np.maximum(sheets.unit, 0), sheets.units, counted)
    return share_sign("month_end", np.where(read.told, last, np.nan), sheets, usual=usual)


def _rapid(read: Moments, sheets: Sheets, timing: Timing, counted: Bools) -> Sign:
    unit = np.maximum(sheets.unit, 0)
    close, expected = moments.pairs_within(read.minute[counted], unit[counted], sheets.units, timing.minutes)
    rows = moments.close_to_another(np.where(counted, read.minute, np.nan), unit, timing.minutes)
    return rapid_sign(close, expected, rows, sheets, counted)
