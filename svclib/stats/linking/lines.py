"""Equating by moments: lines and circle arcs, with and without an anchor.

Moments of a group are (mean, variance, anchor mean, anchor variance, covariance); formulas of Kolen & Brennan (2014),
sections 2.4, 4.2–4.5, and Livingston & Kim (2009) for the circle arc. They take complex numbers, so that derivatives
come by a complex step, exact to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from svclib.stats.arrays import Floats
from svclib.stats.linking.samples import Sample

WITHOUT_ANCHOR = ("identity", "mean", "linear", "circle_arc")
WITH_ANCHOR = (
    "tucker", "tucker_mean", "levine", "levine_mean", "levine_true", "chained_linear", "chained_mean", "circle_arc",
    "braun_holland",
)  # fmt: skip
_IMAGINARY = 1e-30


@dataclass(frozen=True)
class Setting:
    """What a method needs beside the scores.

    Attributes
    ----------
    weight : float
        Share of the new group in the synthetic population.
    internal : bool
        Whether the anchor's points are part of the score.
    """

    weight: float
    internal: bool
    new_ends: tuple[float, float] = (0.0, 1.0)
    old_ends: tuple[float, float] = (0.0, 1.0)


def moments(shares: Floats, sample: Sample) -> Floats:
    """Moments of distributions … × scores × anchor scores: … × 5; variances with n − 1 of the sample's n."""
    x, v = sample.scale.points, sample.anchor.points
    on_x, on_v = shares.sum(axis=-1), shares.sum(axis=-2)
    mean_x, mean_v = on_x @ x, on_v @ v
    scale = sample.n / (sample.n - 1)
    var_x = (on_x @ x**2 - mean_x**2) * scale
    var_v = (on_v @ v**2 - mean_v**2) * scale
    both = (np.einsum("...xv,x,v->...", shares, x, v) - mean_x * mean_v) * scale
    return np.stack([mean_x, var_x, mean_v, var_v, both], axis=-1)


def moment_steps(shares: Floats, sample: Sample) -> Floats:
    """Differentiate the moments by the shares: 5 × cells, up to a constant that no sample moves."""
    mean_x, var_x, mean_v, var_v, both = moments(shares, sample)
    scale = sample.n / (sample.n - 1)
    x, v = (
        part.ravel() for part in np.meshgrid(sample.scale.points - mean_x, sample.anchor.points - mean_v, indexing="ij")
    )
    return np.stack([x, scale * x**2 - var_x, v, scale * v**2 - var_v, scale * x * v - both])


def convert(method: str, x: Floats, new: Any, old: Any, setting: Setting) -> Any:
    """Equate scores `x` (K) with moments … × 5: … × K."""
    if method == "circle_arc":
        return _circle(x, _middle(new, old, setting), setting)
    slope, intercept = line(method, new, old, setting)
    return slope[..., None] * x + intercept[..., None]


def line(method: str, new: Any, old: Any, setting: Setting) -> tuple[Any, Any]:
    """Slope and intercept of a linear method."""
    mean_x, var_x, mean_v, var_v, _both = np.moveaxis(new, -1, 0)
    mean_y, var_y, mean_w, var_w, _both_old = np.moveaxis(old, -1, 0)
    one = mean_x * 0 + 1
    if method == "identity":
        return one, one * 0
    if method == "mean":
        return one, mean_y - mean_x
    if method == "linear":
        slope = _root(var_y / var_x)
    elif method == "chained_mean":
        return one, mean_y - mean_x + mean_v - mean_w
    elif method == "chained_linear":
        first, second = _root(var_v / var_x), _root(var_y / var_w)
        return first * second, mean_y + second * (mean_v - mean_w - first * mean_x)
    elif method == "levine_true":
        slope = _gamma("levine", old, setting) / _gamma("levine", new, setting)
        return slope, mean_y + _gamma("levine", old, setting) * (mean_v - mean_w) - slope * mean_x
    else:
        mean_x, var_x, mean_y, var_y = _synthetic(method.removesuffix("_mean"), new, old, setting)
        slope = one if method.endswith("_mean") else _root(var_y / var_x)
    return slope, mean_y - slope * mean_x


def _root(share: Any) -> Any:
    """Square root; NaN where a synthetic variance came out negative, so that no line can be told."""
    return np.sqrt(np.where(np.real(share) > 0, share, np.nan))


def _gamma(method: str, group: Any, setting: Setting) -> Any:
    """Points of the score for a point of the anchor: a regression (Tucker) or a ratio of true scores (Levine)."""
    _mean_x, var_x, _mean_v, var_v, both = np.moveaxis(group, -1, 0)
    if method == "tucker":
        return both / var_v
    return var_x / both if setting.internal else (var_x + both) / (var_v + both)


def _synthetic(method: str, new: Any, old: Any, setting: Setting) -> tuple[Any, Any, Any, Any]:
    """Means and variances of both forms in the synthetic population."""
    mean_x, var_x, mean_v, var_v, _both = np.moveaxis(new, -1, 0)
    mean_y, var_y, mean_w, var_w, _both_old = np.moveaxis(old, -1, 0)
    g, h = _gamma(method, new, setting), _gamma(method, old, setting)
    mine, other = setting.weight, 1 - setting.weight
    apart, wider = mean_v - mean_w, var_v - var_w
    return (
        mean_x - other * g * apart,
        var_x - other * g**2 * wider + mine * other * g**2 * apart**2,
        mean_y + mine * h * apart,
        var_y + mine * h**2 * wider + mine * other * h**2 * apart**2,
    )


def _middle(new: Any, old: Any, setting: Setting) -> tuple[Any, Any]:
    """Find the middle point of the arc: the means; with an anchor the chained mean."""
    mean_x, mean_y = new[..., 0], old[..., 0]
    return mean_x, mean_y + (new[..., 2] - old[..., 2])


def _circle(x: Floats, middle: tuple[Any, Any], setting: Setting) -> Any:
    """Line through the scales' ends plus an arc through the middle point (the simplified method)."""
    (low, high), (low_y, high_y) = setting.new_ends, setting.old_ends
    slope = (high_y - low_y) / (high - low)
    mid_x, mid_y = middle
    above = mid_y - (low_y + slope * (mid_x - low))
    straight = low_y + slope * (x - low)
    flat = np.abs(np.real(above)) < 1e-12
    depth = np.where(flat, 1.0, above)
    centre = (low + high) / 2
    # of the circle through (low, 0), (middle, above), (high, 0): the height of its centre
    height = ((mid_x - centre) ** 2 - ((high - low) / 2) ** 2 + depth**2) / (2 * depth)
    radius = ((high - low) / 2) ** 2 + height**2
    side = np.where(np.real(depth) > 0, 1.0, -1.0)
    under = radius[..., None] - (x - centre) ** 2
    # at the ends the root is 0 but for rounding, and its derivative has no bound
    root = np.where(np.real(under) > 0, np.sqrt(np.where(np.real(under) > 0, under, 1)), 0)
    arc = height[..., None] + side[..., None] * root
    return straight + np.where(flat[..., None], above[..., None], arc)


def derivatives(read: Callable[[Any, Any], Any], new: Floats, old: Floats) -> tuple[Floats, Floats]:
    """Differentiate `read(new, old)` (K values) by both groups' moments: K × 5 each."""
    parts = []
    for which in (0, 1):
        columns = []
        for at in range(new.shape[-1]):
            given = [new.astype(complex), old.astype(complex)]
            given[which][at] += 1j * _IMAGINARY
            columns.append(np.imag(read(*given)) / _IMAGINARY)
        parts.append(np.stack(columns, axis=1))
    return parts[0], parts[1]
