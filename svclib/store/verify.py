"""Recompute everything that is chained, sealed or derived, and name each row that does not agree."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, or_, select

from svclib.errors import InvalidInput
from svclib.i18n import _, translate
from svclib.store import audit, schema, seals
from svclib.store.audit import GENESIS, Head
from svclib.store.sheets import ERASED, LOGS, Log, event_digest, fold, link, shown_page
from svclib.store.store import Store

CHUNK = 400
_PRINTED = re.compile(r"(?<!\d)(\d{1,12})[^0-9]{1,80}?(sha256:[0-9a-f]{64})")


@dataclass(frozen=True)
class Finding:
    """One row that does not agree.

    Attributes
    ----------
    table, row : str
        Where.
    text : str
        English sentence, marked for translation.
    """

    table: str
    row: str
    text: str

    def render(self, language: str = "en") -> str:
        """Place and sentence in `language`."""
        return f"{self.table}/{self.row}: {translate(self.text, language)}"


@dataclass(frozen=True)
class Verification:
    """What `verify` found: nothing (``ok``), or the rows; the head up to which it looked; how many rows it read."""

    findings: tuple[Finding, ...]
    head: Head
    lines: int
    sheets: int
    events: int
    seals: int
    definitions: int

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return not self.findings


class _Count:
    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.rows: dict[str, int] = {"lines": 0, "sheets": 0, "events": 0, "seals": 0, "definitions": 0}

    def find(self, table: str, row: Any, text: str) -> None:
        self.findings.append(Finding(table, str(row), text))


def verify(
    store: Store, against: Sequence[Head] = (), hash_of: Callable[[Row[Any]], str] | None = None
) -> Verification:
    """Check the trail from its first line, every sheet's chain, every seal, and what was derived from them.

    Parameters
    ----------
    store : Store
    against : sequence of Head
        Heads kept elsewhere (printed in reports and certificates); each must be a line of this trail.
    hash_of : callable, optional
        Gives the hash of a definition's row; by default that of its canonical body.
    """
    count = _Count()
    with store.read() as connection:
        head = _trail(connection, count)
        _against(connection, against, count)
        erased = set(connection.scalars(select(schema.audit.c.subject).where(schema.audit.c.action == ERASED)))
        for log in LOGS.values():
            _sheets(connection, log, erased, count)
        _seals(connection, count)
        _definitions(connection, hash_of or _body_hash, count)
    return Verification(tuple(count.findings), head, **count.rows)


def read_heads(text: str) -> tuple[Head, ...]:
    """Find the heads in `text`: JSON with ``seq`` and ``hash``, or a printed ``12 sha256:…`` in a report.

    Raises
    ------
    InvalidInput
        There is none.

    >>> read_heads("trail 12 sha256:" + "0" * 64)[0].seq
    12
    """
    found = list(_json_heads(text)) or [Head(int(seq), value) for seq, value in _PRINTED.findall(text)]
    if not found:
        raise InvalidInput(_("The file holds no head of the trail (a number and sha256:…)."))
    return tuple(found)


def _json_heads(text: str) -> Iterator[Head]:
    try:
        value = json.loads(text)
    except ValueError:
        return
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, dict) and isinstance(entry.get("seq"), int) and isinstance(entry.get("hash"), str):
            yield Head(entry["seq"], entry["hash"])


# ── the trail ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _trail(connection: Connection, count: _Count) -> Head:
    previous = Head(0, GENESIS)
    query = select(audit.TABLE).order_by(audit.TABLE.c.seq).execution_options(yield_per=1000)
    for line in connection.execute(query).mappings():
        count.rows["lines"] += 1
        if line["seq"] != previous.seq + 1:
            count.find("audit", line["seq"], _("One or more lines before this one are missing."))
        elif line["previous"] != previous.hash:
            count.find("audit", line["seq"], _("This line does not follow the one before it."))
        if audit.line_hash(line, line["previous"]) != line["hash"]:
            count.find("audit", line["seq"], _("This line was altered: its hash does not fit."))
        previous = Head(line["seq"], line["hash"])
    return previous


def _against(connection: Connection, heads: Sequence[Head], count: _Count) -> None:
    for head in heads:
        found = connection.scalar(select(audit.TABLE.c.hash).where(audit.TABLE.c.seq == head.seq))
        if head.seq == 0 and head.hash == GENESIS:
            continue
        if found is None:
            count.find("audit", head.seq, _("This line was printed elsewhere and is missing here: the trail was cut."))
        elif found != head.hash:
            count.find("audit", head.seq, _("This line is not the one that was printed elsewhere: it was rewritten."))


# ── sheets ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _sheets(connection: Connection, log: Log, erased: set[str], count: _Count) -> None:
    for chunk in _chunks(connection, log):
        logs: dict[str, list[Row[Any]]] = {row.id: [] for row in chunk}
        events = select(log.events, log.key.label("sheet")).where(log.key.in_(logs)).order_by(log.events.c.position)
        for event in connection.execute(events):
            logs[event.sheet].append(event)
        for sheet in chunk:
            count.rows["sheets"] += 1
            count.rows["events"] += len(logs[sheet.id])
            _sheet(log, sheet, logs[sheet.id], erased, count)
    lost = ~exists().where(log.sheets.c.id == log.key)
    for sheet_id in connection.scalars(select(log.key).where(lost).distinct()):
        count.find(log.sheets.name, sheet_id, _("The sheet is missing, but events of it are there."))


def _chunks(connection: Connection, log: Log) -> Iterator[Sequence[Any]]:
    columns = log.sheets.c
    wanted = (columns.id, columns.answers, columns.page, columns.chain_head, columns.events)
    last = ""
    while True:
        query = select(*wanted).where(columns.id > last).order_by(columns.id).limit(CHUNK)
        chunk = connection.execute(query).all()
        if not chunk:
            return
        yield chunk
        last = chunk[-1].id


def _sheet(log: Log, sheet: Row[Any], events: list[Row[Any]], erased: set[str], count: _Count) -> None:
    table, head = log.sheets.name, ""
    for position, event in enumerate(events, 1):
        place = f"{sheet.id}#{event.position}"
        if event.position != position:
            count.find(log.events.name, place, _("One or more events before this one are missing."))
            return
        head = link(head, sheet.id, position, event.digest)
        problem = _event(event, head)
        if problem:
            count.find(log.events.name, place, problem)
            return
    if len(events) != sheet.events or head != sheet.chain_head:
        count.find(table, sheet.id, _("The sheet's chain ends elsewhere than its head says: events were cut off."))
    kept = [event.content for event in events if event.content is not None]
    if len(kept) < len(events) and f"{table}/{sheet.id}" not in erased:
        count.find(table, sheet.id, _("Events were erased, but the trail has no line about it."))
    if fold({}, kept) != sheet.answers or shown_page(0, kept) != sheet.page:
        count.find(table, sheet.id, _("The answers are not what the events add up to."))


def _event(event: Row[Any], head: str) -> str | None:
    if event.chain != head:
        return _("The event does not follow the one before it.")
    if event.content is None and event.salt is None:
        return None
    if event.content is None or event.salt is None or event.content.get("seq") != event.seq:
        return _("The event was altered: its parts do not fit.")
    try:
        fits = event_digest(event.salt, event.client, event.content) == event.digest
    except ValueError:
        fits = False
    return None if fits else _("The event was altered: its digest does not fit.")


# ── seals, definitions ───────────────────────────────────────────────────────────────────────────────────────────────
def _seals(connection: Connection, count: _Count) -> None:
    for seq, detail in seals.seals(connection):
        count.rows["seals"] += 1
        leaves = seals.leaves_of(connection, seq)
        if len(leaves) != detail.get("leaves") or seals.root(leaves) != detail.get("root"):
            count.find("seal_leaves", seq, _("What this seal covers was altered."))
    lines = schema.seal_leaves
    for table, log in LOGS.items():
        here = and_(log.key == lines.c.sheet_id, log.events.c.position == lines.c.length)
        query = (
            select(lines.c.seal, lines.c.sheet_id)
            .join(schema.audit, and_(schema.audit.c.seq == lines.c.seal, schema.audit.c.subject == table))
            .outerjoin(log.events, here)
            .where(or_(log.events.c.chain.is_(None), log.events.c.chain != lines.c.head))
        )
        for row in connection.execute(query):
            text = _("The sheet is not the one that was sealed: it was removed, shortened or rewritten.")
            count.find(table, row.sheet_id, text)


def _definitions(connection: Connection, hash_of: Callable[[Row[Any]], str], count: _Count) -> None:
    for row in connection.execute(select(schema.definitions)):
        count.rows["definitions"] += 1
        if hash_of(row) != row.hash:
            place = f"{row.kind}/{row.name}/{row.version}"
            count.find("definitions", place, _("The published version was altered: its hash does not fit its body."))


def _body_hash(row: Row[Any]) -> str:
    from svclib.forms import hash_of  # pydantic and YAML only where definitions are checked

    return hash_of(row.body)
