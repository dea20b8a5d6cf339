"""Scores of candidates on items: which cells count, totals and rest scores, score groups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, Objects, ratio
from svclib.stats.columns import check_frame
from svclib.stats.marks import _
from svclib.stats.scales.moments import item_rows

NOT_MET = ("not_reached", "not_presented", "not_shown", "broke_off")
"""States of cells whose candidate never met the item: they tell nothing of its difficulty."""

States = NDArray[np.int8]
MET, OMITTED, NOT_REACHED, NOT_PRESENTED = 0, 1, 2, 3
"""Codes of states; cells without a state are `NOT_PRESENTED` where shares are counted, and keep their score."""
_UNKNOWN = 4
_CODES = {
    "omitted": OMITTED,
    "not_reached": NOT_REACHED,
    "broke_off": NOT_REACHED,
    "not_presented": NOT_PRESENTED,
    "not_shown": NOT_PRESENTED,
    "nan": _UNKNOWN,
    "None": _UNKNOWN,
}
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Classes:
    """Candidates with the same sum on the same number of items, M kinds of them.

    Attributes
    ----------
    codes : array of int, shape (N,)
        The kind of each candidate.
    sums, counts : array, shape (M,)
        Sum and number of the scores.
    """

    codes: Ints
    sums: Floats
    counts: Ints

    @property
    def totals(self) -> Floats:
        """Mean score over the items met; NaN for who met none."""
        return ratio(self.sums, self.counts)


@dataclass(frozen=True, eq=False)
class Cells:
    """What one item earned whom: candidates that are alike in both are counted together.

    Attributes
    ----------
    score : array, shape (cells,)
        On the item.
    weight : array, shape (cells,)
        Candidates.
    place : array of int, shape (cells,)
        Their kind in `Classes`.
    """

    score: Floats
    weight: Floats
    place: Ints


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of an exam, one contiguous row an item: J items × N candidates.

    Attributes
    ----------
    names : tuple of str
    values : array, shape (J, N)
        Shares of the maximum, 0–1; NaN where the item was never met.
    states : array of int8, shape (J, N), or None
    index : Index
        The candidates.
    """

    names: tuple[str, ...]
    values: Floats
    states: States | None
    index: pd.Index

    @cached_property
    def complete(self) -> bool:
        """Whether every candidate met every item."""
        return not any(np.isnan(row).any() for row in self.values)

    def there(self, item: int) -> Bools:
        """Who met an item."""
        return ~np.isnan(self.values[item])

    @cached_property
    def sums(self) -> tuple[Floats, Ints]:
        """Sum and number of the scores of each candidate."""
        if self.complete:
            return self.values.sum(axis=0), np.full(self.values.shape[1], len(self.names))
        total, count = np.zeros(self.values.shape[1]), np.zeros(self.values.shape[1], dtype=np.int64)
        for row in self.values:
            met = ~np.isnan(row)
            total += np.where(met, row, 0)
            count += met
        return total, count

    @cached_property
    def classes(self) -> Classes:
        """Kinds of candidates: a statistic of half a million needs no more numbers than there are sums."""
        total, count = self.sums
        sums, found = pd.factorize(np.round(total, 9))
        codes, kinds = pd.factorize(sums * (len(self.names) + 1) + count)
        return Classes(codes.astype(np.int64), found[kinds // (len(self.names) + 1)], kinds % (len(self.names) + 1))

    @cached_property
    def totals(self) -> Floats:
        """Mean score of each candidate over the items met; NaN for who met none."""
        return ratio(*self.sums)

    def rest(self, item: int) -> Floats:
        """Mean score over the other items met of who met the item; NaN for the others."""
        total, count = self.sums
        return ratio(total - self.values[item], count - 1)

    def cells(self, item: int) -> Cells:
        """Count the candidates who met an item by their score on it and their kind."""
        score, place = self.values[item], self.classes.codes
        if not self.complete:
            there = self.there(item)
            score, place = score[there], place[there]
        if ((score == 0) | (score == 1)).all():
            levels, codes = np.array([0.0, 1.0]), score.astype(np.int64)
        else:
            found = pd.factorize(score)
            levels, codes = np.asarray(found[1]), found[0].astype(np.int64)
        kinds = len(self.classes.sums)
        if kinds * len(levels) > 4 * len(score) + 4096:
            return Cells(score, np.ones(len(score)), place)
        counts = np.bincount(codes * kinds + place, minlength=kinds * len(levels))
        kept = np.flatnonzero(counts)
        return Cells(levels[kept // kinds], counts[kept].astype(float), kept % kinds)

    def rest_of(self, cells: Cells) -> Floats:
        """Mean score over the other items of each cell; NaN without other items."""
        return ratio(self.classes.sums[cells.place] - cells.score, self.classes.counts[cells.place] - 1)


def read(scores: pd.DataFrame, states: pd.DataFrame | None = None) -> Scores:
    """Read candidates × items of shares of the maximum (0–1), and the states in the same shape.

    With states, an omitted item counts 0 and an item never met is missing.

    Raises
    ------
    InvalidInput
        If a score is no number or outside 0–1, or if the states do not have the same rows and items.
    """
    check_frame(scores)
    if not len(scores.columns):
        raise InvalidInput(_("There are no items: give a frame with one column an item."))
    repeated = scores.columns[scores.columns.duplicated()]
    if len(repeated):
        raise InvalidInput(_('The column "{column}" is there twice; rename one of them.'), column=repeated[0])
    names, rows = item_rows(scores)
    values = np.ascontiguousarray(rows, dtype=np.float64)
    lowest, highest = np.fmin.reduce(values, axis=1, initial=0.0), np.fmax.reduce(values, axis=1, initial=1.0)
    if (lowest < 0).any() or (highest > 1).any():
        _complain(names, lowest, highest)
    if states is None:
        return Scores(tuple(names), values, None, scores.index)
    codes = _read_states(states, scores)
    values = np.where((codes == OMITTED) & np.isnan(values), 0.0, values)
    values[(codes == NOT_REACHED) | (codes == NOT_PRESENTED)] = np.nan
    return Scores(tuple(names), values, codes, scores.index)


def _complain(names: list[str], lowest: Floats, highest: Floats) -> None:
    item = int(np.flatnonzero((lowest < 0) | (highest > 1))[0])
    raise InvalidInput(
        _('The item "{column}" has a score of {value}; give scores as shares of the maximum, from 0 to 1.'),
        column=names[item],
        value=f"{highest[item] if highest[item] > 1 else lowest[item]:g}",
    )


def _read_states(states: pd.DataFrame, scores: pd.DataFrame) -> States:
    fitted = same_rows(states, scores)
    lost = [str(name) for name in scores.columns if name not in states.columns]
    if lost:
        _unfit(lost[0])
    return np.vstack([_state_codes(fitted[name]) for name in scores.columns])


def _state_codes(column: pd.Series) -> States:
    codes, known = pd.factorize(column)
    lookup = np.array([*(_CODES.get(str(state), MET) for state in known), _UNKNOWN], dtype=np.int8)
    return np.asarray(lookup[codes])


def same_rows(other: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Give `other` in the rows of `scores`."""
    check_frame(other)
    if other.index.equals(scores.index):
        return other
    if not scores.index.isin(other.index).all():
        _unfit("a candidate")
    if other.index.has_duplicates:
        twice = other.index[other.index.duplicated()][0]
        raise InvalidInput(_('The candidate "{candidate}" is there twice; keep one row each.'), candidate=twice)
    return other.reindex(scores.index)


def aligned(other: pd.DataFrame, scores: pd.DataFrame) -> Objects:
    """Give `other` in the rows and items of `scores`."""
    lost = [str(name) for name in scores.columns if name not in other.columns]
    if lost:
        _unfit(lost[0])
    return same_rows(other, scores)[list(scores.columns)].to_numpy(dtype=object)


def _unfit(what: str) -> None:
    raise InvalidInput(
        _("The two tables do not fit: {what} is missing in one; give both for the same candidates and items."),
        what=what,
    )


def check_share(share: float) -> float:
    """Return `share` if it can be the part of the candidates in the upper and the lower group."""
    if not 0 < share <= 0.5:
        raise InvalidInput(_("share is {share}; give the part in each group, up to 0.5, such as 0.27."), share=share)
    return float(share)


def score_groups(total: Floats, share: float = 1 / 3, *, of: Floats | None = None) -> Ints:
    """Number the score group of each candidate: 0 low, 1 middle, 2 high; equal scores stay together.

    The borders are the quantiles `share` and 1 − `share` of the totals, each belonging to the group above it; −1 for
    who has no total. `of` gives other totals to be put into the groups.

    >>> score_groups(np.array([0.1, 0.4, 0.6, 0.9, np.nan]), 0.27).tolist()
    [0, 1, 1, 2, -1]
    """
    known, placed = ~np.isnan(total), total if of is None else of
    if not known.any():
        return np.full(len(placed), -1)
    borders = np.quantile(total[known], [share, 1 - share])
    return np.where(np.isnan(placed), -1, np.searchsorted(borders, placed + _ROUNDING, side="right"))


def points_of(points: Any, names: tuple[str, ...]) -> Floats:
    """Give the points of each item: 1 without `points`, else by item.

    Raises
    ------
    InvalidInput
        If an item has none, or its points are no positive number.
    """
    if points is None:
        return np.ones(len(names))
    if np.isscalar(points):
        given: dict[str, Any] = dict.fromkeys(names, points)
    else:
        given = {str(name): value for name, value in dict(points).items()}
    for name in names:
        value = given.get(name)
        if not isinstance(value, int | float | np.number) or not 0 < float(value) < np.inf:
            raise InvalidInput(_('The item "{item}" has no points above 0; give points= for each item.'), item=name)
    return np.array([float(given[name]) for name in names])


def strata_of(strata: Any, names: tuple[str, ...]) -> tuple[list[str], Ints]:
    """Give the names of the parts, in order of appearance, and the part of each item; one part without `strata`.

    Raises
    ------
    InvalidInput
        If an item has no part.
    """
    if strata is None:
        return [""], np.zeros(len(names), dtype=np.int64)
    given = {str(name): part for name, part in dict(strata).items()}
    for name in names:
        if name not in given or pd.isna(given[name]):
            raise InvalidInput(_('The item "{item}" belongs to no part; give strata= for each item.'), item=name)
    codes, parts = pd.factorize(np.array([str(given[name]) for name in names], dtype=object))
    return [str(part) for part in parts], codes.astype(np.int64)
