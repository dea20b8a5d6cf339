"""A text that one takes along: shown whole, copied by a button."""

from __future__ import annotations

import traitlets as t

from svclib.apps.pieces.piece import Piece, script
from svclib.apps.pieces.voice import Voice
from svclib.i18n import _


class CopyText(Piece):
    """Shows a text that cannot be changed, with a button that copies it.

    Examples
    --------
    >>> CopyText(Voice("en"), "Link").text
    ''
    """

    _esm = script("copying")
    text = t.Unicode("").tag(sync=True)
    label = t.Unicode("").tag(sync=True)
    words = t.Dict().tag(sync=True)

    def __init__(self, voice: Voice, label: str, text: str = "") -> None:
        words = {"copy": voice(_("Copy")), "copied": voice(_("Copied"))}
        super().__init__(label=label, text=text, words=words)
