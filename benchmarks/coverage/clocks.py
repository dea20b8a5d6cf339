"""Coverage of the clocks' intervals: few cases, many of them open, ties by whole days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.coverage import Case
from svclib import stats

Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]

_DISCRETE = "a share of few cases takes few values: mid-p holds for the middle ones, and is wide at the edges"
_HEAVY = "two thirds of the cases are open: the exact interval is wide where few are left"


def sojourns(rng: np.random.Generator, n: int, until: float, shape: float = 1.2) -> pd.DataFrame:
    """Times of mean about 1 that are seen until a moment drawn evenly up to `until`."""
    time, seen = rng.weibull(shape, n), rng.uniform(0, until, n) if np.isfinite(until) else np.full(n, np.inf)
    return pd.DataFrame({"time": np.minimum(time, seen), "closed": time <= seen})


def open_share(time: float, shape: float = 1.2) -> float:
    """True share still open."""
    return float(np.exp(-(time**shape)))


def at(n: int, until: float, times: list[float]) -> Draw:
    """Share done within each of `times`."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        rows = stats.kaplan_meier(sojourns(rng, n, until), "time", "closed").within(times)
        return rows["low"], rows["high"], [1 - open_share(time) for time in times]

    return draw


def weighted(n: int, times: list[float]) -> Draw:
    """Share done, cases weighted unevenly."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        cases = sojourns(rng, n, 3).assign(w=rng.choice([1.0, 3.0], n))
        rows = stats.kaplan_meier(cases, "time", "closed", weights="w").within(times)
        return rows["low"], rows["high"], [1 - open_share(time) for time in times]

    return draw


def clustered(branches: int, size: int) -> Draw:
    """Share done within 1, branches drawn whole and differing in pace."""
    paces = np.exp(np.random.default_rng(1).normal(0, 0.4, 200_000))
    truth = float(1 - np.exp(-((1 / paces) ** 1.2)).mean())

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        pace = np.repeat(np.exp(rng.normal(0, 0.4, branches)), size)
        time, seen = pace * rng.weibull(1.2, branches * size), rng.uniform(0, 4, branches * size)
        cases = pd.DataFrame({"time": np.minimum(time, seen), "closed": time <= seen})
        design = stats.Design(cases.assign(branch=np.repeat(np.arange(branches), size)), cluster="branch")
        row = stats.kaplan_meier(design, "time", "closed").within(1)
        return row["low"], row["high"], truth

    return draw


def quantile(n: int, until: float) -> Draw:
    """Median and third quartile of the times."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        rows = stats.kaplan_meier(sojourns(rng, n, until), "time", "closed").quantile([0.5, 0.75])
        return rows["low"], rows["high"], [np.log(2) ** (1 / 1.2), np.log(4) ** (1 / 1.2)]

    return draw


def restricted(n: int, until: float, limit: float) -> Draw:
    """Mean time, counting at most `limit`."""
    grid = np.linspace(0, limit, 20_001)
    truth = float(np.trapezoid(np.exp(-(grid**1.2)), grid))

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        row = stats.kaplan_meier(sojourns(rng, n, until), "time", "closed").mean(limit)
        return row["low"], row["high"], truth

    return draw


def hazards(rng: np.random.Generator, n: int, beta: float) -> pd.DataFrame:
    """Times with a group effect and a number, exponential, seen for a while."""
    group, size = rng.integers(0, 2, n), rng.normal(size=n)
    time, seen = rng.exponential(np.exp(-beta * group - 0.5 * size)), rng.uniform(0.3, 3, n)
    cases = pd.DataFrame({"time": np.minimum(time, seen), "closed": time <= seen})
    return cases.assign(group=group.astype(float), size=size)


