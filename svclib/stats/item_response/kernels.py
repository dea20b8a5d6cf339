"""Log probabilities of categories at the points of ability, with their derivatives by the parameters of the item.

Shapes: J items, K the most categories, S = K + 1 places (slope, intercepts, logit of the lower asymptote), Q points.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import expit, log_expit

from svclib.stats.arrays import Floats, Ints
from svclib.stats.item_response.layout import Layout

_TINY = 1e-300
_LOWEST = -690.0


class Curves:
    """Item curves at one set of values.

    Attributes
    ----------
    log_p : array, shape (J, K, Q)
        Log probability; −690 behind an item's last category.
    slopes : array, shape (J, S, K, Q)
        Derivatives of `log_p` by the places of the item.
    """

    def __init__(self, layout: Layout, values: Floats, theta: Floats) -> None:
        items, places = values.shape
        top = places - 1
        self.log_p = np.full((items, top, len(theta)), _LOWEST)
        self.slopes = np.zeros((items, places, top, len(theta)))
        for kind, rows, k in _sets(layout):
            log_p, slopes = _KINDS[kind](values[rows], layout.upper[rows], layout.guessing[rows], k, theta)
            self.log_p[rows, :k] = np.maximum(log_p, _LOWEST)
            self.slopes[rows, :k, :k] = slopes[:, :k]
            if slopes.shape[1] > k:
                self.slopes[rows, -1, :k] = slopes[:, k]


def _sets(layout: Layout) -> Iterator[tuple[str, Ints, int]]:
    graded = layout.model == "grm"
    for k in np.unique(layout.categories):
        here = layout.categories == k
        kinds = (
            (("two", here),)
            if k == 2
            else (("graded", here & graded), ("steps", here & ~graded))
        )  # fmt: skip
        for kind, at in kinds:
            if at.any():
                yield kind, np.flatnonzero(at), int(k)


def _two(values: Floats, upper: Floats, guessing: np.ndarray, k: int, theta: Floats) -> tuple[Floats, Floats]:
    z = values[:, :1] * theta + values[:, 1:2]
    plain = not guessing.any() and (upper == 1).all()
    if plain:
        log_p = np.stack([log_expit(-z), log_expit(z)], axis=1)
        p = expit(z)
        by_d = np.stack([-p, 1 - p], axis=1)
        return log_p, np.stack([by_d * theta, by_d], axis=1)
    low = np.where(guessing, expit(values[:, -1]), 0.0)[:, None]
    span = upper[:, None] - low
    right, wrong = expit(z), expit(-z)
    p1 = np.maximum(low + span * right, _TINY)
    p0 = np.maximum(1 - upper[:, None] + span * wrong, _TINY)
    rise = span * right * wrong
    by_d = np.stack([-rise / p0, rise / p1], axis=1)
    guess = low * (1 - low) * wrong * guessing[:, None]
    by_c = np.stack([-guess / p0, guess / p1], axis=1)
    return np.log(np.stack([p0, p1], axis=1)), np.stack([by_d * theta, by_d, by_c], axis=1)


def _graded(values: Floats, upper: Floats, guessing: np.ndarray, k: int, theta: Floats) -> tuple[Floats, Floats]:
    d = values[:, 1:k]
    eta = values[:, :1, None] * theta + d[:, :, None]
    above, below = log_expit(eta), log_expit(-eta)
    edge = np.zeros((len(d), 1, len(theta)))
    gap = np.concatenate([edge[:, :, 0], -np.diff(d, axis=1), edge[:, :, 0]], axis=1)
    gap[:, [0, -1]] = np.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.log(-np.expm1(-gap))[:, :, None]
    log_p = np.concatenate([edge, above], axis=1) + np.concatenate([below, edge], axis=1) + inside
    dense = above + below
    slopes = np.zeros((len(d), k, k, len(theta)))
    for step in range(1, k):
        with np.errstate(over="ignore"):
            up = np.exp(np.minimum(dense[:, step - 1] - log_p[:, step], 690))
            down = np.exp(np.minimum(dense[:, step - 1] - log_p[:, step - 1], 690))
        slopes[:, step, step], slopes[:, step, step - 1] = up, -down
    slopes[:, 0] = slopes[:, 1:].sum(axis=1) * theta
    return log_p, slopes


def _steps(values: Floats, upper: Floats, guessing: np.ndarray, k: int, theta: Floats) -> tuple[Floats, Floats]:
    rises = values[:, :1, None] * theta + values[:, 1:k, None]
    logits = np.concatenate([np.zeros((len(values), 1, len(theta))), np.cumsum(rises, axis=1)], axis=1)
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits)
    total = p.sum(axis=1, keepdims=True)
    p /= total
    score = np.arange(k, dtype=float)
    reached = np.cumsum(p[:, ::-1], axis=1)[:, ::-1]
    slopes = np.zeros((len(values), k, k, len(theta)))
    for step in range(1, k):
        slopes[:, step] = (score >= step)[None, :, None] - reached[:, step : step + 1]
    slopes[:, 0] = slopes[:, 1:].sum(axis=1) * theta
    return logits - np.log(total), slopes


_KINDS = {"two": _two, "graded": _graded, "steps": _steps}


def complete_information(curves: Curves, exposed: Floats) -> Floats:
    """Fisher's information of each item about its places: (J, S, S); `exposed` (J, Q) counts who met it where."""
    chance = np.exp(curves.log_p) * exposed[:, None, :]
    items, places = curves.slopes.shape[:2]
    flat = curves.slopes.reshape(items, places, -1)
    return np.asarray((flat * chance.reshape(items, 1, -1)) @ flat.transpose(0, 2, 1))


