"""Where the search for a factor model's parameters begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from svclib.stats.arrays import Floats, Ints
from svclib.stats.factor_models.parameters import Kind, Table

_MOST = 0.9
"""Correlations of factors and communalities of items start below this."""


def started(table: Table, means: Sequence[Floats], covariances: Sequence[Floats]) -> Table:
    """Put starting values into the table: each factor's first principal axis, scaled as the plan asks.

    Parameters
    ----------
    means : sequence of (items,) float
        Means of each group; thresholds (all items' in a row) for ordinal items.
    covariances : sequence of (items, items) float
        Covariances of each group; polychoric correlations for ordinal items.
    """
    value = table.value.copy()
    for group, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
        _fill(table, value, group, mean, covariance)
    return table.with_values(np.where(table.estimated, value, table.value))


def _fill(table: Table, value: Floats, group: int, mean: Floats, covariance: Floats) -> None:
    loadings = axes(table, covariance)
    factors = _factor_covariances(table, loadings, covariance)
    if not table.plan.std_lv:
        loadings, factors = _marked(table, loadings, factors)
    explained = np.einsum("ik,kl,il->i", loadings, factors, loadings)
    left = np.maximum(np.diag(covariance) - explained, (1 - _MOST) * np.diag(covariance))
    scale = 1 / np.sqrt(left) if table.plan.theta else np.ones(len(left))
    source = {
        Kind.LOADING: loadings * scale[:, None],
        Kind.FACTOR: factors,
        Kind.RESIDUAL: np.diag(left * scale**2),
        Kind.SCALE: np.eye(len(left)),
    }
    for kind, matrix in source.items():
        rows = np.flatnonzero((table.kind == kind) & (table.group == group))
        value[rows] = matrix[table.row[rows], table.column[rows]]
    rows = np.flatnonzero((table.kind == Kind.INTERCEPT) & (table.group == group))
    value[rows] = 0.0 if table.plan.categories else mean[table.row[rows]]
    rows = np.flatnonzero((table.kind == Kind.THRESHOLD) & (table.group == group))
    order = rows[np.lexsort((table.column[rows], table.row[rows]))]
    value[order] = mean * scale[table.row[order]] if len(order) else 0.0


def axes(table: Table, covariance: Floats) -> Floats:
    """Loadings of each factor's items on their first principal axis, in units of the items."""
    deviation = np.sqrt(np.diag(covariance))
    out = np.zeros((len(covariance), len(table.plan.factors)))
    for factor, items in enumerate(_members(table)):
        inner = covariance[np.ix_(items, items)] / np.outer(deviation[items], deviation[items])
        roots, vectors = np.linalg.eigh(inner)
        rest = np.clip((len(items) - roots[-1]) / max(len(items) - 1, 1), 0.0, 1.0)
        axis = vectors[:, -1] * np.sqrt(np.clip(roots[-1] - rest, 0.1, None))
        axis = np.clip(axis, -np.sqrt(_MOST), np.sqrt(_MOST)) * deviation[items]
        out[items, factor] = axis * (1 if axis.sum() >= 0 else -1)
    return out


def _members(table: Table) -> list[Ints]:
    place = {item: at for at, item in enumerate(table.plan.items)}
    return [np.array([place[item] for item in items], dtype=np.int64) for _name, items in table.plan.dimensions]


def _factor_covariances(table: Table, loadings: Floats, covariance: Floats) -> Floats:
    """Correlations of the factors from the mean covariance of their items, each item counted with its sign."""
    members = _members(table)
    out = np.eye(len(members))
    for first in range(len(members)):
        for second in range(first):
            one, two = loadings[members[first], first], loadings[members[second], second]
            between = np.sign(one) @ covariance[np.ix_(members[first], members[second])] @ np.sign(two)
            found = between / max(float(np.abs(one).sum() * np.abs(two).sum()), 1e-12)
            out[first, second] = out[second, first] = np.clip(found, -_MOST, _MOST)
    roots, vectors = np.linalg.eigh(out)
    if roots[0] < 0.05:
        out = (vectors * np.maximum(roots, 0.05)) @ vectors.T
        out = out / np.sqrt(np.outer(np.diag(out), np.diag(out)))
    return out


def _marked(table: Table, loadings: Floats, factors: Floats) -> tuple[Floats, Floats]:
    """Rescale so that the first loading of each factor is 1."""
    first = np.array([loadings[items[0], factor] for factor, items in enumerate(_members(table))])
    small = np.abs(first) < 0.05 * np.abs(loadings).max(axis=0)
    first = np.where(small, 0.05 * np.abs(loadings).max(axis=0), first)
    return loadings / first, factors * np.outer(first, first)
