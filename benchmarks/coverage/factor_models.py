"""Factor models: loadings, correlations, reliability, RMSEA, latent means."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.coverage import Case
from svclib import stats
from svclib.stats.factor_models.indices import STANDARD, compared

LOADINGS = np.array([0.8, 0.7, 0.6, 0.5, 0.75, 0.65, 0.6, 0.8])
FACTOR = np.repeat([0, 1], 4)
RELATED = 0.5
DIMENSIONS = {"trust": ["a1", "a2", "a3", "a4"], "speed": ["b1", "b2", "b3", "b4"]}
ITEMS = [item for items in DIMENSIONS.values() for item in items]
SKEWED = np.array([-2.0, -1.4, -0.6, 0.3])
"""Thresholds of five points with 38 % at the top, as satisfied customers answer."""
SHIFT = 0.4


def latent(draw: np.random.Generator, n: int, mean: float = 0.0, related: float = RELATED) -> Any:
    """Normal answers of two correlated factors, items of variance 1."""
    chol = np.linalg.cholesky(np.array([[1.0, related], [related, 1.0]]))
    factors = draw.normal(size=(n, 2)) @ chol.T + mean
    return factors[:, FACTOR] * LOADINGS + draw.normal(size=(n, 8)) * np.sqrt(1 - LOADINGS**2)


def five(values: Any) -> Any:
    """Cut normal answers into five skewed points."""
    return np.searchsorted(SKEWED, values).astype(float) + 1


def frame(values: Any) -> pd.DataFrame:
    """Name the items."""
    return pd.DataFrame(values, columns=ITEMS)


def holed(draw: np.random.Generator, values: Any) -> Any:
    """Lose a tenth of the answers, more of those whose first answer is low."""
    lost = draw.random(values.shape) < np.where(values[:, [0]] < 0, 0.15, 0.05) * (np.arange(8) > 0)
    return np.where(lost, np.nan, values)


@cache
def five_truth() -> dict[str, Any]:
    """What the model of continuous answers comes to in a very large sample of five points."""
    fit = stats.cfa(frame(five(latent(np.random.default_rng(7), 400_000))), DIMENSIONS, estimator="mlr", std_lv=True)
    return {part: told(fit, part)[2] for part in TRUTH}


def told(fit: Any, part: str) -> tuple[Any, Any, Any]:
    """Limits and estimates of a part of a fit."""
    frames = {
        "loadings": (lambda: fit.loadings, ["low", "high", "estimate"]),
        "standardised": (lambda: fit.loadings, ["standardised_low", "standardised_high", "standardised"]),
        "correlation": (lambda: fit.covariances, ["standardised_low", "standardised_high", "standardised"]),
        "reliability": (fit.reliability, ["low", "high", "estimate"]),
        "error variances": (lambda: fit.variances[2:], ["low", "high", "estimate"]),
        "unexplained shares": (
            lambda: fit.variances[2:],
            ["standardised_low", "standardised_high", "standardised"],
        ),
        "thresholds": (lambda: fit.thresholds, ["low", "high", "estimate"]),
    }
    frame, columns = frames[part]
    low, high, estimate = frame()[columns].to_numpy(dtype=float).T
    return low, high, estimate


def reliability_truth() -> Any:
    """Variance extracted and composite reliability of the two factors."""
    out = []
    for factor in (0, 1):
        own = LOADINGS[factor == FACTOR]
        errors = (1 - own**2).sum()
        out += [(own**2).sum() / 4, own.sum() ** 2 / (own.sum() ** 2 + errors)]
    return np.array(out)


TRUTH = {
    "loadings": LOADINGS,
    "standardised": LOADINGS,
    "correlation": np.array([RELATED]),
    "reliability": reliability_truth(),
    "error variances": 1 - LOADINGS**2,
    "unexplained shares": 1 - LOADINGS**2,
}


def normal_case(part: str, n: int, **options: Any) -> Any:
    """Normal answers by maximum likelihood."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        values = latent(generator, n)
        if options.get("missing") == "fiml":
            values = holed(generator, values)
        low, high, _estimate = told(stats.cfa(frame(values), DIMENSIONS, std_lv=True, **options), part)
        return low, high, TRUTH[part]

    return draw


def five_case(part: str, n: int) -> Any:
    """Five skewed points taken as numbers, with sandwich errors."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        fit = stats.cfa(frame(five(latent(generator, n))), DIMENSIONS, estimator="mlr", std_lv=True)
        return *told(fit, part)[:2], five_truth()[part]

    return draw


def ordinal_case(part: str, n: int) -> Any:
    """Five skewed points taken as ordinal."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        data = frame(five(latent(generator, n)))
        if part == "thresholds":
            data = data.clip(lower=3)  # the two lowest points are rare: their thresholds may be missing
        fit = stats.cfa(data, DIMENSIONS, estimator="wlsmv", std_lv=True)
        return *told(fit, part)[:2], np.tile(SKEWED[2:], 8) if part == "thresholds" else TRUTH[part]

    return draw


