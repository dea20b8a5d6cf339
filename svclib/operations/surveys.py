"""Surveys in the field: collectors (links, QR codes, personal tokens), invitations, live counts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from svclib import forms
from svclib.errors import Conflict, InvalidInput, NotFound
from svclib.i18n import Language, _
from svclib.operations import definitions as published
from svclib.operations import links, rosters
from svclib.operations.actor import Actor
from svclib.operations.directory import check_text, decode_file, known_person, unit_path, within
from svclib.operations.registry import operation, record
from svclib.store import Store, new_id, new_token, token_hash
from svclib.store.schema import collectors, definitions, invitations, responses, units

CHANNELS = ("web", "qr", "phone", "kiosk", "email", "sms")
SOURCES = ("probability", "census", "opt-in")
KINDS = ("open", "personal")
MOST_INVITATIONS = 50_000
FEWEST_ALIKE = 5
INVITATION_COLUMNS = {
    "customer": ("customer", "customer_id", "客户号", "客户编号"),
    "unit": ("unit", "unit id", "branch", "机构", "机构号", "网点"),
    "stratum": ("stratum", "层", "分层"),
    "weight": ("weight", "权重"),
}


@dataclass(frozen=True)
class SurveyRow:
    """A published survey with what came in."""

    name: str
    version: int
    title: dict[str, str]
    collectors: int
    submitted: int


@dataclass(frozen=True)
class Collector:
    """One published way to answer a survey."""

    id: str
    survey: str
    version: int
    name: str
    kind: str
    channel: str
    source: str
    unit_id: str
    opens_at: datetime | None
    closes_at: datetime | None
    closed_at: datetime | None
    state: str  # waiting | open | closed


@dataclass(frozen=True)
class Counts:
    """Responses by collector, unit and day (of the last 31 days)."""

    open: int
    submitted: int
    by_collector: dict[str, dict[str, int]]
    by_unit: dict[str, int]
    by_day: dict[str, int]


@dataclass(frozen=True)
class Invited:
    """A personal link, shown once: the store keeps only its hash."""

    customer: str | None
    unit: str | None
    path: str


@operation(right="surveys.read")
def list_(store: Store, actor: Actor) -> list[SurveyRow]:
    """List the published surveys with the number of collectors and of submitted responses in one's area."""
    rows = published.list_(store, actor, kind="survey")
    scope = actor.scope("surveys.read")
    used = select(collectors.c.survey, func.count()).where(within(collectors.c.unit_id, scope))
    done = select(responses.c.survey, func.count()).where(
        responses.c.status == "submitted", within(responses.c.branch, scope)
    )
    with store.read() as connection:
        ways: dict[str, int] = dict(connection.execute(used.group_by(collectors.c.survey)).all())
        counted: dict[str, int] = dict(connection.execute(done.group_by(responses.c.survey)).all())
    return [SurveyRow(r.name, r.version, r.title, ways.get(r.name, 0), counted.get(r.name, 0)) for r in rows]


@operation(right="surveys.read")
def collectors_(store: Store, actor: Actor, *, survey: str | None = None) -> list[Collector]:
    """List the collectors in one's area, the newest first."""
    query = _with_version().where(within(collectors.c.unit_id, actor.scope("surveys.read")))
    if survey:
        query = query.where(collectors.c.survey == survey)
    with store.read() as connection:
        rows = connection.execute(query.order_by(collectors.c.created_at.desc())).mappings().all()
    return [_collector(row, store.now()) for row in rows]


