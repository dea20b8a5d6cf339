"""Cumulative link models: P(y ≤ k) = F(θ_k − xβ), fitted by Newton's method (McCullagh 1980; Burridge 1981).

Columns whose effect differs between the thresholds are products of the thresholds: θ_k = α_k + z γ_k (Peterson and
Harrell 1990).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import expit, logit, ndtr, ndtri

from svclib.stats.arrays import Floats, Ints
from svclib.stats.models.families import LINKS

ROUNDS = 100
_CLOSE = 1e-9
"""A step of so many standard errors ends the search."""
_HALVINGS = 40
_LEAST = 1e-300
"""A probability below this is no number to take the logarithm of."""
_FAR = 700.0


@dataclass(frozen=True)
class CumulativeLink:
    """A distribution function F.

    Attributes
    ----------
    below, above : function
        F and 1 − F, each exact in its tail.
    density, slope : function
        First and second derivative of F.
    quantile : function
    """

    name: str
    below: Callable[[Floats], Floats]
    above: Callable[[Floats], Floats]
    density: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    quantile: Callable[[Floats], Floats]


def _exp(values: Floats) -> Floats:
    return np.exp(np.minimum(values, _FAR))


CUMULATIVE = {
    "logit": CumulativeLink("logit", expit, lambda eta: expit(-eta), LINKS["logit"].slope, LINKS["logit"].curve, logit),
    "probit": CumulativeLink(
        "probit", ndtr, lambda eta: ndtr(-eta), LINKS["probit"].slope, LINKS["probit"].curve, ndtri
    ),
    "cloglog": CumulativeLink(
        "cloglog",
        lambda eta: -np.expm1(-_exp(eta)),
        lambda eta: np.exp(-_exp(eta)),
        LINKS["cloglog"].slope,
        LINKS["cloglog"].curve,
        lambda share: np.log(-np.log1p(-share)),
    ),
}


@dataclass(frozen=True)
class Cumulative:
    """What is to be fitted; the coefficients are β, then θ by threshold (each with its columns z).

    Attributes
    ----------
    matrix : (n, terms) float
        Columns with one effect, without an intercept.
    category : (n,) int
        0, 1, …; every one of them chosen.
    weights : (n,) float
    nominal : (n, columns) float
        Columns with an effect at each threshold, the intercept first.
    """

    matrix: Floats
    category: Ints
    weights: Floats
    link: CumulativeLink
    nominal: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def thresholds(self) -> int:
        """Number of thresholds."""
        return int(self.category.max())

    @property
    def terms(self) -> int:
        """Number of columns with one effect."""
        return int(self.matrix.shape[1])

    @property
    def shifting(self) -> Floats:
        """The columns of the thresholds."""
        return self.nominal if self.nominal.size else np.ones((len(self.category), 1))

    @cached_property
    def member(self) -> Any:
        """Which rows chose a category: sparse (categories, n)."""
        n = len(self.category)
        return sparse.csr_matrix((np.ones(n), (self.category, np.arange(n))), shape=(self.thresholds + 1, n))

    def ends(self, coefficients: Floats) -> tuple[Floats, Floats]:
        """Predictor of the threshold above and below each row's category; ±∞ beyond the last."""
        slopes = self.matrix @ coefficients[: self.terms]
        levels = coefficients[self.terms :].reshape(self.thresholds, -1)
        last, first = self.category == self.thresholds, self.category == 0
        over = (self.shifting * levels[np.where(last, 0, self.category)]).sum(axis=1)
        under = (self.shifting * levels[np.where(first, 0, self.category - 1)]).sum(axis=1)
        return np.where(last, np.inf, over - slopes), np.where(first, -np.inf, under - slopes)

    def probability(self, upper: Floats, lower: Floats) -> Floats:
        """Probability of each row's category, without cancellation in the tails."""
        right = lower > 0
        return np.where(
            right, self.link.above(lower) - self.link.above(upper), self.link.below(upper) - self.link.below(lower)
        )

    def loglik(self, coefficients: Floats) -> float:
        """Weighted log-likelihood; −∞ where the thresholds cross."""
        chance = self.probability(*self.ends(coefficients))
        return float(self.weights @ np.log(chance)) if (chance > _LEAST).all() else -np.inf

    def pulls(self, coefficients: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Derivatives of each row's log-likelihood by its upper and lower predictor.

        Returns
        -------
        up, low, up_up, low_low, up_low : (n,) float
            First and second derivatives.
        """
        upper, lower = self.ends(coefficients)
        chance = self.probability(upper, lower)
        above, below = np.isfinite(upper), np.isfinite(lower)
        upper, lower = np.where(above, upper, 0.0), np.where(below, lower, 0.0)
        up = np.where(above, self.link.density(upper), 0.0) / chance
        low = -np.where(below, self.link.density(lower), 0.0) / chance
        up_up = np.where(above, self.link.slope(upper), 0.0) / chance - up**2
        low_low = -np.where(below, self.link.slope(lower), 0.0) / chance - low**2
        return up, low, up_up, low_low, -up * low

    def scores(self, coefficients: Floats) -> Floats:
        """Weighted score of each row: (n, coefficients)."""
        up, low, *_rest = self.pulls(coefficients)
        parts = [-(self.weights * (up + low))[:, None] * self.matrix]
        for threshold in range(self.thresholds):
            pull = np.where(self.category == threshold, up, 0.0) + np.where(self.category == threshold + 1, low, 0.0)
            parts.append((self.weights * pull)[:, None] * self.shifting)
        return np.hstack(parts)

    def derivatives(self, coefficients: Floats) -> tuple[Floats, Floats]:
        """Sum of the scores, and the observed information (minus the second derivative of the log-likelihood)."""
        up, low, up_up, low_low, up_low = (self.weights * part for part in self.pulls(coefficients))
        x, z, width = self.matrix, self.shifting, self.shifting.shape[1]
        thresholds = (self.member @ (z * up[:, None]))[:-1] + (self.member @ (z * low[:, None]))[1:]
        score = np.concatenate([-(x.T @ (up + low)), thresholds.ravel()])
        second = np.zeros((len(score), len(score)))
        second[: self.terms, : self.terms] = (x * (up_up + low_low + 2 * up_low)[:, None]).T @ x
        at = self.terms + np.arange(self.thresholds) * width
        for one in range(width):
            slopes = (self.member @ (x * (z[:, one] * (up_up + up_low))[:, None]))[:-1]
            slopes += (self.member @ (x * (z[:, one] * (low_low + up_low))[:, None]))[1:]
            second[at + one, : self.terms] = -slopes
            second[: self.terms, at + one] = -slopes.T
            for other in range(width):
                both = z[:, one] * z[:, other]
                second[at + one, at + other] = (self.member @ (both * up_up))[:-1] + (self.member @ (both * low_low))[
                    1:
                ]
                beside = (self.member @ (both * up_low))[1:-1]
                second[at[1:] + one, at[:-1] + other] = beside
                second[at[:-1] + other, at[1:] + one] = beside
        return score, -second


@dataclass(frozen=True)
class CumulativeFit:
    """A maximum of the likelihood.

    Attributes
    ----------
    coefficients : (coefficients,) float
    inverse : (coefficients, coefficients) float
        Inverse of the observed information.
    """

    problem: Cumulative
    coefficients: Floats
    inverse: Floats
    loglik: float
    rounds: int
    converged: bool

    @property
    def influence(self) -> Floats:
        """How the coefficients hang on the weight of each row, times the weight: (n, coefficients)."""
        return np.asarray(self.problem.scores(self.coefficients) @ self.inverse)


def start_of(problem: Cumulative) -> Floats:
    """Thresholds of the categories' shares, all effects 0."""
    shares = np.cumsum(np.bincount(problem.category, problem.weights))[:-1] / problem.weights.sum()
    thresholds = np.zeros((problem.thresholds, problem.shifting.shape[1]))
    thresholds[:, 0] = problem.link.quantile(shares)
    return np.concatenate([np.zeros(problem.terms), thresholds.ravel()])


def maximise(problem: Cumulative, start: Floats | None = None, rounds: int = ROUNDS) -> CumulativeFit:
    """Find the maximum of the likelihood; a step that lowers it is halved.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the information becomes singular.
    """
    coefficients = start_of(problem) if start is None else start
    loglik, converged, taken = problem.loglik(coefficients), False, 0
    while taken < rounds and not converged:
        step, length = _newton(problem, coefficients)
        moved = _uphill(problem, coefficients, step, loglik)
        stuck = moved is None
        if moved is not None:
            coefficients, loglik = moved
        converged, taken = length <= _CLOSE or (stuck and length <= 1e-5), taken + 1
        if stuck:
            break
    inverse: Floats = np.asarray(np.linalg.inv(problem.derivatives(coefficients)[1]), dtype=np.float64)
    return CumulativeFit(problem, coefficients, inverse, loglik, taken, converged)


def _newton(problem: Cumulative, coefficients: Floats) -> tuple[Floats, float]:
    """Newton's step, and its length in standard errors."""
    score, information = problem.derivatives(coefficients)
    step: Floats = np.asarray(np.linalg.solve(information, score), dtype=np.float64)
    return step, float(np.sqrt(abs(score @ step)))


def _uphill(problem: Cumulative, old: Floats, step: Floats, loglik: float) -> tuple[Floats, float] | None:
    for _halving in range(_HALVINGS):
        new = problem.loglik(old + step)
        if new >= loglik - 1e-12 * abs(loglik):
            return old + step, new
        step = step / 2
    return None
