"""Running a report's notebook: parameters in, a small environment, failures that name the cell."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat

from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound, NotSignedIn, SvcError, Unavailable
from svclib.i18n import _
from svclib.reports.errors import ReportFailed, WrongParameter
from svclib.reports.parts import RENDERING

TAG = "parameters"
PASSED = ("PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ", "LANG", "SVC_TZ", "VIRTUAL_ENV")
"""Variables of this process that a report's kernel gets; secrets and settings of the store are not among them."""

Progress = Callable[[int, int], None]
"""Told how many cells are done, and how many there are."""

OURS = frozenset(one.__name__ for one in (AccessDenied, Conflict, InvalidInput, NotFound, NotSignedIn, Unavailable))
"""Errors of a kernel whose message is meant for people."""

_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def run(
    path: Path, parameters: Mapping[str, Any], connect_env: Mapping[str, str], timeout: int,
    progress: Progress | None = None,
) -> Any:  # fmt: skip
    """Run the notebook at `path` and give it with its outputs.

    Raises
    ------
    WrongParameter
        If the notebook does not take a parameter.
    ReportFailed
        Naming the cell and what went wrong.
    """
    notebook = nbformat.read(path, as_version=4)
    inject(notebook, parameters, path.stem)
    _execute(notebook, path, environment(connect_env), timeout, progress)
    return notebook


def environment(connect_env: Mapping[str, str]) -> dict[str, str]:
    """Make the kernel's environment."""
    passed = {name: os.environ[name] for name in PASSED if name in os.environ}
    return {**passed, **_THREADS, "PYTHONWARNINGS": "ignore", RENDERING: "1", **connect_env}


def inject(notebook: Any, parameters: Mapping[str, Any], name: str) -> None:
    """Put a cell with the parameters behind the one tagged ``parameters``."""
    position, known = _parameters(notebook)
    for key, value in parameters.items():
        if key not in known:
            raise WrongParameter(
                _("The report {report} takes no parameter {parameter}; it takes {known}."),
                report=name,
                parameter=key,
                known=", ".join(known) or "none",
            )
        if not isinstance(value, str | int | float | bool | None):
            raise WrongParameter(_("The parameter {parameter} must be text, a number, or empty."), parameter=key)
    if parameters:
        source = "\n".join(f"{key} = {value!r}" for key, value in parameters.items())
        cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["injected-parameters"]})
        notebook.cells.insert(position + 1, cell)


def _parameters(notebook: Any) -> tuple[int, list[str]]:
    """Find the tagged cell and the names it assigns."""
    for position, cell in enumerate(notebook.cells):
        if TAG in cell.metadata.get("tags", []):
            statements = ast.parse(cell.source).body
            targets = [node.targets for node in statements if isinstance(node, ast.Assign)]
            return position, [one.id for several in targets for one in several if isinstance(one, ast.Name)]
    return -1, []


def _execute(notebook: Any, path: Path, env: dict[str, str], timeout: int, progress: Progress | None) -> None:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    if progress is not None:
        count = len(notebook.cells)
        client.on_cell_complete = lambda cell, cell_index: progress(cell_index + 1, count)
    try:
        client.execute(env=env, stderr=subprocess.DEVNULL)
    except CellTimeoutError as fault:
        raise ReportFailed(
            _("The report {report} took longer than {seconds} seconds in one cell."), report=path.stem, seconds=timeout
        ) from fault
    except (CellExecutionError, DeadKernelError, RuntimeError) as fault:
        raise _failure(notebook, path.stem, fault) from fault


def _failure(notebook: Any, report: str, fault: Exception) -> SvcError:
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                if output.ename in OURS:  # says itself what is missing; which cell asked is of no use to the reader
                    return ReportFailed(output.evalue[:400])
                why = f"{output.ename}: {output.evalue}"
                text = _("The report {report} failed in cell {cell}: {why}")
                return ReportFailed(text, report=report, cell=number, why=why[:400])
    return ReportFailed(_("The report {report} failed: its kernel died."), report=report, why=str(fault)[:200])
