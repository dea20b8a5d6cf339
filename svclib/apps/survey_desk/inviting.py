"""Personal links: made for a number of people or for a list, handed over once as a file."""

from __future__ import annotations

from typing import Any

from svclib.apps.pieces import Field, Fields, Html, Screen, Upload, banner, column, h
from svclib.apps.survey_desk.model import SurveyDeskModel
from svclib.errors import SvcError
from svclib.i18n import _

CSV = "text/csv"


class Inviting:
    """A number, or a list; the file with the links is given out right away, because the links are kept nowhere."""

    def __init__(self, model: SurveyDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        say = model.voice
        self.row: Any = None
        once = say(_("The links are given to you once, as a file: only their digests are kept. Keep the file safe."))
        number = Field("number", say(_("How many links")), "number", minimum=1, maximum=50_000, step=1, required=True)
        self.number = Fields(
            [number], {"number": 100}, submit=say(_("Make links")), label=say(_("Links without names"))
        )
        self.number.on_submit = screen.submit(self.number, self._make)
        columns = say(_("Columns: customer, unit; stratum and weight for samples."))
        self.list = Upload(
            say, say(_("Links for a list of customers (Excel or CSV)")), hint=columns, on_file=self._listed
        )
        self.faults = Html()
        self.widget = column(Html(banner(once, "warning")), self.number, self.list, self.faults)

    def show(self, row: Any) -> None:
        """Go to a way to answer with personal links."""
        self.row = row
        self.list.clear()
        self.faults.set("")

    def _make(self, values: dict[str, Any]) -> None:
        self._hand(self.model.invite(self.row.id, number=int(values["number"])))

    def _listed(self, file_name: str, content: str) -> None:
        """Make links for a list; faults are told row by row."""
        try:
            invited = self.model.invite(self.row.id, file_name=file_name, content=content)
        except SvcError as fault:
            self.faults.set(self._told(fault))
            self.list.clear()
            return
        self.faults.set("")
        self.list.clear()
        self._hand(invited)

    def _told(self, fault: SvcError) -> Any:
        say = self.model.voice
        rows = [say.local(dict(one)["message"]) for one in fault.fields.get("faults") or []]
        told = banner(say.error(fault), "danger")
        return h("div", told, h("ul", [h("li", row) for row in rows[:20]])) if rows else told

    def _hand(self, invited: list[Any]) -> None:
        name = f"{self.row.survey}_links.csv"
        self.screen.download.hand(name, self.model.invitations_csv(invited), CSV)
        self.screen.say(_("{count} links were made; {name} is in your downloads."), count=len(invited), name=name)
