"""Shapley shares of explained variance (LMG): exact over all subsets of the drivers, or over sampled orders.

The share of a driver is its gain in R² averaged over all orders in which the drivers can enter a regression (Lindeman,
Merenda and Gold 1980, p. 119; Shapley 1953; Grömping 2007). All functions take second moments with the draws of the
bootstrap on the last axis, so that one pass serves them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial

import numpy as np

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.key_drivers.sweeping import diagonal, sweep, sweep_out

EXACT = 16
"""Up to so many drivers every subset is fitted (65,536 of them)."""
_WORKING_SET = 1_500_000
"""Numbers that one pass holds: what fits a processor's cache."""


def subset_variances(moments: Floats, widths: Sequence[int]) -> Floats:
    """Give the variance of the outcome that each subset of drivers leaves: (2^drivers, draws).

    Bit k of the row's number says whether driver k is in. The matrices of all subsets of the drivers before it are
    swept at once, and each driver leaves them smaller: about six matrix entries a subset in all.

    Parameters
    ----------
    moments : (columns + 1, columns + 1, draws) float
        Centred second moments, the outcome last.
    widths : sequence of int
        Columns of each driver, in order.
    """
    spread = diagonal(moments)
    found, column = moments[None], 0
    for width in widths:
        inside = found
        for one in range(width):
            inside = sweep(inside, spread[column + one])
        found = np.concatenate([found[:, width:, width:], inside])
        column += width
    return np.asarray(found[:, 0, 0, :])


def shapley(moments: Floats, widths: Sequence[int]) -> Floats:
    """Give each driver's Shapley share of the outcome's variance, exactly: (drivers, draws).

    Parameters
    ----------
    moments, widths
        As `subset_variances`.

    Examples
    --------
    >>> correlations = np.array([[1.0, 0.5, 0.6], [0.5, 1.0, 0.5], [0.6, 0.5, 1.0]])[:, :, None]
    >>> shapley(correlations, [1, 1])[:, 0].round(4).tolist()
    [0.2617, 0.1517]
    """
    weights = subset_weights(len(widths))
    size = max(1, _WORKING_SET // (6 * 2 ** len(widths)))
    starts = range(0, moments.shape[2], size)
    parts = [-weights @ subset_variances(moments[:, :, one : one + size], widths) for one in starts]
    return np.concatenate(parts, axis=1)


def subset_weights(drivers: int) -> Floats:
    """Weight of each subset's value in each driver's share: ± s! (p − 1 − s)! / p! for s others (drivers, 2^drivers).

    >>> subset_weights(2).tolist()
    [[-0.5, 0.5, -0.5, 0.5], [-0.5, -0.5, 0.5, 0.5]]
    """
    inside: Bools = (np.arange(2**drivers)[None, :] >> np.arange(drivers)[:, None]) & 1 == 1
    size = inside.sum(axis=0)
    others = np.array([factorial(s) * factorial(drivers - 1 - s) / factorial(drivers) for s in range(drivers)])
    return np.where(inside, others[np.maximum(size - 1, 0)], -others[np.minimum(size, drivers - 1)])


def random_orders(drivers: int, count: int, generator: np.random.Generator) -> Ints:
    """Draw orders of the drivers in pairs, each with its reverse, whose errors partly cancel: (count, drivers)."""
    half = np.argsort(generator.random(((count + 1) // 2, drivers)), axis=1)
    return np.stack([half, half[:, ::-1]], axis=1).reshape(-1, drivers)[:count]


def order_gains(moments: Floats, widths: Sequence[int], orders: Ints) -> Floats:
    """Give each driver's gain in explained variance in each order, for a single draw: (drivers, orders).

    Parameters
    ----------
    moments : (columns + 1, columns + 1) float
    orders : (orders, drivers) int
    """
    columns, owner = _columns_in_order(widths, orders)
    size = max(1, _WORKING_SET // moments.size)
    gains = np.zeros((len(widths), len(orders)))
    for start in range(0, len(orders), size):
        chosen = columns[:, start : start + size]
        every = np.vstack([chosen, np.full((1, chosen.shape[1]), len(moments) - 1)])
        found = _gains(moments[every[:, None], every[None, :]])
        part = owner[chosen]
        np.add.at(gains, (part, np.arange(start, start + chosen.shape[1])[None, :]), found)
    return gains


def sampled_shapley(moments: Floats, widths: Sequence[int], orders: Ints) -> Floats:
    """Give each driver's share over the given orders only: (drivers, draws)."""
    columns, owner = _columns_in_order(widths, orders)
    shares = np.zeros((len(widths), moments.shape[2]))
    for order in columns.T:
        every = np.append(order, len(moments) - 1)
        np.add.at(shares, owner[order], _gains(moments[np.ix_(every, every)]))
    return shares / len(orders)


def _columns_in_order(widths: Sequence[int], orders: Ints) -> tuple[Ints, Ints]:
    """Give the columns as they enter, (columns, orders), and the driver of each column."""
    owner = np.repeat(np.arange(len(widths)), widths)
    place = np.argsort(orders, axis=1)[:, owner]
    return np.argsort(place, axis=1, kind="stable").T, owner


def _gains(moments: Floats) -> Floats:
    """Variance of the outcome that each column takes in turn: (columns, draws)."""
    spread, left = diagonal(moments), [moments[-1, -1]]
    for column in range(len(moments) - 1):
        moments = sweep(moments, spread[column])
        left.append(moments[-1, -1])
    return -np.diff(np.array(left), axis=0)


def explained(moments: Floats, columns: Sequence[int]) -> Floats:
    """Variance of the outcome that some columns explain: (draws,)."""
    order = [*columns, len(moments) - 1]
    chosen = moments[np.ix_(order, order)]
    return np.asarray(moments[-1, -1] - sweep_out(chosen, len(columns))[0, 0])
