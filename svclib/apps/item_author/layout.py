"""How an item is laid out for editing: sections, rows and inputs by its type; and what an input means for the item.

An input's name is the place it changes: ``stem.en``, ``choices.b.zh-CN``, ``keyed.b``, ``place.b``, ``partner.a``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from svclib.apps.item_author import editing
from svclib.apps.item_author.editing import Body, FieldProblem
from svclib.apps.item_author.words import FIELD_NAMES, LEVEL_NAMES, SCORING_NAMES
from svclib.apps.pieces.voice import Voice
from svclib.forms.bank import LEVELS
from svclib.i18n import LANGUAGES, _

LANGUAGE_NAMES = {"zh-CN": "中文", "en": "English"}
TEXTS = ("stem", "rationale", "unit")
OPTIONS = ("choices", "left", "right")
Spec = dict[str, Any]


@dataclass(frozen=True)
class Choices:
    """What can be chosen in a bank: topics and cases, as (name, id)."""

    topics: Sequence[tuple[str, str]] = ()
    stimuli: Sequence[tuple[str, str]] = ()


def layout(body: Body, voice: Voice, bank: Choices) -> list[Spec]:
    """Lay an item out: a list of sections, each with a title, rows of inputs and what can be added.

    Examples
    --------
    >>> body = editing.blank("true_false", "x-1", "fees")
    >>> [section["name"] for section in layout(body, Voice("en"), Choices())]
    ['stem', 'key', 'rationale', 'filing']
    """
    say = _Saying(voice)
    answer = [section for name in _ORDER if (section := _section(name, body, say))]
    return [_texts("stem", body, say), *answer, _texts("rationale", body, say), _filing(body, say, bank)]


_ORDER = (*OPTIONS, "key")


class _Saying:
    """The words of the layout in one language."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice

    def __call__(self, text: str, **fields: Any) -> str:
        return self.voice(text, **fields)

    def field(self, name: str) -> str:
        return self.voice(FIELD_NAMES[name])


def _section(name: str, body: Body, say: _Saying) -> Spec | None:
    if name in OPTIONS:
        return _options(name, body, say) if name in body else None
    rows = _key_rows(body, say)
    return {"name": "key", "title": say.field("key"), "rows": rows, "add": None} if rows else None


def _texts(field: str, body: Body, say: _Saying) -> Spec:
    row = _row(field, "", _bilingual(field, body.get(field) or {}, say.field(field), lines=3))
    return {"name": field, "title": say.field(field), "rows": [row], "add": None}


def _bilingual(path: str, text: Mapping[str, str], label: str, lines: int = 1) -> list[Spec]:
    kind = "textarea" if lines > 1 else "text"
    return [
        _input(f"{path}.{language}", kind, LANGUAGE_NAMES[language], text.get(language, ""), lang=language,
               spoken=f"{label}, {LANGUAGE_NAMES[language]}", lines=lines)
        for language in LANGUAGES
    ]  # fmt: skip


def _options(field: str, body: Body, say: _Saying) -> Spec:
    names = sorted(body[field])
    rows = [_option(field, name, body, say, names) for name in names]
    label = say(_("Add a choice") if field == "choices" else _("Add an entry"))
    add = {"act": f"add:{field}", "label": label} if len(names) < len(editing.IDS) else None
    return {"name": field, "title": say.field(field), "rows": rows, "add": add}


def _option(field: str, name: str, body: Body, say: _Saying, names: list[str]) -> Spec:
    label = say(_("Choice {name}") if field == "choices" else _("Entry {name}"), name=name.upper())
    mark = _mark(field, name, body, say)
    inputs = [*([mark] if mark else []), *_bilingual(f"{field}.{name}", body[field][name] or {}, label, lines=2)]
    acts = [
        _act(f"up:{field}:{name}", "↑", say(_("Move {name} up"), name=label), name == names[0]),
        _act(f"down:{field}:{name}", "↓", say(_("Move {name} down"), name=label), name == names[-1]),
        _act(f"remove:{field}:{name}", "×", say(_("Remove {name}"), name=label), len(names) <= 2),
    ]
    return _row(f"{field}.{name}", name.upper(), inputs, acts)


