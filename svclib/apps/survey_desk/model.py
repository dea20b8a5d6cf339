"""The survey desk's model: one survey, its ways to answer, what came in; everything by the operations of the server."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from svclib import forms
from svclib.apps.pieces.voice import Voice
from svclib.errors import InvalidInput
from svclib.i18n import _

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Checked:
    """What was found in an uploaded definition.

    Attributes
    ----------
    findings : tuple of dict
        As `svc.definitions.check` gives them: severity, line, column, message in both languages.
    survey : Survey or None
        The survey, where the text is one.
    standing : str
        Against what is published: ``new``, ``next`` (a higher version), ``same``, ``taken`` (this version is published
        with another text), ``older``; empty while there are errors.
    """

    text: str
    file_name: str
    findings: tuple[dict[str, Any], ...]
    survey: Any = None
    standing: str = ""

    @property
    def errors(self) -> int:
        """How many findings keep it from being published."""
        return sum(finding["severity"] == "error" for finding in self.findings)

    @property
    def publishable(self) -> bool:
        """Whether it can be published as it is."""
        return not self.errors and self.standing in {"new", "next", "older"}


class SurveyDeskModel:
    """What the survey desk's screen shows and does.

    Parameters
    ----------
    svc : client
        As `svclib.connect` gives it.
    voice : Voice
        Speaks the user's language.
    address : str, optional
        The site's address as customers know it, such as ``https://svc.example``, for links and posters; by default the
        one that the page was asked for by (``SVC_ADDRESS``).
    """

    def __init__(self, svc: Any, voice: Voice | None = None, address: str | None = None) -> None:
        self.svc = svc
        self.voice = voice or Voice.of(self.me)
        self.address = (os.environ.get("SVC_ADDRESS", "") if address is None else address).rstrip("/")
        self.survey: str | None = None
        self._definition: tuple[str, Any] | None = None

    # ── rights and places ────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def me(self) -> Any:
        """Who is signed in."""
        return self.svc.people.me()

    def may(self, right: str) -> bool:
        """Whether the signed-in person holds a right anywhere."""
        return right in self.me.rights

    @cached_property
    def units(self) -> list[Any]:
        """All units in the order of the tree."""
        return list(self.svc.people.units())

    def unit_name(self, unit: str | None) -> str:
        """Name of a unit; its id where it is not known."""
        found = next((one for one in self.units if one.id == unit), None)
        return self.voice.local(found.name) if found else (unit or "–")

    def unit_options(self) -> list[tuple[str, str]]:
        """Id and name of all units, those below others indented."""
        depths = [one.path.strip("/").count("/") for one in self.units]
        return [
            (one.id, "\u2003" * depth + self.voice.local(one.name))
            for one, depth in zip(self.units, depths, strict=True)
        ]

    def branches_of(self, collector: Any) -> list[tuple[str, str]]:
        """Id and name of the places at or below a collector's unit that have no further units below them."""
        paths = {one.id: one.path for one in self.units}
        top = paths.get(collector.unit_id, "/")
        parents = {one.parent_id for one in self.units}
        below = [one for one in self.units if one.path.startswith(top) and one.id not in parents]
        return [(one.id, self.voice.local(one.name)) for one in below]

    # ── surveys ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def surveys(self) -> list[Any]:
        """List the published surveys."""
        return list(self.svc.surveys.list())

    def choose(self, survey: str) -> None:
        """Go to a survey."""
        if survey not in {row.name for row in self.surveys()}:
            raise InvalidInput(_("There is no published survey {survey}."), survey=survey, field="survey")
        self.survey = survey

    @property
    def definition(self) -> Any:
        """The chosen survey's latest version, as a model."""
        if self._definition is None or self._definition[0] != self._survey:
            body = self.svc.definitions.get(kind="survey", name=self._survey)["body"]
            self._definition = (self._survey, forms.from_body("survey", body))
        return self._definition[1]

    def form(self, survey: Any = None) -> dict[str, Any]:
        """Give the form's JSON of a survey for a preview (the chosen one's without another)."""
        return forms.survey_form(survey or self.definition)

    def check(self, file_name: str, content: str) -> Checked:
        """Look through an uploaded file (base64): what is wrong, and how it stands against what is published."""
        text = _decoded(content)
        found = self.svc.definitions.check(text=text, file_name=file_name)
        findings = tuple(dict(one) for one in found)
        if any(finding["severity"] == "error" for finding in findings):
            return Checked(text, file_name, findings)
        parsed = forms.parse_definition(text, file_name)
        if not isinstance(parsed, forms.Survey):
            raise InvalidInput(_("{file} defines no survey; banks and exams have desks of their own."), file=file_name)
        return Checked(text, file_name, findings, parsed, self._standing(parsed))

    def _standing(self, parsed: Any) -> str:
        published = self.svc.definitions.list(kind="survey", latest=False)
        mine = {one.version: one.hash for one in published if one.name == parsed.survey}
        if not mine:
            return "new"
        if parsed.version in mine:
            return "same" if mine[parsed.version] == forms.compile_definition(parsed).hash else "taken"
        return "next" if parsed.version > max(mine) else "older"

    def publish(self, checked: Checked) -> Any:
        """Publish what was checked, and go to it."""
        made = self.svc.definitions.publish(text=checked.text, file_name=checked.file_name)
        self._definition = None
        self.survey = made.name
        return made

    # ── ways to answer ───────────────────────────────────────────────────────────────────────────────────────────────

    def collectors(self) -> list[Any]:
        """List the chosen survey's ways to answer, the newest first."""
        return list(self.svc.surveys.collectors(survey=self._survey))

    def open_collector(self, values: dict[str, Any]) -> Any:
        """Open a way to answer from what the form holds; moments are meant in the user's zone."""
        limit = values.get("hourly_limit")
        return self.svc.surveys.open_collector(
            survey=self._survey, name=str(values["name"]).strip(), kind=values["kind"], channel=values["channel"],
            source=values["source"], unit=values["unit"], hourly_limit=int(limit) if limit else None,
            opens_at=self.voice.parse(values.get("opens_at"), "opens_at"),
            closes_at=self.voice.parse(values.get("closes_at"), "closes_at"),
        )  # fmt: skip

    def close_collector(self, collector: str) -> None:
        """Close a way to answer now."""
        self.svc.surveys.close_collector(collector=collector)

    def link(self, collector: str, *, branch: str = "", counter: str = "", language: str = "") -> str:
        """Give the whole address of a link, its context signed."""
        given = {"branch": branch or None, "counter": counter.strip() or None, "language": language or None}
        return self._address + str(self.svc.surveys.link(collector=collector, **given))

    def poster(self, collector: str, *, branch: str = "", counter: str = "", language: str = "zh-CN") -> str:
        """Give one poster as SVG."""
        given = {"branch": branch or None, "counter": counter.strip() or None, "language": language}
        return str(self.svc.surveys.poster(collector=collector, address=self._address, **given))

    def posters(self, collector: Any, *, counter: str = "", language: str = "zh-CN") -> list[str]:
        """Give a poster for each place at or below the collector's unit."""
        places = [branch for branch, _name in self.branches_of(collector)]
        return [self.poster(collector.id, branch=one, counter=counter, language=language) for one in places]

    def invite(self, collector: str, *, number: int = 0, file_name: str = "", content: str = "") -> list[Any]:
        """Make personal links, for a number of people or for those in a file (base64)."""
        given = {"file_name": file_name, "content": content} if content else {"number": number}
        return list(self.svc.surveys.invite(collector=collector, **given))

    def invitations_csv(self, invited: list[Any]) -> bytes:
        """Write personal links as the file that is handed out once; no cell may act as a formula."""
        stream = io.StringIO()
        writer = csv.writer(stream)
        writer.writerow(["customer", "unit", "link"])
        for one in invited:
            writer.writerow([_inert(one.customer), _inert(one.unit), self._address + one.path])
        return stream.getvalue().encode("utf-8-sig")

    # ── what came in ─────────────────────────────────────────────────────────────────────────────────────────────────

    def counts(self) -> Any:
        """Count the responses: open and submitted, by collector, unit and day."""
        return self.svc.surveys.counts(survey=self._survey)

    def responses(self) -> Any:
        """Read the answers as a frame."""
        return self.svc.frames.responses(survey=self._survey)

    def export(self, form: str, variant: str, language: str = "") -> tuple[str, bytes, str]:
        """Give the answers with their codebook as a file to take away: name, content, media type."""
        given = {"name": self._survey, "kind": "survey", "format": form, "variant": variant}
        made = self.svc.frames.export(**given, language=language or None)
        return made.name, base64.b64decode(made.content), made.media_type

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _survey(self) -> str:
        if self.survey is None:
            raise InvalidInput(_("Choose a survey first."))
        return self.survey

    @property
    def _address(self) -> str:
        parts = urlsplit(self.address)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
            raise InvalidInput(
                _("“{value}” is no address of this site; write it as https://name."),
                value=self.address,
                field="address",
            )
        return self.address


def _decoded(content: str) -> str:
    try:
        return base64.b64decode(content, validate=True).decode("utf-8-sig")
    except binascii.Error as fault:
        raise InvalidInput(_("The file did not arrive whole; send it again."), field="content") from fault
    except UnicodeDecodeError as fault:
        raise InvalidInput(_("The file is not UTF-8 text: save it as UTF-8.")) from fault


def _inert(value: str | None) -> str:
    text = value or ""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
