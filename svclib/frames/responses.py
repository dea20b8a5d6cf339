"""Responses to a survey as a frame: one row a response, reserved columns first, then the questions'."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Text, cast, select

from svclib.forms import Survey
from svclib.frames.columns import Column, columns_of, raw_cells, values_of
from svclib.frames.definitions import versions
from svclib.frames.view import View
from svclib.store.schema import responses as table

SOURCES = ("probability", "census", "opt-in")
RESERVED = (
    "response_id", "version", "channel", "language", "layout", "branch", "submitted_at", "weight", "stratum",
    "cluster", "fpc", "source",
)  # fmt: skip
_LABELS = ("channel", "language", "layout", "branch", "stratum", "cluster")
_FETCHED = (
    table.c.id, table.c.version, table.c.channel, table.c.language, table.c.layout, table.c.branch,
    table.c.submitted_on, table.c.submitted_at, table.c.weight, table.c.stratum, table.c.cluster, table.c.fpc,
    table.c.source, table.c.status, table.c.page, table.c.definition_hash, cast(table.c.answers, Text).label("answers"),
)  # fmt: skip


@dataclass(frozen=True)
class Sheets:
    """The responses of a survey as read: lists by column, answers as dicts, and the versions they were asked in."""

    fetched: dict[str, list[Any]]
    answers: list[dict[str, Any]]
    surveys: dict[str, Survey]
    columns: tuple[Column, ...]

    @property
    def index(self) -> pd.Index:
        """The responses' ids."""
        return pd.Index(self.fetched["id"], name="response_id", dtype="str")


def read_sheets(
    connection: Connection, survey: str, view: View, *, since: date | None = None, until: date | None = None,
    partial: bool = False,
) -> Sheets:  # fmt: skip
    """Read the responses of `survey` that the view sees, submitted from `since` to before `until`.

    `partial` adds those that were begun and never handed in.
    """
    found = versions(connection, "survey", survey)
    chosen = [table.c.survey == survey, view.sees(table.c.branch)]
    chosen += [] if partial else [table.c.status == "submitted"]
    chosen += [table.c.submitted_on >= since] if since else []
    chosen += [table.c.submitted_on < until] if until else []
    # Of anonymous responses the ids' order is all there is, and it tells nothing.
    with unhurried_collector():
        rows = connection.execute(select(*_FETCHED).where(*chosen).order_by(table.c.id)).all()
    fetched = dict(zip((c.name for c in _FETCHED), map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    fetched = fetched or {column.name: [] for column in _FETCHED}
    columns = columns_of([model for _hash, model in found])
    shown = tuple(column for column in columns if view.sensitive or not column.sensitive)
    return Sheets(fetched, _parsed(fetched.pop("answers")), dict(found), shown)


def _parsed(texts: list[str]) -> list[dict[str, Any]]:
    # One parse for all is several times faster than one for each.
    with unhurried_collector():
        answers: list[dict[str, Any]] = json.loads("[" + ",".join(texts) + "]")
    return answers


@contextmanager
def unhurried_collector() -> Iterator[None]:
    """Keep the garbage collector from walking a growing heap again and again while much is read at once."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def responses(
    connection: Connection, survey: str, view: View, *, since: date | None = None, until: date | None = None,
    partial: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Give the responses to a survey, all its versions together.

    Parameters
    ----------
    connection : Connection
        A reading connection of the store.
    survey : str
        The survey's id.
    view : View
        What the reader may see; free text and other sensitive columns only with ``sensitive``.
    since, until : date, optional
        Handed in on or after, and before.
    partial : bool
        With those begun and never handed in (``submitted_at`` missing).

    Returns
    -------
    DataFrame
        Indexed by ``response_id``; columns ``version, channel, language, layout, branch, submitted_at, weight, stratum,
        cluster, fpc, source``, then the questions' (see `svclib.frames.columns`). ``submitted_at`` is in the view's
        zone, of anonymous surveys the day's midnight. A missing weight is 1.

    Raises
    ------
    NotFound
        There is no such survey.
    """
    sheets = read_sheets(connection, survey, view, since=since, until=until, partial=partial)
    data = _reserved(sheets.fetched, view.zone)
    for column in sheets.columns:
        data[column.name] = values_of(column, raw_cells(column, sheets.answers))
    return pd.DataFrame(data, index=sheets.index)


def _reserved(fetched: dict[str, list[Any]], zone: str) -> dict[str, Any]:
    data: dict[str, Any] = {"version": np.array(fetched["version"], dtype=np.int64)}
    for name in RESERVED[2:]:
        if name in _LABELS:
            data[name] = labels(fetched[name])
        elif name == "submitted_at":
            data[name] = moments(fetched["submitted_at"], fetched["submitted_on"], zone)
        elif name == "source":
            data[name] = pd.Categorical(fetched[name], categories=list(SOURCES))
        else:
            data[name] = np.array(fetched[name], dtype=float)
    data["weight"] = np.where(np.isnan(data["weight"]), 1.0, data["weight"])
    return data


def labels(values: Sequence[Any]) -> pd.Categorical:
    """Make a Categorical of the values that occur, sorted."""
    known = pd.Index(sorted({value for value in values if value is not None}), dtype="str")
    return pd.Categorical(values, categories=known)


def moments(at: Sequence[Any], on: Sequence[Any], zone: str) -> Any:
    """Make moments in `zone`; where only the day is known, its midnight."""
    exact = pd.Series(pd.to_datetime(pd.Series(at, dtype=object), utc=True)).dt.tz_convert(zone)
    days = pd.Series(pd.to_datetime(pd.Series(on, dtype=object))).dt.tz_localize(zone)
    kept = pd.DatetimeTZDtype("us", zone)
    return exact.astype(kept).fillna(days.astype(kept)).array
