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
_SINGULAR = 1e-13
"""Part of the information of a term that rounding leaves of nothing."""
_NOTHING = 1e-24
"""Part of the sum of squares that is rounding."""
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

    @property
    def rounding(self) -> float:
        """Deviance that is nothing but rounding; below 0 where there is no such thing."""
        return _NOTHING * float(self.weights @ self.outcome**2) if self.family.name == "gaussian" else -1.0

    def predictor(self, coefficients: Floats) -> Floats:
        """Linear predictor, with the offset."""
        return np.asarray(self.matrix @ coefficients + self.offset)

    def deviance(self, predictor: Floats) -> float:
        """Weighted deviance."""
        return float(self.weights @ self.family.deviance(self.outcome, self.link.inverse(predictor)))

    def score(self, predictor: Floats) -> Floats:
        """What a row adds to the score of the linear predictor: w (y − μ) (dμ/dη) / V(μ)."""
        return self.working(predictor)[0]

    def working_weights(self, predictor: Floats) -> Floats:
        """w (dμ/dη)² / V(μ), the expected information of the linear predictor."""
        return self.working(predictor)[1]

    def working(self, predictor: Floats) -> tuple[Floats, Floats]:
        """Give `score` and `working_weights` at once."""
        mean, slope = self.link.inverse(predictor), self.link.slope(predictor)
        pull = self.weights * slope / self.family.variance(mean)
        return pull * (self.outcome - mean), pull * slope


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
    """Solve the score equations; a step that makes the deviance grow is halved.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the information becomes singular.
    """
    basis, back = np.linalg.qr(problem.matrix)
    coefficients = np.zeros(problem.matrix.shape[1]) if start is None else start
    predictor = _first(problem) if start is None else problem.predictor(start)
    deviance, converged, taken = np.inf if start is None else problem.deviance(predictor), False, 0
    while taken < rounds and not converged:
        before, last = predictor, deviance
        score, weights = problem.working(predictor)
        wanted = _solve(basis, weights, weights * (predictor - problem.offset) + score)
        coefficients, predictor, deviance = _halved(problem, coefficients, solve_triangular(back, wanted), deviance)
        size = _size(problem, weights, predictor - before, deviance)
        converged = size <= _CLOSE or (size <= _STILL and deviance >= last) or problem.linear
        converged = converged or deviance <= problem.rounding
        taken += 1
    return Fitted(coefficients, predictor, _inverse(problem, basis, back, predictor), deviance, taken, converged)


def _factor(basis: Floats, weights: Floats) -> Floats:
    """Cholesky factor of the information of an orthonormal basis of the terms, which keeps it well conditioned."""
    information = basis.T @ (basis * weights[:, None])
    factor: Floats = np.asarray(np.linalg.cholesky(information), dtype=np.float64)
    if (np.diag(factor) ** 2 <= _SINGULAR * np.diag(information)).any():
        raise np.linalg.LinAlgError
    return factor


def _solve(basis: Floats, weights: Floats, weighted: Floats) -> Floats:
    """Weighted least squares, given weight × working outcome."""
    factor = _factor(basis, weights)
    return np.asarray(solve_triangular(factor.T, solve_triangular(factor, basis.T @ weighted, lower=True)))


def _size(problem: Problem, weights: Floats, step: Floats, deviance: float) -> float:
    """Length of a step in standard errors."""
    spread = 1.0 if problem.family.name != "gaussian" else deviance / len(step)
    return float(np.sqrt(float(weights @ step**2) / max(spread, np.finfo(float).tiny)))


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


def _halved(problem: Problem, old: Floats, wanted: Floats, deviance: float) -> tuple[Floats, Floats, float]:
    coefficients = wanted
    for _halving in range(_HALVINGS):
        predictor = problem.predictor(coefficients)
        new = problem.deviance(predictor)
        if np.isfinite(new) and new <= deviance * (1 + 1e-12) + 1e-12:
            break
        coefficients = (coefficients + old) / 2
    return coefficients, predictor, new


def _inverse(problem: Problem, basis: Floats, back: Floats, predictor: Floats) -> Floats:
    factor = _factor(basis, problem.working_weights(predictor))
    root = solve_triangular(back, solve_triangular(factor, np.eye(len(factor)), lower=True).T)
    return np.asarray(root @ root.T, dtype=np.float64)
