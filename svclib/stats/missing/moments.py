"""Mean and covariance of a normal sample with missing values, by the EM algorithm (Little and Rubin 2019, ch. 11)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.marks import _

_ROUNDS = 5000
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Pattern:
    """Rows in which the same columns are there: their number, means and cross products about the mean."""

    there: Bools
    n: int
    mean: Floats
    scatter: Floats


def read_patterns(values: Floats) -> list[Pattern]:
    """Group the rows by what is there; rows without any value are left out."""
    there = ~np.isnan(values)
    kinds, which = np.unique(there, axis=0, return_inverse=True)
    found = []
    for place, kind in enumerate(kinds):
        if kind.any():
            part = values[which.ravel() == place][:, kind]
            centre = part.mean(axis=0)
            found.append(Pattern(kind, len(part), centre, (part - centre).T @ (part - centre)))
    return found


def normal_moments(values: Floats) -> tuple[Floats, Floats, list[Pattern]]:
    """Maximum likelihood mean and covariance (divisor n) of rows × columns with missing values.

    Works on the patterns' sums, so that a round costs as many steps as there are patterns, not rows.

    Raises
    ------
    InvalidInput
        If it does not settle.
    """
    scale = np.nanstd(values, axis=0)
    shift = np.nanmean(values, axis=0)
    patterns = read_patterns((values - shift) / scale)
    mean, cov = np.zeros(values.shape[1]), np.eye(values.shape[1])
    for _round in range(_ROUNDS):
        new_mean, new_cov = _round_of(patterns, mean, cov)
        moved = max(float(np.abs(new_mean - mean).max()), float(np.abs(new_cov - cov).max()))
        mean, cov = new_mean, new_cov
        if moved < _TOLERANCE:
            return mean * scale + shift, cov * np.outer(scale, scale), read_patterns(values)
    raise InvalidInput(
        _("The means and covariances did not settle; leave out columns that are nearly always missing together.")
    )


def _round_of(patterns: list[Pattern], mean: Floats, cov: Floats) -> tuple[Floats, Floats]:
    """Fill in each pattern's expected sums and products, and take their moments."""
    size = len(mean)
    total, products, n = np.zeros(size), np.zeros((size, size)), 0
    for pattern in patterns:
        there, lost = pattern.there, ~pattern.there
        slope = np.linalg.solve(cov[np.ix_(there, there)], cov[np.ix_(there, lost)])
        filled = np.zeros(size)
        filled[there] = pattern.mean
        filled[lost] = mean[lost] + (pattern.mean - mean[there]) @ slope
        carry = np.zeros((int(there.sum()), size))
        carry[:, there] = np.eye(int(there.sum()))
        carry[:, lost] = slope
        scatter = carry.T @ pattern.scatter @ carry
        rest = cov[np.ix_(lost, lost)] - cov[np.ix_(lost, there)] @ slope
        scatter[np.ix_(lost, lost)] += pattern.n * rest
        total += pattern.n * filled
        products += scatter + pattern.n * np.outer(filled, filled)
        n += pattern.n
    centre = total / n
    return centre, products / n - np.outer(centre, centre)
