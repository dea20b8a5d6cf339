"""The chance that a candidate's true score lies on the other side of the mark."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import betainc

from svclib.stats.arrays import Floats, ratio
from svclib.stats.cutscores.abilities import Abilities, of_groups
from svclib.stats.cutscores.binomial import true_moments
from svclib.stats.cutscores.reading import SLACK, Scores
from svclib.stats.cutscores.resampling import parts_of, sums_of
from svclib.stats.cutscores.truth import fit_truth, points
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.parameters import ItemParameters

_BLOCK = 4_000_000
_ROOM = 1e-300


def by_beta(read: Scores, share: Floats, length: float, reliability: float, mark: float) -> Floats:
    """Chance that the true share reaches `mark`, given observed shares (n,).

    Bayes: the fitted beta distribution of the true scores of all candidates, and a binomial of the effective length.
    NaN where no distribution fits.
    """
    parts = parts_of(read, reliability, 1)
    sums = sums_of(parts, np.ones((1, len(parts.n))))
    truth = fit_truth(true_moments(sums.powers, np.array([length]), np.zeros(1)))
    if np.isnan(truth.alpha[0]):
        return np.full(len(share), np.nan)
    at = points(truth, np.array([mark]))
    tau, prior = np.clip(at.share[0], _ROOM, 1 - 1e-16), at.weight[0]
    x = share[:, None] * length
    log = x * np.log(tau) + (length - x) * np.log1p(-tau)
    like = prior * np.exp(log - log.max(axis=1, keepdims=True))
    return ratio((like * (at.piece > 0)).sum(axis=1), like.sum(axis=1))


def by_binomial(share: Floats, length: float, mark: float) -> Floats:
    """Chance that the true share reaches `mark` from the score alone (Beta(½, ½) beforehand)."""
    right = np.clip(share, 0, 1) * length
    return np.asarray(1 - betainc(right + 0.5, length - right + 0.5, mark))


def population(items: Any, borders: Floats) -> Abilities:
    """Give the distribution of abilities: the groups of a fit together, or standard normal."""
    groups = getattr(items, "groups", None)
    if groups is not None and {"mean", "sd", "n"} <= set(groups.columns):
        mean, sd, n = (groups[name].to_numpy(dtype=float) for name in ("mean", "sd", "n"))
        return of_groups(mean, sd, n / n.sum(), borders)
    return of_groups(np.zeros(1), np.ones(1), np.ones(1), borders)


def by_ability(
    codes: Floats, items: ItemParameters, worth: Floats, at: Abilities, mark: float
) -> tuple[Floats, Floats]:
    """Chance that the expected total reaches `mark`, and the error of a total, given the responses.

    Parameters
    ----------
    codes : (n, J)
        Scores of the items; NaN where one was not met.
    worth : (J,)
        Points of one score step of each item.
    """
    chances = probabilities(items, at.theta)
    steps = np.arange(chances.shape[1], dtype=float)[None, :, None]
    mean = (steps * chances).sum(axis=1)
    spread = ((steps**2 * chances).sum(axis=1) - mean**2) * worth[:, None] ** 2
    reached = worth @ mean >= mark - SLACK
    log, rows = np.log(np.maximum(chances, _ROOM)), np.arange(len(items))
    out, error = np.empty(len(codes)), np.empty(len(codes))
    size = max(1, _BLOCK // (len(items) * len(at.theta)))
    for start in range(0, len(codes), size):
        part = codes[start : start + size]
        there = ~np.isnan(part)
        code = np.where(there, part, 0).astype(int)
        likelihood = np.where(there[:, :, None], log[rows, code], 0).sum(axis=1) + np.log(np.maximum(at.weight, _ROOM))
        weight = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        out[start : start + size] = weight @ reached
        error[start : start + size] = np.sqrt(weight @ spread.sum(axis=0))
    return out, error
