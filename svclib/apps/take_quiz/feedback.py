"""What a candidate is told about an attempt: the score, and items where the policy has come to that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from svclib.apps.pieces import Voice, badge, banner, detail, facts, h
from svclib.apps.pieces.markup import Markup, Tone
from svclib.i18n import _

STATES: dict[str, tuple[str, Tone]] = {
    "right": (_("Correct"), "success"),
    "partly": (_("Partly right"), "warning"),
    "wrong": (_("Wrong"), "danger"),
    "omitted": (_("Not answered"), ""),
    "dropped": (_("Does not count"), ""),
}


def state(item: Any) -> str:
    """How an item went: ``right``, ``partly``, ``wrong``, ``omitted`` or ``dropped``."""
    if not item["counted"]:
        return "dropped"
    if item["state"] != "answered" and not item["points"]:
        return "omitted"
    if item["points"] >= item["maximum"]:
        return "right"
    return "partly" if item["points"] else "wrong"


def shown(title: str, found: Any, voice: Voice) -> Markup:
    """The card of a result: the score against the pass mark, then the items."""
    if found is None:
        told = voice(_("There is nothing to tell yet: the rules of this exam say when results are shown."))
        return detail(title, banner(told))
    result = voice(_("Has passed")) if found["passed"] else voice(_("Not passed"))
    pairs = [
        (voice(_("Result")), badge(result, "success" if found["passed"] else "danger")),
        (voice(_("Score (of 100)")), voice.number(found["percent"], 1)),
        (voice(_("Pass mark")), voice.number(found["pass_mark"])),
        (voice(_("Points")), f"{found['points']:g} / {found['maximum']:g}"),
    ]
    return detail(title, facts(pairs), _items(found["items"], voice))


def _items(items: Sequence[Any], voice: Voice) -> Any:
    if not items:
        return ""
    listed = [h("li", _item(item, voice)) for item in items]
    return [h("h3", voice(_("Question by question"))), h("ol", listed, class_="app-review")]


def _item(item: Any, voice: Voice) -> list[Any]:
    text, tone = STATES[state(item)]
    points = voice(_("{points} of {maximum} points"), points=f"{item['points']:g}", maximum=f"{item['maximum']:g}")
    parts: list[Any] = [
        h("p", voice.local(item["title"])),
        h("p", badge(voice(text), tone), " ", h("span", points, class_="muted small")),
    ]
    if item.get("rationale"):
        parts.append(h("p", h("strong", voice(_("Why: "))), voice.local(item["rationale"])))
    if item.get("source"):
        parts.append(h("p", voice(_("Source: {source}"), source=item["source"]), class_="muted small"))
    return parts
