"""Pearson's chi-square of a sample that is not simple (Rao and Scott 1981, 1984).

Under independence it is distributed as Σ δᵢ χ²(1), with δ the eigenvalues of the matrix of generalised design effects.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lstsq
from scipy.optimize import brentq
from scipy.special import chdtrc, fdtrc, ndtr

from svclib.stats.arrays import Floats

_EDGE = 0.99999
_NEAR = 1e-4
"""A saddlepoint nearer to 0 than this gives no number."""

Tested = tuple[float, float, float, float]
"""Statistic, its degrees of freedom, those of the denominator, p value."""


def generalised_effects(shares: Floats, covariance: Floats, n: float) -> Floats:
    """Matrix of generalised design effects of the interactions.

    Parameters
    ----------
    shares : (rows, columns) float
        Of all answers.
    covariance : (cells, cells) float
        Of the shares, row after row.
    n : float
        Answers.
    """
    p = shares.ravel()
    inverse = np.diag(np.divide(1, p, out=np.zeros_like(p), where=p > 0))
    contrasts = interactions(*shares.shape)
    simple = contrasts.T @ (inverse / n) @ contrasts
    return np.asarray(lstsq(simple, contrasts.T @ inverse @ covariance @ inverse @ contrasts)[0])


def interactions(rows: int, columns: int) -> Floats:
    """Contrasts of the interactions, orthogonal to both margins: cells × (rows − 1)(columns − 1)."""

    def centred(size: int) -> Floats:
        return np.asarray((np.eye(size) - 1 / size)[:, 1:])

    return np.asarray(np.kron(centred(rows), centred(columns)), dtype=np.float64)


def second_order(square: float, effects: Floats, degrees: float) -> Tested:
    """F of the statistic with Satterthwaite's degrees of freedom (Rao and Scott 1984; Thomas and Rao 1990)."""
    trace = float(np.trace(effects))
    df = trace**2 / float(np.trace(effects @ effects))
    return square / trace, df, df * degrees, float(fdtrc(df, df * degrees, square / trace))


def first_order(square: float, effects: Floats) -> Tested:
    """Chi-square of the statistic over the mean design effect (Rao and Scott 1981)."""
    df = float(len(effects))
    return square, df, np.inf, float(chdtrc(df, square * df / float(np.trace(effects))))


def saddlepoint(square: float, effects: Floats, degrees: float) -> Tested:
    """Tail of Σ δᵢ χ²(1) / (χ²(d) / d) by the saddlepoint (Kuonen 1999), d as of `second_order`.

    Where the saddlepoint is too near to 0 to tell, the p value of `second_order`.
    """
    _f, df, df2, p_value = second_order(square, effects, degrees)
    weights = np.linalg.eigvals(effects).real
    spread = np.concatenate([weights, np.repeat(-square / df2, max(int(df2), 1))]) / weights.max()

    def slope(zeta: float) -> float:
        return float((spread / (1 - 2 * zeta * spread)).sum())

    negative, positive = spread[spread < 0], spread[spread > 0]
    zeta = brentq(slope, _EDGE * (1 / (2 * negative)).max(), _EDGE * (1 / (2 * positive)).min(), xtol=1e-13)
    if abs(zeta) < _NEAR:
        return square, df, df2, p_value
    w = float(np.sign(zeta) * np.sqrt(np.log1p(-2 * zeta * spread).sum()))
    v = zeta * np.sqrt(2 * (spread**2 / (1 - 2 * zeta * spread) ** 2).sum())
    return square, df, df2, float(ndtr(-(w + np.log(v / w) / w)))


def wald(deviations: Floats, covariance: Floats, degrees: float, *, adjusted: bool) -> Tested:
    """Wald test that the cells do not deviate from independence (Koch, Freeman and Freeman 1975).

    `adjusted` for few clusters: F = W (d − k + 1) / (k d) (Thomas and Rao 1990). NaN where d is too small for it.
    """
    k = float(len(deviations))
    square = float(deviations @ np.linalg.pinv(covariance, hermitian=True) @ deviations)
    df2 = degrees - k + 1 if adjusted else degrees
    if df2 <= 0:
        return np.nan, k, np.nan, np.nan
    f = square * df2 / (k * degrees) if adjusted else square / k
    return f, k, df2, float(fdtrc(k, df2, f))