def ordered(layout: Layout, values: Floats) -> np.ndarray:
    """Whether the intercepts of each item are possible: those of graded items must fall. Shape (J,)."""
    d = values[:, 1:-1]
    with np.errstate(invalid="ignore"):
        rising = (np.diff(d, axis=1) >= 0).any(axis=1) if d.shape[1] > 1 else np.zeros(len(d), bool)
    return ~(rising & (layout.model == "grm"))


def observed_information(layout: Layout, values: Floats, theta: Floats, counts: Floats) -> Floats:
    """Minus the second derivatives of the expected log-likelihood of each item: (J, S, S)."""
    curves = Curves(layout, values, theta)
    items, places = curves.slopes.shape[:2]
    flat = curves.slopes.reshape(items, places, -1)
    out = (flat * counts.reshape(items, 1, -1)) @ flat.transpose(0, 2, 1)
    for kind, rows, k in _sets(layout):
        bend = _BENDS[kind](values[rows], layout.upper[rows], layout.guessing[rows], k, theta)
        places_of = [*range(k), *([places - 1] if bend.shape[1] > k else [])]
        at = np.ix_(rows, places_of, places_of)
        out[at] -= np.einsum("jstkq,jkq->jst", bend, counts[rows][:, :k])
    return np.asarray(out)


def _bend_two(values: Floats, upper: Floats, guessing: np.ndarray, k: int, theta: Floats) -> Floats:
    """Second derivatives of the probabilities over the probabilities: (J, places, places, K, Q)."""
    z = values[:, :1] * theta + values[:, 1:2]
    low = np.where(guessing, expit(values[:, -1]), 0.0)[:, None]
    span, right, wrong = upper[:, None] - low, expit(z), expit(-z)
    p1, p0 = np.maximum(low + span * right, _TINY), np.maximum(1 - upper[:, None] + span * wrong, _TINY)
    dd = span * right * wrong * (wrong - right)
    cut = low * (1 - low) * guessing[:, None]
    dc, cc = -cut * right * wrong, cut * (1 - 2 * low) * wrong
    second = np.stack(
        [np.stack([dd * theta**2, dd * theta, dc * theta], 1), np.stack([dd * theta, dd, dc], 1),
         np.stack([dc * theta, dc, cc], 1)], 1
    )  # fmt: skip
    return np.stack([-second / p0[:, None, None], second / p1[:, None, None]], axis=3)


def _bend_graded(values: Floats, upper: Floats, guessing: np.ndarray, k: int, theta: Floats) -> Floats:
    log_p, _slopes = _graded(values, upper, guessing, k, theta)
    eta = values[:, :1, None] * theta + values[:, 1:k, None]
    curve = expit(eta) * expit(-eta) * (expit(-eta) - expit(eta))
    share = np.exp(-np.maximum(log_p, _LOWEST / 2))
    out = np.zeros((len(values), k, k, k, len(theta)))
    for step in range(1, k):
        for category, sign in ((step, 1.0), (step - 1, -1.0)):
            part = sign * curve[:, step - 1] * share[:, category]
            out[:, step, step, category] += part
            out[:, 0, step, category] += part * theta
            out[:, step, 0, category] += part * theta
            out[:, 0, 0, category] += part * theta**2
    return out


def _bend_steps(values: Floats, upper: Floats, guessing: np.ndarray, k: int, theta: Floats) -> Floats:
    """Of the canonical models: g g' less the information, the same for all categories."""
    log_p, slopes = _steps(values, upper, guessing, k, theta)
    information = np.einsum("jskq,jtkq,jkq->jstq", slopes, slopes, np.exp(log_p))
    return np.asarray(np.einsum("jskq,jtkq->jstkq", slopes, slopes) - information[:, :, :, None])


_BENDS = {"two": _bend_two, "graded": _bend_graded, "steps": _bend_steps}
