"""What is lost because ability is not seen: the covariance of each candidate's scores given the answers.

The observed information is the complete data's less the sum over candidates of Cov(g | answers), where g(θ) holds the
derivatives of the complete log-likelihood (Louis 1982; equal to the second term of Oakes 1999). With polynomials φ₁, φ₂
orthonormal under a candidate's posterior the covariance is Σ_s c_s c_s', c_s = Σ_q w_q φ_s(θ_q) g(θ_q): few are
needed, for g is smooth and a posterior narrow. c₀ is the candidate's score itself (for the cross-product).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.sparse import csr_matrix

from svclib.stats.arrays import Floats
from svclib.stats.item_response import latent as ability
from svclib.stats.item_response.estep import Cells, coefficients, normalise
from svclib.stats.item_response.kernels import Curves
from svclib.stats.item_response.layout import FIXED, Layout
from svclib.stats.item_response.threads import in_parts

ORDERS = 6
_BLOCK = 1 << 22
"""Cells of one block's matrix of candidates × derivatives."""
Array = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Scores:
    """Sums over candidates, of the free parameters: `missing` Σ Cov(g), `crossed` Σ ḡ ḡ', P × P."""

    missing: Floats
    crossed: Floats


def score_sums(
    layout: Layout, cells: Cells, values: Floats, latent: Floats, theta: Floats,
    *, orders: int = ORDERS, dtype: DTypeLike = np.float64,
) -> Scores:  # fmt: skip
    """Add up the covariances and the cross-products of the candidates' scores."""
    curves = Curves(layout, values, theta)
    matrix, constant = coefficients(cells, curves.log_p, ability.log_weights(latent, theta))
    left = np.ascontiguousarray(matrix.T, dtype=dtype)
    parts = _Parts(layout, cells, curves, ability.slopes(latent, theta), dtype)
    width = max(len(theta), min(layout.size, 400), len(parts.rows) // 4)

    def share(tasks: Sequence[tuple[slice, int]]) -> tuple[Floats, Floats]:
        missing, crossed = np.zeros((layout.size, layout.size)), np.zeros((layout.size, layout.size))
        for rows, group in tasks:
            features = cells.features(rows, dtype)
            weights = cells.weights[rows]
            posterior = left @ features
            normalise(posterior, constant[group], np.ones(len(weights)))
            for order, wave in enumerate(_waves(posterior, theta.astype(dtype), orders)):
                scores = parts.project(wave, features, group)
                scores *= np.sqrt(weights).astype(dtype)
                total = missing if order else crossed
                total += scores @ scores.T
        return missing, crossed

    found = in_parts(share, list(cells.blocks(width)))
    return Scores(np.sum([part[0] for part in found], axis=0), np.sum([part[1] for part in found], axis=0))


def _waves(posterior: Array, theta: Array, orders: int) -> Iterator[Array]:
    """Give the posterior (Q × B) times 1, φ₁, φ₂ …, orthonormal under it (Stieltjes' recurrence).

    Carried are √w φ, whose squares add up to 1: φ itself has no bounds where the posterior is nothing. A posterior of
    few points has no more polynomials than points: what would follow is 0.
    """
    yield posterior
    root = np.sqrt(posterior)
    before, now = np.zeros_like(root), root
    norm = np.zeros(posterior.shape[1], dtype=posterior.dtype)
    least = 1e3 * float(np.finfo(posterior.dtype).eps) * float(np.ptp(theta))
    for _order in range(min(orders, len(theta) - 1)):
        middle = theta @ (now * now)
        following = (theta[:, None] - middle) * now - norm * before
        norm = np.sqrt(np.einsum("qb,qb->b", following, following))
        following *= np.where(norm > least, 1 / np.maximum(norm, least), 0).astype(posterior.dtype)
        before, now = now, following
        yield root * now


class _Parts:
    """The derivatives as a matrix to project on: one row for each pair of a free place and a category it needs."""

    def __init__(self, layout: Layout, cells: Cells, curves: Curves, groups: Floats, dtype: DTypeLike) -> None:
        self.layout, self.cells = layout, cells
        item, place = np.nonzero(layout.slots != FIXED)
        base = np.where(cells.complete[item][:, None], curves.slopes[item, place, 0], 0.0)
        first = np.flatnonzero(cells.complete[item])
        rows, index, feature = [base[first]], [first], [np.full(len(first), -1)]
        for at in range(len(cells.item)):
            owner = np.flatnonzero(item == cells.item[at])
            change = curves.slopes[item[owner], place[owner], cells.score[at]] - base[owner]
            used = np.abs(change).max(axis=1) > 0
            rows.append(change[used])
            index.append(owner[used])
            feature.append(np.full(int(used.sum()), at))
        self.rows = np.concatenate(rows).astype(dtype)
        self.index, self.feature = np.concatenate(index), np.concatenate(feature)
        slots = layout.slots[item, place][self.index]
        ones, column = np.ones(len(slots), dtype=dtype), np.arange(len(slots))
        self.gather = csr_matrix((ones, (slots, column)), shape=(layout.size, len(slots)))
        self.groups = groups.astype(dtype)

    def project(self, wave: Array, features: Array, group: int) -> Array:
        """Give c of each candidate: P × B."""
        parts = self.rows @ wave
        known = self.feature >= 0
        parts[known] *= features[self.feature[known]]
        out = self.gather @ parts
        slots = self.layout.latent_slots[group]
        out[slots[slots != FIXED]] += (self.groups[group] @ wave)[slots != FIXED]
        return out
