"""What the answers to an exam are read from: first attempts at all its sittings, in one order of candidates."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import pandas as pd

from svclib.apps.exam_desk.model import ExamDeskModel
from svclib.errors import NotFound


class Evidence:
    """Frames of one exam as the user may see them, read when they are needed.

    Parameters
    ----------
    desk : ExamDeskModel
        With a sitting chosen.
    """

    def __init__(self, desk: ExamDeskModel) -> None:
        self.desk = desk
        self.exam: str = desk.sitting.exam

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Shares of the items' points; empty where nothing is scored or nothing may be seen."""
        return self._read(points=False)

    @cached_property
    def points(self) -> pd.DataFrame:
        """The same in points."""
        return self._read(points=True)

    def _read(self, *, points: bool) -> pd.DataFrame:
        if not self.desk.may("frames.exams"):
            return pd.DataFrame()
        try:
            return self.desk.svc.frames.scores(exam=self.exam, attempts="first", points=points)
        except NotFound:
            return pd.DataFrame()

    @cached_property
    def choices(self) -> pd.DataFrame:
        """What was chosen."""
        return self.desk.svc.frames.choices(exam=self.exam, attempts="first").loc[self.scores.index]

    @cached_property
    def states(self) -> pd.DataFrame:
        """Why cells are empty."""
        given = {"name": self.exam, "kind": "exam", "attempts": "first"}
        return self.desk.svc.frames.states(**given).loc[self.scores.index]

    @cached_property
    def times(self) -> pd.DataFrame:
        """Seconds in view of each item."""
        return self.desk.svc.frames.item_times(name=self.exam, kind="exam").reindex(self.scores.index)

    @cached_property
    def results(self) -> pd.DataFrame:
        """Result, branch, language and layout of each candidate."""
        return self.desk.svc.frames.results(exam=self.exam).loc[self.scores.index]

    @cached_property
    def full_points(self) -> pd.Series:
        """Points of each item when all of it is right; 0 where nobody earned any."""
        return (self.points / self.scores.where(self.scores > 0)).max().fillna(0.0)

    @cached_property
    def same_form(self) -> bool:
        """Whether everybody met the same items."""
        return bool(len(self.scores)) and not self.states.isin(["not_presented"]).to_numpy().any()

    @cached_property
    def pass_mark(self) -> float | None:
        """Percent of the points that passes."""
        return next((float(one.pass_mark) for one in self.desk.exams() if one.exam == self.exam), None)

    @cached_property
    def names(self) -> dict[str, str]:
        """Name and staff number behind each attempt that the user may see."""
        if not self.desk.may("exams.results"):
            return {}
        told: dict[str, str] = {}
        for sitting in (one.id for one in self.desk.sittings if one.exam == self.exam):
            for person in self.desk.svc.exams.results(sitting=sitting):
                number = f" ({person.staff_number})" if person.staff_number else ""
                told |= {attempt.id: f"{person.name}{number}" for attempt in person.attempts}
        return told

    def who(self, attempt: Any) -> str:
        """Name a candidate; by the attempt where the user may not see names."""
        return self.names.get(str(attempt), str(attempt)[:8])
