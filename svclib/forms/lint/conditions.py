"""Conditions and piped titles: do they name earlier questions, compare like with like, and can they hold?"""

from __future__ import annotations

import re
from typing import Any

from svclib.forms.base import Path
from svclib.forms.elements import PIPE, Question
from svclib.forms.expressions import Compare, ExpressionError, Node, Reference, parse, walk
from svclib.forms.lint.kinds import Kind, fits, kind_of, literals, operands, turned
from svclib.forms.lint.notes import Notes
from svclib.forms.lint.reach import can_hold
from svclib.forms.questions import Panel
from svclib.forms.survey import Survey
from svclib.i18n import _

_PIPED = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)?\Z")


def check_conditions(survey: Survey, notes: Notes) -> None:
    """Lint all conditions and piped titles of a survey, in the order shown."""
    _Conditions(survey, notes).check()


class _Conditions:
    def __init__(self, survey: Survey, notes: Notes) -> None:
        self.survey, self.notes = survey, notes
        self.earlier: dict[str, Question] = {}
        self.sound: set[str] = set()
        self.shown_if = {placed.element.name: placed.conditions for placed in survey.placed}

    def check(self) -> None:
        page = -1
        for placed in self.survey.placed:
            while page < placed.page:
                page += 1
                self._page(page)
            self._element(placed.element, placed.path, placed.conditions)

    def _page(self, number: int) -> None:
        page, path = self.survey.pages[number], ("pages", number)
        if page.visible_if:
            self._condition(page.visible_if, (*path, "visibleIf"), ())
        self._piped(page.title, (*path, "title"))

    def _element(self, element: Any, path: Path, conditions: tuple[str, ...]) -> None:
        if element.visible_if:
            self._condition(element.visible_if, (*path, "visibleIf"), conditions[:-1])
        if isinstance(element, Panel | Question):
            self._piped(element.title, (*path, "title"))
        if isinstance(element, Question):
            if element.required_if:
                self._condition(element.required_if, (*path, "requiredIf"), conditions)
            self.earlier[element.name] = element

    def _piped(self, title: Any, path: Path) -> None:
        for part in (title or {}).values():
            for piped in PIPE.findall(part):
                if not _PIPED.match(piped):
                    self.notes.error(
                        "piping",
                        path,
                        _("“{piped}” names no question: write the name of an earlier one in braces."),
                        piped="{" + piped + "}",
                    )
                else:
                    self._reference(Reference(*piped.partition(".")[::2]), path)

    def _condition(self, expression: str, path: Path, above: tuple[str, ...]) -> None:
        try:
            node = parse(expression)
        except ExpressionError as error:
            self.notes.error("invalid_expression", path, error.text, **error.fields)
            return
        # A list, not a generator: every leaf is to be told, not only the first that is wrong.
        if all([self._leaf(leaf, path) for leaf in walk(node)]):  # noqa: C419
            self.sound.add(expression)
            self._reachable(node, path, above)

    def _leaf(self, node: Node, path: Path) -> bool:
        kinds = [self._reference(reference, path) for reference in operands(node)]
        if None in kinds:
            return False
        if not isinstance(node, Compare):
            return True
        return self._comparison(turned(node), [kind for kind in kinds if kind], path)

    def _reference(self, reference: Reference, path: Path) -> Kind | None:
        name = reference.name if not reference.row else f"{reference.name}.{reference.row}"
        question = self.earlier.get(reference.name)
        if question is None:
            later = reference.name in self.survey.questions
            text = (
                _("“{name}” is asked here or later: name an earlier question.")
                if later
                else _("There is no question “{name}”: check the spelling.")
            )
            self.notes.error("later_reference" if later else "unknown_reference", path, text, name=name)
            return None
        kind = kind_of(question, reference.row or None)
        if kind is None:
            self.notes.error(
                "unknown_reference", path, _("“{name}” names no row of a matrix: check the spelling."), name=name
            )
        return kind

    def _comparison(self, node: Compare, kinds: list[Kind], path: Path) -> bool:
        left, right = kinds[0], kinds[1] if len(kinds) > 1 else None
        name = node.left.name if isinstance(node.left, Reference) else ""
        if not fits(node, left, right):
            text = _("“{name}” cannot be compared like this: compare answers with values of their own kind.")
            self.notes.error("mixed_types", path, text, name=name)
            return False
        strangers = [value for value in literals(node) if left.values is not None and value not in left.values]
        if strangers and (left.name != "number" or node.operator in {"equal", "not_equal", "any_of", "none_of"}):
            text = _("“{value}” is no choice of “{name}”: name one of its values.")
            self.notes.error("no_choice", path, text, value=strangers[0], name=name)
            return False
        return True

    def _reachable(self, node: Node, path: Path, above: tuple[str, ...]) -> None:
        if not can_hold([node], self.survey.questions, lambda name: []):
            self.notes.error("contradiction", path, _("This condition can never hold: mend it."))
            return
        others = [parse(expression) for expression in above if expression in self.sound]
        if not can_hold([*others, node], self.survey.questions, self._above):
            text = _(
                "This is never reached: it contradicts the conditions of its page, its panel or the questions named."
            )
            self.notes.error("unreachable", path, text)

    def _above(self, name: str) -> list[Node]:
        return [parse(expression) for expression in self.shown_if.get(name, ()) if expression in self.sound]
