"""Test forms by mixed-integer programming: the verb."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Ints
from svclib.stats.assembly.conflict import ImpossibleBlueprint, explain
from svclib.stats.assembly.goals import add_goal, reached, read_goal
from svclib.stats.assembly.pool import Pool, read_bounds, read_pool
from svclib.stats.assembly.problem import Named, Program, Row, Solution, form_program
from svclib.stats.assembly.rules import ENEMIES, OVERLAP, SET_COUNT, SETS, USES, Blueprint, read_blueprint
from svclib.stats.item_response.curves import information
from svclib.stats.item_response.quadrature import grid
from svclib.stats.marks import _

BEST, TIME = _("optimal"), _("the best found in the time given")
MISSED = _("impossible: these forms are the nearest")


@dataclass(frozen=True, eq=False)
class Assembly:
    """Forms that were assembled.

    Attributes
    ----------
    goal : str
    targets : dict
        Target of each measure (ability or column); NaN where there is none.
    objective : float
        What the forms reach: sum (maximise), least (maximin), greatest distance (target, parallel).
    gap : float
        How far the best possible may be from `objective`, as a share of it (of the mean target for "target").
    status, note : str
        "optimal", "time" or "impossible", and that in words.
    conflict : list of Named
        Rules that cannot hold together (where impossible).
    """

    blueprint: Blueprint
    chosen: list[Ints]
    between: list[tuple[Named, float, float]]
    goal: str
    targets: dict[Any, float]
    objective: float
    gap: float
    status: str
    note: str
    conflict: list[Named] = field(default_factory=list)

    def __repr__(self) -> str:
        sizes = ", ".join(str(len(one)) for one in self.chosen)
        return f"Assembly({len(self.chosen)} forms of {sizes} items, {self.goal} {self.objective:.6g}, {self.status})"

    @cached_property
    def forms(self) -> pd.DataFrame:
        """One row an item of a form: ``form`` (1 …), ``item`` and the pool's attributes."""
        parts = [
            self.blueprint.pool.frame.iloc[one].assign(form=number, item=np.array(self.blueprint.pool.names)[one])
            for number, one in enumerate(self.chosen, 1)
        ]
        told = pd.concat(parts, ignore_index=True)
        return told[["form", "item", *[name for name in told.columns if name not in ("form", "item")]]]

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row a rule and form: ``rule, text, form`` (missing: between forms), ``low, high, got, met``.

        ``text`` names the rule with its places still open in a form that can be translated; ``rule`` is English.
        """
        rows: list[tuple[Any, ...]] = [
            (rule.text, rule.fields, number, *rule.shown, rule.value(one))
            for rule in self.blueprint.rules
            for number, one in enumerate(self.chosen, 1)
        ]
        rows += [row for number, one in enumerate(self.chosen, 1) for row in self._families(number, one)]
        rows += [(name.text, name.fields, pd.NA, low, high, got) for name, low, high, got in self._between()]
        told = pd.DataFrame(rows, columns=["text", "fields", "form", "low", "high", "got"])
        told.insert(
            0, "rule", [text.format(**fields) for text, fields in zip(told["text"], told["fields"], strict=True)]
        )
        told["form"] = told["form"].astype("Int64")
        close = 1e-6 * np.maximum(1, told["got"].abs())
        return told.assign(met=(told["got"] >= told["low"] - close) & (told["got"] <= told["high"] + close))

    def _families(self, number: int, one: Ints) -> list[tuple[Any, ...]]:
        held = self.blueprint
        rows: list[tuple[Any, ...]] = []
        if held.enemies:
            most = max(int(np.isin(group, one).sum()) for group in held.enemies)
            rows.append((ENEMIES, {}, number, -np.inf, 1.0, float(most)))
        counts = {name: int(np.isin(members, one).sum()) for name, members in held.sets.items()}
        for name, count in counts.items():
            if count:
                size = float(len(held.sets[name]))
                rows.append((SETS, {"set": name}, number, *(held.per_set or (size, size)), float(count)))
        if held.n_sets is not None:
            rows.append((SET_COUNT, {}, number, *held.n_sets, float(sum(count > 0 for count in counts.values()))))
        return rows

    def _between(self) -> list[tuple[Named, float, float, float]]:
        uses = np.bincount(np.concatenate(self.chosen), minlength=len(self.blueprint.pool))
        shared = [
            len(np.intersect1d(one, other)) for at, one in enumerate(self.chosen) for other in self.chosen[at + 1 :]
        ]
        told = []
        for name, low, high in self.between:
            if name.text == USES:
                free = np.setdiff1d(np.arange(len(uses)), self.blueprint.must)
                told.append((name, low, high, float(uses[free].max(initial=0))))
            else:
                told += [(name, low, high, float(count)) for count in shared]
        return told

    def information(self, theta: Any = None) -> pd.DataFrame:
        """Information of each form over ability: ``form, theta, information, se``; `theta` −3 to 3 without it."""
        points = grid(61, 3.0) if theta is None else np.asarray(theta, dtype=float).reshape(-1)
        curves = information(self.blueprint.pool.calibrated(), points)
        parts = []
        for number, one in enumerate(self.chosen, 1):
            told = curves[one].sum(axis=0)
            with np.errstate(divide="ignore"):
                parts.append(pd.DataFrame({"form": number, "theta": points, "information": told, "se": told**-0.5}))
        return pd.concat(parts, ignore_index=True)


def assemble(
    items: Any,
    *,
    forms: int = 1,
    length: Any = None,
    content: Any = None,
    levels: Any = None,
    limits: Any = None,
    means: Any = None,
    information: Any = None,
    expected: Any = None,
    targets: Any = None,
    goal: str | None = None,
    enemies: Any = None,
    sets: Any = None,
    per_set: Any = "all",
    n_sets: Any = None,
    must: Any = (),
    must_not: Any = (),
    max_uses: int = 1,
    overlap: Any = None,
    used: str | None = None,
    penalty: float = 0.01,
    nearest: bool = False,
    gap: float | None = None,
    seconds: float = 60.0,
    seed: int | None = None,
) -> Assembly:
    """Choose items for one form or several that meet all rules as well as can be.

    Bounds are a number (exactly) or ``(least, most)`` with None for an open end, and hold for each form.

    Parameters
    ----------
    items : DataFrame, fit or ItemParameters
        Calibrated items (``item, a, b`` …) or classical ones (``item`` and columns such as ``difficulty``), with the
        attributes that the rules name.
    forms : int
    length : bounds
        Number of items.
    content : dict
        Label → bounds of the column ``content`` (or ``topic``), or column → {label: bounds}.
    levels : dict
        The same of the column ``level``.
    limits, means : dict
        Column → bounds of its sum (seconds, words) or mean (difficulty).
    information, expected : dict
        Ability → bounds of the information, or of the expected score, there.
    targets : dict or list
        Abilities, or columns whose sum counts (classical: ``discrimination``); with values where there is a target.
    goal : {"maximise", "maximin", "target", "parallel"}, optional
        The most in all forms together; the most in the worst form (relative to the targets if given); the least
        greatest distance from the targets; or between the forms. Without it "target" where values are given, else
        "maximise" of one form, "maximin" of several.
    enemies : str or list
        Column of groups, column of each item's enemy by name, or list of pairs or groups: a form takes one at most.
    sets : str or dict
        Items that share a stimulus: a column, or name → items.
    per_set : "all" or bounds
        A set is taken whole or not at all, or with so many of its items.
    n_sets : bounds
        Number of sets in a form.
    must, must_not : list of str
        Items in each form (common items), and in none.
    max_uses : int
        Forms in which an item may be; `must` items are free of it.
    overlap : bounds
        Items that each two forms share.
    used : str
        Column of how often an item was used before; each use costs `penalty` of an item's mean worth.
    nearest : bool
        Of an impossible blueprint give the nearest forms (``status`` "impossible") instead of an error.
    gap : float, optional
        Share by which the objective may fall short of the best; of "target" and "parallel" goals it is a share of the
        target, or of a form's measure. Without it 0.005 of these and 0.0001 of the others.
    seconds : float
        Time limit; the best found until then is given, and said so.
    seed : int
        Breaks ties another way: other forms, equally good.

    Returns
    -------
    Assembly
        ``forms, summary`` (each rule: wanted and got), ``information(), objective, gap, status, note``.

    Raises
    ------
    ImpossibleBlueprint
        An `InvalidInput` that says which rules cannot hold together and by how much the nearest forms miss.
    InvalidInput
        If a label, column or item is unknown, bounds are the wrong way round, times are negative, or the pool is
        smaller than the form.

    Notes
    -----
    van der Linden (2005), Linear Models for Optimal Test Design; solved by HiGHS.

    Examples
    --------
    >>> pool = pd.DataFrame({"item": list("abcdef"), "a": [1, 2, 1, 1.5, 1, 1.2], "b": 0.0, "topic": ["x", "y"] * 3})
    >>> made = assemble(pool, length=3, content={"x": (1, None), "y": (1, None)}, targets=0)
    >>> made.forms["item"].tolist(), round(made.objective, 4)
    (['b', 'd', 'e'], 1.8125)
    """
    pool = read_pool(items)
    blueprint = read_blueprint(
        pool, length=length, content=content, levels=levels, limits=limits, means=means, information=information,
        expected=expected, enemies=enemies, sets=sets, per_set=per_set, n_sets=n_sets, must=must, must_not=must_not,
    )  # fmt: skip
    name, wanted, held = read_goal(pool, targets, goal, forms)
    gap = (0.005 if name in ("target", "parallel") else 1e-4) if gap is None else gap
    _check(forms, max_uses, gap, seconds)
    program = form_program(blueprint, forms)
    width = program.n // forms
    between = _between_rules(program, blueprint, forms, (max_uses, overlap))
    size = add_goal(program, name, wanted, held, forms, width, min(blueprint.length[1], len(pool)))
    _price_uses(program, pool, used, penalty * (held.mean() if held.size else 1.0), forms, width)
    found = _permuted(program, seed, seconds, gap)
    conflict: list[Named] = []
    x, status = found.x, found.status
    if x is None:
        if found.status == "time":
            raise InvalidInput(_("No form was found in {seconds} s; give more time or loosen a rule."), seconds=seconds)
        conflict, misses, x = explain(program, min(seconds, 10.0))
        if not nearest or x is None:
            raise ImpossibleBlueprint(conflict or [rule for rule, _by in misses], misses)
        status = "impossible"
    chosen = [np.flatnonzero(x[form * width : form * width + len(pool)] > 0.5) for form in range(forms)]
    if not sum(len(one) for one in chosen):
        raise InvalidInput(_("The rules ask for no item; give a length."))
    got = np.array([[values[one].sum() for values in held] for one in chosen]).reshape(forms, len(wanted))
    note = {"optimal": BEST, "time": TIME, "impossible": MISSED}.get(status, TIME)
    return Assembly(
        blueprint, chosen, between, name, wanted, reached(name, wanted, got), _gap(found, size), status, note, conflict
    )


def _check(forms: Any, max_uses: Any, gap: Any, seconds: Any) -> None:
    for name, value in (("forms", forms), ("max_uses", max_uses)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise InvalidInput(_('"{name}" is {value}; give 1 or more.'), name=name, value=repr(value)[:60])
    for name, value in (("gap", gap), ("seconds", seconds)):
        if not value >= 0 or not np.isfinite(value):
            raise InvalidInput(_('"{name}" is {value}; give 0 or more.'), name=name, value=repr(value)[:60])


def _between_rules(
    program: Program, blueprint: Blueprint, forms: int, rules: tuple[int, Any]
) -> list[tuple[Named, float, float]]:
    """Write how often an item may be used and how many items forms share."""
    max_uses, overlap = rules
    width, told = program.n // forms, []
    free = np.setdiff1d(np.arange(len(blueprint.pool)), blueprint.must)
    if forms > max_uses:
        program.rules.append(Named(USES, {}, 1.0))
        told.append((program.rules[-1], -np.inf, float(max_uses)))
        each = np.arange(forms) * width
        place = len(program.rules) - 1
        program.rows += [Row(place, -1, item + each, np.ones(forms), -np.inf, float(max_uses)) for item in free]
    if overlap is not None and forms > 1:
        low, high = read_bounds(overlap, "overlap")
        program.rules.append(Named(OVERLAP, {}, 1.0))
        told.append((program.rules[-1], low, high))
        for one in range(forms):
            for other in range(one + 1, forms):
                _overlap_rows(program, len(blueprint.pool), (one * width, other * width), (low, high))
    return told


def _overlap_rows(program: Program, j: int, begins: tuple[int, int], bounds: tuple[float, float]) -> None:
    """Add a column for each item that is 1 where both forms have it, and bound their sum."""
    at, place = program.n, len(program.rules) - 1
    program.cost = np.append(program.cost, np.zeros(j))
    program.lower, program.upper = np.append(program.lower, np.zeros(j)), np.append(program.upper, np.ones(j))
    program.integer = np.append(program.integer, np.zeros(j, dtype=int))
    for item in range(j):
        one, other, both = begins[0] + item, begins[1] + item, at + item
        if np.isfinite(bounds[1]):
            program.rows.append(Row(-1, -1, np.array([one, other, both]), np.array([1.0, 1, -1]), -np.inf, 1.0))
        if np.isfinite(bounds[0]):
            program.rows.append(Row(-1, -1, np.array([one, both]), np.array([1.0, -1]), 0.0, np.inf))
            program.rows.append(Row(-1, -1, np.array([other, both]), np.array([1.0, -1]), 0.0, np.inf))
    program.rows.append(Row(place, -1, at + np.arange(j), np.ones(j), *bounds))


def _price_uses(program: Program, pool: Pool, used: str | None, price: float, forms: int, width: int) -> None:
    if used is None:
        return
    uses = pool.numbers(used)
    for form in range(forms):
        program.cost[form * width : form * width + len(pool)] += price * uses


def _permuted(program: Program, seed: int | None, seconds: float, gap: float) -> Solution:
    """Solve; with a seed the columns are shuffled first, so that ties fall another way."""
    if seed is None:
        return program.solve(seconds=seconds, gap=gap)
    order = np.random.default_rng(seed).permutation(program.n)
    place = np.argsort(order)
    rows = [row._replace(columns=place[row.columns]) for row in program.rows]
    mixed = Program(
        program.cost[order], program.lower[order], program.upper[order], program.integer[order], rows, program.rules
    )
    found = mixed.solve(seconds=seconds, gap=gap)
    return Solution(None if found.x is None else found.x[place], found.objective, found.bound, found.status)


def _gap(found: Solution, size: float) -> float:
    if found.x is None:
        return np.nan
    scale = max(abs(found.objective), abs(size), 1e-12)
    return float(max(found.objective - found.bound, 0.0) / scale)
