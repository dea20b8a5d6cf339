"""Intervals from the draws of a bootstrap whose statistic is biased upwards, as explained variance is.

A draw of R² or of a share of it is biased against the estimate as the estimate is against the truth. Percentiles of the
draws as they are lie too high: at n = 100 with six drivers they hold R² in 83 % of samples, and never the share of a
driver without any effect, because no draw is 0. Here the bias (mean of the draws less the estimate) is taken out once,
as if the draws stood for the estimate, and twice, as if they stood for the truth; the interval reaches over both, not
below 0. The draws are spread by √(n / (n − terms − 1)), because residuals of a regression are smaller than errors. Why:
``docs/decisions/015-intervals-of-driver-shares.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from svclib.stats.arrays import Bools, Floats, Ints

_SHORT_OF_ONE = 1 - 1e-12


@dataclass(frozen=True)
class Limiter:
    """How draws become limits.

    Attributes
    ----------
    tail : float
        Share of the draws beyond each limit: of the t distribution at the normal's scale, which widens for few
        clusters.
    widen : float
        Factor of the draws' distance from their mean.
    reach : float
        t quantile over the normal one.
    level : float
    """

    tail: float
    widen: float
    reach: float
    level: float

    @classmethod
    def of(cls, level: float, df: float, n: float, terms: int) -> Limiter:
        """Make it for `df` degrees of freedom, and n rows that a regression of so many terms is fitted to."""
        quantile = float(stdtrit(df, (1 + level) / 2))
        return cls(
            float(ndtr(-quantile)), np.sqrt(n / (n - terms - 1)), quantile / float(ndtri((1 + level) / 2)), level
        )

    def spread(self, draws: Floats) -> Floats:
        """Widen the draws about their mean; those that could not be told stay NaN."""
        centre = np.nanmean(draws, axis=-1, keepdims=True)
        return np.asarray(centre + self.widen * (draws - centre))

    def limits(self, estimate: Floats, draws: Floats, *, floor: float = -np.inf) -> tuple[Floats, Floats]:
        """Give the interval of each row of `draws` (rows, draws)."""
        wide = self.spread(draws)
        bias = wide.mean(axis=-1) - estimate
        low, high = np.quantile(wide, [self.tail, 1 - self.tail], axis=-1)
        low = np.minimum(low - bias, low - 2 * bias)
        high = np.maximum(high - bias, high - 2 * bias)
        return np.maximum(np.minimum(low, estimate), floor), np.maximum(np.maximum(high, estimate), floor)

    def error(self, draws: Floats) -> Floats:
        """Standard error of each row."""
        return np.asarray(self.widen * draws.std(axis=-1, ddof=1))

    def explained(self, estimate: Floats, draws: Floats) -> tuple[Floats, Floats]:
        """Interval of R² on Fisher's scale, artanh √R², on which its spread hangs little on its size."""
        scaled = np.arctanh(np.sqrt(np.clip(draws, 0, _SHORT_OF_ONE)))
        own = np.arctanh(np.sqrt(np.clip(estimate, 0, _SHORT_OF_ONE)))
        low, high = self.limits(own, scaled, floor=0.0)
        return np.tanh(low) ** 2, np.tanh(high) ** 2

    def proportions(self, estimate: Floats, draws: Floats, *, floor: float) -> tuple[Floats, Floats]:
        """Interval of each row's part of the column's sum: of the draws with the bias out once, and out twice."""
        wide = self.spread(draws)
        bias = (wide.mean(axis=-1) - estimate)[:, None]
        ends = [self._percentiles(np.maximum(wide - times * bias, floor)) for times in (1, 2)]
        own = parts(estimate[:, None])[:, 0]
        low, high = np.minimum(ends[0][0], ends[1][0]), np.maximum(ends[0][1], ends[1][1])
        return np.minimum(low, own), np.maximum(high, own)

    def _percentiles(self, kept: Floats) -> tuple[Floats, Floats]:
        told = parts(kept)
        told = told[:, ~np.isnan(told).any(axis=0)]
        if not told.shape[1]:
            return np.zeros(len(kept)), np.ones(len(kept))
        low, high = np.quantile(told, [self.tail, 1 - self.tail], axis=1)
        return low, high


def parts(values: Floats) -> Floats:
    """Divide each column by its sum; NaN where that is not above 0."""
    total = values.sum(axis=0)
    told = total > 0
    return np.where(told, values / np.where(told, total, 1.0), np.nan)


@dataclass(frozen=True)
class Differences:
    """Every two rows compared, all at once.

    Attributes
    ----------
    first, second : (pairs,) int
    estimate, error, low, high, p_value : (pairs,) float
        The intervals hold together at the level; the p values allow for all pairs.
    """

    first: Ints
    second: Ints
    estimate: Floats
    error: Floats
    low: Floats
    high: Floats
    p_value: Floats

    def above(self, rows: int) -> Bools:
        """Say which row lies surely above which: (rows, rows)."""
        found = np.zeros((rows, rows), dtype=np.bool_)
        found[self.first, self.second] = self.low > 0
        found[self.second, self.first] = self.high < 0
        return found


def differences(estimate: Floats, draws: Floats, limiter: Limiter) -> Differences:
    """Compare every two rows with the largest studentised distance of the draws (Westfall and Young 1993)."""
    first, second = np.triu_indices(len(estimate), 1)
    away = estimate[first] - estimate[second]
    moved = draws[first] - draws[second]
    centre, error = moved.mean(axis=1), limiter.error(moved)
    told = error > 0
    unit = np.where(told, error, 1.0)
    largest = (limiter.widen * np.abs(moved - centre[:, None]) / unit[:, None])[told].max(axis=0, initial=0.0)
    reach = limiter.reach * float(np.quantile(largest, limiter.level)) * error
    bias = centre - away
    statistic = np.where(told, np.abs(away) / unit, 0.0)
    p_value = (1 + (limiter.reach * largest[None, :] >= statistic[:, None]).sum(axis=1)) / (draws.shape[1] + 1)
    low, high = np.minimum(away, away - bias) - reach, np.maximum(away, away - bias) + reach
    return Differences(first, second, away, error, low, high, p_value)


def rank_sets(above: Bools) -> tuple[Ints, Ints]:
    """Lowest and highest rank that the differences leave each row, 1 for the largest.

    1 + the rows surely above it, to all rows less those surely below: sets that hold together for all ranks at the
    level of the differences (Mogstad, Romano, Shaikh and Wilhelm 2024).
    """
    return 1 + above.sum(axis=0), len(above) - above.sum(axis=1)
