"""Differences between modes by weighting with the inverse of each person's propensity of the mode."""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.quality.regression import Differences
from svclib.stats.terms import Terms, check_independent

_ROUNDS = 50
_THIN = 10.0
"""A mode whose weights leave fewer effective answers shares too few users with the others."""
_STEEP = 20.0
"""Log odds beyond which a mode is told apart for certain."""


def by_propensity(
    values: Floats, weights: Floats, used: Bools, codes: Ints, first: int, terms: Terms
) -> Differences | None:
    """Compare Hájek means weighted by design weight / propensity; None where the covariates separate the modes.

    Parameters
    ----------
    values, weights : (rows,) float
    used : (rows,) bool
    codes : (rows,) int
    first : int
        Reference.
    terms : Terms
        Covariates with an intercept.
    """
    check_independent(terms, used)
    modes = [int(one) for one in np.unique(codes[used])]
    design, base = terms.matrix[used], weights[used] / weights[used].mean()
    chosen = np.column_stack([codes[used] == one for one in modes]).astype(float)
    chance = multinomial(design, chosen, base)
    if chance is None:
        return None
    scores = np.hstack([design * (base * (chosen[:, k] - chance[:, k]))[:, None] for k in range(1, len(modes))])
    size = int(codes.max()) + 1
    out = Differences(np.full(size, np.nan), np.zeros((len(values), size)), len(modes), np.zeros(size, dtype=np.bool_))
    means, influence = np.zeros(len(modes)), np.zeros((len(design), len(modes)))
    for k, one in enumerate(modes):
        weight = base * chosen[:, k] / chance[:, k]
        means[k] = (weight * values[used]).sum() / weight.sum()
        left = weight * (values[used] - means[k]) / weight.sum()
        # With propensities fitted by maximum likelihood, what the scores explain of a residual does not vary.
        influence[:, k] = left - scores @ np.linalg.lstsq(scores, left, rcond=None)[0]
        out.thin[one] = weight.sum() ** 2 / (weight**2).sum() < _THIN
    origin = modes.index(first)
    for k, one in enumerate(modes):
        out.estimate[one] = means[k] - means[origin]
        out.influence[used, one] = influence[:, k] - influence[:, origin]
    return out


def multinomial(design: Floats, chosen: Floats, weights: Floats) -> Floats | None:
    """Fit a multinomial logit by Newton's method and give the probabilities.

    Parameters
    ----------
    design : (rows, terms) float
        With an intercept.
    chosen : (rows, modes) float
        Indicators; the first mode is the base.
    weights : (rows,) float

    Returns
    -------
    (rows, modes) float, or None
        None where the modes are (almost) separated and no maximum exists.
    """
    spread = design.std(axis=0)
    scaled = np.where(spread > 0, (design - design.mean(axis=0)) / np.where(spread > 0, spread, 1.0), 1.0)
    beta = np.zeros((scaled.shape[1], chosen.shape[1] - 1))
    for _round in range(_ROUNDS):
        chance = _probabilities(scaled, beta)
        gradient = scaled.T @ (weights[:, None] * (chosen - chance)[:, 1:])
        step = _newton_step(scaled, chance, weights, gradient)
        if step is None:
            return None
        beta = beta + step * min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-300))
        if np.abs(step).max() < 1e-10:
            break
        if np.abs(beta).max() > _STEEP:
            return None
    return _probabilities(scaled, beta)


def _probabilities(design: Floats, beta: Floats) -> Floats:
    logits = np.column_stack([np.zeros(len(design)), design @ beta])
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _newton_step(design: Floats, chance: Floats, weights: Floats, gradient: Floats) -> Floats | None:
    terms, modes = design.shape[1], chance.shape[1] - 1
    information = np.empty((modes * terms, modes * terms))
    for j in range(modes):
        for k in range(modes):
            middle = weights * chance[:, j + 1] * ((j == k) - chance[:, k + 1])
            block = design.T @ (middle[:, None] * design)
            information[j * terms : (j + 1) * terms, k * terms : (k + 1) * terms] = block
    size = np.sqrt(np.maximum(np.diag(information), 1e-300))
    if np.linalg.cond(information / np.outer(size, size)) > 1e12:
        return None
    return np.asarray(np.linalg.solve(information, gradient.T.ravel()).reshape(modes, terms).T)
