"""Voiding an attempt and mending a key: proposed with a preview by one person, decided by another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select, update

from svclib import forms
from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound
from svclib.forms.bank import Item, ShortText
from svclib.frames.definitions import definition
from svclib.i18n import _
from svclib.operations.actor import Actor
from svclib.operations.scoring import (
    ATTEMPT,
    ONE_ATTEMPT,
    advance,
    amendments,
    form_of,
    public_status,
    result_of,
    scored_row,
)
from svclib.operations.sittings import WHOLE, find_member, sitting_query
from svclib.store import Store, new_id
from svclib.store.schema import assignments, attempts, people, proposals, results, sittings, units

Decision = Literal["approved", "rejected"]
ACTIONS = {"new_key": "key", "two_keys": "keys", "drop": "drop", "credit_all": "credit"}


@dataclass(frozen=True)
class Change:
    """A mended key: ``new_key`` and ``two_keys`` (a list of keys, each right) need `key`; ``drop``, ``credit_all``."""

    kind: Literal["new_key", "two_keys", "drop", "credit_all"]
    key: Any = None


@dataclass(frozen=True)
class Affected:
    """One attempt that a rescoring would change."""

    attempt: str
    sitting: str
    name: str
    unit: dict[str, str]
    percent_before: float
    percent_after: float
    passed_before: bool
    passed_after: bool


@dataclass(frozen=True)
class RescorePreview:
    """What a rescoring would do.

    Attributes
    ----------
    attempts : int
        Attempts that had the item.
    changed, now_passed, now_failed : int
        Of them: with another score; passed only afterwards; passed only before.
    rows : list of Affected
        Those with another score.
    """

    sitting: str
    item: str
    attempts: int
    changed: int
    now_passed: int
    now_failed: int
    rows: list[Affected]


@dataclass(frozen=True)
class Proposal:
    """A voiding or rescoring that somebody proposed; `decision` is None while it waits."""

    id: str
    kind: str
    sitting: str
    sitting_name: str
    subject: str
    change: dict[str, Any]
    reason: str
    preview: dict[str, Any]
    proposed_by: str
    proposed_by_name: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None
    mine: bool


# ── rescoring ────────────────────────────────────────────────────────────────────────────────────────────────────────
def amendment_of(item: Item, change: Change) -> forms.Amendment:
    """Check a change against its item and give the amendment.

    Raises
    ------
    InvalidInput
        The key is missing, or no possible answer to the item.
    """
    action: Any = ACTIONS[change.kind]
    key = change.key
    if action in {"drop", "credit"}:
        return forms.Amendment(item.id, action)
    keys = key if action == "keys" else [key]
    if not isinstance(keys, list) or not keys or (action == "keys" and len(keys) < 2):
        raise InvalidInput(_("Give the new key; for several keys a list of two or more."), field="key")
    for one in keys:
        _check_key(item, one)
    return forms.Amendment(item.id, action, key)


def _check_key(item: Item, key: Any) -> None:
    spellings = key if isinstance(item, ShortText) and isinstance(key, list) else [key]
    for value in spellings:
        if value is None or value in ("", [], {}):
            raise InvalidInput(_("Give the new key; for several keys a list of two or more."), field="key")
        answer = str(value).lower() if item.type == "true_false" else value  # type: ignore[attr-defined]
        fault = forms.validate_value(item, answer)
        if fault is not None:
            raise InvalidInput(fault.text, field="key", **fault.fields)


def affected_sittings(tx: Connection, actor: Actor, sitting: Any, right: str) -> list[str]:
    """Sittings that froze the same bank, as far as they lie in one's area: a wrong key is wrong in all of them."""
    rows = tx.execute(sitting_query().where(sittings.c.bank_hash == sitting["bank_hash"])).mappings()
    return [row["id"] for row in rows if actor.may(right, row["unit_path"] or WHOLE)]


def rescored(
    store: Store, tx: Connection, sitting_ids: list[str], change: forms.Amendment
) -> list[tuple[Any, Any, dict[str, Any]]]:
    """Score every closed attempt that had the item anew: triples of attempt, result so far, new row."""
    mended = {one: [*amendments(tx, one), change] for one in sitting_ids}
    rows = tx.execute(ATTEMPT.where(assignments.c.sitting_id.in_(sitting_ids), attempts.c.status == "scored"))
    triples = []
    for attempt in rows.mappings().all():
        if change.item in form_of(attempt["form_text"]).by_id:
            before = result_of(tx, attempt["id"])
            after = scored_row(store, tx, attempt, before["scoring"] + 1, mended[attempt["sitting_id"]])
            triples.append((attempt, before, after))
    return triples


def preview(store: Store, tx: Connection, actor: Actor, sitting: Any, item_id: str, change: Change) -> tuple[Any, Any]:
    """Give what a change would do, and its amendment with the sittings it would hold for."""
    bank = definition(tx, sitting["bank_hash"])
    item = bank.item(item_id)
    if item is None:
        raise NotFound(_("There is no item {item} in the bank."), item=item_id)
    amendment = amendment_of(item, change)
    held = affected_sittings(tx, actor, sitting, "exams.decide")
    triples = rescored(store, tx, held, amendment)
    changed = [triple for triple in triples if triple[1]["percent"] != triple[2]["percent"]]
    rows = _affected(tx, changed)
    now_passed = sum(row.passed_after and not row.passed_before for row in rows)
    now_failed = sum(row.passed_before and not row.passed_after for row in rows)
    seen = RescorePreview(sitting["id"], item_id, len(triples), len(rows), now_passed, now_failed, rows)
    return seen, {**asdict(change), "amendment": asdict(amendment), "sittings": held}


