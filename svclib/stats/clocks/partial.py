"""Cox's partial likelihood: its value, slope and curvature, with ties after Efron or Breslow, in sums over risk sets.

All sums run over the cases sorted by stratum and time; a risk set is what comes after a place in that order, less the
cases that had not entered yet. No square matrix is kept for any case: the curvature is X' diag(r H) X less the outer
products of the risk sets' means, where H adds up the hazards while a case was at risk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.clocks.newton import Likelihood


@dataclass(frozen=True)
class Cohort:
    """Cases of a regression, sorted by stratum and time.

    Attributes
    ----------
    x : (cases, terms) float
        Explanatory terms, centred.
    weights : (cases,) float
    died : (cases,) bool
        Whether the case ended.
    cell : (cases,) int
        Stratum × time, rising.
    entry : (cases,) int
        The same for the last time at or before the case was first seen.
    width : int
        Cells a stratum.
    stratum, rows : (cases,) int
        Stratum, and position among the cases as they were given.
    time : (cases,) float
    """

    x: Floats
    weights: Floats
    died: Bools
    cell: Ints
    entry: Ints
    width: int
    stratum: Ints
    rows: Ints
    time: Floats


@dataclass(frozen=True)
class Layout:
    """Where the risk sets lie; does not depend on the coefficients.

    Attributes
    ----------
    deaths : (deaths,) int
        Rows of `Cohort` that ended, in order.
    moment : (deaths,) int
        Which of the moments (stratum × time with an end) a death belongs to.
    starts : (moments,) int
        First death of each moment.
    part : (deaths,) float
        Efron's share l / d of the moment's deaths that has left the risk set; 0 after Breslow.
    weight : (deaths,) float
        Mean weight of the moment's deaths.
    first, last : (moments,) int
        The risk set is the rows from `first` to before `last`, less the late ones.
    late_order, late_first, late_last
        The same for the cases sorted by entry, of which those from `late_first` on had not entered.
    upto, before : (cases,) int
        Moments up to a case's own time, and up to its entry (both counted over all strata).
    """

    deaths: Ints
    moment: Ints
    starts: Ints
    part: Floats
    weight: Floats
    first: Ints
    last: Ints
    late_order: Ints
    late_first: Ints
    late_last: Ints
    upto: Ints
    before: Ints


def layout(cohort: Cohort, ties: str) -> Layout:
    """Find the moments and their risk sets."""
    deaths = np.flatnonzero(cohort.died)
    cells, starts, moment = np.unique(cohort.cell[deaths], return_index=True, return_inverse=True)
    size = np.diff(np.append(starts, len(deaths)))
    part = (np.arange(len(deaths)) - starts[moment]) / size[moment] if ties == "efron" else np.zeros(len(deaths))
    weight = np.add.reduceat(cohort.weights[deaths], starts) / size
    late_order = np.argsort(cohort.entry, kind="stable")
    entries = cohort.entry[late_order]
    ends = np.searchsorted(cohort.stratum, cohort.stratum[deaths[starts]], side="right")
    return Layout(
        deaths=deaths,
        moment=moment,
        starts=starts,
        part=part,
        weight=weight[moment],
        first=np.searchsorted(cohort.cell, cells),
        last=ends,
        late_order=late_order,
        late_first=np.searchsorted(entries, cells),
        late_last=np.searchsorted(entries, (cohort.stratum[deaths[starts]] + 1) * cohort.width),
        upto=np.searchsorted(cells, cohort.cell, side="right"),
        before=np.searchsorted(cells, cohort.entry, side="right"),
    )


@dataclass(frozen=True)
class State:
    """The likelihood at some coefficients.

    Attributes
    ----------
    risk : (cases,) float
        Weight × exp(linear predictor).
    hazard : (deaths,) float
        Increment of the hazard that each death brings.
    means : (deaths, terms) float
        Mean of the terms in the risk set, weighted by risk.
    """

    loglik: float
    score: Floats
    risk: Floats
    hazard: Floats
    means: Floats


def evaluate(cohort: Cohort, places: Layout, beta: Floats) -> State:
    """Evaluate the log-likelihood and its slope."""
    linear = cohort.x @ beta
    risk = cohort.weights * np.exp(linear)
    deaths, weights = places.deaths, cohort.weights[places.deaths]
    total = risk_sums(places, risk) - places.part * _dying(places, risk[deaths])
    sums = risk_sums(places, risk[:, None] * cohort.x)
    sums -= places.part[:, None] * _dying(places, risk[deaths, None] * cohort.x[deaths])
    means = sums / total[:, None]
    loglik = float(weights @ linear[deaths] - places.weight @ np.log(total))
    score = weights @ cohort.x[deaths] - places.weight @ means
    return State(loglik, score, risk, places.weight / total, means)


def risk_sums(places: Layout, values: Floats) -> Floats:
    """Sum values of cases over the risk set of each death."""
    total = _suffix(values)
    sums = total[places.first] - total[places.last]
    if len(places.late_order) and places.late_first.min(initial=len(values)) < len(values):
        late = _suffix(values[places.late_order])
        sums = sums - (late[places.late_first] - late[places.late_last])
    return sums[places.moment]


def _suffix(values: Floats) -> Floats:
    """Sums from each place to the end, and 0 behind it."""
    out = np.zeros((len(values) + 1, *values.shape[1:]))
    np.cumsum(values[::-1], axis=0, out=out[1:])
    return out[::-1]


def _dying(places: Layout, values: Floats) -> Floats:
    """Sum values over the deaths of the same moment."""
    return np.asarray(np.add.reduceat(values, places.starts, axis=0)[places.moment])


def while_at_risk(places: Layout, values: Floats) -> Floats:
    """Add up values of deaths over the time a case was at risk, its own moment included."""
    total = np.zeros((len(places.starts) + 1, *values.shape[1:]))
    np.cumsum(np.add.reduceat(values, places.starts, axis=0), axis=0, out=total[1:])
    return np.asarray(total[places.upto] - total[places.before])


def own_part(places: Layout, values: Floats, size: int) -> Floats:
    """What Efron's ties take away from a case at its own moment: Σ part × value over the deaths then."""
    out = np.zeros((size, *values.shape[1:]))
    part = places.part.reshape(-1, *([1] * (values.ndim - 1)))
    out[places.deaths] = _dying(places, part * values)
    return out


