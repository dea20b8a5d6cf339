"""Which equality between groups does not hold: score tests of letting one group have a parameter of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.stats.arrays import Floats, Ints
from svclib.stats.factor_models.estimators import Point, point
from svclib.stats.factor_models.modification import score_tests
from svclib.stats.factor_models.parameters import EQUAL, Table
from svclib.stats.factor_models.solution import Solution


def equality_frame(solution: Solution, top: int | None) -> pd.DataFrame:
    """Give the candidates, largest index first; see `ConfirmatoryFit.equality_indices`."""
    table, answers = solution.table.with_values(solution.values), solution.estimator.answers
    rows = tied(table)
    found = score_tests(solution.estimator, _released(solution, table, rows), table.count)
    frame = pd.DataFrame(
        {
            answers.groups or "group": [answers.labels[at] for at in table.group[rows]],
            "term": [table.terms[at] for at in rows],
            "index": found.statistic,
            "robust_index": found.robust,
            "p_value": chdtrc(1, np.maximum(found.robust, 0)),
            "change": found.change,
        }
    )
    frame = frame.dropna(subset=["index"]).sort_values("robust_index", ascending=False, kind="stable")
    return frame.head(len(frame) if top is None else top).reset_index(drop=True)


def tied(table: Table) -> Ints:
    """Rows, in all groups but the first, that are held equal to those of the others."""
    kinds = [EQUAL[name] for name in table.plan.equal]
    free = np.array([term in table.plan.released for term in table.terms])
    own = table.row == table.column
    wanted = np.isin(table.kind, kinds) & (table.group > 0) & ~free
    covariance = (table.kind == EQUAL["residuals"]) & ~own
    alone = table.estimated & (np.bincount(np.maximum(table.free, 0), minlength=table.count + 1)[table.free] == 1)
    return np.flatnonzero(wanted & ~covariance & ~alone)


def _released(solution: Solution, table: Table, rows: Ints) -> Point:
    """The model with a deviation of its own for each of the rows, behind its free parameters."""
    count = table.count
    free = table.free.copy()
    free[rows] = count + np.arange(len(rows))
    apart = replace(table, free=free)
    back: Floats = np.eye(count + len(rows))
    shared = np.flatnonzero(table.free[rows] >= 0)
    back[count + shared, table.free[rows[shared]]] = 1.0
    at = point(apart, solution.estimator.evidence, apart.start())
    return Point(at.moments, [one @ back for one in at.slopes], back.T @ at.curvature @ back)
