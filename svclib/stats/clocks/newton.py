"""Maximising a concave log-likelihood by Newton's steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from svclib.stats.arrays import Bools, Floats

State = TypeVar("State")

_MOST = 40
_SURE = 15
"""Steps after which a likelihood that no longer grows will not bring the coefficients to rest."""
_REACH = 5.0
"""Largest change of a linear predictor in one step."""


@dataclass(frozen=True)
class Likelihood(Generic[State]):
    """A log-likelihood: `value` gives it and a state, `slope` the score and the curvature there; `x` the terms."""

    value: Callable[[Floats], tuple[float, State]]
    slope: Callable[[State], tuple[Floats, Floats]]
    x: Floats


@dataclass(frozen=True)
class Summit(Generic[State]):
    """Where a likelihood is largest.

    Attributes
    ----------
    beta : (terms,) float
    loglik, null_loglik : float
        There, and with all coefficients 0.
    vcov, null_information : (terms, terms) float
        Inverse curvature there; curvature at 0.
    null_score : (terms,) float
    state : State
    endless : (terms,) bool
        Coefficients that grow without end while the likelihood hardly does.
    steps : int
    """

    beta: Floats
    loglik: float
    null_loglik: float
    vcov: Floats
    null_information: Floats
    null_score: Floats
    state: State
    endless: Bools
    steps: int


def climb(likelihood: Likelihood[State]) -> Summit[State]:
    """Maximise by Newton's steps, halved where they go too far."""
    beta = np.zeros(likelihood.x.shape[1])
    start, state = likelihood.value(beta)
    null_score, null_information = likelihood.slope(state)
    loglik, step, taken = start, _solve(null_information, null_score), 0
    curvature = null_information
    for taken in range(1, _MOST + 1):
        before = loglik
        beta, loglik, state = _uphill(likelihood, beta, loglik, state, step)
        score, curvature = likelihood.slope(state)
        step = _solve(curvature, score)
        gain = abs(loglik - before)
        if gain <= 1e-11 * abs(loglik) and (np.abs(step) <= 1e-9 * (1 + np.abs(beta))).all():
            break
        if gain <= 1e-9 * abs(loglik) and taken > _SURE:
            break
    endless = np.abs(step) > 1e-3 * np.maximum(np.abs(beta), 1e-3)
    vcov = np.asarray(np.linalg.pinv(curvature, hermitian=True), dtype=np.float64)
    return Summit(beta, loglik, start, vcov, null_information, null_score, state, endless, taken)


def _uphill(
    likelihood: Likelihood[State], beta: Floats, loglik: float, state: State, step: Floats
) -> tuple[Floats, float, State]:
    reach = float(np.abs(likelihood.x @ step).max(initial=0.0))
    share = min(1.0, _REACH / reach) if reach > 0 else 1.0
    for _halving in range(20):
        tried, there = likelihood.value(beta + share * step)
        if np.isfinite(tried) and tried >= loglik - 1e-12 * abs(loglik):
            return beta + share * step, tried, there
        share /= 2
    return beta, loglik, state


def _solve(curvature: Floats, slope: Floats) -> Floats:
    return np.asarray(np.linalg.lstsq(curvature, slope, rcond=1e-13)[0])
