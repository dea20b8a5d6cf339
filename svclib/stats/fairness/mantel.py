"""Mantel and Haenszel's family on counts by class of ability, for many pairs of groups at once.

Shapes: S classes, C pairs of groups, K scores; `focal` and `reference` are counts (S, C, K). A class with one group
only adds nothing. Signs: an effect below 0 is to the focal group's disadvantage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from svclib.stats.arrays import Bools, Floats, ratio

ETS = 2.35
"""4 / 1.7: turns a log odds ratio into the delta metric of ETS."""


@dataclass(frozen=True, eq=False)
class Odds:
    """A common odds ratio of each pair.

    Attributes
    ----------
    alpha : (C,) float
        Odds of the reference over those of the focal group at equal ability (Mantel and Haenszel; for several scores
        the cumulative odds ratio of Liu and Agresti 1996). 0 or infinite where one group is always right.
    variance : (C,) float
        Of log alpha.
    """

    alpha: Floats
    variance: Floats

    @property
    def delta(self) -> Floats:
        """−2.35 log alpha; NaN where alpha is 0 or infinite."""
        inside = np.isfinite(self.alpha) & (self.alpha > 0)
        return np.where(inside, -ETS * np.log(np.where(inside, self.alpha, 1.0)), np.nan)

    @property
    def error(self) -> Floats:
        """Standard error of delta."""
        return ETS * np.sqrt(np.where(np.isnan(self.delta), np.nan, self.variance))


def odds(focal: Floats, reference: Floats) -> Odds:
    """Estimate the common odds ratios.

    The variance is that of Phillips and Holland (1987), equal to Robins, Breslow and Greenland's, for right and wrong;
    for several scores that of the sum over pairs of candidates whose mean is 0 under a common odds ratio.
    """
    k = focal.shape[-1]
    steps = np.maximum(np.arange(k)[:, None] - np.arange(k), 0).astype(float)
    size = (focal + reference).sum(axis=-1)
    above = ratio((reference * (focal @ steps.T)).sum(axis=-1), size)
    below = ratio((reference * (focal @ steps)).sum(axis=-1), size)
    up, down = np.nansum(above, axis=0), np.nansum(below, axis=0)
    with np.errstate(divide="ignore"):
        alpha = np.divide(up, down, out=np.full_like(up, np.nan), where=(up > 0) | (down > 0))
    inside = np.where(np.isfinite(alpha), alpha, 0.0)
    spread = _binary_spread if k == 2 else _graded_spread
    return Odds(alpha, ratio(spread(focal, reference, size, inside, steps), up**2))


def _binary_spread(focal: Floats, reference: Floats, size: Floats, alpha: Floats, steps: Floats) -> Floats:
    a, b, c, d = reference[..., 1], reference[..., 0], focal[..., 1], focal[..., 0]
    terms = ratio((a * d + alpha * b * c) * (a + d + alpha * (b + c)), size**2)
    return np.asarray(np.nansum(terms, axis=0) / 2)


def _graded_spread(focal: Floats, reference: Floats, size: Floats, alpha: Floats, steps: Floats) -> Floats:
    alpha = alpha[:, None]
    each_reference = focal @ steps.T - alpha * (focal @ steps)
    each_focal = reference @ steps - alpha * (reference @ steps.T)
    single = (reference * (focal @ (steps**2).T)).sum(axis=-1)
    single = single + alpha[:, 0] ** 2 * (reference * (focal @ steps**2)).sum(axis=-1)
    whole = (reference * each_reference**2).sum(axis=-1) + (focal * each_focal**2).sum(axis=-1) - single
    return np.asarray(np.maximum(np.nansum(ratio(whole, size**2), axis=0), 0))


def mantel(focal: Floats, reference: Floats, *, correct: bool) -> Floats:
    """Chi-square of Mantel (1963), one degree of freedom: (C,); NaN where no class holds both groups.

    For right and wrong that of Mantel and Haenszel, with their correction of ½ if `correct` (never beyond 0).
    """
    y = np.arange(focal.shape[-1], dtype=float)
    n_focal, n_reference = focal.sum(axis=-1), reference.sum(axis=-1)
    size, whole = n_focal + n_reference, focal + reference
    first, second = whole @ y, whole @ y**2
    expected = ratio(n_focal * first, size)
    spread = ratio(n_focal * n_reference * (size * second - first**2), size**2 * (size - 1))
    apart = np.abs(np.nansum(focal @ y - expected, axis=0))
    if correct and len(y) == 2:
        apart = np.maximum(apart - 0.5, 0)
    return ratio(apart**2, np.nansum(spread, axis=0))


def generalised(counts: Floats) -> tuple[float, int]:
    """Chi-square that all groups have equal mean scores at equal ability, with its degrees of freedom.

    Mantel and Haenszel's for several groups (Somes 1986), the mean score version for several scores.

    Parameters
    ----------
    counts : (S, G, K) float
    """
    y = np.arange(counts.shape[-1], dtype=float)
    n = counts.sum(axis=-1)
    size, whole = n.sum(axis=1), counts.sum(axis=1)
    keep = size > 1
    n, size, whole, score = n[keep], size[keep], whole[keep], (counts @ y)[keep]
    mean = whole @ y / size
    variance = np.maximum(whole @ y**2 / size - mean**2, 0) / (size - 1)
    apart = (score - n * mean[:, None]).sum(axis=0)
    spread = np.diag((variance * size) @ n) - (n * variance[:, None]).T @ n
    values, vectors = np.linalg.eigh(spread)
    large = values > max(values.max(initial=0), 0) * 1e-10
    if not large.any():
        return float("nan"), 0
    along = vectors[:, large].T @ apart
    return float((along**2 / values[large]).sum()), int(large.sum())


@dataclass(frozen=True, eq=False)
class Standardised:
    """Differences of mean scores at equal ability, averaged over the focal group.

    Attributes
    ----------
    difference : (C,) float
        Focal less reference, in steps of score: P-DIF for right and wrong (Dorans and Kulick 1986), the standardised
        mean difference for several scores (Zwick and Thayer 1996).
    error : (C,) float
        From the hypergeometric variance of each class.
    spread : (C,) float
        Standard deviation of the item's score, both groups together.
    """

    difference: Floats
    error: Floats
    spread: Floats


def standardised(focal: Floats, reference: Floats) -> Standardised:
    """Standardise the difference of mean scores to the focal group's abilities."""
    y = np.arange(focal.shape[-1], dtype=float)
    n_focal, n_reference = focal.sum(axis=-1), reference.sum(axis=-1)
    both = (n_focal > 0) & (n_reference > 0)
    weight = np.where(both, n_focal, 0.0)
    weight = ratio(weight, weight.sum(axis=0))
    gap = ratio(focal @ y, n_focal) - ratio(reference @ y, n_reference)
    size, whole = n_focal + n_reference, focal + reference
    within = ratio(whole @ y**2 - ratio((whole @ y) ** 2, size), size - 1)
    spread = weight**2 * np.where(both, ratio(size * within, n_focal * n_reference), 0.0)
    total = whole.sum(axis=0)
    n = total.sum(axis=-1)
    variance = ratio(total @ y**2 - ratio((total @ y) ** 2, n), n - 1)
    difference = np.where(both.any(axis=0), np.where(both, weight * gap, 0.0).sum(axis=0), np.nan)
    return Standardised(difference, np.sqrt(np.where(both, spread, 0).sum(axis=0)), np.sqrt(variance))


