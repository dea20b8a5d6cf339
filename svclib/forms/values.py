"""Whether one value is a possible answer to one question or item. This runs for every answer saved."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from svclib.forms import bank, questions
from svclib.forms.base import DONT_KNOW, FORBIDDEN, shortened
from svclib.forms.elements import is_date
from svclib.i18n import _, translate

MAX_LINE = 1000
MAX_COMMENT = 10_000
MAX_NUMBER = 1e15


@dataclass(frozen=True)
class Problem:
    """Why an answer cannot be taken; `text` is marked, its places filled from `fields`."""

    name: str
    code: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)

    def message(self, language: str = "en") -> str:
        """Give the sentence in `language`."""
        return translate(self.text, language, **self.fields)


# What the page's own check takes, so that page and server agree.
_PART, _DOMAIN = r'[^<>()\[\].,;:\s@"]', r'[^<>()=\[\].,;:\s@"]'
_EMAIL = re.compile(rf'({_PART}+(\.{_PART}+)*|".+")@({_DOMAIN}+\.)+{_DOMAIN}{{2,}}')

Fault = tuple[str, str, dict[str, Any]] | None


def validate_value(question: questions.Question | bank.Item, value: Any) -> Problem | None:
    """Check one value.

    Parameters
    ----------
    question : Question or Item
    value : plain data

    Returns
    -------
    Problem or None
        None if the value is a possible answer.

    Examples
    --------
    >>> from svclib.forms.questions import Rating
    >>> nps = Rating.model_validate(
    ...     {"type": "rating", "name": "nps", "title": {"en": "?"}, "rateMin": 0, "rateMax": 10}
    ... )
    >>> validate_value(nps, 9) is None
    True
    >>> validate_value(nps, 99).message("en")
    'Choose a number from 0 to 10.'
    """
    fault = _CHECKS[question.type](question, value)  # type: ignore[union-attr]
    if fault is None:
        return None
    name = question.name if isinstance(question, questions.Question) else question.id
    return Problem(name, *fault)


def validate_comment(name: str, value: Any) -> Problem | None:
    """Check the words beside "other"; `name` is the question's."""
    fault = _words(value, MAX_LINE)
    return Problem(f"{name}-Comment", *fault) if fault else None


def _no_choice(value: Any) -> Fault:
    return "no_choice", _("“{value}” is not one of the choices."), {"value": shortened(value, 40)}


def _type(expected: str) -> Fault:
    return "type", expected, {}


def _choice(question: Any, value: Any) -> Fault:
    if not isinstance(value, str):
        return _type(_("Choose one of the choices."))
    return None if value in question.value_set else _no_choice(value)


def _several(values: Any, allowed: Any) -> Fault:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return _type(_("Choose from the choices."))
    for value in values:
        if value not in allowed:
            return _no_choice(value)
    if len(set(values)) != len(values):
        return "twice", _("A choice stands twice."), {}
    return None


def _checkbox(question: questions.Checkbox, value: Any) -> Fault:
    fault = _several(value, question.value_set)
    if fault or not value:
        return fault
    if DONT_KNOW in value:
        alone = len(value) == 1
        return None if alone else ("exclusive", _("“Don't know” cannot stand beside other choices."), {})
    low, high = question.min_selected_choices, question.max_selected_choices
    if len(value) < low:
        return "too_few", _("Choose at least {count}."), {"count": low}
    if high and len(value) > high:
        return "too_many", _("Choose at most {count}."), {"count": high}
    return None


def _rating(question: questions.Rating, value: Any) -> Fault:
    low, high = question.rate_min, question.rate_max
    if type(value) is int and low <= value <= high:
        return None
    return "range", _("Choose a number from {low} to {high}."), {"low": low, "high": high}


def _boolean(_question: Any, value: Any) -> Fault:
    return None if isinstance(value, bool) else _type(_("Answer yes or no."))


