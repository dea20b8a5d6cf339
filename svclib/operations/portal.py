"""What waits for a person: exams to take, decisions to make, items to review or to mend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from svclib.operations.actor import Actor
from svclib.operations.directory import within
from svclib.operations.registry import operation
from svclib.store import Store
from svclib.store.schema import assignments, attempts, definitions, drafts, people, proposals, results, sittings

MOST = 50


@dataclass(frozen=True)
class Waiting:
    """One thing that waits.

    Attributes
    ----------
    kind : {"exam", "decision", "review", "rejected"}
    title : dict
        In both languages.
    name : str
        The sitting's name, the item's id: what tells it from others of its kind.
    href : str
        Path of the page where it is done.
    opens_at, due : datetime or None
    state : str
        exam: ``open`` (an attempt is under way), ``ready`` or ``later``; else empty.
    """

    kind: str
    title: dict[str, str]
    name: str
    href: str
    due: datetime | None = None
    opens_at: datetime | None = None
    state: str = ""


@operation(right=None)
def home(store: Store, actor: Actor) -> list[Waiting]:
    """List what waits for the signed-in person, the most urgent first."""
    now = store.now()
    with store.read() as connection:
        found = [*_exams(connection, actor, now), *_decisions(connection, actor), *_items(connection, actor)]
    last = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(found, key=lambda one: (one.state == "later", one.due or last))[:MOST]


def _exams(connection: Connection, actor: Actor, now: datetime) -> Iterator[Waiting]:
    query = select(
        assignments.c.id, assignments.c.closes_at.label("own_end"), assignments.c.extra_attempts, sittings.c.name,
        sittings.c.opens_at, sittings.c.closes_at, sittings.c.attempts, definitions.c.title,
    ).join(sittings, sittings.c.id == assignments.c.sitting_id).join(
        definitions, definitions.c.hash == sittings.c.exam_hash
    ).where(assignments.c.person_id == actor.person_id, assignments.c.withdrawn_at.is_(None),
            or_(sittings.c.closes_at > now, assignments.c.closes_at > now))  # fmt: skip
    for row in connection.execute(query).mappings().all():
        taken = connection.execute(
            select(attempts.c.status, results.c.passed).outerjoin(results, results.c.attempt_id == attempts.c.id)
            .where(attempts.c.assignment_id == row["id"], attempts.c.status != "void").distinct()
        ).all()  # fmt: skip
        used = connection.execute(
            select(attempts.c.id).where(attempts.c.assignment_id == row["id"], attempts.c.status != "void")
        ).all()
        under_way = any(status == "open" for status, _passed in taken)
        left = row["attempts"] + row["extra_attempts"] - len(used)
        if under_way or (left > 0 and not any(passed for _status, passed in taken)):
            state = "open" if under_way else "later" if row["opens_at"] > now else "ready"
            end = row["own_end"] or row["closes_at"]
            yield Waiting("exam", row["title"], row["name"], f"/exam/{row['id']}", end, row["opens_at"], state)


_TITLES = {
    "void": {"zh-CN": "作废申请待复核", "en": "An attempt is to be voided: decide"},
    "rescore": {"zh-CN": "改分申请待复核", "en": "A key is to be mended: decide"},
    "review": {"zh-CN": "试题待审核", "en": "An item waits for review"},
    "rejected": {"zh-CN": "试题被退回，请修改", "en": "An item came back: mend it"},
}


def _decisions(connection: Connection, actor: Actor) -> Iterator[Waiting]:
    if not actor.may("exams.decide"):
        return
    query = select(proposals.c.kind, sittings.c.name, sittings.c.id).join(
        sittings, sittings.c.id == proposals.c.sitting_id
    ).where(proposals.c.decided_at.is_(None), proposals.c.proposed_by != actor.person_id,
            within(sittings.c.unit_id, actor.scope("exams.decide")))  # fmt: skip
    for kind, name, _sitting in connection.execute(query):
        yield Waiting("decision", _TITLES[kind], name, "/apps/exam_desk")


def _items(connection: Connection, actor: Actor) -> Iterator[Waiting]:
    review = and_(drafts.c.status == "in_review", drafts.c.author_id != actor.person_id)
    mend = and_(drafts.c.status == "rejected", drafts.c.author_id == actor.person_id)
    wanted = [mend] + ([review] if actor.may("items.review") else [])
    query = select(drafts.c.status, drafts.c.name, drafts.c.item_id).join(people, people.c.id == drafts.c.author_id)
    for status, bank, item in connection.execute(query.where(drafts.c.kind == "item", or_(*wanted))):
        kind = "review" if status == "in_review" else "rejected"
        yield Waiting(kind, _TITLES[kind], f"{bank} / {item}", "/apps/item_author")
