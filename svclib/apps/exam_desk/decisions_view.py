"""The tab of decisions: what a colleague proposed, with its preview; four eyes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from svclib.apps.exam_desk.model import ExamDeskModel
from svclib.apps.exam_desk.words import CHANGES, DECISION, KINDS, outcome, state
from svclib.apps.pieces import (
    Action,
    Actions,
    Column,
    Field,
    Fields,
    Html,
    Screen,
    Table,
    Voice,
    banner,
    beside,
    cell,
    column,
    detail,
    facts,
    h,
    refill,
)  # fmt: skip
from svclib.i18n import _


def affected_table(model: ExamDeskModel) -> Table:
    """A table of those whose score would change."""
    say = model.voice
    columns = [
        Column("name", say(_("Name"))),
        Column("unit", say(_("Unit"))),
        Column("score", say(_("Score (of 100)")), "number"),
        Column("result", say(_("Result"))),
    ]
    return Table(columns, say, caption=say(_("Who would change")), page_size=10)


def show_affected(table: Table, rows: list[Any], model: ExamDeskModel) -> None:
    """Fill the table of `affected_table`."""
    table.show((one["attempt"], _affected_cells(one, model.voice)) for one in rows)


def _affected_cells(one: Any, say: Voice) -> dict[str, Any]:
    before, after = (say.number(one[name], 1) for name in ("percent_before", "percent_after"))
    result = outcome(one["passed_after"], say)
    if one["passed_before"] != one["passed_after"]:
        was = outcome(one["passed_before"], say)["text"]
        result = {**result, "text": f"{was} → {result['text']}"}
    return {
        "name": one["name"],
        "unit": say.local(one["unit"]),
        "score": cell(f"{before} → {after}", order=one["percent_after"]),
        "result": result,
    }


def affected_sentence(seen: Any, model: ExamDeskModel) -> str:
    """Say how many would change."""
    text = _("{changed} of {attempts} attempts change their score; {passed} pass only then, {failed} no longer pass.")
    return model.voice(
        text, changed=seen["changed"], attempts=seen["attempts"], passed=seen["now_passed"], failed=seen["now_failed"]
    )


class DecisionsView:
    """Proposals on the left, one with its buttons on the right."""

    def __init__(self, model: ExamDeskModel, screen: Screen, decided: Callable[[], None] = lambda: None) -> None:
        self.model, self.screen, self.decided = model, screen, decided
        say = model.voice
        self.proposals: dict[str, Any] = {}
        self.filter = Fields(
            [Field("waiting", say(_("Show")), "select", [("yes", say(_("Waiting"))), ("no", say(_("All")))])],
            on_change=lambda _values: self.refresh(),
        )
        self.table = Table(
            self._columns(), say, select="one", caption=say(_("Proposals")), on_select=lambda _ids: self._draw_one(),
            empty=say(_("Nothing waits for a decision. Proposals to void an attempt or mend a key appear here.")),
        )  # fmt: skip
        self.one, self.affected = Html(), affected_table(model)
        self.actions = Actions([], on_action=self._ask)
        self.side = column()
        self.widget = column(self.filter, beside(self.table, self.side))

    def _columns(self) -> list[Column]:
        say = self.model.voice
        return [
            Column("kind", say(_("What"))),
            Column("sitting", say(_("Sitting"))),
            Column("by", say(_("Proposed by"))),
            Column("at", say(_("When"))),
            Column("state", say(_("State"))),
        ]

    def refresh(self) -> None:
        """Read the proposals again."""
        listed = self.model.proposals(waiting=self.filter.values["waiting"] == "yes")
        self.proposals = {one["id"]: one for one in listed}
        say = self.model.voice
        self.table.show(
            (
                one["id"],
                {
                    "kind": say(KINDS[one["kind"]]),
                    "sitting": one["sitting_name"],
                    "by": one["proposed_by_name"],
                    "at": say.moment(one["proposed_at"]),
                    "state": state(DECISION, one["decision"], say),
                },
            )
            for one in listed
        )
        self._draw_one()

    @property
    def chosen(self) -> Any:
        """The proposal at hand, or None."""
        return next((self.proposals[key] for key in self.table.selected if key in self.proposals), None)

    def _draw_one(self) -> None:
        one = self.chosen
        if one is None:
            refill(self.side, [])
            return
        self.one.set(self._told(one))
        parts: list[Any] = [self.one]
        if one["kind"] == "rescore" and one["preview"].get("rows"):
            show_affected(self.affected, one["preview"]["rows"], self.model)
            parts.append(self.affected)
        self.actions.offer(self._offered(one))
        refill(self.side, [*parts, self.actions])

    def _told(self, one: Any) -> Any:
        say = self.model.voice
        pairs = [
            (say(_("Proposed by")), one["proposed_by_name"]),
            (say(_("When")), say.moment(one["proposed_at"])),
            (say(_("Sitting")), one["sitting_name"]),
            *self._subject(one),
            (say(_("Reason")), one["reason"]),
        ]
        told = h("p", affected_sentence(one["preview"], self.model)) if one["kind"] == "rescore" else ""
        own = banner(say(_("You proposed this: a second person decides."))) if self._own(one) else ""
        return detail(say(KINDS[one["kind"]]), facts(pairs), told, own)

    def _subject(self, one: Any) -> list[tuple[str, Any]]:
        say, seen = self.model.voice, one["preview"]
        if one["kind"] == "rescore":
            change = one["change"]
            key = change.get("key")
            told = say(CHANGES[change["kind"]]) + (f": {written(key)}" if key is not None else "")
            return [(say(_("Item")), one["subject"]), (say(_("Change")), told)]
        pairs = [(say(_("Name")), seen.get("name")), (say(_("Attempt")), seen.get("number"))]
        score = seen.get("percent")
        pairs.append((say(_("Score (of 100)")), say.number(score, 1) if score is not None else None))
        return [(name, value) for name, value in pairs if value is not None]

    @staticmethod
    def _own(one: Any) -> bool:
        return bool(one["mine"] and one["decision"] is None)

    def _offered(self, one: Any) -> list[Action]:
        say = self.model.voice
        if one["mine"] or one["decision"] is not None:
            return []
        return [Action("approved", say(_("Approve …")), "primary"), Action("rejected", say(_("Reject …")), "danger")]

    def _ask(self, decision: str) -> None:
        say, one = self.model.voice, self.chosen
        approve = decision == "approved"
        title = say(_("Approve the proposal?")) if approve else say(_("Reject the proposal?"))
        text = say(_("It is carried out at once.")) if approve else say(_("Nothing changes; the proposal is closed."))
        self.screen.dialog.ask(
            title, text, lambda values: self._decide(one["id"], decision, values["reason"]),
            confirm=say(_("Approve")) if approve else say(_("Reject")), reason=True, danger=not approve,
        )  # fmt: skip

    def _decide(self, proposal: str, decision: str, note: str) -> None:
        changed = self.model.decide(proposal, decision, note)
        self.table.selected = []
        self.refresh()
        self.decided()
        if decision == "approved":
            self.screen.say(_("Approved: {count} attempts changed."), count=changed)
        else:
            self.screen.say(_("Rejected: nothing was changed."))


def written(key: Any) -> str:
    """Write a key as people read it.

    >>> written(["a", "c"]), written({"a": "x"}), written(True)
    ('a, c', 'a=x', 'true')
    """
    if isinstance(key, dict):
        return ", ".join(f"{left}={right}" for left, right in key.items())
    if isinstance(key, list):
        return ", ".join(written(one) for one in key)
    return str(key).lower() if isinstance(key, bool) else str(key)
