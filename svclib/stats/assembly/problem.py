"""A blueprint as a mixed-integer program for HiGHS: columns, rows that know whose rule they are, and its solution."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from svclib.stats.arrays import Floats, Ints
from svclib.stats.assembly.rules import ENEMIES, MUST, MUST_NOT, SET_COUNT, SETS, Blueprint


class Named(NamedTuple):
    """A rule by name: a text with places, and one item's worth of it (the unit in which misses are weighed)."""

    text: str
    fields: dict[str, Any]
    unit: float


class Row(NamedTuple):
    """``low ≤ values · x[columns] ≤ high`` of the rule at place `rule`, in `form` (−1: between forms)."""

    rule: int
    form: int
    columns: Ints
    values: Floats
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Solution:
    """What the solver gave; `x` is None where nothing meets the rows."""

    x: Floats | None
    objective: float
    bound: float
    status: str


@dataclass(eq=False)
class Program:
    """Columns and rows; the first J columns of each form are its items."""

    cost: Floats
    lower: Floats
    upper: Floats
    integer: Ints
    rows: list[Row] = field(default_factory=list)
    rules: list[Named] = field(default_factory=list)

    @property
    def n(self) -> int:
        """Number of columns."""
        return len(self.cost)

    def matrix(self) -> tuple[Any, Floats, Floats]:
        """Give the rows as a sparse matrix with both bounds."""
        counts = [len(row.columns) for row in self.rows]
        where = np.repeat(np.arange(len(self.rows)), counts)
        columns = np.concatenate([row.columns for row in self.rows]) if self.rows else np.zeros(0, dtype=int)
        values = np.concatenate([row.values for row in self.rows]) if self.rows else np.zeros(0)
        held = csr_array((values, (where, columns)), shape=(len(self.rows), self.n))
        return held, np.array([row.low for row in self.rows]), np.array([row.high for row in self.rows])

    def solve(self, *, seconds: float | None = None, gap: float = 0.0) -> Solution:
        """Minimise the cost."""
        matrix, low, high = self.matrix()
        options: dict[str, Any] = {"mip_rel_gap": gap}
        if seconds is not None:
            options["time_limit"] = seconds
        limits = [LinearConstraint(matrix, low, high)] if self.rows else []
        found = milp(
            self.cost, integrality=self.integer, bounds=Bounds(self.lower, self.upper), constraints=limits,
            options=options,
        )  # fmt: skip
        status = {0: "optimal", 1: "time", 2: "impossible"}.get(found.status, "failed")
        if found.x is None:
            return Solution(None, np.nan, np.nan, status)
        bound = getattr(found, "mip_dual_bound", None)
        return Solution(found.x, float(found.fun), float(found.fun if bound is None else bound), status)


def form_program(blueprint: Blueprint, forms: int = 1) -> Program:
    """Write the rules of each form as rows: J items and the sets of each form are its columns."""
    j, s = len(blueprint.pool), len(blueprint.sets)
    width = j + s
    program = Program(
        np.zeros(width * forms), np.zeros(width * forms), np.ones(width * forms), np.ones(width * forms, dtype=int)
    )
    for rule in blueprint.rules:
        there = np.flatnonzero(rule.values)
        unit = float(np.abs(rule.values[there]).mean()) if len(there) else 1.0
        place = _name(program, rule.text, rule.fields, unit)
        for form in range(forms):
            program.rows.append(Row(place, form, there + form * width, rule.values[there], rule.low, rule.high))
    _family_rows(program, blueprint, forms, width)
    ones = np.ones(1)
    for text, items, value in ((MUST, blueprint.must, 1.0), (MUST_NOT, blueprint.must_not, 0.0)):
        if len(items):
            place = _name(program, text, {}, 1.0)
            for form in range(forms):
                program.rows += [Row(place, form, np.array([at + form * width]), ones, value, value) for at in items]
    return program


def _name(program: Program, text: str, fields: dict[str, Any], unit: float) -> int:
    program.rules.append(Named(text, fields, unit))
    return len(program.rules) - 1


def _family_rows(program: Program, blueprint: Blueprint, forms: int, width: int) -> None:
    j = len(blueprint.pool)
    if blueprint.enemies:
        place = _name(program, ENEMIES, {}, 1.0)
        for form in range(forms):
            program.rows += [
                Row(place, form, group + form * width, np.ones(len(group)), -np.inf, 1.0) for group in blueprint.enemies
            ]
    for at, (name, members) in enumerate(blueprint.sets.items()):
        place = _name(program, SETS, {"set": name}, 1.0)
        low, high = blueprint.per_set or (len(members), len(members))
        for form in range(forms):
            columns = np.append(members, j + at) + form * width
            for end, bounds in ((low, (0.0, np.inf)), (min(high, len(members)), (-np.inf, 0.0))):
                program.rows.append(Row(place, form, columns, np.append(np.ones(len(members)), -end), *bounds))
    if blueprint.n_sets is not None:
        place = _name(program, SET_COUNT, {}, 1.0)
        columns = j + np.arange(len(blueprint.sets))
        for form in range(forms):
            program.rows.append(Row(place, form, columns + form * width, np.ones(len(columns)), *blueprint.n_sets))
