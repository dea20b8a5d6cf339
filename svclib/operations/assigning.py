"""Whom an exam is given to: by name, by unit, by roster; extra time, extensions, withdrawal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, or_, select, update

from svclib.errors import Conflict, InvalidInput, NotFound, SvcError
from svclib.i18n import _
from svclib.operations import rosters
from svclib.operations.actor import Actor
from svclib.operations.attempts import deadline
from svclib.operations.directory import known_person, unit_path
from svclib.operations.sittings import (
    ACCOMMODATIONS,
    MOST_ATTEMPTS,
    MOST_MINUTES,
    check_range,
    find_member,
    forbid_open,
    window_end,
)
from svclib.store import Store, new_id
from svclib.store.schema import assignments, attempts, people, units

ROSTER_COLUMNS = {
    "staff_number": ("工号", "员工号", "staff_number", "staff number"),
    "name": ("姓名", "name"),
    "unit": ("单位", "机构", "unit"),
    "accommodation": ("加时", "加时系数", "accommodation", "extra time"),
}
CHUNK = 500
_FACTOR = re.compile(r"\d(\.\d{1,3})?")
_PERCENT = re.compile(r"\+?(\d{1,3})\s*[%％]")


@dataclass(frozen=True)
class Assigned:
    """What an assignment led to: new ones, those that were there already, and those taken up again."""

    assigned: int
    already: int
    restored: int


@dataclass(frozen=True)
class RosterFinding:
    """One problem of a roster, in the reader's language."""

    row: int
    column: str | None
    message: str


@dataclass(frozen=True)
class RosterPreview:
    """What a roster would do, or did: rows read, people to be assigned, problems; `committed` tells which."""

    rows: int
    assigned: int
    already: int
    problems: list[RosterFinding]
    committed: bool


def chosen_people(tx: Connection, actor: Actor, named: Sequence[str], chosen_units: Sequence[str]) -> list[str]:
    """Give the ids of active people: those named (id, log-in, staff number) and everybody below the units.

    Raises
    ------
    NotFound
        Somebody named does not exist, is disabled, or is not of one's area.
    """
    found = _named(tx, actor, named)
    for unit in chosen_units:
        path = unit_path(tx, unit)
        actor.require("exams.assign", path)
        below = select(people.c.id).join(units, units.c.id == people.c.unit_id)
        inside = units.c.path.startswith(path, autoescape=True)
        found += tx.scalars(below.where(inside, people.c.active.is_(True)).order_by(people.c.id)).all()
    return list(dict.fromkeys(found))


def _named(tx: Connection, actor: Actor, named: Sequence[str]) -> list[str]:
    known: dict[str, Any] = {}
    for chunk in _chunks(named):
        for row in tx.execute(_people().where(or_(*(c.in_(chunk) for c in _NAMES)))).mappings():
            known.update({row[c.name]: row for c in _NAMES if row[c.name]})
    for name in named:
        found = known.get(name)
        if found is None or not found["active"] or not actor.may("exams.assign", found["unit_path"]):
            raise NotFound(_("There is no person {person} in your area."), person=name)
    return [str(known[name]["id"]) for name in named]


_NAMES = (people.c.id, people.c.login, people.c.staff_number)


def _people() -> Any:
    columns = (people.c.id, people.c.login, people.c.staff_number, people.c.name, people.c.active, people.c.unit_id)
    where = (units.c.path.label("unit_path"), units.c.name.label("unit_name"))
    return select(*columns, *where).join(units, units.c.id == people.c.unit_id)


def _chunks(values: Sequence[str]) -> Iterable[list[str]]:
    distinct = list(dict.fromkeys(values))
    return (distinct[start : start + CHUNK] for start in range(0, len(distinct), CHUNK))