def cox(n: int, beta: float, **options: Any) -> Draw:
    """Two log hazard ratios."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        frame = stats.cox(hazards(rng, n, beta), "time", "closed", ["group", "size"], **options).frame
        return frame["low"], frame["high"], [beta, 0.5]

    return draw


def concordant(n: int) -> Draw:
    """The concordance of one number with hazard ratio e."""
    rates = np.exp(np.random.default_rng(1).normal(size=(2, 400_000)))
    truth = float((np.maximum(*rates) / rates.sum(axis=0)).mean())

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        size = rng.normal(size=n)
        cases = pd.DataFrame({"time": rng.exponential(np.exp(-size)), "closed": True, "size": size})
        row = stats.cox(cases, "time", "closed", "size").concordance()
        return row["low"], row["high"], truth

    return draw


def ways(rng: np.random.Generator, n: int, until: float) -> pd.DataFrame:
    """Two ways to end at rates 1 and 0.4, seen for a while."""
    first, second = rng.exponential(1, n), rng.exponential(2.5, n)
    seen = rng.uniform(0, until, n)
    time = np.minimum(np.minimum(first, second), seen)
    return pd.DataFrame({"time": time, "cause": np.select([seen == time, first == time], [0, 1], 2)})


def incidence(n: int, until: float) -> Draw:
    """Share that ended in each of two ways by 0.5 and 1.2."""
    truth = [rate / 1.4 * (1 - np.exp(-1.4 * time)) for rate in (1.0, 0.4) for time in (0.5, 1.2)]

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        rows = stats.cumulative_incidence(ways(rng, n, until), "time", "cause").at([0.5, 1.2])
        return (rows["low"], rows["high"], truth) if len(rows) == 4 else (np.nan, np.nan, 0.0)

    return draw


def subdistribution(n: int, beta: float) -> Draw:
    """Log subdistribution hazard ratio of a group (Fine and Gray's own simulation)."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        group, p = rng.integers(0, 2, n), 0.6
        risk = np.exp(beta * group)
        first = rng.random(n) < 1 - (1 - p) ** risk
        share = rng.random(n) * (1 - (1 - p) ** risk)
        time = np.where(first, -np.log(1 - (1 - (1 - share) ** (1 / risk)) / p), rng.exponential(1, n))
        seen = rng.uniform(0.5, 3, n)
        cause = np.where(seen < time, 0, np.where(first, 1, 2))
        cases = pd.DataFrame({"time": np.minimum(time, seen), "cause": cause, "group": group.astype(float)})
        row = stats.fine_gray(cases, "time", "cause", "group", of=1).frame
        return row["low"], row["high"], beta

    return draw


def means_apart(n: int) -> Draw:
    """Difference of two restricted means."""
    grid = np.linspace(0, 1.5, 20_001)
    truth = float(np.trapezoid(np.exp(-(grid**1.2)) - np.exp(-(grid**1.2) * 2), grid))

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        quick = 2 ** (1 / 1.2)
        time = np.concatenate([rng.weibull(1.2, n), rng.weibull(1.2, n) / quick])
        seen = rng.uniform(0, 4, 2 * n)
        cases = pd.DataFrame({"time": np.minimum(time, seen), "closed": time <= seen})
        curve = stats.kaplan_meier(cases.assign(desk=np.repeat(["a", "b"], n)), "time", "closed", by="desk")
        row = curve.mean_differences(1.5)
        return row["low"], row["high"], truth

    return draw


def shares_apart(n: int) -> Draw:
    """Difference of two shares done within 0.7."""
    truth = -float(np.exp(-(0.7**1.2)) - np.exp(-2 * 0.7**1.2))

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        time = np.concatenate([rng.weibull(1.2, n), rng.weibull(1.2, n) / 2 ** (1 / 1.2)])
        seen = rng.uniform(0, 3, 2 * n)
        cases = pd.DataFrame({"time": np.minimum(time, seen), "closed": time <= seen})
        curve = stats.kaplan_meier(cases.assign(desk=np.repeat(["a", "b"], n)), "time", "closed", by="desk")
        row = curve.within_differences(0.7)
        return row["low"], row["high"], truth

    return draw


CASES = [
    Case("kaplan_meier: n = 20, done within 0.3, 0.8, 1.5", at(20, 4, [0.3, 0.8, 1.5]), conservative=_DISCRETE),
    Case("kaplan_meier: n = 50, done within 0.3, 0.8, 1.5", at(50, 4, [0.3, 0.8, 1.5])),
    Case("kaplan_meier: n = 50, two thirds open", at(50, 1.1, [0.2, 0.5, 0.9]), conservative=_HEAVY),
    Case("kaplan_meier: n = 20, nearly none done", at(20, 4, [0.06]), conservative=_DISCRETE),
    Case("kaplan_meier: weights 1 and 3, n = 60", weighted(60, [0.3, 0.8, 1.5])),
    Case("kaplan_meier: 15 clusters of 8", clustered(15, 8)),
    Case("kaplan_meier: median and third quartile, n = 20", quantile(20, 4), conservative=_DISCRETE),
    Case("kaplan_meier: median and third quartile, n = 50, half open", quantile(50, 2), conservative=_HEAVY),
    Case("restricted mean: n = 20", restricted(20, 4, 1.5)),
    Case("restricted mean: n = 50, half open", restricted(50, 2, 1.2)),
    Case("difference of restricted means: n = 2 × 25", means_apart(25)),
    Case("difference of shares done: n = 2 × 25", shares_apart(25)),
    Case("cox: n = 50, log ratio 0.7", cox(50, 0.7), runs=500),
    Case("cox: robust, n = 100", cox(100, 0.7, robust=True), runs=500),
    Case("concordance: n = 50", concordant(50), runs=500),
    Case("cumulative incidence: n = 20", incidence(20, 4), runs=500, conservative=_DISCRETE),
    Case("cumulative incidence: n = 50, half open", incidence(50, 1.5), runs=500),
    Case("fine_gray: n = 100, log ratio 0.5", subdistribution(100, 0.5), runs=500),
]
