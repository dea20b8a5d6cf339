"""Seals: from time to time the heads of all changed sheets go, as one hash, into the audit trail.

A sheet's chain shows that nothing inside was altered; the seal shows that no sheet was removed, shortened or written
anew as a whole. Anonymous responses are sealed once a day, after the day, so that a seal tells no more than the date
that the response itself shows. What a seal covers is kept by the sheets' random ids, without order or time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from svclib.i18n import _
from svclib.store import audit, schema
from svclib.store.audit import Head
from svclib.store.canonical import digest
from svclib.store.sheets import LOGS
from svclib.store.store import Store

SEALED = "store.seal"
SENTENCE = _("sealed {leaves} sheets of {table}")
DEFAULT_ZONE = "Asia/Shanghai"
_CHUNK = 5_000


@dataclass(frozen=True)
class Leaf:
    """One sheet under a seal: its id, how many events it had, and the head of its chain then."""

    sheet_id: str
    length: int
    head: str


def root(leaves: Iterable[Leaf]) -> str:
    """Hash of `leaves` in the order of their ids.

    >>> one, two = Leaf("a", 1, "sha256:0"), Leaf("b", 2, "sha256:1")
    >>> root([one, two]) == root([two, one])
    True
    """
    ordered = sorted(leaves, key=lambda leaf: leaf.sheet_id)
    parts = (part.encode() for leaf in ordered for part in (leaf.sheet_id, str(leaf.length), leaf.head))
    return digest(*parts)


def seal(store: Store) -> tuple[Head, ...]:
    """Seal what has changed since the last time and give the new heads of the trail (none when nothing changed)."""
    heads = [store.write(lambda tx: _seal(store, tx, "attempts", None))]
    heads.append(store.write(lambda tx: _seal(store, tx, "responses", None)))
    heads.append(store.write(lambda tx: _seal(store, tx, "responses", _today(store))))
    return tuple(head for head in heads if head is not None)


def _today(store: Store) -> date:
    zone = store.settings.zone if store.settings else ZoneInfo(DEFAULT_ZONE)
    return store.now().astimezone(zone).date()


def _seal(store: Store, tx: Connection, table: str, today: date | None) -> Head | None:
    """Seal one table; `today` is given for anonymous responses: those of earlier days, once a day."""
    if today is not None and _sealed_on(tx, table, today):
        return None
    sheets = LOGS[table].sheets
    changed = and_(sheets.c.events > sheets.c.sealed, _kind(table, today))
    leaves = [
        Leaf(row.id, row.events, row.chain_head)
        for row in tx.execute(select(sheets.c.id, sheets.c.events, sheets.c.chain_head).where(changed))
    ]
    if not leaves:
        return None
    detail: dict[str, Any] = {"table": table, "leaves": len(leaves), "root": root(leaves)}
    if today is not None:
        detail["day"] = today.isoformat()
    head = store.audit(tx, actor="system", action=SEALED, subject=table, text=SENTENCE, detail=detail)
    _keep(tx, head.seq, leaves)
    tx.execute(update(sheets).where(changed).values(sealed=sheets.c.events))
    return head


def _kind(table: str, today: date | None) -> ColumnElement[bool]:
    responses = schema.responses.c
    if table == "attempts":
        return schema.attempts.c.id.is_not(None)
    if today is None:
        return responses.started_at.is_not(None)
    done = or_(responses.submitted_on.is_(None), responses.submitted_on < today)
    return and_(responses.started_at.is_(None), responses.started_on < today, done)


def _sealed_on(tx: Connection, table: str, day: date) -> bool:
    lines = select(schema.audit.c.detail).where(schema.audit.c.action == SEALED, schema.audit.c.subject == table)
    recent = tx.execute(lines.order_by(schema.audit.c.seq.desc()).limit(1000))
    return any(row.detail.get("day") == day.isoformat() for row in recent)


def _keep(tx: Connection, seq: int, leaves: list[Leaf]) -> None:
    rows = [
        {"seal": seq, "sheet_id": leaf.sheet_id, "length": leaf.length, "head": leaf.head}
        for leaf in sorted(leaves, key=lambda leaf: leaf.sheet_id)
    ]
    for start in range(0, len(rows), _CHUNK):
        tx.execute(insert(schema.seal_leaves), rows[start : start + _CHUNK])


def seals(connection: Connection) -> list[tuple[int, dict[str, Any]]]:
    """All seals of the trail: sequence number and detail."""
    query = select(audit.TABLE.c.seq, audit.TABLE.c.detail).where(audit.TABLE.c.action == SEALED)
    return [(row.seq, dict(row.detail)) for row in connection.execute(query.order_by(audit.TABLE.c.seq))]


def leaves_of(connection: Connection, seq: int) -> list[Leaf]:
    """What the seal `seq` covers."""
    columns = schema.seal_leaves.c
    query = select(columns.sheet_id, columns.length, columns.head).where(columns.seal == seq)
    return [Leaf(*row) for row in connection.execute(query)]
