"""The tab of answers so far: counts by day, way to answer and unit; it refreshes itself while it is looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from svclib.apps.pieces import (
    Chart,
    Column,
    Html,
    Pulse,
    Screen,
    Table,
    beside,
    cell,
    column,
    figure,
    figures,
    h,
    refill,
    sentence,
)  # fmt: skip
from svclib.apps.survey_desk.charts import by_day
from svclib.apps.survey_desk.model import SurveyDeskModel
from svclib.i18n import _

BEAT_SECONDS = 10.0


class CountsView:
    """A sentence, figures, the chart of the last days, then the tables."""

    def __init__(self, model: SurveyDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        say = model.voice
        self.pulse = Pulse(BEAT_SECONDS, self.refresh)
        self.told, self.chart, self.clock = Html(), Chart(), Html()
        self.drawn: dict[str, int] | None = None
        empty = say(_("Nothing has come in yet: hand out a link or hang up the posters."))
        numbers = [Column("open", say(_("Begun")), "number"), Column("submitted", say(_("Handed in")), "number")]
        self.ways = Table(
            [Column("name", say(_("Way to answer"))), *numbers], say, caption=say(_("By way to answer")), empty=empty
        )
        self.units = Table(
            [Column("name", say(_("Unit"))), numbers[1]], say, caption=say(_("By unit")), empty=empty, page_size=10
        )
        self.days = column()
        self.widget = column(
            self.told, self.days, beside(self.ways, self.units, kind="app-halves"), self.clock, self.pulse
        )

    def refresh(self) -> None:
        """Count again."""
        counted = self.model.counts()
        self.told.set(self._figures(counted))
        if counted.by_day != self.drawn:
            self._draw_days(dict(counted.by_day))
        names = {row.id: row.name for row in self.model.collectors()}
        self.ways.show((key, {"name": names.get(key, key), **dict(row)}) for key, row in counted.by_collector.items())
        self.units.show(
            (unit, {"name": self.model.unit_name(unit), "submitted": cell(str(number), order=number)})
            for unit, number in sorted(counted.by_unit.items(), key=lambda pair: -pair[1])
        )
        text = _("As of {clock}; refreshed every {seconds} seconds.")
        now = datetime.now().astimezone()
        say = self.model.voice
        self.clock.set(h("p", say(text, clock=say.clock(now), seconds=int(BEAT_SECONDS)), class_="muted small"))

    def _figures(self, counted: Any) -> Any:
        say = self.model.voice
        begun = counted.open + counted.submitted
        share = counted.submitted / begun if begun else None
        today = counted.by_day.get(say.at(datetime.now().astimezone()).date().isoformat(), 0)  # type: ignore[union-attr]
        return h("div", sentence(self._sentence(counted)), figures(
            figure(say(_("Handed in")), say.number(counted.submitted)),
            figure(say(_("Today")), say.number(today)),
            figure(say(_("Begun, not handed in")), say.number(counted.open)),
            figure(say(_("Of those who begin, hand in")), say.percent(share)),
        ))  # fmt: skip

    def _sentence(self, counted: Any) -> str:
        say = self.model.voice
        if not counted.submitted:
            return say(_("No answer was handed in yet."))
        last = list(counted.by_day)[-1]
        text = _("{count} answers were handed in from {units} units; the last ones on {day}.")
        return say(text, count=say.number(counted.submitted), units=len(counted.by_unit), day=last)

    def _draw_days(self, days: dict[str, int]) -> None:
        self.drawn = days
        refill(self.days, [self.chart] if days else [])
        if days:
            say = self.model.voice
            text = _("Answers by day, {first} to {last}; the most on one day: {most}.")
            alt = say(text, first=min(days), last=max(days), most=max(days.values()))
            self.chart.draw(by_day(days, say), alt, narrow=by_day(days, say, 360))
