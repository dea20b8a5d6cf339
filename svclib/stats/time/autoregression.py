"""Regression on a short series whose errors resemble those of the month before, averaged over how much they do.

The errors are a stationary autoregression of order 1 (correlation ρ^d between steps d apart, so that gaps count).
ρ cannot be estimated well from two or three years of months, and intervals that take the estimate for the truth are
too short (Newey and West's cover 0.83 of nominal 0.95 at 24 months and ρ = 0.4, Prais and Winsten's 0.89). Here every
ρ of a grid has its weight: the restricted likelihood of the series (Zellner and Tiao 1964; Cox and Reid 1987) times
√(1 + ρ), as months sooner resemble their neighbours than alternate. A coefficient then follows a mixture of t
distributions, whose quantiles are the interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from svclib.stats.arrays import Floats, Ints

RHO: Floats = np.linspace(-0.95, 0.95, 39)
"""Autocorrelations that are averaged over."""
INDEPENDENT: Floats = np.zeros(1)
_HALVINGS = 50


@dataclass(frozen=True)
class Whitened:
    """A series made independent for one ρ."""

    y: Floats
    x: Floats
    log_determinant: float


def whiten(y: Floats, x: Floats, gaps: Ints, rho: float) -> Whitened:
    """Take away what each value has from the one before (Prais and Winsten 1954), over gaps of `gaps` steps.

    Parameters
    ----------
    y : (n,) or (n, series) float
    x : (n, terms) float
    gaps : (n - 1,) int
        Steps between neighbours.
    rho : float
        Autocorrelation.
    """
    carried = rho ** gaps.astype(np.float64)
    scale = np.sqrt(1 - carried**2)
    step_y, step_x = carried.reshape(-1, *([1] * (y.ndim - 1))), carried[:, None]
    new_y = np.concatenate([y[:1], (y[1:] - step_y * y[:-1]) / scale.reshape(step_y.shape)])
    new_x = np.concatenate([x[:1], (x[1:] - step_x * x[:-1]) / scale[:, None]])
    return Whitened(new_y, new_x, float(2 * np.log(scale).sum()))


@dataclass(frozen=True)
class Averaged:
    """Coefficients of a regression, for every ρ.

    Attributes
    ----------
    weight : (rhos,) float
        Adds up to 1.
    beta : (rhos, terms) float
    scale : (rhos, terms, terms) float
        Covariance of the coefficients given ρ.
    df : float
        Values less terms.
    rho : (rhos,) float
    loglik : (rhos,) float
        Restricted log-likelihood, without its constant.
    """

    weight: Floats
    beta: Floats
    scale: Floats
    df: float
    rho: Floats
    loglik: Floats

    def mean_rho(self) -> float:
        """Average autocorrelation."""
        return float(self.weight @ self.rho)

    def contrasts(self, coefficients: Floats, level: float) -> Floats:
        """Give estimate, standard deviation, low and high of each row c of `coefficients`, c'β: (4, rows)."""
        variance = np.einsum("mi,rij,mj->rm", coefficients, self.scale, coefficients)
        scale = np.sqrt(np.maximum(variance, 0))
        return mixture(self.weight, self.beta @ coefficients.T, scale, self.df, level)

    def p_values(self, coefficients: Floats) -> Floats:
        """Twice the smaller of the probabilities that c'β lies below and above 0, for each row c."""
        variance = np.einsum("mi,rij,mj->rm", coefficients, self.scale, coefficients)
        scale = np.sqrt(np.maximum(variance, np.finfo(float).tiny))
        below = self.weight @ stdtr(self.df, -(self.beta @ coefficients.T) / scale)
        return np.asarray(2 * np.minimum(below, 1 - below))


def average(y: Floats, x: Floats, gaps: Ints, rhos: Floats = RHO) -> Averaged:
    """Fit the regression of `y` on `x` for every ρ and weigh them."""
    df = float(len(y) - x.shape[1])
    beta, scale, loglik = [], [], []
    for rho in rhos:
        white = whiten(y, x, gaps, float(rho))
        inverse = np.linalg.inv(white.x.T @ white.x)
        found = inverse @ (white.x.T @ white.y)
        rest = float(((white.y - white.x @ found) ** 2).sum())
        beta.append(found)
        scale.append(inverse * rest / df)
        log_gram = -np.linalg.slogdet(inverse)[1]
        loglik.append(-(white.log_determinant + log_gram + df * np.log(rest)) / 2)
    weight = weights(np.array(loglik) + prior(rhos))
    return Averaged(weight, np.array(beta), np.array(scale), df, rhos, np.array(loglik))


def prior(rhos: Floats) -> Floats:
    """Log of the weight that a ρ has beforehand."""
    return np.log1p(rhos) / 2


def weights(loglik: Floats) -> Floats:
    """Give weights that add up to 1, in proportion to exp(`loglik`)."""
    found = np.exp(loglik - loglik.max())
    return np.asarray(found / found.sum())


def mixture(weight: Floats, mean: Floats, scale: Floats, df: float, level: float) -> Floats:
    """Mean, standard deviation and equal-tailed interval of mixtures of t distributions.

    Parameters
    ----------
    weight : (parts,) float
    mean, scale : (parts, mixtures) float
    df, level : float

    Returns
    -------
    (4, mixtures) float
        Without an interval where a part has no width.

    Examples
    --------
    >>> mixture(np.array([0.5, 0.5]), np.zeros((2, 1)), np.ones((2, 1)), 10.0, 0.95)[:, 0].round(3).tolist()
    [0.0, 1.118, -2.228, 2.228]
    """
    centre = weight @ mean
    spread = df / (df - 2) if df > 2 else np.nan
    deviation = np.sqrt(weight @ (scale**2 * spread + (mean - centre) ** 2))
    told = (scale > 0).all(axis=0)
    safe = np.where(scale > 0, scale, 1.0)
    tail = (1 - level) / 2
    ends = [np.where(told, _quantile(weight, mean, safe, df, share), np.nan) for share in (tail, 1 - tail)]
    return np.stack([centre, deviation, *ends])


def _quantile(weight: Floats, mean: Floats, scale: Floats, df: float, share: float) -> Floats:
    ends = mean + scale * stdtrit(df, share)
    low, high = ends.min(axis=0), ends.max(axis=0)
    for _halving in range(_HALVINGS):
        middle = (low + high) / 2
        below = weight @ stdtr(df, (middle - mean) / scale) < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)


def newey_west(y: Floats, x: Floats, lag: int) -> tuple[Floats, Floats]:
    """Least squares with the errors of Newey and West (1987): coefficients, covariance.

    Bartlett weights 1 - l / (lag + 1), times n / (n - terms), as sandwich's NeweyWest without prewhitening.
    """
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ (x.T @ y)
    moved = x * (y - x @ beta)[:, None]
    meat = moved.T @ moved
    for step in range(1, min(lag, len(y) - 1) + 1):
        part = moved[step:].T @ moved[:-step]
        meat += (1 - step / (lag + 1)) * (part + part.T)
    return beta, inverse @ meat @ inverse * len(y) / (len(y) - x.shape[1])
