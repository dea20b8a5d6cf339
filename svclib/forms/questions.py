"""The elements of a survey: a closed subset of SurveyJS, with its names."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from svclib.forms.base import DONT_KNOW, OTHER, CamelModel, ElementName, Model, Name, Seq, Step, Text, Value, problem
from svclib.i18n import _, local

Measure = Literal["csat", "nps", "ces", "servqual-e", "servqual-p"]
Condition = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
PIPE = re.compile(r"\{([^{}]*)\}")


class Choice(Model):
    """One answer that can be chosen."""

    value: Value
    text: Text


class Column(Model):
    """One column of a matrix; its value may be a number."""

    value: Value | Annotated[int, Field(ge=-1000, le=1000)]
    text: Text


class _Element(CamelModel):
    visible_if: Condition | None = None

    @property
    def plain_texts(self) -> list[tuple[str, Text]]:
        """The texts in which nothing may be piped, with their keys."""
        return []

    @model_validator(mode="after")
    def _no_piping(self) -> Self:
        for key, text in self.plain_texts:
            for part in text.values():
                found = PIPE.search(part)
                if found:
                    raise problem(
                        "piping",
                        _("{key}: {piped} stands where no answer can be inserted; only titles may insert answers."),
                        key=key,
                        piped=found[0],
                    )
        return self


with warnings.catch_warnings():
    # The field's own word for the dimension measured hides a method that pydantic gave up long ago.
    warnings.simplefilter("ignore", UserWarning)

    class _Measured(_Element):
        construct: Name | None = None  # type: ignore[assignment]


class Question(_Measured):
    """What every question has: name, title, conditions, and what it measures."""

    name: ElementName
    title: Text
    description: Text | None = None
    is_required: bool = False
    required_if: Condition | None = None
    scale: Literal["ordinal", "nominal"] | None = None
    step: Step | None = None
    measure: Measure | None = None
    sensitive: bool | None = None

    @property
    def plain_texts(self) -> list[tuple[str, Text]]:
        """The texts in which nothing may be piped, with their keys."""
        return [("description", self.description)] if self.description else []

    @property
    def is_sensitive(self) -> bool:
        """Whether shared exports leave the answers out; free text is, unless the definition says otherwise."""
        return self.free_text if self.sensitive is None else self.sensitive

    @property
    def free_text(self) -> bool:
        """Whether the respondent writes words of their own."""
        return False

    @property
    def always_required(self) -> bool:
        """Whether it must be answered wherever it is shown."""
        return self.is_required

    def title_in(self, language: str) -> str:
        """Give the title in `language`."""
        return local(self.title, language)


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
            + _given("otherText", self.other_text)
        )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _distinct_values("choices", [choice.value for choice in self.choices], {OTHER, DONT_KNOW, "none"})
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
        ends = _given("minRateDescription", self.min_rate_description) + _given(
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
        return super().plain_texts + _given("labelTrue", self.label_true) + _given("labelFalse", self.label_false)


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
        return super().plain_texts + _given("placeholder", self.placeholder)

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
        return super().plain_texts + _given("placeholder", self.placeholder)

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
        _distinct_values("rows", [row.value for row in self.rows], set())
        _distinct_values("columns", [str(column.value) for column in self.columns], {DONT_KNOW})
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
        _distinct_values("choices", [choice.value for choice in self.choices], {OTHER, DONT_KNOW, "none"})
        return self

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The choices' values in definition order."""
        return tuple(choice.value for choice in self.choices)

    @cached_property
    def value_set(self) -> frozenset[str]:
        """The same as a set."""
        return frozenset(self.values)


class Html(_Element):
    """Words to read, without markup; nothing is answered."""

    type: Literal["html"]
    name: ElementName
    html: Text

    @property
    def plain_texts(self) -> list[tuple[str, Text]]:
        """The texts in which nothing may be piped, with their keys."""
        return [("html", self.html)]


class Panel(_Element):
    """Elements that belong together, under one title and one condition."""

    type: Literal["panel"]
    name: ElementName
    title: Text | None = None
    elements: Annotated[Seq[Element], Field(min_length=1, max_length=200)]


Element = Annotated[
    Radiogroup | Dropdown | Checkbox | Rating | Boolean | TextInput | Comment | Matrix | Ranking | Html | Panel,
    Field(discriminator="type"),
]


def is_date(text: str) -> bool:
    """Whether `text` is a day of the calendar written YYYY-MM-DD."""
    if len(text) != 10 or not text.isascii():
        return False
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _given(key: str, text: Text | None) -> list[tuple[str, Text]]:
    return [(key, text)] if text else []


def _distinct_values(key: str, values: list[str], reserved: set[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in reserved:
            raise problem(
                "reserved_value",
                _("{key}: “{value}” is reserved; use showOtherItem or dontKnow, or another value."),
                key=key,
                value=value,
            )
        if value in seen:
            raise problem(
                "duplicate_value", _("{key}: the value “{value}” stands twice: rename one."), key=key, value=value
            )
        seen.add(value)
    _distinct_numbers(key, values)


def _distinct_numbers(key: str, values: list[str]) -> None:
    """The form library reads 01, 1e2 and 0x10 as numbers: no two values of a question may be one number."""
    seen: dict[float, str] = {}
    for value in values:
        if re.fullmatch(r"0x[0-9a-f]+|[0-9]+(e[0-9]+)?", value):
            number = float(int(value, 16)) if value.startswith("0x") else float(value)
            if number in seen:
                text = _("{key}: “{value}” and “{other}” are the same number: rename one.")
                raise problem("duplicate_value", text, key=key, value=value, other=seen[number])
            seen[number] = value


Panel.model_rebuild()
