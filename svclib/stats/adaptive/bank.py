"""The curves of a bank as adaptive tests need them: tables on a grid, and each answered item at its own ability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.item_response.curves import information, probabilities
from svclib.stats.item_response.parameters import CUMULATIVE, ItemParameters

_FLOOR = 1e-300


@dataclass(frozen=True, eq=False)
class Curves:
    """A bank of J items of at most K categories.

    Attributes
    ----------
    parameters : ItemParameters
    grid : array, shape (Q,)
    weights : array, shape (Q,)
        Of the trapezoid rule: 1, and ½ at the ends.
    prior : array, shape (Q,)
        Density of abilities at the grid, up to a factor, times the weights.
    p, log_p : array, J × K × Q
        Probability of each score at the grid, and its logarithm (a large negative number behind the last score).
    information : array, J × Q
    """

    parameters: ItemParameters
    grid: Floats
    weights: Floats
    prior: Floats
    p: Floats
    log_p: Floats
    information: Floats

    @property
    def dichotomous(self) -> bool:
        """All items are right or wrong."""
        return self.parameters.intercepts.shape[1] == 1


def read_curves(parameters: ItemParameters, grid: Floats, mean: float, sd: float) -> Curves:
    """Tabulate a bank at `grid` under a normal prior."""
    p = probabilities(parameters, grid)
    weights = np.ones(len(grid))
    weights[[0, -1]] = 0.5
    prior = weights * np.exp(-0.5 * ((grid - mean) / sd) ** 2)
    return Curves(parameters, grid, weights, prior, p, np.log(np.maximum(p, _FLOOR)), information(parameters, grid))


def at(parameters: ItemParameters, rows: Ints, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Probabilities of the scores of items `rows`, each at its own ability, with two derivatives by it.

    `rows` and `theta` have the same shape (…); the results have the shape (…, K).
    """
    shape = (*rows.shape, parameters.intercepts.shape[1] + 1)
    flat, points = rows.reshape(-1), theta.reshape(-1)
    out = [np.zeros((len(flat), shape[-1])) for _part in range(3)]
    cumulative = np.isin(parameters.model.astype(str), CUMULATIVE)[flat]
    for held, curve in ((cumulative, _cumulative), (~cumulative, _steps)):
        if held.all():
            out = list(curve(parameters, flat, points))
        elif held.any():
            for whole, part in zip(out, curve(parameters, flat[held], points[held]), strict=True):
                whole[held] = part
    p, slope, curvature = (part.reshape(shape) for part in out)
    return p, slope, curvature


def _cumulative(items: ItemParameters, rows: Ints, theta: Floats) -> tuple[Floats, Floats, Floats]:
    a, lower, upper = items.slope[rows, None], items.lower[rows, None], items.upper[rows, None]
    there = ~np.isnan(items.intercepts[rows])
    raw = expit(a * theta[:, None] + np.where(there, items.intercepts[rows], -np.inf))
    above = np.where(there, lower + (upper - lower) * raw, 0)
    first = (upper - lower) * a * raw * (1 - raw)
    second = first * a * (1 - 2 * raw)
    return _between(above, 1.0), _between(first, 0.0), _between(second, 0.0)


def _between(above: Floats, top: float) -> Floats:
    out = np.empty((len(above), above.shape[1] + 1))
    out[:, 0] = top - above[:, 0]
    out[:, 1:-1] = above[:, :-1] - above[:, 1:]
    out[:, -1] = above[:, -1]
    return out


def _steps(items: ItemParameters, rows: Ints, theta: Floats) -> tuple[Floats, Floats, Floats]:
    a = items.slope[rows, None]
    rises = a * theta[:, None] + np.where(np.isnan(items.intercepts[rows]), -np.inf, items.intercepts[rows])
    logits = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(rises, axis=1)], axis=1)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = weights / weights.sum(axis=1, keepdims=True)
    apart = np.arange(p.shape[1]) - (p * np.arange(p.shape[1])).sum(axis=1, keepdims=True)
    spread = (apart**2 * p).sum(axis=1, keepdims=True)
    return p, a * p * apart, a**2 * p * (apart**2 - spread)


def information_at(parameters: ItemParameters, theta: Floats) -> Floats:
    """Information of every item at every candidate's ability: N × J."""
    if parameters.intercepts.shape[1] > 1:
        return np.asarray(information(parameters, theta).T)
    raw = parameters.slope * theta[:, None]
    raw += parameters.intercepts[:, 0]
    expit(raw, out=raw)
    if not parameters.lower.any() and (parameters.upper == 1).all():
        return np.asarray(parameters.slope**2 * raw * (1 - raw))
    width = parameters.upper - parameters.lower
    p = parameters.lower + width * raw
    rest = (1 - parameters.upper) + width * (1 - raw)
    slope = width * parameters.slope * raw * (1 - raw)
    return np.asarray(slope**2 / np.maximum(p * rest, _FLOOR))


def probabilities_at(parameters: ItemParameters, theta: Floats) -> Floats:
    """Probability of every score of every item at every candidate's ability: N × J × K."""
    return np.asarray(np.moveaxis(probabilities(parameters, theta), -1, 0))


def there(parameters: ItemParameters) -> Bools:
    """Which scores each item has: J × K."""
    return np.arange(parameters.intercepts.shape[1] + 1) < parameters.categories[:, None]
