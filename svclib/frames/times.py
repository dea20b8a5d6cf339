"""How long items and pages were in view, from the process data that pages send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, select

from svclib.forms import Survey
from svclib.frames.definitions import versions
from svclib.frames.exams import attempt_rows, item_names
from svclib.frames.view import View
from svclib.store.schema import attempt_events, response_events, responses

CHUNK = 500


def item_times(connection: Connection, kind: str, name: str, view: View) -> pd.DataFrame:
    """Give the seconds for which each question (``survey``) or item (``exam``) was in view.

    Returns
    -------
    DataFrame
        Respondents or attempts × questions or items, float seconds; NaN where nothing was measured.
    """
    ids, label, names = _sheets(connection, kind, name, view)
    return _times(connection, kind, ids, label, names, "visit", "name")


def page_times(connection: Connection, kind: str, name: str, view: View) -> pd.DataFrame:
    """Give the seconds for which each page was in view; columns are the pages' numbers, from 0."""
    ids, label, _names = _sheets(connection, kind, name, view)
    return _times(connection, kind, ids, label, None, "page", "page")


def _sheets(connection: Connection, kind: str, name: str, view: View) -> tuple[list[str], str, list[str]]:
    if kind == "exam":
        rows = attempt_rows(connection, name, view)
        return [row["id"] for row in rows], "attempt_id", item_names(connection, rows)
    surveys: list[Survey] = [model for _hash, model in versions(connection, "survey", name)]
    asked = dict.fromkeys(question for survey in reversed(surveys) for question in survey.questions)
    done = (responses.c.survey == name) & (responses.c.status == "submitted") & view.sees(responses.c.branch)
    ids = list(connection.scalars(select(responses.c.id).where(done).order_by(responses.c.id)))
    return ids, "response_id", list(asked)


def _times(
    connection: Connection, kind: str, ids: list[str], label: str, names: list[str] | None, event: str, key: str
) -> pd.DataFrame:
    spent: dict[Any, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for sheet, content in _events(connection, attempt_events if kind == "exam" else response_events, ids):
        if content["kind"] == event and content.get("visible_ms") and key in content:
            spent[content[key]][sheet] += content["visible_ms"] / 1000
    order = names if names is not None else sorted(spent)
    index = pd.Index(ids, name=label, dtype="str")
    columns = {one: pd.Series(spent.get(one, {}), dtype=float).reindex(index).to_numpy() for one in order}
    return pd.DataFrame(columns, index=index, dtype=float)


def _events(connection: Connection, table: Table, ids: list[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    for start in range(0, len(ids), CHUNK):
        query = select(table.c[0], table.c.content).where(table.c[0].in_(ids[start : start + CHUNK]))
        for sheet, content in connection.execute(query):
            if content is not None:
                yield sheet, content
