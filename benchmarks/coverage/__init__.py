"""Coverage of the intervals by simulation: nominal 95 %, at least 93 %. ``python -m benchmarks coverage``.

One module a room of the statistics; each has ``CASES``. ``python -m benchmarks.coverage --write`` makes the page
``docs/coverage.md``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np

LEAST, MOST = 0.93, 0.97
FEWEST = 50


@dataclass(frozen=True)
class Case:
    """One interval in one situation.

    Attributes
    ----------
    name : str
        ``verb: situation``, such as ``nps: n = 15``.
    draw : function of a generator
        Draws one sample and gives (low, high, truth): numbers, or arrays for several intervals at once. NaN limits
        (no interval, with a reason) are left out and counted.
    runs : int
    conservative : str
        Why the method covers above 97 % by design; empty if it should not.
    """

    name: str
    draw: Callable[[np.random.Generator], tuple[Any, Any, Any]]
    runs: int = 1000
    conservative: str = ""


@dataclass(frozen=True)
class Covered:
    """What a case came to: the share of intervals that hold the truth, its simulation error, the share left out."""

    case: Case
    share: float
    error: float
    empty: float
    runs: int

    @property
    def verdict(self) -> str:
        """Whether the share is where it should be; an error of the simulation of two standard errors is allowed for."""
        if self.share + 2 * self.error < LEAST:
            return "low"
        if self.share - 2 * self.error > MOST:
            return "conservative by design" if self.case.conservative else "conservative"
        return "ok"


def cases() -> list[tuple[str, Case]]:
    """Give all cases with the name of their room."""
    rooms = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return [(room, case) for room in rooms for case in importlib.import_module(f"{__name__}.{room}").CASES]


def cover(case: Case, *, runs: int | None = None, seconds: float = float("inf"), seed: int = 20261125) -> Covered:
    """Simulate one case, for `seconds` of processor time at most (but 50 runs at least)."""
    generator = np.random.default_rng([seed, *case.name.encode()])
    held: list[float] = []
    told, asked, begun = 0, 0, process_time()
    for run in range(runs or case.runs):
        low, high, truth = (np.atleast_1d(np.asarray(part, dtype=float)) for part in case.draw(generator))
        known = ~(np.isnan(low) | np.isnan(high))
        hits = ((low <= truth) & (truth <= high))[known]
        told, asked = told + int(known.sum()), asked + known.size
        held += [float(hits.mean())] if hits.size else []
        if run >= FEWEST and process_time() - begun > seconds:
            break
    share = float(np.mean(held)) if held else float("nan")
    error = float(np.std(held) / np.sqrt(len(held))) if held else float("nan")
    return Covered(case, share, error, 1 - told / max(asked, 1), len(held))


def main(full: bool = False) -> dict[str, float]:
    """Run every case; the figures are shares of intervals that hold the truth."""
    results = [cover(case, seconds=60 if full else 2) for _room, case in cases()]
    for one in results:
        print(f"  {one.case.name:64} {one.share:6.3f} ± {one.error:.3f}  {one.verdict}", flush=True)
    return summary(results)


def summary(results: list[Covered]) -> dict[str, float]:
    """Count the cases and those that are not where they should be."""
    verdicts = [one.verdict for one in results]
    return {
        "cases": len(results),
        "lowest": min(one.share for one in results),
        "below 0.93": verdicts.count("low"),
        "above 0.97 without a reason": verdicts.count("conservative"),
    }