def assign_people(store: Store, tx: Connection, actor: Actor, sitting_id: str, factors: dict[str, float]) -> Assigned:
    """Assign people to a sitting; `factors` gives each person's factor on the minutes. Nobody is assigned twice."""
    rows = tx.execute(
        select(assignments.c.id, assignments.c.person_id, assignments.c.withdrawn_at, assignments.c.accommodation)
        .where(assignments.c.sitting_id == sitting_id)
    )  # fmt: skip
    there = {row.person_id: row for row in rows}
    now, by = store.now(), known_person(actor)
    fresh = [
        {"id": new_id(), "sitting_id": sitting_id, "person_id": person, "accommodation": factor, "extra_attempts": 0,
         "assigned_by": by, "assigned_at": now}
        for person, factor in factors.items() if person not in there
    ]  # fmt: skip
    if fresh:
        tx.execute(assignments.insert(), fresh)
    restored = 0
    for person, factor in factors.items():
        if person in there and there[person].withdrawn_at is not None:
            values = {"withdrawn_at": None, "accommodation": factor, "assigned_by": by, "assigned_at": now}
            tx.execute(update(assignments).where(assignments.c.id == there[person].id).values(**values))
            restored += 1
    return Assigned(len(fresh), len(factors) - len(fresh) - restored, restored)


# ── rosters ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def roster_factors(
    tx: Connection, actor: Actor, rows: Sequence[rosters.Row]
) -> tuple[dict[str, float], list[rosters.RowFault]]:
    """Give each person's factor on the minutes, and what is wrong with which row."""
    known: dict[str, Any] = {}
    for chunk in _chunks([row.values["staff_number"] for row in rows]):
        query = _people().where(people.c.staff_number.in_(chunk))
        known |= {found["staff_number"]: found for found in tx.execute(query).mappings()}
    factors: dict[str, float] = {}
    faults = rosters.duplicates(rows, "staff_number", ROSTER_COLUMNS["staff_number"][0])
    for row in rows:
        try:
            person = known.get(row.values["staff_number"])
            _check_row(actor, row.values, person)
            factors[person["id"]] = factor_of(row.values["accommodation"])  # type: ignore[index]
        except SvcError as fault:
            faults.append(rosters.RowFault(row.number, fault, _column(fault)))
    return factors, sorted(faults, key=lambda fault: fault.number)


def _column(fault: SvcError) -> str | None:
    field = fault.fields.get("field")
    return ROSTER_COLUMNS[field][0] if field in ROSTER_COLUMNS else None


def _check_row(actor: Actor, values: dict[str, str], person: Any) -> None:
    number = values["staff_number"]
    if person is None or not actor.may("exams.assign", person["unit_path"]):
        raise NotFound(_("There is no person {person} in your area."), person=number, field="staff_number")
    if not person["active"]:
        raise InvalidInput(_("The account of {person} is disabled."), person=number, field="staff_number")
    if values["name"] and values["name"] != person["name"]:
        text = _("{person} is called {known}, not {given}: check the staff number.")
        raise InvalidInput(text, person=number, known=person["name"], given=values["name"], field="name")
    names = {person["unit_id"], *person["unit_name"].values()}
    if values["unit"] and values["unit"] not in names:
        text = _("{person} belongs to {known}, not to {given}.")
        raise InvalidInput(text, person=number, known=person["unit_name"], given=values["unit"], field="unit")


def factor_of(text: str) -> float:
    """Read extra time: nothing, a factor on the minutes, or a percentage to add.

    >>> factor_of(""), factor_of("1.5"), factor_of("25%")
    (1.0, 1.5, 1.25)
    """
    if not text:
        return 1.0
    percent = _PERCENT.fullmatch(text)
    if percent:
        factor = 1 + int(percent[1]) / 100
    elif _FACTOR.fullmatch(text):
        factor = float(text)
    else:
        factor = 0.0
    low, high = ACCOMMODATIONS
    if not low <= factor <= high:
        raise InvalidInput(
            _("“{value}” is no extra time: write a factor from 1 to 5 such as 1.25, or a percentage such as 25%."),
            value=text[:20], field="accommodation",
        )  # fmt: skip
    return factor


