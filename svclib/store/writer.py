"""Group commit: one thread runs many small transactions and makes them durable together.

A disk that syncs a few hundred times a second limits commits, not changes. The writer takes what waits, runs each piece
of work inside a savepoint, commits once, and only then tells the callers. Who was told "saved" is saved.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, Full, Queue
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from svclib.errors import Unavailable
from svclib.i18n import _
from svclib.store.engine import unavailable

Work = Callable[[Connection], Any]
BATCH = 256
GATHER_SECONDS = 0.005
WAITING = 10_000
_Item = tuple[Work, "Future[Any]"]


class GroupCommit:
    """A thread that owns the writing connection of a SQLite store.

    Parameters
    ----------
    engine : Engine
        Writing engine (``BEGIN IMMEDIATE``).
    batch : int
        Most pieces of work in one commit.
    gather : float
        Longest time in seconds for which pieces of one commit are run.
    waiting : int
        Most pieces that may wait; `submit` refuses more, so that a slow disk shows at once.
    """

    def __init__(
        self, engine: Engine, *, batch: int = BATCH, gather: float = GATHER_SECONDS, waiting: int = WAITING
    ) -> None:
        self._engine = engine
        self._batch = batch
        self._gather = gather
        self._queue: Queue[_Item | None] = Queue(waiting)
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> Future[Any]:
        """Hand `work` over; the future holds its result once it is on the disk, or its error.

        Raises
        ------
        Unavailable
            Too much waits already, or the store is closing.
        """
        future: Future[Any] = Future()
        with self._lock:
            if self._closed:
                raise Unavailable(_("The store is closing; nothing was saved."))
            try:
                self._queue.put_nowait((work, future))
            except Full:
                raise Unavailable(_("The store is overloaded; nothing was saved. Try again in a moment.")) from None
        return future

    def close(self) -> None:
        """Finish what waits, then end the thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            if not self._commit(first):
                return

    def _commit(self, first: _Item) -> bool:
        """Run one batch; False when the end of the queue was met."""
        done: list[tuple[Future[Any], Any]] = []
        pending: list[Future[Any]] = []
        try:
            with self._engine.begin() as connection:
                more = self._fill(connection, first, done, pending)
        except BaseException as fault:  # noqa: BLE001 - the callers get it, the thread goes on
            if not pending:
                pending.append(first[1])
            _fail(pending, fault)
            return True
        for future, result in done:
            future.set_result(result)
        return more

    def _fill(
        self, connection: Connection, first: _Item, done: list[tuple[Future[Any], Any]], pending: list[Future[Any]]
    ) -> bool:
        item: _Item | None = first
        until = time.monotonic() + self._gather
        for _place in range(self._batch):
            if item is None:
                return False
            self._one(connection, *item, done, pending)
            if time.monotonic() >= until:
                return True
            try:
                item = self._queue.get_nowait()
            except Empty:
                return True
        if item is not None:
            self._one(connection, *item, done, pending)
        return item is not None

    def _one(
        self, connection: Connection, work: Work, future: Future[Any], done: list[tuple[Future[Any], Any]],
        pending: list[Future[Any]],
    ) -> None:  # fmt: skip
        if not future.set_running_or_notify_cancel():
            return
        pending.append(future)
        driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        driver.execute("SAVEPOINT work")
        try:
            result = work(connection)
        except BaseException as fault:
            if not driver.in_transaction:  # a full disk rolls everything back
                raise
            driver.execute("ROLLBACK TO work")
            driver.execute("RELEASE work")
            pending.remove(future)
            _fail([future], fault)
            return
        driver.execute("RELEASE work")
        done.append((future, result))


def _fail(futures: list[Future[Any]], fault: BaseException) -> None:
    known = unavailable(fault) if isinstance(fault, DBAPIError | sqlite3.Error) else None
    for future in futures:
        future.set_exception(known or fault)
