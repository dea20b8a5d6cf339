"""Covariances that hold whatever the distribution, and the scaling of test statistics that follows from them.

Sandwich errors (White 1982); Satorra and Bentler (1994); Yuan and Bentler (2000); scaled and shifted statistics
(Asparouhov and Muthén 2010). With a survey design the middle of the sandwich is the covariance of the totals of scores
over strata and clusters (Skinner 1989).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats
from svclib.stats.design.sampling import Sampling
from svclib.stats.design.variance import Residuals, covariance
from svclib.stats.factor_models.reading import Answers


def total_covariance(answers: Answers, parts: Sequence[Floats]) -> list[Floats]:
    """Covariance of the weighted totals of each group's columns.

    Parameters
    ----------
    parts : sequence of (rows, columns) float
        One array a group.

    Returns
    -------
    list of (columns, columns) float
        One a group; under a design a single block of all groups' columns, which clusters may tie.
    """
    weighted = [part * weight[:, None] for part, weight in zip(parts, answers.weights, strict=True)]
    if answers.sampling is None:
        return [one.T @ one for one in weighted]
    stacked = np.zeros((len(answers.frame), sum(one.shape[1] for one in weighted)))
    begin = 0
    for rows, one in zip(answers.rows, weighted, strict=True):
        stacked[rows, begin : begin + one.shape[1]] = one
        begin += one.shape[1]
    return [_design_covariance(answers.sampling, stacked)]


def shared_covariance(answers: Answers, parts: Sequence[Floats]) -> Floats:
    """As `total_covariance` for columns that are the same in all groups: their sum over the groups."""
    weighted = [part * weight[:, None] for part, weight in zip(parts, answers.weights, strict=True)]
    if answers.sampling is None:
        return np.asarray(sum(one.T @ one for one in weighted))
    stacked = np.zeros((len(answers.frame), weighted[0].shape[1]))
    for rows, one in zip(answers.rows, weighted, strict=True):
        stacked[rows] = one
    return _design_covariance(answers.sampling, stacked)


def _design_covariance(sampling: Sampling, columns: Floats) -> Floats:
    group = np.zeros(len(columns), dtype=np.int64)
    return covariance(sampling, Residuals(list(columns.T), group, 1))


@dataclass(frozen=True)
class Spread:
    """Mean and mean square of the roots that the test statistic's terms are weighted by: tr(UΓ) and tr((UΓ)²)."""

    first: float
    second: float


def spread(weights: Sequence[Floats], slopes: Sequence[Floats], blocks: Sequence[Floats], bread: Floats) -> Spread:
    """Traces of UΓ and of its square, U = W − WΔ(Δ′WΔ)⁻¹Δ′W, without forming it.

    Parameters
    ----------
    weights : sequence of (moments,) float
        Diagonal of W a group, times n.
    slopes : sequence of (moments, parameters) float
        Δ a group.
    blocks : sequence of (moments, moments) float
        Covariance of the statistics, a group or all together.
    bread : (parameters, parameters) float
        (Δ′WΔ)⁻¹.
    """
    if len(blocks) < len(weights):
        weights, slopes = [np.concatenate(list(weights))], [np.concatenate(list(slopes))]
    one = two = 0.0
    middle, outer = np.zeros_like(bread), np.zeros_like(bread)
    for weight, slope, block in zip(weights, slopes, blocks, strict=True):
        pulled = block @ (weight[:, None] * slope)
        middle += (weight[:, None] * slope).T @ pulled
        outer += (weight[:, None] * pulled).T @ pulled
        one += float(weight @ np.diag(block))
        two += float(weight @ block**2 @ weight)
    inner = bread @ middle
    first = one - float(np.trace(inner))
    return Spread(first, two - 2 * float(np.sum(bread * outer)) + float(np.sum(inner * inner.T)))


def sandwich(bread: Floats, middle: Floats) -> Floats:
    """Give H⁻¹BH⁻¹."""
    return np.asarray(bread @ middle @ bread)


def inverse(matrix: Floats) -> Floats:
    """Invert a matrix."""
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)
