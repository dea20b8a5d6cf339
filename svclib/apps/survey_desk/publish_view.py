"""The tab of surveys and versions: what is published, and the next version: checked, tried, published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from svclib.apps.pieces import (
    Action,
    Actions,
    Column,
    Form,
    Html,
    Screen,
    Table,
    Upload,
    banner,
    cell,
    column,
    detail,
    preview_source,
    refill,
)  # fmt: skip
from svclib.apps.pieces.markup import Tone
from svclib.apps.survey_desk.model import Checked, SurveyDeskModel
from svclib.i18n import _

SEVERITIES: dict[str, tuple[str, Tone]] = {"error": (_("To mend"), "danger"), "warning": (_("To look at"), "warning")}
STANDINGS: dict[str, tuple[str, Tone]] = {
    "new": (_("{title} is a new survey."), "info"),
    "next": (_("It is the next version of {title}: version {version}."), "info"),
    "older": (
        _("Version {version} of {title} is lower than the published one; new links take the highest."),
        "warning",
    ),
    "same": (_("Version {version} of {title} is published already, word for word."), "success"),
    "taken": (_("Version {version} of {title} is published with another text: raise the version number."), "danger"),
}


class PublishView:
    """The list of surveys; below it the upload with what was found in it."""

    def __init__(self, model: SurveyDeskModel, screen: Screen, published: Callable[[str], Any]) -> None:
        self.model, self.screen, self.published = model, screen, published
        say = model.voice
        self.checked: Checked | None = None
        self.surveys = Table(self._columns(), say, caption=say(_("Published surveys")), empty=say(_("None yet.")))
        hint = say(_("One survey, a YAML file as in the folder “surveys”, with the next version number."))
        self.upload = Upload(
            say, say(_("Publish a version: choose its file")), accept=(".yaml", ".yml"), hint=hint, on_file=self._check
        )
        self.found = Html()
        place = [Column("place", say(_("Line"))), Column("severity", say(_("Severity")))]
        self.findings = Table([*place, Column("message", say(_("What was found")))], say, caption=say(_("Findings")))
        self.actions = Actions([], on_action=self._act)
        self.form = Form(mode="preview", locale=say.language)
        self.below = column()
        self.widget = column(self.surveys, *([self.upload, self.below] if model.may("definitions.publish") else []))

    def _columns(self) -> list[Column]:
        say = self.model.voice
        return [
            Column("title", say(_("Survey"))),
            Column("name", say(_("Id"))),
            Column("version", say(_("Version")), "number"),
            Column("ways", say(_("Ways to answer")), "number"),
            Column("answers", say(_("Answers")), "number"),
        ]

    def refresh(self) -> None:
        """Read the list again."""
        say = self.model.voice
        self.surveys.show(
            (row.name, {"title": say.local(row.title), "name": row.name, "version": row.version, "ways": row.collectors,
                        "answers": row.submitted})
            for row in self.model.surveys()
        )  # fmt: skip

    def _check(self, file_name: str, content: str) -> None:
        refill(self.below, [])
        self.checked = None
        self.checked = self.model.check(file_name, content)
        self._draw()

    def _draw(self) -> None:
        say, checked = self.model.voice, self.checked
        if checked is None:
            return
        self.found.set(detail(checked.file_name, self._told(checked)))
        self.findings.show((str(number), self._cells(one)) for number, one in enumerate(checked.findings))
        label = say(_("Publish version {version}"), version=checked.survey.version if checked.survey else "")
        self.actions.offer([Action("publish", label, "primary")] if checked.publishable else [])
        parts: list[Any] = [self.found]
        parts += [self.findings] if checked.findings else []
        if checked.survey is not None:
            self.form.source = preview_source(self.model.form(checked.survey))
            parts += [self.actions, self.form]
        refill(self.below, parts)
        self.screen.adopt(self.below)

    def _told(self, checked: Checked) -> Any:
        say = self.model.voice
        if checked.errors:
            text = say(_("{count} errors are to be mended before it can be published."), count=checked.errors)
            return banner(text, "danger")
        text, tone = STANDINGS[checked.standing]
        told = say(text, title=checked.survey.title, version=checked.survey.version)
        doubts = say(_("{count} points to look at."), count=len(checked.findings)) if checked.findings else ""
        return banner(" ".join(part for part in (told, doubts) if part), tone)

    def _cells(self, finding: dict[str, Any]) -> dict[str, Any]:
        say = self.model.voice
        text, tone = SEVERITIES[finding["severity"]]
        line = finding.get("line")
        place = say(_("{line}:{column}"), line=line, column=finding.get("column")) if line else "–"
        return {
            "place": cell(place, order=line or 0),
            "severity": cell(say(text), tone=tone),
            "message": say.local(dict(finding["message"])),
        }

    def _act(self, _name: str) -> None:
        checked = self.checked
        if checked is None or not checked.publishable:
            return
        say = self.model.voice
        title = say(
            _("Publish version {version} of {title}?"), version=checked.survey.version, title=checked.survey.title
        )
        text = say(_("A published version never changes. Links that are open stay with their version."))
        self.screen.dialog.ask(title, text, lambda _values: self._publish(checked), confirm=say(_("Publish")))

    def _publish(self, checked: Checked) -> None:
        made = self.model.publish(checked)
        self.upload.clear()
        refill(self.below, [])
        self.screen.say(_("Version {version} of {name} is published."), version=made.version, name=made.name)
        self.published(made.name)
        self.refresh()
