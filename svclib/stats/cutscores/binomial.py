"""Chances of passing at a true share, by binomial and compound binomial errors; moments of the true share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaln

from svclib.stats.arrays import Floats, ratio
from svclib.stats.cutscores.decisions import at_each_mark, together
from svclib.stats.cutscores.truth import Model, Truth, fit_truth, points

_EDGE = 1e-9


@dataclass(frozen=True, eq=False)
class Sums:
    """What the methods need of R samples of total shares (0–1): power sums and reliabilities.

    Attributes
    ----------
    n : array, shape (R,)
        Candidates.
    powers : array, shape (R, 4)
        Means of the share to the powers 1 to 4.
    reliability : array, shape (R,)
    """

    n: Floats
    powers: Floats
    reliability: Floats

    @property
    def variance(self) -> Floats:
        """Unbiased variance of the share."""
        return (self.powers[:, 1] - self.powers[:, 0] ** 2) * ratio(self.n, self.n - 1)


def effective_length(sums: Sums) -> Floats:
    """Number of binomial items that err as much as the test does (Livingston and Lewis 1995), shape (R,).

    (mean (1 − mean) − reliability · variance) / (variance (1 − reliability)), in shares of the scale.
    """
    mean, variance = sums.powers[:, 0], sums.variance
    return ratio(mean * (1 - mean) - sums.reliability * variance, variance * (1 - sums.reliability))


def lords_k(sums: Sums, length: float) -> Floats:
    """Lord's (1965) k, which makes the errors of a test of `length` items as small as its reliability says."""
    mean, variance = sums.powers[:, 0] * length, sums.variance * length**2
    left = sums.reliability * variance
    top = length * ((length - 1) * left - length * variance + mean * (length - mean))
    return ratio(top, 2 * (mean * (length - mean) - left))


def true_moments(powers: Floats, length: Floats, k: Floats) -> Floats:
    """Moments about zero of the true share, (R, 4), from those of the observed share.

    The falling factorials of a score x of n items have E x(x−1)… = n(n−1)… τʳ less what Lord's k takes off.
    """
    n = length[:, None]
    scores = powers * n ** np.arange(1, 5)
    factorial = np.stack(
        [
            scores[:, 0],
            scores[:, 1] - scores[:, 0],
            scores[:, 2] - 3 * scores[:, 1] + 2 * scores[:, 0],
            scores[:, 3] - 6 * scores[:, 2] + 11 * scores[:, 1] - 6 * scores[:, 0],
        ],
        axis=1,
    )
    out = np.empty_like(powers)
    before = np.ones(len(powers))
    for r in range(1, 5):
        falling = np.prod([length - i for i in range(r)], axis=0)
        less = k * r * (r - 1) * np.prod([length - 2 - i for i in range(r - 2)], axis=0)
        out[:, r - 1] = before = ratio(factorial[:, r - 1] + less * before, falling + less)
    return out


def passing(share: Floats, length: Floats, k: Floats, need: Floats) -> Floats:
    """Chance of `need` right answers (R,) or more at true shares (R, Q), of tests of `length` items (R,).

    Lord's approximation of two terms can leave 0–1 by a little at the ends; it is left so, as its sums hold.
    """
    n, need = length[:, None], need[:, None]
    chance = _tail(share, n, need)
    if not k.any():
        return chance
    correction = share * (1 - share) * (_mass(share, n - 2, need - 2) - _mass(share, n - 2, need - 1))
    return np.asarray(chance - k[:, None] * correction)


def _tail(share: Floats, n: Floats, need: Floats) -> Floats:
    """P(X ≥ need) of a binomial variable."""
    inside = (need > 0) & (need <= n)
    first, second = np.where(inside, need, 1.0), np.where(inside, n - need + 1, 1.0)
    return np.where(need <= 0, 1.0, np.where(need > n, 0.0, betainc(first, second, share)))


def _mass(share: Floats, n: Floats, at: Floats) -> Floats:
    inside = (at >= 0) & (at <= n) & (n >= 0)
    x, size = np.where(inside, at, 0.0), np.where(inside, n, 0.0)
    tiny = np.finfo(float).tiny
    log = x * np.log(np.maximum(share, tiny)) + (size - x) * np.log(np.maximum(1 - share, tiny))
    count = -betaln(size - x + 1, x + 1) - np.log(size + 1)
    return np.where(inside, np.exp(log + count), 0.0)


@dataclass(frozen=True, eq=False)
class Fitted:
    """Decisions of R samples under a binomial model.

    Attributes
    ----------
    marks : dict of arrays, shape (m, R)
    classes : dict of arrays, shape (R,)
    truth : Truth
    length : array, shape (R,)
        Items of the binomial: the effective length rounded, or the test's own.
    k : array, shape (R,)
        Lord's k; 0 without.
    """

    marks: dict[str, Floats]
    classes: dict[str, Floats]
    truth: Truth
    length: Floats
    k: Floats


def livingston_lewis(sums: Sums, marks: Floats, model: Model) -> Fitted:
    """Decide by the binomial of effective length; `marks` are shares of the scale.

    On the effective scale a mark goes to the nearest whole score.
    """
    exact = effective_length(sums)
    usable = np.where(exact >= 2, exact, np.nan)
    nothing = np.zeros(len(exact))
    moments = true_moments(sums.powers, usable, nothing)
    length = np.asarray(np.round(usable), dtype=np.float64)
    return _decide(fit_truth(moments, model), length, nothing, marks, np.floor(marks[:, None] * length + 0.5))


def hanson_brennan(sums: Sums, marks: Floats, model: Model, length: float, *, simple: bool = False) -> Fitted:
    """Decide by Lord's two-term compound binomial (Hanson and Brennan 1990) of a test of `length` items.

    `simple` takes the binomial itself (Huynh 1976), for items of one difficulty.
    """
    n = np.full(len(sums.n), float(length))
    k = np.zeros(len(n)) if simple else lords_k(sums, length)
    need = np.ceil(marks[:, None] * n - _EDGE)
    return _decide(fit_truth(true_moments(sums.powers, n, k), model), n, k, marks, need)


def _decide(truth: Truth, length: Floats, k: Floats, marks: Floats, need: Floats) -> Fitted:
    at = points(truth, marks)
    chance = np.stack([passing(at.share, length, k, one) for one in need])
    return Fitted(at_each_mark(at.weight, at.piece, chance), together(at.weight, at.piece, chance), truth, length, k)