def information(cohort: Cohort, places: Layout, state: State, factor: Floats | None = None) -> Floats:
    """Add up the variances of the terms over the deaths, each times `factor`: the curvature where that is 1."""
    hazard = state.hazard if factor is None else state.hazard * factor
    weight = places.weight if factor is None else places.weight * factor
    passed = while_at_risk(places, hazard) - own_part(places, hazard, len(cohort.x))
    second = cohort.x.T @ ((state.risk * passed)[:, None] * cohort.x)
    return np.asarray(second - state.means.T @ (weight[:, None] * state.means))


def score_residuals(cohort: Cohort, places: Layout, state: State) -> Floats:
    """Each case's part in the slope, without its weight (Therneau and Grambsch 2000, section 4.6): (cases, terms)."""
    out = np.zeros_like(cohort.x)
    size = np.diff(np.append(places.starts, len(places.deaths)))[places.moment]
    out[places.deaths] = cohort.x[places.deaths] - _dying(places, state.means) / size[:, None]
    relative = (state.risk / cohort.weights)[:, None]
    moved = state.hazard[:, None] * state.means
    hazard = while_at_risk(places, state.hazard) - own_part(places, state.hazard, len(out))
    drift = while_at_risk(places, moved) - own_part(places, moved, len(out))
    return np.asarray(out - relative * (cohort.x * hazard[:, None] - drift))


def likelihood(cohort: Cohort, places: Layout) -> Likelihood[State]:
    """Give the partial likelihood to be maximised."""

    def value(beta: Floats) -> tuple[float, State]:
        state = evaluate(cohort, places, beta)
        return state.loglik, state

    def slope(state: State) -> tuple[Floats, Floats]:
        return state.score, information(cohort, places, state)

    return Likelihood(value, slope, cohort.x)
