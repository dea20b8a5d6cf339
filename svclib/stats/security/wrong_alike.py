"""Identical wrong answers against what others of the same total score share with the source: K, K1, K2, S1.

K takes the mean number of identical wrong answers of those with as many wrong answers as the candidate (Holland 1996);
K1 and K2 smooth those means by a line or a parabola in the share of wrong answers, all with a binomial tail (Sotaridona
and Meijer 2002); S1 by a log-linear model with a Poisson tail (Sotaridona and Meijer 2003). The source itself is left
out of the means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.special import bdtr, gammaln, pdtr

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.security.answers import Answers
from svclib.stats.security.matching import Tested

_CELLS = 3_000_000
_STEPS = 60
_CLOSE = 1e-12


@dataclass(frozen=True, eq=False)
class Counts:
    """Identical wrong answers of ordered pairs with their expectation.

    Attributes
    ----------
    answers : Answers
    method : {"k", "k1", "k2", "s1"}
    wrong : array of int, shape (N,)
        Wrong and omitted answers of each candidate.
    usual : array, shape (J + 1, N)
        Identical wrong answers to be expected with each source, by number of wrong answers.
    """

    answers: Answers
    method: str
    directed: bool = True
    wrong: Ints = field(init=False)
    usual: Floats = field(init=False)
    _marks: Floats = field(init=False)

    def __post_init__(self) -> None:
        lost = self.answers.there & ~(self.answers.right >= 1)
        marks = self.answers.one_hot() * lost[:, :, None]
        object.__setattr__(self, "wrong", lost.sum(axis=1))
        object.__setattr__(self, "_marks", marks.reshape(len(marks), -1))
        object.__setattr__(self, "usual", self._smoothed(*self._means()))

    def _alike(self) -> Iterator[tuple[Ints, Floats]]:
        """Give blocks of candidates (rows) and their identical wrong answers with everybody (columns)."""
        number = len(self.wrong)
        size = max(1, min(number, _CELLS // number))
        for start in range(0, number, size):
            rows = np.arange(start, min(start + size, number))
            yield rows, self._marks[rows] @ self._marks.T

    def _means(self) -> tuple[Floats, Bools]:
        number, levels = len(self.wrong), len(self.answers.names) + 1
        level = np.zeros((number, levels), dtype=np.float32)
        level[np.arange(number), self.wrong] = 1
        total = np.zeros((levels, number))
        for rows, alike in self._alike():
            total += level[rows].T @ alike
        count = np.repeat(level.sum(axis=0)[:, None], number, axis=1)
        own = (self.wrong, np.arange(number))
        total[own] -= self._marks.sum(axis=1)
        count[own] -= 1
        return np.where(count > 0, total / np.maximum(count, 1), 0.0), count > 0

    def _smoothed(self, means: Floats, known: Bools) -> Floats:
        if self.method == "k":
            return np.where(known, means, np.nan)
        share = np.arange(len(means)) / (len(means) - 1)
        powers = np.column_stack([share**power for power in range(3 if self.method == "k2" else 2)])
        if self.method == "s1":
            return _log_linear(means, known, powers)
        return _least_squares(means, known, powers)

    def exact(self, first: Ints, second: Ints) -> Tested:
        """Test given pairs; `second` is the source."""
        alike = np.einsum("nd,nd->n", self._marks[first], self._marks[second]).round().astype(int)
        expected = self.usual[self.wrong[first], second]
        return Tested(first, second, alike, expected, alike.astype(float), *self._tails(alike, expected, second))

    def _tails(self, alike: Ints, expected: Floats, source: Ints) -> tuple[Floats, Floats]:
        most = self.wrong[source]
        mean = np.clip(np.nan_to_num(expected, nan=0.0), 1e-12, None)
        unknown = np.isnan(expected) | (most == 0)
        if self.method == "s1":
            below, upto = pdtr(alike - 1.0, mean), pdtr(most.astype(float), mean)
            above = np.where(alike <= 0, upto, upto - np.where(alike > 0, below, 0.0))
            exactly = np.exp(alike * np.log(mean) - mean - gammaln(alike + 1.0))
        else:
            chance = np.clip(mean / np.maximum(most, 1), 1e-12, 1 - 1e-12)
            above = np.where(alike > 0, bdtr(most - alike, np.maximum(most, 1), 1 - chance), 1.0)
            log = gammaln(most + 1.0) - gammaln(alike + 1.0) - gammaln(most - alike + 1.0)
            exactly = np.exp(log + alike * np.log(chance) + (most - alike) * np.log1p(-chance))
        return np.where(unknown, 1.0, np.clip(above, 0, 1)), np.where(unknown, 1.0, exactly)

    def screened(self, keep: float, group: Ints | None) -> tuple[Ints, Ints, int]:
        """Find the ordered pairs whose tail is at most `keep`; give them and how many were looked at."""
        number, looked, found = len(self.wrong), 0, []
        everyone = np.arange(number)
        for rows, alike in self._alike():
            allowed = rows[:, None] != everyone
            if group is not None:
                allowed &= (group[rows][:, None] == group) & (group[rows] >= 0)[:, None]
            looked += int(allowed.sum())
            at, source = np.nonzero(allowed & ((alike > self.usual[self.wrong[rows]]) | (keep >= 1)))
            chosen = rows[at]
            counted = np.round(alike[at, source]).astype(int)
            p, _exactly = self._tails(counted, self.usual[self.wrong[chosen], source], source)
            found.append((chosen[p <= keep], source[p <= keep]))
        first, second = (np.concatenate(one) for one in zip(*found, strict=True))
        return first, second, looked


def _least_squares(means: Floats, known: Bools, x: Floats) -> Floats:
    """Fitted values of each source's means over the levels that occur, each level alike."""
    weight = known.astype(float)
    left = np.einsum("rs,rd,re->sde", weight, x, x) + 1e-12 * np.eye(x.shape[1])
    right = np.einsum("rs,rd->sd", weight * means, x)
    return np.asarray(x @ np.linalg.solve(left, right[:, :, None])[:, :, 0].T)


def _log_linear(means: Floats, known: Bools, x: Floats) -> Floats:
    """Poisson maximum likelihood of the means on the levels, for all sources at once."""
    weight = known.astype(float)
    average = (weight * means).sum(axis=0) / np.maximum(weight.sum(axis=0), 1)
    beta = np.zeros((means.shape[1], x.shape[1]))
    beta[:, 0] = np.log(np.maximum(average, 1e-6))
    for _step in range(_STEPS):
        mean = np.exp(np.clip(x @ beta.T, -30, 30))
        gradient = np.einsum("rs,rd->sd", weight * (means - mean), x)
        hessian = np.einsum("rs,rd,re->sde", weight * mean, x, x) + 1e-9 * np.eye(x.shape[1])
        step = np.clip(np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0], -2, 2)
        beta += step
        if np.abs(step).max() < _CLOSE:
            break
    return np.exp(np.clip(x @ beta.T, -30, 30))
