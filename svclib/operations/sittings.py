"""Sittings and who is assigned to them: rows, the limits of one's area, states, numbers of attempts."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from svclib import forms
from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound
from svclib.frames.definitions import definition
from svclib.i18n import _
from svclib.operations import definitions as published
from svclib.operations.actor import Actor
from svclib.operations.directory import below, unit_path
from svclib.store.schema import assignments, attempts, definitions, people, sittings, units

LONGEST_WINDOW = timedelta(days=366 * 2)
MOST_ATTEMPTS = 100
MOST_MINUTES = 1440
ACCOMMODATIONS = (1.0, 5.0)
WHOLE = "/"
SEEDS = 2**31


@dataclass(frozen=True)
class Sitting:
    """An exam given to people in a window.

    Attributes
    ----------
    id, exam, version, name, title
        What is given; `title` is the exam's in both languages.
    state : str
        ``waiting``, ``open`` or ``closed``, by the window.
    opens_at, closes_at : datetime
        The window, aware.
    attempts : int
        How many attempts each person has.
    minutes : float
        Time of one attempt, before accommodations.
    unit_id : str or None
        The unit that gives it; None for the whole organisation.
    assigned, submitted, passed : int
        People of one's area: assigned, with a closed attempt, with a passed one.
    bank_version : int
        The version of the bank that its forms are drawn from and scored by.
    """

    id: str
    exam: str
    version: int
    name: str
    title: dict[str, str]
    state: str
    opens_at: datetime
    closes_at: datetime
    attempts: int
    minutes: float
    unit_id: str | None
    assigned: int = 0
    submitted: int = 0
    passed: int = 0
    bank_version: int = 0


def sitting_query() -> Select[Any]:
    """Rows of sittings with the exam's ``version, title``, ``bank_version``, ``unit_path`` (none: everywhere)."""
    bank = definitions.alias("bank")
    version = select(bank.c.version).where(bank.c.hash == sittings.c.bank_hash).scalar_subquery().label("bank_version")
    extra = (definitions.c.version, definitions.c.title, version, units.c.path.label("unit_path"))
    joined = sittings.join(definitions, definitions.c.hash == sittings.c.exam_hash)
    return select(sittings, *extra).select_from(joined.outerjoin(units, units.c.id == sittings.c.unit_id))


def find_sitting(connection: Connection, actor: Actor, sitting: str, right: str, *, whole: bool = False) -> Any:
    """Find a sitting of one's area.

    Parameters
    ----------
    right : str
        The right whose subtrees count.
    whole : bool
        The sitting's own unit must lie in them (changing what concerns everybody); otherwise it is enough that
        the areas overlap, and only people of one's own area are shown.

    Raises
    ------
    NotFound
        There is none, or none that one may see.
    AccessDenied
        It may be seen but not changed.
    """
    row = connection.execute(sitting_query().where(sittings.c.id == sitting)).mappings().first()
    if row is None or not overlaps(actor, right, row["unit_path"]):
        raise NotFound(_("There is no sitting {sitting} in your area."), sitting=sitting)
    if whole:
        actor.require(right, row["unit_path"] or WHOLE)
    return row


def overlaps(actor: Actor, right: str, path: str | None) -> bool:
    """Whether the unit at `path` lies in one's subtrees for `right`, or one of these in it."""
    scope = actor.scope(right)
    return bool(scope) if path is None else any(path.startswith(one) or one.startswith(path) for one in scope)


def own_unit(connection: Connection, actor: Actor, right: str, unit: str | None) -> str | None:
    """Give the unit that a new sitting belongs to: the one asked for, or the top of one's area (None: everything).

    Raises
    ------
    AccessDenied, NotFound
        The unit is not in one's area, or there is none.
    """
    if unit is not None:
        actor.require(right, unit_path(connection, unit))
        return unit
    scope = actor.scope(right)
    if not scope:
        raise AccessDenied(_("You do not have the right to do this ({right})."), right=right)
    return None if WHOLE in scope else connection.scalar(select(units.c.id).where(units.c.path == scope[0]))


def freeze(tx: Connection, exam: str, attempts: int | None, minutes: float | None) -> dict[str, Any]:
    """Give what a new sitting keeps of the latest published exam and its bank, and the seed of its form.

    Raises
    ------
    NotFound
        The exam or its bank is not published.
    BlueprintShortage
        The bank's approved items do not fill the blueprint.
    """
    row = published.latest(tx, "exam", exam)
    model = definition(tx, row["hash"])
    bank = published.latest(tx, "bank", model.bank)
    seed = secrets.randbelow(SEEDS)
    forms.draw(model, definition(tx, bank["hash"]), seed)
    limit = model.attempts if attempts is None else attempts
    time = model.minutes if minutes is None else minutes
    check_range("attempts", limit, 1, MOST_ATTEMPTS)
    check_range("minutes", time, 1, MOST_MINUTES)
    frozen = {"exam_hash": row["hash"], "bank_hash": bank["hash"], "form_seed": seed}
    return {**frozen, "attempts": limit, "minutes": time}


