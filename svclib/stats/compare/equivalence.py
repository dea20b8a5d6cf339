"""Equivalence: that two groups do not differ by as much as would matter can be a finding."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from numbers import Real

import numpy as np
import pandas as pd
from scipy.special import stdtr

from svclib.errors import InvalidInput
from svclib.stats.compare.adjustment import Adjustment, adjusted, check_adjustment
from svclib.stats.compare.groups import CompareNote, Row, comparisons, named, read_groups
from svclib.stats.compare.means import welch
from svclib.stats.estimate import check_level
from svclib.stats.marks import _


class Finding(StrEnum):
    """What two tests say together; the texts are for people."""

    EQUIVALENT = _("no relevant difference")
    DIFFERENT = _("a difference that may be relevant")
    RELEVANT = _("a relevant difference")
    OPEN = _("open: the answers do not settle it")


def equivalence(
    data: pd.DataFrame,
    column: str,
    by: str,
    margin: float,
    *,
    adjust: Adjustment = "holm",
    level: float = 0.95,
) -> pd.DataFrame:
    """Test whether the means of `column` differ by less than `margin` between every two groups of `by`.

    Two one-sided Welch t tests (Schuirmann 1987), at 1 − `level` each: the means are equivalent if the interval at
    2 `level` − 1, which the frame gives, lies within ±`margin`. Whether there is a difference at all is told by
    Welch's two-sided test, so that a small difference shown with many answers is still no relevant one.

    Parameters
    ----------
    data : DataFrame
    column, by : str
        As of `compare_means`.
    margin : float
        Smallest difference that would matter, in units of the column, set before looking.
    adjust : {"holm", "bh", "bonferroni", "none"}
        How both tests allow for the number of pairs.
    level : float
        Above 0.5.

    Returns
    -------
    DataFrame
        A row a pair (see `svclib.stats.compare.groups`): ``level`` is 2 `level` − 1, ``statistic`` the t against the
        nearer margin, ``p_value`` the larger of the two; then ``p_adjusted``, ``margin``, ``p_difference`` (adjusted)
        and ``finding``, a text of `Finding`.

    Raises
    ------
    InvalidInput
        If the margin is no positive number; else as `compare_means`.

    Examples
    --------
    >>> scores = pd.DataFrame({"channel": ["app"] * 40 + ["web"] * 40, "csat": [3.0, 4, 4, 5] * 20})
    >>> equivalence(scores, "csat", "channel", 0.5)["finding"].tolist()
    ['no relevant difference']
    """
    _check(margin, level)
    check_adjustment(adjust)
    pairs = read_groups(data, column, by).pairs()
    width = 2 * level - 1
    tests = [named(welch(pair, width), pair) for pair in pairs]
    if not tests:
        tests = [Row("difference", "Welch t", 0, note=CompareNote.TWO_GROUPS)]
    within = [_within(test, float(margin)) for test in tests]
    out = comparisons(within, width)
    out["p_adjusted"] = adjusted(out["p_value"].to_numpy(), adjust)
    out["margin"] = float(margin)
    out["p_difference"] = adjusted(np.array([test.p_value for test in tests]), adjust)
    beyond = adjusted(np.array([_beyond(test, float(margin)) for test in tests]), adjust)
    told = zip(out["p_adjusted"], beyond, out["p_difference"], strict=True)
    out["finding"] = [_finding(*p_values, 1 - level) for p_values in told]
    return out


def _within(test: Row, margin: float) -> Row:
    """Test that the difference lies within the margin: the nearer margin decides."""
    t = (abs(test.estimate) - margin) / test.std_error
    return replace(test, method="two one-sided Welch t", statistic=t, p_value=float(stdtr(test.df, t)))


def _beyond(test: Row, margin: float) -> float:
    """P value of the test that the difference lies beyond the margin."""
    return float(stdtr(test.df, -(abs(test.estimate) - margin) / test.std_error))


def _finding(within: float, beyond: float, difference: float, alpha: float) -> str:
    if within <= alpha:
        return Finding.EQUIVALENT.value
    if beyond <= alpha:
        return Finding.RELEVANT.value
    return (Finding.DIFFERENT if difference <= alpha else Finding.OPEN).value


def _check(margin: float, level: float) -> None:
    check_level(level)
    if level <= 0.5:
        raise InvalidInput(_("level is {level}; a test of equivalence needs one above 0.5."), level=level)
    if isinstance(margin, bool) or not isinstance(margin, Real) or not 0 < margin < np.inf:
        raise InvalidInput(
            _("margin is {margin}; give the smallest difference that would matter, above 0, in units of the column."),
            margin=repr(margin)[:60],
        )
