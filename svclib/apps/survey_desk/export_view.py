"""The tab of the export: answers with their codebook, in the format of one's own tools."""

from __future__ import annotations

from typing import Any

from svclib.apps.pieces import Field, Fields, Html, Screen, column, h
from svclib.apps.survey_desk.model import SurveyDeskModel
from svclib.apps.survey_desk.words import FORMATS, VARIANTS
from svclib.i18n import _


class ExportView:
    """Choose a format and how much; the file comes at once."""

    def __init__(self, model: SurveyDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        say = model.voice
        text = _("A ZIP with the answers, why cells are empty, and the codebook. Each export is on the audit trail.")
        allowed = [name for name in VARIANTS if name == "share" or model.may("frames.comments")]
        labels = [("", say(_("Values, as they are kept"))), ("zh-CN", "中文"), ("en", "English")]
        fields = [
            Field("format", say(_("Format")), "select", list(FORMATS.items())),
            Field("variant", say(_("How much")), "select", [(name, say(VARIANTS[name])) for name in allowed]),
            Field("language", say(_("Labels instead of values (Excel, CSV)")), "select", labels),
        ]
        self.form = Fields(fields, submit=say(_("Export")), label=say(_("Export of answers")))
        self.form.on_submit = screen.submit(self.form, self._export)
        self.widget = column(Html(h("p", say(text))), self.form)

    def refresh(self) -> None:
        """Nothing to read: the file is made when it is asked for."""

    def _export(self, values: dict[str, Any]) -> None:
        with self.screen.progress.busy(self.model.voice(_("Making the file"))):
            made = self.model.export(values["format"], values["variant"], values["language"])
        self.screen.download.hand(*made)
        self.screen.say(_("{name} is in your downloads."), name=made[0])
