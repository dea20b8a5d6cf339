"""Alembic's environment: it runs on the connection that `svclib.store.migrate` hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

from svclib.store import schema
from svclib.store.types import UtcDateTime


def render_item(kind: str, item: Any, autogen: Any) -> str | bool:
    """Write our own types by name into new revisions."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen.imports.add("from svclib.store.types import UtcDateTime")
        return "UtcDateTime()"
    if kind == "type" and item is schema.Json:
        autogen.imports.add("from svclib.store.types import Json")
        return "Json"
    return False


def run() -> None:
    """Run the revisions in the open transaction of the given connection."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=schema.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        compare_server_default=False,
        transactional_ddl=False,  # begun and ended by the caller, backup and lock around it
        **context.config.attributes.get("options", {}),
    )
    context.run_migrations()


if hasattr(context, "config"):  # Alembic loads this file; who only imports it (doctest) has no environment
    run()
