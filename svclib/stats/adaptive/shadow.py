"""Shadow tests (van der Linden & Reese, 1998): at each step a full test that meets all rules and holds what was given.

The next item is the most informative one of it that is still free. The full test of the last step stands as long as a
bound from the dual of the linear relaxation proves that none is better by more than the `gap`; else HiGHS assembles
one anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import vstack

from svclib.errors import InvalidInput
from svclib.stats.adaptive.bank import information_at
from svclib.stats.adaptive.engine import Group
from svclib.stats.adaptive.plan import Plan, one_of
from svclib.stats.arrays import Floats, Ints
from svclib.stats.assembly.conflict import ImpossibleBlueprint, explain
from svclib.stats.assembly.problem import Program, form_program
from svclib.stats.assembly.rules import read_blueprint
from svclib.stats.marks import _

_KEYS = (
    "content", "levels", "limits", "means", "information", "expected", "enemies", "sets", "per_set", "n_sets", "must",
    "must_not",
)  # fmt: skip


_MEMORY = 2000
"""Shadow tests that are kept: candidates with the same answers share them."""
_PRICES = 33


@dataclass(eq=False)
class Shadow:
    """The rules of the whole test, and how they are met again and again."""

    program: Program
    gap: float
    family: Ints
    stacked: Any
    limits: Floats
    prices: Floats
    solved: dict[Any, Ints | None] = field(default_factory=dict)

    def offer(self, plan: Plan, group: Group, who: Ints, step: int) -> Ints:
        """Give the next item of each candidate, −1 where the rules cannot be met with what was given."""
        held = information_at(plan.curves.parameters, group.theta[who])
        return np.array([self._next(group, at, step, held[row]) for row, at in enumerate(who)], dtype=int)

    def _next(self, group: Group, at: int, step: int, worth: Floats) -> int:
        given = group.items[at, :step]
        form = self._form(group.shadows[at], np.sort(given), worth, group.barred[at])
        group.shadows[at] = form
        if form is None:
            return -1
        free = np.setdiff1d(form, given)
        if not len(free):
            return -1
        if self.family.size and step and self.family[given[-1]] >= 0:
            rest = free[self.family[free] == self.family[given[-1]]]
            free = rest if len(rest) else free
        return int(free[np.argmax(np.round(worth[free], 12))])

    def _form(self, last: Ints | None, given: Ints, worth: Floats, barred: Any) -> Ints | None:
        if last is not None and len(last) and self._near(last, given, worth):
            return last
        key = (worth.round(9).tobytes(), given.tobytes(), barred.tobytes())
        if key not in self.solved:
            if len(self.solved) >= _MEMORY:
                self.solved.clear()
            self.solved[key] = self._solve(given, worth, barred)
        return self.solved[key]

    def _solve(self, given: Ints, worth: Floats, barred: Any) -> Ints | None:
        program, j = self.program, len(worth)
        lower, upper, cost = program.lower.copy(), program.upper.copy(), np.zeros(program.n)
        upper[:j] = np.where(barred, 0, upper[:j])
        lower[given] = upper[given] = 1
        cost[:j] = -worth
        found = replace(program, cost=cost, lower=lower, upper=upper).solve(gap=self.gap / 2)
        return None if found.x is None else np.flatnonzero(found.x[:j] > 0.5)

    def _near(self, form: Ints, given: Ints, worth: Floats) -> bool:
        """Prove that no full test is better than `form` by more than the gap: Lagrange's bound at fixed prices."""
        lower, upper = self.program.lower.copy(), self.program.upper.copy()
        lower[given] = upper[given] = 1
        cost = np.zeros(self.program.n)
        cost[: len(worth)] = worth
        reduced = cost - self.prices @ self.stacked  # one row a set of prices
        bounds = self.prices @ self.limits + np.where(reduced > 0, reduced * upper, reduced * lower).sum(axis=1)
        return bool(worth[form].sum() >= (1 - self.gap) * bounds.min())


def read_shadow(plan: Plan, shadow: Any, gap: float) -> Plan:
    """Read the rules of shadow tests into the plan, and check that a test can meet them."""
    if shadow is None:
        return plan
    if not isinstance(shadow, Mapping) or not shadow:
        raise InvalidInput(_('"shadow" gives the rules of the whole test, such as {"content": {"credit": (8, 12)}}.'))
    for key in shadow:
        one_of(key, _KEYS, "shadow")
    if plan.select != "information" or plan.top > 1 or plan.label_names or (plan.exposure < 1).any():
        raise InvalidInput(
            _("A shadow test chooses by information and holds the contents itself; leave the other rules out.")
        )
    blueprint = read_blueprint(plan.pool, length=plan.stop.length, **shadow)
    program = form_program(blueprint)
    if program.solve().status == "impossible":
        conflict, misses, _x = explain(program)
        raise ImpossibleBlueprint(conflict or [rule for rule, _by in misses], misses)
    family = np.full(len(plan.pool), -1)
    for at, members in enumerate(blueprint.sets.values()):
        family[members] = at
    stacked, limits, prices = _priced(plan, program)
    return replace(plan, shadow=Shadow(program, gap, family, stacked, limits, prices))


def _priced(plan: Plan, program: Program) -> tuple[Any, Floats, Floats]:
    """Rows as A x ≤ b, and prices of them: the dual of the linear relaxation at abilities over the grid."""
    matrix, low, high = program.matrix()
    under, over = np.isfinite(high), np.isfinite(low)
    stacked = vstack([matrix[under], -matrix[over]]).tocsr()
    limits, prices = np.concatenate([high[under], -low[over]]), []
    bounds = np.column_stack([program.lower, program.upper])
    for theta in np.linspace(plan.curves.grid[0], plan.curves.grid[-1], _PRICES):
        cost = np.zeros(program.n)
        cost[: len(plan.pool)] = -information_at(plan.curves.parameters, np.array([theta]))[0]
        done = linprog(cost, A_ub=stacked, b_ub=limits, bounds=bounds, method="highs")
        prices.append(np.maximum(-done.ineqlin.marginals, 0) if done.status == 0 else np.zeros(len(limits)))
    return stacked, limits, np.array(prices)
