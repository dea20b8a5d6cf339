"""A made-up panel of judges for trying out pass marks: numbered, seeded, nobody rated anything.

There is something to find: one judge is strict and comes closer after the discussion, one rates without regard to how
difficult the items are, and on one item the panel is divided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

STRICT, HEEDLESS = 3, 7
"""Numbers of the judges with a story."""
_STEP = 5
_LATER = {"severity": 0.45, "noise": 0.6}
"""How much of a judge's severity and noise is left after the discussion."""


def judges(
    difficulties: Mapping[Any, float] | pd.Series, n: int = 10, seed: int = 1, *, target: float = 0.6, rounds: int = 2
) -> pd.DataFrame:
    """Make synthetic ratings of how likely a borderline candidate is to get each item right.

    Parameters
    ----------
    difficulties : mapping of item to share right
        What all candidates did; the panel knows the items about as well as judges do.
    n : int
        How many judges.
    seed : int
    target : float
        Mean rating of the panel, 0–1.
    rounds : int

    Returns
    -------
    DataFrame
        ``judge`` (J01 …), ``item, round`` (1 …), ``rating`` in percent, in steps of 5.

    Examples
    --------
    >>> panel = judges({"q1": 0.5, "q2": 0.9, "q3": 0.7})
    >>> len(panel), sorted(panel["round"].unique().tolist())
    (60, [1, 2])
    """
    rng = np.random.default_rng(seed)
    items = pd.Series(difficulties, dtype=float)
    known = logit(np.clip(items.to_numpy(), 0.05, 0.95))
    centre = 0.8 * (known - known.mean()) + logit(target)
    severity, noise = rng.normal(0, 0.3, n), rng.normal(0, 0.5, (n, len(items)))
    divided = np.zeros(len(items))
    divided[int(rng.integers(len(items)))] = 0.9
    noise += np.where(np.arange(n) % 2, 1, -1)[:, None] * divided
    weight = np.ones(n)
    if n >= STRICT:
        severity[STRICT - 1] = 1.3
    if n >= HEEDLESS:
        weight[HEEDLESS - 1], severity[HEEDLESS - 1] = 0.0, 0.0
    parts = []
    for number in range(1, rounds + 1):
        own, apart = (_LATER[name] ** (number - 1) for name in ("severity", "noise"))
        mean = logit(target) + weight[:, None] * (centre - logit(target))
        rating = expit(mean + own * severity[:, None] + apart * noise)
        table = pd.DataFrame(np.round(100 * rating / _STEP) * _STEP, columns=items.index)
        table.insert(0, "judge", [f"J{one:02d}" for one in range(1, n + 1)])
        parts.append(table.melt("judge", var_name="item", value_name="rating").assign(round=number))
    return pd.concat(parts, ignore_index=True)[["judge", "item", "round", "rating"]]


def verdicts(scores: pd.Series, seed: int = 1, *, cut: float = 60.0, spread: float = 8.0) -> pd.Series:
    """Make a synthetic judgement on each candidate's work, apart from the exam: qualified or not.

    Examples
    --------
    >>> verdicts(pd.Series([20.0, 95.0])).tolist()
    [False, True]
    """
    rng = np.random.default_rng(seed)
    return pd.Series(rng.random(len(scores)) < expit((scores.to_numpy() - cut) / spread), index=scores.index)
