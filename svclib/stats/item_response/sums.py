"""Distribution of sum scores given ability (the recursion of Lord and Wingersky)."""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Floats, Ints
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.parameters import ItemParameters


def sum_distribution(items: ItemParameters, theta: Floats) -> Floats:
    """Probability of each sum score at each ability: (highest sum + 1) × Q.

    Lord & Wingersky (1984), extended to items of more than two categories; cost grows with items × scores × Q.

    >>> import pandas as pd
    >>> from svclib.stats.item_response.parameters import items_of
    >>> pair = items_of(pd.DataFrame({"item": ["q1", "q2"], "a": [1.0, 1.0], "b": [0.0, 0.0]}))
    >>> sum_distribution(pair, np.zeros(1))[:, 0].tolist()
    [0.25, 0.5, 0.25]
    """
    return combine(probabilities(items, theta), items.highest)


def combine(chances: Floats, highest: Ints) -> Floats:
    """Sum score distribution of items with category probabilities J × K × Q and highest scores J."""
    top = int(np.sum(highest))
    out = np.zeros((top + 1, chances.shape[2]))
    out[0], reached = 1.0, 0
    for item, most in enumerate(np.asarray(highest, dtype=int)):
        before = out[: reached + 1].copy()
        out[: reached + most + 1] = 0
        for score in range(most + 1):
            out[score : score + reached + 1] += before * chances[item, score]
        reached += int(most)
    return out
