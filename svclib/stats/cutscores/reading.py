"""Scores against a pass mark: who is there, what the scale is, whether the mark lies on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.columns import matrix
from svclib.stats.item_response.responses import read_responses
from svclib.stats.marks import _

SLACK = 1e-9
"""Scores are sums of shares of points: this much below a mark still reaches it."""
DEFAULT_MARKS = 400
"""Possible marks that are tried one by one; of more, evenly chosen ones."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Total scores of candidates.

    Attributes
    ----------
    total : array, shape (N,)
        NaN for who has no score.
    index : Index
        The candidates.
    lowest, highest : float
        Ends of the scale.
    items : array, shape (N, J), optional
        Points earned on each item, where items were given.
    names : tuple of str
        The items.
    points : array, shape (J,)
        Most points of each item.
    """

    total: Floats
    index: pd.Index
    lowest: float
    highest: float
    items: Floats | None = None
    names: tuple[str, ...] = ()
    points: Floats | None = None

    @property
    def known(self) -> Floats:
        """The totals that are there."""
        return np.asarray(self.total[~np.isnan(self.total)])

    @property
    def share(self) -> Floats:
        """Totals as shares of the scale, 0 to 1."""
        return (self.total - self.lowest) / (self.highest - self.lowest)


def read_totals(
    scores: Any, *, points: Any = None, lowest: float = 0.0, highest: float | None = None, name: str = "scores"
) -> Scores:
    """Read total scores (array, series or frame of one column), or items (a frame of several columns).

    Parameters
    ----------
    scores : Series, array or DataFrame
        A frame of several columns is candidates × items; the totals are its sums. A cell that is missing was not
        presented: the total is then the share of the points presented, on the scale of all.
    points : mapping of item to points, optional
        Most points of each item; the items then hold shares of them (0–1). Without it an item's most points are the
        highest seen.
    lowest, highest : float
        Ends of the scale of totals; without `highest` the sum of the items' points, or the highest total.
    """
    if isinstance(scores, pd.DataFrame) and scores.shape[1] != 1:
        return _of_items(scores, points)
    series = scores.iloc[:, 0] if isinstance(scores, pd.DataFrame) else scores
    if not isinstance(series, pd.Series):
        series = pd.Series(np.atleast_1d(np.asarray(series)).ravel())
    total = matrix(series.to_frame(name))[1][:, 0]
    if not len(total) or np.isnan(total).all():
        raise InvalidInput(_("There are no scores: give one total score a candidate, or candidates × items."))
    top = float(np.nanmax(total)) if highest is None else float(highest)
    outside = total[(total < lowest - SLACK) | (total > top + SLACK)]
    if len(outside):
        raise InvalidInput(
            _("There is a score of {value}, outside the scale {lowest}–{highest}; give the scale's ends."),
            value=f"{outside[0]:g}",
            lowest=f"{lowest:g}",
            highest=f"{top:g}",
        )
    return Scores(total, series.index, float(lowest), top)


def _of_items(frame: pd.DataFrame, points: Any) -> Scores:
    names, values = matrix(frame)
    if not len(frame) or np.isnan(values).all():
        raise InvalidInput(_("There are no scores: give one total score a candidate, or candidates × items."))
    if (values < 0).any():
        raise InvalidInput(_("An item has a score below 0; give the points earned."))
    there = ~np.isnan(values)
    most = np.where(there.any(axis=0), _points(names, values, points), 0.0)  # nobody met it: no part of the scale
    earned = values if points is None else values * most
    whole = float(most.sum())
    total = ratio(np.where(there, earned, 0).sum(axis=1), there @ most) * whole
    return Scores(total, frame.index, 0.0, whole, earned, tuple(names), most)


def _points(names: Sequence[str], values: Floats, points: Any) -> Floats:
    if points is None:
        there = ~np.isnan(values)
        seen = np.where(there, values, 0).max(axis=0)
        return np.maximum(seen, 1.0)
    given = pd.Series(points, dtype=float)
    given.index = given.index.astype(str)
    for name in names:
        if name not in given.index or not given[name] > 0:
            raise InvalidInput(_('The item "{item}" has no points above 0; add it to points=.'), item=name)
    if (values > 1 + SLACK).any():
        raise InvalidInput(_("With points= the items hold shares of them, from 0 to 1; divide by the points."))
    return given.loc[list(names)].to_numpy(dtype=float)


def whole_scores(scores: Any, highest: Any = None) -> tuple[tuple[str, ...], Floats, pd.Index]:
    """Read responses as whole scores for calibrated items: names, N × J with NaN, candidates."""
    read = read_responses(scores, highest=highest)
    codes = read.codes.astype(float)
    return read.names, np.where(codes < 0, np.nan, codes), read.index


def check_cut(cut: Any, lowest: float, highest: float) -> Floats:
    """Return the pass marks in rising order, each above the lowest and not above the highest score.

    Raises
    ------
    InvalidInput
        If a mark is no number, twice there or off the scale: nobody could fail, or nobody pass.
    """
    try:
        marks = np.atleast_1d(np.asarray(cut, dtype=float)).ravel()
    except (TypeError, ValueError):
        marks = np.zeros(0)
    if not len(marks) or not np.isfinite(marks).all():
        raise InvalidInput(_("The pass mark is {cut}; give a number, or a list of numbers."), cut=repr(cut)[:60])
    marks = np.sort(marks)
    if (np.diff(marks) <= 0).any():
        raise InvalidInput(_("The pass mark {cut} is there twice; give each once."), cut=f"{_double(marks):g}")
    off = marks[(marks <= lowest) | (marks > highest + SLACK)]
    if len(off):
        raise InvalidInput(
            _("The pass mark {cut} does not lie on the scale: give one above {lowest} and at most {highest}."),
            cut=f"{off[0]:g}",
            lowest=f"{lowest:g}",
            highest=f"{highest:g}",
        )
    return marks


def _double(marks: Floats) -> float:
    return float(marks[:-1][np.diff(marks) <= 0][0])


def passes(total: Floats, cut: float) -> Any:
    """Say who reaches the mark; rounding of sums is allowed for."""
    return total >= cut - SLACK
