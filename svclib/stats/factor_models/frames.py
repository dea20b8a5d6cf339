"""The parameters of a solution as frames in the shape of an estimate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtr

from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.estimate import estimates
from svclib.stats.factor_models.moments import variances
from svclib.stats.factor_models.notes import FitNote, row_notes
from svclib.stats.factor_models.parameters import Kind
from svclib.stats.factor_models.solution import Solution
from svclib.stats.factor_models.standardised import (
    Quantities,
    correlation_interval,
    critical,
    error_variances,
    parameters,
    plain_interval,
    share_interval,
    standardised,
)

STANDARDISED = ("p_value", "standardised", "standardised_error", "standardised_low", "standardised_high")


def method_of(solution: Solution) -> str:
    """Say how the errors were made."""
    if not np.isinf(solution.estimator.answers.degrees):
        return "t, sandwich of the design"
    return "normal, sandwich" if solution.estimator.robust else "normal, information"


Interval = Callable[[Floats, Floats, float], tuple[Floats, Floats]]


@dataclass(frozen=True, eq=False)
class Part:
    """Some quantities of a solution as they go into a frame.

    Attributes
    ----------
    found, whole : Quantities
        As they are, and standardised.
    terms : list of str
    group : (quantities,) int
    notes : list of str
    """

    found: Quantities
    whole: Quantities
    terms: Sequence[str]
    group: Ints
    notes: Sequence[str]


def table_part(solution: Solution, rows: Ints) -> Part:
    """Rows of the table as quantities."""
    table, told = solution.table, row_notes(solution)
    return Part(
        parameters(table, solution.values, rows),
        standardised(solution).take(rows),
        [table.terms[at] for at in rows],
        table.group[rows],
        [told[at] for at in rows],
    )


def part_frame(
    solution: Solution, part: Part, level: float, names: Mapping[str, Sequence[Any]], interval: Interval
) -> pd.DataFrame:
    """Put quantities into the shape of an estimate: the group's column, `names`, …, the columns of `STANDARDISED`.

    `interval` is that of the standardised values.
    """
    answers = solution.estimator.answers
    keys = pd.DataFrame(dict(names), index=range(len(part.terms)))
    if answers.groups:
        keys.insert(0, answers.groups, [answers.labels[at] for at in part.group])
    error = _errors(part.found, solution.vcov)
    df = answers.degrees
    times = critical(level, df)
    low, high = plain_interval(part.found.values, _errors(part.found, solution.limits_vcov), times)
    frame = estimates(
        keys,
        term=list(part.terms),
        estimate=part.found.values,
        std_error=error,
        low=low,
        high=high,
        n=np.array(answers.sizes)[part.group],
        level=level,
        df=df,
        method=method_of(solution),
        note=list(part.notes),
    )
    limits = interval(part.whole.values, _errors(part.whole, solution.limits_vcov), times)
    p_value = p_values(part.found.values, error, df)
    columns = (p_value, part.whole.values, _errors(part.whole, solution.vcov), *limits)
    frame = pd.concat([frame, pd.DataFrame(dict(zip(STANDARDISED, columns, strict=True)))], axis=1)
    lost = np.isnan(part.whole.values) & (frame["note"] == "").to_numpy()
    frame.loc[lost, "note"] = str(FitNote.NO_STANDARD)
    return frame


def _errors(found: Quantities, vcov: Floats) -> Floats:
    """Standard errors; NaN for what is fixed."""
    return np.where((found.slopes == 0).all(axis=1), np.nan, found.errors(vcov))


def p_values(value: Floats, error: Floats, df: float) -> Floats:
    """Two-sided p-values of the null hypothesis of 0."""
    distance = -np.abs(ratio(value, error))
    return np.asarray(2 * (ndtr(distance) if np.isinf(df) else stdtr(max(df, 1.0), distance)))


def free_frame(solution: Solution, level: float) -> pd.DataFrame:
    """All free parameters, group by group."""
    rows = np.flatnonzero(solution.table.estimated)
    frame = part_frame(solution, table_part(solution, rows), level, {}, plain_interval)
    return frame.drop(columns=list(STANDARDISED[1:])).replace({"note": {str(FitNote.NO_STANDARD): ""}})


def loading_frame(solution: Solution, level: float) -> pd.DataFrame:
    """Loadings, factor by factor."""
    table, rows = solution.table, solution.table.of(Kind.LOADING)
    plan = table.plan
    names = {
        "factor": [plan.factors[at] for at in table.column[rows]],
        "item": [plan.items[at] for at in table.row[rows]],
    }
    return part_frame(solution, table_part(solution, rows), level, names, correlation_interval)


def covariance_frame(solution: Solution, level: float) -> pd.DataFrame:
    """Covariances of factors, then of errors; standardised they are correlations."""
    table, plan = solution.table, solution.table.plan
    apart = table.row != table.column
    rows = np.flatnonzero(np.isin(table.kind, (Kind.FACTOR, Kind.RESIDUAL)) & apart)
    rows = rows[np.lexsort((rows, table.kind[rows], table.group[rows]))]
    pools = [plan.factors if table.kind[at] == Kind.FACTOR else plan.items for at in rows]
    names = {
        "first": [pool[table.column[at]] for pool, at in zip(pools, rows, strict=True)],
        "second": [pool[table.row[at]] for pool, at in zip(pools, rows, strict=True)],
    }
    return part_frame(solution, table_part(solution, rows), level, names, correlation_interval)


def variance_frame(solution: Solution, level: float) -> pd.DataFrame:
    """Variances of factors, then of errors; those of ordinal items' errors may follow from the rest."""
    table, plan = solution.table, solution.table.plan
    own = (table.kind == Kind.FACTOR) & (table.row == table.column)
    rows = np.flatnonzero(own | ((table.kind == Kind.RESIDUAL) & (table.row == table.column)))
    rows = rows[np.lexsort((table.row[rows], table.kind[rows], table.group[rows]))]
    pools = [plan.factors if table.kind[at] == Kind.FACTOR else plan.items for at in rows]
    names = {"name": [pool[table.row[at]] for pool, at in zip(pools, rows, strict=True)]}
    frame = part_frame(solution, table_part(solution, rows), level, names, share_interval)
    if not plan.categories or plan.theta:
        return frame
    return pd.concat([frame, *_derived(solution, level)], ignore_index=True)


