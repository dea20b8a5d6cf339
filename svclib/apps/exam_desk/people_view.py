"""The tab of people: who is assigned, by unit, by name, by roster; withdrawing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svclib.apps.exam_desk.model import ROSTER_HEADINGS, ExamDeskModel, Roster
from svclib.apps.exam_desk.words import STATUS, state
from svclib.apps.pieces import (
    Action,
    Actions,
    Column,
    Field,
    Fields,
    Html,
    Screen,
    Table,
    Upload,
    banner,
    beside,
    column,
    empty_state,
    h,
    refill,
    workbook,
)  # fmt: skip
from svclib.i18n import _

LIMIT_SHOWN = 200


class PeopleView:
    """Those assigned on the left, three ways to assign more on the right."""

    def __init__(self, model: ExamDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        say = model.voice
        self.head = Html()
        self.table = Table(
            self._columns(), say, select="many", caption=say(_("Assigned")), on_select=lambda _ids: self._offer(),
            empty=say(_("Nobody is assigned yet: choose units, people, or upload a roster.")),
        )  # fmt: skip
        self.actions = Actions([], on_action=lambda _name: self._ask_withdraw())
        left = column(self.head, self.table, self.actions)
        may = model.may("exams.assign")
        self.ways = column(*((self._by_unit(), self._by_name(), self._by_roster()) if may else ()))
        self.widget = beside(left, self.ways)

    def _columns(self) -> list[Column]:
        say = self.model.voice
        return [
            Column("name", say(_("Name"))),
            Column("number", say(_("Staff number"))),
            Column("unit", say(_("Unit"))),
            Column("extra", say(_("Extra time")), "number"),
            Column("state", say(_("State"))),
        ]

    def refresh(self) -> None:
        """Read again who is assigned."""
        say = self.model.voice
        if self.model.sitting is None:
            self.table.show([])
            self.head.set(empty_state(say(_("No sitting is chosen.")), say(_("Schedule one in the tab “Sittings”."))))
            return
        self.people = {one["person"]: one for one in self.model.board()["people"]}
        self.table.show((key, self._cells(one)) for key, one in self.people.items())
        self.head.set(h("p", say(_("{count} people are assigned."), count=len(self.people))))
        self._offer()

    def _cells(self, one: Any) -> dict[str, Any]:
        say = self.model.voice
        extra = one["accommodation"] - 1
        return {
            "name": one["name"],
            "number": one["staff_number"],
            "unit": say.local(one["unit"]),
            "extra": f"+{extra * 100:.0f}%" if extra else "",
            "state": state(STATUS, one["status"], say),
        }

    def _offer(self) -> None:
        chosen = len(self.table.selected)
        label = self.model.voice(_("Withdraw the {count} selected"), count=chosen)
        offered = chosen and self.model.may("exams.assign")
        self.actions.offer([Action("withdraw", label, "danger")] if offered else [])

    def _assigned(self, made: Any) -> None:
        self.refresh()
        self.model.load()
        text = _("{count} people were assigned; {already} were already.")
        self.screen.say(text, count=made["assigned"] + made.get("restored", 0), already=made["already"])

    # ── by unit ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _by_unit(self) -> Any:
        say = self.model.voice
        self.units = Fields(
            [Field("units", say(_("Units, with all below them")), "checks", self.model.units()), self._extra()],
            submit=say(_("Assign everybody there")), label=say(_("Assign by unit")),
        )  # fmt: skip
        self.units.on_submit = self.screen.submit(self.units, self._assign_units)
        return column(Html(h("h2", say(_("Assign by unit")))), self.units, kind="app-card")

    def _extra(self) -> Field:
        say = self.model.voice
        hint = say(_("Extra time as compensation for a disadvantage; most people need none."))
        return Field("extra", say(_("Extra time in %")), "number", hint=hint, minimum=0, maximum=400, step=5)

    def _assign_units(self, values: dict[str, Any]) -> None:
        self._assigned(self.model.assign(units=values["units"], extra_percent=values["extra"]))
        self.units.put(units=[])

    # ── by name ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _by_name(self) -> Any:
        say = self.model.voice
        label = say(_("Find by name, log-in or staff number"))
        self.search = Fields([Field("search", label, "search")], on_change=self._find)
        self.found = Table(
            [Column("name", say(_("Name"))), Column("number", say(_("Staff number"))), Column("unit", say(_("Unit")))],
            say, select="many", caption=say(_("People found")), page_size=8, on_select=lambda _ids: self._offer_found(),
        )  # fmt: skip
        self.take = Actions([], on_action=lambda _name: self._assign_found())
        self.name_card = column(Html(h("h2", say(_("Assign by name")))), self.search, self.found, self.take)
        self.name_card.add_class("app-card")
        return self.name_card

    def _find(self, values: dict[str, Any]) -> None:
        words = values["search"].strip()
        found = self.model.find_people(words) if words else []
        self.found.empty = self.model.voice(_("Nobody of this name in your area.")) if words else ""
        self.found.show((one["id"], self._found_cells(one)) for one in found if one["active"])
        self._offer_found()

    def _found_cells(self, one: Any) -> dict[str, Any]:
        unit = self.model.voice.local(one["unit_name"])
        return {"name": one["name"], "number": one["staff_number"], "unit": unit}

    def _offer_found(self) -> None:
        label = self.model.voice(_("Assign the {count} selected"), count=len(self.found.selected))
        self.take.offer([Action("assign", label, "primary")] if self.found.selected else [])

    def _assign_found(self) -> None:
        self._assigned(self.model.assign(people=self.found.selected))
        self.search.put(search="")
        self.found.show([])
        self._offer_found()

    # ── by roster ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _by_roster(self) -> Any:
        say = self.model.voice
        hint = say(_("Excel or CSV with the column staff number; name, unit and extra time are optional."))
        self.upload = Upload(say, say(_("Roster")), hint=hint, on_file=self._uploaded)
        self.preview = Html()
        self.problems = Table(
            [
                Column("row", say(_("Row")), "number"),
                Column("column", say(_("Column"))),
                Column("problem", say(_("What is wrong"))),
            ],
            say, caption=say(_("To be mended in the file")), page_size=10,
        )  # fmt: skip
        self.roster_actions = Actions([self._template()], on_action=self._roster_act)
        title = Html(h("h2", say(_("Assign by roster"))))
        self.roster_card = column(title, self.upload, self.preview, self.roster_actions, kind="app-card")
        return self.roster_card

    def _template(self) -> Action:
        return Action("template", self.model.voice(_("Empty roster to fill in")), "quiet")

    def _uploaded(self, file_name: str, content: str) -> None:
        with self.screen.progress.busy(self.model.voice(_("Reading the roster"))):
            try:
                self._draw_roster(self.model.rehearse_roster(file_name, content))
            finally:
                self.upload.clear()

    def _draw_roster(self, roster: Roster) -> None:
        say, seen = self.model.voice, roster.preview
        text = _("{file}: {rows} rows read, {assigned} people would be assigned.")
        if seen["problems"]:
            text = _("{file}: {count} problems. Mend them in the file and upload it again; nothing was stored.")
        fields = {"file": roster.file_name, "rows": seen["rows"], "assigned": seen["assigned"]}
        told = say(text, count=len(seen["problems"]), **fields)
        self.preview.set(banner(told, "danger" if seen["problems"] else "success"))
        self.problems.show(
            (str(number), {"row": one["row"], "column": one["column"], "problem": one["message"]})
            for number, one in enumerate(seen["problems"][:LIMIT_SHOWN])
        )
        commit = Action("commit", say(_("Assign {count} people"), count=seen["assigned"]), "primary")
        self.roster_actions.offer([commit, self._template()] if roster.usable else [self._template()])
        shown = [self.problems] if seen["problems"] else []
        refill(self.roster_card, [*self.roster_card.children[:3], *shown, self.roster_actions])

    def _roster_act(self, name: str) -> None:
        if name == "template":
            say = self.model.voice
            data = pd.DataFrame(columns=list(ROSTER_HEADINGS[say.language]))
            self.screen.download.hand(say(_("roster")) + ".xlsx", workbook({say(_("Roster")): data}))
            return
        self._assigned(self.model.commit_roster())
        self.preview.set("")
        self.roster_actions.offer([self._template()])

    # ── withdrawing ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _ask_withdraw(self) -> None:
        say, chosen = self.model.voice, list(self.table.selected)
        names = "、".join(self.people[one]["name"] for one in chosen[:10])
        text = say(_("They can no longer take it; what they answered stays on record: {names}"), names=names)
        self.screen.dialog.ask(
            say(_("Withdraw {count} people?"), count=len(chosen)), text, lambda values: self._withdraw(chosen, values),
            confirm=say(_("Withdraw")), reason=True, danger=True,
        )  # fmt: skip

    def _withdraw(self, chosen: list[str], values: dict[str, Any]) -> None:
        for person in chosen:
            self.model.withdraw(person, values["reason"])
        self.table.selected = []
        self.refresh()
        self.screen.say(_("{count} people were withdrawn."), count=len(chosen))
