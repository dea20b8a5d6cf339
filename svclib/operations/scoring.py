"""Closing an attempt and scoring it: results are only ever added, the highest scoring version counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Text, bindparam, cast, func, insert, select, update

from svclib import forms
from svclib.errors import Conflict
from svclib.forms.evaluation import is_empty
from svclib.frames.definitions import definition
from svclib.i18n import _
from svclib.store import Store, new_id
from svclib.store.schema import assignments, attempts, proposals, results, sittings

# The life of an attempt. Scoring follows at once on closing, in the same transaction.
TRANSITIONS: dict[str, frozenset[str]] = {
    "created": frozenset({"open"}),
    "open": frozenset({"submitted", "expired", "void"}),
    "submitted": frozenset({"scored", "void"}),
    "expired": frozenset({"scored", "void"}),
    "scored": frozenset({"void"}),
    "void": frozenset(),
}
FORM_TEXT = cast(attempts.c.form, Text).label("form_text")
_APPROVED = (
    select(proposals.c.change, proposals.c.decided_at, sittings.c.bank_hash)
    .join(sittings, sittings.c.id == proposals.c.sitting_id)
    .where(proposals.c.kind == "rescore", proposals.c.decision == "approved")
    .order_by(proposals.c.decided_at, proposals.c.id)
)
_INSERT = insert(results)


def advance(status: str, to: str) -> str:
    """Give the state `to` if an attempt in `status` may go there.

    Raises
    ------
    Conflict
        It may not.
    """
    if to not in TRANSITIONS[status]:
        raise Conflict(_("An attempt that is {status} cannot become {to}."), code="state", status=status, to=to)
    return to


def public_status(row: Any) -> str:
    """What the page calls the state: open, submitted, expired or void."""
    status: str = row["status"]
    return (row["closed_as"] or status) if status == "scored" else status


@lru_cache(maxsize=4096)
def form_of(text: str) -> forms.ExamForm:
    """Make the frozen form of its stored text; the same text is parsed once."""
    return forms.ExamForm.model_validate_json(text)


def close(store: Store, tx: Connection, attempt: Any, closed_as: str, moment: datetime) -> dict[str, Any]:
    """Close an open attempt as ``submitted`` or ``expired`` and score it; gives the row of the result.

    Parameters
    ----------
    attempt : mapping
        ``id, status, answers, form_text, sitting_id, bank_hash, exam_hash``.
    moment : datetime
        When it was closed: handing in, or the deadline.
    """
    final = advance(advance(attempt["status"], closed_as), "scored")
    values = {"status": final, "closed_as": closed_as, "closed_at": moment}
    tx.execute(update(attempts).where(attempts.c.id == attempt["id"]).values(**values))
    row = scored_row(store, tx, attempt, 1, amendments(tx, attempt["sitting_id"]))
    tx.execute(_INSERT, row)
    return row


def scored_row(
    store: Store, tx: Connection, attempt: Any, scoring: int, mended: Sequence[forms.Amendment]
) -> dict[str, Any]:
    """Score an attempt and give the row for ``results``."""
    bank, exam = definition(tx, attempt["bank_hash"]), definition(tx, attempt["exam_hash"])
    form = form_of(attempt["form_text"])
    scored = forms.score(form, bank, attempt["answers"], on_form(form, mended))
    states = item_states(form, attempt["answers"], seen(store, tx, attempt["id"]))
    items = {
        item.id: {"points": item.points, "maximum": item.maximum, "counted": item.counted, "state": states[item.id]}
        for item in scored.items
    }
    return {
        "id": new_id(), "attempt_id": attempt["id"], "scoring": scoring, "points": scored.points,
        "maximum": scored.maximum, "percent": scored.percent, "passed": scored.percent >= exam.pass_mark,
        "items": items, "scored_at": store.now(),
    }  # fmt: skip


def on_form(form: forms.ExamForm, mended: Iterable[forms.Amendment]) -> list[forms.Amendment]:
    """Those amendments whose item is on the form."""
    return [amendment for amendment in mended if amendment.item in form.by_id]


def amendments(tx: Connection, sitting_id: str) -> list[forms.Amendment]:
    """The approved amendments that hold for a sitting, in the order of their approval.

    They hold for the sittings named in the proposal and for those made later from the same bank.
    """
    own = tx.execute(select(sittings.c.bank_hash, sittings.c.created_at).where(sittings.c.id == sitting_id)).one()
    return [
        forms.Amendment(**row.change["amendment"])
        for row in tx.execute(_APPROVED)
        if sitting_id in row.change["sittings"] or (row.bank_hash == own.bank_hash and own.created_at >= row.decided_at)
    ]


def seen(store: Store, tx: Connection, attempt_id: str) -> set[str]:
    """Names of the items that were in view, as the page's process data tells."""
    events = store.sheets.events(tx, "attempts", attempt_id)
    return {event["name"] for event in events if event["kind"] in {"visit", "answer"} and event.get("name")}


def item_states(form: forms.ExamForm, answers: dict[str, Any], visited: set[str]) -> dict[str, str]:
    """Tell why cells are empty: after the last item answered or in view, items were not reached; before, omitted."""
    order = [place.id for place in form.items]
    answered = {name for name in order if not is_empty(answers.get(name))}
    last = max((number for number, name in enumerate(order) if name in answered | visited), default=-1)
    return {
        name: "answered" if name in answered else "omitted" if number <= last else "not_reached"
        for number, name in enumerate(order)
    }


def latest_results(columns: Sequence[Any] = ()) -> Any:
    """Select of the counting result of every attempt (the highest scoring version)."""
    newest = select(results.c.attempt_id, func.max(results.c.scoring).label("scoring")).group_by(results.c.attempt_id)
    top = newest.subquery()
    same = (results.c.attempt_id == top.c.attempt_id) & (results.c.scoring == top.c.scoring)
    return select(*(columns or (results,))).join(top, same)


def result_of(connection: Connection, attempt_id: str) -> Any:
    """The counting result of one attempt, or None."""
    query = select(results).where(results.c.attempt_id == attempt_id).order_by(results.c.scoring.desc()).limit(1)
    return connection.execute(query).mappings().first()


ATTEMPT = (
    select(
        attempts.c.id, attempts.c.number, attempts.c.status, attempts.c.closed_as, attempts.c.lease,
        attempts.c.answers, attempts.c.page, attempts.c.started_at, attempts.c.deadline, attempts.c.language,
        attempts.c.closed_at, attempts.c.chain_head, attempts.c.assignment_id, FORM_TEXT, assignments.c.person_id,
        assignments.c.sitting_id, assignments.c.withdrawn_at, sittings.c.exam, sittings.c.exam_hash,
        sittings.c.bank_hash,
    )
    .join(assignments, assignments.c.id == attempts.c.assignment_id)
    .join(sittings, sittings.c.id == assignments.c.sitting_id)
)  # fmt: skip
ONE_ATTEMPT = ATTEMPT.where(attempts.c.id == bindparam("attempt"))
