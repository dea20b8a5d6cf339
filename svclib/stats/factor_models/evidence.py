"""What the data say about the moments of all groups: a discrepancy to minimise, with its derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from svclib.stats.arrays import Floats
from svclib.stats.factor_models import normal
from svclib.stats.factor_models.minimise import Minimum, Problem, minimise
from svclib.stats.factor_models.moments import Layout, curvature, implied, jacobian
from svclib.stats.factor_models.normal import Patterns
from svclib.stats.factor_models.parameters import Table

Moments = Sequence[Floats]


class Evidence(Protocol):
    """A discrepancy between the data and the moments of each group, divided by the number of respondents."""

    @property
    def where(self) -> Layout:
        """Where the moments lie."""

    @property
    def size(self) -> float:
        """Respondents."""

    def value(self, moments: Moments) -> float:
        """Discrepancy; infinite where the moments are impossible."""

    def gradient(self, moments: Moments) -> list[Floats]:
        """Derivative by the moments of each group."""

    def information(self, moments: Moments, *, observed: bool = False) -> list[Floats]:
        """Curvature by the moments of each group, expected or observed."""

    def curvature(self, table: Table, values: Floats, moments: Moments) -> Floats:
        """What the model's own second derivatives add to the observed curvature."""

    def saturated(self) -> list[Floats]:
        """Moments that fit best."""

    def matrices(self, moments: Floats, group: int) -> tuple[Floats, Floats]:
        """Means and covariances of a group's items; for ordinal ones no means and correlations."""


@dataclass(frozen=True, eq=False)
class NormalEvidence:
    """The normal likelihood; the discrepancy is −log L / n.

    The inverses at the last point are kept: value, gradient and curvature are asked there one after the other.
    """

    where: Layout
    patterns: tuple[Patterns, ...]
    _last: dict[int, tuple[bytes, normal.Precision | None]] = field(default_factory=dict)

    @property
    def size(self) -> float:
        """Respondents."""
        return sum(data.total for data in self.patterns)

    def _precision(self, group: int, moments: Floats) -> normal.Precision | None:
        key = moments.tobytes()
        if group not in self._last or self._last[group][0] != key:
            self._last[group] = key, normal.precision(self.where, moments, self.patterns[group])
        return self._last[group][1]

    def parts(self, moments: Moments) -> list[tuple[normal.Precision, Patterns]]:
        """Give each group's inverses beside its patterns; an error where Σ is not positive definite."""
        found = []
        for group, one in enumerate(moments):
            given = self._precision(group, one)
            if given is None:
                raise np.linalg.LinAlgError("not positive definite")
            found.append((given, self.patterns[group]))
        return found

    def value(self, moments: Moments) -> float:
        """Discrepancy."""
        told = [normal.loglik(self._precision(group, one), self.patterns[group]) for group, one in enumerate(moments)]
        return -sum(told) / self.size

    def slopes(self, moments: Moments) -> list[normal.Slopes]:
        """Derivatives of the log-likelihood by μ and Σ."""
        return [normal.slopes(parts, data) for parts, data in self.parts(moments)]

    def gradient(self, moments: Moments) -> list[Floats]:
        """Derivative by the moments of each group."""
        return [-one.vector(self.where) / self.size for one in self.slopes(moments)]

    def information(self, moments: Moments, *, observed: bool = False) -> list[Floats]:
        """Curvature by the moments of each group."""
        pairs = self.parts(moments)
        return [normal.information(self.where, parts, data, observed=observed) / self.size for parts, data in pairs]

    def scores(self, moments: Moments) -> list[Floats]:
        """Derivative of each row's log-likelihood by its group's moments."""
        return [normal.scores(self.where, parts, data) for parts, data in self.parts(moments)]

    def curvature(self, table: Table, values: Floats, moments: Moments) -> Floats:
        """What the model's own second derivatives add."""
        parts = [
            curvature(table, values, group, one.covariance, one.mean * bool(self.where.means))
            for group, one in enumerate(self.slopes(moments))
        ]
        return -np.sum(parts, axis=0) / self.size

    def start(self) -> list[tuple[Floats, Floats]]:
        """Means and covariances to begin with."""
        return [normal.available_moments(data) for data in self.patterns]

    def saturated(self) -> list[Floats]:
        """Moments that fit best."""
        found = []
        for (mu, sigma), data in zip(self.start(), self.patterns, strict=True):
            begin = np.concatenate([mu[: self.where.means], sigma[self.where.first, self.where.second]])
            found.append(begin if data.complete else _maximise(NormalEvidence(self.where, (data,)), begin).at)
        return found

    def matrices(self, moments: Floats, group: int) -> tuple[Floats, Floats]:
        """Means and covariances of a group's items."""
        return normal.moment_matrices(self.where, moments, self.patterns[group])


