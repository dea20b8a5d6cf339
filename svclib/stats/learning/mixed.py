"""Linear models whose intercept, and slope of one column, differ between clusters (REML).

y = X β + Z b + e in each cluster, b normal with covariance σ² Λ Λᵀ, e with variance σ². All is computed from the
cross-products of each cluster, so that an evaluation costs clusters × terms², not rows (Bates et al. 2015, profiled
criterion; Satterthwaite's degrees of freedom as Kuznetsova, Brockhoff & Christensen 2017).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from svclib.stats.arrays import Floats, Ints

_STEP = 1e-4
_EDGE = 1e-5
"""A standard deviation between clusters below this part of the residual one counts as none."""


@dataclass(frozen=True)
class Products:
    """Cross-products of G clusters: p fixed, q random columns, N rows in all."""

    xx: Floats
    xz: Floats
    zz: Floats
    xy: Floats
    zy: Floats
    yy: float
    rows: int

    @staticmethod
    def of(x: Floats, z: Floats, y: Floats, cluster: Ints) -> Products:
        """Sum the products of rows over clusters numbered 0 … G − 1."""
        order = np.argsort(cluster, kind="stable")
        starts = np.flatnonzero(np.diff(cluster[order], prepend=-1))
        x, z, y = x[order], z[order], y[order]

        def summed(left: Floats, right: Floats) -> Floats:
            return np.asarray(np.add.reduceat(left[:, :, None] * right[:, None, :], starts, axis=0))

        return Products(
            summed(x, x), summed(x, z), summed(z, z), summed(x, y[:, None])[:, :, 0], summed(z, y[:, None])[:, :, 0],
            float(y @ y), len(y),
        )  # fmt: skip


@dataclass(frozen=True)
class MixedFit:
    """A fit by restricted maximum likelihood.

    Attributes
    ----------
    beta : (p,) float
    vcov : (p, p) float
    df : (p,) float
        Satterthwaite's degrees of freedom, at most rows − p.
    sigma : float
        Residual standard deviation.
    between : (q, q) float
        Covariance of the random effects.
    deviance : float
        −2 log restricted likelihood.
    effects, errors : (G, q), (G, q, q) float
        Predicted random effects, and the covariance of their error of prediction.
    with_fixed : (G, q, p) float
        Covariance of the prediction errors with β's.
    """

    beta: Floats
    vcov: Floats
    df: Floats
    sigma: float
    between: Floats
    deviance: float
    effects: Floats
    errors: Floats
    with_fixed: Floats


def fit(products: Products) -> MixedFit:
    """Fit by REML; variances between clusters may come out as 0."""
    q = products.zz.shape[1]
    start = np.eye(q)[np.tril_indices(q)] * 0.5
    best = _minimum(lambda theta: _profiled(products, theta), start, q)
    solved = _solve(products, _lower(best, q))
    return _report(products, best, solved)


def _minimum(criterion: Callable[[Floats], float], start: Floats, q: int) -> Floats:
    options = {"xatol": 1e-9, "fatol": 1e-10, "maxiter": 4000, "maxfev": 4000}
    found = minimize(criterion, start, method="Nelder-Mead", options=options)
    again = minimize(criterion, found.x * 0.9 + 0.01, method="Nelder-Mead", options=options)
    theta = again.x if again.fun < found.fun else found.x
    lower = _lower(theta, q)
    signs = np.where(np.diag(lower) < 0, -1.0, 1.0)
    return np.asarray((lower * signs)[np.tril_indices(q)])


def _lower(theta: Floats, q: int) -> Floats:
    out = np.zeros((q, q))
    out[np.tril_indices(q)] = theta
    return out


@dataclass(frozen=True)
class _Solved:
    """What follows from Λ with σ = 1: β, its cross-product matrix, the residual sum of squares, log determinants."""

    beta: Floats
    information: Floats
    squares: float
    logs: float
    shrink: Floats


def _solve(products: Products, factor: Floats) -> _Solved:
    inner = np.eye(len(factor)) + factor.T @ products.zz @ factor
    shrink = factor @ np.linalg.inv(inner) @ factor.T
    xz, zy = products.xz, products.zy
    information = products.xx.sum(0) - np.einsum("gpq,gqr,gsr->ps", xz, shrink, xz)
    right = products.xy.sum(0) - np.einsum("gpq,gqr,gr->p", xz, shrink, zy)
    beta = np.linalg.solve(information, right)
    squares = products.yy - np.einsum("gq,gqr,gr->", zy, shrink, zy) - beta @ right
    logs = np.linalg.slogdet(inner)[1].sum() + np.linalg.slogdet(information)[1]
    return _Solved(beta, information, float(max(squares, 1e-300)), float(logs), shrink)


def _profiled(products: Products, theta: Floats) -> float:
    solved = _solve(products, _lower(theta, products.zz.shape[1]))
    free = products.rows - len(solved.beta)
    return float(solved.logs + free * (1 + np.log(2 * np.pi * solved.squares / free)))


def _deviance(products: Products, theta: Floats, log_sigma: float) -> float:
    solved = _solve(products, _lower(theta, products.zz.shape[1]))
    free = products.rows - len(solved.beta)
    return float(solved.logs + free * (np.log(2 * np.pi) + 2 * log_sigma) + solved.squares * np.exp(-2 * log_sigma))


def _report(products: Products, theta: Floats, solved: _Solved) -> MixedFit:
    q, p = products.zz.shape[1], len(solved.beta)
    free = products.rows - p
    variance = solved.squares / free
    vcov = np.asarray(variance * np.linalg.inv(solved.information))
    residual = products.zy - np.einsum("gpq,p->gq", products.xz, solved.beta)
    gains = np.einsum("gqr,gpr->gqp", solved.shrink, products.xz)
    errors = variance * solved.shrink + gains @ vcov @ gains.transpose(0, 2, 1)
    factor = _lower(theta, q)
    return MixedFit(
        beta=solved.beta, vcov=vcov, df=_degrees(products, theta, float(0.5 * np.log(variance)), vcov),
        sigma=float(np.sqrt(variance)), between=variance * factor @ factor.T, deviance=_profiled(products, theta),
        effects=np.einsum("gqr,gr->gq", solved.shrink, residual), errors=errors, with_fixed=-gains @ vcov,
    )  # fmt: skip


def _degrees(products: Products, theta: Floats, log_sigma: float, vcov: Floats) -> Floats:
    """Satterthwaite: 2 var² / (gᵀ A g), A the covariance of the variance parameters; those at 0 are held there."""
    free = np.append(np.abs(theta) > _EDGE, True)
    at = np.append(theta, log_sigma)

    def full(inside: Floats) -> tuple[Floats, float]:
        whole = np.where(free, 0.0, at)
        whole[free] = inside
        return whole[:-1], float(whole[-1])

    def variances(inside: Floats) -> Floats:
        lower, log = full(inside)
        solved = _solve(products, _lower(lower, products.zz.shape[1]))
        return np.asarray(np.exp(2 * log) * np.diag(np.linalg.inv(solved.information)))

    inside = at[free]
    step = _STEP * np.maximum(np.abs(inside), 0.1)
    hessian = _hessian(lambda value: _deviance(products, *full(value)), inside, step)
    slopes = np.array(
        [(variances(inside + move) - variances(inside - move)) / (2 * move.max()) for move in np.diag(step)]
    )
    most = float(products.rows - len(vcov))
    try:
        spread = np.einsum("kp,kl,lp->p", slopes, 2 * np.linalg.inv(hessian), slopes)
    except np.linalg.LinAlgError:
        return np.full(len(vcov), most)
    return np.asarray(np.where(spread > 0, np.minimum(2 * np.diag(vcov) ** 2 / np.maximum(spread, 1e-300), most), most))


def _hessian(function: Callable[[Floats], float], at: Floats, step: Floats) -> Floats:
    size = len(at)
    out = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            moves = [(a, b) for a in (1, -1) for b in (1, -1)]
            values = [
                a * b * function(at + a * step[i] * np.eye(size)[i] + b * step[j] * np.eye(size)[j]) for a, b in moves
            ]
            out[i, j] = out[j, i] = sum(values) / (4 * step[i] * step[j])
    return out
