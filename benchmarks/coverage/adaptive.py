"""Coverage of ability intervals after adaptive tests: estimate ± 1.96 standard errors, by length and by precision.

Over the population both methods should hold. At one ability EAP is drawn to the mean of the prior by design, so its
interval covers more than 95 % near the mean and may cover less far from it: that is what these cases are to show.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.coverage import Case
from svclib import stats

Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]

_Z = 1.959963984540054
_CANDIDATES = 100
STOPS: dict[str, Any] = {"25 items": 25, "standard error 0.3": {"std_error": 0.3, "length": 60}}
PULLED = "EAP is drawn to the mean of the prior, so near it estimates vary less than the posterior does"


@cache
def adaptive_test(score: str, stop: str) -> stats.Adaptive:
    """An adaptive test of one bank of 300 items with some guessing."""
    rng = np.random.default_rng(7)
    bank = pd.DataFrame({"item": [f"q{at}" for at in range(300)], "a": rng.lognormal(0.2, 0.3, 300)})
    bank = bank.assign(b=rng.normal(0, 1.2, 300), c=rng.uniform(0.05, 0.25, 300))
    return stats.Adaptive(bank, score=score, stop=STOPS[stop])


def candidates(score: str, stop: str, theta: float | None = None) -> Draw:
    """Candidates of one ability, or of the standard normal population."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        true = rng.normal(size=_CANDIDATES) if theta is None else np.full(_CANDIDATES, theta)
        found = adaptive_test(score, stop).simulate(true, seed=int(rng.integers(2**31))).candidates
        low, high = found["estimate"] - _Z * found["se"], found["estimate"] + _Z * found["se"]
        return low, high, found["theta"]

    return draw


def _cases() -> tuple[Case, ...]:
    places = (("normal population", None), ("ability 0", 0.0), ("ability 1.5", 1.5))
    return tuple(
        Case(
            f"Adaptive: {stop}, {score.upper()}, {place}",
            candidates(score, stop, theta),
            conservative=PULLED if score == "eap" and theta == 0 else "",
        )
        for stop in STOPS
        for score in ("eap", "wle")
        for place, theta in places
    )


CASES = _cases()
