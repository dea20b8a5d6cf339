"""Coverage of pass marks and of what is said of decisions: panels of judges, contrasting groups, parallel exams."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import binom

from benchmarks.coverage import Case
from svclib import stats
from svclib.stats.cutscores.abilities import ability_at, lee, of_groups
from svclib.stats.cutscores.decisions import at_each_mark
from svclib.stats.item_response.parameters import items_of

Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]

_SIGN = "the sign test's interval of a median covers at least its level"


def panel(rng: np.random.Generator, judges: int, centre: np.ndarray) -> pd.DataFrame:
    """Ratings around the items' means, with the judges' severity and noise, rounded to 5 %."""
    raw = centre + rng.normal(0, 0.06, (judges, 1)) + rng.normal(0, 0.08, (judges, len(centre)))
    ratings = pd.DataFrame(np.clip(raw, 0, 1), columns=range(len(centre)))
    return ratings.rename_axis("judge").reset_index().melt("judge", var_name="item", value_name="rating")


def angoff(judges: int) -> Draw:
    """The cut of these items, judges a sample."""
    centre = np.linspace(0.35, 0.75, 30)

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        row = stats.angoff(panel(rng, judges, centre)).frame.iloc[0]
        return row["low"], row["high"], centre.sum()

    return draw


def angoff_items(judges: int, items: int) -> Draw:
    """The expected cut of exams whose items are a sample, too."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        row = stats.angoff(panel(rng, judges, rng.normal(0.55, 0.09, items))).frame.iloc[1]
        return row["low"], row["high"], 0.55 * items

    return draw


BANK = pd.DataFrame(
    {"item": [f"q{k}" for k in range(40)], "a": np.tile([0.7, 1.0, 1.3, 1.6], 10), "b": np.linspace(-2, 1.5, 40)}
)


def bookmark(judges: int, which: str) -> Draw:
    """The mean and the median page's ability; pages are whole."""
    theta = stats.ordered_booklet(BANK)["theta"].to_numpy()

    def pages(rng: np.random.Generator, n: int) -> np.ndarray:
        return np.clip(np.round(rng.normal(22, 4, n)), 1, 40).astype(int)

    many = theta[pages(np.random.default_rng(1), 400_000) - 1]
    truth = float(many.mean() if which == "mean" else np.median(many))

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        placed = pd.DataFrame({"judge": range(judges), "page": pages(rng, judges)})
        frame = stats.bookmark(placed, BANK).frame.set_index("term")
        row = frame.loc[f"theta, {which}"]
        return row["low"], row["high"], truth

    return draw


def contrasting(n: int, term: str) -> Draw:
    """Two normal groups of equal size and spread: every way has its mark in the middle between the means."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        scores = np.concatenate([rng.normal(50, 10, n), rng.normal(65, 10, n)]).round()
        frame = stats.contrasting_groups(scores, np.repeat([False, True], n), replicates=200).frame.set_index("term")
        return frame.loc[term, "low"], frame.loc[term, "high"], 57.5

    return draw


def beta_scores(rng: np.random.Generator, n: int, items: int) -> np.ndarray:
    """Candidates × parallel items; true shares follow a beta distribution of four parameters."""
    truth = 0.25 + 0.7 * rng.beta(3, 2.5, n)
    return (rng.random((n, items)) < truth[:, None]).astype(float)


@cache
def beta_truth(items: int, cut: int) -> tuple[float, float, float, float]:
    """Accuracy, consistency, false pass and false fail of such an exam, by a fine grid."""
    points = (np.arange(400_000) + 0.5) / 400_000
    weight = points**2 * (1 - points) ** 1.5
    true = 0.25 + 0.7 * points
    chance = binom.sf(cut - 1, items, true)
    found = at_each_mark(weight[None] / weight.sum(), (true >= cut / items).astype(float), chance[None, None])
    return tuple(float(found[name].item()) for name in TERMS)  # type: ignore[return-value]


TERMS = ("accuracy", "consistency", "false_pass", "false_fail")


def parallel(n: int, items: int, cut: int, method: str) -> Draw:
    """Decisions on parallel items, of which the binomial model is true."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        scores = pd.DataFrame(beta_scores(rng, n, items)).add_prefix("q")
        rows = stats.classification(scores, cut, method=method, replicates=200).set_index("term").loc[list(TERMS)]
        return rows["low"], rows["high"], beta_truth(items, cut)

    return draw


def responses(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Candidates on the bank's 40 items (2PL, standard normal ability)."""
    theta = rng.normal(size=n)
    chance = expit(BANK["a"].to_numpy() * (theta[:, None] - BANK["b"].to_numpy()))
    return pd.DataFrame((rng.random(chance.shape) < chance).astype(float), columns=BANK["item"])


@cache
def item_truth(cut: int) -> tuple[float, float, float, float]:
    """The same figures for those candidates, by the distribution of sums given ability."""
    items = items_of(BANK)
    at = of_groups(np.zeros(1), np.ones(1), np.ones(1), np.array([ability_at(items, cut)]))
    reached, chance = lee(items, at, np.array([float(cut)]))
    found = at_each_mark(at.weight[None], reached, chance)
    return tuple(float(found[name].item()) for name in TERMS)  # type: ignore[return-value]


def graded(n: int, cut: int, method: str) -> Draw:
    """Decisions on items of different difficulty and discrimination; the binomial model is only near the truth."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        rows = stats.classification(responses(rng, n), cut, method=method, replicates=200)
        rows = rows.set_index("term").loc[list(TERMS)]
        return rows["low"], rows["high"], item_truth(cut)

    return draw


CASES = [
    Case("angoff: 5 judges, 30 items", angoff(5)),
    Case("angoff: 10 judges, 30 items", angoff(10)),
    Case("angoff: 8 judges, 20 items, both random", angoff_items(8, 20)),
    Case("bookmark: 10 judges, mean", bookmark(10, "mean")),
    Case("bookmark: 10 judges, median", bookmark(10, "median"), conservative=_SIGN),
    Case("contrasting_groups: 2 × 60, logistic", contrasting(60, "logistic"), runs=500),
    Case("contrasting_groups: 2 × 60, densities", contrasting(60, "densities"), runs=500),
    Case("contrasting_groups: 2 × 60, equal errors", contrasting(60, "equal_errors"), runs=500),
    Case("classification: Livingston–Lewis, 200 × 40 parallel", parallel(200, 40, 26, "livingston_lewis"), runs=400),
    Case("classification: Livingston–Lewis, 1000 × 40 parallel", parallel(1000, 40, 26, "livingston_lewis"), runs=400),
    Case("classification: Hanson–Brennan, 200 × 40 parallel", parallel(200, 40, 26, "hanson_brennan"), runs=400),
    Case("classification: Livingston–Lewis, 200 × 40 of a 2PL", graded(200, 24, "livingston_lewis"), runs=400),
    Case("classification: Hanson–Brennan, 200 × 40 of a 2PL", graded(200, 24, "hanson_brennan"), runs=400),
]
