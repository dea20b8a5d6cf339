"""Codebooks: wording and labels of a frame's columns in both languages; frames carry codes alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from svclib.errors import InvalidInput
from svclib.forms import Bank, Survey
from svclib.forms.bank import Item, ShortText
from svclib.forms.base import DONT_KNOW, OTHER
from svclib.frames.columns import Column, columns_of
from svclib.frames.definitions import definition, versions
from svclib.frames.exams import attempt_rows, item_names
from svclib.frames.view import View
from svclib.i18n import LANGUAGES, _, local

COLUMNS = (
    "column", "question", "part", "type", "construct", "scale", "measure", "step", "sensitive", "title_zh", "title_en",
    "value", "label_zh", "label_en",
)  # fmt: skip
_SUFFIX = {"zh-CN": "zh", "en": "en"}
OTHER_TEXT = {"zh-CN": "其他", "en": "Other"}
BOOLEAN_TEXTS = {True: {"zh-CN": "是", "en": "Yes"}, False: {"zh-CN": "否", "en": "No"}}
CHOSEN_TEXTS = {True: {"zh-CN": "已选", "en": "Chosen"}, False: {"zh-CN": "未选", "en": "Not chosen"}}


def survey_codebook(connection: Connection, survey: str, view: View) -> pd.DataFrame:
    """Give the codebook of a survey's frame.

    Returns
    -------
    DataFrame
        One row for each value label of a column, at least one a column: ``column, question, part, type, construct,
        scale, measure, step, sensitive, title_zh, title_en, value, label_zh, label_en``; `value` is empty where the
        column has no labels. Wording is that of the newest version that has the question.
    """
    models: list[Survey] = [model for _hash, model in versions(connection, "survey", survey)]
    rows: list[dict[str, Any]] = []
    for column in columns_of(models):
        if view.sensitive or not column.sensitive:
            newest = next(model for model in reversed(models) if model.question(column.question))
            rows += _survey_rows(column, newest.questions[column.question])
    return _framed(rows)


def exam_codebook(connection: Connection, exam: str, view: View, *, keys: bool = False) -> pd.DataFrame:
    """Give the codebook of an exam's frames: a row for each option of each item that was presented.

    With `keys` a column ``key`` tells which options are right: only for who may read items.
    """
    rows: list[dict[str, Any]] = []
    held = attempt_rows(connection, exam, view)
    banks: list[Bank] = [
        definition(connection, one) for one in dict.fromkeys(row["bank_hash"] for row in reversed(held))
    ]
    for name in item_names(connection, held):
        item = next(bank.by_id[name] for bank in banks if name in bank.by_id)
        made = list(_item_rows(item))
        rows += [row | ({"key": _is_key(item, row["value"])} if keys else {}) for row in made]
    return _framed(rows, ("key",) if keys else ())


def _framed(rows: list[dict[str, Any]], extra: tuple[str, ...] = ()) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *extra])
    kinds = dict.fromkeys(set(COLUMNS) - {"sensitive"}, "str")
    return frame.astype({**kinds, "sensitive": "bool"})


def _survey_rows(column: Column, question: Any) -> Iterator[dict[str, Any]]:
    facts = {
        "column": column.name, "question": column.question, "part": column.part, "type": question.type,
        "construct": question.construct, "scale": question.scale, "measure": question.measure, "step": question.step,
        "sensitive": column.sensitive, **_both("title", column_title(column, question)),
    }  # fmt: skip
    labels = value_texts(column, question)
    if not labels:
        yield {**facts, "value": None, "label_zh": None, "label_en": None}
    for value, text in labels.items():
        yield {**facts, "value": str(value).lower() if isinstance(value, bool) else str(value), **_both("label", text)}


def column_title(column: Column, question: Any) -> dict[str, str]:
    """The wording of a column: the question's, and that of the row or value it stands for."""
    if column.part is None:
        return {language: question.title_in(language) for language in LANGUAGES}
    if column.part == OTHER:
        part: dict[str, str] = dict(question.other_text or OTHER_TEXT)
    else:
        entries = question.rows if question.type == "matrix" else question.choices
        part = next((dict(entry.text) for entry in entries if entry.value == column.part), {"en": column.part})
    return {language: f"{question.title_in(language)} – {local(part, language)}" for language in LANGUAGES}


