"""Both forms in one population by their scores at each anchor score (frequency estimation).

The distribution of the score at a given anchor score is taken to be the same in both groups (Kolen & Brennan 2014,
section 5.1): f(x) = w₁ f₁(x) + w₂ Σ_v f₁(x | v) h₂(v).
"""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Bools, Floats, ratio


def shared_anchor(new: Floats, old: Floats) -> Bools:
    """Anchor scores that occur in both groups: … × anchor scores."""
    return np.asarray((new.sum(axis=-2) > 0) & (old.sum(axis=-2) > 0))


def synthetic(own: Floats, other: Floats, weight: float) -> Floats:
    """Distribution of `own`'s score where its group has the share `weight`: … × scores.

    Anchor scores that nobody of the own group has tell nothing of the score; the rest is brought to 1.
    """
    h, g = own.sum(axis=-2, keepdims=True), other.sum(axis=-2, keepdims=True)
    turned = own * np.nan_to_num(ratio(g, h))
    mixed = (weight * own + (1 - weight) * turned).sum(axis=-1)
    return np.asarray(mixed / mixed.sum(axis=-1, keepdims=True))


def synthetic_steps(outer: Floats, own: Floats, other: Floats, weight: float) -> tuple[Floats, Floats]:
    """Carry derivatives by the synthetic shares (K × scores) to the cells of both groups: K × cells each."""
    h, g = own.sum(axis=0), other.sum(axis=0)
    lift = np.nan_to_num(ratio(g, h))
    given = own * np.nan_to_num(ratio(1.0, h))
    mean = outer @ given
    mine = weight * outer[:, :, None] + (1 - weight) * lift * (outer[:, :, None] - mean[:, None, :])
    # a cell of the other group moves only the weight of its anchor score
    theirs = np.broadcast_to((1 - weight) * (mean * (h > 0))[:, None, :], (len(outer), other.shape[0], len(h)))
    return mine.reshape(len(outer), -1), theirs.reshape(len(outer), -1)
