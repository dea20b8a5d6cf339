"""A candidate's way through an adaptive test as an exam server keeps it: a small dictionary, in and out.

The state is plain JSON: ``{"seed": 7, "items": ["q12", …], "scores": [1, …]}``. All that follows from it (ability,
error, next item) is computed anew, so that nothing can drift apart from the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.adaptive.engine import ABOVE, BELOW, EXHAUSTED, REASONS, Group, offer, rebuild
from svclib.stats.adaptive.plan import Plan
from svclib.stats.arrays import Ints
from svclib.stats.marks import _

State = dict[str, Any]


def start(seed: int) -> State:
    """Give the state of a candidate who has answered nothing."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise InvalidInput(_('"seed" is {value}; give a whole number from 0 on.'), value=repr(seed)[:60])
    return {"seed": int(seed), "items": [], "scores": []}


def read_state(plan: Plan, state: Any) -> tuple[int, Ints, Ints]:
    """Check a state: seed, places of the items, scores."""
    if not isinstance(state, Mapping) or not {"seed", "items", "scores"} <= set(state):
        raise InvalidInput(_('A state has "seed", "items" and "scores"; take what begin or answer gave.'))
    if len(state["items"]) != len(state["scores"]):
        raise InvalidInput(_("The state has {n} items and {m} scores; each item has one."),
                           n=len(state["items"]), m=len(state["scores"]))  # fmt: skip
    items = plan.pool.places(list(state["items"]))
    if len(np.unique(items)) < len(items):
        raise InvalidInput(_("The state has an item twice; take what begin or answer gave."))
    if len(items) > plan.stop.length:
        raise InvalidInput(_("The state has {n} answers, more than the test is long ({length})."),
                           n=len(items), length=plan.stop.length)  # fmt: skip
    scores = [read_score(plan, at, given) for at, given in zip(items, state["scores"], strict=True)]
    return int(start(state["seed"])["seed"]), items, np.array(scores, dtype=int)


def read_score(plan: Plan, item: int, score: Any) -> int:
    """Check a score of an item."""
    highest = int(plan.curves.parameters.highest[item])
    if isinstance(score, str) or score is None or score != score or int(score) != score or not 0 <= score <= highest:
        raise InvalidInput(
            _('The score of "{item}" is {value}; it runs from 0 to {highest}.'),
            item=plan.pool.names[item],
            value=repr(score)[:60],
            highest=highest,
        )
    return int(score)


def group_of(plan: Plan, state: Any) -> Group:
    """Read a state and bring the candidate there."""
    group = rebuild(plan, *read_state(plan, state))
    kept = state.get("shadow")
    if kept is not None:
        group.shadows[0] = np.sort(plan.pool.places(list(kept)))
    return group


def following(plan: Plan, state: Any) -> tuple[int, Group]:
    """Give the next item's place, −1 where the test is over."""
    group = group_of(plan, state)
    if group.reason[0]:
        return -1, group
    return int(offer(plan, group, np.zeros(1, dtype=int))[0]), group


def answered(plan: Plan, state: Any, item: Any, score: Any) -> State:
    """Give the state after an answer; the item must be the one that `following` gives."""
    due, group = following(plan, state)
    at = int(plan.pool.places([item])[0])
    if due < 0:
        raise InvalidInput(_('The test is over; the answer to "{item}" comes too late.'), item=item)
    if at != due:
        raise InvalidInput(
            _('The answer is to "{item}", but the next item is "{due}"; ask `next` which to show.'),
            item=item,
            due=plan.pool.names[due],
        )
    given = read_score(plan, at, score)
    after: State = {
        "seed": state["seed"],
        "items": [*state["items"], plan.pool.names[at]],
        "scores": [*state["scores"], given],
    }
    if group.shadows[0] is not None:
        after["shadow"] = [plan.pool.names[one] for one in group.shadows[0]]
    return after


def verdict(plan: Plan, state: Any) -> dict[str, Any]:
    """Say where a candidate stands."""
    due, group = following(plan, state)
    reason = int(group.reason[0]) or (0 if due >= 0 else EXHAUSTED)
    theta, cut = float(group.theta[0]), plan.stop.cut
    told: dict[str, Any] = {
        "theta": theta, "se": float(group.se[0]), "n": int(group.n[0]), "done": bool(reason), "reason": REASONS[reason],
    }  # fmt: skip
    if cut is not None:
        told |= {"cut": cut, "above": above(reason, theta, cut), "certain": reason in (ABOVE, BELOW)}
    return told


def above(reason: int, theta: float, cut: float) -> bool:
    """Decide at the cut: as the rule that stopped the test, else by the estimate."""
    return reason == ABOVE or (reason != BELOW and theta >= cut)
