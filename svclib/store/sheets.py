"""What pages sent, as it was sent: append-only events of attempts and responses, chained sheet by sheet.

An event's key is (client, seq): sent again with the same content it is acknowledged again, with other content it is a
conflict. The chain hashes salted digests, so that an event's content and salt can be erased while the chain stays
whole, and nobody can find short answers again by hashing guesses.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, Update, bindparam, func, insert, select, update

from svclib.errors import Conflict, InvalidInput, NotFound
from svclib.i18n import _
from svclib.store import audit, schema
from svclib.store.canonical import canonical, digest

SALT_BYTES = 16
KINDS = ("answer", "comment", "page", "visit", "language")
COMMENT = "-Comment"
ERASED = "store.erase"


@dataclass(frozen=True)
class Log:
    """A table of sheets and the table of their events."""

    sheets: Table
    events: Table

    @property
    def key(self) -> Any:
        """Column of the events that names their sheet."""
        return self.events.c[0]


LOGS = {
    "attempts": Log(schema.attempts, schema.attempt_events),
    "responses": Log(schema.responses, schema.response_events),
}


@dataclass(frozen=True)
class Appended:
    """What an append led to.

    Attributes
    ----------
    saved_seq : int
        Highest sequence number kept of this client.
    fresh : tuple of dict
        The events that were new.
    answers : dict
        What all events of the sheet add up to now.
    page : int
        The page shown last.
    chain_head : str
        Head of the sheet's chain.
    """

    saved_seq: int
    fresh: tuple[dict[str, Any], ...]
    answers: dict[str, Any]
    page: int
    chain_head: str


def fold(answers: Mapping[str, Any], events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add `events` to `answers`: an answer or comment sets its name, a null value clears it, others change nothing.

    >>> fold({"a": 1}, [{"kind": "answer", "name": "b", "value": 2}, {"kind": "answer", "name": "a", "value": None}])
    {'b': 2}
    >>> fold({}, [{"kind": "comment", "name": "bank", "value": "another one"}])
    {'bank-Comment': 'another one'}
    """
    result = dict(answers)
    for event in events:
        name = answer_name(event)
        if name is None:
            continue
        if event.get("value") is None:
            result.pop(name, None)
        else:
            result[name] = event["value"]
    return result


def answer_name(event: Mapping[str, Any]) -> str | None:
    """Name under which the event's value stands among the answers; None for process data."""
    name = event.get("name")
    if event.get("kind") not in {"answer", "comment"} or not isinstance(name, str):
        return None
    return name if event["kind"] == "answer" or name.endswith(COMMENT) else name + COMMENT


def shown_page(page: int, events: Iterable[Mapping[str, Any]]) -> int:
    """Page after `events`: the one that the last page event names."""
    for event in events:
        if event.get("kind") == "page" and isinstance(event.get("page"), int):
            page = event["page"]
    return page


def event_digest(salt: bytes, client: str, content: Mapping[str, Any]) -> str:
    """Salted digest of one event (client, and content with its sequence number)."""
    return digest(salt, client.encode(), canonical(content))


def _digest(salt: bytes, client: str, content: Mapping[str, Any]) -> str:
    try:
        return event_digest(salt, client, content)
    except ValueError:
        raise InvalidInput(
            _("The answer to {name} has characters or numbers that cannot be kept (NUL, half characters, infinity)."),
            code="invalid_answer", name=content.get("name") or "",
        ) from None  # fmt: skip


def link(previous: str, sheet_id: str, position: int, event: str) -> str:
    """Hash of a chain's next link."""
    return digest(previous.encode(), sheet_id.encode(), str(position).encode(), event.encode())


