"""A candidate's sheet: started or resumed under a lease, saved answer by answer, handed in once, expired by itself.

The server's clock decides, inside the transaction that saves. Nothing here sends a key: the page gets the form that
`svclib.forms.exam_form` builds from its allow-list, and feedback as `svclib.operations.feedback` permits.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from svclib import forms
from svclib.errors import Conflict, InvalidInput, NotFound
from svclib.frames.definitions import definition
from svclib.i18n import _, language_of
from svclib.operations import feedback
from svclib.operations.actor import Actor, system_actor
from svclib.operations.registry import record
from svclib.operations.scoring import ATTEMPT, FORM_TEXT, ONE_ATTEMPT, close, form_of, public_status, result_of
from svclib.operations.sheets import LAYOUTS, check_client, checked_events, clean_page
from svclib.operations.sittings import SEEDS, attempts_left, window_end
from svclib.settings import DEFAULT_GRACE
from svclib.store import Store, new_id
from svclib.store.schema import assignments, attempts, sittings

Work = Callable[[Connection], dict[str, Any]]
_HELD = (
    select(
        attempts.c.status, attempts.c.lease, attempts.c.deadline, attempts.c.assignment_id, assignments.c.person_id,
        assignments.c.withdrawn_at, sittings.c.bank_hash, FORM_TEXT,
    )
    .join(assignments, assignments.c.id == attempts.c.assignment_id)
    .join(sittings, sittings.c.id == assignments.c.sitting_id)
    .where(attempts.c.id == bindparam("attempt"))
    .with_for_update(of=attempts)
)  # fmt: skip
_PLACE = (
    select(
        assignments.c.id, assignments.c.person_id, assignments.c.sitting_id, assignments.c.accommodation,
        assignments.c.extra_attempts, assignments.c.withdrawn_at, assignments.c.closes_at.label("own_closes_at"),
        sittings.c.exam, sittings.c.exam_hash, sittings.c.bank_hash, sittings.c.name, sittings.c.opens_at,
        sittings.c.closes_at, sittings.c.attempts, sittings.c.minutes, sittings.c.form_seed,
    )
    .join(sittings, sittings.c.id == assignments.c.sitting_id)
    .where(assignments.c.id == bindparam("assignment"))
)  # fmt: skip
_TRIED = ATTEMPT.where(attempts.c.assignment_id == bindparam("assignment")).order_by(attempts.c.number)


def grace(store: Store) -> timedelta:
    """How long after the deadline answers on their way still count (``SVC_GRACE``, 15 s)."""
    return timedelta(seconds=store.settings.grace_seconds if store.settings else DEFAULT_GRACE)


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def find_place(connection: Connection, actor: Actor, assignment: str, *, locked: bool = False) -> Any:
    """Find one's own assignment with its sitting.

    Raises
    ------
    NotFound
        There is none, or it is another's.
    """
    query = _PLACE.with_for_update(of=assignments) if locked else _PLACE
    row = connection.execute(query, {"assignment": assignment}).mappings().first()
    if row is None or row["person_id"] != actor.person_id or row["withdrawn_at"] is not None:
        raise NotFound(_("There is no such exam among those assigned to you."))
    return row


def tried(connection: Connection, assignment: str) -> list[Any]:
    """Give the attempts at an assignment in their order."""
    return list(connection.execute(_TRIED, {"assignment": assignment}).mappings())


def open_sheet(
    store: Store, actor: Actor, *, assignment: str, client: str, session: str | None = None, locale: str = "zh-CN",
    layout: str = "desktop", context: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Start or resume an attempt and take its lease; see `svclib.operations.exams.open_sheet`."""
    check_client(client)
    if layout not in LAYOUTS:
        raise InvalidInput(_("The layout is one of {known}."), field="layout", known=", ".join(LAYOUTS))
    seen = {"language": language_of(locale), "layout": layout}
    wanted = str((context or {}).get("start", ""))

    def work(tx: Connection) -> dict[str, Any]:
        place = find_place(tx, actor, assignment, locked=True)
        attempt = _current(store, tx, actor, place, wanted, seen)
        return _sheet(store, tx, place, attempt, client)

    return store.write(work)


