"""Split halves and Guttman's lower bounds of reliability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.estimate import MIN_MEAN, Note, cell_notes, check_level, estimates
from svclib.stats.marks import _
from svclib.stats.scales.correlations import complete_rows
from svclib.stats.scales.jackknife import NO_INTERVAL, UNKNOWN, LeftOut, Spread, leave_out
from svclib.stats.scales.matrices import SMALLEST, correlation_of
from svclib.stats.scales.moments import item_rows, moments
from svclib.stats.scales.reliability import CONSTANT

EXTREME = _("the extreme of many splits, lifted by chance: no interval")
SINGULAR = _("an item follows exactly from the others: this bound cannot be told")
_ALL_SPLITS = 16
"""Up to so many items all splits are tried (6,435 of 16)."""
_SAMPLED = 10_000

Statistic = Callable[[Floats], Floats]


def split_half(
    data: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    standardized: bool = False,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
    seed: int = 1,
) -> pd.DataFrame:
    """Estimate split-half reliabilities and Guttman's lower bounds from respondents who answered every item.

    Parameters
    ----------
    data : DataFrame
        Respondents × items.
    items : list of str, optional
        All columns without it; their order makes the odd and the even half.
    standardized : bool
        Items scaled to one variance first, as R's psych does.
    level : float
        Of the jackknife's intervals on the scale of log(1 − reliability).
    min_n : int
    seed : int
        Of the splits drawn where there are more than 16 items (10,000 of them; else all are tried).

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`. ``term`` is ``odd_even`` (correlation of the halves, stepped up after Spearman and
        Brown; after Horst 1951 where the halves differ in length), ``split_mean`` (of all splits, each 4 cov(a, b) /
        variance of the sum; with an even number of items it is alpha), ``split_min``, ``split_max`` and ``lambda1`` to
        ``lambda6`` (Guttman 1945; the third is alpha, the fourth the best split).

    Raises
    ------
    InvalidInput
        Naming an item that is absent, named twice or no number.

    Examples
    --------
    >>> scale = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [1, 3, 3, 4, 5], "c": [2, 2, 3, 4, 4], "d": [1, 2, 4, 4, 5]})
    >>> split_half(scale).set_index("term")["estimate"].round(3)[["odd_even", "lambda3"]].tolist()
    [0.982, 0.97]
    """
    check_level(level)
    names, answers = item_rows(data, items)
    kept, n = complete_rows(answers, "complete")
    if n < 2 or len(names) < 2:
        return _frame(_without(Note.TWO_NEEDED if n else Note.NO_ANSWERS), n, level, min_n)
    scaled = correlation_of if standardized else np.asarray
    cov = moments(kept, names=names).cov
    if cov.sum() <= SMALLEST * np.trace(cov):
        return _frame(_without(Note.NO_VARIANCE), n, level, min_n)
    if standardized and (np.diag(cov) == 0).any():
        return _frame(_without(CONSTANT), n, level, min_n)
    whole, left = scaled(cov), leave_out(kept, seed=seed)
    left = LeftOut(scaled(left.covariances), left.shares)
    statistics = _statistics(splits(len(names), seed), len(names))
    return _frame([_row(term, statistic, whole, left, level) for term, statistic in statistics], n, level, min_n)


Row = tuple[str, float, Spread, str]
_TERMS = ("odd_even", "split_mean", "split_min", "split_max", *(f"lambda{number}" for number in range(1, 7)))
_EXTREMES = ("split_min", "split_max", "lambda4")


def _without(note: str) -> list[Row]:
    return [(term, np.nan, UNKNOWN, note) for term in _TERMS]


def _row(term: str, statistic: Statistic, whole: Floats, left: LeftOut, level: float) -> Row:
    estimate = float(statistic(whole[None])[0])
    if np.isnan(estimate):
        return term, estimate, UNKNOWN, SINGULAR if (np.diag(whole) > 0).all() else CONSTANT
    if term in _EXTREMES:
        return term, estimate, UNKNOWN, EXTREME
    spread = left.judge(statistic, estimate, level)
    why = NO_INTERVAL if (np.diag(whole) > 0).all() else CONSTANT
    return term, estimate, spread, why if np.isnan(spread.std_error) else ""


def _frame(rows: list[Row], n: int, level: float, min_n: int) -> pd.DataFrame:
    small = cell_notes(np.full(len(rows), float(n)), min_n)
    return estimates(
        pd.DataFrame(index=range(len(rows))),
        term=[term for term, _value, _spread, _note in rows],
        estimate=[value for _term, value, _spread, _note in rows],
        std_error=[spread.std_error for _term, _value, spread, _note in rows],
        low=[spread.low for _term, _value, spread, _note in rows],
        high=[spread.high for _term, _value, spread, _note in rows],
        n=n,
        level=level,
        df=[spread.df for _term, _value, spread, _note in rows],
        method="jackknife, complete",
        note=[note or one for (_term, _value, _spread, note), one in zip(rows, small, strict=True)],
    )


def _statistics(halves: Bools, items: int) -> list[tuple[str, Statistic]]:
    odd = np.arange(items) % 2 == 0
    functions: list[Statistic] = [
        lambda stack: stepped_up(stack, odd),
        split_mean,
        lambda stack: split_reliabilities(stack, halves).min(axis=1),
        lambda stack: split_reliabilities(stack, halves).max(axis=1),
        lambda1,
        lambda2,
        lambda3,
        lambda stack: split_reliabilities(stack, halves).max(axis=1),
        lambda5,
        lambda6,
    ]
    return list(zip(_TERMS, functions, strict=True))


def splits(items: int, seed: int = 1) -> Bools:
    """Give the splits (splits, items) into halves, True for the first; a random part of them beyond 16 items.

    >>> splits(4).astype(int).tolist()
    [[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]]
    """
    half = items // 2
    if items > _ALL_SPLITS:
        order = np.random.default_rng(seed).random((_SAMPLED, items)).argsort(axis=1)
        return np.asarray(order < half, dtype=np.bool_)
    chosen = np.array(list(combinations(range(items), half)))
    # With an even number each split comes twice, once from either half.
    chosen = chosen[: comb(items, half) // 2] if items % 2 == 0 else chosen
    out = np.zeros((len(chosen), items), dtype=np.bool_)
    out[np.arange(len(chosen))[:, None], chosen] = True
    return out


def split_reliabilities(stack: Floats, halves: Bools) -> Floats:
    """Reliability 4 cov(a, b) / variance of the sum (Guttman 1945; Flanagan; Rulon) of each split: (stack, splits)."""
    first = halves.astype(np.float64)
    between = ((first @ stack) * (1 - first)).sum(axis=-1)
    return 4 * between / stack.sum(axis=(1, 2))[:, None]


def split_mean(stack: Floats) -> Floats:
    """Mean of `split_reliabilities` over all splits: two items part in the same share of them."""
    items, half = stack.shape[-1], stack.shape[-1] // 2
    return 4 * half * (items - half) / (items * (items - 1)) * lambda1(stack)


def stepped_up(stack: Floats, first: Bools) -> Floats:
    """Correlation of two halves, stepped up to the whole length (Spearman; Brown 1910; Horst 1951)."""
    one, other = first.astype(np.float64), (~first).astype(np.float64)
    within, without = _quadratic(stack, one, one), _quadratic(stack, other, other)
    r = np.clip(ratio(_quadratic(stack, one, other), np.sqrt(np.maximum(within * without, 0))), -1, 1)
    product = 4 * first.mean() * (1 - first.mean())
    unexplained = 1 - r**2
    return np.where(
        unexplained < SMALLEST, r, ratio(2 * r * (np.sqrt(r**2 + product * unexplained) - r), product * unexplained)
    )


def _quadratic(stack: Floats, left: Floats, right: Floats) -> Floats:
    return np.asarray(stack @ right @ left, dtype=np.float64)


def lambda1(stack: Floats) -> Floats:
    """1 − Σ variances / variance of the sum."""
    return 1 - _traces(stack) / stack.sum(axis=(1, 2))


def lambda2(stack: Floats) -> Floats:
    """λ1 + √(k / (k − 1) Σ squared covariances) / variance of the sum; at least alpha."""
    items, total = stack.shape[-1], stack.sum(axis=(1, 2))
    squares = (stack**2).sum(axis=(1, 2)) - (np.diagonal(stack, axis1=1, axis2=2) ** 2).sum(axis=1)
    return lambda1(stack) + np.sqrt(items / (items - 1) * squares) / total


def lambda3(stack: Floats) -> Floats:
    """Alpha: λ1 k / (k − 1)."""
    items = stack.shape[-1]
    return items / (items - 1) * lambda1(stack)


def lambda5(stack: Floats) -> Floats:
    """λ1 + 2 √(largest Σ squared covariances of one item with the others) / variance of the sum."""
    squares = (stack**2).sum(axis=2) - np.diagonal(stack, axis1=1, axis2=2) ** 2
    return lambda1(stack) + 2 * np.sqrt(squares.max(axis=1)) / stack.sum(axis=(1, 2))


def lambda6(stack: Floats) -> Floats:
    """1 − Σ variances that the other items leave / variance of the sum; NaN where the matrix is singular."""
    values, vectors = np.linalg.eigh(np.nan_to_num(stack))
    known = values[:, 0] > SMALLEST * values[:, -1]
    inverse = (vectors**2 / np.where(known[:, None], values, 1.0)[:, None, :]).sum(axis=2)
    return np.where(known, 1 - (1 / inverse).sum(axis=1) / stack.sum(axis=(1, 2)), np.nan)


def _traces(stack: Floats) -> Floats:
    return np.diagonal(stack, axis1=1, axis2=2).sum(axis=1)
