"""Every table as lines of JSON: the form in which a store leaves PostgreSQL, and enters either database."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Date, LargeBinary, Table, bindparam, insert, select, update

from svclib.store import schema
from svclib.store.types import UtcDateTime

CHUNK = 1000


def dump(connection: Connection, target: Path) -> None:
    """Write all rows to `target`: a line ``{"table", "columns"}`` for each table, then a line of values for each row.

    Rows are ordered by their key, so that a copy tells nothing about the order in which they came.
    """
    with target.open("w", encoding="utf-8") as file:
        for table in schema.metadata.sorted_tables:
            names = [column.name for column in table.columns]
            file.write(json.dumps({"table": table.name, "columns": names}) + "\n")
            query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=CHUNK)
            for row in connection.execute(query):
                file.write(json.dumps([_out(value) for value in row], ensure_ascii=True) + "\n")


def load(connection: Connection, source: Path) -> None:
    """Insert all rows of `source` into empty tables of the same revision."""
    table: Table | None = None
    columns: list[str] = []
    waiting: list[dict[str, Any]] = []
    for line in _lines(source):
        if isinstance(line, dict):
            _flush(connection, table, waiting)
            table, columns = schema.metadata.tables[line["table"]], line["columns"]
            continue
        if table is None:
            raise ValueError("a row before its table")
        types = [table.c[name].type for name in columns]
        waiting.append({name: _in(kind, value) for name, kind, value in zip(columns, types, line, strict=True)})
        if len(waiting) == CHUNK:
            _flush(connection, table, waiting)
    _flush(connection, table, waiting)


def copy(source: Connection, target: Connection) -> None:
    """Insert all rows of one store into the empty tables of another."""
    for table in schema.metadata.sorted_tables:
        links: list[tuple[Column[Any], str, str]] = []
        query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=CHUNK)
        for part in source.execute(query).mappings().partitions(CHUNK):
            ready = [dict(row) for row in part]
            for row in ready:
                links += _unlink(table, row)
            _flush(target, table, ready)
        _link(target, links)


def _lines(source: Path) -> Iterator[Any]:
    with source.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _flush(connection: Connection, table: Table | None, waiting: list[dict[str, Any]]) -> None:
    if table is not None and waiting:
        connection.execute(insert(table), waiting)
    waiting.clear()


def _link(connection: Connection, links: list[tuple[Column[Any], str, str]]) -> None:
    """Set references of a table to itself after all its rows are there."""
    for column, key, value in links:
        statement = update(column.table).where(column.table.c.id == bindparam("key"))
        connection.execute(statement.values({column.name: bindparam("value")}), {"key": key, "value": value})


def _unlink(table: Table, row: dict[str, Any]) -> list[tuple[Column[Any], str, str]]:
    own = [key.parent for key in table.foreign_keys if key.column.table is table]
    links = [(column, row["id"], row[column.name]) for column in own if row[column.name] is not None]
    row.update({column.name: None for column, _key, _value in links})
    return links


def _out(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _in(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return base64.b64decode(value) if isinstance(kind, LargeBinary) else value
