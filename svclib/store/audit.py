"""The audit trail: a chain of lines in which each hash covers its line and the hash before it.

Who alters or removes a line must alter every later one, and then the head no longer equals the one that reports and
certificates have printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, text

from svclib.store import schema
from svclib.store.canonical import canonical, digest

GENESIS = "sha256:" + "0" * 64
LOCK = 0x5356_4341  # the chain's advisory lock on PostgreSQL
TABLE = schema.audit
_HEAD = select(TABLE.c.seq, TABLE.c.hash).order_by(TABLE.c.seq.desc()).limit(1)
_INSERT = insert(TABLE)
_LOCK = text("SELECT pg_advisory_xact_lock(:key)").bindparams(bindparam("key", LOCK))
_HASHED = ("seq", "at", "actor", "action", "subject", "text", "detail")


@dataclass(frozen=True)
class Head:
    """The newest line of the trail: how many there are, and the hash that covers all."""

    seq: int
    hash: str


def head(connection: Connection) -> Head:
    """Give the head of the trail; before the first line its hash is all zeros."""
    row = connection.execute(_HEAD).first()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


def append(
    tx: Connection, at: datetime, actor: str, action: str, subject: str, sentence: str, detail: dict[str, Any]
) -> Head:
    """Add a line in the transaction `tx` and give the new head.

    `sentence` is English with places; `detail` fills them and must be JSON.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(_LOCK)
    last = head(tx)
    line: dict[str, Any] = {
        "seq": last.seq + 1, "at": at.astimezone(UTC), "actor": actor, "action": action, "subject": subject,
        "text": sentence, "detail": detail, "previous": last.hash,
    }  # fmt: skip
    line["hash"] = line_hash(line, last.hash)
    tx.execute(_INSERT, line)
    return Head(line["seq"], line["hash"])


def line_hash(line: dict[str, Any] | RowMapping, previous: str) -> str:
    """Hash of one line after `previous`; the moment is taken in UTC to the microsecond."""
    content = {name: line[name] for name in _HASHED}
    content["at"] = line["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return digest(previous.encode(), canonical(content))
