"""Made-up scores on forms drawn from a bank, one a candidate: nobody sat this exam.

There is something to find: topics differ in difficulty, so a draw that forgot the blueprint would be unfair, and forms
of 30 items are a little short for a verdict at 60 %.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

BLUEPRINT = {"due_diligence": 12, "reporting": 10, "sanctions": 8}
"""Items drawn of each topic."""
_POOL = {"due_diligence": 60, "reporting": 50, "sanctions": 40}
_EASE = {"due_diligence": 0.9, "reporting": 0.4, "sanctions": -0.1}


def drawn_forms(n: int = 600, seed: int = 1) -> tuple[pd.DataFrame, dict[str, str]]:
    """Make synthetic scores of `n` candidates, each on a form drawn from the blueprint.

    Parameters
    ----------
    n : int
    seed : int

    Returns
    -------
    scores : DataFrame
        Candidates × items, 1 right and 0 wrong, missing where the item was not drawn.
    topics : dict
        Item → topic.

    Examples
    --------
    >>> scores, topics = drawn_forms(50)
    >>> scores.shape, int(scores.notna().sum(axis=1).unique().item()), len(set(topics.values()))
    ((50, 150), 30, 3)
    """
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=(n, 1))
    parts: list[pd.DataFrame] = []
    topics: dict[str, str] = {}
    for topic, pool in _POOL.items():
        names = [f"{topic}-{number:02}" for number in range(1, pool + 1)]
        topics |= dict.fromkeys(names, topic)
        slope, ease = rng.uniform(0.5, 1.5, pool), rng.normal(_EASE[topic], 0.9, pool)
        right = rng.random((n, pool)) < expit(slope * (ability + 0.3 * rng.normal(size=(n, 1))) + ease)
        place = rng.random((n, pool)).argsort(axis=1).argsort(axis=1)
        parts.append(pd.DataFrame(np.where(place < BLUEPRINT[topic], right.astype(float), np.nan), columns=names))
    return pd.concat(parts, axis=1), topics
