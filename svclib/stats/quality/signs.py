"""Signs of answers that staff filled in, unit by unit: each a value that grows with the suspicion, and its error.

Shares are compared as angles, asin √share, whose error depends on the number of answers alone; what honest units
differ by otherwise is left to `svclib.stats.quality.units`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaln, ndtri

from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.quality.moments import Scan
from svclib.stats.quality.similarity import Twins


@dataclass(frozen=True)
class Sheets:
    """What the signs look at.

    Attributes
    ----------
    unit : (rows,) int
        -1 for rows of no unit.
    units : int
    ratings : (rows, items) float
    low, high : (items,) float
        Ends of the scales, as answered anywhere.
    """

    unit: Ints
    units: int
    ratings: Floats
    low: Floats
    high: Floats

    @property
    def level(self) -> Floats:
        """Each sheet's mean rating, 0 to 1; NaN without a rating."""
        width = np.where(self.high > self.low, self.high - self.low, np.nan)
        scaled = (self.ratings - self.low) / width
        return ratio(np.nansum(scaled, axis=1), (~np.isnan(scaled)).sum(axis=1))

    @property
    def top(self) -> Floats:
        """Share of each sheet's ratings that are at the top; NaN without a rating."""
        given = ~np.isnan(self.ratings)
        return ratio((given & (self.ratings == self.high)).sum(axis=1), given.sum(axis=1))


@dataclass(frozen=True)
class Sign:
    """One sign in every unit.

    Attributes
    ----------
    name : str
    n : (units,) float
        Answers, or pairs of answers, that it rests on.
    observed, usual : (units,) float
        In its own unit; `usual` is what chance alone, or the other units' pattern, would make (0 angle where the
        comparison is with the other units' average).
    value, error : (units,) float
        As judged.
    shown : {"share", "few", "spread", "count"}
        How an expected value is told from that of the judgement.
    given : {"", "level", "top"}
        What honest units' values depend on: nothing, the mean rating, or the share of ratings at the top.
    rows : (rows,) bool, optional
        Responses that carry the sign.
    """

    name: str
    n: Floats
    observed: Floats
    usual: Floats
    value: Floats
    error: Floats
    shown: str
    given: str = ""
    rows: Bools | None = None

    def expected(self, centre: Floats) -> Floats:
        """What is expected of the unit, in the sign's own unit, when its judged value is expected at `centre`."""
        if self.shown == "count":
            return self.usual
        if self.shown == "spread":
            return np.exp(-centre)
        turned = -centre if self.shown == "few" else centre
        return np.sin(np.clip(turned + np.where(np.isnan(self.usual), 0.0, angle(self.usual)), 0, np.pi / 2)) ** 2


def angle(share: Floats, n: Floats | float = np.inf) -> Floats:
    """asin √share, of counts with Anscombe's 3/8 (1948)."""
    known = np.where(np.isnan(share), 0.0, share)
    finite = np.isfinite(n)
    size = np.where(finite, n, 1.0)
    moved = np.where(finite, (known * size + 0.375) / (size + 0.75), known)
    return np.where(np.isnan(share), np.nan, np.arcsin(np.sqrt(np.clip(moved, 0, 1))))


def sums(values: Floats, unit: Ints, units: int) -> Floats:
    """Sum by unit; rows of no unit are left out."""
    inside = unit >= 0
    return np.bincount(unit[inside], values[inside], units).astype(np.float64)


def share_sign(
    name: str,
    hits: Floats,
    sheets: Sheets,
    *,
    few: bool = False,
    given: str = "",
    usual: Floats | None = None,
) -> Sign:
    """Compare the mean of `hits` (0 to 1 a row, NaN where not told) with that of the other units.

    Parameters
    ----------
    few : bool
        Low shares are the sign.
    usual : (units,) float, optional
        Share that the unit would have by the other units' pattern.
    """
    told = ~np.isnan(hits) & (sheets.unit >= 0)
    filled = np.where(told, hits, 0.0)
    n = sums(told.astype(float), sheets.unit, sheets.units)
    mean = ratio(sums(filled, sheets.unit, sheets.units), n)
    offset = np.zeros(sheets.units) if usual is None else np.nan_to_num(angle(usual))
    value = angle(mean, n) - offset
    error = np.sqrt(_dispersion(filled, told, mean, n, sheets) * ratio(1, 4 * n))
    rows = None if few else np.asarray((filled > 0.5) & told, dtype=np.bool_)
    shown = "few" if few else "share"
    plain = np.full(sheets.units, np.nan) if usual is None else usual
    return Sign(name, n, mean, plain, -value if few else value, error, shown, given, rows)


def _dispersion(filled: Floats, told: Bools, mean: Floats, n: Floats, sheets: Sheets) -> float:
    """Variance of a row within its unit, as a part of that of a yes or no with the same mean."""
    squares = sums(np.where(told, filled**2, 0.0), sheets.unit, sheets.units)
    within = np.nansum(squares - n * np.nan_to_num(mean) ** 2)
    most = np.nansum(n * np.nan_to_num(mean * (1 - mean)))
    return float(within / most) if most > 0 else 1.0


