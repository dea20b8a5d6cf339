"""Backup while the server runs, and the way back.

An embedded store is copied by SQLite itself (``VACUUM INTO``: one consistent moment, tables written in the order of
their keys). A store on PostgreSQL leaves as rows in one snapshot, which needs no client programs of the server's
version and can be restored into either kind of database.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

import svclib
from svclib.errors import Conflict, InvalidInput, Unavailable
from svclib.i18n import _
from svclib.settings import Settings
from svclib.store import audit, rows
from svclib.store.archive import STORE, Manifest, extract, read_manifest, write_archive
from svclib.store.engine import faults, open_engines, sqlite_file
from svclib.store.keys import Keys
from svclib.store.migrate import create, head_revision, loading, migrate, require_current, revision_of, schema_state
from svclib.store.store import Store

ASIDE = ".before-restore"


def backup(store: Store, target: Path) -> Manifest:
    """Write the store and the installation's keys, as of one moment, into the archive `target`.

    The keys open sessions and sign certificates: the file is for its owner alone; keep it as you keep them.

    Raises
    ------
    Unavailable
        The store is of another schema, or the file cannot be written.
    """
    require_current(store)
    with _readable(target), tempfile.TemporaryDirectory(prefix=".svc-backup-", dir=_near(target)) as folder:
        kind = "rows" if sqlite_file(store.url) is None else "sqlite"
        copy = Path(folder) / STORE[kind]
        manifest = _dump_rows(store, copy) if kind == "rows" else _copy_file(store, copy)
        return write_archive(target, manifest, {STORE[kind]: copy, **_keys(store.keys)})


def restore(source: Path, settings: Settings, *, force: bool = False) -> Manifest:
    """Put the backup `source` in the place of the store and keys of `settings`; the store whole or not at all.

    An embedded store that is replaced stays beside the new one (``….before-restore``).

    Raises
    ------
    InvalidInput
        The file is no backup, or is damaged.
    Conflict
        There is a store already and `force` is not given, or a server is still running on it.
    Unavailable
        The backup comes from another version of svclib, or the database cannot be used.
    """
    manifest = read_manifest(source)
    if not force and not _is_empty(settings.store):
        raise Conflict(
            _("There is a store already. `--force` replaces it; an embedded one is kept beside the new one.")
        )
    path = sqlite_file(settings.store)
    near = _near(path or settings.home / "svc.sqlite")
    with _readable(near), tempfile.TemporaryDirectory(prefix=".svc-restore-", dir=near) as folder:
        files = extract(source, manifest, Path(folder))
        prepared = _prepare(manifest, files[STORE[manifest.kind]], Path(folder))
        _replace_file(prepared, path) if path is not None else _replace_tables(prepared, settings.store)
        _put_keys(files, settings.home / "keys")
    return manifest


def copy_sqlite(url: str, target: Path) -> None:
    """Copy an embedded store, in use or not, to the new file `target`."""
    source = sqlite_file(url)
    try:
        with closing(
            sqlite3.connect(f"{Path(str(source)).resolve().as_uri()}?mode=ro", uri=True, timeout=10)
        ) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as fault:
        raise Unavailable(_("The store cannot be copied to {path}: {detail}."), path=target, detail=fault) from fault


# ── backup ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _copy_file(store: Store, copy: Path) -> Manifest:
    copy_sqlite(store.url, copy)
    engines = open_engines(f"sqlite:///{copy}")
    try:
        with faults(), engines.read.connect() as connection:
            manifest = _manifest(connection, "sqlite")
    finally:
        engines.dispose()
    _settle(copy)
    return manifest


def _dump_rows(store: Store, copy: Path) -> Manifest:
    with store.read() as connection:
        rows.dump(connection, copy)
        return _manifest(connection, "rows")


def _manifest(connection: Connection, kind: str) -> Manifest:
    head = audit.head(connection)
    revision = revision_of(connection) or head_revision()
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(kind, svclib.__version__, revision, moment, head.seq, head.hash)  # type: ignore[arg-type]


def _keys(keys: Keys) -> dict[str, Path]:
    keys.create()
    if keys.folder is None:
        return {}
    return {f"keys/{path.name}": path for path in sorted(keys.folder.iterdir()) if not path.name.startswith(".")}


def _near(target: Path) -> Path:
    """The folder of `target`, so that what is made there can take its place by a rename."""
    with _readable(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    return target.parent


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say in words what the file system refuses."""
    try:
        yield
    except OSError as fault:
        raise Unavailable(
            _("{path} cannot be written: {detail}. Check its permissions and the free space; nothing was changed."),
            path=path, detail=fault.strerror or str(fault),
        ) from fault  # fmt: skip


# ── restore ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _is_empty(url: str) -> bool:
    try:
        return schema_state(url) == "empty"
    except Unavailable:
        if sqlite_file(url) is None:
            raise
        return False  # a damaged file is a store all the same


def _prepare(manifest: Manifest, file: Path, folder: Path) -> Path:
    """Make of the unpacked store an embedded one of this version's schema, with the head that the manifest names."""
    if manifest.kind == "rows":
        if manifest.revision != head_revision():
            raise Unavailable(
                _("The backup was made by svclib {version}. Restore it with that version, then run `svc migrate`."),
                version=manifest.version,
            )
        prepared = folder / "prepared.sqlite"
        create(f"sqlite:///{prepared}")
        with loading(f"sqlite:///{prepared}") as connection:
            rows.load(connection, file)
    else:
        prepared = file
        migrate(f"sqlite:///{prepared}", folder)
    _check_head(manifest, prepared)
    return prepared


def _check_head(manifest: Manifest, prepared: Path) -> None:
    engines = open_engines(f"sqlite:///{prepared}")
    try:
        with faults(), engines.read.connect() as connection:
            head = audit.head(connection)
    finally:
        engines.dispose()
    if (head.seq, head.hash) != (manifest.audit_seq, manifest.audit_hash):
        raise InvalidInput(_("The backup's trail does not end where its manifest says. Take another backup."))


def _replace_file(prepared: Path, path: Path) -> None:
    """Let the prepared file take the old one's place; the old one stays beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _settle(prepared)
    if path.exists():
        _settle(path)
        path.replace(path.with_name(path.name + ASIDE))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    prepared.replace(path)


def _settle(path: Path) -> None:
    """Bring everything into the one file; it fails while anybody else has it open. A damaged file stays as it is."""
    try:
        with closing(sqlite3.connect(path, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as fault:
        if "locked" in str(fault):
            raise Conflict(_("The store is in use. Stop the server, then restore.")) from fault
    except sqlite3.DatabaseError:
        return


def _replace_tables(prepared: Path, url: str) -> None:
    """Fill a PostgreSQL database in one transaction."""
    source = open_engines(f"sqlite:///{prepared}")
    try:
        with loading(url, anew=True) as target, source.read.connect() as connection:
            rows.copy(connection, target)
    finally:
        source.dispose()


def _put_keys(files: dict[str, Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, path in files.items():
        if name.startswith("keys/"):
            fresh = folder / f".new-{path.name}"
            shutil.copyfile(path, fresh)
            fresh.chmod(0o600)
            fresh.replace(folder / path.name)
