"""Intervals of a share that follows from times: of survival, and of the share that ended by some time.

``beta``
    The exact interval of Fay, Brittain and Proschan (2013), mid-p as in Fay and Brittain (2016): the share is taken as
    a product of beta variables, one a time at which something happened, matched by a single one in mean and variance.
    Without open cases it is the mid-p interval of a binomial share. It alone holds for few cases, many open ones,
    and where nothing or everything happened. Where more than `MANY` ended and are left it is the score interval.
``wilson``
    Score interval with the effective number of cases that the variance tells.
``log``, ``log-log``, ``logit``, ``arcsin``, ``plain``
    Normal intervals on that scale, as R's survfit has them; none where nothing or everything happened.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaincinv

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.intervals import normal_quantile, wilson
from svclib.stats.marks import _

METHODS = ("beta", "wilson", "log", "log-log", "logit", "arcsin", "plain")
MANY = 500
_STEPS = 14


def check_method(method: str, known: tuple[str, ...] = METHODS) -> str:
    """Return `method` if it is one of `known`."""
    if method not in known:
        raise InvalidInput(
            _('There is no interval "{method}"; give one of {known}.'), method=method, known=", ".join(known)
        )
    return method


def normal_limits(share: Floats, std_error: Floats, level: float, method: str) -> tuple[Floats, Floats]:
    """Normal interval of a share on the scale `method` (Kalbfleisch and Prentice 2002, section 1.4), within 0 and 1.

    NaN where the share is 0 or 1, as its error is not known there.

    Examples
    --------
    >>> low, high = normal_limits(np.array([0.8]), np.array([0.1]), 0.95, "log-log")
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.5122], [0.9283])
    """
    z = normal_quantile(level)
    inside = (share > 0) & (share < 1)
    p, error = np.where(inside, share, 0.5), np.where(inside, std_error, np.nan)
    match method:
        case "plain":
            low, high = p - z * error, p + z * error
        case "log":
            low, high = p * np.exp(-z * error / p), p * np.exp(z * error / p)
        case "log-log":
            scaled = z * error / (p * np.log(p))
            low, high = p ** np.exp(-scaled), p ** np.exp(scaled)
        case "logit":
            odds, scaled = np.log(p / (1 - p)), z * error / (p * (1 - p))
            low, high = 1 / (1 + np.exp(scaled - odds)), 1 / (1 + np.exp(-scaled - odds))
        case _:
            angle, scaled = np.arcsin(np.sqrt(p)), z * error / (2 * np.sqrt(p * (1 - p)))
            low = np.sin(np.maximum(angle - scaled, 0)) ** 2
            high = np.sin(np.minimum(angle + scaled, np.pi / 2)) ** 2
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def effective_number(share: Floats, std_error: Floats, fallback: Floats) -> Floats:
    """Give the number of cases of which a share would vary as much; `fallback` where the error tells nothing."""
    found = ratio(share * (1 - share), std_error**2)
    return np.where((share > 0) & (share < 1) & np.isfinite(found), found, fallback)


def effective_limits(share: Floats, number: Floats, level: float, method: str) -> tuple[Floats, Floats]:
    """Interval of a share of an effective number of cases: ``beta`` (mid-p) or ``wilson``."""
    if method == "wilson":
        return wilson(share, number, level)
    alive, ended = number * share, number * (1 - share)
    return beta_limits((alive + 1, ended), (alive, ended + 1), level)


def beta_limits(upper: tuple[Floats, Floats], lower: tuple[Floats, Floats], level: float) -> tuple[Floats, Floats]:
    """Mid-p limits between two beta variables, the larger (`upper`) and the smaller (`lower`).

    The limit leaves a tail of (1 - level) / 2 under the mean of their distributions. A second parameter of 0 is the
    certainty of 1, a first parameter of 0 that of 0. NaN stays NaN.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> low, high = beta_limits((9 * one, 2 * one), (8 * one, 3 * one), 0.95)  # 8 of 10
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.48], [0.965])
    """
    tail = (1 - level) / 2
    return _quantile(upper, lower, tail), _quantile(upper, lower, 1 - tail)


def _quantile(upper: tuple[Floats, Floats], lower: tuple[Floats, Floats], share: float) -> Floats:
    known = ~np.isnan(upper[0] + upper[1] + lower[0] + lower[1])
    first, last = _inverse(lower, share, known), _inverse(upper, share, known)
    below, above = _mean_share(upper, lower, first) - share, _mean_share(upper, lower, last) - share
    at_first, at_last = (below >= 0) | (first >= last), above <= 0
    middle, side = np.where(at_first, first, last), np.zeros(len(first))
    for _step in range(_STEPS):  # regula falsi (Illinois): the bracket is narrow and the curve smooth
        part = np.clip(np.nan_to_num(ratio(-below, above - below), nan=0.5), 0, 1)
        middle = np.where(at_first, first, np.where(at_last, last, first + part * (last - first)))
        value = _mean_share(upper, lower, middle) - share
        left = value < 0
        above = np.where(left, np.where(side < 0, above / 2, above), value)
        below = np.where(left, value, np.where(side > 0, below / 2, below))
        first, last = np.where(left & ~at_first, middle, first), np.where(left | at_last, last, middle)
        side = np.where(left, -1.0, 1.0)
    return np.where(known, middle, np.nan)


def _inverse(beta: tuple[Floats, Floats], share: float, known: np.ndarray) -> Floats:
    one, two = (np.where(known & (part > 0), part, 1.0) for part in beta)
    found = np.asarray(betaincinv(one, two, share), dtype=float)
    return np.where(beta[1] <= 0, 1.0, np.where(beta[0] <= 0, 0.0, found))


def _mean_share(upper: tuple[Floats, Floats], lower: tuple[Floats, Floats], at: Floats) -> Floats:
    shares = []
    for one, two in (upper, lower):
        found = betainc(np.where(one > 0, one, 1.0), np.where(two > 0, two, 1.0), np.clip(at, 0, 1))
        shares.append(np.where(two <= 0, at >= 1, np.where(one <= 0, 1.0, found)))
    return np.asarray((shares[0] + shares[1]) / 2)


def matched(log_mean: Floats, log_square: Floats) -> tuple[Floats, Floats]:
    """Give the beta variable of a mean and a mean square, both as logarithms; a mean of 1 is the certainty of 1."""
    mean = np.exp(log_mean)
    spread = np.expm1(log_square - 2 * log_mean) * mean**2
    size = ratio(mean * (1 - mean), spread) - 1
    certain = log_mean == 0
    return np.where(certain, 1.0, mean * size), np.where(certain, 0.0, (1 - mean) * size)
