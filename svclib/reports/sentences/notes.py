"""The notes of estimates in the reader's language."""

from __future__ import annotations

from svclib.i18n import translate


def note(text: str, language: str = "en", **fields: object) -> str:
    """Give a note of the statistics in `language`; an empty one stays empty.

    >>> note("no answers"), note("")
    ('no answers', '')
    """
    return translate(text, language, **fields) if text else ""
