"""Answers that staff may have filled in: signs by branch, collector, employee or device, false alarms held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.compare.adjustment import Adjustment, check_adjustment
from svclib.stats.marks import _
from svclib.stats.quality import signs
from svclib.stats.quality.answers import (
    check_index,
    check_rate,
    is_rating,
    item_names,
    nullable,
    read_codes,
    read_units,
)
from svclib.stats.quality.indices import alike
from svclib.stats.quality.moments import read_moments
from svclib.stats.quality.nonresponse import NEVER, read_states
from svclib.stats.quality.signs import Sheets, Sign, share_sign
from svclib.stats.quality.similarity import twins
from svclib.stats.quality.timing import Timing, check_timing, moment_signs
from svclib.stats.quality.verdicts import TAKEN, judge, judge_together, laid_out, summary


@dataclass(frozen=True, eq=False)
class UnitSigns:
    """Signs of fabrication, unit by unit.

    Attributes
    ----------
    frame : DataFrame
        One row a unit and sign: the `by` columns, ``sign, n, observed, expected, z, p_value, p_adjusted, flagged,
        note``; see `fabrication`.
    units : DataFrame
        One row a unit: the `by` columns, ``n, flagged`` (signs), ``signs`` (their names), ``p_adjusted`` (the
        smallest), ``note``; most conspicuous first.
    responses : DataFrame
        Indexed as the data: for the signs that single responses carry, a nullable boolean; missing in rows of no unit.
    by : tuple of str
    rate : float
    adjust : str
    dates_only : bool
        No hours were known; also true without any date.
    settings : dict
        ``last_days, window, minutes`` and ``threshold``, the match from which sheets are near twins.
    """

    frame: pd.DataFrame
    units: pd.DataFrame
    responses: pd.DataFrame
    by: tuple[str, ...]
    rate: float
    adjust: str
    dates_only: bool
    settings: dict[str, float]


@dataclass(frozen=True)
class Plan:
    """The columns and settings that were asked for; see `fabrication`."""

    at: str | None
    comments: tuple[str, ...]
    states: object
    device: str | None
    timing: Timing
    seed: int


def fabrication(
    data: pd.DataFrame,
    items: Sequence[str],
    *,
    by: str | Sequence[str],
    at: str | None = None,
    comments: str | Sequence[str] | None = None,
    states: pd.DataFrame | None = None,
    device: str | None = None,
    hours: tuple[float, float] | None = None,
    closed_days: Sequence[int] = (),
    last_days: int = 3,
    window: int = 3,
    minutes: float = 10,
    min_n: int = 20,
    rate: float = 0.05,
    adjust: Adjustment = "holm",
    seed: int = 1,
) -> UnitSigns:
    """Look for units whose answers call for a look: staff may have filled them in.

    Parameters
    ----------
    data : DataFrame
        One row a response.
    items : list of str
        Questions that sheets are compared by: at least two ratings (numbers), and choices of any kind.
    by : str or list of str
        Columns of the unit: branch, collector, employee, device.
    at : str, optional
        Moment of submission; of anonymous surveys the date.
    comments : str or list of str, optional
        Columns of free text.
    states : DataFrame, optional
        Why cells are empty (``frames.states``), so that questions not shown are not taken for omitted ones.
    device : str, optional
        Column of the device or client, missing where unknown.
    hours : (float, float), optional
        Opening hours, such as ``(9, 17)``; need moments, not dates.
    closed_days : list of int
        Weekdays without service, 0 for Monday.
    last_days, window : int
        Days that are the end of a month; longest burst, in days.
    minutes : float
        Answers so close together count as pairs.
    min_n : int
        Units with fewer answers are not judged.
    rate : float
        Chance that an honest bank has any unit flagged by any sign (``holm``), or the expected share of honest ones
        among the flagged (``bh``).
    adjust : {"holm", "bh", "bonferroni", "none"}
    seed : int

    Returns
    -------
    UnitSigns
        Of ``.frame``: ``observed`` and ``expected`` are, by ``sign``,

        ``similar``
            share of sheets with a near twin in the unit (sheets answered all alike left out); expected from shuffled
            sheets of equal total score,
        ``spread``
            variance within the unit as a part of the most its means allow (small is strange),
        ``extremes``
            share of answers at either end (small is strange),
        ``perfect``
            share of sheets with the top mark everywhere,
        ``omitted``
            share of questions left empty (small is strange),
        ``comments``
            share of sheets with a comment (small is strange),
        ``month_end``
            share of sheets in the last days of a month; expected from the other units in the same months,
        ``burst``
            sheets in the unit's busiest window of days; expected from the pattern of all,
        ``rapid``
            pairs of sheets a few minutes apart; expected from the hours of the other units,
        ``closed``
            share of sheets on closed days or outside opening hours,
        ``devices``
            share of sheets from a device that the unit used more than once,
        ``together``
            mean ``z`` of all of these.

        ``z`` is the deviation in standard deviations between honest units, towards what is strange; ``p_value`` its
        one-sided chance, ``p_adjusted`` allowing for all units and signs.

    Raises
    ------
    InvalidInput
        Naming the column that is absent or cannot be used, and the mend.

    Notes
    -----
    A unit is compared with how much honest units differ from each other, which is estimated from the units at hand
    (robustly: a few strange ones hardly move it) on top of chance within a unit; see `svclib.stats.quality.units`.
    So good branches, chatty branches and branches with busy month ends are not flagged for that alone: only a unit
    beyond the others' spread is. What all units do alike cannot be seen. In simulated honest banks of 12 to 40 units
    any is flagged with a chance of 0.05 (nominal 0.05), of 0.12 where units differ twice as much as is usual. Signs:
    Bredl, Storfinger and Menold (2013), Kuriakose and Robbins (2016) with the caveats of Simmons et al. (2016). A flag
    calls for a look; it proves nothing.

    Examples
    --------
    >>> from svclib.stats.quality.scenarios import bank
    >>> sheets = bank(units=12, answers=60, cheats=1, share=0.4, seed=4)
    >>> found = fabrication(sheets, ["q1", "q2", "q3", "q4", "q5", "q6"], by="branch", at="day", comments="comment")
    >>> found.units.loc[0, ["branch", "flagged"]].tolist()[0], found.units["flagged"].gt(0).sum().item()
    ('b01', 1)
    """
    check_rate(rate)
    check_adjustment(adjust)
    check_index(check_frame(data))
    timing = Timing(last_days, window, minutes, hours, tuple(closed_days), seed)
    plan = Plan(at, tuple(names_of(comments)), states, device, timing, seed)
    names = _checked(data, items, plan)
    unit, keys = read_units(data, by, TAKEN)
    sheets = _sheets(data, names, unit, len(keys))
    found, settings, dates_only = _signs(data, names, plan, sheets)
    judged = judge(found, sheets, min_n, seed)
    together = judge_together(judged, sheets, seed)
    frame = laid_out(keys, found, judged, together, min_n=min_n, rate=rate, adjust=adjust)
    rows = {sign.name: nullable(sign.rows, unit >= 0, data.index) for sign in found if sign.rows is not None}
    responses = pd.DataFrame(rows, index=data.index)
    units = summary(frame, keys, np.bincount(unit[unit >= 0], minlength=len(keys)))
    return UnitSigns(frame, units, responses, tuple(keys.columns), rate, adjust, dates_only, settings)


def _checked(data: pd.DataFrame, items: Sequence[str], plan: Plan) -> list[str]:
    """Check columns and settings; gives the items' names."""
    names = item_names(data, items, least=2)
    check_columns(data, [*plan.comments, *([plan.device] if plan.device else [])])
    check_timing(plan.timing)
    return names


