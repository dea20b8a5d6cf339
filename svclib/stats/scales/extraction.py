"""Extracting factors from correlation matrices, many matrices at once: formulas on arrays.

Newton's method in the uniquenesses with the exact second derivatives, which eigenvalues and eigenvectors give (Jöreskog
1967, 1977; Clarke 1970). Principal axes iterated to the end reach the same minimum as minres (Harman and Jones 1966),
so they have no name of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from svclib.stats.arrays import Bools, Floats

Method = Literal["minres", "ml"]

LEAST_UNIQUENESS = 0.005
"""Uniquenesses stop here, as in R's factanal and psych: an item below would be all factor (a Heywood case)."""
_STEPS = 200
_HALVINGS = 25
_FLAT = 1e-10
"""A projected gradient below this is 0."""


@dataclass(frozen=True)
class Extracted:
    """Factors of a stack of correlation matrices.

    Attributes
    ----------
    loadings : (matrices, items, factors) float
        Unrotated: columns in order of the variance they account for.
    uniqueness : (matrices, items) float
    objective : (matrices,) float
        Half the sum of squared residuals (minres), or the likelihood's discrepancy (ml).
    converged : (matrices,) bool
    """

    loadings: Floats
    uniqueness: Floats
    objective: Floats
    converged: Bools


@dataclass(frozen=True)
class _Point:
    """The objective at some uniquenesses: its value and derivatives in the free parameter."""

    value: Floats
    gradient: Floats
    hessian: Floats
    rough: Floats


def extract(
    matrices: Floats, factors: int, method: Method = "minres", *, start: Floats | None = None, steps: int = _STEPS
) -> Extracted:
    """Extract `factors` factors from each of the correlation matrices.

    Parameters
    ----------
    matrices : (matrices, items, items) float
    factors : int
    method : {"minres", "ml"}
        Least squares of the residual correlations; maximum likelihood (the matrices must not be singular).
    start : (matrices, items) float, optional
        Uniquenesses to begin with.
    steps : int

    Examples
    --------
    >>> loadings = np.array([[0.8], [0.7], [0.6], [0.5]])
    >>> matrix = loadings @ loadings.T + np.diag(1 - loadings[:, 0] ** 2)
    >>> extract(matrix[None], 1).loadings[0, :, 0].round(6).tolist()
    [0.8, 0.7, 0.6, 0.5]
    """
    uniqueness = _start(matrices, factors) if start is None else start
    point, lowest = (_minres, LEAST_UNIQUENESS) if method == "minres" else (_likelihood, np.log(LEAST_UNIQUENESS))
    place = np.maximum(uniqueness if method == "minres" else np.log(uniqueness), lowest)
    place, value, converged = _newton(matrices, factors, point, place, lowest, steps)
    uniqueness = place if method == "minres" else np.exp(place)
    return Extracted(_loadings(matrices, uniqueness, factors, method), uniqueness, value, converged)


def _start(matrices: Floats, factors: int) -> Floats:
    """Jöreskog's start: a share of the variance that the other items leave (1963)."""
    items = matrices.shape[-1]
    values, vectors = np.linalg.eigh(matrices)
    inverse = (vectors**2 / np.maximum(values, 1e-3)[:, None, :]).sum(axis=2)
    return np.clip((1 - factors / (2 * items)) / inverse, 0.05, 0.95)


def _newton(
    matrices: Floats,
    factors: int,
    point: Callable[[Floats, Floats, int], _Point],
    place: Floats,
    lowest: float,
    steps: int,
) -> tuple[Floats, Floats, Bools]:
    """Minimise from `place`, every parameter kept at `lowest` or above."""
    place, active = place.copy(), np.arange(len(matrices))
    value, converged = np.full(len(matrices), np.inf), np.zeros(len(matrices), dtype=np.bool_)
    for _step in range(steps):
        here = point(matrices[active], place[active], factors)
        value[active] = here.value
        fixed = (place[active] <= lowest) & (here.gradient > 0)
        done = np.abs(np.where(fixed, 0, here.gradient)).max(axis=1) < _FLAT
        converged[active[done]] = True
        active, left = active[~done], ~done
        if not len(active):
            break
        here = _Point(*(part[left] for part in (here.value, here.gradient, here.hessian, here.rough)))
        new = _search(matrices[active], factors, point, place[active], here, fixed[left], lowest)
        still = np.abs(new - place[active]).max(axis=1) == 0
        place[active] = new
        converged[active[still]] = np.abs(np.where(fixed[left], 0, here.gradient)).max(axis=1)[still] < 1e-6
        active = active[~still]
    return place, value, converged


