"""Intervals of driver analysis: shares, R², differences, ranks, slopes, the strategy matrix, moderation, gains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.coverage import Case
from svclib import stats
from svclib.stats.key_drivers.shapley import shapley

RUNS, DRAWS = 300, 400
MILLION = 400_000


@dataclass(frozen=True)
class Bank:
    """Five-point ratings that share a halo, and an outcome that hangs on them.

    Attributes
    ----------
    effects : tuple of float
        Of each driver on the outcome; the last `apart` drivers share no halo.
    halo : float
        Correlation of the drivers behind the ratings.
    noise : float
        What else moves the outcome.
    between : float
        Part of ratings and outcome that respondents of a branch share.
    """

    effects: tuple[float, ...]
    halo: float = 0.4
    noise: float = 0.8
    apart: int = 0
    between: float = 0.0
    levels: tuple[float, ...] = ()

    def sample(self, random: np.random.Generator, branches: int, each: int = 1) -> pd.DataFrame:
        """Draw respondents of some branches."""
        p, n = len(self.effects), branches * each
        branch = np.repeat(np.arange(branches), each)
        shared = np.sqrt(self.halo) * random.normal(size=(n, 1)) + np.sqrt(1 - self.halo) * random.normal(size=(n, p))
        if self.apart:
            shared[:, -self.apart :] = random.normal(size=(n, self.apart))
        local = random.normal(size=(branches, p + 1))[branch] * np.sqrt(self.between)
        felt = np.sqrt(1 - self.between) * shared + local[:, :p]
        overall = felt @ np.array(self.effects) + self.noise * (random.normal(size=n) + local[:, p])
        centre = np.array(self.levels) if self.levels else np.full(p, 3.8)
        data = pd.DataFrame(np.clip(np.round(centre + felt), 1, 5), columns=self.names)
        return data.assign(overall=np.clip(np.round(3.8 + overall), 1, 5), branch=branch, weight=1.0 + branch % 3)

    @property
    def names(self) -> list[str]:
        return [f"d{one}" for one in range(len(self.effects))]

    @cached_property
    def truth(self) -> pd.DataFrame:
        """Shares and slopes in a sample so large that it is the population."""
        data = self.sample(np.random.default_rng(1), MILLION)
        moments = np.cov(data[[*self.names, "overall"]].to_numpy().T)
        part = shapley(moments[:, :, None], [1] * len(self.names))[:, 0] / moments[-1, -1]
        slope = np.linalg.solve(moments[:-1, :-1], moments[:-1, -1])
        mean = data[self.names].mean().to_numpy()
        return pd.DataFrame({"estimate": part, "share": part / part.sum(), "slope": slope, "mean": mean}, self.names)


MIXED = Bank((0.5, 0.35, 0.2, 0.1, 0.0, 0.0), apart=1)
WEAK = Bank((0.4, 0.3, 0.2, 0.1, 0.0), halo=0.6, noise=2.0)
MANY = Bank((0.4, 0.3, 0.2, 0.1, 0.1, 0.1, 0.05, 0.0, 0.0), halo=0.5, noise=1.0)
CLUSTERED = Bank((0.5, 0.3, 0.2, 0.1), between=0.1)
TOP = Bank((0.5, 0.3, 0.2), levels=(4.6, 4.8, 4.4))
MAP = Bank((0.5, 0.35, 0.1, 0.05), levels=(3.2, 4.2, 3.4, 4.1))


def _found(bank: Bank, random: np.random.Generator, n: int, each: int = 1) -> tuple[Any, pd.DataFrame]:
    data: Any = bank.sample(random, n, each)
    if each > 1:
        data = stats.Design(data, weights="weight", cluster="branch")
    found = stats.drivers(data, "overall", bank.names, bootstraps=DRAWS, seed=int(random.integers(1e9)))
    return found, found.frame.set_index("term").loc[bank.names]


def _shares(
    bank: Bank, n: int, low: str, high: str, truth: str, rows: Sequence[int], each: int = 1
) -> Callable[[np.random.Generator], Any]:
    """Intervals of some drivers in one column."""

    def draw(random: np.random.Generator) -> Any:
        frame = _found(bank, random, n, each)[1].iloc[list(rows)]
        return frame[low], frame[high], bank.truth[truth].iloc[list(rows)]

    return draw


def _r2(bank: Bank, n: int, each: int = 1) -> Callable[[np.random.Generator], Any]:
    def draw(random: np.random.Generator) -> Any:
        row = _found(bank, random, n, each)[0].fit.iloc[0]
        return row["low"], row["high"], bank.truth["estimate"].sum()

    return draw


def _hit(held: bool) -> tuple[float, float, float]:
    """Several intervals that must hold together, as one."""
    return (0.0, 0.0, 0.0) if held else (1.0, 1.0, 0.0)


def _ordinal(n: int, row: str) -> Callable[[np.random.Generator], Any]:
    """A hidden outcome in steps: its R², or the parts of three drivers."""
    effects = np.array([0.5, 0.3, 0.1])

    def rated(random: np.random.Generator, size: int) -> pd.DataFrame:
        felt = 0.6 * random.normal(size=(size, 1)) + random.normal(size=(size, 3))
        return pd.DataFrame(np.clip(np.round(3.6 + felt), 1, 5), columns=["d0", "d1", "d2"])

    spread = rated(np.random.default_rng(1), MILLION).cov().to_numpy()
    total = effects @ spread @ effects + 1
    beside = (spread @ effects)[:, None] / np.sqrt(total)
    hidden = np.vstack([np.hstack([spread, beside]), np.append(beside.T, 1.0)])
    truth = shapley(hidden[:, :, None], [1, 1, 1])[:, 0]

    def draw(random: np.random.Generator) -> Any:
        data = rated(random, n)
        felt = data.to_numpy() @ effects + random.normal(size=n)
        data["overall"] = np.digitize(felt, [1.8, 2.6, 3.4, 4.2])
        found = stats.drivers(data, "overall", ["d0", "d1", "d2"], ordinal=True, bootstraps=DRAWS)
        if row == "r2":
            return found.fit["low"].item(), found.fit["high"].item(), truth.sum()
        frame = found.frame.set_index("term").loc[["d0", "d1", "d2"]]
        return frame["low"], frame["high"], truth

    return draw


def _differences(bank: Bank, n: int) -> Callable[[np.random.Generator], Any]:
    def draw(random: np.random.Generator) -> Any:
        rows, part = _found(bank, random, n)[0].differences, bank.truth["estimate"]
        truth = part[rows["first"]].to_numpy() - part[rows["second"]].to_numpy()
        return _hit(bool(((rows["low"] <= truth) & (truth <= rows["high"])).all()))

    return draw


def _ranks(bank: Bank, n: int) -> Callable[[np.random.Generator], Any]:
    def draw(random: np.random.Generator) -> Any:
        frame = _found(bank, random, n)[1]
        rank = bank.truth["estimate"].rank(ascending=False)
        return _hit(bool(((frame["rank_low"] <= rank) & (rank <= frame["rank_high"])).all()))

    return draw


def _performance(bank: Bank, n: int, performance: str) -> Callable[[np.random.Generator], Any]:
    data = bank.sample(np.random.default_rng(1), MILLION)[bank.names]
    truth = (data >= 4).mean() if performance == "top_box" else data.mean()

    def draw(random: np.random.Generator) -> Any:
        found = stats.importance_performance(
            bank.sample(random, n), "overall", bank.names, performance=performance, bootstraps=DRAWS
        )
        frame = found.frame.set_index("term").loc[bank.names]
        return frame["performance_low"], frame["performance_high"], truth

    return draw


def _regions(bank: Bank, n: int, each: int = 1) -> Callable[[np.random.Generator], Any]:
    """Whether the true point lies inside the outline of each driver."""

    def draw(random: np.random.Generator) -> Any:
        data: Any = bank.sample(random, n, each)
        data = stats.Design(data, weights="weight", cluster="branch") if each > 1 else data
        found = stats.importance_performance(data, "overall", bank.names, bootstraps=DRAWS)
        inside = []
        for name in bank.names:
            outline = found.regions[found.regions["term"] == name]
            point = (bank.truth.loc[name, "mean"], bank.truth.loc[name, "share"])
            inside.append(_within(outline[["performance", "importance"]].to_numpy(), point))
        missed = 1.0 - np.array(inside)
        return missed, missed, np.zeros(len(missed))

    return draw


def _within(outline: np.ndarray, point: tuple[float, float]) -> bool:
    """Count the edges that a ray from the point crosses."""
    (x0, y0), (x1, y1) = outline[:-1].T, outline[1:].T
    across = (y0 > point[1]) != (y1 > point[1])
    slope = np.where(across, (point[1] - y0) / np.where(across, y1 - y0, 1.0), 0.0)
    return bool((across & (point[0] < x0 + slope * (x1 - x0))).sum() % 2)


def _verdicts(n: int, sure: float) -> Callable[[np.random.Generator], Any]:
    """Verdicts that are right, over banks whose effects and levels are themselves drawn; no verdict counts as none."""

    def draw(random: np.random.Generator) -> Any:
        bank = Bank(tuple(random.uniform(0, 0.5, 4)), levels=tuple(random.normal(3.8, 0.15, 4)))
        found = stats.importance_performance(bank.sample(random, n), "overall", bank.names, sure=sure, bootstraps=DRAWS)
        frame, truth = found.frame.set_index("term").loc[bank.names], bank.sample(random, 60_000)
        true = stats.importance_performance(truth, "overall", bank.names, bootstraps=0).frame
        right = frame["verdict"] == true.set_index("term").loc[bank.names, "quadrant"]
        wrong = np.where(frame["verdict"] == "cannot be told", np.nan, 1.0 - right)
        return wrong, wrong, np.zeros(4)

    return draw


def _segments(sizes: tuple[int, int], gap: float, each: int = 1) -> Callable[[np.random.Generator], Any]:
    """Difference of a slope between two segments with other spreads."""

    def draw(random: np.random.Generator) -> Any:
        tier = np.repeat(["gold", "standard"], [one * each for one in sizes])
        gold, n, branch = tier == "gold", len(tier), np.repeat(np.arange(sum(sizes)), each)
        local = 0.4 * random.normal(size=(sum(sizes), 3))[branch]
        wait, staff = random.integers(1, 6, n) + local[:, 0], random.integers(1, 6, n) + local[:, 1]
        error = random.normal(size=n) * np.where(gold, 1.5, 0.7) * (0.5 + wait / 5) + local[:, 2] * (each > 1)
        data: Any = pd.DataFrame({"wait": wait, "staff": staff, "tier": tier, "branch": branch})
        data["overall"] = (0.3 + gap * gold) * wait + 0.3 * staff + error
        data = stats.Design(data, cluster="branch") if each > 1 else data
        row = stats.moderation(data, "overall", ["wait", "staff"], "tier").differences.iloc[0]
        return row["low"], row["high"], gap

    return draw


def _gain(bank: Bank, n: int, target: float) -> Callable[[np.random.Generator], Any]:
    truth = bank.truth["slope"] * (target - bank.truth["mean"])

    def draw(random: np.random.Generator) -> Any:
        found = stats.what_if(
            bank.sample(random, n), "overall", bank.names, targets=dict.fromkeys(bank.names, target), bootstraps=DRAWS
        )
        rows = found[found["scenario"] == "target"]
        return rows["low"], rows["high"], truth

    return draw


def _best(branches: int, each: int) -> Callable[[np.random.Generator], Any]:
    """Gain at the level of the truly best branch, whichever the answers take for the best."""

    def draw(random: np.random.Generator) -> Any:
        level = 3.5 + 0.3 * random.normal(size=branches)
        branch = np.repeat(np.arange(branches), each)
        wait = level[branch] + random.normal(size=len(branch))
        data = pd.DataFrame({"wait": wait, "staff": random.normal(size=len(branch)), "branch": branch})
        data["overall"] = 0.5 * wait + 0.3 * data["staff"] + random.normal(size=len(branch))
        rows = stats.what_if(data, "overall", ["wait", "staff"], by="branch", bootstraps=DRAWS)
        row = rows[(rows["scenario"] == "best unit") & (rows["term"] == "wait")].iloc[0]
        return row["low"], row["high"], 0.5 * (level.max() - level.mean())

    return draw


EVERY = (0, 1, 2, 3, 4)
LIMITS = ("low", "high", "estimate")
PARTS = ("share_low", "share_high", "share")
SLOPES = ("slope_low", "slope_high", "slope")
BOUNDARY = "the truth is 0, the least there can be: the interval can only miss above"
REACHES = "reaches over the draws with their bias out once and twice, as nobody knows which (decision 015)"
JOINT = "all ranks hold together, of sets built from differences that hold together (Mogstad et al. 2024)"

CASES = [
    Case("drivers: part of variance, n = 100", _shares(MIXED, 100, *LIMITS, EVERY), RUNS, REACHES),
    Case("drivers: part of variance, n = 300", _shares(MIXED, 300, *LIMITS, EVERY), RUNS),
    Case("drivers: part of variance, weak, n = 100", _shares(WEAK, 100, *LIMITS, EVERY), RUNS, REACHES),
    Case("drivers: part of variance, nine drivers, n = 100", _shares(MANY, 100, *LIMITS, range(9)), RUNS, REACHES),
    Case("drivers: part of variance, a driver without effect", _shares(MIXED, 100, *LIMITS, (5,)), RUNS, BOUNDARY),
    Case("drivers: part of variance, 30 clusters of 8", _shares(CLUSTERED, 30, *LIMITS, range(4), 8), RUNS, REACHES),
    Case("drivers: share of explained, n = 100", _shares(MIXED, 100, *PARTS, EVERY), RUNS),
    Case("drivers: share of explained, n = 300", _shares(MIXED, 300, *PARTS, EVERY), RUNS),
    Case("drivers: share of explained, weak, n = 100", _shares(WEAK, 100, *PARTS, EVERY), RUNS, REACHES),
    Case("drivers: share of explained, 30 clusters of 8", _shares(CLUSTERED, 30, *PARTS, range(4), 8), RUNS),
    Case("drivers: R², n = 100", _r2(MIXED, 100), 2 * RUNS, REACHES),
    Case("drivers: R², weak, n = 100", _r2(WEAK, 100), 2 * RUNS, REACHES),
    Case("drivers: R², 30 clusters of 8", _r2(CLUSTERED, 30, 8), 2 * RUNS, REACHES),
    Case("drivers: hidden outcome, part of variance, n = 150", _ordinal(150, "parts"), RUNS, REACHES),
    Case("drivers: hidden outcome, R², n = 150", _ordinal(150, "r2"), RUNS, REACHES),
    Case("drivers: all differences at once, n = 100", _differences(MIXED, 100), 2 * RUNS, REACHES),
    Case("drivers: all differences at once, n = 300", _differences(MIXED, 300), 2 * RUNS, REACHES),
    Case("drivers: all ranks at once, n = 300", _ranks(MIXED, 300), RUNS, JOINT),
    Case("drivers: slopes, n = 100", _shares(MIXED, 100, *SLOPES, range(6)), RUNS),
    Case("drivers: slopes, 30 clusters of 8", _shares(CLUSTERED, 30, *SLOPES, range(4), 8), RUNS),
    Case("importance_performance: means, n = 60", _performance(MAP, 60, "mean"), RUNS),
    Case("importance_performance: means that crowd at the top, n = 30", _performance(TOP, 30, "mean"), RUNS),
    Case("importance_performance: top boxes that crowd at the top, n = 30", _performance(TOP, 30, "top_box"), RUNS),
    Case("importance_performance: top boxes, n = 60", _performance(MAP, 60, "top_box"), RUNS),
    Case("importance_performance: regions, n = 200", _regions(MAP, 200), RUNS),
    Case("importance_performance: regions, 20 clusters of 10", _regions(CLUSTERED, 20, 10), RUNS),
    Case("importance_performance: verdicts of 0.9 are right, n = 300", _verdicts(300, 0.9), RUNS),
    Case("moderation: difference, 40 against 200, unequal spread", _segments((40, 200), 0.3), 2 * RUNS),
    Case("moderation: difference, 20 and 20 clusters of 8", _segments((20, 20), 0.3, 8), 2 * RUNS),
    Case("what_if: to a target, n = 100", _gain(MIXED, 100, 4.5), RUNS),
    Case("what_if: to the best of 12 branches of 25", _best(12, 25), RUNS),
]
