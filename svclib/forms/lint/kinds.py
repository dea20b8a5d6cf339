"""The kind of value a reference has, and whether a comparison fits it.

survey-core compares values of different kinds in ways nobody expects (``true`` with 1, ``'10'`` with ``'9'``); the
evaluator agrees with it only where kinds fit, so everything else is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from svclib.forms import questions as q
from svclib.forms.expressions import Compare, Empty, Literal, Node, Reference

_ORDER = {"less", "greater", "at_most", "at_least"}
_SAME = {"equal", "not_equal"}
_AMONG = {"any_of", "none_of"}
_OPERATORS = {
    "number": _SAME | _ORDER | _AMONG,
    "date": _SAME | _ORDER,
    "word": _SAME | _AMONG,
    "text": _SAME | {"contains", "not_contains"},
    "boolean": _SAME,
    "set": {"contains", "not_contains", "any_of", "none_of", "all_of"},
    "whole": set(),
}


# Words that survey-core would read as a number or a truth value: they cannot be told from such in a comparison.
_NUMBER = re.compile(r"\s*([-+]?[\d.,]|0x|true\s*$|false\s*$|undefined\s*$)", re.IGNORECASE)


@dataclass(frozen=True)
class Kind:
    """What values a reference can have: their kind, and all of them where they can be listed."""

    name: str
    values: tuple[Any, ...] | None = None


def kind_of(question: q.Question, row: str | None) -> Kind | None:
    """Give the kind of ``{question}`` or ``{question.row}``; None if there is no such row."""
    if row is not None:
        if not isinstance(question, q.Matrix) or row not in question.row_set:
            return None
        number = isinstance(question.columns[0].value, int) and not question.dont_know
        return Kind("number" if number else "word", question.values)
    if isinstance(question, q.Radiogroup | q.Dropdown):
        return Kind("word", question.values)
    if isinstance(question, q.Checkbox):
        return Kind("set", question.values)
    if isinstance(question, q.Rating):
        return Kind("number", question.values)
    if isinstance(question, q.Boolean):
        return Kind("boolean", (True, False))
    if isinstance(question, q.TextInput):
        return Kind({"number": "number", "date": "date"}.get(question.input_type, "text"))
    return Kind("text") if isinstance(question, q.Comment) else Kind("whole")


def fits(node: Compare, left: Kind, right: Kind | None) -> bool:
    """Whether a comparison makes sense; `right` is None where a literal stands there."""
    if right is not None:
        return left.name == right.name and node.operator in _SAME | _ORDER and node.operator in _OPERATORS[left.name]
    if node.operator not in _OPERATORS[left.name]:
        return False
    value = node.right.value if isinstance(node.right, Literal) else None
    if node.operator in _AMONG | {"all_of"}:
        return isinstance(value, tuple) and bool(value) and all(_literal_fits(part, left) for part in value)
    return _literal_fits(value, left)


def _literal_fits(value: Any, kind: Kind) -> bool:
    if isinstance(value, bool):
        return kind.name == "boolean"
    if isinstance(value, int | float):
        return kind.name == "number" or (kind.name == "word" and kind.values is not None and value in kind.values)
    if not isinstance(value, str) or not value:
        return False
    if kind.name == "text":
        return not _NUMBER.match(value)
    return q.is_date(value) if kind.name == "date" else kind.name in {"word", "set"}


def literals(node: Node) -> list[Any]:
    """Give the constants a comparison names."""
    if not isinstance(node, Compare) or not isinstance(node.right, Literal):
        return []
    return list(node.right.value) if isinstance(node.right.value, tuple) else [node.right.value]


def operands(node: Node) -> list[Reference]:
    """Give the references of a leaf of the tree."""
    if isinstance(node, Empty):
        return [node.operand]
    both = [node.left, node.right] if isinstance(node, Compare) else []
    return [operand for operand in both if isinstance(operand, Reference)]


def turned(node: Compare) -> Compare:
    """Give the comparison with its reference on the left."""
    if isinstance(node.left, Reference):
        return node
    opposite = {"less": "greater", "greater": "less", "at_most": "at_least", "at_least": "at_most"}
    return Compare(opposite.get(node.operator, node.operator), node.right, node.left)
