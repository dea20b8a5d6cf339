"""Logistic regressions of an item on ability and group, for many pairs of groups at once, on counts by class.

Three nested models (Swaminathan and Rogers 1990): ability; ability and group; ability, group and their product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from svclib.stats.arrays import Bools, Floats, ratio

_ROUNDS = 60
_CLOSE = 1e-11
_HALVINGS = 12
_RIDGE = 1e-12
SEPARATED = 12.0
"""Log odds per standard deviation beyond which an effect has run away: no finite maximum."""


@dataclass(frozen=True, eq=False)
class Fits:
    """Regressions of C outcomes on the same columns.

    Attributes
    ----------
    beta : (C, P) float
    deviance : (C,) float
        −2 log-likelihood.
    vcov : (C, P, P) float
    """

    beta: Floats
    deviance: Floats
    vcov: Floats


@dataclass(frozen=True, eq=False)
class Nested:
    """The three models of each pair of groups, in the metric of the matching score.

    Attributes
    ----------
    deviance : (3, C) float
        Without group, with it, with the product.
    r2 : (3, C) float
        Nagelkerke's R² of each model.
    uniform : (C,) float
        Log odds of the focal group against the reference at equal ability, with `uniform_error`.
    beta : (C, 4) float
        Intercept, ability, group, product of the full model.
    vcov : (C, 4, 4) float
    """

    deviance: Floats
    r2: Floats
    uniform: Floats
    uniform_error: Floats
    beta: Floats
    vcov: Floats

    def statistic(self, kind: str) -> Floats:
        """Likelihood ratio of ``both``, ``uniform`` or ``nonuniform``: (C,)."""
        first, second = CONTRASTS[kind]
        return np.maximum(self.deviance[first] - self.deviance[second], 0)

    def r2_change(self, kind: str) -> Floats:
        """Change of Nagelkerke's R² that belongs to the statistic."""
        first, second = CONTRASTS[kind]
        return self.r2[second] - self.r2[first]

    def wald(self, kind: str) -> Floats:
        """Wald's statistic of the full model (of the group alone for ``uniform``)."""
        if kind == "uniform":
            return ratio(self.uniform**2, self.uniform_error**2)
        at = slice(2, 4) if kind == "both" else slice(3, 4)
        beta, vcov = self.beta[:, at], self.vcov[:, at, at]
        return np.array([_quadratic(one, spread) for one, spread in zip(beta, vcov, strict=True)])


CONTRASTS = {"both": (0, 2), "uniform": (0, 1), "nonuniform": (1, 2)}
DEGREES = {"both": 2, "uniform": 1, "nonuniform": 1}


def _quadratic(beta: Floats, vcov: Floats) -> float:
    try:
        return float(beta @ np.linalg.solve(vcov, beta))
    except np.linalg.LinAlgError:
        return float("nan")


def nested(focal: Floats, reference: Floats, value: Floats) -> Nested:
    """Fit the three models to counts (S, C, 2) of focal groups and references; `value` (S,) is the matching score."""
    n = np.concatenate([focal.sum(axis=-1), reference.sum(axis=-1)]).T
    y = np.concatenate([focal[..., 1], reference[..., 1]]).T
    centre, scale = _metric(n, np.concatenate([value, value]))
    at = (np.concatenate([value, value]) - centre) / scale
    group = np.repeat([1.0, 0.0], len(value))
    columns = np.column_stack([np.ones_like(at), at, group, at * group])
    models = [fit(columns[:, :width], n, y) for width in (2, 3, 4)]
    null = fit(columns[:, :1], n, y)
    size = n.sum(axis=1)
    r2 = np.stack([_nagelkerke(null.deviance, model.deviance, size) for model in models])
    back = _back(centre, scale)
    full, uniform = models[2], models[1]
    return Nested(
        np.stack([model.deviance for model in models]), r2, uniform.beta[:, 2], np.sqrt(uniform.vcov[:, 2, 2]),
        full.beta @ back.T, back @ full.vcov @ back.T,
    )  # fmt: skip


def _metric(n: Floats, value: Floats) -> tuple[float, float]:
    weight = n.sum(axis=0)
    centre = float(weight @ value / max(weight.sum(), 1))
    spread = float(np.sqrt(weight @ (value - centre) ** 2 / max(weight.sum(), 1)))
    return centre, spread if spread > 0 else 1.0


