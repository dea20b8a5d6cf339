"""From questions to columns: which columns a survey's frame has, and how answers become their values.

A rating is a float; a single choice a Categorical in definition order (ordered where ``scale: ordinal``); a multiple
choice a nullable boolean for each value, ``question__value``; a matrix a column for each row, ``question__row``; words
beside "other" ``question__other``; a ranking the place of each value, ``question__value``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from svclib.forms import Survey
from svclib.forms import questions as q
from svclib.forms.base import DONT_KNOW, OTHER
from svclib.store.sheets import COMMENT

Kind = Literal["number", "category", "flag", "rank", "boolean", "date", "text"]


@dataclass(frozen=True)
class Column:
    """One column of a survey's frame.

    Attributes
    ----------
    name, question : str
        The column's name and the question it belongs to.
    kind : str
        ``number`` and ``rank`` (float), ``category``, ``flag`` and ``boolean`` (nullable boolean), ``date``, ``text``.
    part : str or None
        Row of a matrix, value of a multiple choice or ranking, ``other`` for the words beside "other".
    values : tuple
        Of a category, in definition order.
    ordered : bool
        Of a category: whether the definition calls it ordinal.
    sensitive : bool
        Left out of shared exports and shown only with the right to comments.
    """

    name: str
    question: str
    kind: Kind
    part: str | None = None
    values: tuple[Any, ...] = ()
    ordered: bool = False
    sensitive: bool = False


def columns_of(surveys: Sequence[Survey]) -> tuple[Column, ...]:
    """Give the columns of one or several versions: the last version's first, then those only older ones had."""
    merged: dict[str, Column] = {}
    for survey in reversed(surveys):
        for question in survey.questions.values():
            for column in question_columns(question):
                merged[column.name] = _merged(merged.get(column.name), column)
    return tuple(merged.values())


def _merged(newer: Column | None, older: Column) -> Column:
    if newer is None:
        return older
    if newer.kind != "category" or older.kind != "category":
        return replace(newer, sensitive=newer.sensitive or older.sensitive)
    values = tuple(dict.fromkeys((*newer.values, *older.values)))
    return replace(newer, values=values, sensitive=newer.sensitive or older.sensitive)


def question_columns(question: q.Question) -> list[Column]:
    """Give the columns of one question."""
    columns = _COLUMNS[type(question)](question)
    return [replace(column, sensitive=column.sensitive or question.is_sensitive) for column in columns]


def _one(kind: Kind) -> Callable[[Any], list[Column]]:
    return lambda question: [Column(question.name, question.name, kind)]


def _choice(question: Any) -> list[Column]:
    values = tuple(value for value in question.values if value != DONT_KNOW)
    own = Column(question.name, question.name, "category", values=values, ordered=question.scale == "ordinal")
    return [own, *_other(question)]


def _checkbox(question: q.Checkbox) -> list[Column]:
    name = question.name
    values = [value for value in question.values if value != DONT_KNOW]
    # The flag of "other" and the words beside it would bear the same name.
    flags = [Column(f"{name}__{value}", name, "flag", value) for value in values if value != OTHER]
    chosen = [Column(f"{name}__other_chosen", name, "flag", OTHER)] if OTHER in values else []
    return [*flags, *chosen, *_other(question)]


def _other(question: Any) -> list[Column]:
    if not question.show_other_item:
        return []
    return [Column(f"{question.name}__other", question.name, "text", OTHER, sensitive=True)]


def _matrix(question: q.Matrix) -> list[Column]:
    values = tuple(value for value in question.values if value != DONT_KNOW)
    kind: Kind = "number" if isinstance(values[0], int) else "category"
    own = () if kind == "number" else values
    return [
        Column(f"{question.name}__{row}", question.name, kind, row, own, question.scale == "ordinal")
        for row in question.row_values
    ]


def _ranking(question: q.Ranking) -> list[Column]:
    return [Column(f"{question.name}__{value}", question.name, "rank", value) for value in question.values]


def _text(question: q.TextInput) -> list[Column]:
    kinds: dict[str, Kind] = {"number": "number", "date": "date"}
    return [Column(question.name, question.name, kinds.get(question.input_type, "text"))]


_COLUMNS: dict[type, Callable[[Any], list[Column]]] = {
    q.Radiogroup: _choice,
    q.Dropdown: _choice,
    q.Checkbox: _checkbox,
    q.Rating: _one("number"),
    q.Boolean: _one("boolean"),
    q.TextInput: _text,
    q.Comment: _one("text"),
    q.Matrix: _matrix,
    q.Ranking: _ranking,
}


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def raw_cells(column: Column, answers: Sequence[dict[str, Any]]) -> list[Any]:
    """What each respondent answered to the part of a question that makes the column; None where nothing."""
    if column.part is None:
        return [given.get(column.question) for given in answers]
    if column.kind == "text":
        return [given.get(column.question + COMMENT) for given in answers]
    whole = [given.get(column.question) for given in answers]
    if column.kind == "flag":
        return [_flag(value, column.part) for value in whole]
    if column.kind == "rank":
        return [_rank(value, column.part) for value in whole]
    return [value.get(column.part) if isinstance(value, dict) else None for value in whole]


def _flag(chosen: Any, value: str) -> bool | None:
    if not isinstance(chosen, list) or not chosen or DONT_KNOW in chosen:
        return None
    return value in chosen


def _rank(order: Any, value: str) -> int | None:
    return order.index(value) + 1 if isinstance(order, list) and value in order else None


def values_of(column: Column, cells: Sequence[Any]) -> Any:
    """Make the column's array from what `raw_cells` gave."""
    return _VALUES[column.kind](column, cells)


def _number(_column: Column, cells: Sequence[Any]) -> Any:
    usable = [cell if type(cell) in (int, float) else np.nan for cell in cells]
    return np.array(usable, dtype=float)


def _category(column: Column, cells: Sequence[Any]) -> Any:
    code = {value: number for number, value in enumerate(column.values)}.get
    codes = [code(cell, -1) if isinstance(cell, str | int) else -1 for cell in cells]
    return pd.Categorical.from_codes(
        np.array(codes, dtype=np.int16), categories=pd.Index(column.values), ordered=column.ordered
    )


def _boolean(_column: Column, cells: Sequence[Any]) -> Any:
    known = np.array([isinstance(cell, bool) for cell in cells], dtype=bool)
    return pd.arrays.BooleanArray(np.array([cell is True for cell in cells], dtype=bool), ~known)


def _date(_column: Column, cells: Sequence[Any]) -> Any:
    days = pd.to_datetime(pd.Series([cell or None for cell in cells], dtype=object), format="%Y-%m-%d")
    return days.astype("datetime64[us]").array


def _words(_column: Column, cells: Sequence[Any]) -> Any:
    return pd.array([cell if isinstance(cell, str) and cell else None for cell in cells], dtype="str")


_VALUES: dict[str, Callable[[Column, Sequence[Any]], Any]] = {
    "number": _number,
    "rank": _number,
    "category": _category,
    "flag": _boolean,
    "boolean": _boolean,
    "date": _date,
    "text": _words,
}


def names_of(columns: Iterable[Column]) -> list[str]:
    """The columns' names."""
    return [column.name for column in columns]
