"""Decisions from calibrated items: by the error of an ability (Rudner) and by the distribution of sums (Lee)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.cutscores.reading import SLACK
from svclib.stats.item_response.curves import expected, information
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.item_response.sums import sum_distribution
from svclib.stats.marks import _

_BOUND, _HALVINGS = 8.0, 60
_NODES = 48


@dataclass(frozen=True, eq=False)
class Abilities:
    """Abilities that stand for the candidates.

    Attributes
    ----------
    theta, weight : array, shape (Q,)
        Weights sum to 1.
    error : array, shape (Q,), optional
        Standard errors.
    observed : bool
        Whether these are candidates' estimates (the true ability lies around them) or true abilities (the estimates
        lie around them).
    """

    theta: Floats
    weight: Floats
    error: Floats | None = None
    observed: bool = False


def expected_sum(items: ItemParameters, theta: Floats) -> Floats:
    """Expected sum score at abilities, shape (Q,)."""
    return np.asarray(expected(items, theta).sum(axis=0))


def ability_at(items: ItemParameters, mark: float) -> float:
    """Ability at which the expected sum score is `mark`; infinite where the curve does not reach it.

    >>> import pandas as pd
    >>> from svclib.stats.item_response.parameters import items_of
    >>> pair = items_of(pd.DataFrame({"item": ["q1", "q2"], "a": [1.0, 1.0], "b": [0.5, 0.5]}))
    >>> round(ability_at(pair, 1.0), 6)
    0.5
    """
    low, high = -_BOUND, _BOUND
    ends = expected_sum(items, np.array([low, high]))
    if not ends[0] < mark < ends[1]:
        return -np.inf if mark <= ends[0] else np.inf
    for _turn in range(_HALVINGS):
        middle = (low + high) / 2
        if float(expected_sum(items, np.array([middle]))[0]) < mark:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def of_groups(means: Floats, sds: Floats, shares: Floats, borders: Floats) -> Abilities:
    """Give abilities of a mixture of normal groups: Gauss–Legendre points between the borders (abilities of marks)."""
    low, high = float((means - 6 * sds).min()), float((means + 6 * sds).max())
    inner = np.clip(borders[np.isfinite(borders)], low, high)
    between = np.arange(np.floor(low), np.ceil(high) + 1)
    ends = np.unique(np.concatenate([between, inner, [low, high]]))
    ends = ends[(ends >= low) & (ends <= high)]
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = np.diff(ends) / 2
    theta = (ends[:-1, None] + half[:, None] * (nodes + 1)).ravel()
    z = (theta - means[:, None]) / sds[:, None]
    density = (shares[:, None] * np.exp(-0.5 * z**2) / sds[:, None]).sum(axis=0)
    weight = (half[:, None] * weights).ravel() * density
    return Abilities(theta, weight / weight.sum())


def rudner(items: ItemParameters | None, at: Abilities, borders: Floats) -> tuple[Floats, Floats]:
    """Give how many marks are truly reached (Q,), and the chance of reaching each (m, 1, Q), by a normal error.

    Rudner (2001, 2005). Without errors of their own, abilities err by the information of the items.
    """
    error = at.error
    if error is None:
        if items is None:
            raise InvalidInput(
                _("Rudner's method needs std_error= of the abilities, or items= with their information.")
            )
        error = 1 / np.sqrt(np.maximum(information(items, at.theta).sum(axis=0), 1e-12))
    reached = (at.theta[None, :] >= borders[:, None]).sum(axis=0).astype(float)
    chance = ndtr((at.theta[None, :] - borders[:, None]) / error)
    return reached, chance[:, None, :]


def lee(items: ItemParameters, at: Abilities, marks: Floats) -> tuple[Floats, Floats]:
    """Give how many marks the expected sum reaches (Q,), and the chance of the sum to reach each (m, 1, Q).

    Lee (2010): sums given ability by Lord and Wingersky's recursion.
    """
    reached = (expected_sum(items, at.theta)[None, :] >= marks[:, None] - SLACK).sum(axis=0).astype(float)
    sums = np.concatenate(_blocks(items, at.theta), axis=1)
    need = np.ceil(marks - SLACK).astype(int)
    chance = np.stack([sums[one:].sum(axis=0) for one in need])
    return reached, chance[:, None, :]


def _blocks(items: ItemParameters, theta: Floats) -> list[Floats]:
    size = max(1, 4_000_000 // (len(items) * (items.intercepts.shape[1] + 1) + int(items.highest.sum()) + 1))
    return [sum_distribution(items, theta[at : at + size]) for at in range(0, len(theta), size)]
