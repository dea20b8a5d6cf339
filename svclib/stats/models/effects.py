"""Average marginal effects: what a regression says in the unit of its outcome (Bartus 2005; Williams 2012)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import names_of
from svclib.stats.design.results import Estimates
from svclib.stats.estimate import check_level
from svclib.stats.marks import _
from svclib.stats.models.estimation import DomainFit, Reading, design_covariance, refitted
from svclib.stats.models.fitting import Problem
from svclib.stats.models.inference import Inference, coefficient_frame
from svclib.stats.terms import read_terms

_STENCIL = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
"""Steps and factors of a derivative that is exact for products of a column up to the fourth power."""


@dataclass(frozen=True)
class Change:
    """A change of one column in all rows.

    Attributes
    ----------
    reference : str
        The category that `term` is compared with; empty for a number, whose effect is that of one unit more.
    after, before : (n, terms) float
        The matrix with the category, and with the reference.
    slope : (n, terms) float, optional
        Derivative of the matrix by the number; then there is no `after` and `before`.
    """

    term: str
    column: str
    reference: str = ""
    after: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    before: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    slope: Floats | None = None

    def effect(self, problem: Problem, coefficients: Floats) -> Floats:
        """Change of the mean in each row."""
        link, offset = problem.link, problem.offset
        if self.slope is not None:
            return link.slope(problem.predictor(coefficients)) * (self.slope @ coefficients)
        return link.inverse(self.after @ coefficients + offset) - link.inverse(self.before @ coefficients + offset)

    def gradient(self, problem: Problem, coefficients: Floats) -> Floats:
        """Derivative of each row's effect by the coefficients: (n, terms)."""
        link, offset = problem.link, problem.offset
        if self.slope is not None:
            eta = problem.predictor(coefficients)
            bent = link.curve(eta) * (self.slope @ coefficients)
            return bent[:, None] * problem.matrix + link.slope(eta)[:, None] * self.slope
        ends = [link.slope(one @ coefficients + offset)[:, None] * one for one in (self.after, self.before)]
        return ends[0] - ends[1]


def average_effects(
    inference: Inference, domains: Sequence[int], columns: str | Sequence[str] | None, level: float
) -> Estimates:
    """Estimate average effects in some domains, domains first."""
    check_level(level)
    wanted = _columns(inference, columns)
    fits = [inference.fits[one] for one in domains]
    changes = [_changes(inference, wanted, one) for one in fits]
    estimate = np.concatenate([_averages(one, own) for one, own in zip(fits, changes, strict=True)])
    vcov = _covariance(inference, fits, changes, estimate)
    return Estimates(
        _frame(inference, domains, changes, estimate, np.diag(vcov), level),
        vcov,
        tuple(map(str, inference.parts.keys.columns)),
    )


def _columns(inference: Inference, columns: str | Sequence[str] | None) -> list[str]:
    mains: list[str] = []
    for column in inference.reading.columns:
        parts = [column] if column in inference.design.frame else column.split(":")
        mains += [part for part in parts if part not in mains]
    wanted = mains if columns is None else names_of(columns)
    for name in wanted:
        if name not in mains:
            raise InvalidInput(
                _('The fit has no term "{term}"; it has {known}.'), term=str(name), known=", ".join(mains)
            )
    return wanted


def _changes(inference: Inference, columns: Sequence[str], one: DomainFit) -> list[Change]:
    frame = inference.design.frame.iloc[one.rows]
    return [change for column in columns for change in _of_column(inference.reading, frame, column)]


def _of_column(reading: Reading, frame: pd.DataFrame, column: str) -> list[Change]:
    def matrix(value: Any) -> Floats:
        changed = frame.assign(**{column: value})
        return read_terms(changed, reading.columns, levels=reading.terms.levels).matrix

    if column in reading.terms.levels:
        reference, *others = reading.terms.levels[column]
        before = matrix(reference)
        return [Change(f"{column}[{one}]", column, str(reference), matrix(one), before) for one in others]
    if pd.api.types.is_bool_dtype(frame[column].dtype):
        return [Change(column, column, "False", matrix(True), matrix(False))]
    given = frame[column].astype(float)
    step = float(np.nan_to_num(given.std())) or 1.0
    slope = sum(factor / step * matrix(given + steps * step) for steps, factor in _STENCIL)
    return [Change(column, column, slope=np.asarray(slope))]


