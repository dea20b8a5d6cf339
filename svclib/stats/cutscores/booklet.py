"""The ordered item booklet: calibrated items in the order of the ability that masters them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.parameters import CUMULATIVE, ItemParameters, items_of
from svclib.stats.marks import _

RESPONSE_PROBABILITY = 2 / 3
_BOUND, _HALVINGS = 12.0, 45

UNMASTERED = _("no ability answers it with the response probability: left out of the booklet")
BACKWARDS = _("better candidates miss it: left out of the booklet, check its key")


def ordered_booklet(items: Any, response_probability: float = RESPONSE_PROBABILITY) -> pd.DataFrame:
    """Order items, and each step of items of more than two scores, by the ability that reaches them.

    Parameters
    ----------
    items : fit, frame or ItemParameters
    response_probability : float
        Chance of reaching the score at which it counts as mastered.

    Returns
    -------
    DataFrame
        ``page`` (1 the easiest; missing where a note says why an item is left out), ``item, score`` (the score reached
        or more), ``theta``, ``note``.

    Examples
    --------
    >>> pair = pd.DataFrame({"item": ["q1", "q2"], "a": [1.0, 2.0], "b": [0.5, -1.0]})
    >>> ordered_booklet(pair, 0.5)[["page", "item", "theta"]].round(3).values.tolist()
    [[1, 'q2', -1.0], [2, 'q1', 0.5]]
    """
    if not 0 < response_probability < 1:
        raise InvalidInput(
            _("response_probability is {value}; give a number between 0 and 1, such as 0.67."),
            value=response_probability,
        )
    parameters = items_of(items)
    rows: list[dict[str, Any]] = []
    for place, name in enumerate(parameters.names):
        one = parameters.take([place])
        for score in range(1, int(one.highest[0]) + 1):
            theta, note = _location(one, score, response_probability)
            rows.append({"item": name, "score": score, "theta": theta, "note": note})
    frame = pd.DataFrame(rows, columns=["item", "score", "theta", "note"])
    frame = frame.sort_values(["theta", "item", "score"], kind="stable", ignore_index=True)
    pages = pd.Series(np.arange(1, len(frame) + 1), dtype="Int64").where(frame["theta"].notna())
    frame.insert(0, "page", pages if pages.isna().any() else pages.astype("int64"))
    return frame


def _location(item: ItemParameters, score: int, target: float) -> tuple[float, str]:
    """Find the ability at which `score` or more has the chance `target`."""
    slope, low, high = item.slope[0], item.lower[0], item.upper[0]
    if slope <= 0:
        return np.nan, BACKWARDS
    if not low < target < high:
        return np.nan, UNMASTERED
    if item.model[0] in CUMULATIVE:
        theta = float((logit((target - low) / (high - low)) - item.intercepts[0, score - 1]) / slope)
    else:
        theta = _halved(item, score, target)
    return (theta, "") if abs(theta) < _BOUND else (np.nan, UNMASTERED)


def _halved(item: ItemParameters, score: int, target: float) -> float:
    """P(score or more) rises with ability."""
    low, high = -_BOUND, _BOUND
    for _turn in range(_HALVINGS):
        middle = (low + high) / 2
        reached = probabilities(item, np.array([middle]))[0, score:, 0].sum()
        low, high = (middle, high) if reached < target else (low, middle)
    return (low + high) / 2


def expected_at(items: ItemParameters, theta: Floats) -> Floats:
    """Expected sum score at abilities; NaN stays."""
    known = np.isfinite(theta)
    out = np.full(theta.shape, np.nan)
    scores = np.arange(items.intercepts.shape[1] + 1.0)
    out[known] = np.einsum("jkq,k->q", probabilities(items, theta[known]), scores)
    return out
