"""An item while it is edited: plain data, changed by pure functions; what is wrong is told by field.

An item of a bank is a mapping as in the bank's file. Every function here takes one and gives a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from svclib.forms.bank import LEVELS, AnyItem
from svclib.forms.base import Source
from svclib.forms.faults import finding_of
from svclib.i18n import LANGUAGES, _, translate

Body = dict[str, Any]
TYPES = ("single", "multiple", "true_false", "numeric", "ordering", "matching", "short_text")
IDS = "abcdefghijklmnopqrstuvwxyz"
FIRST_CHOICES = 4
_ITEM: TypeAdapter[Any] = TypeAdapter(AnyItem)


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field of an item.

    Attributes
    ----------
    field : str
        The item's key (``stem``, ``choices``, ``key`` …); empty where the item as a whole is meant.
    part : str
        The choice or language within the field, where one is to blame.
    message : str
        In the reader's language.
    """

    field: str
    part: str
    message: str


def empty_text() -> dict[str, str]:
    """Give a text that is still to be written, in both languages."""
    return dict.fromkeys(LANGUAGES, "")


def blank(kind: str, item: str, topic: str) -> Body:
    """Begin an item of type `kind`; its choices are there, their texts are empty.

    >>> blank("single", "aml-041", "sanctions")["choices"].keys()
    dict_keys(['a', 'b', 'c', 'd'])
    """
    common = {"id": item, "type": kind, "topic": topic, "level": LEVELS[0], "stem": empty_text()}
    return {**common, **_OWN[kind](), "rationale": empty_text(), "source": "", "points": 1}


def _choices() -> dict[str, Any]:
    return {name: empty_text() for name in IDS[:FIRST_CHOICES]}


def _pairs() -> Body:
    left, right = IDS[:3], "xyz"
    return {
        "left": {name: empty_text() for name in left},
        "right": {name: empty_text() for name in right},
        "key": dict(zip(left, right, strict=True)),
    }


_OWN: dict[str, Callable[[], Body]] = {
    "single": lambda: {"choices": _choices(), "key": IDS[0]},
    "multiple": lambda: {"choices": _choices(), "key": list(IDS[:2]), "scoring": "strict"},
    "true_false": lambda: {"key": True},
    "numeric": lambda: {"key": None, "tolerance": 0},
    "ordering": lambda: {"choices": _choices(), "key": list(IDS[:FIRST_CHOICES])},
    "matching": _pairs,
    "short_text": lambda: {"accepted": []},
}


def next_id(taken: list[str]) -> str:
    """Propose an id that goes on from those of the bank.

    >>> next_id(["aml-001", "aml-040"]), next_id([])
    ('aml-041', 'item-001')
    """
    numbered = [(head, tail) for head, _dash, tail in (one.rpartition("-") for one in taken) if tail.isdigit() and head]
    if not numbered:
        return "item-001"
    prefix = max({head for head, _tail in numbered}, key=lambda head: sum(head == other for other, _tail in numbered))
    last = max((tail for head, tail in numbered if head == prefix), key=int)
    return f"{prefix}-{int(last) + 1:0{len(last)}d}"


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def with_text(body: Body, path: tuple[str, ...], language: str, text: str) -> Body:
    """Give the item with the text at `path` changed in one language."""
    old = dict(_at(body, path) or {})
    return _with(body, path, {**old, language: text})


def with_value(body: Body, field: str, value: Any) -> Body:
    """Give the item with a field set; None takes the field away."""
    rest = {name: part for name, part in body.items() if name != field}
    return rest if value is None and field not in {"key"} else {**body, field: value}


def add_option(body: Body, field: str = "choices") -> Body:
    """Give the item with one more choice (or entry of a matching task); all letters used, the same item."""
    options = body.get(field) or {}
    letters = "xyz" + IDS[:-3] if field == "right" else IDS
    free = next((letter for letter in letters if letter not in options), None)
    if free is None:
        return body
    changed = {**body, field: {**options, free: empty_text()}}
    if body["type"] == "ordering":
        changed["key"] = [*body.get("key", []), free]
    if field == "left":
        changed["key"] = {**body.get("key", {}), free: min(body["right"], default="")}
    return changed


def remove_option(body: Body, option: str, field: str = "choices") -> Body:
    """Give the item without a choice; what the key said of it goes, too."""
    options = {name: text for name, text in (body.get(field) or {}).items() if name != option}
    return {**body, field: options, "key": _key_without(body, option, field, options)}


def _key_without(body: Body, option: str, field: str, options: Mapping[str, Any]) -> Any:
    key = body.get("key")
    if field == "left":
        return {name: partner for name, partner in (key or {}).items() if name != option}
    if field == "right":
        first = min(options, default="")
        return {name: first if partner == option else partner for name, partner in (key or {}).items()}
    if isinstance(key, list):
        return [name for name in key if name != option]
    return min(options, default="") if key == option else key


