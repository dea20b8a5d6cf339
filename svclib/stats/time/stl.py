"""STL and the classical decomposition as matrices: what turns a series into its trend and its seasons.

Both are linear in the series (STL given its robustness weights), so that each is a pair of matrices; with them the
error of an adjusted value is a formula. A missing month has weight 0 in every smooth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Bools, Floats, Ints

_ROBUST_ROUNDS = 15
_ROUNDS, _ROUNDS_ROBUST = 20, 2


@dataclass(frozen=True)
class Parts:
    """What makes the trend and the seasons of a series: (steps, steps) float each; columns of gaps are 0."""

    trend: Floats
    seasonal: Floats


@dataclass(frozen=True)
class Smooth:
    """A local regression (Cleveland, Cleveland, McRae and Terpenning 1990).

    Attributes
    ----------
    window : int
        Points in reach; more than there are makes it flatter.
    degree : {0, 1}
        Local mean or local line.
    jump : int
        Points from one that is computed to the next; between them a line is drawn.
    """

    window: int
    degree: int
    jump: int


@dataclass(frozen=True)
class Smoothing:
    """How STL smooths.

    Attributes
    ----------
    seasonal_window : int, optional
        Odd number of years in reach of a season; without it the seasons stay the same.
    trend_window : int, optional
        Odd number of steps in reach of the trend.
    robust : bool
        Whether odd values count less.
    rounds : int, optional
        How often seasons and trend are smoothed in turn: 20, and 2 in each of 15 robust passes. R has 2 and 1, which
        leaves part of a steep trend in the seasons (in two years two months' slope).
    """

    seasonal_window: int | None = None
    trend_window: int | None = None
    robust: bool = False
    rounds: int | None = None


def stl_parts(y: Floats, period: int, smoothing: Smoothing) -> tuple[Parts, Floats]:
    """Decompose by STL; but for `rounds`, with the defaults of R's stl.

    Parameters
    ----------
    y : (steps,) float
        NaN where there is no value.

    Returns
    -------
    Parts
    weights : (steps,) float
        Robustness weights; 0 where there is no value.
    """
    there = ~np.isnan(y)
    filled, weight = np.where(there, y, 0.0), there.astype(np.float64)
    fixed, robust = smoothing.seasonal_window is None, smoothing.robust
    window = smoothing.seasonal_window or 10 * len(y) + 1
    rounds = smoothing.rounds or (_ROUNDS_ROBUST if robust else _ROUNDS)
    trend = smoothing.trend_window or _odd(int(np.ceil(1.5 * period / (1 - 1.5 / window))))
    smooths = [
        Smooth(window, 0, _jump(window)),
        Smooth(_odd(period), 1, _jump(_odd(period))),
        Smooth(trend, 1, _jump(trend)),
    ]
    found = _inner(np.zeros((len(y), len(y))), weight, period, smooths, rounds)
    for _round in range(_ROBUST_ROUNDS if robust else 0):
        rest = np.abs(filled - (found.trend + found.seasonal) @ filled)
        weight = np.where(there, _bisquare(rest, float(np.median(rest[there]))), 0.0)
        found = _inner(found.trend, weight, period, smooths, rounds)
    seasonal = _same_every_year(len(y), period) @ found.seasonal if fixed else found.seasonal
    return Parts(found.trend, seasonal), weight


def _odd(number: int) -> int:
    return number + (number % 2 == 0)


def _jump(window: int) -> int:
    return int(np.ceil(window / 10))


def _bisquare(rest: Floats, middle: float) -> Floats:
    """Tukey's weights, 0 beyond six medians."""
    reach = 6 * middle
    if reach <= 0:
        return np.where(rest > 0, 0.0, 1.0)
    share = rest / reach
    return np.where(share <= 0.001, 1.0, np.where(share <= 0.999, (1 - np.minimum(share, 1) ** 2) ** 2, 0.0))


def _inner(trend: Floats, weight: Floats, period: int, smooths: list[Smooth], rounds: int) -> Parts:
    """Smooth seasons and trend in turn, starting from the matrix of a trend."""
    size = len(weight)
    one = np.diag((weight > 0).astype(np.float64))
    even = np.ones(size)
    cycle = _cycles(weight, period, smooths[0])
    low = _matrix(even, smooths[1]) @ _moving(size, period)
    season_of = cycle[period : period + size] - low @ cycle
    trend_of = _matrix(weight, smooths[2])
    seasonal = np.zeros_like(trend)
    for _round in range(rounds):
        seasonal = season_of @ (one - trend)
        trend = trend_of @ (one - seasonal)
    return Parts(trend, seasonal)


def _cycles(weight: Floats, period: int, smooth: Smooth) -> Floats:
    """Smooth each season over the years, and one year beyond either end: (steps + 2 periods, steps)."""
    size = len(weight)
    out = np.zeros((size + 2 * period, size))
    for season in range(period):
        mine = np.arange(season, size, period)
        out[season + period * np.arange(len(mine) + 2)[:, None], mine] = _matrix(weight[mine], smooth, beyond=True)
    return out


def _moving(size: int, period: int) -> Floats:
    """Mean of a period, of a period again, then of three: (steps, steps + 2 periods)."""
    kernel = np.convolve(np.convolve(np.ones(period), np.ones(period)), np.ones(3)) / (period * period * 3)
    out = np.zeros((size, size + 2 * period))
    rows = np.arange(size)[:, None]
    out[rows, rows + np.arange(len(kernel))] = kernel
    return out


def _matrix(weight: Floats, smooth: Smooth, *, beyond: bool = False) -> Floats:
    """Matrix of a local regression; with `beyond` also one point before the first and one behind the last."""
    size = len(weight)
    if size < 2:
        return np.ones((size + 2 * beyond, size))
    jump = min(smooth.jump, size - 1)
    grid = np.unique(np.append(np.arange(0, size, jump), size - 1))
    first, last = _reach(grid, size, smooth.window, jump)
    rows = _local(weight, grid.astype(np.float64), first, last, smooth)
    found = _between(grid, rows, size)
    if not beyond:
        return found
    width = min(smooth.window, size)
    edges = [(-1.0, 0, width - 1), (float(size), size - width, size - 1)]
    ends = [_local(weight, np.array([at]), np.array([one]), np.array([other]), smooth) for at, one, other in edges]
    return np.vstack([ends[0], found, ends[1]])


def _reach(grid: Ints, size: int, window: int, jump: int) -> tuple[Ints, Ints]:
    """First and last point in reach of each point that is computed."""
    if window >= size:
        return np.zeros_like(grid), np.full_like(grid, size - 1)
    half = (window + 1) // 2
    first = np.clip(grid + 1 - half, 0, size - window)
    if jump > 1 and grid[-1] % jump:  # the last point takes the reach of the one computed before
        first[-1] = first[-2]
    return first, first + window - 1


def _local(weight: Floats, at: Floats, first: Ints, last: Ints, smooth: Smooth) -> Floats:
    """Rows of weights of local regressions at points."""
    size = len(weight)
    place = np.arange(size)
    half = np.maximum(at - first, last - at) + (max(smooth.window - size, 0) // 2)
    distance = np.abs(place - at[:, None])
    share = distance / half[:, None]
    tricube = np.where(share <= 0.001, 1.0, (1 - np.minimum(share, 1) ** 3) ** 3)
    inside: Bools = (place >= first[:, None]) & (place <= last[:, None]) & (share <= 0.999)
    found = np.where(inside, tricube * weight, 0.0)
    empty = found.sum(axis=1) <= 0
    found[empty] = np.where(weight > 0, 1 / (1 + distance[empty]) ** 4, 0.0)  # nothing in reach: the nearest there are
    found /= found.sum(axis=1, keepdims=True)
    if smooth.degree == 0:
        return found
    centre = found @ place
    away = place - centre[:, None]
    spread = (found * away**2).sum(axis=1)
    tilt = np.where(np.sqrt(spread) > 0.001 * (size - 1), (at - centre) / np.where(spread > 0, spread, 1.0), 0.0)
    return np.asarray(found * (1 + tilt[:, None] * away))


def _between(grid: Ints, rows: Floats, size: int) -> Floats:
    """Draw lines between the points that were computed."""
    right = np.clip(np.searchsorted(grid, np.arange(size), side="left"), 1, len(grid) - 1)
    left = right - 1
    share = (np.arange(size) - grid[left]) / (grid[right] - grid[left])
    return np.asarray((1 - share)[:, None] * rows[left] + share[:, None] * rows[right])


def _same_every_year(size: int, period: int) -> Floats:
    """Average over the years."""
    season = np.arange(size) % period
    same = (season[:, None] == season).astype(np.float64)
    return np.asarray(same / same.sum(axis=1, keepdims=True))


def classical_parts(y: Floats, period: int) -> Parts:
    """Decompose by moving averages, as R's decompose (Kendall and Stuart 1983): no trend in the first half year.

    The trend is NaN there, and where a missing month is in reach.
    """
    size, there = len(y), ~np.isnan(y)
    half = period // 2
    kernel = np.ones(period) / period if period % 2 else np.concatenate([[0.5], np.ones(period - 1), [0.5]]) / period
    trend = np.zeros((size, size))
    for row in range(half, size - half):
        trend[row, row - half : row - half + len(kernel)] = kernel
    whole = (np.abs(trend).sum(axis=1) > 0) & (np.abs(trend[:, ~there]).sum(axis=1) == 0)
    season = np.arange(size) % period
    detrended = np.eye(size) - trend
    figure = np.zeros((period, size))
    for one in range(period):
        rows = whole & there & (season == one)
        figure[one] = detrended[rows].mean(axis=0) if rows.any() else np.nan
    figure -= figure.mean(axis=0)
    return Parts(np.where(whole[:, None], trend, np.nan), figure[season])
