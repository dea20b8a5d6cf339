"""Intervals of response quality: headlines with and without the flagged, effects of modes, uneven invitations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmarks.coverage import Case
from svclib import stats

_FIVE = np.array([0.04, 0.06, 0.12, 0.33, 0.45])
_ELEVEN = np.array([3, 1, 1, 2, 2, 5, 6, 12, 20, 18, 30]) / 100
_SEVEN = np.array([2, 3, 5, 10, 20, 30, 30]) / 100
_SHARES = {"csat": _FIVE, "mean": _FIVE, "nps": _ELEVEN, "ces": _SEVEN}
Draw = Callable[[np.random.Generator], Any]


def _scores(measure: str) -> np.ndarray:
    """What each answer adds to the headline."""
    if measure == "csat":
        return np.array([0.0, 0, 0, 1, 1])
    if measure == "nps":
        return 100 * np.array([-1.0] * 7 + [0, 0, 1, 1])
    return np.arange(1.0, len(_SHARES[measure]) + 1)


def _best(measure: str) -> np.ndarray:
    """Answers of the flagged: nine in ten the best, the others the next."""
    shares = np.zeros(len(_SHARES[measure]))
    shares[-2:] = (0.1, 0.9)
    return shares


def _answers(random: np.random.Generator, measure: str, flag: np.ndarray, kind: str) -> pd.DataFrame:
    other = _best(measure) if kind == "best" else _SHARES[measure]
    lowest = 0.0 if measure == "nps" else 1.0
    kept, out = (random.choice(len(shares), len(flag), p=shares) for shares in (_SHARES[measure], other))
    return pd.DataFrame({"y": lowest + np.where(flag, out, kept), "flag": flag})


def _without(measure: str, n: int, share: float, kind: str = "best") -> Draw:
    means = [float(shares @ _scores(measure)) for shares in (_SHARES[measure], _best(measure))]
    truth = share * (means[0] - means[1]) if kind == "best" else 0.0

    def draw(random: np.random.Generator) -> Any:
        data = _answers(random, measure, random.random(n) < share, kind)
        row = stats.with_and_without(data, "flag", **{measure: "y"}).iloc[2]
        nothing = row["n"] in (0, n)
        return (np.nan, np.nan, truth) if nothing else (row["low"], row["high"], truth)

    return draw


def _clustered(measure: str, clusters: int, share: float) -> Draw:
    """Flags that come in clusters: some branches have many of them; weights of two sizes."""
    means = [float(shares @ _scores(measure)) for shares in (_SHARES[measure], _best(measure))]
    truth = share * (means[0] - means[1])

    def draw(random: np.random.Generator) -> Any:
        own = random.beta(2 * share, 2 * (1 - share), clusters)
        place = np.repeat(np.arange(clusters), 12)
        data = _answers(random, measure, random.random(len(place)) < own[place], "best")
        data = data.assign(branch=place, weight=np.where(random.random(len(place)) < 0.5, 1.0, 2.0))
        design = stats.Design(data, weights="weight", cluster="branch")
        row = stats.with_and_without(design, "flag", **{measure: "y"}).iloc[2]
        return row["low"], row["high"], truth

    return draw


def _own(n: int, share: float) -> Draw:
    means = [float(shares @ _scores("mean")) for shares in (_FIVE, _best("mean"))]
    truth = share * (means[0] - means[1])

    def draw(random: np.random.Generator) -> Any:
        data = _answers(random, "mean", random.random(n) < share, "best")
        rows = stats.with_and_without(
            data, "flag", estimate={"mine": lambda frame: float(frame["y"].to_numpy().mean())}
        )
        return rows.iloc[2]["low"], rows.iloc[2]["high"], truth

    return draw


def _visits(random: np.random.Generator, n: int, effect: float, clusters: int = 0) -> pd.DataFrame:
    """Older customers are more satisfied and more often called; answers 1 to 5, skewed, more even by phone."""
    age = random.integers(0, 3, n)
    phone = random.random(n) < 0.2 + 0.2 * age
    place = random.integers(0, max(clusters, 1), n)
    branch = 0.3 * random.normal(size=max(clusters, 1))[place] if clusters else 0.0
    feeling = 3.2 + 0.4 * age + effect * phone + branch + random.normal(size=n) * np.where(phone, 0.7, 1.1)
    return pd.DataFrame({
        "y": feeling, "age": age.astype(str), "mode": np.where(phone, "phone", "web"), "branch": place,
        "agree": (feeling > 3.5).astype(float),
    })  # fmt: skip


def _mode(n: int, method: str, *, clusters: int = 0, column: str = "y", part: str = "") -> Draw:
    many = _visits(np.random.default_rng(1), 400_000, 0.3)
    within = np.sqrt(many.groupby("mode")[column].var() @ many["mode"].value_counts(normalize=True))
    truth = _share_effect() if column == "agree" else 0.3
    truth = truth / float(within) if part else truth

    def draw(random: np.random.Generator) -> Any:
        data = _visits(random, n, 0.3, clusters)
        source: Any = stats.Design(data, cluster="branch") if clusters else data
        row = stats.mode_effects(source, column, mode="mode", adjust="age", reference="web", method=method).iloc[0]
        return row[f"{part}low"], row[f"{part}high"], truth

    return draw


def _share_effect() -> float:
    """Mean over the ages of the difference of the shares above 3.5, as weighting to everybody's ages estimates it."""
    from scipy.stats import norm

    level = 3.2 + 0.4 * np.arange(3)
    return float(np.mean(norm.cdf((level + 0.3 - 3.5) / 0.7) - norm.cdf((level - 3.5) / 1.1)))


