"""Coverage of what is said about learning: gains, training by branch, certificates beside satisfaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.coverage import Case
from svclib import stats

Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]

_GAIN, _GROWTH, _ERROR = 0.4, 0.3, 0.5


def exams(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """People of standard normal ability before and after."""
    ability = rng.normal(size=n)
    grown = ability + _GAIN + rng.normal(0, _GROWTH, n)
    return pd.DataFrame({"before": ability + rng.normal(0, _ERROR, n), "after": grown + rng.normal(0, _ERROR, n)})


def gain(n: int, term: str, truth: float) -> Draw:
    """One term of the gain."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        row = stats.gain(exams(rng, n), "before", "after", sem=_ERROR).frame.set_index("term").loc[term]
        return row["low"], row["high"], truth

    return draw


def net(n: int) -> Draw:
    """Gain of those who failed, without their return to the average."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        data = exams(rng, n)
        found = stats.gain(data.assign(low=data["before"] < -0.5), "before", "after", sem=_ERROR, chosen="low")
        row = found.frame.set_index("term").loc["net_gain"]
        return row["low"], row["high"], _GAIN

    return draw


def persons(n: int) -> Draw:
    """True gains of persons."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        ability = rng.normal(size=n)
        growth = _GAIN + rng.normal(0, _GROWTH, n)
        data = pd.DataFrame({"before": ability, "after": ability + growth}) + rng.normal(0, _ERROR, (n, 2))
        people = stats.gain(data, "before", "after", sem=_ERROR).people
        return people["low"], people["high"], growth

    return draw


def training(
    branches: int, size: int, *, between: float, whole: bool = False, reliability: float | None = None
) -> Draw:
    """Effect of training when people of a branch resemble each other, and branches differ in what it gives."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        branch = np.repeat(np.arange(branches), size)
        ability = rng.normal(0, 0.4, branches)[branch] + rng.normal(size=len(branch))
        trained = (branch % 2).astype(float) if whole else (rng.random(len(branch)) < 0.5).astype(float)
        if reliability is not None:
            trained = (ability + rng.normal(size=len(branch)) < 0).astype(float)
        error = 0.0 if reliability is None else np.sqrt(1.16 * (1 - reliability) / reliability)
        effect = (0.3 + rng.normal(0, between, branches))[branch]
        after = ability + effect * trained + rng.normal(0, 0.5, len(branch)) + rng.normal(0, 0.2, branches)[branch]
        before = ability + rng.normal(0, error, len(branch)) if error else ability
        data = pd.DataFrame({"branch": branch, "trained": trained, "before": before, "after": after})
        found = stats.training_effect(
            data, "after", "trained", before="before", branch="branch", reliability=reliability
        ).frame.iloc[0]
        return found["low"], found["high"], 0.3

    return draw


def service(branches: int, periods: int, term: str) -> Draw:
    """Slope of satisfaction on the share of certified staff."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        branch, period = np.repeat(np.arange(branches), periods), np.tile(np.arange(periods), branches)
        share = np.clip(rng.uniform(0.3, 0.7, branches)[branch] + rng.normal(0, 0.08, len(branch)), 0, 1)
        error = 0.4 / np.sqrt(rng.integers(30, 150, len(branch)))
        level = rng.normal(0, 0.04, branches)[branch]
        satisfied = 0.6 + 0.15 * share + level + rng.normal(0, error)
        data = pd.DataFrame({"branch": branch, "period": period, "y": satisfied, "share": share, "se": error})
        found = stats.service_link(data, "y", "share", std_error="se", period="period", per=1.0)
        row = found.frame.set_index("term").loc[term]
        return row["low"], row["high"], 0.15

    return draw


CASES = (
    Case("gain: mean, n = 15", gain(15, "mean_gain", _GAIN)),
    Case("gain: standardised, n = 40", gain(40, "standardised_gain", _GAIN)),
    Case("gain: standardised, n = 200", gain(200, "standardised_gain", _GAIN)),
    Case("gain: true spread, n = 200", gain(200, "true_sd_of_gain", _GROWTH)),
    Case("gain: those who failed, n = 100", net(100)),
    Case("gain: true gains of persons, n = 200", persons(200)),
    Case("training_effect: 12 branches of 20, effects differ", training(12, 20, between=0.25)),
    Case("training_effect: 30 branches of 20, effects alike", training(30, 20, between=0.0)),
    Case("training_effect: 6 branches of 30", training(6, 30, between=0.0)),
    Case("training_effect: 12 whole branches", training(12, 20, between=0.0, whole=True)),
    Case("training_effect: score before of reliability 0.8", training(20, 40, between=0.0, reliability=0.8)),
    Case("service_link: 24 branches, alone", service(24, 1, "alone")),
    Case("service_link: 12 branches of 6 periods, within", service(12, 6, "within")),
)
