"""Indices of careless answering as formulas on arrays: respondents × items, NaN where there is no answer.

They follow Meade and Craig (2012) and Dunn et al. (2018) as the R package careless documents them, except where a
docstring says otherwise; NaN where an index cannot be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from svclib.stats.arrays import Bools, Floats, Ints, ratio

LEAST_PAIRS = 3
"""A correlation of fewer pairs says nothing of a person."""
_CELLS = 4_000_000
"""Largest number of cells computed at once."""


def strings(values: Floats) -> tuple[Floats, Floats]:
    """Give the longest and the average run of equal answers, in the order of the items.

    An item without an answer is passed over and does not end a run.

    >>> longest, average = strings(np.array([[3.0, 3, 3, 1, 2, 2]]))
    >>> longest.tolist(), average.tolist()
    ([3.0], [2.0])
    """
    rows = len(values)
    last, run, longest, runs = np.full(rows, np.nan), np.zeros(rows), np.zeros(rows), np.zeros(rows)
    for column in values.T:
        given = ~np.isnan(column)
        same = given & (column == last)
        run = np.where(given, np.where(same, run + 1, 1), run)
        runs += given & ~same
        longest = np.maximum(longest, run)
        last = np.where(given, column, last)
    count = (~np.isnan(values)).sum(axis=1)
    return np.where(count > 0, longest, np.nan), ratio(count, runs)


def variability(values: Floats) -> Floats:
    """Give the standard deviation of a person's answers (IRV, Dunn et al. 2018); exactly 0 where all are equal."""
    count = (~np.isnan(values)).sum(axis=1)
    mean = ratio(np.nansum(values, axis=1), count)
    squares = np.nansum((values - mean[:, None]) ** 2, axis=1)
    spread = np.sqrt(ratio(squares, count - 1))
    return np.where(count > 1, np.where(alike(values), 0.0, spread), np.nan)


def alike(values: Floats) -> Bools:
    """Rows of two answers or more that are all equal."""
    given = ~np.isnan(values)
    low = np.where(given, values, np.inf).min(axis=1)
    high = np.where(given, values, -np.inf).max(axis=1)
    return (given.sum(axis=1) > 1) & (low == high)


def straight_lined(values: Floats, matrices: Mapping[str, Ints]) -> tuple[Floats, Floats]:
    """Count the matrices answered all alike, and those with enough answers (three, or all of two) to say so."""
    same, judged = np.zeros(len(values)), np.zeros(len(values))
    for columns in matrices.values():
        part = values[:, columns]
        enough = (~np.isnan(part)).sum(axis=1) >= min(3, len(columns))
        judged += enough
        same += enough & alike(part)
    return np.where(judged > 0, same, np.nan), judged


def row_correlations(first: Floats, second: Floats, least: int = LEAST_PAIRS) -> Floats:
    """Correlate each row of `first` with that of `second` over the columns that both have; NaN without spread."""
    both = ~np.isnan(first) & ~np.isnan(second)
    count = both.sum(axis=1)
    sides = [np.where(both, side, 0.0) for side in (first, second)]
    apart = [np.where(both, side - ratio(side.sum(axis=1), count)[:, None], 0.0) for side in sides]
    squares = [(side**2).sum(axis=1) for side in apart]
    told = (count >= least) & (_spread(first, both) & _spread(second, both))
    together = ratio((apart[0] * apart[1]).sum(axis=1), np.sqrt(np.where(told, squares[0] * squares[1], 0.0)))
    return np.clip(together, -1, 1)


def _spread(values: Floats, both: Bools) -> Bools:
    """Rows whose values are not all equal, told from the values and not from a rounded difference."""
    low, high = np.where(both, values, np.inf).min(axis=1), np.where(both, values, -np.inf).max(axis=1)
    return np.asarray(high - low > 1e-12 * np.maximum(1, np.abs(high)), dtype=np.bool_)


def even_odd(values: Floats, scales: Sequence[Ints]) -> Floats:
    """Correlate the means of a person's even and odd items over the scales, stepped up by Spearman and Brown.

    2 r / (1 + r), not below -1 (Johnson 2005). High is consistent: R's careless gives the same with the sign turned
    since version 1.2.0. The two halves need three scales.
    """
    even, odd = (np.column_stack([_mean(values[:, scale[start::2]]) for scale in scales]) for start in (1, 0))
    plain = row_correlations(even, odd)
    return np.where(plain <= -1, -1.0, np.maximum(ratio(2 * plain, 1 + plain), -1))


def _mean(values: Floats) -> Floats:
    return ratio(np.nansum(values, axis=1), (~np.isnan(values)).sum(axis=1))


