"""Intervals of designs: strata and clusters, weights, margins, replicates; R-indicators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr, ndtri

from benchmarks.coverage import Case
from svclib import stats
from svclib.stats import Design

Draw = Callable[[np.random.Generator], Any]

SHIFTS = np.array([-0.3, 0.0, 0.4])
"""What the three strata are above or below the average, on the scale of the latent satisfaction."""
SIZES = np.array([6000.0, 3000.0, 1000.0])
PLEASED, MIXED = (0.03, 0.05, 0.12, 0.35, 0.45), (0.1, 0.2, 0.3, 0.25, 0.15)
ALIKE = 0.08
"""Part of the variance that lies between branches."""


@dataclass(frozen=True)
class Bank:
    """A population of branches in three regions; customers answer 1 to 5 and waited so many minutes.

    Attributes
    ----------
    shares : tuple of float
        Answers 1 to 5 of the middle region.
    clusters : tuple of int
        Branches drawn in each region.
    size : int
        Customers drawn in each branch.
    degrees : str
        See `svclib.stats.Design`.
    """

    shares: Sequence[float] = PLEASED
    clusters: tuple[int, int, int] = (12, 8, 4)
    size: int = 10
    degrees: str = "clusters"

    @property
    def cuts(self) -> Any:
        """Limits of the answers on the latent scale."""
        return ndtri(np.cumsum(self.shares)[:-1])

    def draw(self, random: np.random.Generator) -> pd.DataFrame:
        """Draw branches in each region, and customers in them."""
        branches = np.repeat(np.arange(3), self.clusters)
        branch = np.repeat(np.arange(len(branches)), self.size)
        region = branches[branch]
        age = random.choice(3, len(region), p=[0.3, 0.4, 0.3])
        latent = SHIFTS[region] + 0.3 * (age - 1)
        latent += np.sqrt(ALIKE) * random.normal(size=len(branches))[branch]
        latent += np.sqrt(1 - ALIKE) * random.normal(size=len(region))
        wait = np.exp(1.5 + 0.3 * SHIFTS[region] + 0.3 * random.normal(size=len(branches))[branch])
        wait *= np.exp(0.6 * random.normal(size=len(region)))
        weight = (SIZES / (np.array(self.clusters) * self.size))[region]
        score = 1.0 + np.searchsorted(self.cuts, latent)
        return pd.DataFrame(
            {"region": region, "branch": branch, "age": age, "weight": weight, "score": score, "wait": wait}
        )

    def design(self, random: np.random.Generator) -> Design:
        """Draw a sample with its design."""
        return Design(self.draw(random), weights="weight", strata="region", cluster="branch", degrees=self.degrees)

    @lru_cache(maxsize=8)  # noqa: B019
    def answers(self) -> Any:
        """Probability of each answer: regions × ages × answers."""
        centre = SHIFTS[:, None] + 0.3 * (np.arange(3) - 1)
        below = ndtr(self.cuts - centre[:, :, None])
        return np.diff(below, prepend=0.0, append=1.0, axis=2)

    def mean(self, values: Any = (1, 2, 3, 4, 5), age: int | None = None) -> float:
        """Mean of a function of the answer in the population, or among one age."""
        people = np.outer(SIZES / SIZES.sum(), [0.3, 0.4, 0.3])
        if age is not None:
            people = people * (np.arange(3) == age)
        return float((people[:, :, None] * self.answers()).sum(axis=(0, 1)) @ np.asarray(values, float) / people.sum())

    def quantile(self, share: float) -> float:
        """Quantile of the waiting times."""
        spread, values = np.hypot(0.3, 0.6), np.linspace(0, 6, 200_001)
        below = (SIZES / SIZES.sum()) @ ndtr((values - (1.5 + 0.3 * SHIFTS)[:, None]) / spread)
        return float(np.exp(np.interp(share, below, values)))

    @property
    def waited(self) -> float:
        """Mean waiting time."""
        return float((SIZES / SIZES.sum()) @ np.exp(1.5 + 0.3 * SHIFTS + (0.3**2 + 0.6**2) / 2))


def _estimate(bank: Bank, verb: Callable[[Design], Any], truth: Any) -> Draw:
    def draw(random: np.random.Generator) -> Any:
        found = verb(bank.design(random))
        rows = found if isinstance(found, pd.DataFrame) else found.frame
        return rows["low"].to_numpy(), rows["high"].to_numpy(), truth

    return draw


def _share(bank: Bank, answers: Sequence[int], method: str) -> Draw:
    truth = bank.mean([one in answers for one in range(1, 6)])
    return _estimate(bank, lambda design: design.proportion("score", success=answers, method=method), truth)


def _plain_share(method: str, n: int, share: float) -> Draw:
    def draw(random: np.random.Generator) -> Any:
        design = Design(pd.DataFrame({"y": (random.random(n) < share).astype(int)}))
        row = design.proportion("y", success=1, method=method).frame.iloc[0]
        return row["low"], row["high"], share

    return draw


def _raked(bank: Bank, verb: Callable[[Design], Any], truth: Any, replicates: str | None = None) -> Draw:
    """Rake to age and region, whose shares in the population are known."""
    margins = {"age": {0: 3000, 1: 4000, 2: 3000}, "region": dict(enumerate(SIZES))}

    def weighted(design: Design) -> Any:
        found = design.rake(margins)
        return verb(found.replicates(replicates, replicates=200) if replicates else found)

    return _estimate(bank, weighted, truth)


def _calibrated(bank: Bank, method: str) -> Draw:
    known = {"age": {0: 3000, 1: 4000, 2: 3000}, "wait": 10_000 * bank.waited}

    def weighted(design: Design) -> Any:
        bounds = None if method == "raking" else (0.1, 6)
        return design.calibrate(known, method=method, bounds=bounds).mean("score")

    return _estimate(bank, weighted, bank.mean())


def _contrast(bank: Bank) -> Draw:
    truth = bank.mean(age=2) - bank.mean(age=0)
    return _estimate(bank, lambda design: design.mean("score", by="age").contrast([-1, 0, 1]), truth)


def _propensities(effect: float) -> tuple[Any, Any]:
    """Propensities of three ages × four channels, and the parts of the population."""
    age, channel = effect * np.linspace(-1, 1, 3), effect * np.linspace(-0.5, 0.5, 4)
    return expit(-0.5 + age[:, None] + channel), np.outer([0.5, 0.3, 0.2], np.full(4, 0.25))


def _indicator(effect: float, n: int, name: str, *, clustered: bool = False) -> Draw:
    shares, parts = _propensities(effect)
    rate = float((parts * shares).sum())
    ages, channels = shares.mean(axis=1), [0.5, 0.3, 0.2] @ shares
    truths = {
        ("r", "", ""): 1 - 2 * np.sqrt((parts * (shares - rate) ** 2).sum()),
        ("cv", "", ""): np.sqrt((parts * (shares - rate) ** 2).sum()) / rate,
        ("unconditional", "age", ""): np.sqrt([0.5, 0.3, 0.2] @ (ages - rate) ** 2),
        ("unconditional", "age", "0"): np.sqrt(0.5) * (ages[0] - rate),
        ("conditional", "age", ""): np.sqrt((parts * (shares - channels) ** 2).sum()),
        ("conditional", "channel", "3"): np.sqrt((parts[:, 3] * (shares - ages[:, None])[:, 3] ** 2).sum()),
    }
    key = next(one for one in truths if " ".join(part for part in one if part) == name)

    def draw(random: np.random.Generator) -> Any:
        age, channel = random.choice(3, n, p=[0.5, 0.3, 0.2]), random.integers(0, 4, n)
        answered = (random.random(n) < shares[age, channel]).astype(int)
        data = pd.DataFrame({"age": age, "channel": channel, "answered": answered, "branch": np.arange(n) // 10})
        asked = Design(data, cluster="branch") if clustered else data
        rows = stats.r_indicator(asked, responded="answered", columns=["age", "channel"])
        row = rows[rows["term"] == " ".join(part for part in key if part)].iloc[0]
        return row["low"], row["high"], truths[key]

    return draw


_BANK, _MIXED, _FEW = Bank(), Bank(MIXED), Bank(clusters=(2, 2, 2), size=5, degrees="satterthwaite")
_SMALL = Bank(clusters=(4, 3, 2), size=8)
_UNEVEN = Bank(clusters=(3, 3, 3), size=8, degrees="satterthwaite")
_EDGE = "samples that show no more unevenness than chance makes: one end of their interval cannot miss"
_EXACT = "Clopper and Pearson's interval, which is never short, with few possible shares"
_STEPS = "few possible shares: nobody or one of thirty"
_METHODS = ("wilson", "beta", "logit", "likelihood", "asin", "mean")
_AGES = [_BANK.mean(age=age) for age in range(3)]


def _mean(design: Design) -> Any:
    return design.mean("score")


def _means(design: Design) -> Any:
    return design.mean("score", by="age")


def _ratio(design: Design) -> Any:
    return design.ratio("score", "wait")


def _median(design: Design) -> Any:
    return design.quantile("wait")


def _replicated(bank: Bank, method: str, verb: Callable[[Design], Any], truth: Any) -> Draw:
    return _estimate(bank, lambda design: verb(design.replicates(method, replicates=200)), truth)


_MEANS = [
    Case("Design.mean: 24 clusters", _estimate(_BANK, _mean, _BANK.mean())),
    Case("Design.mean: 4, 3 and 2 clusters", _estimate(_SMALL, _mean, _SMALL.mean())),
    Case("Design.mean, satterthwaite: 3, 3 and 3 clusters", _estimate(_UNEVEN, _mean, _UNEVEN.mean())),
    Case("Design.mean: domains", _estimate(_BANK, _means, _AGES)),
    Case("Design.mean, contrast of two domains", _contrast(_BANK)),
    Case("Design.total: 24 clusters", _estimate(_BANK, lambda d: d.total("score"), 10_000 * _BANK.mean())),
    Case("Design.ratio: scores a minute", _estimate(_BANK, _ratio, _BANK.mean() / _BANK.waited)),
    Case("Design.quantile: median, 24 clusters", _estimate(_BANK, _median, _BANK.quantile(0.5))),
    Case("Design.quantile: 90 %", _estimate(_BANK, lambda d: d.quantile("wait", 0.9), _BANK.quantile(0.9))),
    Case("Design.quantile: median, 9 clusters", _estimate(_SMALL, _median, _SMALL.quantile(0.5))),
]
_SHARES = [
    case
    for method in _METHODS
    for case in (
        Case(f"Design.proportion, {method}: 24 clusters, about half", _share(_MIXED, [4, 5], method)),
        Case(f"Design.proportion, {method}: 24 clusters, about 3 %", _share(_BANK, [1], method)),
        Case(f"Design.proportion, {method}: 9 clusters, about 80 %", _share(_SMALL, [4, 5], method)),
    )
]
_SHARES += [
    Case("Design.proportion, wilson: n = 15, 90 %", _plain_share("wilson", 15, 0.9)),
    Case("Design.proportion, beta: n = 15, 90 %", _plain_share("beta", 15, 0.9), conservative=_EXACT),
    Case("Design.proportion, wilson: n = 30, 2 %", _plain_share("wilson", 30, 0.02), conservative=_STEPS),
]
_REPLICATES = [
    Case("Design.replicates, jkn: mean, 24 clusters", _replicated(_BANK, "jkn", _mean, _BANK.mean())),
    Case("Design.replicates, jkn: mean, 9 clusters", _replicated(_SMALL, "jkn", _mean, _SMALL.mean())),
    Case("Design.replicates, jkn: ratio", _replicated(_BANK, "jkn", _ratio, _BANK.mean() / _BANK.waited)),
    Case("Design.replicates, jkn: median", _replicated(_BANK, "jkn", _median, _BANK.quantile(0.5))),
    Case("Design.replicates, bootstrap: mean", _replicated(_BANK, "bootstrap", _mean, _BANK.mean())),
    Case("Design.replicates, brr, satterthwaite: 6 clusters", _replicated(_FEW, "brr", _mean, _FEW.mean())),
]
_WEIGHTED = [
    Case("Design.rake: mean, 24 clusters", _raked(_BANK, _mean, _BANK.mean())),
    Case("Design.rake: mean, 9 clusters", _raked(_SMALL, _mean, _SMALL.mean())),
    Case("Design.rake, satterthwaite: 3, 3 and 3 clusters", _raked(_UNEVEN, _mean, _UNEVEN.mean())),
    Case("Design.rake: domains", _raked(_BANK, _means, _AGES)),
    Case("Design.rake and replicates, jkn: mean", _raked(_BANK, _mean, _BANK.mean(), "jkn")),
    Case("Design.rake and replicates, bootstrap: mean", _raked(_BANK, _mean, _BANK.mean(), "bootstrap")),
    *(Case(f"Design.calibrate, {one}: mean", _calibrated(_BANK, one)) for one in ("linear", "raking", "logit")),
]
_INDICATORS = [
    Case("r_indicator: n = 200, somewhat uneven", _indicator(0.4, 200, "r"), 400, _EDGE),
    Case("r_indicator: n = 500, uneven", _indicator(1.0, 500, "r"), 400),
    Case("r_indicator: n = 500, even", _indicator(0.0, 500, "r"), 400, _EDGE),
    Case("r_indicator: 50 clusters of 10", _indicator(0.6, 500, "r", clustered=True), 400),
    Case("r_indicator, coefficient of variation: n = 500", _indicator(0.6, 500, "cv"), 400),
    Case("r_indicator, unconditional: n = 500", _indicator(0.6, 500, "unconditional age"), 400),
    Case("r_indicator, unconditional, a category: n = 300", _indicator(0.6, 300, "unconditional age 0"), 400),
    Case("r_indicator, conditional: n = 500", _indicator(0.6, 500, "conditional age"), 400),
    Case("r_indicator, conditional, a category: n = 500", _indicator(0.6, 500, "conditional channel 3"), 400, _EDGE),
]
CASES = [*_MEANS, *_SHARES, *_REPLICATES, *_WEIGHTED, *_INDICATORS]