@operation(right="surveys.publish", audit="Opened the survey {survey} to answers: {name}")
def open_collector(
    store: Store, actor: Actor, *, survey: str, name: str, kind: str = "open", channel: str = "qr",
    source: str = "opt-in", unit: str, opens_at: datetime | None = None, closes_at: datetime | None = None,
    hourly_limit: int | None = 60, version: int | None = None,
) -> Collector:  # fmt: skip
    """Open a way to answer the latest (or a given) version of a survey.

    Parameters
    ----------
    kind : {"open", "personal"}
        One link for everybody, or single-use personal tokens.
    channel : {"web", "qr", "phone", "kiosk", "email", "sms"}
    source : {"probability", "census", "opt-in"}
        How people come to answer; of opt-in sources no sampling error is ever claimed.
    hourly_limit : int, optional
        New responses an hour from one address.
    """
    check_text("name", name, 200)
    for field, value, known in (("kind", kind, KINDS), ("channel", channel, CHANNELS), ("source", source, SOURCES)):
        if value not in known:
            raise InvalidInput(_("{field} is one of {known}, not {value}."), field=field, value=value,
                               known=", ".join(known))  # fmt: skip
    _check_window(store, opens_at, closes_at)

    def work(tx: Connection) -> Collector:
        actor.require("surveys.publish", unit_path(tx, unit))
        row = published.latest(tx, "survey", survey, version)
        made = new_id()
        tx.execute(collectors.insert().values(
            id=made, token_hash=token_hash(links.open_token(store, made)), survey=survey, definition_hash=row["hash"],
            name=name, kind=kind, channel=channel, source=source, unit_id=unit, opens_at=opens_at, closes_at=closes_at,
            hourly_limit=hourly_limit, created_by=known_person(actor), created_at=store.now(),
        ))  # fmt: skip
        record(store, tx, actor, "surveys.open_collector", made, survey=survey, name=name)
        return _collector(_find(tx, actor, made, "surveys.publish"), store.now())

    return store.write(work)


@operation(right="surveys.publish", audit="Closed {name} of the survey {survey}")
def close_collector(store: Store, actor: Actor, *, collector: str) -> None:
    """Close a collector now; what was saved stays."""

    def work(tx: Connection) -> None:
        row = _find(tx, actor, collector, "surveys.publish")
        if row["closed_at"] is not None:
            raise Conflict(_("{name} is closed already."), name=row["name"])
        tx.execute(update(collectors).where(collectors.c.id == collector).values(closed_at=store.now()))
        record(store, tx, actor, "surveys.close_collector", collector, name=row["name"], survey=row["survey"])

    store.write(work)


@operation(right="surveys.read")
def link(
    store: Store, actor: Actor, *, collector: str, branch: str | None = None, counter: str | None = None,
    ticket: str | None = None, language: Language | None = None,
) -> str:  # fmt: skip
    """Give the path of an open collector's link, with a signed context (branch, counter, queue ticket)."""
    with store.read() as connection:
        row = _open_link(_find(connection, actor, collector, "surveys.read"))
        if branch:
            unit_path(connection, branch)
    context = {"b": branch, "c": counter, "q": ticket}
    return links.path(store, row["id"], {key: value for key, value in context.items() if value}, language)


@operation(right="surveys.read")
def poster(
    store: Store, actor: Actor, *, collector: str, address: str, branch: str | None = None,
    counter: str | None = None, language: Language = "zh-CN",
) -> str:  # fmt: skip
    """Give an A5 poster (SVG) with the QR code of a link; `address` is the site's, such as ``https://svc.example``."""
    target = link(store, actor, collector=collector, branch=branch, counter=counter, language=None)
    with store.read() as connection:
        row = _find(connection, actor, collector, "surveys.read")
        title = connection.scalar(select(definitions.c.title).where(definitions.c.hash == row["definition_hash"]))
        place = connection.scalar(select(units.c.name).where(units.c.id == (branch or row["unit_id"])))
    return links.poster(links.absolute(address, target), title or {}, place, counter, language)


