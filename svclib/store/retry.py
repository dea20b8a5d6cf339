"""PostgreSQL: transactions that fail only because others ran at the same time are run again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

TRIES = 12
RETRY_LOCK = 0x5356_4352
_AGAIN = {"40001", "40P01"}  # serialization failure, deadlock
_UNIQUE = "23505"


def run(engine: Engine, work: Callable[[Connection], Any]) -> Any:
    """Run `work` in a serializable transaction, up to `TRIES` times.

    From the second try on, those who retry queue up behind an advisory lock that they take before their snapshot:
    contended rows (the head of the trail) then cost one retry each, not many.
    """
    for attempt in range(TRIES):
        try:
            return _queued(engine, work) if attempt else _once(engine, work)
        except DBAPIError as fault:
            if not _again(fault, attempt):
                raise
            time.sleep(random.uniform(0, 0.005 * (attempt + 1)))
    raise AssertionError("unreachable")


def _once(engine: Engine, work: Callable[[Connection], Any]) -> Any:
    with engine.begin() as connection:
        return work(connection)


def _queued(engine: Engine, work: Callable[[Connection], Any]) -> Any:
    with engine.connect() as guard:
        waiting = guard.execution_options(isolation_level="AUTOCOMMIT")
        waiting.execute(text("SELECT pg_advisory_lock(:key)"), {"key": RETRY_LOCK})
        try:
            return _once(engine, work)
        finally:
            waiting.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": RETRY_LOCK})


def _again(fault: DBAPIError, attempt: int) -> bool:
    """Whether another try may succeed; a taken key gets one, because the one who took it may be visible then."""
    state = getattr(fault.orig, "sqlstate", None)
    if state == _UNIQUE:
        return attempt == 0
    return state in _AGAIN and attempt < TRIES - 1
