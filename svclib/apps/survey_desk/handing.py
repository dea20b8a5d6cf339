"""An open link to hand out: its address for a place, the QR poster, files for the printer."""

from __future__ import annotations

import base64
from typing import Any

from svclib.apps.pieces import Action, Actions, Field, Fields, Html, Screen, column, h
from svclib.apps.pieces.copying import CopyText
from svclib.apps.survey_desk import posters
from svclib.apps.survey_desk.model import SurveyDeskModel
from svclib.errors import SvcError
from svclib.i18n import _

SVG = "image/svg+xml"
PDF = "application/pdf"


class Handing:
    """Choose the place, see the link and the poster change."""

    def __init__(self, model: SurveyDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        say = model.voice
        self.row: Any = None
        self.place = Fields([], on_change=self._changed)
        self.link = CopyText(say, say(_("Link")))
        self.poster = Html()
        self.actions = Actions([], on_action=self._act, label=say(_("Files for the printer")))
        self.widget = column(self.place, self.link, self.poster, self.actions)

    def show(self, row: Any) -> None:
        """Go to an open link."""
        say, self.row = self.model.voice, row
        places = self.model.branches_of(row)
        languages = [("zh-CN", "中文"), ("en", "English")]
        self.place.ask(
            [
                Field("branch", say(_("Place")), "select", [("", say(_("No place in the link"))), *places]),
                Field("counter", say(_("Counter"))),
                Field("language", say(_("First language of the poster")), "select", languages),
                Field("address", say(_("Address of this site"))),
            ],
            {"branch": "", "counter": "", "language": say.language, "address": self.model.address},
        )
        offered = [Action("svg", say(_("Poster (SVG)"))), Action("pdf", say(_("Poster (PDF)")))]
        if len(places) > 1:
            label = say(_("Posters of all {count} places (PDF)"), count=len(places))
            offered.append(Action("all", label, "primary"))
        self.actions.offer(offered)
        self.draw()

    def draw(self) -> None:
        """Show link and poster of the chosen place."""
        given = self._given()
        self.link.text = self.model.link(self.row.id, branch=given["branch"], counter=given["counter"])
        drawn = base64.b64encode(self.model.poster(self.row.id, **given).encode()).decode()
        alt = self.model.voice(_("Poster with the QR code of the link"))
        self.poster.set(
            h("img", src=f"data:{SVG};base64,{drawn}", alt=alt, style="width:100%;max-width:22rem", class_="card")
        )

    def _given(self) -> dict[str, str]:
        return {name: str(self.place.values.get(name) or "") for name in ("branch", "counter", "language")}

    def _changed(self, values: dict[str, Any]) -> None:
        self.model.address = str(values.get("address") or "").strip().rstrip("/")
        try:
            self.draw()
        except SvcError as fault:
            self.link.text = ""
            self.poster.set("")
            told = self.model.voice.error(fault)
            fault.fields.setdefault("field", "counter")
            if not self.place.blame(fault, told):
                self.place.errors = {"counter": told}

    def _act(self, name: str) -> None:
        say = self.model.voice
        if name == "all":
            with self.screen.progress.busy(say(_("Drawing the posters"))):
                language = self._given()["language"]
                drawn = posters.pdf(self.model.posters(self.row, counter=self._given()["counter"], language=language))
            self._hand(f"{self.row.survey}_posters.pdf", drawn, PDF)
            return
        poster = self.model.poster(self.row.id, **self._given())
        place = self._given()["branch"] or "poster"
        if name == "svg":
            self._hand(f"{self.row.survey}_{place}.svg", poster.encode(), SVG)
        else:
            self._hand(f"{self.row.survey}_{place}.pdf", posters.pdf([poster]), PDF)

    def _hand(self, name: str, content: bytes, kind: str) -> None:
        self.screen.download.hand(name, content, kind)
        self.screen.say(_("{name} is in your downloads."), name=name)
