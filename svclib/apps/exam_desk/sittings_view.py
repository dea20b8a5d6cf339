"""The tab of all sittings: what there is, one in detail, and planning a new one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from svclib.apps.exam_desk.model import ExamDeskModel
from svclib.apps.exam_desk.words import WINDOW, state
from svclib.apps.pieces import (
    Action,
    Actions,
    Column,
    Field,
    Fields,
    Html,
    Screen,
    Table,
    beside,
    cell,
    column,
    detail,
    empty_state,
    facts,
    figure,
    figures,
    h,
    refill,
)  # fmt: skip
from svclib.i18n import _


class SittingsView:
    """Table, detail and form; `go` opens another tab for the chosen sitting."""

    def __init__(self, model: ExamDeskModel, screen: Screen, go: Callable[[str], None]) -> None:
        self.model, self.screen, self.go = model, screen, go
        say = model.voice
        self.summary = Html()
        self.table = Table(self._columns(), say, select="one", caption=say(_("Sittings")), on_select=self._selected)
        self.detail = Html()
        self.actions = Actions([], on_action=self._act, label=say(_("For this sitting")))
        self.new = Actions(
            [Action("new", say(_("Schedule a sitting")), "primary")] if model.may("exams.assign") else [],
            on_action=lambda _name: self.open_form(),
        )
        self.form = Fields([], submit=say(_("Schedule")), label=say(_("Schedule a sitting")))
        self.form.on_submit = screen.submit(self.form, self._schedule)
        self.cancel = Actions([Action("cancel", say(_("Cancel")), "quiet")], on_action=lambda _name: self.close_form())
        self.form_card = column(Html(h("h2", say(_("Schedule a sitting")))), self.form, self.cancel, kind="app-card")
        self.side = column(self.detail, self.actions)
        self.widget = column(self.new, self.summary, beside(self.table, self.side))

    def _columns(self) -> list[Column]:
        say = self.model.voice
        return [
            Column("name", say(_("Sitting"))),
            Column("state", say(_("State"))),
            Column("opens", say(_("Opens"))),
            Column("closes", say(_("Closes"))),
            Column("done", say(_("Handed in")), "number"),
        ]

    def refresh(self) -> None:
        """Read the sittings again."""
        self.model.load()
        self.draw()

    def draw(self) -> None:
        """Show what the model holds."""
        say, listed = self.model.voice, self.model.sittings
        self.table.show((one.id, self._cells(one)) for one in listed)
        self.table.selected = [self.model.chosen] if self.model.chosen else []
        if not listed:
            nothing = empty_state(say(_("No sitting yet.")), say(_("Schedule the first one: choose an exam and when.")))
            self.summary.set(nothing)
            refill(self.side, [])
            return
        self.summary.set(self._figures(listed))
        self._draw_detail()

    def _cells(self, one: Any) -> dict[str, Any]:
        say = self.model.voice
        return {
            "name": one.name,
            "state": state(WINDOW, one.state, say),
            "opens": say.moment(one.opens_at),
            "closes": say.moment(one.closes_at),
            "done": cell(f"{one.submitted} / {one.assigned}", order=one.submitted),
        }

    def _figures(self, listed: list[Any]) -> Any:
        say = self.model.voice
        running = [one for one in listed if one.state == "open"]
        return figures(
            figure(say(_("Open now")), say.number(len(running))),
            figure(say(_("Not yet open")), say.number(sum(one.state == "waiting" for one in listed))),
            figure(say(_("People in open sittings")), say.number(sum(one.assigned for one in running))),
            figure(say(_("Of them handed in")), say.number(sum(one.submitted for one in running))),
        )

    def _draw_detail(self) -> None:
        say, one = self.model.voice, self.model.sitting
        refill(self.side, [self.detail, self.actions] if one else [])
        if one is None:
            return
        pairs = [
            (say(_("Exam")), f"{say.local(one.title)} (v{one.version})"),
            (say(_("Window")), f"{say.moment(one.opens_at)} – {say.moment(one.closes_at)}"),
            (say(_("Minutes")), say.number(one.minutes)),
            (say(_("Number of attempts")), one.attempts),
            (say(_("Assigned")), one.assigned),
            (say(_("Handed in")), one.submitted),
            (say(_("People who passed")), one.passed),
        ]
        self.detail.set(detail(one.name, facts(pairs)))
        offered = [
            Action("people", say(_("Assign people")), "primary") if self.model.may("exams.assign") else None,
            Action("live", say(_("Watch live"))),
            Action("results", say(_("Results"))) if self.model.may("exams.results") else None,
        ]
        self.actions.offer([action for action in offered if action])

    def _selected(self, ids: list[str]) -> None:
        if ids:
            self.model.choose(ids[0])
            self._draw_detail()

    def _act(self, name: str) -> None:
        self.go(name)

    # ── scheduling ───────────────────────────────────────────────────────────────────────────────────────────────────
    def open_form(self) -> None:
        """Ask for a new sitting, filled with what the first exam says and a week from the next hour."""
        exams = self.model.exams()
        if not exams:
            self.screen.toasts.say(
                self.model.voice(_("No exam is published yet. Publish one first: svc import, or ask its author.")),
                "warning",
            )
            return
        self._defaults = {one.exam: one for one in exams}
        self.form.ask(self._fields(exams), self._first_values(exams[0]))
        refill(self.widget, [self.form_card, self.summary, *self.widget.children[-1:]])
        self.screen.adopt(self.form)

    def close_form(self) -> None:
        """Put the form away."""
        refill(self.widget, [self.new, self.summary, *self.widget.children[-1:]])

    def _fields(self, exams: list[Any]) -> list[Field]:
        say = self.model.voice
        everybody = [("", say(_("The whole area")))]
        zone = say(_("In the time of {zone}."), zone=say.zone)
        told = say(_("Empty: as the exam says."))
        options = [(one.exam, self._exam_text(one)) for one in exams]
        return [
            Field("exam", say(_("Exam")), "select", options, required=True),
            Field("name", say(_("Name of the sitting")), required=True, longest=200),
            Field("unit", say(_("Unit")), "select", [*everybody, *self.model.units()]),
            Field("opens_at", say(_("Opens")), "moment", hint=zone, required=True),
            Field("closes_at", say(_("Closes")), "moment", hint=zone, required=True),
            Field("minutes", say(_("Minutes")), "number", hint=told, minimum=1, maximum=1440, step=1),
            Field("attempts", say(_("Number of attempts")), "number", hint=told, minimum=1, maximum=100, step=1),
        ]

    def _exam_text(self, one: Any) -> str:
        text = _("{title} (v{version}, {items} items, {minutes} min, pass mark {mark})")
        return self.model.voice(
            text, title=self.model.voice.local(one["title"]), version=one["version"], items=one["items"],
            minutes=f"{one['minutes']:g}", mark=f"{one['pass_mark']:g}",
        )  # fmt: skip

    def _first_values(self, exam: Any) -> dict[str, Any]:
        say = self.model.voice
        start = say.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        name = f"{say.local(exam.title)} {start:%Y-%m}"
        return {"name": name, "opens_at": say.field(start), "closes_at": say.field(start + timedelta(days=7))}

    def _schedule(self, values: dict[str, Any]) -> None:
        self.model.schedule(values)
        self.close_form()
        self.draw()
        self.screen.say(_("“{name}” is scheduled. Now assign people."), name=self.model.sitting.name)
