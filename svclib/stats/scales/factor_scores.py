"""Scores of respondents on factors: weights of the standardised answers."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.marks import _

ScoreMethod = Literal["regression", "bartlett", "tenberge"]


def score_weights(matrix: Floats, loadings: Floats, phi: Floats, uniqueness: Floats, method: ScoreMethod) -> Floats:
    """Give weights (items, factors).

    Parameters
    ----------
    matrix : (items, items) float
        Correlations of the items.
    loadings, phi, uniqueness
        The pattern, the factors' correlations, the items' own variances.
    method : {"regression", "bartlett", "tenberge"}
        R⁻¹ΛΦ, the closest to the factors (Thurstone 1935); Ψ⁻¹Λ(Λ'Ψ⁻¹Λ)⁻¹, unbiased (Bartlett 1937); scores with
        exactly the factors' correlations (ten Berge, Krijnen, Wansbeek and Shapiro 1999).
    """
    if method not in get_args(ScoreMethod):
        raise InvalidInput(
            _('method is "{method}"; choose one of {known}.'), method=method, known=", ".join(get_args(ScoreMethod))
        )
    if method == "regression":
        return np.linalg.pinv(matrix, hermitian=True) @ loadings @ phi
    if method == "bartlett":
        weighted = loadings / uniqueness[:, None]
        return weighted @ np.linalg.inv(loadings.T @ weighted)
    inverse_root = _power(matrix, -0.5)
    phi_root = _power(phi, 0.5)
    left = inverse_root @ loadings @ phi_root
    return inverse_root @ left @ _power(left.T @ left, -0.5) @ phi_root


def _power(matrix: Floats, power: float) -> Floats:
    """Power of a symmetric matrix; directions without variance stay without."""
    values, vectors = np.linalg.eigh(matrix)
    there = values > 1e-10 * values[-1]
    return (vectors[:, there] * values[there] ** power) @ vectors[:, there].T
