"""Correlations of an item with scores: their error, biserials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from svclib.stats.arrays import Floats

_MOST_LEVELS = 20
"""Scores of more levels are no categories: they have no biserial."""


@dataclass(frozen=True)
class Correlation:
    """Pearson's correlation of `n` pairs.

    Attributes
    ----------
    r, std_error : float
        NaN where one of the two does not vary. The error needs no normal distribution: it is that of the influence
        of each candidate, z_x z_y − r (z_x² + z_y²) / 2.
    n : int
    """

    r: float
    std_error: float
    n: int

    def interval(self, level: float) -> tuple[float, float]:
        """Interval on Fisher's scale, with t of n − 2 degrees of freedom; NaN where there is no error."""
        if not np.isfinite(self.std_error) or abs(self.r) >= 1 or self.n < 3:
            return float("nan"), float("nan")
        # Where an item nearly all get right has few wrong answers their influence is told too small.
        error = max(self.std_error / (1 - self.r**2), 1 / np.sqrt(self.n - 1))
        reach = float(stdtrit(self.n - 2, (1 + level) / 2)) * error
        centre = np.arctanh(self.r)
        return float(np.tanh(centre - reach)), float(np.tanh(centre + reach))


def correlate(x: Floats, y: Floats, weight: Floats | None = None) -> Correlation:
    """Correlate the pairs that are there, each counted `weight` times.

    >>> round(correlate(np.array([0.0, 1, 1, np.nan]), np.array([1.0, 2, 2, 3])).r, 6)
    1.0
    """
    w = np.ones(len(x)) if weight is None else weight
    both = ~(np.isnan(x) | np.isnan(y))
    x, y, w = x[both], y[both], w[both]
    n = int(w.sum())
    if n < 2:
        return Correlation(float("nan"), float("nan"), n)
    a, b = x - w @ x / n, y - w @ y / n
    aa, bb = float(w @ a**2), float(w @ b**2)
    spread = np.sqrt(aa * bb)
    if not spread > 1e-12 * n:
        return Correlation(float("nan"), float("nan"), n)
    r = float(np.clip(w @ (a * b) / spread, -1, 1))
    a, b = a * np.sqrt(n / aa), b * np.sqrt(n / bb)
    influence = a * b - r / 2 * (a**2 + b**2)
    return Correlation(r, float(np.sqrt(w @ influence**2) / n), n)


def biserial_factor(x: Floats, weight: Floats) -> float:
    """What a Pearson correlation with the item is multiplied by to give the biserial (polyserial) one.

    s / Σ φ(τ_k) (x_k+1 − x_k): the standard deviation of the score over its covariance with the normal variable
    behind it (Pearson 1909; Olsson, Drasgow & Dorans 1982, ad hoc estimator). NaN where all scores are equal or of
    more than 20 levels.

    >>> round(biserial_factor(np.array([0.0, 1]), np.array([2.0, 2])), 4)
    1.2533
    """
    levels, place = np.unique(x, return_inverse=True)
    if not 1 < len(levels) <= _MOST_LEVELS:
        return float("nan")
    shares = np.bincount(place, weights=weight) / weight.sum()
    tau = ndtri(np.cumsum(shares)[:-1])
    height = np.exp(-0.5 * tau**2) / np.sqrt(2 * np.pi)
    spread = np.sqrt(shares @ (levels - shares @ levels) ** 2)
    return float(spread / (height * np.diff(levels)).sum())
