"""Polychoric correlations of 5,000 × 30, five categories, beside psych and lavaan; aim: faster than lavaan."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.peers import has_r, in_r, timed
from svclib import stats
from svclib.stats.scales.polychoric import polychoric_core

ROWS, ITEMS = 5_000, 30
CALLS = {
    "lavaan": ("lavCor(data, ordered = names(data))", "unclass(result)[1:5, 1:5]", 1e-6),
    "psych": ("polychoric(data, correct = 0)", "result$rho[1:5, 1:5]", 1e-3),
}


def answers(seed: int = 20261125) -> pd.DataFrame:
    """Draw skewed five-point answers to items that share a factor."""
    random = np.random.default_rng(seed)
    values = 0.6 * random.normal(size=(ROWS, 1)) + 0.8 * random.normal(size=(ROWS, ITEMS))
    return pd.DataFrame(np.digitize(values, [-1.9, -1.2, -0.4, 0.6]) + 1, columns=[f"q{one}" for one in range(ITEMS)])


def main(full: bool = True) -> dict[str, float]:
    """Time ours with errors, intervals and thresholds, the correlations alone, and the peers."""
    data = answers()
    codes = data.to_numpy() - 1
    seconds, found = timed(lambda: stats.polychoric(data), repeats=7 if full else 3)
    alone, _matrix = timed(lambda: polychoric_core(codes, np.full(ITEMS, 5)), repeats=7 if full else 3)
    figures = {"with errors and thresholds, ms": 1000 * seconds, "correlations alone, ms": 1000 * alone}
    for name, (call, result, tolerance) in CALLS.items():
        if has_r(name):
            theirs, told = in_r(data, call, packages=(name,), result=result, repeats=3 if full else 1)
            apart = float(np.abs(np.array(told) - found.matrix.to_numpy()[:5, :5]).max())
            if apart > tolerance:
                raise AssertionError(f"{name}: correlations {apart} apart")
            figures[f"{name}, ms"] = 1000 * theirs
            figures[f"times as fast as {name}"] = theirs / seconds
    return figures


if __name__ == "__main__":
    for label, value in main().items():
        print(f"{label:32} {value:12,.2f}")