def _affected(tx: Connection, changed: list[tuple[Any, Any, dict[str, Any]]]) -> list[Affected]:
    query = select(people.c.id, people.c.name, units.c.name.label("unit")).join(units, units.c.id == people.c.unit_id)
    names = {row.id: row for row in tx.execute(query)} if changed else {}
    return [
        Affected(
            attempt["id"], attempt["sitting_id"], names[attempt["person_id"]].name, names[attempt["person_id"]].unit,
            before["percent"], after["percent"], before["passed"], after["passed"],
        )
        for attempt, before, after in changed
    ]  # fmt: skip


# ── voiding ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def voidable(tx: Connection, actor: Actor, attempt: str) -> tuple[Any, Any, dict[str, Any]]:
    """Find an attempt that may be voided: its row, the person's assignment, and what the deciding person is shown.

    Raises
    ------
    NotFound, Conflict
        There is none in one's area; it is void already.
    """
    row = tx.execute(ONE_ATTEMPT, {"attempt": attempt}).mappings().first()
    if row is None:
        raise NotFound(_("There is no such attempt in your area."))
    member = find_member(tx, actor, row["sitting_id"], row["person_id"], "exams.proctor")
    if row["status"] == "void":
        raise Conflict(_("This attempt is void already."), code="void")
    scored = result_of(tx, attempt)
    seen = {"name": member["name"], "number": row["number"], "status": public_status(row)}
    return row, member, seen | {"percent": scored and scored["percent"], "passed": scored and scored["passed"]}


# ── proposals ────────────────────────────────────────────────────────────────────────────────────────────────────────
def propose(
    store: Store, tx: Connection, actor: Actor, *, kind: str, sitting: str, subject: str, change: dict[str, Any],
    reason: str, seen: dict[str, Any],
) -> str:  # fmt: skip
    """Put a proposal on the list; one may wait for each subject at a sitting."""
    if actor.person_id == "system":
        raise AccessDenied(_("A person must propose and another decide: sign in."))
    same = (proposals.c.kind == kind) & (proposals.c.sitting_id == sitting) & (proposals.c.subject == subject)
    if tx.scalar(select(proposals.c.id).where(same, proposals.c.decision.is_(None))):
        raise Conflict(_("A proposal about this waits for its decision already."), code="proposal_waits")
    made = new_id()
    tx.execute(proposals.insert().values(
        id=made, kind=kind, sitting_id=sitting, subject=subject, change=change, reason=reason, preview=seen,
        proposed_by=actor.person_id, proposed_at=store.now(),
    ))  # fmt: skip
    return made


def waiting_proposal(tx: Connection, actor: Actor, proposal: str) -> Any:
    """Find a proposal that the actor may decide on.

    Raises
    ------
    NotFound, AccessDenied, Conflict
        There is none in one's area; it is one's own; it is decided.
    """
    row = tx.execute(_proposals().where(proposals.c.id == proposal).with_for_update(of=proposals)).mappings().first()
    if row is None or not actor.may("exams.decide", row["unit_path"] or WHOLE):
        raise NotFound(_("There is no such proposal in your area."))
    if row["decision"] is not None:
        raise Conflict(_("This proposal is decided already."), code="decided")
    if actor.person_id in {"system", row["proposed_by"]}:
        raise AccessDenied(_("Who proposes does not decide: ask a colleague."), code="four_eyes")
    return row


def carry_out(store: Store, tx: Connection, row: Any) -> int:
    """Do what was approved; gives how many attempts it changed."""
    if row["kind"] == "void":
        attempt = tx.execute(select(attempts.c.status).where(attempts.c.id == row["subject"])).one()
        values = {"status": advance(attempt.status, "void")}
        tx.execute(update(attempts).where(attempts.c.id == row["subject"]).values(**values))
        return 1
    triples = rescored(store, tx, row["change"]["sittings"], forms.Amendment(**row["change"]["amendment"]))
    if triples:
        tx.execute(results.insert(), [after for _attempt, _before, after in triples])
    return sum(before["percent"] != after["percent"] for _attempt, before, after in triples)


def settle(store: Store, tx: Connection, actor: Actor, row: Any, decision: Decision) -> None:
    """Write the decision down."""
    values = {"decided_by": actor.person_id, "decided_at": store.now(), "decision": decision}
    tx.execute(update(proposals).where(proposals.c.id == row["id"]).values(**values))


def listed(connection: Connection, actor: Actor, *, waiting: bool) -> list[Proposal]:
    """The proposals of one's area, the newest first."""
    query = _proposals().order_by(proposals.c.proposed_at.desc(), proposals.c.id)
    if waiting:
        query = query.where(proposals.c.decision.is_(None))
    rows = connection.execute(query).mappings()
    return [_proposal(row, actor) for row in rows if actor.may("exams.decide", row["unit_path"] or WHOLE)]


def _proposals() -> Any:
    columns = (sittings.c.name.label("sitting_name"), people.c.name.label("proposed_by_name"))
    joined = proposals.join(sittings, sittings.c.id == proposals.c.sitting_id)
    joined = joined.join(people, people.c.id == proposals.c.proposed_by)
    joined = joined.outerjoin(units, units.c.id == sittings.c.unit_id)
    return select(proposals, *columns, units.c.path.label("unit_path")).select_from(joined)


def _proposal(row: Any, actor: Actor) -> Proposal:
    names = ("id", "kind", "sitting_name", "subject", "change", "reason", "preview", "proposed_by",
             "proposed_by_name", "proposed_at", "decided_by", "decided_at", "decision")  # fmt: skip
    values = {name: row[name] for name in names} | {"sitting": row["sitting_id"]}
    return Proposal(**values, mine=row["proposed_by"] == actor.person_id)
