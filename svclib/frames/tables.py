"""A frame made ready to leave the house: data, states, codebook and the description of every column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from svclib.frames.codebooks import exam_codebook, survey_codebook
from svclib.frames.columns import Column
from svclib.frames.exams import choices, exam_states, results, scores
from svclib.frames.responses import read_sheets, responses
from svclib.frames.states import states_of
from svclib.frames.view import View

SCORE = "__score"


@dataclass(frozen=True)
class Table:
    """What an export writes.

    Attributes
    ----------
    name : str
        Of the survey or exam.
    frame : DataFrame
        Indexed by id; described columns first in the codebook's sense, reserved ones beside them.
    columns : tuple of Column
        Descriptions of those columns that questions or items make.
    states : DataFrame
        Why cells of these columns are empty.
    codebook : DataFrame
        As of `svclib.frames.codebooks`, with ``code``: the number that stands for the value in SPSS.
    """

    name: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    states: pd.DataFrame
    codebook: pd.DataFrame

    def title(self, column: str, language: str) -> str:
        """Wording of a column; reserved columns are called by their names."""
        rows = self.codebook[self.codebook["column"] == column]
        return str(rows[_label("title", language)].iloc[0]) if len(rows) else column

    def value_labels(self, column: str, language: str) -> dict[str, str]:
        """Labels of a column's values."""
        rows = self.codebook[(self.codebook["column"] == column) & self.codebook["value"].notna()]
        return dict(zip(rows["value"], rows[_label("label", language)], strict=True))


def _label(name: str, language: str) -> str:
    return f"{name}_{'en' if language == 'en' else 'zh'}"


def survey_table(connection: Connection, survey: str, view: View) -> Table:
    """Make the table of a survey's responses; sensitive columns only as the view allows."""
    sheets = read_sheets(connection, survey, view)
    frame = responses(connection, survey, view)
    codebook = _coded(survey_codebook(connection, survey, view), sheets.columns)
    return Table(survey, frame, sheets.columns, states_of(sheets), codebook)


def exam_table(connection: Connection, exam: str, view: View, *, identified: bool = False) -> Table:
    """Make the table of an exam's attempts: results, then for each item the choice and (``item__score``) the score."""
    chosen, earned = choices(connection, exam, view), scores(connection, exam, view)
    told = results(connection, view, exam, identified=identified)
    why = exam_states(connection, exam, view)
    columns: list[Column] = []
    parts, reasons = [told], dict[str, Any]()
    for name in chosen.columns:
        columns += [_choice_column(name, chosen[name]), Column(name + SCORE, name, "number")]
        parts += [chosen[[name]], earned[[name]].rename(columns={name: name + SCORE})]
        reasons |= {name: why[name], name + SCORE: why[name]}
    codebook = exam_codebook(connection, exam, view)
    marks = codebook.drop_duplicates("column").assign(value=None, label_zh=None, label_en=None)
    codebook = pd.concat([codebook, marks.assign(column=marks["column"] + SCORE)], ignore_index=True)
    frame = pd.concat(parts, axis=1)
    return Table(exam, frame, tuple(columns), pd.DataFrame(reasons, index=frame.index), _coded(codebook, columns))


def _choice_column(name: str, values: Any) -> Column:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Column(name, name, "category", values=tuple(values.cat.categories))
    return Column(name, name, "text")


def _coded(codebook: pd.DataFrame, columns: Any) -> pd.DataFrame:
    codes = {(column.name, value): code for column in columns for value, code in codes_of(column).items()}
    pairs = zip(codebook["column"], codebook["value"], strict=True)
    return codebook.assign(code=pd.array([codes.get(pair) for pair in pairs], dtype="Int64"))


def codes_of(column: Column) -> dict[str, int]:
    """The numbers that stand for a column's values where a format knows numbers only, by the value's text."""
    if column.kind in {"flag", "boolean"}:
        return {"false": 0, "true": 1}
    return {str(value): number for number, value in enumerate(column.values, 1)}
