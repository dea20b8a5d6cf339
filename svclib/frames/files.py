"""Tables as files: CSV, XLSX, SPSS, Parquet; the codebook beside the data, packed together."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, Literal

import pandas as pd

from svclib.errors import InvalidInput
from svclib.frames.codebooks import labelled
from svclib.frames.spss import to_sav
from svclib.frames.tables import Table
from svclib.i18n import _

Format = Literal["csv", "xlsx", "sav", "parquet"]
MOST_SHEET_ROWS = 1_048_575
RISKY = ("=", "+", "-", "@", "\t", "\r")
# Fixed, so that the same content gives the same file.
_STAMP = (1980, 1, 1, 0, 0, 0)


def pack(table: Table, kind: Format, language: str | None) -> bytes:
    """Write a table with its codebook and the states of its empty cells as one ZIP.

    Parameters
    ----------
    table : Table
    kind : {"csv", "xlsx", "sav", "parquet"}
    language : {"zh-CN", "en"}, optional
        CSV and XLSX: labels in this language instead of values. SPSS and Parquet: of the labels (default Chinese).
    """
    content = _WRITERS[kind](table, language)
    if kind != "xlsx":  # a workbook holds all three
        content[f"{table.name}_codebook.csv"] = csv_bytes(table.codebook)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Write a frame as CSV that Excel reads in Chinese (UTF-8 with BOM) and in which no cell is a formula."""
    text = neutral(frame).to_csv(index=False, lineterminator="\r\n", date_format="%Y-%m-%dT%H:%M:%S")
    return b"\xef\xbb\xbf" + text.encode("utf-8", "replace")


def neutral(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before texts that a spreadsheet would run; numbers stay numbers."""
    safe = frame.copy()
    for name in safe.columns:
        safe[name] = _neutral_column(safe[name])
    return safe.rename(columns=_neutral_text)


def _neutral_column(values: pd.Series) -> Any:
    if isinstance(values.dtype, pd.CategoricalDtype):
        safe = [_neutral_text(one) for one in values.cat.categories]
        return values if safe == list(values.cat.categories) else values.cat.rename_categories(safe)
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.dt.tz_localize(None)
    if values.dtype == object or isinstance(values.dtype, pd.StringDtype):
        return pd.Series([_neutral_text(one) for one in values], index=values.index, dtype=object)
    return values


def _neutral_text(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(RISKY) else value


def _data(table: Table, language: str | None) -> pd.DataFrame:
    frame = table.frame
    if language:
        texts = labelled(frame, language, table.codebook)
        frame = texts.set_axis(frame.columns, axis=1)
    return frame.reset_index()


def _csv(table: Table, language: str | None) -> dict[str, bytes]:
    return {
        f"{table.name}.csv": csv_bytes(_data(table, language)),
        f"{table.name}_states.csv": csv_bytes(table.states.reset_index()),
    }


def _sav(table: Table, language: str | None) -> dict[str, bytes]:
    return {f"{table.name}.sav": to_sav(table, language or "zh-CN")}


def _xlsx(table: Table, language: str | None) -> dict[str, bytes]:
    if len(table.frame) > MOST_SHEET_ROWS:
        raise InvalidInput(
            _("{count} rows do not fit into a worksheet: choose CSV or Parquet."), count=len(table.frame)
        )
    sheets = {"data": _data(table, language), "states": table.states.reset_index(), "codebook": table.codebook}
    return {f"{table.name}.xlsx": workbook(sheets)}


def workbook(sheets: dict[str, pd.DataFrame]) -> bytes:
    """Write frames as the sheets of a workbook; texts are never formulas, links or numbers."""
    import xlsxwriter

    file = io.BytesIO()
    options = {"in_memory": True, "constant_memory": False, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
    never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, {**options, **never, "nan_inf_to_errors": False}) as book:
        bold = book.add_format({"bold": True})
        for name, frame in sheets.items():
            sheet = book.add_worksheet(name)
            safe = neutral(frame)
            sheet.write_row(0, 0, [str(one) for one in safe.columns], bold)
            for place, column in enumerate(safe.columns):
                sheet.write_column(1, place, _cells(safe[column]))
            sheet.freeze_panes(1, 1)
    return file.getvalue()


def _cells(values: pd.Series) -> list[Any]:
    cells = values.astype(object).tolist()
    return [None if pd.isna(one) else one.to_pydatetime() if isinstance(one, pd.Timestamp) else one for one in cells]


def _parquet(table: Table, language: str | None) -> dict[str, bytes]:
    return {
        f"{table.name}.parquet": _parquet_bytes(table, table.frame, language or "zh-CN"),
        f"{table.name}_states.parquet": _parquet_bytes(table, table.states, language or "zh-CN"),
    }


def _parquet_bytes(table: Table, frame: pd.DataFrame, language: str) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(frame, preserve_index=True)
    described = {column.name for column in table.columns}
    fields = [
        field.with_metadata(_field_labels(table, field.name, language)) if field.name in described else field
        for field in arrow.schema
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(arrow.cast(pa.schema(fields, metadata=arrow.schema.metadata)), sink)
    return bytes(sink.getvalue().to_pybytes())


def _field_labels(table: Table, column: str, language: str) -> dict[str, str]:
    values = json.dumps(table.value_labels(column, language), ensure_ascii=False)
    return {"label": table.title(column, language), "value_labels": values, "language": language}


_WRITERS: dict[str, Callable[[Table, str | None], dict[str, bytes]]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "sav": _sav,
    "parquet": _parquet,
}
