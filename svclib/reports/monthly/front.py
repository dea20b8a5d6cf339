"""The first page: title, and the targets that can be computed, each with interval, trend and status."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from svclib import stats
from svclib.i18n import _
from svclib.reports import sentences, words
from svclib.reports.monthly.answering import by_channel
from svclib.reports.monthly.book import Book
from svclib.reports.monthly.measures import MEASURES, estimated
from svclib.reports.parts import Section, Words, heading, paragraph, section
from svclib.reports.words import SHARE
from svclib.stats.estimate import MIN_MEAN

CERTIFIED = 0.80
"""Share of staff to be certified within a year."""


@dataclass(frozen=True)
class Target:
    """A target as a card shows it."""

    name: str
    value: str
    standing: str
    status: str
    lines: tuple[str, ...]
    wide: bool = False

    @property
    def html(self) -> str:
        """The card."""
        lines = "".join(f'<p class="note">{escape(line)}</p>' for line in self.lines if line)
        value = f'<p class="value">{escape(self.value)}</p>' if self.value else ""
        return (
            f'<div class="target {self.standing}{" wide" if self.wide else ""}"><h3>{escape(self.name)}</h3>'
            f'{value}<p class="status">{escape(self.status)}</p>{lines}</div>'
        )


def opening(book: Book) -> Section:
    """Show the title: what month, of whom."""
    title = book.say(_("Service quality, {month}"), month=words.month(book.month, book.language))
    return section(heading(title, 1), paragraph(book.subject, "subtitle"))


def targets(book: Book) -> Section:
    """Show the targets as cards."""
    cards = [card for card in (satisfied(book), certified(book), answered(book)) if card]
    return section(Words(f'<div class="targets">{"".join(card.html for card in cards)}</div>'))


def satisfied(book: Book) -> Target | None:
    """Judge the target of satisfied customers."""
    measure = MEASURES[0]
    if measure.column not in book.responses.columns or measure.target is None:
        return None
    rows = estimated(book, measure)
    row = _row(stats.against_target(rows, measure.target), book.month)
    trend = _row(stats.changes(rows), book.month)
    name = book.say(_("Satisfied customers, target {target} or more"), target=words.value(measure.target, SHARE))
    return Target(
        name,
        words.value(row["estimate"], SHARE),
        row["standing"],
        sentences.satisfaction.standing(row, book.language),
        (_interval(book, row), _trend(book, trend), _opt_in(book)),
    )


def certified(book: Book) -> Target | None:
    """Judge the target of certified staff: a count of everybody, so it has no sampling error."""
    rows = book.certified
    if rows.empty or not {"staff", "certified"} <= set(rows.columns):
        return None
    chosen = rows.loc[rows["branch"].astype(str) == book.branch] if book.branch else rows
    staff, holders = int(chosen["staff"].sum()), int(chosen["certified"].sum())
    if staff < MIN_MEAN:
        return None
    share = holders / staff
    row = {"standing": "met" if share >= CERTIFIED else "not_met"}
    text = _("{holders} of {staff} staff today; everybody is counted, so there is no sampling error.")
    counted = book.say(text, holders=words.number(holders), staff=words.number(staff))
    name = book.say(_("Staff certified, target {target} or more"), target=words.value(CERTIFIED, SHARE))
    status = sentences.satisfaction.standing(row, book.language)
    return Target(name, words.value(share, SHARE), row["standing"], status, (counted, _gained(book, staff)))


def _gained(book: Book, staff: int) -> str:
    """Say how many passed for the first time in the month: the trend of the certified share."""
    results = book.results
    if results.empty or "passed" not in results.columns:
        return ""
    if book.branch:
        results = results.loc[results["branch"].astype(str) == book.branch]
    first = results.loc[results["passed"].astype(bool)].groupby("person")["month"].min()
    gained = int((first == book.month).sum())
    text = _("Trend: {count} passed an exam for the first time this month ({share} of the staff).")
    return book.say(text, count=gained, share=words.value(gained / staff, SHARE))


def answered(book: Book) -> Target | None:
    """Show how many of the customers served or invited answered, by channel; the bank sets no target by default."""
    rows = by_channel(book)
    now = rows.loc[rows["month"] == book.month].to_dict("records") if len(rows) else []
    if not now:
        return None
    moved = stats.changes(rows, by="channel")
    lines = tuple(_channel(book, row, moved.loc[moved["channel"] == row["channel"]]) for row in now)
    status = book.say(_("cannot be told yet: no target is set"))
    return Target(book.say(_("Answer coverage by channel")), "", "unknown", status, lines, wide=True)


def _channel(book: Book, row: dict[Any, Any], moved: pd.DataFrame) -> str:
    fields = {
        "channel": channel_name(book, row["channel"]),
        "value": words.value(row["estimate"], SHARE),
        "n": words.number(row["n"]),
        "interval": _interval(book, row),
        "trend": _trend(book, _row(moved, book.month)),
    }
    return book.say(_("{channel}: {value} of {n} answered ({interval}). {trend}."), **fields)


def channel_name(book: Book, channel: Any) -> str:
    """Name a channel in the reader's language."""
    names = {
        "link": _("link"),
        "qr": _("QR code"),
        "phone": _("phone"),
        "kiosk": _("kiosk"),
        "app": _("app"),
        "web": _("web"),
        "sms": _("text message"),
        "email": _("e-mail"),
        "token": _("personal link"),
        "personal": _("personal link"),
        "branch": _("branch"),
    }
    return book.say(names[str(channel)]) if str(channel) in names else str(channel)


def _row(rows: pd.DataFrame, month: str) -> dict[Any, Any]:
    return dict(rows.loc[rows["month"] == month].to_dict("records")[0])


def _interval(book: Book, row: dict[Any, Any]) -> str:
    if not words.known(row["low"]):
        return sentences.notes.note(str(row["note"]), book.language)
    return book.say(
        _("95% interval {interval}"), interval=words.interval(row["low"], row["high"], SHARE, book.language)
    )


def _trend(book: Book, row: dict[Any, Any]) -> str:
    if row["direction"] == "unknown":
        return book.say(_("Trend: nothing to compare with"))
    texts = {
        "up": _("Trend: up {size} on the month before, beyond chance"),
        "down": _("Trend: down {size} on the month before, beyond chance"),
        "steady": _("Trend: {signed} on the month before, within chance"),
    }
    size = words.change(row["estimate"], SHARE, book.language)
    signed = words.number(row["estimate"] * 100, 1, signed=True)
    return book.say(texts[row["direction"]], size=size, signed=signed)


def _opt_in(book: Book) -> str:
    rows = book.now
    if "source" not in rows.columns or not (rows["source"] == "opt-in").any():
        return ""
    return book.say(_("Opt-in answers among them: no sampling error is claimed."))
