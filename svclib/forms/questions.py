"""The elements of a survey: a closed subset of SurveyJS, with its names."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from svclib.forms.base import DONT_KNOW, OTHER, ElementName, Seq, Text, problem
from svclib.forms.elements import BaseElement, Choice, Column, Question, distinct_values, given, is_date
from svclib.i18n import _


class _Choosing(Question):
    choices: Annotated[Seq[Choice], Field(min_length=1, max_length=500)]
    choices_order: Literal["none", "random"] = "none"
    show_other_item: bool = False
    other_text: Text | None = None
    dont_know: bool = False

    @property
    def plain_texts(self) -> list[tuple[str, Text]]:
        """The texts in which nothing may be piped, with their keys."""
        return (
            super().plain_texts
            + [("choices", choice.text) for choice in self.choices]
            + given("otherText", self.other_text)
        )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        distinct_values("choices", [choice.value for choice in self.choices], {OTHER, DONT_KNOW, "none"})
        return self

    @cached_property
    def values(self) -> tuple[str, ...]:
        """All values that may be answered, in definition order: the choices, then "other", then "don't know"."""
        extra = [OTHER] * self.show_other_item + [DONT_KNOW] * self.dont_know
        return tuple([choice.value for choice in self.choices] + extra)

    @cached_property
    def value_set(self) -> frozenset[str]:
        """The same as a set."""
        return frozenset(self.values)


class Radiogroup(_Choosing):
    """One of several, all shown."""

    type: Literal["radiogroup"]


class Dropdown(_Choosing):
    """One of several, in a list that opens."""

    type: Literal["dropdown"]


class Checkbox(_Choosing):
    """Several of several."""

    type: Literal["checkbox"]
    min_selected_choices: Annotated[int, Field(ge=0)] = 0
    max_selected_choices: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        low, high = self.min_selected_choices, self.max_selected_choices
        if low > len(self.choices) or (high and high < low):
            raise problem("bounds", _("minSelectedChoices and maxSelectedChoices cannot both be met: mend them."))
        if self.dont_know and low > 1:
            raise problem("bounds", _("“Don't know” stands alone, so minSelectedChoices may be 1 at most: mend one."))
        return self

    @property
    def always_required(self) -> bool:
        """Whether it must be answered wherever it is shown; a least number of choices demands it."""
        return self.is_required or self.min_selected_choices > 0


class Rating(Question):
    """A whole number on a scale, as labels or stars."""

    type: Literal["rating"]
    rate_min: Annotated[int, Field(ge=-100, le=100)] = 1
    rate_max: Annotated[int, Field(ge=-100, le=100)] = 5
    rate_type: Literal["labels", "stars"] = "labels"
    min_rate_description: Text | None = None
    max_rate_description: Text | None = None

    @property
    def plain_texts(self) -> list[tuple[str, Text]]:
        """The texts in which nothing may be piped, with their keys."""
        ends = given("minRateDescription", self.min_rate_description) + given(
            "maxRateDescription", self.max_rate_description
        )
        return super().plain_texts + ends

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if not 1 <= self.rate_max - self.rate_min <= 20:
            raise problem("bounds", _("rateMax must be above rateMin, by 20 at most."))
        if self.rate_type == "stars" and (self.rate_min != 1 or self.rate_max > 10):
            raise problem("bounds", _("Stars run from 1 to 10 at most: use rateType labels for other scales."))
        return self

    @cached_property
    def values(self) -> tuple[int, ...]:
        """The numbers of the scale."""
        return tuple(range(self.rate_min, self.rate_max + 1))


class Boolean(Question):
    """Yes or no."""

    type: Literal["boolean"]
    label_true: Text | None = None
    label_false: Text | None = None

    @property
    def plain_texts(self) -> list[tuple[str, Text]]:
        """The texts in which nothing may be piped, with their keys."""
        return super().plain_texts + given("labelTrue", self.label_true) + given("labelFalse", self.label_false)


class TextInput(Question):
    """A line of text, a number, a date or an e-mail address."""

    type: Literal["text"]
    input_type: Literal["text", "number", "date", "email"] = "text"
    min: int | float | str | None = None
    max: int | float | str | None = None
    max_length: Annotated[int, Field(ge=1, le=1000)] | None = None
    placeholder: Text | None = None

    @property
    def plain_texts(self) -> list[tuple[str, Text]]:
        """The texts in which nothing may be piped, with their keys."""
        return super().plain_texts + given("placeholder", self.placeholder)

    @property
    def free_text(self) -> bool:
        """Whether the respondent writes words of their own."""
        return self.input_type in {"text", "email"}

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        for key, bound in (("min", self.min), ("max", self.max)):
            if bound is not None and not self._fits(bound):
                raise problem(
                    "bounds", _("{key} must be a number, or for dates YYYY-MM-DD in quotes, or be left out."), key=key
                )
        if self.min is not None and self.max is not None and self.min > self.max:  # type: ignore[operator]
            raise problem("bounds", _("min is above max: mend one of them."))
        if self.max_length and self.input_type in {"number", "date"}:
            raise problem("bounds", _("maxLength is for text and e-mail only: remove it, or use min and max."))
        return self

    def _fits(self, bound: Any) -> bool:
        if self.input_type == "number":
            return isinstance(bound, int | float)
        return self.input_type == "date" and isinstance(bound, str) and is_date(bound)


class Comment(Question):
    """Several lines of free text."""

    type: Literal["comment"]
    max_length: Annotated[int, Field(ge=1, le=10_000)] | None = None
    rows: Annotated[int, Field(ge=1, le=50)] = 4
    placeholder: Text | None = None

    @property
    def plain_texts(self) -> list[tuple[str, Text]]:
        """The texts in which nothing may be piped, with their keys."""
        return super().plain_texts + given("placeholder", self.placeholder)

    @property
    def free_text(self) -> bool:
        """Whether the respondent writes words of their own."""
        return True


class Matrix(Question):
    """Several statements judged on the same columns."""

    type: Literal["matrix"]
    rows: Annotated[Seq[Choice], Field(min_length=1, max_length=100)]
    columns: Annotated[Seq[Column], Field(min_length=1, max_length=30)]
    is_all_row_required: bool = False
    dont_know: bool = False

    @property
    def plain_texts(self) -> list[tuple[str, Text]]:
        """The texts in which nothing may be piped, with their keys."""
        rows = [("rows", row.text) for row in self.rows]
        return super().plain_texts + rows + [("columns", column.text) for column in self.columns]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        distinct_values("rows", [row.value for row in self.rows], set())
        distinct_values("columns", [str(column.value) for column in self.columns], {DONT_KNOW})
        if len({type(column.value) for column in self.columns}) > 1:
            raise problem("mixed_values", _("columns: values must be all numbers or all words."))
        return self

    @property
    def always_required(self) -> bool:
        """Whether it must be answered wherever it is shown."""
        return self.is_required or self.is_all_row_required

    @cached_property
    def values(self) -> tuple[str | int, ...]:
        """The columns' values in definition order, then "don't know"."""
        return tuple([column.value for column in self.columns] + [DONT_KNOW] * self.dont_know)

    @cached_property
    def value_set(self) -> frozenset[str | int]:
        """The same as a set."""
        return frozenset(self.values)

    @cached_property
    def row_values(self) -> tuple[str, ...]:
        """The rows' values in definition order."""
        return tuple(row.value for row in self.rows)

    @cached_property
    def row_set(self) -> frozenset[str]:
        """The same as a set."""
        return frozenset(self.row_values)


