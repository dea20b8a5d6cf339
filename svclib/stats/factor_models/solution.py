"""Fitting a planned model to answers, and what is wrong with the solution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.factor_models import evidence as fitting
from svclib.stats.factor_models.estimators import Estimator, NormalEstimator, OrdinalEstimator, Point, Test, point
from svclib.stats.factor_models.evidence import NormalEvidence, jacobians
from svclib.stats.factor_models.moments import layout
from svclib.stats.factor_models.ordinal import OrdinalEvidence, read_categories, read_ordinal
from svclib.stats.factor_models.parameters import Kind, Plan, Table, build
from svclib.stats.factor_models.reading import FIML, MLR, ORDINAL, WLSMV, Answers, check_spread, where_of
from svclib.stats.factor_models.starting import started
from svclib.stats.marks import _

_BLIND = 1e-12
"""Directions in which the squared movement of the moments is a smaller part of the most do not count as identified."""


@dataclass(frozen=True, eq=False)
class Solution:
    """A model fitted to answers.

    Attributes
    ----------
    table : Table
    estimator : Estimator
    theta : (parameters,) float
    converged : bool
    """

    table: Table
    estimator: Estimator
    theta: Floats
    converged: bool

    @cached_property
    def point(self) -> Point:
        """The model at the estimates."""
        return point(self.table, self.estimator.evidence, self.theta)

    @cached_property
    def values(self) -> Floats:
        """Values of all rows of the table."""
        return self.table.filled(self.theta)

    @cached_property
    def vcov(self) -> Floats:
        """Covariance matrix of the free parameters; NaN where the search did not end or nothing holds them."""
        return self._covariance(self.estimator.covariance)

    @cached_property
    def limits_vcov(self) -> Floats:
        """The covariance matrix that intervals are made from, which small samples make wider than `vcov`."""
        return self._covariance(self.estimator.limits_covariance)

    def _covariance(self, make: Callable[[Point], Floats]) -> Floats:
        if not self.converged:
            return np.full((self.table.count,) * 2, np.nan)
        try:
            return make(self.point)
        except np.linalg.LinAlgError:
            return np.full((self.table.count,) * 2, np.nan)

    @cached_property
    def test(self) -> Test:
        """Test of the model."""
        return self.estimator.test(self.point)

    @cached_property
    def baseline(self) -> Test:
        """Test of the model of uncorrelated items."""
        return self.estimator.test(self.estimator.baseline())

    @property
    def shifted(self) -> bool:
        """Whether the test is scaled and shifted."""
        return isinstance(self.estimator, OrdinalEstimator) and self.estimator.shifted


@dataclass(frozen=True, eq=False)
class Ready:
    """Answers and what they say, to which several models can be fitted.

    Attributes
    ----------
    categories : tuple of int
        Categories of each item; empty unless the estimator is ordinal.
    means : bool
        Whether the means belong to the model.
    """

    answers: Answers
    estimator: Estimator
    categories: tuple[int, ...]
    means: bool
    starts: tuple[tuple[Floats, Floats], ...]


def prepare(answers: Answers, plan: Plan, estimator: str, missing: str) -> Ready:
    """Estimate what the models are fitted to: moments, or thresholds and polychoric correlations."""
    if estimator in ORDINAL:
        return _prepare_ordinal(answers, plan, shifted=estimator == WLSMV)
    check_spread(answers)
    means = plan.means or missing == FIML or plan.groups > 1
    where = layout(build(_with_means(plan, means)))
    evidence = NormalEvidence(where, tuple(answers.patterns()))
    robust = estimator == MLR
    chosen = NormalEstimator(answers, evidence, robust, robust or missing == FIML)
    return Ready(answers, chosen, (), means, tuple(evidence.start()))


def _prepare_ordinal(answers: Answers, plan: Plan, *, shifted: bool) -> Ready:
    codes, counts = read_categories(answers)
    categories = tuple(int(count) for count in counts)
    where = layout(build(Plan(plan.dimensions, groups=plan.groups, categories=categories)))
    evidence: OrdinalEvidence = read_ordinal(answers, where, codes, counts)
    cuts = len(where.item)
    pairs = zip(evidence.statistics, evidence.correlations, strict=True)
    starts = tuple((statistics[:cuts], correlations) for statistics, correlations in pairs)
    return Ready(answers, OrdinalEstimator(answers, evidence, shifted), categories, True, starts)


def _with_means(plan: Plan, means: bool) -> Plan:
    return replace(plan, means=means)


def solve(ready: Ready, plan: Plan) -> Solution:
    """Fit a plan to answers that are ready.

    Raises
    ------
    InvalidInput
        If the model is not identified, or a group has fewer rows than parameters.
    """
    full = replace(plan, categories=ready.categories, means=ready.means)
    means, covariances = zip(*ready.starts, strict=True)
    table = started(build(full), means, covariances)
    _check_rows(table, ready.answers)
    _check_identified(table, ready)
    found = fitting.fit(table, ready.estimator.evidence)
    return Solution(table, ready.estimator, found.at, found.converged)


def _check_rows(table: Table, answers: Answers) -> None:
    """Refuse a group of fewer rows than it has parameters; thresholds need only their own item's answers."""
    counted = table.estimated & (table.kind != Kind.THRESHOLD)
    for group, rows in enumerate(answers.sizes):
        parameters = int((counted & (table.group == group)).sum())
        if rows < parameters and answers.groups:
            raise InvalidInput(
                _(
                    "{rows} rows cannot carry {parameters} parameters{group}; leave the group out, join it with "
                    "another or take fewer items."
                ),
                rows=rows,
                parameters=parameters,
                group=where_of(answers, group),
            )


def _check_identified(table: Table, ready: Ready) -> None:
    evidence = ready.estimator.evidence
    moments = evidence.where.size * table.plan.groups
    if table.count > moments:
        raise InvalidInput(
            _(
                "The model has {parameters} free parameters for {moments} moments of the items, so it is not "
                "identified; give factors more items, or correlate fewer errors."
            ),
            parameters=table.count,
            moments=moments,
        )
    slopes = np.concatenate(jacobians(table, evidence.where, table.start()))
    scaled = slopes / np.maximum(np.linalg.norm(slopes, axis=0), 1e-300)
    roots, directions = np.linalg.eigh(scaled.T @ scaled)
    if roots[0] < _BLIND * roots[-1]:
        raise InvalidInput(
            _(
                "The model is not identified: nothing tells {terms} apart; give factors more items of their own, or "
                "correlate fewer errors."
            ),
            terms=", ".join(_blind_terms(table, directions[:, 0])),
        )


def _blind_terms(table: Table, direction: Floats) -> Sequence[str]:
    """Parameters that move most in a direction that the moments do not see."""
    order = np.argsort(-np.abs(direction))
    places = order[np.abs(direction[order]) > 0.1][:4]
    return [next(term for term, at in zip(table.terms, table.free, strict=True) if at == place) for place in places]
