"""How a survey was sampled, and what its respondents wrote."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection

from svclib.frames.columns import raw_cells
from svclib.frames.responses import labels, moments, read_sheets
from svclib.frames.view import View

_ROLES = {"weights": "weight", "strata": "stratum", "cluster": "cluster", "fpc": "fpc"}


def design(frame: pd.DataFrame) -> dict[str, Any]:
    """Tell which columns of a survey's frame describe its sampling: the keywords of ``stats.Design``.

    Parameters
    ----------
    frame : DataFrame
        Of `svclib.frames.responses`.

    Returns
    -------
    dict
        ``weights, strata, cluster, fpc``: the column's name where it says anything (a weight
        other than 1, any stratum), else None; ``source``: the sources that occur.
    """
    told = {role: name if _tells(frame[name]) else None for role, name in _ROLES.items()}
    return {**told, "source": [str(one) for one in frame["source"].cat.remove_unused_categories().cat.categories]}


def _tells(values: pd.Series) -> bool:
    return bool((values != 1).any()) if values.name == "weight" else bool(values.notna().any())


def comments(connection: Connection, survey: str, view: View) -> pd.DataFrame:
    """Give what respondents wrote in their own words, one row a text.

    Returns
    -------
    DataFrame
        ``response_id, question, text, language, channel, branch, submitted_at``.
    """
    sheets = read_sheets(connection, survey, view)
    fetched = sheets.fetched
    kept: list[tuple[int, str, str]] = []
    for column in sheets.columns:
        if column.kind == "text":
            cells = raw_cells(column, sheets.answers)
            kept += [(row, column.name, cell) for row, cell in enumerate(cells) if isinstance(cell, str) and cell]
    rows = [row for row, _name, _text in kept]
    picked = {name: [fetched[name][row] for row in rows] for name in ("id", "language", "channel", "branch")}
    at = moments(
        [fetched["submitted_at"][row] for row in rows], [fetched["submitted_on"][row] for row in rows], view.zone
    )
    return pd.DataFrame({
        "response_id": pd.array(picked["id"], dtype="str"),
        "question": labels([name for _row, name, _text in kept]),
        "text": pd.array([text for _row, _name, text in kept], dtype="str"),
        **{name: labels(picked[name]) for name in ("language", "channel", "branch")},
        "submitted_at": at,
    })  # fmt: skip
