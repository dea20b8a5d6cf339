"""A customer's sheet: opened by a token, saved answer by answer, handed in once. For the web layer alone.

Of an anonymous survey nothing that tells time or order is kept: no moments, random ids, a date; the token's use is a
flag without a time, and only on handing in, so that a lost browser costs nobody their say.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from svclib import forms
from svclib.errors import Conflict, InvalidInput, NotFound
from svclib.frames.definitions import definition
from svclib.i18n import _, language_of
from svclib.operations import definitions as published
from svclib.operations import links
from svclib.operations.sheets import LAYOUTS, check_client, checked_events, clean_page
from svclib.operations.surveys import state_of
from svclib.store import Store, new_id, new_token, token_hash
from svclib.store.schema import collectors, invitations, responses

CLOSING_GRACE = timedelta(minutes=30)  # who began before the closing date may finish


@dataclass(frozen=True)
class Door:
    """What a token opens: the collector's row, the invitation's (personal tokens), the survey, the state.

    `state` is waiting, open, closed or used.
    """

    collector: Any
    invitation: Any
    survey: Any
    state: str


def door(store: Store, token: str) -> Door:
    """Find what `token` opens.

    Raises
    ------
    NotFound
        No link has this token: cut, mistyped or made up.
    """
    if not 16 <= len(token) <= 64:
        raise _unknown()
    hashed = token_hash(token)
    with store.read() as connection:
        invitation = (
            connection.execute(select(invitations).where(invitations.c.token_hash == hashed)).mappings().first()
        )
        by = collectors.c.token_hash == hashed if invitation is None else collectors.c.id == invitation["collector_id"]
        row = connection.execute(select(collectors).where(by)).mappings().first()
    if row is None or (invitation is None and row["kind"] != "open"):
        raise _unknown()
    used = invitation is not None and invitation["used"]
    state = "used" if used else state_of(row, store.now())
    return Door(row, invitation, published.definition(store, row["definition_hash"]), state)


def page_info(store: Store, token: str) -> dict[str, Any]:
    """Title, description, languages, state and hourly limit of the page behind a token."""
    found = door(store, token)
    survey = found.survey
    return {
        "title": survey.title, "description": survey.description, "languages": list(survey.languages),
        "state": found.state, "anonymous": survey.anonymous, "hourly_limit": found.collector["hourly_limit"],
        "collector": found.collector["id"], "thank_you": survey.thank_you,
    }  # fmt: skip


def open_sheet(
    store: Store, token: str, *, client: str, session: str | None = None, locale: str = "zh-CN",
    layout: str = "desktop", context: Mapping[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Open or resume a response and take its lease; gives the sheet as the page needs it.

    Raises
    ------
    NotFound, Conflict, InvalidInput
        The token is unknown; the survey is not open or the token used; the link's context was changed.
    """
    check_client(client)
    if layout not in LAYOUTS:
        raise InvalidInput(_("The layout is one of {known}."), field="layout", known=", ".join(LAYOUTS))
    found = door(store, token)
    _require_open(found, resuming=session is not None)
    given = links.verified(store, found.collector["id"], dict(context or {}))
    fresh = new_token()

    def work(tx: Connection) -> tuple[Any, str]:
        row, kept = _resumed(tx, found, session, fresh)
        if row is None:
            values = _new_response(store, found, given, language_of(locale), layout)
            tx.execute(responses.insert().values(session_hash=token_hash(fresh), **values))
            _link_invitation(tx, found, values["id"])
            row, kept = _row(tx, token_hash(fresh)), fresh
        return row, kept

    row, kept = store.write(work)
    return _sheet(store, found, row, kept, client)


