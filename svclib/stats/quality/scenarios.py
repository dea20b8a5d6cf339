"""Banks made up by chance, honest or not: to learn what the signs can see, and how often they are wrong.

Nothing here looks at data. The benchmarks measure rates of false alarms and chances of detection on these banks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Bools, Floats, Ints

RATINGS = ("q1", "q2", "q3", "q4", "q5", "q6")
CHOICES = ("purpose", "age")
_CUTS = np.array([-1.9, -1.3, -0.5, 0.45])
"""Thresholds of the five points: about half of the answers are the top one."""


def bank(
    *,
    units: int = 40,
    answers: float = 150,
    between: float = 1.0,
    cheats: int = 0,
    share: float = 0.3,
    variations: int = 2,
    hours: bool = False,
    seed: int = 1,
) -> pd.DataFrame:
    """Make up a year of answers from branches that honestly differ, the first `cheats` of which fill in some.

    Parameters
    ----------
    units : int
        Branches, ``b01`` on.
    answers : float
        Honest answers a branch on average; a branch has from half to one and a half times as many.
    between : float
        How much honest branches differ in level, customers, omissions, comments, month ends and clumping; 0 for not at
        all.
    cheats : int
        Branches in which staff add answers.
    share : float
        Made-up answers as a part of a cheating branch's honest ones.
    variations : int
        Answers in which a made-up sheet differs from the one it was copied from.
    hours : bool
        Whether the time of day is known.
    seed : int

    Returns
    -------
    DataFrame
        ``branch, day`` (a moment, or a date), ``q1`` to ``q6`` (1 to 5, with gaps), ``purpose, age`` (choices),
        ``comment`` (text or missing), ``made_up`` (bool).

    Examples
    --------
    >>> bank(units=8, answers=50, cheats=1).groupby("branch")["made_up"].sum().tolist()[:2]
    [15, 0]
    """
    generator = np.random.default_rng(seed)
    size = np.maximum((answers * generator.uniform(0.5, 1.5, units)).round().astype(int), 1)
    unit = np.repeat(np.arange(units), size)
    honest = _honest(unit, units, between, generator)
    made = [_made_up(honest[honest["unit"] == one], share, variations, generator) for one in range(cheats)]
    frame = pd.concat([honest, *made], ignore_index=True)
    frame["branch"] = [f"b{one + 1:02}" for one in frame["unit"]]
    moment = pd.Timestamp("2025-01-01") + pd.to_timedelta(frame["offset"], unit="D")
    if hours:
        moment = moment + pd.to_timedelta(_minute(frame, generator), unit="min")
    frame["day"] = moment
    return frame[["branch", "day", *RATINGS, *CHOICES, "comment", "made_up"]]


def _honest(unit: Ints, units: int, between: float, generator: np.random.Generator) -> pd.DataFrame:
    rows = len(unit)
    level = between * generator.normal(0, 0.25, units)[unit]
    profile = between * generator.normal(0, 0.12, (units, len(RATINGS)))[unit]
    person = generator.standard_normal((rows, 1)) * 0.75
    feeling = level[:, None] + profile + person + 0.65 * generator.standard_normal((rows, len(RATINGS)))
    ratings = 1.0 + (feeling[:, :, None] > _CUTS).sum(axis=2)
    gaps = generator.random(ratings.shape) < _rate(0.05, 0.35 * between, units, generator)[unit][:, None]
    ratings[gaps] = np.nan
    frame = pd.DataFrame(ratings, columns=list(RATINGS))
    frame["purpose"] = _choices("abcdefgh", np.array([5.0, 4, 3, 2, 2, 1, 1, 1]), unit, units, between, generator)
    frame["age"] = _choices("abcde", np.array([2.0, 5, 5, 5, 3]), unit, units, between, generator)
    wrote = generator.random(rows) < _rate(0.4, 0.4 * between, units, generator)[unit]
    frame["comment"] = pd.Series("words", index=frame.index, dtype=object).where(wrote, None)
    frame["offset"] = _days(unit, units, between, generator)
    return frame.assign(unit=unit, made_up=False)


def _choices(labels: str, usual: Floats, unit: Ints, units: int, between: float, generator: np.random.Generator) -> Any:
    """Choices in shares that differ between branches, as their customers do."""
    weights = usual * np.exp(0.35 * between * generator.standard_normal((units, len(usual))))
    edges = (weights / weights.sum(axis=1, keepdims=True)).cumsum(axis=1)[:, :-1]
    return np.array(list(labels))[(generator.random(len(unit))[:, None] > edges[unit]).sum(axis=1)]


def _rate(usual: float, spread: float, units: int, generator: np.random.Generator) -> Floats:
    """Rates of the branches, normal on the log-odds."""
    odds = usual / (1 - usual) * np.exp(spread * generator.standard_normal(units))
    return np.asarray(odds / (1 + odds))


def _days(unit: Ints, units: int, between: float, generator: np.random.Generator) -> Ints:
    """Days of a year: few on Sundays, clumped by branch and day, with month ends that branches make more or less of."""
    dates = pd.date_range("2025-01-01", "2025-12-31")
    late: Bools = np.asarray((dates.days_in_month - dates.day) < 3)
    usual = np.where(dates.day_of_week == 6, 0.25, 1.0)
    out = np.empty(len(unit), dtype=np.int64)
    for one in range(units):
        weights = usual * np.exp(between * generator.normal(0, 0.2) * late)
        if between > 0:
            weights = weights * generator.gamma(4 / between, between / 4, len(dates))
        rows = unit == one
        out[rows] = generator.choice(len(dates), rows.sum(), p=weights / weights.sum())
    return out


def _made_up(honest: pd.DataFrame, share: float, variations: int, generator: np.random.Generator) -> pd.DataFrame:
    """Sheets copied from a handful of good ones with a few changes, on the last days of months, without a comment."""
    count = round(share * len(honest))
    templates = generator.choice([4.0, 5.0], (4, len(RATINGS)), p=[0.4, 0.6])
    chosen = generator.integers(len(templates), size=count)
    ratings = templates[chosen]
    for _change in range(variations):
        place = generator.integers(len(RATINGS), size=count)
        ratings[np.arange(count), place] = generator.choice([4.0, 5.0], count)
    frame = pd.DataFrame(ratings, columns=list(RATINGS))
    frame["purpose"] = np.array(list("abca"))[chosen]
    frame["age"] = np.array(list("bcdb"))[chosen]
    ends = pd.date_range("2025-01-31", periods=12, freq="ME")
    month = generator.integers(12, size=count)
    offset = np.asarray((ends - pd.Timestamp("2025-01-01")).days)[month] - generator.integers(3, size=count)
    return frame.assign(comment=None, offset=offset, unit=honest["unit"].iloc[0], made_up=True)


def _minute(frame: pd.DataFrame, generator: np.random.Generator) -> Floats:
    """Minutes of the day: opening hours; made-up sheets one after the other at the end of the day."""
    honest = (
        generator.choice([9, 10, 10, 11, 13, 14, 15, 15, 16], len(frame)) * 60.0 + generator.random(len(frame)) * 60
    )
    late = 17 * 60 + generator.random(len(frame)) * 30
    return np.where(frame["made_up"], late, honest)
