"""The tab of results: a sentence, figures with intervals, the distribution, the table, the Excel file."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svclib.apps.exam_desk import results
from svclib.apps.exam_desk.model import ExamDeskModel
from svclib.apps.exam_desk.words import outcome
from svclib.apps.pieces import (
    Action,
    Actions,
    Chart,
    Column,
    Field,
    Fields,
    Html,
    Screen,
    Table,
    cell,
    column,
    empty_state,
    figure,
    figures,
    h,
    missing,
    refill,
    sentence,
)  # fmt: skip
from svclib.i18n import _
from svclib.reports import words


class ResultsView:
    """Filters above; a sentence, figures and a chart; then the table."""

    def __init__(self, model: ExamDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        say = model.voice
        self.rows: list[Any] = []
        self.data = pd.DataFrame()
        self.filter = Fields(self._filters([]), on_change=lambda _values: self.draw())
        self.told, self.chart = Html(), Chart()
        self.table = Table(
            self._columns(), say, caption=say(_("Results")), empty=say(_("No results for this choice.")),
        )  # fmt: skip
        self.actions = Actions(
            [Action("export", say(_("Export to Excel")), "primary")], on_action=lambda _name: self.export()
        )
        self.widget = column()

    def _filters(self, units: list[str]) -> list[Field]:
        say = self.model.voice
        outcomes = {"all": _("All"), "passed": _("Has passed"), "failed": _("Not passed"), "none": _("No result yet")}
        return [
            Field("unit", say(_("Unit")), "select", [("", say(_("All units"))), *((name, name) for name in units)]),
            Field("outcome", say(_("Result")), "select", [(name, say(text)) for name, text in outcomes.items()]),
        ]

    def _columns(self) -> list[Column]:
        say = self.model.voice
        return [
            Column("name", say(_("Name"))),
            Column("number", say(_("Staff number"))),
            Column("unit", say(_("Unit"))),
            Column("best", say(_("Best score")), "number"),
            Column("result", say(_("Result"))),
            Column("attempts", say(_("Number of attempts")), "number"),
            Column("last", say(_("Handed in"))),
        ]

    def refresh(self) -> None:
        """Read the results again."""
        say = self.model.voice
        if self.model.sitting is None or not self.model.may("exams.results"):
            text = say(_("Schedule one in the tab “Sittings”."))
            refill(self.widget, [Html(empty_state(say(_("No sitting is chosen.")), text))])
            return
        with self.screen.progress.busy(say(_("Reading the results"))):
            self.rows = list(self.model.svc.exams.results(sitting=self.model.chosen))
            self.data = results.frame(self.rows, say)
            self.filter.ask(self._filters(sorted(self.data["unit"].unique())))
            self.draw()

    def draw(self) -> None:
        """Show the filtered results."""
        chosen = self.filter.values
        unit = results.filtered(self.data, chosen["unit"])
        found = results.figures(unit)
        shown = results.filtered(unit, outcome=chosen["outcome"])
        self.told.set(self._figures(found))
        self.table.show((str(row["person"]), self._cells(row)) for row in shown.to_dict("records"))
        scored = unit.loc[unit["best"].notna()]
        parts: list[Any] = [self.filter, self.told]
        if len(scored):
            self._draw_chart(scored, results.sentence(found, self.model.voice))
            parts.append(self.chart)
        refill(self.widget, [*parts, self.table, self.actions])

    def _draw_chart(self, scored: pd.DataFrame, told: str) -> None:
        from svclib.apps.exam_desk.charts import score_distribution  # loads Altair: only where a chart is drawn

        voice, mark = self.model.voice, self._pass_mark()
        wide = score_distribution(scored, voice, mark, 1000)
        self.chart.draw(wide, told, narrow=score_distribution(scored, voice, mark, 330))

    def _pass_mark(self) -> float | None:
        """The pass mark, where the sitting is of the exam's latest version."""
        sitting = self.model.sitting
        same = (one for one in self.model.exams() if (one.exam, one.version) == (sitting.exam, sitting.version))
        return next((float(one.pass_mark) for one in same), None)

    def _figures(self, found: results.Figures) -> Any:
        say = self.model.voice
        text = results.sentence(found, say)
        if not found.with_result:
            return sentence(text)
        rate, mean = found.pass_rate, found.mean
        shown = figures(
            figure(say(_("With a result")), f"{found.with_result} / {found.assigned}"),
            figure(say(_("Pass rate")), words.value(rate["estimate"], words.SHARE), self._interval(rate, words.SHARE)),
            figure(say(_("Mean score")), say.number(mean["estimate"], 1), self._interval(mean, words.RATING)),
        )
        return h("div", sentence(text), shown)

    def _interval(self, row: dict[str, Any], unit: words.Unit) -> str:
        say = self.model.voice
        if not words.known(row["low"]):
            return say(_("Too few people for an interval."))
        return say(_("95% interval {interval}"), interval=words.interval(row["low"], row["high"], unit, say.language))

    def _cells(self, row: dict[Any, Any]) -> dict[str, Any]:
        say = self.model.voice
        passed = None if missing(row["passed"]) else bool(row["passed"])
        return {
            "name": row["name"],
            "number": row["staff_number"],
            "unit": row["unit"],
            "best": cell(say.number(row["best"], 1), order=row["best"]),
            "result": outcome(passed, say),
            "attempts": row["attempts"],
            "last": say.moment(row["last"]),
        }

    def export(self) -> None:
        """Hand over the Excel file of the whole sitting."""
        name, content = results.export(self.model.sitting, self.rows, self.model.voice)
        self.screen.download.hand(name, content)
        self.screen.say(_("{name} is in your downloads."), name=name)
