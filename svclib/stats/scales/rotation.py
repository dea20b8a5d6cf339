"""Rotating factors by gradient projection (Jennrich 2001, 2002; Bernaards and Jennrich 2005)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.marks import _

Rotation = Literal["varimax", "quartimax", "promax", "oblimin", "geomin", "none"]
Criterion = Callable[[Floats], tuple[Floats, Floats]]

OBLIQUE = ("promax", "oblimin", "geomin")
_STEPS = 2000
_FLAT = 1e-9
_GEOMIN = 0.01
"""Geomin's constant that keeps the product of squares from 0 (Browne 2001)."""
_SINGULAR = 1e8
"""Factors that carry nothing leave promax no axes to turn; varimax stays."""
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
    factors, random = loadings.shape[1], np.random.default_rng(seed)
    axes = np.array([np.eye(factors), *(_random_axes(factors, random) for _one in range(1, starts))])
    turned, phi, values = turn(np.broadcast_to(loadings, (len(axes), *loadings.shape)), rotation, axes)
    # A random start must win clearly: else the axes nearest to the unrotated ones are kept.
    lowest = int(np.argmin(values)) if values[0] - values.min() > 1e-8 * max(1, abs(values.min())) else 0
    near = np.abs(values - values[lowest]) < 1e-4 * max(abs(values[lowest]), 1e-8)
    return Rotated(turned[lowest], phi[lowest], float(values[lowest]), int(near.sum()))


def _random_axes(factors: int, random: np.random.Generator) -> Floats:
    return np.asarray(np.linalg.qr(random.normal(size=(factors, factors)))[0], dtype=np.float64)


def tidied(found: Rotated) -> Rotated:
    """Turn each factor to load positively on the whole, the factor of most variance first."""
    sign = np.where(found.loadings.sum(axis=0) < 0, -1.0, 1.0)
    turned = found.loadings * sign
    order = np.argsort(-(turned**2).sum(axis=0), kind="stable")
    phi = (found.phi * sign[:, None] * sign)[np.ix_(order, order)]
    return Rotated(turned[:, order], phi, found.value, found.best_of)


def turn(loadings: Floats, rotation: Rotation, axes: Floats, *, flat: float = _FLAT) -> tuple[Floats, Floats, Floats]:
    """Minimise a rotation's criterion for a stack of loadings (stack, items, factors) from a stack of axes.

    Parameters
    ----------
    loadings, axes : (stack, items, factors), (stack, factors, factors) float
    rotation : {"varimax", "quartimax", "oblimin", "geomin"}
    flat : float
        Length of the projected gradient that counts as 0.

    Returns
    -------
    loadings, phi, value : (stack, items, factors), (stack, factors, factors), (stack,) float
    """
    criterion, slanted = _CRITERIA[rotation], rotation in OBLIQUE
    place = _place(loadings, axes, criterion, slanted)
    steps, active = np.ones(len(axes)), np.arange(len(axes))
    for _step in range(_STEPS):
        along = _projected(loadings[active], place.some(active), slanted)
        size = (along**2).sum(axis=(1, 2))
        moving = size > flat**2
        active, along, size = active[moving], along[moving], size[moving]
        if not len(active):
            break
        steps[active] *= 2
        moved = _descend(loadings, place, steps, active, along, size, criterion, slanted)
        active = active[moved]
    phi = place.axes.swapaxes(1, 2) @ place.axes if slanted else np.broadcast_to(np.eye(axes.shape[-1]), axes.shape)
    return place.loadings, phi, place.value


@dataclass
class _Place:
    """Where a stack of rotations stands; changed in place as the descent goes on."""

    axes: Floats
    loadings: Floats
    value: Floats
    slope: Floats

    def some(self, which: Ints) -> _Place:
        return _Place(self.axes[which], self.loadings[which], self.value[which], self.slope[which])

    def put(self, which: Ints, other: _Place, kept: Bools) -> None:
        for name in ("axes", "loadings", "value", "slope"):
            getattr(self, name)[which] = getattr(other, name)[kept]


