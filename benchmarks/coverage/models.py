"""Coefficients, effects and predictions of models, and groups of a design compared: few branches, skewed answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.coverage import Case
from svclib import stats
from svclib.errors import InvalidInput

Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]
Make = Callable[[np.random.Generator], pd.DataFrame]
CUTS = (-1.9, -1.2, -0.4, 0.8)
"""Answers 1–5 of a branch with long waits: about 6, 9, 19, 38 and 28 %."""
SEGMENTS = np.array(["affluent", "mass", "sme"])


def people(random: np.random.Generator, branches: int, size: int, *, alike: float = 0.1) -> pd.DataFrame:
    """Answers of branches: waits that differ between branches, satisfaction falling with the wait."""
    branch = np.repeat(np.arange(branches), size)
    own = random.standard_normal((2, branches))[:, branch]
    wait = np.exp(1.2 + 0.3 * own[0] + 0.6 * random.standard_normal(len(branch)))
    segment = random.choice(3, len(branch), p=[0.25, 0.55, 0.2])
    steep = np.where(segment == 2, 0.16, 0.08)
    noise = np.sqrt(alike) * own[1] + np.sqrt(1 - alike) * random.standard_normal(len(branch))
    latent = 0.9 - steep * wait - 0.3 * (segment == 1) + noise
    rate = np.exp(-1.2 + 0.08 * wait + 0.4 * own[1]) if alike else np.exp(-1.2 + 0.08 * wait)
    return pd.DataFrame(
        {
            "branch": branch,
            "wait": wait,
            "segment": SEGMENTS[segment],
            "csat": 1.0 + np.searchsorted(CUTS, latent),
            "complaints": random.poisson(np.minimum(rate, 20)),
        }
    ).assign(happy=lambda data: (data["csat"] >= 4).astype(int))


def asked(random: np.random.Generator, branches: int, size: int) -> pd.DataFrame:
    """People of whom those who waited long and the sme customers were asked more often; their weights mend that."""
    everybody = people(random, branches, 4 * size)
    chance = np.where(everybody["segment"] == "sme", 0.4, 0.2) * np.where(everybody["wait"] > 4, 1.5, 1.0)
    drawn = everybody[random.random(len(everybody)) < chance]
    return drawn.assign(weight=1 / chance[drawn.index])


@lru_cache(maxsize=4)
def population(alike: float = 0.1) -> pd.DataFrame:
    return people(np.random.default_rng(7), 8000, 50, alike=alike)


def simple(n: int) -> Make:
    return lambda random: people(random, n, 1, alike=0.0)


def clustered(branches: int, size: int) -> Make:
    return lambda random: asked(random, branches, size)


TERMS = ["wait", "segment"]


def fit_of(data: Any, outcome: str, family: str, **keywords: Any) -> Any:
    if family == "ordinal":
        return stats.ordinal(data, outcome, TERMS, **keywords)
    return stats.glm(data, outcome, TERMS, family=family, **keywords)


@lru_cache(maxsize=32)
def truth_of(outcome: str, family: str, alike: float) -> Any:
    return fit_of(population(alike), outcome, family)


KEYS = ["first", "row", "category", "term"]


def limits(frame: pd.DataFrame | None, truth: pd.DataFrame) -> tuple[Any, Any, Any]:
    """Put the limits beside the truth of the same name; what the sample does not tell is empty."""
    keys = [name for name in KEYS if name in truth]
    told = truth[[*keys, "estimate"]].rename(columns={"estimate": "truth"})
    if frame is None:
        return np.full(len(told), np.nan), np.full(len(told), np.nan), told["truth"].to_numpy()
    both = told.merge(frame[[*keys, "low", "high"]], on=keys, how="left")
    return both["low"].to_numpy(), both["high"].to_numpy(), both["truth"].to_numpy()


def fitted(fit: Callable[[], Any]) -> Any:
    """Samples in which the outcome is predicted without error have no fit (the user is told so)."""
    try:
        return fit()
    except InvalidInput:
        return None


def coefficients(make: Make, outcome: str, family: str, design: bool = False, **keywords: Any) -> Draw:
    def draw(random: np.random.Generator) -> tuple[Any, Any, Any]:
        data = make(random)
        given = stats.Design(data, weights="weight", cluster="branch") if design else data
        truth = truth_of(outcome, family, 0.1 if design else 0.0).frame
        found = fitted(lambda: fit_of(given, outcome, family, **keywords))
        return limits(None if found is None else found.frame, truth)

    return draw


def effects(make: Make, outcome: str, family: str, design: bool = False, **keywords: Any) -> Draw:
    def draw(random: np.random.Generator) -> tuple[Any, Any, Any]:
        data = make(random)
        given = stats.Design(data, weights="weight", cluster="branch") if design else data
        truth = _effects_of(outcome, family, 0.1 if design else 0.0, tuple(keywords.items()))
        found = fitted(lambda: fit_of(given, outcome, family))
        return limits(None if found is None else found.effects(**keywords).frame, truth)

    return draw


@lru_cache(maxsize=32)
def _effects_of(outcome: str, family: str, alike: float, keywords: tuple[tuple[str, Any], ...]) -> pd.DataFrame:
    return truth_of(outcome, family, alike).effects(**dict(keywords)).frame


NEW = pd.DataFrame({"wait": [1.0, 4.0, 10.0], "segment": ["mass", "sme", "affluent"]})


def predictions(make: Make, outcome: str, family: str, design: bool = False, **keywords: Any) -> Draw:
    def draw(random: np.random.Generator) -> tuple[Any, Any, Any]:
        data = make(random)
        given = stats.Design(data, weights="weight", cluster="branch") if design else data
        truth = truth_of(outcome, family, 0.1 if design else 0.0).predict(NEW, **keywords)
        found = fitted(lambda: fit_of(given, outcome, family))
        return limits(None if found is None else found.predict(NEW, **keywords), truth)

    return draw


def two(data: pd.DataFrame) -> pd.DataFrame:
    return data[data["segment"] != "affluent"]


@lru_cache(maxsize=32)
def _compared(column: str, by: str, method: str, pair: bool) -> pd.DataFrame:
    data = population()
    return stats.Design(two(data) if pair else data).compare(column, by, method=method)


def groups(branches: int, size: int, method: str, *, column: str = "csat", pair: bool = True) -> Draw:
    def draw(random: np.random.Generator) -> tuple[Any, Any, Any]:
        data = asked(random, branches, size)
        design = stats.Design(two(data) if pair else data, weights="weight", cluster="branch")
        return limits(design.compare(column, "segment", method=method), _compared(column, "segment", method, pair))

    return draw


def small_groups(n: int, method: str) -> Draw:
    """Two groups of n, every answer drawn by itself."""

    def draw(random: np.random.Generator) -> tuple[Any, Any, Any]:
        data = two(people(random, 6 * n, 1, alike=0.0)).groupby("segment").head(n)
        return limits(stats.Design(data).compare("csat", "segment", method=method), _simple(method))

    return draw


@lru_cache(maxsize=8)
def _simple(method: str) -> pd.DataFrame:
    return stats.Design(two(population(0.0))).compare("csat", "segment", method=method)


def association(branches: int, size: int, rows: str) -> Draw:
    def draw(random: np.random.Generator) -> tuple[Any, Any, Any]:
        data = asked(random, branches, size).assign(long=lambda data: data["wait"] > 4)
        truth = _associated(rows)
        return limits(stats.Design(data, weights="weight", cluster="branch").chisq(rows, "long"), truth)

    return draw


@lru_cache(maxsize=4)
def _associated(rows: str) -> pd.DataFrame:
    return stats.Design(population().assign(long=lambda data: data["wait"] > 4)).chisq(rows, "long")


CASES = [
    Case("glm gaussian: n = 30, five-point answers", coefficients(simple(30), "csat", "gaussian")),
    Case("glm gaussian, robust: n = 40", coefficients(simple(40), "csat", "gaussian", errors="robust")),
    Case("glm gaussian: 10 branches of 15", coefficients(clustered(10, 15), "csat", "gaussian", design=True)),
    Case("glm gaussian: 40 branches of 10", coefficients(clustered(40, 10), "csat", "gaussian", design=True)),
    Case("glm binomial: n = 120", coefficients(simple(120), "happy", "binomial")),
    Case("glm binomial: n = 400", coefficients(simple(400), "happy", "binomial")),
    Case("glm binomial: 10 branches of 25", coefficients(clustered(10, 25), "happy", "binomial", design=True)),
    Case("glm binomial: 40 branches of 10", coefficients(clustered(40, 10), "happy", "binomial", design=True)),
    Case("glm poisson: n = 60", coefficients(simple(60), "complaints", "poisson")),
    Case("glm quasipoisson: n = 60", coefficients(simple(60), "complaints", "quasipoisson")),
    Case("glm poisson: 10 branches of 25", coefficients(clustered(10, 25), "complaints", "poisson", design=True)),
    Case("glm poisson: 40 branches of 10", coefficients(clustered(40, 10), "complaints", "poisson", design=True)),
    Case("glm binomial, effects: n = 120", effects(simple(120), "happy", "binomial"), runs=500),
    Case(
        "glm binomial, effects: 10 branches of 25",
        effects(clustered(10, 25), "happy", "binomial", design=True),
        runs=500,
    ),
    Case("glm poisson, effects: n = 60", effects(simple(60), "complaints", "poisson"), runs=500),
    Case("glm binomial, predictions: n = 120", predictions(simple(120), "happy", "binomial")),
    Case(
        "glm gaussian, predictions: 10 branches of 15", predictions(clustered(10, 15), "csat", "gaussian", design=True)
    ),
    Case("ordinal: n = 120", coefficients(simple(120), "csat", "ordinal")),
    Case("ordinal: 10 branches of 25", coefficients(clustered(10, 25), "csat", "ordinal", design=True)),
    Case("ordinal: 40 branches of 10", coefficients(clustered(40, 10), "csat", "ordinal", design=True)),
    Case("ordinal, effects on the top two: n = 120", effects(simple(120), "csat", "ordinal", at_least=4), runs=500),
    Case("ordinal, effects: 15 branches of 20", effects(clustered(15, 20), "csat", "ordinal", design=True), runs=500),
    Case("ordinal, top two predicted: n = 120", predictions(simple(120), "csat", "ordinal", at_least=4)),
    Case("compare t: 8 branches of 15", groups(8, 15, "t")),
    Case("compare t, three groups: 12 branches of 20", groups(12, 20, "t", pair=False)),
    Case("compare superiority: 10 and 10 answers", small_groups(10, "wilcoxon")),
    Case("compare superiority: 8 branches of 15", groups(8, 15, "wilcoxon")),
    Case("compare superiority, three groups: 12 branches of 20", groups(12, 20, "wilcoxon", pair=False)),
    Case("compare normal scores of waits: 8 branches of 15", groups(8, 15, "vanderwaerden", column="wait")),
    Case("compare above the median: 8 branches of 15", groups(8, 15, "median")),
    Case("chisq, Cramér's V: 10 branches of 20", association(10, 20, "happy")),
    Case("chisq, Cramér's V: 30 branches of 15", association(30, 15, "csat")),
]
