"""Means, shares, totals, ratios, variances and quantiles of a frame (a simple random sample) or of a design."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats
from svclib.stats.columns import check_columns, check_frame
from svclib.stats.design.bounded import check_scale
from svclib.stats.design.descriptive import categories, indicator, share_estimates
from svclib.stats.design.survey import Design, design_of
from svclib.stats.design.values import Data, Names, answers_of, means, shares
from svclib.stats.estimate import MIN_DISTRIBUTION, MIN_MEAN
from svclib.stats.samples import with_values


def mean(
    data: Data,
    column: str,
    *,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
    scale: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Estimate the mean of `column`, with a t interval.

    Weighted means have linearised standard errors; ``df`` is the number of answers less one, of a design its clusters
    less its strata.

    Parameters
    ----------
    data : DataFrame or Design
        One row a respondent.
    column : str
        Column of numbers.
    by : str or list of str, optional
        One row a group.
    weights : str, optional
        Column of weights, of a frame.
    level : float
    min_n : int
        Cells of fewer answers carry the note that they should not be published (`svclib.stats.suppress` hides them).
    scale : (lowest, highest), optional
        Ends of the scale of a rating. The interval is then the score interval on that scale, which holds for a few
        answers near its end, where t falls short (`svclib.stats.design.bounded.bounded_interval`), and is there when
        all answers are equal.

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`; of a design a last column ``deff``, the design effect.

    Raises
    ------
    InvalidInput
        Naming the column that is absent, holds no numbers, or leaves the scale.

    Examples
    --------
    >>> rows = mean(pd.DataFrame({"wait": [4.0, 6.0, 8.0, 5.0, 7.0]}), "wait")
    >>> rows[["estimate", "low", "high", "n"]].round(2).values.tolist()
    [[6.0, 4.04, 7.96, 5.0]]
    """
    ends = None if scale is None else check_scale(scale)
    values = answers_of(data, column, ends)
    return means(data, values, column, by=by, weights=weights, level=level, min_n=min_n, scale=ends)


def proportion(
    data: Data,
    column: str,
    *,
    success: Any = None,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int | None = None,
) -> pd.DataFrame:
    """Estimate the share of each value of `column`, or of the values in `success`, with Wilson intervals.

    Parameters
    ----------
    data, column, by, weights, level
        As in `mean`; the column may hold text, categories, numbers or booleans.
    success : value or list of values, optional
        Counted together as one share whose ``term`` is the column. Without it one row a value (a category without
        answers is 0); of a boolean column the share of ``True``.
    min_n : int, optional
        Default 5 for one share and 8 for a distribution.

    Returns
    -------
    DataFrame
        As of `mean`; with weights, strata or clusters the interval takes the effective number of answers.

    Examples
    --------
    >>> visits = pd.DataFrame({"channel": ["app"] * 6 + ["branch"] * 4})
    >>> proportion(visits, "channel")[["term", "estimate", "n"]].values.tolist()
    [['app', 0.6, 10], ['branch', 0.4, 10]]
    """
    if isinstance(data, Design):
        design = design_of(data, weights)
        return design.proportion(column, success=success, by=by, level=level, min_n=min_n).frame
    check_columns(check_frame(data), [column])
    if success is None and pd.api.types.is_bool_dtype(data[column].dtype):
        success = True
    if success is not None:
        hits, least = indicator(data[column], success), min_n or MIN_MEAN
        return shares(data, hits, column, by=by, weights=weights, level=level, min_n=least)
    return _distribution(data, column, by, weights, level, min_n or MIN_DISTRIBUTION)


def _distribution(
    data: pd.DataFrame, column: str, by: Names | None, weights: str | None, level: float, min_n: int
) -> pd.DataFrame:
    rows = []
    for value in categories(data[column]):
        answers = with_values(data, indicator(data[column], value), by, weights)
        rows.append(share_estimates(answers, answers.values, str(value), level=level, min_n=min_n))
    if not rows:
        answers = with_values(data, _unknown(data), by, weights)
        return share_estimates(answers, answers.values, column, level=level, min_n=min_n)
    return pd.concat(rows).sort_index(kind="stable").reset_index(drop=True)


def _unknown(data: pd.DataFrame) -> Floats:
    return np.full(len(data), np.nan)


def total(
    data: Data,
    column: str,
    *,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the total of `column` in the population, Σwy, with a t interval.

    Parameters
    ----------
    data, column, by, weights, level, min_n
        As in `mean`; without weights each respondent counts once.

    Examples
    --------
    >>> visits = pd.DataFrame({"visits": [1.0, 2, 3, 2, 2], "weight": [10.0] * 5})
    >>> total(visits, "visits", weights="weight")["estimate"].item()
    100.0
    """
    return design_of(data, weights).total(column, by=by, level=level, min_n=min_n).frame


def ratio(
    data: Data,
    numerator: str,
    denominator: str,
    *,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the ratio of two totals, Σwy / Σwx, with a linearised t interval.

    Parameters
    ----------
    numerator, denominator : str
        Columns of numbers.
    data, by, weights, level, min_n
        As in `mean`.

    Examples
    --------
    >>> desks = pd.DataFrame({"served": [10.0, 12, 8, 9, 11], "hours": [2.0, 3, 2, 2, 1]})
    >>> ratio(desks, "served", "hours")["estimate"].item()
    5.0
    """
    return design_of(data, weights).ratio(numerator, denominator, by=by, level=level, min_n=min_n).frame


def variance(
    data: Data,
    column: str,
    *,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the variance of `column` in the population, with a linearised t interval.

    Parameters
    ----------
    data, column, by, weights, level, min_n
        As in `mean`.

    Examples
    --------
    >>> variance(pd.DataFrame({"wait": [4.0, 6.0, 8.0, 5.0, 7.0]}), "wait")["estimate"].item()
    2.5
    """
    return design_of(data, weights).variance(column, by=by, level=level, min_n=min_n).frame


def quantile(
    data: Data,
    column: str,
    shares: float | Sequence[float] = 0.5,
    *,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    rule: str = "math",
    method: str = "mean",
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate quantiles of `column`, with Woodruff's interval.

    Parameters
    ----------
    data, column, by, weights, level, min_n
        As in `mean`.
    shares : float or list of float
        0.5 is the median.
    rule, method : str
        As in `svclib.stats.design.survey.Design.quantile`.

    Examples
    --------
    >>> quantile(pd.DataFrame({"wait": [4.0, 6, 8, 5, 7]}), "wait")["estimate"].item()
    6.0
    """
    design = design_of(data, weights)
    return design.quantile(column, shares, by=by, level=level, rule=rule, method=method, min_n=min_n)
