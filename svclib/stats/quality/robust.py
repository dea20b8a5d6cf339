"""Means and covariances that a minority of strange answers cannot move: the minimum covariance determinant.

FAST-MCD (Rousseeuw and Van Driessen 1999): of all subsets of h respondents the one whose covariance has the smallest
determinant, found by concentration steps from random starts; made consistent, then reweighted once.
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri, gammainc

from svclib.stats.arrays import Floats, Ints

STARTS, KEPT, STEPS = 500, 10, 2
LARGE = 1500
"""Of more rows, random starts look at so many; the best are then concentrated on all."""
_KEEP = 0.975


def mcd(values: Floats, *, share: float = 0.75, seed: int = 1) -> tuple[Floats, Floats] | None:
    """Give robust means and covariance of complete rows.

    Parameters
    ----------
    values : (rows, items) float
        Without missing values.
    share : float
        Share of the rows that the determinant is taken over; up to 1 - share may be strange.
    seed : int

    Returns
    -------
    centre, covariance, or None
        None where the answers of `share` of the rows lie on a plane: no distance can be told.
    """
    rows, items = values.shape
    size = _subset_size(rows, items, share)
    if rows <= items + 1:
        return None
    generator = np.random.default_rng(seed)
    found = [_concentrate(values, start, size) for start in _starts(values, share, generator)]
    told = [one for one in found if one is not None]
    if not told:
        return None
    subset = min(told, key=lambda one: one[1])[0]
    centre, covariance = _moments(values[subset])
    return _reweighted(values, centre, covariance * _consistency(size / rows, items))


def _subset_size(rows: int, items: int, share: float) -> int:
    """Rows in the subset: between (n + p + 1) / 2 and n, by `share` (as R's robustbase has it)."""
    half = (rows + items + 1) // 2
    return int(2 * half - rows + 2 * (rows - half) * share)


def _starts(values: Floats, share: float, generator: np.random.Generator) -> list[Ints]:
    """Concentrate many small subsets a little and give the best, as the rows nearest to each."""
    chosen = np.arange(len(values))
    if len(values) > LARGE:
        chosen = generator.choice(len(values), LARGE, replace=False)
    part, size = values[chosen], _subset_size(len(chosen), values.shape[1], share)
    scored: list[tuple[float, Ints]] = []
    for _start in range(STARTS):
        subset = generator.choice(len(part), values.shape[1] + 1, replace=False)
        now = _nearest(part, subset, size)
        for _step in range(STEPS):
            now = _nearest(part, now, size)
        scored.append((_log_determinant(part[now]), now))
    scored.sort(key=lambda one: one[0])
    return [chosen[subset] for _score, subset in scored[:KEPT]]


def _concentrate(values: Floats, subset: Ints, size: int, most: int = 100) -> tuple[Ints, float] | None:
    score = np.inf
    for _step in range(most):
        subset = _nearest(values, subset, size)
        new = _log_determinant(values[subset])
        if not np.isfinite(new):
            return None
        if new >= score - 1e-12:
            break
        score = new
    return subset, score


def _moments(part: Floats) -> tuple[Floats, Floats]:
    return part.mean(axis=0), np.atleast_2d(np.cov(part.T))


def _nearest(values: Floats, subset: Ints, size: int) -> Ints:
    """The `size` rows nearest to the subset, by its own covariance (a little ridge where that is singular)."""
    centre, covariance = _moments(values[subset])
    floor = max(float(np.trace(covariance)), 1e-12) * 1e-8
    factor = np.linalg.cholesky(covariance + floor * np.eye(len(covariance)))
    squares = (np.linalg.solve(factor, (values - centre).T) ** 2).sum(axis=0)
    return np.argpartition(squares, size - 1)[:size]


def _log_determinant(part: Floats) -> float:
    spread = np.linalg.eigvalsh(_moments(part)[1])
    if spread[0] <= 1e-10 * max(float(spread[-1]), 1e-12):
        return np.inf
    return float(np.log(spread).sum())


def _consistency(share: float, items: int) -> float:
    """Factor from the covariance of the nearest `share` of normal rows to that of all (Croux and Haesbroeck 1999)."""
    if share >= 1:
        return 1.0
    return share / float(gammainc(items / 2 + 1, chdtri(items, 1 - share) / 2))


def _reweighted(values: Floats, centre: Floats, covariance: Floats) -> tuple[Floats, Floats] | None:
    apart = values - centre
    squares = np.einsum("ri,ri->r", apart, np.linalg.solve(covariance, apart.T).T)
    kept = values[squares <= chdtri(values.shape[1], 1 - _KEEP)]
    if not np.isfinite(_log_determinant(kept)):
        return None
    mean, spread = _moments(kept)
    return mean, spread * _consistency(_KEEP, values.shape[1])
