"""The mark of texts that people read: the statistics know no languages, whoever shows the text translates it."""

from __future__ import annotations


def _(text: str) -> str:
    """Mark `text` for translation and return it unchanged."""
    return text
