"""Moments implied by a factor model, and their derivatives in closed form.

Σ = ΛΨΛ′ + Θ and μ = ν + Λα (Bollen 1989, ch. 7). Ordinal items: the answers cut a normal variable of these moments;
what can be seen of it are the thresholds δ(τ − μ) and the correlations δᵢδⱼΣᵢⱼ, where δ is a scale (Muthén 1984).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats, Ints
from svclib.stats.factor_models.parameters import Kind, Table


@dataclass(frozen=True)
class Matrices:
    """The model of one group.

    Attributes
    ----------
    loadings : (items, factors) float
    factors : (factors, factors) float
        Covariances of the factors, Ψ.
    residuals : (items, items) float
        Covariances of the errors, Θ; with ordinal items scaled by `scales` the diagonal is what Σ leaves.
    intercepts, scales : (items,) float
    means : (factors,) float
    covariance : (items, items) float
        Σ.
    """

    loadings: Floats
    factors: Floats
    residuals: Floats
    intercepts: Floats
    means: Floats
    scales: Floats
    covariance: Floats

    @property
    def centre(self) -> Floats:
        """Means of the items, μ."""
        return np.asarray(self.intercepts + self.loadings @ self.means)


def matrices(table: Table, values: Floats, group: int) -> Matrices:
    """Fill the matrices of a group with `values`, one a row of the table."""
    items, factors = len(table.plan.items), len(table.plan.factors)
    shapes = {
        Kind.LOADING: (items, factors),
        Kind.FACTOR: (factors, factors),
        Kind.RESIDUAL: (items, items),
        Kind.INTERCEPT: (items, 1),
        Kind.MEAN: (factors, 1),
        Kind.SCALE: (items, items),
    }
    out = {kind: np.zeros(shape) for kind, shape in shapes.items()}
    for kind, matrix in out.items():
        rows = np.flatnonzero((table.kind == kind) & (table.group == group))
        matrix[table.row[rows], table.column[rows]] = values[rows]
        if kind in (Kind.FACTOR, Kind.RESIDUAL):
            matrix[table.column[rows], table.row[rows]] = values[rows]
    return _complete(table, out)


def _complete(table: Table, filled: dict[Kind, Floats]) -> Matrices:
    loadings, factors, residuals = filled[Kind.LOADING], filled[Kind.FACTOR], filled[Kind.RESIDUAL]
    common = loadings @ factors @ loadings.T
    scales = np.diag(filled[Kind.SCALE]).copy()
    if not table.plan.categories:
        scales = np.ones(len(loadings))
    elif table.plan.theta:
        scales = 1 / np.sqrt(np.maximum(np.diag(common + residuals), np.finfo(float).tiny))
    else:
        residuals[np.diag_indices_from(residuals)] = scales**-2.0 - np.diag(common)
    intercepts, means = filled[Kind.INTERCEPT][:, 0], filled[Kind.MEAN][:, 0]
    return Matrices(loadings, factors, residuals, intercepts, means, scales, common + residuals)


@dataclass(frozen=True)
class Layout:
    """Where the moments of a group lie.

    Attributes
    ----------
    first, second : (pairs,) int
        Items of a covariance, the diagonal with them unless the items are ordinal.
    means : int
        Number of means before the covariances.
    item, cut : (thresholds,) int
        Item of a threshold before the correlations, and its place in the item.
    """

    first: Ints
    second: Ints
    means: int
    item: Ints
    cut: Ints

    @property
    def size(self) -> int:
        """Number of moments."""
        return self.means + len(self.item) + len(self.first)


def layout(table: Table) -> Layout:
    """Lay out the moments of each group."""
    plan, items = table.plan, len(table.plan.items)
    first, second = np.tril_indices(items, -1 if plan.categories else 0)
    counts = np.array(plan.categories, dtype=np.int64) - 1
    item = np.repeat(np.arange(len(counts)), counts)
    cut = np.concatenate([np.arange(count) for count in counts] or [np.zeros(0, dtype=np.int64)])
    means = 0 if plan.categories or not plan.means else items
    return Layout(first.astype(np.int64), second.astype(np.int64), means, item.astype(np.int64), cut.astype(np.int64))


def implied(table: Table, where: Layout, values: Floats, group: int) -> Floats:
    """Give the moments of a group: means or thresholds, then covariances or correlations."""
    model = matrices(table, values, group)
    pairs = model.covariance[where.first, where.second]
    if not table.plan.categories:
        return np.concatenate([model.centre[: where.means], pairs])
    pairs = pairs * model.scales[where.first] * model.scales[where.second]
    cuts = thresholds(table, where, values, group) - model.centre[where.item]
    return np.concatenate([model.scales[where.item] * cuts, pairs])


def thresholds(table: Table, where: Layout, values: Floats, group: int) -> Floats:
    """Thresholds of a group, in the order of the layout."""
    rows = np.flatnonzero((table.kind == Kind.THRESHOLD) & (table.group == group))
    order = np.lexsort((table.column[rows], table.row[rows]))
    return np.asarray(values[rows[order]][: len(where.item)])


def jacobian(table: Table, where: Layout, values: Floats, group: int) -> Floats:
    """Differentiate the moments of a group by the free parameters: (moments, parameters)."""
    rows = np.flatnonzero((table.group == group) & table.estimated)
    model = matrices(table, values, group)
    covariance = _covariance_slopes(table, rows, model, where.first, where.second)
    centre = _centre_slopes(table, rows, model)
    if not table.plan.categories:
        return table.spread(np.concatenate([centre[: where.means], covariance]), rows)
    return table.spread(_ordinal_slopes(table, where, values, rows, model, covariance, centre), rows)


def _covariance_slopes(table: Table, rows: Ints, model: Matrices, first: Ints, second: Ints) -> Floats:
    """Derivatives of Σ[first, second] by the rows of the table."""
    out = np.zeros((len(first), len(rows)))
    kind, row, column = table.kind[rows], table.row[rows], table.column[rows]
    a, b = first[:, None], second[:, None]
    at = np.flatnonzero(kind == Kind.LOADING)
    weights = model.loadings @ model.factors
    i, j = row[at], column[at]
    out[:, at] = (a == i) * weights[b, j] + (b == i) * weights[a, j]
    at = np.flatnonzero(kind == Kind.FACTOR)
    k, m = row[at], column[at]
    crossed = model.loadings[a, k] * model.loadings[b, m]
    out[:, at] = np.where(k == m, crossed, crossed + model.loadings[a, m] * model.loadings[b, k])
    at = np.flatnonzero(kind == Kind.RESIDUAL)
    i, j = row[at], column[at]
    out[:, at] = ((a == i) & (b == j)) | ((a == j) & (b == i))
    return out


def _centre_slopes(table: Table, rows: Ints, model: Matrices) -> Floats:
    """Derivatives of μ by the rows of the table."""
    out = np.zeros((len(model.intercepts), len(rows)))
    kind, row, column = table.kind[rows], table.row[rows], table.column[rows]
    at = np.flatnonzero(kind == Kind.LOADING)
    out[row[at], at] = model.means[column[at]]
    at = np.flatnonzero(kind == Kind.INTERCEPT)
    out[row[at], at] = 1.0
    at = np.flatnonzero(kind == Kind.MEAN)
    out[:, at] = model.loadings[:, row[at]]
    return out


def _ordinal_slopes(
    table: Table, where: Layout, values: Floats, rows: Ints, model: Matrices, covariance: Floats, centre: Floats
) -> Floats:
    """Derivatives of δ(τ − μ) and δᵢδⱼΣᵢⱼ by the product rule."""
    scale, kind, row, column = model.scales, table.kind[rows], table.row[rows], table.column[rows]
    items = np.arange(len(scale))
    by_scale = np.zeros((len(scale), len(rows)))
    if table.plan.theta:
        own = _covariance_slopes(table, rows, model, items, items)
        by_scale = -0.5 * scale[:, None] ** 3 * own
    at = np.flatnonzero(kind == Kind.SCALE)
    by_scale[row[at], at] = 1.0
    cuts = thresholds(table, where, values, int(table.group[rows[0]])) - model.centre[where.item]
    moved = -centre[where.item]
    at = np.flatnonzero(kind == Kind.THRESHOLD)
    moved[:, at] = (where.item[:, None] == row[at]) & (where.cut[:, None] == column[at])
    upper = scale[where.item, None] * moved + cuts[:, None] * by_scale[where.item]
    one, two, sigma = where.first, where.second, model.covariance[where.first, where.second]
    product = (scale[one] * scale[two])[:, None]
    lower = product * covariance + sigma[:, None] * (
        by_scale[one] * scale[two, None] + scale[one, None] * by_scale[two]
    )
    return np.concatenate([upper, lower])


def variances(table: Table, values: Floats, group: int) -> tuple[Floats, Floats]:
    """Variances of the items (behind ordinal ones of the normal variables), and their derivatives by the parameters."""
    items = np.arange(len(table.plan.items))
    return covariances(table, values, group, items, items)


def covariances(table: Table, values: Floats, group: int, first: Ints, second: Ints) -> tuple[Floats, Floats]:
    """Elements of Σ, and their derivatives by the parameters: (elements, parameters)."""
    rows = np.flatnonzero((table.group == group) & table.estimated)
    model = matrices(table, values, group)
    slopes = _covariance_slopes(table, rows, model, first, second)
    at = np.flatnonzero(table.kind[rows] == Kind.SCALE)
    if len(at) or (table.plan.categories and not table.plan.theta):  # there Σ's diagonal is δ⁻², whatever the factors
        own = first == second
        slopes[own] = 0.0
        by_scale = -2 * model.scales[table.row[rows[at]]] ** -3.0
        slopes[:, at] = (own[:, None] & (first[:, None] == table.row[rows[at]])) * by_scale
    return model.covariance[first, second], table.spread(slopes, rows)


def explained(table: Table, values: Floats, group: int) -> tuple[Floats, Floats]:
    """What the factors explain of each item's variance, and its derivatives: (items, parameters)."""
    rows = np.flatnonzero((table.group == group) & table.estimated)
    model = matrices(table, values, group)
    items = np.arange(len(model.scales))
    slopes = _covariance_slopes(table, rows, model, items, items)
    slopes[:, table.kind[rows] == Kind.RESIDUAL] = 0.0
    return np.einsum("ik,kl,il->i", model.loadings, model.factors, model.loadings), table.spread(slopes, rows)


