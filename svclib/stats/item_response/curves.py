"""Curves of calibrated items at abilities: category probabilities, expected scores, information.

Shapes: J items, K the most categories of any, Q abilities. All follow from the cumulative logits or the steps of
`svclib.stats.item_response.parameters` and hold for mixed models.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from svclib.stats.arrays import Bools, Floats
from svclib.stats.item_response.parameters import CUMULATIVE, ItemParameters

_FLOOR = 1e-300


def probabilities(items: ItemParameters, theta: Floats) -> Floats:
    """Probability of each category: J × K × Q, 0 behind an item's last category.

    >>> from svclib.stats.item_response.parameters import items_of
    >>> import pandas as pd
    >>> probabilities(items_of(pd.DataFrame({"item": ["q"], "a": [1.0], "b": [0.0]})), np.zeros(1))[0, :, 0].tolist()
    [0.5, 0.5]
    """
    return with_slopes(items, theta)[0]


def with_slopes(items: ItemParameters, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the category probabilities and their first and second derivatives by θ, each J × K × Q."""
    points = np.asarray(theta, dtype=float).reshape(-1)
    shape = (len(items), items.intercepts.shape[1] + 1, len(points))
    out = (np.zeros(shape), np.zeros(shape), np.zeros(shape))
    cumulative = np.isin(items.model.astype(str), CUMULATIVE)
    for rows, curve in ((cumulative, _cumulative), (~cumulative, _steps)):
        if rows.any():
            for whole, part in zip(out, curve(items.take(rows), points), strict=True):
                whole[rows] = part
    return out


def expected(items: ItemParameters, theta: Floats) -> Floats:
    """Expected score of each item, J × Q."""
    return np.asarray(np.einsum("jkq,k->jq", probabilities(items, theta), np.arange(items.intercepts.shape[1] + 1.0)))


def information(items: ItemParameters, theta: Floats) -> Floats:
    """Fisher's information of each item about θ, J × Q."""
    p, slope, _curvature = with_slopes(items, theta)
    return np.asarray(np.where(p > 0, slope**2 / np.maximum(p, _FLOOR), 0).sum(axis=1))


def _there(items: ItemParameters) -> Bools:
    return ~np.isnan(items.intercepts)


def _cumulative(items: ItemParameters, theta: Floats) -> tuple[Floats, Floats, Floats]:
    a = items.slope[:, None, None]
    logits = a * theta + np.where(_there(items), items.intercepts, -np.inf)[:, :, None]
    raw = expit(logits)
    range_, edge = (items.upper - items.lower)[:, None, None], np.zeros((len(items), 1, len(theta)))
    first = range_ * a * raw * (1 - raw)
    second = first * a * (1 - 2 * raw)
    above = np.where(_there(items)[:, :, None], items.lower[:, None, None] + range_ * raw, 0)
    ends = (1 + edge, edge, edge)
    parts = [np.concatenate([top, body, edge], axis=1) for top, body in zip(ends, (above, first, second), strict=True)]
    p, slope, curvature = (part[:, :-1] - part[:, 1:] for part in parts)
    return np.maximum(p, 0), slope, curvature


def _steps(items: ItemParameters, theta: Floats) -> tuple[Floats, Floats, Floats]:
    a = items.slope[:, None, None]
    rises = a * theta + np.where(_there(items), items.intercepts, -np.inf)[:, :, None]
    logits = np.concatenate([np.zeros((len(items), 1, len(theta))), np.cumsum(rises, axis=1)], axis=1)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = weights / weights.sum(axis=1, keepdims=True)
    score = np.arange(p.shape[1])[None, :, None]
    mean = (score * p).sum(axis=1, keepdims=True)
    variance = ((score - mean) ** 2 * p).sum(axis=1, keepdims=True)
    return p, a * p * (score - mean), a**2 * p * ((score - mean) ** 2 - variance)
