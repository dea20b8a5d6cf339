"""Signing in and out, and who an authenticated request comes from. For the server alone: none of it is an operation."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, select, update

from svclib.errors import NotSignedIn
from svclib.i18n import _, language_of
from svclib.operations import passwords
from svclib.operations.actor import Actor, Grant
from svclib.store import Store, new_token, token_hash
from svclib.store.schema import api_tokens, grants, people, sessions, units

SESSION_HOURS = 12


def check_password(store: Store, login: str, password: str) -> str:
    """Give the person's id if the password is right and the account active; takes the same time otherwise."""
    with store.read() as connection:
        query = select(people.c.id, people.c.password_hash, people.c.active).where(people.c.login == login)
        row = connection.execute(query).first()
    if row is None or not row.password_hash:
        passwords.burn(password)
    elif passwords.matches(row.password_hash, password) and row.active:
        return str(row.id)
    raise NotSignedIn(_("The log-in name or the password is not right."))


def start_session(store: Store, person_id: str) -> str:
    """Open a session and give its token; the store keeps only the hash."""
    token, now = new_token(), store.now()
    row = {"token_hash": token_hash(token), "person_id": person_id, "created_at": now}
    row["expires_at"] = now + timedelta(hours=SESSION_HOURS)
    store.write(lambda tx: tx.execute(sessions.insert().values(**row)))
    return token


def end_session(store: Store, token: str) -> None:
    """End one session."""
    mine = sessions.c.token_hash == token_hash(token)
    store.write(lambda tx: tx.execute(update(sessions).where(mine).values(revoked_at=store.now())))


def end_all(store: Store, tx: Connection, person_id: str) -> None:
    """End every session and personal token of a person."""
    for table in (sessions, api_tokens):
        mine = (table.c.person_id == person_id) & table.c.revoked_at.is_(None)
        tx.execute(update(table).where(mine).values(revoked_at=store.now()))


def session_person(store: Store, token: str) -> str | None:
    """Give the person of a session token that is still in force and whose account is active."""
    return _bearer(store, sessions, token)


def token_person(store: Store, token: str) -> str | None:
    """Give the person of a personal token that is still in force and whose account is active."""
    return _bearer(store, api_tokens, token)


def _bearer(store: Store, table: Table, token: str) -> str | None:
    columns = table.c
    query = select(people.c.id).join(table, columns.person_id == people.c.id)
    query = query.where(
        columns.token_hash == token_hash(token), columns.revoked_at.is_(None), columns.expires_at > store.now(),
        people.c.active,
    )  # fmt: skip
    with store.read() as connection:
        return connection.scalar(query)


def grants_in_force(connection: Connection, person_id: str, moment: datetime) -> tuple[Grant, ...]:
    """The roles that a person holds at `moment`."""
    query = select(grants.c.role, units.c.path, grants.c.valid_from, grants.c.valid_until)
    query = query.join(units, units.c.id == grants.c.unit_id)
    rows = connection.execute(query.where(grants.c.person_id == person_id, grants.c.revoked_at.is_(None)))
    found = (Grant(*row) for row in rows)
    return tuple(grant for grant in found if grant.holds(moment))


def actor_of(store: Store, person_id: str) -> Actor:
    """Give the person as an actor with the rights of this moment.

    Raises
    ------
    NotSignedIn
        There is no such person, or the account was disabled.
    """
    query = select(people, units.c.path.label("unit_path")).join(units, units.c.id == people.c.unit_id)
    with store.read() as connection:
        row = connection.execute(query.where(people.c.id == person_id, people.c.active)).mappings().first()
        if row is None:
            raise NotSignedIn(_("The session has ended; sign in again."))
        held = grants_in_force(connection, person_id, store.now())
    return Actor(
        row["id"], row["login"], row["name"], row["unit_id"], row["unit_path"], held, language_of(row["language"]),
    )  # fmt: skip
