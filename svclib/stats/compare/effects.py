"""Sizes of effects with their intervals, as formulas; NaN where there is nothing to tell."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtr, chndtrinc, gammaln, ncfdtr, ncfdtrinc, nctdtrinc, stdtrit

from svclib.stats.arrays import Floats, ratio
from svclib.stats.intervals import normal_quantile


def hedges_g(t: float, df: float, n: tuple[float, float], level: float) -> tuple[float, float, float]:
    """Give Hedges' g (1981) of Student's t, and its interval.

    d = t √(1/n₁ + 1/n₂), g = J d with the exact J = Γ(df/2) / (√(df/2) Γ((df−1)/2)). The limits are those of the
    noncentrality of t (Steiger and Fouladi 1997), times the same factors.

    Examples
    --------
    >>> [round(value, 3) for value in hedges_g(2.0, 18, (10, 10), 0.95)]
    [0.857, -0.038, 1.73]
    """
    if not df >= 2:
        return np.nan, np.nan, np.nan
    scale = np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2) * np.sqrt(1 / n[0] + 1 / n[1])
    low, high = (float(nctdtrinc(df, tail, t)) for tail in ((1 + level) / 2, (1 - level) / 2))
    if not low <= t <= high:  # beyond what the noncentral distribution can be computed for
        low, high = np.nan, np.nan
    return float(t * scale), float(low * scale), float(high * scale)


def explained_interval(f: float, df: float, df2: float, n: float, level: float) -> tuple[float, float]:
    """Interval of the share of variance between groups in the population, λ / (λ + n) (Steiger 2004).

    λ is the noncentrality of F at the limits. η², ω² and ε² estimate this one share, so that they have one interval.
    """
    if not (df2 >= 1 and f >= 0):
        return np.nan, np.nan
    low, high = (_f_noncentrality(f, df, df2, tail) for tail in ((1 + level) / 2, (1 - level) / 2))
    if high <= low and high > 0:  # beyond what the noncentral distribution can be computed for
        return np.nan, np.nan
    return low / (low + n), high / (high + n)


def _f_noncentrality(f: float, df: float, df2: float, tail: float) -> float:
    return 0.0 if ncfdtr(df, df2, 0.0, f) <= tail else float(ncfdtrinc(df, df2, tail, f))


def omega_squared(f: float, df: float, n: float) -> float:
    """ω² of an F ratio: df (F − 1) / (df (F − 1) + n), not below 0 (Hays 1963)."""
    surplus = df * (f - 1)
    return max(surplus / (surplus + n), 0.0)


def chi_square_noncentrality(statistic: float, df: float, level: float) -> tuple[float, float]:
    """Interval of the noncentrality of a chi-square statistic (Smithson 2003)."""

    def limit(tail: float) -> float:
        return 0.0 if chdtr(df, statistic) <= tail else float(chndtrinc(statistic, df, tail))

    return limit((1 + level) / 2), limit((1 - level) / 2)


def dominance(first: Floats, second: Floats) -> tuple[float, float, float]:
    """Cliff's delta, its standard error and degrees of freedom: how much more often `first` is above `second`.

    δ = P(x > y) − P(x < y). The error comes from each answer's own delta against the other group (Cliff 1993; the
    same as Sen's and DeLong's of the area under the curve): √(s²₁/n₁ + s²₂/n₂), the degrees of freedom are
    Satterthwaite's (Brunner and Munzel 2000). NaN where a group has one answer.
    """
    own, other = _placements(first, second), -_placements(second, first)
    if min(len(own), len(other)) < 2:
        return float(own.mean()), np.nan, np.nan
    parts = np.array([own.var(ddof=1) / len(own), other.var(ddof=1) / len(other)])
    df = ratio(parts.sum() ** 2, (parts**2 / [len(own) - 1, len(other) - 1]).sum())
    return float(own.mean()), float(np.sqrt(parts.sum())), float(df)


def _placements(values: Floats, others: Floats) -> Floats:
    ordered = np.sort(others)
    below, above = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    return (below - (len(ordered) - above)) / len(ordered)


def dominance_interval(
    delta: float, error: float, df: float, n: tuple[float, float], level: float
) -> tuple[float, float]:
    """Lopsided interval of Cliff's delta that stays within −1 and 1 (Feng and Cliff 2004, with t for z).

    (δ − δ³ ± t s √((1 − δ²)² + t² s²)) / (1 − δ² + t² s²); at ±1, where s is 0, the limit is the one at which the
    smaller group of n answers could still have looked so by chance: ±(n − z²) / (n + z²).

    Notes
    -----
    Coverage at 95 % by simulation, five-point answers, groups of 5 to 50: 0.92 to 0.98; with z for t down to 0.84.
    Weak only where δ is near 0.9 and the groups are as uneven as 30 and 8: 0.85.
    """
    if np.isnan(error):
        return np.nan, np.nan
    if error == 0:
        z = normal_quantile(level)
        inner = (min(n) - z**2) / (min(n) + z**2)
        return (inner, 1.0) if delta > 0 else (-1.0, -inner)
    rest, reach = 1 - delta**2, float(stdtrit(df, (1 + level) / 2)) * error
    half = reach * np.hypot(rest, reach)
    low, high = ((delta * rest + sign * half) / (rest + reach**2) for sign in (-1, 1))
    return float(max(low, -1)), float(min(high, 1))
