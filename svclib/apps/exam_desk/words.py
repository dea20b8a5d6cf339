"""The words of the exam desk: states with their colours, kinds of change."""

from __future__ import annotations

from typing import Any

from svclib.apps.pieces import Voice, cell
from svclib.apps.pieces.markup import Tone
from svclib.i18n import _

WINDOW: dict[str, tuple[str, Tone]] = {
    "waiting": (_("Not yet open"), "info"),
    "open": (_("Open now"), "success"),
    "closed": (_("Closed"), ""),
}
STATUS: dict[str, tuple[str, Tone]] = {
    "not_started": (_("Not started"), ""),
    "open": (_("In progress"), "info"),
    "submitted": (_("Submitted"), "success"),
    "expired": (_("Time ran out"), "warning"),
    "void": (_("Void"), "danger"),
}
CONNECTION: dict[str, tuple[str, Tone]] = {
    "fresh": (_("Connected"), "success"),
    "quiet": (_("Quiet for minutes"), "warning"),
    "lost": (_("No contact"), "danger"),
}
DECISION: dict[str | None, tuple[str, Tone]] = {
    None: (_("Waiting"), "warning"),
    "approved": (_("Approved"), "success"),
    "rejected": (_("Rejected"), "danger"),
}
KINDS = {"void": _("Void an attempt"), "rescore": _("Mend a key")}
CHANGES = {
    "new_key": _("Another answer is the right one"),
    "two_keys": _("Several answers are right"),
    "drop": _("Leave the item out of the score"),
    "credit_all": _("Give everybody the points"),
}
PASSED: tuple[str, Tone] = (_("Has passed"), "success")
FAILED: tuple[str, Tone] = (_("Not passed"), "danger")


def state(words: dict[Any, tuple[str, Tone]], key: Any, voice: Voice) -> dict[str, Any]:
    """The cell of a state; an unknown one is shown as it is."""
    text, tone = words.get(key, (str(key), ""))
    return cell(voice(text), tone=tone)


def outcome(passed: Any, voice: Voice) -> dict[str, Any]:
    """The cell of a result."""
    if passed is None:
        return cell("–")
    text, tone = PASSED if passed else FAILED
    return cell(voice(text), tone=tone)


def minutes(seconds: float, voice: Voice) -> str:
    """A time left, as people say it.

    >>> minutes(3700, Voice("en")), minutes(50, Voice("en"))
    ('1 h 01 min', '50 s')
    """
    if seconds < 60:
        return voice(_("{seconds} s"), seconds=max(0, int(seconds)))
    whole = int(seconds // 60)
    if whole < 60:
        return voice(_("{minutes} min"), minutes=whole)
    return voice(_("{hours} h {minutes} min"), hours=whole // 60, minutes=f"{whole % 60:02d}")
