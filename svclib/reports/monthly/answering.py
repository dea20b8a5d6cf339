"""How many of those served and asked answered, how complete the answers are, and how all was computed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svclib import stats
from svclib.i18n import _
from svclib.reports import words
from svclib.reports.monthly.book import Book
from svclib.reports.monthly.measures import measures
from svclib.reports.parts import Section, bullets, heading, paragraph, section
from svclib.reports.tables import table
from svclib.reports.words import SHARE
from svclib.stats.arrays import Floats, ratio
from svclib.stats.estimate import MIN_MEAN, cell_notes, estimates
from svclib.stats.intervals import wilson


def by_channel(book: Book) -> pd.DataFrame:
    """Estimate the share that answered, by channel and month: of those asked, else of those served.

    Channels for which nobody was counted (an open link has no list) have no row. For a branch the table of all is made
    and hidden first, as in `measures.estimated`.
    """
    rows = book.coverage
    if rows.empty:
        return pd.DataFrame(columns=["month"])
    rows = rows.assign(asked=_asked(rows))
    rows = rows.loc[rows["month"].isin(book.months) & (rows["asked"] > 0)]
    keys = ["channel", "month", "unit"] if book.branch else ["channel", "month"]
    summed = rows.groupby(keys, observed=True)[["asked", "answered"]].sum().reset_index()
    hidden = stats.suppress(_rates(summed, keys), within=["channel", "month"] if book.branch else None)
    if book.branch is None:
        return hidden
    return hidden.loc[hidden["unit"].astype(str) == book.branch].drop(columns="unit")


def _asked(rows: pd.DataFrame) -> pd.Series:
    """Give the invitations, or the customers served where nobody was invited."""
    return rows["invited"].where(rows["invited"] > 0, rows["served"])


def _rates(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    n: Floats = rows["asked"].to_numpy(dtype=float)
    share = ratio(rows["answered"].to_numpy(dtype=float), n).clip(0, 1)
    low, high = wilson(share, n, 0.95)
    return estimates(
        rows[keys],
        term="answered",
        estimate=share,
        std_error=(share * (1 - share) / n) ** 0.5,
        low=low,
        high=high,
        n=n,
        level=0.95,
        method="Wilson",
        note=cell_notes(n, MIN_MEAN),
    )


def coverage(book: Book) -> Section:
    """Show who was asked and who answered, and how complete the answers are."""
    from svclib.reports.monthly.front import channel_name

    title = heading(book.say(_("Coverage and quality of the answers")))
    rows = by_channel(book)
    now = rows.loc[rows["month"] == book.month]
    cells = pd.DataFrame(
        {
            "channel": [channel_name(book, channel) for channel in now.get("channel", [])],
            "asked": [words.number(n) for n in now.get("n", [])],
            "share": [words.value(x, SHARE) for x in now.get("estimate", [])],
            "interval": [
                words.bracket(low, high, SHARE)
                for low, high in zip(now.get("low", []), now.get("high", []), strict=True)
            ],
        }
    )
    if cells.empty:
        shown: Any = paragraph(book.say(_("Nobody counted whom the survey reached this month.")), "note")
    else:
        names = {"asked": _("Asked or served"), "share": _("Answered"), "interval": _("95% interval")}
        shown = table(
            cells, {"channel": book.say(_("Channel")), **{key: book.say(text) for key, text in names.items()}}
        )
    if book.branch is not None:  # counts of one branch beside those of all could be subtracted
        return section(title, shown)
    return section(title, _sources(book), shown, heading(book.say(_("Missing answers")), 3), _missing(book))


def _sources(book: Book) -> Any:
    rows = book.responses.loc[book.responses["month"] == book.month]
    if "source" not in rows.columns or rows.empty:
        return None
    counts = rows["source"].astype(str).value_counts()
    names = {"probability": _("drawn by chance"), "census": _("everybody asked"), "opt-in": _("opt-in")}
    texts = [
        book.say(_("{source}: {n} answers"), source=book.say(names.get(str(source), str(source))), n=words.number(n))
        for source, n in counts.items()
        if n >= MIN_MEAN
    ]
    return bullets(texts)


def _missing(book: Book) -> Any:
    rows = book.responses.loc[book.responses["month"] == book.month]
    if len(rows) < MIN_MEAN:
        return paragraph(book.say(_("Too few answers to say.")), "note")
    texts, text = [], _("{measure}: left out by {share}")
    for measure in measures(book):
        share = float(rows[measure.column].isna().mean())
        texts.append(book.say(text, measure=book.say(measure.title), share=words.value(share, SHARE)))
    return bullets(texts)


def method(book: Book) -> Section:
    """Say how the numbers were made."""
    texts = [
        _("CSAT is the share of 4 and 5 on a scale of 5; interval by Wilson."),
        _("NPS is the share of 9 and 10 less that of 0 to 6, times 100; score interval, good for few answers too."),
        _("CES is the mean on a scale of 7; t interval."),
        _("A change has the square-and-add interval of two months; chance explains it where that interval holds 0."),
        _("Where many are compared at once, intervals are widened: chance strikes in 5% of reports at most."),
        _("Answers by QR code or open link are opt-in: no sampling error is claimed for them."),
        _("Groups of fewer than {min_n} answers are hidden, and others with them where they could be worked out."),
        _("A target is met when the whole interval reaches it, and not met when none of it does."),
    ]
    return section(
        heading(book.say(_("How the numbers were made"))),
        bullets([book.say(text, min_n=MIN_MEAN) for text in texts], "note"),
    )