def _words(value: Any, limit: int) -> Fault:
    if not isinstance(value, str):
        return _type(_("Answer in words."))
    if len(value) > limit:
        return "too_long", _("At most {count} characters, please."), {"count": limit}
    found = FORBIDDEN.search(value)
    if found and found[0] != "\r":
        return (
            "character",
            _("The character {character} is not allowed: remove it."),
            {"character": f"U+{ord(found[0]):04X}"},
        )
    return None


def _text(question: questions.TextInput, value: Any) -> Fault:
    return _INPUTS[question.input_type](question, value)


def _line(question: questions.TextInput, value: Any) -> Fault:
    fault = _words(value, question.max_length or MAX_LINE)
    if not fault and ("\n" in value or "\r" in value):
        return "lines", _("Answer in one line."), {}
    return fault


def _email(question: questions.TextInput, value: Any) -> Fault:
    fault = _line(question, value)
    if fault or not value or _EMAIL.fullmatch(value):
        return fault
    return "email", _("This is not an e-mail address, such as name@example.com."), {}


def _finite(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= MAX_NUMBER
        and not math.isnan(value)
    )


def _number(question: questions.TextInput, value: Any) -> Fault:
    return _within(question, value) if _finite(value) else _type(_("Answer with a number."))


def _date(question: questions.TextInput, value: Any) -> Fault:
    if isinstance(value, str) and (value == "" or is_date(value)):
        return _within(question, value) if value else None
    return "date", _("This is not a date of the form YYYY-MM-DD."), {}


def _within(question: questions.TextInput, value: Any) -> Fault:
    if question.min is not None and value < question.min:
        return "range", _("Not below {low}, please."), {"low": question.min}
    if question.max is not None and value > question.max:
        return "range", _("Not above {high}, please."), {"high": question.max}
    return None


def _comment(question: questions.Comment, value: Any) -> Fault:
    return _words(value, question.max_length or MAX_COMMENT)


def _matrix(question: questions.Matrix, value: Any) -> Fault:
    if not isinstance(value, dict):
        return _type(_("Answer row by row."))
    for row, column in value.items():
        if row not in question.row_set:
            return "no_row", _("“{row}” is not one of the rows."), {"row": shortened(row, 40)}
        if not isinstance(column, str | int) or isinstance(column, bool) or column not in question.value_set:
            return _no_choice(column)
    return None


def _ranking(question: questions.Ranking, value: Any) -> Fault:
    return _order(value, question.value_set)


def _order(value: Any, allowed: Any) -> Fault:
    fault = _several(value, allowed)
    if fault or not value or len(value) == len(allowed):
        return fault
    return "incomplete", _("Put all choices in order."), {}


def _single(item: bank.Single | bank.TrueFalse, value: Any) -> Fault:
    return None if isinstance(value, str) and value in item.options else _no_choice(value)


def _matching(item: bank.Matching, value: Any) -> Fault:
    if not isinstance(value, dict):
        return _type(_("Answer row by row."))
    for left, right in value.items():
        if left not in item.left:
            return "no_row", _("“{row}” is not one of the rows."), {"row": shortened(left, 40)}
        if not isinstance(right, str) or right not in item.right:
            return _no_choice(right)
    return None


def _numeric(_item: Any, value: Any) -> Fault:
    return None if _finite(value) else _type(_("Answer with a number."))


_INPUTS: dict[str, Callable[[Any, Any], Fault]] = {"text": _line, "email": _email, "number": _number, "date": _date}
_CHECKS: dict[str, Callable[[Any, Any], Fault]] = {
    "radiogroup": _choice,
    "dropdown": _choice,
    "checkbox": _checkbox,
    "rating": _rating,
    "boolean": _boolean,
    "text": _text,
    "comment": _comment,
    "matrix": _matrix,
    "ranking": _ranking,
    "single": _single,
    "true_false": _single,
    "multiple": lambda item, value: _several(value, item.choices),
    "numeric": _numeric,
    "ordering": lambda item, value: _order(value, item.choices),
    "matching": _matching,
    "short_text": lambda item, value: _words(value, MAX_LINE),
}
