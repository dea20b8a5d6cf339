"""Rotating factors by gradient projection (Jennrich 2001, 2002; Bernaards and Jennrich 2005)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.marks import _

Rotation = Literal["varimax", "quartimax", "promax", "oblimin", "geomin", "none"]
Criterion = Callable[[Floats], tuple[float, Floats]]

OBLIQUE = ("promax", "oblimin", "geomin")
_STEPS = 2000
_FLAT = 1e-9
_GEOMIN = 0.01
"""Geomin's constant that keeps the product of squares from 0 (Browne 2001)."""
_POWER = 4
"""Promax's power (Hendrickson and White 1964)."""


@dataclass(frozen=True)
class Rotated:
    """Rotated factors.

    Attributes
    ----------
    loadings : (items, factors) float
        The pattern.
    phi : (factors, factors) float
        Correlations of the factors.
    value : float
        The criterion reached; the smaller the simpler.
    best_of : int
        Starts that reached it, to four digits.
    """

    loadings: Floats
    phi: Floats
    value: float
    best_of: int


def check_rotation(rotation: str) -> None:
    """Raise `InvalidInput` for an unknown rotation."""
    if rotation not in get_args(Rotation):
        raise InvalidInput(
            _('rotation is "{rotation}"; choose one of {known}.'),
            rotation=rotation,
            known=", ".join(get_args(Rotation)),
        )


def rotate(loadings: Floats, rotation: Rotation, *, starts: int = 10, seed: int = 1) -> Rotated:
    """Rotate `loadings` to simple structure.

    Parameters
    ----------
    loadings : (items, factors) float
    rotation : {"varimax", "quartimax", "promax", "oblimin", "geomin", "none"}
        Varimax with Kaiser's weights, as R's; promax from it, as psych's; oblimin is direct quartimin. The first two
        leave the factors uncorrelated.
    starts : int
        Beginnings: the axes as they are, then random ones; the best is kept, as a criterion may have several minima.
    seed : int

    Examples
    --------
    >>> simple = np.array([[0.8, 0], [0.7, 0], [0, 0.6], [0, 0.7]])
    >>> turned = simple @ np.array([[0.6, 0.8], [-0.8, 0.6]])
    >>> np.abs(rotate(turned, "varimax").loadings).round(6).tolist()
    [[0.8, 0.0], [0.7, 0.0], [0.0, 0.6], [0.0, 0.7]]
    """
    factors = loadings.shape[1]
    if rotation == "none" or factors == 1:
        return tidied(Rotated(loadings, np.eye(factors), 0.0, 1))
    if rotation in ("varimax", "promax"):
        weights = np.sqrt(np.maximum((loadings**2).sum(axis=1, keepdims=True), np.finfo(float).tiny))
        found = _best(loadings / weights, "varimax", starts, seed)
        found = _promax(found) if rotation == "promax" else found
        return tidied(replace(found, loadings=found.loadings * weights))
    return tidied(_best(loadings, rotation, starts, seed))


def _best(loadings: Floats, rotation: Rotation, starts: int, seed: int) -> Rotated:
    criterion = {"varimax": varimax, "quartimax": quartimax, "oblimin": quartimin, "geomin": geomin}[rotation]
    project = oblique if rotation in OBLIQUE else orthogonal
    factors, random = loadings.shape[1], np.random.default_rng(seed)
    axes = [np.eye(factors), *(np.linalg.qr(random.normal(size=(factors, factors)))[0] for _one in range(1, starts))]
    found = [project(loadings, criterion, one) for one in axes]
    values = np.array([value for _loadings, _phi, value in found])
    # A random start must win clearly: else the axes nearest to the unrotated ones are kept.
    lowest = int(np.argmin(values)) if values[0] - values.min() > 1e-8 * max(1, abs(values.min())) else 0
    near = np.abs(values - values[lowest]) < 1e-4 * max(abs(values[lowest]), 1e-8)
    return Rotated(found[lowest][0], found[lowest][1], float(values[lowest]), int(near.sum()))