class Ranking(Question):
    """All choices put in order."""

    type: Literal["ranking"]
    choices: Annotated[Seq[Choice], Field(min_length=2, max_length=50)]

    @property
    def plain_texts(self) -> list[tuple[str, Text]]:
        """The texts in which nothing may be piped, with their keys."""
        return super().plain_texts + [("choices", choice.text) for choice in self.choices]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        distinct_values("choices", [choice.value for choice in self.choices], {OTHER, DONT_KNOW, "none"})
        return self

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The choices' values in definition order."""
        return tuple(choice.value for choice in self.choices)

    @cached_property
    def value_set(self) -> frozenset[str]:
        """The same as a set."""
        return frozenset(self.values)


class Html(BaseElement):
    """Words to read, without markup; nothing is answered."""

    type: Literal["html"]
    name: ElementName
    html: Text

    @property
    def plain_texts(self) -> list[tuple[str, Text]]:
        """The texts in which nothing may be piped, with their keys."""
        return [("html", self.html)]


class Panel(BaseElement):
    """Elements that belong together, under one title and one condition."""

    type: Literal["panel"]
    name: ElementName
    title: Text | None = None
    elements: Annotated[Seq[Element], Field(min_length=1, max_length=200)]


Element = Annotated[
    Radiogroup | Dropdown | Checkbox | Rating | Boolean | TextInput | Comment | Matrix | Ranking | Html | Panel,
    Field(discriminator="type"),
]


Panel.model_rebuild()
