"""The time below which an answer to an item is too quick to rest on reading it."""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Floats
from svclib.stats.marks import _

METHODS = ("normative", "mixture", "common")
NO_VALLEY = _("no valley between quick and slow answers: the normative threshold is used")
NO_TIMES = _("no times")
_BINS = 160
_STEPS = 300
_CLOSE = 1e-7
_FEWEST = 50
_MOST_RAPID = 0.5
_NARROWEST = 0.05
"""Smallest standard deviation of a component, in log seconds."""
_DEPTH = 0.9
"""A valley is at most so deep a part of the lower of its two hills."""


def normative(seconds: Floats, share: float, most: float) -> Floats:
    """Share of the mean time of each item, at most so many seconds (Wise and Ma 2012).

    >>> normative(np.array([[20.0, 200.0], [40.0, 400.0]]), 0.1, 10.0).tolist()
    [3.0, 10.0]
    """
    there = ~np.isnan(seconds)
    total, count = np.where(there, seconds, 0).sum(axis=0), there.sum(axis=0)
    return np.where(count > 0, np.minimum(most, share * total / np.maximum(count, 1)), np.nan)


def mixture(seconds: Floats) -> Floats:
    """Valley between the hills of a mixture of two lognormal distributions; NaN where one hill does as well.

    Both are fitted by maximum likelihood (EM on a fine histogram of the log times); two hills are believed where BIC
    prefers them, the lower one holds the lesser part, and the density between them dips.
    """
    return np.array([_valley(seconds[:, at]) for at in range(seconds.shape[1])])


def _valley(seconds: Floats) -> float:
    log = np.log(np.maximum(seconds[~np.isnan(seconds)], 0.1))
    if len(log) < _FEWEST or np.ptp(log) < 0.5:
        return float("nan")
    weight, edges = np.histogram(log, bins=_BINS)
    x = (edges[:-1] + edges[1:]) / 2
    share, mean, sd, log_likelihood = _two_hills(x, weight.astype(float))
    one = _density(x, log.mean(), max(float(log.std()), _NARROWEST))
    single = float(weight @ np.log(np.maximum(one, 1e-300)))
    if 2 * (log_likelihood - single) < 3 * np.log(len(log)) or share > _MOST_RAPID:
        return float("nan")
    between = np.linspace(mean[0], mean[1], 400)
    height = share * _density(between, mean[0], sd[0]) + (1 - share) * _density(between, mean[1], sd[1])
    low = int(height.argmin())
    dips = height[low] < _DEPTH * min(height[: low + 1].max(), height[low:].max())
    return float(np.exp(between[low])) if dips and 0 < low < len(between) - 1 else float("nan")


def _density(x: Floats, mean: float, sd: float) -> Floats:
    return np.asarray(np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi)))


def _two_hills(x: Floats, weight: Floats) -> tuple[float, Floats, Floats, float]:
    """EM from the best of several starts: the lower hill's share, means, standard deviations, log-likelihood."""
    cumulated = np.cumsum(weight) / weight.sum()
    found = []
    for start in (0.03, 0.1, 0.25):
        cut = x[np.searchsorted(cumulated, start)]
        lower = x < max(cut, x[2])
        found.append(_em(x, weight, lower.astype(float)))
    share, mean, sd, best = max(found, key=lambda one: one[3])
    order = np.argsort(mean)
    return (share if order[0] == 0 else 1 - share), mean[order], sd[order], best


def _em(x: Floats, weight: Floats, lower: Floats) -> tuple[float, Floats, Floats, float]:
    before, share = -np.inf, 0.0
    mean, sd = np.zeros(2), np.ones(2)
    for _step in range(_STEPS):
        parts = np.stack([weight * lower, weight * (1 - lower)])
        size = np.maximum(parts.sum(axis=1), 1e-9)
        share = float(size[0] / size.sum())
        mean = parts @ x / size
        sd = np.sqrt(np.maximum((parts * (x - mean[:, None]) ** 2).sum(axis=1) / size, _NARROWEST**2))
        hills = np.stack([share * _density(x, mean[0], sd[0]), (1 - share) * _density(x, mean[1], sd[1])])
        total = np.maximum(hills.sum(axis=0), 1e-300)
        lower = hills[0] / total
        now = float(weight @ np.log(total))
        if now - before < _CLOSE * abs(now):
            break
        before = now
    return share, mean, sd, now


def by_method(method: str, seconds: Floats, share: float, most: float, common: float) -> tuple[Floats, list[str]]:
    """Give the threshold of each item, and why it is another one than asked for."""
    usual = normative(seconds, share, most)
    notes = np.where(np.isnan(usual), NO_TIMES, "").astype(object)
    if method == "common":
        return np.where(np.isnan(usual), np.nan, common), list(notes)
    if method == "normative":
        return usual, list(notes)
    found = mixture(seconds)
    notes[np.isnan(found) & ~np.isnan(usual)] = NO_VALLEY
    return np.where(np.isnan(found), usual, found), list(notes)
