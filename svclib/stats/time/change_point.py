"""Change points: did the level change, when, and by how much?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import check_frame
from svclib.stats.estimate import check_level, estimates
from svclib.stats.marks import _
from svclib.stats.time.autoregression import INDEPENDENT, RHO, prior, weights
from svclib.stats.time.breaks import Posterior, Stretch, bic, log_odds, partition, posterior, scan, sup_f
from svclib.stats.time.periods import Grid, read_grids

_ERRORS = ("independent", "ar1", "binomial")


class ChangeNote(StrEnum):
    """Why a change cannot be told."""

    TOO_FEW = _("too few periods to look for a change")
    NO_SPREAD = _("the series does not vary: there is no change")
    PERFECT = _("the series jumps without any noise: chance cannot be judged")
    NONE_FOUND = _("no number of changes is better than none")


def change_point(
    data: pd.DataFrame,
    value: str,
    *,
    over: str | None = None,
    by: str | Sequence[str] | None = None,
    n: str | None = None,
    errors: str = "independent",
    most: int = 1,
    least: int = 3,
    runs: int = 999,
    level: float = 0.95,
    seed: int = 1,
) -> ChangePoint:
    """Look for changes of the level of a series: whether there is one, when it came, and how large it is.

    Parameters
    ----------
    data : DataFrame
        One row a period (and group).
    value : str
        Column of the values.
    over : str, optional
        Column of periods; without it the rows are in order.
    by : str or list of str, optional
        Groups with changes of their own.
    n : str, optional
        Column of how many answers a value rests on: a period's error is taken in inverse proportion.
    errors : {"independent", "ar1", "binomial"}
        What the series does when nothing changes. ``independent``: the periods come in any order; the p value is that
        of a permutation test. ``ar1``: they resemble the one before, by an unknown amount. ``binomial``: `value` is a
        share of `n`, and chance moves it by no more than the binomial law allows.
    most : int
        Largest number of changes. With 1 the likeliest change is told, whatever its p value; with more, as many as
        Schwarz' criterion finds best, none among them.
    least : int
        Periods needed on either side of a change.
    runs : int
        Series without a change that the p value is taken from.
    level : float
    seed : int

    Returns
    -------
    ChangePoint

    Raises
    ------
    InvalidInput
        Naming the column or option that cannot be taken.

    Notes
    -----
    The statistic is the largest F over all dates (Quandt 1960; Andrews 1993), for ``ar1`` the odds of a change. Dates
    and size are weighted by their likelihood, the levels and the variance integrated out (Smith 1975), for ``ar1``
    also the autocorrelation: the interval of the date is the span of its likeliest dates, that of the size a mixture
    over them. Several changes minimise the sum of squares (Bai and Perron 2003), as R's strucchange finds them; their
    number takes the periods as independent, so that with ``ar1`` the p values are to be read. Bai's
    interval of the date (1997), which strucchange gives, holds a date in 24 months too seldom where the change is
    not large: see the tests' list of differences.

    Examples
    --------
    >>> waits = [8.1, 7.9, 8.3, 8.0, 7.8, 8.2, 8.1, 9.6, 9.4, 9.9, 9.5, 9.7, 9.3, 9.8]
    >>> months = [f"2026-{month:02d}" for month in range(1, 13)] + ["2027-01", "2027-02"]
    >>> found = change_point(pd.DataFrame({"month": months, "minutes": waits}), "minutes", over="month")
    >>> row = found.frame.iloc[0]
    >>> row["at"], round(float(row["estimate"]), 2), float(row["p_value"])
    ('2026-08', 1.54, 0.001)
    """
    check_level(level)
    _check_options(errors, n, most, least, runs)
    grids = read_grids(check_frame(data), [value, *([n] if n else [])], over, by)
    asked = Question(value, n, errors, most, least, runs, level)
    generator = np.random.default_rng(seed)
    return ChangePoint(tuple(_look(grid, asked, generator) for grid in grids))


def _check_options(errors: str, n: str | None, most: int, least: int, runs: int) -> None:
    if errors not in _ERRORS:
        raise InvalidInput(
            _('errors is "{errors}"; give one of {known}.'), errors=str(errors), known=", ".join(_ERRORS)
        )
    if errors == "binomial" and n is None:
        raise InvalidInput(_("Shares need the number they are shares of: give n=, the column of answers."))
    for name, number, lowest in (("most", most, 1), ("least", least, 2), ("runs", runs, 19)):
        if isinstance(number, bool) or not isinstance(number, int) or number < lowest:
            raise InvalidInput(
                _("{name} is {number}; give a whole number of at least {lowest}."),
                name=name,
                number=number,
                lowest=lowest,
            )


@dataclass(frozen=True)
class Question:
    """What was asked."""

    value: str
    n: str | None
    errors: str
    most: int
    least: int
    runs: int
    level: float

    @property
    def rhos(self) -> Floats:
        """Autocorrelations to be weighed."""
        return RHO if self.errors == "ar1" else INDEPENDENT


@dataclass(frozen=True)
class Found:
    """One change: what is told of it, the part of the series it was looked for in, and its test."""

    told: Posterior
    start: int
    stretch: Stretch
    statistic: float
    p_value: float


@dataclass(frozen=True)
class Looked:
    """One series that was looked at.

    Attributes
    ----------
    steps : (n,) int
        Steps that have a value.
    criteria : DataFrame
        ``changes, rest`` (residual sum of squares), ``bic``.
    """

    grid: Grid
    asked: Question
    steps: Ints
    y: Floats
    weight: Floats
    changes: tuple[Found, ...]
    note: str
    criteria: pd.DataFrame


@dataclass(frozen=True, eq=False, repr=False)
class ChangePoint:
    """Changes of the level of one or several series."""

    series: tuple[Looked, ...]

    def __repr__(self) -> str:
        return f"ChangePoint({len(self.series)} series, {sum(len(one.changes) for one in self.series)} changes)"

    @property
    def frame(self) -> pd.DataFrame:
        """The changes, a row each (one row with a note where there is none).

        The `by` columns, an estimate (``term`` is ``change``: level after less level before), then ``at`` (first
        period after the change), ``at_low, at_high`` (interval of that period), ``before, after`` (levels at the
        likeliest date), ``statistic``, ``p_value`` (of no change in this part of the series).
        """
        return pd.concat([_change_rows(one) for one in self.series], ignore_index=True)

    @property
    def dates(self) -> pd.DataFrame:
        """How likely each date is: the `by` columns, ``change`` (its number), the period, ``probability``."""
        rows = []
        for one in self.series:
            for number, found in enumerate(one.changes, start=1):
                steps = one.steps[found.start + found.stretch.places]
                frame = one.grid.frame(steps).assign(change=number, probability=found.told.chance)
                rows.append(frame)
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame({"change": [], "probability": []})

    @property
    def segments(self) -> pd.DataFrame:
        """The parts between changes: the `by` columns, ``first, last`` (periods), ``level``, ``periods``."""
        rows = []
        for one in self.series:
            edges = [0, *(found.start + found.told.place for found in one.changes), len(one.steps)]
            for start, end in pairwise(edges):
                if end > start:
                    names = [one.grid.labels[one.steps[row]] for row in (start, end - 1)]
                    level = float(np.average(one.y[start:end], weights=one.weight[start:end]))
                    rows.append(one.grid.keys.assign(first=names[0], last=names[1], level=level, periods=end - start))
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame({"first": [], "last": [], "level": []})

    @property
    def points(self) -> pd.DataFrame:
        """The series: the `by` columns, the period, ``value``, ``level`` (of its part)."""
        rows = []
        for one in self.series:
            level = np.full(one.grid.steps, np.nan)
            edges = [0, *(found.start + found.told.place for found in one.changes), len(one.steps)]
            for start, end in pairwise(edges):
                if end > start:
                    last = one.steps[end] if end < len(one.steps) else one.grid.steps
                    level[one.steps[start] : last] = np.average(one.y[start:end], weights=one.weight[start:end])
            rows.append(one.grid.frame().assign(value=one.grid.values[0], level=level))
        return pd.concat(rows, ignore_index=True)

    @property
    def criteria(self) -> pd.DataFrame:
        """How good each number of changes is: the `by` columns, ``changes, rest`` (sum of squares), ``bic``."""
        parts = [one.grid.keys.iloc[[0] * len(one.criteria)].reset_index(drop=True) for one in self.series]
        found = [keys.join(one.criteria) for keys, one in zip(parts, self.series, strict=True)]
        return pd.concat(found, ignore_index=True)


def _change_rows(one: Looked) -> pd.DataFrame:
    rows = [_row(one, found) for found in one.changes] or [(np.nan,) * 4 + (None,) * 3 + (np.nan,) * 4]
    names = [
        "estimate",
        "std_error",
        "low",
        "high",
        "at",
        "at_low",
        "at_high",
        "before",
        "after",
        "statistic",
        "p_value",
    ]
    table = pd.DataFrame(rows, columns=names)
    frame = estimates(
        one.grid.keys.iloc[[0] * len(table)],
        term="change",
        n=len(one.steps),
        level=one.asked.level,
        method=f"weighted over dates, {one.asked.errors}",
        df=[float(len(found.stretch.y) - 2) for found in one.changes] or np.nan,
        note=[one.note] * len(table),
        **{name: table[name].to_numpy() for name in names[:4]},
    )
    return frame.assign(**{name: table[name].to_numpy() for name in names[4:]})


def _row(one: Looked, found: Found) -> tuple[Any, ...]:
    def label(place: int) -> Any:
        return one.grid.labels[one.steps[found.start + place]]

    told, part = found.told, found.stretch
    levels = [np.average(part.y[side], weights=part.weight[side]) for side in _sides(told.place)]
    dates = (label(told.place), label(told.first), label(told.last))
    return *told.size, *dates, *levels, found.statistic, found.p_value


def _sides(place: int) -> tuple[slice, slice]:
    return slice(0, place), slice(place, None)


def _look(grid: Grid, asked: Question, generator: np.random.Generator) -> Looked:
    y, weight = grid.values[0], np.ones(grid.steps)
    if asked.n:
        weight = _denominators(grid, asked)
    steps = np.flatnonzero(~np.isnan(y) & (weight > 0))
    y, weight = y[steps], weight[steps]
    note, places = _places(y, weight, asked)
    edges = [0, *places[0], len(y)]
    found = []
    for number in range(1, len(edges) - 1):
        start, end = edges[number - 1], edges[number + 1]
        gaps = np.diff(steps[start:end])
        stretch = Stretch(y[start:end], weight[start:end], gaps, asked.least)
        statistic, p_value = _test(stretch, asked, generator)
        found.append(Found(posterior(stretch, asked.rhos, asked.level), start, stretch, statistic, p_value))
    return Looked(grid, asked, steps, y, weight, tuple(found), note, places[1])


def _denominators(grid: Grid, asked: Question) -> Floats:
    weight, y = grid.values[1], grid.values[0]
    if (weight < 0).any():
        raise InvalidInput(
            _('The column "{column}" is negative in {rows} rows; counts are 0 or more.'),
            column=asked.n,
            rows=int((weight < 0).sum()),
        )
    if asked.errors == "binomial" and ((y < 0) | (y > 1)).any():
        raise InvalidInput(
            _('The column "{column}" holds no shares between 0 and 1; divide the counts by their number.'),
            column=asked.value,
        )
    return np.nan_to_num(weight)


def _places(y: Floats, weight: Floats, asked: Question) -> tuple[str, tuple[list[int], pd.DataFrame]]:
    """Find where the changes are, or say why there are none."""
    empty = pd.DataFrame({"changes": [], "rest": [], "bic": []})
    if len(y) < max(2 * asked.least, 6):
        return str(ChangeNote.TOO_FEW), ([], empty)
    if (y == y[0]).all():
        return str(ChangeNote.NO_SPREAD), ([], empty)
    found, rest = partition(y, weight, asked.least, min(asked.most, len(y) // asked.least - 1))
    criterion = bic(rest, weight)
    table = pd.DataFrame({"changes": np.arange(len(rest)), "rest": rest, "bic": criterion})
    best = 1 if asked.most == 1 else int(np.argmin(criterion))
    if best and rest[best] <= 1e-20 * rest[0]:
        return str(ChangeNote.PERFECT), ([], table)
    return "" if best else str(ChangeNote.NONE_FOUND), (found[best], table)


def _test(stretch: Stretch, asked: Question, generator: np.random.Generator) -> tuple[float, float]:
    """Statistic of the stretch, and how often series without a change reach it."""
    n, rhos = len(stretch.y), asked.rhos
    made = {"independent": _shuffled, "ar1": _carried, "binomial": _drawn}[asked.errors](stretch, asked.runs, generator)
    found = scan(stretch, np.column_stack([stretch.y, made]), rhos)
    told = log_odds(found, rhos, n) if asked.errors == "ar1" else sup_f(found, n)
    if asked.errors == "binomial":
        told = found.gain[0].max(axis=0)
    reached = int((told[1:] >= told[0] * (1 - 1e-12)).sum())
    return float(told[0]), (1 + reached) / (asked.runs + 1)


def _shuffled(stretch: Stretch, runs: int, generator: np.random.Generator) -> Floats:
    """Series whose standardised distances from the level come in random order."""
    root = np.sqrt(stretch.weight / stretch.weight.mean())
    level = np.average(stretch.y, weights=stretch.weight)
    apart = root * (stretch.y - level)
    return level + generator.permuted(np.tile(apart[:, None], runs), axis=0) / root[:, None]


def _drawn(stretch: Stretch, runs: int, generator: np.random.Generator) -> Floats:
    """Shares of the same denominators and total, all of one urn: the total's law is hypergeometric."""
    sizes = np.round(stretch.weight).astype(np.int64)
    total = int(np.round(stretch.y * stretch.weight).sum())
    counts = generator.multivariate_hypergeometric(sizes, min(total, int(sizes.sum())), size=runs, method="marginals")
    return np.asarray(counts.T / sizes[:, None], dtype=np.float64)


def _carried(stretch: Stretch, runs: int, generator: np.random.Generator) -> Floats:
    """Series without a change whose autocorrelation is as likely as the given one's would be."""
    n, steps = len(stretch.y), np.concatenate([[0], np.cumsum(stretch.gaps)])
    found = scan(stretch, stretch.y[:, None], RHO)
    weight = weights(found.constant + prior(RHO) - (n - 1) / 2 * np.log(found.rest[:, 0]))
    rho = generator.choice(RHO, runs, p=weight)
    noise = generator.standard_normal((int(steps[-1]) + 1, runs))
    for step in range(1, len(noise)):
        noise[step] = rho * noise[step - 1] + np.sqrt(1 - rho**2) * noise[step]
    return noise[steps] / np.sqrt(stretch.weight / stretch.weight.mean())[:, None]
