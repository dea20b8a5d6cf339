"""What is wrong with a solution, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import numpy as np
import pandas as pd

from svclib.stats.design.results import NO_DEGREES, OPT_IN
from svclib.stats.estimate import Note
from svclib.stats.factor_models.moments import matrices
from svclib.stats.factor_models.parameters import Kind
from svclib.stats.factor_models.solution import Solution
from svclib.stats.factor_models.standardised import error_variances
from svclib.stats.marks import _


class FitNote(StrEnum):
    """Why an estimate is missing or must not be relied on."""

    FIXED = _("fixed: it sets the scale")
    DERIVED = _("follows from the other parameters")
    NOT_CONVERGED = _(
        "the search did not end: the model does not suit the answers, or there are too few of them; leave out weak "
        "items or join factors"
    )
    NOT_HELD = _("nothing in the answers holds this parameter: no error can be told")
    NEGATIVE_VARIANCE = _(
        "a negative variance: too few answers, or an item that does not belong; leave the item out, or set the model "
        "up with fewer factors"
    )
    BEYOND_ONE = _("a correlation beyond 1: these two cannot be told apart; join the factors")
    NOT_POSITIVE = _("the factors' covariances are not possible together; join factors that correlate highly")
    NO_STANDARD = _("cannot be standardised: a variance is not above 0")
    FEW_ROWS = _("fewer than five respondents a parameter: errors and tests are rough")
    FEW_CLUSTERS = _("fewer clusters than parameters: do not rely on the test of the model")
    NO_DEGREES = NO_DEGREES
    OPT_IN = OPT_IN
    ROWS_LEFT_OUT = Note.ROWS_LEFT_OUT


_FEW = 5


def faults(solution: Solution) -> pd.DataFrame:
    """List what is wrong: the group (where there are groups), the parameter it shows in, and how to mend it."""
    answers = solution.estimator.answers
    rows = [(label, term, str(note)) for label, term, note in _faults(solution)]
    found = pd.DataFrame(rows, columns=[answers.groups or "_", "term", "note"])
    return found if answers.groups else found.drop(columns="_")


def _faults(solution: Solution) -> Iterator[tuple[object, str, str]]:
    answers, table = solution.estimator.answers, solution.table
    if not solution.converged:
        yield "", "", FitNote.NOT_CONVERGED
    elif np.isnan(solution.vcov).any():
        yield "", "", FitNote.NOT_HELD
    if answers.size < 0.9 * answers.asked:
        yield "", "", FitNote.ROWS_LEFT_OUT
    structural = np.isin(table.kind, (Kind.LOADING, Kind.FACTOR, Kind.RESIDUAL)) & table.estimated
    if answers.size < _FEW * len(np.unique(table.free[structural])):
        yield "", "", FitNote.FEW_ROWS
    if answers.opt_in:
        yield "", "", FitNote.OPT_IN
    if answers.degrees < table.count:
        yield "", "", FitNote.FEW_CLUSTERS if answers.degrees >= 1 else FitNote.NO_DEGREES
    for group, label in enumerate(answers.labels):
        yield from ((label, term, note) for term, note in _improper(solution, group))


def _improper(solution: Solution, group: int) -> Iterator[tuple[str, str]]:
    table, values = solution.table, solution.values
    factors, items = table.plan.factors, table.plan.items
    model = matrices(table, values, group)
    for item, variance in zip(items, error_variances(table, values, group).values, strict=True):
        if variance < 0:
            yield f"{item}~~{item}", FitNote.NEGATIVE_VARIANCE
    spread = np.diag(model.factors)
    for factor, variance in zip(factors, spread, strict=True):
        if variance < 0:
            yield f"{factor}~~{factor}", FitNote.NEGATIVE_VARIANCE
    if (spread <= 0).any():
        return
    related = model.factors / np.sqrt(np.outer(spread, spread))
    beyond = [(one, two) for one in range(len(factors)) for two in range(one) if abs(related[one, two]) > 1]
    yield from ((f"{factors[two]}~~{factors[one]}", FitNote.BEYOND_ONE) for one, two in beyond)
    if not beyond and np.linalg.eigvalsh(related)[0] < 0:
        yield "", FitNote.NOT_POSITIVE


def row_notes(solution: Solution) -> list[str]:
    """A note for each row of the table."""
    lost = "" if not np.isnan(solution.vcov).any() else FitNote.NOT_HELD
    if not lost and solution.estimator.answers.degrees < 1:
        lost = FitNote.NO_DEGREES
    if not lost and solution.estimator.answers.opt_in:
        lost = FitNote.OPT_IN
    free = FitNote.NOT_CONVERGED if not solution.converged else lost
    return [str(FitNote.FIXED if at < 0 else free) for at in solution.table.free]
