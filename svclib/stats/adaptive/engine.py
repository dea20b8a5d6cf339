"""Candidates who step together through an adaptive test: which item comes next, what an answer changes, who is done.

One candidate in a session and thousands in a simulation run through the same lines, so their paths are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import norm

from svclib.stats.adaptive.draws import CHOICE, EXPOSURE, uniform
from svclib.stats.adaptive.plan import Plan
from svclib.stats.adaptive.scoring import estimate
from svclib.stats.adaptive.selection import View, criterion, pick
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.marks import _

REASONS = (
    "",
    _("the test has its full length"),
    _("the standard error is small enough"),
    _("the information is large enough"),
    _("the ability lies clearly above the cut"),
    _("the ability lies clearly below the cut"),
    _("no further item may be given"),
)
GOING, LENGTH, PRECISE, INFORMED, ABOVE, BELOW, EXHAUSTED = range(len(REASONS))


@dataclass(eq=False)
class Group:
    """N candidates of one plan, up to L answers each (arrays are changed in place, step by step).

    Attributes
    ----------
    seeds : array, shape (N,)
    items, scores : array of int, N × L
        −1 where not yet answered.
    n : array of int, shape (N,)
    loglik : array, N × Q
    theta, se : array, shape (N,)
    thetas, errors : array, N × L
        After each answer.
    taken, barred, allowed, passed : array of bool, N × J
        Given; enemies of what was given, or without an answer to give; let through by the exposure parameters; held
        back by them when they were the choice.
    counts : array of int, N × C
        Items given of each content.
    ratio : array, shape (N,)
        Log likelihood ratio of the two sides of the cut.
    reason : array of int, shape (N,)
        Place in `REASONS`, 0 while the test goes on.
    selected : array of int, shape (J,)
        How often each item was the choice, given or held back by its exposure parameter.
    """

    seeds: Ints
    items: Ints
    scores: Ints
    n: Ints
    loglik: Floats
    theta: Floats
    se: Floats
    thetas: Floats
    errors: Floats
    taken: Bools
    barred: Bools
    allowed: Bools
    passed: Bools
    counts: Ints
    ratio: Floats
    reason: Ints
    selected: Ints
    shadows: list[Ints | None] = field(default_factory=list)


def begin(plan: Plan, seeds: Ints) -> Group:
    """Seat candidates with these seeds."""
    n, length, j, q = len(seeds), plan.stop.length, len(plan.pool), len(plan.curves.grid)
    allowed = np.ones((n, j), dtype=bool)
    if (plan.exposure < 1).any():
        allowed = uniform(seeds, EXPOSURE, 0, j) <= plan.exposure
    none, blank = np.full((n, length), -1), np.full((n, length), np.nan)
    return Group(
        seeds=np.asarray(seeds), items=none, scores=none.copy(), n=np.zeros(n, dtype=int), loglik=np.zeros((n, q)),
        theta=np.full(n, plan.start), se=np.full(n, plan.scorer.sd), thetas=blank, errors=blank.copy(),
        taken=_none(n, j), barred=_none(n, j), allowed=allowed, passed=_none(n, j),
        counts=np.zeros((n, len(plan.shares)), dtype=int), ratio=np.zeros(n), reason=np.zeros(n, dtype=int),
        selected=np.zeros(j, dtype=int), shadows=[None] * n,
    )  # fmt: skip


def _none(n: int, j: int) -> Bools:
    return np.zeros((n, j), dtype=bool)


def offer(plan: Plan, group: Group, who: Ints, *, count: bool = False) -> Ints:
    """Give the next item of candidates `who`, all with the same number of answers; −1 where none may come.

    With `count`, the items that were the choice but held back are counted in ``group.selected``.
    """
    step = int(group.n[who[0]])
    if step < len(plan.first):
        return np.full(len(who), plan.first[step])
    if plan.shadow is not None:
        return np.asarray(plan.shadow.offer(plan, group, who, step))
    free = _free(plan, group, who)
    open_ = free & group.allowed[who]
    blocked = ~open_.any(axis=1)
    open_[blocked] = free[blocked]  # rather an item too often than no item
    values = criterion(plan.select, plan.curves, plan.scorer, _view(plan, group, who, open_, step))
    chance = uniform(group.seeds[who], CHOICE, step, len(plan.pool) + 1)[:, -1] if plan.top > 1 else np.zeros(len(who))
    chosen = pick(values, open_, plan.top, chance)
    if count:
        _count(plan, group, (who, chosen), values, free)
    return chosen


def _view(plan: Plan, group: Group, who: Ints, free: Bools, step: int) -> View:
    draws = plan.select in ("progressive", "random")
    random = uniform(group.seeds[who], CHOICE, step, len(plan.pool)) if draws else np.zeros((len(who), 0))
    share = min(1.0, step / max(plan.stop.length - 1, 1))
    return View(
        group.theta[who], group.loglik[who], group.items[who, :step], group.scores[who, :step], free, random, share
    )


def _free(plan: Plan, group: Group, who: Ints) -> Bools:
    """Items not taken, nobody's enemy, of the content that lags behind most."""
    free = ~(group.taken[who] | group.barred[who])
    if not plan.label_names:
        return free
    has = np.arange(len(plan.shares))[:, None] == plan.labels  # C × J
    given = group.counts[who]
    lag = plan.shares * (given.sum(axis=1, keepdims=True) + 1) - given
    left = (free.astype(np.float32) @ has.T.astype(np.float32)) > 0
    label = np.where(left, np.round(lag, 9), -np.inf).argmax(axis=1)
    return np.asarray(free & has[label])


