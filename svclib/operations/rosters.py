"""Tables that people upload: XLSX or CSV (UTF-8, GB18030), with findings that name the row and the column."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from svclib.errors import InvalidInput, SvcError
from svclib.forms.base import FORBIDDEN
from svclib.i18n import LANGUAGES, _, translate

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED = 60 * 1024 * 1024  # of the XML inside an XLSX
MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_CELL = 500
MAX_REPORTED = 200
FORMULA = _("“{value}” looks like a formula: enter the plain value.")


@dataclass(frozen=True)
class RowFault:
    """What is wrong with one row: its number in the file, the fault, and the column's heading if one is to blame."""

    number: int
    fault: SvcError
    column: str | None = None

    def render(self, language: str = "en") -> str:
        """Give the sentence in `language`, the place before it."""
        place = _("Row {row}, {column}: {problem}") if self.column else _("Row {row}: {problem}")
        return translate(place, language, row=self.number, column=self.column, problem=self.fault.render(language))


@dataclass(frozen=True)
class Row:
    """One row: its number in the file and its values by canonical column name (absent columns: "")."""

    number: int
    values: dict[str, str]


class RosterError(InvalidInput):
    """A table cannot be taken; `faults` say which rows and columns are wrong. Nothing was stored."""

    code = "invalid_roster"

    def __init__(self, file_name: str, faults: Sequence[RowFault]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            _("{file}: {count} problems, nothing was stored. {first}"),
            file=file_name,
            count=len(self.faults),
            first=_both(self.faults[0]),
            faults=[
                {"row": fault.number, "column": fault.column, "message": _both(fault)}
                for fault in self.faults[:MAX_REPORTED]
            ],
        )


