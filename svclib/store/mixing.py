"""Rows of anonymous surveys are laid down anew once a night, in the order of their random ids.

A database that is asked politely tells nothing about the order of answers. Who reads its files or its system columns
could still see it: PostgreSQL appends new versions of rows and numbers transactions, SQLite's log keeps pages in the
order of commits. Rewriting takes that away: invitations that were used and responses that came can then be put beside
each other, but not in the same order.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, create_engine, select, text, update

from svclib.store import schema
from svclib.store.engine import faults, parse_url
from svclib.store.store import Store

RECENT_DAYS = 3
CLUSTERED = ("invitations", "responses", "response_events")


def mix(store: Store) -> None:
    """Rewrite the tables that hold anonymous answers; nothing that a query gives changes.

    SQLite rewrites its whole file, which needs as much free space again; writers wait meanwhile.
    """
    if store.engines.memory:
        return
    with faults():
        if store.engines.dialect == "postgresql":
            _postgres(store)
        else:
            _sqlite(store)


def _sqlite(store: Store) -> None:
    driver = store.engines.write.raw_connection()
    try:
        driver.execute("VACUUM")  # type: ignore[attr-defined]
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # type: ignore[attr-defined]
    finally:
        driver.close()


def _postgres(store: Store) -> None:
    engine = create_engine(parse_url(store.url), isolation_level="READ COMMITTED")
    try:
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE invitations, responses, response_events IN ACCESS EXCLUSIVE MODE"))
            _touch(connection, store)
            for table in CLUSTERED:
                connection.execute(text(f"CLUSTER {table} USING pk_{table}"))
    finally:
        engine.dispose()


def _touch(connection: Connection, store: Store) -> None:
    """Give all rows in question the same transaction number."""
    responses, events, invitations = schema.responses, schema.response_events, schema.invitations
    since = (store.now() - timedelta(days=RECENT_DAYS)).date()
    recent = (responses.c.started_at.is_(None)) & (responses.c.started_on >= since)
    ids = select(responses.c.id).where(recent)
    connection.execute(update(events).where(events.c.response_id.in_(ids)).values(position=events.c.position))
    connection.execute(update(responses).where(recent).values(page=responses.c.page))
    connection.execute(update(invitations).where(invitations.c.response_id.is_(None)).values(used=invitations.c.used))
