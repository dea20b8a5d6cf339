"""The expression language of visibleIf and requiredIf: a closed grammar, parsed to a small tree.

::

    condition  = conjunction { "or" conjunction }
    conjunction = test { "and" test }
    test       = ["!"] "(" condition ")" | reference ("empty" | "notempty") | operand comparator operand
    operand    = reference | number | 'string' | true | false | "[" literal { "," literal } "]"
    reference  = "{name}" | "{matrix.row}"
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from svclib.errors import InvalidInput
from svclib.i18n import _

MAX_NESTING = 20
MAX_TOKENS = 400

COMPARATORS = {
    "=": "equal", "==": "equal", "!=": "not_equal", "<>": "not_equal", "<": "less", ">": "greater", "<=": "at_most",
    ">=": "at_least", "contains": "contains", "notcontains": "not_contains", "anyof": "any_of", "allof": "all_of",
    "noneof": "none_of",
}  # fmt: skip
_SIGNS = {name: sign for sign, name in COMPARATORS.items() if sign not in {"==", "<>"}}
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d{1,15}(?:\.\d{1,15})?)(?![\w.])
    |(?P<string>'[^'"\\{}]*'|"[^'"\\{}]*")
    |(?P<reference>\{[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)?\})
    |(?P<sign><=|>=|!=|<>|==|=|<|>|\(|\)|\[|\]|,|!)
    |(?P<word>[a-z]+)(?![\w.]))""",
    re.VERBOSE,
)


class ExpressionError(InvalidInput):
    """A condition is not written in the expression language; fields: expression, position."""

    code = "invalid_expression"


@dataclass(frozen=True)
class Literal:
    """A constant: number, string, boolean, or a list of these."""

    value: Any


@dataclass(frozen=True)
class Reference:
    """The answer to a question, or to one row of a matrix."""

    name: str
    row: str | None = None


@dataclass(frozen=True)
class Compare:
    """Two operands compared by `operator`, one of the values of `COMPARATORS`."""

    operator: str
    left: Literal | Reference
    right: Literal | Reference


@dataclass(frozen=True)
class Empty:
    """Whether a question has no answer (or has one, when negated)."""

    operand: Reference
    negated: bool


@dataclass(frozen=True)
class Not:
    """The opposite."""

    condition: Node


@dataclass(frozen=True)
class Both:
    """Left and right."""

    left: Node
    right: Node


@dataclass(frozen=True)
class Either:
    """Left or right."""

    left: Node
    right: Node


Node = Compare | Empty | Not | Both | Either


@lru_cache(maxsize=10_000)
def parse(expression: str) -> Node:
    """Parse a condition.

    Raises
    ------
    ExpressionError
        If it is not in the grammar; fields tell the position.

    Examples
    --------
    >>> parse("{overall} <= 2")
    Compare(operator='at_most', left=Reference(name='overall', row=None), right=Literal(value=2))
    """
    return _Parser(expression).parse()


def walk(node: Node) -> Iterator[Node]:
    """Give `node` and everything below it."""
    yield node
    if isinstance(node, Not):
        yield from walk(node.condition)
    elif isinstance(node, Both | Either):
        yield from walk(node.left)
        yield from walk(node.right)


def references(expression: str) -> list[Reference]:
    """Give the references of a condition in the order written."""
    found: list[Reference] = []
    for node in walk(parse(expression)):
        operands = (
            [node.left, node.right] if isinstance(node, Compare) else [node.operand] if isinstance(node, Empty) else []
        )
        found += [operand for operand in operands if isinstance(operand, Reference)]
    return found


def write(node: Node, mark: str = "") -> str:
    """Write a condition's tree as text.

    Parameters
    ----------
    node : Node
    mark : str
        Put before every reference's name; SurveyJS takes ``#`` as "do not read words as numbers".

    Examples
    --------
    >>> write(parse("{a}=1 or !({b.x} empty and {c} anyof ['u','v'])"), "#")
    "{#a} = 1 or !({#b.x} empty and {#c} anyof ['u', 'v'])"
    """
    if isinstance(node, Compare):
        return f"{_written(node.left, mark)} {_SIGNS[node.operator]} {_written(node.right, mark)}"
    if isinstance(node, Empty):
        return f"{_written(node.operand, mark)} {'notempty' if node.negated else 'empty'}"
    if isinstance(node, Not):
        return f"!({write(node.condition, mark)})"
    if isinstance(node, Either):
        return f"{write(node.left, mark)} or {write(node.right, mark)}"
    return " and ".join(_grouped(part, mark) for part in (node.left, node.right))


