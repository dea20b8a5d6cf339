"""One item: the editor beside its preview; saving, review, and a colleague's version that came in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from svclib.apps.item_author import layout as layouts
from svclib.apps.item_author.editor import ItemEditor
from svclib.apps.item_author.layout import Choices
from svclib.apps.item_author.model import ItemAuthorModel
from svclib.apps.item_author.words import FIELD_NAMES, STATES, TONES, TYPE_NAMES
from svclib.apps.pieces import (
    Action,
    Actions,
    Field,
    Form,
    Html,
    Screen,
    badge,
    banner,
    beside,
    column,
    h,
    preview_source,
    refill,
)  # fmt: skip
from svclib.apps.pieces.leaving import LeaveGuard
from svclib.errors import Conflict, InvalidInput
from svclib.i18n import LANGUAGES, _


class ItemView:
    """What an author writes, and what a reviewer judges."""

    def __init__(self, model: ItemAuthorModel, screen: Screen, left: Callable[[], Any]) -> None:
        self.model, self.screen, self.left = model, screen, left
        say = model.voice
        self.complaining = False
        self.head, self.notes, self.findings = Html(), Html(), Html()
        self.actions = Actions([], on_action=self._act, label=say(_("For this item")))
        self.stale = Actions([], on_action=self._resolve)
        self.editor = ItemEditor(self._entered, self._structured)
        self.editor.add_class("app-card")
        self.forms = {language: Form(mode="preview", locale=language) for language in LANGUAGES}
        self.waiting = Html()
        self.preview = column()
        self.leaving = LeaveGuard()
        self.side = column(Html(h("h2", say(_("As a candidate sees it")))), self.findings, self.preview)
        self.widget = column(
            self.head,
            self.notes,
            self.stale,
            self.actions,
            beside(self.editor, self.side, kind="item-halves"),
            self.leaving,
        )

    @property
    def item(self) -> Any:
        """The open item."""
        return self.model.open_item

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def refresh(self) -> None:
        """Show the open item from the start."""
        self.complaining = not self.item.new and self.model.may_write
        self.editor.errors = {}
        self._draw_editor()
        self._draw()

    def _draw(self) -> None:
        """Show everything but the editor's inputs again."""
        self._draw_head()
        self._draw_problems()
        self._draw_preview()
        self.leaving.unsaved = self.item.changed
        self.actions.offer(self._actions())

    def _draw_editor(self) -> None:
        model = self.model
        self.editor.locked = not model.may_write
        self.editor.sections = layouts.layout(self.item.body, model.voice, Choices(model.topics, model.stimuli))

    def _draw_head(self) -> None:
        say, item = self.model.voice, self.item
        state = badge(say(STATES.get(item.status, item.status)), TONES.get(item.status, ""))
        changed = badge(say(_("Not saved")), "warning") if item.changed else ""
        kind = h("span", say(TYPE_NAMES[item.body["type"]]), class_="muted")
        self.head.set(h("div", h("h2", item.id), state, changed, kind, class_="actions"))
        self.notes.set(self._notes())
        self._draw_stale()

    def _notes(self) -> Any:
        say, item = self.model.voice, self.item
        told = []
        if item.note:
            told.append(banner(say(_("The reviewer wrote: {note}"), note=item.note), "warning"))
        if item.status == "in_review" and self.model.may_write:
            told.append(banner(say(_("It is in review. Saving a change takes it back.")), "info"))
        if item.status == "in_review" and self.model.is_own and self.model.may("items.review"):
            told.append(banner(say(_("You wrote it: another person reviews it.")), "info"))
        return h("div", told)

    def _draw_stale(self) -> None:
        say, stale = self.model.voice, self.model.stale
        if stale is None:
            self.stale.offer([])
            return
        names = [say(FIELD_NAMES.get(name, name)) for name in stale.fields]
        text = _("A colleague saved this item while you were writing. Your text is still here. Different: {fields}.")
        comma = "、" if say.language == "zh-CN" else ", "
        self.notes.set(banner(say(text, fields=comma.join(names) or "–"), "danger"))
        self.stale.offer([
            Action("theirs", say(_("Take the colleague's version"))),
            Action("mine", say(_("Save mine over it")), "danger"),
        ])  # fmt: skip

    def _draw_problems(self) -> None:
        found = self.model.problems() if self.complaining else ()
        self.editor.errors = layouts.blamed(found, self.editor.sections)

    def _draw_preview(self) -> None:
        say, shown = self.model.voice, self.model.preview()
        self.findings.set(h("div", [self._finding(one) for one in shown.findings]))
        if shown.definition is None:
            text = say(_("The preview appears when every field is filled in."))
            self.waiting.set(h("p", text, class_="muted"))
            refill(self.preview, [self.waiting])
            return
        source = preview_source(shown.definition)
        for form in self.forms.values():
            form.source = source
        refill(self.preview, list(self.forms.values()))

    def _finding(self, finding: Any) -> Any:
        say = self.model.voice
        field = say(FIELD_NAMES[finding["field"]]) + ": " if finding.get("field") in FIELD_NAMES else ""
        message = say.local(finding["message"])
        return banner(field + message, "danger" if finding["severity"] == "error" else "warning")

    def _actions(self) -> list[Action]:
        say, model = self.model.voice, self.model
        offered = [Action("back", say(_("Back to the list")), "quiet")]
        if model.may_write:
            offered.append(Action("save", say(_("Save draft")), disabled=not self.item.changed))
            sendable = self.item.changed or self.item.status in {"draft", "rejected"}
            offered.append(Action("submit", say(_("Send to review")), "primary", disabled=not sendable))
        if model.may_review:
            offered.append(Action("approved", say(_("Approve")), "primary"))
            offered.append(Action("rejected", say(_("Send back")), "danger"))
        return offered

    # ── acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _entered(self, name: str, value: Any) -> None:
        before = self.item.body
        self.model.change(layouts.entered(before, name, value))
        if name.startswith(("place.", "partner.")) or name == "key":
            self._draw_editor()
        self._draw()

    def _structured(self, act: str) -> None:
        self.model.change(layouts.acted(self.item.body, act))
        self._draw_editor()
        self._draw()

    def _act(self, name: str) -> None:
        if name == "back":
            self._leave()
        elif name == "save":
            self._save()
        elif name == "submit":
            self._submit()
        else:
            self._ask_decision(name)

    def _leave(self) -> None:
        if not self.item.changed or not self.model.may_write:
            self.left()
            return
        say = self.model.voice
        text = say(_("What you wrote since the last saving is given up."))
        self.screen.dialog.ask(
            say(_("Leave without saving?")), text, lambda _values: self.left(), confirm=say(_("Leave")), danger=True
        )

    def _save(self) -> None:
        self.complaining = True
        try:
            self.model.save()
        except Conflict:
            self._draw()
            return
        self.screen.say(_("The draft is saved."))
        self._draw()

    def _submit(self) -> None:
        self.complaining = True
        try:
            self.model.submit()
        except Conflict as fault:
            self._draw()
            if fault.code != "stale_revision":
                raise
            return
        except InvalidInput:
            self._draw()
            raise
        self.screen.say(_("The item is in review now."))
        self._draw()

    def _resolve(self, name: str) -> None:
        if name == "theirs":
            self.model.take_theirs()
        else:
            self.model.keep_mine()
            self.screen.say(_("The draft is saved."))
        self.refresh()

    def _ask_decision(self, decision: str) -> None:
        say = self.model.voice
        rejected = decision == "rejected"
        note = Field("note", say(_("Note for the author")), "textarea", required=rejected, longest=2000)
        title = _("Send “{item}” back?") if rejected else _("Approve “{item}”?")
        told = _("The author mends it and sends it again.") if rejected else _("It is in the bank's next version.")
        self.screen.dialog.ask(
            say(title, item=self.item.id), say(told), lambda values: self._decide(decision, values["note"]),
            confirm=say(_("Send back") if rejected else _("Approve")), fields=[note], danger=rejected,
        )  # fmt: skip

    def _decide(self, decision: str, note: str) -> None:
        self.model.decide(decision, note)
        self.screen.say(_("The item was sent back.") if decision == "rejected" else _("The item is approved."))
        self.refresh()
