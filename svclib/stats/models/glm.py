"""Generalised linear models of a frame or a design."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import names_of
from svclib.stats.design.survey import Design, design_of
from svclib.stats.estimate import check_level
from svclib.stats.marks import _
from svclib.stats.models.estimation import DomainFit, Reading, design_covariance, fit_domains, refitted
from svclib.stats.models.families import family_and_link
from svclib.stats.models.fitting import ROUNDS
from svclib.stats.models.inference import Inference
from svclib.stats.models.outcomes import check_rounds, read_exposure, read_outcome
from svclib.stats.models.results import Glm, GlmDomains, domain_results
from svclib.stats.terms import read_terms

if TYPE_CHECKING:
    from svclib.stats.design.linear import Domains

ERRORS = ("model", "robust", "design")


def glm(
    data: pd.DataFrame | Design,
    outcome: str,
    terms: str | Sequence[str],
    *,
    family: str = "gaussian",
    link: str | None = None,
    by: str | Sequence[str] | None = None,
    weights: str | None = None,
    success: Any = None,
    exposure: str | None = None,
    errors: str | None = None,
    level: float = 0.95,
    rounds: int = ROUNDS,
) -> Glm | GlmDomains:
    """Explain a column by others: linear, logistic and Poisson regression, with errors that fit the sample.

    Parameters
    ----------
    data : DataFrame or Design
    outcome : str
        Column of numbers; for shares 0 and 1, booleans, or any values with `success`.
    terms : str or list of str
        Columns that explain: numbers, booleans, or text and categories (indicators against the first category);
        ``"first:second"`` is a product.
    family : {"gaussian", "binomial", "poisson", "quasibinomial", "quasipoisson"}
        The quasi families estimate the dispersion and have no likelihood; with a design they give the same as the
        plain ones.
    link : str, optional
        gaussian: identity, log; binomial: logit, probit, cloglog; poisson: log. The first is the default.
    by : str or list of str, optional
        A fit for each group (domain), with the covariance between them.
    weights : str, optional
        Column of survey weights of a frame.
    success : value or list of values, optional
        Values of the outcome that count as 1.
    exposure : str, optional
        Column of what counts are counted over (customers, hours); its logarithm is added to the predictor.
    errors : {"model", "robust", "design"}, optional
        Where the standard errors come from. *model*: the family's variance (the default of a frame without
        weights; as R's lm and glm). *robust*: the residuals, corrected for leverage (HC3, MacKinnon and White 1985).
        *design*: linearised over strata, clusters and stages, or from replicate weights (Binder 1983; the default,
        and the only choice, of a design or with weights; as R's svyglm).
    level : float
    rounds : int
        Give up after so many rounds; `Glm.converged` then says so.

    Returns
    -------
    Glm or GlmDomains
        The latter with `by`.

    Raises
    ------
    InvalidInput
        Naming the column that is absent, does not vary, follows from others, or predicts the outcome without error.

    Notes
    -----
    Intervals use t: with rows less terms degrees of freedom (gaussian and quasi families, robust errors), with the
    design's plus 1 less the terms (Korn and Graubard 1990), or normal ones (binomial and Poisson, errors by model).

    Examples
    --------
    >>> visits = pd.DataFrame({"wait": [1.0, 2, 3, 4, 5, 6], "score": [5.0, 5, 4, 4, 2, 3]})
    >>> glm(visits, "score", "wait").frame[["term", "estimate", "low", "high"]].round(2).values.tolist()
    [['intercept', 5.73, 4.06, 7.41], ['wait', -0.54, -0.97, -0.11]]
    """
    check_level(level)
    check_rounds(rounds)
    design = design_of(data, weights)
    kind = _errors(errors, plain=isinstance(data, pd.DataFrame) and weights is None)
    reading = _read(design, outcome, names_of(terms), family, link, success, exposure, rounds)
    parts = design.domains(by)
    fits = fit_domains(reading, parts)
    vcov, df = _uncertainty(kind, fits, parts)
    inference = Inference(design, reading, parts, fits, kind, vcov, df, level)
    return domain_results(inference) if parts.keys.columns.size else Glm.of(inference, 0)


def _errors(given: str | None, *, plain: bool) -> str:
    if given is None:
        return "model" if plain else "design"
    if given not in ERRORS:
        raise InvalidInput(
            _('errors is "{errors}"; choose one of {known}.'), errors=str(given), known=", ".join(ERRORS)
        )
    if given != "design" and not plain:
        raise InvalidInput(
            _('A design or weights have errors of their own; leave out errors="{errors}".'), errors=given
        )
    return given


def _read(
    design: Design, outcome: str, columns: list[str], family: str, link: str | None, success: Any,
    exposure: str | None, rounds: int,
) -> Reading:  # fmt: skip
    chosen, through = family_and_link(family, link)
    values = read_outcome(design.frame, outcome, family, success)
    check_sides(outcome, columns)
    terms = read_terms(design.frame, columns)
    check_all_told(columns, terms.columns)
    offset = read_exposure(design.frame, exposure, through.name)
    complete = terms.known & ~np.isnan(values) & ~np.isnan(offset) & design.sampling.inside
    if through.name == "log" and family == "gaussian" and (values[complete] <= 0).any():
        raise InvalidInput(
            _('The column "{column}" holds 0 or less, which the log link cannot reach; take link="identity".'),
            column=outcome,
        )
    offset = np.nan_to_num(offset)
    return Reading(outcome, tuple(columns), values, terms, offset, complete, chosen, through, rounds, exposure)


def check_sides(outcome: str, columns: Sequence[str]) -> None:
    """Raise `InvalidInput` if the outcome is among the columns that explain it."""
    for column in columns:
        if outcome in (column, *column.split(":")):
            raise InvalidInput(
                _('The outcome "{column}" cannot explain itself; leave it out of the terms.'), column=outcome
            )


def check_all_told(columns: Sequence[str], told: Sequence[str]) -> None:
    """Raise `InvalidInput` for a column of a single category, which has no term."""
    for column in columns:
        if column not in told:
            raise InvalidInput(
                _('The column "{column}" has a single category or no answers; leave it out.'), column=column
            )


def _uncertainty(kind: str, fits: Sequence[DomainFit], parts: Domains) -> tuple[Floats, Floats]:
    """Covariance of all coefficients, domains first, and degrees of freedom by domain."""
    terms = fits[0].size
    estimate = np.concatenate([one.coefficients for one in fits])
    if kind == "design":
        vcov = design_covariance(
            [one.influence for one in fits], [one.rows for one in fits], parts.sampling,
            lambda weights: np.concatenate([one.coefficients for one in refitted(fits, weights)]), estimate,
        )  # fmt: skip
        complete = np.zeros(len(parts.group), dtype=np.bool_)
        complete[np.concatenate([one.rows for one in fits])] = True
        df = np.where([one.perfect for one in fits], 0, np.maximum(parts.degrees(complete) + 1 - terms, 0))
    else:
        vcov = np.zeros((len(estimate), len(estimate)))
        for place, one in enumerate(fits):
            own = slice(place * terms, (place + 1) * terms)
            vcov[own, own] = _own_covariance(kind, one)
        df = np.array([_own_degrees(kind, one) for one in fits])
    unknown = np.isnan(estimate)
    vcov[unknown, :] = vcov[:, unknown] = np.nan
    return vcov, df


def _own_covariance(kind: str, one: DomainFit) -> Floats:
    if one.fitted is None:
        return np.full((one.size, one.size), np.nan)
    if kind == "robust":
        away = one.influence / (1 - np.minimum(one.leverage, 1 - 1e-10))[:, None]
        return np.asarray(away.T @ away)
    return np.asarray(dispersion(one) * one.fitted.inverse)


def dispersion(one: DomainFit) -> float:
    """Give 1 where the family fixes it, otherwise Pearson's statistic over the degrees of freedom."""
    return 1.0 if one.problem.family.fixed else one.pearson / max(len(one.rows) - one.size, 1)


def _own_degrees(kind: str, one: DomainFit) -> float:
    if kind == "model" and one.problem.family.fixed:
        return np.inf
    return 0.0 if one.perfect else float(max(len(one.rows) - one.size, 0))
