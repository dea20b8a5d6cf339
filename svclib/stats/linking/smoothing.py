"""Log-linear smoothing of score distributions (Holland & Thayer 2000): moments are kept, chance bumps are not.

log p = β₀ + Σ β_i x^i (+ Σ β_j v^j + Σ β_kl x^k v^l with an anchor v); the fitted distribution has the sample's
moments of those powers. All fits are made at once over a leading axis of samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.linking.samples import Sample
from svclib.stats.marks import _

Degrees = tuple[int, int, int]
"""Highest power of the score, of the anchor, and of each in their products."""
CRITERIA = ("aic", "bic")
_HIGHEST, _MOST_CHOSEN, _CROSS_CHOSEN = 12, 8, 2
_ROUNDS, _SETTLED = 200, 1e-11
_LOWEST = 1e-290


@dataclass(frozen=True, eq=False)
class Smoothed:
    """A smoothed distribution.

    Attributes
    ----------
    shares : array, shape (scores, anchor scores)
    basis : array, shape (cells, terms)
        Powers, made orthonormal.
    degrees : tuple of int
    loglik : float
        Of the counts, up to a constant.
    n : int
    """

    shares: Floats
    basis: Floats
    coefficients: Floats
    degrees: Degrees
    loglik: float
    n: int

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return -2 * self.loglik + 2 * (self.basis.shape[1] + 1)

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return -2 * self.loglik + float(np.log(self.n)) * (self.basis.shape[1] + 1)


def powers(sample: Sample, degrees: Degrees) -> Floats:
    """Orthonormal columns that span the powers of score and anchor, without the constant: (cells, terms)."""
    x, v = (np.linspace(-1, 1, size) if size > 1 else np.zeros(1) for size in sample.counts.shape)
    rows, columns = (part.ravel() for part in np.meshgrid(x, v, indexing="ij"))
    terms = [rows**i for i in range(1, degrees[0] + 1)] + [columns**i for i in range(1, degrees[1] + 1)]
    terms += [rows**i * columns**j for i in range(1, degrees[2] + 1) for j in range(1, degrees[2] + 1)]
    whole = np.column_stack([np.ones(len(rows)), *terms])
    q, r = np.linalg.qr(whole)
    if np.abs(np.diag(r)).min() < 1e-9 * np.abs(np.diag(r)).max():
        raise InvalidInput(
            _("smooth: the scale has too few scores for degree {degree}; choose fewer."), degree=max(degrees)
        )
    return np.asarray(q[:, 1:])


def smooth(sample: Sample, degrees: Degrees) -> Smoothed:
    """Smooth one distribution.

    Raises
    ------
    InvalidInput
        If the degrees are too many for the scores that occur.
    """
    _check_degrees(sample, degrees)
    basis = powers(sample, degrees)
    found, beta, settled = fit_shares(sample.shares.reshape(1, -1), basis)
    if not settled[0]:
        raise InvalidInput(
            _("smooth: a distribution of degree {degree} cannot be fitted to so few different scores; choose fewer."),
            degree=max(degrees),
        )
    seen = sample.counts.ravel() > 0
    loglik = float((sample.counts.ravel()[seen] * np.log(found[0][seen])).sum())
    return Smoothed(found[0].reshape(sample.counts.shape), basis, beta[0], degrees, loglik, sample.n)


def _check_degrees(sample: Sample, degrees: Degrees) -> None:
    occurring = ((sample.counts.sum(axis=1) > 0).sum(), (sample.counts.sum(axis=0) > 0).sum())
    for degree, seen in zip(degrees[:2], occurring, strict=True):
        if not 0 <= degree <= _HIGHEST or degree >= seen > 1:
            raise InvalidInput(
                _("smooth: degree {degree} is too high for {n} different scores; choose fewer, at most {most}."),
                degree=degree,
                n=int(seen),
                most=_HIGHEST,
            )


def fit_shares(shares: Floats, basis: Floats, start: Floats | None = None) -> tuple[Floats, Floats, Any]:
    """Fit samples × cells at once by Newton's steps; give the fits, their coefficients and which settled."""
    target = shares @ basis
    beta = _start(shares, basis) if start is None else np.tile(start, (len(shares), 1))
    value, p = _loglik(beta, basis, target)
    active = np.ones(len(shares), bool)
    for _round in range(_ROUNDS):
        rows = np.flatnonzero(active)
        if not len(rows):
            break
        score = target[rows] - p[rows] @ basis
        active[rows] = np.abs(score).max(axis=1) > _SETTLED
        rows, score = rows[active[rows]], score[active[rows]]
        if not len(rows):
            break
        step = _step(p[rows], basis, score)
        beta[rows], value[rows], p[rows], moved = _advance(beta[rows], step, value[rows], basis, target[rows])
        active[rows[~moved]] = False
    # rounding of the basis bounds what the gradient can come to
    return p, beta, np.abs(target - p @ basis).max(axis=1, initial=0) < 1e-8