def move_option(body: Body, option: str, steps: int, field: str = "choices") -> Body:
    """Give the item with a choice moved up (−1) or down (+1); the key goes with it.

    Choices stand in the order of their letters, so two of them change places under their letters.
    """
    names = sorted(body.get(field) or {})
    place = names.index(option) + steps
    if not 0 <= place < len(names):
        return body
    other = names[place]
    swapped = {option: other, other: option}
    options = {swapped.get(name, name): text for name, text in body[field].items()}
    return {**body, field: dict(sorted(options.items())), "key": _key_swapped(body, field, swapped)}


def _key_swapped(body: Body, field: str, swapped: Mapping[str, str]) -> Any:
    key = body.get("key")
    if field == "left":
        return {swapped.get(name, name): partner for name, partner in (key or {}).items()}
    if field == "right":
        return {name: swapped.get(partner, partner) for name, partner in (key or {}).items()}
    if isinstance(key, list):
        moved = [swapped.get(name, name) for name in key]
        return sorted(moved) if body["type"] == "multiple" else moved
    return swapped.get(key, key) if isinstance(key, str) else key


def place_in_order(body: Body, option: str, place: int) -> Body:
    """Give an ordering task whose right order has `option` at `place` (from 1); the one that stood there moves on.

    >>> place_in_order({"key": ["a", "b", "c"]}, "c", 1)["key"]
    ['c', 'a', 'b']
    """
    order = [name for name in body.get("key", []) if name != option]
    order.insert(place - 1, option)
    return {**body, "key": order}


def with_keyed(body: Body, option: str, keyed: bool) -> Body:
    """Give a multiple-choice item with one choice keyed or not."""
    others = {name for name in body.get("key", []) if name != option}
    return {**body, "key": sorted(others | ({option} if keyed else set()))}


# ── the whole ────────────────────────────────────────────────────────────────────────────────────────────────────────


def tidy(body: Body) -> Body:
    """Give the item as it is kept: unwritten texts, empty fields and defaults are left out."""
    kept = {name: _tidied(value) for name, value in body.items()}
    optional = ("unit", "stimulus", "enemies", "author", "reviewer", "fixed_order")
    return {name: value for name, value in kept.items() if not (name in optional and not value)}


def _tidied(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        if value and value.keys() <= set(LANGUAGES):
            return {language: text.strip() for language, text in value.items() if text.strip()}
        return {name: _tidied(part) for name, part in sorted(value.items())}
    return [_tidied(part) for part in value] if isinstance(value, list | tuple) else value


def problems(body: Body, language: str) -> tuple[FieldProblem, ...]:
    """Tell what keeps an item from being whole, field by field, in `language`; nothing where it is whole."""
    kept = tidy(body)
    found = [*_invalid(kept, language), *_untranslated(kept, language)]
    return tuple(dict.fromkeys(found))


def _invalid(body: Body, language: str) -> list[FieldProblem]:
    try:
        _ITEM.validate_python(body)
    except ValidationError as error:
        return [_problem(detail, body, language) for detail in error.errors(include_url=False)]
    return []


def _problem(detail: Any, body: Body, language: str) -> FieldProblem:
    finding = finding_of(detail, body, Source())
    # The first part of the place is the item's type, by which pydantic chose the model.
    path = [str(part) for part in detail["loc"] if str(part) not in TYPES]
    context = (detail.get("ctx") or {}).get("code", "")
    field = path[0] if path else (context if context in body else "")
    part = path[1] if len(path) > 1 and isinstance(body.get(field), dict) and path[1] in body[field] else ""
    empty = detail["type"] in {"missing", "string_too_short"} or (detail["type"] == "too_short" and not detail["input"])
    if field == "key" and body.get("key") is None:
        empty = True
    message = translate(_("Fill this in."), language) if empty else finding.message(language)
    return FieldProblem(field, part, message)


def _untranslated(body: Body, language: str) -> list[FieldProblem]:
    sentence = {"zh-CN": _("The Chinese text is missing."), "en": _("The English text is missing.")}
    return [
        FieldProblem(field, part, translate(sentence[lacking], language))
        for field, part, text in _texts(body)
        for lacking in LANGUAGES
        if text and not text.get(lacking)
    ]


def _texts(body: Body) -> list[tuple[str, str, dict[str, str]]]:
    found = [(field, "", body[field]) for field in ("stem", "rationale", "unit") if isinstance(body.get(field), dict)]
    for field in ("choices", "left", "right"):
        options = body.get(field)
        found += [(field, part, text) for part, text in (options or {}).items() if isinstance(text, dict)]
    return found


def differing(mine: Body, theirs: Body) -> tuple[str, ...]:
    """Name the fields in which two versions of an item differ, bookkeeping aside."""
    aside = {"status", "author", "reviewer"}
    names = [*mine, *(name for name in theirs if name not in mine)]
    one, other = tidy(mine), tidy(theirs)
    return tuple(name for name in names if name not in aside and one.get(name) != other.get(name))


def _at(body: Body, path: tuple[str, ...]) -> Any:
    value: Any = body
    for part in path:
        value = (value or {}).get(part)
    return value


def _with(body: Body, path: tuple[str, ...], value: Any) -> Body:
    head, *rest = path
    inner = _with(dict(body.get(head) or {}), tuple(rest), value) if rest else value
    return {**body, head: inner}
