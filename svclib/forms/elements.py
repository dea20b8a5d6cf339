"""What the elements of a survey share: choices, conditions, texts, and what a question measures."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from svclib.forms.base import CamelModel, ElementName, Model, Name, Step, Text, Value, problem
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


class BaseElement(CamelModel):
    """Anything on a page: it may depend on a condition."""

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

    class _Measured(BaseElement):
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


def is_date(text: str) -> bool:
    """Whether `text` is a day of the calendar written YYYY-MM-DD."""
    if len(text) != 10 or not text.isascii():
        return False
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def given(key: str, text: Text | None) -> list[tuple[str, Text]]:
    """Give a text with its key, if there is one."""
    return [(key, text)] if text else []


def distinct_values(key: str, values: list[str], reserved: set[str]) -> None:
    """Refuse values that are reserved or stand twice."""
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