def save_work(
    store: Store, token: str, *, session: str, client: str, lease: int, events: list[dict[str, Any]]
) -> Callable[[Connection], dict[str, Any]]:
    """Give the work that checks and keeps what a page sent; acknowledge only after its commit.

    The work raises InvalidInput where an event or a value is wrong, and then nothing of the batch is kept.
    """
    check_client(client)

    def work(tx: Connection) -> dict[str, Any]:
        held, now = _held(tx, token, session), store.now()
        _require_lease(held, lease)
        if held.status != "open":
            raise _closed()
        _require_time(held, now)
        survey = definition(tx, held.definition_hash)
        received = None if survey.anonymous else now
        checked = checked_events(survey.questions.get, events)
        kept = store.sheets.append(tx, "responses", held.id, client, checked, received_at=received)
        return {"saved_seq": kept.saved_seq, "server_time": now, "deadline": None, "status": "open"}

    return work


def submit_work(
    store: Store, token: str, *, session: str, client: str, lease: int, seq: int
) -> Callable[[Connection], dict[str, Any]]:
    """Give the work that hands a response in: validated as a whole, hidden answers dropped; again gives the same."""
    check_client(client)

    def work(tx: Connection) -> dict[str, Any]:
        held, now = _held(tx, token, session), store.now()
        _require_lease(held, lease)
        survey = definition(tx, held.definition_hash)
        if held.status == "open":
            _require_time(held, now)
            _require_whole(store, tx, held.id, client, seq)
            _hand_in(store, tx, survey, held, token)
        return {"status": "submitted", "server_time": now, "thank_you": survey.thank_you}

    return work


def _hand_in(store: Store, tx: Connection, survey: forms.Survey, held: Any, token: str) -> None:
    answers = tx.scalar(select(responses.c.answers).where(responses.c.id == held.id))
    checked = forms.validate(survey, answers or {}, True)
    if checked.problems:
        first = checked.problems[0]
        raise InvalidInput(first.text, code="incomplete", name=first.name, **first.fields)
    if held.kind == "personal":
        free = (invitations.c.token_hash == token_hash(token)) & invitations.c.used.is_(False)
        free &= invitations.c.collector_id == held.collector_id
        if tx.execute(update(invitations).where(free).values(used=True)).rowcount != 1:
            raise _used()
    now = store.now()
    values = {"status": "submitted", "submitted_on": _today(store, now)}
    if not survey.anonymous:
        values["submitted_at"] = now
    tx.execute(update(responses).where(responses.c.id == held.id).values(**values))


def _new_response(store: Store, found: Door, context: Mapping[str, str], language: str, layout: str) -> dict[str, Any]:
    row, invitation, survey, now = found.collector, found.invitation, found.survey, store.now()
    named = invitation if invitation is not None and not survey.anonymous else {}
    # Of an anonymous survey stratum and weight are kept (they are shared by many), the customer is not.
    sampled = invitation if invitation is not None else {}
    return {
        "id": new_id(), "collector_id": row["id"], "definition_hash": row["definition_hash"], "survey": survey.survey,
        "version": survey.version, "status": "open", "channel": row["channel"], "source": row["source"],
        "language": language, "layout": layout, "branch": context.get("branch") or sampled.get("unit_id")
        or row["unit_id"], "counter": context.get("counter"),
        # A queue ticket names one visit: it would undo the anonymity.
        "ticket": None if survey.anonymous else context.get("ticket"),
        "customer_id": named.get("customer_id"), "weight": sampled.get("weight"), "stratum": sampled.get("stratum"),
        "order_seed": secrets.randbelow(2**31), "answers": {}, "started_on": _today(store, now),
        "started_at": None if survey.anonymous else now,
    }  # fmt: skip


def _resumed(tx: Connection, found: Door, session: str | None, fresh: str) -> tuple[Any, str]:
    """The response of a session, or of a personal token that is not anonymous, with the next lease."""
    row = _row(tx, token_hash(session)) if session else None
    if row is not None and row["collector_id"] != found.collector["id"]:
        raise _unknown()
    kept = session or fresh
    if row is None and found.invitation is not None and found.invitation["response_id"]:
        mine = responses.c.id == found.invitation["response_id"]
        tx.execute(update(responses).where(mine).values(session_hash=token_hash(fresh)))
        row, kept = _row(tx, token_hash(fresh)), fresh
    if row is None:
        return None, kept
    if row["status"] == "open":
        tx.execute(update(responses).where(responses.c.id == row["id"]).values(lease=row["lease"] + 1))
    return _row(tx, token_hash(kept)), kept


