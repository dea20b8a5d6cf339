"""Personal tokens, with which notebooks and scripts act for their owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, select, update

from svclib.errors import InvalidInput, NotFound
from svclib.i18n import _
from svclib.operations.actor import Actor
from svclib.operations.directory import check_text
from svclib.operations.registry import operation, record
from svclib.store import Store, new_id, new_token, token_hash
from svclib.store.schema import api_tokens

TOKEN_DAYS = 366


@dataclass(frozen=True)
class Token:
    """A personal token; `token` only in the answer that creates it."""

    id: str
    label: str
    expires_at: datetime
    token: str | None = None


@operation(right=None, audit="Made a personal token: {label}")
def create(store: Store, actor: Actor, *, label: str, days: int = 90) -> Token:
    """Make a personal token for notebooks and scripts; it is shown once and carries one's own rights."""
    check_text("label", label, 100)
    if not 1 <= days <= TOKEN_DAYS:
        raise InvalidInput(_("A token is valid for 1 to {most} days."), most=TOKEN_DAYS, field="days")

    def work(tx: Connection) -> Token:
        token, now = new_token(), store.now()
        made = Token(new_id(), label, now + timedelta(days=days), token)
        tx.execute(api_tokens.insert().values(
            id=made.id, token_hash=token_hash(token), person_id=actor.person_id, label=label, created_at=now,
            expires_at=made.expires_at,
        ))  # fmt: skip
        record(store, tx, actor, "tokens.create", made.id, label=label)
        return made

    return store.write(work)


@operation(right=None)
def list_(store: Store, actor: Actor) -> list[Token]:
    """List one's own tokens that are still valid."""
    mine = and_(api_tokens.c.person_id == actor.person_id, api_tokens.c.revoked_at.is_(None))
    with store.read() as connection:
        rows = connection.execute(select(api_tokens).where(mine, api_tokens.c.expires_at > store.now())).mappings()
        return [Token(row["id"], row["label"], row["expires_at"]) for row in rows]


@operation(right=None, audit="Ended a personal token: {label}")
def revoke(store: Store, actor: Actor, *, token: str) -> None:
    """End one of one's own tokens by its id."""

    def work(tx: Connection) -> None:
        own = and_(api_tokens.c.id == token, api_tokens.c.person_id == actor.person_id)
        label = tx.scalar(select(api_tokens.c.label).where(own))
        if label is None:
            raise NotFound(_("You have no such token."))
        tx.execute(update(api_tokens).where(own).values(revoked_at=store.now()))
        record(store, tx, actor, "tokens.revoke", token, label=label)

    store.write(work)
