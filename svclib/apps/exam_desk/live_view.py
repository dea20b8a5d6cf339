"""The live board: who has started, saved, handed in; extending and voiding."""

from __future__ import annotations

from typing import Any

from svclib.apps.exam_desk.model import ExamDeskModel
from svclib.apps.exam_desk.words import CONNECTION, STATUS, minutes, state
from svclib.apps.pieces import (
    Action,
    Actions,
    Column,
    Field,
    Fields,
    Html,
    Pulse,
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

BEAT_SECONDS = 5.0
ORDER = ("open", "not_started", "submitted", "expired", "void")


class LiveView:
    """A board that refreshes every few seconds while it is looked at, and what a proctor may do for one person."""

    def __init__(self, model: ExamDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        say = model.voice
        self.pulse = Pulse(BEAT_SECONDS, self.refresh)
        self.summary = Html()
        self.filter = Fields(
            [Field("status", say(_("State")), "select", [("", say(_("All"))), *self._states()])],
            on_change=lambda _values: self.draw(),
        )
        self.table = Table(
            self._columns(), say, select="one", caption=say(_("People")), on_select=lambda _ids: self._draw_person(),
            empty=say(_("Nobody to show: assign people in the tab “People”, or show another state.")),
        )  # fmt: skip
        self.person = Html()
        self.actions = Actions([], on_action=self._act, label=say(_("For this person")))
        self.side = column(self.person, self.actions)
        self.widget = column(
            self.summary, self.filter, beside(self.table, self.side, kind="app-beside app-board"), self.pulse
        )
        self.board: Any = None

    def _states(self) -> list[tuple[str, str]]:
        return [(name, self.model.voice(STATUS[name][0])) for name in ORDER]

    def _columns(self) -> list[Column]:
        say = self.model.voice
        return [
            Column("name", say(_("Name"))),
            Column("unit", say(_("Unit"))),
            Column("state", say(_("State"))),
            Column("saved", say(_("Items answered")), "number"),
            Column("left", say(_("Time left")), "number"),
            Column("last", say(_("Last saved"))),
            Column("line", say(_("Connection"))),
        ]

    def refresh(self) -> None:
        """Read the board again."""
        if self.model.sitting is None:
            say = self.model.voice
            self.summary.set(
                empty_state(say(_("No sitting is chosen.")), say(_("Schedule one in the tab “Sittings”.")))
            )
            return
        self.board = self.model.board()
        self.draw()

    def draw(self) -> None:
        """Show what was last read."""
        if self.board is None:
            return
        self.summary.set(self._figures())
        wanted = self.filter.values["status"]
        listed = [one for one in self.board["people"] if wanted in ("", one["status"])]
        listed.sort(key=lambda one: ORDER.index(one["status"]))
        self.table.show((one["person"], self._cells(one)) for one in listed)
        self._draw_person()

    def _figures(self) -> Any:
        say, board = self.model.voice, self.board
        parts = [figure(say(_("Assigned")), say.number(board["assigned"]))]
        parts += [figure(say(STATUS[name][0]), say.number(board[name])) for name in ORDER[:4]]
        parts.append(figure(say(_("People who passed")), say.number(board["passed"])))
        at = say(_("As of {clock}; refreshed every {seconds} seconds."), clock=say.clock(board["server_time"]),
                 seconds=int(BEAT_SECONDS))  # fmt: skip
        return h("div", figures(*parts), h("p", at, class_="muted small"))

    def _seconds_left(self, one: Any) -> float | None:
        now, end = self.model.voice.at(self.board["server_time"]), self.model.voice.at(one["deadline"])
        return (end - now).total_seconds() if now and end else None

    def _cells(self, one: Any) -> dict[str, Any]:
        say, left = self.model.voice, self._seconds_left(one)
        share = f"{one['answered']} / {one['items']}" if one["items"] else "–"
        line = state(CONNECTION, one["connection"], say) if one["connection"] else cell("–")
        return {
            "name": one["name"],
            "unit": say.local(one["unit"]),
            "state": state(STATUS, one["status"], say),
            "saved": cell(share, order=one["answered"]),
            "left": cell(minutes(left, say), order=left) if left is not None else cell("–"),
            "last": cell(say.clock(one["last_saved_at"]), order=one["last_saved_at"] and str(one["last_saved_at"])),
            "line": line,
        }

    # ── one person ───────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def chosen(self) -> Any:
        """The person at hand, or None."""
        people = self.board["people"] if self.board else []
        return next((one for one in people if one["person"] in self.table.selected), None)

    def _draw_person(self) -> None:
        say, one = self.model.voice, self.chosen
        refill(self.side, [self.person, self.actions])
        if one is None:
            told = say(_("Choose a person to see more, to give more time, or to void an attempt."))
            self.person.set(detail(say(_("One person")), h("p", told, class_="muted")))
            self.actions.offer([])
            return
        pairs = [
            (say(_("Staff number")), one["staff_number"] or "–"),
            (say(_("Unit")), say.local(one["unit"])),
            (say(_("Attempt")), one["number"] or "–"),
            (say(_("Attempts left")), one["attempts_left"]),
            (say(_("Started")), say.moment(one["started_at"])),
            (say(_("Deadline")), say.moment(one["deadline"])),
            (say(_("May take it until")), say.moment(one["closes_at"])),
            (say(_("Score (of 100)")), say.number(one["percent"], 1)),
        ]
        self.person.set(detail(one["name"], facts(pairs)))
        self.actions.offer(self._offered(one))

    def _offered(self, one: Any) -> list[Action]:
        say = self.model.voice
        if not self.model.may("exams.proctor"):
            return []
        offered = [Action("extend", say(_("Extend …")))]
        if one["attempt"] and one["status"] != "void":
            offered.append(Action("void", say(_("Propose to void …")), "danger"))
        return offered

    def _act(self, name: str) -> None:
        one = self.chosen
        if one is not None:
            (self._ask_extend if name == "extend" else self._ask_void)(one)

    def _ask_extend(self, one: Any) -> None:
        say = self.model.voice
        zone = say(_("In the time of {zone}."), zone=say.zone)
        fields = [
            Field("minutes", say(_("More minutes")), "number", minimum=1, maximum=1440, step=1),
            Field("closes_at", say(_("May take it until")), "moment", hint=zone),
            Field("extra_attempts", say(_("More attempts")), "number", minimum=1, maximum=100, step=1),
        ]
        text = say(_("Fill in what is to be extended; the deadline of an attempt under way moves at once."))
        self.screen.dialog.ask(
            say(_("Extend {name}"), name=one["name"]), text, lambda values: self._extend(one, values),
            confirm=say(_("Extend")), fields=fields, reason=True,
        )  # fmt: skip

    def _extend(self, one: Any, values: dict[str, Any]) -> None:
        self.model.extend(one["person"], values)
        self.refresh()
        self.screen.say(_("{name} was extended."), name=one["name"])

    def _ask_void(self, one: Any) -> None:
        say = self.model.voice
        text = say(_("The attempt will not count and may be taken again. A second person decides on your proposal."))
        title = say(_("Void attempt {number} of {name}?"), number=one["number"], name=one["name"])
        self.screen.dialog.ask(
            title, text, lambda values: self._void(one, values), confirm=say(_("Propose")), reason=True, danger=True
        )

    def _void(self, one: Any, values: dict[str, Any]) -> None:
        self.model.propose_void(one["attempt"], values["reason"])
        self.screen.say(_("Proposed. It waits for a second person in the tab “Decisions”."))
