"""A table that one sorts, searches, pages and selects in; on a phone it becomes a list of cards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import traitlets as t

from svclib.apps.pieces.markup import Tone
from svclib.apps.pieces.piece import Piece, script
from svclib.apps.pieces.voice import Voice, missing
from svclib.i18n import _

PAGE = 20
LABELS = {
    "search": _("Search in the table"),
    "none": _("Nothing fits the search."),
    "range": _("{first}–{last} of {count}"),
    "chosen": _("{count} selected"),
    "previous": _("Previous page"),
    "next": _("Next page"),
    "sort": _("Sort by"),
    "all": _("Select all that are found"),
    "choose": _("Select {name}"),
}


@dataclass(frozen=True)
class Column:
    """One column: the name of its cells, its heading, and how it is set.

    ``number`` stands right in figures of one width; ``sort`` False for what has no order.
    """

    name: str
    label: str
    kind: Literal["text", "number"] = "text"
    sort: bool = True


def cell(text: Any, *, tone: Tone | None = None, order: Any = None, href: str | None = None) -> dict[str, Any]:
    """Make a cell that is a badge (`tone`), a link (`href`, to our own pages), or sorts by another value (`order`)."""
    made: dict[str, Any] = {"text": "" if missing(text) else str(text)}
    if tone is not None:
        made["tone"] = tone
    if not missing(order):
        made["order"] = order
    if href is not None and href.startswith("/") and not href.startswith("//"):
        made["href"] = href
    return made


class Table(Piece):
    """Rows of cells.

    Parameters
    ----------
    columns : iterable of Column
        The first one names the row.
    voice : Voice
        For the words of the table itself.
    select : {"none", "one", "many"}
        What may be selected; `selected` holds the ids of the rows.
    caption : str
        What the table shows; read out by screen readers and shown above it.
    empty : str
        Shown when there are no rows: what to do next.
    on_select : callable, optional
        Called with the list of selected ids after each change of the user's.

    Examples
    --------
    >>> table = Table([Column("name", "Name")], Voice("en"), caption="People")
    >>> table.show([("p1", {"name": "Li"})])
    >>> table.rows
    [{'id': 'p1', 'cells': {'name': {'text': 'Li'}}}]
    """

    _esm = script("table")
    columns: t.List[Any] = t.List().tag(sync=True)
    rows: t.List[Any] = t.List().tag(sync=True)
    selected: t.List[Any] = t.List().tag(sync=True)
    select = t.Unicode("none").tag(sync=True)
    caption = t.Unicode("").tag(sync=True)
    empty = t.Unicode("").tag(sync=True)
    labels = t.Dict().tag(sync=True)
    page_size = t.Int(PAGE).tag(sync=True)
    language = t.Unicode("en").tag(sync=True)

    def __init__(
        self,
        columns: Iterable[Column],
        voice: Voice,
        *,
        select: Literal["none", "one", "many"] = "none",
        caption: str = "",
        empty: str = "",
        on_select: Callable[[list[str]], Any] | None = None,
        page_size: int = PAGE,
    ) -> None:
        self.on_select = on_select
        super().__init__(
            columns=[asdict(column) for column in columns], select=select, caption=caption, empty=empty,
            page_size=page_size, language=voice.language, labels={name: voice(text) for name, text in LABELS.items()},
        )  # fmt: skip

    def show(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Show rows, each an id and its cells (values, or what `cell` makes); a selection that is still there stays."""
        made = [{"id": key, "cells": {name: _cell(value) for name, value in cells.items()}} for key, cells in rows]
        there = {row["id"] for row in made}
        if any(key not in there for key in self.selected):
            self.selected = [key for key in self.selected if key in there]
        if made != self.rows:
            self.rows = made

    def choose(self, *ids: str) -> None:
        """Select rows, as a click would."""
        self.selected = [key for key in ids if any(row["id"] == key for row in self.rows)]
        self.tell(self.on_select, list(self.selected))

    def heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Take a selection; ids that are not in the table are left out."""
        given = message.get("selected")
        if isinstance(given, list):
            self.choose(*(str(key) for key in given))


def _cell(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if missing(value):
        return {"text": "–"}
    return {"text": str(value)} | ({"order": value} if isinstance(value, int | float) else {})
