"""An exam: rules and blueprint; and the frozen form that one candidate or everybody gets."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from svclib.forms.bank import ItemType, Level, Points
from svclib.forms.base import Definition, Model, Name, Seq, Text, Version

Feedback = Literal["score_only", "right_wrong", "rationale"]
FeedbackFrom = Literal["submitted", "last_attempt", "window_closed"]


class Certificate(Model):
    """How long a pass is valid, and from when it may be renewed."""

    valid_months: Annotated[int, Field(ge=1, le=600)]
    renew_from_days: Annotated[int, Field(ge=0, le=3650)] = 0


class BlueprintRow(Model):
    """How many items of which topic, level and type; `points` replaces those of the items."""

    topic: Name | None = None
    level: Level | None = None
    type: ItemType | None = None
    count: Annotated[int, Field(ge=1, le=500)]
    points: Points | None = None


class Exam(Definition):
    """An exam as written in one YAML file."""

    exam: Name
    version: Version
    title: Text
    description: Text | None = None
    bank: Name
    minutes: Annotated[int, Field(ge=1, le=1440)]
    pass_mark: Annotated[float, Field(ge=0, le=100)]
    attempts: Annotated[int, Field(ge=1, le=100)] = 1
    form: Literal["fixed", "random"] = "fixed"
    shuffle_items: bool = False
    shuffle_choices: bool = False
    feedback: Feedback = "score_only"
    feedback_from: FeedbackFrom = "window_closed"
    certificate: Certificate | None = None
    blueprint: Annotated[Seq[BlueprintRow], Field(min_length=1, max_length=100)]

    @property
    def kind(self) -> Literal["exam"]:
        """What it is: "exam"."""
        return "exam"

    @property
    def id(self) -> str:
        """The exam's id."""
        return self.exam


class FormItem(Model):
    """An item's place on a form: its points and the order of its options."""

    id: str
    points: float
    options: Seq[str] = ()


class ExamForm(Model):
    """A drawn form, frozen when the attempt starts: items, their order, their options' order, their points."""

    exam: str
    version: int
    bank: str
    bank_version: int
    title: Text
    seed: str
    items: Seq[FormItem]

    @cached_property
    def by_id(self) -> dict[str, FormItem]:
        """The places by item id, in order."""
        return {place.id: place for place in self.items}