def _sheets(data: pd.DataFrame, names: list[str], unit: Ints, units: int) -> Sheets:
    """Read the ratings among the items: columns of numbers with more than two values."""
    rated = [name for name in names if is_rating(data[name])]
    if len(rated) < 2:
        raise InvalidInput(
            _("Only {count} of the items are ratings (numbers); at least two are needed to compare sheets."),
            count=len(rated),
        )
    ratings = np.column_stack([numbers(data, name) for name in rated])
    filled = np.isnan(ratings).all(axis=0)
    if filled.any():
        raise InvalidInput(
            _('The item "{column}" was answered by nobody; leave it out.'), column=rated[int(np.argmax(filled))]
        )
    return Sheets(unit, units, ratings, np.nanmin(ratings, axis=0), np.nanmax(ratings, axis=0))


def _signs(
    data: pd.DataFrame, names: list[str], plan: Plan, sheets: Sheets
) -> tuple[list[Sign], dict[str, float], bool]:
    """Compute every sign that the columns allow."""
    codes = read_codes(data, names)
    usable = ~alike(sheets.ratings) & (sheets.unit >= 0)
    near = twins(codes, sheets.unit, sheets.units, sheets.level, usable, seed=plan.seed)
    found = [
        signs.similar_sign(near, sheets),
        signs.spread_sign(sheets),
        share_sign("extremes", signs.extremes(sheets), sheets, few=True, given="level"),
        share_sign("perfect", signs.perfect(sheets), sheets, given="top"),
        share_sign("omitted", _omitted(data, names, codes, plan), sheets, few=True, given="level"),
    ]
    if plan.comments:
        found.append(share_sign("comments", _commented(data, plan.comments), sheets, few=True, given="level"))
    dates_only = True
    if plan.at is not None:
        read = read_moments(data, plan.at)
        dates_only = read.dates_only
        found += moment_signs(read, sheets, plan.timing)[0]
    if plan.device is not None:
        found.append(share_sign("devices", _repeated(data[plan.device], sheets.unit), sheets))
    timing = plan.timing
    settings = {"last_days": timing.last_days, "window": timing.window, "minutes": timing.minutes}
    return found, {**settings, "threshold": near.threshold}, dates_only


def _omitted(data: pd.DataFrame, names: list[str], codes: Ints, plan: Plan) -> Floats:
    if plan.states is None:
        return np.asarray((codes < 0).mean(axis=1), dtype=np.float64)
    read = read_states(plan.states, names, data.index)
    shown = ~pd.isna(read) & ~np.isin(read, NEVER)
    return ratio((shown & (read != "answered")).sum(axis=1), shown.sum(axis=1))


def _commented(data: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """1 where any of the columns holds a text that is more than blanks."""
    texts = [data[name].fillna("").astype(str).str.strip().ne("").to_numpy() for name in columns]
    return np.asarray(np.any(texts, axis=0), dtype=np.float64)


def _repeated(device: pd.Series, unit: Ints) -> Floats:
    """1 where the unit has another response from the device, NaN where the device is unknown."""
    code = np.asarray(pd.factorize(device)[0], dtype=np.int64)
    told = (code >= 0) & (unit >= 0)
    place = np.where(told, unit * (code.max(initial=0) + 1) + code, -1)
    _values, which, count = np.unique(place, return_inverse=True, return_counts=True)
    return np.where(told, (count[which] > 1).astype(float), np.nan)
