"""Both languages, everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from svclib.forms.base import Path
from svclib.forms.lint.notes import Notes
from svclib.i18n import LANGUAGES, Language, _

HAN = re.compile(r"[\u4e00-\u9fff]")


def check_texts(body: dict[str, Any], languages: Sequence[str], notes: Notes) -> None:
    """Find texts that lack one of `languages`, or whose English is the Chinese text."""
    for path, text in texts(body):
        for language in languages:
            if not text.get(language, "").strip():
                sentence = _("The text lacks {language}: write both, {form}.")
                notes.error("missing_translation", path, sentence, language=language, form="{zh-CN: …, en: …}")
        english = text.get("en", "")
        if "en" in languages and english == text.get("zh-CN") and HAN.search(english):
            notes.warning("untranslated", path, _("The English text is the Chinese one: translate it."))


def texts(body: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, str]]]:
    """Give every bilingual text in plain data, with its path."""
    if isinstance(body, list):
        for number, part in enumerate(body):
            yield from texts(part, (*path, number))
    elif isinstance(body, dict):
        if _is_text(body) and path[-1:] != ("key",):
            yield path, body
        else:
            for key, part in body.items():
                yield from texts(part, (*path, key))


def _is_text(body: dict[str, Any]) -> bool:
    return bool(body) and body.keys() <= set(LANGUAGES) and all(isinstance(part, str) for part in body.values())


def distinct(parts: Mapping[str, Mapping[Language, str]]) -> Iterator[tuple[str, str]]:
    """Give pairs of ids whose texts are the same in a language: ``(id, earlier id)``, each id once."""
    seen: dict[tuple[str, str], str] = {}
    for id, text in parts.items():
        words = [(language, " ".join(text.get(language, "").casefold().split())) for language in LANGUAGES]
        earlier = next((seen[pair] for pair in words if pair[1] and pair in seen), None)
        if earlier:
            yield id, earlier
        seen |= {pair: id for pair in words if pair not in seen}
