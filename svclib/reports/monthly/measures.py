"""CSAT, NPS and CES: their numbers by month and by branch with small cells hidden, and what got worse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from svclib import stats
from svclib.i18n import _
from svclib.reports import sentences, words
from svclib.reports.charts import trend
from svclib.reports.monthly.book import Book
from svclib.reports.parts import Figure, Section, bullets, heading, paragraph, section
from svclib.reports.tables import Table, table
from svclib.reports.words import RATING, SCORE, SHARE, Unit

LEVEL = 0.95


@dataclass(frozen=True)
class Measure:
    """A measure of the survey: its column, its estimator, how it is written and called."""

    column: str
    estimate: Callable[..., pd.DataFrame]
    unit: Unit
    title: str
    subject: str
    short: str = ""
    target: float | None = None


MEASURES = (
    Measure(
        "overall",
        stats.csat,
        SHARE,
        _("Satisfied customers (CSAT)"),
        _("The share of satisfied customers"),
        "CSAT",
        0.90,
    ),
    Measure("recommend", stats.nps, SCORE, _("Recommendation (NPS, −100 to 100)"), _("The net promoter score"), "NPS"),
    Measure("effort", stats.ces, RATING, _("Ease (CES, mean of 1 to 7)"), _("The ease of getting things done"), "CES"),
)
ASPECTS = ("waiting_time", "staff", "expertise", "environment")
"""Ratings of single aspects; they are watched for falls."""


def measures(book: Book) -> list[Measure]:
    """Give the measures that the survey's answers have."""
    return [measure for measure in MEASURES if measure.column in book.responses.columns]


def estimated(book: Book, measure: Measure, *, level: float = LEVEL) -> pd.DataFrame:
    """Estimate a measure for each month, small cells hidden.

    For one branch the table of all branches and months is made first, hidden where it must be, and then cut: so the
    branch's report and the whole bank's cannot be subtracted from one another.
    """
    if book.branch is None:
        return stats.suppress(measure.estimate(book.responses, measure.column, by="month", level=level))
    cells = measure.estimate(book.responses, measure.column, by=["branch", "month"], level=level)
    hidden = stats.suppress(cells, within="month")
    return hidden.loc[hidden["branch"].astype(str) == book.branch].drop(columns="branch")


def by_month(book: Book) -> Section:
    """Show each measure over the months: sentences and chart, then the numbers of all in one table."""
    parts: list[Any] = [heading(book.say(_("Satisfaction, recommendation, ease"))), paragraph(basis(book), "note")]
    tables = {measure.column: estimated(book, measure) for measure in measures(book)}
    for measure in measures(book):
        parts += _one(book, measure, tables[measure.column])
    return section(*parts, heading(book.say(_("The numbers by month")), 3), _table(book, tables))


def _one(book: Book, measure: Measure, rows: pd.DataFrame) -> list[Any]:
    now = _of_month(rows, book.month)
    moved = _of_month(stats.changes(rows), book.month)
    subject, title = book.say(measure.subject), book.say(measure.title)
    level = sentences.satisfaction.level(now, subject, measure.unit, book.language)
    change = sentences.satisfaction.change(moved, subject, measure.unit, book.language)
    draw = partial(trend, rows, unit=measure.unit, target=measure.target, language=book.language)
    figure = Figure(lambda width: draw(width=width), title) if rows["estimate"].notna().sum() > 1 else None
    return [heading(title, 3), bullets([level, change]), figure]


def _of_month(rows: pd.DataFrame, month: str) -> dict[Any, Any]:
    return dict(rows.loc[rows["month"] == month].to_dict("records")[0])


def _table(book: Book, tables: dict[str, pd.DataFrame]) -> Table:
    """Put the measures side by side, the newest month first; a month's answers are those to its first question."""
    first = next(iter(tables.values()))
    cells: dict[str, list[str]] = {
        "month": [str(code) for code in first["month"]],
        "n": [words.number(n) for n in first["n"]],
    }
    titles = {"month": book.say(_("Month")), "n": book.say(_("Answers"))}
    for measure in measures(book):
        rows = tables[measure.column]
        moved = stats.changes(rows).to_dict("records")
        cells[measure.column] = [
            arrow(change, words.value(x, measure.unit)) for change, x in zip(moved, rows["estimate"], strict=True)
        ]
        cells[f"{measure.column}_interval"] = [
            words.bracket(low, high, measure.unit) for low, high in zip(rows["low"], rows["high"], strict=True)
        ]
        titles |= {measure.column: measure.short, f"{measure.column}_interval": book.say(_("95% interval"))}
    return table(pd.DataFrame(cells).iloc[::-1], titles)


def arrow(row: dict[Any, Any], value: str) -> str:
    """Put an arrow before a value whose change from the month before chance would hardly explain."""
    mark = {"up": "▲ ", "down": "▼ "}.get(row["direction"], "")
    return f"{mark}{value}"


def basis(book: Book) -> str:
    """Say what the answers are a sample of, beside the numbers."""
    rows = book.now
    opt_in = float((rows["source"] == "opt-in").mean()) if "source" in rows.columns and len(rows) else 0.0
    if opt_in == 0:
        return book.say(_("Intervals are 95%; an arrow marks a change that chance alone would hardly explain."))
    text = _(
        "{share} of this month's answers are opt-in (QR code or open link): they speak for those who answered. For them"
        " no sampling error is claimed; the interval shows only how far chance among those who answered would move the"
        " number. An arrow marks a change beyond that."
    )
    return book.say(text, share=words.value(opt_in, SHARE))


def headline(book: Book) -> Section:
    """Say in a sentence what got worse, and whether chance could explain it."""
    watched = _watched(book)
    level = 1 - (1 - LEVEL) / max(len(watched), 1)
    rows = []
    for measure in watched:
        moved = _of_month(stats.changes(estimated(book, measure, level=level)), book.month)
        rows.append((moved, book.say(measure.subject), measure.unit))
    told = sentences.satisfaction.worst(rows, book.language)
    note = book.say(_("Looked at together: {count} measures; the interval is widened for it."), count=len(watched))
    return section(paragraph(told, "lead"), paragraph(note, "note"))


def _watched(book: Book) -> list[Measure]:
    aspects = [
        Measure(name, partial(stats.mean), RATING, book.labels.get(name, name), aspect(book, name))
        for name in ASPECTS
        if name in book.responses.columns
    ]
    return [*measures(book), *aspects]


def aspect(book: Book, name: str) -> str:
    """Name the rating of an aspect."""
    subjects = {
        "waiting_time": _("The rating of the waiting time"),
        "staff": _("The rating of the staff's courtesy"),
        "expertise": _("The rating of the staff's expertise"),
        "environment": _("The rating of the premises"),
    }
    return book.say(subjects[name])
