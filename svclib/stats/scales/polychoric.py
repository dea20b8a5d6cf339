"""Polychoric correlations in two steps, all pairs of items at once: formulas on arrays.

Each answer is a normal variable cut at thresholds. The thresholds come from each item's own shares, then each pair's
correlation maximises the likelihood of its table (Olsson 1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.scales.binormal import cdf, density, density_slope

INFINITE = 37.0
"""A limit beyond which the normal distribution has no probability left in double precision."""
BOUND = 0.99999
"""Correlations are sought within ±`BOUND`."""
_NEARLY_PERFECT = 0.95
"""Beyond, the likelihood is compared with that of ±1, to which it can rise too slowly for Newton's steps."""
_FLOOR = 1e-20
"""Below this a probability is only the rounding of its parts."""
_STEPS = 60
_TOLERANCE = 1e-8
_CORRECTION = 0.5


@dataclass(frozen=True)
class Pairs:
    """The tables of all pairs of items, and the thresholds they are cut at.

    Attributes
    ----------
    first, second : (pairs,) int
        Positions of the two items.
    counts : (pairs, categories, categories) float
        Answers (or their weights) in each cell; items of fewer categories leave the rest empty.
    cuts : (items, categories + 1) float
        Thresholds between −`INFINITE` and `INFINITE`.
    """

    first: Ints
    second: Ints
    counts: Floats
    cuts: Floats


def polychoric_core(
    codes: Ints, categories: Ints, *, weights: Floats | None = None, correction: float = _CORRECTION
) -> tuple[list[Floats], Floats]:
    """Estimate thresholds and polychoric correlations.

    Parameters
    ----------
    codes : (rows, items) int
        Answers as 0 … categories − 1; −1 where missing. A pair uses the rows that have both.
    categories : (items,) int
        How many categories each item has. One that nobody chose has the threshold of its neighbour.
    weights : (rows,) float, optional
    correction : float
        Added to an empty cell of a table of two by two, its margins kept.

    Returns
    -------
    thresholds : list of (categories − 1,) float
        One array an item; ∓`INFINITE` where nobody is below or above.
    correlations : (items, items) float
        ±1 where no answers speak against a perfect association; NaN where a pair cannot tell.

    Examples
    --------
    >>> answers = np.array([[0, 0], [0, 0], [1, 1], [1, 1], [2, 2], [2, 2], [0, 1], [2, 1], [1, 0], [1, 2]])
    >>> polychoric_core(answers, np.array([3, 3]))[1].round(2)[0, 1].item()
    0.78
    """
    pairs = pair_tables(codes, categories, weights=weights, correction=correction)
    matrix = np.eye(codes.shape[1])
    matrix[pairs.first, pairs.second] = matrix[pairs.second, pairs.first] = maximise(pairs)
    return [pairs.cuts[item, 1:count] for item, count in enumerate(categories)], matrix


def pair_tables(
    codes: Ints, categories: Ints, *, weights: Floats | None = None, correction: float = _CORRECTION
) -> Pairs:
    """Count the tables of all pairs by one product of indicators; parameters as of `polychoric_core`."""
    most = max(int(np.max(categories)), 2)
    chosen = indicators(codes, most, exact=weights is not None)
    weighted = chosen if weights is None else chosen * weights[:, None]
    items = codes.shape[1]
    cross = (chosen.T @ weighted).reshape(items, most, items, most)
    first, second = np.triu_indices(items, 1)
    counts = cross[first, :, second, :].astype(np.float64)
    two = (np.asarray(categories)[first] == 2) & (np.asarray(categories)[second] == 2)
    counts[two, :2, :2] = corrected(counts[two, :2, :2], correction)
    own = weighted.sum(axis=0, dtype=np.float64).reshape(items, most)
    return Pairs(first.astype(np.int64), second.astype(np.int64), counts, cut_points(own, np.asarray(categories)))


def indicators(codes: Ints, most: int, *, exact: bool = False) -> Floats:
    """Make rows × (items · categories) of 0 and 1, in single precision where counts stay exact in it."""
    kind = np.float64 if exact or len(codes) >= 2**24 else np.float32
    return (codes[:, :, None] == np.arange(most)).reshape(len(codes), codes.shape[1] * most).astype(kind)


