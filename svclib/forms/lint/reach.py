"""Can a condition ever hold? Decided by trying the values that matter.

The condition is brought into alternatives of leaves; in each alternative every reference is tried on all its values
(or, where they cannot be listed, on those around the constants named), with the evaluator itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from itertools import combinations, pairwise, product
from typing import Any

from svclib.forms import questions as q
from svclib.forms.evaluation import evaluate
from svclib.forms.expressions import Both, Compare, Either, Literal, Node, Not, Reference
from svclib.forms.lint.kinds import kind_of, literals, operands

Leaf = tuple[Node, bool]
Alternative = frozenset[Leaf]
MAX_ALTERNATIVES = 300
MAX_SET = 8


class TooManyError(Exception):
    """The condition has too many alternatives to try."""


def alternatives(node: Node, holds: bool = True) -> list[Alternative]:
    """Give the alternatives (disjunctive normal form) under which `node` is true, or false."""
    if isinstance(node, Not):
        return alternatives(node.condition, not holds)
    if isinstance(node, Both | Either):
        left, right = alternatives(node.left, holds), alternatives(node.right, holds)
        return conjoin(left, right) if isinstance(node, Both) == holds else left + right
    return [frozenset({(node, holds)})]


def conjoin(left: list[Alternative], right: list[Alternative]) -> list[Alternative]:
    """Give the alternatives of "left and right"."""
    if len(left) * len(right) > MAX_ALTERNATIVES:
        raise TooManyError
    return list(dict.fromkeys(one | other for one, other in product(left, right)))


def can_hold(nodes: Iterable[Node], questions: dict[str, q.Question], above: Callable[[str], list[Node]]) -> bool:
    """Whether all `nodes` can hold at once.

    Parameters
    ----------
    nodes : conditions
    questions : the survey's questions by name
    above : name → the conditions under which that question is shown

    Returns
    -------
    bool
        True also where it cannot be decided.
    """
    try:
        together: list[Alternative] = [frozenset()]
        for node in nodes:
            together = conjoin(together, alternatives(node))
        return any(_possible(alternative, questions, above, frozenset()) for alternative in together)
    except TooManyError:
        return True


def _possible(
    alternative: Alternative,
    questions: dict[str, q.Question],
    above: Callable[[str], list[Node]],
    known: frozenset[str],
) -> bool:
    """Whether an alternative's leaves can hold, counting that an answered question must have been shown."""
    answered: set[str] = set()
    for reference, leaves in _by_reference(alternative).items():
        question = questions.get(reference.name)
        if question is None:
            continue
        fitting = [value for value in candidates(question, reference.row, leaves) if _hold(leaves, reference, value)]
        if not fitting:
            return False
        if all(value is not None for value in fitting):
            answered.add(reference.name)
    news = answered - known
    if not news:
        return True
    wider = [alternative]
    for name in sorted(news):
        for node in above(name):
            wider = conjoin(wider, alternatives(node))
    return any(_possible(one, questions, above, known | news) for one in wider)


def _by_reference(alternative: Alternative) -> dict[Reference, list[Leaf]]:
    """Group the leaves by their reference; comparisons of two references are taken to hold."""
    groups: dict[Reference, list[Leaf]] = {}
    for leaf in alternative:
        references = operands(leaf[0])
        if len(references) == 1:
            groups.setdefault(references[0], []).append(leaf)
    return groups


def _hold(leaves: list[Leaf], reference: Reference, value: Any) -> bool:
    answers = {reference.name: value if reference.row is None else {reference.row: value}}
    return all(evaluate(node, answers) == holds for node, holds in leaves)


def candidates(question: q.Question, row: str | None, leaves: list[Leaf]) -> list[Any]:
    """Give the values worth trying for a reference, None (no answer) first."""
    kind = kind_of(question, row)
    named = [value for node, _holds in leaves for value in literals(node)]
    named += [
        node.left.value for node, _holds in leaves if isinstance(node, Compare) and isinstance(node.left, Literal)
    ]
    if kind is None or kind.name == "whole":
        return [None, "answered"]
    if kind.name == "set":
        return [None, *_sets(question, kind.values or (), named)]
    if kind.values is not None:
        return [None, *kind.values]
    if kind.name == "number":
        return [None, *_numbers(question, named)]
    if kind.name == "date":
        return [None, *_dates(question, [day for day in named if isinstance(day, str) and q.is_date(day)])]
    words = [str(value) for value in named]
    return [None, "\u0001", *words, " ".join(words)]


def _sets(question: Any, values: tuple[Any, ...], named: list[Any]) -> list[list[Any]]:
    if len(values) > MAX_SET:
        others = [value for value in values if value not in named]
        values = tuple([value for value in values if value in named][:MAX_SET] + others[:2])
    low, high = question.min_selected_choices or 1, question.max_selected_choices or len(values)
    sizes = range(min(low, len(values)), min(high, len(values)) + 1)
    return [list(chosen) for size in sizes for chosen in combinations(values, size)]


def _numbers(question: Any, named: list[Any]) -> list[float]:
    points = {float(value) for value in named if isinstance(value, int | float)} | {0.0}
    points |= {float(bound) for bound in (question.min, question.max) if bound is not None}
    ordered = sorted(points)
    points |= {(low + high) / 2 for low, high in pairwise(ordered)} | {
        ordered[0] - 1,
        ordered[-1] + 1,
    }
    return [value for value in points if _inside(question, value)]


def _dates(question: Any, named: list[str]) -> list[str]:
    days = {dt.date.fromisoformat(day) for day in named} | {dt.date(2024, 1, 1)}
    days |= {dt.date.fromisoformat(bound) for bound in (question.min, question.max) if bound}
    near = {day + dt.timedelta(days=step) for day in days for step in (-1, 0, 1) if 1 < day.year < 9999}
    return [day.isoformat() for day in near if _inside(question, day.isoformat())]


def _inside(question: Any, value: Any) -> bool:
    low, high = question.min, question.max
    return (low is None or value >= low) and (high is None or value <= high)
