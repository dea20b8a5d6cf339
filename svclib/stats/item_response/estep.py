"""Posterior weights of the candidates at the points of ability, and what they add up to.

Shapes: J items, N candidates (or different answer patterns), Q points, G groups, C features. A feature is one category
of one item; items that everybody met leave out category 0, whose log probability goes into the constant. Everything
runs over blocks of candidates, so that memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike, NDArray

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.item_response.responses import MISSING, Codes
from svclib.stats.item_response.threads import in_parts, workers

_BLOCK = 1 << 17
"""Cells of one block's matrix of candidates × points."""
_RADIX = 2.0**62
_WORTH = 50_000
"""Fewer responses are not worth a thread."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Responses laid out for the E step.

    Attributes
    ----------
    codes : array of int8, shape (J, N)
        Sorted by group.
    weights : array, shape (N,)
    group : array of int, shape (N,)
    categories : array of int, shape (J,)
    complete : array of bool, shape (J,)
        Items that nobody misses.
    item, score : arrays of int, shape (C,)
        Item and category of each feature.
    """

    codes: Codes
    weights: Floats
    group: Ints
    groups: int
    categories: Ints
    complete: Bools
    item: Ints
    score: Ints

    @property
    def plain(self) -> bool:
        """Whether the features are the codes as they are."""
        return bool(self.complete.all() and (self.categories == 2).all())

    @property
    def total(self) -> float:
        """Sum of the weights."""
        return float(self.weights.sum())

    def every(self, step: int) -> Cells:
        """Give each `step`-th candidate."""
        return Cells(
            np.ascontiguousarray(self.codes[:, ::step]), self.weights[::step], self.group[::step], self.groups,
            self.categories, self.complete, self.item, self.score,
        )  # fmt: skip

    def blocks(self, points: int) -> Iterator[tuple[slice, int]]:
        """Give slices of candidates of one group, with the group."""
        share = self.codes.shape[1] // workers() + 1 if self.codes.size > _WORTH else self.codes.shape[1]
        size = max(min(_BLOCK // points, share), 256)
        borders = np.searchsorted(self.group, np.arange(self.groups + 1))
        for group, (first, last) in enumerate(pairwise(borders)):
            for at in range(int(first), int(last), size):
                yield slice(at, min(at + size, int(last))), group

    def features(self, rows: slice, dtype: DTypeLike) -> NDArray[np.floating]:
        """Give the features of some candidates, C × B, as 0 and 1."""
        block = self.codes[:, rows]
        return block.astype(dtype) if self.plain else (block[self.item] == self.score[:, None]).astype(dtype)


def lay_out(codes: Codes, group: Ints, weights: Floats, categories: Ints, groups: int) -> Cells:
    """Sort candidates × items by group and put equal answer patterns together."""
    codes, group, weights = _collapsed(codes, group, weights, categories)
    order = np.argsort(group, kind="stable") if groups > 1 else slice(None)
    turned = np.ascontiguousarray(codes[order].T)
    complete = np.asarray((turned != MISSING).all(axis=1))
    pairs = [(j, k) for j, most in enumerate(categories) for k in range(int(complete[j]), int(most))]
    item, score = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Cells(turned, weights[order], group[order], groups, categories, complete, item, score.astype(np.int8))


def _collapsed(codes: Codes, group: Ints, weights: Floats, categories: Ints) -> tuple[Codes, Ints, Floats]:
    base = categories.astype(float) + 1
    if len(codes) < 2 or base.prod() * (group.max(initial=0) + 1) >= _RADIX:
        return codes, group, weights
    key = group.astype(np.int64)
    for at, size in enumerate(categories):
        key = key * int(size + 1) + (codes[:, at] + 1)
    _same, first, back = np.unique(key, return_index=True, return_inverse=True)
    if len(first) > 0.8 * len(codes):
        return codes, group, weights
    return codes[first], group[first], np.bincount(back.reshape(-1), weights=weights).astype(float)


@dataclass(frozen=True, eq=False)
class Expected:
    """What the E step gives.

    Attributes
    ----------
    loglik : float
    counts : array, shape (J, K, Q)
        Expected number of candidates in each category at each point.
    exposed : array, shape (J, Q)
        Expected number who met the item at each point.
    nodes : array, shape (G, Q)
        Expected number of candidates of each group at each point.
    """

    loglik: float
    counts: Floats
    exposed: Floats
    nodes: Floats


def expect(cells: Cells, log_p: Floats, log_weights: Floats, dtype: DTypeLike = np.float64) -> Expected:
    """Add up the posterior weights: `log_p` (J, K, Q) and the log weights of the points in each group (G, Q)."""
    matrix, constant = coefficients(cells, log_p, log_weights)
    left, points = np.ascontiguousarray(matrix.T, dtype=dtype), log_p.shape[2]

    def share(tasks: Sequence[tuple[slice, int]]) -> tuple[float, Floats, Floats]:
        counts, nodes, loglik = np.zeros((len(cells.item), points)), np.zeros((cells.groups, points)), 0.0
        for rows, group in tasks:
            features = cells.features(rows, dtype)
            posterior = left @ features
            loglik += normalise(posterior, constant[group], cells.weights[rows])
            counts += features @ posterior.T
            nodes[group] += posterior.sum(axis=1)
        return loglik, counts, nodes

    parts = in_parts(share, list(cells.blocks(points)))
    loglik, counts, nodes = (sum(part[at] for part in parts) for at in range(3))
    return Expected(
        float(loglik), *_by_item(cells, np.asarray(counts), np.asarray(nodes), log_p.shape[1]), np.asarray(nodes)
    )


def coefficients(cells: Cells, log_p: Floats, log_weights: Floats) -> tuple[Floats, Floats]:
    """Give what each feature adds to the log-likelihood (C, Q), and the constant of each group (G, Q)."""
    base = np.where(cells.complete[:, None], log_p[:, 0], 0.0)
    return log_p[cells.item, cells.score] - base[cells.item], base.sum(axis=0) + log_weights


def normalise(logs: NDArray[np.floating], constant: Floats, weights: Floats) -> float:
    """Turn log-likelihoods Q × B into weighted posteriors, in place; give the weighted log-likelihood."""
    logs += constant[:, None].astype(logs.dtype)
    top = logs.max(axis=0)
    logs -= top
    np.exp(logs, out=logs)
    sums = logs.sum(axis=0)
    logs *= (weights / sums).astype(logs.dtype)
    return float(weights @ (top.astype(np.float64) + np.log(sums.astype(np.float64))))


def _by_item(cells: Cells, counts: Floats, nodes: Floats, most: int) -> tuple[Floats, Floats]:
    out = np.zeros((len(cells.categories), most, counts.shape[1]))
    out[cells.item, cells.score] = counts
    everybody = nodes.sum(axis=0)
    out[cells.complete, 0] = everybody - out[cells.complete, 1:].sum(axis=1)
    return out, np.where(cells.complete[:, None], everybody, out.sum(axis=1))