def cut_points(counts: Floats, categories: Ints) -> Floats:
    """Give the normal quantiles of the cumulated shares, with the infinite ends."""
    shares = ratio(np.cumsum(counts, axis=1), counts.sum(axis=1, keepdims=True))
    cuts = np.clip(ndtri(np.clip(shares, 0, 1)), -INFINITE, INFINITE)
    cuts = np.where(np.arange(1, counts.shape[1] + 1) >= categories[:, None], INFINITE, cuts)
    return np.column_stack([np.full(len(counts), -INFINITE), cuts])


def corrected(tables: Floats, correction: float) -> Floats:
    """Add `correction` to the single empty cell of tables of two by two, keeping their margins."""
    empty = tables == 0
    alone = (empty.sum(axis=(-2, -1)) == 1)[..., None, None]
    diagonal = (empty[..., 0, 0] | empty[..., 1, 1])[..., None, None]
    pattern = np.array([[1.0, -1.0], [-1.0, 1.0]])
    return tables + np.where(alone, correction * np.where(diagonal, pattern, -pattern), 0.0)


def interior(pairs: Pairs) -> tuple[Floats, Floats]:
    """Give the inner thresholds of the pairs as grids (pairs, rows, 1) and (pairs, 1, columns)."""
    inner = pairs.cuts[:, 1:-1]
    return inner[pairs.first][:, :, None], inner[pairs.second][:, None, :]


def cells(grid: Floats) -> Floats:
    """Difference a distribution function on (pairs, rows + 1, columns + 1) into the cells."""
    return np.diff(np.diff(grid, axis=1), axis=2)


def _bordered(inner: Floats, right: Floats | None = None, below: Floats | None = None) -> Floats:
    """Put the borders around a grid of inner thresholds: 0 everywhere, or the margins."""
    pairs, rows, columns = inner.shape
    out = np.zeros((pairs, rows + 2, columns + 2))
    out[:, 1:-1, 1:-1] = inner
    if right is not None and below is not None:
        out[:, 1:-1, -1], out[:, -1, 1:-1], out[:, -1, -1] = right, below, 1.0
    return out


def probabilities(pairs: Pairs, rho: Floats) -> Floats:
    """Probabilities of the cells (pairs, categories, categories) at the correlations `rho`."""
    h, k = interior(pairs)
    inner = cdf(h, k, rho[:, None, None])
    return np.maximum(cells(_bordered(inner, ndtr(h[:, :, 0]), ndtr(k[:, 0, :]))), _FLOOR)


def slopes(pairs: Pairs, rho: Floats) -> tuple[Floats, Floats]:
    """First and second derivative of `probabilities` by the correlation."""
    h, k, r = *interior(pairs), rho[:, None, None]
    return cells(_bordered(density(h, k, r))), cells(_bordered(density_slope(h, k, r)))


def telling(pairs: Pairs) -> Bools:
    """Pairs whose table has two rows and two columns with answers: others cannot tell a correlation."""
    rows = (pairs.counts.sum(axis=2) > 0).sum(axis=1)
    columns = (pairs.counts.sum(axis=1) > 0).sum(axis=1)
    return (rows > 1) & (columns > 1)


def maximise(pairs: Pairs, start: Floats | None = None) -> Floats:
    """Maximise each pair's likelihood: Newton's steps in a bracket that the score's sign narrows; ±1 where perfect."""
    able = np.flatnonzero(telling(pairs))
    out = np.full(len(pairs.first), np.nan)
    some = _chosen(pairs, able)
    out[able] = _maximise(some, _start(some) if start is None else np.nan_to_num(start[able]))
    return out


