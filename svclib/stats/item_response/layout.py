"""Which numbers a calibration has to find: a vector of free parameters and its places in items and groups.

Shapes: J items, K the most categories, S = K + 1 places of an item (slope, K − 1 intercepts, logit of the lower
asymptote), G groups with two places each (mean, logarithm of the standard deviation), P free parameters. Two places
with the same number are one parameter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from svclib.stats.arrays import Bools, Floats, Ints, Objects
from svclib.stats.item_response.parameters import ItemParameters

FIXED = -1
SLOPE = 0
MEAN, LOG_SD = 0, 1


@dataclass(frozen=True, eq=False)
class Layout:
    """The places of the parameters.

    Attributes
    ----------
    names : tuple of str
        J items.
    model : array of str, shape (J,)
    categories : array of int, shape (J,)
    values : array, shape (J, S)
        Values of the fixed places and starting values of the others.
    slots : array of int, shape (J, S)
        Position in the vector of free parameters, or `FIXED`.
    upper : array, shape (J,)
        Upper asymptotes, always fixed.
    groups : tuple of str
    latent, latent_slots : arrays, shape (G, 2)
        Mean and log sd of the ability in each group, and their positions.
    prior_mean, prior_sd : arrays, shape (J, S)
        Normal priors; an sd of infinity is none.
    """

    names: tuple[str, ...]
    model: Objects
    categories: Ints
    values: Floats
    slots: Ints
    upper: Floats
    groups: tuple[str, ...]
    latent: Floats
    latent_slots: Ints
    prior_mean: Floats
    prior_sd: Floats

    @property
    def size(self) -> int:
        """The number of free parameters."""
        return int(max(self.slots.max(initial=FIXED), self.latent_slots.max(initial=FIXED))) + 1

    @property
    def places(self) -> Ints:
        """Position of each place, items first: shape (J · S + 2 G,)."""
        return np.concatenate([self.slots.reshape(-1), self.latent_slots.reshape(-1)])

    @property
    def tied(self) -> bool:
        """Whether places of different items are one parameter."""
        taken = self.slots[self.slots != FIXED]
        return len(np.unique(taken)) < len(taken)

    @property
    def guessing(self) -> Bools:
        """Which items have a lower asymptote above 0."""
        return np.isfinite(self.values[:, -1])

    def start(self) -> Floats:
        """Give the starting values of the free parameters."""
        return self.gather(np.concatenate([self.values.reshape(-1), self.latent.reshape(-1)]))

    def gather(self, everything: Floats) -> Floats:
        """Give the free parameters of a value for every place."""
        out, places = np.zeros(self.size), self.places
        out[places[places != FIXED]] = everything[places != FIXED]
        return out

    def spread(self, free: Floats) -> tuple[Floats, Floats]:
        """Give the values of all places, items (J, S) and groups (G, 2)."""
        values, latent = self.values.copy(), self.latent.copy()
        values[self.slots != FIXED] = free[self.slots[self.slots != FIXED]]
        latent[self.latent_slots != FIXED] = free[self.latent_slots[self.latent_slots != FIXED]]
        return values, latent

    def total(self, items: Floats, groups: Floats) -> Floats:
        """Add derivatives by every place to derivatives by the free parameters."""
        whole, places = np.concatenate([items.reshape(-1), groups.reshape(-1)]), self.places
        kept = places != FIXED
        return np.bincount(places[kept], weights=whole[kept], minlength=self.size).astype(float)

    def parameters(self, values: Floats) -> ItemParameters:
        """Give the items at `values`."""
        lower = np.where(self.guessing, expit(values[:, -1]), 0.0)
        inside = np.arange(values.shape[1] - 2) < self.categories[:, None] - 1
        intercepts = np.where(inside, values[:, 1:-1], np.nan)
        return ItemParameters(
            self.names, self.model, self.categories, values[:, SLOPE].copy(), intercepts, lower, self.upper
        )

    def log_prior(self, values: Floats) -> float:
        """Log density of the priors (normal) at `values`."""
        at = np.isfinite(self.prior_sd)
        z = (values[at] - self.prior_mean[at]) / self.prior_sd[at]
        return float((-0.5 * z**2 - np.log(self.prior_sd[at]) - 0.5 * np.log(2 * np.pi)).sum())

    def prior_slope(self, values: Floats) -> Floats:
        """Derivative of the log prior by each place, (J, S)."""
        at = np.isfinite(self.prior_sd)
        out = np.zeros(values.shape)
        out[at] = (self.prior_mean[at] - values[at]) / self.prior_sd[at] ** 2
        return out


def labels(layout: Layout) -> list[str]:
    """Name each free parameter by the first place that has it: ``q1.a``, ``q1.d1``, ``q1.c``, ``branch.mean``."""
    out = [""] * layout.size
    last = layout.values.shape[1] - 1
    for item, name in enumerate(layout.names):
        for place in range(last + 1):
            slot = layout.slots[item, place]
            if slot != FIXED and not out[slot]:
                out[slot] = name + (".a" if place == SLOPE else ".c" if place == last else f".d{place}")
    for group, name in enumerate(layout.groups):
        for place, what in ((MEAN, "mean"), (LOG_SD, "sd")):
            slot = layout.latent_slots[group, place]
            if slot != FIXED:
                out[slot] = f"{name}.{what}"
    return out
