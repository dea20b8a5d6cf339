"""Several ways to end: the share that has ended in each way by each time (competing risks)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.clocks.curve import Curve, Points, fit_curve, remaining
from svclib.stats.clocks.limits import check_method, effective_limits, effective_number, normal_limits
from svclib.stats.clocks.spells import ClockNote, make_spells
from svclib.stats.columns import check_columns, check_frame, names_of
from svclib.stats.estimate import MIN_MEAN, check_level, estimates
from svclib.stats.marks import _

METHODS = ("beta", "wilson", "log-log", "plain")
_NAMES = ("time", "at_risk", "events")


@dataclass(frozen=True)
class Causes:
    """The ways in which cases ended: a number for each row (0 open, missing NaN never), and their names."""

    code: Floats
    labels: list[Any]


def read_causes(data: pd.DataFrame, column: str, still_open: Any = None) -> Causes:
    """Read how each case ended; missing, false, 0 and `still_open` mean that it is open.

    Raises
    ------
    InvalidInput
        If the column is absent or no case ended.
    """
    check_columns(check_frame(data), [column])
    series = data[column]
    numeric = pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_bool_dtype(series.dtype)
    is_open = series.isna() | (series == still_open if still_open is not None else series.isna())
    if numeric:
        is_open |= series.fillna(0).astype(float) == 0
    ended = series[~is_open].astype("category").cat.remove_unused_categories()
    if ended.empty:
        raise InvalidInput(
            _('Nothing ended ("{column}" is empty or 0 throughout): name the column of how cases ended.'), column=column
        )
    code = np.zeros(len(series))
    code[~is_open.to_numpy()] = ended.cat.codes.to_numpy() + 1.0
    return Causes(code, list(ended.cat.categories))


def cumulative_incidence(
    data: pd.DataFrame,
    time: str,
    cause: str,
    *,
    by: str | Sequence[str] | None = None,
    still_open: Any = None,
    entry: str | None = None,
    level: float = 0.95,
    method: str = "beta",
    min_n: int = MIN_MEAN,
) -> Incidence:
    """Estimate the share of cases that have ended in each way by each time, given that the other ways exist.

    Parameters
    ----------
    data : DataFrame
        One row a case.
    time, entry : str
        As in `svclib.stats.kaplan_meier`.
    cause : str
        Column of how a case ended (resolved, withdrawn …); missing, 0 or false where it is open.
    by : str or list of str, optional
    still_open : optional
        A value of `cause` that also means open.
    level : float
    method : {"beta", "wilson", "log-log", "plain"}
        How intervals are made: with the effective number of cases that the variance tells (mid-p beta, score), or
        normal on a scale.
    min_n : int

    Returns
    -------
    Incidence

    Notes
    -----
    The estimate of Aalen and Johansen (1978), whose ways add up to 1 less the share still open; 1 less Kaplan and
    Meier's for one way, the others taken as open, would count too many. The error is that of the delta method
    (Marubini and Valsecchi 1995, section 10.3), equal to R's survfit; R's cmprsk uses another approximation.

    Examples
    --------
    >>> cases = pd.DataFrame({"days": [2, 3, 3, 5, 8, 9], "end": ["solved", "solved", None, "left", "solved", None]})
    >>> cumulative_incidence(cases, "days", "end").at(5)[["term", "estimate"]].round(3).values.tolist()
    [['left', 0.222], ['solved', 0.333]]
    """
    check_level(level)
    check_method(method, METHODS)
    clash = [name for name in names_of(by) if name in _NAMES]
    if clash:
        raise InvalidInput(
            _('The column "{column}" cannot be grouped by: the result has a column of that name; rename it.'),
            column=clash[0],
        )
    causes = read_causes(data, cause, still_open)
    spells = make_spells(data, time, causes.code, by=by, entry=entry)
    curve = fit_curve(spells, None, False, causes=len(causes.labels))
    return Incidence(curve, causes.labels, level, method, min_n)


@dataclass(frozen=True, eq=False, repr=False)
class Incidence:
    """Cumulative incidences, one curve a way to end and group.

    Attributes
    ----------
    labels : list
        The ways to end.
    """

    curve: Curve
    labels: list[Any]
    level: float
    method: str
    min_n: int

    def __repr__(self) -> str:
        return f"Incidence({len(self.curve.spells.time)} cases, {self.curve.groups} groups, ways {self.labels})"

    @property
    def frame(self) -> pd.DataFrame:
        """The curves: a row for each way, group and time, shape as of `at`, then ``at_risk, events``."""
        points = self.curve.own_points
        rows = []
        for cause, label in enumerate(self.labels):
            counts = {"at_risk": self.curve.counts.at_risk, "events": self.curve.counts.events[cause]}
            rows.append(self._estimates(points, cause, label).assign(**counts))
        return pd.concat(rows, ignore_index=True)

    def at(self, times: float | Sequence[float]) -> pd.DataFrame:
        """Estimate the share that has ended in each way by each of `times`.

        Returns
        -------
        DataFrame
            The `by` columns, ``time``, then an estimate; ``term`` is the way. A time beyond the last one seen has no
            estimate, unless nothing is open any more.
        """
        wanted = np.atleast_1d(np.asarray(times, dtype=float))
        if not len(wanted) or np.isnan(wanted).any() or (wanted < 0).any():
            raise InvalidInput(_("The times are {times}; give numbers of 0 or more."), times=str(times))
        group = np.repeat(np.arange(self.curve.groups), len(wanted))
        points = self.curve.points(np.tile(wanted, self.curve.groups), group)
        rows = [self._estimates(points, cause, label) for cause, label in enumerate(self.labels)]
        return pd.concat(rows, ignore_index=True)

    def _estimates(self, points: Points, cause: int, label: Any) -> pd.DataFrame:
        share, variance = incidence(self.curve, cause)
        found, error = points.read(share, 0.0), np.sqrt(points.read(variance, 0.0))
        low, high = self._limits(found, error, points)
        note = self.curve.notes(points, low, self.min_n)
        empty = (note == ClockNote.NO_CASES) | (note == ClockNote.NOT_FOLLOWED)
        keys = self.curve.spells.keys.iloc[points.group].reset_index(drop=True).assign(time=points.time)
        named = zip(("estimate", "std_error", "low", "high"), (found, error, low, high), strict=True)
        return estimates(
            keys,
            term=str(label),
            n=self.curve.spells.n[points.group],
            level=self.level,
            method=self.method,
            note=note,
            **{name: np.where(empty, np.nan, column) for name, column in named},
        )

    def _limits(self, share: Floats, error: Floats, points: Points) -> tuple[Floats, Floats]:
        if self.method in ("log-log", "plain"):
            return normal_limits(share, error, self.level, self.method)
        left = remaining(self.curve, points)
        every = self.curve.spells.n[points.group].astype(np.float64)
        number = effective_number(share, error, np.where((share < 1) & (left > 0), left, every))
        return effective_limits(share, number, self.level, self.method)


def incidence(curve: Curve, cause: int) -> tuple[Floats, Floats]:
    """Give the share that ended in one way by each time, and its variance.

    F(t) = Σ S(t-) d_k / n. With the steps f of F, the variance is Σ (F(t) - F)² d / (n (n - d)) + Σ S(t-)²
    d_k (n - d_k) / n³ - 2 Σ (F(t) - F) S(t-) d_k / n², written as a square in F(t) so that running sums suffice.
    """
    counts = curve.counts
    n, ended, mine = counts.at_risk, counts.all_events, counts.events[cause]
    before = _before(curve)
    share = counts.running(before * ratio(mine, n))
    spread = np.nan_to_num(ratio(ended, n * (n - ended)))
    linear = before * mine / n**2
    square = counts.running(spread)
    cross = counts.running(spread * share + linear)
    rest = counts.running(spread * share**2 + before**2 * mine * (n - mine) / n**3 + 2 * share * linear)
    return share, np.maximum(share**2 * square - 2 * share * cross + rest, 0)


def _before(curve: Curve) -> Floats:
    """Share still open just before each time."""
    shifted = np.concatenate([[1.0], curve.survival[:-1]]) if len(curve.survival) else curve.survival
    first = np.zeros(len(shifted), dtype=bool)
    starts = curve.counts.starts[:-1]
    first[starts[starts < len(first)]] = True
    return np.where(first, 1.0, shifted)
