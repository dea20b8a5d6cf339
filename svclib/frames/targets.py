"""Denominators of the bank's targets: staff certified by unit, answer coverage by channel."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, select

from svclib.errors import NotFound
from svclib.frames.definitions import definition
from svclib.frames.exams import attempt_rows
from svclib.frames.view import View, branches
from svclib.i18n import _
from svclib.store.schema import contacts, people, responses, sittings, units


def certified(connection: Connection, view: View, now: datetime, exam: str | None = None) -> pd.DataFrame:
    """Count, for each unit, its active staff and those who hold a certificate that is valid now.

    Parameters
    ----------
    now : datetime
        The moment at which validity is judged.
    exam : str, optional
        Certificates of this exam; by default a valid one of any exam that gives certificates counts.

    Returns
    -------
    DataFrame
        ``unit, branch, staff, certified``, one row a unit with staff.
    """
    if exam and not connection.scalar(select(func.count()).select_from(sittings).where(sittings.c.exam == exam)):
        raise NotFound(_("No sitting of the exam {exam} was ever held."), exam=exam)
    staff = connection.execute(
        select(people.c.id, people.c.unit_id)
        .join(units, units.c.id == people.c.unit_id)
        .where(people.c.active.is_(True), view.units())
    ).all()
    holders = {row["person_id"] for row in attempt_rows(connection, exam, view) if _valid(connection, row, now, exam)}
    counted = Counter(row.unit_id for row in staff)
    valid = Counter(row.unit_id for row in staff if row.id in holders)
    branch = branches(connection)
    names = sorted(counted)
    data = {
        "unit": pd.Categorical(names, categories=names),
        "branch": pd.Categorical([branch[unit] for unit in names]),
        "staff": [counted[unit] for unit in names],
        "certified": [valid[unit] for unit in names],
    }
    return pd.DataFrame(data).astype({"staff": "int64", "certified": "int64"})


def _valid(connection: Connection, row: Any, now: datetime, exam: str | None) -> bool:
    rules = definition(connection, row["exam_hash"]).certificate
    if not row["passed"] or row["closed_at"] > now:
        return False
    if rules is None:  # a pass without a certificate is no certificate, but of the exam asked for it counts
        return exam is not None
    return bool(pd.Timestamp(row["closed_at"]) + pd.DateOffset(months=rules.valid_months) > pd.Timestamp(now))


def coverage(connection: Connection, view: View) -> pd.DataFrame:
    """Count who was served, invited and answered, by month, channel and unit.

    Returns
    -------
    DataFrame
        ``month`` (YYYY-MM, in the view's zone), ``channel, unit, served, invited, answered``; combinations that were
        never served have 0 there.
    """
    rows = connection.execute(select(contacts).where(view.sees(contacts.c.unit_id))).mappings()
    known = {(row["month"], row["channel"], row["unit_id"]): (row["served"], row["invited"]) for row in rows}
    answered: Counter[tuple[str, str, str]] = Counter()
    done = (responses.c.status == "submitted") & responses.c.branch.is_not(None) & view.sees(responses.c.branch)
    by_day = select(responses.c.submitted_on, responses.c.channel, responses.c.branch, func.count()).where(done)
    for day, channel, unit, count in connection.execute(
        by_day.group_by(responses.c.submitted_on, responses.c.channel, responses.c.branch)
    ):
        answered[(f"{day:%Y-%m}", channel, unit)] += count
    keys = sorted({*known, *answered})
    data: dict[str, Any] = {
        name: pd.Categorical([key[place] for key in keys]) if place else pd.array([key[0] for key in keys], dtype="str")
        for place, name in enumerate(("month", "channel", "unit"))
    }
    data["served"] = [known.get(key, (0, 0))[0] for key in keys]
    data["invited"] = [known.get(key, (0, 0))[1] for key in keys]
    data["answered"] = [answered[key] for key in keys]
    return pd.DataFrame(data).astype(dict.fromkeys(("served", "invited", "answered"), "int64"))
