"""The survey desk as a screen: the survey above, a tab for each part of the work."""

from __future__ import annotations

from typing import Any

import svclib
from svclib.apps.pieces import Field, Fields, Html, Screen, Tabs, empty_state, query, refill
from svclib.apps.survey_desk.collectors_view import CollectorsView
from svclib.apps.survey_desk.counts_view import CountsView
from svclib.apps.survey_desk.export_view import ExportView
from svclib.apps.survey_desk.model import SurveyDeskModel
from svclib.apps.survey_desk.preview_view import PreviewView
from svclib.apps.survey_desk.publish_view import PublishView
from svclib.apps.survey_desk.results_view import ResultsView
from svclib.i18n import _

TABS = {
    "ways": _("Links and posters"),
    "counts": _("Answers so far"),
    "results": _("First results"),
    "export": _("Export"),
    "preview": _("Try it"),
    "publish": _("Surveys and versions"),
}


class SurveyDesk:
    """The app: publish surveys, open ways to answer, follow what comes in, as far as the user's rights go.

    Parameters
    ----------
    svc : svclib.client.Service, optional
        The platform; by default ``svclib.connect()``.

    Examples
    --------
    ``SurveyDesk().show()`` as the last line of a notebook.
    """

    def __init__(self, svc: Any = None) -> None:
        self.model = SurveyDeskModel(svc if svc is not None else svclib.connect())
        say = self.model.voice
        lead = say(_("Publish surveys, print QR posters, follow the answers and the first results."))
        self.screen = Screen(say, say(_("Survey desk")), lead)
        self.picker = Fields([Field("survey", say(_("Survey")), "select")], on_change=self._picked)
        self.views = self._views()
        panels = {name: (say(text), self.views[name].widget) for name, text in TABS.items() if name in self.views}
        self.tabs = Tabs(panels, label=say(_("Parts of the desk")), on_open=self._opening)

    def _views(self) -> dict[str, Any]:
        model, screen = self.model, self.screen
        views: dict[str, Any] = {
            "ways": CollectorsView(model, screen),
            "counts": CountsView(model, screen),
            "publish": PublishView(model, screen, self._published),
        }
        if model.may("frames.surveys"):
            views["results"] = ResultsView(model, screen)
        if model.may("export.surveys"):
            views["export"] = ExportView(model, screen)
        if model.may("definitions.read"):
            views["preview"] = PreviewView(model, screen)
        return views

    def show(self) -> Screen:
        """Load and give the screen."""
        names = [row.name for row in self.model.surveys()]
        asked = query().get("survey")
        if names:
            self.model.choose(asked if asked and asked in names else names[0])
        self.screen.fill(self.tabs)
        self.tabs.go("ways" if names else "publish")
        return self.screen

    def _opening(self, name: str) -> None:
        """Load a tab before it is shown, and let only the counts beat."""
        self._offer()
        needs_survey = name != "publish"
        if needs_survey and self.model.survey is None:
            say = self.model.voice
            text = say(_("Publish one in the tab “{tab}”."), tab=say(TABS["publish"]))
            refill(self.screen.body, [self.tabs, Html(empty_state(say(_("No survey is published yet.")), text))])
            return
        refill(self.screen.body, [self.picker, self.tabs] if needs_survey else [self.tabs])
        self.views[name].refresh()
        self.views["counts"].pulse.running = name == "counts"
        self.screen.adopt(self.picker, self.tabs)

    def _offer(self) -> None:
        say = self.model.voice
        options = [
            (row.name, say(_("{title} (version {version})"), title=say.local(row.title), version=row.version))
            for row in self.model.surveys()
        ]
        self.picker.ask([Field("survey", say(_("Survey")), "select", options)], {"survey": self.model.survey or ""})

    def _picked(self, values: dict[str, Any]) -> None:
        self.model.choose(values["survey"])
        self.views[self.tabs.current].refresh()

    def _published(self, _survey: str) -> None:
        self._offer()