def _place(loadings: Floats, axes: Floats, criterion: Criterion, slanted: bool) -> _Place:
    turned = loadings @ (np.linalg.inv(axes).swapaxes(1, 2) if slanted else axes)
    value, slope = criterion(turned)
    return _Place(axes.copy(), turned, value, slope)


def _projected(loadings: Floats, place: _Place, slanted: bool) -> Floats:
    """The gradient by the axes, along what keeps them at right angles or of length 1."""
    axes = place.axes
    if slanted:
        inverse = np.linalg.inv(axes)
        gradient = -(place.loadings.swapaxes(1, 2) @ place.slope @ inverse).swapaxes(1, 2)
        return gradient - axes * (axes * gradient).sum(axis=1, keepdims=True)
    gradient = loadings.swapaxes(1, 2) @ place.slope
    inner = axes.swapaxes(1, 2) @ gradient
    return gradient - axes @ (inner + inner.swapaxes(1, 2)) / 2


def _descend(
    loadings: Floats,
    place: _Place,
    steps: Floats,
    active: Ints,
    along: Floats,
    size: Floats,
    criterion: Criterion,
    slanted: bool,
) -> Bools:
    """Halve each step until its criterion has fallen enough; false where it never does."""
    moved = np.zeros(len(active), dtype=np.bool_)
    for _halving in range(40):
        left = np.flatnonzero(~moved)
        which = active[left]
        tried = place.axes[which] - steps[which, None, None] * along[left]
        new = _place(loadings[which], _onto(tried, slanted), criterion, slanted)
        fell = new.value < place.value[which] - 0.5 * size[left] * steps[which]
        place.put(which[fell], new, fell)
        moved[left[fell]] = True
        if moved.all():
            break
        steps[which[~fell]] /= 2
    return moved


def _onto(axes: Floats, slanted: bool) -> Floats:
    """The nearest axes at right angles, or the same ones of length 1."""
    if slanted:
        return axes / np.sqrt((axes**2).sum(axis=1, keepdims=True))
    left, _spread, right = np.linalg.svd(axes)
    return np.asarray(left @ right, dtype=np.float64)


def varimax(loadings: Floats) -> tuple[Floats, Floats]:
    """Kaiser (1958): the variance of the squared loadings of each factor, negative."""
    squares = loadings**2
    apart = squares - squares.mean(axis=1, keepdims=True)
    return -(apart**2).sum(axis=(1, 2)) / 4, -loadings * apart


def quartimax(loadings: Floats) -> tuple[Floats, Floats]:
    """Sum of the fourth powers of the loadings, negative."""
    return -(loadings**4).sum(axis=(1, 2)) / 4, -(loadings**3)


def quartimin(loadings: Floats) -> tuple[Floats, Floats]:
    """Direct oblimin with γ = 0 (Jennrich and Sampson 1966): products of squared loadings on two factors."""
    squares = loadings**2
    others = squares.sum(axis=2, keepdims=True) - squares
    return (squares * others).sum(axis=(1, 2)) / 4, loadings * others


def geomin(loadings: Floats) -> tuple[Floats, Floats]:
    """Sum over items of the geometric mean of the squared loadings (Yates 1987)."""
    squares = loadings**2 + _GEOMIN
    product = np.exp(np.log(squares).mean(axis=2, keepdims=True))
    return product.sum(axis=(1, 2)), 2 / loadings.shape[2] * loadings / squares * product


_CRITERIA: dict[str, Criterion] = {
    "varimax": varimax,
    "quartimax": quartimax,
    "oblimin": quartimin,
    "geomin": geomin,
}


def _promax(found: Rotated) -> Rotated:
    """Least squares of the varimax loadings on their powers, scaled to factors of variance 1."""
    loadings = found.loadings
    target = loadings * np.abs(loadings) ** (_POWER - 1)
    axes = np.linalg.lstsq(loadings, target, rcond=None)[0]
    if np.linalg.cond(axes) > _SINGULAR:
        return found
    axes = axes * np.sqrt(np.diag(np.linalg.inv(axes.T @ axes)))
    inverse = np.linalg.inv(axes)
    return Rotated(loadings @ axes, inverse @ inverse.T, found.value, found.best_of)
