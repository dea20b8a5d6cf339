"""An openly synthetic pool of calibrated items for showing adaptive tests and the assembly of forms; seeded."""

from __future__ import annotations

import numpy as np
import pandas as pd

TOPICS = {"compliance": 0.3, "credit": 0.25, "payments": 0.25, "service": 0.2}
LEVELS = ("recall", "apply", "judge")
CASES, CASE_SIZE = 12, 4


def item_pool(n: int = 300, seed: int = 1) -> pd.DataFrame:
    """Make `n` items; nothing in them was ever asked.

    Returns
    -------
    DataFrame
        ``item, a, b, c, topic, level, seconds, words, uses`` (in earlier forms), ``case`` (items of one case share
        it; the first `CASES` × `CASE_SIZE`), ``twin`` (items too alike for one form share it).

    Examples
    --------
    >>> made = item_pool(100)
    >>> len(made), bool(made["seconds"].min() > 0)
    (100, True)
    """
    rng = np.random.default_rng(seed)
    b = rng.normal(0, 1, n)
    level = np.clip(np.digitize(b + rng.normal(0, 0.8, n), [-0.4, 0.7]), 0, 2)
    words = rng.integers(15, 60, n) + 15 * level
    number = np.arange(n)
    twins = rng.permutation(n)[: n // 10]
    twin = np.full(n, None, dtype=object)
    twin[twins] = [f"t{at // 2:02d}" for at in range(len(twins))]
    cases = number < min(CASES * CASE_SIZE, n)
    return pd.DataFrame(
        {
            "item": [f"S{at + 1:03d}" for at in number],
            "a": rng.lognormal(0.1, 0.3, n).round(3),
            "b": b.round(3),
            "c": rng.uniform(0.05, 0.25, n).round(3),
            "topic": rng.choice(list(TOPICS), n, p=list(TOPICS.values())),
            "level": np.array(LEVELS)[level],
            "seconds": (20 + 0.9 * words + rng.gamma(2, 6, n)).round(),
            "words": words,
            "uses": rng.poisson(1.0, n),
            "case": [f"c{at // CASE_SIZE + 1:02d}" if cases[at] else None for at in number],
            "twin": twin,
        }
    )
