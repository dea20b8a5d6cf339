"""Coverage in short series: dates and sizes of changes, effects of interruptions, adjusted values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.coverage import Case
from svclib import stats

Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]

_DATES = "dates are whole months: the fewest likely ones hold more than 95 %"
_AVERAGED = "averaged over dates and autocorrelations that a short series cannot tell apart"
_SMOOTH = "with independent errors the average over autocorrelations is a little wide"


def noise(rng: np.random.Generator, n: int, rho: float) -> np.ndarray:
    """Autoregressive errors of variance 1."""
    values = rng.standard_normal(n + 50)
    for place in range(1, n + 50):
        values[place] = rho * values[place - 1] + np.sqrt(1 - rho**2) * values[place]
    return values[50:]


def months(n: int) -> list[str]:
    """Months from January 2023 on."""
    return [f"{2023 + place // 12}-{place % 12 + 1:02d}" for place in range(n)]


def change(n: int, place: int, size: float, rho: float, *, of: str, errors: str = "independent") -> Draw:
    """Date or size of one change."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        y = noise(rng, n, rho) + size * (np.arange(n) >= place)
        frame = stats.change_point(pd.DataFrame({"y": y}), "y", errors=errors, runs=19).frame.iloc[0]
        if of == "date":
            return frame["at_low"], frame["at_high"], place + 1
        return frame["low"], frame["high"], size

    return draw


def shares(n: int, place: int, of: str) -> Draw:
    """Change of a monthly share of 100 to 400 answers, 0.80 before and 0.88 after, months varying beyond chance."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        answers = rng.integers(100, 400, n)
        level = 0.80 + 0.08 * (np.arange(n) >= place) + rng.normal(0, 0.01, n)
        y = rng.binomial(answers, level) / answers
        data = pd.DataFrame({"share": y, "answers": answers})
        frame = stats.change_point(data, "share", n="answers", runs=19).frame.iloc[0]
        if of == "date":
            return frame["at_low"], frame["at_high"], place + 1
        return frame["low"], frame["high"], 0.08

    return draw


def interruption(n: int, start: int, rho: float, **options: Any) -> Draw:
    """Level change 1.5, slope change 0.1, effect at the end and on average."""
    after = np.arange(n - start)
    truth = [1.5, 0.1, 1.5 + 0.1 * after[-1], 1.5 + 0.1 * after.mean()]

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        step = np.arange(n) - start
        y = 50 + 0.05 * step + noise(rng, n, rho) + np.where(step >= 0, 1.5 + 0.1 * step, 0)
        data = pd.DataFrame({"month": months(n), "y": y})
        frame = stats.interrupted_series(data, "y", over="month", at=months(n)[start], **options).frame
        return frame["low"], frame["high"], truth

    return draw


def controlled(n: int, start: int, rho: float) -> Draw:
    """The same with a control series that shares the months' shocks."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        step, common = np.arange(n) - start, 2 * noise(rng, n, 0.5)
        own, other = common + noise(rng, n, rho), common + noise(rng, n, rho)
        data = pd.DataFrame({"month": months(n), "y": own + 1.5 * (step >= 0), "other": other})
        found = stats.interrupted_series(
            data, "y", over="month", at=months(n)[start], control="other", slope=False
        ).frame
        return found["low"], found["high"], 1.5

    return draw


def counterfactual(n: int, start: int, rho: float) -> Draw:
    """Where the series would have been in the last month."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        step = np.arange(n) - start
        y = 50 + 0.05 * step + noise(rng, n, rho) + 1.5 * (step >= 0)
        data = pd.DataFrame({"month": months(n), "y": y})
        row = stats.interrupted_series(data, "y", over="month", at=months(n)[start]).course.iloc[-1]
        return row["low"], row["high"], 50 + 0.05 * step[-1]

    return draw


_WAVE = np.array([3.0, -6, 2, 1, 0, 0, -1, -1, 1, 1, 0.5, -0.5])
_WAVE -= _WAVE.mean()


def adjusted(n: int, rho: float, method: str, **options: Any) -> Draw:
    """Adjusted values of all months: the value without its true season."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        without = 100 + 0.2 * np.arange(n) + noise(rng, n, rho)
        data = pd.DataFrame({"month": months(n), "y": without + _WAVE[np.arange(n) % 12]})
        frame = stats.seasonal(data, "y", over="month", method=method, **options).frame
        return frame["low"], frame["high"], without

    return draw


