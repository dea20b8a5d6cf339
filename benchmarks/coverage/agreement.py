"""Intervals of the agreement of raters."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.coverage import Case
from svclib import stats

_MANY = 200_000


def _scores(random: np.random.Generator, subjects: int, raters: int, between: float, bias: float) -> pd.DataFrame:
    """Subject + rater + rest, unit variance of the rest."""
    values = random.normal(0, between, (subjects, 1)) + random.normal(0, bias, (1, raters))
    return pd.DataFrame(values + random.normal(0, 1, (subjects, raters)))


def _icc(form: str, subjects: int, raters: int, between: float, bias: float) -> Callable[[np.random.Generator], Any]:
    error = 1 + (0 if form.startswith("ICC(3") else bias**2)
    error = error / raters if form.endswith("k)") else error
    truth = between**2 / (between**2 + error)

    def draw(random: np.random.Generator) -> Any:
        row = stats.icc(_scores(random, subjects, raters, between, bias)).set_index("term").loc[form]
        return row["low"], row["high"], truth

    return draw


def _judged(
    random: np.random.Generator, subjects: int, raters: int, agree: float, cuts: tuple[float, ...]
) -> pd.DataFrame:
    latent = np.sqrt(agree) * random.normal(size=(subjects, 1)) + np.sqrt(1 - agree) * random.normal(
        size=(subjects, raters)
    )
    return pd.DataFrame(np.searchsorted(cuts, latent).astype(float), columns=[f"r{j}" for j in range(raters)])


def _chance(
    verb: str, raters: int, agree: float, cuts: tuple[float, ...], n: int, **keywords: Any
) -> Callable[..., Any]:
    @cache
    def truth() -> float:
        many = _judged(np.random.default_rng(1), _MANY, raters, agree, cuts)
        return float(getattr(stats, verb)(many, **keywords)["estimate"].item())

    def draw(random: np.random.Generator) -> Any:
        row = getattr(stats, verb)(_judged(random, n, raters, agree, cuts), **keywords).iloc[0]
        return row["low"], row["high"], truth()

    return draw


_EVEN, _LOPSIDED, _FOUR = (0.0,), (1.0,), (-1.0, 0.0, 1.0)
CASES = [
    Case("icc, ICC(1,1): 20 × 4", _icc("ICC(1,1)", 20, 4, 1.0, 0.0)),
    Case("icc, ICC(2,1): 30 × 4", _icc("ICC(2,1)", 30, 4, 1.0, 0.5)),
    Case("icc, ICC(2,k): 30 × 4", _icc("ICC(2,k)", 30, 4, 1.0, 0.5)),
    Case("icc, ICC(3,1): 15 × 3", _icc("ICC(3,1)", 15, 3, 1.0, 0.5)),
    Case("icc, ICC(3,k): 15 × 3", _icc("ICC(3,k)", 15, 3, 1.0, 0.5)),
    Case("kappa, Cohen: even, n = 50", _chance("kappa", 2, 0.6, _EVEN, 50)),
    Case("kappa, Cohen: lopsided, n = 50", _chance("kappa", 2, 0.6, _LOPSIDED, 50)),
    Case("kappa, quadratic: four categories, n = 50", _chance("kappa", 2, 0.6, _FOUR, 50, weights="quadratic")),
    Case("kappa, Fleiss: four categories, 3 raters, n = 40", _chance("kappa", 3, 0.6, _FOUR, 40)),
    Case("gwet, AC1: lopsided, 3 raters, n = 40", _chance("gwet", 3, 0.6, _LOPSIDED, 40)),
    Case("krippendorff, nominal: n = 20", _chance("krippendorff", 3, 0.6, _FOUR, 20)),
    Case("krippendorff, ordinal: n = 20", _chance("krippendorff", 3, 0.6, _FOUR, 20, scale="ordinal")),
    Case("krippendorff, interval: n = 20", _chance("krippendorff", 3, 0.9, _FOUR, 20, scale="interval")),
    Case("krippendorff, interval: n = 60", _chance("krippendorff", 3, 0.6, _FOUR, 60, scale="interval")),
]