def state_of(row: Any, now: datetime) -> str:
    """``waiting``, ``open`` or ``closed``."""
    if now < row["opens_at"]:
        return "waiting"
    return "open" if now < row["closes_at"] else "closed"


def sitting_of(row: Any, now: datetime, counts: tuple[int, int, int] = (0, 0, 0)) -> Sitting:
    """Make the value that operations give of a row of `sitting_query`."""
    names = ("id", "exam", "version", "name", "title", "opens_at", "closes_at", "attempts", "minutes", "unit_id",
             "bank_version")  # fmt: skip
    assigned, submitted, passed = counts
    return Sitting(
        **{name: row[name] for name in names},
        state=state_of(row, now),
        assigned=assigned,
        submitted=submitted,
        passed=passed,
    )


def check_window(opens_at: datetime, closes_at: datetime) -> None:
    """Refuse a window without zone, upside down, or of more than two years."""
    if opens_at.tzinfo is None or closes_at.tzinfo is None:
        raise InvalidInput(
            _("Give the moments with their time zone, such as 2025-03-01T09:00+08:00."), field="opens_at"
        )
    if not timedelta(0) < closes_at - opens_at <= LONGEST_WINDOW:
        raise InvalidInput(_("The window must close after it opens, two years later at most."), field="closes_at")


def check_range(field: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside of its range, and NaN."""
    if not low <= value <= high:
        raise InvalidInput(_("The field {field} must be between {low} and {high}."), field=field, low=low, high=high)


def member_query() -> Select[Any]:
    """Rows of assignments with ``login, name, staff_number, unit_id, unit_name, unit_path`` of the person."""
    who = (people.c.login, people.c.name, people.c.staff_number, people.c.unit_id)
    where = (units.c.name.label("unit_name"), units.c.path.label("unit_path"))
    joined = assignments.join(people, people.c.id == assignments.c.person_id)
    return select(assignments, *who, *where).select_from(joined.join(units, units.c.id == people.c.unit_id))


def members(connection: Connection, sitting_id: str, scope: Iterable[str]) -> list[Any]:
    """Give the assignments in force of people in the subtrees `scope`, by unit and name."""
    mine = and_(assignments.c.sitting_id == sitting_id, assignments.c.withdrawn_at.is_(None))
    query = member_query().where(mine, _inside(scope)).order_by(units.c.path, people.c.name, people.c.id)
    return list(connection.execute(query).mappings())


def find_member(connection: Connection, actor: Actor, sitting_id: str, person: str, right: str) -> Any:
    """Find the assignment of a person (id, log-in or staff number) of one's area.

    Raises
    ------
    NotFound
        The person is not assigned, or not of one's area.
    """
    named = or_(people.c.id == person, people.c.login == person, people.c.staff_number == person)
    query = member_query().where(assignments.c.sitting_id == sitting_id, assignments.c.withdrawn_at.is_(None), named)
    row = connection.execute(query).mappings().first()
    if row is None or not actor.may(right, row["unit_path"]):
        raise NotFound(_("{person} is not assigned to this sitting."), person=person)
    return row


def _inside(scope: Iterable[str]) -> Any:
    scope = tuple(scope)
    return units.c.id.is_not(None) if WHOLE in scope else below(scope)


def window_end(row: Any) -> datetime:
    """The end of one person's window: their own when extended (`row` has ``own_closes_at`` and ``closes_at``)."""
    end: datetime = row["own_closes_at"] or row["closes_at"]
    return end


def attempts_left(limit: int, extra: int, statuses: Iterable[str]) -> int:
    """How many attempts may still be started; void ones do not count."""
    return max(0, limit + extra - sum(status != "void" for status in statuses))


def keys_safe_from(connection: Connection, sitting_id: str) -> datetime | None:
    """The moment after which nobody can answer at this sitting any more; None while an attempt is open."""
    joined = attempts.join(assignments, assignments.c.id == attempts.c.assignment_id)
    open_now = select(func.count()).select_from(joined).where(
        assignments.c.sitting_id == sitting_id, attempts.c.status == "open"
    )  # fmt: skip
    if connection.scalar(open_now):
        return None
    own_ends = select(func.max(assignments.c.closes_at)).where(
        assignments.c.sitting_id == sitting_id, assignments.c.withdrawn_at.is_(None)
    )
    end: datetime = connection.execute(select(sittings.c.closes_at).where(sittings.c.id == sitting_id)).scalar_one()
    extended = connection.scalar(own_ends)
    return max(end, extended) if extended else end


def forbid_open(tx: Connection, assignment_id: str) -> None:
    """Refuse while an attempt is open."""
    mine = (attempts.c.assignment_id == assignment_id) & (attempts.c.status == "open")
    if tx.scalar(select(func.count()).select_from(attempts).where(mine)):
        raise Conflict(_("An attempt is open: wait until it is closed, or propose to void it."), code="attempt_open")
