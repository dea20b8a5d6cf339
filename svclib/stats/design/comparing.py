"""Groups of a design compared: means and ranks (Lumley and Scott 2013), never without the size of the difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit, fdtrc, logit, ndtri, stdtr

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import numbers
from svclib.stats.compare.effects import LEAST_STRETCH, dominance_interval, explained_interval
from svclib.stats.compare.groups import MAX_GROUPS, CompareNote, Row, comparisons, group_codes
from svclib.stats.design.linear import Domains, mean_column, method_name
from svclib.stats.design.results import NO_DEGREES, opt_in_note
from svclib.stats.estimate import MIN_MEAN, Note, check_level
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _

if TYPE_CHECKING:
    from svclib.stats.design.survey import Design


@dataclass(frozen=True)
class Method:
    """A way to compare groups.

    Attributes
    ----------
    term : str
        What the size of two groups is called.
    score : function of places between 0 and 1
        What the test compares the means of.
    slope : function, optional
        Its derivative; None where the places are taken as given.
    """

    name: str
    term: str
    score: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats] | None = None


def _normal_slope(place: Floats) -> Floats:
    return np.sqrt(2 * np.pi) * np.exp(ndtri(place) ** 2 / 2)


RANKS = {
    "wilcoxon": Method("rank test", "superiority", lambda place: place, np.ones_like),
    "median": Method("median test", "above_median", lambda place: (place > 0.5).astype(float)),
    "vanderwaerden": Method("van der Waerden test", "normal_score", ndtri, _normal_slope),
}
METHODS = ("t", *RANKS)
TIES = ("middle", "order")
_EXTREME = 0.8
"""From this size of Cliff's delta on, its error may be far too small; below, with few clusters, it only varies."""


@dataclass(frozen=True)
class Answers:
    """Answers of the subpopulation in groups.

    Attributes
    ----------
    labels : list
        The groups that have answers.
    codes : (groups,) int
        Their rows among the domains of the column of groups.
    values, weights : (n,) float
    group : (n,) int
        Place in `labels`.
    rows : (n,) int
        Rows of the design.
    whole : Domains
        The design as one domain.
    df : float
        Degrees of freedom of the design among these rows.
    """

    labels: list[Any]
    codes: Ints
    values: Floats
    weights: Floats
    group: Ints
    rows: Ints
    whole: Domains
    df: float

    @property
    def sizes(self) -> Floats:
        """Answers a group."""
        return np.bincount(self.group, minlength=len(self.labels)).astype(float)

    @property
    def totals(self) -> Floats:
        """Weights a group."""
        return np.bincount(self.group, self.weights, len(self.labels)).astype(float)

    def means(self, values: Floats) -> Floats:
        """Weighted mean of `values` a group."""
        return np.bincount(self.group, self.weights * values, len(self.labels)) / self.totals

    def mean(self, values: Floats) -> float:
        """Weighted mean of all."""
        return float(np.average(values, weights=self.weights))

    def pulls(self, values: Floats) -> Floats:
        """How each group's mean hangs on the weight of each row, times the weight: (n, groups)."""
        out = np.zeros((len(values), len(self.labels)))
        away = values - self.means(values)[self.group]
        out[np.arange(len(values)), self.group] = self.weights * away / self.totals[self.group]
        return out

    def pull(self, values: Floats) -> Floats:
        """The same for the mean of all: (n,)."""
        return self.weights * (values - self.mean(values)) / self.weights.sum()

    def vcov(self, influence: Floats) -> Floats:
        """Covariance of statistics with this influence, (n, statistics)."""
        every = np.zeros((influence.shape[1], len(self.whole.group)))
        every[:, self.rows] = influence.T
        return self.whole.variance(list(every))

    def explained(self, values: Floats) -> float:
        """Share of the variance of `values` that lies between the groups."""
        between = (self.totals * (self.means(values) - self.mean(values)) ** 2).sum()
        return float(between / (self.weights @ (values - self.mean(values)) ** 2))


@dataclass(frozen=True)
class Sizes:
    """Mean score of each group.

    Attributes
    ----------
    scores : (n,) float
    vcov : (groups, groups) float
        Of the means, the scores taken as given: for the test.
    influence : (n, groups) float
        Of the means, also through the scores: for the intervals.
    """

    scores: Floats
    vcov: Floats
    influence: Floats


