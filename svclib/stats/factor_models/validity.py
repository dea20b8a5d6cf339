"""Convergent and discriminant validity: variance extracted, composite reliability, ratios of correlations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.estimate import estimates
from svclib.stats.factor_models.moments import covariances, matrices, variances
from svclib.stats.factor_models.notes import FitNote
from svclib.stats.factor_models.parameters import Kind
from svclib.stats.factor_models.solution import Solution
from svclib.stats.factor_models.standardised import (
    Quantities,
    critical,
    factor_variances,
    parameters,
    share_interval,
)

AVE, OMEGA = "variance_extracted", "composite_reliability"


def reliability_frame(solution: Solution, level: float, *, observed: bool) -> pd.DataFrame:
    """Give two rows a factor in the shape of an estimate, behind the group and ``factor``.

    ``variance_extracted`` is Σλ²ψ / (Σλ²ψ + Σθ) (Fornell and Larcker 1981), ``composite_reliability`` is
    (Σλ)²ψ over the variance of the items' sum (Jöreskog 1971), as it was observed or as the model implies it; of
    ordinal items for the normal variables behind the answers. Intervals by the delta method on the logit scale.
    """
    frames = [_rows(solution, group, level, observed) for group in range(solution.table.plan.groups)]
    return pd.concat(frames, ignore_index=True)


def _rows(solution: Solution, group: int, level: float, observed: bool) -> pd.DataFrame:
    answers, factors = solution.estimator.answers, solution.table.plan.factors
    found = [one for factor in range(len(factors)) for one in _shares(solution, group, factor, observed)]
    values = np.array([one.values[0] for one in found])
    slopes = np.concatenate([one.slopes for one in found])
    told = Quantities(values, slopes)
    error = told.errors(solution.vcov)
    low, high = share_interval(values, told.errors(solution.limits_vcov), critical(level, answers.degrees))
    keys = pd.DataFrame({"factor": np.repeat(factors, 2)})
    if answers.groups:
        keys.insert(0, answers.groups, [answers.labels[group]] * len(keys))
    return estimates(
        keys,
        term=[AVE, OMEGA] * len(factors),
        estimate=values,
        std_error=error,
        low=low,
        high=high,
        n=answers.sizes[group],
        level=level,
        df=answers.degrees,
        method="logit, delta",
        note=["" if inside else str(FitNote.NO_STANDARD) for inside in (values > 0) & (values < 1)],
    )


def _shares(solution: Solution, group: int, factor: int, observed: bool) -> tuple[Quantities, Quantities]:
    """Variance extracted and composite reliability of a factor."""
    table, values = solution.table, solution.values
    rows = table.of(Kind.LOADING)
    rows = rows[(table.group[rows] == group) & (table.column[rows] == factor)]
    loadings, items = parameters(table, values, rows), table.row[rows]
    variance = factor_variances(table, values, group).take(np.array([factor]))
    extracted = total(loadings.times(loadings)).times(variance)
    common = total(loadings).times(total(loadings)).times(variance)
    whole = _sum_variance(solution, group, items)
    if observed:  # the errors stay those of the implied variance, which it estimates too
        whole = Quantities(np.array([_observed_variance(solution, group, items)]), whole.slopes)
    every = total(Quantities(*variances(table, values, group)).take(items))
    return extracted.times(every.power(-1)), common.times(whole.power(-1))


def _sum_variance(solution: Solution, group: int, items: Ints) -> Quantities:
    """Variance of the sum of items as the model has it."""
    some = np.repeat(items, len(items)), np.tile(items, len(items))
    return total(Quantities(*covariances(solution.table, solution.values, group, *some)))


def _observed_variance(solution: Solution, group: int, items: Ints) -> float:
    """Variance of the sum of items; ordinal ones in the units that the model gives them."""
    estimator = solution.estimator
    there = estimator.evidence.matrices(estimator.saturated[0][group], group)[1]
    units = 1 / matrices(solution.table, solution.values, group).scales
    return float((there * np.outer(units, units))[np.ix_(items, items)].sum())


def total(found: Quantities) -> Quantities:
    """Add up quantities into one."""
    return Quantities(found.values.sum(keepdims=True), found.slopes.sum(axis=0, keepdims=True))


def fornell_larcker(solution: Solution, group: int) -> pd.DataFrame:
    """Correlations of the factors, √AVE on the diagonal."""
    factors = solution.table.plan.factors
    inner = matrices(solution.table, solution.values, group).factors
    spread = np.sqrt(np.where(np.diag(inner) > 0, np.diag(inner), np.nan))
    out = inner / np.outer(spread, spread)
    extracted = [_shares(solution, group, factor, False)[0].values[0] for factor in range(len(factors))]
    out[np.diag_indices_from(out)] = np.sqrt(np.where(np.array(extracted) > 0, extracted, np.nan))
    return pd.DataFrame(out, index=list(factors), columns=list(factors))


def correlation_ratios(solution: Solution, group: int) -> pd.DataFrame:
    """Mean correlation of the items of two factors over the geometric mean of those within; 1 on the diagonal."""
    plan = solution.table.plan
    place = {item: at for at, item in enumerate(plan.items)}
    observed = np.abs(observed_correlations(solution, group))
    members = [[place[item] for item in items] for _name, items in plan.dimensions]
    within = [_mean_below(observed[np.ix_(some, some)]) for some in members]
    out = np.eye(len(members))
    for one in range(len(members)):
        for two in range(one):
            between = observed[np.ix_(members[one], members[two])].mean()
            out[one, two] = out[two, one] = float(ratio(between, np.sqrt(within[one] * within[two])))
    return pd.DataFrame(out, index=list(plan.factors), columns=list(plan.factors))


def _mean_below(matrix: Floats) -> float:
    return float(matrix[np.tril_indices(len(matrix), -1)].mean())


def observed_correlations(solution: Solution, group: int) -> Floats:
    """Correlations of the items: polychoric for ordinal ones, by maximum likelihood where answers are missing."""
    estimator = solution.estimator
    covariance = estimator.evidence.matrices(estimator.saturated[0][group], group)[1]
    deviation = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(deviation, deviation))
