"""Restricted mean times: the area under the survival curve up to a limit (Royston and Parmar 2013)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats, ratio
from svclib.stats.clocks.curve import Curve, design_variance, influence_steps
from svclib.stats.clocks.spells import ClockNote, group_names
from svclib.stats.estimate import Note, estimates
from svclib.stats.intervals import t_interval

_EMPTY = (ClockNote.NO_CASES, ClockNote.NOT_FOLLOWED)
_UNSURE = (ClockNote.NO_EVENTS, ClockNote.ONE_CASE, ClockNote.NO_SPREAD)


@dataclass(frozen=True)
class Areas:
    """Restricted means of all groups.

    Attributes
    ----------
    mean, variance, events : (groups,) float
        The variance is Greenwood's Σ A² d / (Y (Y - d)) with the area A that is left after each time.
    left : (times,) float
        Area under the curve from each time to the limit.
    """

    mean: Floats
    variance: Floats
    events: Floats
    left: Floats


def areas(curve: Curve, until: float) -> Areas:
    """Add up the areas under the curves from 0 to `until`."""
    counts = curve.counts
    mean, variance, events = np.zeros(curve.groups), np.zeros(curve.groups), np.zeros(curve.groups)
    left = np.zeros(len(counts.time))
    steps = influence_steps(curve)[0]
    for group in range(curve.groups):
        rows = slice(counts.starts[group], counts.starts[group + 1])
        time, alive = np.minimum(counts.time[rows], until), curve.survival[rows]
        pieces = np.diff(np.concatenate([time, [until]])) * alive
        left[rows] = np.cumsum(pieces[::-1])[::-1]
        mean[group] = (time[0] if len(time) else until) + pieces.sum()
        variance[group] = (left[rows] ** 2 * steps[rows]).sum()
        events[group] = (counts.all_events[rows] * (counts.time[rows] < until)).sum()
    return Areas(mean, variance, events, left)


def restricted_means(curve: Curve, until: float, level: float, min_n: int) -> pd.DataFrame:
    """Estimate the mean of min(time, `until`) in each group."""
    found, notes = areas(curve, until), _notes(curve, until, min_n)
    error, df = _errors(curve, until, found), np.maximum(found.events - 1, 1)
    empty, unsure = np.isin(notes, _EMPTY), np.isin(notes, _UNSURE)
    low, high = t_interval(found.mean, np.where(unsure, np.nan, error * _correction(found.events)), df, level)
    return estimates(
        curve.spells.keys,
        term=f"mean within {until:g}",
        n=curve.spells.n,
        level=level,
        method="t, restricted mean",
        estimate=np.where(empty, np.nan, found.mean),
        std_error=np.where(empty, np.nan, error),
        low=np.where(empty, np.nan, np.maximum(low, 0)),
        high=np.where(empty, np.nan, np.minimum(high, until)),
        df=df,
        note=notes,
    )


def _errors(curve: Curve, until: float, found: Areas) -> Floats:
    if not curve.weighted and curve.design is None:
        return np.sqrt(found.variance)
    steps, own = influence_steps(curve)
    passed = curve.counts.running(found.left * steps)
    over = curve.spells.time < until
    ends = curve.points(np.full(curve.groups, until), np.arange(curve.groups))
    whole = ends.read(passed, 0.0)[curve.spells.group]
    where = curve.counts.where
    values = np.where(over, passed[where] + found.left[where] * own, whole)
    return np.asarray(np.sqrt(design_variance(curve, [values])[:, 0]))


def _correction(events: Floats) -> Floats:
    """Greenwood's divisor is the number d of ends; √(d / (d - 1)) makes it d - 1 (Klein and Moeschberger 2003, 4.5)."""
    return np.sqrt(np.where(events > 1, ratio(events, events - 1), 1.0))


def _notes(curve: Curve, until: float, min_n: int) -> list[str]:
    last, at_last = curve.last()
    spells = curve.spells
    first = np.full(curve.groups, np.nan)
    first[spells.group] = spells.time
    differ = curve.total(((spells.time != first[spells.group]) | (spells.event == 0)).astype(float))
    ended = curve.total(((spells.event > 0) & (spells.time < until)).astype(float))
    choices = [
        (spells.n == 0, ClockNote.NO_CASES),
        ((last < until) & (at_last > 0), ClockNote.NOT_FOLLOWED),
        (spells.n == 1, ClockNote.ONE_CASE),
        (ended == 0, ClockNote.NO_EVENTS),
        (differ == 0, ClockNote.NO_SPREAD),
        (spells.n < min_n, Note.TOO_FEW),
    ]
    return list(np.select([one for one, _note in choices], [str(note) for _one, note in choices], default=""))


def restricted_differences(curve: Curve, until: float, level: float, min_n: int) -> pd.DataFrame:
    """Compare the restricted means of every two groups: Welch's t of two independent means."""
    rows, names = restricted_means(curve, until, level, min_n), group_names(curve.spells.keys)
    found = areas(curve, until)
    error = rows["std_error"].to_numpy(dtype=float) * _correction(found.events)
    one, other = np.asarray(list(combinations(range(curve.groups), 2)), dtype=np.int64).reshape(-1, 2).T
    spread, df = np.hypot(error[one], error[other]), rows["df"].to_numpy(dtype=float)
    parts = error[one] ** 4 / df[one] + error[other] ** 4 / df[other]
    degrees = np.nan_to_num(ratio(spread**4, parts), nan=1.0)
    unsure = np.isin(rows["note"], _UNSURE)
    estimate = (rows["estimate"].to_numpy()[one] - rows["estimate"].to_numpy()[other]).astype(float)
    low, high = t_interval(estimate, np.where(unsure[one] | unsure[other], np.nan, spread), degrees, level)
    notes = rows["note"].to_numpy(dtype=object)
    keys = pd.DataFrame({"first": [names[i] for i in one], "second": [names[i] for i in other]}, dtype=object)
    n = rows["n"].to_numpy()
    return estimates(
        keys,
        term=f"mean within {until:g}",
        n=n[one] + n[other],
        level=level,
        method="Welch t, restricted means",
        estimate=estimate,
        std_error=np.hypot(*(rows["std_error"].to_numpy(dtype=float)[side] for side in (one, other))),
        low=low,
        high=high,
        df=degrees,
        note=np.where(notes[one] != "", notes[one], notes[other]),
    )
