"""The reports that were rendered, and having one made."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from svclib.errors import NotFound
from svclib.i18n import LANGUAGES, _, language_of
from svclib.operations import reporting
from svclib.web import headers
from svclib.web.base import Handler
from svclib.web.maker import Progress
from svclib.web.rules import holding
from svclib.web.static import find, load

REPORT = "monthly_quality"
KINDS = {".html": "HTML", ".pdf": "PDF"}
HEAD_BYTES = 4096
_TITLE = re.compile(r"<title>(.*?)</title>", re.S)
_LANGUAGE = re.compile(r"<html[^>]*\slang=\"([\w-]+)\"")


@dataclass(frozen=True)
class ReportFile:
    """One rendered file."""

    path: str
    kind: str


@dataclass(frozen=True)
class Report:
    """A rendered report in its formats; without a page of it, its title is the files' name."""

    name: str
    title: str
    language: str
    made_at: datetime
    files: list[ReportFile]


class Reports(Handler):
    """``/reports/``: the list of what was rendered, and the form to have one made."""

    rule = holding("reports.read")

    async def get(self) -> None:
        """Show the list, the newest first."""
        run, site, person = self.site.run, self.site, self.signed_in
        may = person.may("reports.render")
        self.page(
            "reports.html", reports=await run(rendered, site.settings.home / "reports"),
            choices=await run(reporting.choices, site.store, person) if may else None,
            making=site.maker.latest if may else None,
        )  # fmt: skip

    async def post(self) -> None:
        """Have a report made."""
        site, person = self.site, self.signed_in
        month, branch = self.get_argument("month", ""), self.get_argument("branch", "")
        language = language_of(self.get_argument("language", self.language))
        person.require("reports.render")
        site.maker.require_free()
        await site.run(
            reporting.request, site.store, person, report=REPORT, month=month, branch=branch, language=language
        )
        site.maker.start(REPORT, Progress(person.person_id, month, branch, language), self.language)
        self.redirect("/reports/")


class Making(Handler):
    """``/reports/making``: how far the report is."""

    rule = holding("reports.render")
    speaks = "json"

    def get(self) -> None:
        """Tell the state and the share done."""
        latest = self.site.maker.latest
        share = latest.done / latest.count if latest and latest.count else 0
        self.finish({"state": latest.state if latest else "none", "share": share})


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
            self.set_header("Content-Disposition", f"inline; filename*=UTF-8''{quote(found.name)}")
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
    files = [ReportFile(quote(path.relative_to(folder).as_posix()), KINDS[path.suffix.lower()]) for path in paths]
    title, language = _told_by(next((path for path in paths if path.suffix.lower() == ".html"), None))
    moment = datetime.fromtimestamp(made, UTC)
    return Report(name, title or name, language, moment, sorted(files, key=lambda file: file.kind))


def _told_by(page: Path | None) -> tuple[str, str]:
    """Title and language that a rendered page gives itself, or empty texts."""
    if page is None:
        return "", ""
    with page.open("rb") as file:
        head = file.read(HEAD_BYTES).decode("utf-8", "replace")
    title, language = _TITLE.search(head), _LANGUAGE.search(head)
    known = language.group(1) if language and language.group(1) in LANGUAGES else ""
    return unescape(title.group(1)).strip() if title else "", known


def _newest(report: Report) -> Any:
    return report.made_at