class Sheets:
    """The event logs of a store; every call works in the transaction it is given.

    Parameters
    ----------
    now : callable
        The store's clock.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def append(
        self, tx: Connection, table: str | Table, sheet_id: str, client: str, events: Sequence[Mapping[str, Any]],
        *, received_at: datetime | None = None, values: Mapping[str, Any] | None = None,
    ) -> Appended:  # fmt: skip
        """Keep `events` of `client`, all or none, and bring the sheet's `answers`, `page` and `chain_head` up to date.

        Parameters
        ----------
        tx : Connection
            A writing transaction.
        table : {"attempts", "responses"} or Table
            Which kind of sheet.
        sheet_id, client : str
            The sheet, and the tab that sent the events.
        events : sequence of mapping
            Valid events in the order of their ``seq``, counted from 1 for each client.
        received_at : datetime, optional
            When they came; left out for anonymous surveys.
        values : mapping, optional
            Further columns of the sheet to set in the same statement when there was anything new.

        Raises
        ------
        Conflict
            ``replay_conflict``: the key is taken by other content. ``gap``: an event before these is missing.
        NotFound
            There is no such sheet.
        """
        log = log_of(table)
        state = tx.execute(_STATE[log.sheets.name], {"sheet": sheet_id, "client": client}).first()
        if state is None:
            raise NotFound(_("This form does not exist."))
        known = state.seq or 0
        fresh = _fresh(tx, log, sheet_id, client, known, events)
        if not fresh:
            return Appended(known, (), dict(state.answers), state.page, state.chain_head)
        rows, head = _chained(log, state, sheet_id, client, fresh, received_at)
        tx.execute(_INSERT[log.sheets.name], rows)
        return self._advance(tx, log, sheet_id, state, fresh, head, dict(values or {}))

    def _advance(
        self, tx: Connection, log: Log, sheet_id: str, state: Row[Any], fresh: list[dict[str, Any]], head: str,
        values: dict[str, Any],
    ) -> Appended:  # fmt: skip
        answers, page = fold(state.answers, fresh), shown_page(state.page, fresh)
        values |= {"answers": answers, "page": page, "chain_head": head, "events": state.events + len(fresh)}
        tx.execute(_update(log.sheets.name, tuple(values)), {"sheet": sheet_id, **values})
        return Appended(fresh[-1]["seq"], tuple(fresh), answers, page, head)

    def saved_seq(self, connection: Connection, table: str | Table, sheet_id: str, client: str) -> int:
        """Highest sequence number kept of `client`; 0 when there is none."""
        log = log_of(table)
        found = connection.scalar(
            select(func.max(log.events.c.seq)).where(log.key == sheet_id, log.events.c.client == client)
        )
        return int(found or 0)

    def events(self, connection: Connection, table: str | Table, sheet_id: str) -> list[dict[str, Any]]:
        """All events of a sheet in the order they were kept, without the erased ones."""
        log = log_of(table)
        query = select(log.events.c.content).where(log.key == sheet_id).order_by(log.events.c.position)
        return [row.content for row in connection.execute(query) if row.content is not None]

    def erase(
        self,
        tx: Connection,
        table: str | Table,
        sheet_id: str,
        names: Iterable[str] | None = None,
        *,
        actor: str = "system",
    ) -> int:
        """Erase content and salt of a sheet's events for good; digests and chain stay, so the sheet still verifies.

        Parameters
        ----------
        names : iterable of str, optional
            The questions to erase (their comments go too); without names the whole sheet, and who it was.
        actor : str
            Person id for the line in the trail; without a line `verify` reports the erasure.

        Returns
        -------
        int
            How many events were erased.
        """
        log = log_of(table)
        wanted = None if names is None else {form for name in names for form in (name, name + COMMENT)}
        kept: list[Any] = []
        erased: list[Any] = []
        query = select(log.events.c.position, log.events.c.content).where(log.key == sheet_id)
        for row in tx.execute(query.order_by(log.events.c.position)):
            if row.content is not None:
                hit = wanted is None or row.content.get("name") in wanted
                (erased if hit else kept).append(row)
        self._forget(tx, log, sheet_id, [row.position for row in erased], [row.content for row in kept])
        if wanted is None and log.sheets is schema.responses:
            tx.execute(update(log.sheets).where(log.sheets.c.id == sheet_id).values(ticket=None, customer_id=None))
        subject, sentence = f"{log.sheets.name}/{sheet_id}", _("erased {count} entries of {sheet}")
        detail = {"count": len(erased), "sheet": subject}
        audit.append(tx, self._now(), actor, ERASED, subject, sentence, detail)
        return len(erased)

    def _forget(
        self, tx: Connection, log: Log, sheet_id: str, positions: list[int], kept: list[dict[str, Any]]
    ) -> None:
        for start in range(0, len(positions), 500):
            chosen = log.events.c.position.in_(positions[start : start + 500])
            tx.execute(update(log.events).where(log.key == sheet_id, chosen).values(content=None, salt=None))
        values = {"answers": fold({}, kept), "page": shown_page(0, kept)}
        tx.execute(update(log.sheets).where(log.sheets.c.id == sheet_id).values(**values))


def log_of(table: str | Table) -> Log:
    """The log of ``attempts`` or ``responses``."""
    return LOGS[table if isinstance(table, str) else table.name]


def _state(log: Log) -> Select[Any]:
    sheets, events = log.sheets, log.events
    seq = (
        select(func.max(events.c.seq))
        .where(log.key == bindparam("sheet"), events.c.client == bindparam("client"))
        .scalar_subquery()
    )
    columns = (sheets.c.answers, sheets.c.page, sheets.c.chain_head, sheets.c.events, seq.label("seq"))
    return select(*columns).where(sheets.c.id == bindparam("sheet")).with_for_update(of=sheets)


_STATE = {name: _state(log) for name, log in LOGS.items()}
_INSERT = {name: insert(log.events) for name, log in LOGS.items()}


@lru_cache(maxsize=64)
def _update(table: str, names: tuple[str, ...]) -> Update:
    sheets = LOGS[table].sheets
    return update(sheets).where(sheets.c.id == bindparam("sheet")).values({name: bindparam(name) for name in names})


def _fresh(
    tx: Connection, log: Log, sheet_id: str, client: str, known: int, events: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    given = [dict(event) for event in events]
    for event in given:
        if event.get("kind") not in KINDS or not isinstance(event.get("seq"), int) or event["seq"] < 1:
            raise InvalidInput(_("An event needs a known kind and a sequence number from 1."))
    repeated = [event for event in given if event["seq"] <= known]
    if repeated:
        _compare(tx, log, sheet_id, client, repeated)
    fresh = [event for event in given if event["seq"] > known]
    for place, event in enumerate(fresh, known + 1):
        if event["seq"] != place:
            raise Conflict(_("Answer number {seq} is missing. Send it again first."), code="gap", seq=place)
    return fresh


def _compare(tx: Connection, log: Log, sheet_id: str, client: str, repeated: list[dict[str, Any]]) -> None:
    columns = log.events.c
    sequence = [event["seq"] for event in repeated]
    query = select(columns.seq, columns.salt, columns.digest).where(
        log.key == sheet_id, columns.client == client, columns.seq.in_(sequence)
    )
    kept = {row.seq: row for row in tx.execute(query)}
    for event in repeated:
        row = kept[event["seq"]]
        erased = row.salt is None
        if not erased and _digest(row.salt, client, event) != row.digest:
            raise Conflict(
                _("Answer number {seq} was saved before with another content. Reload the page."),
                code="replay_conflict", seq=event["seq"],
            )  # fmt: skip


def _chained(
    log: Log, state: Row[Any], sheet_id: str, client: str, fresh: list[dict[str, Any]], received_at: datetime | None
) -> tuple[list[dict[str, Any]], str]:
    head, rows = state.chain_head, []
    for position, event in enumerate(fresh, state.events + 1):
        salt = secrets.token_bytes(SALT_BYTES)
        hashed = _digest(salt, client, event)
        head = link(head, sheet_id, position, hashed)
        rows.append(
            {
                log.key.name: sheet_id,
                "client": client,
                "seq": event["seq"],
                "position": position,
                "content": event,
                "salt": salt,
                "digest": hashed,
                "chain": head,
                "received_at": received_at,
            }
        )
    return rows, head
