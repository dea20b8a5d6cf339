"""Fit as it would be with complete, continuous answers: for ordinal items and for answers that are missing.

The normal likelihood's discrepancy between the best moments (polychoric correlations; means and covariances by maximum
likelihood) and those of the model, and the expectation it would have if the model held (Savalei 2021 for ordinal items;
Zhang and Savalei 2022 for missing answers).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import block_diag

from svclib.stats.arrays import Floats
from svclib.stats.factor_models.estimators import NormalEstimator, OrdinalEstimator, Point, Test
from svclib.stats.factor_models.moments import Layout
from svclib.stats.factor_models.normal import pair_information
from svclib.stats.factor_models.robust import inverse

Pair = tuple[Floats, Floats]
"""Means (or none) and covariances of a group."""


def ordinal_test(estimator: OrdinalEstimator, at: Point) -> tuple[Test, Test]:
    """Give the statistic with its scaling, of the model and of the baseline; NaN where a matrix is not possible."""
    base, evidence = estimator.baseline(), estimator.evidence
    model = [evidence.matrices(one, group) for group, one in enumerate(at.moments)]
    observed = [(np.zeros(0), one) for one in evidence.correlations]
    if not all(_possible(one) for _mean, one in [*model, *observed]):
        return Test(np.nan, at.df, np.nan), Test(np.nan, base.df, np.nan)
    cuts, sizes = len(evidence.where.item), estimator.answers.sizes
    gamma = _correlation_blocks(estimator)
    weights = np.diag(np.concatenate([one[cuts:] for one in estimator.weights]))
    parts = zip(sizes, model, strict=True)
    curved = block_diag(*(n * pair_information(evidence.where, inverse(s)) for n, (_m, s) in parts))
    slopes = np.concatenate([one[cuts:] for one in at.slopes])
    expected = _expected(slopes, inverse(estimator.information(at)), weights, curved, gamma)
    empty = [(np.zeros(0), np.eye(len(one))) for _mean, one in observed]
    scale = np.repeat(np.asarray(sizes, dtype=float), len(evidence.where.first))
    return (
        _test(_discrepancy(sizes, observed, model), at.df, expected),
        _test(_discrepancy(sizes, observed, empty), base.df, float(scale @ np.diag(gamma))),
    )


def missing_test(estimator: NormalEstimator, at: Point) -> tuple[Test, Test]:
    """Give the statistic with its scaling, of the model and of the baseline."""
    base, evidence = estimator.baseline(), estimator.evidence
    if np.isnan(estimator.saturated[1]):
        return Test(np.nan, at.df, np.nan), Test(np.nan, base.df, np.nan)
    moments, sizes = estimator.saturated[0], [data.total for data in evidence.patterns]
    best = [evidence.matrices(one, group) for group, one in enumerate(moments)]
    weights = block_diag(*(one * evidence.size for one in evidence.information(moments, observed=True)))
    gamma = inverse(weights)
    if estimator.robust:
        gamma = gamma @ block_diag(*estimator.saturated_blocks) @ gamma
    parts = zip(sizes, best, strict=True)
    curved = block_diag(*(n * _curvature(evidence.where, sigma) for n, (_mean, sigma) in parts))
    out = []
    for point in (at, base):
        model = [evidence.matrices(one, group) for group, one in enumerate(point.moments)]
        slopes = np.concatenate(point.slopes)
        bread = inverse(slopes.T @ weights @ slopes)
        expected = _expected(slopes, bread, weights, curved, gamma)
        out.append(_test(_discrepancy(sizes, best, model), point.df, expected))
    return out[0], out[1]


def _test(statistic: float, df: int, expected: float) -> Test:
    return Test(statistic, df, expected / df if df else np.nan)


def _possible(matrix: Floats) -> bool:
    return float(np.linalg.eigvalsh(matrix)[0]) > 1e-8


def _discrepancy(sizes: Sequence[float], observed: Sequence[Pair], implied: Sequence[Pair]) -> float:
    """Σ n (log|Σ| − log|S| + tr(SΣ⁻¹) − p + d′Σ⁻¹d)."""
    total = 0.0
    for n, (mean, s), (mu, sigma) in zip(sizes, observed, implied, strict=True):
        back = np.linalg.inv(sigma)
        off = mean - mu
        squares = float(off @ back @ off) if len(off) else 0.0
        dets = float(np.linalg.slogdet(sigma)[1] - np.linalg.slogdet(s)[1])
        total += n * (dets + float(np.sum(back * s)) - len(s) + squares)
    return total


def _correlation_blocks(estimator: OrdinalEstimator) -> Floats:
    """Covariance of the correlations of all groups, divisor n."""
    evidence = estimator.evidence
    cuts, size, groups = len(evidence.where.item), evidence.where.size, len(evidence.statistics)
    if len(evidence.blocks) < groups:
        kept = np.concatenate([np.arange(cuts, size) + group * size for group in range(groups)])
        return evidence.blocks[0][np.ix_(kept, kept)]
    parts = zip(evidence.blocks, estimator.answers.sizes, strict=True)
    return np.asarray(block_diag(*(block[cuts:, cuts:] * (n - 1) / n for block, n in parts)))


def _expected(slopes: Floats, bread: Floats, weights: Floats, curved: Floats, gamma: Floats) -> float:
    """tr((I − ΔB)′V(I − ΔB)Γ), B = (Δ′WΔ)⁻¹Δ′W of the estimator, V the normal likelihood's curvature."""
    left = np.eye(len(slopes)) - slopes @ (bread @ (slopes.T @ weights))
    return float(np.sum((left.T @ curved @ left) * gamma))


def _curvature(where: Layout, sigma: Floats) -> Floats:
    """Information of one complete answer about the means and covariances."""
    back = inverse(sigma)
    return np.asarray(block_diag(back[: where.means, : where.means], pair_information(where, back)))
