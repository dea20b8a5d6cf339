"""Commands that keep the store safe: migrate, backup, restore, verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svclib.cli.speech import complain, language, say, settings
from svclib.cli.speech import store as open_store
from svclib.errors import InvalidInput, NotFound
from svclib.i18n import _, translate

if TYPE_CHECKING:
    from svclib.store import Head, Store
    from svclib.store.verify import Verification

MOST_SHOWN = 50


def migrate() -> None:
    """Bring the store to this version's schema."""
    from svclib.store.migrate import migrate as bring

    chosen = settings()
    state = bring(chosen.store, chosen.home / "backups")
    said = {
        "empty": _("The tables were made. `svc init` adds the first administrator."),
        "older": _("The store has this version's schema now; a copy from before lies in {folder}."),
        "current": _("The store has this version's schema already."),
    }
    say(said[state], folder=chosen.home / "backups")


def backup(file: Annotated[Path, typer.Argument()]) -> None:
    """Write a backup."""
    from svclib.store.backup import backup as write

    with open_store() as store:
        manifest = write(store, file)
    say(
        _("Saved store and keys to {file} (trail {seq} {hash}). Keep it as safe as the keys it holds."),
        file=file, seq=manifest.audit_seq, hash=manifest.audit_hash,
    )  # fmt: skip


def restore(
    file: Annotated[Path, typer.Argument()],
    force: Annotated[bool, typer.Option("--force", help=translate(_("Replace what is there."), language()))] = False,
) -> None:
    """Put a backup in the place of the store."""
    from svclib.store.backup import restore as put

    manifest = put(file, settings(), force=force)
    say(
        _("Restored the store of {moment} (trail {seq} {hash})."),
        moment=manifest.created_at, seq=manifest.audit_seq, hash=manifest.audit_hash,
    )  # fmt: skip


def verify(
    file: Annotated[Path | None, typer.Argument()] = None,
    against: Annotated[
        Path | None, typer.Option(help=translate(_("A report or file with a printed head of the trail."), language()))
    ] = None,
) -> None:
    """Check the store, or a backup or copy of one."""
    heads = _heads(against)
    if file is None:
        with open_store() as store:
            result = _check(store, heads)
    else:
        result = _check_file(file, heads)
    for finding in result.findings[:MOST_SHOWN]:
        complain("{line}", line=finding.render(language()))
    if not result.ok:
        complain(_("{count} rows do not agree."), count=len(result.findings))
        raise typer.Exit(1)
    say(
        _("All agrees: {lines} lines of the trail, {sheets} sheets with {events} events, {seals} seals, "
          "{definitions} definitions. Head {seq} {hash}"),
        lines=result.lines, sheets=result.sheets, events=result.events, seals=result.seals,
        definitions=result.definitions, seq=result.head.seq, hash=result.head.hash,
    )  # fmt: skip


def _heads(against: Path | None) -> tuple[Head, ...]:
    from svclib.store.verify import read_heads

    if against is None:
        return ()
    try:
        return read_heads(against.read_text("utf-8", "replace"))
    except OSError as fault:
        raise NotFound(_("{path} cannot be read: {detail}."), path=against, detail=fault.strerror) from None


def _check(store: Store, heads: tuple[Head, ...]) -> Verification:
    from svclib.store.verify import verify as look

    return look(store, heads)


def _check_file(file: Path, heads: tuple[Head, ...]) -> Verification:
    """Check a copy of an embedded store, or a backup, without touching it."""
    import shutil
    import tempfile
    from dataclasses import replace

    from svclib.store import Store
    from svclib.store.backup import restore as put

    if not file.is_file():
        raise NotFound(_("There is no file {path}."), path=file)
    with tempfile.TemporaryDirectory(prefix="svc-verify-") as folder:
        copy = Path(folder) / "svc.sqlite"
        if _is_sqlite(file):
            for suffix in ("", "-wal"):
                part = file.with_name(file.name + suffix)
                if part.exists():
                    shutil.copyfile(part, copy.with_name(copy.name + suffix))
        else:
            put(file, replace(settings(), home=Path(folder), store=f"sqlite:///{copy}"))
        with Store.open(f"sqlite:///{copy}") as store:
            return _check(store, heads)


def _is_sqlite(file: Path) -> bool:
    with file.open("rb") as opened:
        start = opened.read(16)
    if not start.startswith((b"SQLite format 3\0", b"PK")):
        raise InvalidInput(_("{path} is neither a store nor a backup of svclib."), path=file)
    return start.startswith(b"SQLite")