def compare_rows(design: Design, column: str, by: str, *, method: str, ties: str, level: float) -> pd.DataFrame:
    """Compare the groups of `by`."""
    check_level(level)
    for name, value, known in (("method", method, METHODS), ("ties", ties, TIES)):
        if value not in known:
            raise InvalidInput(
                _('{name} is "{value}"; choose one of {known}.'), name=name, value=str(value), known=", ".join(known)
            )
    answers = _read(design, column, by)
    term = "difference" if method == "t" else RANKS[method].term
    named = method_name(f"{'t' if method == 't' else RANKS[method].name}, linearised", design.sampling)
    note = _cannot(answers)
    if note:
        rows = [Row(term, named, len(answers.rows), note=note)]
    else:
        sizes = _means(design, column, by, answers) if method == "t" else _ranks(answers, RANKS[method], ties)
        rows = _pair(answers, sizes, term, level) if len(answers.labels) == 2 else _several(answers, sizes, term, level)
        rows = [replace(row, method=named) for row in rows]
    return comparisons([_with_note(row, answers) for row in rows], level)


def _read(design: Design, column: str, by: str) -> Answers:
    values, whole = numbers(design.frame, column), design.domains(None)
    code, keys = group_codes(design.frame, by)
    valid = ~np.isnan(values) & design.frame[by].notna().to_numpy() & design.sampling.inside
    used, rows = np.unique(code[valid]), np.flatnonzero(valid)
    if len(used) > MAX_GROUPS:
        raise InvalidInput(
            _('The column "{column}" has {count} groups, too many to compare; join them to at most {most}.'),
            column=by,
            count=len(used),
            most=MAX_GROUPS,
        )
    labels = [keys[by].iloc[one] for one in used]
    weights, group = design.sampling.weights[rows], np.searchsorted(used, code[rows]).astype(np.int64)
    return Answers(labels, used, values[rows], weights, group, rows, whole, float(whole.degrees(valid)[0]))


def _cannot(answers: Answers) -> str:
    if len(answers.labels) < 2:
        return CompareNote.TWO_GROUPS.value
    if np.ptp(answers.values) == 0:
        return Note.ALL_EQUAL.value
    if answers.sizes.min() < 2:
        return CompareNote.GROUP_OF_ONE.value
    first = np.zeros(len(answers.labels))
    first[answers.group] = answers.values
    if (answers.values == first[answers.group]).all():
        return CompareNote.NO_SPREAD.value
    return NO_DEGREES if answers.df - len(answers.labels) + 1 < 1 else ""


def _with_note(row: Row, answers: Answers) -> Row:
    small = answers.sizes.min(initial=np.inf) < MIN_MEAN
    note = str(row.note or (Note.TOO_FEW if small else ""))
    return replace(row, note=opt_in_note(note) if answers.whole.opt_in else note)


def _means(design: Design, column: str, by: str, answers: Answers) -> Sizes:
    parts = design.domains(by)
    vcov = parts.covariance([mean_column(column, numbers(design.frame, column), parts)])
    own = np.ix_(answers.codes, answers.codes)
    return Sizes(answers.values, vcov[own], answers.pulls(answers.values))


def _ranks(answers: Answers, method: Method, ties: str) -> Sizes:
    """Scores of the places among all answers; see `Design.compare` for the ties."""
    distinct, place = np.unique(answers.values, return_inverse=True)
    weight, whole = np.bincount(place, answers.weights), float(answers.weights.sum())
    middle = (np.cumsum(weight) - weight / 2) / whole
    places = middle[place]
    if ties == "order":
        order = np.argsort(place, kind="stable")
        passed = np.zeros(len(place))
        passed[order] = np.cumsum(answers.weights[order]) - answers.weights[order] / 2
        places = (np.bincount(place, passed) / np.bincount(place) / whole)[place]
    scores = method.score(places)
    influence, pulls = answers.pulls(scores), answers.pulls(scores)
    if method.slope is not None:
        influence = influence + _through_places(answers, place, len(distinct), middle, method.slope(middle))
    return Sizes(scores, answers.vcov(pulls), influence)


