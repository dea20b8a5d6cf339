"""The tab of rescoring: items with their statistics, a change, who would change, the proposal."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svclib.apps.exam_desk.decisions_view import affected_sentence, affected_table, show_affected, written
from svclib.apps.exam_desk.model import ExamDeskModel
from svclib.apps.exam_desk.rescoring import CHOSEN_FROM_OPTIONS, RescoreModel
from svclib.apps.exam_desk.words import CHANGES
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
    banner,
    beside,
    cell,
    column,
    detail,
    empty_state,
    facts,
    h,
    refill,
    sentence,
)  # fmt: skip
from svclib.i18n import _
from svclib.reports import sentences
from svclib.stats.items.distractors import OMITTED

KEY_HINTS = {
    "multiple": _("The right options, such as a,c; several keys apart by “;”."),
    "ordering": _("The right order, such as c>a>b; several keys apart by “;”."),
    "matching": _("The right pairs, such as a=x,b=y; several keys apart by “;”."),
    "numeric": _("The right number, such as 12.5; several keys apart by “;”."),
    "short_text": _("The right words; several keys apart by “;”."),
}


class RescoreView:
    """Items on the left; on the right one item, its options, and the change."""

    def __init__(self, model: ExamDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        say = model.voice
        self.rescore: RescoreModel | None = None
        self.told = Html()
        self.table = Table(
            self._columns(), say, select="one", caption=say(_("Items")), on_select=self._selected, page_size=12,
            empty=say(_("No items: choose a sitting with results.")),
        )  # fmt: skip
        self.item, self.chart, self.options = Html(), Chart(), self._options_table()
        self.form = Fields([], submit=say(_("See who would change")), label=say(_("Mend the key")))
        self.form.on_submit = screen.submit(self.form, self._rehearse)
        self.preview, self.affected = Html(), affected_table(model)
        self.actions = Actions([], on_action=lambda _name: self._ask())
        self.side = column()
        self.widget = column(self.told, beside(self.table, self.side))

    def _columns(self) -> list[Column]:
        say = self.model.voice
        return [
            Column("item", say(_("Item"))),
            Column("n", say(_("People")), "number"),
            Column("right", say(_("Right")), "number"),
            Column("rest", say(_("Item-rest")), "number"),
            Column("look", say(_("What to look at"))),
        ]

    def _options_table(self) -> Table:
        say = self.model.voice
        columns = [
            Column("option", say(_("Option"))),
            Column("share", say(_("Chosen by")), "number"),
            Column("rest", say(_("Correlation")), "number"),
            Column("look", say(_("What to look at"))),
        ]
        return Table(columns, say, caption=say(_("Who chooses what")), page_size=10)

    def refresh(self) -> None:
        """Read the items of the sitting at hand."""
        say = self.model.voice
        refill(self.side, [])
        if self.model.sitting is None:
            self.told.set(empty_state(say(_("No sitting is chosen.")), say(_("Schedule one in the tab “Sittings”."))))
            return
        with self.screen.progress.busy(say(_("Working out the item statistics"))):
            self.rescore = RescoreModel(self.model)
            self.table.selected = []
            self.table.show((row["item"], self._cells(row)) for row in self.rescore.rows())
            self.told.set(sentence(self.rescore.overview()))
            told = say(_("Choose an item to see its options and to mend its key."))
            self.item.set(detail(say(_("One item")), h("p", told, class_="muted")))
            refill(self.side, [self.item])

    def _cells(self, row: dict[Any, Any]) -> dict[str, Any]:
        say = self.model.voice
        return {
            "item": row["item"],
            "n": row.get("n"),
            "right": cell(say.percent(row.get("difficulty")), order=row.get("difficulty")),
            "rest": cell(say.number(row.get("item_rest"), 2), order=row.get("item_rest")),
            "look": sentences.items.item(row, say.language) if row["flags"] else "",
        }

    def _selected(self, ids: list[str]) -> None:
        if not ids or self.rescore is None:
            return
        self.rescore.choose(ids[0])
        self._draw_item()
        self._draw_form()

    def _draw_item(self) -> None:
        say, rescore = self.model.voice, self._rescore
        item, flagged = rescore.chosen, rescore.flagged()
        key = item.get("key", item.get("accepted"))
        parts = [
            h("p", say.local(item["stem"])),
            h("ul", [h("li", text) for _name, text in rescore.options()]) if item.get("choices") else "",
            facts([(say(_("Key")), written(key)), (say(_("Points")), f"{item.get('points', 1):g}")]),
            banner(flagged, "warning") if flagged else "",
        ]
        self.item.set(detail(item["id"], *parts))

    @property
    def _rescore(self) -> RescoreModel:
        if self.rescore is None:
            self.rescore = RescoreModel(self.model)
        return self.rescore

    def _draw_form(self) -> None:
        self.form.ask(self._fields(), {"key": "", "keys": [], "words": ""})
        self.preview.set("")
        refill(self.side, [self.item, *self._option_parts(), self._form_card()])

    def _form_card(self, *more: Any) -> Any:
        title = Html(h("h2", self.model.voice(_("Mend the key"))))
        return column(title, self.form, self.preview, *more, kind="app-card")

    def _option_parts(self) -> list[Any]:
        from svclib.reports.charts import option_bars  # loads Altair: only where a chart is drawn

        found = self._rescore.distractors()
        if found.empty or len(found) > 8:
            return []
        say = self.model.voice
        self.options.show((str(row["option"]), self._option_cells(row)) for row in found.to_dict("records"))
        caption = say(_("Who chooses which option of {item}"), item=self._rescore.item)
        self.chart.draw(option_bars(found, str(self._rescore.item), language=say.language, width=440), caption)
        return [self.chart, self.options]

    def _option_cells(self, row: dict[Any, Any]) -> dict[str, Any]:
        say = self.model.voice
        rest = row["point_biserial"]
        name = say(_("left out")) if row["option"] == OMITTED else row["option"]
        return {
            "option": f"{name} ✓" if row["is_key"] else name,
            "share": cell(say.percent(row["share"]), order=row["share"]),
            "rest": cell(say.number(rest, 2), order=None if pd.isna(rest) else rest),
            "look": sentences.items.option(row, say.language),
        }

    # ── the change ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _fields(self) -> list[Field]:
        say, item = self.model.voice, self._rescore.chosen
        kinds = [(name, say(text)) for name, text in CHANGES.items()]
        fields = [Field("kind", say(_("Change")), "select", kinds, required=True)]
        if item["type"] in CHOSEN_FROM_OPTIONS:
            options = self._rescore.options()
            blank = [("", "–"), *options]
            fields.append(Field("key", say(_("The right answer")), "select", blank))
            fields.append(Field("keys", say(_("If several are right: which")), "checks", options))
        elif item["type"] == "multiple":
            fields.append(Field("keys", say(_("The right answers")), "checks", self._rescore.options()))
            fields.append(Field("words", say(_("If several keys are right")), hint=say(KEY_HINTS["multiple"])))
        else:
            fields.append(Field("words", say(_("The right answer")), hint=say(KEY_HINTS[item["type"]])))
        return fields

    def _rehearse(self, values: dict[str, Any]) -> None:
        say = self.model.voice
        with self.screen.progress.busy(say(_("Working out who would change"))):
            seen = self._rescore.rehearse(values)
        self.preview.set(banner(affected_sentence(seen, self.model)))
        show_affected(self.affected, seen["rows"], self.model)
        self.actions.offer([Action("propose", say(_("Propose the change …")), "primary")])
        more = [self.affected] if seen["rows"] else []
        refill(self.side, [*self.side.children[:-1], self._form_card(*more, self.actions)])
        self.screen.adopt(*self.side.children)

    def _ask(self) -> None:
        say = self.model.voice
        text = say(_("A second person sees the same preview and decides. Until then nothing changes."))
        self.screen.dialog.ask(
            say(_("Propose to rescore {item}?"), item=self._rescore.item), text, self._propose,
            confirm=say(_("Propose")), reason=True,
        )  # fmt: skip

    def _propose(self, values: dict[str, Any]) -> None:
        self._rescore.propose(values["reason"])
        self._draw_form()
        self.screen.say(_("Proposed. It waits for a second person in the tab “Decisions”."))