def preview_of(actor: Actor, faults: Sequence[rosters.RowFault]) -> list[RosterFinding]:
    """The findings as the actor reads them."""
    return [
        RosterFinding(fault.number, fault.column, fault.fault.render(actor.language))
        for fault in faults[: rosters.MAX_REPORTED]
    ]


# ── extending and withdrawing ────────────────────────────────────────────────────────────────────────────────────────
def extend_member(
    store: Store, tx: Connection, actor: Actor, sitting: Any, person: str,
    minutes: float | None, closes_at: datetime | None, extra_attempts: int | None,
) -> Any:  # fmt: skip
    """Give a person more minutes, a later end, more attempts; an open attempt's deadline moves as well."""
    if not (minutes or closes_at or extra_attempts):
        raise InvalidInput(_("Say what to extend: minutes, the closing time, or the attempts."), field="minutes")
    member = find_member(tx, actor, sitting["id"], person, "exams.proctor")
    open_now = tx.execute(select(attempts.c.id, attempts.c.started_at, attempts.c.deadline).where(
        attempts.c.assignment_id == member["id"], attempts.c.status == "open"
    ).with_for_update()).mappings().first()  # fmt: skip
    values: dict[str, Any] = {}
    if extra_attempts:
        check_range("extra_attempts", extra_attempts, 1, MOST_ATTEMPTS)
        values["extra_attempts"] = member["extra_attempts"] + extra_attempts
    if closes_at:
        _check_end(store, sitting, member, closes_at)
        values["closes_at"] = closes_at
    until = _new_deadline(sitting, {**member, **values}, open_now, minutes, values)
    if values:
        tx.execute(update(assignments).where(assignments.c.id == member["id"]).values(**values))
    if open_now is not None:
        tx.execute(update(attempts).where(attempts.c.id == open_now["id"]).values(deadline=until))
    return member


def _check_end(store: Store, sitting: Any, member: Any, closes_at: datetime) -> None:
    if closes_at.tzinfo is None:
        raise InvalidInput(
            _("Give the moments with their time zone, such as 2025-03-01T09:00+08:00."), field="closes_at"
        )
    if closes_at <= store.now() or closes_at <= (member["closes_at"] or sitting["closes_at"]):
        raise InvalidInput(_("The new closing time must be later than the present one."), field="closes_at")


def _new_deadline(
    sitting: Any, member: dict[str, Any], open_now: Any, minutes: float | None, values: dict[str, Any]
) -> datetime | None:
    """The open attempt's deadline after the extension; puts into `values` what the assignment keeps."""
    if minutes:
        check_range("minutes", minutes, 1, MOST_MINUTES)
    if open_now is None:
        if minutes:  # no attempt runs: the next ones are longer
            values["accommodation"] = member["accommodation"] + minutes / sitting["minutes"]
        return None
    place = {
        **member,
        "minutes": sitting["minutes"],
        "own_closes_at": member["closes_at"],
        "closes_at": sitting["closes_at"],
    }
    until = max(open_now["deadline"], deadline(place, open_now["started_at"])) + timedelta(minutes=minutes or 0)
    if until > window_end(place):
        values["closes_at"] = until
    return until


def withdraw_member(store: Store, tx: Connection, actor: Actor, sitting: Any, person: str) -> Any:
    """Take an assignment back; what was answered stays on record."""
    member = find_member(tx, actor, sitting["id"], person, "exams.assign")
    forbid_open(tx, member["id"])
    mine = and_(assignments.c.id == member["id"], assignments.c.withdrawn_at.is_(None))
    if tx.execute(update(assignments).where(mine).values(withdrawn_at=store.now())).rowcount != 1:
        raise Conflict(_("The assignment was withdrawn already."))
    return member
