"""Means and shares of a sample already read, with intervals that hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats
from svclib.stats.design.bounded import METHOD, Scale, bounded_interval
from svclib.stats.estimate import Note, cell_notes, check_level, estimates
from svclib.stats.intervals import t_interval, wilson
from svclib.stats.samples import Sample


def mean_estimates(answers: Sample, term: Any, *, level: float, min_n: int, scale: Scale | None = None) -> pd.DataFrame:
    """Estimate the mean of a sample, with a t interval, or on a `scale` with ends with the score interval."""
    check_level(level)
    alike = answers.alike
    estimate, error = answers.mean(answers.values), answers.linearised_error(answers.values)
    error, df = np.where(alike, 0.0, error), np.maximum(answers.n - 1, 0)
    if scale is None:
        low, high = t_interval(estimate, np.where(alike, np.nan, error), df, level)
        method = "t, linearised" if answers.weighted else "t"
    else:
        low, high = bounded_interval(estimate, error, df, answers.effective_n, scale, level)
        alike, method = np.zeros_like(alike), METHOD
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
        df=df,
        method=method,
        note=[Note.ALL_EQUAL if same and not note else note for note, same in zip(notes, alike, strict=True)],
    )


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