class DryRun(Exception):
    """Raised to leave a transaction that was only a rehearsal; `count` rows would have been stored."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


def _both(fault: RowFault) -> dict[str, str]:
    return {language: fault.render(language) for language in LANGUAGES}


def read_table(
    file_name: str, data: bytes, columns: Mapping[str, Sequence[str]], required: Iterable[str] = ()
) -> list[Row]:
    """Read an uploaded table.

    Parameters
    ----------
    file_name : str
        Name as uploaded; its ending (.xlsx, .csv, .txt) says how to read it.
    data : bytes
        Content, at most 5 MB and 20,000 rows.
    columns : mapping
        Canonical column name → the headings accepted for it (compared without case and outer white space).
    required : iterable of str
        Canonical names that must have a heading and a value in every row.

    Returns
    -------
    list of Row
        Rows with at least one value; empty rows are left out.

    Raises
    ------
    RosterError, InvalidInput
        Headings or values are missing, doubled, unknown, too long or formulas; the file as a whole cannot be read.

    Examples
    --------
    >>> rows = read_table("a.csv", "工号,姓名\\n007,李明".encode("gb18030"), {"number": ["工号"], "name": ["姓名"]})
    >>> rows[0].number, rows[0].values["number"]
    (2, '007')
    """
    if len(data) > MAX_BYTES:
        raise _too_large()
    grid = _xlsx(data) if file_name.lower().endswith((".xlsx", ".xlsm")) else _delimited(file_name, data)
    numbered = [(number, cells) for number, cells in enumerate(grid, start=1) if any(cell.text for cell in cells)]
    if len(numbered) < 2:
        raise InvalidInput(_("{file} holds no rows below its headings: fill it and upload it again."), file=file_name)
    wanted = tuple(required)
    order, faults = _headings(numbered[0], columns, wanted)
    if faults:
        raise RosterError(file_name, faults)
    rows = [_row(number, cells, order, columns, wanted, faults) for number, cells in numbered[1:]]
    if faults:
        raise RosterError(file_name, faults)
    return rows


def duplicates(rows: Iterable[Row], column: str, heading: str) -> list[RowFault]:
    """Find rows whose value of `column` has stood in an earlier row."""
    first: dict[str, int] = {}
    faults = []
    for row in rows:
        value = row.values[column]
        if value and value in first:
            text = _("“{value}” stands in row {earlier} already: remove one of them.")
            faults.append(_fault(row.number, heading, text, value=value, earlier=first[value]))
        first.setdefault(value, row.number)
    return faults


def _fault(number: int, column: str | None, text: str, **fields: Any) -> RowFault:
    return RowFault(number, InvalidInput(text, **fields), column)


@dataclass(frozen=True)
class _Cell:
    text: str
    formula: bool = False


def _too_large() -> InvalidInput:
    return InvalidInput(_("The file is larger than {limit} MB: split it."), limit=MAX_BYTES // 1024 // 1024)


def _too_many_rows() -> InvalidInput:
    return InvalidInput(_("The file has more than {limit} rows: split it."), limit=MAX_ROWS)


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _xlsx(data: bytes) -> list[list[_Cell]]:
    from openpyxl import load_workbook  # slow to import; defusedxml guards its parser

    try:
        _guard_archive(data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        return list(_within_limits([_xlsx_cell(cell) for cell in row] for row in sheet.iter_rows(max_col=MAX_COLUMNS)))
    except InvalidInput:
        raise
    except Exception as fault:
        raise InvalidInput(
            _("The file is no readable Excel workbook: open it in Excel and save it as .xlsx again.")
        ) from fault


def _guard_archive(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
            raise _too_large()


def _xlsx_cell(cell: Any) -> _Cell:
    value = cell.value
    if value is None:
        return _Cell("")
    if cell.data_type == "f":
        return _Cell(str(value), formula=True)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime | date):
        value = value.isoformat()[:10]
    return _Cell(str(value).strip(), formula=_dangerous(str(value)))


def _delimited(file_name: str, data: bytes) -> list[list[_Cell]]:
    if not file_name.lower().endswith((".csv", ".txt", ".tsv")):
        raise InvalidInput(_("{file} is neither .xlsx nor .csv: save it as one of them."), file=file_name)
    text = _text(data)
    if "\x00" in text:
        raise InvalidInput(_("{file} is no text: save it as CSV (UTF-8)."), file=file_name)
    heading = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return list(_within_limits([_Cell(cell.strip(), _dangerous(cell)) for cell in row] for row in reader))
    except csv.Error as fault:
        raise InvalidInput(
            _("{file}: row {row} is no CSV: check its quotation marks, or save the file as CSV again."),
            file=file_name, row=reader.line_num,
        ) from fault  # fmt: skip


def _text(data: bytes) -> str:
    utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(_("The file's characters cannot be read: save it as CSV in UTF-8 or GB18030."))


def _within_limits(grid: Iterable[list[_Cell]]) -> Iterator[list[_Cell]]:
    for count, cells in enumerate(grid):
        if count > MAX_ROWS:
            raise _too_many_rows()
        yield cells[:MAX_COLUMNS]


def _dangerous(value: str) -> bool:
    """Whether a spreadsheet would run the value; signed numbers and telephone numbers are harmless."""
    if value[:1] in ("=", "@", "\t", "\r"):
        return True
    return value[:1] in ("+", "-") and not value[1:].replace(".", "").replace(" ", "").replace("-", "").isdecimal()


# ── headings and rows ────────────────────────────────────────────────────────────────────────────────────────────────
def _headings(
    header: tuple[int, list[_Cell]], columns: Mapping[str, Sequence[str]], required: Sequence[str]
) -> tuple[list[str | None], list[RowFault]]:
    number, cells = header
    accepted = {_folded(name): canonical for canonical, names in columns.items() for name in (canonical, *names)}
    order = [accepted.get(_folded(cell.text)) for cell in cells]
    faults = [
        _fault(number, cell.text, _("This heading is not known; use {known}."), known=_known(columns))
        for cell, name in zip(cells, order, strict=True)
        if cell.text and name is None
    ]
    for name in columns:
        if order.count(name) > 1:
            faults.append(_fault(number, columns[name][0], _("The heading stands twice: remove one.")))
        if name in required and name not in order:
            faults.append(_fault(number, columns[name][0], _("The heading is missing: add the column.")))
    return order, faults


def _folded(heading: str) -> str:
    return heading.strip().casefold().replace(" ", "_")


def _known(columns: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(dict.fromkeys(name for names in columns.values() for name in names))


def _row(
    number: int,
    cells: list[_Cell],
    order: list[str | None],
    columns: Mapping[str, Sequence[str]],
    required: Sequence[str],
    faults: list[RowFault],
) -> Row:
    values = dict.fromkeys(columns, "")
    for cell, name in zip(cells, order, strict=False):
        if name is not None:
            values[name] = cell.text
            faults += _cell_faults(number, columns[name][0], cell)
    if any(cell.text for cell in cells[len(order) :]):
        faults.append(_fault(number, None, _("There are more values than headings.")))
    missing = [name for name in required if not values[name]]
    faults += [_fault(number, columns[name][0], _("The value is missing.")) for name in missing]
    return Row(number, values)


def _cell_faults(number: int, heading: str, cell: _Cell) -> list[RowFault]:
    if cell.formula:
        return [_fault(number, heading, FORMULA, value=cell.text[:40])]
    if len(cell.text) > MAX_CELL:
        return [_fault(number, heading, _("The value is longer than {limit} characters."), limit=MAX_CELL)]
    found = FORBIDDEN.search(cell.text)
    if found or "\n" in cell.text or "\t" in cell.text:
        shown = f"U+{ord(found[0] if found else min(cell.text)):04X}"
        return [_fault(number, heading, _("The character {character} is not allowed: remove it."), character=shown)]
    return []
