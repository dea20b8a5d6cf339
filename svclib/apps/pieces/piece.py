"""What the widgets of `svclib.apps.pieces` share: one small script each, messages in, calls out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget

_HERE = Path(__file__).parent / "scripts"


def script(*names: str) -> str:
    """Join the scripts `names`; the last one exports the widget's ``render``."""
    return "\n".join((_HERE / f"{name}.js").read_text("utf-8") for name in names)


class Piece(anywidget.AnyWidget):
    """A widget that hands the page's messages to ``heard(message, buffers)``.

    What a handler raises is given to `failed` where an app has set it (`svclib.apps.pieces.screen.Screen` does).
    """

    failed: Callable[[Exception], None] | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.on_msg(self._take)

    def heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Take one message of the page."""

    def tell(self, handler: Callable[..., Any] | None, *given: Any) -> None:
        """Call a handler of the app, if there is one."""
        if handler is None:
            return
        try:
            handler(*given)
        except Exception as fault:
            if self.failed is None:
                raise
            self.failed(fault)

    def _take(self, _widget: Any, message: Any, buffers: list[Any]) -> None:
        if isinstance(message, dict):
            self.heard(message, buffers)
