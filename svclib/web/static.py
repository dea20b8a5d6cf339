"""Files that ship with the platform: compressed once, cached for good where the address carries a version."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from svclib.errors import NotFound
from svclib.i18n import _
from svclib.web.base import Handler
from svclib.web.rules import PUBLIC

FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
COMPRESSIBLE = (".js", ".mjs", ".css", ".json", ".svg", ".html", ".txt", ".map", ".ttf", ".otf")
SMALLEST = 1024
KEPT_BYTES = 96 * 2**20
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}


@dataclass(frozen=True)
class StaticFile:
    """One file as it is sent."""

    body: bytes
    packed: bytes | None
    kind: str
    etag: str
    changed: int

    @property
    def size(self) -> int:
        """Bytes held in memory."""
        return len(self.body) + len(self.packed or b"")


class _Shelf:
    """Files read and compressed once, the least used put away first."""

    def __init__(self) -> None:
        self._files: OrderedDict[tuple[Path, int, int], StaticFile] = OrderedDict()
        self._size = 0

    def get(self, path: Path) -> StaticFile | None:
        """Give the file at `path` if it is on the shelf and unchanged."""
        key = _key(path)
        found = self._files.get(key)
        if found is not None:
            self._files.move_to_end(key)
        return found

    def put(self, path: Path, file: StaticFile) -> None:
        """Put a file on the shelf."""
        self._files[_key(path)] = file
        self._size += file.size
        while self._size > KEPT_BYTES and len(self._files) > 1:
            _old, dropped = self._files.popitem(last=False)
            self._size -= dropped.size


_shelf = _Shelf()


def _key(path: Path) -> tuple[Path, int, int]:
    state = path.stat()
    return path, state.st_mtime_ns, state.st_size


def load(path: Path) -> StaticFile:
    """Read and compress a file."""
    body = path.read_bytes()
    suffix = path.suffix.lower()
    packed = gzip.compress(body, 6, mtime=0) if suffix in COMPRESSIBLE and len(body) >= SMALLEST else None
    kind = TYPES.get(suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return StaticFile(body, packed, kind, etag, int(path.stat().st_mtime))


class StaticFiles(Handler):
    """Serves files below `roots`; a version in the path or ``?v=`` makes the address cacheable for good."""

    rule = PUBLIC
    anonymous = True
    query_keys = frozenset({"v"})
    policy: ClassVar[str] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

    def initialize(self, roots: Iterable[str | Path], suffixes: Iterable[str] = ()) -> None:
        """Take the folders to look in, in order."""
        self.roots = [Path(root).resolve() for root in roots]
        self.suffixes = frozenset(suffixes)

    async def get(self, path: str, version: str | None = None) -> None:
        """Send the file, or 304."""
        found = find(tuple(self.roots), path)
        if found is None or (self.suffixes and found.suffix not in self.suffixes):
            raise NotFound(_("This page does not exist."))
        file = _shelf.get(found)
        if file is None:
            file = await asyncio.get_running_loop().run_in_executor(None, load, found)
            _shelf.put(found, file)
        self._send(file, for_good=bool(version or self.get_query_argument("v", "")))

    async def head(self, path: str, version: str | None = None) -> None:
        """Send the headers."""
        await self.get(path, version)

    def compute_etag(self) -> None:
        """The ETag is set by hand: that of the file, whatever the encoding."""

    def _send(self, file: StaticFile, *, for_good: bool) -> None:
        self.set_header("Content-Type", file.kind)
        self.set_header("Etag", file.etag)
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("Last-Modified", formatdate(file.changed, usegmt=True))
        self.set_header("Cache-Control", FOR_GOOD if for_good else ASK_AGAIN)
        if self.check_etag_header():
            self.set_status(304)
            self.finish()
            return
        body = file.body
        if file.packed is not None and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            body = file.packed
        self.finish(body)


@lru_cache(maxsize=4096)
def find(roots: tuple[Path, ...], path: str) -> Path | None:
    """Find the file `path` below one of `roots`; nothing outside of them is ever given.

    Hidden files, absolute paths, ``..``, NUL and backslashes name no file.
    """
    parts = path.split("/")
    if any(part in {"", ".", ".."} or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        return None
    for root in roots:
        candidate = root.joinpath(*parts)
        try:
            if candidate.resolve().is_relative_to(root) and candidate.is_file():
                return candidate
        except (OSError, ValueError):  # also a name longer than the file system knows
            continue
    return None
