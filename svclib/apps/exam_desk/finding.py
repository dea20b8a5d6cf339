"""One part of what the answers say about an exam, as the screen shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from svclib.apps.pieces.table import Column


@dataclass(frozen=True)
class Finding:
    """One part as the screen shows it.

    Attributes
    ----------
    told : list of str
        Plain sentences, the most important first.
    draw : callable, optional
        Gives the chart for a width in pixels.
    caption, empty : str
        Of the table: what it lists, and what an empty one means.
    columns, rows
        As `svclib.apps.pieces.table.Table` takes them.
    """

    told: list[str]
    draw: Callable[[int], Any] | None = None
    caption: str = ""
    empty: str = ""
    columns: list[Column] = field(default_factory=list)
    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
