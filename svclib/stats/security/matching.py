"""Agreement of pairs of candidates against its expectation: screening of all pairs, exact tails of those kept.

Matrix products of one-hot answers count the agreements of all pairs; products of the options' chances give their
expectation and variance. Pairs whose normal tail is small enough get the exact one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.security.answers import NONE, Answers
from svclib.stats.security.tails import tails

Single = NDArray[np.float32]

_CELLS = 3_000_000
"""Cells of a block of pairs; bounds the memory."""
_SLACK = 0.7
"""Pairs whose normal deviate is so much below the one looked for may still have a small exact tail."""
_GATHER = 4096


@dataclass(frozen=True, eq=False)
class Model:
    """The answers with the chance of each option: what agreement and its expectation follow from.

    Attributes
    ----------
    answers : Answers
    chances : array, shape (N, J, K)
        0 outside the cells compared.
    directed : bool
        True: expectation given the answers of the source (ω); False: of both (generalized binomial test).
    """

    answers: Answers
    chances: Floats
    directed: bool
    codes: NDArray[np.int16] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", self.answers.codes)

    def hits(self, first: Ints, second: Ints) -> tuple[Floats, Ints]:
        """Chance of agreement on each item (pairs × J), and the agreements; `second` is the source."""
        if self.directed:
            codes = self.codes[second]
            picked = np.take_along_axis(self.chances[first], np.maximum(codes, 0)[:, :, None], axis=2)[:, :, 0]
            hits = np.where(codes == NONE, 0.0, picked)
        else:
            hits = np.einsum("njk,njk->nj", self.chances[first], self.chances[second])
        same = (self.codes[first] == self.codes[second]) & (self.codes[first] != NONE)
        return np.minimum(hits, 1.0), same.sum(axis=1)


@dataclass(frozen=True, eq=False)
class Tested:
    """Pairs with their agreement: all arrays of one length."""

    first: Ints
    second: Ints
    matches: Ints
    expected: Floats
    z: Floats
    p: Floats
    exactly: Floats


def exact(model: Model, first: Ints, second: Ints) -> Tested:
    """Test given pairs; `second` is the source where the model is directed."""
    parts = []
    for start in range(0, max(len(first), 1), _GATHER):
        rows = slice(start, start + _GATHER)
        hits, matches = model.hits(first[rows], second[rows])
        expected, spread = hits.sum(axis=1), np.sqrt((hits * (1 - hits)).sum(axis=1))
        z = np.where(spread > 0, (matches - expected) / np.where(spread > 0, spread, 1.0), 0.0)
        parts.append((matches, expected, z, *tails(hits, matches)))
    matches, expected, z, p, exactly = (np.concatenate(one) for one in zip(*parts, strict=True))
    return Tested(first, second, matches, expected, z, p, exactly)


def screened(model: Model, keep: float, group: Ints | None) -> tuple[Ints, Ints, int]:
    """Find the pairs whose exact tail may be at most `keep`; give them and how many were looked at.

    Directed models look at each pair in both directions, others once. With `group` only pairs of one group; candidates
    of group −1 are left out.
    """
    least = float(-ndtri(keep)) - _SLACK if keep < 1 else -np.inf
    found, looked = [], 0
    for rows, z, allowed in _blocks(model, group):
        looked += int(allowed.sum())
        at, other = np.nonzero((z >= least) & allowed)
        found.append((rows[at], other))
    first, second = (np.concatenate(one) for one in zip(*found, strict=True))
    return first, second, looked


def _blocks(model: Model, group: Ints | None) -> Iterator[tuple[Ints, Single, Bools]]:
    """Give the normal deviates of blocks of candidates (rows) with all candidates (columns)."""
    number = len(model.codes)
    hot = model.answers.one_hot().reshape(number, -1)
    left, right, square = _features(model, hot)
    size = max(1, min(number, _CELLS // number))
    everyone = np.arange(number)
    for start in range(0, number, size):
        rows = everyone[start : start + size]
        matches = hot[rows] @ hot.T
        expected = left[rows] @ right.T
        variance = np.maximum(expected - square[0][rows] @ square[1].T, 1e-6)
        allowed = rows[:, None] != everyone if model.directed else rows[:, None] < everyone
        if group is not None:
            allowed = allowed & (group[rows][:, None] == group) & (group[rows] >= 0)[:, None]
        yield rows, (matches - expected) / np.sqrt(variance), allowed


def _features(model: Model, hot: Single) -> tuple[Single, Single, tuple[Single, Single]]:
    """Give the factors of the expected agreements, and of the sum over items of their squared chances."""
    chances = model.chances.astype(np.float32)
    number, _items, most = chances.shape
    flat = chances.reshape(number, -1)
    if model.directed:
        return flat, hot, (flat**2, hot)
    one, other = np.triu_indices(most)
    weight = np.where(one == other, 1.0, np.sqrt(2.0)).astype(np.float32)
    pairs = (chances[:, :, one] * chances[:, :, other] * weight).reshape(number, -1)
    return flat, flat, (pairs, pairs)


def sample(group: Ints | None, number: int, most: int, random: Any, *, same: bool) -> tuple[Ints, Ints]:
    """Draw up to `most` different pairs: of one group (`same`), or of two; without groups any."""
    first, second = random.integers(0, number, (2, 4 * most if same is False else most))
    if group is not None and same:
        return _within(group, most, random)
    keep = first != second
    if group is not None:
        keep &= (group[first] != group[second]) | (group[first] < 0)
    first, second = first[keep][:most], second[keep][:most]
    return np.minimum(first, second), np.maximum(first, second)


def _within(group: Ints, most: int, random: Any) -> tuple[Ints, Ints]:
    """Pairs of one group: all of small groups, of larger ones a sample, each group alike."""
    members = [np.flatnonzero(group == one) for one in range(int(group.max()) + 1)] if len(group) else []
    members = [one for one in members if len(one) > 1]
    each = max(most // max(len(members), 1), 20)
    found = []
    for people in members:
        at, other = (
            np.triu_indices(len(people), 1) if len(people) <= 300 else random.integers(0, len(people), (2, each))
        )
        rows = random.permutation(len(at))[:each]
        found.append((people[np.minimum(at, other)[rows]], people[np.maximum(at, other)[rows]]))
    if not found:
        return np.zeros(0, int), np.zeros(0, int)
    first, second = (np.concatenate(one) for one in zip(*found, strict=True))
    return first[first != second], second[first != second]