@operation(right="surveys.publish", audit="Made {count} personal links for {name}")
def invite(
    store: Store, actor: Actor, *, collector: str, customers: list[str] | None = None, number: int = 0,
    file_name: str = "", content: str = "",
) -> list[Invited]:  # fmt: skip
    """Make personal single-use links: for customers, for a number of unnamed people, or from a file.

    The file (Excel or CSV, base64 in `content`) has the columns customer, unit, stratum, weight, in Chinese or English.
    """
    rows = _invitees(customers, number, file_name, content)
    tokens = [new_token() for _row in rows]

    def work(tx: Connection) -> list[Invited]:
        found = _find(tx, actor, collector, "surveys.publish")
        if found["kind"] != "personal":
            raise Conflict(_("{name} has one open link; personal links need a personal collector."), name=found["name"])
        known = set(tx.scalars(select(units.c.id)))
        _check_units(file_name, rows, known)
        if published.definition_in(tx, found["definition_hash"]).anonymous:
            _check_company(file_name, rows)
        tx.execute(invitations.insert(), [
            {"id": new_id(), "collector_id": collector, "token_hash": token_hash(token), "used": False,
             "customer_id": row.get("customer") or None, "unit_id": row.get("unit") or None,
             "stratum": row.get("stratum") or None, "weight": float(row["weight"]) if row.get("weight") else None}
            for row, token in zip(rows, tokens, strict=True)
        ])  # fmt: skip
        record(store, tx, actor, "surveys.invite", collector, count=len(rows), name=found["name"])
        return [
            Invited(row.get("customer") or None, row.get("unit") or None, f"/s/{token}")
            for row, token in zip(rows, tokens, strict=True)
        ]

    return store.write(work)


@operation(right="surveys.read")
def counts(store: Store, actor: Actor, *, survey: str, since: date | None = None) -> Counts:
    """Count the responses of a survey in one's area: open and submitted, by collector, unit and day."""
    mine = [responses.c.survey == survey, within(responses.c.branch, actor.scope("surveys.read"))]
    if since:
        mine.append(responses.c.started_on >= since)
    states = select(responses.c.collector_id, responses.c.status, func.count()).where(*mine)
    done = [*mine, responses.c.status == "submitted"]
    places = select(responses.c.branch, func.count()).where(*done).group_by(responses.c.branch)
    days = select(responses.c.submitted_on, func.count()).where(*done).group_by(responses.c.submitted_on)
    with store.read() as connection:
        rows = connection.execute(states.group_by(responses.c.collector_id, responses.c.status)).all()
        by_unit: dict[str, int] = dict(connection.execute(places).all())  # type: ignore[arg-type]
        by_day = connection.execute(days.order_by(responses.c.submitted_on.desc()).limit(31)).all()
    by_collector: dict[str, dict[str, int]] = {}
    for collector, status, number in rows:
        by_collector.setdefault(collector, {"open": 0, "submitted": 0})[status] = number
    totals = {status: sum(one[status] for one in by_collector.values()) for status in ("open", "submitted")}
    return Counts(
        totals["open"], totals["submitted"], by_collector, by_unit, {day.isoformat(): n for day, n in reversed(by_day)}
    )


@operation(right="surveys.erase", audit="Erased the personal text of a response: {reason}")
def erase(store: Store, actor: Actor, *, response: str, reason: str) -> None:
    """Erase what a person wrote in a response (their right); the trail stays whole because it holds digests."""
    check_text("reason", reason)

    def work(tx: Connection) -> None:
        query = select(responses.c.branch, responses.c.definition_hash).where(responses.c.id == response)
        row = tx.execute(query).first()
        if row is None:
            raise NotFound(_("There is no such response."))
        if row.branch:
            actor.require("surveys.erase", unit_path(tx, row.branch))
        body = tx.scalar(select(definitions.c.body).where(definitions.c.hash == row.definition_hash))
        store.sheets.erase(tx, "responses", response, _free_text(body), actor=actor.person_id)
        record(store, tx, actor, "surveys.erase", response, reason=reason)

    store.write(work)