def _maximise(evidence: NormalEvidence, start: Floats) -> Minimum:
    """Maximise the likelihood of free moments."""
    return minimise(
        Problem(
            value=lambda at: evidence.value([at]),
            gradient=lambda at: evidence.gradient([at])[0],
            expected=lambda at: evidence.information([at])[0],
            observed=lambda at: evidence.information([at], observed=True)[0],
        ),
        start,
    )


def implied_moments(table: Table, where: Layout, theta: Floats) -> list[Floats]:
    """Moments of every group at the free parameters."""
    values = table.filled(theta)
    return [implied(table, where, values, group) for group in range(table.plan.groups)]


def jacobians(table: Table, where: Layout, theta: Floats) -> list[Floats]:
    """Derivatives of every group's moments by the free parameters."""
    values = table.filled(theta)
    return [jacobian(table, where, values, group) for group in range(table.plan.groups)]


def sandwiched(slopes: Moments, middle: Moments) -> Floats:
    """Σ Δ′AΔ over the groups; A may be a diagonal."""
    pairs = zip(slopes, middle, strict=True)
    return np.asarray(sum(d.T @ (a @ d if a.ndim == 2 else a[:, None] * d) for d, a in pairs))


def gradient(slopes: Moments, by_moments: Moments) -> Floats:
    """Derivative of the discrepancy by the free parameters."""
    return np.asarray(sum(d.T @ g for d, g in zip(slopes, by_moments, strict=True)))


@dataclass(eq=False)
class _Walk:
    """The model along the search: its moments and their derivatives, worked out once a point."""

    table: Table
    evidence: Evidence
    _moments: tuple[bytes, list[Floats]] = (b"", [])
    _slopes: tuple[bytes, list[Floats]] = (b"", [])

    def moments(self, theta: Floats) -> list[Floats]:
        """Moments at a point."""
        if self._moments[0] != theta.tobytes():
            self._moments = theta.tobytes(), implied_moments(self.table, self.evidence.where, theta)
        return self._moments[1]

    def slopes(self, theta: Floats) -> list[Floats]:
        """Their derivatives."""
        if self._slopes[0] != theta.tobytes():
            self._slopes = theta.tobytes(), jacobians(self.table, self.evidence.where, theta)
        return self._slopes[1]

    def value(self, theta: Floats) -> float:
        """Discrepancy."""
        return self.evidence.value(self.moments(theta))

    def gradient(self, theta: Floats) -> Floats:
        """Its derivative."""
        return gradient(self.slopes(theta), self.evidence.gradient(self.moments(theta)))

    def expected(self, theta: Floats) -> Floats:
        """Its expected curvature."""
        return sandwiched(self.slopes(theta), self.evidence.information(self.moments(theta)))

    def observed(self, theta: Floats) -> Floats:
        """Its curvature."""
        moments = self.moments(theta)
        middle = self.evidence.information(moments, observed=True)
        added = self.evidence.curvature(self.table, self.table.filled(theta), moments)
        return sandwiched(self.slopes(theta), middle) + added


def fit(table: Table, evidence: Evidence) -> Minimum:
    """Fit the model from the values in its table."""
    walk = _Walk(table, evidence)
    return minimise(Problem(walk.value, walk.gradient, walk.expected, walk.observed), table.start())
