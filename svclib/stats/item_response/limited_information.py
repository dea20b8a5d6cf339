"""M2 and C2: whether the model reproduces the answers to items and to pairs of items.

Moments: the share of each category above the lowest of every item, and the mean product of the scores of every pair
(C2 of Cai & Monroe 2014; with two categories it is M2 of Maydeu-Olivares & Joe 2006).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.item_response.responses import Codes

_NUDGE = 1e-5
_FLOOR = 1e-300


@dataclass(frozen=True)
class Moments:
    """Moments of answers or of a model: shares of categories (S,), products of pairs (P,)."""

    shares: Floats
    products: Floats

    @property
    def vector(self) -> Floats:
        """Both in one."""
        return np.concatenate([self.shares, self.products])


@dataclass(frozen=True)
class Shape:
    """Which category share belongs to which item and score, and which items each pair holds."""

    item: Ints
    score: Ints
    first: Ints
    second: Ints


def shape_of(highest: Ints) -> Shape:
    """Give the places of the moments for items with these highest scores."""
    item = np.repeat(np.arange(len(highest)), highest)
    score = np.concatenate([np.arange(1, int(top) + 1) for top in highest])
    first, second = np.triu_indices(len(highest), 1)
    return Shape(item, score, first, second)


def observed_moments(codes: Codes, shape: Shape) -> tuple[Moments, Floats]:
    """Give the moments of complete answers, and the correlations of the scores."""
    values = codes.astype(float)
    shares = (codes[:, shape.item] == shape.score).mean(axis=0)
    product = values.T @ values / len(values)
    centre = values.mean(axis=0)
    return Moments(shares, product[shape.first, shape.second]), _correlation(product - np.outer(centre, centre))


def _correlation(covariance: Floats) -> Floats:
    spread = np.sqrt(np.maximum(np.diag(covariance), _FLOOR))
    return np.asarray(covariance / np.outer(spread, spread))


@dataclass(frozen=True)
class Expected:
    """What a model expects at nodes with weights: category shares, means and mean squares of the scores at each."""

    shape: Shape
    weights: Floats
    shares: Floats
    mean: Floats
    square: Floats

    @property
    def moments(self) -> Moments:
        """Expected moments."""
        pairs = (self.mean * self.weights) @ self.mean.T
        return Moments(self.shares @ self.weights, pairs[self.shape.first, self.shape.second])

    def correlations(self) -> Floats:
        """Expected correlations of the scores."""
        product = (self.mean * self.weights) @ self.mean.T
        np.fill_diagonal(product, self.square @ self.weights)
        centre = self.mean @ self.weights
        return _correlation(product - np.outer(centre, centre))

    def covariance(self) -> Floats:
        """Covariance of one candidate's contributions to the moments, (S + P) × (S + P)."""
        shape, weights, count = self.shape, self.weights, len(self.shape.item)
        pair = self.mean[shape.first] * self.mean[shape.second]
        rows = np.concatenate([self.shares, pair])
        out = (rows * weights) @ rows.T
        same = shape.item[:, None] == shape.item[None, :]
        out[:count, :count][same] = 0
        np.fill_diagonal(out[:count, :count], self.shares @ weights)
        for item in range(len(self.mean)):
            self._mend(out, item, count, pair)
        both = np.arange(len(pair)) + count
        out[both, both] = (self.square[shape.first] * self.square[shape.second]) @ weights
        centre = self.moments.vector
        return np.asarray(out - np.outer(centre, centre))

    def _mend(self, out: Floats, item: int, count: int, pair: Floats) -> None:
        """Put right the products in which an item occurs twice: its square is no product of two means."""
        shape, weights = self.shape, self.weights
        mine = np.flatnonzero((shape.first == item) | (shape.second == item))
        partner = np.where(shape.first[mine] == item, shape.second[mine], shape.first[mine])
        others = self.mean[partner]
        out[np.ix_(count + mine, count + mine)] = (others * (self.square[item] * weights)) @ others.T
        own = np.flatnonzero(shape.item == item)
        cross = ((self.shares[own] * shape.score[own, None]) * weights) @ others.T
        out[np.ix_(own, count + mine)] = cross
        out[np.ix_(count + mine, own)] = cross.T


def expected_moments(chances: Floats, weights: Floats, shape: Shape) -> Expected:
    """Give what category probabilities J × K × Q at nodes with weights lead to expect."""
    score = np.arange(chances.shape[1], dtype=float)
    return Expected(
        shape, weights, chances[shape.item, shape.score], np.einsum("jkq,k->jq", chances, score),
        np.einsum("jkq,k->jq", chances, score**2),
    )  # fmt: skip


def slopes(items: ItemParameters, free: Bools, theta: Floats, found: Expected) -> Floats:
    """Derivatives of the moments by the items' free parameters (J × places: slope, intercepts, lower asymptote).

    Places follow the calibration's layout; the lower asymptote is taken by its logit, which does not matter here.
    """
    columns, where = [], found.shape
    score = np.arange(items.intercepts.shape[1] + 1, dtype=float)
    for place in range(free.shape[1]):
        if not free[:, place].any():
            continue
        change = (
            probabilities(_nudged(items, place, free.shape[1], _NUDGE), theta)
            - probabilities(_nudged(items, place, free.shape[1], -_NUDGE), theta)
        ) / (2 * _NUDGE)
        share = change[where.item, where.score] @ found.weights
        mean = np.einsum("jkq,k->jq", change, score)
        pairs = (mean * found.weights) @ found.mean.T
        for item in np.flatnonzero(free[:, place]):
            column = np.zeros(len(share) + len(where.first))
            column[: len(share)] = np.where(where.item == item, share, 0)
            left, right = where.first == item, where.second == item
            column[len(share) :][left] = pairs[item, where.second[left]]
            column[len(share) :][right] = pairs[item, where.first[right]]
            columns.append(column)
    return np.column_stack(columns) if columns else np.zeros((len(where.item) + len(where.first), 0))


def _nudged(items: ItemParameters, place: int, places: int, size: float) -> ItemParameters:
    if place == 0:
        return replace(items, slope=items.slope + size)
    if place == places - 1:
        logit = np.log(np.maximum(items.lower, _FLOOR) / (1 - items.lower)) + size
        return replace(items, lower=np.where(items.lower > 0, 1 / (1 + np.exp(-logit)), 0))
    moved = items.intercepts.copy()
    moved[:, place - 1] += size
    return replace(items, intercepts=moved)


def quadratic(apart: Floats, covariance: Floats, directions: Floats) -> float:
    """Give the squared distance of moments in the directions that no parameter can move, per candidate.

    Raises
    ------
    LinAlgError
        If the covariance is singular: some moment follows from others.
    """
    factor = cho_factor(covariance, lower=True)
    solved = cho_solve(factor, apart)
    if not directions.shape[1]:
        return float(apart @ solved)
    bent = cho_solve(factor, directions)
    inner = directions.T @ bent
    moved = np.linalg.lstsq(inner, directions.T @ solved, rcond=None)[0]
    return float(apart @ solved - (directions.T @ solved) @ moved)
