"""What all definitions share: the strict frozen model, bilingual text, names, and where a node stood in its file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, Strict, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from svclib.i18n import Language, _, translate

T = TypeVar("T")
Path = tuple[str | int, ...]

TEXT_FORM = "{zh-CN: …, en: …}"
MAX_NAME = 64
MAX_TEXT = 10_000
DONT_KNOW = "dont_know"
OTHER = "other"

# Control characters except tab and line feed, lone surrogates, and the characters that reorder text.
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")

# Names that the form library or JavaScript gives a meaning of their own.
RESERVED_NAMES = frozenset(
    {"choice", "constructor", "correctanswers", "incorrectanswers", "item", "locale", "nextpanel", "nextrow", "page"}
    | {"pagecount", "pageno", "panel", "panelindex", "parentpanel", "prevpanel", "prevrow", "question", "questioncount"}
    | {"row", "rowindex", "rowname", "rowtitle", "rowvalue", "self", "survey", "timer", "title", "totalrow", "value"}
)
RESERVED_VALUES = frozenset({"__proto__", "constructor", "undefined", "true", "false"})


@lru_cache
def bilingual(text: str) -> Text:
    """Give a marked text in both languages, as definitions write it."""
    return {"zh-CN": translate(text, "zh-CN"), "en": text}


def shortened(value: Any, limit: int = 60) -> str:
    """Give any value as a short text that can be encoded and shown."""
    text = FORBIDDEN.sub("�", str(value)[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def problem(code: str, text: str, /, **fields: Any) -> PydanticCustomError:
    """Make the error a model's validator raises; `text` is marked, its ``{places}`` filled from `fields`."""
    return PydanticCustomError("svc", "{text}", {"code": code, "text": text, "fields": fields})


def clean(text: str) -> str:
    """Refuse characters that cannot be stored, shown or trusted."""
    found = FORBIDDEN.search(text)
    if found:
        raise problem(
            "character", _("The character {character} is not allowed: remove it."), character=f"U+{ord(found[0]):04X}"
        )
    return text


def _name(name: str) -> str:
    if name in RESERVED_NAMES:
        raise problem("reserved_name", _("“{name}” is a reserved word: choose another name."), name=name)
    return name


def _value(value: str) -> str:
    if value in RESERVED_VALUES:
        raise problem("reserved_value", _("“{value}” is reserved: choose another value."), value=value)
    return value


def _text(text: dict[Language, str]) -> dict[Language, str]:
    if not any(part.strip() for part in text.values()):
        raise problem("empty_text", _("The text is empty: write it in both languages, {form}."), form=TEXT_FORM)
    return text


Clean = Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(clean)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(clean)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=MAX_NAME)]
ElementName = Annotated[Name, AfterValidator(_name)]
ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=MAX_NAME)]
Value = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=MAX_NAME), AfterValidator(_value)]
Step = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=MAX_NAME)]
Text = Annotated[dict[Language, Clean], Field(min_length=1), AfterValidator(_text)]
Version = Annotated[int, Field(ge=1, le=1_000_000)]
Seq = Annotated[tuple[T, ...], Strict(False)]


@dataclass(frozen=True)
class Source:
    """Where a definition was read: the file's name and the line and column of each node.

    All sources are equal, so that two definitions with the same content are equal wherever they stood.
    """

    file: str = ""
    positions: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source)

    def __hash__(self) -> int:
        return 0

    def at(self, path: Path) -> tuple[int, int] | tuple[None, None]:
        """Give line and column of the node at `path`, or of the nearest node above it."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, (None, None))


class Model(BaseModel):
    """A frozen model that knows no other keys than its own."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        serialize_by_alias=True,
        allow_inf_nan=False,
        ignored_types=(property,),
    )


class CamelModel(Model):
    """A model whose YAML keys are written as in SurveyJS (``visibleIf`` for `visible_if`)."""

    model_config = ConfigDict(alias_generator=to_camel)


class Definition(Model):
    """A whole file: a survey, a bank or an exam."""

    _source: Source = PrivateAttr(default_factory=Source)

    @property
    def source(self) -> Source:
        """Where it was read; empty for a definition that was not read from text."""
        return self._source

    def read_from(self, source: Source) -> None:
        """Remember where it was read."""
        self._source = source
