"""The frame of an app: title, body, notices, dialog; and what happens when something fails."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import ipywidgets

from svclib.apps.pieces.actions import column
from svclib.apps.pieces.dialog import Dialog
from svclib.apps.pieces.feedback import Progress, Toasts
from svclib.apps.pieces.fields import Fields
from svclib.apps.pieces.files import Download
from svclib.apps.pieces.markup import Html, page_head
from svclib.apps.pieces.piece import Piece
from svclib.apps.pieces.voice import Voice
from svclib.errors import SvcError
from svclib.i18n import _

log = logging.getLogger(__name__)


class Screen(ipywidgets.VBox):
    """What every app is shown in.

    Attributes
    ----------
    voice : Voice
        Speaks the user's language.
    toasts, dialog, progress, download
        One of each; views use them.

    Examples
    --------
    >>> screen = Screen(Voice("en"), "Exam desk")
    >>> screen.guard(lambda: 1 / 0)()
    >>> screen.toasts.notices[-1]["tone"]
    'danger'
    """

    def __init__(self, voice: Voice, title: str, lead: str = "") -> None:
        self.voice = voice
        self.head = Html(page_head(title, lead))
        self.body = column()
        self.toasts = Toasts(close=voice(_("Close")))
        self.dialog = Dialog(voice)
        self.progress = Progress()
        self.download = Download()
        super().__init__([self.head, self.progress, self.body, self.dialog, self.toasts, self.download])
        self.add_class("app-screen")
        self.dialog.failed = self.fail

    def fill(self, *children: ipywidgets.Widget) -> None:
        """Show `children` below the title."""
        self.body.children = children
        self.adopt(*children)

    def adopt(self, *widgets: ipywidgets.Widget) -> None:
        """Let this screen answer for what the handlers of `widgets`, and of all within, raise."""
        for widget in widgets:
            if isinstance(widget, Piece) and widget.failed is None:
                widget.failed = self.fail
            self.adopt(*getattr(widget, "panels", {}).values(), *getattr(widget, "children", ()))

    def fail(self, fault: Exception) -> None:
        """Tell the user what went wrong: our own errors in words, anything else as a fault of the program."""
        if isinstance(fault, SvcError):
            self.toasts.say(self.voice.error(fault), "danger")
            return
        log.error("An app's handler failed", exc_info=fault)
        text = _("Something went wrong here, and nothing was changed. Try again; if it happens again, reload the page.")
        self.toasts.say(self.voice(text), "danger")

    def guard(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a handler so that what it raises is told to the user."""

        def guarded(*given: Any, **named: Any) -> Any:
            try:
                return handler(*given, **named)
            except Exception as fault:  # noqa: BLE001 - the last place to tell anybody
                return self.fail(fault)

        return guarded

    def submit(self, form: Fields, handler: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], None]:
        """Wrap the handler of a form: errors go to their field, the rest to a notice."""

        def submitted(values: dict[str, Any]) -> None:
            try:
                form.need(_("Fill in “{label}”."), values)
                handler(values)
            except SvcError as fault:
                if not form.blame(fault, self.voice.error(fault)):
                    self.fail(fault)

        return submitted

    def say(self, text: str, **fields: Any) -> None:
        """Show a good notice from a marked text."""
        self.toasts.say(self.voice(text, **fields), "success")
