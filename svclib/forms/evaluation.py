"""Truth of a condition for given answers, as survey-core tells it (for the types the lint allows)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from svclib.forms.expressions import Both, Compare, Either, Literal, Node, Not, Reference

Answers = Mapping[str, Any]

# What JavaScript's trim() takes away.
_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))


def evaluate(node: Node, answers: Answers) -> bool:
    """Whether the condition holds.

    Words compare without regard to case and outer spaces and are never read as numbers.

    Parameters
    ----------
    node : Node
        From `svclib.forms.expressions.parse`.
    answers : mapping of name to value

    Examples
    --------
    >>> from svclib.forms.expressions import parse
    >>> evaluate(parse("{overall} <= 2 and {reasons} contains 'queue'"), {"overall": 1, "reasons": ["queue"]})
    True
    """
    if isinstance(node, Compare):
        return _COMPARE[node.operator](_operand(node.left, answers), _operand(node.right, answers))
    if isinstance(node, Both):
        return evaluate(node.left, answers) and evaluate(node.right, answers)
    if isinstance(node, Either):
        return evaluate(node.left, answers) or evaluate(node.right, answers)
    if isinstance(node, Not):
        return not evaluate(node.condition, answers)
    return is_empty(_operand(node.operand, answers)) != node.negated


def is_empty(value: Any) -> bool:
    """Whether a value counts as no answer."""
    if isinstance(value, dict):
        return all(is_empty(part) for part in value.values())
    return value is None or (isinstance(value, str | list | tuple) and not value)


def _operand(operand: Literal | Reference, answers: Answers) -> Any:
    if isinstance(operand, Literal):
        return operand.value
    value = answers.get(operand.name)
    return value if operand.row is None else value.get(operand.row) if isinstance(value, dict) else None


def _scalar_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(left: Any, right: Any) -> bool:
    if is_empty(left) or is_empty(right):
        return is_empty(left) and is_empty(right)
    if isinstance(left, str) and isinstance(right, str):
        return left.strip(_SPACE).lower() == right.strip(_SPACE).lower()
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(any(_equal(one, other) for other in right) for one in left)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _less(left: Any, right: Any) -> bool:
    numbers = _scalar_number(left) and _scalar_number(right)
    words = isinstance(left, str) and isinstance(right, str) and bool(left) and bool(right)
    return bool(left < right) if numbers or words else False


def _at_most(left: Any, right: Any) -> bool:
    return not is_empty(left) and (_equal(left, right) or _less(left, right))


def _contains(left: Any, right: Any) -> bool:
    if is_empty(left) or is_empty(right):
        return False
    if isinstance(left, str) and not isinstance(right, list | tuple):
        return str(right).lower() in left.lower()
    return all(any(_equal(value, part) for value in _list(left)) for part in _list(right))


def _any_of(left: Any, right: Any) -> bool:
    if is_empty(left) or is_empty(right):
        return is_empty(left) and is_empty(right)
    return any(_equal(value, part) for value in _list(left) for part in _list(right))


def _list(value: Any) -> list[Any] | tuple[Any, ...]:
    return value if isinstance(value, list | tuple) else [value]


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "equal": _equal,
    "not_equal": lambda left, right: not _equal(left, right),
    "less": _less,
    "greater": lambda left, right: _less(right, left),
    "at_most": _at_most,
    "at_least": lambda left, right: _at_most(right, left),
    "contains": _contains,
    "not_contains": lambda left, right: not _contains(left, right),
    "any_of": _any_of,
    "all_of": _contains,
    "none_of": lambda left, right: not _any_of(left, right),
}
