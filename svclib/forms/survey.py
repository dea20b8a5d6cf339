"""A survey: pages of elements, and what can be looked up in them quickly."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from svclib.forms.base import CamelModel, Definition, Name, Path, Seq, Text, Version, problem
from svclib.forms.elements import Condition, Question
from svclib.forms.questions import Element, Html, Panel
from svclib.i18n import Language, _


class Page(CamelModel):
    """One screen of a survey."""

    name: Name
    title: Text | None = None
    visible_if: Condition | None = None
    elements: Annotated[Seq[Element], Field(min_length=1, max_length=200)]


class Placed(NamedTuple):
    """An element with its place: the path in the file, the page's number and the conditions above it."""

    element: Question | Html | Panel
    path: Path
    page: int
    conditions: tuple[str, ...]


class Survey(Definition):
    """A survey as written in one YAML file."""

    survey: Name
    version: Version
    languages: Annotated[Seq[Language], Field(min_length=1)] = ("zh-CN", "en")
    title: Text
    description: Text | None = None
    anonymous: bool = False
    thank_you: Text | None = None
    pages: Annotated[Seq[Page], Field(min_length=1, max_length=100)]

    @property
    def kind(self) -> Literal["survey"]:
        """What it is: "survey"."""
        return "survey"

    @property
    def id(self) -> str:
        """The survey's id."""
        return self.survey

    @model_validator(mode="after")
    def _distinct_names(self) -> Self:
        seen: set[str] = set()
        for name in [page.name for page in self.pages] + [placed.element.name for placed in self.placed]:
            if name in seen:
                raise problem("duplicate_name", _("The name “{name}” stands twice: rename one of them."), name=name)
            seen.add(name)
        return self

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """All elements in the order shown, panels before what they hold."""
        found: list[Placed] = []
        for number, page in enumerate(self.pages):
            conditions = (page.visible_if,) if page.visible_if else ()
            found += _walk(page.elements, ("pages", number), number, conditions)
        return tuple(found)

    @cached_property
    def questions(self) -> dict[str, Question]:
        """The questions by name, in the order shown."""
        return {placed.element.name: placed.element for placed in self.placed if isinstance(placed.element, Question)}

    @cached_property
    def answer_names(self) -> frozenset[str]:
        """The names under which answers may come: the questions', and ``NAME-Comment`` where "other" can be chosen."""
        others = {
            f"{name}-Comment"
            for name, question in self.questions.items()
            if getattr(question, "show_other_item", False)
        }
        return frozenset(self.questions) | others

    def question(self, name: str) -> Question | None:
        """Give a question by its name, or None."""
        return self.questions.get(name)

    def simulate(self, n: int, seed: int = 0, **options: Any) -> list[dict[str, Any]]:
        """Make `n` plausible complete answers; see `svclib.forms.simulate`."""
        from svclib.forms.simulation import simulate

        return simulate(self, n, seed, **options)


def _walk(elements: tuple[Any, ...], path: Path, page: int, conditions: tuple[str, ...]) -> Iterator[Placed]:
    for number, element in enumerate(elements):
        here = (*path, "elements", number)
        own = (*conditions, element.visible_if) if element.visible_if else conditions
        yield Placed(element, here, page, own)
        if isinstance(element, Panel):
            yield from _walk(element.elements, here, page, own)
