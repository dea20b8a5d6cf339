"""The start page: what waits for one and what one may open."""

from __future__ import annotations

from dataclasses import dataclass

from svclib.i18n import _, translate
from svclib.operations import portal
from svclib.web.base import Handler
from svclib.web.desks import desks_for
from svclib.web.rules import PERSON

KINDS = {".html": "HTML", ".pdf": "PDF"}
TAGS = {
    "open": _("Under way"), "ready": _("Exam"), "later": _("Later"), "decision": _("Decision"),
    "review": _("Review"), "rejected": _("Returned"),
}  # fmt: skip
COLOURS = {
    "open": "warning", "ready": "success", "later": "info", "decision": "info", "review": "info", "rejected": "danger",
}  # fmt: skip
ACTIONS = {
    "open": _("Go on"), "ready": _("Begin the exam"), "later": _("Later"), "decision": _("Decide"),
    "review": _("Review"), "rejected": _("Mend"),
}  # fmt: skip


@dataclass(frozen=True)
class Card:
    """Something one may open."""

    href: str
    title: str
    description: str


class Portal(Handler):
    """``/``: what one may open and what waits for one."""

    rule = PERSON

    async def get(self) -> None:
        """Show the start page."""
        waiting = await self.site.run(portal.home, self.site.store, self.signed_in)
        language = self.language
        words = [{key: translate(text, language) for key, text in table.items()} for table in (TAGS, ACTIONS)]
        self.page("portal.html", waiting=waiting, cards=self._cards(), tags=words[0], actions=words[1],
                  colours=COLOURS)  # fmt: skip

    def _cards(self) -> list[Card]:
        language, person = self.language, self.signed_in
        found = [
            Card(f"/apps/{desk.name}", translate(desk.title, language), translate(desk.description, language))
            for desk in desks_for(person)
        ]
        if person.may("reports.read"):
            text = _("Monthly quality report and others, as HTML and PDF.")
            found.append(Card("/reports/", translate(_("Reports"), language), translate(text, language)))
        if person.may("audit.read"):
            text = _("Who did what and when, and the check that nothing was changed afterwards.")
            found.append(Card("/trail", translate(_("Audit trail"), language), translate(text, language)))
        return found