def _count(plan: Plan, group: Group, choice: tuple[Ints, Ints], values: Floats, free: Bools) -> None:
    who, chosen = choice
    there = chosen >= 0
    np.add.at(group.selected, chosen[there], 1)
    best = np.where(there, np.take_along_axis(values, np.maximum(chosen, 0)[:, None], axis=1)[:, 0], np.inf)
    held = free & ~group.allowed[who] & ~group.passed[who] & (values > best[:, None])
    group.selected += held.sum(axis=0)
    group.passed[who] |= held


def record(plan: Plan, group: Group, who: Ints, items: Ints, scores: Ints) -> None:
    """Take the answers of candidates `who`, all with the same number of answers."""
    step = int(group.n[who[0]])
    group.items[who, step], group.scores[who, step] = items, scores
    group.taken[who, items] = True
    if plan.foes is not None:
        group.barred[who] |= plan.foes[items]
    if plan.label_names:
        labelled = plan.labels[items] >= 0
        group.counts[who[labelled], plan.labels[items[labelled]]] += 1
    group.loglik[who] += plan.curves.log_p[items, scores]
    if plan.edges.size:
        sides = plan.edges[items, scores]
        group.ratio[who] += sides[:, 1] - sides[:, 0]
    group.n[who] = step + 1


def score(plan: Plan, group: Group, who: Ints) -> None:
    """Estimate the abilities of candidates `who` and say which of them are done."""
    step = int(group.n[who[0]])
    given = group.items[who, :step], group.scores[who, :step]
    group.theta[who], group.se[who] = estimate(plan.curves, plan.scorer, group.loglik[who], *given)
    group.thetas[who, step - 1], group.errors[who, step - 1] = group.theta[who], group.se[who]
    group.reason[who] = _ended(plan, group, who, step)


def _ended(plan: Plan, group: Group, who: Ints, step: int) -> Ints:
    stop = plan.stop
    reason = np.full(len(who), LENGTH if step >= stop.length else GOING)
    if step < stop.min_length:
        return reason
    if stop.std_error is not None:
        reason = np.where(group.se[who] <= stop.std_error, PRECISE, reason)
    if stop.information is not None:
        reason = np.where(group.se[who] ** -2.0 >= stop.information, INFORMED, reason)
    if stop.rule == "ci":
        reach = norm.ppf(0.5 + stop.level / 2) * group.se[who]
        reason = np.where(group.theta[who] - reach > stop.cut, ABOVE, reason)
        reason = np.where(group.theta[who] + reach < stop.cut, BELOW, reason)
    if stop.rule == "sprt":
        reason = np.where(group.ratio[who] >= np.log((1 - stop.beta) / stop.alpha), ABOVE, reason)
        reason = np.where(group.ratio[who] <= np.log(stop.beta / (1 - stop.alpha)), BELOW, reason)
    return np.asarray(reason)


def rebuild(plan: Plan, seed: int, items: Ints, scores: Ints) -> Group:
    """Bring one candidate to where these answers left them."""
    group, who = begin(plan, np.array([seed])), np.zeros(1, dtype=int)
    for item, given in zip(items, scores, strict=True):
        record(plan, group, who, np.array([item]), np.array([given]))
    if len(items):
        score(plan, group, who)
    return group
