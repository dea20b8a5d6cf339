"""A bank of exam items: seven types, their keys, and the lives of items from draft to retired."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from svclib.forms.base import (
    Definition,
    ItemId,
    Line,
    Model,
    Name,
    Seq,
    Text,
    Value,
    Version,
    bilingual,
    clean,
    problem,
)
from svclib.i18n import Language, _

ItemType = Literal["single", "multiple", "true_false", "numeric", "ordering", "matching", "short_text"]
Level = Literal["remember", "understand", "apply", "analyse"]
Status = Literal["draft", "reviewed", "approved", "retired"]
LEVELS: tuple[Level, ...] = ("remember", "understand", "apply", "analyse")
MAX_POINTS = 1000


def _sorted(mapping: dict[str, Any]) -> dict[str, Any]:
    # Options are presented by id, so that the order of keys in a file never changes what is asked.
    return dict(sorted(mapping.items()))


Options = Annotated[dict[Value, Text], Field(min_length=2, max_length=26), AfterValidator(_sorted)]
Points = Annotated[float, Field(gt=0, le=MAX_POINTS)]


class Item(Model):
    """What every item has; its type adds choices and key."""

    id: ItemId
    topic: Name
    level: Level
    status: Status = "draft"
    author: Line | None = None
    reviewer: Line | None = None
    stem: Text
    rationale: Text
    source: Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(clean)]
    points: Points = 1.0
    stimulus: Name | None = None
    enemies: Seq[ItemId] = ()
    fixed_order: bool = False

    @property
    def options(self) -> dict[str, Text]:
        """What can be chosen, by id; empty for items that are filled in."""
        return {}


class _Choosing(Item):
    choices: Options

    @property
    def options(self) -> dict[str, Text]:
        """What can be chosen, by id."""
        return self.choices


class Single(_Choosing):
    """One right choice."""

    type: Literal["single"]
    key: Value

    @model_validator(mode="after")
    def _keyed(self) -> Self:
        _known([self.key], self.choices)
        return self


class Multiple(_Choosing):
    """One or more right choices; `partial` gives part of the points for some right and none wrong."""

    type: Literal["multiple"]
    key: Annotated[Seq[Value], Field(min_length=1)]
    scoring: Literal["strict", "partial"] = "strict"

    @model_validator(mode="after")
    def _keyed(self) -> Self:
        _known(self.key, self.choices)
        return self


class TrueFalse(Item):
    """A statement that is true or false."""

    type: Literal["true_false"]
    key: bool

    @property
    def options(self) -> dict[str, Text]:
        """The two answers."""
        return {"true": bilingual(_("True")), "false": bilingual(_("False"))}


class Numeric(Item):
    """A number, right within a tolerance (both bounds included)."""

    type: Literal["numeric"]
    key: float
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    unit: Text | None = None


class Ordering(_Choosing):
    """Choices to be put in the right order."""

    type: Literal["ordering"]
    key: Seq[Value]

    @model_validator(mode="after")
    def _keyed(self) -> Self:
        _known(self.key, self.choices)
        if len(self.key) != len(self.choices):
            raise problem("key", _("key: the order must name every choice once."))
        return self


class Matching(Item):
    """Each entry on the left goes with one on the right."""

    type: Literal["matching"]
    left: Annotated[dict[Value, Text], Field(min_length=2, max_length=26), AfterValidator(_sorted)]
    right: Options
    key: Annotated[dict[Value, Value], AfterValidator(_sorted)]

    @property
    def options(self) -> dict[str, Text]:
        """The entries on the right."""
        return self.right

    @model_validator(mode="after")
    def _keyed(self) -> Self:
        if self.key.keys() != self.left.keys():
            raise problem("key", _("key: give every entry on the left exactly one partner."))
        for value in self.key.values():
            _known([value], self.right)
        return self


class ShortText(Item):
    """A word or two, compared after NFKC, case folding and white space."""

    type: Literal["short_text"]
    accepted: Annotated[Seq[Line], Field(min_length=1, max_length=100)]


AnyItem = Annotated[
    Single | Multiple | TrueFalse | Numeric | Ordering | Matching | ShortText, Field(discriminator="type")
]


class Stimulus(Model):
    """A case that several items speak of."""

    title: Text | None = None
    text: Text


class Bank(Definition):
    """Items over the topics of one field."""

    bank: Name
    version: Version
    languages: Annotated[Seq[Language], Field(min_length=1)] = ("zh-CN", "en")
    title: Text
    topics: Annotated[dict[Name, Text], Field(min_length=1), AfterValidator(_sorted)]
    stimuli: Annotated[dict[Name, Stimulus], AfterValidator(_sorted)] = {}
    items: Annotated[Seq[AnyItem], Field(max_length=5000)]

    @property
    def kind(self) -> Literal["bank"]:
        """What it is: "bank"."""
        return "bank"

    @property
    def id(self) -> str:
        """The bank's id."""
        return self.bank

    @model_validator(mode="after")
    def _distinct_ids(self) -> Self:
        if len(self.by_id) != len(self.items):
            seen: set[str] = set()
            for item in self.items:
                if item.id in seen:
                    raise problem(
                        "duplicate_name", _("The name “{name}” stands twice: rename one of them."), name=item.id
                    )
                seen.add(item.id)
        return self

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """The items by id."""
        return {item.id: item for item in self.items}

    @cached_property
    def enemies(self) -> dict[str, frozenset[str]]:
        """The items that may not stand beside each item, told from either side."""
        found: dict[str, set[str]] = {item.id: set(item.enemies) for item in self.items}
        for item in self.items:
            for enemy in item.enemies:
                found.setdefault(enemy, set()).add(item.id)
        return {id: frozenset(enemies) for id, enemies in found.items()}

    def item(self, id: str) -> Item | None:
        """Give an item by its id, or None."""
        return self.by_id.get(id)


def _known(keys: Any, choices: dict[str, Any]) -> None:
    for key in keys:
        if key not in choices:
            raise problem(
                "key", _("key: “{key}” is no choice; the choices are {choices}."), key=key, choices=", ".join(choices)
            )
    if len(set(keys)) != len(keys):
        raise problem("key", _("key: a choice stands twice: remove one."))
