"""The exam desk: assign, watch, extend, void, rescore, results."""

from __future__ import annotations

from typing import Any

import svclib
from svclib.apps.exam_desk.decisions_view import DecisionsView
from svclib.apps.exam_desk.live_view import LiveView
from svclib.apps.exam_desk.model import ExamDeskModel
from svclib.apps.exam_desk.people_view import PeopleView
from svclib.apps.exam_desk.quality_view import QualityView
from svclib.apps.exam_desk.rescore_view import RescoreView
from svclib.apps.exam_desk.results_view import ResultsView
from svclib.apps.exam_desk.sittings_view import SittingsView
from svclib.apps.pieces import Field, Fields, Screen, Tabs, query, refill, warm_up
from svclib.i18n import _

OF_ONE_SITTING = ("people", "live", "results", "quality", "rescore")


class ExamDesk:
    """The app: a tab for each part of the work, as far as the user's rights go.

    Parameters
    ----------
    svc : svclib.client.Service, optional
        The platform; by default ``svclib.connect()``.

    Examples
    --------
    ``ExamDesk().show()`` as the last line of a notebook.
    """

    def __init__(self, svc: Any = None) -> None:
        self.model = ExamDeskModel(svc if svc is not None else svclib.connect())
        say = self.model.voice
        lead = say(_("Assign exams, watch them live, decide with four eyes, and hand out the results."))
        self.screen = Screen(say, say(_("Exam desk")), lead)
        self.picker = Fields([Field("sitting", say(_("Sitting")), "select")], on_change=self._picked)
        self.views = self._views()
        self.tabs = Tabs(
            {name: (say(text), self.views[name].widget) for name, text in TABS.items() if name in self.views},
            label=say(_("Parts of the desk")), on_open=self._opening,
        )  # fmt: skip

    def _views(self) -> dict[str, Any]:
        model, screen = self.model, self.screen
        views: dict[str, Any] = {}
        if model.may("exams.read"):
            views["sittings"] = SittingsView(model, screen, lambda name: self.tabs.go(name))
            views["people"] = PeopleView(model, screen)
            views["live"] = LiveView(model, screen)
        if model.may("exams.results"):
            views["results"] = ResultsView(model, screen)
        if model.may("exams.results") and model.may("frames.exams"):
            views["quality"] = QualityView(model, screen)
        if model.may("exams.decide"):
            if model.may("exams.read"):
                views["rescore"] = RescoreView(model, screen)
            views["decisions"] = DecisionsView(model, screen, self._count)
        return views

    def show(self) -> Screen:
        """Load and give the screen."""
        self.model.load()
        wanted = query().get("sitting")
        if wanted and any(one.id == wanted for one in self.model.sittings):
            self.model.choose(wanted)
        self.screen.fill(self.tabs)
        waiting = self.model.waiting_for_me()
        first = "live" if wanted else "decisions" if waiting and "decisions" in self.views else next(iter(self.views))
        self.tabs.go(first)
        warm_up()
        return self.screen

    def _opening(self, name: str) -> None:
        """Load a tab before it is shown, and let only the live board beat."""
        one = name in OF_ONE_SITTING
        if one:
            self._offer_sittings()
        refill(self.screen.body, [self.picker, self.tabs] if one else [self.tabs])
        self.views[name].refresh()
        if "live" in self.views:
            self.views["live"].pulse.running = name == "live"
        if "decisions" in self.views:
            self._count()
        self.screen.adopt(self.picker, self.tabs)

    def _count(self) -> None:
        """Show on the tab how many decisions wait."""
        self.tabs.count("decisions", self.model.waiting_for_me())

    def _offer_sittings(self) -> None:
        say = self.model.voice
        options = [(one.id, f"{one.name} ({say.moment(one.opens_at)})") for one in self.model.load()]
        self.picker.ask([Field("sitting", say(_("Sitting")), "select", options)], {"sitting": self.model.chosen or ""})

    def _picked(self, values: dict[str, Any]) -> None:
        self.model.choose(values["sitting"])
        self.views[self.tabs.current].refresh()


TABS = {
    "sittings": _("Sittings"),
    "people": _("People"),
    "live": _("Live"),
    "results": _("Results"),
    "quality": _("Quality"),
    "rescore": _("Rescore"),
    "decisions": _("Decisions"),
}
