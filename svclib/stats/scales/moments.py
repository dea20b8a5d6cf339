"""Means and covariances of many items, read once: blocks of respondents, no copy of the answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.columns import check_columns, check_frame, matrix
from svclib.stats.marks import _

Missing = Literal["complete", "pairwise"]

_STRIP = 160
"""Respondents a product: short enough that the linear algebra stays in one thread, and blocks can share the cores."""
_BLOCK = 16 * _STRIP
_LARGE = 2e7
"""Numbers multiplied from which several threads pay."""
_FLAT = 1e5
"""Mean² / variance from which the answers are centred before they are multiplied."""

_TOO_LARGE = 1e100


@dataclass(frozen=True)
class Moments:
    """What reliability needs to know of the answers.

    Attributes
    ----------
    n : int
        Respondents used: with every item, or with any where covariances are pairwise.
    answered : int
        Respondents with any item.
    pairs : (items, items) float
        Respondents behind each covariance; the diagonal counts an item's answers.
    mean : (items,) float
    cov : (items, items) float
        NaN where fewer than two respondents answered both.
    """

    n: int
    answered: int
    pairs: Floats
    mean: Floats
    cov: Floats


def item_rows(data: pd.DataFrame, items: Sequence[str] | None = None) -> tuple[list[str], Floats]:
    """Read items × respondents as numbers; a view where all columns are of one kind.

    Raises
    ------
    InvalidInput
        If there are no items, or naming the one that is absent, named twice or no number.
    """
    frame = check_frame(data)
    names = [str(name) for name in (frame.columns if items is None else items)]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated and items is not None:
        raise InvalidInput(_('The item "{column}" is named twice; name each once.'), column=repeated[0])
    check_columns(frame.set_axis([str(name) for name in frame.columns], axis=1), names)
    shown = frame if items is None or names == [str(name) for name in frame.columns] else frame[list(items)]
    if names and all(isinstance(dtype, np.dtype) and dtype.kind in "iufb" for dtype in shown.dtypes):
        alike = shown.dtypes.nunique() == 1 and (
            shown.dtypes.iloc[0] == np.float64 or shown.dtypes.iloc[0].kind in "iu"
        )
        return names, (shown.to_numpy() if alike else shown.to_numpy(dtype=np.float64)).T
    return names, matrix(frame, None if items is None else names)[1].T


def check_missing(missing: str) -> None:
    """Raise `InvalidInput` for an unknown treatment of missing answers."""
    if missing not in ("complete", "pairwise"):
        raise InvalidInput(_('missing is {value}; give "complete" or "pairwise".'), value=repr(missing))


def moments(
    answers: Floats, missing: Missing = "complete", *, chosen: Ints | None = None, names: Sequence[str] = ()
) -> Moments:
    """Compute means and covariances of items × respondents.

    Parameters
    ----------
    answers : (items, respondents) float
        Missing as NaN.
    missing : {"complete", "pairwise"}
    chosen : (some,) int, optional
        Respondents to use.
    names : list of str
        Items, for an error's text.

    Raises
    ------
    InvalidInput
        Naming the item that holds an infinite or too large a number.
    """

    def work(part: Floats) -> Sums:
        return _block(part, missing)

    cost = len(answers) ** 2
    sums = _over_blocks(answers, chosen, work, cost, None)
    if not np.isfinite(sums[-1]).all():
        _complain(answers, names)
    found = _moments(sums, np.zeros(len(answers)))
    spread = np.diag(found.cov)
    if (found.mean**2 > _FLAT * np.maximum(spread, 0)).any():
        found = _moments(_over_blocks(answers, chosen, work, cost, found.mean), found.mean)
    return found


@dataclass(frozen=True)
class Totals:
    """What alpha alone needs to know: much less than all covariances.

    Attributes
    ----------
    n, answered : int
        Respondents with every item, and with any.
    mean, variances : (items,) float
    with_sum : (items,) float
        Covariance of each item with the sum of all.
    """

    n: int
    answered: int
    mean: Floats
    variances: Floats
    with_sum: Floats


def totals_of(found: Moments) -> Totals:
    """Add up covariances."""
    return Totals(found.n, found.answered, found.mean, np.diag(found.cov), found.cov.sum(axis=1))


def totals(answers: Floats, *, chosen: Ints | None = None, names: Sequence[str] = ()) -> Totals:
    """Compute the variances of items and their covariances with the sum, of respondents with every item.

    Parameters and errors as of `moments`.
    """
    items = len(answers)
    used, answered, sums, crossed, squares = _over_blocks(answers, chosen, _totals_block, items, None)
    if not np.isfinite(squares).all():
        _complain(answers, names)
    n = float(used)
    spread, apart = squares - ratio(sums**2, n), crossed - sums * ratio(sums.sum(), n)
    if n > 1 and (ratio(sums**2, n) > _FLAT * np.maximum(spread, 0)).any():
        centre = sums / n
        used, answered, sums, crossed, squares = _over_blocks(answers, chosen, _totals_block, items, centre)
        spread, apart = squares - sums**2 / n, crossed - sums * sums.sum() / n
        sums = sums + n * centre
    free = n - 1 if n > 1 else 0
    return Totals(int(used), int(answered), ratio(sums, n), ratio(spread, free), ratio(apart, free))


def _totals_block(part: Floats) -> Sums:
    """Respondents used, with any answer; sums, squares, products with the respondents' sums."""
    part = np.asarray(part, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.vecdot(part, part)
        if np.isfinite(squares).all():
            return part.shape[1], part.shape[1], *_with_scores(part), squares
    there = ~np.isnan(part)
    kept = part[:, there.all(axis=0)]
    with np.errstate(over="ignore", invalid="ignore"):
        return kept.shape[1], int(there.any(axis=0).sum()), *_with_scores(kept), np.vecdot(kept, kept)


def _with_scores(part: Floats) -> tuple[Floats, Floats]:
    """Sum each item, and its products with the respondents' sums: two thin products, read in one go."""
    both = np.ones((2, part.shape[1]))
    both[1] = (np.ones((1, len(part))) @ part)[0]
    sums, crossed = (part @ both.T).T
    return sums, crossed


Sums = tuple[Any, ...]
"""Sums over a block of respondents, to be added to those of the others."""


def _over_blocks(
    answers: Floats, chosen: Ints | None, work: Callable[[Floats], Sums], cost: int, centre: Floats | None
) -> Sums:
    """Add up what `work` makes of each block of respondents; in several threads where that pays."""
    count = answers.shape[1] if chosen is None else len(chosen)

    def block(start: int) -> Sums:
        rows = slice(start, start + _BLOCK) if chosen is None else chosen[start : start + _BLOCK]
        part = answers[:, rows]
        return work(part if centre is None else part - centre[:, None])

    starts = range(0, max(count, 1), _BLOCK)
    workers = min(os.cpu_count() or 1, 8) if cost * count > _LARGE else 1
    if workers == 1:
        return _total(block(start) for start in starts)
    with ThreadPoolExecutor(workers) as pool:
        shares = [starts[worker::workers] for worker in range(workers)]
        return _total(pool.map(lambda share: _total(block(start) for start in share), shares))


def _total(parts: Iterable[Sums]) -> Sums:
    return reduce(lambda one, other: tuple(a + b for a, b in zip(one, other, strict=True)), parts)


def _block(part: Floats, missing: Missing) -> Sums:
    """Respondents used, with any answer; pairs, sums of an item where the other is answered too, products."""
    items, rows = part.shape
    part = np.asarray(part, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        cross = _product(part, part)
    if np.isfinite(np.diag(cross)).all():
        sums = np.broadcast_to(part.sum(axis=1)[:, None], (items, items))
        return rows, rows, np.full((items, items), float(rows)), sums, cross
    there = ~np.isnan(part)
    answered = int(there.any(axis=0).sum())
    if missing == "complete" and not there.all():
        used, _answered, *kept = _block(part[:, there.all(axis=0)], missing)
        return used, answered, *kept
    filled, known = np.where(there, part, 0.0), there.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        return answered, answered, _product(known, known), _product(filled, known), _product(filled, filled)


def _product(left: Floats, right: Floats) -> Floats:
    """Multiply items × respondents by itself or another, strip by strip."""
    whole = left.shape[1] // _STRIP * _STRIP
    out = left[:, whole:] @ right[:, whole:].T
    if whole:
        shape = (len(left), -1, _STRIP)
        first = left[:, :whole].reshape(shape).transpose(1, 0, 2)
        second = first if right is left else right[:, :whole].reshape(shape).transpose(1, 0, 2)
        out = out + np.matmul(first, second.transpose(0, 2, 1)).sum(axis=0)
    return out


def _moments(found: Sums, centre: Floats) -> Moments:
    used, answered, pairs, sums, cross = found
    mean = ratio(np.diag(sums), np.diag(pairs)) + centre
    apart = cross - ratio(sums * sums.T, pairs)
    return Moments(used, answered, pairs, mean, ratio(apart, np.where(pairs >= 2, pairs - 1, 0)))


def _complain(answers: Floats, names: Sequence[str]) -> None:
    for position, row in enumerate(answers):
        check_size(row, names[position] if names else str(position))


def check_size(values: Floats, name: str) -> None:
    """Raise `InvalidInput` for numbers that are infinite or too large to be squared."""
    if np.isinf(values).any():
        raise InvalidInput(_('The column "{column}" holds an infinite number; make it missing.'), column=name)
    if (np.abs(values) > _TOO_LARGE).any():
        raise InvalidInput(
            _('The column "{column}" holds a number beyond 1e100; mend it or make it missing.'), column=name
        )
