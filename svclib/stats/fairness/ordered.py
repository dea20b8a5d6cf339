"""Proportional odds of a graded item on ability and group: the same three models as for right and wrong."""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Floats
from svclib.stats.fairness.logistic import CONTRASTS, DEGREES, Nested, _back, _metric, _nagelkerke
from svclib.stats.models.cumulative import CUMULATIVE, Cumulative, CumulativeFit, maximise

_NOTHING = float("nan")


def nested(focal: Floats, reference: Floats, value: Floats) -> Nested:
    """Fit the three models to counts (S, C, K) of each pair; NaN where a model has no maximum (Zumbo 1999)."""
    pairs = [_pair(focal[:, one], reference[:, one], value) for one in range(focal.shape[1])]
    return Nested(*(np.stack(part, axis=-1 if at < 2 else 0) for at, part in enumerate(zip(*pairs, strict=True))))


def _pair(focal: Floats, reference: Floats, value: Floats) -> tuple[Floats, ...]:
    counts = np.stack([focal, reference], axis=1)
    kept = counts.sum(axis=(0, 1)) > 0
    found = _three(counts[..., kept], value, np.array([[1.0], [0.0]]))
    if found is None:
        lost = np.full(3, _NOTHING)
        return lost, lost, np.asarray(_NOTHING), np.asarray(_NOTHING), np.full(4, _NOTHING), np.full((4, 4), _NOTHING)
    fits, null, size, (centre, scale) = found
    deviance = np.array([-2 * one.loglik for one in fits])
    r2 = _nagelkerke(np.full(3, null), deviance, np.full(3, size))
    uniform, full = fits[1], fits[2]
    beta, vcov = _with_intercept(full)
    back = _back(centre, scale)
    error = float(np.sqrt(max(uniform.inverse[1, 1], 0)))
    return (
        deviance, r2, np.asarray(uniform.coefficients[1]), np.asarray(error), back @ beta, back @ vcov @ back.T,
    )  # fmt: skip


def _with_intercept(full: CumulativeFit) -> tuple[Floats, Floats]:
    """Coefficients of ability, group and product, with minus the first threshold as the intercept."""
    order = np.array([3, 0, 1, 2])
    sign = np.array([-1.0, 1, 1, 1])
    return full.coefficients[order] * sign, full.inverse[np.ix_(order, order)] * np.outer(sign, sign)


def _three(
    counts: Floats, value: Floats, own: Floats
) -> tuple[list[CumulativeFit], float, float, tuple[float, float]] | None:
    """Fit ability; with the columns `own` of the groups; with their products. None where a fit fails."""
    classes, groups, k = counts.shape
    if k < 2:
        return None
    weight = counts.ravel()
    at = np.repeat(value, groups * k)
    metric = _metric(weight[None, :], at)
    at = (at - metric[0]) / metric[1]
    member = np.tile(np.repeat(own, k, axis=0), (classes, 1))
    category = np.tile(np.arange(k), classes * groups)
    there = weight > 0
    columns = np.column_stack([at, member, member * at[:, None]])[there]
    share = np.bincount(category, weight, minlength=k) / weight.sum()
    null = float(-2 * weight.sum() * (share * np.log(share)).sum())
    width = own.shape[1]
    try:
        with np.errstate(all="ignore"):  # where groups are separated the steps run away: no fit, said in the note
            fits = [
                maximise(Cumulative(columns[:, :last], category[there], weight[there], CUMULATIVE["logit"]))
                for last in (1, 1 + width, 1 + 2 * width)
            ]
    except np.linalg.LinAlgError:
        return None
    if not all(one.converged for one in fits):
        return None
    return fits, null, float(weight.sum()), metric


def omnibus(counts: Floats, value: Floats, kind: str) -> tuple[float, int]:
    """Likelihood ratio that all groups of counts (S, G, K) have the same curve; NaN where a fit fails."""
    kept = counts.sum(axis=(0, 1)) > 0
    groups = counts.shape[1]
    found = _three(counts[..., kept], value, np.eye(groups)[:, 1:])
    if found is None:
        return _NOTHING, 0
    first, second = (-2 * found[0][one].loglik for one in CONTRASTS[kind])
    return max(first - second, 0.0), DEGREES[kind] * (groups - 1)