def _through_places(answers: Answers, place: Ints, count: int, middle: Floats, slope: Floats) -> Floats:
    """How each group's mean score hangs on a row through the places of the others: (n, groups).

    w / W · mean over the group of a'(u(Y)) (1{t < Y} + 1{t = Y} / 2 − u(Y)), at the row's answer t.
    """
    groups = len(answers.labels)
    cell = np.bincount(answers.group * count + place, answers.weights, groups * count).reshape(groups, count)
    pulled = cell / answers.totals[:, None] * slope
    above = np.cumsum(pulled[:, ::-1], axis=1)[:, ::-1] - pulled / 2
    shift = above - (pulled * middle).sum(axis=1, keepdims=True)
    return np.asarray((answers.weights / answers.weights.sum())[:, None] * shift[:, place].T)


def _pair(answers: Answers, sizes: Sizes, term: str, level: float) -> list[Row]:
    """First group less second; of ranks the probability that an answer of the first is above one of the second."""
    means, df = answers.means(sizes.scores), answers.df - 1
    apart, against = float(means[0] - means[1]), np.array([1.0, -1.0])
    statistic = apart / np.sqrt(against @ sizes.vcov @ against)
    row = Row(term, "", len(answers.rows), first=answers.labels[0], second=answers.labels[1], df=df)
    row = replace(row, statistic=float(statistic), p_value=float(2 * stdtr(df, -abs(statistic))))
    error = float(np.sqrt(answers.vcov(sizes.influence @ against[:, None])[0, 0]))
    if term == "difference":
        error = apart / statistic if apart else error
    if term == "superiority":
        apart = 2 * apart
        least = LEAST_STRETCH * min(1, abs(apart) / _EXTREME)
        low, high = dominance_interval(apart, 2 * error, df, (answers.sizes[0], answers.sizes[1]), level, least)
        return [replace(row, estimate=(1 + apart) / 2, std_error=error, low=(1 + low) / 2, high=(1 + high) / 2)]
    low, high = _limits(apart, error, df, level)
    return [replace(row, estimate=apart, std_error=error, low=low, high=high)]


def _limits(estimate: float, error: float, df: float, level: float) -> tuple[float, float]:
    low, high = t_interval(np.array([estimate]), np.array([error]), np.array([df]), level)
    return float(low[0]), float(high[0])


def _several(answers: Answers, sizes: Sizes, term: str, level: float) -> list[Row]:
    """The test of all groups with the variance explained, then each group against all together."""
    means, k = answers.means(sizes.scores), len(answers.labels) - 1
    against = np.column_stack([-np.ones(k), np.eye(k)])
    apart, spread = against @ means, against @ sizes.vcov @ against.T
    f = float(apart @ np.linalg.pinv(spread, hermitian=True) @ apart) / k
    share, df2 = answers.explained(sizes.scores), answers.df - k
    effective = f * k * (1 - share) / share if share > 0 else float(len(answers.rows))
    low, high = explained_interval(f, k, df2, effective, level)
    whole = Row("eta2" if term == "difference" else "epsilon2", "", len(answers.rows), df=float(k), df2=df2)
    note = CompareNote.NO_INTERVAL if np.isnan(low) else ""
    tested = replace(whole, statistic=f, p_value=float(fdtrc(k, df2, f)), note=note)
    rows = [replace(tested, estimate=share, low=low, high=high)]
    return rows + [_against_all(answers, sizes, place, term, level) for place in range(k + 1)]


def _against_all(answers: Answers, sizes: Sizes, place: int, term: str, level: float) -> Row:
    apart = float(answers.means(sizes.scores)[place]) - answers.mean(sizes.scores)
    influence, df = sizes.influence[:, place], answers.df
    if term != "superiority":  # the mean place of all is fixed
        influence = influence - answers.pull(sizes.scores)
    error = float(np.sqrt(answers.vcov(influence[:, None])[0, 0]))
    low, high = _limits(apart, error, df, level)
    mean = apart
    if term == "superiority":
        mean = 0.5 + apart
        ends = _limits(float(logit(mean)), error / (mean * (1 - mean)), df, level)
        low, high = float(expit(ends[0])), float(expit(ends[1]))
    row = Row(term, "", answers.sizes[place], first=answers.labels[place], estimate=mean, std_error=error, df=df)
    if not error > 0:
        return replace(row, note=CompareNote.NO_SPREAD)
    statistic = apart / error
    return replace(row, low=low, high=high, statistic=statistic, p_value=float(2 * stdtr(df, -abs(statistic))))
