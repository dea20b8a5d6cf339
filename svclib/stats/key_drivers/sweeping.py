"""Taking columns out of second moments, for all draws of a bootstrap at once (the draws are the last axis)."""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Floats

_DEPENDENT = 1e-10
"""A column that keeps a smaller part of its variance beside the others adds nothing to them."""


def diagonal(moments: Floats) -> Floats:
    """Variances of the columns: (m, draws)."""
    return np.einsum("iid->id", moments)


def sweep(moments: Floats, spread: Floats) -> Floats:
    """Take the first column out of the others: (…, m, m, draws) → (…, m − 1, m − 1, draws).

    Parameters
    ----------
    moments : (…, m, m, draws) float
        Symmetric second moments.
    spread : (draws,) float
        Variance of the first column before anything was taken out of it. Where others have taken all of it, it leaves
        the rest as it is: a draw in which two columns agree, or a category is absent, still has its answer.
    """
    row = moments[..., 0, 1:, :]
    scaled = row * reciprocal(moments[..., 0, 0, :], spread)[..., None, :]
    return np.asarray(moments[..., 1:, 1:, :] - scaled[..., :, None, :] * row[..., None, :, :])


def reciprocal(pivot: Floats, spread: Floats) -> Floats:
    """Give 1 / pivot, and 0 for a column that follows from those before it."""
    alive = pivot > _DEPENDENT * spread
    return np.where(alive, 1 / np.where(alive, pivot, 1.0), 0.0)


def sweep_out(moments: Floats, columns: int) -> Floats:
    """Take the first `columns` columns out of the rest: (m, m, draws) → (m − columns, m − columns, draws)."""
    spread = diagonal(moments)
    for column in range(columns):
        moments = sweep(moments, spread[column])
    return moments


def regress(moments: Floats, columns: int) -> Floats:
    """Sweep the first `columns` columns in place (Goodnight 1979).

    Their block becomes minus its inverse, the rest of its rows the regression coefficients of the other columns on
    them, and what is left the residual moments. Columns that follow from others get coefficients of 0.
    """
    out, spread = moments.copy(), diagonal(moments)
    for column in range(columns):
        factor = reciprocal(out[column, column], spread[column])
        row = out[column].copy()
        scaled = row * factor
        out -= scaled[:, None] * row[None, :]
        out[column] = out[:, column] = scaled
        out[column, column] = -factor
    return out
