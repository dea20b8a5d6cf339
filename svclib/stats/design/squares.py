"""Roots of mean squares that are estimated with a bias: their estimate, error and interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chndtr, stdtrit

from svclib.stats.arrays import Floats
from svclib.stats.intervals import normal_quantile

_HALVINGS = 60
_NOTHING = 1e-9
"""A square that is a smaller part of its bias has no direction."""


@dataclass(frozen=True)
class Square:
    """A mean of squares that estimation makes too large.

    Attributes
    ----------
    raw : float
        As computed.
    bias : float
        What it is too large by, on average.
    linear : float
        Variance that grows with the square.
    curved : float
        Variance that is left where the true square is 0.
    """

    raw: float
    bias: float
    linear: float
    curved: float

    @property
    def value(self) -> float:
        """The square less its bias; below 0 where there may be nothing but chance."""
        return self.raw - self.bias

    @property
    def root(self) -> float:
        """Estimate of the root, at least 0."""
        return float(np.sqrt(max(self.value, 0.0)))

    @property
    def error(self) -> float:
        """Standard error of the root, by the delta method at the square as computed; NaN where that is 0."""
        return float(np.sqrt((self.linear + self.curved) / self.raw)) / 2 if self.raw > 0 else np.nan

    def limits(self, df: float, level: float) -> tuple[float, float]:
        """Interval of the root.

        The square is c times a noncentral chi-square of bias / c degrees of freedom, c the variance in the direction
        of what was found, linear / (4 · raw); the limits are the noncentralities that make it just that rare. A square
        below its bias counts as its bias: less than chance makes tells nothing more.
        """
        if self.bias <= 0:
            return self.root, self.root
        seen = max(self.raw, self.bias)
        unit = self.linear / (4 * self.raw) if self.raw > _NOTHING * self.bias else self.curved / (2 * self.bias)
        unit *= float(stdtrit(df, (1 + level) / 2) / normal_quantile(level)) ** 2
        tail = (1 - level) / 2
        low, high = (_noncentrality(seen / unit, self.bias / unit, share) for share in (1 - tail, tail))
        return float(np.sqrt(unit * low)), float(np.sqrt(unit * high))


def _noncentrality(seen: float, freedom: float, share: float) -> float:
    """Noncentrality at which a share of the distribution lies below `seen`; 0 if less does without any."""
    if chndtr(seen, freedom, 0.0) <= share:
        return 0.0
    low, high = 0.0, 4 * (seen + freedom) + 100
    for _half in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if chndtr(seen, freedom, middle) > share else (low, middle)
    return (low + high) / 2


def square_of_estimates(
    apart: Floats, share: Floats, slopes: Floats, sigma: Floats, drawn: float, sampling: float
) -> Square:
    """Mean square of distances that hang on estimated coefficients (Shlomo, Skinner and Schouten 2012).

    Parameters
    ----------
    apart, share : (rows,) float
        Distances and what each counts.
    slopes : (rows, terms) float
        Derivatives of the distances by the coefficients.
    sigma : (terms, terms) float
        Covariance of the coefficients.
    drawn : float
        What drawing a sample takes from the square on average.
    sampling : float
        Variance that drawing a sample gives the square.

    Returns
    -------
    Square
        Of bias tr BΣ - drawn and variance a'Σa + 2 tr BΣBΣ + sampling; a the derivative of the square, B the mean of
        the products of the slopes.
    """
    gradient = 2 * (share * apart) @ slopes
    turned = slopes.T @ (slopes * share[:, None]) @ sigma
    return Square(
        float(share @ apart**2),
        float(np.trace(turned)) - drawn,
        float(gradient @ sigma @ gradient) + sampling,
        2 * float(np.trace(turned @ turned)),
    )
