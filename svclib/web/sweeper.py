"""What happens by itself, every second, in a thread beside the server: expiry, seals, whatever job is due."""

from __future__ import annotations

import threading

from svclib import jobs
from svclib.store import Store


class Sweeper:
    """Runs the jobs that are due until it is stopped."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="svc-jobs", daemon=True)

    def start(self) -> None:
        """Begin; the periodic jobs are entered if they are not there yet."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being done."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        jobs.schedule(self._store)
        jobs.run_until(self._store, self._stop)
