"""The tab to try a survey: the form as customers see it; nothing is sent."""

from __future__ import annotations

from svclib.apps.pieces import Action, Actions, Form, Html, Screen, banner, column, preview_source
from svclib.apps.survey_desk.model import SurveyDeskModel
from svclib.i18n import _


class PreviewView:
    """The form in either language."""

    def __init__(self, model: SurveyDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        say = model.voice
        told = say(_("This is the form as customers see it. You can fill it in; nothing is sent or kept."))
        self.languages = Actions(
            [Action("zh-CN", "中文"), Action("en", "English")], on_action=self._in, label=say(_("Language of the form"))
        )
        self.form = Form(mode="preview", locale=say.language)
        self.widget = column(Html(banner(told)), self.languages, self.form)

    def refresh(self) -> None:
        """Show the chosen survey's latest version."""
        self.form.source = preview_source(self.model.form())

    def _in(self, language: str) -> None:
        self.form.locale = language
