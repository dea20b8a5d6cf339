"""Links that bring the anchors' characteristic curves together (Haebara 1980; Stocking & Lord 1983).

The criterion is ½ Σ w e²: e are the differences of category probabilities (Haebara) or of expected test scores
(Stocking and Lord) at abilities θ of the old scale; the new form is read at t = (θ − B) / A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.linking.anchors import Anchored
from svclib.stats.linking.parameters import Calibrated, by_parameters, chances, expected_curves

METHODS = ("haebara", "stocking_lord")
_ROUNDS, _SETTLED, _FLAT = 200, 1e-12, 1e-6
"""A search settles where its steps vanish; that it is at a minimum shows by the gradient beside the curvature."""


@dataclass(frozen=True, eq=False)
class _Criterion:
    """The criterion at one (A, B): value, gradient, Hessian, and what the errors need."""

    value: float
    gradient: Floats
    hessian: Floats
    by_link: Floats
    residual: Floats


def _curves(items: ItemParameters, theta: Floats, method: str) -> tuple[Floats, Floats, Floats]:
    if method == "haebara":
        first, second, third = chances(items, theta)
        return first, second, third
    first, second, third = (part.sum(axis=0) for part in expected_curves(items, theta))
    return first, second, third


def _criterion(
    link: Floats, new: ItemParameters, target: Floats, theta: Floats, weights: Floats, method: str
) -> _Criterion:
    slope, intercept = link
    t = (theta - intercept) / slope
    value, first, second = _curves(new, t, method)
    residual = target - value
    by_t = np.stack([-t / slope, np.full(len(t), -1 / slope)])
    by_tt = np.array(
        [[2 * t / slope**2, np.full(len(t), 1 / slope**2)], [np.full(len(t), 1 / slope**2), np.zeros(len(t))]]
    )
    axes = tuple(range(residual.ndim - 1))
    error_first = (residual * first).sum(axis=axes)
    squares = (first**2).sum(axis=axes)
    error_second = (residual * second).sum(axis=axes)
    gradient = -(by_t * weights * error_first).sum(axis=1)
    outer = by_t[:, None] * by_t[None]
    hessian = (outer * weights * (squares - error_second) - by_tt * weights * error_first).sum(axis=2)
    total = 0.5 * float((residual**2 * weights).sum())
    return _Criterion(total, gradient, hessian, by_t, residual)


def curve_link(
    pair: Anchored, method: str, start: Floats, theta: Floats, weights: Floats
) -> tuple[Floats, Floats, bool]:
    """Give (slope, intercept), its derivatives by every free parameter (2 × P) and whether the search settled."""
    new, old = pair.pair
    target = _curves(old, theta, method)[0]
    free = np.array([not pair.slope_fixed, True])
    link = np.where(free, start, [1.0, start[1]])
    here = _criterion(link, new, target, theta, weights, method)
    settled = False
    for _round in range(_ROUNDS):
        step = _newton(here, free)
        link, here, moved = _walk(link, step, here, lambda at: _criterion(at, new, target, theta, weights, method))
        if moved <= _SETTLED:
            steep = np.abs(here.gradient[free]).max()
            settled = bool(steep <= _FLAT * max(np.abs(here.hessian).max(), 1e-12))
            break
    return link, _by_parameters(pair, link, here, theta, weights, method, free), settled


def _newton(here: _Criterion, free: Floats) -> Floats:
    """Newton's step; where the criterion is not convex, with a ridge that makes it so."""
    at = np.ix_(free, free)
    hessian, gradient = here.hessian[at], here.gradient[free]
    lowest = float(np.linalg.eigvalsh(hessian).min())
    scale = max(float(np.abs(hessian).max()), 1e-12)
    ridge = max(0.0, 1e-6 * scale - lowest)
    step = np.zeros(2)
    step[free] = -np.linalg.lstsq(hessian + ridge * np.eye(len(gradient)), gradient, rcond=None)[0]
    return step


def _walk(link: Floats, step: Floats, here: _Criterion, read: object) -> tuple[Floats, _Criterion, float]:
    length = 1.0
    while length > 1e-8:
        there = link + length * step
        if there[0] > 0.02:
            found = read(there)  # type: ignore[operator]
            if found.value <= here.value * (1 + 1e-14):
                return there, found, float(np.abs(length * step).max())
        length /= 2
    return link, here, 0.0


def _by_parameters(
    pair: Anchored, link: Floats, here: _Criterion, theta: Floats, weights: Floats, method: str, free: Floats
) -> Floats:
    """Differentiate the minimum by the parameters: −H⁻¹ ∂gradient / ∂parameters."""
    t = (theta - link[1]) / link[0]
    new, old = pair.pair
    slopes = _curves(new, t, method)[1]
    mixed = np.zeros((2, len(pair.new) + len(pair.old)))
    for which, form, at, offset in (("new", pair.new, t, 0), ("old", pair.old, theta, len(pair.new))):
        rows = pair.rows(which)
        there = np.flatnonzero(rows >= 0)
        part = Calibrated(new if which == "new" else old, rows[there], form.kind[there], np.zeros((0, 0)), True)
        columns = _mixed(part, at, here, slopes, weights, method, own=which == "new")
        mixed[:, offset + there] = columns
    out = np.zeros_like(mixed)
    at_free = np.ix_(free, free)
    hessian = here.hessian[at_free]
    if np.linalg.eigvalsh(hessian).min() <= 1e-12 * np.abs(hessian).max():  # the curves tell no scale
        return np.full_like(mixed, np.nan)
    out[free] = -np.linalg.solve(hessian, mixed[free])
    return out


def _mixed(
    part: Calibrated, at: Floats, here: _Criterion, slopes: Floats, weights: Floats, method: str, *, own: bool
) -> Floats:
    def value(items: ItemParameters) -> Floats:
        return chances(items, at)[0] if method == "haebara" else expected_curves(items, at)[0]

    def slope(items: ItemParameters) -> Floats:
        return chances(items, at)[1] if method == "haebara" else expected_curves(items, at)[1]

    by_value = by_parameters(part, value)
    if method == "haebara":
        of_item, error = slopes[part.place], here.residual[part.place]
        product = (by_value * of_item).sum(axis=1)
    else:
        error = here.residual
        product = by_value * slopes
    if not own:
        return np.asarray(-(here.by_link * weights) @ product.T)
    rising = by_parameters(part, slope) * error
    rising = rising.sum(axis=1) if method == "haebara" else rising
    return np.asarray((here.by_link * weights) @ (product - rising).T)
