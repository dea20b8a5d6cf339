"""Coefficient alpha with Feldt's interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.columns import check_frame, matrix, names_of
from svclib.stats.estimate import MIN_MEAN, Note, cell_notes, check_level, estimates
from svclib.stats.intervals import feldt
from svclib.stats.marks import _
from svclib.stats.samples import groups

Missing = Literal["complete", "pairwise"]


def alpha(
    data: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
    missing: Missing = "complete",
    term: str = "alpha",
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate coefficient alpha of the items, with Feldt's interval.

    α = k / (k − 1) · (1 − Σ item variances / variance of the sum) (Cronbach 1951). The standard error is that of
    Duhachek and Iacobucci (2004), free of normality of the items' means only in large samples.

    Parameters
    ----------
    data : DataFrame
        Respondents × items.
    items : list of str, optional
        The items' columns; without them all columns but those of `by`.
    by : str or list of str, optional
    level : float
    missing : {"complete", "pairwise"}
        Respondents with every item, or covariances of each pair of items (then ``n`` counts who answered any).
    term : str
        Name of the scale in the result.
    min_n : int

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`; ``df`` is ``n − 1``.

    Examples
    --------
    >>> scale = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [1, 2, 3, 4, 5], "c": [2, 2, 3, 4, 5]})
    >>> alpha(scale)["estimate"].round(3).item()
    0.99
    """
    check_level(level)
    if missing not in ("complete", "pairwise"):
        raise InvalidInput(_('missing is {value}; give "complete" or "pairwise".'), value=repr(missing))
    check_frame(data)
    keys_by = names_of(by)
    names, values = matrix(data, items if items is not None else [c for c in data.columns if c not in keys_by])
    group, keys = groups(data, keys_by)
    results = [reliability(values[group == row], missing) for row in range(len(keys))]
    intervals = [feldt(r.alpha, r.n, len(names), level) for r in results]
    n = np.array([r.n for r in results], dtype=float)
    return estimates(
        keys,
        term=term,
        estimate=[r.alpha for r in results],
        std_error=[r.std_error for r in results],
        low=[low for low, _ in intervals],
        high=[high for _, high in intervals],
        n=n,
        level=level,
        df=np.maximum(n - 1, 0),
        method=f"Feldt, {missing}",
        note=[r.note or note for r, note in zip(results, cell_notes(n, min_n), strict=True)],
    )


@dataclass(frozen=True)
class Reliability:
    """Alpha of one group, and of the scale without each item."""

    alpha: float
    std_error: float
    n: int
    if_deleted: Floats
    note: str


def reliability(values: Floats, missing: Missing = "complete") -> Reliability:
    """Compute alpha of respondents × items, NaN with a note where it cannot be told."""
    answered = ~np.isnan(values)
    rows = answered.all(axis=1) if missing == "complete" else answered.any(axis=1)
    n, items = int(rows.sum()), values.shape[1]
    if items < 2 or n < 2:
        return Reliability(np.nan, np.nan, n, np.full(items, np.nan), Note.TWO_NEEDED if n else Note.NO_ANSWERS)
    cov = covariance(values[rows])
    if np.isnan(cov).any():
        return Reliability(np.nan, np.nan, n, np.full(items, np.nan), Note.NOT_TOGETHER)
    if cov.sum() <= 0:
        return Reliability(np.nan, np.nan, n, np.full(items, np.nan), Note.NO_VARIANCE)
    deleted = np.array([alpha_of(np.delete(np.delete(cov, i, 0), i, 1)) for i in range(items)])
    return Reliability(alpha_of(cov), _std_error(cov, n), n, deleted, _note(cov, n, answered.any(axis=1).sum()))


def covariance(values: Floats) -> Floats:
    """Covariances of the columns over the rows where both are there; NaN where fewer than two rows are.

    Complete data give the usual matrix.
    """
    there = (~np.isnan(values)).astype(float)
    filled = np.nan_to_num(values - np.nan_to_num(_column_means(values)))
    n = there.T @ there
    sums = filled.T @ there
    cross = filled.T @ filled
    return ratio(cross - sums * sums.T / np.maximum(n, 1), np.where(n >= 2, n - 1, 0))


def _column_means(values: Floats) -> Floats:
    there = ~np.isnan(values)
    return ratio(np.where(there, values, 0).sum(axis=0), there.sum(axis=0))


def alpha_of(cov: Floats) -> float:
    """Alpha from a covariance matrix; NaN with fewer than two items or no variance."""
    items, total = len(cov), float(cov.sum())
    if items < 2 or total <= 0:
        return float("nan")
    return items / (items - 1) * (1 - float(np.trace(cov)) / total)


def _std_error(cov: Floats, n: int) -> float:
    items, total, trace = len(cov), cov.sum(), np.trace(cov)
    square = cov @ cov
    inner = total * (np.trace(square) + trace**2) - 2 * trace * square.sum()
    q = 2 * items**2 / ((items - 1) ** 2 * total**3) * inner
    return float(np.sqrt(max(q, 0) / n))


def _note(cov: Floats, n: int, answered: int) -> str:
    rest = cov.sum(axis=1) - np.diag(cov)
    if (rest < 0).any():
        return Note.REVERSED
    return Note.ROWS_LEFT_OUT if n < 0.9 * answered else Note.NONE
