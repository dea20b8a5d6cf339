"""The list of a bank: filters, states, a new item, publishing what was approved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from svclib.apps.item_author.model import Filter, ItemAuthorModel
from svclib.apps.item_author.words import STATES, TONES, TYPE_NAMES
from svclib.apps.pieces import (
    Action,
    Actions,
    Column,
    Field,
    Fields,
    Html,
    Screen,
    Table,
    cell,
    column,
    sentence,
)  # fmt: skip
from svclib.i18n import _

PAGE = 25


class ListView:
    """Filters above, the table below; a click opens an item."""

    def __init__(
        self,
        model: ItemAuthorModel,
        screen: Screen,
        opened: Callable[[str], Any],
        begun: Callable[[str, str, str], Any],
    ) -> None:
        self.model, self.screen, self.opened, self.begun = model, screen, opened, begun
        say = model.voice
        self.told = Html()
        self.filter = Fields([], on_change=self._filtered)
        self.actions = Actions([], on_action=self._act)
        self.table = Table(
            self._columns(), say, select="one", caption=say(_("Items")), on_select=self._chosen, page_size=PAGE,
            empty=say(_("No item fits; show other states or topics, or write a new one.")),
        )  # fmt: skip
        self.widget = column(self.filter, self.told, self.actions, self.table)

    def _columns(self) -> list[Column]:
        say = self.model.voice
        return [
            Column("id", say(_("Item"))),
            Column("stem", say(_("Question"))),
            Column("type", say(_("Type"))),
            Column("topic", say(_("Topic"))),
            Column("level", say(_("Level"))),
            Column("state", say(_("State"))),
        ]

    def refresh(self) -> None:
        """Read the list again."""
        self.model.refresh()
        self._offer()
        self.draw()

    def _offer(self) -> None:
        say, model = self.model.voice, self.model
        every = ("", say(_("All")))
        held = model.waiting
        states = [(name, f"{say(text)} ({held[name]})") for name, text in STATES.items() if name in held]
        fields = [
            Field("bank", say(_("Bank")), "select", [(name, title) for title, name in model.banks()]),
            Field("state", say(_("State")), "select", [every, *states]),
            Field("topic", say(_("Topic")), "select", [every, *((name, title) for title, name in model.topics)]),
            Field("type", say(_("Type")), "select", [every, *((one, say(text)) for one, text in TYPE_NAMES.items())]),
        ]
        state = self.filter.values.get("state", "")
        self.filter.ask(fields, {"bank": model.bank, "state": state if state in held else ""})
        self.actions.offer(self._actions())

    def _actions(self) -> list[Action]:
        say, model = self.model.voice, self.model
        offered = [Action("new", say(_("Write a new item")), "primary")] if model.may_write else []
        approved = model.approved_drafts
        if model.may_publish and approved:
            label = say(
                _("Publish {count} approved items as version {version}"), count=approved, version=model.version + 1
            )
            offered.append(Action("publish", label))
        return offered

    def draw(self) -> None:
        """Show what fits the filter."""
        held = self.filter.values
        rows = self.model.rows(Filter(topic=held["topic"], type=held["type"], state=held["state"]))
        self.table.selected = []
        self.table.show((row.id, self._cells(row)) for row in rows)
        self.told.set(sentence(self._sentence()))

    def _sentence(self) -> str:
        say, model = self.model.voice, self.model
        parts = [say(_("Version {version} is published."), version=model.version)]
        review, rejected = model.waiting.get("in_review", 0), model.waiting.get("rejected", 0)
        if review:
            parts.append(say(_("{count} items wait for review."), count=review))
        if rejected:
            parts.append(say(_("{count} items were sent back to their authors."), count=rejected))
        return ("" if say.language == "zh-CN" else " ").join(parts)

    def _cells(self, row: Any) -> dict[str, Any]:
        shown = row.stem if len(row.stem) <= 120 else row.stem[:119] + "…"
        state = cell(row.state, tone=TONES.get(row.state_code, ""))
        return {"id": row.id, "stem": shown, "type": row.type, "topic": row.topic, "level": row.level, "state": state}

    # ── acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _filtered(self, values: dict[str, Any]) -> None:
        if values["bank"] != self.model.bank:
            self.model.choose(values["bank"])
            self.filter.put(topic="", state="")
            self._offer()
        self.draw()

    def _chosen(self, ids: list[str]) -> None:
        if ids:
            self.opened(ids[0])

    def _act(self, name: str) -> None:
        self._ask_new() if name == "new" else self._ask_publish()

    def _ask_new(self) -> None:
        say, model = self.model.voice, self.model
        fields = [
            Field("kind", say(_("Type")), "select", [(one, say(text)) for one, text in TYPE_NAMES.items()]),
            Field("topic", say(_("Topic")), "select", [(name, title) for title, name in model.topics]),
            Field("id", say(_("Item id")), required=True, longest=64,
                  hint=say(_("Small letters, digits, - and _; it never changes."))),
        ]  # fmt: skip
        values = {"kind": "single", "topic": model.topics[0][1], "id": model.proposed_id}
        self.screen.dialog.ask(
            say(_("A new item")), "", lambda given: self.begun(given["kind"], given["topic"], given["id"]),
            confirm=say(_("Begin")), fields=fields, values=values,
        )  # fmt: skip

    def _ask_publish(self) -> None:
        say, model = self.model.voice, self.model
        title = say(_("Publish version {version} of the bank?"), version=model.version + 1)
        text = say(_("New sittings draw on the new version; those under way keep the one they began with."))
        self.screen.dialog.ask(title, text, lambda _values: self._publish(), confirm=say(_("Publish")))

    def _publish(self) -> None:
        version = self.model.publish()
        self.screen.say(_("Version {version} of the bank is published."), version=version)
        self.refresh()
