"""Coverage of the intervals of calibrated items: two errors to each side of slopes and difficulties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmarks.coverage import Case
from svclib import stats

Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]
_Z = 1.959964


def difficulties(model: str, candidates: int, **options: Any) -> Draw:
    """Difficulties of ten items."""
    b, a = np.linspace(-1.5, 1.5, 10), np.ones(10) if model == "rasch" else np.linspace(0.7, 1.8, 10)

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        right = rng.random((candidates, 10)) < expit(a * (rng.normal(size=(candidates, 1)) - b))
        items = stats.irt(pd.DataFrame(right.astype(int)).add_prefix("q"), model, **options).items
        return items["b"] - _Z * items["se_b"], items["b"] + _Z * items["se_b"], b

    return draw


def slopes(candidates: int, kind: str) -> Draw:
    """Slopes of ten items."""
    b, a = np.linspace(-1.5, 1.5, 10), np.linspace(0.7, 1.8, 10)

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        right = rng.random((candidates, 10)) < expit(a * (rng.normal(size=(candidates, 1)) - b))
        items = stats.irt(pd.DataFrame(right.astype(int)).add_prefix("q"), std_errors=kind).items
        return items["a"] - _Z * items["se_a"], items["a"] + _Z * items["se_a"], a

    return draw


CASES = [
    Case("irt: difficulties, 2pl, n = 800", difficulties("2pl", 800), runs=300),
    Case("irt: difficulties, conditional, n = 300", difficulties("rasch", 300, method="cml"), runs=300),
    Case("irt: slopes, n = 800", slopes(800, "oakes"), runs=300),
    Case("irt: slopes, sandwich, n = 800", slopes(800, "sandwich"), runs=300),
]
