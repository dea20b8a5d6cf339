"""Bootstrap of candidates: sums of groups of candidates, drawn again with replacement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.cutscores.binomial import Sums
from svclib.stats.cutscores.reading import Scores
from svclib.stats.intervals import normal_quantile

MANY = 2000
"""More candidates are drawn in so many groups."""
_HELD = 20_000_000


@dataclass(frozen=True, eq=False)
class Parts:
    """Sums of groups of candidates, first axis (G,).

    Attributes
    ----------
    n : (G,)
    powers : (G, 4)
        Of the total share.
    there, first, second : (G, J) or (G, J, J)
        Candidates, sums and products of items (pairs of items where cells are missing); empty without items.
    """

    n: Floats
    powers: Floats
    there: Floats
    first: Floats
    second: Floats
    reliability: float | None


def parts_of(scores: Scores, reliability: float | None, seed: int) -> Parts:
    """Add the candidates up in groups; of up to `MANY` each is one of its own."""
    known = np.flatnonzero(~np.isnan(scores.total))
    share = scores.share[known]
    items = None if scores.items is None else scores.items[known]
    if items is not None:
        items = items[:, ~np.isnan(items).all(axis=0)]
    pairs = items is not None and bool(np.isnan(items).any())
    width = 0 if items is None else items.shape[1]
    most = max(min(MANY, _HELD // max(width**2 if pairs else width, 1)), 40)
    group = _groups(len(known), most, seed)
    count = int(group.max(initial=-1)) + 1
    powers = np.column_stack([np.bincount(group, share**p, count) for p in range(1, 5)]).astype(np.float64)
    n = np.bincount(group, minlength=count).astype(np.float64)
    if items is None or reliability is not None:
        nothing = np.zeros((count, 0))
        return Parts(n, powers, nothing, nothing, nothing, reliability)
    return Parts(n, powers, *_item_sums(items - np.nanmean(items, axis=0), group, count, pairs), None)


def _groups(n: int, most: int, seed: int) -> Ints:
    if n <= most:
        return np.arange(n)
    return np.random.default_rng(seed).permutation(np.arange(n) % most)


def _item_sums(items: Floats, group: Ints, count: int, pairs: bool) -> tuple[Floats, Floats, Floats]:
    there = ~np.isnan(items)
    values = np.where(there, items, 0.0)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(count))
    if not pairs:
        total = values.sum(axis=1, keepdims=True)
        both = np.concatenate([values**2, total**2], axis=1)
        first = np.concatenate([values, total], axis=1)
        sums = (np.add.reduceat(one[order], starts) for one in (np.ones_like(first), first, both))
        return tuple(sums)  # type: ignore[return-value]
    shape = (count, items.shape[1], items.shape[1])
    out = (np.zeros(shape), np.zeros(shape), np.zeros(shape))
    ends = np.append(starts[1:], len(order))
    for at in range(count):
        rows = order[starts[at] : ends[at]]
        one, mask = values[rows], there[rows].astype(float)
        out[0][at], out[1][at], out[2][at] = mask.T @ mask, one.T @ mask, one.T @ one
    return out


def draws(count: int, replicates: int, seed: int) -> Floats:
    """Give how often each group is drawn, (replicates + 1, G); the first row is the data itself."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(count, np.full(count, 1 / count), replicates) if count else np.zeros((replicates, 0))
    return np.concatenate([np.ones((1, count)), drawn]).astype(float)


def sums_of(parts: Parts, weights: Floats) -> Sums:
    """Give power sums and reliability (alpha) of each draw."""
    n = weights @ parts.n
    powers = ratio(weights @ parts.powers, n[:, None])
    if parts.reliability is not None:
        return Sums(n, powers, np.full(len(n), parts.reliability))
    return Sums(n, powers, _alphas(parts, weights))


def _alphas(parts: Parts, weights: Floats) -> Floats:
    """Coefficient alpha of each draw; with cells missing, from the covariance of each pair of items."""
    flat = [weights @ one.reshape(len(one), -1) for one in (parts.there, parts.first, parts.second)]
    if parts.there.ndim == 2:
        there, first, second = flat
        variance = ratio(second, there) - ratio(first, there) ** 2
        items, total = variance.shape[1] - 1, variance[:, -1]
        return _alpha(items, variance[:, :-1].sum(axis=1), total)
    width = parts.there.shape[1]
    there, first, second = (one.reshape(-1, width, width) for one in flat)
    mean = ratio(first, there)
    cov = ratio(second, np.where(there > 1, there - 1, 0)) - mean * np.swapaxes(mean, 1, 2) * ratio(
        there, np.where(there > 1, there - 1, 0)
    )
    return _alpha(width, np.trace(cov, axis1=1, axis2=2), cov.sum(axis=(1, 2)))


def _alpha(items: int, variances: Floats, total: Floats) -> Floats:
    if items < 2:
        return np.full(len(total), np.nan)
    return items / (items - 1) * (1 - ratio(variances, np.where(total > 1e-12 * np.abs(variances), total, 0)))


def interval(values: Floats, level: float, *, share: bool = True) -> tuple[float, float, float]:
    """Give standard error and limits of a figure from its draws; the first value is the estimate.

    Normal limits, of shares on the scale of the logit, so that they stay between 0 and 1.
    """
    estimate, drawn = float(values[0]), values[1:][np.isfinite(values[1:])]
    if not np.isfinite(estimate) or len(drawn) < 0.9 * (len(values) - 1) or len(drawn) < 20:
        return np.nan, np.nan, np.nan
    error = float(drawn.std(ddof=1))
    reach = normal_quantile(level) * error
    if not share or not 0 < estimate < 1:
        return error, estimate - reach, estimate + reach
    scaled = reach / (estimate * (1 - estimate))
    return error, float(expit(logit(estimate) - scaled)), float(expit(logit(estimate) + scaled))