def curvature(table: Table, values: Floats, group: int, by_covariance: Floats, by_centre: Floats) -> Floats:
    """Second derivatives of a function of Σ and μ that come from the model's own: Σ ∂f/∂m ∂²m/∂θ∂θ′.

    Parameters
    ----------
    by_covariance : (items, items) float
        Derivative by Σ as a symmetric matrix, df = tr(G dΣ).
    by_centre : (items,) float
        Derivative by μ.

    Returns
    -------
    (parameters, parameters) float
        Only loadings take part: with one another, with the factors' covariances and with their means.
    """
    rows = np.flatnonzero((table.group == group) & table.estimated)
    model, kind = matrices(table, values, group), table.kind[rows]
    row, column = table.row[rows], table.column[rows]
    out = np.zeros((len(rows), len(rows)))
    at = np.flatnonzero(kind == Kind.LOADING)
    i, j = row[at], column[at]
    out[np.ix_(at, at)] = 2 * by_covariance[np.ix_(i, i)] * model.factors[np.ix_(j, j)]
    pair = np.flatnonzero(kind == Kind.FACTOR)
    k, m = row[pair], column[pair]
    pulled = by_covariance @ model.loadings
    mixed = 2 * (pulled[np.ix_(i, m)] * (j[:, None] == k))
    mixed = mixed + np.where(k == m, 0.0, 2 * (pulled[np.ix_(i, k)] * (j[:, None] == m)))
    out[np.ix_(at, pair)] = mixed
    out[np.ix_(pair, at)] = mixed.T
    mean = np.flatnonzero(kind == Kind.MEAN)
    shifted = by_centre[i][:, None] * (j[:, None] == row[mean])
    out[np.ix_(at, mean)] = shifted
    out[np.ix_(mean, at)] = shifted.T
    whole = np.zeros((table.count, table.count))
    place = table.free[rows]
    np.add.at(whole, (place[:, None], place[None, :]), out)
    return whole
