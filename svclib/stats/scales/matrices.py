"""Correlation matrices: from covariances, made positive, inverted where they can be."""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Floats, ratio

SMALLEST = 1e-10
"""An eigenvalue of a correlation matrix below this is 0: an item follows from the others."""


def correlation_of(cov: Floats) -> Floats:
    """Scale covariances to correlations; NaN where an item has no variance.

    >>> correlation_of(np.array([[4.0, 2.0], [2.0, 4.0]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    spread = np.sqrt(np.maximum(np.diagonal(cov, axis1=-2, axis2=-1), 0))
    out = ratio(cov, spread[..., :, None] * spread[..., None, :])
    return np.clip(out, -1, 1)


def is_singular(matrix: Floats) -> bool:
    """Say whether an item follows from the others (or the matrix is no correlation matrix at all)."""
    return bool(np.isnan(matrix).any() or np.linalg.eigvalsh(matrix)[0] < SMALLEST)


def smoothed(matrix: Floats, least: float = 1e-6) -> Floats:
    """Raise eigenvalues below `least` to it and scale the diagonal back to 1 (Knol and Berger 1991).

    The matrix itself where none is below.
    """
    values, vectors = np.linalg.eigh(matrix)
    if values[0] >= least:
        return matrix
    raised = (vectors * np.maximum(values, least)) @ vectors.T
    out = correlation_of(raised)
    np.fill_diagonal(out, 1.0)
    return out


def squared_multiple(matrix: Floats) -> Floats:
    """Squared multiple correlation of each item with the others, 1 − 1 / (R⁻¹)ᵢᵢ; NaN where the matrix is singular."""
    if is_singular(matrix):
        return np.full(len(matrix), np.nan)
    return 1 - 1 / np.diag(np.linalg.inv(matrix))


def off_diagonal(matrix: Floats) -> Floats:
    """Give the entries above the diagonal.

    >>> off_diagonal(np.arange(9.0).reshape(3, 3)).tolist()
    [1.0, 2.0, 5.0]
    """
    return matrix[..., *np.triu_indices(matrix.shape[-1], 1)]
