"""What makes candidates comparable: the score on the anchors, or an ability.

Where all met the same items, candidates are matched on their sum over the anchors and the item in question: leaving
the item out would make every item look unfair to the weaker group (Holland and Thayer 1988). Where items were drawn,
sums are not comparable: candidates who met the same items are matched on their sums if such sets are few, otherwise
all on an ability that counts the difficulty of the items met (Cohen's PROX).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.item_response.responses import MISSING, Responses
from svclib.stats.marks import _

_PER_SET = 200
"""Candidates for each set of items met that make sets worth keeping apart."""
_SHARED = 0.9
"""Share of candidates whose set of items was met by another group too."""
_PER_BAND = 20
_MOST_BANDS = 60
_FINE_BANDS = 400
"""Bands of an ability in a regression, which reads their means: more tell nothing more."""
_ROUNDS = 12
_SPREAD = 2.89
"""1.7 squared: the variance at which the logistic and the normal curve meet."""


@dataclass(frozen=True, eq=False)
class Strata:
    """Candidates in classes of equal ability.

    Attributes
    ----------
    code : (N,) int
        Class of each candidate; −1 for none.
    value : (S,) float
        The matching score of each class.
    """

    code: Ints
    value: Floats


@dataclass(eq=False)
class Matching:
    """Gives the classes of an item for a set of anchors.

    Parameters
    ----------
    responses : Responses
    given : (N,) float, optional
        A matching variable from outside (an ability): the same for all items.
    group : (N,) int, optional
        Sets of items that one group alone met cannot match anybody.
    """

    responses: Responses
    given: Floats | None = None
    group: Ints | None = None
    _held: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        codes = self.responses.codes
        self.filled = np.where(codes == MISSING, 0, codes)
        self.complete = bool((codes != MISSING).all())
        if self.given is None and not self.complete:
            self.sets, self.n_sets = _item_sets(self.responses.there, self.group)

    def name(self, *, fine: bool = False) -> str:
        """How candidates are matched: ``given``, ``score``, ``score by items met`` or ``ability``."""
        if self.given is not None:
            return "given"
        if self.complete:
            return "score"
        return "score by items met" if self.n_sets and not fine else "ability"

    def strata(self, item: int | None, anchors: Bools, *, fine: bool = False) -> Strata:
        """Give the classes for an item, or on the anchors alone (None).

        `fine` takes narrower bands of an ability (for regressions).
        """
        if self.given is not None:
            return self._once(("given", fine), lambda: banded(self.given, fine=fine))
        used = anchors.copy()
        if item is not None:
            used[item] = True
        if self.complete or (self.n_sets and not fine):
            return self._once(("sum", used.tobytes()), lambda: self._sums(used))
        return self._once(("ability", used.tobytes(), fine), lambda: self._by_ability(used, anchors, fine=fine))

    def _by_ability(self, used: Bools, anchors: Bools, *, fine: bool) -> Strata:
        """Band abilities no finer than scores would be: candidates who met other items must meet in a band."""
        points = self.responses.there[:, used] @ self.responses.highest[used]
        most = _FINE_BANDS if fine else int(np.median(points)) + 1
        return banded(self._ability(used, anchors), fine=fine, most=most)

    def _once(self, key: Any, make: Any) -> Strata:
        if key not in self._held:
            while len(self._held) > 1:
                self._held.pop(next(iter(self._held)))
            self._held[key] = make()
        return self._held[key]

    def _sums(self, used: Bools) -> Strata:
        total = self.filled[:, used].sum(axis=1, dtype=np.int64)
        if self.complete:
            return Strata(total, np.arange(int(total.max(initial=0)) + 1, dtype=float))
        width = int(total.max(initial=0)) + 1
        met = self.responses.there[:, used].any(axis=1)
        code = np.where(met, self.sets * width + total, -1)
        return Strata(code, np.tile(np.arange(width, dtype=float), self.n_sets))

    def _ability(self, used: Bools, anchors: Bools) -> Floats:
        """Ability from the items met, with difficulties from the anchors (Wright and Stone's PROX)."""
        difficulty = self._difficulties(anchors)
        there = self.responses.there[:, used].astype(np.float32)
        weight = self.responses.highest[used].astype(float)
        return _prox(self.filled[:, used].sum(axis=1), there, weight, difficulty[used])

    def _difficulties(self, anchors: Bools) -> Floats:
        key = ("difficulty", anchors.tobytes())
        if key not in self._held:
            self._held = {key: self._alternate(anchors)}
        return self._held[key]

    def _alternate(self, anchors: Bools) -> Floats:
        there = self.responses.there.astype(np.float32)
        top = self.responses.highest.astype(float)
        score, n = self.filled.sum(axis=0), there.sum(axis=0, dtype=float)
        hardness = -_logit(score, n * top)
        difficulty = hardness.copy()
        gained = self.filled[:, anchors].sum(axis=1)
        for _round in range(_ROUNDS):
            theta = _prox(gained, there[:, anchors], top[anchors], difficulty[anchors])
            known = ~np.isnan(theta)
            filled = np.where(known, theta, 0)
            met = there[known].sum(axis=0, dtype=float)
            mean = ratio(filled.astype(np.float32) @ there, met)
            spread = np.maximum(ratio((filled**2).astype(np.float32) @ there, met) - mean**2, 0)
            new = np.nan_to_num(mean + np.sqrt(1 + spread / _SPREAD) * hardness)
            new -= new[anchors].mean()
            if np.abs(new - difficulty).max(initial=0) < 1e-6:
                break
            difficulty = new
        return difficulty


def _prox(score: Any, there: Any, weight: Floats, difficulty: Floats) -> Floats:
    points, first, second = (
        there @ np.column_stack([weight, weight * difficulty, weight * difficulty**2]).astype(np.float32)
    ).T.astype(float)
    mean = ratio(first, points)
    spread = np.maximum(ratio(second, points) - mean**2, 0)
    return np.where(points > 0, mean + np.sqrt(1 + spread / _SPREAD) * _logit(score, points), np.nan)


def _logit(score: Any, most: Any) -> Floats:
    return np.asarray(logit((np.asarray(score) + 0.5) / (np.asarray(most) + 1.0)))


def _item_sets(there: Bools, group: Ints | None) -> tuple[Ints, int]:
    """Number candidates by the set of items met; 0 sets if they are too many, or not shared by the groups."""
    packed = np.packbits(there, axis=1)
    whole = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    kinds, code = np.unique(whole, return_inverse=True)
    code = code.ravel().astype(np.int64)
    if len(kinds) > max(1, len(there) // _PER_SET):
        return code, 0
    if group is not None:
        cells = np.unique(np.column_stack([code, group]), axis=0)
        shared = np.bincount(cells[:, 0], minlength=len(kinds)) > 1
        if shared[code].mean() < _SHARED:
            return code, 0
    return code, len(kinds)


def banded(values: Any, *, fine: bool = False, most: int = _MOST_BANDS) -> Strata:
    """Classes of a number: its values where they are few, otherwise bands of equally many candidates."""
    known = ~np.isnan(values)
    found, code = np.unique(values[known], return_inverse=True)
    whole = np.full(len(values), -1, dtype=np.int64)
    bands = _FINE_BANDS if fine else int(np.clip(known.sum() // _PER_BAND, 5, max(most, 5)))
    if len(found) <= bands:
        whole[known] = code.ravel()
        return Strata(whole, found)
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, bands + 1)[1:-1]))
    at = np.searchsorted(edges, values[known], side="right")
    whole[known] = at
    n = np.bincount(at, minlength=len(edges) + 1)
    return Strata(whole, np.nan_to_num(ratio(np.bincount(at, values[known], minlength=len(edges) + 1), n)))


def given_match(match: Any, index: pd.Index) -> Floats | None:
    """Read a matching variable from outside: a Series by its index, another list by place.

    Raises
    ------
    InvalidInput
        If it is no number for each candidate, or the same for all.
    """
    if match is None:
        return None
    if isinstance(match, pd.Series):
        match = match.reindex(index)
    values = np.asarray(pd.to_numeric(pd.Series(np.ravel(np.asarray(match))), errors="coerce"), dtype=float)
    if len(values) != len(index):
        raise InvalidInput(
            _("match has {given} values for {rows} candidates; give one number for each."),
            given=len(values),
            rows=len(index),
        )
    values = np.where(np.isfinite(values), values, np.nan)
    if np.isnan(values).all():
        raise InvalidInput(_("match holds no number for these candidates; give a score or an ability for each."))
    return values
