"""Frames for researchers, quality managers and HR: each sees their own subtree, people under pseudonyms."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from svclib import frames
from svclib.errors import AccessDenied, NotFound
from svclib.frames.definitions import versions
from svclib.frames.exams import Attempts
from svclib.frames.files import Format
from svclib.i18n import Language, _
from svclib.operations.actor import Actor
from svclib.operations.registry import operation, record
from svclib.store import Store

Kind = Literal["survey", "exam"]
Source = Literal["probability", "census", "opt-in"]
RIGHTS = {"survey": "frames.surveys", "exam": "frames.exams"}
_MEDIA = "application/zip"


@dataclass(frozen=True)
class File:
    """A file to save: its name, its media type, its content in base64."""

    name: str
    media_type: str
    content: str


def view_of(store: Store, actor: Actor, right: str, *, sensitive: bool = False) -> frames.View:
    """How the actor sees the store under a right."""
    zone = store.settings.timezone if store.settings else "Asia/Shanghai"
    closed_by = None if actor.may("items.read") else store.now()
    return frames.View(store.key("pseudonym"), actor.scope(right), sensitive, zone, closed_by)


def _survey_view(store: Store, actor: Actor) -> frames.View:
    """The view of surveys; free text only as far as the right to comments reaches over the whole view."""
    reads = all(actor.may("frames.comments", path) for path in actor.scope("frames.surveys"))
    return view_of(store, actor, "frames.surveys", sensitive=reads)


def _kind_of(store: Store, actor: Actor, name: str, kind: Kind | None) -> Kind:
    """Whether `name` is a survey or an exam; the actor must hold the right to its frames."""
    chosen: tuple[Kind, ...] = (kind,) if kind else ("survey", "exam")
    with store.read() as connection:
        for one in chosen:
            try:
                versions(connection, one, name)
            except NotFound:
                continue
            actor.require(RIGHTS[one])
            return one
    raise NotFound(_("There is no published survey or exam {name}."), name=name)


# ── surveys ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@operation(right="frames.surveys")
def responses(
    store: Store, actor: Actor, *, survey: str, since: date | None = None, until: date | None = None,
    partial: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Give the responses to a survey; see `svclib.frames.responses`."""
    with store.read() as connection:
        view = _survey_view(store, actor)
        return frames.responses(connection, survey, view, since=since, until=until, partial=partial)


@operation(right=None)
def states(
    store: Store, actor: Actor, *, name: str, kind: Kind | None = None, since: date | None = None,
    until: date | None = None, partial: bool = False, attempts: Attempts = "all",
) -> pd.DataFrame:  # fmt: skip
    """Tell why cells are empty, in the shape of `responses` (a survey) or `choices` (an exam)."""
    found = _kind_of(store, actor, name, kind)
    with store.read() as connection:
        if found == "exam":
            return frames.exam_states(connection, name, view_of(store, actor, "frames.exams"), attempts=attempts)
        view = _survey_view(store, actor)
        return frames.states(connection, name, view, since=since, until=until, partial=partial)


@operation(right="frames.comments")
def comments(store: Store, actor: Actor, *, survey: str) -> pd.DataFrame:
    """Give what respondents wrote, one row a text; see `svclib.frames.comments`."""
    with store.read() as connection:
        return frames.comments(connection, survey, view_of(store, actor, "frames.comments", sensitive=True))


