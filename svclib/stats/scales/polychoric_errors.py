"""How polychoric correlations vary, and their joint maximum likelihood: formulas on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from svclib.stats.arrays import Floats, ratio
from svclib.stats.scales.binormal import cdf, density, slope_in_limit
from svclib.stats.scales.polychoric import INFINITE, Pairs, probabilities, slopes

_STEPS = 200
_FLAT = 1e-10
_MOST = 0.9999


def influence(pairs: Pairs, rho: Floats) -> Floats:
    """Influence of an answer in each cell on the two-step correlation (pairs, categories, categories).

    The score of the correlation less what the estimated thresholds take from it (Olsson 1979, Muthén 1984): each
    threshold moves by (1{answer ≤ k} − share) / φ(τ).
    """
    chance = probabilities(pairs, rho)
    relative = slopes(pairs, rho)[0] / chance
    information = (chance * relative**2).sum(axis=(1, 2))
    by_row = _through(pairs.cuts[pairs.first], pairs.cuts[pairs.second], rho, relative)
    by_column = _through(pairs.cuts[pairs.second], pairs.cuts[pairs.first], rho, relative.swapaxes(1, 2))
    whole = relative - by_row[:, :, None] - by_column[:, None, :]
    return whole * ratio(1, information)[:, None, None]


def _through(own: Floats, other: Floats, rho: Floats, relative: Floats) -> Floats:
    """What an answer in each row changes through the thresholds of the rows (pairs, categories)."""
    h, k = own[:, 1:-1, None], other[:, None, :]
    shift = np.diff(slope_in_limit(h, k, rho[:, None, None]), axis=2)
    crossed = (shift * (relative[:, :-1] - relative[:, 1:])).sum(axis=2)
    return (crossed[:, :, None] * threshold_influence(own)).sum(axis=1)


def threshold_influence(cuts: Floats) -> Floats:
    """Influence of an answer in each category on each inner threshold (items, thresholds, categories)."""
    inner = cuts[:, 1:-1]
    height = np.exp(-(inner**2) / 2) / np.sqrt(2 * np.pi)
    below = np.arange(cuts.shape[1] - 1) <= np.arange(inner.shape[1])[:, None]
    known = (np.abs(inner) < INFINITE) & (height > 0)
    apart = ratio(below - ndtr(inner)[:, :, None], np.where(known, height, 0.0)[:, :, None])
    return np.where(known[:, :, None], apart, 0.0)


@dataclass(frozen=True)
class Joint:
    """Maximum likelihood of one table: correlation, its error, the thresholds of rows and columns."""

    rho: float
    std_error: float
    rows: Floats
    columns: Floats
    converged: bool


def joint_maximum(counts: Floats, rho: float, rows: Floats, columns: Floats) -> Joint:
    """Maximise the likelihood of a table in the correlation and all thresholds by Fisher's scoring (Olsson 1979).

    Parameters
    ----------
    counts : (rows, columns) float
        No row or column may be empty.
    rho : float
        Where to begin, as `rows` and `columns`.
    rows, columns : (categories − 1,) float
        Thresholds.
    """
    place = np.concatenate([[np.clip(rho, -0.95, 0.95)], rows, columns])
    value, score, information = _derivatives(counts, place, len(rows))
    converged = False
    for _step in range(_STEPS):
        step = np.linalg.solve(information + 1e-12 * np.trace(information) * np.eye(len(place)), score)
        share, moved = 1.0, False
        while share > 1e-8 and not moved:
            tried = place + share * step
            moved = _allowed(tried, len(rows)) and _likelihood(counts, tried, len(rows)) >= value - 1e-12 * abs(value)
            share /= 2
        if moved:
            place = tried
        value, score, information = _derivatives(counts, place, len(rows))
        converged = bool(np.abs(step).max() < _FLAT)
        if converged or not moved:
            break
    error = float(np.sqrt(max(np.linalg.inv(information)[0, 0], 0)))
    return Joint(float(place[0]), error, place[1 : 1 + len(rows)], place[1 + len(rows) :], converged)


def _allowed(place: Floats, rows: int) -> bool:
    ordered = (np.diff(place[1 : 1 + rows]) > 0).all() and (np.diff(place[1 + rows :]) > 0).all()
    return bool(abs(place[0]) < _MOST and ordered)


def _chances(place: Floats, rows: int) -> Floats:
    h, k = place[1 : 1 + rows, None], place[None, 1 + rows :]
    grid = np.zeros((rows + 2, len(place) - rows + 1))
    grid[1:-1, 1:-1] = cdf(h, k, place[0])
    grid[1:-1, -1], grid[-1, 1:-1], grid[-1, -1] = ndtr(h[:, 0]), ndtr(k[0]), 1.0
    return np.maximum(np.diff(np.diff(grid, axis=0), axis=1), 1e-20)


def _likelihood(counts: Floats, place: Floats, rows: int) -> float:
    return float((counts * np.log(_chances(place, rows))).sum())


def _derivatives(counts: Floats, place: Floats, rows: int) -> tuple[float, Floats, Floats]:
    """Log-likelihood, its gradient and the expected information."""
    chance, slope = _chances(place, rows), _slopes(place, rows)
    score = (slope * (counts / chance)).sum(axis=(1, 2))
    flat = slope.reshape(len(place), -1)
    return float((counts * np.log(chance)).sum()), score, counts.sum() * (flat / chance.ravel()) @ flat.T


def _slopes(place: Floats, rows: int) -> Floats:
    """Derivatives of the cells (parameters, rows, columns) by the correlation and each threshold."""
    h, k, rho = place[1 : 1 + rows, None], place[None, 1 + rows :], place[0]
    columns = len(place) - 1 - rows
    grid = np.zeros((len(place), rows + 2, columns + 2))
    grid[0, 1:-1, 1:-1] = density(h, k, rho)
    along = np.arange(rows)
    grid[1 + along, 1 + along, 1:-1] = slope_in_limit(h, k, rho)
    grid[1 + along, 1 + along, -1] = np.exp(-(h[:, 0] ** 2) / 2) / np.sqrt(2 * np.pi)
    across = np.arange(columns)
    grid[1 + rows + across, 1:-1, 1 + across] = slope_in_limit(k, h, rho).T
    grid[1 + rows + across, -1, 1 + across] = np.exp(-(k[0] ** 2) / 2) / np.sqrt(2 * np.pi)
    return np.diff(np.diff(grid, axis=1), axis=2)