def _act(act: str, icon: str, label: str, off: bool) -> Spec:
    return {"act": act, "icon": icon, "label": label, "off": off}


def _mark(field: str, name: str, body: Body, say: _Saying) -> Spec | None:
    """What stands before a choice: whether it is right, its place in the order, its partner."""
    kind, key = body["type"], body.get("key")
    if kind == "single":
        return _input("key", "radio", say(_("Is right")), key == name, option=name, spoken=_right(name, say))
    if kind == "multiple":
        return _input(f"keyed.{name}", "check", say(_("Is right")), name in (key or []), spoken=_right(name, say))
    if kind == "ordering":
        places = [(str(place), str(place)) for place in range(1, len(key or []) + 1)]
        held = str((key or []).index(name) + 1) if name in (key or []) else ""
        return _input(f"place.{name}", "select", say(_("Place")), held, options=places)
    if kind == "matching" and field == "left":
        partners = [(other, other.upper()) for other in sorted(body.get("right") or {})]
        return _input(f"partner.{name}", "select", say(_("Goes with")), (key or {}).get(name, ""), options=partners)
    return None


def _right(name: str, say: _Saying) -> str:
    return say(_("{name} is right"), name=name.upper())


def _key_rows(body: Body, say: _Saying) -> list[Spec]:
    made = {"true_false": _truth, "numeric": _number_key, "short_text": _spellings, "multiple": _scoring}
    return made[body["type"]](body, say) if body["type"] in made else []


def _truth(body: Body, say: _Saying) -> list[Spec]:
    words = [("true", say(_("The statement is true"))), ("false", say(_("The statement is false")))]
    return [_alone("key", "select", say, str(body.get("key")).lower(), options=words)]


def _number_key(body: Body, say: _Saying) -> list[Spec]:
    numbers = [_input(name, "number", say.field(name), body.get(name)) for name in ("key", "tolerance")]
    unit = _bilingual("unit", body.get("unit") or {}, say.field("unit"))
    return [_row("key", "", numbers), _row("unit", say.field("unit"), unit)]


def _spellings(body: Body, say: _Saying) -> list[Spec]:
    hint = say(_("One spelling a line. Capitals, full-width letters and spaces do not matter."))
    return [_alone("accepted", "textarea", say, "\n".join(body.get("accepted") or []), hint=hint, lines=4)]


def _scoring(body: Body, say: _Saying) -> list[Spec]:
    named = [(name, say(text)) for name, text in SCORING_NAMES.items()]
    return [_alone("scoring", "select", say, body.get("scoring", "strict"), options=named)]


def _alone(name: str, kind: str, say: _Saying, value: Any, **more: Any) -> Spec:
    return _row(name, "", [_input(name, kind, say.field(name), value, **more)])


def _filing(body: Body, say: _Saying, bank: Choices) -> Spec:
    topics = [(name, title) for title, name in bank.topics]
    levels = [(name, say(LEVEL_NAMES[name])) for name in LEVELS]
    cases = [("", say(_("None"))), *((name, title) for title, name in bank.stimuli)]
    hint = say(_("Ids of items that must not stand in the same exam, with commas between them."))
    enemies = ", ".join(body.get("enemies") or [])
    rows = [
        _row("source", "", [_input("source", "text", say.field("source"), body.get("source", ""))]),
        _row("topic", "", [
            _input("topic", "select", say.field("topic"), body.get("topic", ""), options=topics),
            _input("level", "select", say.field("level"), body.get("level", ""), options=levels),
            _input("points", "number", say.field("points"), body.get("points", 1)),
        ]),
        _row("stimulus", "", [
            _input("stimulus", "select", say.field("stimulus"), body.get("stimulus", ""), options=cases),
            _input("enemies", "text", say.field("enemies"), enemies, hint=hint),
        ]),
    ]  # fmt: skip
    if body["type"] in {"single", "multiple", "matching"}:
        fixed = bool(body.get("fixed_order"))
        rows.append(_row("fixed_order", "", [_input("fixed_order", "check", say.field("fixed_order"), fixed)]))
    return {"name": "filing", "title": say(_("Filing")), "rows": rows, "add": None}


