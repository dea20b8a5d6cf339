"""The standard error of single scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats
from svclib.stats.cutscores.abilities import ability_at
from svclib.stats.cutscores.binomial import effective_length
from svclib.stats.cutscores.reading import Scores
from svclib.stats.cutscores.resampling import parts_of, sums_of
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.parameters import ItemParameters


def told_reliability(read: Scores, reliability: float | None) -> float:
    """Reliability given, or coefficient alpha of the items; NaN where neither can be told."""
    if reliability is not None:
        return float(reliability)
    if read.items is None or len(read.known) < 2:
        return float("nan")
    parts = parts_of(read, None, 1)
    return float(sums_of(parts, np.ones((1, len(parts.n)))).reliability[0])


def binomial_length(read: Scores, reliability: float | None) -> float:
    """Effective number of binomial items of the scores; NaN where it cannot be told (one candidate, no spread)."""
    told = told_reliability(read, reliability)
    if np.isnan(told) or len(read.known) < 2:
        return float("nan")
    parts = parts_of(read, told, 1)
    length = float(effective_length(sums_of(parts, np.ones((1, len(parts.n)))))[0])
    return length if length >= 2 else float("nan")


def plain_length(read: Scores) -> float:
    """Number of items where they are known, else of points: what the binomial takes without anything better."""
    return float(len(read.names) if read.items is not None else max(round(read.highest - read.lowest), 2))


def binomial_error(read: Scores, total: Floats, length: float) -> Floats:
    """Standard error of totals by the binomial of `length` items (Lord 1955, on the effective length)."""
    share = np.clip((total - read.lowest) / (read.highest - read.lowest), 0, 1)
    return np.asarray((read.highest - read.lowest) * np.sqrt(share * (1 - share) / max(length - 1, 1)))


def ability_error(items: ItemParameters, total: Floats) -> Floats:
    """Standard error of sum scores at the abilities whose expected sum they are; 0 where no ability expects them."""
    values, code = np.unique(np.where(np.isnan(total), -1, total), return_inverse=True)
    theta = np.clip([ability_at(items, float(one)) for one in values], -8, 8)
    chances = probabilities(items, np.asarray(theta, dtype=float))
    scores = np.arange(chances.shape[1], dtype=float)[None, :, None]
    mean = (scores * chances).sum(axis=1)
    variance = ((scores**2 * chances).sum(axis=1) - mean**2).sum(axis=0)
    return np.where(np.isnan(total), np.nan, np.sqrt(np.maximum(variance, 0))[code])


def given_error(sem: Any, index: pd.Index) -> Floats:
    """Read standard errors of the candidates, or one of all."""
    if isinstance(sem, pd.Series) and index.isin(sem.index).all():
        sem = sem.reindex(index)
    return np.broadcast_to(np.asarray(sem, dtype=float), (len(index),)).astype(np.float64)
