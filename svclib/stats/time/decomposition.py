"""A series split into trend, seasons and festival, with the errors of what is taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Bools, Floats
from svclib.stats.time.autoregression import average
from svclib.stats.time.stl import Parts, Smoothing, classical_parts, stl_parts

_ALIKE = 1e-6
"""A festival of which a smaller part is left beside trend and seasons cannot be told from them."""


@dataclass(frozen=True)
class Pieces:
    """What a series is made of.

    Attributes
    ----------
    trend, season, festival : (steps,) float
        The trend is NaN where the method gives none.
    vcov : (steps, steps) float
        Covariance of season and festival together.
    season_vcov : (steps, steps) float
        Of the season alone.
    df : float
        Degrees of freedom of the remainder.
    """

    trend: Floats
    season: Floats
    festival: Floats
    vcov: Floats
    season_vcov: Floats
    df: float


def split(y: Floats, period: int, method: str, smoothing: Smoothing, share: Floats | None) -> Pieces | None:
    """Split a series with gaps (NaN) by ``stl``, ``classical`` or ``regression``.

    `share` says how much of the festival lies in each step; None comes back where it cannot be told from the seasons.
    """
    there = ~np.isnan(y)
    if method == "regression":
        return _regression(y, there, period, share)
    if method == "classical":
        parts = classical_parts(y, period)
    else:
        parts, _weight = stl_parts(y, period, smoothing)
    return _smoothed(np.where(there, y, 0.0), there, parts, share)


def _smoothed(y: Floats, there: Bools, parts: Parts, share: Floats | None) -> Pieces | None:
    """Use a linear smooth: the errors follow from the spread of the remainder.

    The festival is estimated from what the smooth leaves of both (Speckman 1988). With the matrix R that gives the
    remainder, its variance is |Ry|² / tr(RR'), with tr(RR')² / tr(RR'RR') degrees of freedom.
    """
    one = np.diag(there.astype(np.float64))
    rest = one - there[:, None] * (parts.trend + parts.seasonal)
    known = there & ~np.isnan(rest).any(axis=1)
    feast = np.zeros_like(one)
    if share is not None:
        present = np.where(there, share, 0.0)
        left = rest[known] @ present
        if np.abs(left).max(initial=0.0) <= _ALIKE * max(float(np.abs(share).max()), _ALIKE):
            return None
        row = rest[known].T @ left / (left @ left)
        feast, one = np.outer(share, row), one - np.outer(present, row)
    trend, season, remainder = parts.trend @ one, parts.seasonal @ one, rest[known] @ one
    gram = remainder @ remainder.T
    freedom = float(np.trace(gram))
    variance = float(((remainder @ y) ** 2).sum()) / freedom
    moved = season + feast
    return Pieces(
        trend=trend @ y,
        season=season @ y,
        festival=feast @ y,
        vcov=variance * moved @ moved.T,
        season_vcov=variance * season @ season.T,
        df=freedom**2 / float((gram**2).sum()),
    )


def _regression(y: Floats, there: Bools, period: int, share: Floats | None) -> Pieces | None:
    """Regress on a trend that bends once a year, the seasons (adding up to 0), and the festival."""
    size = len(y)
    step = np.arange(size, dtype=float)
    bends = [np.maximum(step - knot, 0) for knot in range(period, size - period + 1, period)]
    trend = np.column_stack([np.ones(size), step, *bends])
    seasons = (np.arange(size)[:, None] % period == np.arange(period - 1)).astype(float)
    seasons -= (np.arange(size) % period == period - 1).astype(float)[:, None]
    feast = np.zeros((size, 0)) if share is None else share[:, None]
    x = np.column_stack([trend, seasons, feast])
    if np.linalg.matrix_rank(x[there]) < x.shape[1]:
        return None
    fit = average(y[there], x[there], np.diff(np.flatnonzero(there)))
    beta = fit.weight @ fit.beta
    apart = fit.beta - beta
    vcov = np.einsum("r,rij->ij", fit.weight, fit.scale) + np.einsum("r,ri,rj->ij", fit.weight, apart, apart)
    first, last = trend.shape[1], trend.shape[1] + seasons.shape[1]
    season, moved = np.zeros_like(x), np.zeros_like(x)
    season[:, first:last], moved[:, first:] = x[:, first:last], x[:, first:]
    return Pieces(
        trend=trend @ beta[:first],
        season=seasons @ beta[first:last],
        festival=feast @ beta[last:],
        vcov=moved @ vcov @ moved.T,
        season_vcov=season @ vcov @ season.T,
        df=fit.df,
    )