def spread_sign(sheets: Sheets) -> Sign:
    """Compare the variance within a unit with the most that its means allow: Σ (x - m)² / Σ (m - low)(high - m).

    Where customers are nearly all satisfied, answers can hardly vary; the quotient takes that out.
    """
    inside = sheets.unit >= 0
    given = ~np.isnan(sheets.ratings) & inside[:, None]
    filled = np.where(given, sheets.ratings, 0.0)
    count = np.stack([sums(column.astype(float), sheets.unit, sheets.units) for column in given.T], axis=1)
    mean = ratio(np.stack([sums(column, sheets.unit, sheets.units) for column in filled.T], axis=1), count)
    own = np.where(inside[:, None], mean[np.maximum(sheets.unit, 0)], 0.0)
    small = ratio(count, count - 1)[np.maximum(sheets.unit, 0)]
    squares = np.where(given, np.nan_to_num((filled - own) ** 2 * small), 0.0).sum(axis=1)
    room = np.where(given, np.nan_to_num((own - sheets.low) * (sheets.high - own)), 0.0).sum(axis=1)
    n = sums((given.any(axis=1)).astype(float), sheets.unit, sheets.units)
    total, most = sums(squares, sheets.unit, sheets.units), sums(room, sheets.unit, sheets.units)
    quotient = ratio(total, most)
    left = squares - np.nan_to_num(quotient)[np.maximum(sheets.unit, 0)] * room
    relative = n * ratio(sums(left**2, sheets.unit, sheets.units), total**2)
    told = (quotient > 0) & (n > 1)
    common = float(np.nanmedian(np.where(told, relative, np.nan))) if told.any() else np.nan
    value = np.where(told, -np.log(np.where(told, quotient, 1.0)), np.nan)
    usual = np.full(sheets.units, np.nan)
    return Sign("spread", n, quotient, usual, value, np.sqrt(common * ratio(1, n)), "spread", "level")


def perfect(sheets: Sheets) -> Floats:
    """1 for sheets with the top mark everywhere, 0 for others, NaN with fewer than two ratings."""
    given = ~np.isnan(sheets.ratings)
    top = (~given | (sheets.ratings == sheets.high)).all(axis=1)
    return np.where(given.sum(axis=1) >= 2, top.astype(float), np.nan)


def extremes(sheets: Sheets) -> Floats:
    """Share of a sheet's ratings that are at either end of the scale."""
    given = ~np.isnan(sheets.ratings)
    ends = given & ((sheets.ratings == sheets.high) | (sheets.ratings == sheets.low))
    return ratio(ends.sum(axis=1), given.sum(axis=1))


def similar_sign(found: Twins, sheets: Sheets) -> Sign:
    """Compare the share of sheets with a near twin with that in shuffled units."""
    told = ~np.isnan(found.nearest)
    n = sums(told.astype(float), sheets.unit, sheets.units)
    chance = ratio(n * found.expected + 0.375, n + 0.75)
    slope = 2 * np.sqrt(np.maximum(chance * (1 - chance), 1e-12))
    least = 1 / np.sqrt(4 * np.maximum(n, 1) * 4)
    error = np.maximum(ratio(found.error, slope), least)
    value = angle(found.observed, n) - np.arcsin(np.sqrt(np.clip(chance, 0, 1)))
    rows = np.asarray(told & (np.nan_to_num(found.nearest) >= found.threshold - 1e-9), dtype=np.bool_)
    return Sign("similar", n, found.observed, found.expected, value, error, "share", "level", rows)


def burst_sign(found: Scan, sheets: Sheets, day: Ints, window: int) -> Sign:
    """Judge the busiest window of each unit by its normal score."""
    n = sums((day >= 0).astype(float), sheets.unit, sheets.units)
    start = np.where(sheets.unit >= 0, found.start[np.maximum(sheets.unit, 0)], -1)
    rows = np.asarray((start >= 0) & (day >= start) & (day < start + window), dtype=np.bool_)
    return Sign("burst", n, found.count, found.expected, found.score, np.ones(sheets.units), "count", rows=rows)


def rapid_sign(close: Floats, expected: Floats, rows: Bools, sheets: Sheets, told: Bools) -> Sign:
    """Compare pairs of answers minutes apart with those that other units' hours would make, by Poisson's normal score.

    Half of the chance of exactly as many counts (mid-p), so that few expected pairs lean neither way.
    """
    safe = np.where(expected > 0, expected, np.nan)
    above = np.where(close > 0, gammainc(np.maximum(close, 1), safe), 1.0)
    exactly = np.exp(close * np.log(safe) - safe - gammaln(close + 1))
    score = -ndtri(np.clip(above - exactly / 2, 1e-12, 1 - 1e-12))
    n = sums(told.astype(float), sheets.unit, sheets.units)
    return Sign("rapid", n, close, expected, score, np.ones(sheets.units), "count", rows=rows)
