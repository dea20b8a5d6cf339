"""Asking for a report: who may, of which branch and month, and the line on the trail. The server renders it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from svclib.errors import InvalidInput
from svclib.i18n import _
from svclib.operations.actor import Actor
from svclib.operations.directory import unit_path
from svclib.operations.registry import operation, record
from svclib.store import Store
from svclib.store.schema import units
from svclib.store.seals import DEFAULT_ZONE

MONTHS = 24
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Choices:
    """What somebody may ask for.

    Attributes
    ----------
    everything : bool
        Whether the report of all branches may be asked for.
    branches : list of (id, name)
        Names in both languages.
    months : list of str
        ``YYYY-MM``, the last complete month first.
    """

    everything: bool
    branches: list[tuple[str, dict[str, str]]]
    months: list[str]


@operation(right="reports.render", public=False)
def choices(store: Store, actor: Actor) -> Choices:
    """List the branches and months of which the signed-in person may have a report made."""
    with store.read() as connection:
        rows = connection.execute(
            select(units.c.id, units.c.kind, units.c.path, units.c.name).where(units.c.active).order_by(units.c.path)
        ).all()  # fmt: skip
        everything = all(actor.may("reports.render", path) for path in _roots(connection))
    branches = [(row.id, row.name) for row in rows if row.kind == "branch" and actor.may("reports.render", row.path)]
    return Choices(everything, branches, _months(store))


@operation(right="reports.render", audit="had the report {report} made for {month}, {branch}, {language}", public=False)
def request(store: Store, actor: Actor, *, report: str, month: str, branch: str, language: str) -> None:
    """Check that the signed-in person may have this report made, and put it on the trail.

    `branch` is a unit's id, or empty for all branches.

    Raises
    ------
    InvalidInput, NotFound, AccessDenied
    """
    if not _MONTH.fullmatch(month):
        raise InvalidInput(_("{month} is no month; give it as 2026-05."), month=month[:20])

    def work(tx: Connection) -> None:
        for path in [unit_path(tx, branch)] if branch else _roots(tx):
            actor.require("reports.render", path)
        record(store, tx, actor, "reporting.request", report, report=report, month=month, branch=branch or "*",
               language=language)  # fmt: skip

    store.write(work)


def _roots(connection: Connection) -> Sequence[str]:
    """Paths of the units at the top: the report of all branches asks for the right over each."""
    return connection.scalars(select(units.c.path).where(units.c.parent_id.is_(None))).all()


def _months(store: Store) -> list[str]:
    """The months that are over, the newest first, and then the present one."""
    zone = store.settings.zone if store.settings else ZoneInfo(DEFAULT_ZONE)
    today = store.now().astimezone(zone)
    last = today.year * 12 + today.month - 2
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in [*range(last, last - MONTHS, -1), last + 1]]