def _current(store: Store, tx: Connection, actor: Actor, place: Any, wanted: str, seen: dict[str, str]) -> Any:
    """The attempt to show: the open one (expired when its time is over), a new one, or the last."""
    before = tried(tx, place["id"])
    last = before[-1] if before else None
    if last is not None and last["status"] == "open":
        if store.now() > last["deadline"] + grace(store):
            expire(store, tx, last)
        else:
            values = {"lease": last["lease"] + 1, **seen}
            tx.execute(update(attempts).where(attempts.c.id == last["id"]).values(**values))
        return _attempt(tx, last["id"])
    # A reload must never start the next attempt: the page names its number when the candidate asks for it.
    if last is not None and wanted != str(last["number"] + 1):
        return last
    _require_startable(store, place, before)
    return _attempt(tx, _start(store, tx, actor, place, len(before) + 1, seen))


def _require_startable(store: Store, place: Any, before: list[Any]) -> None:
    now = store.now()
    if now < place["opens_at"]:
        opens_at = local_time(store, place["opens_at"])
        raise Conflict(_("This exam opens at {opens_at}."), code="waiting", opens_at=opens_at)
    if now >= window_end(place):
        raise Conflict(_("The time for this exam is over."), code="closed")
    if not attempts_left(place["attempts"], place["extra_attempts"], [row["status"] for row in before]):
        raise Conflict(_("All attempts at this exam are used."), code="no_attempts")


def local_time(store: Store, moment: datetime) -> str:
    """Write a moment as people here read it."""
    zone = store.settings.zone if store.settings else UTC
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _start(store: Store, tx: Connection, actor: Actor, place: Any, number: int, seen: dict[str, str]) -> str:
    exam, bank = definition(tx, place["exam_hash"]), definition(tx, place["bank_hash"])
    own_order = exam.form == "random" or exam.shuffle_items or exam.shuffle_choices
    seed = secrets.randbelow(SEEDS) if own_order else place["form_seed"]
    now = store.now()
    attempt = new_id()
    tx.execute(attempts.insert().values(
        id=attempt, assignment_id=place["id"], number=number, status="open", seed=seed,
        form=forms.draw(exam, bank, seed).model_dump(mode="json"), lease=1, answers={}, page=0, started_at=now,
        deadline=deadline(place, now), **seen,
    ))  # fmt: skip
    fields = {"number": number, "exam": place["exam"]}
    record(store, tx, actor, "exams.open_sheet", attempt, **fields)
    return attempt


def deadline(place: Any, started_at: datetime) -> datetime:
    """The earlier of start + minutes × accommodation and the end of the person's window."""
    return min(started_at + timedelta(minutes=place["minutes"] * place["accommodation"]), window_end(place))


def _attempt(tx: Connection, attempt: str) -> Any:
    return tx.execute(ONE_ATTEMPT, {"attempt": attempt}).mappings().one()


def _sheet(store: Store, tx: Connection, place: Any, attempt: Any, client: str) -> dict[str, Any]:
    exam, bank = definition(tx, place["exam_hash"]), definition(tx, place["bank_hash"])
    is_open = attempt["status"] == "open"
    sheet = {
        "kind": "exam", "session": attempt["id"], "lease": attempt["lease"], "number": attempt["number"],
        "definition": None, "answers": {}, "page": clean_page(attempt["page"]), "locale": attempt["language"],
        "saved_seq": store.sheets.saved_seq(tx, "attempts", attempt["id"], client), "languages": list(bank.languages),
        "title": exam.title, "status": public_status(attempt), "server_time": store.now(),
        "deadline": attempt["deadline"], "read_only": not is_open, "attempts_left": _left(tx, place),
    }  # fmt: skip
    if is_open:
        sheet |= {"definition": forms.exam_form(form_of(attempt["form_text"]), bank), "answers": attempt["answers"]}
        return sheet
    shown = feedback.for_candidate(store, tx, place, attempt, sheet["attempts_left"])
    # The questions are shown again only where the policy tells what was right.
    if shown and shown["items"]:
        sheet |= {"definition": forms.exam_form(form_of(attempt["form_text"]), bank), "answers": attempt["answers"]}
    return sheet | {"feedback": shown}


def _left(tx: Connection, place: Any) -> int:
    statuses = tx.scalars(select(attempts.c.status).where(attempts.c.assignment_id == place["id"]))
    return attempts_left(place["attempts"], place["extra_attempts"], statuses)


