"""Bring a store's schema to this version: one transaction, under a lock, after a backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text

from svclib.errors import Conflict, Unavailable
from svclib.i18n import _
from svclib.store import schema
from svclib.store.engine import BUSY_SECONDS, faults, open_engines, parse_url, require_file, sqlite_file
from svclib.store.store import Store

State = Literal["empty", "older", "current", "newer"]
MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x5356_434D


def schema_state(store: Store | str) -> State:
    """Tell whether the store has this version's schema, an older one, a newer one, or no tables.

    Tables without a recorded revision count as older: `migrate` says what to do about them.
    """
    url = store if isinstance(store, str) else store.url
    path = sqlite_file(url)
    if path is not None and not path.is_file():
        return "empty"
    if not isinstance(store, str):
        with store.read() as connection:
            return _state(connection)
    engines = open_engines(url)
    try:
        with faults(), engines.read.connect() as connection:
            return _state(connection)
    finally:
        engines.dispose()


def require_current(store: Store) -> None:
    """Raise unless the store has this version's schema, naming the mend.

    Raises
    ------
    Unavailable
        Empty or older: `svc init`, `svc migrate`. Newer: a newer svclib wrote it.
    """
    text = {
        "empty": _("The store is empty. `svc init` prepares it for production, `svc demo` for a demonstration."),
        "older": _("The store has an older schema. Stop the server and run `svc migrate`; it makes a backup first."),
        "newer": _("The store was written by a newer svclib. Install that version; nothing was changed."),
    }.get(schema_state(store))
    if text:
        raise Unavailable(text, code="schema")


def migrate(url: str, backups: Path | None = None) -> State:
    """Bring the store at `url` to this version's schema and tell what state it was in.

    Who comes second waits for the first and then finds nothing to do. An embedded store that has data is copied to
    `backups` (default: beside the file) before anything is changed.

    Raises
    ------
    Unavailable
        The schema is newer than this svclib, or the database cannot be used.
    Conflict
        There are tables of another program, or without a recorded revision.
    """
    path = sqlite_file(url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if schema_state(url) == "older":
            _backup(url, backups or path.parent / "backups")
    with faults(), _exclusive(url) as connection:
        state = _state(connection)
        _refuse(connection, state)
        if state != "current":
            _upgrade(connection)
            _check_keys(connection)
    return state


def create(url: str) -> None:
    """Make all tables of an empty store at once (what `migrate` does step by step) and record the revision."""
    with faults(), _exclusive(url) as connection:
        _create(connection)


@contextmanager
def loading(url: str, *, anew: bool = False) -> Iterator[Connection]:
    """A transaction without checks of foreign keys on SQLite, to fill tables; `anew` drops and makes them first."""
    with faults(), _exclusive(url) as connection:
        if anew:
            schema.metadata.drop_all(connection)
            connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
            _create(connection)
        yield connection
        _check_keys(connection)


def _create(connection: Connection) -> None:
    schema.metadata.create_all(connection)
    if not _revisions(connection):
        connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head_revision()})


def differences(connection: Connection) -> list[Any]:
    """What a store's tables and `schema.metadata` do not agree about (empty when migrations are complete)."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, schema.metadata)


@lru_cache(maxsize=1)
def head_revision() -> str:
    """The newest revision that this svclib knows."""
    return str(_script().get_current_head())


def revision_of(connection: Connection) -> str | None:
    """The revision that a store records."""
    found = _revisions(connection)
    return found[0] if found else None


def _state(connection: Connection) -> State:
    tables = inspect(connection).get_table_names()
    if not tables:
        return "empty"
    revision = revision_of(connection) if "alembic_version" in tables else None
    if revision == head_revision():
        return "current"
    known = {script.revision for script in _script().walk_revisions()}
    return "older" if revision is None or revision in known else "newer"


def _refuse(connection: Connection, state: State) -> None:
    if state == "newer":
        raise Unavailable(_("The store was written by a newer svclib. Install that version; nothing was changed."))
    if state == "older" and revision_of(connection) is None:
        raise Conflict(
            _("The database has tables, but no record of svclib's schema. Give svclib a database of its own.")
        )


def _revisions(connection: Connection) -> list[str]:
    if not inspect(connection).has_table("alembic_version"):
        return []
    return list(connection.scalars(text("SELECT version_num FROM alembic_version")))


def _upgrade(connection: Connection) -> None:
    from alembic import command

    configuration = _configuration()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")


def _configuration() -> Any:
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    configuration.set_main_option("path_separator", "newline")
    return configuration


@lru_cache(maxsize=1)
def _script() -> Any:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_configuration())


# ── lock and backup ──────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def _exclusive(url: str) -> Iterator[Connection]:
    """A transaction that no other migration can run beside."""
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            yield connection
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    parsed = parse_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed, isolation_level="READ COMMITTED")
    engine = create_engine(parsed)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout = {BUSY_SECONDS * 1000}", "journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA foreign_keys = OFF")  # batch mode drops and renames tables

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")

    return engine


def _check_keys(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise Unavailable(
            _("The migration would leave {count} rows of {table} without what they refer to; nothing was changed."),
            count=len(broken), table=broken[0][0],
        )  # fmt: skip


def _backup(url: str, folder: Path) -> None:
    from svclib.store.backup import copy_sqlite

    require_file(url)
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    copy_sqlite(url, folder / f"before-migration-{stamp}.sqlite")
