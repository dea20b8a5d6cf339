"""Differences between modes by least squares on mode and covariates, as influences of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.terms import Terms, check_independent


@dataclass(frozen=True)
class Differences:
    """Differences of all modes from the reference.

    Attributes
    ----------
    estimate : (modes,) float
        0 at the reference; NaN where a mode has no answers.
    influence : (rows, modes) float
        Sums to (nearly) 0 over the rows; its sum of squares is the variance.
    parameters : int
        Degrees of freedom that the fit takes.
    thin : (modes,) bool
        Modes that share hardly any users with the others.
    """

    estimate: Floats
    influence: Floats
    parameters: int
    thin: Bools


def mode_terms(covariates: Terms, codes: Ints, first: int, modes: Ints, labels: list[str], mode: str) -> Terms:
    """Put indicators of the modes, other than the first, behind the covariates."""
    others = [one for one in modes if one != first]
    indicators = [(codes == one).astype(float) for one in others]
    names = (*covariates.names, *(f"{mode}[{labels[one]}]" for one in others))
    matrix = np.column_stack([covariates.matrix, *indicators])
    return Terms(names, np.where(covariates.known[:, None], matrix, 0.0), covariates.known)


def by_regression(
    values: Floats, weights: Floats, used: Bools, codes: Ints, first: int, terms: Terms, *, plain: bool
) -> Differences:
    """Fit weighted least squares.

    Parameters
    ----------
    values : (rows,) float
    weights : (rows,) float
    used : (rows,) bool
    codes : (rows,) int
        Mode of each row; `terms` ends with the indicators of the modes that occur, other than `first`.
    plain : bool
        Residuals are divided by 1 - leverage, so that the sum of squares is HC3.
    """
    check_independent(terms, used)
    design, root = terms.matrix[used], np.sqrt(weights[used])
    scaled = design * root[:, None]
    orthogonal, triangle = np.linalg.qr(scaled)
    beta = np.linalg.solve(triangle, orthogonal.T @ (root * values[used]))
    residual = values[used] - design @ beta
    if plain:
        # A row that alone decides a coefficient has no residual of its own.
        residual = residual / np.maximum(1 - (orthogonal**2).sum(axis=1), 1e-10)
    influence = np.linalg.solve(triangle, orthogonal.T).T * (root * residual)[:, None]
    modes = np.unique(codes[used])
    others = [int(one) for one in modes if one != first]
    out = Differences(
        np.full(int(codes.max()) + 1, np.nan),
        np.zeros((len(values), int(codes.max()) + 1)),
        design.shape[1],
        np.zeros(int(codes.max()) + 1, dtype=np.bool_),
    )
    out.estimate[first] = 0.0
    for place, one in enumerate(others):
        column = design.shape[1] - len(others) + place
        out.estimate[one] = beta[column]
        out.influence[used, one] = influence[:, column]
    return out
