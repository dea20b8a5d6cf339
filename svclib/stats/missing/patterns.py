"""What is missing: by column and reason, and which answers are missing together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.columns import check_columns, check_frame, names_of
from svclib.stats.marks import _

MISSING = "missing"


def chosen(data: pd.DataFrame, columns: str | Sequence[str] | None) -> list[str]:
    """Check the frame and give the columns looked at: those named, or all."""
    names = list(check_frame(data).columns) if columns is None else names_of(columns)
    check_columns(data, names)
    if not names or not len(data):
        raise InvalidInput(_("There is nothing to look at: give a frame with rows, and name its columns."))
    return [str(name) for name in names]


def missing_summary(
    data: pd.DataFrame, columns: str | Sequence[str] | None = None, *, states: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Count what is missing in each column, by its reason where the states are given.

    Parameters
    ----------
    data : DataFrame
        One row a respondent.
    columns : list of str, optional
        All without it.
    states : DataFrame, optional
        Of `frames.states`: the same rows and columns, telling why a cell is empty. Cells of questions that were not
        shown (``not_shown``, ``not_presented``) count as not asked, not as missing.

    Returns
    -------
    DataFrame
        A row a column: ``column, asked, answered, missing, share`` (missing of asked), then one column for each reason
        that occurs.

    Examples
    --------
    >>> answers = pd.DataFrame({"wait": [1.0, None, 3, None], "staff": [4.0, 5, 5, 4]})
    >>> missing_summary(answers)[["column", "missing", "share"]].values.tolist()
    [['wait', 2, 0.5], ['staff', 0, 0.0]]
    """
    names = chosen(data, columns)
    empty = data[names].isna().to_numpy()
    reasons = _reasons(data, names, states)
    skipped = empty & np.isin(reasons, NOT_ASKED)
    missing = empty & ~skipped
    asked = len(data) - skipped.sum(axis=0)
    count = missing.sum(axis=0)
    share = np.divide(count, asked, out=np.zeros(len(names)), where=asked > 0)
    frame = pd.DataFrame({"column": names, "asked": asked, "answered": asked - count, "missing": count, "share": share})
    kinds = [str(kind) for kind in pd.unique(reasons[missing])] if states is not None else []
    for kind in sorted(kinds):
        frame[kind] = (missing & (reasons == kind)).sum(axis=0)
    return frame


NOT_ASKED = ("not_shown", "not_presented")
"""States of cells whose question was never put."""


def _reasons(data: pd.DataFrame, names: list[str], states: pd.DataFrame | None) -> np.ndarray:
    if states is None:
        return np.full((len(data), len(names)), MISSING, dtype=object)
    check_columns(check_frame(states), names)
    if not data.index.isin(states.index).all():
        raise InvalidInput(_("The states lack some rows of the frame; give both of the same respondents."))
    return states.reindex(data.index)[names].astype(object).fillna(MISSING).to_numpy()


def missing_patterns(data: pd.DataFrame, columns: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Count which answers are missing together.

    Parameters
    ----------
    data, columns
        As in `missing_summary`.

    Returns
    -------
    DataFrame
        A row a pattern, the most frequent first: ``n, share, missing`` (how many columns), then each column: True
        where it is missing.

    Examples
    --------
    >>> answers = pd.DataFrame({"wait": [1.0, None, 3, None], "staff": [4.0, 5, 5, 4]})
    >>> missing_patterns(answers)[["n", "wait"]].values.tolist()
    [[2, False], [2, True]]
    """
    names = chosen(data, columns)
    taken = [name for name in names if name in ("n", "share", MISSING)]
    if taken:
        raise InvalidInput(_('The column "{column}" has the name of a result; rename it.'), column=taken[0])
    empty = data[names].isna()
    counts = empty.groupby(names, sort=False).size().rename("n").reset_index()
    counts["missing"] = counts[names].sum(axis=1)
    counts = counts.sort_values(["n", "missing"], ascending=[False, True], kind="stable").reset_index(drop=True)
    counts["share"] = counts["n"] / len(data)
    return counts[["n", "share", "missing", *names]]
