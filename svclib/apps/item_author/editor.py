"""The editor of an item as a widget: draws the layout, tells what was entered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import traitlets as t

from svclib.apps.pieces import piece
from svclib.apps.pieces.piece import Piece, script

_STYLE = Path(piece.__file__).parent / "scripts" / "item_editor.css"
LONGEST = 10_000


class ItemEditor(Piece):
    """Inputs in both languages side by side.

    Parameters
    ----------
    on_entry : callable
        Called with the name and the value of an input that was changed.
    on_act : callable
        Called with the name of a button that was used (see `svclib.apps.item_author.layout.acted`).

    Attributes
    ----------
    sections : list
        As `svclib.apps.item_author.layout.layout` makes them.
    errors : dict
        Name of an input, row or section → what is wrong with it.
    locked : bool
        Nothing can be changed.
    """

    _esm = script("fields", "item_editor")
    _css = _STYLE.read_text("utf-8")
    sections: Any = t.List().tag(sync=True)
    errors = t.Dict().tag(sync=True)
    locked = t.Bool(False).tag(sync=True)

    def __init__(self, on_entry: Callable[[str, Any], Any], on_act: Callable[[str], Any]) -> None:
        self.on_entry, self.on_act = on_entry, on_act
        super().__init__()

    def heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Take an entry or a click; nothing while it is locked."""
        if self.locked:
            return
        if isinstance(message.get("act"), str):
            self.tell(self.on_act, message["act"])
        elif isinstance(message.get("input"), str) and _plain(message.get("value")):
            self.tell(self.on_entry, message["input"], message.get("value"))


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= LONGEST)