def tidied(found: Rotated) -> Rotated:
    """Turn each factor to load positively on the whole, the factor of most variance first."""
    sign = np.where(found.loadings.sum(axis=0) < 0, -1.0, 1.0)
    turned = found.loadings * sign
    order = np.argsort(-(turned**2).sum(axis=0), kind="stable")
    phi = (found.phi * sign[:, None] * sign)[np.ix_(order, order)]
    return Rotated(turned[:, order], phi, found.value, found.best_of)


def orthogonal(loadings: Floats, criterion: Criterion, axes: Floats) -> tuple[Floats, Floats, float]:
    """Minimise the criterion over rotations that keep the axes at right angles."""
    turned = loadings @ axes
    value, slope = criterion(turned)
    step = 1.0
    for _step in range(_STEPS):
        gradient = loadings.T @ slope
        inner = axes.T @ gradient
        along = gradient - axes @ (inner + inner.T) / 2
        size = float((along**2).sum())
        if size < _FLAT**2:
            break
        step *= 2
        for _halving in range(40):
            left, _spread, right = np.linalg.svd(axes - step * along)
            new = left @ right
            new_value, new_slope = criterion(loadings @ new)
            if new_value < value - 0.5 * size * step:
                break
            step /= 2
        if new_value >= value:
            break
        axes, value, slope = new, new_value, new_slope
    return loadings @ axes, np.eye(len(axes)), value


def oblique(loadings: Floats, criterion: Criterion, axes: Floats) -> tuple[Floats, Floats, float]:
    """Minimise the criterion over axes of any angle, each of length 1."""
    inverse = np.linalg.inv(axes)
    turned = loadings @ inverse.T
    value, slope = criterion(turned)
    step = 1.0
    for _step in range(_STEPS):
        gradient = -(turned.T @ slope @ inverse).T
        along = gradient - axes * (axes * gradient).sum(axis=0)
        size = float((along**2).sum())
        if size < _FLAT**2:
            break
        step *= 2
        for _halving in range(40):
            moved = axes - step * along
            new = moved / np.sqrt((moved**2).sum(axis=0))
            new_inverse = np.linalg.inv(new)
            new_turned = loadings @ new_inverse.T
            new_value, new_slope = criterion(new_turned)
            if new_value < value - 0.5 * size * step:
                break
            step /= 2
        if new_value >= value:
            break
        axes, inverse, turned, value, slope = new, new_inverse, new_turned, new_value, new_slope
    return turned, axes.T @ axes, value


def varimax(loadings: Floats) -> tuple[float, Floats]:
    """Kaiser (1958): the variance of the squared loadings of each factor, negative."""
    squares = loadings**2
    apart = squares - squares.mean(axis=0)
    return -float((apart**2).sum()) / 4, -loadings * apart


def quartimax(loadings: Floats) -> tuple[float, Floats]:
    """Sum of the fourth powers of the loadings, negative."""
    return -float((loadings**4).sum()) / 4, -(loadings**3)


def quartimin(loadings: Floats) -> tuple[float, Floats]:
    """Direct oblimin with γ = 0 (Jennrich and Sampson 1966): products of squared loadings on two factors."""
    squares = loadings**2
    others = squares.sum(axis=1, keepdims=True) - squares
    return float((squares * others).sum()) / 4, loadings * others


def geomin(loadings: Floats) -> tuple[float, Floats]:
    """Sum over items of the geometric mean of the squared loadings (Yates 1987)."""
    squares = loadings**2 + _GEOMIN
    product = np.exp(np.log(squares).mean(axis=1, keepdims=True))
    return float(product.sum()), 2 / loadings.shape[1] * loadings / squares * product


def _promax(found: Rotated) -> Rotated:
    """Least squares of the varimax loadings on their powers, scaled to factors of variance 1."""
    loadings = found.loadings
    target = loadings * np.abs(loadings) ** (_POWER - 1)
    turn = np.linalg.lstsq(loadings, target, rcond=None)[0]
    turn = turn * np.sqrt(np.diag(np.linalg.inv(turn.T @ turn)))
    inverse = np.linalg.inv(turn)
    return Rotated(loadings @ turn, inverse @ inverse.T, found.value, found.best_of)
