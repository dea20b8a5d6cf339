"""Intervals of reliabilities from estimates that leave respondents out.

Reliabilities of skewed answers vary far more than the classical formulas say, which hold for normal ones. The jackknife
(Tukey 1958) needs no distribution; on the scale of log(1 − reliability) its interval is nearly symmetric.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.marks import _
from svclib.stats.scales.moments import moments
from svclib.stats.scales.polychoric import polychoric_without

NO_INTERVAL = _("without some of the respondents there is no reliability left: no interval can be told")
MOST_GROUPS = 200
"""Beyond this many respondents groups of them are left out, not one by one."""
_HEAVY = 1.5
"""A fourth moment told from few respondents comes out too small: the degrees of freedom are divided by this (found by
simulation with five-point answers of which 40 to 80 % lie at the top)."""

_BIAS = 4 / 3
"""The jackknife sees three quarters of the bias of a rotated solution (found by simulation, n = 200 and 500)."""


@dataclass(frozen=True)
class Spread:
    """How an estimate of a reliability varies.

    Attributes
    ----------
    std_error : float
        Of the reliability itself.
    df : float
        Degrees of freedom of that error (Satterthwaite 1946), from the kurtosis of the respondents' influence.
    low, high : float
    """

    std_error: float
    df: float
    low: float
    high: float


UNKNOWN = Spread(np.nan, np.nan, np.nan, np.nan)


def spread_of(estimate: float, replicates: Floats, shares: Floats, level: float, *, biased: bool = False) -> Spread:
    """Judge an estimate below 1 by its replicates.

    Parameters
    ----------
    estimate : float
    replicates : (groups,) float
        Estimates without each group.
    shares : (groups,) float
        Share of the respondents left out; groups may differ in size (Busing, Meijer and van der Leeden 1999).
    level : float
    biased : bool
        The statistic leans to one side in samples: the interval spans those around the estimate and around the
        estimate less its bias, which the jackknife tells too (Quenouille 1956).
    """
    usable = bool(np.isfinite(replicates).all() and (replicates < 1).all() and estimate < 1)
    if len(replicates) < 3 or not usable:
        return UNKNOWN
    centre, logs = np.log1p(-estimate), np.log1p(-replicates)
    weights = 1 / shares
    pseudo = weights * centre - (weights - 1) * logs
    unbiased = float(np.average(pseudo, weights=shares))
    apart = (pseudo - unbiased) / np.sqrt(weights - 1)
    error = float(np.sqrt((apart**2).sum() / len(apart)))
    if not error:
        return UNKNOWN
    squares = apart**2
    df = max(float(heavy_tailed_df(np.array(float(len(apart))), squares.sum(), (squares**2).sum())) / _HEAVY, 1.0)
    reach = float(stdtrit(df, (1 + level) / 2)) * error
    ends = (centre, centre + _BIAS * (unbiased - centre)) if biased else (centre,)
    low, high = 1 - np.exp(max(ends) + reach), 1 - np.exp(min(ends) - reach)
    return Spread(error * (1 - estimate), df, float(low), float(high))


def heavy_tailed_df(n: Floats, squares: Floats, fourths: Floats) -> Floats:
    """Degrees of freedom of a variance told from n deviations, 2n / (kurtosis − 1) and no more than n − 1.

    Parameters
    ----------
    n, squares, fourths : float arrays
        Number, and sums of squares and of fourth powers, of the deviations.
    """
    kurtosis = ratio(n * fourths, squares**2)
    return np.maximum(np.minimum(ratio(2 * n, np.maximum(kurtosis - 1, 1e-9)), n - 1), 1.0)


def left_out(n: int, *, seed: int, groups: int = MOST_GROUPS) -> tuple[list[Ints], Floats]:
    """Split respondents at random into groups to leave out, each alone where they are few; and the groups' shares."""
    order = np.random.default_rng(seed).permutation(n) if n > groups else np.arange(n)
    parts = [np.sort(part) for part in np.array_split(order, min(n, groups))]
    return parts, np.array([len(part) / n for part in parts])


def covariances_without(answers: Floats, parts: list[Ints]) -> Floats:
    """Covariances (groups, items, items) of complete answers (items, respondents) without each group."""
    whole = moments(answers)
    n, out = whole.n, np.empty((len(parts), len(answers), len(answers)))
    centred = answers - whole.mean[:, None]
    cross = whole.cov * (n - 1)
    for row, part in enumerate(parts):
        gone, left = centred[:, part], n - len(part)
        sums = gone.sum(axis=1)
        out[row] = (cross - gone @ gone.T - np.outer(sums, sums) / left) / (left - 1)
    return out


@dataclass(frozen=True)
class LeftOut:
    """Covariances of complete answers without each group of respondents, and the groups' shares."""

    covariances: Floats
    shares: Floats

    def judge(self, statistic: Callable[[Floats], Floats], estimate: float, level: float) -> Spread:
        """Judge a statistic of stacked covariance matrices by its values without each group."""
        if not np.isfinite(estimate) or len(self.shares) < 4:
            return UNKNOWN
        return spread_of(estimate, statistic(self.covariances), self.shares, level)


def leave_out_polychoric(codes: Ints, categories: Ints, *, seed: int, groups: int = MOST_GROUPS // 2) -> LeftOut:
    """Polychoric correlations of complete codes (respondents, items) without each group of respondents."""
    parts, shares = left_out(len(codes), seed=seed, groups=groups)
    return LeftOut(polychoric_without(codes, categories, parts), shares)


def leave_out(answers: Floats, *, seed: int, groups: int = MOST_GROUPS) -> LeftOut:
    """Leave out the respondents of complete answers (items, respondents), group by group."""
    parts, shares = left_out(answers.shape[1], seed=seed, groups=groups)
    if len(parts) < 4:
        return LeftOut(np.empty((0, len(answers), len(answers))), np.empty(0))
    return LeftOut(covariances_without(answers, parts), shares)