def _start(shares: Floats, basis: Floats) -> Floats:
    level = np.log(shares + 0.2 / shares.shape[1])
    return np.asarray((level - level.mean(axis=1, keepdims=True)) @ basis * 0.5)


def _loglik(beta: Floats, basis: Floats, target: Floats) -> tuple[Floats, Floats]:
    logits = beta @ basis.T
    top = logits.max(axis=1, keepdims=True)
    weights = np.exp(logits - top)
    total = weights.sum(axis=1, keepdims=True)
    value = (beta * target).sum(axis=1) - (np.log(total) + top)[:, 0]
    return value, np.maximum(weights / total, _LOWEST)


def _step(p: Floats, basis: Floats, score: Floats) -> Floats:
    mean = p @ basis
    hessian = np.stack([(basis * row[:, None]).T @ basis for row in p]) - mean[:, :, None] * mean[:, None, :]
    size = np.einsum("rtt->r", hessian)[:, None, None]
    return np.asarray(np.linalg.solve(hessian + 1e-14 * size * np.eye(basis.shape[1]), score[:, :, None])[:, :, 0])


def _advance(
    beta: Floats, step: Floats, value: Floats, basis: Floats, target: Floats
) -> tuple[Floats, Floats, Floats, Any]:
    length = np.ones(len(beta))
    for _half in range(40):
        found, p = _loglik(beta + length[:, None] * step, basis, target)
        worse = ~(found >= value - 1e-14 * np.abs(value))
        if not worse.any():
            break
        length = np.where(worse, length / 2, length)
    length = np.where(worse, 0.0, length)
    there = beta + length[:, None] * step
    found, p = _loglik(there, basis, target)
    return there, found, p, ~worse


def spread(smoothed: Smoothed, jacobian: Floats) -> Floats:
    """Variance of quantities with derivatives `jacobian` (K × cells) by the smoothed shares.

    The covariance of smoothed shares is W B (B′WB)⁻¹ B′W / n, W = diag p − p p′ (von Davier, Holland & Thayer 2004).
    """
    p, basis = smoothed.shares.ravel(), smoothed.basis
    mean = p @ basis
    turned = jacobian @ (p[:, None] * basis) - np.outer(jacobian @ p, mean)
    inner = (basis * p[:, None]).T @ basis - np.outer(mean, mean)
    return np.asarray(np.einsum("kt,tk->k", turned, np.linalg.solve(inner, turned.T)) / smoothed.n)


def raw_spread(shares: Floats, n: int, jacobian: Floats) -> Floats:
    """Variance of quantities with derivatives `jacobian` (K × cells) by the shares as they are (multinomial)."""
    p = shares.ravel()
    return np.asarray(np.maximum((jacobian**2) @ p - (jacobian @ p) ** 2, 0) / n)


def choose(sample: Sample, criterion: str) -> tuple[Smoothed, pd.DataFrame]:
    """Choose the degrees by ``aic`` or ``bic``: of each margin, then of the products with the anchor."""
    anchored = sample.counts.shape[1] > 1
    rows: list[dict[str, Any]] = []
    if not anchored:
        tried = [(d, 0, 0) for d in range(1, _MOST_CHOSEN + 1)]
    else:
        margins = [_best_margin(sample, axis, criterion) for axis in (0, 1)]
        tried = [(margins[0], margins[1], cross) for cross in range(1, _CROSS_CHOSEN + 1)]
    best: Smoothed | None = None
    for degrees in tried:
        try:
            fit = smooth(sample, degrees)
        except InvalidInput:
            continue
        rows.append({"score": degrees[0], "anchor": degrees[1], "cross": degrees[2], "aic": fit.aic, "bic": fit.bic})
        best = fit if best is None or getattr(fit, criterion) < getattr(best, criterion) else best
    if best is None:
        raise InvalidInput(_("smooth: too few different scores to smooth; leave smooth out."))
    return best, pd.DataFrame(rows)


def _best_margin(sample: Sample, axis: int, criterion: str) -> int:
    counts = sample.counts.sum(axis=1 - axis)[:, None]
    scale = (sample.scale, sample.anchor)[axis]
    return choose(Sample(counts, scale, sample.anchor, 0), criterion)[0].degrees[0]
