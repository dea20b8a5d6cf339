"""The E step of the bifactor model with dimension reduction: one testlet at a time (Gibbons & Hedeker 1992).

Given the general ability, testlets are independent: each is integrated over its own factor, so that the points of two
factors at a time suffice however many there are. What a testlet gives depends on the answers to its items alone: it is
worked out once for each pattern of answers to it.

Shapes: N distinct patterns of answers, U of a testlet, C pairs of an item and a score, Q points of the general ability,
S of the specific factor (1 for items that stand alone), P free parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.special import logsumexp

from svclib.stats.arrays import Floats, Ints
from svclib.stats.item_response.bifactor_design import ALONE, FIXED, Design
from svclib.stats.item_response.kernels import _graded, _two
from svclib.stats.item_response.quadrature import grid, normal_weights
from svclib.stats.item_response.responses import Codes

_LOWEST = -690.0
_TOGETHER = 4
"""Items that stand alone are taken four at a time: more have too many patterns, fewer too many passes."""
_BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class Bundle:
    """The items of a testlet, or some that stand alone.

    Attributes
    ----------
    items : list of int
    item, score : arrays of int, shape (C,)
    features : array, shape (U, C)
        1 where the pattern has that score of that item.
    index : array of int, shape (N,)
        The pattern of each candidate.
    sums : sparse array, shape (U, N)
        Adds candidates up by pattern.
    theta, specific : arrays, shape (Q · S,)
        Both factors at the points.
    log_weights : array, shape (S,)
    """

    items: list[int]
    item: Ints
    score: Ints
    features: Floats
    index: Ints
    sums: Any
    theta: Floats
    specific: Floats
    log_weights: Floats

    def blocks(self) -> Iterator[slice]:
        """Cut the patterns so that a block's points fit the memory."""
        size = max(_BLOCK // len(self.theta), 16)
        for first in range(0, len(self.features), size):
            yield slice(first, first + size)


@dataclass(frozen=True, eq=False)
class Sheets:
    """Distinct patterns of answers with their numbers, cut into bundles.

    Attributes
    ----------
    weights : array, shape (N,)
    back : array of int
        The pattern of each candidate as given.
    bundles : list of Bundle
    theta, log_weights : arrays, shape (Q,)
    """

    weights: Floats
    back: Ints
    bundles: list[Bundle]
    theta: Floats
    log_weights: Floats

    def blocks(self) -> Iterator[slice]:
        """Cut the candidates so that a block's points fit the memory."""
        size = max(_BLOCK // len(self.theta), 256)
        for first in range(0, len(self.weights), size):
            yield slice(first, first + size)


def lay_out(codes: Codes, plan: Design, points: int) -> Sheets:
    """Put equal patterns of answers together, of the whole and of each testlet."""
    distinct, back = np.unique(codes, axis=0, return_inverse=True)
    back = back.reshape(-1)
    theta = grid(points)
    weights = normal_weights(theta)
    alone = np.flatnonzero(plan.home == ALONE).tolist()
    parts = [np.flatnonzero(plan.home == place).tolist() for place in range(len(plan.testlets))]
    bundles = [_bundle(distinct, plan, items, theta, theta, weights) for items in parts]
    single = [alone[first : first + _TOGETHER] for first in range(0, len(alone), _TOGETHER)]
    bundles += [_bundle(distinct, plan, items, theta, np.zeros(1), np.ones(1)) for items in single]
    counts = np.bincount(back, minlength=len(distinct)).astype(float)
    return Sheets(counts, back, bundles, theta, np.log(weights))


def _bundle(codes: Codes, plan: Design, items: list[int], theta: Floats, specific: Floats, weights: Floats) -> Bundle:
    patterns, index = np.unique(codes[:, items], axis=0, return_inverse=True)
    index = index.reshape(-1)
    pairs = [(at, score) for at, item in enumerate(items) for score in range(int(plan.categories[item]))]
    at, score = np.array(pairs, dtype=np.int64).T
    features = (patterns[:, at] == score).astype(float)
    size = len(codes)
    sums = csr_array((np.ones(size), (index, np.arange(size))), shape=(len(patterns), size))
    return Bundle(
        items, np.asarray(items)[at], score, features, index, sums, np.repeat(theta, len(specific)),
        np.tile(specific, len(theta)), np.log(weights),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Curve:
    """Log probabilities of an item at the points of its bundle (K, Q · S), and their derivatives (K + 1, K, Q · S)."""

    log_p: Floats
    slopes: Floats


def curve(values: Floats, categories: int, theta: Floats, specific: Floats) -> Curve:
    """Log probabilities of an item: those of one factor hold for the sum of the two."""
    both = values[0] * theta + values[1] * specific
    row = np.concatenate([[1.0], values[2 : categories + 1]])[None]
    kernel = _two if categories == 2 else _graded
    log_p, slopes = kernel(row, np.ones(1), np.zeros(1, dtype=bool), categories, both)
    steps = slopes[0, 1:]
    whole = steps.sum(axis=0)
    return Curve(np.maximum(log_p[0], _LOWEST), np.concatenate([[whole * theta, whole * specific], steps]))


def curves(plan: Design, sheets: Sheets, values: Floats) -> dict[int, Curve]:
    """Give the curve of every item at the points of its bundle."""
    return {
        item: curve(values[item], int(plan.categories[item]), bundle.theta, bundle.specific)
        for bundle in sheets.bundles for item in bundle.items
    }  # fmt: skip


def _coefficients(bundle: Bundle, known: dict[int, Curve]) -> Floats:
    return np.concatenate([known[item].log_p for item in bundle.items])


def _within(bundle: Bundle, coefficients: Floats, rows: slice) -> tuple[Floats, Floats]:
    """Log-likelihood at the general points (U, Q), and the posterior of the specific factor there (U, Q, S)."""
    inner = len(bundle.log_weights)
    logs = (bundle.features[rows] @ coefficients).reshape(-1, len(bundle.theta) // inner, inner)
    logs += bundle.log_weights
    top = logs.max(axis=2, keepdims=True)
    share = np.exp(logs - top)
    total = share.sum(axis=2, keepdims=True)
    share /= total
    return (top + np.log(total))[:, :, 0], share


def _testlet_logs(sheets: Sheets, known: dict[int, Curve]) -> list[Floats]:
    out = []
    for bundle in sheets.bundles:
        coefficients = _coefficients(bundle, known)
        out.append(np.concatenate([_within(bundle, coefficients, rows)[0] for rows in bundle.blocks()]))
    return out


def posteriors(sheets: Sheets, known: dict[int, Curve]) -> Iterator[tuple[slice, Floats, Floats]]:
    """Give blocks of candidates, the posterior of their general ability (B, Q) and their log-likelihoods (B,)."""
    parts = _testlet_logs(sheets, known)
    for rows in sheets.blocks():
        logs = np.tile(sheets.log_weights, (len(sheets.weights[rows]), 1))
        for bundle, part in zip(sheets.bundles, parts, strict=True):
            logs += part[bundle.index[rows]]
        loglik = logsumexp(logs, axis=1)
        yield rows, np.exp(logs - loglik[:, None]), np.asarray(loglik)


@dataclass(frozen=True, eq=False)
class Expected:
    """The log-likelihood and, for each item, the expected number with each score at each point (K, Q · S)."""

    loglik: float
    counts: dict[int, Floats]


def expect(sheets: Sheets, known: dict[int, Curve]) -> Expected:
    """Add up the posterior weights."""
    loglik = 0.0
    sums = [np.zeros((len(bundle.features), len(sheets.theta))) for bundle in sheets.bundles]
    for rows, posterior, logs in posteriors(sheets, known):
        loglik += float(sheets.weights[rows] @ logs)
        posterior *= sheets.weights[rows][:, None]
        whole = rows.start == 0 and rows.stop >= len(sheets.weights)
        for bundle, total in zip(sheets.bundles, sums, strict=True):
            total += (bundle.sums if whole else bundle.sums[:, rows]) @ posterior
    counts: dict[int, Floats] = {}
    for bundle, total in zip(sheets.bundles, sums, strict=True):
        counts |= _by_item(bundle, total, _coefficients(bundle, known))
    return Expected(loglik, counts)


def _by_item(bundle: Bundle, total: Floats, coefficients: Floats) -> dict[int, Floats]:
    found = np.zeros((len(bundle.item), len(bundle.theta)))
    for rows in bundle.blocks():
        _logs, share = _within(bundle, coefficients, rows)
        share *= total[rows][:, :, None]
        found += bundle.features[rows].T @ share.reshape(len(share), -1)
    return {item: found[bundle.item == item] for item in bundle.items}


def candidate_scores(plan: Design, sheets: Sheets, known: dict[int, Curve]) -> Iterator[tuple[slice, Floats]]:
    """Give blocks of distinct patterns and the derivatives of their log-likelihoods by the free parameters, (B, P)."""
    inner = [_inner_slopes(bundle, known) for bundle in sheets.bundles]
    for rows, posterior, _logs in posteriors(sheets, known):
        out = np.zeros((len(posterior), plan.size))
        for bundle, slopes in zip(sheets.bundles, inner, strict=True):
            for (item, place), slope in slopes.items():
                if plan.slots[item, place] != FIXED:
                    out[:, plan.slots[item, place]] += np.einsum("nq,nq->n", posterior, slope[bundle.index[rows]])
        yield rows, out


def _inner_slopes(bundle: Bundle, known: dict[int, Curve]) -> dict[tuple[int, int], Floats]:
    """Derivatives given the general ability, the specific factor integrated out: (U, Q) for each place."""
    coefficients = _coefficients(bundle, known)
    parts: dict[tuple[int, int], list[Floats]] = {}
    for rows in bundle.blocks():
        _logs, share = _within(bundle, coefficients, rows)
        for item in bundle.items:
            chosen = bundle.features[rows][:, bundle.item == item]
            for place, slope in enumerate(known[item].slopes):
                parts.setdefault((item, place), []).append(((chosen @ slope).reshape(share.shape) * share).sum(axis=2))
    return {key: np.concatenate(found) for key, found in parts.items()}