def _derived(solution: Solution, level: float) -> list[pd.DataFrame]:
    """Error variances of ordinal items scaled by their total variance."""
    table, items = solution.table, solution.table.plan.items
    out = []
    for group in range(table.plan.groups):
        found = error_variances(table, solution.values, group)
        whole = found.times(Quantities(*variances(table, solution.values, group)).power(-1))
        terms = [f"{item}~~{item}" for item in items]
        place, notes = np.full(len(items), group, dtype=np.int64), [str(FitNote.DERIVED)] * len(items)
        part = Part(found, whole, terms, place, notes)
        out.append(part_frame(solution, part, level, {"name": items}, share_interval))
    return out


def item_frame(solution: Solution, kind: Kind, level: float) -> pd.DataFrame:
    """Intercepts or thresholds of the items, or means of the factors."""
    table, plan = solution.table, solution.table.plan
    rows = table.of(kind)
    rows = rows[np.lexsort((table.column[rows], table.row[rows], table.group[rows]))]
    pool = plan.factors if kind == Kind.MEAN else plan.items
    names: dict[str, Sequence[Any]] = {"factor" if kind == Kind.MEAN else "item": [pool[at] for at in table.row[rows]]}
    if kind == Kind.THRESHOLD:
        names["threshold"] = [int(at) + 1 for at in table.column[rows]]
    return part_frame(solution, table_part(solution, rows), level, names, plain_interval)
