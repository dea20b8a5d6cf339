"""Two languages, one source: English sentences in the code, Chinese in one gettext catalogue a room.

``svclib/locale/zh_CN/LC_MESSAGES/<room>.po`` are merged when the first Chinese message is asked for.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-CN", "en")
LOCALE = Path(__file__).parent / "locale"


def _(text: str) -> str:
    """Mark `text` for translation and return it unchanged."""
    return text


@lru_cache(maxsize=1)
def chinese() -> dict[str, str]:
    """Read the Chinese catalogues of all rooms, merged."""
    from babel.messages.pofile import read_po

    merged: dict[str, str] = {}
    for path in sorted((LOCALE / "zh_CN" / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and message.string and not message.fuzzy:
                    merged[str(message.id)] = str(message.string)
    return merged


def language_of(tag: str | None, default: Language = "zh-CN") -> Language:
    """Map any language tag (``zh``, ``zh_Hans_CN``, ``en-GB``) to one of ours.

    >>> language_of("en-GB"), language_of("zh"), language_of(None), language_of("fr")
    ('en', 'zh-CN', 'zh-CN', 'zh-CN')
    """
    if not tag:
        return default
    head = tag.lower().replace("_", "-").split("-")[0]
    return {"en": "en", "zh": "zh-CN"}.get(head, default)  # type: ignore[return-value]


def translate(text: str, language: str = "en", /, **fields: Any) -> str:
    """Render a marked text in `language`, its ``{places}`` filled from `fields`.

    A field that is itself ``{language: text}`` is given in that language. Missing fields stay visible as places.
    """
    pattern = chinese().get(text, text) if language_of(language, "en") == "zh-CN" else text
    if not fields:
        return pattern
    values = {name: local(value, language) if isinstance(value, dict) else value for name, value in fields.items()}
    return pattern.format_map(_Places(values))


def local(text: Any, language: str = "en") -> str:
    """Pick the `language` of a ``{language: text}`` mapping; a plain string stays as it is."""
    if isinstance(text, dict):
        return str(text.get(language) or text.get("en") or next(iter(text.values()), ""))
    return str(text)


class _Places(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
