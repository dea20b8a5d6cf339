"""Replicate weights: the variance of any statistic from its values under many sets of weights (Wolter 2007)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats, Ints

_TOLERANCE = 1e-10
"""Eigenvalues of W'W that are a smaller part of the largest count as 0: 1e-5 of a column's length, as in R."""


@dataclass(frozen=True)
class Replicates:
    """Sets of weights that stand for samples that could have been drawn.

    Attributes
    ----------
    weights : (rows, replicates) float
        Complete weights (not factors), adjusted to the same margins as the design's own.
    scale : float
        Factor of the sum of squares.
    factors : (replicates,) float
        Factor of each replicate's square.
    around_estimate : bool
        Squares around the full sample's estimate, not around the replicates' mean.
    kind : str
        How they were made, for the column ``method``.
    supplied : bool
        They came with the data: nobody knows the clusters behind them.
    """

    weights: Floats
    scale: float
    factors: Floats
    around_estimate: bool = False
    kind: str = "replicates"
    supplied: bool = False


def replicate_covariance(replicates: Replicates, statistic: Callable[[Floats], Floats], estimate: Floats) -> Floats:
    """Give the covariance (statistics, statistics) of `statistic`, a function of (rows,) weights."""
    return spread(replicates, np.array([statistic(weights) for weights in replicates.weights.T]), estimate)


def spread(replicates: Replicates, values: Floats, estimate: Floats) -> Floats:
    """Give the covariance of statistics from their `values` (replicates, statistics).

    scale · Σ_r factor_r (θ_r − centre)(θ_r − centre)′. A replicate without a value, such as one with nobody of a
    domain, is left out for that statistic.
    """
    counted = replicates.factors > 0
    values, factors = values[counted], replicates.factors[counted]
    known = ~np.isnan(values)
    told = known.sum(axis=0)
    centre = np.where(known, values, 0.0).sum(axis=0) / np.maximum(told, 1)
    if replicates.around_estimate:
        centre = estimate
    apart = np.where(known, values - centre, 0.0) * np.sqrt(factors)[:, None]
    covariance = replicates.scale * apart.T @ apart
    covariance[told < 1, :] = np.nan
    covariance[:, told < 1] = np.nan
    return np.asarray(covariance)


def ranks(weights: Floats, group: Ints, groups: int) -> Floats:
    """Rank of the replicate weights (rows, replicates) in each group of rows."""
    found = np.zeros(groups)
    for one in np.unique(group):
        part = weights[group == one]
        square = part @ part.T if len(part) < part.shape[1] else part.T @ part
        values = np.linalg.eigvalsh(square)
        found[one] = (values > _TOLERANCE * values[-1]).sum()
    return found