def _link_invitation(tx: Connection, found: Door, response_id: str) -> None:
    if found.invitation is not None and not found.survey.anonymous:
        mine = invitations.c.id == found.invitation["id"]
        tx.execute(update(invitations).where(mine).values(response_id=response_id))


def _sheet(store: Store, found: Door, row: Any, session: str, client: str) -> dict[str, Any]:
    survey = found.survey
    with store.read() as connection:
        saved = store.sheets.saved_seq(connection, "responses", row["id"], client)
    return {
        "kind": "survey", "session": session, "lease": row["lease"], "saved_seq": saved, "answers": row["answers"],
        "definition": forms.survey_form(survey, row["order_seed"]), "page": clean_page(row["page"]),
        "locale": row["language"], "languages": list(survey.languages), "title": survey.title,
        "status": row["status"], "server_time": store.now(), "deadline": None,
        "read_only": row["status"] != "open", "thank_you": survey.thank_you, "anonymous": survey.anonymous,
    }  # fmt: skip


def _row(tx: Connection, session_hash: str) -> Any:
    return tx.execute(select(responses).where(responses.c.session_hash == session_hash)).mappings().first()


_HELD = (
    select(
        responses.c.id, responses.c.status, responses.c.lease, responses.c.definition_hash, responses.c.collector_id,
        collectors.c.kind, collectors.c.token_hash, collectors.c.closes_at, collectors.c.closed_at,
    )
    .join(collectors, collectors.c.id == responses.c.collector_id)
    .where(responses.c.session_hash == bindparam("session"))
    .with_for_update(of=responses)
)  # fmt: skip


def _held(tx: Connection, token: str, session: str) -> Any:
    """The response of a session, if `token` is the link it was opened by (personal ones are checked on handing in)."""
    row = tx.execute(_HELD, {"session": token_hash(session)}).first()
    if row is None or (row.kind == "open" and row.token_hash != token_hash(token)):
        raise NotFound(_("This form does not exist."))
    return row


def _require_lease(held: Any, lease: int) -> None:
    if held.status == "open" and held.lease != lease:
        raise Conflict(_("The form is open in another window; go on there, or take it back here."), code="read_only")


def _require_whole(store: Store, tx: Connection, response_id: str, client: str, seq: int) -> None:
    saved = store.sheets.saved_seq(tx, "responses", response_id, client)
    if saved < seq:
        raise Conflict(_("Answer number {seq} is missing. Send it again first."), code="gap", seq=saved + 1)


def _require_open(found: Door, *, resuming: bool) -> None:
    if found.state == "used" and not resuming:
        raise _used()
    if found.state == "waiting":
        raise Conflict(_("This survey is not open yet."), code="waiting", opens_at=found.collector["opens_at"])
    if found.state == "closed" and not resuming:
        raise _closed()


def _require_time(held: Any, now: datetime) -> None:
    ends = [moment for moment in (held.closes_at, held.closed_at) if moment is not None]
    if ends and now > min(ends) + CLOSING_GRACE:
        raise _closed()


def _today(store: Store, now: Any) -> Any:
    return now.astimezone(store.settings.zone).date() if store.settings else now.date()


def _unknown() -> NotFound:
    return NotFound(_("This link does not open a survey; check that it is whole."), code="unknown_link")


def _used() -> Conflict:
    return Conflict(_("This link was used already. Thank you for your answers."), code="used_link")


def _closed() -> Conflict:
    return Conflict(_("This survey is closed. Thank you for your interest."), code="closed")
