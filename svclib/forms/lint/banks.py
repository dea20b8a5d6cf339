"""The lint of item banks: topics, choices, keys that give themselves away."""

from __future__ import annotations

from collections import Counter
from typing import Any

from svclib.forms.bank import Bank, Multiple, Ordering, ShortText, Single
from svclib.forms.base import Path
from svclib.forms.lint.notes import Notes
from svclib.forms.lint.texts import HAN, distinct
from svclib.forms.scoring import normalised
from svclib.i18n import LANGUAGES, Language, _

LONGER = 1.6
MANY = 10
SHARE = 0.6


def check_bank(bank: Bank, notes: Notes) -> None:
    """Lint a bank."""
    for number, item in enumerate(bank.items):
        path = ("items", number)
        _names(bank, item, path, notes)
        _options(item, path, notes)
        _leaks(bank, item, path, notes)
        _hints(item, path, notes)
    _unused(bank, notes)
    _positions(bank, notes)


def _names(bank: Bank, item: Any, path: Path, notes: Notes) -> None:
    if item.topic not in bank.topics:
        notes.error(
            "unknown_topic", (*path, "topic"), _("There is no topic “{topic}”: add it under topics."), topic=item.topic
        )
    if item.stimulus and item.stimulus not in bank.stimuli:
        text = _("There is no stimulus “{stimulus}”: add it under stimuli.")
        notes.error("unknown_stimulus", (*path, "stimulus"), text, stimulus=item.stimulus)
    for enemy in item.enemies:
        if enemy not in bank.by_id or enemy == item.id:
            notes.error(
                "unknown_enemy",
                (*path, "enemies"),
                _("There is no other item “{item}”: check the spelling."),
                item=enemy,
            )
    if item.author and item.author == item.reviewer:
        notes.warning("own_review", (*path, "reviewer"), _("The author reviewed the item: another person should."))


def _options(item: Any, path: Path, notes: Notes) -> None:
    for key in ("choices", "left", "right"):
        for id, earlier in distinct(getattr(item, key, None) or {}):
            text = _("“{value}” has the same text as “{earlier}”: change one.")
            notes.error("duplicate_choice", (*path, key, id), text, value=id, earlier=earlier)
    if isinstance(item, ShortText) and len({normalised(words) for words in item.accepted}) < len(item.accepted):
        notes.warning(
            "duplicate_choice", (*path, "accepted"), _("Two accepted spellings count as the same: remove one.")
        )


def _leaks(bank: Bank, item: Any, path: Path, notes: Notes) -> None:
    """Find the key, or the rationale, in what the candidate reads."""
    stimulus = bank.stimuli.get(item.stimulus or "")
    for language in LANGUAGES:
        shown = normalised(item.stem.get(language, ""))
        case = normalised(stimulus.text.get(language, "")) if stimulus else ""
        if _key_shown(item, language, shown, case):
            notes.error("leaked_key", (*path, "stem"), _("The stem gives the key away: rephrase it."))
            return
        reason = normalised(item.rationale.get(language, ""))
        parts = [shown, case, *(normalised(text.get(language, "")) for text in item.options.values())]
        if _long_enough(reason) and any(reason in part for part in parts):
            notes.error(
                "leaked_key", (*path, "rationale"), _("The rationale stands in what the candidate reads: rephrase it.")
            )
            return


def _key_shown(item: Any, language: Language, shown: str, case: str) -> bool:
    if isinstance(item, ShortText):
        return any(
            _long_enough(words) and (words in shown or words in case) for words in map(normalised, item.accepted)
        )
    if not isinstance(item, Single):
        return False
    words = {id: normalised(text.get(language, "")) for id, text in item.choices.items()}
    others = any(text and text in shown for id, text in words.items() if id != item.key)
    return _long_enough(words[item.key]) and words[item.key] in shown and not others


def _long_enough(words: str) -> bool:
    """Whether words are long enough not to stand somewhere by chance."""
    return len(words) >= (4 if HAN.search(words) else 8)


def _hints(item: Any, path: Path, notes: Notes) -> None:
    if (
        isinstance(item, Single)
        and len(item.choices) > 2
        and all(_sticks_out(item, language) for language in LANGUAGES)
    ):
        notes.warning(
            "longest_key", (*path, "choices"), _("The key is by far the longest choice: even the lengths out.")
        )
    if isinstance(item, Multiple) and len(item.key) == len(item.choices):
        notes.warning("all_keyed", (*path, "key"), _("Every choice is keyed: add a wrong one."))
    if isinstance(item, Ordering) and item.fixed_order and item.key == tuple(item.choices):
        notes.error(
            "leaked_key", (*path, "key"), _("The choices are shown in the right order already: remove fixed_order.")
        )


def _sticks_out(item: Single, language: Language) -> bool:
    lengths = {id: len(text.get(language, "")) for id, text in item.choices.items()}
    longest = max(length for id, length in lengths.items() if id != item.key)
    return lengths[item.key] > LONGER * longest and lengths[item.key] > 12


def _unused(bank: Bank, notes: Notes) -> None:
    for topic in bank.topics.keys() - {item.topic for item in bank.items}:
        notes.warning("unused", ("topics", topic), _("No item is on “{name}”: add one or remove it."), name=topic)
    for stimulus in bank.stimuli.keys() - {item.stimulus for item in bank.items}:
        notes.warning(
            "unused", ("stimuli", stimulus), _("No item is on “{name}”: add one or remove it."), name=stimulus
        )


def _positions(bank: Bank, notes: Notes) -> None:
    keys = Counter(item.key for item in bank.items if isinstance(item, Single))
    total = sum(keys.values())
    for key, count in keys.most_common(1):
        if total >= MANY and count > SHARE * total:
            text = _("“{key}” is the key of {count} of {total} items: vary the position.")
            notes.warning("key_position", ("items",), text, key=key, count=count, total=total)
