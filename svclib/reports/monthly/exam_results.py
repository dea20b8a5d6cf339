"""Exam results, and the items to look at."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from svclib import stats
from svclib.i18n import _
from svclib.reports import sentences, words
from svclib.reports.charts import difficulty_discrimination, option_bars
from svclib.reports.monthly.book import Book, allowed
from svclib.reports.parts import Figure, Section, heading, paragraph, section
from svclib.reports.tables import Table, table
from svclib.reports.words import SHARE

SHOWN = 8
"""Items listed at most; the notebook on items has the rest."""


def exams(book: Book) -> Section:
    """Show the results of each exam in the last twelve months, then the items that call for a look."""
    title = heading(book.say(_("Exams")))
    rows = book.results
    if rows.empty:
        return section(title, paragraph(book.say(_("There are no results yet.")), "note"))
    rows = rows.loc[rows["month"] > _year_before(book.month)]
    passed = _shares(book, rows)
    parts: list[Any] = [title, paragraph(_told(book, passed)), _table(book, rows, passed)]
    if book.branch is None:
        for exam in passed["exam"].astype(str):
            parts += _items(book, exam)
    return section(*parts)


def _year_before(month: str) -> str:
    year, number = month.split("-")
    return f"{int(year) - 1}-{number}"


def _shares(book: Book, rows: pd.DataFrame) -> pd.DataFrame:
    """Estimate the share of attempts passed, by exam; of one branch by the table of all branches."""
    data = rows.assign(passed=rows["passed"].astype(float))
    if book.branch is None:
        return stats.suppress(stats.proportion(data, "passed", success=1.0, by="exam"))
    cells = stats.suppress(stats.proportion(data, "passed", success=1.0, by=["exam", "branch"]), within="exam")
    return cells.loc[cells["branch"].astype(str) == book.branch].drop(columns="branch")


def _told(book: Book, passed: pd.DataFrame) -> str:
    shown = passed.dropna(subset=["estimate"])
    if shown.empty:
        return book.say(_("Too few attempts to show a share."))
    lowest = shown.sort_values("estimate").iloc[0]
    text = _("The lowest share passed is that of {exam}: {value} of {n} attempts in twelve months.")
    value = words.value(lowest["estimate"], SHARE)
    return book.say(text, exam=book.exam(lowest["exam"]), value=value, n=words.number(lowest["n"]))


def _table(book: Book, rows: pd.DataFrame, passed: pd.DataFrame) -> Table:
    means = rows.loc[rows["branch"].astype(str) == book.branch] if book.branch else rows
    mean = means.groupby("exam", observed=True)["percent"].mean()
    cells = pd.DataFrame(
        {
            "exam": [book.exam(exam) for exam in passed["exam"]],
            "n": [words.number(n) for n in passed["n"]],
            "passed": [words.value(x, SHARE) for x in passed["estimate"]],
            "interval": [
                words.bracket(low, high, SHARE) for low, high in zip(passed["low"], passed["high"], strict=True)
            ],
            "mean": [
                words.number(mean.get(exam), 1) if words.known(n) else words.MISSING
                for exam, n in zip(passed["exam"], passed["n"], strict=True)
            ],
        }
    )
    titles = {
        "exam": _("Exam"),
        "n": _("Attempts"),
        "passed": _("Passed"),
        "interval": _("95% interval"),
        "mean": _("Mean score (of 100)"),
    }
    return table(cells, {key: book.say(text) for key, text in titles.items()})


def _items(book: Book, exam: str) -> list[Any]:
    """Show an exam's items: reliability, what to look at, the plot, the options of the worst."""
    scores = allowed(book.frames.scores, exam=exam, attempts="first")
    if scores.empty:
        return []
    items = stats.item_analysis(scores)
    look = sentences.items.to_look_at(items).head(SHOWN)
    told = sentences.items.overview(items, book.language)
    parts: list[Any] = [heading(book.say(_("Items of {exam}"), exam=book.exam(exam)), 3), paragraph(told)]
    alpha = stats.alpha(scores, missing="pairwise").iloc[0].to_dict()
    parts.append(paragraph(sentences.items.reliability(alpha, book.language)))
    if items["item_rest"].notna().sum() > 2:
        draw = partial(difficulty_discrimination, items, language=book.language)
        parts.append(Figure(lambda width: draw(width=width), told))
    if len(look):
        parts += [_look_table(book, look), *_options(book, exam, scores, look)]
    return parts


def _look_table(book: Book, look: pd.DataFrame) -> Table:
    cells = pd.DataFrame(
        {
            "item": look["item"].to_numpy(),
            "right": [words.value(x, SHARE) for x in look["difficulty"]],
            "rest": [words.number(x, 2) for x in look["item_rest"]],
            "why": [sentences.items.item(row, book.language) for row in look.to_dict("records")],
        }
    )
    titles = {"item": _("Item"), "right": _("Right"), "rest": _("Item-rest"), "why": _("What to look at")}
    return table(cells, {key: book.say(text) for key, text in titles.items()}, left=["why"])


def _options(book: Book, exam: str, scores: pd.DataFrame, look: pd.DataFrame) -> list[Any]:
    """Show the options of the first flagged item that has options, and the sentences about them."""
    choices = allowed(book.frames.choices, exam=exam, attempts="first")
    names = [name for name in look["item"] if name in choices.columns]
    if not names:
        return []
    options = stats.distractors(choices[names], scores=scores)
    told = [
        f"{row['item']}: {sentences.items.option(row, book.language)}"
        for row in options.to_dict("records")
        if row["flag"] in ("key", "attracts_better")
    ]
    first = names[0]
    if options["item"].eq(first).sum() > 8 or not options.loc[options["item"] == first, "n"].sum():
        return [paragraph(text) for text in told]
    caption = book.say(_("Who chooses which option of {item}"), item=first)
    draw = partial(option_bars, options, first, language=book.language)
    return [
        *[paragraph(text) for text in told],
        paragraph(caption, "caption"),
        Figure(lambda width: draw(width=width), caption),
    ]
