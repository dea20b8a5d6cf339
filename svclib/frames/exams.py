"""Exams as frames: candidates × items of scores, choices and states; results, pseudonymous."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from svclib.forms.bank import Item
from svclib.frames.definitions import definition
from svclib.frames.states import STATES, category
from svclib.frames.view import View, branches
from svclib.store.schema import assignments, attempts, people, sittings
from svclib.store.schema import results as table

Attempts = Literal["all", "first"]


def attempt_rows(
    connection: Connection, exam: str | None, view: View, which: Attempts = "all", *, by_item: bool = False
) -> list[Any]:
    """Read the scored attempts that the view sees, each with its counting result, in the order of closing.

    What is shown `by_item` heeds ``view.closed_by``.
    """
    newest = select(table.c.attempt_id, func.max(table.c.scoring).label("scoring")).group_by(table.c.attempt_id)
    top = newest.subquery()
    columns = (
        attempts.c.id, attempts.c.number, attempts.c.answers, attempts.c.form, attempts.c.closed_at,
        attempts.c.closed_as, attempts.c.language, attempts.c.layout, attempts.c.started_at,
        assignments.c.person_id, assignments.c.sitting_id, sittings.c.exam, sittings.c.bank_hash, sittings.c.exam_hash,
        people.c.unit_id, people.c.name, people.c.staff_number,
        table.c.percent, table.c.passed, table.c.scoring, table.c["items"].label("marks"),
    )  # fmt: skip
    joined = attempts.join(assignments, assignments.c.id == attempts.c.assignment_id)
    joined = joined.join(sittings, sittings.c.id == assignments.c.sitting_id)
    joined = joined.join(people, people.c.id == assignments.c.person_id)
    joined = joined.join(table, table.c.attempt_id == attempts.c.id)
    joined = joined.join(top, (top.c.attempt_id == table.c.attempt_id) & (top.c.scoring == table.c.scoring))
    chosen = [attempts.c.status == "scored", view.sees(people.c.unit_id)]
    chosen += [sittings.c.exam == exam] if exam else []
    chosen += [attempts.c.number == 1] if which == "first" else []
    chosen += [_over(view.closed_by)] if by_item and view.closed_by else []
    query = select(*columns).select_from(joined).where(*chosen).order_by(attempts.c.closed_at, attempts.c.id)
    return list(connection.execute(query).mappings())


def _over(moment: datetime) -> ColumnElement[bool]:
    """Condition on ``sittings``: nobody can answer any more, extensions and open attempts included."""
    other, attempt = assignments.alias(), attempts.alias()
    mine = other.c.sitting_id == sittings.c.id
    later = exists().where(mine, other.c.withdrawn_at.is_(None), other.c.closes_at > moment)
    running = exists().where(mine, attempt.c.assignment_id == other.c.id, attempt.c.status == "open")
    return and_(sittings.c.closes_at <= moment, ~later, ~running)


def item_names(connection: Connection, rows: Sequence[Any]) -> list[str]:
    """The items that were presented, in the order of their bank (the newest first)."""
    presented = {name for row in rows for name in row["marks"]}
    banks = dict.fromkeys(row["bank_hash"] for row in reversed(rows))
    ordered = dict.fromkeys(item.id for one in banks for item in definition(connection, one).items)
    return [name for name in ordered if name in presented]


def scores(
    connection: Connection, exam: str, view: View, *, attempts: Attempts = "all", points: bool = False
) -> pd.DataFrame:
    """Give what each candidate earned on each item.

    Parameters
    ----------
    exam : str
        The exam's id; all its sittings and versions together.
    attempts : {"all", "first"}
        Item statistics usually want first attempts only: later ones are not independent.
    points : bool
        Points earned instead of the earned part from 0 to 1.

    Returns
    -------
    DataFrame
        Attempts × items, indexed by ``attempt_id``; float; NaN where the item was not on the form or was dropped.
    """
    rows = attempt_rows(connection, exam, view, attempts, by_item=True)
    names = item_names(connection, rows)
    place = {name: number for number, name in enumerate(names)}
    matrix = np.full((len(rows), len(names)), np.nan)
    for number, row in enumerate(rows):
        for name, mark in row["marks"].items():
            if mark["counted"]:
                matrix[number, place[name]] = mark["points"] if points else mark["points"] / mark["maximum"]
    return pd.DataFrame(matrix, index=_index(rows), columns=names)


def choices(connection: Connection, exam: str, view: View, *, attempts: Attempts = "all") -> pd.DataFrame:
    """Give what each candidate chose on each item.

    Returns
    -------
    DataFrame
        Attempts × items, indexed by ``attempt_id``; a Categorical of the options' ids for single choice and true/false,
        else text: ``a,c`` (multiple), ``c>a>b`` (ordering), ``a=x,b=y`` (matching), the number or the words.
    """
    rows = attempt_rows(connection, exam, view, attempts, by_item=True)
    items = _items(connection, rows)
    data = {}
    for name in item_names(connection, rows):
        cells = [written(items[name], row["answers"].get(name)) for row in rows]
        options = list(items[name].options) if items[name].type in {"single", "true_false"} else None  # type: ignore[attr-defined]
        data[name] = pd.Categorical(cells, categories=options) if options else pd.array(cells, dtype="str")
    return pd.DataFrame(data, index=_index(rows))


def written(item: Item, answer: Any) -> str | None:
    """Write an answer as text that is the same for the same answer; None for none."""
    if answer is None or answer in ("", [], {}):
        return None
    return _WRITTEN.get(item.type, str)(answer)  # type: ignore[attr-defined]


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "multiple": lambda answer: ",".join(sorted(answer)),
    "ordering": ">".join,
    "matching": lambda answer: ",".join(f"{left}={right}" for left, right in sorted(answer.items())),
    "numeric": lambda answer: f"{answer:.15g}",
}


def exam_states(connection: Connection, exam: str, view: View, *, attempts: Attempts = "all") -> pd.DataFrame:
    """Tell why cells of `choices` are empty: answered, omitted, not_reached, not_presented."""
    rows = attempt_rows(connection, exam, view, attempts, by_item=True)
    absent = STATES.index("not_presented")
    codes = {
        name: [STATES.index(row["marks"][name]["state"]) if name in row["marks"] else absent for row in rows]
        for name in item_names(connection, rows)
    }
    return pd.DataFrame({name: category(column) for name, column in codes.items()}, index=_index(rows))


def results(connection: Connection, view: View, exam: str | None = None, *, identified: bool = False) -> pd.DataFrame:
    """Give the results, one row a scored attempt.

    Parameters
    ----------
    exam : str, optional
        One exam; by default all.
    identified : bool
        With ``name`` and ``staff_number``: only for who holds ``frames.identified``.

    Returns
    -------
    DataFrame
        Indexed by ``attempt_id``; ``person`` (a pseudonym), ``unit``, ``branch``, ``exam``, ``sitting``, ``number``,
        ``percent``, ``passed``, ``submitted_at`` (in the view's zone), ``language`` and ``layout`` (phone, desktop) as
        the attempt began, ``minutes`` used.
    """
    rows = attempt_rows(connection, exam, view)
    branch = branches(connection)
    data: dict[str, Any] = {"person": [view.pseudonym(row["person_id"]) for row in rows]}
    if identified:
        data |= {name: [row[name] for row in rows] for name in ("name", "staff_number")}
    data["unit"] = pd.Categorical([row["unit_id"] for row in rows])
    data["branch"] = pd.Categorical([branch[row["unit_id"]] for row in rows])
    data["exam"] = pd.Categorical([row["exam"] for row in rows])
    data["sitting"] = [row["sitting_id"] for row in rows]
    data["number"] = np.array([row["number"] for row in rows], dtype=np.int64)
    data["percent"] = np.array([row["percent"] for row in rows], dtype=float)
    data["passed"] = np.array([row["passed"] for row in rows], dtype=bool)
    closed = pd.Series(pd.to_datetime(pd.Series([row["closed_at"] for row in rows], dtype=object), utc=True))
    data["submitted_at"] = closed.astype(pd.DatetimeTZDtype("us", view.zone)).array
    data |= {name: pd.Categorical([row[name] for row in rows]) for name in ("language", "layout")}
    used = [(row["closed_at"] - row["started_at"]).total_seconds() / 60 for row in rows]
    return pd.DataFrame({**data, "minutes": np.array(used, dtype=float)}, index=_index(rows))


def _index(rows: Sequence[Any]) -> pd.Index:
    return pd.Index([row["id"] for row in rows], name="attempt_id", dtype="str")


def _items(connection: Connection, rows: Sequence[Any]) -> dict[str, Item]:
    banks = dict.fromkeys(row["bank_hash"] for row in rows)
    return {item.id: item for one in banks for item in definition(connection, one).items}
