"""What the server's log says of requests: failures of the server alone, and each kind of failure once in a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

SILENT_SECONDS = 10.0


class FailureLog:
    """Says each kind of failure once in ten seconds, and how often it came meanwhile.

    A full disk fails every save of every page; a line for each would fill what space is left. A full address is never
    written: it may hold a token.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}

    def __call__(self, handler: Any) -> None:
        """Log what `handler` answered, if it is a failure of the server."""
        if handler.get_status() < 500:
            return
        door = "/" + (handler.request.path or "/").lstrip("/").split("/")[0]
        kind = f"{handler.get_status()} {handler.request.method} {door}"
        said, silent = self._said.get(kind, (float("-inf"), 0))
        if self._clock() - said < SILENT_SECONDS:
            self._said[kind] = (said, silent + 1)
            return
        self._said[kind] = (self._clock(), 0)
        logging.getLogger("svclib.web").error("%s%s", kind, f" ({silent} more before)" if silent else "")
