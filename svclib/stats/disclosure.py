"""Hiding small cells so that neither a look nor a subtraction finds a person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import check_columns, names_of
from svclib.stats.estimate import MIN_MEAN, Note

HIDDEN = ("estimate", "std_error", "low", "high", "n")


def suppress(
    frame: pd.DataFrame,
    *,
    within: str | Sequence[str] | None = None,
    min_n: int = MIN_MEAN,
    columns: Sequence[str] = HIDDEN,
    also: Sequence[bool] | pd.Series | None = None,
) -> pd.DataFrame:
    """Hide cells of fewer than `min_n` answers, and as many others as keep them from being worked out.

    Where a total is shown beside the cells, a single hidden cell is the total less the rest. So in each group of
    `within` (cells that add up to a shown total, such as the branches of a month) the smallest of the other cells are
    hidden too until at least two are hidden that hold at least `min_n` answers together.

    Call it on the whole table and filter afterwards: a filter applied first would hide other cells in other views,
    and two views could be subtracted.

    Parameters
    ----------
    frame : DataFrame
        Estimates; must have a column ``n``. Cells without any answer hide nothing and stay.
    within : str or list of str, optional
        Columns whose groups have a shown total.
    min_n : int
    columns : list of str
        Columns to blank.
    also : list of bool, optional
        Cells to hide for another reason, such as another table from which they could be worked out.

    Returns
    -------
    DataFrame
        A copy; hidden cells are missing and ``note`` says so. ``n`` becomes a nullable integer.

    Examples
    --------
    >>> cells = pd.DataFrame({"branch": list("abc"), "estimate": [0.5, 0.9, 0.8], "n": [2, 9, 40]})
    >>> suppress(cells)["n"].tolist()
    [<NA>, <NA>, 40]
    """
    check_columns(frame, ["n", *names_of(within)])
    counts = frame["n"].fillna(0).to_numpy(dtype=float)
    small = (counts > 0) & (counts < min_n)
    hidden = small.copy() if also is None else small | np.asarray(also, dtype=bool)
    for rows in _groups(frame, names_of(within)):
        hidden[rows] = _complement(counts[rows], hidden[rows], min_n)
    return _blank(frame, small, hidden, [name for name in columns if name in frame.columns])


def _groups(frame: pd.DataFrame, within: list[str]) -> list[np.ndarray]:
    if not within:
        return [np.arange(len(frame))]
    codes = frame.groupby(within, observed=True, dropna=False).ngroup().to_numpy()
    return [np.flatnonzero(codes == code) for code in np.unique(codes)]


def _complement(counts: Floats, small: Bools, min_n: int) -> Bools:
    hidden = small.copy()
    if not small.any():
        return hidden
    for row in np.argsort(np.where(hidden | (counts == 0), np.inf, counts), kind="stable"):
        enough = hidden.sum() >= 2 and counts[hidden].sum() >= min_n
        if enough or hidden[row] or counts[row] == 0:
            break
        hidden[row] = True
    return hidden


def _blank(frame: pd.DataFrame, small: Bools, hidden: Bools, columns: list[str]) -> pd.DataFrame:
    out = frame.copy()
    out["n"] = out["n"].astype("Int64")
    for name in columns:
        out[name] = out[name].mask(hidden)
    notes = out["note"] if "note" in out.columns else pd.Series("", index=out.index)
    reason = np.where(small, Note.SUPPRESSED.value, Note.COMPLEMENTARY.value)
    out["note"] = np.where(hidden, reason, notes.astype(object))
    return out
