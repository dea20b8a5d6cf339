"""Links from the means and spreads of the anchors' slopes and thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Objects
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.linking.anchors import Anchored
from svclib.stats.linking.parameters import SLOPE
from svclib.stats.marks import _

_IMAGINARY = 1e-30
"""Step of a derivative by complex numbers, exact to rounding."""

METHODS = ("mean_mean", "mean_gmean", "mean_sigma")


def coefficients(method: str, new: Any, old: Any, *, fixed: bool) -> Any:
    """Slope and intercept from (slopes, thresholds) of the new and the old form.

    Loyd & Hoover (1980), Mislevy & Bock (1990) and Marco (1977); thresholds of items of more categories count each.
    """
    (a, b), (a_old, b_old) = new, old
    if fixed:
        slope = a.sum() * 0 + 1
    elif method == "mean_mean":
        slope = a.mean() / a_old.mean()
    elif method == "mean_gmean":
        slope = np.exp((np.log(a) - np.log(a_old)).mean())
    else:
        slope = np.sqrt(((b_old - b_old.mean()) ** 2).sum() / ((b - b.mean()) ** 2).sum())
    return np.array([slope, b_old.mean() - slope * b.mean()])


def moment_link(pair: Anchored, method: str) -> tuple[Floats, Floats]:
    """Give (slope, intercept) and its derivatives by every free parameter, 2 × P."""
    new, old = pair.pair
    _check(pair.names, new, old, method, pair.slope_fixed)
    there = ~np.isnan(new.intercepts)

    def value(a: Any, d: Any, a_old: Any, d_old: Any) -> Any:
        sides = [(s, -(t / s[:, None])[there]) for s, t in ((a, d), (a_old, d_old))]
        return coefficients(method, *sides, fixed=pair.slope_fixed)

    given = [part.astype(complex) for part in (new.slope, new.intercepts, old.slope, old.intercepts)]
    jacobian = np.zeros((2, len(pair.new) + len(pair.old)))
    for first, which, form, offset in ((0, "new", pair.new, 0), (2, "old", pair.old, len(pair.new))):
        for column, (anchor, kind) in enumerate(zip(pair.rows(which), form.kind, strict=True)):
            if anchor < 0 or kind < SLOPE:
                continue
            parts = [part.copy() for part in given]
            cell = anchor if kind == SLOPE else (anchor, kind)
            parts[first + (kind != SLOPE)][cell] += 1j * _IMAGINARY
            jacobian[:, offset + column] = value(*parts).imag / _IMAGINARY
    return np.real(value(*given)).astype(float), jacobian


def _check(
    names: Objects | tuple[str, ...], new: ItemParameters, old: ItemParameters, method: str, fixed: bool
) -> None:
    flat = np.flatnonzero((np.abs(new.slope) < 1e-8) | (np.abs(old.slope) < 1e-8))
    if len(flat):
        raise InvalidInput(
            _('The anchor "{item}" does not discriminate, so that it has no threshold; leave it out.'),
            item=names[flat[0]],
        )
    against = np.flatnonzero((new.slope < 0) | (old.slope < 0))
    if method == "mean_gmean" and len(against):
        raise InvalidInput(
            _('The anchor "{item}" has a negative slope; check its key, or choose another method.'),
            item=names[against[0]],
        )
    spread = [float(np.ptp(part.thresholds[~np.isnan(part.intercepts)])) for part in (new, old)]
    if method == "mean_sigma" and not fixed and min(spread) < 1e-8:
        raise InvalidInput(
            _("All anchors have the same threshold, so that its spread tells no slope; choose mean_mean.")
        )
