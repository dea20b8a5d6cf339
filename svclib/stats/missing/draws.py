"""Draws of missing values given predictors: predictive mean matching, normal regression, (multinomial) logit."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from svclib.stats.arrays import Floats

DONORS = 3
"""Answers among which predictive mean matching picks: few, so that sparse regions are not filled from far away
(Morris, White and Royston 2014)."""
_RIDGE = 1e-5
"""Part of the diagonal added, so that collinear predictors do no harm."""
_PRIOR_SD = 2.5
"""Of coefficients of standardised predictors in logits (Gelman and others 2008): perfect prediction does no harm."""
_ROUNDS = 25


def bayesian_regression(x: Floats, y: Floats, random: np.random.Generator) -> tuple[Floats, Floats, float]:
    """Least squares coefficients, a draw from their posterior, and a draw of the residual spread (Rubin 1987, 5.3)."""
    cross = x.T @ x
    cross += np.diag(np.diag(cross) * _RIDGE + 1e-12)
    root = np.linalg.cholesky(cross)
    best: Floats = np.asarray(np.linalg.solve(cross, x.T @ y), dtype=np.float64)
    freedom = max(len(y) - x.shape[1], 1)
    residual = float(((y - x @ best) ** 2).sum())
    spread = np.sqrt(residual / random.chisquare(freedom))
    drawn: Floats = best + spread * np.linalg.solve(root.T, random.standard_normal(x.shape[1]))
    return best, drawn, float(spread)


def draw_normal(x: Floats, y: Floats, new: Floats, random: np.random.Generator) -> Floats:
    """Draw from the normal regression."""
    _best, drawn, spread = bayesian_regression(x, y, random)
    return np.asarray(new @ drawn + spread * random.standard_normal(len(new)))


def draw_matched(x: Floats, y: Floats, new: Floats, random: np.random.Generator) -> Floats:
    """Take the answer of one of the nearest respondents by predicted mean (Little 1988; type 1 matching)."""
    best, drawn, _spread = bayesian_regression(x, y, random)
    mixed = random.permutation(len(y))
    predicted = (x @ best)[mixed]
    order = np.argsort(predicted, kind="stable")
    predicted, answers = predicted[order], y[mixed][order]
    wanted = new @ drawn
    place = np.searchsorted(predicted, wanted)
    window = place[:, None] + np.arange(-DONORS, DONORS)
    inside = (window >= 0) & (window < len(y))
    window = np.clip(window, 0, len(y) - 1)
    away = np.where(inside, np.abs(predicted[window] - wanted[:, None]), np.inf)
    nearest = np.argsort(away, axis=1, kind="stable")[:, : min(DONORS, len(y))]
    pick = random.integers(0, nearest.shape[1], len(new))
    chosen = np.take_along_axis(window, nearest, axis=1)[np.arange(len(new)), pick]
    return np.asarray(answers[chosen], dtype=np.float64)


def draw_category(x: Floats, codes: Floats, new: Floats, count: int, random: np.random.Generator) -> Floats:
    """Draw categories from a multinomial logit with a weak prior, its coefficients drawn from their posterior."""
    coefficients = _drawn_logit(x, codes.astype(int), count, random)
    chance = softmax(np.column_stack([np.zeros(len(new)), new @ coefficients.T]), axis=1)
    upto = np.cumsum(chance, axis=1)
    return np.asarray((random.random(len(new))[:, None] > upto[:, :-1]).sum(axis=1), dtype=np.float64)


def _drawn_logit(x: Floats, codes: np.ndarray, count: int, random: np.random.Generator) -> Floats:
    """One draw of the (count − 1, predictors) coefficients from the normal approximation of their posterior."""
    terms = x.shape[1]
    hit = (codes[:, None] == np.arange(1, count)).astype(float)
    precision = np.full(terms, 1 / _PRIOR_SD**2)
    precision[0] = 1e-4  # the intercept is free
    current = np.zeros((count - 1, terms))
    for _round in range(_ROUNDS):
        chance = softmax(np.column_stack([np.zeros(len(x)), x @ current.T]), axis=1)[:, 1:]
        slope = (hit - chance).T @ x - precision * current
        curve = _curvature(x, chance) + np.diag(np.tile(precision, count - 1))
        step = np.linalg.solve(curve, slope.ravel()).reshape(current.shape)
        current = current + step
        if float(np.abs(step).max()) < 1e-6:
            break
    root = np.linalg.cholesky(curve)
    noise = np.linalg.solve(root.T, random.standard_normal(current.size))
    return np.asarray(current + noise.reshape(current.shape))


def _curvature(x: Floats, chance: Floats) -> Floats:
    """Information of a multinomial logit, categories outside, predictors inside."""
    kinds, terms = chance.shape[1], x.shape[1]
    out = np.empty((kinds, terms, kinds, terms))
    for one in range(kinds):
        for other in range(one, kinds):
            weight = chance[:, one] * ((one == other) - chance[:, other])
            part = x.T @ (weight[:, None] * x)
            out[one, :, other, :], out[other, :, one, :] = part, part.T
    return out.reshape(kinds * terms, kinds * terms)
