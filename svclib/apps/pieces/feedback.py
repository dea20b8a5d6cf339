"""What the screen says back: short notices, progress, and the beat of a board that refreshes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import traitlets as t

from svclib.apps.pieces.piece import Piece, script

Tone = Literal["success", "danger", "info", "warning"]
KEPT = 3


class Toasts(Piece):
    """Short notices in the corner, read out by screen readers; faults stay until they are closed.

    Examples
    --------
    >>> toasts = Toasts(close="Close")
    >>> toasts.say("Saved.", "success")
    >>> toasts.notices[-1]["text"]
    'Saved.'
    """

    _esm = script("toasts")
    notices: t.List[Any] = t.List().tag(sync=True)
    close_label = t.Unicode("").tag(sync=True)

    def __init__(self, close: str) -> None:
        self._count = 0
        super().__init__(close_label=close)

    def say(self, text: str, tone: Tone = "info") -> None:
        """Show a notice."""
        self._count += 1
        self.notices = [*self.notices, {"id": self._count, "text": text, "tone": tone}][-KEPT:]

    def heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Forget a notice that was closed or has been long enough on the screen."""
        self.notices = [notice for notice in self.notices if notice["id"] != message.get("closed")]


class Progress(Piece):
    """Shows that something takes time, and how far it is where that is known (`share` 0–1; below 0: unknown).

    Examples
    --------
    >>> progress = Progress()
    >>> with progress.busy("Reading the results"):
    ...     progress.text
    'Reading the results'
    >>> progress.text
    ''
    """

    _esm = script("progress")
    text = t.Unicode("").tag(sync=True)
    share = t.Float(-1.0).tag(sync=True)

    @contextmanager
    def busy(self, text: str) -> Iterator[Progress]:
        """Show `text` while the block runs."""
        self.share, self.text = -1.0, text
        try:
            yield self
        finally:
            self.text = ""


class Pulse(Piece):
    """Calls `on_beat` every few seconds, as long as the page is there, in view, and the pulse is running.

    The beat comes from the page, so that a forgotten kernel stays idle and can be ended.
    """

    _esm = script("pulse")
    seconds = t.Float(5.0).tag(sync=True)
    running = t.Bool(False).tag(sync=True)

    def __init__(self, seconds: float, on_beat: Callable[[], Any]) -> None:
        self.on_beat = on_beat
        super().__init__(seconds=seconds)

    def heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Take a beat."""
        if self.running and message.get("beat"):
            self.tell(self.on_beat)
