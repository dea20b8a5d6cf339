"""The apps that Voila serves: which there are, who may open them, which notebook each is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import svclib
from svclib.i18n import _
from svclib.operations.actor import Actor
from svclib.web.rules import PERSON, Rule, holding

QUERY_KEYS = frozenset({"survey", "exam", "sitting", "bank", "item", "branch", "month", "assignment"})


@dataclass(frozen=True)
class Desk:
    """One app: its name in the address, who may open it, and what the start page says of it.

    Attributes
    ----------
    name : str
        Name in ``/apps/NAME`` and of the notebook ``notebooks/apps/NAME.ipynb``.
    rules : tuple of Rule
        It opens to whoever passes one of them.
    title, description : str
        Marked texts.
    """

    name: str
    rules: tuple[Rule, ...]
    title: str
    description: str

    def opens_to(self, person: Actor) -> bool:
        """Whether `person` may open it."""
        return any(rule.right is None or person.may(rule.right) for rule in self.rules)


DESKS = (
    Desk(
        "exam_desk", (holding("exams.read"), holding("exams.decide")), _("Exam desk"),
        _("Assign exams, watch them live, extend or void, mend keys, see and export results."),
    ),
    Desk("take_quiz", (PERSON,), _("Take a quiz"), _("Your exams and exercises, and what came of them.")),
    Desk(
        "survey_desk", (holding("surveys.read"),), _("Survey desk"),
        _("Publish surveys, print QR posters, follow the answers and the first results."),
    ),
    Desk(
        "item_author", (holding("items.read"),), _("Item author"),
        _("Write exam items in both languages, see how they look, send them to review."),
    ),
)  # fmt: skip


def folder() -> Path:
    """Give the folder of the apps' notebooks: beside the package in a checkout, else below the working folder."""
    beside = Path(svclib.__file__).resolve().parent.parent / "notebooks" / "apps"
    return beside if beside.is_dir() else Path.cwd() / "notebooks" / "apps"


def desk(name: str) -> Desk | None:
    """Find a desk whose notebook is there."""
    found = next((one for one in DESKS if one.name == name), None)
    return found if found and (folder() / f"{name}.ipynb").is_file() else None


def desks_for(person: Actor) -> list[Desk]:
    """List the desks that `person` may open."""
    return [one for one in DESKS if desk(one.name) and one.opens_to(person)]
