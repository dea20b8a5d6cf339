"""Taking a quiz without the screen: one's own exams, which is open, what one is told about it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from svclib.apps.pieces.voice import Voice
from svclib.errors import NotFound
from svclib.i18n import _

GROUPS = {"now": ("open", "ready"), "later": ("waiting",), "done": ("done", "closed")}


class TakeQuizModel:
    """One's own exams.

    Parameters
    ----------
    svc : svclib.client.Service
    voice : Voice, optional

    Attributes
    ----------
    exams : list
        As ``svc.exams.mine()`` gave them last.
    taking : str or None
        The assignment whose form is open.
    """

    def __init__(self, svc: Any, voice: Voice | None = None) -> None:
        self.svc = svc
        self.voice = voice or Voice.of(self.me)
        self.exams: list[Any] = []
        self.taking: str | None = None

    @cached_property
    def me(self) -> Any:
        """Who is signed in."""
        return self.svc.people.me()

    def load(self) -> list[Any]:
        """Read the exams again."""
        self.exams = list(self.svc.exams.mine())
        return self.exams

    def group(self, name: str) -> list[Any]:
        """The exams to take ``now``, ``later``, or ``done``."""
        return [one for one in self.exams if one.state in GROUPS[name]]

    def exam(self, assignment: str) -> Any:
        """One of them.

        Raises
        ------
        NotFound
            It is not among one's own.
        """
        found = next((one for one in self.exams if one.assignment == assignment), None)
        if found is None:
            raise NotFound(_("There is no such exam among those assigned to you."))
        return found

    def take(self, assignment: str) -> str:
        """Open an exam; gives the source of its form. The attempt starts when the page opens the sheet."""
        one = self.exam(assignment)
        self.taking = assignment
        return str(one.link)

    def leave(self) -> None:
        """Go back to the list; what was answered is saved already."""
        self.taking = None
        self.load()

    def feedback(self, assignment: str) -> Any:
        """What the policy lets one know about the last attempt, or None."""
        return self.svc.exams.attempt_feedback(assignment=assignment)
