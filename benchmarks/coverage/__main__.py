"""``python -m benchmarks.coverage [--seconds S] [--write]``: all cases on both cores, and the page of results."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from pathlib import Path

from benchmarks.coverage import Covered, cases, cover, summary

_LONGER = 10
"""A case that falls outside is run again for so many times as long: among hundreds of cases chance puts some there."""
PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
HEAD = """# Coverage of the intervals

How often the 95 % intervals hold the truth, by simulation; ± is the simulation's own standard error. The aim is 0.93 or
more, and above 0.97 only where the method is conservative by design (the reason stands beside it). Made by
`python -m benchmarks.coverage --write` ({seconds:g} seconds of processor time a case at most; ten times as long for a
case that falls outside).

{total} cases: {low} below 0.93 and {high} above 0.97 without a reason, by more than two errors of the simulation.
"""


def _one(place: int, seconds: float) -> Covered:
    return cover(cases()[place][1], seconds=seconds)


def _told(place_seconds: tuple[int, float]) -> tuple[int, float, float, float, int]:
    found = _one(*place_seconds)
    return place_seconds[0], found.share, found.error, found.empty, found.runs


def page(results: Iterable[tuple[str, Covered]], seconds: float) -> str:
    """Write the page."""
    told = list(results)
    counts = summary([one for _room, one in told])
    text = HEAD.format(
        seconds=seconds, total=len(told), low=counts["below 0.93"], high=counts["above 0.97 without a reason"]
    )
    for room, part in groupby(told, key=lambda one: one[0]):
        text += f"\n## {room.replace('_', ' ')}\n\n| interval | coverage | ± | samples | |\n|---|---|---|---|---|\n"
        for _room, one in part:
            said = one.verdict if one.verdict in ("low", "conservative") else ""
            said = one.case.conservative if one.verdict == "conservative by design" else said
            text += f"| {one.case.name} | {one.share:.3f} | {one.error:.3f} | {one.runs:,} | {said} |\n"
    return text


def main() -> int:
    """Run all cases."""
    parser = argparse.ArgumentParser(prog="benchmarks.coverage")
    parser.add_argument("--seconds", type=float, default=10.0, help="processor time a case")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    given = parser.parse_args()
    every = cases()
    found = []
    with ProcessPoolExecutor() as pool:
        for place, *numbers in pool.map(_told, [(place, given.seconds) for place in range(len(every))]):
            one = Covered(every[place][1], *numbers)
            if one.verdict in ("low", "conservative"):
                one = cover(one.case, seconds=_LONGER * given.seconds)
            found.append((every[place][0], one))
            print(f"{one.case.name:70} {one.share:6.3f} ± {one.error:.3f}  {one.verdict}", flush=True)
    if given.write:
        PAGE.write_text(page(found, given.seconds), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