# ── saving ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def save_work(
    store: Store, actor: Actor, *, assignment: str, session: str, client: str, lease: int, events: list[dict[str, Any]]
) -> Work:
    """Give the work that checks and keeps what a page sent; see `svclib.operations.exams.save_answers`."""
    check_client(client)

    def work(tx: Connection) -> dict[str, Any]:
        held = _held(tx, actor, assignment, session)
        now = store.now()
        _require_writable(store, held, lease, now)
        checked = checked_events(_lookup(tx, held), events)
        kept = store.sheets.append(
            tx, "attempts", session, client, checked, received_at=now, values={"last_saved_at": now}
        )
        return {"saved_seq": kept.saved_seq, "server_time": now, "deadline": held.deadline, "status": "open"}

    return work


def _held(tx: Connection, actor: Actor, assignment: str, session: str) -> Any:
    row = tx.execute(_HELD, {"attempt": session}).first()
    if row is None or row.assignment_id != assignment or row.person_id != actor.person_id:
        raise NotFound(_("There is no such exam among those assigned to you."))
    return row


def _require_writable(store: Store, held: Any, lease: int, now: datetime) -> None:
    if held.status != "open" or held.withdrawn_at is not None or now > held.deadline + grace(store):
        raise Conflict(_("This attempt is closed; nothing more can be saved."), code="closed")
    _require_lease(held, lease)


def _require_lease(held: Any, lease: int) -> None:
    if held.lease != lease:
        raise Conflict(_("The exam is open in another window; go on there, or take it back here."), code="read_only")


def _lookup(tx: Connection, held: Any) -> Callable[[str], Any]:
    """Items by name, of those on the form alone."""
    form, bank = form_of(held.form_text), definition(tx, held.bank_hash)
    return lambda name: bank.by_id[name] if name in form.by_id else None


# ── closing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def submit_work(
    store: Store, actor: Actor, *, assignment: str, session: str, client: str, lease: int, seq: int
) -> Work:
    """Give the work that hands an attempt in and scores it; see `svclib.operations.exams.submit_sheet`."""
    check_client(client)

    def work(tx: Connection) -> dict[str, Any]:
        place = find_place(tx, actor, assignment)
        held = _held(tx, actor, assignment, session)
        if held.status == "open":
            _close_held(store, tx, actor, held, session, client, lease, seq)
        attempt = _attempt(tx, session)
        shown = feedback.for_candidate(store, tx, place, attempt, _left(tx, place))
        return {"status": public_status(attempt), "server_time": store.now(), "result": shown}

    return work


def _close_held(
    store: Store, tx: Connection, actor: Actor, held: Any, session: str, client: str, lease: int, seq: int
) -> None:
    attempt, now = _attempt(tx, session), store.now()
    if now > held.deadline + grace(store):
        expire(store, tx, attempt)
        return
    _require_lease(held, lease)
    saved = store.sheets.saved_seq(tx, "attempts", session, client)
    if saved < seq:
        raise Conflict(_("Answer number {seq} is missing. Send it again first."), code="gap", seq=saved + 1)
    close(store, tx, attempt, "submitted", min(now, held.deadline))
    fields = {"number": attempt["number"], "exam": attempt["exam"], "chain": attempt["chain_head"]}
    record(store, tx, actor, "exams.submit_sheet", session, **fields)


def expire(store: Store, tx: Connection, attempt: Any) -> None:
    """Close an attempt whose time is over and score what was saved."""
    close(store, tx, attempt, "expired", attempt["deadline"])
    fields = {"number": attempt["number"], "exam": attempt["exam"], "chain": attempt["chain_head"]}
    record(store, tx, system_actor(), "exams.sweep", attempt["id"], **fields)


def sweep(store: Store) -> int:
    """Expire every open attempt past its deadline and grace; gives how many. Safe to run beside saving pages."""
    with store.read() as connection:
        late = select(attempts.c.id).where(
            attempts.c.status == "open", attempts.c.deadline < store.now() - grace(store)
        )  # fmt: skip
        found = list(connection.scalars(late))
    return sum(store.write(lambda tx, one=one: _expire_if_late(store, tx, one)) for one in found)  # type: ignore[misc]


def _expire_if_late(store: Store, tx: Connection, attempt: str) -> bool:
    row = tx.execute(ONE_ATTEMPT.with_for_update(of=attempts), {"attempt": attempt}).mappings().one()
    late = bool(row["status"] == "open" and store.now() > row["deadline"] + grace(store))
    if late:
        expire(store, tx, row)
    return late


def best_result(connection: Connection, rows: list[Any]) -> Any:
    """The best counting result of attempts that are not void, or None."""
    scored = [result_of(connection, row["id"]) for row in rows if row["status"] == "scored"]
    return max((row for row in scored if row is not None), key=lambda row: row["percent"], default=None)