@operation(right="frames.surveys")
def design(
    store: Store, actor: Actor, *, survey: str, since: date | None = None, until: date | None = None,
    source: Source | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Tell which columns describe the sampling; Python's client makes a ``stats.Design`` of the answers with them.

    Parameters
    ----------
    survey : str
    since, until : date, optional
        Handed in on or after, and before.
    source : {"probability", "census", "opt-in"}, optional
        Answers from one source only.
    """
    with store.read() as connection:
        view = _survey_view(store, actor)
        frame = frames.responses(connection, survey, view, since=since, until=until)
        return frames.design(frame if source is None else frame[frame["source"] == source])


@operation(right="frames.surveys")
def coverage(store: Store, actor: Actor) -> pd.DataFrame:
    """Count who was served, invited and answered, by month, channel and unit."""
    with store.read() as connection:
        return frames.coverage(connection, view_of(store, actor, "frames.surveys"))


# ── surveys and exams ────────────────────────────────────────────────────────────────────────────────────────────────
@operation(right=None)
def item_times(store: Store, actor: Actor, *, name: str, kind: Kind | None = None) -> pd.DataFrame:
    """Give the seconds for which each question or item was in view."""
    found = _kind_of(store, actor, name, kind)
    with store.read() as connection:
        return frames.item_times(connection, found, name, view_of(store, actor, RIGHTS[found]))


@operation(right=None)
def page_times(store: Store, actor: Actor, *, name: str, kind: Kind | None = None) -> pd.DataFrame:
    """Give the seconds for which each page was in view; columns are page numbers."""
    found = _kind_of(store, actor, name, kind)
    with store.read() as connection:
        times = frames.page_times(connection, found, name, view_of(store, actor, RIGHTS[found]))
    return times.rename(columns=str)


@operation(right=None)
def codebook(store: Store, actor: Actor, *, name: str, kind: Kind | None = None) -> pd.DataFrame:
    """Give wording and labels of the columns in both languages; an exam's with keys for who may read items."""
    found = _kind_of(store, actor, name, kind)
    with store.read() as connection:
        if found == "survey":
            return frames.survey_codebook(connection, name, _survey_view(store, actor))
        view = view_of(store, actor, "frames.exams")
        return frames.exam_codebook(connection, name, view, keys=actor.may("items.read"))


# ── exams ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@operation(right="frames.exams")
def scores(store: Store, actor: Actor, *, exam: str, attempts: Attempts = "all", points: bool = False) -> pd.DataFrame:
    """Give candidates × items: the earned part (0 to 1) or the points; see `svclib.frames.scores`."""
    _kind_of(store, actor, exam, "exam")
    with store.read() as connection:
        view = view_of(store, actor, "frames.exams")
        return frames.scores(connection, exam, view, attempts=attempts, points=points)


@operation(right="frames.exams")
def choices(store: Store, actor: Actor, *, exam: str, attempts: Attempts = "all") -> pd.DataFrame:
    """Give candidates × items: the options chosen; see `svclib.frames.choices`."""
    _kind_of(store, actor, exam, "exam")
    with store.read() as connection:
        return frames.choices(connection, exam, view_of(store, actor, "frames.exams"), attempts=attempts)


@operation(right="frames.exams")
def results(store: Store, actor: Actor, *, exam: str | None = None) -> pd.DataFrame:
    """Give the results, one row a scored attempt, people under pseudonyms; see `svclib.frames.results`."""
    with store.read() as connection:
        return frames.results(connection, view_of(store, actor, "frames.exams"), exam)


@operation(right="reports.read")
def certified(store: Store, actor: Actor, *, exam: str | None = None) -> pd.DataFrame:
    """Count each unit's active staff and those with a valid certificate."""
    with store.read() as connection:
        return frames.certified(connection, view_of(store, actor, "reports.read"), store.now(), exam)


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@operation(right=None, audit="Exported the {kind} {name} as {format} ({variant}, {rows} rows)")
def export(
    store: Store, actor: Actor, *, name: str, format: Format, kind: Kind | None = None,
    variant: Literal["full", "share"] = "share", language: Language | None = None,
) -> File:  # fmt: skip
    """Give answers or results as a ZIP of data, states and codebook.

    Parameters
    ----------
    name, kind : str
        The survey or exam; `kind` where both are called the same.
    format : {"csv", "xlsx", "sav", "parquet"}
    variant : {"full", "share"}
        ``share`` leaves out the sensitive columns (free text, names). ``full`` of a survey needs the right to comments,
        of an exam the right to names.
    language : {"zh-CN", "en"}, optional
        CSV and XLSX with labels instead of values; the labels' language of SPSS and Parquet.

    Raises
    ------
    AccessDenied
        The actor may not export this, or not in full.
    """
    found = _kind_of(store, actor, name, kind)
    right = f"export.{found}s"
    scope = actor.scope(right)
    actor.require(right)
    full = variant == "full"
    named = "frames.comments" if found == "survey" else "frames.identified"
    if full and not all(actor.may(named, path) for path in scope):
        raise AccessDenied(_("You may export this without its sensitive columns only: choose the variant share."))
    view = view_of(store, actor, right, sensitive=full)
    with store.read() as connection:
        if found == "survey":
            table = frames.survey_table(connection, name, view)
        else:
            table = frames.exam_table(connection, name, view, identified=full)
    packed = frames.pack(table, format, language)
    fields = {"kind": found, "name": name, "format": format, "variant": variant, "rows": len(table.frame)}
    store.write(lambda tx: record(store, tx, actor, "frames.export", name, **fields))
    return File(f"{name}_{format}_{variant}.zip", _MEDIA, base64.b64encode(packed).decode())
