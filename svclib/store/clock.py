"""The clock of a store on PostgreSQL: the database's, so that several servers agree about deadlines."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from svclib.store.engine import faults

REFRESH_SECONDS = 30.0
_NOW = text("SELECT clock_timestamp()")


class DatabaseClock:
    """Asks the database twice a minute and counts on from there by the machine's monotonic clock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._moment = datetime.min.replace(tzinfo=UTC)
        self._asked = float("-inf")

    def __call__(self) -> datetime:
        """Give the present moment in UTC."""
        with self._lock:
            if time.monotonic() - self._asked > REFRESH_SECONDS:
                self._ask()
            return self._moment + timedelta(seconds=time.monotonic() - self._asked)

    def _ask(self) -> None:
        before = time.monotonic()
        with faults(), self._engine.connect() as connection:
            moment: datetime = connection.execute(_NOW).scalar_one()
        after = time.monotonic()
        self._moment, self._asked = moment.astimezone(UTC), (before + after) / 2
