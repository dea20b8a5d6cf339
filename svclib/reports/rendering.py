"""From a notebook to a page that can be mailed and printed: run it, export it, write HTML and PDF."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from svclib.errors import InvalidInput
from svclib.i18n import _, language_of
from svclib.reports import execution, export, pdf
from svclib.reports.errors import UnknownReport

Format = Literal["html", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "pdf")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_UNSAFE = re.compile(r"[^\w\-]+")


@dataclass(frozen=True)
class Rendered:
    """The files of a report.

    Attributes
    ----------
    files : mapping of {"html", "pdf"} to Path
    seconds : float
        Time it took.
    """

    files: Mapping[str, Path]
    seconds: float

    @property
    def html(self) -> Path | None:
        """The page, if it was asked for."""
        return self.files.get("html")

    @property
    def pdf(self) -> Path | None:
        """The printable file, if it was asked for."""
        return self.files.get("pdf")


def render(
    name: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    home: Path | str,
    to: Sequence[Format] = ("html",),
    connect_env: Mapping[str, str] | None = None,
    folder: Path | str | None = None,
    notebooks: Path | str | None = None,
    timeout: int = 300,
    progress: execution.Progress | None = None,
) -> Rendered:
    """Run ``notebooks/reports/NAME.ipynb`` and write it as self-contained HTML and as PDF.

    Parameters
    ----------
    name : str
        Name of the report, such as ``monthly_quality``.
    parameters : mapping, optional
        Values for names that the notebook's cell tagged ``parameters`` assigns; text, numbers, booleans or None.
    home : Path
        Folder of the installation.
    to : list of {"html", "pdf"}
    connect_env : mapping, optional
        Variables by which the kernel's `svclib.connect` finds the server and its secret. Nothing else of this process'
        environment reaches the kernel but paths and the time zone.
    folder : Path, optional
        Where the files go; by default ``home/reports``.
    notebooks : Path, optional
        Folder to take the notebook from instead of the usual ones.
    timeout : int
        Seconds a cell may take.
    progress : callable, optional
        Told after each cell how many are done and how many there are.

    Returns
    -------
    Rendered

    Raises
    ------
    UnknownReport, WrongParameter, ReportFailed, NoPango
    """
    started = time.monotonic()
    wrong = [kind for kind in to if kind not in FORMATS]
    if wrong:
        raise InvalidInput(_("A report can be written as html or pdf, not as {kind}."), kind=wrong[0])
    if "pdf" in to:
        pdf.check()
    given = dict(parameters or {})
    language = language_of(given.get("language"))
    notebook = execution.run(find(name, home, notebooks), given, dict(connect_env or {}), timeout, progress)
    page = export.page(notebook, language=language, name=name)
    stem = _stem(name, given)
    target = Path(folder) if folder else Path(home) / "reports"
    target.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    if "html" in to:
        files["html"] = _write(target / f"{stem}.html", export.self_contained(page).encode())
    if "pdf" in to:
        files["pdf"] = _write(target / f"{stem}.pdf", pdf.write(page))
    return Rendered(files, time.monotonic() - started)


def find(name: str, home: Path | str, notebooks: Path | str | None = None) -> Path:
    """Find the notebook of a report: in the folder given, under `home`, in the project, or where one stands."""
    if not _NAME.fullmatch(name):
        raise UnknownReport(_("There is no report {name}; a name has letters, digits and underscores."), name=name)
    project = Path(__file__).parents[2]
    usual = [base / "notebooks" / "reports" for base in (Path(home), project, Path.cwd())]
    for folder in [Path(notebooks)] if notebooks else usual:
        path = folder / f"{name}.ipynb"
        if path.is_file():
            return path
    raise UnknownReport(_("There is no report {name}; looked for notebooks/reports/{name}.ipynb."), name=name)


def _stem(name: str, parameters: Mapping[str, Any]) -> str:
    """Name the files by the parameters' values, so that reports of two months lie side by side."""
    values = [str(value) for value in parameters.values() if value is not None]
    return "_".join([name, *(_UNSAFE.sub("-", value)[:40] for value in values)])


def _write(path: Path, content: bytes) -> Path:
    """Write beside and rename, so that nobody reads half a report."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(content)
    part.replace(path)
    return path
