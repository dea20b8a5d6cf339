"""Why a cell is empty: a frame of the same shape as the responses, of states instead of values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from svclib.forms import Survey
from svclib.forms.base import DONT_KNOW
from svclib.forms.evaluation import evaluate, is_empty
from svclib.forms.expressions import parse, references
from svclib.frames.columns import Column, raw_cells
from svclib.frames.responses import Sheets, read_sheets
from svclib.frames.view import View

STATES = ("answered", "omitted", "not_reached", "not_presented", "not_shown", "dont_know", "broke_off")
_CODE = {state: number for number, state in enumerate(STATES)}


def states(
    connection: Connection, survey: str, view: View, *, since: date | None = None, until: date | None = None,
    partial: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Tell of every cell of `svclib.frames.responses` whether it was answered, or why not.

    Returns
    -------
    DataFrame
        The questions' columns, each a Categorical of `STATES`: ``answered``; ``omitted`` (shown, left empty);
        ``not_shown`` (its condition did not hold); ``not_presented`` (not in the version that was asked);
        ``dont_know``; ``broke_off`` (on a page after the last one seen by who never handed in).
        ``not_reached`` is of exams.
    """
    sheets = read_sheets(connection, survey, view, since=since, until=until, partial=partial)
    return states_of(sheets)


def states_of(sheets: Sheets) -> pd.DataFrame:
    """Make the frame of states of what was read."""
    hidden = {key: _reasons(sheets, key) for key in dict.fromkeys(column.question for column in sheets.columns)}
    data = {column.name: category(_codes(column, sheets, hidden[column.question])) for column in sheets.columns}
    return pd.DataFrame(data, index=sheets.index)


def category(codes: Any) -> Any:
    """Make a Categorical of `STATES` from their numbers."""
    return pd.Categorical.from_codes(np.asarray(codes, dtype=np.int8), categories=pd.Index(STATES))


def _codes(column: Column, sheets: Sheets, reasons: Any) -> Any:
    cells = raw_cells(column, sheets.answers)
    codes = np.array([_CODE["omitted"] if is_empty(cell) else _CODE["answered"] for cell in cells], dtype=np.int8)
    empty = codes == _CODE["omitted"]
    codes[empty] = np.where(reasons[empty] >= 0, reasons[empty], codes[empty])
    if column.kind == "text" and column.part is not None:
        # The words beside "other" are asked for only where "other" was chosen.
        codes[empty & (codes == _CODE["omitted"])] = _CODE["not_shown"]
        return codes
    unknown = np.array([_is_dont_know(column, given) for given in sheets.answers], dtype=bool)
    codes[unknown] = _CODE["dont_know"]
    return codes


def _is_dont_know(column: Column, given: dict[str, Any]) -> bool:
    value = given.get(column.question)
    if isinstance(value, dict):
        value = value.get(column.part)
    return value == DONT_KNOW or (isinstance(value, list) and DONT_KNOW in value)


def _reasons(sheets: Sheets, question: str) -> Any:
    """For each response why the question could be empty by itself, -1 where it stood before the respondent."""
    hashes = np.array(sheets.fetched["definition_hash"], dtype=object)
    reasons = np.full(len(hashes), -1, dtype=np.int8)
    for key in set(sheets.fetched["definition_hash"]):
        rows = np.flatnonzero(hashes == key)
        reasons[rows] = _reasons_in(sheets, sheets.surveys[key], question, rows)
    return reasons


def _reasons_in(sheets: Sheets, survey: Survey, question: str, rows: Any) -> Any:
    placed = next((one for one in survey.placed if one.element.name == question), None)
    if placed is None:
        return np.full(len(rows), _CODE["not_presented"], dtype=np.int8)
    reasons = np.full(len(rows), -1, dtype=np.int8)
    unfinished = np.array([sheets.fetched["status"][row] != "submitted" for row in rows], dtype=bool)
    behind = np.array([sheets.fetched["page"][row] < placed.page for row in rows], dtype=bool)
    reasons[unfinished & behind] = _CODE["broke_off"]
    if placed.conditions:
        shown = _shown(placed.conditions, [sheets.answers[row] for row in rows])
        reasons[~shown] = _CODE["not_shown"]
    return reasons


def _shown(conditions: Sequence[str], answers: Sequence[dict[str, Any]]) -> Any:
    """Whether all conditions held; responses that agree in what the conditions speak of are judged once."""
    names = sorted({reference.name for condition in conditions for reference in references(condition)})
    nodes = [parse(condition) for condition in conditions]
    judged: dict[str, bool] = {}
    shown = np.empty(len(answers), dtype=bool)
    for row, given in enumerate(answers):
        key = repr([given.get(name) for name in names])
        if key not in judged:
            judged[key] = all(evaluate(node, given) for node in nodes)
        shown[row] = judged[key]
    return shown


def state_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Count the states of each column: one row a column, one column a state."""
    counted = {name: frame[name].value_counts().reindex(list(STATES), fill_value=0) for name in frame.columns}
    return pd.DataFrame(counted).T.astype("int64")
