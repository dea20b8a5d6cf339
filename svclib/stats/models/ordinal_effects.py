"""Probabilities of the categories of an ordinal model, and how they change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.design.results import Estimates
from svclib.stats.estimate import estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _
from svclib.stats.models.changes import Change, changes, explaining
from svclib.stats.models.cumulative import Cumulative
from svclib.stats.models.estimation import design_covariance
from svclib.stats.models.inference import coefficient_frame
from svclib.stats.models.results import UNKNOWN
from svclib.stats.terms import read_terms

if TYPE_CHECKING:
    from svclib.stats.models.ordinal_results import Ordinal

_EDGE = 1e-12


def wanted_shares(fit: Ordinal, at_least: Any) -> tuple[list[str], Floats, Floats]:
    """Give names, and the constants and factors that make the shares out of P(y ≤ k), k = 0, 1, …

    Raises
    ------
    InvalidInput
        If `at_least` is no category above the first.
    """
    categories = list(fit.categories)
    size = len(categories) - 1
    if at_least is None:
        factors = np.eye(size + 1, size) - np.eye(size + 1, size, -1)
        return [str(one) for one in categories], np.eye(size + 1)[:, -1], factors
    if at_least not in categories[1:]:
        raise InvalidInput(
            _('at_least is "{category}"; choose one of {known}.'),
            category=str(at_least),
            known=", ".join(map(str, categories[1:])),
        )
    return [f"≥ {at_least}"], np.ones(1), -np.eye(size)[[categories.index(at_least) - 1]]


def cumulative(problem: Cumulative, coefficients: Floats, matrix: Floats) -> Floats:
    """Predictors θ_k − xβ of other rows: (n, thresholds)."""
    slopes, thresholds = coefficients[: problem.terms], coefficients[problem.terms :]
    return thresholds - (matrix @ slopes)[:, None]


def predictions(fit: Ordinal, frame: pd.DataFrame, at_least: Any, level: float) -> pd.DataFrame:
    """Estimate the shares for other rows."""
    names, constants, factors = wanted_shares(fit, at_least)
    problem, beta = fit.basis.fit.problem, fit.basis.fit.coefficients
    read = read_terms(frame, fit.basis.recipe.columns, levels=fit.basis.recipe.levels, intercept=False)
    eta = cumulative(problem, beta, read.matrix)
    share = constants + problem.link.below(eta) @ factors.T
    variance = _variances(problem.link.density(eta), read.matrix, factors, fit.vcov)
    known = np.repeat(read.known, len(names))
    estimate = np.where(known, share.ravel(), np.nan)
    error = np.where(known, np.sqrt(np.maximum(variance.ravel(), 0)), np.nan)
    inside = np.clip(estimate, _EDGE, 1 - _EDGE)
    low, high = t_interval(logit(inside), error / (inside * (1 - inside)), np.full(len(inside), fit.df), level)
    return estimates(
        pd.DataFrame({"row": np.repeat(frame.index.to_numpy(), len(names))}),
        term=names * len(frame),
        estimate=estimate,
        std_error=error,
        low=np.minimum(expit(low), estimate),
        high=np.maximum(expit(high), estimate),
        n=fit.n,
        level=level,
        df=fit.df,
        method=str(fit.frame["method"].iloc[0]),
        note=[str(fit.frame["note"].iloc[0]) if one else UNKNOWN for one in known],
    )


def _variances(density: Floats, matrix: Floats, factors: Floats, vcov: Floats) -> Floats:
    """Delta method: (n, shares)."""
    out = []
    for factor in factors:
        pulled = density * factor
        gradient = np.column_stack([-pulled.sum(axis=1)[:, None] * matrix, pulled])
        out.append(np.einsum("ij,jk,ik->i", gradient, vcov, gradient))
    return np.column_stack(out)


def average_effects(fit: Ordinal, columns: str | Sequence[str] | None, at_least: Any, level: float) -> Estimates:
    """Estimate the average change of each share."""
    names, _constants, factors = wanted_shares(fit, at_least)
    basis = fit.basis
    frame = basis.design.frame
    own = frame.iloc[basis.rows]
    told = [one for name in explaining(frame, basis.recipe, columns) for one in changes(own, basis.recipe, name)]
    estimate = _averages(basis.fit.problem, basis.fit.coefficients, told, factors)
    vcov = _covariance(fit, told, factors, estimate)
    terms = [change for change in told for _name in names]
    made = coefficient_frame(
        pd.DataFrame({"category": names * len(told)}),
        [change.term for change in terms],
        estimate,
        np.diag(vcov),
        df=np.full(len(terms), fit.df),
        level=level,
        exponentiated=False,
        n=fit.n,
        method=str(fit.frame["method"].iloc[0]),
        note=str(fit.frame["note"].iloc[0]),
    )
    made = made.assign(column=[one.column for one in terms], reference=[one.reference for one in terms])
    return Estimates(made, vcov, ("category",))


def _effects(problem: Cumulative, coefficients: Floats, change: Change, factors: Floats) -> Floats:
    """Change of the shares in each row: (n, shares)."""
    if change.slope is not None:
        eta = cumulative(problem, coefficients, problem.matrix)
        along = change.slope @ coefficients[: problem.terms]
        return -(problem.link.density(eta) * along[:, None]) @ factors.T
    ends = [problem.link.below(cumulative(problem, coefficients, one)) for one in (change.after, change.before)]
    return (ends[0] - ends[1]) @ factors.T


def _averages(problem: Cumulative, coefficients: Floats, told: Sequence[Change], factors: Floats) -> Floats:
    weights = problem.weights / problem.weights.sum()
    return np.concatenate([weights @ _effects(problem, coefficients, one, factors) for one in told])


def _jacobian(problem: Cumulative, coefficients: Floats, told: Sequence[Change], factors: Floats) -> Floats:
    """Derivative of the averages by the coefficients: (effects, coefficients)."""
    weights = problem.weights / problem.weights.sum()
    return np.vstack([factors @ _gradient(problem, coefficients, one, weights) for one in told])


def _gradient(problem: Cumulative, coefficients: Floats, change: Change, weights: Floats) -> Floats:
    """Derivative of the average change of P(y ≤ k) by the coefficients: (thresholds, coefficients)."""
    if change.slope is None:
        return _pulled(problem, coefficients, change.after, weights) - _pulled(
            problem, coefficients, change.before, weights
        )
    eta = cumulative(problem, coefficients, problem.matrix)
    along = (weights * (change.slope @ coefficients[: problem.terms]))[:, None]
    bent, density = problem.link.slope(eta) * along, problem.link.density(eta) * weights[:, None]
    slopes = bent.T @ problem.matrix - density.T @ change.slope
    return np.hstack([slopes, -np.diag(bent.sum(axis=0))])


def _pulled(problem: Cumulative, coefficients: Floats, matrix: Floats, weights: Floats) -> Floats:
    density = problem.link.density(cumulative(problem, coefficients, matrix)) * weights[:, None]
    return np.hstack([-density.T @ matrix, np.diag(density.sum(axis=0))])


def _covariance(fit: Ordinal, told: Sequence[Change], factors: Floats, estimate: Floats) -> Floats:
    """Delta method with the chance by which the rows were drawn; see `Glm.effects`."""
    basis, problem, beta = fit.basis, fit.basis.fit.problem, fit.basis.fit.coefficients
    weights = problem.weights / problem.weights.sum()
    effects = np.hstack([_effects(problem, beta, one, factors) for one in told])
    own = weights[:, None] * (effects - estimate)
    jacobian = _jacobian(problem, beta, told, factors)
    if basis.kind == "model":
        n = len(basis.rows)
        return np.asarray(jacobian @ fit.vcov @ jacobian.T + own.T @ own * n / max(n - 1, 1))

    def again(given: Floats) -> Floats:
        refitted = basis.refit(given)
        return _averages(refitted.problem, refitted.coefficients, told, factors)

    influence = own + basis.fit.influence @ jacobian.T
    return design_covariance([influence], [basis.rows], basis.design.sampling, again, estimate)
