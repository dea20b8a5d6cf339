"""The start page, and the reports that were rendered."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from svclib.errors import NotFound
from svclib.i18n import _, translate
from svclib.operations import portal
from svclib.web import headers
from svclib.web.base import Handler
from svclib.web.desks import desks_for
from svclib.web.rules import PERSON, holding
from svclib.web.static import find, load

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


@dataclass(frozen=True)
class ReportFile:
    """One rendered file."""

    path: str
    kind: str


@dataclass(frozen=True)
class Report:
    """A rendered report in its formats."""

    name: str
    made_at: datetime
    files: list[ReportFile]


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
        return found


class Reports(Handler):
    """``/reports/``: the list of what was rendered."""

    rule = holding("reports.read")

    async def get(self) -> None:
        """Show the list, the newest first."""
        self.page("reports.html", reports=await self.site.run(rendered, self.site.settings.home / "reports"))


class RenderedReport(Handler):
    """``/reports/PATH``: one rendered file, in a sandbox."""

    rule = holding("reports.read")
    policy = headers.REPORT_POLICY

    async def get(self, path: str) -> None:
        """Send the file."""
        root = (self.site.settings.home / "reports").resolve()
        found = find((root,), path)
        if found is None or found.suffix.lower() not in KINDS:
            raise NotFound(_("There is no such report."))
        file = await self.site.run(load, found)
        if found.suffix.lower() == ".pdf":
            # A PDF viewer does not run inside a sandbox; the file has no scripts that a page could reach.
            self.set_header("Content-Security-Policy", headers.DATA_POLICY)
            self.set_header("Content-Disposition", f"inline; filename*=UTF-8''{_quoted(found.name)}")
        self.set_header("Content-Type", "application/pdf" if found.suffix == ".pdf" else "text/html; charset=utf-8")
        self.finish(file.body)


def rendered(folder: Path) -> list[Report]:
    """List the rendered reports in `folder`, the newest first."""
    if not folder.is_dir():
        return []
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and path.suffix.lower() in KINDS and not hidden:
            groups[path.relative_to(folder).with_suffix("").as_posix()].append(path)
    return sorted((_report(name, paths, folder) for name, paths in groups.items()), key=_newest, reverse=True)


def _report(name: str, paths: list[Path], folder: Path) -> Report:
    made = max(path.stat().st_mtime for path in paths)
    files = [ReportFile(_quoted(path.relative_to(folder).as_posix()), KINDS[path.suffix.lower()]) for path in paths]
    return Report(name, datetime.fromtimestamp(made, UTC), sorted(files, key=lambda file: file.kind))


def _newest(report: Report) -> Any:
    return report.made_at


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path)
