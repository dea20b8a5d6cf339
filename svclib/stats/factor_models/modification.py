"""Modification indices: what a fixed parameter would gain if it were free (Sörbom 1989; Satorra 1989)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.factor_models.estimators import Estimator, Point, point
from svclib.stats.factor_models.evidence import gradient, sandwiched
from svclib.stats.factor_models.moments import variances
from svclib.stats.factor_models.parameters import Kind, Table, term_of
from svclib.stats.factor_models.solution import Solution
from svclib.stats.factor_models.standardised import error_variances, factor_variances

_BLIND = 1e-9
"""A candidate of which a smaller part is left beside the free parameters cannot be told from them."""


@dataclass(frozen=True, eq=False)
class ScoreTest:
    """Score tests of parameters that the model holds fixed, each alone.

    Attributes
    ----------
    statistic : (candidates,) float
        By the information alone; for least squares not a chi-square.
    robust : (candidates,) float
        With the sandwich's variance of the score.
    change : (candidates,) float
        Expected change of the parameter.
    """

    statistic: Floats
    robust: Floats
    change: Floats


def score_tests(estimator: Estimator, at: Point, count: int) -> ScoreTest:
    """Test the parameters of `at` behind the first `count`, which are those of the fitted model; NaN where they clash.

    The score of a candidate, less what the free parameters explain of it, over its variance; the change is the score
    over the expected information that is left.
    """
    by_moments = estimator.evidence.gradient(at.moments)
    score = -estimator.evidence.size * gradient(at.slopes, by_moments)
    information = estimator.evidence.size * sandwiched(at.slopes, estimator.evidence.information(at.moments))
    own, mixed = information[:count, :count], information[:count, count:]
    try:
        pulled = np.asarray(np.linalg.solve(own, mixed))
    except np.linalg.LinAlgError:
        lost = np.full(mixed.shape[1], np.nan)
        return ScoreTest(lost, lost, lost)
    left = np.diag(information)[count:] - np.einsum("ij,ij->j", mixed, pulled)
    gain = score[count:] - pulled.T @ score[:count]
    left = np.where(left > _BLIND * np.diag(information)[count:], left, 0.0)
    spread = _spread(estimator, at, pulled) if estimator.robust else left
    change = ratio(gain, left)
    return ScoreTest(np.asarray(gain * change), ratio(gain**2, np.where(left > 0, spread, 0.0)), change)


def _spread(estimator: Estimator, at: Point, pulled: Floats) -> Floats:
    """Sandwich variance of the candidates' scores less what the free parameters explain of them."""
    middle = estimator.scores_covariance(at)
    count = len(pulled)
    mixed = middle[:count, count:]
    inner = middle[:count, :count] @ pulled
    return np.diag(middle)[count:] - 2 * np.einsum("ij,ij->j", mixed, pulled) + np.einsum("ij,ij->j", pulled, inner)


def candidates(table: Table) -> Table:
    """Free every cross-loading and every covariance of errors that the model fixes at 0, behind its own parameters."""
    plan = table.plan
    found = [
        one
        for group in range(plan.groups)
        for one in [*_cross_loadings(table, group), *_error_covariances(table, group)]
    ]
    group, kind, row, column = (np.array(part, dtype=np.int64) for part in zip(*found, strict=True))
    terms = tuple(term_of(plan, Kind(k), r, c) for k, r, c in zip(kind, row, column, strict=True))
    return extended(table, group, kind, row, column, np.zeros(len(row)), terms)


def extended(
    table: Table, group: Ints, kind: Ints, row: Ints, column: Ints, value: Floats, terms: tuple[str, ...]
) -> Table:
    """Add free rows to a table, each a parameter of its own."""
    return replace(
        table,
        group=np.concatenate([table.group, group]),
        kind=np.concatenate([table.kind, kind]),
        row=np.concatenate([table.row, row]),
        column=np.concatenate([table.column, column]),
        value=np.concatenate([table.value, value]),
        free=np.concatenate([table.free, table.count + np.arange(len(row))]),
        terms=table.terms + terms,
    )


def _cross_loadings(table: Table, group: int) -> list[tuple[int, int, int, int]]:
    rows = np.flatnonzero((table.kind == Kind.LOADING) & (table.group == group))
    taken = set(zip(table.row[rows].tolist(), table.column[rows].tolist(), strict=True))
    items, factors = len(table.plan.items), len(table.plan.factors)
    every = [(item, factor) for factor in range(factors) for item in range(items)]
    return [(group, int(Kind.LOADING), *one) for one in every if one not in taken]


def _error_covariances(table: Table, group: int) -> list[tuple[int, int, int, int]]:
    rows = np.flatnonzero((table.kind == Kind.RESIDUAL) & (table.group == group))
    taken = set(zip(table.row[rows].tolist(), table.column[rows].tolist(), strict=True))
    items = len(table.plan.items)
    every = [(one, two) for two in range(items) for one in range(two + 1, items)]
    return [(group, int(Kind.RESIDUAL), *one) for one in every if one not in taken]


def modification_frame(solution: Solution, top: int | None) -> pd.DataFrame:
    """Give the modification indices, largest first; see `ConfirmatoryFit.modification_indices`."""
    answers, count = solution.estimator.answers, solution.table.count
    wider = candidates(solution.table.with_values(solution.values))
    at = point(wider, solution.estimator.evidence, wider.start())
    found = score_tests(solution.estimator, at, count)
    rows = np.flatnonzero(wider.free >= count)
    frame = pd.DataFrame(
        {
            "term": [wider.terms[at] for at in rows],
            "index": found.statistic,
            "robust_index": found.robust,
            "p_value": chdtrc(1, np.maximum(found.robust, 0)),
            "change": found.change,
            "standardised_change": found.change * _units(solution, wider, rows),
        }
    )
    if answers.groups:
        frame.insert(0, answers.groups, [answers.labels[at] for at in wider.group[rows]])
    frame = frame.dropna(subset=["index"]).sort_values("index", ascending=False, kind="stable")
    return frame.head(len(frame) if top is None else top).reset_index(drop=True)


def _units(solution: Solution, wider: Table, rows: Ints) -> Floats:
    """What a change is multiplied by to be standardised."""
    out = np.full(len(rows), np.nan)
    for group in range(wider.plan.groups):
        factor = np.sqrt(np.maximum(factor_variances(solution.table, solution.values, group).values, 0))
        item = np.sqrt(np.maximum(variances(solution.table, solution.values, group)[0], 0))
        error = np.sqrt(np.maximum(error_variances(solution.table, solution.values, group).values, 0))
        at = np.flatnonzero(wider.group[rows] == group)
        row, column = wider.row[rows[at]], wider.column[rows[at]]
        loading = wider.kind[rows[at]] == Kind.LOADING
        crossed = ratio(factor[np.where(loading, column, 0)], item[row])
        out[at] = np.where(loading, crossed, ratio(1, error[row] * error[column]))
    return out