def festive(n: int, method: str) -> Draw:
    """Adjusted values where the festival moves January and February."""
    from svclib.stats.time.festival import festival_share

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        without = 100 + 0.2 * np.arange(n) + noise(rng, n, 0.2)
        feast = -8 * festival_share(2023 * 12 + np.arange(n), (0, 6))
        data = pd.DataFrame({"month": months(n), "y": without + feast + _WAVE[np.arange(n) % 12]})
        frame = stats.seasonal(data, "y", over="month", method=method, festival=(0, 6)).frame
        return frame["low"], frame["high"], without

    return draw


def season(n: int, method: str) -> Draw:
    """The season of each month."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        y = 100 + 0.2 * np.arange(n) + noise(rng, n, 0.2) + _WAVE[np.arange(n) % 12]
        rows = stats.seasonal(pd.DataFrame({"month": months(n), "y": y}), "y", over="month", method=method).pattern
        return rows["low"], rows["high"], _WAVE

    return draw


CASES = [
    Case("change_point: date, n = 24, 1.5 sd", change(24, 14, 1.5, 0, of="date"), conservative=_DATES),
    Case("change_point: date, n = 24, 3 sd", change(24, 14, 3, 0, of="date"), conservative=_DATES),
    Case("change_point: size, n = 24, 1.5 sd", change(24, 14, 1.5, 0, of="size")),
    Case("change_point: size, n = 12, 2 sd", change(12, 6, 2, 0, of="size")),
    Case("change_point: shares, date, n = 24", shares(24, 14, "date"), conservative=_DATES),
    Case("change_point: shares, size, n = 24", shares(24, 14, "size")),
    Case(
        "change_point: ar1, date, n = 36, rho = 0.3, 2 sd",
        change(36, 20, 2, 0.3, of="date", errors="ar1"),
        runs=500,
        conservative=_AVERAGED,
    ),
    Case(
        "change_point: ar1, size, n = 36, rho = 0.3, 2 sd",
        change(36, 20, 2, 0.3, of="size", errors="ar1"),
        runs=500,
        conservative=_AVERAGED,
    ),
    Case("interrupted_series: n = 24, rho = 0", interruption(24, 12, 0), runs=500, conservative=_SMOOTH),
    Case("interrupted_series: n = 24, rho = 0.2", interruption(24, 12, 0.2), runs=500),
    Case("interrupted_series: n = 24, rho = 0.4", interruption(24, 12, 0.4), runs=500),
    Case("interrupted_series: n = 36, rho = 0", interruption(36, 24, 0), runs=500, conservative=_SMOOTH),
    Case("interrupted_series: n = 36, rho = 0.4", interruption(36, 24, 0.4), runs=500),
    Case("interrupted_series: control, n = 24", controlled(24, 12, 0.2), runs=500),
    Case(
        "interrupted_series: where it would have been, n = 24",
        counterfactual(24, 14, 0.3),
        runs=300,
        conservative=_AVERAGED,
    ),
    Case("seasonal: stl, n = 36, rho = 0", adjusted(36, 0, "stl")),
    Case("seasonal: stl, n = 36, rho = 0.3", adjusted(36, 0.3, "stl")),
    Case("seasonal: classical, n = 36, rho = 0.3", adjusted(36, 0.3, "classical")),
    Case("seasonal: regression, n = 36, rho = 0.3", adjusted(36, 0.3, "regression")),
    Case("seasonal: regression, n = 24, rho = 0", adjusted(24, 0, "regression")),
    Case("seasonal: stl robust, n = 48, rho = 0.2", adjusted(48, 0.2, "stl", robust=True), runs=300),
    Case("seasonal: stl with the festival, n = 48", festive(48, "stl")),
    Case("seasonal: regression with the festival, n = 48", festive(48, "regression")),
    Case("seasonal: the season of each month, stl, n = 36", season(36, "stl")),
    Case("seasonal: the season of each month, regression, n = 36", season(36, "regression")),
]
