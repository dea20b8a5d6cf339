"""What a page may send of a sheet, checked before anything is kept; the same for exams and surveys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from svclib import forms
from svclib.errors import InvalidInput
from svclib.forms.base import FORBIDDEN
from svclib.forms.values import validate_comment
from svclib.i18n import LANGUAGES, _

LAYOUTS = ("phone", "tablet", "desktop")
KINDS = ("answer", "comment", "page", "visit", "language")
MOST_EVENTS = 500
MOST_MILLISECONDS = 86_400_000
MOST_COUNT = 100_000
_CLIENT = re.compile(r"[A-Za-z0-9_-]{8,32}")
_COUNTS = {
    "seq": 10_000_000,
    "page": 1000,
    "visible_ms": MOST_MILLISECONDS,
    "visits": MOST_COUNT,
    "changes": MOST_COUNT,
}
_WORDS = {"layout": LAYOUTS, "language": LANGUAGES}

# Finds the question or item behind a name; None if there is none.
Lookup = Callable[[str], Any]


def check_client(client: str) -> None:
    """Refuse what is no tab's id."""
    if not isinstance(client, str) or not _CLIENT.fullmatch(client):
        raise InvalidInput(_("The form's window has no valid id; reload the page."), field="client")


def checked_events(lookup: Lookup, events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Check a batch of events and give them with the known fields alone.

    Parameters
    ----------
    lookup : callable
        Gives the question or item of a name, None where there is none.
    events : sequence of mapping
        As the page sent them (see the sheet protocol in docs/architecture.md).

    Raises
    ------
    InvalidInput
        ``invalid_event`` or ``invalid_answer``; fields: seq, name. Nothing of the batch is to be kept.
    """
    if not isinstance(events, list) or not 1 <= len(events) <= MOST_EVENTS:
        raise InvalidInput(_("Send 1 to {most} events at a time."), code="invalid_event", most=MOST_EVENTS)
    return [_checked(lookup, event) for event in events]


def clean_page(page: Any) -> int:
    """A page number to show again."""
    return page if isinstance(page, int) and 0 <= page <= _COUNTS["page"] else 0


def _checked(lookup: Lookup, event: Any) -> dict[str, Any]:
    if not isinstance(event, dict) or event.get("kind") not in KINDS:
        raise InvalidInput(_("An event needs a known kind and a sequence number from 1."), code="invalid_event")
    clean: dict[str, Any] = {"kind": event["kind"]}
    for name, most in _COUNTS.items():
        if event.get(name) is not None:
            clean[name] = _count(name, event[name], most)
    if clean.get("seq", 0) < 1:
        raise InvalidInput(_("An event needs a known kind and a sequence number from 1."), code="invalid_event")
    for name, known in _WORDS.items():
        if event.get(name) in known:
            clean[name] = event[name]
    if event["kind"] in {"answer", "comment", "visit"}:
        clean["name"] = _name(lookup, event, clean["seq"])
    if event["kind"] in {"answer", "comment"}:
        clean["value"] = _value(lookup, event, clean["seq"])
    return clean


def _count(name: str, value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InvalidInput(
            _("The field {field} of an event must be a whole number from 0 to {most}."),
            code="invalid_event", field=name, most=most,
        )  # fmt: skip
    return value


def _name(lookup: Lookup, event: Mapping[str, Any], seq: int) -> str:
    name = event.get("name")
    if not isinstance(name, str) or lookup(name) is None:
        shown = FORBIDDEN.sub("", str(name))[:64].encode("utf-8", "replace").decode()
        raise InvalidInput(_("This form has no question {name}."), code="invalid_answer", name=shown, seq=seq)
    return name


def _value(lookup: Lookup, event: Mapping[str, Any], seq: int) -> Any:
    name, value = event["name"], event.get("value")
    if value is None:
        return None
    found = validate_comment(name, value) if event["kind"] == "comment" else forms.validate_value(lookup(name), value)
    if found is not None:
        fields = {**found.fields, "name": found.name.removesuffix("-Comment"), "seq": seq}
        raise InvalidInput(found.text, code="invalid_answer", **fields)
    return value