def clustered_case(part: str, clusters: int, size: int) -> Any:
    """Answers by branch: a tenth of the factors' variance lies between the branches."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        n = clusters * size
        factors = generator.normal(size=(n, 2)) @ np.linalg.cholesky(np.array([[1.0, RELATED], [RELATED, 1.0]])).T
        branch = np.repeat(generator.normal(size=(clusters, 2)), size, axis=0)
        factors = np.sqrt(0.9) * factors + np.sqrt(0.1) * (branch @ np.linalg.cholesky([[1, RELATED], [RELATED, 1]]).T)
        values = factors[:, FACTOR] * LOADINGS + generator.normal(size=(n, 8)) * np.sqrt(1 - LOADINGS**2)
        data = frame(values).assign(branch=np.repeat(np.arange(clusters), size))
        fit = stats.cfa(stats.Design(data, cluster="branch"), DIMENSIONS, estimator="mlr", std_lv=True)
        return *told(fit, part)[:2], TRUTH[part]

    return draw


def near_case(related: float, n: int, *, ordinal: bool) -> Any:
    """Two factors that can hardly be told apart."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        values = latent(generator, n, related=related)
        options = {"estimator": "wlsmv"} if ordinal else {}
        fit = stats.cfa(frame(five(values) if ordinal else values), DIMENSIONS, std_lv=True, **options)
        return *told(fit, "correlation")[:2], related

    return draw


def means_case(n: int, *, ordinal: bool) -> Any:
    """A latent mean higher in the second group, which is half as large."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        first, second = latent(generator, n), latent(generator, n // 2, SHIFT)
        values = np.concatenate([first, second])
        data = frame(five(values) if ordinal else values).assign(group=np.repeat(["a", "b"], [n, n // 2]))
        level, estimator = ("intercepts", "wlsmv") if ordinal else ("scalar", "ml")
        data = stats.merge_rare(data, ITEMS, groups="group", least=3) if ordinal else data
        found = stats.invariance(data, DIMENSIONS, groups="group", levels=[level], estimator=estimator)
        rows = found.latent_means()
        rows = rows[rows["term"] == "difference in standard deviations"]
        return rows["low"].to_numpy(), rows["high"].to_numpy(), SHIFT

    return draw


@cache
def misfit() -> float:
    """RMSEA of the two factors in the population where two errors correlate."""
    model = stats.cfa(frame(correlated(np.random.default_rng(3), 400_000)), DIMENSIONS)
    found = compared(model.solution)[STANDARD]
    return float(np.sqrt(found.excess / (400_000 * found.df)))


def correlated(draw: np.random.Generator, n: int) -> Any:
    """Answers of which two share more than their factor."""
    values, own = latent(draw, n), draw.normal(size=n)
    values[:, 1] += 0.4 * own
    values[:, 2] += 0.4 * own
    return values


def rmsea_case(n: int) -> Any:
    """The interval of RMSEA at 95 %."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        fit = stats.cfa(frame(correlated(generator, n)), DIMENSIONS)
        _value, low, high, _close = compared(fit.solution)[STANDARD].rmsea(n, 1, level=0.95)
        return low, high, misfit()

    return draw


CASES = [
    *[Case(f"cfa, {part}: ml, normal, n = 150", normal_case(part, 150), runs=500) for part in TRUTH],
    *[
        Case(f"cfa, {part}: fiml, a tenth missing at random, n = 200", normal_case(part, 200, missing="fiml"), runs=400)
        for part in ("standardised", "correlation")
    ],
    *[Case(f"cfa, {part}: mlr, five skewed points, n = 200", five_case(part, 200), runs=500) for part in TRUTH],
    *[
        Case(f"cfa, {part}: wlsmv, five skewed points, n = 200", ordinal_case(part, 200), runs=500)
        for part in (*TRUTH, "thresholds")
    ],
    *[
        Case(f"cfa, {part}: a design of 30 branches of 10, mlr", clustered_case(part, 30, 10), runs=400)
        for part in ("standardised", "correlation")
    ],
    Case("cfa, correlation of .97: ml, normal, n = 150", near_case(0.97, 150, ordinal=False), runs=400),
    Case("cfa, correlation of .97: wlsmv, five skewed points, n = 200", near_case(0.97, 200, ordinal=True), runs=400),
    Case(
        "cfa, correlation of .9: ml, normal, n = 150",
        near_case(0.9, 150, ordinal=False),
        runs=400,
        conservative="near 1 the upper limit is the wider of two, so that the interval holds beyond .95 too",
    ),
    Case("cfa, rmsea: two errors correlate, n = 200", rmsea_case(200), runs=500),
    Case("invariance, latent means: ml, n = 150 and 75", means_case(150, ordinal=False), runs=400),
    Case(
        "invariance, latent means: wlsmv, five skewed points, n = 300 and 150", means_case(300, ordinal=True), runs=300
    ),
]
