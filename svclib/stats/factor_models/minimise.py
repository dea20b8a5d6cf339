"""Minimising by damped Newton steps (Levenberg 1944, Marquardt 1963) with derivatives in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from svclib.stats.arrays import Floats

_STEPS = 500
_CLOSE = 1e-20
"""Half the fall that the next step promises; n times its double is a squared distance in standard errors."""
_STUCK = 1e-12
_NEAR = 1e-3
"""Below this promised fall the second derivatives themselves are taken, which converge quadratically."""


@dataclass(frozen=True)
class Problem:
    """A function with its gradient and curvature.

    Attributes
    ----------
    value : function of the parameters
        Infinite where the parameters are impossible.
    gradient : function of the parameters
    expected : function of the parameters
        A curvature that is never negative.
    observed : function of the parameters
        The second derivatives.
    """

    value: Callable[[Floats], float]
    gradient: Callable[[Floats], Floats]
    expected: Callable[[Floats], Floats]
    observed: Callable[[Floats], Floats]


@dataclass(frozen=True)
class Minimum:
    """Where the search ended."""

    at: Floats
    value: float
    converged: bool
    steps: int


def minimise(problem: Problem, start: Floats) -> Minimum:
    """Search the minimum of `problem` from `start`."""
    at, value, damping, near = start, problem.value(start), 0.0, False
    promised = np.inf
    for count in range(_STEPS):
        gradient = problem.gradient(at)
        matrix = problem.observed(at) if near else problem.expected(at)
        found = _step(problem, at, value, gradient, matrix, damping)
        if found is None and near:
            matrix = problem.expected(at)
            found = _step(problem, at, value, gradient, matrix, damping)
        if found is None:
            return Minimum(at, value, promised < _STUCK, count)
        at, value, damping, promised = found
        near = promised < _NEAR
        if promised < _CLOSE:
            return Minimum(at, value, True, count + 1)
    return Minimum(at, value, promised < _STUCK, _STEPS)


def _step(
    problem: Problem, at: Floats, value: float, gradient: Floats, matrix: Floats, damping: float
) -> tuple[Floats, float, float, float] | None:
    """Take one step that does not rise: where it leads, the value there, the damping, the fall it promised."""
    scale = np.diag(matrix).copy()
    scale[scale <= 0] = max(float(scale.max(initial=0.0)), 1e-8)
    for _try in range(40):
        step = _solve(matrix + damping * np.diag(scale), gradient)
        if step is not None:
            promised = 0.5 * float(gradient @ step)
            new = problem.value(at - step)
            if new <= value + 1e-15 * abs(value) or (promised < _STUCK and new <= value + 1e-12 * (1 + abs(value))):
                return at - step, new, damping / 10 if damping > 1e-8 else 0.0, promised
            if promised < _CLOSE:
                return None
        damping = max(10 * damping, 1e-4)
    return None


def _solve(matrix: Floats, right: Floats) -> Floats | None:
    try:
        return np.asarray(cho_solve(cho_factor(matrix), right))
    except LinAlgError:
        return None
