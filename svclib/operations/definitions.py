"""Published definitions: surveys, banks, exams. A version is published once and never changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from svclib import forms
from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound
from svclib.frames import definitions as frames
from svclib.i18n import _
from svclib.operations.actor import Actor
from svclib.operations.directory import known_person
from svclib.operations.registry import operation, record
from svclib.store import Store
from svclib.store.schema import definitions

KINDS = ("survey", "bank", "exam")


@dataclass(frozen=True)
class Published:
    """One published version."""

    kind: str
    name: str
    version: int
    hash: str
    title: dict[str, str]
    published_at: datetime


@operation(right=None)
def list_(store: Store, actor: Actor, *, kind: str | None = None, latest: bool = True) -> list[Published]:
    """List published definitions, the latest version of each or all."""
    query = select(definitions).where(definitions.c.retired_at.is_(None))
    if kind:
        query = query.where(definitions.c.kind == kind)
    query = query.order_by(definitions.c.kind, definitions.c.name, definitions.c.version)
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    chosen = {(row["kind"], row["name"]) + (() if latest else (row["version"],)): row for row in rows}
    return [_published(row) for row in chosen.values()]


@operation(right="definitions.read")
def get(store: Store, actor: Actor, *, kind: str, name: str, version: int | None = None) -> dict[str, Any]:
    """Give the body of a published version; of a bank only to those who may see keys."""
    _guard_keys(actor, kind)
    with store.read() as connection:
        row = latest(connection, kind, name, version)
    return {"hash": row["hash"], "version": row["version"], "title": row["title"], "body": row["body"]}


@operation(right="definitions.read")
def export(store: Store, actor: Actor, *, kind: str, name: str, version: int | None = None) -> str:
    """Give a published version as the YAML file that would be imported as the same."""
    _guard_keys(actor, kind)
    with store.read() as connection:
        row = latest(connection, kind, name, version)
    return forms.dump_yaml(definition(store, row["hash"]))


@operation(right="definitions.read")
def check(store: Store, actor: Actor, *, text: str, file_name: str = "definition.yaml") -> list[dict[str, Any]]:
    """Lint the text of a definition file: what is wrong or doubtful, with line and column, in both languages."""
    try:
        parsed = forms.parse_definition(text, file_name)
    except forms.InvalidDefinition as fault:
        return [finding.to_json() for finding in fault.findings]
    return [finding.to_json() for finding in forms.check(parsed, bank=_bank_of(store, parsed))]


@operation(right="definitions.publish", audit="Published {kind} {name} version {version}")
def publish(store: Store, actor: Actor, *, text: str, file_name: str = "definition.yaml") -> Published:
    """Publish the text of a definition file as a version; the same text again changes nothing."""
    parsed = forms.parse_definition(text, file_name)
    return store.write(lambda tx: publish_parsed(store, tx, actor, parsed, file_name))


def publish_parsed(store: Store, tx: Connection, actor: Actor, parsed: Any, file_name: str) -> Published:
    """Publish a parsed definition within `tx`, unless the lint finds an error."""
    errors = [f for f in forms.check(parsed, bank=_bank_of(store, parsed, tx)) if f.severity == "error"]
    if errors:
        raise forms.InvalidDefinition(errors)
    compiled = forms.compile_definition(parsed)
    known = tx.execute(select(definitions).where(
        definitions.c.kind == compiled.kind, definitions.c.name == compiled.id,
        definitions.c.version == compiled.version,
    )).mappings().first()  # fmt: skip
    if known is not None:
        if known["hash"] == compiled.hash:
            return _published(known)
        raise Conflict(
            _("{file}: version {version} of {name} is published and never changes; raise the version number."),
            code="version_published", file=file_name, version=compiled.version, name=compiled.id,
        )  # fmt: skip
    row = {
        "hash": compiled.hash, "kind": compiled.kind, "name": compiled.id, "version": compiled.version,
        "title": compiled.body["title"], "body": compiled.body, "published_by": known_person(actor),
        "published_at": store.now(),
    }  # fmt: skip
    tx.execute(definitions.insert().values(**row))
    fields = {"kind": compiled.kind, "name": compiled.id, "version": compiled.version}
    record(store, tx, actor, "definitions.publish", compiled.hash, **fields)
    return _published(row)


def import_files(store: Store, actor: Actor, paths: Iterable[Path], *, seen: Path | None = None) -> list[Published]:
    """Publish definition files, banks before the exams over them; all or, with an error, none.

    Parameters
    ----------
    seen : Path, optional
        A small JSON file that remembers the digests of what was imported, so that an unchanged file is not parsed again
        at each start (the YAML reader takes 2 ms an item).
    """
    known = _remembered(seen)
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    with store.read() as connection:
        stored = set(connection.scalars(select(definitions.c.hash)))
    fresh = [path for path, digest in digests.items() if known.get(digest) not in stored]
    parsed = [(path, forms.load_definition(path)) for path in fresh]
    parsed.sort(key=lambda pair: isinstance(pair[1], forms.Exam))

    def work(tx: Connection) -> list[Published]:
        return [publish_parsed(store, tx, actor, one, path.name) for path, one in parsed]

    made = store.write(work) if parsed else []
    if seen and made:
        known.update({digests[path]: one.hash for (path, _parsed), one in zip(parsed, made, strict=True)})
        seen.write_text(json.dumps(known, indent=1, sort_keys=True), "utf-8")
    return made


def definition(store: Store, content_hash: str) -> Any:
    """Give the definition with this hash as a model; parsed once a process."""
    with store.read() as connection:
        return frames.definition(connection, content_hash)


def definition_in(connection: Connection, content_hash: str) -> Any:
    """The same within a transaction."""
    return frames.definition(connection, content_hash)


def latest(connection: Connection, kind: str, name: str, version: int | None = None) -> Any:
    """Find the row of a version, or of the latest."""
    query = select(definitions).where(definitions.c.kind == kind, definitions.c.name == name)
    if version is not None:
        query = query.where(definitions.c.version == version)
    row = connection.execute(query.order_by(definitions.c.version.desc()).limit(1)).mappings().first()
    if row is None:
        raise NotFound(_("There is no published {kind} {name}."), kind=kind, name=name)
    return row


def _bank_of(store: Store, parsed: Any, tx: Connection | None = None) -> Any:
    if not isinstance(parsed, forms.Exam):
        return None
    try:
        if tx is not None:
            return forms.from_body("bank", latest(tx, "bank", parsed.bank)["body"])
        with store.read() as connection:
            return forms.from_body("bank", latest(connection, "bank", parsed.bank)["body"])
    except NotFound:
        raise InvalidInput(
            _("The exam {exam} draws on the bank {bank}, which is not published; publish the bank first."),
            exam=parsed.exam, bank=parsed.bank,
        ) from None  # fmt: skip


def _guard_keys(actor: Actor, kind: str) -> None:
    if kind == "bank" and not actor.may("items.read"):
        raise AccessDenied(_("The keys of a bank are shown to its authors and reviewers only."))


def _published(row: Any) -> Published:
    return Published(*(row[name] for name in ("kind", "name", "version", "hash", "title", "published_at")))


def _remembered(seen: Path | None) -> dict[str, str]:
    if seen is None or not seen.exists():
        return {}
    try:
        return dict(json.loads(seen.read_text("utf-8")))
    except ValueError:  # a cut file costs one more reading, nothing else
        return {}
