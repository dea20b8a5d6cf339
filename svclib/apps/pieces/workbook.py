"""Excel files that hold values alone: what looks like a formula or a link stays text."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from svclib.apps.pieces.voice import missing

if TYPE_CHECKING:
    import pandas as pd

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
WIDEST = 50


def workbook(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """Write frames as the sheets of an XLSX file, headings frozen and filterable.

    Parameters
    ----------
    sheets : mapping
        Name of the sheet → frame; the index is left out.

    Examples
    --------
    >>> import pandas as pd
    >>> workbook({"Results": pd.DataFrame({"name": ["=1+1"], "score": [62.5]})})[:2]
    b'PK'
    """
    import xlsxwriter  # only where something is exported

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for name, frame in sheets.items():
            _write(book.add_worksheet(_sheet_name(name)), frame, bold)
    return buffer.getvalue()


def _sheet_name(name: str) -> str:
    return "".join(" " if letter in r"[]:*?/\'" else letter for letter in name)[:31] or "Sheet"


def _write(sheet: Any, frame: pd.DataFrame, bold: Any) -> None:
    sheet.write_row(0, 0, [str(column) for column in frame.columns], bold)
    for number, row in enumerate(frame.itertuples(index=False), start=1):
        for column, value in enumerate(row):
            if not missing(value):
                sheet.write(number, column, _plain(value))
    for column, name in enumerate(frame.columns):
        longest = max((len(str(value)) for value in frame[name].head(200)), default=0)
        sheet.set_column(column, column, min(max(len(str(name)), longest) * 1.3 + 2, WIDEST))
    sheet.freeze_panes(1, 0)
    if len(frame.columns):
        sheet.autofilter(0, 0, max(len(frame), 1), len(frame.columns) - 1)


def _plain(value: Any) -> Any:
    """Numbers and booleans as they are; all else as text without control characters."""
    if isinstance(value, bool | int | float):
        return value
    if hasattr(value, "item"):
        return value.item()
    return "".join(letter for letter in str(value) if letter >= " " or letter in "\n\t")
