"""Where a series changes its level: least squares over all partitions, and how sure the date is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from svclib.stats.arrays import Floats, Ints
from svclib.stats.time.autoregression import mixture, prior, weights, whiten


@dataclass(frozen=True)
class Stretch:
    """A part of a series, the values that are there.

    Attributes
    ----------
    y, weight : (n,) float
        Values, and the answers that each rests on (1 where none are given).
    gaps : (n - 1,) int
        Steps between neighbours.
    least : int
        Values needed on either side of a change.
    """

    y: Floats
    weight: Floats
    gaps: Ints
    least: int

    @property
    def places(self) -> Ints:
        """Possible first values after a change."""
        return np.arange(self.least, len(self.y) - self.least + 1)


@dataclass(frozen=True)
class Scan:
    """The series seen with a change at every place, for every ρ.

    Attributes
    ----------
    rest : (rhos, series) float
        Sum of squares without a change, of each series.
    gain : (rhos, places, series) float
        What a change at a place takes away from it.
    constant : (rhos,) float
        Part of the log-likelihood that depends on ρ alone.
    side : (rhos, places, 3) float
        For the size of the change: direction's length, and its estimate's parts.
    """

    rest: Floats
    gain: Floats
    constant: Floats
    scale: Floats
    size: Floats


def scan(stretch: Stretch, series: Floats, rhos: Floats) -> Scan:
    """Look at every place of a change in each column of `series`, (n, series)."""
    root = np.sqrt(stretch.weight / stretch.weight.mean())
    step = (np.arange(len(root))[:, None] >= stretch.places).astype(np.float64)
    level_and_steps = root[:, None] * np.column_stack([np.ones(len(root)), step])
    rest, gain, constant, scale, size = [], [], [], [], []
    for rho in rhos:
        white = whiten(root[:, None] * series, level_and_steps, stretch.gaps, float(rho))
        level = white.x[:, 0]
        length = float(level @ level)
        y = white.y - np.outer(level, level @ white.y) / length
        steps = white.x[:, 1:] - np.outer(level, level @ white.x[:, 1:]) / length
        squares = (steps**2).sum(axis=0)
        slope = (steps.T @ y) / squares[:, None]
        rest.append((y**2).sum(axis=0))
        gain.append(slope**2 * squares[:, None])
        constant.append(-(white.log_determinant + np.log(length)) / 2)
        scale.append(squares)
        size.append(slope)
    return Scan(np.array(rest), np.array(gain), np.array(constant), np.array(scale), np.array(size))


def sup_f(found: Scan, n: int) -> Floats:
    """Largest F of a change anywhere, for independent errors (Quandt 1960; Andrews 1993): one a series."""
    left = np.maximum(found.rest[0] - found.gain[0], 1e-300)
    return np.asarray(((n - 2) * found.gain[0] / left).max(axis=0))


def log_odds(found: Scan, rhos: Floats, n: int) -> Floats:
    """Log of how much likelier the series is with a change somewhere than without: one a series."""
    with_change = joint(found, rhos, n)
    top = with_change.max(axis=(0, 1))
    change = top + np.log(np.exp(with_change - top).sum(axis=(0, 1)))
    without = (found.constant + prior(rhos))[:, None] - (n - 1) / 2 * np.log(np.maximum(found.rest, 1e-300))
    highest = without.max(axis=0)
    return np.asarray(change - highest - np.log(np.exp(without - highest).sum(axis=0)))


def joint(found: Scan, rhos: Floats, n: int) -> Floats:
    """Log-likelihood of every ρ and place, the level and the size integrated out: (rhos, places, series).

    The prior of a place is √(k (n - k)), so that with independent errors the likeliest place is that of least squares.
    """
    left = np.maximum(found.rest[:, None, :] - found.gain, 1e-300)
    information = (np.log(found.scale) - np.log(found.scale[np.argmin(np.abs(rhos))])) / 2
    return np.asarray(
        (found.constant + prior(rhos))[:, None, None] - information[:, :, None] - (n - 2) / 2 * np.log(left)
    )


@dataclass(frozen=True)
class Posterior:
    """What the series tells of one change.

    Attributes
    ----------
    place : int
        Position in `Stretch.y` of the first value after the likeliest change.
    first, last : int
        The positions that hold the change with the level asked for, at least.
    chance : (places,) float
        Probability of each place.
    size : tuple of float
        Estimate, standard deviation, low, high of the change.
    chance_below : float
        Probability that the change is a fall.
    """

    place: int
    first: int
    last: int
    chance: Floats
    size: tuple[float, float, float, float]
    chance_below: float


def posterior(stretch: Stretch, rhos: Floats, level: float) -> Posterior:
    """Weigh all places (and autocorrelations) of one change."""
    n = len(stretch.y)
    found = scan(stretch, stretch.y[:, None], rhos)
    weight = weights(joint(found, rhos, n)[:, :, 0])
    chance = np.asarray(weight.sum(axis=0))
    best = int(np.argmax(chance))
    held = stretch.places[_likeliest(chance, level)]
    left = found.rest[:, None, 0] - found.gain[:, :, 0]
    scale = np.sqrt(np.maximum(left, 0) / (n - 2) / found.scale)
    parts = (weight.ravel(), found.size[:, :, 0].ravel(), scale.ravel())
    told = mixture(parts[0], parts[1][:, None], parts[2][:, None], float(n - 2), level)[:, 0]
    below = float(parts[0] @ stdtr(n - 2, -parts[1] / np.maximum(parts[2], 1e-300)))
    size = (float(told[0]), float(told[1]), float(told[2]), float(told[3]))
    return Posterior(int(stretch.places[best]), int(held.min()), int(held.max()), chance, size, below)


def _likeliest(chance: Floats, level: float) -> Ints:
    """Give the fewest places that hold the change with probability `level`."""
    order = np.argsort(-chance, kind="stable")
    needed = int(np.searchsorted(np.cumsum(chance[order]), level)) + 1
    return order[:needed]


def partition(y: Floats, weight: Floats, least: int, most: int) -> tuple[list[list[int]], Floats]:
    """Find the best places of 0 up to `most` changes (Bai and Perron 2003), and their residual sums of squares."""
    n = len(y)
    cost = _costs(y, weight, least)
    best = np.full((most + 1, n + 1), np.inf)
    origin = np.zeros((most + 1, n + 1), dtype=np.int64)
    best[0] = cost[0]
    for changes in range(1, most + 1):
        total = best[changes - 1][:, None] + cost
        origin[changes], best[changes] = total.argmin(axis=0), total.min(axis=0)
    possible = [changes for changes in range(most + 1) if np.isfinite(best[changes, n])]
    return [_trace(origin, changes, n) for changes in possible], best[possible, n]


def _costs(y: Floats, weight: Floats, least: int) -> Floats:
    """Weighted squares around its mean of each part from i to before j; infinite where it is too short."""
    zero = np.zeros(1)
    total, first, second = (np.concatenate([zero, np.cumsum(weight * y**power)]) for power in range(3))
    sums = [part[None, :] - part[:, None] for part in (total, first, second)]
    size = np.arange(len(y) + 1)
    allowed = size[None, :] - size[:, None] >= least
    safe = np.where(allowed, sums[0], 1.0)
    return np.where(allowed, np.maximum(sums[2] - sums[1] ** 2 / safe, 0.0), np.inf)


def _trace(origin: Ints, changes: int, end: int) -> list[int]:
    places = []
    for number in range(changes, 0, -1):
        end = int(origin[number, end])
        places.append(end)
    return places[::-1]


def bic(rest: Floats, weight: Floats) -> Floats:
    """Schwarz' criterion of each number of changes, as strucchange counts: means, places and the variance."""
    n = len(weight)
    spread = np.log(np.maximum(rest, 1e-300)) + 1 - np.log(n) + np.log(2 * np.pi)
    return np.asarray(n * spread - np.log(weight).sum() + np.log(n) * 2 * np.arange(1, len(rest) + 1))
