"""What one reader may see: units, free text, pseudonyms; and the calendar."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, false, or_, select, true

from svclib.store.schema import units

EVERYTHING = ("/",)


@dataclass(frozen=True)
class View:
    """How a reader sees the store.

    Attributes
    ----------
    key : bytes
        Secret from which pseudonyms are made: stable in this installation, meaningless outside.
    scope : tuple of str
        Paths of the units whose subtrees are seen.
    sensitive : bool
        Whether free text and other sensitive columns are given.
    zone : str
        Time zone of moments and months.
    closed_by : datetime, optional
        Marks and choices, item by item, only of sittings that nobody can answer any more at this moment: together they
        give keys away. None: of all, for those who may read keys.
    """

    key: bytes
    scope: tuple[str, ...] = EVERYTHING
    sensitive: bool = False
    zone: str = "Asia/Shanghai"
    closed_by: datetime | None = None

    def pseudonym(self, person_id: str) -> str:
        """Give the same short name for the same person; nobody finds the person from it without the key."""
        return "p_" + hmac.new(self.key, person_id.encode(), hashlib.sha256).hexdigest()[:16]

    def sees(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """Condition that the unit id in `column` lies in the scope; rows without a unit are seen with everything."""
        if "/" in self.scope:
            return true()
        inside = column.in_(select(units.c.id).where(self.units()))
        return or_(inside, column.is_(None)) if self.sees_root else inside

    def units(self) -> ColumnElement[bool]:
        """Condition on ``units``: the unit lies in the scope."""
        if "/" in self.scope:
            return true()
        return or_(*(units.c.path.startswith(path, autoescape=True) for path in self.scope), false())

    @property
    def sees_root(self) -> bool:
        """Whether a whole organisation lies in the scope (a path of one part, such as ``/head/``)."""
        return any(len(path.strip("/").split("/")) == 1 for path in self.scope)


def branches(connection: Connection) -> dict[str, str]:
    """Map each unit to its branch: the nearest unit of kind ``branch`` at or above it, or itself."""
    rows = connection.execute(select(units.c.id, units.c.path, units.c.kind)).all()
    by_path: dict[str, Any] = {row.path: row for row in rows}
    return {row.id: _branch(row, by_path) for row in rows}


def _branch(row: Any, by_path: dict[str, Any]) -> str:
    parts = row.path.strip("/").split("/")
    for end in range(len(parts), 0, -1):
        above = by_path.get("/" + "/".join(parts[:end]) + "/")
        if above is not None and above.kind == "branch":
            return str(above.id)
    return str(row.id)
