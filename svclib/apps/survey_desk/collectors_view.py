"""The tab of links and posters: the ways to answer a survey, opening and closing them, what belongs to one of them."""

from __future__ import annotations

from typing import Any

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
    facts,
    h,
    refill,
)  # fmt: skip
from svclib.apps.survey_desk import words
from svclib.apps.survey_desk.handing import Handing
from svclib.apps.survey_desk.inviting import Inviting
from svclib.apps.survey_desk.model import SurveyDeskModel
from svclib.i18n import _

EMPTY = _("Nobody can answer yet: open a link, then print its posters or send it out.")
EMPTY_FOR_READERS = _("No link belongs to your area; the quality team opens them. The other tabs show the answers.")


class CollectorsView:
    """The list on one side, the chosen one's link, posters or personal links on the other."""

    def __init__(self, model: SurveyDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        say = model.voice
        self.rows: dict[str, Any] = {}
        self.table = Table(
            self._columns(), say, select="one", caption=say(_("Ways to answer")),
            on_select=lambda _ids: self._draw_one(),
            empty=say(EMPTY if model.may("surveys.publish") else EMPTY_FOR_READERS),
        )  # fmt: skip
        self.actions = Actions([], on_action=self._act)
        self.form = self._form()
        self.about, self.acts = Html(), Actions([], on_action=self._act)
        self.handing, self.inviting = Handing(model, screen), Inviting(model, screen)
        self.side = column()
        self.opening = column()
        self.widget = column(self.actions, self.opening, beside(self.table, self.side))

    def _columns(self) -> list[Column]:
        say = self.model.voice
        return [
            Column("name", say(_("Name of the channel"))),
            Column("state", say(_("State"))),
            Column("channel", say(_("Channel"))),
            Column("unit", say(_("Unit"))),
        ]

    def _form(self) -> Fields:
        say = self.model.voice
        named = {"kind": words.KINDS, "channel": words.CHANNELS, "source": words.SOURCES}
        options = {name: [(one, say(text)) for one, text in texts.items()] for name, texts in named.items()}
        hint = say(_("Of whoever wants to answers, no sampling error is ever claimed."))
        fields = [
            Field("name", say(_("Name of the channel")), required=True, hint=say(_("Such as “Lobby poster, autumn”."))),
            Field("kind", say(_("How people answer")), "select", options["kind"]),
            Field("channel", say(_("Channel")), "select", options["channel"]),
            Field("source", say(_("Who answers")), "select", options["source"], hint=hint),
            Field("unit", say(_("Unit")), "select", self.model.unit_options()),
            Field("opens_at", say(_("Opens")), "moment", hint=say(_("Empty: at once."))),
            Field("closes_at", say(_("Closes")), "moment", hint=say(_("Empty: until you close it."))),
            Field("hourly_limit", say(_("Answers an hour from one address")), "number", minimum=1, step=1,
                  hint=say(_("Empty: no limit."))),
        ]  # fmt: skip
        form = Fields(
            fields, {"hourly_limit": 60}, submit=say(_("Open to answers")), label=say(_("A new way to answer"))
        )
        form.on_submit = self.screen.submit(form, self._open)
        return form

    def refresh(self) -> None:
        """Read the list again."""
        say = self.model.voice
        self.rows = {row.id: row for row in self.model.collectors()}
        self.table.show((row.id, self._cells(row)) for row in self.rows.values())
        may = self.model.may("surveys.publish")
        self.actions.offer([Action("new", say(_("Open a new way to answer")), "primary")] if may else [])
        refill(self.opening, [])
        if not self.table.selected and self.rows:
            self.table.choose(next(iter(self.rows)))
        else:
            self._draw_one()

    def _cells(self, row: Any) -> dict[str, Any]:
        say = self.model.voice
        return {
            "name": row.name,
            "state": cell(say(words.STATES[row.state]), tone=words.TONES[row.state]),
            "channel": say(words.CHANNELS.get(row.channel, row.channel)),
            "unit": self.model.unit_name(row.unit_id),
        }

    @property
    def chosen(self) -> Any:
        """The way to answer at hand, or None."""
        return self.rows.get(next(iter(self.table.selected), ""))

    def _draw_one(self) -> None:
        say, row = self.model.voice, self.chosen
        if row is None:
            refill(self.side, [])
            return
        ended = row.closed_at or row.closes_at
        pairs = [
            (say(_("Kind")), say(words.KIND_NAMES.get(row.kind, row.kind))),
            (say(_("Version")), str(row.version)),
            (say(_("Who answers")), say(words.SOURCES.get(row.source, row.source))),
            (say(_("Opens")), say.moment(row.opens_at) if row.opens_at else say(_("at once"))),
            (say(_("Closes")), say.moment(ended) if ended else say(_("until it is closed"))),
        ]
        self.about.set(detail(row.name, facts(pairs)))
        closing = self.model.may("surveys.publish") and row.state != "closed"
        self.acts.offer([Action("close", say(_("Close now")), "danger")] if closing else [])
        refill(self.side, [self.about, *self._tools(row), self.acts])
        self.screen.adopt(self.side)

    def _tools(self, row: Any) -> list[Any]:
        say = self.model.voice
        if row.state == "closed":
            return [Html(h("p", say(_("It is closed; its links take no answers any more.")), class_="muted"))]
        if row.kind == "open":
            self.handing.show(row)
            return [self.handing.widget]
        if not self.model.may("surveys.publish"):
            return []
        self.inviting.show(row)
        return [self.inviting.widget]

    # ── acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _act(self, name: str) -> None:
        if name == "new":
            refill(self.opening, [] if self.opening.children else [self.form])
            self.screen.adopt(self.opening)
        elif name == "close" and self.chosen is not None:
            self._ask_to_close(self.chosen)

    def _open(self, values: dict[str, Any]) -> None:
        made = self.model.open_collector(values)
        self.form.put(name="")
        self.screen.say(_("{name} is open."), name=made.name)
        self.refresh()
        self.table.choose(made.id)

    def _ask_to_close(self, row: Any) -> None:
        say = self.model.voice
        text = say(_("Nobody can begin a new answer any more; what was saved stays. It cannot be opened again."))
        self.screen.dialog.ask(
            say(_("Close “{name}”?"), name=row.name), text, lambda _values: self._close(row),
            confirm=say(_("Close now")), danger=True,
        )  # fmt: skip

    def _close(self, row: Any) -> None:
        self.model.close_collector(row.id)
        self.screen.say(_("{name} is closed."), name=row.name)
        self.refresh()