def _slope(people: int) -> Draw:
    """One unit's slope; the others invite evenly."""

    def draw(random: np.random.Generator) -> Any:
        score, units = np.linspace(-1, 1, 6), 10
        odds = random.normal(-0.5, 0.3, (units, 1)) + np.zeros(6)
        odds[0] += 0.4 * score
        served = np.full((units, 6), people)
        data = pd.DataFrame({
            "branch": np.repeat(np.arange(units), 6), "hour": np.tile(np.arange(6), units), "served": served.ravel(),
            "invited": random.binomial(served, expit(odds)).ravel(), "score": np.tile(score, units),
        })  # fmt: skip
        row = stats.selective_invitation(data, by="branch", over="hour", score="score").frame.iloc[0]
        return row["low"], row["high"], 0.4 * (1 - 1 / units)

    return draw


def _empty(n: int, share: float) -> Draw:
    def draw(random: np.random.Generator) -> Any:
        data = pd.DataFrame({"a": np.where(random.random(n) < share, np.nan, 1.0)})
        row = stats.item_nonresponse(data, "a").iloc[0]
        return row["low"], row["high"], share

    return draw


_APART = "the interval of the share and those of both groups are combined as if each stood alone"

CASES = [
    Case(
        "with_and_without csat: n = 60, 10 % flagged, nearly all satisfied",
        _without("csat", 60, 0.1),
        runs=500,
        conservative=_APART,
    ),
    Case("with_and_without csat: n = 400, 5 % flagged", _without("csat", 400, 0.05), runs=500, conservative=_APART),
    Case(
        "with_and_without csat: n = 200, 10 % flagged by chance",
        _without("csat", 200, 0.1, "alike"),
        runs=500,
        conservative=_APART,
    ),
    Case("with_and_without nps: n = 60, 10 % flagged", _without("nps", 60, 0.1), runs=500, conservative=_APART),
    Case("with_and_without nps: n = 400, 5 % flagged", _without("nps", 400, 0.05), runs=500, conservative=_APART),
    Case(
        "with_and_without mean: n = 60, 10 % flagged, skewed 1-5",
        _without("mean", 60, 0.1),
        runs=500,
        conservative=_APART,
    ),
    Case("with_and_without mean: n = 400, 5 % flagged", _without("mean", 400, 0.05), runs=500),
    Case("with_and_without ces: n = 120, 20 % flagged by chance", _without("ces", 120, 0.2, "alike"), runs=500),
    Case("with_and_without csat: 40 clusters, weights, flags bunch", _clustered("csat", 40, 0.15), runs=500),
    Case("with_and_without nps: 25 clusters, weights, flags bunch", _clustered("nps", 25, 0.15), runs=500),
    Case("with_and_without own estimate: n = 300, jackknife", _own(300, 0.1), runs=500),
    Case("mode_effects: n = 100, regression, unequal spreads", _mode(100, "regression")),
    Case("mode_effects: n = 400, regression", _mode(400, "regression")),
    Case("mode_effects: n = 150, weighting", _mode(150, "weighting")),
    Case("mode_effects: n = 400, weighting, shares", _mode(400, "weighting", column="agree")),
    Case("mode_effects: 30 branches as clusters, regression", _mode(600, "regression", clusters=30)),
    Case("mode_effects effect size: n = 150", _mode(150, "regression", part="effect_")),
    Case("selective_invitation slope: 6 hours of 40 people", _slope(40), runs=400),
    Case("item_nonresponse: n = 40, 5 % empty", _empty(40, 0.05)),
]
