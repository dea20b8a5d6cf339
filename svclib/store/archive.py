"""The file that a backup is: a zip archive with a manifest, the store, and the installation's keys."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

from svclib.errors import InvalidInput, SvcError, Unavailable
from svclib.i18n import _

FORMAT = 1
MANIFEST = "manifest.json"
STORE = {"sqlite": "store.sqlite", "rows": "store.jsonl"}
_KEY = re.compile(r"keys/[a-z][a-z0-9_-]{0,63}")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    Attributes
    ----------
    kind : {"sqlite", "rows"}
        A copy of an embedded store, or every table as rows (from PostgreSQL).
    version, revision, created_at : str
        Of svclib, of the schema; the moment in UTC.
    audit_seq, audit_hash
        Head of the trail at that moment.
    files : dict of str to str
        Hash of each file in the archive.
    """

    kind: Literal["sqlite", "rows"]
    version: str
    revision: str
    created_at: str
    audit_seq: int
    audit_hash: str
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


def write_archive(target: Path, manifest: Manifest, files: Mapping[str, Path]) -> Manifest:
    """Write the archive whole or not at all, readable by its owner alone, and give the manifest with the hashes."""
    hashes = {name: hash_file(path) for name, path in files.items()}
    manifest = Manifest(**{**asdict(manifest), "files": hashes})
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")  # mode 0600
        with os.fdopen(handle, "wb") as file:
            _fill(file, manifest, files)
        Path(name).replace(target)
    except OSError as fault:
        raise Unavailable(
            _("The backup cannot be written to {path}: {detail}."), path=target, detail=fault.strerror
        ) from fault
    finally:
        for left in target.parent.glob(f".{target.name}-*"):
            left.unlink(missing_ok=True)
    return manifest


def _fill(file: BinaryIO, manifest: Manifest, files: Mapping[str, Path]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=3) as archive:
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2, sort_keys=True))
        for name, path in files.items():
            archive.write(path, name)
    file.flush()
    os.fsync(file.fileno())


def read_manifest(source: Path) -> Manifest:
    """Read what the backup `source` says of itself.

    Raises
    ------
    InvalidInput
        The file is missing, is no backup of svclib, or is damaged.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            return _parse(json.loads(archive.read(MANIFEST)))
    except FileNotFoundError:
        raise InvalidInput(_("There is no file {path}."), path=source) from None
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        raise _damaged(source) from None


def _parse(value: Mapping[str, Any]) -> Manifest:
    manifest = Manifest(**value)
    allowed = {STORE[manifest.kind]}
    names = set(manifest.files)
    if not allowed <= names or any(not _KEY.fullmatch(name) for name in names - allowed):
        raise ValueError("unexpected files")
    if manifest.format != FORMAT or not all(_HASH.fullmatch(value) for value in manifest.files.values()):
        raise ValueError("another format")
    return manifest


def extract(source: Path, manifest: Manifest, folder: Path) -> dict[str, Path]:
    """Unpack into the empty `folder` the files that the manifest names, each checked against its hash."""
    found: dict[str, Path] = {}
    try:
        with zipfile.ZipFile(source) as archive:
            for name, expected in manifest.files.items():
                found[name] = path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with archive.open(name) as packed, path.open("wb") as file:
                    shutil.copyfileobj(packed, file, 1 << 20)
                if hash_file(path) != expected:
                    raise _damaged(source)
    except (OSError, KeyError, RuntimeError, zipfile.BadZipFile) as fault:
        raise _damaged(source) from fault
    return found


def hash_file(path: Path) -> str:
    """SHA-256 of a file, with the algorithm's name before it."""
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(source: Path) -> SvcError:
    return InvalidInput(_("{path} is no backup of svclib, or it is damaged. Take another one."), path=source)
