"""The exam desk without its screen: what is chosen, and the calls that act. Tests drive it in process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from svclib.apps.pieces.voice import Voice
from svclib.errors import InvalidInput
from svclib.i18n import _

ROSTER_HEADINGS = {"zh-CN": ("工号", "姓名", "单位", "加时"), "en": ("staff number", "name", "unit", "extra time")}


@dataclass(frozen=True)
class Roster:
    """An uploaded roster that was rehearsed: what it would do, and what is wrong with which row."""

    file_name: str
    content: str
    preview: Any

    @property
    def usable(self) -> bool:
        """Whether nothing is wrong and somebody would be assigned."""
        return not self.preview.problems and self.preview.assigned > 0


class ExamDeskModel:
    """State and calls of the desk.

    Parameters
    ----------
    svc : svclib.client.Service
        The platform as the user may use it.
    voice : Voice
        For what is asked and told in the user's language.

    Attributes
    ----------
    sittings : list
        Those of one's area, the newest first, as last read.
    chosen : str or None
        The id of the sitting at hand.
    roster : Roster or None
        The roster that waits to be committed.
    """

    def __init__(self, svc: Any, voice: Voice | None = None) -> None:
        self.svc = svc
        self.voice = voice or Voice.of(self.me)
        self.sittings: list[Any] = []
        self.chosen: str | None = None
        self.roster: Roster | None = None

    @cached_property
    def me(self) -> Any:
        """Who is signed in."""
        return self.svc.people.me()

    def may(self, right: str) -> bool:
        """Whether the user holds `right` anywhere."""
        return right in self.me.rights

    # ── sittings ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def load(self) -> list[Any]:
        """Read the sittings again; without a choice the first open one is chosen, else the newest."""
        self.sittings = list(self.svc.exams.sittings()) if self.may("exams.read") else []
        ids = [one.id for one in self.sittings]
        if self.chosen not in ids:
            running = [one.id for one in self.sittings if one.state == "open"]
            self.chosen = next(iter([*running, *ids]), None)
        return self.sittings

    @property
    def sitting(self) -> Any:
        """The sitting at hand, or None."""
        return next((one for one in self.sittings if one.id == self.chosen), None)

    def choose(self, sitting: str) -> None:
        """Turn to another sitting."""
        if sitting != self.chosen:
            self.chosen, self.roster = sitting, None

    def exams(self) -> list[Any]:
        """The published exams."""
        return list(self.svc.exams.list())

    def units(self) -> list[tuple[str, str]]:
        """All units as options, those below others indented."""
        listed = self.svc.people.units()
        top = min((one.path.count("/") for one in listed), default=0)
        return [(one.id, "  " * (one.path.count("/") - top) + self.voice.local(one.name)) for one in listed]

    def schedule(self, values: Mapping[str, Any]) -> str:
        """Plan a sitting from the form's values, and choose it; gives its id.

        Raises
        ------
        InvalidInput
            A moment cannot be read, or the platform refuses; ``field`` names the culprit.
        """
        asked = {
            "exam": values["exam"],
            "name": str(values["name"]).strip(),
            "opens_at": self.voice.parse(values["opens_at"], "opens_at"),
            "closes_at": self.voice.parse(values["closes_at"], "closes_at"),
            "minutes": values.get("minutes"),
            "attempts": whole(values.get("attempts"), "attempts"),
            "unit": values.get("unit") or None,
        }
        made = self.svc.exams.schedule(**asked)
        self.load()
        self.choose(made.id)
        return str(made.id)

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def find_people(self, search: str, unit: str = "") -> list[Any]:
        """People by a part of name, log-in or staff number, and unit."""
        return list(self.svc.people.list(search=search.strip(), unit=unit or None, limit=200))

    def assign(self, people: Sequence[str] = (), units: Sequence[str] = (), extra_percent: float | None = None) -> Any:
        """Assign people and everybody in units, with extra time in percent.

        Raises
        ------
        InvalidInput
            Nobody is chosen.
        """
        if not people and not units:
            raise InvalidInput(_("Choose at least one person or unit."), field="units")
        factor = 1 + (extra_percent or 0) / 100
        return self.svc.exams.assign(
            sitting=self._at_hand, people=list(people), units=list(units), accommodation=factor
        )

    def rehearse_roster(self, file_name: str, content: str) -> Roster:
        """Read an uploaded roster (base64) without storing anything."""
        seen = self.svc.exams.import_roster(sitting=self._at_hand, file_name=file_name, content=content, dry_run=True)
        self.roster = Roster(file_name, content, seen)
        return self.roster

    def commit_roster(self) -> Any:
        """Assign the people of the roster that was rehearsed."""
        if self.roster is None:
            raise InvalidInput(_("Upload a roster first."))
        held = self.roster
        done = self.svc.exams.import_roster(
            sitting=self._at_hand, file_name=held.file_name, content=held.content, dry_run=False
        )
        self.roster = None
        return done

    def withdraw(self, person: str, reason: str) -> None:
        """Take an assignment back."""
        self.svc.exams.withdraw(sitting=self._at_hand, person=person, reason=reason)

    # ── the live board ───────────────────────────────────────────────────────────────────────────────────────────────
    def board(self) -> Any:
        """Where everybody stands at the sitting at hand."""
        return self.svc.exams.progress(sitting=self._at_hand)

    def extend(self, person: str, values: Mapping[str, Any]) -> None:
        """Give a person more minutes, a later end, more attempts; `values` also holds the reason."""
        self.svc.exams.extend(
            sitting=self._at_hand,
            person=person,
            reason=values["reason"],
            minutes=values.get("minutes"),
            closes_at=self.voice.parse(values.get("closes_at"), "closes_at"),
            extra_attempts=whole(values.get("extra_attempts"), "extra_attempts"),
        )

    def propose_void(self, attempt: str, reason: str) -> str:
        """Propose that an attempt does not count; another person decides."""
        return str(self.svc.exams.propose_void(attempt=attempt, reason=reason))

    # ── decisions ────────────────────────────────────────────────────────────────────────────────────────────────────
    def proposals(self, *, waiting: bool = True) -> list[Any]:
        """What colleagues (or oneself) proposed."""
        return list(self.svc.exams.proposals(waiting=waiting)) if self.may("exams.decide") else []

    def waiting_for_me(self) -> int:
        """How many proposals of others wait."""
        return sum(not one.mine for one in self.proposals())

    def decide(self, proposal: str, decision: str, note: str) -> int:
        """Approve or reject; gives how many attempts changed."""
        return int(self.svc.exams.decide(proposal=proposal, decision=decision, note=note))

    @property
    def _at_hand(self) -> str:
        if self.chosen is None:
            raise InvalidInput(_("Choose a sitting first."))
        return self.chosen


def whole(value: Any, field: str) -> int | None:
    """Give a whole number of a field, None for none.

    >>> whole(2.0, "attempts"), whole(None, "attempts")
    (2, None)
    """
    if value is None or value == "":
        return None
    if float(value) != int(value):
        raise InvalidInput(_("Give a whole number."), field=field)
    return int(value)
