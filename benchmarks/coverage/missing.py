"""Intervals after multiple imputation; answers missing at random given another column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from benchmarks.coverage import Case
from svclib import stats

_CUTS = np.array([-1.88, -1.28, -0.67, 0.25])


def _visits(random: np.random.Generator, n: int) -> pd.DataFrame:
    """Five-point scores that fall with waiting; of long waits half the scores are missing, of others a tenth."""
    latent = random.normal(size=n)
    score = np.searchsorted(_CUTS, latent) + 1.0
    wait = 10 - 3 * (0.6 * latent + 0.8 * random.normal(size=n))
    lost = random.random(n) < np.where(wait > 11, 0.5, 0.1)
    return pd.DataFrame({"wait": wait, "score": np.where(lost, np.nan, score)})


def _truth(call: str) -> float:
    shares = np.diff(np.concatenate([[0.0], ndtr(_CUTS), [1.0]]))
    return float(shares @ np.arange(1, 6)) if call == "mean" else float(shares[3:].sum())


def _pooled(call: str, n: int, draws: int = 10) -> Callable[[np.random.Generator], Any]:
    truth = _truth(call)

    def draw(random: np.random.Generator) -> Any:
        drawn = stats.impute(_visits(random, n), draws=draws, rounds=1, seed=int(random.integers(1 << 30)))
        row = drawn.estimate(lambda frame: getattr(stats, call)(frame, "score")).iloc[0]
        return row["low"], row["high"], truth

    return draw


CASES = [
    Case("impute, mean: 27 % missing at random, n = 60", _pooled("mean", 60), 1000),
    Case("impute, mean: 27 % missing at random, n = 300", _pooled("mean", 300), 500),
    Case("impute, csat: 27 % missing at random, n = 60", _pooled("csat", 60), 1000),
]
