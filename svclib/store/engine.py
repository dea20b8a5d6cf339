"""Engines for reading and for writing: SQLite (embedded, WAL, every commit on the disk) or PostgreSQL.

SQLite: the driver's own transaction handling is switched off and ``BEGIN`` is sent by us, because a transaction that
begins deferred and turns to writing fails at once when another writer was quicker, whatever its timeout. Writers
therefore begin IMMEDIATE; readers begin deferred (a snapshot) on connections that cannot write.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import StaticPool

from svclib.errors import InvalidInput, NotFound, SvcError, Unavailable
from svclib.i18n import _

BUSY_SECONDS = 10
POSTGRES_POOL = 16
_ALWAYS = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
)
_DURABLE = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA journal_size_limit = 67108864")


@dataclass(frozen=True)
class Engines:
    """The two ways into one database.

    Attributes
    ----------
    read, write : Engine
        Apart on a file and on PostgreSQL; the same single connection in memory.
    """

    read: Engine
    write: Engine

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.write.dialect.name

    @property
    def memory(self) -> bool:
        """Whether the store lives in this process's memory alone."""
        return self.read is self.write

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.read.dispose()
        self.write.dispose()


def parse_url(url: str) -> URL:
    """Read a store's URL; only SQLite and PostgreSQL (psycopg 3) are taken.

    Raises
    ------
    InvalidInput
        The text is no URL, or names another database.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as fault:
        raise InvalidInput(_("SVC_STORE is no database URL; an example is sqlite:///data/svc.sqlite.")) from fault
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        raise InvalidInput(
            _("SVC_STORE names {database}; a store is SQLite (sqlite:///…) or PostgreSQL (postgresql+psycopg://…)."),
            database=parsed.get_backend_name(),
        )
    return parsed


def sqlite_file(url: str) -> Path | None:
    """Path of an embedded store; None for one in memory and for PostgreSQL."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return None
    return Path(str(parsed.database))


def open_engines(url: str) -> Engines:
    """Make the engines of the store at `url`; nothing is created or connected yet."""
    parsed = parse_url(url)
    try:
        if parsed.get_backend_name() == "postgresql":
            return _postgres(parsed)
        return _memory() if sqlite_file(url) is None else _file(parsed)
    except (NoSuchModuleError, ImportError) as fault:
        raise Unavailable(_("The database driver is missing; install psycopg.")) from fault


def require_file(url: str) -> None:
    """Raise NotFound when the embedded store's file does not exist (SQLite would quietly make an empty one)."""
    path = sqlite_file(url)
    if path is not None and not path.is_file():
        raise NotFound(_("There is no store at {path}. `svc init` makes one; check SVC_STORE and SVC_HOME."), path=path)


def _memory() -> Engines:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    _prepare(engine, _ALWAYS, "BEGIN")
    return Engines(engine, engine)


def _file(url: URL) -> Engines:
    read = create_engine(url, pool_size=8, max_overflow=16, connect_args={"check_same_thread": False})
    write = create_engine(url, pool_size=2, max_overflow=16, connect_args={"check_same_thread": False})
    _prepare(read, (*_ALWAYS, *_DURABLE, "PRAGMA query_only = ON"), "BEGIN")
    _prepare(write, (*_ALWAYS, *_DURABLE), "BEGIN IMMEDIATE")
    return Engines(read, write)


def _postgres(url: URL) -> Engines:
    options: dict[str, Any] = {"pool_pre_ping": True, "pool_size": POSTGRES_POOL, "max_overflow": POSTGRES_POOL}
    arguments = {"connect_timeout": BUSY_SECONDS, "options": "-c timezone=UTC -c synchronous_commit=on"}
    read = create_engine(
        url, isolation_level="REPEATABLE READ", execution_options={"postgresql_readonly": True},
        connect_args=arguments, **options,
    )  # fmt: skip
    write = create_engine(url, isolation_level="SERIALIZABLE", connect_args=arguments, **options)
    return Engines(read, write)


def _prepare(engine: Engine, pragmas: tuple[str, ...], begin: str) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            _patiently(connection, pragma)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _patiently(connection: Any, pragma: str) -> None:
    """Run a pragma; SQLite does not wait by itself when two connections turn a new file to WAL at the same moment."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(pragma)
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def faults() -> Iterator[None]:
    """Turn what a database says of itself (full, locked, unreachable, not migrated) into Unavailable with the mend."""
    try:
        yield
    except DBAPIError as fault:
        known = unavailable(fault)
        if known is None:
            raise
        raise known from fault


def unavailable(fault: BaseException) -> SvcError | None:
    """What to tell people about a driver's error; None for errors that are the caller's own."""
    text = str(getattr(fault, "orig", fault)).lower()
    for words, message in _KNOWN:
        if any(word in text for word in words):
            return Unavailable(message)
    if isinstance(fault, DBAPIError) and fault.connection_invalidated:
        return Unavailable(_UNREACHABLE)
    if isinstance(fault, OperationalError | InterfaceError) and not hasattr(fault.orig, "sqlite_errorname"):
        return Unavailable(_UNREACHABLE)
    return None


_UNREACHABLE = _("The database cannot be reached. Check that it runs and that SVC_STORE is right; nothing was saved.")
_KNOWN = (
    (
        ("disk is full", "no space left", "disk full"),
        _("The disk is full: nothing was saved. Free some space; the store then goes on by itself."),
    ),
    (
        ("database is locked", "database table is locked"),
        _("The store is busy in another process and did not become free. Try again; nothing was saved."),
    ),
    (
        ("unable to open database",),
        _("The store's file cannot be opened. Check that its folder exists and that you may write to it."),
    ),
    (
        ("readonly database", "read-only transaction"),
        _("The store cannot be written to. Check the permissions of its file and folder; nothing was saved."),
    ),
    (
        ("not a database", "malformed"),
        _("The store's file is damaged. Restore the last backup with `svc restore`."),
    ),
    (
        ("no such table", "no such column", "undefinedtable", "undefinedcolumn"),
        _("The store has another schema than this version of svclib. Run `svc migrate`."),
    ),
    (
        ("disk i/o error",),
        _("The disk reports an error: nothing was saved. Check its free space, then the disk itself."),
    ),
)
