"""Means and shares of values already computed, one a row, for a frame or a design alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats
from svclib.stats.columns import check_frame, check_range, numbers
from svclib.stats.design.bounded import METHOD, Scale, bounded_interval
from svclib.stats.design.descriptive import mean_estimates
from svclib.stats.design.descriptive import share_estimates as sample_shares
from svclib.stats.design.linear import Domains, linear_estimates, mean_column, notes, read
from svclib.stats.design.shares import kish, korn_graubard, share_estimates
from svclib.stats.design.survey import Design, design_of
from svclib.stats.samples import with_values

Data = pd.DataFrame | Design
Names = str | Sequence[str]


def frame_of(data: Data) -> pd.DataFrame:
    """Give the frame, a design's or itself."""
    return data.frame if isinstance(data, Design) else check_frame(data)


def answers_of(data: Data, column: str, scale: Scale | None = None) -> Floats:
    """Read a column of numbers, and see that the answers that count lie on the scale.

    Raises
    ------
    InvalidInput
        If the column is absent, is no number, or leaves the scale.
    """
    values = numbers(frame_of(data), column)
    if scale is not None:
        counted = values[data.sampling.inside] if isinstance(data, Design) else values
        check_range(counted, column, *scale)
    return values


def means(
    data: Data,
    values: Floats,
    term: str,
    *,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int,
    scale: Scale | None = None,
) -> pd.DataFrame:
    """Estimate the mean of `values`: the t interval, or on a `scale` with ends the score interval.

    Parameters
    ----------
    values : (rows,) float
        One for each row of the frame, or of the design's frame.
    term : str
    by, weights, level, min_n, scale
        As in `svclib.stats.mean`.
    """
    if not isinstance(data, Design):
        return mean_estimates(with_values(data, values, by, weights), term, level=level, min_n=min_n, scale=scale)
    parts = design_of(data, weights).domains(by)
    column = mean_column(term, values, parts)
    frame = linear_estimates([column], parts, level=level, min_n=min_n, method="t, linearised").frame
    if scale is not None:
        estimate, error, n, df = (frame[name].to_numpy(dtype=float) for name in ("estimate", "std_error", "n", "df"))
        fallback = korn_graubard(kish(column.valid, parts), n, df, level)
        low, high = bounded_interval(estimate, error, df, fallback, scale, level)
        told = n >= 2
        frame["low"], frame["high"] = np.where(told, low, np.nan), np.where(told, high, np.nan)
        frame["method"], frame["note"] = METHOD, edge_notes(n, df, min_n, parts)
    return frame


def shares(
    data: Data,
    hits: Floats,
    term: str,
    *,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int,
) -> pd.DataFrame:
    """Estimate the share of ones in `hits` (NaN where there is no answer), with Wilson's interval; as `means`."""
    if not isinstance(data, Design):
        answers = with_values(data, hits, by, weights)
        return sample_shares(answers, answers.values, term, level=level, min_n=min_n)
    parts = design_of(data, weights).domains(by)
    return share_estimates([mean_column(term, hits, parts)], parts, level=level, method="wilson", min_n=min_n).frame


def averages(data: Data, values: Floats, *, by: Names | None = None, weights: str | None = None) -> Floats:
    """Give the weighted mean of `values` by group, without an error."""
    if not isinstance(data, Design):
        answers = with_values(data, values, by, weights)
        return answers.mean(answers.values)
    parts = design_of(data, weights).domains(by)
    return parts.mean(*read(values, parts.sampling))


def edge_notes(n: Floats, df: Floats, min_n: int, parts: Domains) -> list[str]:
    """Say why rows have no interval, for methods that have one when all answers are equal."""
    return [str(note) for note in notes(n, df, np.zeros(len(n), dtype=np.bool_), min_n, opt_in=parts.opt_in)]
