"""What happens by itself, every few seconds, in a thread beside the server."""

from __future__ import annotations

import logging
import threading

from svclib.settings import Settings
from svclib.store import Store

EVERY_SECONDS = 5.0
_log = logging.getLogger("svclib.web")


class Sweeper:
    """Closes attempts whose time is over and runs the jobs that are due; a failure is logged and tried again."""

    def __init__(self, store: Store, settings: Settings, every: float = EVERY_SECONDS) -> None:
        self._store = store
        self._settings = settings
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="svc-sweeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being done."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _loop(self) -> None:
        while not self._stop.wait(self._every):
            try:
                self.sweep()
            except Exception as fault:  # noqa: BLE001 - whatever it was, the next round may succeed
                _log.error("the sweep failed: %s: %s", type(fault).__name__, fault)

    def sweep(self) -> None:
        """Do one round."""
        from svclib.operations import attempts

        attempts.sweep(self._store)
