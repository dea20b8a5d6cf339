"""Fitting generalised linear models by iteratively reweighted least squares (McCullagh and Nelder 1989, ch. 2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from svclib.stats.arrays import Floats
from svclib.stats.models.families import Family, Link

ROUNDS = 100
_CLOSE = 1e-8
"""A step of so many standard errors ends the search."""
_STILL = 1e-6
"""The same, where rounding keeps the deviance from falling any more."""
_HALVINGS = 40


@dataclass(frozen=True)
class Problem:
    """What is to be fitted.

    Attributes
    ----------
    matrix : (rows, terms) float
    outcome, weights, offset : (rows,) float
    """

    matrix: Floats
    outcome: Floats
    weights: Floats
    offset: Floats
    family: Family
    link: Link

    @property
    def linear(self) -> bool:
        """Whether one step of least squares is the solution."""
        return self.family.name == "gaussian" and self.link.name == "identity"

    def predictor(self, coefficients: Floats) -> Floats:
        """Linear predictor, with the offset."""
        return np.asarray(self.matrix @ coefficients + self.offset)

    def deviance(self, predictor: Floats) -> float:
        """Weighted deviance."""
        return float(self.weights @ self.family.deviance(self.outcome, self.link.inverse(predictor)))

    def score(self, predictor: Floats) -> Floats:
        """What a row adds to the score of the linear predictor: w (y − μ) (dμ/dη) / V(μ)."""
        mean = self.link.inverse(predictor)
        return self.weights * (self.outcome - mean) * self.link.slope(predictor) / self.family.variance(mean)

    def working_weights(self, predictor: Floats) -> Floats:
        """w (dμ/dη)² / V(μ), the expected information of the linear predictor."""
        mean = self.link.inverse(predictor)
        return self.weights * self.link.slope(predictor) ** 2 / self.family.variance(mean)


@dataclass(frozen=True)
class Fitted:
    """A solution of the score equations.

    Attributes
    ----------
    coefficients : (terms,) float
    predictor : (rows,) float
    inverse : (terms, terms) float
        Inverse of the expected information, without the dispersion.
    """

    coefficients: Floats
    predictor: Floats
    inverse: Floats
    deviance: float
    rounds: int
    converged: bool


def fit(problem: Problem, start: Floats | None = None, rounds: int = ROUNDS) -> Fitted:
    """Solve the score equations; a step that makes the deviance grow is halved."""
    coefficients = np.zeros(problem.matrix.shape[1]) if start is None else start
    predictor = _first(problem) if start is None else problem.predictor(start)
    deviance, converged, taken = np.inf if start is None else problem.deviance(predictor), False, 0
    while taken < rounds and not converged:
        before, last = predictor, deviance
        wanted = _step(problem, predictor)
        coefficients, predictor, deviance = _halved(problem, coefficients, wanted, deviance)
        size = _size(problem, before, predictor, deviance)
        converged = size <= _CLOSE or (size <= _STILL and deviance >= last) or problem.linear
        taken += 1
    return Fitted(coefficients, predictor, _inverse(problem, predictor), deviance, taken, converged)


def _size(problem: Problem, before: Floats, after: Floats, deviance: float) -> float:
    """Length of a step in standard errors."""
    square = float(problem.working_weights(after) @ (after - before) ** 2)
    spread = 1.0 if problem.family.name != "gaussian" else deviance / len(after)
    return float(np.sqrt(square / max(spread, np.finfo(float).tiny)))


def _first(problem: Problem) -> Floats:
    """Predictor of means that lie between the outcomes and their mean."""
    y = problem.outcome
    if problem.family.name.endswith("binomial"):
        return problem.link.forward((y + 0.5) / 2)
    if problem.family.name.endswith("poisson"):
        return problem.link.forward(y + 0.1)
    if problem.link.name == "log":
        return np.full_like(y, np.log(max(float(y.mean()), np.finfo(float).tiny)))
    return y.astype(float)


def _step(problem: Problem, predictor: Floats) -> Floats:
    """Weighted least squares of the working outcome."""
    weights = problem.working_weights(predictor)
    root = np.sqrt(weights)
    working = predictor - problem.offset + np.divide(
        problem.score(predictor), weights, out=np.zeros_like(weights), where=weights > 0
    )  # fmt: skip
    q, r = np.linalg.qr(problem.matrix * root[:, None])
    return np.asarray(solve_triangular(r, q.T @ (root * working)), dtype=np.float64)


def _halved(problem: Problem, old: Floats, wanted: Floats, deviance: float) -> tuple[Floats, Floats, float]:
    coefficients = wanted
    for _halving in range(_HALVINGS):
        predictor = problem.predictor(coefficients)
        new = problem.deviance(predictor)
        if np.isfinite(new) and new <= deviance * (1 + 1e-12) + 1e-12:
            break
        coefficients = (coefficients + old) / 2
    return coefficients, predictor, new


def _inverse(problem: Problem, predictor: Floats) -> Floats:
    root = np.sqrt(problem.working_weights(predictor))
    r = np.linalg.qr(problem.matrix * root[:, None], mode="r")
    back = solve_triangular(r, np.eye(len(r)))
    return np.asarray(back @ back.T, dtype=np.float64)
