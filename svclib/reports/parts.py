"""What a cell of a report shows: words, tables and figures; every text is escaped here."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Protocol

from svclib.reports.theme import svg

WIDE, NARROW = 660, 330
"""Widths of charts in pixels: on paper and screens, and on phones."""

RENDERING = "SVC_REPORT"
"""Variable of the environment that tells a kernel that its notebook is being rendered."""


class Shown(Protocol):
    """Anything Jupyter can display as HTML."""

    def _repr_html_(self) -> str: ...


@dataclass(frozen=True)
class Words:
    """Text as HTML; make one with the functions below, which escape."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def heading(text: str, level: int = 2) -> Words:
    """Make a heading."""
    return Words(f"<h{level}>{escape(text)}</h{level}>")


def paragraph(text: str, kind: str = "") -> Words:
    """Make a paragraph; `kind` is a class of the template (lead, note, caption)."""
    attribute = f' class="{escape(kind)}"' if kind else ""
    return Words(f"<p{attribute}>{escape(text)}</p>")


def bullets(texts: Sequence[str], kind: str = "") -> Words:
    """Make a list."""
    attribute = f' class="{escape(kind)}"' if kind else ""
    return Words(f"<ul{attribute}>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>")


@dataclass(frozen=True)
class Figure:
    """A chart with the sentence that says what it shows; drawn a second time, narrow, for phones.

    Parameters
    ----------
    draw : callable
        Takes ``width`` (pixels) and gives an Altair chart.
    caption : str
        What it shows; also what a screen reader says.
    """

    draw: Callable[[int], Any]
    caption: str

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for kind, width in (("wide", WIDE), ("narrow", NARROW)):
            if kind == "wide" or os.environ.get(RENDERING):
                bundle = {"image/svg+xml": svg(self.draw(width)), "text/plain": self.caption}
                display(bundle, raw=True, metadata={"svc": {"figure": kind, "label": self.caption}})


@dataclass(frozen=True)
class Section:
    """Parts shown one after the other, each as an output of its own."""

    parts: tuple[Any, ...] = field(default=())

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for part in self.parts:
            display(part)


def section(*parts: Any) -> Section:
    """Put parts together, leaving out those that are None."""
    return Section(tuple(part for part in parts if part is not None))