def _free_text(body: Any) -> list[str]:
    """Questions in which a person can write words of their own."""
    questions: Any = forms.from_body("survey", body).questions.values()  # type: ignore[union-attr]
    own_words = (one for one in questions if one.type in {"text", "comment"} or getattr(one, "show_other_item", False))
    return [one.name for one in own_words]


def _with_version() -> Any:
    query = select(collectors, definitions.c.version)
    return query.join(definitions, definitions.c.hash == collectors.c.definition_hash)


def _find(connection: Connection, actor: Actor, collector: str, right: str) -> Any:
    row = connection.execute(_with_version().where(collectors.c.id == collector)).mappings().first()
    if row is None or not actor.may(right, unit_path(connection, row["unit_id"])):
        raise NotFound(_("There is no such collector in your area."))
    return row


def _open_link(row: Any) -> Any:
    if row["kind"] != "open":
        raise Conflict(_("{name} has personal links; they were shown when they were made."), name=row["name"])
    return row


def _collector(row: Any, now: datetime) -> Collector:
    names = ("id", "survey", "version", "name", "kind", "channel", "source", "unit_id", "opens_at", "closes_at")
    return Collector(**{name: row[name] for name in names}, closed_at=row["closed_at"], state=state_of(row, now))


def state_of(row: Any, now: datetime) -> str:
    """Whether a collector waits for its opening, is open or closed at the moment `now`."""
    if row["closed_at"] is not None or (row["closes_at"] is not None and row["closes_at"] <= now):
        return "closed"
    return "waiting" if row["opens_at"] is not None and now < row["opens_at"] else "open"


def _check_window(store: Store, opens_at: datetime | None, closes_at: datetime | None) -> None:
    for field, moment in (("opens_at", opens_at), ("closes_at", closes_at)):
        if moment is not None and moment.tzinfo is None:
            raise InvalidInput(_("The field {field} needs a time zone."), field=field)
    if closes_at is not None and closes_at <= max(
        opens_at or closes_at.min.replace(tzinfo=closes_at.tzinfo), store.now()
    ):
        raise InvalidInput(_("The survey would close before it opens; mend the closing date."), field="closes_at")


def _invitees(customers: list[str] | None, number: int, file_name: str, content: str) -> list[dict[str, str]]:
    if content:
        rows = [dict(row.values) for row in rosters.read_table(file_name, decode_file(content), INVITATION_COLUMNS)]
    else:
        rows = [{"customer": customer} for customer in customers or []] or [{} for _n in range(number)]
    if not 1 <= len(rows) <= MOST_INVITATIONS:
        raise InvalidInput(_("Invite 1 to {most} people at a time."), most=MOST_INVITATIONS)
    return rows


def _check_company(file_name: str, rows: list[dict[str, str]]) -> None:
    """In an anonymous survey nobody may be alone with their unit, stratum and weight: the answer carries them."""
    marks = [tuple(row.get(name) or "" for name in ("unit", "stratum", "weight")) for row in rows]
    company = Counter(marks)
    faults = [
        rosters.RowFault(number, InvalidInput(
            _("Fewer than {least} people share this unit, stratum and weight: the answer would not be anonymous."),
            least=FEWEST_ALIKE,
        ))
        for number, mark in enumerate(marks, start=2) if any(mark) and company[mark] < FEWEST_ALIKE
    ]  # fmt: skip
    if faults:
        raise rosters.RosterError(file_name, faults)


def _check_units(file_name: str, rows: list[dict[str, str]], known: set[str]) -> None:
    faults = []
    for number, row in enumerate(rows, start=2):
        if row.get("unit") and row["unit"] not in known:
            fault: InvalidInput | NotFound = NotFound(_("There is no unit {unit}."), unit=row["unit"])
            faults.append(rosters.RowFault(number, fault, "unit"))
        if row.get("weight") and not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", row["weight"]):
            fault = InvalidInput(_("“{value}” is no weight."), value=row["weight"])
            faults.append(rosters.RowFault(number, fault, "weight"))
    if faults:
        raise rosters.RosterError(file_name, faults)
