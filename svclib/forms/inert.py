"""Text that a browser and the form library take as words only."""

from __future__ import annotations

import html

_WORD_JOINER = "\u2060"


def inert(text: str) -> str:
    """Keep braces from being read as a place where an answer is inserted; what is seen stays the same."""
    return text.replace("{", "{" + _WORD_JOINER)


def escaped(text: str) -> str:
    """Escape markup and keep braces inert; line breaks stay breaks."""
    return inert(html.escape(text, quote=True)).replace("\n", "<br>")
