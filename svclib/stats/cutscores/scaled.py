"""Scaled scores: the pass mark becomes 60, the highest score 100, and rounding never passes anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.cutscores.errors import binomial_error, binomial_length, given_error, plain_length
from svclib.stats.cutscores.reading import check_cut, passes, read_totals
from svclib.stats.marks import _


def scaled_scores(
    scores: Any,
    cut: float,
    highest: float | None = None,
    *,
    lowest: float = 0.0,
    to: tuple[float, float, float] = (0.0, 60.0, 100.0),
    kind: Literal["piecewise", "linear"] = "piecewise",
    digits: int = 0,
    sem: Any = None,
    reliability: float | None = None,
    points: Mapping[Any, float] | pd.Series | None = None,
) -> pd.DataFrame:
    """Map scores so that the pass mark becomes 60 and the highest score 100.

    Parameters
    ----------
    scores : Series, array or DataFrame
        Total scores, or candidates × items.
    cut : float
        Lowest score that passes.
    highest, lowest : float
        Ends of the scale; without `highest` that of the items, or the highest score.
    to : (float, float, float)
        What the lowest score, the mark and the highest score become.
    kind : {"piecewise", "linear"}
        Two lines that meet at the mark, or the one line through the mark and the highest score (cut off at the lowest).
    digits : int
        Decimals of the scaled score. Halves are rounded up, but a fail stays below the mark: 59.7 becomes 59.
    sem : float, Series or array, optional
        Standard errors of the scores; without them the binomial's of the effective length (of `reliability` or of the
        items' alpha).
    reliability, points
        As of `classification`.

    Returns
    -------
    DataFrame
        In the candidates' order and index: ``score, scaled, exact`` (before rounding), ``passed``, ``sem`` (of the
        score), ``scaled_sem`` (at the slope of the candidate's side).

    Raises
    ------
    InvalidInput
        If the mark does not lie between the ends, or `to` does not rise.

    Examples
    --------
    >>> scaled_scores(pd.Series([0, 11.9, 12, 16, 20]), 12, 20)["scaled"].tolist()
    [0.0, 59.0, 60.0, 80.0, 100.0]
    """
    if kind not in ("piecewise", "linear"):
        raise InvalidInput(_('kind is {value}; give "piecewise" or "linear".'), value=repr(kind))
    if not to[0] < to[1] < to[2]:
        raise InvalidInput(_("to is {value}; give three rising numbers, such as (0, 60, 100)."), value=str(to))
    if not 0 <= digits <= 10:
        raise InvalidInput(_("digits is {value}; give 0 to 10."), value=digits)
    read = read_totals(scores, points=points, lowest=lowest, highest=highest)
    mark = float(check_cut(cut, read.lowest, read.highest)[0])
    if mark >= read.highest:
        raise InvalidInput(
            _("The pass mark is the highest score, {highest}: nothing is left to scale above it."),
            highest=f"{read.highest:g}",
        )
    total = read.total
    exact, slope = _mapped(total, mark, read.lowest, read.highest, to, kind)
    passed = passes(total, mark)
    if sem is None:
        length = binomial_length(read, reliability)
        error = binomial_error(read, total, plain_length(read) if np.isnan(length) else length)
    else:
        error = given_error(sem, read.index)
    return pd.DataFrame(
        {
            "score": total,
            "scaled": _rounded(exact, passed, to[1], digits),
            "exact": exact,
            "passed": pd.Series(passed, dtype="boolean").mask(np.isnan(total)).array
            if np.isnan(total).any()
            else passed,
            "sem": np.where(np.isnan(total), np.nan, error),
            "scaled_sem": error * slope,
        },
        index=read.index,
    )


def _mapped(
    total: Floats, mark: float, lowest: float, highest: float, to: tuple[float, float, float], kind: str
) -> tuple[Floats, Floats]:
    above = (to[2] - to[1]) / (highest - mark)
    below = (to[1] - to[0]) / (mark - lowest) if kind == "piecewise" else above
    slope = np.where(np.isnan(total), np.nan, np.where(passes(total, mark), above, below))
    exact = to[1] + slope * (total - mark)
    return np.clip(exact, to[0], to[2]), slope


def _rounded(exact: Floats, passed: Any, mark: float, digits: int) -> Floats:
    """Round half up, and keep fails below and passes at or above the mark."""
    unit = 10.0**digits
    near = np.floor(exact * unit + 0.5 + 1e-9) / unit
    under = (np.ceil(mark * unit - 1e-9) - 1) / unit
    kept = np.where(passed, np.maximum(near, mark), np.minimum(near, under))
    return np.where(np.isnan(exact), np.nan, kept)
