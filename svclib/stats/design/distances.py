"""How calibration may change a weight: g as a function of the linear predictor u (Deville and Särndal 1992)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.marks import _

METHODS = ("linear", "raking", "logit")
_LARGEST = 500.0
"""Exponents beyond it are cut off: e^500 is no weight."""


@dataclass(frozen=True)
class Distance:
    """A method of calibration.

    Attributes
    ----------
    method : {"linear", "raking", "logit"}
        g = 1 + u; g = e^u; or the logistic curve from `low` to `high` that is 1 at u = 0.
    low, high : float
        The first two are cut off there.
    """

    method: str
    low: float = -np.inf
    high: float = np.inf

    @property
    def reach(self) -> tuple[float, float]:
        """Bounds of g."""
        return (max(self.low, 0.0) if self.method == "raking" else self.low), self.high

    @property
    def _steep(self) -> float:
        return (self.high - self.low) / ((1 - self.low) * (self.high - 1))

    def factor(self, u: Floats) -> Floats:
        """Factor g of a weight."""
        if self.method == "logit":
            grown = np.exp(np.clip(self._steep * u, -_LARGEST, _LARGEST))
            top = self.low * (self.high - 1) + self.high * (1 - self.low) * grown
            return np.asarray(top / (self.high - 1 + (1 - self.low) * grown))
        free = 1 + u if self.method == "linear" else np.exp(np.clip(u, -_LARGEST, _LARGEST))
        return np.clip(free, self.low, self.high)

    def slope(self, u: Floats) -> Floats:
        """Derivative of g."""
        g = self.factor(u)
        if self.method == "logit":
            return self._steep * (g - self.low) * (self.high - g) / (self.high - self.low)
        inside = (g > self.low) & (g < self.high)
        return inside * (np.ones_like(u) if self.method == "linear" else g)

    def integral(self, u: Floats) -> Floats:
        """Integral of g from 0: what the dual problem makes small."""
        if self.method == "logit":
            growth = np.logaddexp(np.log(self.high - 1), np.log(1 - self.low) + self._steep * u)
            start = np.log(self.high - self.low)
            return self.low * u + (self.high - self.low) / self._steep * (growth - start)
        least, most = self._inverse(self.low), self._inverse(self.high)
        inner = np.clip(u, least, most)
        free = inner + inner**2 / 2 if self.method == "linear" else np.expm1(np.clip(inner, -_LARGEST, _LARGEST))
        return np.asarray(free + self.factor(u) * (u - inner))

    def _inverse(self, g: float) -> float:
        if self.method == "linear":
            return g - 1
        return float(np.log(g)) if g > 0 else -np.inf


def read_distance(method: str, bounds: Any) -> Distance:
    """Check the method and its bounds."""
    if method not in METHODS:
        raise InvalidInput(
            _('method is "{method}"; choose one of {known}.'), method=str(method), known=", ".join(METHODS)
        )
    if bounds is None:
        if method == "logit":
            raise InvalidInput(_('method="logit" needs bounds, such as bounds=(0.3, 3).'))
        return Distance(method)
    try:
        low, high = (float(one) for one in bounds)
    except (TypeError, ValueError):
        low = high = np.nan
    if not 0 < low < 1 < high or (method == "logit" and not np.isfinite(high)):
        raise InvalidInput(
            _(
                "bounds are {bounds}; give the smallest and the largest factor of a weight, the first between 0 and 1, "
                "the second above 1, such as (0.3, 3)."
            ),
            bounds=str(bounds),
        )
    return Distance(method, low, high)