def _direction(here: _Point, fixed: Bools) -> Floats:
    """Newton's step; where it would climb, that of the positive part of the second derivatives."""
    gradient = np.where(fixed, 0, here.gradient)
    step = _solved(here.hessian, gradient, fixed, 0.0)
    climbs = (step * gradient).sum(axis=1) >= 0
    if climbs.any():
        step[climbs] = _solved(here.rough[climbs], gradient[climbs], fixed[climbs], 1e-4)
    return step


def _solved(matrix: Floats, gradient: Floats, fixed: Bools, ridge: float) -> Floats:
    free = ~fixed
    bent = np.where(free[:, :, None] & free[:, None, :], matrix, 0.0)
    size = np.abs(bent).max(axis=(1, 2))[:, None]
    diagonal = np.where(free, (ridge + 1e-14) * size, 1.0)
    whole = bent + diagonal[:, :, None] * np.eye(matrix.shape[-1])
    return -np.asarray(np.linalg.solve(whole, gradient[:, :, None])[:, :, 0], dtype=np.float64)


def _search(
    matrices: Floats,
    factors: int,
    point: Callable[[Floats, Floats, int], _Point],
    place: Floats,
    here: _Point,
    fixed: Bools,
    lowest: float,
) -> Floats:
    """Halve the step until the objective falls; the old place where it never does."""
    step = _direction(here, fixed)
    step /= np.maximum(np.abs(step).max(axis=1, keepdims=True), 1)
    new, waiting, share = place.copy(), np.arange(len(place)), 1.0
    for _halving in range(_HALVINGS):
        tried = np.maximum(place[waiting] + share * step[waiting], lowest)
        gain = (here.gradient[waiting] * (tried - place[waiting])).sum(axis=1)
        value = point(matrices[waiting], tried, factors).value
        fell = value <= here.value[waiting] + np.minimum(1e-4 * gain, 0) + 1e-15 * np.abs(here.value[waiting])
        new[waiting[fell]] = tried[fell]
        waiting, share = waiting[~fell], share / 2
        if not len(waiting):
            break
    return new


def _spectrum(matrices: Floats, factors: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Eigenvalues and vectors: those of the factors, those left over."""
    values, vectors = np.linalg.eigh(matrices)
    values, vectors = values[:, ::-1], vectors[:, :, ::-1]
    return values[:, :factors], vectors[:, :, :factors], values[:, factors:], vectors[:, :, factors:]


def _minres(matrices: Floats, uniqueness: Floats, factors: int) -> _Point:
    """Half the sum of squared residuals, in the uniquenesses themselves (Jöreskog 1977)."""
    reduced = matrices - uniqueness[:, :, None] * np.eye(matrices.shape[-1])
    kept, axes, left, rest = _spectrum(reduced, factors)
    rough = (rest @ rest.swapaxes(1, 2)) ** 2
    bent = rough.copy()
    for one in range(factors):
        share = left / np.minimum(left - kept[:, one : one + 1], -1e-12)
        bent += 2 * _crossed(rest, share) * _outer(axes[:, :, one])
    gradient = -(left[:, None, :] * rest**2).sum(axis=2)
    return _Point((left**2).sum(axis=1) / 2, gradient, bent, rough)


def _likelihood(matrices: Floats, logarithms: Floats, factors: int) -> _Point:
    """Likelihood's discrepancy, in the logarithms of the uniquenesses (Jöreskog 1967, Clarke 1970)."""
    scale = np.exp(-logarithms / 2)
    kept, axes, left, rest = _spectrum(matrices * scale[:, :, None] * scale[:, None, :], factors)
    left = np.maximum(left, 1e-12)
    span = rest @ rest.swapaxes(1, 2)
    rough = span**2
    bent = _crossed(rest, left) * span
    for one in range(factors):
        other = kept[:, one : one + 1]
        share = (1 - left) * (left + other) / np.minimum(left - other, -1e-12)
        bent -= _crossed(rest, share) * _outer(axes[:, :, one])
    gradient = ((1 - left)[:, None, :] * rest**2).sum(axis=2)
    return _Point((left - np.log(left) - 1).sum(axis=1), gradient, bent, rough)


def _crossed(vectors: Floats, weights: Floats) -> Floats:
    return (vectors * weights[:, None, :]) @ vectors.swapaxes(1, 2)


def _outer(vectors: Floats) -> Floats:
    return vectors[:, :, None] * vectors[:, None, :]


def _loadings(matrices: Floats, uniqueness: Floats, factors: int, method: Method) -> Floats:
    if method == "minres":
        kept, axes, _left, _rest = _spectrum(matrices - uniqueness[:, :, None] * np.eye(matrices.shape[-1]), factors)
        return axes * np.sqrt(np.maximum(kept, 0))[:, None, :]
    scale = np.sqrt(uniqueness)
    kept, axes, _left, _rest = _spectrum(matrices / (scale[:, :, None] * scale[:, None, :]), factors)
    return scale[:, :, None] * axes * np.sqrt(np.maximum(kept - 1, 0))[:, None, :]
