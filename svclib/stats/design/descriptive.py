"""Means and shares, with intervals that hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats
from svclib.stats.columns import check_columns, check_frame
from svclib.stats.estimate import MIN_DISTRIBUTION, MIN_MEAN, Note, cell_notes, check_level, estimates
from svclib.stats.intervals import t_interval, wilson
from svclib.stats.samples import Sample, sample, with_values


def mean(
    data: pd.DataFrame,
    column: str,
    *,
    by: str | Sequence[str] | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the mean of `column`, with a t interval.

    Weighted means have linearised standard errors; ``df`` is the number of answers less one.

    Parameters
    ----------
    data : DataFrame
        One row a respondent.
    column : str
        Column of numbers.
    by : str or list of str, optional
        One row a group.
    weights : str, optional
        Column of weights.
    level : float
    min_n : int
        Cells of fewer answers carry the note that they should not be published (`svclib.stats.suppress` hides them).

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`.

    Raises
    ------
    InvalidInput
        Naming the column that is absent or holds no numbers.

    Examples
    --------
    >>> rows = mean(pd.DataFrame({"wait": [4.0, 6.0, 8.0, 5.0, 7.0]}), "wait")
    >>> rows[["estimate", "low", "high", "n"]].round(2).values.tolist()
    [[6.0, 4.04, 7.96, 5.0]]
    """
    return mean_estimates(sample(data, column, by, weights), column, level=level, min_n=min_n)


def mean_estimates(answers: Sample, term: Any, *, level: float, min_n: int) -> pd.DataFrame:
    """Estimate the mean of a sample already read."""
    check_level(level)
    alike = answers.alike
    estimate, error = answers.mean(answers.values), answers.linearised_error(answers.values)
    error = np.where(alike, 0.0, error)
    low, high = t_interval(estimate, np.where(alike, np.nan, error), answers.n - 1, level)
    notes = cell_notes(answers.n, min_n, interval=True)
    return estimates(
        answers.keys,
        term=term,
        estimate=estimate,
        std_error=error,
        low=low,
        high=high,
        n=answers.n,
        level=level,
        df=np.maximum(answers.n - 1, 0),
        method="t, linearised" if answers.weighted else "t",
        note=[Note.ALL_EQUAL if same and not note else note for note, same in zip(notes, alike, strict=True)],
    )


def proportion(
    data: pd.DataFrame,
    column: str,
    *,
    success: Any = None,
    by: str | Sequence[str] | None = None,
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

    Examples
    --------
    >>> visits = pd.DataFrame({"channel": ["app"] * 6 + ["branch"] * 4})
    >>> proportion(visits, "channel")[["term", "estimate", "n"]].values.tolist()
    [['app', 0.6, 10], ['branch', 0.4, 10]]
    """
    check_columns(check_frame(data), [column])
    if success is None and pd.api.types.is_bool_dtype(data[column].dtype):
        success = True
    if success is not None:
        answers = with_values(data, indicator(data[column], success), by, weights)
        return share_estimates(answers, answers.values, column, level=level, min_n=min_n or MIN_MEAN)
    return _distribution(data, column, by, weights, level, min_n or MIN_DISTRIBUTION)


def _distribution(
    data: pd.DataFrame, column: str, by: str | Sequence[str] | None, weights: str | None, level: float, min_n: int
) -> pd.DataFrame:
    rows = []
    for value in categories(data[column]):
        answers = with_values(data, indicator(data[column], value), by, weights)
        rows.append(share_estimates(answers, answers.values, str(value), level=level, min_n=min_n))
    if not rows:
        answers = with_values(data, np.full(len(data), np.nan), by, weights)
        return share_estimates(answers, answers.values, column, level=level, min_n=min_n)
    return pd.concat(rows).sort_index(kind="stable").reset_index(drop=True)


def share_estimates(answers: Sample, counted: Floats, term: Any, *, level: float, min_n: int) -> pd.DataFrame:
    """Estimate the share of ones in `counted`, which belongs to the answers of a sample."""
    check_level(level)
    share = np.clip(answers.mean(counted), 0, 1)
    effective = answers.effective_n
    low, high = wilson(share, effective, level)
    return estimates(
        answers.keys,
        term=term,
        estimate=share,
        std_error=np.sqrt(share * (1 - share) / np.where(effective > 0, effective, np.nan)),
        low=low,
        high=high,
        n=answers.n,
        level=level,
        method="Wilson, effective n" if answers.weighted else "Wilson",
        note=cell_notes(answers.n, min_n),
    )


def indicator(series: pd.Series, success: Any) -> Floats:
    """Tell of each answer whether it is `success` or one of the values in it: 1, 0, or missing."""
    wanted = list(success) if isinstance(success, list | tuple | set | frozenset) else [success]
    hit = series.isin(wanted).to_numpy(dtype=float)
    return np.where(series.isna().to_numpy(dtype=bool), np.nan, hit)


def categories(series: pd.Series) -> list[Any]:
    """Give the values of a column in order, of a categorical one also those nobody chose."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return list(series.cat.categories)
    found = series.dropna().unique().tolist()
    try:
        return sorted(found)
    except TypeError:
        return sorted(found, key=str)
