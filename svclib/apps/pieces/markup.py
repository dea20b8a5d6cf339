"""HTML from values: everything is escaped unless it was made here.

>>> h("p", "1 < 2 & ", h("b", "so"), class_="small")
'<p class="small">1 &lt; 2 &amp; <b>so</b></p>'
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any, Literal

import ipywidgets

Tone = Literal["", "success", "warning", "danger", "info"]
_VOID = frozenset({"br", "hr", "img", "input"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def safe(value: Any) -> Markup:
    """Escape `value` unless it is markup; None gives nothing."""
    if isinstance(value, Markup):
        return value
    return Markup("" if value is None else escape(str(value), quote=True))


def h(name: str, *children: Any, **attributes: Any) -> Markup:
    """Make an element; children and attribute values are escaped, and children may be nested lists.

    ``class_`` is ``class``, ``aria_label`` ``aria-label``; an attribute that is None or False is left out.
    """
    given = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    listed = "".join(_attribute(key, value) for key, value in given if value is not None and value is not False)
    inner = "" if name in _VOID else join(children) + f"</{name}>"
    return Markup(f"<{name}{listed}>{inner}")


def _attribute(key: str, value: Any) -> str:
    return f" {key}" if value is True else f' {key}="{safe(value)}"'


def join(children: Iterable[Any]) -> Markup:
    """Escape and join; iterables within are joined as well."""
    return Markup("".join(_flat(child) for child in children))


def _flat(child: Any) -> str:
    return join(child) if isinstance(child, list | tuple) else safe(child)


# ── parts of a screen ────────────────────────────────────────────────────────────────────────────────────────────────
def page_head(title: str, lead: str = "") -> Markup:
    """The title of a page and one sentence about it."""
    return h("header", h("h1", title), h("p", lead, class_="app-lead") if lead else "", class_="app-head")


def badge(text: str, tone: Tone = "") -> Markup:
    """A state in a word; colour never speaks alone."""
    return h("span", text, class_=f"badge badge-{tone}" if tone else "badge")


def figure(label: str, value: str, note: str = "") -> Markup:
    """One number with its label and, below it, its interval or trend."""
    return h(
        "div",
        h("span", label, class_="figure-label"),
        h("span", value, class_="figure-value"),
        h("span", note, class_="figure-note") if note else "",
        class_="card app-figure",
    )


def figures(*parts: Markup) -> Markup:
    """Figures beside each other."""
    return h("div", parts, class_="app-figures")


def banner(text: Any, tone: Tone = "info") -> Markup:
    """A sentence that stands on the page until things change."""
    return h("div", h("p", text), class_=f"banner banner-{tone}")


def empty_state(title: str, next_step: str) -> Markup:
    """What to do when there is nothing yet."""
    return h("div", h("p", h("strong", title)), h("p", next_step), class_="empty")


def facts(pairs: Iterable[tuple[str, Any]]) -> Markup:
    """Names and values of one thing."""
    rows = [h("div", h("dt", name), h("dd", value)) for name, value in pairs]
    return h("dl", rows, class_="app-facts")


def detail(title: str, *parts: Any) -> Markup:
    """A card about one thing."""
    return h("section", h("h2", title), parts, class_="card app-detail")


def sentence(text: str) -> Markup:
    """The plain sentence above a chart or table."""
    return h("p", text, class_="app-sentence")


class Html(ipywidgets.HTML):
    """A widget that shows markup; plain text given to it is escaped.

    Examples
    --------
    >>> Html(h("p", "a < b")).value, Html("a < b").value
    ('<p>a &lt; b</p>', 'a &lt; b')
    """

    def __init__(self, content: Any = "", **options: Any) -> None:
        super().__init__(safe(content), **options)
        self.add_class("app-html")

    def set(self, content: Any) -> None:
        """Show other content."""
        self.value = safe(content)
