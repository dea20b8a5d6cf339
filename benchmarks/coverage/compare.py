"""Intervals of comparisons: differences, sizes of effects, crossed tables, ranked units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.coverage import Case
from svclib import stats

SCALE = np.arange(1.0, 6.0)
PLEASED, MIXED, CROSS = (0.02, 0.05, 0.13, 0.35, 0.45), (0.08, 0.17, 0.3, 0.3, 0.15), (0.3, 0.3, 0.25, 0.1, 0.05)

Shares = Sequence[float]


def _rated(random: np.random.Generator, shares: Shares, n: int) -> np.ndarray:
    return random.choice(SCALE, n, p=shares)


def _groups(random: np.random.Generator, plan: Sequence[tuple[Shares, int]]) -> pd.DataFrame:
    parts = [_rated(random, shares, n) for shares, n in plan]
    return pd.DataFrame(
        {"group": np.repeat(list("abcdefgh")[: len(parts)], [len(p) for p in parts]), "y": np.concatenate(parts)}
    )


def _mean(shares: Shares) -> float:
    return float(SCALE @ shares)


def _difference(
    plan: Sequence[tuple[Shares, int]], scale: tuple[float, float] | None = None
) -> Callable[[np.random.Generator], Any]:
    truth = _mean(plan[0][0]) - _mean(plan[1][0])

    def draw(random: np.random.Generator) -> Any:
        rows = stats.compare_means(_groups(random, plan), "y", "group", scale=scale)
        row = rows[rows["method"].str.startswith("Welch t")].iloc[0]
        return row["low"], row["high"], truth

    return draw


def _delta(plan: Sequence[tuple[Shares, int]]) -> Callable[[np.random.Generator], Any]:
    above = np.sign(np.subtract.outer(SCALE, SCALE))
    truth = float(np.asarray(plan[0][0]) @ above @ np.asarray(plan[1][0]))

    def draw(random: np.random.Generator) -> Any:
        row = stats.compare_ranks(_groups(random, plan), "y", "group").iloc[0]
        return row["low"], row["high"], truth

    return draw


def _hedges(d: float, n: tuple[int, int]) -> Callable[[np.random.Generator], Any]:
    def draw(random: np.random.Generator) -> Any:
        y = np.concatenate([random.normal(d, 1, n[0]), random.normal(0, 1, n[1])])
        data = pd.DataFrame({"group": np.repeat(["a", "b"], n), "y": y})
        row = stats.compare_means(data, "y", "group").set_index("term").loc["hedges_g"]
        return row["low"], row["high"], d

    return draw


def _between(spread: float, n: int, groups: int) -> Callable[[np.random.Generator], Any]:
    """ω² of fixed group means with variance `spread`² around the grand mean, unit variance within."""
    centre = np.linspace(-1, 1, groups)
    centre = centre / centre.std() * spread
    truth = spread**2 / (spread**2 + 1)

    def draw(random: np.random.Generator) -> Any:
        y = random.normal(np.repeat(centre, n), 1)
        rows = stats.compare_means(pd.DataFrame({"group": np.repeat(np.arange(groups), n), "y": y}), "y", "group")
        row = rows[(rows["term"] == "omega2") & (rows["method"] == "F")].iloc[0]
        return row["low"], row["high"], truth

    return draw


def _table(cells: np.ndarray, n: int) -> tuple[Callable[[np.random.Generator], pd.DataFrame], float]:
    shares = cells / cells.sum()
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    v = np.sqrt(((shares - expected) ** 2 / expected).sum() / (min(shares.shape) - 1))

    def draw(random: np.random.Generator) -> pd.DataFrame:
        cell = random.choice(shares.size, n, p=shares.ravel())
        return pd.DataFrame({"row": cell // shares.shape[1], "column": cell % shares.shape[1]})

    return draw, float(v)


def _cramer(cells: np.ndarray, n: int) -> Callable[[np.random.Generator], Any]:
    make, truth = _table(cells, n)

    def draw(random: np.random.Generator) -> Any:
        row = stats.crosstab(make(random), "row", "column").tests.set_index("method").loc["chi-square"]
        return row["low"], row["high"], truth

    return draw


def _odds(cells: np.ndarray, n: int) -> Callable[[np.random.Generator], Any]:
    make, _v = _table(cells, n)
    truth = cells[0, 0] * cells[1, 1] / (cells[0, 1] * cells[1, 0])

    def draw(random: np.random.Generator) -> Any:
        tests = stats.crosstab(make(random), "row", "column").tests
        row = tests[tests["term"] == "odds_ratio"]
        return (row["low"].item(), row["high"].item(), truth) if len(row) else (np.nan, np.nan, truth)

    return draw


def _ranked(spread: float, sizes: Sequence[int]) -> Callable[[np.random.Generator], Any]:
    def draw(random: np.random.Generator) -> Any:
        true = random.normal(4.0, spread, len(sizes))
        y = np.concatenate([random.normal(mean, 0.9, n) for mean, n in zip(true, sizes, strict=True)])
        branch = np.repeat(np.arange(len(sizes)), sizes)
        units = stats.rank_units(stats.mean(pd.DataFrame({"b": branch, "y": y}), "y", by="b"), "b", draws=200).units
        return units["low"].to_numpy(), units["high"].to_numpy(), true[units["b"].to_numpy()]

    return draw


_TIES = "five-point answers of small groups: few different values are possible, so that no interval is exact"
_FEW = "eight answers at the end of a scale: the score interval allows for the spread that they did not show"
_TABLE = np.array([[30.0, 20, 10], [20, 30, 40]])
_SIZES = (4, 6, 8, 12, 20, 30, 50, 80)
CASES = [
    Case("compare_means, Welch: pleased 15 against mixed 15", _difference([(PLEASED, 15), (MIXED, 15)])),
    Case(
        "compare_means, on a scale: pleased 8 against pleased 60",
        _difference([(PLEASED, 8), (PLEASED, 60)], (1, 5)),
        1000,
        _FEW,
    ),
    Case("compare_means, on a scale: pleased 15 against mixed 15", _difference([(PLEASED, 15), (MIXED, 15)], (1, 5))),
    Case("compare_means, Hedges g: 0.5, 12 and 30", _hedges(0.5, (12, 30))),
    Case("compare_means, omega²: 4 groups of 15", _between(0.4, 15, 4)),
    Case("compare_ranks, Cliff's delta: pleased 8 against mixed 30", _delta([(PLEASED, 8), (MIXED, 30)]), 2000, _TIES),
    Case("compare_ranks, Cliff's delta: pleased 30 against cross 8", _delta([(PLEASED, 30), (CROSS, 8)]), 2000, _TIES),
    Case("compare_ranks, Cliff's delta: pleased 30 against pleased 30", _delta([(PLEASED, 30), (PLEASED, 30)]), 2000),
    Case("crosstab, Cramér's V: 2 × 3, n = 60", _cramer(_TABLE, 60)),
    Case("crosstab, Cramér's V: 2 × 3, n = 300", _cramer(_TABLE, 300)),
    Case("crosstab, odds ratio: 2 × 2, n = 60", _odds(_TABLE[:, ::2], 60), 1000, "Fisher's exact limits"),
    Case("rank_units: 8 branches of 4 to 80, spread 0.2", _ranked(0.2, _SIZES), 500),
    Case("rank_units: 8 branches of 4 to 80, spread 0.6", _ranked(0.6, _SIZES), 500),
]