def _grouped(node: Node, mark: str) -> str:
    return f"({write(node, mark)})" if isinstance(node, Either) else write(node, mark)


def _written(operand: Literal | Reference, mark: str) -> str:
    if isinstance(operand, Reference):
        return "{" + mark + operand.name + (f".{operand.row}" if operand.row else "") + "}"
    if isinstance(operand.value, tuple):
        return "[" + ", ".join(_constant(value) for value in operand.value) + "]"
    return _constant(operand.value)


def _constant(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if "'" in value else f"'{value}'"
    return str(value)


class _Parser:
    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = self._tokens()
        self.next = 0
        self.nesting = 0

    def parse(self) -> Node:
        node = self._either()
        if self.next < len(self.tokens):
            raise self._error()
        return node

    def _tokens(self) -> list[tuple[str, str, int]]:
        tokens: list[tuple[str, str, int]] = []
        position, text = 0, self.expression.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if not match or len(tokens) >= MAX_TOKENS:
                raise self._error(position)
            tokens.append((match.lastgroup or "", match[match.lastgroup or 0], position))
            position = match.end()
        return tokens

    def _error(self, position: int | None = None) -> ExpressionError:
        if position is None:
            position = self.tokens[self.next][2] if self.next < len(self.tokens) else len(self.expression)
        near = self.expression[position : position + 20].strip() or "…"
        text = _("The condition “{expression}” cannot be read at “{near}” (character {position}).")
        return ExpressionError(text, expression=self.expression, near=near, position=position + 1)

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.next][:2] if self.next < len(self.tokens) else ("end", "")

    def _take(self, sign: str | None = None) -> tuple[str, str]:
        token = self._peek()
        if token[0] == "end" or (sign is not None and token != ("sign", sign)):
            raise self._error()
        self.next += 1
        return token

    def _either(self) -> Node:
        node = self._both()
        while self._peek() == ("word", "or"):
            self._take()
            node = Either(node, self._both())
        return node

    def _both(self) -> Node:
        node = self._test()
        while self._peek() == ("word", "and"):
            self._take()
            node = Both(node, self._test())
        return node

    def _test(self) -> Node:
        if self._peek() == ("sign", "!"):
            self._take()
            return Not(self._group())
        return self._group() if self._peek() == ("sign", "(") else self._comparison()

    def _group(self) -> Node:
        self._take("(")
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self._error()
        node = self._either()
        self._take(")")
        self.nesting -= 1
        return node

    def _comparison(self) -> Node:
        left = self._operand()
        kind, word = self._peek()
        if isinstance(left, Reference) and word in {"empty", "notempty"}:
            self._take()
            return Empty(left, word == "notempty")
        if kind == "end" or word not in COMPARATORS:
            raise self._error()
        self._take()
        right = self._operand()
        if isinstance(left, Literal) and isinstance(right, Literal):
            raise self._error(0)
        return Compare(COMPARATORS[word], left, right)

    def _operand(self) -> Literal | Reference:
        kind, text = self._peek()
        if kind == "reference":
            self._take()
            name, _dot, row = text[1:-1].partition(".")
            return Reference(name, row or None)
        if (kind, text) == ("sign", "["):
            return self._list()
        return Literal(self._constant())

    def _list(self) -> Literal:
        self._take("[")
        values = [self._constant()]
        while self._peek() == ("sign", ","):
            self._take()
            values.append(self._constant())
        self._take("]")
        return Literal(tuple(values))

    def _constant(self) -> Any:
        kind, text = self._peek()
        if kind == "number":
            self._take()
            return float(text) if "." in text else int(text)
        if kind == "string":
            self._take()
            return text[1:-1]
        if kind == "word" and text in {"true", "false"}:
            self._take()
            return text == "true"
        raise self._error()
