"""Branches side by side, over the last three months, with what their differences can bear."""

from __future__ import annotations

from functools import partial

import pandas as pd

from svclib import stats
from svclib.i18n import _
from svclib.reports import sentences, words
from svclib.reports.charts import ranking
from svclib.reports.monthly.book import Book
from svclib.reports.monthly.measures import ASPECTS, LEVEL, MEASURES, aspect, basis, measures
from svclib.reports.parts import Figure, Section, bullets, heading, paragraph, section
from svclib.reports.tables import Table, table
from svclib.reports.words import RATING, SHARE
from svclib.stats.estimate import MIN_MEAN

WINDOW = 3
"""Months taken together: one month of a branch has too few answers to rank by."""


def branches(book: Book) -> Section | None:
    """Show the branches ranked by satisfied customers, small ones hidden."""
    csat = MEASURES[0]
    rows = book.responses.loc[book.responses["month"].isin(book.months[-WINDOW:])]
    if csat.column not in rows.columns or rows["branch"].nunique() < 2:
        return section()
    cells = csat.estimate(rows, csat.column, by="branch")
    cells = stats.suppress(cells, also=cells["branch"].isin(_mixed(rows)))
    cells = cells.loc[cells["n"].isna() | (cells["n"] > 0)].assign(name=[book.name(b) for b in _kept(cells)])
    whole = float(csat.estimate(rows, csat.column)["estimate"].item())
    below = _below(rows, cells, whole)
    hidden = int(cells["estimate"].isna().sum())
    told = sentences.satisfaction.ranking(cells, "name", SHARE, below=below, hidden=hidden, language=book.language)
    flagged = cells.loc[cells["name"].isin(below)].sort_values("estimate")
    weakest = [_weakest(book, rows, str(branch)) for branch in flagged["branch"]]
    draw = partial(
        ranking,
        cells,
        "name",
        title=book.say(csat.title) + " (%)",
        reference=whole,
        reference_label=book.say(_("whole")),
        marked=tuple(below),
    )
    return section(
        heading(book.say(_("Branches"))),
        paragraph(book.say(_("Satisfied customers of the last {count} months."), count=len(book.months[-WINDOW:]))),
        paragraph(told),
        bullets(weakest) if weakest else None,
        Figure(lambda width: draw(width=width), told),
        _table(book, rows, cells),
        paragraph(basis(book), "note"),
    )


def _mixed(rows: pd.DataFrame) -> list[str]:
    """Name the branches of which the monthly reports show some of the months and hide others.

    Their sum over the months, less the months shown, would give what was hidden.
    """
    csat = MEASURES[0]
    cells = stats.suppress(csat.estimate(rows, csat.column, by=["branch", "month"]), within="month")
    cells = cells.assign(hidden=cells["n"].isna(), shown=cells["n"].fillna(0) > 0)
    found = cells.groupby("branch", observed=True)[["hidden", "shown"]].any()
    return [str(branch) for branch in found.index[found["hidden"] & found["shown"]]]


def _kept(cells: pd.DataFrame) -> list[str]:
    return [str(name) for name in cells.loc[cells["n"].isna() | (cells["n"] > 0), "branch"]]


def _below(rows: pd.DataFrame, cells: pd.DataFrame, whole: float) -> list[str]:
    """Name the branches whose interval, widened for their number, lies below the whole."""
    csat = MEASURES[0]
    level = 1 - (1 - LEVEL) / max(len(cells), 1)
    wide = csat.estimate(rows, csat.column, by="branch", level=level)
    low = set(wide.loc[wide["high"] < whole, "branch"].astype(str))
    shown = cells.dropna(subset=["estimate"])
    return [name for branch, name in zip(shown["branch"], shown["name"], strict=True) if str(branch) in low]


def _weakest(book: Book, rows: pd.DataFrame, branch: str) -> str:
    """Name the aspect in which a branch lies furthest behind the whole, in standard deviations of the answers."""
    aspects = [name for name in ASPECTS if name in rows.columns]
    own = rows.loc[rows["branch"].astype(str) == branch, aspects]
    enough = [name for name in aspects if own[name].count() >= MIN_MEAN and rows[name].std() > 0]
    if not enough:
        return book.say(
            _("{branch}: too few ratings of single aspects to say where it lags."), branch=book.name(branch)
        )
    behind = (own[enough].mean() - rows[enough].mean()) / rows[enough].std()
    name = str(behind.idxmin())
    return book.say(
        _("{branch} lies furthest behind in this: {aspect} ({value} against {whole} of the whole)."),
        branch=book.name(branch),
        aspect=aspect(book, name),
        value=words.value(own[name].mean(), RATING),
        whole=words.value(rows[name].mean(), RATING),
    )


def _table(book: Book, rows: pd.DataFrame, cells: pd.DataFrame) -> Table:
    """List the branches, best first, with all measures; what one measure hides the others hide too."""
    csat, *others = measures(book)
    ordered = cells.sort_values("estimate", ascending=False, na_position="last")
    shown = pd.DataFrame(
        {
            "name": ordered["name"].to_numpy(),
            "n": [words.number(n) for n in ordered["n"]],
            "csat": [words.value(x, csat.unit) for x in ordered["estimate"]],
            "interval": [
                words.bracket(low, high, csat.unit) for low, high in zip(ordered["low"], ordered["high"], strict=True)
            ],
        }
    )
    titles = {"name": _("Branch"), "n": _("Answers"), "csat": _("CSAT"), "interval": _("95% interval")}
    headings = {key: book.say(text) for key, text in titles.items()}
    for measure in others:
        estimates = stats.suppress(measure.estimate(rows, measure.column, by="branch")).set_index("branch")["estimate"]
        values = estimates.reindex(ordered["branch"]).mask(ordered["estimate"].isna().to_numpy())
        shown[measure.column] = [words.value(x, measure.unit) for x in values]
        headings[measure.column] = measure.short
    marked = [at for at, branch in enumerate(ordered["branch"]) if str(branch) == book.branch]
    return table(shown, headings, marked=marked)
