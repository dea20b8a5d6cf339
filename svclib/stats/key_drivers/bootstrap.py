"""Draws of the bootstrap: what could have been sampled instead, as factors of the units that were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.design.replicates import Replicates
from svclib.stats.design.sampling import Sampling
from svclib.stats.marks import _

FEWEST, MOST = 100, 100_000
"""Fewer draws cannot tell the ends of an interval."""
MANY_UNITS = 20_000
"""More units are drawn in random groups."""
_BATCH = 4_000_000
"""Numbers held at once."""


@dataclass(frozen=True)
class Units:
    """Units that are drawn together, numbered stratum by stratum.

    Attributes
    ----------
    unit : (rows,) int
    stratum : (units,) int
    size : (strata,) int
        Units of a stratum.
    reach : (strata,) float
        How far a draw moves the factors from 1: √(1 − sampling fraction).
    replicates : Replicates, optional
        Sets of weights to draw from instead.
    base : (rows,) float
        Weights that belong to them.
    """

    unit: Ints
    stratum: Ints
    size: Ints
    reach: Floats
    replicates: Replicates | None
    base: Floats

    @property
    def count(self) -> int:
        """Number of units."""
        return len(self.stratum)

    def sums(self, columns: Iterable[Floats]) -> Floats:
        """Add up columns of all rows by unit: (units, columns)."""
        return np.column_stack([np.bincount(self.unit, column, self.count) for column in columns])

    def draw(self, draws: int, generator: np.random.Generator) -> Floats:
        """Draw factors of the units' weights, 1 on average: (draws, units).

        From a stratum of n clusters n − 1 are drawn with replacement, each with the factor n / (n − 1), so that
        totals vary as the linearised variance says (Rao and Wu 1988; with a sampling fraction by its root). From
        replicate weights: normal combinations of their distances, with their covariance.
        """
        if self.replicates is not None:
            return self._combined(self.replicates, draws, generator)
        slots = np.repeat(np.arange(len(self.size)), np.maximum(self.size - 1, 0))
        first = np.cumsum(self.size) - self.size
        if len(self.size) == 1:
            chosen = generator.integers(0, self.size[0], (draws, len(slots)))
        else:
            chosen = (generator.random((draws, len(slots))) * self.size[slots]).astype(np.int64) + first[slots]
        chosen += np.arange(draws)[:, None] * self.count
        times = np.bincount(chosen.ravel(), minlength=draws * self.count).reshape(draws, self.count)
        reach = np.where(self.size > 1, self.reach, 0.0)
        each = reach * np.where(self.size > 1, ratio(self.size, self.size - 1), 0.0)
        return np.asarray(1 - reach[self.stratum] + each[self.stratum] * times)

    def _combined(self, replicates: Replicates, draws: int, generator: np.random.Generator) -> Floats:
        centre = self.base[:, None] if replicates.around_estimate else replicates.weights.mean(axis=1, keepdims=True)
        away = (replicates.weights - centre) / self.base[:, None]
        steps = generator.standard_normal((draws, away.shape[1])) * np.sqrt(replicates.scale * replicates.factors)
        return np.asarray(1 + steps @ away.T)

    def draws(self, count: int, seed: int) -> Iterator[Floats]:
        """Draw in batches that fit in memory."""
        generator = np.random.default_rng(seed)
        size = max(1, _BATCH // self.count)
        for start in range(0, count, size):
            yield self.draw(min(size, count - start), generator)


def units_of(sampling: Sampling, seed: int) -> Units:
    """Read the units of the first stage.

    More than `MANY_UNITS` are joined to random groups within the strata, which leave the variance unbiased (Wolter
    2007, ch. 2).
    """
    if sampling.replicates is not None:
        rows = len(sampling.weights)
        every, whole = np.arange(rows), np.array([rows])
        return Units(every, np.zeros(rows, dtype=np.int64), whole, np.ones(1), sampling.replicates, sampling.weights)
    stage = sampling.stages[0]
    left_out = stage.scale * np.where(stage.size > 1, (stage.size - 1) / np.maximum(stage.size, 1), 0.0)
    order = np.lexsort((np.random.default_rng(seed).random(len(stage.stratum)), stage.stratum))
    size = stage.size.astype(np.int64)
    within = np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size)
    joined = np.maximum(size // -(-len(order) // MANY_UNITS), np.minimum(size, 2))
    start = np.cumsum(joined) - joined
    home = stage.stratum[order]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = start[home] + within * joined[home] // size[home]
    stratum = np.repeat(np.arange(len(size)), joined)
    return Units(place[stage.unit], stratum, joined, np.sqrt(left_out), None, sampling.weights)


def check_bootstraps(bootstraps: int) -> None:
    """Raise `InvalidInput` for a number of draws that tells nothing."""
    if bootstraps and not FEWEST <= bootstraps <= MOST:
        raise InvalidInput(
            _("bootstraps is {bootstraps}; give a number from {fewest} to {most}, or 0 for no intervals."),
            bootstraps=bootstraps,
            fewest=FEWEST,
            most=MOST,
        )
