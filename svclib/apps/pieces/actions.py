"""Buttons beside each other, and the tabs of a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import ipywidgets
import traitlets as t

from svclib.apps.pieces.piece import Piece, script


@dataclass(frozen=True)
class Action:
    """One button: the name it is told by, its label, how much it matters, whether it can be used now.

    With `href` it is a link to one of our own pages, opened in a new tab.
    """

    name: str
    label: str
    kind: Literal["", "primary", "danger", "quiet"] = ""
    disabled: bool = False
    hint: str = ""
    href: str = ""


class Actions(Piece):
    """A row of buttons; `on_action` is called with the name of the one that was used.

    Examples
    --------
    >>> pressed = []
    >>> row = Actions([Action("save", "Save", "primary")], on_action=pressed.append)
    >>> row.press("save")
    >>> pressed
    ['save']
    """

    _esm = script("actions")
    actions: t.List[Any] = t.List().tag(sync=True)
    label = t.Unicode("").tag(sync=True)

    def __init__(
        self, actions: Iterable[Action], *, on_action: Callable[[str], Any] | None = None, label: str = ""
    ) -> None:
        self.on_action = on_action
        super().__init__(actions=[asdict(action) for action in actions], label=label)

    def offer(self, actions: Iterable[Action]) -> None:
        """Offer other buttons."""
        made = [asdict(action) for action in actions]
        if made != self.actions:
            self.actions = made

    def press(self, name: str) -> None:
        """Use a button; one that is not there or disabled does nothing."""
        if any(action["name"] == name and not action["disabled"] for action in self.actions):
            self.tell(self.on_action, name)

    def heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Take a click."""
        self.press(str(message.get("action", "")))


class TabBar(Piece):
    """The row of tabs."""

    _esm = script("tabs")
    tabs: t.List[Any] = t.List().tag(sync=True)
    current = t.Unicode("").tag(sync=True)
    label = t.Unicode("").tag(sync=True)

    on_choice: Callable[[str], Any] | None = None

    def heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Take a choice."""
        name = str(message.get("tab", ""))
        if any(tab["name"] == name for tab in self.tabs):
            self.tell(self.on_choice, name)


class Tabs(ipywidgets.VBox):
    """Panels of which one is shown.

    Parameters
    ----------
    panels : mapping
        Name → (label, widget).
    label : str
        What the tabs choose between, for screen readers.
    on_open : callable, optional
        Called with the name before a panel is shown: the place to load what it shows.

    Examples
    --------
    >>> tabs = Tabs({"a": ("First", ipywidgets.VBox()), "b": ("Second", ipywidgets.VBox())}, label="Parts")
    >>> tabs.go("b")
    >>> tabs.current
    'b'
    """

    def __init__(
        self,
        panels: Mapping[str, tuple[str, ipywidgets.Widget]],
        *,
        label: str = "",
        on_open: Callable[[str], Any] | None = None,
    ) -> None:
        self.on_open = on_open
        self.panels = {name: panel for name, (_label, panel) in panels.items()}
        self.bar = TabBar(label=label, tabs=[{"name": name, "label": text} for name, (text, _w) in panels.items()])
        self.bar.on_choice = self.go
        self.current = ""
        super().__init__([self.bar])
        self.add_class("app-tabs")

    def go(self, name: str) -> None:
        """Show the panel `name`; only it is in the page."""
        if self.on_open is not None:
            self.on_open(name)
        self.current = self.bar.current = name
        self.children = (self.bar, self.panels[name])

    def count(self, name: str, number: int) -> None:
        """Show how many things wait behind a tab."""
        tabs = [{**tab, "count": number} if tab["name"] == name else tab for tab in self.bar.tabs]
        if tabs != self.bar.tabs:
            self.bar.tabs = tabs


def column(*children: ipywidgets.Widget, kind: str = "") -> ipywidgets.VBox:
    """Widgets below each other."""
    box = ipywidgets.VBox(list(children))
    box.add_class("app-column")
    for name in kind.split():
        box.add_class(name)
    return box


def beside(*children: ipywidgets.Widget, kind: str = "app-beside") -> ipywidgets.Box:
    """Widgets beside each other where there is room, else below each other."""
    box = ipywidgets.Box(list(children))
    for name in kind.split():
        box.add_class(name)
    return box


def refill(box: ipywidgets.Box, children: Sequence[ipywidgets.Widget]) -> None:
    """Show other widgets in a box, only if they are others."""
    if tuple(children) != tuple(box.children):
        box.children = tuple(children)
