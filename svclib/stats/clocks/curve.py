"""The survival curve of each group as arrays: Kaplan and Meier's product, its variance, its value at any time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats, Ints, Objects, ratio
from svclib.stats.clocks.limits import MANY, beta_limits, effective_limits, effective_number, matched, normal_limits
from svclib.stats.clocks.spells import ClockNote, Counts, Spells, count
from svclib.stats.design.survey import Design
from svclib.stats.estimate import Note

_AT_ONCE = 32
"""Times whose influences are held at once."""
_OVER = 1e-12
"""A smaller part of the cases left is rounding: all have ended."""


@dataclass(frozen=True)
class Points:
    """Times at which the curve is read.

    Attributes
    ----------
    time : (points,) float
    group : (points,) int
    row : (points,) int
        Row of the curve that holds there; -1 before the group's first time.
    """

    time: Floats
    group: Ints
    row: Ints

    def read(self, values: Floats, before: float) -> Floats:
        """Give the curve's values at the points; `before` where nothing has happened yet."""
        if not len(values):
            return np.full(len(self.row), before)
        return np.where(self.row < 0, before, values[self.row])


@dataclass(frozen=True)
class Curve:
    """Survival at each time of each group.

    Attributes
    ----------
    survival : (times,) float
        Π (1 - events / at risk).
    hazard_sum : (times,) float
        Greenwood's sum Σ events / (at risk · (at risk - events)), up to the last time before the curve reaches 0.
    design : Design, optional
        How the cases were drawn.
    weighted : bool
        The cases have weights, so that the variance comes from each case's influence.
    """

    spells: Spells
    counts: Counts
    survival: Floats
    hazard_sum: Floats
    design: Design | None
    weighted: bool

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.spells.keys)

    @property
    def own_points(self) -> Points:
        """Every time of every group."""
        return Points(self.counts.time, self.counts.group, np.arange(len(self.counts.time)))

    def points(self, time: Floats, group: Ints) -> Points:
        """Find the rows that hold at some times."""
        codes = np.unique(np.concatenate([self.counts.time, time]))
        width = len(codes) + 1
        cell = self.counts.group * width + np.searchsorted(codes, self.counts.time)
        found = np.searchsorted(cell, group * width + np.searchsorted(codes, time), side="right") - 1
        return Points(time, group, np.where(found >= self.counts.starts[group], found, -1))

    def total(self, values: Floats) -> Floats:
        """Sum values of cases by group."""
        return np.bincount(self.spells.group, values, self.groups).astype(np.float64)

    def last(self) -> tuple[Floats, Floats]:
        """Last time of each group and the survival then; NaN and 1 of a group without cases."""
        there = np.diff(self.counts.starts) > 0
        row = np.maximum(self.counts.starts[1:] - 1, 0)
        if not len(self.counts.time):
            return np.full(self.groups, np.nan), np.ones(self.groups)
        return np.where(there, self.counts.time[row], np.nan), np.where(there, self.survival[row], 1.0)

    def notes(self, points: Points, low: Floats, min_n: int) -> Objects:
        """Say of each point why it has no interval, or how far it can be trusted."""
        n, (last, at_last) = self.spells.n, self.last()
        after = (points.time > last[points.group]) & (at_last[points.group] > 0)
        choices = [
            (n[points.group] == 0, ClockNote.NO_CASES),
            (after, ClockNote.NOT_FOLLOWED),
            (n[points.group] < min_n, Note.TOO_FEW),
            (np.isnan(low), ClockNote.EDGE),
        ]
        return np.select([one for one, _note in choices], [str(note) for _one, note in choices], default="")


def fit_curve(spells: Spells, design: Design | None, weighted: bool, *, causes: int = 1) -> Curve:
    """Fit the curve of each group (Kaplan and Meier 1958); an end of any cause is an end."""
    counts = count(spells, causes=causes)
    ended, at_risk = counts.all_events, counts.at_risk
    over = at_risk - ended <= _OVER * at_risk
    alive = counts.running(over.astype(float)) == 0
    factor = np.where(over, 1.0, 1 - ratio(ended, at_risk))
    survival = np.where(alive, np.exp(counts.running(np.log(factor))), 0.0)
    steps = np.where(over, 0.0, ratio(ended, at_risk * (at_risk - ended)))
    return Curve(spells, counts, survival, counts.running(np.nan_to_num(steps)), design, weighted)


def standard_errors(curve: Curve, points: Points) -> Floats:
    """Give the standard error of the survival: Greenwood (1926), or by each case's influence with weights."""
    if curve.design is not None:
        spread = _designed(curve, points)
    elif curve.weighted:
        spread = points.read(_influence_squares(curve), 0.0)
    else:
        spread = points.read(curve.hazard_sum, 0.0)
    return np.asarray(points.read(curve.survival, 1.0) * np.sqrt(spread))


def influence_steps(curve: Curve) -> tuple[Floats, Floats]:
    """What a case adds to log survival: at each time while it is at risk, and at its own end (0 if it is open).

    A further case at risk makes the step events / (at risk · (at risk - events)) smaller; its end costs
    1 / (at risk - events).
    """
    left = curve.counts.at_risk - curve.counts.all_events
    there = left > _OVER * curve.counts.at_risk
    steps = np.where(there, np.nan_to_num(ratio(curve.counts.all_events, curve.counts.at_risk * left)), 0.0)
    own = np.where(there, -ratio(1, left), 0.0)[curve.counts.where]
    return steps, np.where(curve.spells.event > 0, own, 0.0)


