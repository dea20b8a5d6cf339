"""Average marginal effects: what a regression says in the unit of its outcome (Bartus 2005; Williams 2012)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats
from svclib.stats.design.results import Estimates
from svclib.stats.estimate import check_level
from svclib.stats.models.changes import Change, changes, explaining
from svclib.stats.models.estimation import DomainFit, design_covariance, refitted
from svclib.stats.models.fitting import Problem
from svclib.stats.models.inference import Inference, coefficient_frame


def effect(change: Change, problem: Problem, coefficients: Floats) -> Floats:
    """Change of the mean in each row."""
    link, offset = problem.link, problem.offset
    if change.slope is not None:
        return link.slope(problem.predictor(coefficients)) * (change.slope @ coefficients)
    return link.inverse(change.after @ coefficients + offset) - link.inverse(change.before @ coefficients + offset)


def gradient(change: Change, problem: Problem, coefficients: Floats) -> Floats:
    """Derivative of each row's effect by the coefficients: (n, terms)."""
    link, offset = problem.link, problem.offset
    if change.slope is not None:
        eta = problem.predictor(coefficients)
        bent = link.curve(eta) * (change.slope @ coefficients)
        return bent[:, None] * problem.matrix + link.slope(eta)[:, None] * change.slope
    ends = [link.slope(one @ coefficients + offset)[:, None] * one for one in (change.after, change.before)]
    return ends[0] - ends[1]


def average_effects(
    inference: Inference, domains: Sequence[int], columns: str | Sequence[str] | None, level: float
) -> Estimates:
    """Estimate average effects in some domains, domains first."""
    check_level(level)
    frame, recipe = inference.design.frame, inference.reading.recipe
    wanted = explaining(frame, recipe, columns)
    fits = [inference.fits[one] for one in domains]
    told = [[change for column in wanted for change in changes(frame.iloc[one.rows], recipe, column)] for one in fits]
    estimate = np.concatenate([_averages(one, own) for one, own in zip(fits, told, strict=True)])
    vcov = _covariance(inference, fits, told, estimate)
    return Estimates(
        _frame(inference, domains, told, estimate, np.diag(vcov), level),
        vcov,
        tuple(map(str, inference.parts.keys.columns)),
    )


def _averages(one: DomainFit, told: Sequence[Change]) -> Floats:
    if one.fitted is None:
        return np.full(len(told), np.nan)
    weights = one.problem.weights / one.problem.weights.sum()
    return np.array([weights @ effect(change, one.problem, one.fitted.coefficients) for change in told])


def _influence(one: DomainFit, told: Sequence[Change], *, coefficients: bool) -> Floats:
    """What each row adds to the error of the averages: by its own effect, and by its pull on the coefficients."""
    if one.fitted is None:
        return np.zeros((len(one.rows), len(told)))
    beta, weights = one.fitted.coefficients, one.problem.weights / one.problem.weights.sum()
    effects = np.column_stack([effect(change, one.problem, beta) for change in told])
    own = weights[:, None] * (effects - weights @ effects)
    return own + one.influence @ _jacobian(one, told).T if coefficients else own


def _jacobian(one: DomainFit, told: Sequence[Change]) -> Floats:
    """Derivative of the averages by the coefficients: (effects, terms)."""
    if one.fitted is None:
        return np.zeros((len(told), one.size))
    weights = one.problem.weights / one.problem.weights.sum()
    return np.array([weights @ gradient(change, one.problem, one.fitted.coefficients) for change in told])


def _covariance(
    inference: Inference, fits: Sequence[DomainFit], told: Sequence[Sequence[Change]], estimate: Floats
) -> Floats:
    if inference.kind == "design":
        influences = [_influence(one, own, coefficients=True) for one, own in zip(fits, told, strict=True)]
        vcov = design_covariance(
            influences, [one.rows for one in fits], inference.parts.sampling,
            lambda weights: np.concatenate(
                [_averages(one, own) for one, own in zip(refitted(fits, weights), told, strict=True)]
            ), estimate,
        )  # fmt: skip
    else:
        size = len(told[0])
        vcov = np.zeros((len(estimate), len(estimate)))
        for place, (one, own) in enumerate(zip(fits, told, strict=True)):
            block = slice(place * size, (place + 1) * size)
            vcov[block, block] = _by_delta(inference, one, own)
    unknown = np.isnan(estimate)
    vcov[unknown, :] = vcov[:, unknown] = np.nan
    return vcov


def _by_delta(inference: Inference, one: DomainFit, told: Sequence[Change]) -> Floats:
    """Delta method, and the chance by which these rows, with their own effects, were drawn."""
    coefficients = inference.block(next(place for place, fit in enumerate(inference.fits) if fit is one))
    own, n = _influence(one, told, coefficients=False), len(one.rows)
    jacobian = _jacobian(one, told)
    return np.asarray(jacobian @ coefficients @ jacobian.T + own.T @ own * n / max(n - 1, 1))


def _frame(
    inference: Inference, domains: Sequence[int], told: Sequence[Sequence[Change]], estimate: Floats,
    variance: Floats, level: float,
) -> pd.DataFrame:  # fmt: skip
    size = len(told[0])
    first = inference.frame(domains).iloc[:: len(inference.reading.terms.names)]
    fixed = {name: np.repeat(first[name].to_numpy(), size) for name in ("n", "df", "note")}
    frame = coefficient_frame(
        inference.parts.keys.loc[np.repeat(list(domains), size)],
        [change.term for own in told for change in own],
        estimate, variance, level=level, method=inference.method, exponentiated=False, **fixed,
    )  # fmt: skip
    return frame.assign(
        column=[change.column for own in told for change in own],
        reference=[change.reference for own in told for change in own],
    )
