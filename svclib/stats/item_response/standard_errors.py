"""How sure the calibrated parameters are: the covariance of the free parameters, and errors of difficulties.

``oakes`` inverts the observed information (complete information less what is lost because ability is not seen: Oakes
1999, Louis 1982, here in closed form), ``crossprod`` the sum of cross-products of the candidates' scores, ``sandwich``
puts the second between two of the first: right also where the model is not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.item_response import latent as ability
from svclib.stats.item_response.engine import Point, Problem
from svclib.stats.item_response.kernels import observed_information
from svclib.stats.item_response.layout import FIXED, LOG_SD, SLOPE, Layout
from svclib.stats.item_response.missing_information import score_sums
from svclib.stats.item_response.mstep import gathered
from svclib.stats.marks import _

KINDS = ("oakes", "crossprod", "sandwich")
_LONG, _FEW, _MANY = 25, 6, 20
"""Posteriors of short tests are wide and need more polynomials; with these the errors hold to 1e-6."""


def check_kind(kind: str | None) -> str | None:
    """Return `kind` if it is a way to standard errors (or None for none)."""
    if kind is not None and kind not in KINDS:
        raise InvalidInput(
            _('Standard errors of the kind "{kind}" are not known; choose {known} or None.'),
            kind=kind, known=", ".join(KINDS),
        )  # fmt: skip
    return kind


def covariance(problem: Problem, point: Point, kind: str, dtype: DTypeLike = np.float64) -> Floats | None:
    """Covariance of the free parameters (group sds, not their logarithms), P × P; None where it cannot be told."""
    layout = problem.layout
    orders = _FEW if len(layout.names) >= _LONG else _MANY
    sums = score_sums(layout, problem.cells, point.values, point.latent, problem.theta, orders=orders, dtype=dtype)
    observed = _complete(problem, point) - sums.missing
    try:
        bread = _inverse(sums.crossed + np.diag(_prior(layout)) if kind == "crossprod" else observed)
    except LinAlgError:
        return None
    found = bread @ sums.crossed @ bread if kind == "sandwich" else bread
    scale = _natural(layout, point)
    found = found * scale[:, None] * scale
    return found if (np.diag(found) > 0).all() and np.isfinite(found).all() else None


def _complete(problem: Problem, point: Point) -> Floats:
    layout = problem.layout
    items = observed_information(layout, point.values, problem.theta, point.expected.counts)
    at = np.arange(items.shape[1])
    items[:, at, at] += 1 / layout.prior_sd**2
    return gathered(layout, items, ability.complete_information(point.latent, problem.theta, point.expected.nodes))


def _prior(layout: Layout) -> Floats:
    return layout.total(1 / layout.prior_sd**2, np.zeros(layout.latent.shape))


def _inverse(matrix: Floats) -> Floats:
    scale = 1 / np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    factor = cho_factor(matrix * scale[:, None] * scale)
    return np.asarray(cho_solve(factor, np.eye(len(matrix))) * scale[:, None] * scale)


def _natural(layout: Layout, point: Point) -> Floats:
    scale = np.ones(layout.size)
    slots = layout.latent_slots[:, LOG_SD]
    scale[slots[slots != FIXED]] = np.exp(point.latent[slots != FIXED, LOG_SD])
    return scale


def item_errors(layout: Layout, values: Floats, vcov: Floats) -> dict[str, Floats]:
    """Give errors of the parameters of each item: ``a``, ``c`` of shape (J,), ``d``, ``b`` (J, K − 1); NaN if fixed.

    Of the difficulties b = −d / a and of the asymptote c by the delta method.
    """
    variance = np.append(np.diag(vcov), np.nan)
    spread = np.sqrt(variance[layout.slots])
    slope, steps = values[:, :1], values[:, 1:-1]
    whole = np.zeros((len(vcov) + 1, len(vcov) + 1))
    whole[:-1, :-1] = vcov
    var_a, var_d = whole[layout.slots[:, :1], layout.slots[:, :1]], whole[layout.slots[:, 1:-1], layout.slots[:, 1:-1]]
    both = whole[layout.slots[:, :1], layout.slots[:, 1:-1]]
    with np.errstate(divide="ignore", invalid="ignore"):
        b = -steps / slope
        error_b = np.sqrt(np.maximum(var_d + b**2 * var_a + 2 * b * both, 0)) / np.abs(slope)
        low = 1 / (1 + np.exp(-values[:, -1]))
    error_b = np.where(np.isfinite(steps) & (layout.slots[:, 1:-1] != FIXED), error_b, np.nan)
    mean_b = _mean_error(layout, values, whole)
    return {
        "a": spread[:, SLOPE],
        "d": spread[:, 1:-1],
        "b": error_b,
        "mean_b": mean_b,
        "c": spread[:, -1] * low * (1 - low),
    }


def _mean_error(layout: Layout, values: Floats, whole: Floats) -> Floats:
    """Errors of the mean threshold of each item."""
    steps, slope = values[:, 1:-1], values[:, 0]
    there = np.isfinite(steps)
    count = there.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_d = np.where(there, -1 / (slope * count)[:, None], 0.0)
        by_a = np.where(there, steps, 0).sum(axis=1) / (slope**2 * count)
    by = np.concatenate([by_a[:, None], by_d], axis=1)
    slots = layout.slots[:, :-1]
    blocks = whole[slots[:, :, None], slots[:, None, :]]
    variance = np.einsum("jp,jpq,jq->j", by, blocks, by)
    free = (slots != FIXED).any(axis=1)
    return np.where(free, np.sqrt(np.maximum(variance, 0)), np.nan)
