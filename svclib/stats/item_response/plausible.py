"""Plausible values: draws from each candidate's posterior, for what is said of groups and not of persons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.item_response.sheets import Sheet, sheet_of
from svclib.stats.marks import _


def plausible_values(fit: Any, n: int = 5, *, seed: int) -> pd.DataFrame:
    """Draw abilities from the posterior of each candidate of a fit.

    Means and spreads of groups from scores are biased, those from plausible values are not (Mislevy 1991): work out
    the result for each column and pool (`svclib.stats.pool`). Each candidate's prior is their group's; a result by
    something that entered no group is shrunk towards its overall mean. The items' parameters are taken for known.

    Parameters
    ----------
    fit
        A result of `svclib.stats.irt`.
    n : int
        Draws a candidate.
    seed : int

    Returns
    -------
    DataFrame
        Candidates × ``pv1 … pvn``.

    Raises
    ------
    InvalidInput
        If `n` is no positive whole number.
    """
    return sheet_draws(sheet_of(fit), n, seed=seed)


def sheet_draws(sheet: Sheet, n: int, *, seed: int) -> pd.DataFrame:
    """Draw plausible values of a sheet; see `plausible_values`."""
    if not isinstance(n, int | np.integer) or n < 1:
        raise InvalidInput(_("n is {n}; give how many values to draw for each candidate, such as 5."), n=n)
    random, theta = np.random.default_rng(seed), sheet.nodes()
    out = np.empty((len(sheet.codes), int(n)))
    for rows, weights in sheet.posteriors(theta):
        out[rows] = _drawn(weights, theta, random.random((len(weights), int(n))))
    return pd.DataFrame(out, index=sheet.index, columns=[f"pv{one}" for one in range(1, int(n) + 1)])


def _drawn(weights: Floats, theta: Floats, uniform: Floats) -> Floats:
    """Invert the distribution functions of posteriors whose density is linear between the abilities."""
    areas = (weights[:, 1:] + weights[:, :-1]) / 2
    summed = np.cumsum(areas, axis=1)
    rows = np.arange(len(weights))
    out = np.empty_like(uniform)
    for draw in range(uniform.shape[1]):
        target = uniform[:, draw] * summed[:, -1]
        cell = np.minimum((summed < target[:, None]).sum(axis=1), areas.shape[1] - 1)
        left, right = weights[rows, cell], weights[rows, cell + 1]
        inside = np.clip(target - summed[rows, cell] + areas[rows, cell], 0, areas[rows, cell])
        out[:, draw] = theta[cell] + _share(left, right, inside) * (theta[1] - theta[0])
    return out


def _share(left: Floats, right: Floats, area: Floats) -> Floats:
    """Where between two abilities the density from `left` to `right` has passed `area`: the root of a parabola."""
    under = np.sqrt(np.maximum(left**2 + 2 * (right - left) * area, 0))
    bottom = left + under
    return np.asarray(np.clip(np.divide(2 * area, bottom, out=np.full_like(area, 0.5), where=bottom > 0), 0, 1))
