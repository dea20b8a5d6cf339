"""The tab of quality: items, fairness, pass mark and security of the exam, each a sentence, a chart and a table."""

from __future__ import annotations

from typing import Any

from svclib.apps.exam_desk.evidence import Evidence
from svclib.apps.exam_desk.finding import Finding
from svclib.apps.exam_desk.findings import GROUPS, NARROW, PARTS, WIDE, find
from svclib.apps.exam_desk.model import ExamDeskModel
from svclib.apps.pieces import Chart, Field, Fields, Html, Screen, Table, column, empty_state, h, refill, sentence
from svclib.i18n import _


class QualityView:
    """A choice of the part above; below it what was found."""

    def __init__(self, model: ExamDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        self.evidence: Evidence | None = None
        self.choice = Fields(self._fields(), on_change=lambda _values: self.draw())
        self.told, self.chart = Html(), Chart()
        self.table: Table | None = None
        self.widget = column()

    def _fields(self, part: str = "items") -> list[Field]:
        say = self.model.voice
        parts = Field("part", say(_("Part")), "select", [(name, say(text)) for name, text in PARTS.items()])
        groups = Field("group", say(_("Compare by")), "select", [(name, say(text)) for name, text in GROUPS.items()])
        return [parts, groups] if part == "fairness" else [parts]

    def refresh(self) -> None:
        """Read the exam of the sitting at hand again."""
        say = self.model.voice
        if self.model.sitting is None:
            text = say(_("Schedule one in the tab “Sittings”."))
            refill(self.widget, [Html(empty_state(say(_("No sitting is chosen.")), text))])
            return
        self.evidence = Evidence(self.model)
        self.draw()

    def draw(self) -> None:
        """Work out the chosen part and show it."""
        if self.evidence is None:
            return
        say, chosen = self.model.voice, dict(self.choice.values)
        part, group = str(chosen["part"]), str(chosen.get("group") or "layout")
        if ("group" in chosen) != (part == "fairness"):
            self.choice.ask(self._fields(part), {"part": part})
        with self.screen.progress.busy(say(_("Working out what the answers say"))):
            self._show(find(part, self.evidence, say, group))

    def _show(self, found: Finding) -> None:
        say = self.model.voice
        about = say(_("First attempts at all sittings of this exam."))
        told = [sentence(found.told[0]), *(h("p", text) for text in found.told[1:])]
        self.told.set(h("div", told, h("p", about, class_="muted")))
        parts: list[Any] = [self.choice, self.told]
        if found.draw is not None:
            self.chart.draw(found.draw(WIDE), found.told[0], narrow=found.draw(NARROW))
            parts.append(self.chart)
        if found.columns:
            table = Table(found.columns, say, caption=found.caption, empty=found.empty, page_size=15)
            table.show(found.rows)
            self.table = table
            parts.append(table)
        refill(self.widget, parts)
