"""Published definitions as models, parsed once a process: what is keyed by its hash never changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, select

from svclib import forms
from svclib.errors import NotFound
from svclib.i18n import _
from svclib.store.schema import definitions

CACHED = 256
_cache: dict[str, Any] = {}
_BODY = select(definitions.c.kind, definitions.c.body).where(definitions.c.hash == bindparam("hash"))


def definition(connection: Connection, content_hash: str) -> Any:
    """Give the survey, bank or exam with this hash.

    Raises
    ------
    NotFound
        There is none.
    """
    found = _cache.get(content_hash)
    if found is None:
        row = connection.execute(_BODY, {"hash": content_hash}).first()
        if row is None:
            raise NotFound(_("There is no definition with the hash {hash}."), hash=content_hash)
        if len(_cache) >= CACHED:
            _cache.clear()
        found = _cache[content_hash] = forms.from_body(row.kind, row.body)
    return found


def versions(connection: Connection, kind: str, name: str) -> list[tuple[str, Any]]:
    """Give hash and model of all published versions, the oldest first.

    Raises
    ------
    NotFound
        Nothing of this name was published.
    """
    mine = (definitions.c.kind == kind) & (definitions.c.name == name)
    hashes = connection.scalars(select(definitions.c.hash).where(mine).order_by(definitions.c.version)).all()
    if not hashes:
        raise NotFound(_("There is no published {kind} {name}."), kind=kind, name=name)
    return [(one, definition(connection, one)) for one in hashes]
