"""Purification: items that look unfair are taken out of what candidates are matched on, until nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from svclib.stats.arrays import Bools
from svclib.stats.marks import _

Result = TypeVar("Result")
_MOST_ROUNDS = 50
LEAST_ANCHORS = 3

ALTERNATES = _("the items set aside alternate between rounds: all of them are kept out of the matching score")
TOO_FEW = _("nearly all items would be set aside: the matching score keeps those of the round before")
ALL_SUSPECT = _("more than half of the items are set aside: the rest may not measure the same")


@dataclass(frozen=True)
class Purified(Generic[Result]):
    """The end of the rounds.

    Attributes
    ----------
    result : of `evaluate`
        With the last anchors.
    anchors : (J,) bool
    rounds : int
        Evaluations after the first.
    note : str
    """

    result: Result
    anchors: Bools
    rounds: int
    note: str


def purified(
    items: int, evaluate: Callable[[Bools], Result], suspects: Callable[[Result], Bools], start: Bools | None = None
) -> Purified[Result]:
    """Evaluate with all items as anchors, then without the suspects, until the same are suspected twice running.

    Where the suspects return to an earlier set, all that were suspected on the way are set aside and the rounds end;
    where fewer than three anchors would be left, the rounds end before.
    """
    anchors = np.ones(items, dtype=bool) if start is None else start
    result = evaluate(anchors)
    seen: list[bytes] = []
    for rounds in range(_MOST_ROUNDS):
        new = ~suspects(result)
        if (new == anchors).all():
            return Purified(result, anchors, rounds, _spread(anchors))
        if new.sum() < min(LEAST_ANCHORS, items):
            return Purified(result, anchors, rounds, TOO_FEW)
        key = new.tobytes()
        if key in seen:
            cycle = [np.frombuffer(one, dtype=bool) for one in seen[seen.index(key) :]]
            joint = np.logical_and.reduce(cycle)
            chosen = joint if joint.sum() >= LEAST_ANCHORS else new
            return Purified(evaluate(chosen), chosen, rounds + 1, ALTERNATES)
        seen.append(key)
        anchors, result = new, evaluate(new)
    return Purified(result, anchors, _MOST_ROUNDS, ALTERNATES)


def _spread(anchors: Bools) -> str:
    return ALL_SUSPECT if anchors.mean() < 0.5 else ""
