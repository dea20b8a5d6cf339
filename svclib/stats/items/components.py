"""Variance components of persons × items where any cells may be missing, of all persons and without each.

With y the score less the mean of its part h of the blueprint, N cells in all, n_p of person p, c_i of item i, N_h of
part h, sums of squares and their expectations are

=============================  =====================================================================
Σ_p (Σ_i y)² / n_p             σ²_p (N − Σ n_p²/N) + σ²_i (P − Σ c_i²/N) + σ²_e (P − 1)
Σ_i (Σ_p y)² / c_i             σ²_q (J − A) + σ²_i (N − B) + σ²_e (J − H)
Σ y²                           σ²_q (N − A) + σ²_i (N − B) + σ²_e (N − H)
within persons and parts       (σ²_i + σ²_e) (N − C)
=============================  =====================================================================

A = Σ_h Σ_p n_ph²/N_h, B = Σ_h Σ_i c_i²/N_h, C the number of persons × parts met; σ²_q is the variance of persons within
a part, σ²_p that of their mean over the parts. With one part the two are equal and the rows are Henderson's (1953).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats, Ints, ratio

_ALONE = 1e-8


@dataclass(frozen=True, eq=False)
class Components:
    """Components of all persons (first) and without each person in turn: arrays of shape (P + 1,).

    Attributes
    ----------
    person, item, residual : arrays
        Item and residual are NaN where no item was met twice.
    within : array
        Item and residual together: what an item drawn at random adds.
    overlap : array
        Part of the items two persons share, over the items of one form; 1 where all took one form.
    mean : array
    length : array
        Items a form.
    """

    person: Floats
    item: Floats
    residual: Floats
    within: Floats
    overlap: Floats
    mean: Floats
    length: Floats

    @property
    def absolute(self) -> Floats:
        """Error variance of a candidate's mean score."""
        return self.within / self.length

    @property
    def relative(self) -> Floats:
        """Half the variance of the error of a difference between two candidates: items both met favour neither."""
        shared = np.where(np.isnan(self.item), 0.0, self.item * self.overlap)
        return (self.within - shared) / self.length

    def of_length(self, items: float) -> Components:
        """Give the components for forms of another length."""
        return Components(
            self.person, self.item, self.residual, self.within, self.overlap, self.mean,
            np.full_like(self.length, items),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums of the scores of P persons who met any item, on J items met, in H parts.

    Attributes
    ----------
    values : array, shape (J, P)
        Less their mean over all cells; NaN where not met.
    part : array of int, shape (J,)
    count, total, squares : arrays, shape (P, H)
        Cells, sums and sums of squares of each person in each part.
    centre : float
        What was taken off.
    """

    values: Floats
    part: Ints
    count: Floats
    total: Floats
    squares: Floats
    centre: float

    @property
    def persons(self) -> int:
        """Persons who met any item."""
        return len(self.count)

    @property
    def free(self) -> float:
        """Cells less persons × parts."""
        return float(self.count.sum() - (self.count > 0).sum())


def drawn_sums(values: Floats, part: Ints, parts: int) -> Sums:
    """Sum the scores (items × candidates) by person and part; parts with one cell a person are taken together."""
    there = ~np.isnan(values)
    met, asked = there.any(axis=0), there.any(axis=1)
    if not (met.all() and asked.all()):
        values, part = values[asked][:, met], part[asked]
    cells = float((~np.isnan(values)).sum())
    centre = float(np.nansum(values) / cells) if cells else 0.0
    values = values - centre
    count, total, squares = _by_part(values, part, parts)
    single = count.max(axis=0, initial=0) < 2
    if single.any() and len(part):
        part = np.unique(np.where(single[part], parts, part), return_inverse=True)[1]
        count, total, squares = _by_part(values, part, int(part.max()) + 1)
    return Sums(values, part, count, total, squares, centre)


def _by_part(values: Floats, part: Ints, parts: int) -> tuple[Floats, Floats, Floats]:
    shape = (values.shape[1], parts)
    count, total, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for row, place in zip(values, part, strict=True):
        there = ~np.isnan(row)
        filled = np.where(there, row, 0.0)
        count[:, place] += there
        total[:, place] += filled
        squares[:, place] += filled**2
    return count, total, squares


def components(sums: Sums, items: float | None = None) -> Components:
    """Solve the equations above, for all persons and without each."""
    n_ph, s_ph = sums.count, sums.total
    n_p, s_p = n_ph.sum(axis=1), s_ph.sum(axis=1)
    persons = float(sums.persons)
    cells, by_part = _without(n_p), _without(n_ph)
    means = ratio(_without(s_ph), np.where(by_part > 0, by_part, 0))
    means = np.where(np.isnan(means), 0.0, means)
    items_squares, item_cells, item_squares_cells = _items(sums, means)
    p = np.concatenate([[persons], np.full(sums.persons, persons - 1)])
    a = ratio(_without(n_ph**2), by_part)
    between = _between(sums, means)
    whole = _without(sums.squares.sum(axis=1)) - (by_part * means**2).sum(axis=1)
    inside = _without((sums.squares - ratio(s_ph**2, n_ph)).sum(axis=1, where=n_ph > 0))
    within = ratio(inside, cells - _without((n_ph > 0).sum(axis=1).astype(float)))
    a = np.where(np.isnan(a), 0.0, a).sum(axis=1)
    used, b, square_cells = item_cells, item_squares_cells, _item_squares(sums)
    h = (by_part > 0).sum(axis=1).astype(float)
    item = _item(whole - within * (cells - h), items_squares - within * (used - h), cells, a, b, h, used)
    share = np.where(np.isnan(item), 0.0, item)
    person = between - share * (p - square_cells / cells) - (within - share) * (p - 1)
    person = ratio(person, cells - _without(n_p**2) / cells)
    length = p / _without(1 / n_p) if items is None else np.full_like(p, items)
    pairs = cells**2 - _without(n_p**2)
    overlap = ratio((square_cells - cells) * (cells / p), pairs)
    return Components(
        person, item, within - item, within, np.clip(overlap, 0, 1), sums.centre + ratio(_without(s_p), cells), length
    )


def _without(values: Floats) -> Floats:
    """Sum over persons: of all first, then without each person."""
    whole = values.sum(axis=0)
    return np.concatenate([whole[None], whole - values])


def _between(sums: Sums, means: Floats) -> Floats:
    """Σ_p (Σ y)² / n_p, the means of the parts being those of the persons left."""
    n_ph, n_p = sums.count, sums.count.sum(axis=1)
    s_p, shares = sums.total.sum(axis=1), n_ph / n_p[:, None]
    own = _without(s_p**2 / n_p)
    crossed = _without(s_p[:, None] * shares)
    spread = n_ph.T @ shares
    all_squares = np.einsum("ph,hk,pk->p", means, spread, means)
    mine = (means * np.vstack([np.zeros(n_ph.shape[1]), n_ph])).sum(axis=1) ** 2
    mine /= np.concatenate([[1.0], n_p])
    return own - 2 * (means * crossed).sum(axis=1) + all_squares - mine


def _item_squares(sums: Sums) -> Floats:
    """Σ c_i² of all persons and without each."""
    count = (~np.isnan(sums.values)).sum(axis=1).astype(float)
    out = np.full(sums.persons + 1, float((count**2).sum()))
    for row, n in zip(sums.values, count, strict=True):
        out[1:] -= np.where(np.isnan(row), 0.0, 2 * n - 1)
    return out


def _items(sums: Sums, means: Floats) -> tuple[Floats, Floats, Floats]:
    """Σ_i (Σ y)² / c_i, the items met, and Σ_h Σ_i c_i² / N_h: of all persons and without each."""
    persons, parts = sums.persons, sums.count.shape[1]
    squares, used = np.zeros(persons + 1), np.zeros(persons + 1)
    by_part, cells = np.zeros((persons + 1, parts)), _without(sums.count)
    for row, place in zip(sums.values, sums.part, strict=True):
        there = np.concatenate([[False], ~np.isnan(row)])
        score = np.where(there, np.concatenate([[0.0], row]), 0.0)
        n = there.sum() - there.astype(float)
        total = score.sum() - score - n * means[:, place]
        squares += np.where(n > 0, ratio(total**2, n), 0.0)
        used += n > 0
        by_part[:, place] += n**2
    return squares, used, np.where(cells > 0, ratio(by_part, cells), 0.0).sum(axis=1)


def _item(whole: Floats, by_item: Floats, cells: Floats, a: Floats, b: Floats, h: Floats, used: Floats) -> Floats:
    """Variance of items from the second and third equation, σ²_q eliminated; NaN where no item was met twice."""
    own, other = used - a, cells - a
    top = by_item * other - whole * own
    bottom = (cells - b - used + h) * other - (h - b) * own
    alone = np.abs(bottom) <= _ALONE * cells**2
    return np.where(alone, np.nan, ratio(top, np.where(alone, 1.0, bottom)))
