"""Who passes, and what one point more or less would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.columns import names_of
from svclib.stats.cutscores.binomial import livingston_lewis
from svclib.stats.cutscores.errors import told_reliability
from svclib.stats.cutscores.reading import SLACK, Scores, check_cut, passes, read_totals
from svclib.stats.cutscores.resampling import parts_of, sums_of
from svclib.stats.estimate import MIN_MEAN, check_level, estimates
from svclib.stats.intervals import wilson
from svclib.stats.marks import _
from svclib.stats.samples import groups

HIDDEN = _("too few candidates to publish")
NOBODY = _("no scores")


def pass_rate(
    scores: Any,
    cut: float,
    *,
    by: pd.DataFrame | pd.Series | Sequence[str] | str | None = None,
    shifts: int | Sequence[float] = 3,
    reliability: float | None = None,
    points: Mapping[Any, float] | pd.Series | None = None,
    lowest: float = 0.0,
    highest: float | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the share that passes, at the mark and at marks a few points lower and higher.

    Parameters
    ----------
    scores : Series, array or DataFrame
        Total scores, or candidates × items.
    cut : float
        Lowest score that passes.
    by : Series or DataFrame, optional
        Groups of the candidates, in the same index or order. Names are columns of `scores`, if that is a frame.
    shifts : int or list of float
        Points by which the mark is moved: 3 is −3 … +3, 0 the mark alone. Marks off the scale are left out.
    reliability : float, optional
        For accuracy and consistency of totals; without it alpha of the items.
    points, lowest, highest
        As of `classification`.
    level, min_n
        Rows of fewer than `min_n` candidates carry the note that they should not be published.

    Returns
    -------
    DataFrame
        The `by` columns, ``shift, cut``, then an estimate of the ``pass rate`` (Wilson's interval), ``passed``
        (candidates), ``changed`` (how many more, or fewer, pass than at the mark itself), ``accuracy, consistency``
        (Livingston–Lewis, of all candidates together; see `classification`).

    Examples
    --------
    >>> totals = pd.Series([52, 55, 58, 59, 60, 60, 63, 70])
    >>> rows = pass_rate(totals, 60, shifts=1, highest=100)
    >>> rows[["shift", "passed", "changed"]].values.tolist()
    [[-1.0, 5.0, 1.0], [0.0, 4.0, 0.0], [1.0, 2.0, -2.0]]
    """
    check_level(level)
    scores, by = _split(scores, by)
    read = read_totals(scores, points=points, lowest=lowest, highest=highest)
    mark = float(check_cut(cut, read.lowest, read.highest)[0])
    moves = _moves(shifts, mark, read)
    keys, code = _grouped(by, read)
    there = ~np.isnan(read.total)
    n = np.bincount(code[there], minlength=len(keys)).astype(float)
    passed = np.stack(
        [np.bincount(code[there], passes(read.total[there], mark + one), len(keys)) for one in moves], axis=1
    )
    here = passed[:, moves == 0]
    share = ratio(passed, n[:, None])
    low, high = wilson(share, np.repeat(n[:, None], len(moves), axis=1), level)
    right = _accuracy(read, mark + moves, reliability)
    note = [NOBODY if count == 0 else HIDDEN if count < min_n else "" for count in n]
    repeated = keys.loc[keys.index.repeat(len(moves))].reset_index(drop=True)
    place = repeated.assign(shift=np.tile(moves, len(keys)), cut=np.tile(mark + moves, len(keys)))
    frame = estimates(
        place,
        term="pass rate",
        estimate=share.ravel(),
        std_error=np.sqrt(ratio(share * (1 - share), n[:, None])).ravel(),
        low=low.ravel(),
        high=high.ravel(),
        n=np.repeat(n, len(moves)),
        level=level,
        method="Wilson",
        note=np.repeat(np.array(note, dtype=object), len(moves)),
    )
    return frame.assign(
        passed=passed.ravel().astype(int),
        changed=(passed - here).ravel().astype(int),
        accuracy=np.tile(right[0], len(keys)),
        consistency=np.tile(right[1], len(keys)),
    )


def _split(scores: Any, by: Any) -> tuple[Any, Any]:
    """Take columns named by `by` out of a frame of scores."""
    if by is None or isinstance(by, pd.Series | pd.DataFrame):
        return scores, by
    if not isinstance(scores, pd.DataFrame):
        raise InvalidInput(_("by names columns, but scores is no frame; give by= as a series in the same order."))
    names = names_of(by)
    lost = [name for name in names if name not in scores.columns]
    if lost:
        raise InvalidInput(_('There is no column "{column}" to group by.'), column=lost[0])
    return scores.drop(columns=names), scores[names]


def _moves(shifts: int | Sequence[float], mark: float, read: Scores) -> Floats:
    given = np.arange(-shifts, shifts + 1.0) if isinstance(shifts, int) else np.asarray(shifts, dtype=float)
    moves = np.unique(np.append(given, 0.0))
    if not np.isfinite(moves).all():
        raise InvalidInput(
            _("shifts is {value}; give a whole number of 0 or more, or a list of points."), value=str(shifts)
        )
    kept = (mark + moves > read.lowest) & (mark + moves <= read.highest + SLACK)
    return np.asarray(moves[kept])


def _grouped(by: Any, read: Scores) -> tuple[pd.DataFrame, Any]:
    if by is None:
        return pd.DataFrame(index=range(1)), np.zeros(len(read.total), dtype=int)
    table = by.to_frame() if isinstance(by, pd.Series) else by
    if not table.index.equals(read.index):
        if len(table) != len(read.total) and not read.index.isin(table.index).all():
            raise InvalidInput(_("The groups do not fit the scores: give one row a candidate, in the same index."))
        if read.index.isin(table.index).all():
            table = table.reindex(read.index)
    table = table.set_axis([str(name) if name is not None else "group" for name in table.columns], axis=1)
    code, keys = groups(table.reset_index(drop=True), list(table.columns))
    return keys, code


def _accuracy(read: Scores, marks: Floats, reliability: float | None) -> tuple[Floats, Floats]:
    told = told_reliability(read, reliability)
    if not 0 < told <= 1 or len(read.known) < 2:
        return np.full(len(marks), np.nan), np.full(len(marks), np.nan)
    parts = parts_of(read, told, 1)
    shares = (marks - read.lowest) / (read.highest - read.lowest)
    found = livingston_lewis(sums_of(parts, np.ones((1, len(parts.n)))), shares, "4p")
    return found.marks["accuracy"][:, 0], found.marks["consistency"][:, 0]
