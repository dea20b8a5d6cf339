"""A table as an SPSS file: variable labels, value labels, and each kind of missing as a user-missing code."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from svclib.frames.columns import Column
from svclib.frames.states import STATES
from svclib.frames.tables import Table, codes_of
from svclib.i18n import _, translate

MISSING = tuple(state for state in STATES if state != "answered")
STATE_TEXTS = {
    "omitted": _("Omitted"),
    "not_reached": _("Not reached"),
    "not_presented": _("Not presented"),
    "not_shown": _("Not shown"),
    "dont_know": _("Don't know"),
    "broke_off": _("Broke off"),
}
FIRST_CODE = -991.0  # the kinds of missing run downwards from here
FAR_CODE = -999_999_991.0  # where real values come near the usual codes
MOST_NAME, MOST_LABEL, MOST_VALUE_LABEL = 64, 250, 120  # bytes
_WORDS = frozenset(["ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"])


def to_sav(table: Table, language: str) -> bytes:
    """Write a table as .sav.

    Categories become the numbers of the codebook's ``code``; the kinds of missing -991 (omitted) to -996 (broke off),
    declared user-missing and labelled. Of text and dates a missing cell is empty.
    """
    import pyreadstat

    names = variable_names(["id", *table.frame.columns])
    described = {column.name: column for column in table.columns}
    data = {names["id"]: pd.Series(table.frame.index.astype(object))}
    labels: dict[str, dict[Any, str]] = {}
    ranges: dict[str, list[Any]] = {}
    for name in table.frame.columns:
        column = described.get(name)
        if column is None or column.kind in {"text", "date"}:
            data[names[name]] = _plain(table.frame[name])
            continue
        values, first = _numbers(column, table.frame[name], table.states[name])
        data[names[name]] = pd.Series(values)
        labels[names[name]] = _value_labels(table, column, first, language)
        ranges[names[name]] = [{"lo": first - len(MISSING) + 1, "hi": first}]
    titles: dict[str, str | None] = {
        names[name]: _cut(table.title(name, language), MOST_LABEL) for name in ["id", *table.frame.columns]
    }
    measures = {names[name]: _measure(described.get(name)) for name in table.frame.columns}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.sav"
        pyreadstat.write_sav(
            pd.DataFrame(data), str(path), file_label=_cut(table.name, 60), column_labels=titles,
            variable_value_labels=labels, missing_ranges=ranges, variable_measure=measures,
        )  # fmt: skip
        return path.read_bytes()


def variable_names(names: Iterable[str]) -> dict[str, str]:
    """Give each column a name that SPSS takes: 64 bytes, letters first, no word of its language, no two alike.

    >>> variable_names(["aml-001", "aml_001", "by"])
    {'aml-001': 'aml_001', 'aml_001': 'aml_001_2', 'by': 'by_'}
    """
    given: dict[str, str] = {}
    used: set[str] = set()
    for name in names:
        base = re.sub(r"[^A-Za-z0-9_]", "_", name)
        base = base if base[:1].isalpha() else f"v_{base}"
        base = f"{base}_" if base.upper() in _WORDS else base
        found, number = base[:MOST_NAME], 1
        while found.upper() in used:
            number += 1
            found = f"{base[: MOST_NAME - 1 - len(str(number))]}_{number}"
        used.add(found.upper())
        given[name] = found
    return given


def _numbers(column: Column, values: pd.Series, states: pd.Series) -> tuple[Any, float]:
    """The column's numbers with the codes of the missing, and the first of these codes."""
    if column.kind == "category":
        numbers: Any = values.cat.codes.to_numpy(dtype=float) + 1
        numbers[values.isna().to_numpy()] = np.nan
    else:
        numbers = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    known = numbers[~np.isnan(numbers)]
    first = FAR_CODE if len(known) and known.min() <= FIRST_CODE + 1 else FIRST_CODE
    order = {state: first - place for place, state in enumerate(MISSING)}
    empty = np.isnan(numbers)
    numbers[empty] = [order.get(state, np.nan) for state in states.to_numpy(dtype=object)[empty]]
    return numbers, first


def _value_labels(table: Table, column: Column, first: float, language: str) -> dict[Any, str]:
    codes = codes_of(column)
    told = {}
    for value, text in table.value_labels(column.name, language).items():
        code = codes[value] if codes else float(value)
        told[code] = _cut(text, MOST_VALUE_LABEL)
    missing = {first - place: translate(STATE_TEXTS[state], language) for place, state in enumerate(MISSING)}
    return told | missing


def _measure(column: Column | None) -> str:
    if column is None or column.kind in {"text", "category", "flag", "boolean"}:
        return "ordinal" if column is not None and column.ordered else "nominal"
    return "scale"


def _plain(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_localize(None)
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.reset_index(drop=True).astype("datetime64[ns]")
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return values.reset_index(drop=True).astype(float)
    return pd.Series([None if pd.isna(one) else str(one) for one in values], dtype=object)


def _cut(text: str, limit: int) -> str:
    """Shorten to `limit` bytes of UTF-8 without breaking a character."""
    return text.encode()[:limit].decode(errors="ignore")