def _back(centre: float, scale: float) -> Floats:
    """Matrix that turns coefficients of the standardised score into those of the score."""
    block = np.array([[1.0, -centre / scale], [0.0, 1 / scale]])
    return np.kron(np.eye(2), block)


def _nagelkerke(null: Floats, deviance: Floats, size: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return ratio(-np.expm1((deviance - null) / np.maximum(size, 1)), -np.expm1(-null / np.maximum(size, 1)))


def fit(columns: Floats, n: Floats, y: Floats) -> Fits:
    """Maximise binomial likelihoods by Newton's steps, halved where one lowers the likelihood.

    Parameters
    ----------
    columns : (M, P) float
    n, y : (C, M) float
        Candidates and right answers in each cell of each outcome.
    """
    outcomes, width = len(n), columns.shape[1]
    beta = np.zeros((outcomes, width))
    share = (y.sum(axis=1) + 0.5) / (n.sum(axis=1) + 1)
    beta[:, 0] = np.log(share / (1 - share))
    deviance = _deviance(columns, n, y, beta)
    active: Bools = np.ones(outcomes, dtype=bool)
    for _round in range(_ROUNDS):
        rows = np.flatnonzero(active)
        if not len(rows):
            break
        step = _newton(columns, n[rows], y[rows], beta[rows])
        new, reached = _uphill(columns, n[rows], y[rows], beta[rows], step, deviance[rows])
        active[rows] = deviance[rows] - reached > _CLOSE * (1 + reached)
        beta[rows], deviance[rows] = new, reached
    weight = _weights(columns, n, beta)
    information = np.einsum("cm,mp,mq->cpq", weight, columns, columns, optimize=True)
    return Fits(beta, deviance, _inverse(information))


def _weights(columns: Floats, n: Floats, beta: Floats) -> Floats:
    p = expit(beta @ columns.T)
    return np.asarray(n * p * (1 - p))


def _newton(columns: Floats, n: Floats, y: Floats, beta: Floats) -> Floats:
    p = expit(beta @ columns.T)
    score = (y - n * p) @ columns
    weight = n * p * (1 - p)
    information = np.einsum("cm,mp,mq->cpq", weight, columns, columns, optimize=True)
    return np.asarray(np.linalg.solve(_ridged(information), score[..., None])[..., 0])


def _ridged(information: Floats) -> Floats:
    """Keep singular matrices solvable: their free directions get no step worth speaking of."""
    width = information.shape[-1]
    size = np.trace(information, axis1=1, axis2=2) / width
    return information + (_RIDGE * size + 1e-30)[:, None, None] * np.eye(width)


def _inverse(information: Floats) -> Floats:
    return np.asarray(np.linalg.inv(_ridged(information)))


def _deviance(columns: Floats, n: Floats, y: Floats, beta: Floats) -> Floats:
    eta = beta @ columns.T
    return np.asarray(2 * (n * np.logaddexp(0, eta) - y * eta).sum(axis=1))


def _uphill(columns: Floats, n: Floats, y: Floats, beta: Floats, step: Floats, before: Floats) -> tuple[Floats, Floats]:
    size = np.ones(len(beta))
    for _halving in range(_HALVINGS):
        new = beta + size[:, None] * step
        reached = _deviance(columns, n, y, new)
        worse = ~(reached <= before + 1e-12 * np.abs(before))
        if not worse.any():
            return new, reached
        size[worse] /= 2
    return np.where(worse[:, None], beta, new), np.where(worse, before, reached)


def omnibus(counts: Floats, value: Floats, kind: str) -> tuple[float, int]:
    """Likelihood ratio that all groups of counts (S, G, 2) have the same curve, with its degrees of freedom."""
    groups = counts.shape[1]
    n, y = counts.sum(axis=-1), counts[..., 1]
    centre, scale = _metric(n.T, value)
    at = (value - centre) / scale
    base = np.column_stack([np.ones_like(at), at])
    together = fit(base, n.sum(axis=1)[None, :], y.sum(axis=1)[None, :]).deviance[0]
    apart = fit(base, n.T, y.T).deviance.sum()
    shifted = together
    if kind != "both":
        own = np.tile(np.eye(groups)[:, 1:], (len(value), 1))
        columns = np.column_stack([np.repeat(base, groups, axis=0), own])
        shifted = fit(columns, n.ravel()[None, :], y.ravel()[None, :]).deviance[0]
    first, second = ((together, shifted, apart)[one] for one in CONTRASTS[kind])
    return float(max(first - second, 0)), DEGREES[kind] * (groups - 1)
