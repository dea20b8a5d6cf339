"""Differences of latent means between groups: of what the items measure, freed of items that favour a group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats
from svclib.stats.estimate import estimates
from svclib.stats.factor_models.frames import method_of, p_values
from svclib.stats.factor_models.parameters import Kind, Table
from svclib.stats.factor_models.solution import Solution
from svclib.stats.factor_models.standardised import (
    Quantities,
    critical,
    factor_variances,
    parameters,
    plain_interval,
)

STANDARD_UNITS, POINTS = "difference in standard deviations", "difference in scale points"


def latent_mean_frame(solution: Solution, level: float, note: str) -> pd.DataFrame:
    """Give the difference of each group's factor means from the first group's.

    In standard deviations of the factor, pooled over the two groups; and, for continuous items, in points of the mean
    of the factor's items: the difference times their mean loading.
    """
    frames = [
        _rows(solution, group, factor, level, note)
        for group in range(1, solution.table.plan.groups)
        for factor in range(len(solution.table.plan.factors))
    ]
    return pd.concat(frames, ignore_index=True)


def _rows(solution: Solution, group: int, factor: int, level: float, note: str) -> pd.DataFrame:
    answers, table = solution.estimator.answers, solution.table
    found = [_standardised(solution, group, factor)]
    if not table.plan.categories:
        found.append(_points(table, solution.values, group, factor))
    value = np.array([one.values[0] for one in found])
    told = Quantities(value, np.concatenate([one.slopes for one in found]))
    error = told.errors(solution.vcov)
    low, high = plain_interval(value, told.errors(solution.limits_vcov), critical(level, answers.degrees))
    keys = pd.DataFrame(
        {
            "factor": [table.plan.factors[factor]] * len(found),
            "first": [answers.labels[0]] * len(found),
            "second": [answers.labels[group]] * len(found),
        }
    )
    frame = estimates(
        keys,
        term=[STANDARD_UNITS, POINTS][: len(found)],
        estimate=value,
        std_error=error,
        low=low,
        high=high,
        n=answers.sizes[0] + answers.sizes[group],
        level=level,
        df=answers.degrees,
        method=method_of(solution),
        note=note,
    )
    frame["p_value"] = p_values(value, error, answers.degrees)
    return frame


def _mean(table: Table, values: Floats, group: int, factor: int) -> Quantities:
    rows = table.of(Kind.MEAN)
    return parameters(table, values, rows[(table.group[rows] == group) & (table.row[rows] == factor)])


def _standardised(solution: Solution, group: int, factor: int) -> Quantities:
    """The difference over the root of the variance pooled over the two groups."""
    table, values, sizes = solution.table, solution.values, solution.estimator.answers.sizes
    place = np.array([factor])
    first, second = (factor_variances(table, values, one).take(place) for one in (0, group))
    share = sizes[group] / (sizes[0] + sizes[group])
    pooled = Quantities(
        (1 - share) * first.values + share * second.values, (1 - share) * first.slopes + share * second.slopes
    )
    return _mean(table, values, group, factor).times(pooled.power(-0.5))


def _points(table: Table, values: Floats, group: int, factor: int) -> Quantities:
    """The difference times the mean loading of the factor's items."""
    rows = table.of(Kind.LOADING)
    rows = rows[(table.group[rows] == 0) & (table.column[rows] == factor)]
    loadings = parameters(table, values, rows)
    mean = Quantities(loadings.values.mean(keepdims=True), loadings.slopes.mean(axis=0, keepdims=True))
    return _mean(table, values, group, factor).times(mean)
