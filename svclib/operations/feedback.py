"""What a candidate is told about a closed attempt, and from when.

``feedback`` says how much (the score; which items were right; keys and rationales), ``feedback_from`` from when:
after handing in, after the last attempt, or after the window. Where items are told of, the bare score shows at once;
where the score is all there is, it waits as well. Items are told of only when nobody at the sitting can still answer if
the policy is ``window_closed``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from svclib import forms
from svclib.forms.bank import Item, ShortText
from svclib.frames.definitions import definition
from svclib.operations.scoring import amendments, form_of, on_form, result_of
from svclib.operations.sittings import keys_safe_from, window_end
from svclib.store import Store


def for_candidate(store: Store, connection: Connection, place: Any, attempt: Any, left: int) -> dict[str, Any] | None:
    """Give what may be shown of a closed attempt now: score, and items where the policy has come to that.

    Parameters
    ----------
    place : mapping
        The assignment with its sitting.
    attempt : mapping
        A row of `svclib.operations.scoring.ATTEMPT`.
    left : int
        Attempts that may still be started.

    Returns
    -------
    dict or None
        ``percent, points, maximum, passed, pass_mark, level, items``; `items` is empty until the policy allows them.
        None for void and open attempts and while even the score waits.
    """
    row = result_of(connection, attempt["id"]) if attempt["status"] == "scored" else None
    if row is None:
        return None
    exam = definition(connection, place["exam_hash"])
    due = is_due(store, connection, exam, place, left)
    if exam.feedback == "score_only" and not due:
        return None
    shown = {name: row[name] for name in ("percent", "points", "maximum", "passed")}
    shown |= {"pass_mark": exam.pass_mark, "level": exam.feedback, "items": []}
    if due and exam.feedback != "score_only":
        shown["items"] = _items(connection, place, attempt, row, keys=exam.feedback == "rationale")
    return shown


def is_due(store: Store, connection: Connection, exam: forms.Exam, place: Any, left: int) -> bool:
    """Whether the moment of ``feedback_from`` has come for this person."""
    now = store.now()
    if exam.feedback_from == "submitted":
        return True
    if exam.feedback_from == "last_attempt":
        return left == 0 or now >= window_end(place)
    safe = keys_safe_from(connection, place["sitting_id"])
    return safe is not None and now >= safe


def _items(connection: Connection, place: Any, attempt: Any, row: Any, *, keys: bool) -> list[dict[str, Any]]:
    bank, form = definition(connection, place["bank_hash"]), form_of(attempt["form_text"])
    mended = {change.item: change for change in on_form(form, amendments(connection, place["sitting_id"]))}
    told = []
    for position in form.items:
        item, scored = bank.by_id[position.id], row["items"][position.id]
        entry = {
            "name": item.id, "title": item.stem, "points": scored["points"], "maximum": scored["maximum"],
            "state": scored["state"], "counted": scored["counted"], "answer": attempt["answers"].get(item.id),
        }  # fmt: skip
        told.append(entry | (_explained(item, mended.get(item.id)) if keys else {}))
    return told


def _explained(item: Item, change: forms.Amendment | None) -> dict[str, Any]:
    own = list(item.accepted) if isinstance(item, ShortText) else item.key  # type: ignore[attr-defined]
    key = change.key if change is not None and change.action in {"key", "keys"} else own
    return {"key": key, "rationale": item.rationale, "source": item.source}
