"""CSAT, NPS and CES: the three usual measures, each with an interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.stats.columns import check_range
from svclib.stats.design.descriptive import mean_estimates, share_estimates
from svclib.stats.estimate import MIN_MEAN, cell_notes, check_level, estimates
from svclib.stats.intervals import share_difference
from svclib.stats.samples import sample

PROMOTER = 9
"""Lowest answer of a promoter on the scale 0–10 (Reichheld 2003)."""
DETRACTOR = 6
"""Highest answer of a detractor."""


def csat(
    data: pd.DataFrame,
    column: str,
    *,
    by: str | Sequence[str] | None = None,
    weights: str | None = None,
    level: float = 0.95,
    lowest: int = 1,
    highest: int = 5,
    boxes: int = 2,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the share of satisfied customers: the answers in the top `boxes` of the scale.

    The interval is Wilson's; with weights it uses Kish's effective number of answers.

    Parameters
    ----------
    data : DataFrame
        One row a response.
    column : str
        The rating.
    by : str or list of str, optional
        One row a group.
    weights : str, optional
        Column of weights.
    level : float
    lowest, highest : int
        Ends of the scale.
    boxes : int
        How many top points count as satisfied.
    min_n : int
        Cells of fewer answers carry a note.

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`; shares between 0 and 1.

    Raises
    ------
    InvalidInput
        If the column is absent, is no number, or leaves the scale.

    Examples
    --------
    >>> csat(pd.DataFrame({"overall": [5, 4, 4, 3, 5, 2]}), "overall")["estimate"].round(3).item()
    0.667
    """
    answers = sample(data, column, by, weights)
    check_range(answers.values, column, lowest, highest)
    satisfied = (answers.values > highest - boxes).astype(float)
    return share_estimates(answers, satisfied, column, level=level, min_n=min_n)


def nps(
    data: pd.DataFrame,
    column: str,
    *,
    by: str | Sequence[str] | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the net promoter score: 100 × (share of 9–10 less share of 0–6).

    The interval is the score interval of a difference of multinomial shares, which holds for small numbers of
    answers too (coverage in `svclib.stats.intervals.share_difference`); with weights it uses the effective number.

    Parameters
    ----------
    data, column, by, weights, level, min_n
        As in `csat`; the scale is 0–10.

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`; −100 to 100.

    Examples
    --------
    >>> nps(pd.DataFrame({"recommend": [10, 9, 8, 7, 3]}), "recommend")["estimate"].item()
    20.0
    """
    check_level(level)
    answers = sample(data, column, by, weights)
    check_range(answers.values, column, 0, 10)
    up = answers.mean((answers.values >= PROMOTER).astype(float))
    down = answers.mean((answers.values <= DETRACTOR).astype(float))
    effective = answers.effective_n
    low, high = share_difference(up, down, effective, level)
    variance = np.maximum(up + down - (up - down) ** 2, 0) / np.where(effective > 0, effective, np.nan)
    return estimates(
        answers.keys,
        term=column,
        estimate=100 * (up - down),
        std_error=100 * np.sqrt(variance),
        low=100 * low,
        high=100 * high,
        n=answers.n,
        level=level,
        method="score, effective n" if answers.weighted else "score",
        note=cell_notes(answers.n, min_n),
    )


def ces(
    data: pd.DataFrame,
    column: str,
    *,
    by: str | Sequence[str] | None = None,
    weights: str | None = None,
    level: float = 0.95,
    lowest: int = 1,
    highest: int = 7,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the customer effort score: the mean answer, with a t interval (linearised with weights).

    Parameters
    ----------
    data, column, by, weights, level, lowest, highest, min_n
        As in `csat`; the usual scale is 1–7.

    Examples
    --------
    >>> ces(pd.DataFrame({"effort": [7, 5, 6, 6, 6]}), "effort")["estimate"].item()
    6.0
    """
    answers = sample(data, column, by, weights)
    check_range(answers.values, column, lowest, highest)
    return mean_estimates(answers, column, level=level, min_n=min_n)
