"""Ordinal regression of a frame or a design."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.linalg import LinAlgError

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import names_of
from svclib.stats.design.results import NO_DEGREES, OPT_IN
from svclib.stats.design.survey import Design, design_of
from svclib.stats.estimate import check_level
from svclib.stats.marks import _
from svclib.stats.models.categories import chosen, read_categories
from svclib.stats.models.changes import Recipe
from svclib.stats.models.cumulative import CUMULATIVE, ROUNDS, Cumulative, CumulativeFit, maximise
from svclib.stats.models.estimation import SLOW, ModelNote, design_covariance, scaled_weights
from svclib.stats.models.glm import check_all_told, check_sides
from svclib.stats.models.inference import coefficient_frame, method_name
from svclib.stats.models.ordinal_results import Ordinal, OrdinalBasis
from svclib.stats.models.outcomes import check_rounds
from svclib.stats.models.separation import raise_separated, recession
from svclib.stats.models.wald import THRESHOLD
from svclib.stats.terms import Terms, check_independent, read_terms

ERRORS = ("model", "design")
NEVER_CHOSEN = _("a category that nobody chose is left out")


def ordinal(
    data: pd.DataFrame | Design,
    outcome: str,
    terms: str | Sequence[str],
    *,
    link: str = "logit",
    weights: str | None = None,
    errors: str | None = None,
    level: float = 0.95,
    rounds: int = ROUNDS,
) -> Ordinal:
    """Explain ordered categories by other columns: the proportional odds model and its relatives.

    P(outcome ≤ k) = F(θ_k − xβ): a coefficient above 0 means higher answers.

    Parameters
    ----------
    data : DataFrame or Design
    outcome : str
        Column of numbers with few values, or of ordered categories. Categories that nobody chose are left out, and
        `Ordinal.dropped` names them.
    terms : str or list of str
        As of `svclib.stats.glm`.
    link : {"logit", "probit", "cloglog"}
        F: logistic (proportional odds), normal, or 1 − exp(−exp(·)) (proportional hazards).
    weights : str, optional
        Column of survey weights of a frame.
    errors : {"model", "design"}, optional
        From the observed information (the default of a frame without weights; as R's polr and clm), or linearised
        over strata, clusters and stages, or from replicate weights (the default, and the only choice, of a design
        or with weights; as R's svyolr).
    level : float
    rounds : int
        Give up after so many rounds; `Ordinal.converged` then says so.

    Returns
    -------
    Ordinal

    Raises
    ------
    InvalidInput
        If the order of the answers is not known, if fewer than three categories are chosen, or naming a term that
        does not vary, follows from others, or predicts the outcome without error.

    Examples
    --------
    >>> marks = pd.DataFrame({"wait": [1, 2, 3, 4, 5, 6, 7, 8], "mark": [3, 3, 2, 3, 1, 2, 1, 1]})
    >>> fit = ordinal(marks, "mark", "wait")
    >>> fit.frame[["term", "estimate"]].round(2).values.tolist()
    [['wait', -1.19], ['1|2', -6.62], ['2|3', -4.13]]
    """
    check_level(level)
    check_rounds(rounds)
    if link not in CUMULATIVE:
        raise InvalidInput(_('link is "{link}"; choose one of {known}.'), link=str(link), known=", ".join(CUMULATIVE))
    design = design_of(data, weights)
    kind = _errors(errors, plain=isinstance(data, pd.DataFrame) and weights is None)
    check_sides(outcome, names_of(terms))
    codes, categories = read_categories(design.frame, outcome)
    read = read_terms(design.frame, terms, intercept=False)
    check_all_told(names_of(terms), read.columns)
    rows = np.flatnonzero(read.known & (codes >= 0) & design.sampling.inside)
    category, stay, dropped = chosen(codes[rows], categories, outcome)
    _check_terms(read, rows)
    fit = _fit(read, category, scaled_weights(design.domains(None))[rows], rows, link, rounds)
    recipe = Recipe(tuple(names_of(terms)), read.levels, intercept=False)
    basis = OrdinalBasis(design, outcome, read, recipe, rows, fit, tuple(stay), tuple(dropped), kind)
    return _result(basis, level)


def _errors(given: str | None, *, plain: bool) -> str:
    if given is None:
        return "model" if plain else "design"
    if given not in ERRORS:
        raise InvalidInput(
            _('errors is "{errors}"; choose one of {known}.'), errors=str(given), known=", ".join(ERRORS)
        )
    if given == "model" and not plain:
        raise InvalidInput(
            _('A design or weights have errors of their own; leave out errors="{errors}".'), errors=given
        )
    return given


def _check_terms(read: Terms, rows: Ints) -> None:
    """Check the columns together with the thresholds, which take the place of an intercept."""
    there = np.zeros(len(read.known), dtype=np.bool_)
    there[rows] = True
    matrix = np.column_stack([np.ones(len(read.known)), read.matrix])
    check_independent(Terms((THRESHOLD, *read.names), matrix, read.known), there)


def _fit(read: Terms, category: Ints, weights: Floats, rows: Ints, link: str, rounds: int) -> CumulativeFit:
    problem = Cumulative(read.matrix[rows], category, weights, CUMULATIVE[link])
    try:
        fit = maximise(problem, rounds=rounds)
    except (LinAlgError, np.linalg.LinAlgError):
        check_running(problem, read.names)
        raise
    if not fit.converged or fit.rounds > SLOW:
        check_running(problem, read.names)
    return fit


def check_running(problem: Cumulative, names: Sequence[str]) -> None:
    """Raise `Separated` if the maximum lies at infinity."""
    indicator = np.eye(problem.thresholds + 1)[:, : problem.thresholds]
    over = problem.category < problem.thresholds
    under = problem.category > 0
    above = np.column_stack([-problem.matrix[over], indicator[problem.category[over]]])
    below = np.column_stack([problem.matrix[under], -indicator[problem.category[under] - 1]])
    running = recession(np.vstack([above, below]))
    slopes = [names[one] for one in running if one < len(names)]
    if slopes:
        raise_separated(slopes)


def _result(basis: OrdinalBasis, level: float) -> Ordinal:
    fit, terms = basis.fit, len(basis.terms.names)
    vcov, df = _uncertainty(basis)
    labels = [f"{low}|{high}" for low, high in zip(basis.categories, basis.categories[1:], strict=False)]
    note = _note(basis, df)
    notes = np.full(len(fit.coefficients), note, dtype=object)
    if not note and basis.dropped:
        notes[terms:] = NEVER_CHOSEN
    frame = coefficient_frame(
        pd.DataFrame(index=range(len(fit.coefficients))),
        [*basis.terms.names, *labels],
        fit.coefficients,
        np.diag(vcov),
        df=np.full(len(fit.coefficients), df),
        level=level,
        exponentiated=fit.problem.link.name == "logit",
        n=len(basis.rows),
        method=method_name(basis.kind, np.array([df]), basis.design.sampling),
        note=notes,
    )
    columns = (*basis.terms.columns, *[THRESHOLD] * len(labels))
    return Ordinal(frame, vcov, columns=columns, basis=basis)


def _uncertainty(basis: OrdinalBasis) -> tuple[Floats, float]:
    if basis.kind == "model":
        return basis.fit.inverse, np.inf
    parts = basis.design.domains(None)
    complete = np.zeros(len(basis.terms.known), dtype=np.bool_)
    complete[basis.rows] = True
    df = max(float(parts.degrees(complete)[0]) - len(basis.terms.names), 0.0)
    estimate = basis.fit.coefficients
    vcov = design_covariance([basis.fit.influence], [basis.rows], parts.sampling, basis.again, estimate)
    return vcov, df


def _note(basis: OrdinalBasis, df: float) -> str:
    if not basis.fit.converged:
        return str(ModelNote.NOT_CONVERGED)
    if df < 1:
        return NO_DEGREES
    return OPT_IN if basis.design.domains(None).opt_in else ""