def polychoric_without(
    codes: Ints, categories: Ints, parts: Sequence[Ints], *, correction: float = _CORRECTION
) -> Floats:
    """Polychoric correlations (parts, items, items) without the rows of each part; see `polychoric_core`."""
    (count, items), kinds = (len(parts), codes.shape[1]), np.asarray(categories)
    most = max(int(kinds.max()), 2)
    first, second = np.triu_indices(items, 1)
    whole = maximise(pair_tables(codes, kinds, correction=correction))
    left = _tables_without(indicators(codes, most), parts).reshape(count, items, most, items, most)
    counts = left[:, first, :, second, :].swapaxes(0, 1)
    two = (kinds[first] == 2) & (kinds[second] == 2)
    counts[:, two, :2, :2] = corrected(counts[:, two, :2, :2], correction)
    own = np.diagonal(np.diagonal(left, axis1=1, axis2=3), axis1=1, axis2=2)
    cuts = cut_points(own.reshape(count * items, most), np.tile(kinds, count))
    place = items * np.arange(count)[:, None]
    pairs = Pairs((first + place).ravel(), (second + place).ravel(), counts.reshape(-1, most, most), cuts)
    out = np.tile(np.eye(items), (count, 1, 1))
    out[:, first, second] = maximise(pairs, np.tile(whole, count)).reshape(count, -1)
    out[:, second, first] = out[:, first, second]
    return out


def _tables_without(chosen: Floats, parts: Sequence[Ints]) -> Floats:
    whole = (chosen.T @ chosen).astype(np.float64)
    return np.array([whole - chosen[part].T @ chosen[part] for part in parts])


def _chosen(pairs: Pairs, which: Ints) -> Pairs:
    return Pairs(pairs.first[which], pairs.second[which], pairs.counts[which], pairs.cuts)


def _maximise(pairs: Pairs, start: Floats) -> Floats:
    rho = np.clip(start, -0.9, 0.9)
    low, high = np.full_like(rho, -BOUND), np.full_like(rho, BOUND)
    active = np.arange(len(rho))
    for _step in range(_STEPS):
        here = rho[active]
        score, curvature, information = _derivatives(_chosen(pairs, active), here)
        low[active] = np.where(score > 0, here, low[active])
        high[active] = np.where(score < 0, here, high[active])
        step = np.where(curvature < 0, -ratio(score, curvature), ratio(score, information))
        # Newton's error after so small a step is beyond the last digit.
        last = (np.abs(step) < _TOLERANCE) | (high[active] - low[active] < _TOLERANCE)
        inside = (here + step > low[active]) & (here + step < high[active])
        rho[active] = np.where(inside | last, here + step, (low[active] + high[active]) / 2)
        active = active[~last]
        if not len(active):
            break
    return _perfect(pairs, np.clip(rho, -BOUND, BOUND))


def _perfect(pairs: Pairs, rho: Floats) -> Floats:
    """Give ±1 where no answers speak against it: the likelihood there is as high."""
    some = np.flatnonzero(np.abs(rho) > _NEARLY_PERFECT)
    out = rho.copy()
    if len(some):
        near, sign = _chosen(pairs, some), np.sign(rho[some])
        gain = (near.counts * np.log(probabilities(near, sign) / probabilities(near, rho[some]))).sum(axis=(1, 2))
        out[some] = np.where(gain > -1e-9 * near.counts.sum(axis=(1, 2)), sign, rho[some])
    return out


def _derivatives(pairs: Pairs, rho: Floats) -> tuple[Floats, Floats, Floats]:
    """Score of the correlation, its slope, and the expected information."""
    chance = probabilities(pairs, rho)
    first, second = slopes(pairs, rho)
    counts, relative = pairs.counts, first / chance
    score = (counts * relative).sum(axis=(1, 2))
    curvature = (counts * (second / chance - relative**2)).sum(axis=(1, 2))
    return score, curvature, counts.sum(axis=(1, 2)) * (first * relative).sum(axis=(1, 2))


def _start(pairs: Pairs) -> Floats:
    """Product-moment correlation of the categories' numbers in each table."""
    place = np.arange(pairs.counts.shape[1], dtype=float)
    total = pairs.counts.sum(axis=(1, 2))
    rows, columns = pairs.counts.sum(axis=2) / total[:, None], pairs.counts.sum(axis=1) / total[:, None]
    x, y = place - (rows @ place)[:, None], place - (columns @ place)[:, None]
    cross = np.einsum("pij,pi,pj->p", pairs.counts, x, y) / total
    return cross / np.sqrt((rows * x**2).sum(axis=1) * (columns * y**2).sum(axis=1))
