"""The store's face: consistent reads, durable writes, the trail, the event logs, the installation's secrets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from svclib.settings import Settings
from svclib.store import audit as trail
from svclib.store import retry, schema
from svclib.store.clock import DatabaseClock
from svclib.store.engine import Engines, faults, open_engines, require_file
from svclib.store.keys import Keys
from svclib.store.sheets import Sheets
from svclib.store.writer import GroupCommit

Result = TypeVar("Result")
POSTGRES_WRITERS = 8


class Store:
    """One database and what goes with it. Threads may share it; processes open their own.

    Examples
    --------
    >>> from sqlalchemy import insert, select
    >>> from svclib.store import schema
    >>> store = Store.open("sqlite://")
    >>> unit = {"id": "head", "path": "/head/", "kind": "head_office", "name": {"zh-CN": "总行", "en": "Head office"}}
    >>> done = store.write(lambda tx: tx.execute(insert(schema.units), unit))
    >>> with store.read() as connection:
    ...     connection.scalar(select(schema.units.c.path))
    '/head/'
    >>> store.close()
    """

    def __init__(
        self, url: str, engines: Engines, clock: Callable[[], datetime] | None = None, settings: Settings | None = None
    ) -> None:
        self.url = url
        self.engines = engines
        self.settings = settings
        self.keys = Keys(settings.home / "keys" if settings and not engines.memory else None)
        self._clock = clock or self._own_clock()
        self.sheets = Sheets(self.now)
        self._guard = threading.RLock()  # one connection in memory: its users take turns
        self._local = threading.local()
        self._writer: GroupCommit | None = None
        self._pool: ThreadPoolExecutor | None = None

    @classmethod
    def open(cls, url: str, *, clock: Callable[[], datetime] | None = None, settings: Settings | None = None) -> Store:
        """Open the store at `url`; ``sqlite://`` is a new one in memory, with its tables.

        Parameters
        ----------
        url : str
            SQLAlchemy URL of SQLite or PostgreSQL.
        clock : callable, optional
            Gives the aware UTC moment; by default the machine's (PostgreSQL: the database's) clock.
        settings : Settings, optional
            Says where the keys lie; without them keys last as long as the object.

        Raises
        ------
        NotFound
            The embedded store's file does not exist.
        InvalidInput
            The URL is none of SQLite or PostgreSQL.
        """
        require_file(url)
        store = cls(url, open_engines(url), clock, settings)
        if store.engines.memory:
            schema.metadata.create_all(store.engines.write)
        return store

    def close(self) -> None:
        """Finish what was submitted and let go of every connection."""
        if self._writer is not None:
            self._writer.close()
        if self._pool is not None:
            self._pool.shutdown()
        self.engines.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # ── reading and writing ──────────────────────────────────────────────────────────────────────────────────────────
    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection on which all queries see the same moment; it cannot write."""
        if self.engines.memory:
            with self._guard, faults(), self._joined() as connection:
                yield connection
            return
        with faults(), self.engines.read.connect() as connection, connection.begin():
            yield connection

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Run ``work(tx)`` in one durable transaction and return its result; an error leaves nothing behind.

        `work` may run more than once (PostgreSQL repeats what collided), so it must do nothing but read and write
        through `tx`. Where the group-commit writer runs, the commit is shared.

        Raises
        ------
        Unavailable
            The database is full, busy, unreachable or of another schema.
        """
        self._refuse_nested()
        if self._writer is not None:
            return self._writer.submit(self._marked(work)).result()
        with faults():
            return self._transaction(self._marked(work))

    def submit(self, work: Callable[[Connection], Result]) -> Future[Result]:
        """Hand ``work(tx)`` to the writer; the future is done once the result is on the disk.

        SQLite: one thread, a savepoint each, one commit for the batch. PostgreSQL: a transaction each in a small
        pool. In memory: at once.
        """
        self._refuse_nested()
        if self.engines.memory:
            return self._at_once(work)
        if self.engines.dialect == "postgresql":
            return self._started_pool().submit(self._write_in_pool, work)
        return self._started_writer().submit(self._marked(work))

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return self._clock()

    # ── trail, secrets ───────────────────────────────────────────────────────────────────────────────────────────────
    def audit(
        self, tx: Connection, *, actor: str, action: str, subject: str, text: str, detail: dict[str, Any] | None = None
    ) -> trail.Head:
        """Add a line to the hash-chained trail, in the transaction of the act itself, and give the new head."""
        return trail.append(tx, self.now(), actor, action, subject, text, detail or {})

    def audit_head(self) -> trail.Head:
        """The head of the trail, as reports and certificates print it."""
        with self.read() as connection:
            return trail.head(connection)

    def key(self, name: str) -> bytes:
        """A secret of this installation (32 bytes), made at the first use."""
        return self.keys.get(name)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _own_clock(self) -> Callable[[], datetime]:
        if self.engines.dialect == "postgresql":
            return DatabaseClock(self.engines.read)
        return _machine_clock

    def _transaction(self, work: Callable[[Connection], Result]) -> Result:
        if self.engines.memory:
            with self._guard, self._joined() as connection:
                return work(connection)
        if self.engines.dialect == "postgresql":
            return retry.run(self.engines.write, work)
        with self.engines.write.begin() as connection:
            return work(connection)

    @contextmanager
    def _joined(self) -> Iterator[Connection]:
        """The single connection in memory; who comes again in the same thread gets a savepoint of what is open."""
        outer: Connection | None = getattr(self._local, "connection", None)
        if outer is not None:
            with outer.begin_nested():
                yield outer
            return
        with self.engines.write.begin() as connection:
            self._local.connection = connection
            try:
                yield connection
            finally:
                self._local.connection = None

    def _marked(self, work: Callable[[Connection], Result]) -> Callable[[Connection], Result]:
        def marked(tx: Connection) -> Result:
            self._local.writing = True
            try:
                return work(tx)
            finally:
                self._local.writing = False

        return marked

    def _refuse_nested(self) -> None:
        if getattr(self._local, "writing", False):
            raise RuntimeError("a transaction is open in this thread: use its `tx`")

    def _write_in_pool(self, work: Callable[[Connection], Result]) -> Result:
        with faults():
            return self._transaction(self._marked(work))

    def _at_once(self, work: Callable[[Connection], Result]) -> Future[Result]:
        future: Future[Result] = Future()
        try:
            future.set_result(self.write(work))
        except BaseException as fault:  # noqa: BLE001 - it belongs to whoever waits for the future
            future.set_exception(fault)
        return future

    def _started_writer(self) -> GroupCommit:
        with self._guard:
            if self._writer is None:
                self._writer = GroupCommit(self.engines.write)
            return self._writer

    def _started_pool(self) -> ThreadPoolExecutor:
        with self._guard:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(POSTGRES_WRITERS, thread_name_prefix="store-writer")
            return self._pool


def _machine_clock() -> datetime:
    return datetime.now(UTC)