def _averages(one: DomainFit, changes: Sequence[Change]) -> Floats:
    if one.fitted is None:
        return np.full(len(changes), np.nan)
    weights = one.problem.weights / one.problem.weights.sum()
    return np.array([weights @ change.effect(one.problem, one.fitted.coefficients) for change in changes])


def _influence(one: DomainFit, changes: Sequence[Change], *, coefficients: bool) -> Floats:
    """What each row adds to the error of the averages: by its own effect, and by its pull on the coefficients."""
    if one.fitted is None:
        return np.zeros((len(one.rows), len(changes)))
    beta, weights = one.fitted.coefficients, one.problem.weights / one.problem.weights.sum()
    effects = np.column_stack([change.effect(one.problem, beta) for change in changes])
    own = weights[:, None] * (effects - weights @ effects)
    return own + one.influence @ _jacobian(one, changes).T if coefficients else own


def _jacobian(one: DomainFit, changes: Sequence[Change]) -> Floats:
    """Derivative of the averages by the coefficients: (effects, terms)."""
    if one.fitted is None:
        return np.zeros((len(changes), one.size))
    weights = one.problem.weights / one.problem.weights.sum()
    return np.array([weights @ change.gradient(one.problem, one.fitted.coefficients) for change in changes])


def _covariance(
    inference: Inference, fits: Sequence[DomainFit], changes: Sequence[Sequence[Change]], estimate: Floats
) -> Floats:
    if inference.kind == "design":
        influences = [_influence(one, own, coefficients=True) for one, own in zip(fits, changes, strict=True)]
        vcov = design_covariance(
            influences, fits, inference.parts.sampling,
            lambda weights: np.concatenate(
                [_averages(one, own) for one, own in zip(refitted(fits, weights), changes, strict=True)]
            ), estimate,
        )  # fmt: skip
    else:
        size = len(changes[0])
        vcov = np.zeros((len(estimate), len(estimate)))
        for place, (one, own) in enumerate(zip(fits, changes, strict=True)):
            block = slice(place * size, (place + 1) * size)
            vcov[block, block] = _by_delta(inference, one, own)
    unknown = np.isnan(estimate)
    vcov[unknown, :] = vcov[:, unknown] = np.nan
    return vcov


def _by_delta(inference: Inference, one: DomainFit, changes: Sequence[Change]) -> Floats:
    """Delta method, and the chance by which these rows, with their own effects, were drawn."""
    coefficients = inference.block(next(place for place, fit in enumerate(inference.fits) if fit is one))
    own, n = _influence(one, changes, coefficients=False), len(one.rows)
    jacobian = _jacobian(one, changes)
    return np.asarray(jacobian @ coefficients @ jacobian.T + own.T @ own * n / max(n - 1, 1))


def _frame(
    inference: Inference, domains: Sequence[int], changes: Sequence[Sequence[Change]], estimate: Floats,
    variance: Floats, level: float,
) -> pd.DataFrame:  # fmt: skip
    size = len(changes[0])
    first = inference.frame(domains).iloc[:: len(inference.reading.terms.names)]
    fixed = {name: np.repeat(first[name].to_numpy(), size) for name in ("n", "df", "note")}
    frame = coefficient_frame(
        inference.parts.keys.loc[np.repeat(list(domains), size)],
        [change.term for own in changes for change in own],
        estimate, variance, level=level, method=inference.method, exponentiated=False, **fixed,
    )  # fmt: skip
    return frame.assign(
        column=[change.column for own in changes for change in own],
        reference=[change.reference for own in changes for change in own],
    )
