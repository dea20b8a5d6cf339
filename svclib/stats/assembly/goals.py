"""What the best forms are: most information, nearest to a target, or as alike as can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.assembly.pool import Pool, as_number
from svclib.stats.assembly.problem import Program, Row
from svclib.stats.marks import _

GOALS = ("maximise", "maximin", "target", "parallel")


def read_goal(pool: Pool, targets: Any, goal: str | None, forms: int) -> tuple[str, dict[Any, float], Floats]:
    """Give the goal, target of each measure (ability or column; NaN: none), and what each item adds (M × J)."""
    if targets is None:
        if goal is not None:
            raise InvalidInput(_('The goal "{goal}" needs "targets": abilities or columns.'), goal=goal)
        return "none", {}, np.zeros((0, len(pool)))
    if isinstance(targets, Mapping):
        wanted = {key: np.nan if value is None else as_number(value, key) for key, value in targets.items()}
    else:
        wanted = dict.fromkeys([targets] if isinstance(targets, str | int | float) else list(targets), np.nan)
    default = "target" if isinstance(targets, Mapping) else ("maximise" if forms == 1 else "maximin")
    name = goal or default
    if name not in GOALS:
        raise InvalidInput(
            _('"{name}" cannot be {value}; choose among {choices}.'),
            name="goal", value=repr(goal)[:60], choices=", ".join(GOALS),
        )  # fmt: skip
    if not wanted or (name == "target" and not np.isfinite(list(wanted.values())).all()):
        raise InvalidInput(_("Targets need values: targets={0: 6.5} aims at an information of 6.5 at ability 0."))
    if name == "parallel" and forms < 2:
        raise InvalidInput(_('The goal "parallel" needs two forms or more.'))
    return name, wanted, np.array([pool.measure(key) for key in wanted])


def add_goal(
    program: Program, goal: str, wanted: dict[Any, float], held: Floats, forms: int, width: int, items: float
) -> float:
    """Write the goal into the program; give the constant that its cost holds.

    Minimax goals get one column for the greatest distance. A fixed column of the targets' size (of `items` mean items
    for parallel forms) is added to their cost, so that the solver's relative gap is a share of that and not of a
    distance near 0.
    """
    j = held.shape[1]
    if goal == "none":
        return 0.0
    if goal == "maximise":
        for form in range(forms):
            program.cost[form * width : form * width + j] -= held.sum(axis=0)
        return 0.0
    size = float(np.abs(list(wanted.values())).mean()) if goal == "target" else 0.0
    if goal == "parallel":
        size = float(np.abs(held).mean()) * items
    at = _columns(program, goal, size, len(wanted))
    columns = [np.arange(j) + form * width for form in range(forms)]
    for m, (target, values) in enumerate(zip(wanted.values(), held, strict=True)):
        for form in range(forms):
            if goal == "maximin":
                scale = target if np.isfinite(target) and target > 0 else 1.0
                _far(program, form, (columns[form], at), np.append(values, -scale), (0.0, np.inf))
            if goal == "target":
                _far(program, form, (columns[form], at), np.append(values, 1.0), (target, np.inf))
                _far(program, form, (columns[form], at), np.append(values, -1.0), (-np.inf, target))
            if goal == "parallel":
                _far(program, form, (columns[form], at + 1 + 2 * m), np.append(values, -1.0), (0.0, np.inf))
                _far(program, form, (columns[form], at + 2 + 2 * m), np.append(values, -1.0), (-np.inf, 0.0))
        if goal == "parallel":
            row = np.array([at, at + 1 + 2 * m, at + 2 + 2 * m])
            program.rows.append(Row(-1, -1, row, np.array([1.0, 1.0, -1.0]), 0.0, np.inf))
    return size


def _far(program: Program, form: int, columns: tuple[Any, int], values: Floats, bounds: tuple[float, float]) -> None:
    program.rows.append(Row(-1, form, np.append(*columns), values, *bounds))


def _columns(program: Program, goal: str, size: float, measures: int) -> int:
    """Add the column of the distance (and of each measure's ends, for parallel forms), and the constant."""
    at = program.n
    count = 1 + (2 * measures if goal == "parallel" else 0)
    low = np.full(count, -np.inf)
    low[0] = 0.0 if goal != "maximin" else -np.inf
    cost = np.zeros(count)
    cost[0] = -1.0 if goal == "maximin" else 1.0
    program.cost = np.concatenate([program.cost, cost, [size]])
    program.lower = np.concatenate([program.lower, low, [1.0]])
    program.upper = np.concatenate([program.upper, np.full(count, np.inf), [1.0]])
    program.integer = np.concatenate([program.integer, np.zeros(count + 1, dtype=int)])
    return at


def reached(goal: str, wanted: dict[Any, float], got: Floats) -> float:
    """What forms of measures `got` (F × M) reach of the goal."""
    if goal == "none":
        return np.nan
    if goal == "maximise":
        return float(got.sum())
    aims = np.array(list(wanted.values()))
    if goal == "maximin":
        return float((got / np.where(np.isfinite(aims) & (aims > 0), aims, 1.0)).min())
    if goal == "target":
        return float(np.abs(got - aims).max())
    return float(np.ptp(got, axis=0).max())
