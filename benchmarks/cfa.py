"""Confirmatory factor models of 22 items in five factors beside R's lavaan; aim: 3 times as fast by likelihood.

Both give estimates, errors, standardised loadings and indices of fit; "missing" is the likelihood with a twentieth of
the answers lost at random, "ordinal" diagonally weighted least squares of five-point answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peers import has_r, in_r, timed
from svclib import stats

SIZES = {"tangibles": 4, "reliability": 5, "responsiveness": 4, "assurance": 4, "empathy": 5}


def dimensions() -> dict[str, list[str]]:
    """Items of each factor."""
    names = iter(f"p{number:02d}" for number in range(1, 23))
    return {factor: [next(names) for _item in range(size)] for factor, size in SIZES.items()}


def answers(rows: int, seed: int = 20261125) -> pd.DataFrame:
    """Draw five-point answers of five correlated factors."""
    rng = np.random.default_rng(seed)
    factor = np.repeat(range(5), list(SIZES.values()))
    factors = rng.normal(size=(rows, 5)) @ np.linalg.cholesky(np.full((5, 5), 0.5) + 0.5 * np.eye(5)).T
    latent = 0.7 * factors[:, factor] + np.sqrt(0.51) * rng.normal(size=(rows, 22))
    items = [item for members in dimensions().values() for item in members]
    return pd.DataFrame(np.searchsorted([-2.0, -1.2, -0.3, 0.8], latent) + 1.0, columns=items)


def _ours(data: pd.DataFrame, **options: Any) -> tuple[float, float]:
    """Seconds and the statistic of the model."""

    def fitted() -> float:
        fit = stats.cfa(data, dimensions(), **options)
        return fit.solution.test.statistic if len(fit.loadings) + len(fit.fit_indices) else 0.0

    return timed(fitted, 5)


def _theirs(data: pd.DataFrame, options: str) -> tuple[float, float]:
    model = "\n".join(f"{factor} =~ {' + '.join(items)}" for factor, items in dimensions().items())
    call = f"f <- cfa(model, data, {options}); list(parameterEstimates(f), standardizedSolution(f), fitMeasures(f))"
    setup = f"model <- '{model}'\nitems <- names(data)"
    seconds, told = in_r(
        data, call, packages=("lavaan",), setup=setup, result="as.numeric(result[[3]]['chisq'])", repeats=3
    )
    return seconds, float(told)


def main(full: bool = False) -> dict[str, float]:
    """Time the fits; the aim is a ratio of at least 3 by likelihood."""
    data = answers(2000 if full else 500)
    holed = data.mask(np.random.default_rng(1).random(data.shape) < 0.05)
    cases: dict[str, tuple[pd.DataFrame, dict[str, Any], str]] = {
        "ml": (data, {}, "estimator = 'ML'"),
        "mlr": (data, {"estimator": "mlr"}, "estimator = 'MLR'"),
        "ordinal": (data, {"estimator": "wlsmv"}, "estimator = 'WLSMV', ordered = items"),
        "missing": (holed, {"missing": "fiml"}, "missing = 'fiml'"),
    }
    found: dict[str, float] = {}
    for name, (frame, options, call) in cases.items():
        seconds, statistic = _ours(frame, **options)
        found[f"{name}, ms"] = 1000 * seconds
        if has_r("lavaan"):
            theirs, told = _theirs(frame, call)
            found[f"{name}, lavaan, ms"] = 1000 * theirs
            found[f"{name}, times as fast"] = theirs / seconds
            found[f"{name}, chi² apart, %"] = 100 * abs(statistic - told) / told
    return found
