"""Coverage of the intervals by simulation: nominal 95 %, at least 93 %. ``python -m benchmarks coverage``.

One module a room of the statistics; each has ``CASES``. Results are committed as ``docs/coverage.md``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

LEAST, MOST = 0.93, 0.97


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
    """What a case came to."""

    case: Case
    share: float
    error: float
    empty: float

    @property
    def verdict(self) -> str:
        """Whether the share is where it should be, given the error of the simulation."""
        if self.share < LEAST:
            return "low"
        return "conservative" if self.share > MOST else "ok"


def cases() -> list[Case]:
    """Give all cases, room by room."""
    rooms = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return [case for room in rooms for case in room.CASES]


def cover(case: Case, *, runs: int | None = None, seed: int = 20261125) -> Covered:
    """Simulate one case."""
    generator = np.random.default_rng([seed, *case.name.encode()])
    hits, told, asked = 0.0, 0, 0
    for _run in range(runs or case.runs):
        low, high, truth = (np.atleast_1d(np.asarray(part, dtype=float)) for part in case.draw(generator))
        known = ~(np.isnan(low) | np.isnan(high))
        hits += float(((low <= truth) & (truth <= high))[known].sum())
        told += int(known.sum())
        asked += known.size
    share = hits / told if told else float("nan")
    return Covered(case, share, float(np.sqrt(share * (1 - share) / (runs or case.runs))), 1 - told / max(asked, 1))


def main(full: bool = False) -> dict[str, float]:
    """Run every case; the figures are shares of intervals that hold the truth."""
    results = [cover(case, runs=None if full else 200) for case in cases()]
    for one in results:
        print(f"  {one.case.name:64} {one.share:6.3f} ± {one.error:.3f}  {one.verdict}", flush=True)
    shares = np.array([one.share for one in results])
    return {"cases": len(results), "lowest": float(shares.min()), "below 0.93": float((shares < LEAST).sum())}