def correlations(values: Floats) -> Floats:
    """Pearson correlations of the items, each over the respondents who answered both; NaN without spread."""
    given = (~np.isnan(values)).astype(float)
    centred = np.where(given > 0, values - _mean(values.T)[None, :], 0.0)
    count, sums = given.T @ given, centred.T @ given
    squares = (centred**2).T @ given
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = centred.T @ centred - sums * sums.T / count
        variance = squares - sums**2 / count
        together = covariance / np.sqrt(variance * variance.T)
    flat = variance <= 1e-12 * np.maximum(squares, 1e-300)
    together[flat | flat.T | (count < 2)] = np.nan
    np.fill_diagonal(together, 1.0)
    return np.clip(together, -1, 1)


def pairs(together: Floats, critical: float, *, opposite: bool = False) -> tuple[Ints, Ints]:
    """Give the pairs of items that correlate above `critical`, or below its negative: psychometric synonyms."""
    first, second = np.triu_indices(len(together), 1)
    wanted = together[first, second]
    chosen = np.nan_to_num(wanted) < -critical if opposite else np.nan_to_num(wanted) > critical
    return first[chosen], second[chosen]


def pair_consistency(values: Floats, first: Ints, second: Ints) -> Floats:
    """Correlate a person's answers over the pairs (psychometric synonyms or antonyms, Meade and Craig 2012)."""
    out = np.full(len(values), np.nan)
    if len(first) < LEAST_PAIRS:
        return out
    step = max(1, _CELLS // len(first))
    for start in range(0, len(values), step):
        part = values[start : start + step]
        out[start : start + step] = row_correlations(part[:, first], part[:, second])
    return out


def person_total(values: Floats, reference: Floats | None = None) -> Floats:
    """Correlate a person's answers with the means of the others' (Donlon and Fischer 1968).

    Parameters
    ----------
    values : (rows, items) float
    reference : (items,) float, optional
        Means to compare with; by default, for each person, those of all the others.
    """
    if reference is not None:
        return row_correlations(values, np.broadcast_to(reference, values.shape))
    given = ~np.isnan(values)
    total, count = np.nansum(values, axis=0), given.sum(axis=0)
    others = ratio(total - np.where(given, values, 0.0), count - given)
    return row_correlations(values, others)


def distances(values: Floats, centre: Floats, covariance: Floats) -> Floats:
    """Squared Mahalanobis distances over the items that a person answered; NaN without any.

    Missing items are left out of the vector and of the matrix (Little 1988), so that the distance of k answers is to
    be compared with the chi-square distribution of k degrees of freedom.
    """
    given = ~np.isnan(values)
    out = np.full(len(values), np.nan)
    patterns, which = np.unique(given, axis=0, return_inverse=True)
    step = max(1, _CELLS // max(1, covariance.size))
    apart = np.where(given, values - centre, 0.0)
    for start in range(0, len(patterns), step):
        inverses = _inverses(patterns[start : start + step], covariance)
        rows = np.flatnonzero((which >= start) & (which < start + step))
        out[rows] = _quadratic(apart[rows], inverses, which[rows] - start)
    return np.where(given.any(axis=1), out, np.nan)


def _inverses(patterns: Bools, covariance: Floats) -> Floats:
    """Invert the part of the matrix that each pattern has; 0 elsewhere."""
    both = patterns[:, :, None] & patterns[:, None, :]
    filled = np.where(both, covariance, np.eye(len(covariance)))
    return np.where(both, np.linalg.inv(filled), 0.0)


def _quadratic(apart: Floats, inverses: Floats, which: Ints) -> Floats:
    out = np.empty(len(apart))
    order = np.argsort(which, kind="stable")
    edges = np.flatnonzero(np.diff(which[order], prepend=-1, append=-1))
    for start, stop in pairwise(edges):
        rows = order[start:stop]
        out[rows] = np.einsum("ri,ij,rj->r", apart[rows], inverses[which[rows[0]]], apart[rows], optimize=True)
    return out


def moments(values: Floats) -> tuple[Floats, Floats]:
    """Means and covariance of the items, from complete rows where all are; otherwise pairwise, made positive."""
    centre = _mean(values.T)
    together = correlations(values)
    spread = variability(values.T)
    covariance = together * np.outer(spread, spread)
    return centre, positive(covariance)


def positive(covariance: Floats, least: float = 1e-8) -> Floats:
    """Lift the eigenvalues of a symmetric matrix to at least `least` of the largest; unchanged if they are."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    if values[0] >= least * values[-1]:
        return np.asarray(covariance)
    lifted = np.maximum(values, least * values[-1])
    return np.asarray((vectors * lifted) @ vectors.T)