def _influence_squares(curve: Curve) -> Floats:
    """Sum of the squared influences of all cases on log survival at each time (infinitesimal jackknife)."""
    counts, weights = curve.counts, curve.spells.weights
    ended = weights * (influence_steps(curve)[1] + curve.hazard_sum[counts.where])
    done, passed = (
        counts.running(np.bincount(counts.where, square, len(counts.time)).astype(np.float64))
        for square in (ended**2, weights**2)
    )
    open_yet = curve.total(weights**2)[counts.group] - passed
    return np.asarray(done + open_yet * curve.hazard_sum**2)


def influence(curve: Curve, time: float) -> Floats:
    """Influence of each case on the log survival of its group at `time`, before weights."""
    every = np.arange(curve.groups)
    points = curve.points(np.full(curve.groups, time), every)
    there = points.read(curve.hazard_sum, 0.0)[curve.spells.group]
    over = curve.spells.time <= time
    return np.where(over, curve.hazard_sum[curve.counts.where] + influence_steps(curve)[1], there)


def _designed(curve: Curve, points: Points) -> Floats:
    """Variance of log survival under the design: the influences are what is linearised."""
    times, code = np.unique(points.time, return_inverse=True)
    parts = [times[first : first + _AT_ONCE] for first in range(0, len(times), _AT_ONCE)]
    found = [design_variance(curve, [influence(curve, float(time)) for time in part]) for part in parts]
    return np.asarray(np.concatenate(found, axis=1)[points.group, code]) if found else np.zeros(len(points.row))


def design_variance(curve: Curve, columns: list[Floats]) -> Floats:
    """Variance under the design of the sums of influences in each group: (groups, columns)."""
    if curve.design is None:
        squares = [curve.total((column * curve.spells.weights) ** 2) for column in columns]
        return np.stack(squares, axis=1)
    placed = []
    for column in columns:
        row = np.zeros(len(curve.design.frame))
        row[curve.spells.rows] = column * curve.spells.weights
        placed.append(row)
    parts = curve.design.domains(list(map(str, curve.spells.keys.columns)) or None)
    return np.maximum(np.diag(parts.variance(placed)), 0).reshape(curve.groups, len(columns))


def limits_at(curve: Curve, points: Points, level: float, method: str) -> tuple[Floats, Floats]:
    """Interval of the survival; see `svclib.stats.clocks.limits`."""
    survival, error = points.read(curve.survival, 1.0), standard_errors(curve, points)
    if method not in ("beta", "wilson"):
        return normal_limits(survival, error, level, method)
    number = effective_number(survival, error, _kish(curve, points))
    low, high = effective_limits(survival, number, level, "wilson")
    few = ~((number * survival >= MANY) & (number * (1 - survival) >= MANY))
    if method == "wilson" or not few.any():
        return low, high
    if curve.weighted or curve.design is not None:
        low[few], high[few] = effective_limits(survival[few], number[few], level, "beta")
    else:
        low[few], high[few] = _exact(curve, Points(points.time[few], points.group[few], points.row[few]), level)
    return low, high


def remaining(curve: Curve, points: Points) -> Floats:
    """Weighted cases at risk just after a time."""
    counts = curve.counts
    after = np.maximum(counts.at_risk - counts.all_events - counts.censored, 0)
    return np.where(points.row < 0, curve.total(curve.spells.weights)[points.group], points.read(after, 0.0))


def _kish(curve: Curve, points: Points) -> Floats:
    """Effective number of cases where the share is 0 (all of the group) or 1 (those that are left)."""
    weights = curve.spells.weights
    scale = np.nan_to_num(ratio(curve.total(weights), curve.total(weights**2)))[points.group]
    left = remaining(curve, points)
    every = curve.total(weights)[points.group]
    return np.asarray(scale * np.where((points.read(curve.survival, 1.0) > 0) & (left > 0), left, every))


def _exact(curve: Curve, points: Points, level: float) -> tuple[Floats, Floats]:
    """Mid-p limits from the product of beta variables, one a time at which something happened."""
    counts = curve.counts
    at_risk, ended = counts.at_risk, counts.all_events
    first = np.log((at_risk - ended + 1) / (at_risk + 1))
    second = first + np.log((at_risk - ended + 2) / (at_risk + 2))
    mean, square = points.read(counts.running(first), 0.0), points.read(counts.running(second), 0.0)
    left = remaining(curve, points)
    there = np.where(left > 0, left, 1.0)
    alive, ends = matched(mean + np.log(there / (there + 1)), square + np.log(there / (there + 2)))
    return beta_limits(matched(mean, square), (np.where(left > 0, alive, 0.0), ends), level)


def at_risk_at(curve: Curve, points: Points) -> Floats:
    """Weighted cases followed just before a time: entered before it, and neither ended nor left."""
    spells, found = curve.spells, np.zeros(len(points.time))
    for code in np.unique(points.group):
        mine, asked = spells.group == code, points.group == code
        for times, sign in ((spells.entry[mine], 1.0), (spells.time[mine], -1.0)):
            order = np.argsort(times, kind="stable")
            total = np.concatenate([[0.0], np.cumsum(spells.weights[mine][order])])
            found[asked] += sign * total[np.searchsorted(times[order], points.time[asked])]
    return found