def _row(name: str, label: str, inputs: list[Spec], acts: Iterable[Spec] = ()) -> Spec:
    return {"name": name, "label": label, "inputs": inputs, "acts": list(acts)}


def _input(name: str, kind: str, label: str, value: Any, **more: Any) -> Spec:
    options = [{"value": value, "text": text} for value, text in more.pop("options", ())]
    return {"name": name, "kind": kind, "label": label, "value": value, "options": options, **more}


# ── what an input means ──────────────────────────────────────────────────────────────────────────────────────────────


def entered(body: Body, name: str, value: Any) -> Body:
    """Give the item after an input was changed; a name that no input has changes nothing.

    >>> entered({"type": "single", "key": "a"}, "key", "b")["key"]
    'b'
    """
    head, *rest = name.split(".")
    if head in TEXTS and len(rest) == 1 and rest[0] in LANGUAGES:
        return editing.with_text(body, (head,), rest[0], str(value))
    if head in OPTIONS and len(rest) == 2 and rest[1] in LANGUAGES and rest[0] in (body.get(head) or {}):
        return editing.with_text(body, (head, rest[0]), rest[1], str(value))
    if head == "keyed" and rest and rest[0] in body.get("choices", {}):
        return editing.with_keyed(body, rest[0], bool(value))
    if head == "place" and rest and rest[0] in body.get("choices", {}) and str(value).isdigit():
        return editing.place_in_order(body, rest[0], int(value))
    if head == "partner" and rest and value in body.get("right", {}):
        return {**body, "key": {**(body.get("key") or {}), rest[0]: value}}
    return _field(body, name, value)


def _field(body: Body, name: str, value: Any) -> Body:
    if name == "accepted":
        lines = (line.strip() for line in str(value).splitlines())
        return editing.with_value(body, name, list(dict.fromkeys(line for line in lines if line)))
    if name == "enemies":
        ids = str(value).replace("，", ",").replace("、", ",").split(",")
        return editing.with_value(body, name, [one.strip() for one in ids if one.strip()])
    if name == "key":
        return editing.with_value(body, name, _key(body["type"], value))
    if name in {"tolerance", "points"}:
        return editing.with_value(body, name, _number(value))
    if name in {"source", "topic", "level", "scoring", "stimulus"}:
        return editing.with_value(body, name, str(value))
    return editing.with_value(body, name, bool(value)) if name == "fixed_order" else body


def _key(kind: str, value: Any) -> Any:
    if kind == "true_false":
        return str(value) == "true"
    return _number(value) if kind == "numeric" else str(value)


def _number(value: Any) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if float(value).is_integer() else float(value)


def acted(body: Body, act: str) -> Body:
    """Give the item after a button was used: ``add:choices``, ``up:choices:b``, ``down:…``, ``remove:…``."""
    verb, _colon, rest = act.partition(":")
    field, _colon, option = rest.partition(":")
    if field not in OPTIONS or field not in body:
        return body
    if verb == "add":
        return editing.add_option(body, field)
    if option not in body[field]:
        return body
    if verb == "remove":
        return editing.remove_option(body, option, field) if len(body[field]) > 2 else body
    return editing.move_option(body, option, {"up": -1, "down": 1}.get(verb, 0), field)


def blamed(problems: Iterable[FieldProblem], spec: Sequence[Spec]) -> dict[str, str]:
    """Bring problems to the inputs and rows they belong to: input or row name → message."""
    names = [row["name"] for section in spec for row in section["rows"]]
    every = [one for section in spec for row in section["rows"] for one in row["inputs"]]
    inputs = [one["name"] for one in every if one["kind"] != "radio"]
    found: dict[str, list[str]] = {}
    for problem in problems:
        # The key of a choosing item is marked at its choices, that of a matching task at its left side.
        keyed = ["choices", "left"] if problem.field == "key" else []
        wanted = [f"{problem.field}.{problem.part}", problem.field]
        place = next((one for one in wanted if one in inputs or one in names), "")
        place = place or next((one["name"] for one in spec if one["name"] in [problem.field, *keyed]), "")
        found.setdefault(place, []).append(problem.message)
    return {place: " ".join(dict.fromkeys(messages)) for place, messages in found.items()}
