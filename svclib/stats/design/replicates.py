"""Replicate weights: the variance of any statistic from its values under many sets of weights (Wolter 2007)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats


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
    """

    weights: Floats
    scale: float
    factors: Floats
    around_estimate: bool = False


def replicate_covariance(replicates: Replicates, statistic: Callable[[Floats], Floats], estimate: Floats) -> Floats:
    """Give the covariance (statistics, statistics) of `statistic`, a function of (rows,) weights.

    scale · Σ_r factor_r (θ_r − centre)(θ_r − centre)′.
    """
    values = np.array([statistic(weights) for weights in replicates.weights.T])
    centre = estimate if replicates.around_estimate else values.mean(axis=0)
    apart = (values - centre) * np.sqrt(replicates.factors)[:, None]
    return np.asarray(replicates.scale * apart.T @ apart)