def value_texts(column: Column, question: Any) -> dict[Any, Any]:
    """The labels of a column's values, by value."""
    if column.kind == "flag":
        return dict(CHOSEN_TEXTS)
    if column.kind == "boolean":
        return {True: question.label_true or BOOLEAN_TEXTS[True], False: question.label_false or BOOLEAN_TEXTS[False]}
    if question.type == "rating":
        ends = {question.rate_min: question.min_rate_description, question.rate_max: question.max_rate_description}
        return {value: text for value, text in ends.items() if text}
    if question.type == "matrix":
        return {entry.value: entry.text for entry in question.columns}
    if column.kind == "category":
        texts = {entry.value: entry.text for entry in question.choices} | {OTHER: question.other_text or OTHER_TEXT}
        return {value: texts.get(value, {"en": value}) for value in column.values if value != DONT_KNOW}
    return {}


def _item_rows(item: Item) -> Iterator[dict[str, Any]]:
    facts = {
        "column": item.id, "question": item.id, "part": None, "type": item.type, "construct": item.topic,  # type: ignore[attr-defined]
        "scale": None, "measure": None, "step": item.level, "sensitive": False, **_both("title", item.stem),
    }  # fmt: skip
    if not item.options:
        yield {**facts, "value": None, "label_zh": None, "label_en": None}
    for value, text in item.options.items():
        yield {**facts, "value": value, **_both("label", text)}


def _is_key(item: Item, value: str | None) -> bool | None:
    if value is None or isinstance(item, ShortText) or item.type in {"ordering", "matching"}:  # type: ignore[attr-defined]
        return None
    key = item.key  # type: ignore[attr-defined]
    return value in key if isinstance(key, list | tuple) else value == str(key).lower()


def _both(name: str, text: Any) -> dict[str, str]:
    return {f"{name}_{suffix}": local(text, language) for language, suffix in _SUFFIX.items()}


def labelled(frame: pd.DataFrame, language: str, codebook: pd.DataFrame) -> pd.DataFrame:
    """Give `frame` with values and headings as people read them.

    Parameters
    ----------
    frame : DataFrame
        Of `responses` or `choices`, or a part of it.
    language : {"zh-CN", "en"}
    codebook : DataFrame
        Of the same survey or exam.

    Returns
    -------
    DataFrame
        Categories and booleans replaced by their labels (order kept), columns renamed to their wording; where two
        columns would be called the same, the name stands behind it.
    """
    if language not in _SUFFIX:
        raise InvalidInput(_("The language is zh-CN or en, not {language}."), language=language)
    label, title = f"label_{_SUFFIX[language]}", f"title_{_SUFFIX[language]}"
    shown = frame.copy()
    for name, rows in codebook.groupby("column", sort=False):
        known = rows.dropna(subset=["value"])
        if name in shown and len(known):
            shown[name] = _relabelled(shown[name], dict(zip(known["value"], known[label], strict=True)))
    first = codebook.drop_duplicates("column")
    titles = dict(zip(first["column"], first[title], strict=True))
    used = Counter(titles.values())
    return shown.rename(
        columns={name: text if used[text] == 1 else f"{text} ({name})" for name, text in titles.items()}
    )


def _relabelled(values: pd.Series, labels: dict[str, str]) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype):
        texts = [labels.get(str(one), str(one)) for one in values.cat.categories]
        pairs = zip(texts, values.cat.categories, strict=True)
        unique = [f"{text} ({one})" if texts.count(text) > 1 else text for text, one in pairs]
        return values.cat.rename_categories(unique)
    if values.dtype == "boolean":
        return values.map({True: labels.get("true"), False: labels.get("false")}, na_action="ignore").astype("str")
    return values