@dataclass(frozen=True, eq=False)
class Homogeneity:
    """Breslow and Day's test (1980) that the odds ratio is the same at all abilities, and the test for a trend.

    Attributes
    ----------
    statistic, df, p_value : (C,) float
    trend, trend_p : (C,) float
        One degree of freedom: does the odds ratio rise or fall with ability (Penfield 2003)?
    """

    statistic: Floats
    df: Floats
    p_value: Floats
    trend: Floats
    trend_p: Floats


def breslow_day(focal: Floats, reference: Floats, value: Floats) -> Homogeneity:
    """Test the odds ratio's homogeneity for right and wrong; `value` (S,) is the matching score of each class."""
    n_focal, n_reference = focal.sum(axis=-1), reference.sum(axis=-1)
    right, wrong = (focal + reference)[..., 1], (focal + reference)[..., 0]
    keep = (n_focal > 0) & (n_reference > 0) & (right > 0) & (wrong > 0)
    mask = keep[..., None]
    alpha = odds(np.where(mask, focal, 0.0), np.where(mask, reference, 0.0)).alpha
    usable = np.isfinite(alpha) & (alpha > 0)
    alpha = np.where(usable, alpha, np.nan)
    expected = _expected(n_reference, n_focal, right, alpha)
    with np.errstate(divide="ignore", invalid="ignore"):
        cells = 1 / expected + 1 / (n_reference - expected) + 1 / (right - expected)
        spread = 1 / (cells + 1 / (n_focal - right + expected))
    keep = keep & (np.nan_to_num(spread) > 0)
    spread, apart = np.where(keep, spread, 0.0), np.where(keep, reference[..., 1] - expected, 0.0)
    statistic = np.nansum(ratio(apart**2, spread), axis=0)
    df = keep.sum(axis=0) - 1.0
    at = value[:, None]
    around = (at**2 * spread).sum(axis=0) - ratio((at * spread).sum(axis=0) ** 2, spread.sum(axis=0))
    trend = ratio((at * apart).sum(axis=0) ** 2, np.where(around > 1e-12, around, 0.0))
    told: Bools = usable & (df > 0)
    statistic = np.where(told, statistic, np.nan)
    return Homogeneity(
        statistic, np.where(told, df, np.nan), chdtrc(np.where(told, df, np.nan), statistic),
        np.where(told, trend, np.nan), chdtrc(1.0, np.where(told, trend, np.nan)),
    )  # fmt: skip


def _expected(n_reference: Floats, n_focal: Floats, right: Floats, alpha: Floats) -> Floats:
    """Right answers of the reference in each class, were the odds ratio alpha in all (the root that fits)."""
    linear = alpha * (n_reference + right) + (n_focal - right)
    root = np.sqrt(np.maximum(linear**2 - 4 * alpha * (alpha - 1) * n_reference * right, 0))
    # the root written without a difference of near numbers: it also holds at alpha = 1
    return ratio(2 * alpha * n_reference * right, linear + root)
