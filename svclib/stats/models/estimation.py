"""Fits by domain, and how their coefficients vary: by the model, robustly, by linearisation, by replicate weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy.linalg import LinAlgError

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.design.linear import Domains
from svclib.stats.design.replicates import replicate_covariance
from svclib.stats.design.results import NO_DEGREES, OPT_IN
from svclib.stats.design.sampling import Sampling
from svclib.stats.design.variance import Residuals, covariance
from svclib.stats.estimate import Note
from svclib.stats.marks import _
from svclib.stats.models.changes import Recipe
from svclib.stats.models.families import Family, Link
from svclib.stats.models.fitting import Fitted, Problem, fit
from svclib.stats.models.outcomes import check_varies
from svclib.stats.models.separation import Separated, check_separation
from svclib.stats.terms import Terms, check_independent

SLOW = 15
"""A fit that took more rounds than this may be running to infinity."""


LOST = _("Some replicate weights are 0 in all rows that tell a term; merge small categories or leave a column out.")


class ModelNote(StrEnum):
    """Why a model is empty, or how far to trust it."""

    NOT_CONVERGED = _("the fit did not converge: do not rely on it; simplify the model or allow more rounds")
    NOT_TOLD_APART = _("too few complete rows, or a term that does not vary or follows from the others")
    PERFECT = _("the model fits every row exactly: nothing is left to judge chance by")
    SEPARATED = _("predicted without error by a term: no finite coefficient fits best")


@dataclass(frozen=True)
class Reading:
    """The columns of a model, for all rows of the design.

    Attributes
    ----------
    outcome, offset : (rows,) float
    complete : (rows,) bool
        Rows of the subpopulation with everything answered.
    """

    name: str
    columns: tuple[str, ...]
    outcome: Floats
    terms: Terms
    offset: Floats
    complete: Bools
    family: Family
    link: Link
    rounds: int
    exposure: str | None = None

    @property
    def recipe(self) -> Recipe:
        """How other frames are read."""
        return Recipe(self.columns, self.terms.levels)


@dataclass(frozen=True)
class DomainFit:
    """The fit in one domain.

    Attributes
    ----------
    rows : (n,) int
        Rows of the design.
    fitted : Fitted, optional
        None where `note` says why there is no fit.
    """

    rows: Ints
    problem: Problem
    fitted: Fitted | None
    note: str = ""

    @property
    def size(self) -> int:
        """Number of terms."""
        return int(self.problem.matrix.shape[1])

    @property
    def coefficients(self) -> Floats:
        """Coefficients, NaN without a fit."""
        return np.full(self.size, np.nan) if self.fitted is None else self.fitted.coefficients

    @property
    def influence(self) -> Floats:
        """How the coefficients hang on the weight of each row, times the weight: (n, terms)."""
        if self.fitted is None:
            return np.zeros(self.problem.matrix.shape)
        score = self.problem.score(self.fitted.predictor)
        return np.asarray(self.problem.matrix * score[:, None] @ self.fitted.inverse)

    @property
    def leverage(self) -> Floats:
        """Diagonal of the hat matrix."""
        if self.fitted is None:
            return np.zeros(len(self.rows))
        weights = self.problem.working_weights(self.fitted.predictor)
        return weights * np.einsum("ij,jk,ik->i", self.problem.matrix, self.fitted.inverse, self.problem.matrix)

    @property
    def perfect(self) -> bool:
        """Whether nothing is left over."""
        return self.note == ModelNote.PERFECT

    @property
    def pearson(self) -> float:
        """Sum of squared Pearson residuals."""
        if self.fitted is None:
            return np.nan
        mean = self.problem.link.inverse(self.fitted.predictor)
        return float(self.problem.weights @ ((self.problem.outcome - mean) ** 2 / self.problem.family.variance(mean)))


def problem_of(reading: Reading, rows: Ints, weights: Floats) -> Problem:
    """Cut out the rows of one domain."""
    return Problem(
        reading.terms.matrix[rows], reading.outcome[rows], weights[rows], reading.offset[rows], reading.family,
        reading.link,
    )  # fmt: skip


def fit_domain(reading: Reading, rows: Ints, weights: Floats) -> DomainFit:
    """Fit one domain.

    Raises
    ------
    InvalidInput
        If a term does not vary or follows from others, if there are too few rows, or if no finite fit is best.
    """
    chosen = np.zeros(len(reading.outcome), dtype=np.bool_)
    chosen[rows] = True
    check_varies(reading.outcome[rows], reading.name)
    check_independent(reading.terms, chosen)
    problem = problem_of(reading, rows, weights)
    try:
        fitted = fit(problem, rounds=reading.rounds)
    except (LinAlgError, np.linalg.LinAlgError):
        fitted = None
    if problem.family.name != "gaussian" and (fitted is None or not fitted.converged or fitted.rounds > SLOW):
        check_separation(problem.matrix, problem.outcome, problem.family.name, reading.terms.names)
    return DomainFit(rows, problem, fitted, _note(problem, fitted))


def _note(problem: Problem, fitted: Fitted | None) -> str:
    if fitted is None or not fitted.converged:
        return ModelNote.NOT_CONVERGED
    return ModelNote.PERFECT if fitted.deviance <= problem.rounding else ""


def fit_domains(reading: Reading, parts: Domains) -> list[DomainFit]:
    """Fit every domain; one that cannot be fitted has a note if there are several, and is an error if it is alone."""
    weights = scaled_weights(parts)
    rows = [np.flatnonzero(reading.complete & (parts.group == group)) for group in range(parts.groups)]
    return [_fit_or_note(reading, one, weights, alone=not len(parts.keys.columns)) for one in rows]


def _fit_or_note(reading: Reading, rows: Ints, weights: Floats, *, alone: bool) -> DomainFit:
    try:
        return fit_domain(reading, rows, weights)
    except InvalidInput as error:
        if alone:
            raise
        note = str(ModelNote.SEPARATED if isinstance(error, Separated) else ModelNote.NOT_TOLD_APART)
        if not len(rows):
            note = str(Note.NO_ANSWERS)
        return DomainFit(rows, problem_of(reading, rows, weights), None, note)


def scaled_weights(parts: Domains) -> Floats:
    """Weights with the mean 1 in each domain."""
    inside = parts.sampling.inside.astype(float)
    weights = parts.sampling.weights * inside
    return np.nan_to_num(weights * ratio(parts.sum(inside), parts.sum(weights))[parts.group])


def spread(influences: Sequence[Floats], rows: Sequence[Ints], size: int) -> Residuals:
    """Put the domains' (n, statistics) influences into columns of all `size` rows."""
    whole, group = np.zeros((influences[0].shape[1], size)), np.zeros(size, dtype=np.int64)
    for place, (own, influence) in enumerate(zip(rows, influences, strict=True)):
        whole[:, own], group[own] = influence.T, place
    return Residuals(list(whole), group, len(rows))


