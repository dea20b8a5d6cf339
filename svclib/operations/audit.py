"""The trail: who did what to what, its head, and whether it was tampered with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from svclib.i18n import translate
from svclib.operations.actor import Actor
from svclib.operations.registry import operation
from svclib.operations.sittings import check_range
from svclib.store import Store
from svclib.store import verify as verifying
from svclib.store.audit import Head
from svclib.store.schema import audit, people

MOST_LINES = 1000


@dataclass(frozen=True)
class Line:
    """One line of the trail, its sentence in the reader's language."""

    seq: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    subject: str
    text: str
    detail: dict[str, Any]
    hash: str


@dataclass(frozen=True)
class Problem:
    """One row that does not agree with the chain."""

    table: str
    row: str
    message: str


@dataclass(frozen=True)
class Check:
    """What verifying found: `ok`, or the problems; the head; how many rows were read."""

    ok: bool
    head: Head
    problems: list[Problem]
    lines: int
    sheets: int
    events: int
    seals: int


@operation(right="audit.read")
def list_(
    store: Store, actor: Actor, *, action: str | None = None, person: str | None = None, subject: str | None = None,
    since: datetime | None = None, until: datetime | None = None, before: int | None = None, limit: int = 100,
) -> list[Line]:  # fmt: skip
    """List lines of the trail, the newest first.

    Parameters
    ----------
    action, person, subject : str, optional
        Of one operation (``exams.assign``) or topic (``exams``), one person (id or log-in), one subject.
    since, until : datetime, optional
        Moments with time zone.
    before : int, optional
        Lines before this number: the last one of the page before.
    limit : int
        At most 1,000.
    """
    check_range("limit", limit, 1, MOST_LINES)
    name = func.coalesce(people.c.name, audit.c.actor)
    query = select(audit, name.label("actor_name"), people.c.login)
    query = query.select_from(audit.outerjoin(people, people.c.id == audit.c.actor))
    conditions = [
        (audit.c.action == action) | audit.c.action.startswith(f"{action}.", autoescape=True) if action else None,
        (audit.c.actor == person) | (people.c.login == person) if person else None,
        audit.c.subject == subject if subject else None,
        audit.c.at >= since if since else None,
        audit.c.at < until if until else None,
        audit.c.seq < before if before else None,
    ]
    query = query.where(*(condition for condition in conditions if condition is not None))
    with store.read() as connection:
        rows = connection.execute(query.order_by(audit.c.seq.desc()).limit(limit)).mappings().all()
    return [_line(row, actor.language) for row in rows]


def _line(row: Any, language: str) -> Line:
    names = ("seq", "at", "actor", "actor_name", "action", "subject", "detail", "hash")
    return Line(text=translate(row["text"], language, **row["detail"]), **{name: row[name] for name in names})


@operation(right=None)
def head(store: Store, actor: Actor) -> Head:
    """Give the head of the trail, as reports and certificates print it."""
    return store.audit_head()


@operation(right="audit.read")
def verify(store: Store, actor: Actor, *, against: str | None = None) -> Check:
    """Recompute the trail, every sheet's chain and every seal; `against` is text with heads printed earlier."""
    heads = verifying.read_heads(against) if against else ()
    found = verifying.verify(store, heads)
    problems = [Problem(one.table, one.row, translate(one.text, actor.language)) for one in found.findings]
    return Check(found.ok, found.head, problems, found.lines, found.sheets, found.events, found.seals)