def design_covariance(
    influences: Sequence[Floats],
    rows: Sequence[Ints],
    sampling: Sampling,
    statistic: Callable[[Floats], Floats],
    estimate: Floats,
) -> Floats:
    """Covariance of the domains' statistics, domains first: from the replicate weights, if the design has any.

    Parameters
    ----------
    influences : list of (n, statistics) float
        One a domain.
    rows : list of (n,) int
        Rows of the design that each domain's are.
    statistic : function of (rows,) weights
        The same statistics anew.
    """
    if sampling.replicates is not None:
        return replicate_covariance(sampling.replicates, statistic, estimate)
    return covariance(sampling, spread(influences, rows, len(sampling.weights)))


def refitted(fits: Sequence[DomainFit], weights: Floats) -> list[DomainFit]:
    """Fit again with other weights, from where the fits are.

    Raises
    ------
    InvalidInput
        If these weights leave a term without rows.
    """
    try:
        return [_again(one, weights) for one in fits]
    except (LinAlgError, np.linalg.LinAlgError):
        raise InvalidInput(LOST) from None


def _again(one: DomainFit, weights: Floats) -> DomainFit:
    if one.fitted is None:
        return one
    problem = replace(one.problem, weights=weights[one.rows])
    fitted = fit(problem, one.fitted.coefficients)
    if not fitted.converged or fitted.rounds > SLOW:
        raise InvalidInput(LOST)
    return replace(one, problem=problem, fitted=fitted)


def design_notes(fits: Sequence[DomainFit], df: Floats, *, opt_in: bool) -> list[str]:
    """Say of each domain why it is empty or has no interval, or how it must not be read."""
    notes = []
    for one, degrees in zip(fits, df, strict=True):
        notes.append(str(one.note or (NO_DEGREES if degrees < 1 else OPT_IN if opt_in else "")))
    return notes
