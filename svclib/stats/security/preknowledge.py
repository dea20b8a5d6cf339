"""Candidates who did far better on some items than their other answers lead to expect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.item_response.curves import expected, probabilities
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.item_response.quadrature import grid
from svclib.stats.item_response.sums import combine
from svclib.stats.marks import _
from svclib.stats.security.adjusting import adjusted, check_rate
from svclib.stats.security.answers import check_candidates, earned
from svclib.stats.security.option_curves import log_likelihood, posterior_weights

BETTER = _(
    "did far better on these items than the other answers lead to expect; look at seating, logs and earlier sittings"
)
FEW = _("too few answers to one of the two sets of items to tell")
_NODES = 81
_LEAST_SECURE = 5
_LEAST_WATCHED = 2
_BOUND = 5.0
_BULK = 0.9
_BULK_LEAST = 200


def preknowledge(
    scores: pd.DataFrame,
    subset: Sequence[str],
    items: Any,
    *,
    calibrate: bool = True,
    adjust: str = "holm",
    rate: float = 0.05,
    sd: float = 1.0,
) -> pd.DataFrame:
    """Compare each candidate's score on items that may be known with that on the others.

    Parameters
    ----------
    scores : DataFrame
        Candidates × items: shares of the marks, missing where the item was not met.
    subset : list of str
        Items that may be known (old, leaked, compromised); all others count as secure.
    items : fit, ItemParameters or DataFrame
        Calibrated items, best from before they could be known.
    calibrate : bool
        Whether the tails are set against the bulk of the candidates (from 200 on): where the subset has become easier
        for all, or measures something a little different, nobody stands out for that.
    adjust : {"holm", "bh", "bonferroni", "none"}
    rate : float
        Of false alarms, over all candidates.
    sd : float
        Standard deviation of ability, on the scale of `items` with mean 0.

    Returns
    -------
    DataFrame
        By candidate: ``n_secure, n, score`` (marks on the subset), ``expected`` (given the secure items), ``ability``
        (of the secure items), ``gain`` (standardised: score above its expectation, with the uncertainty of ability),
        ``statistic`` (signed root of the likelihood ratio of two abilities against one; Sinharay 2017), ``p,
        p_adjusted, flag, note``.

    Raises
    ------
    InvalidInput
        If an item of the subset is not there, no item is left, or items are not calibrated.

    Notes
    -----
    p is the exact upper tail of the score on the subset, its distribution (Lord and Wingersky) averaged over the
    posterior of ability from the secure items: for honest candidates of the population it is not too small, however
    short the subset. The likelihood ratio is given for comparison; its normal reference is poor for short subsets.

    Examples
    --------
    >>> bank = pd.DataFrame({"item": [f"q{n}" for n in range(20)], "a": 1.5, "b": np.linspace(0, 2, 20)})
    >>> marks = pd.DataFrame([[1.0] * 8 + [0.0] * 12, [1.0] * 2 + [0.0] * 18], columns=bank["item"])
    >>> preknowledge(marks, [f"q{n}" for n in range(8)], bank)["flag"].tolist()
    [True, False]
    """
    check_rate(rate)
    frame = check_candidates(scores)
    names = [str(name) for name in frame.columns]
    watched = _watched(names, subset)
    calibrated, right = items_of(items).named(names), earned(frame, frame)
    nodes = grid(_NODES, 6.0 * max(sd, 1.0))
    told = ~np.isnan(right)
    secure, other = calibrated.take(~watched), calibrated.take(watched)
    weights = posterior_weights(secure, right[:, ~watched], nodes, sd)
    score, p, exactly, mean, spread = _predicted(other, right[:, watched], weights, nodes)
    few = (told[:, ~watched].sum(axis=1) < _LEAST_SECURE) | (told[:, watched].sum(axis=1) < _LEAST_WATCHED)
    p = np.where(few, 1.0, _by_bulk(p, exactly, few) if calibrate else p)
    beyond = adjusted(p, int((~few).sum()), adjust)
    flag = (beyond <= rate) & ~few
    columns = {
        "n_secure": told[:, ~watched].sum(axis=1), "n": told[:, watched].sum(axis=1), "score": score,
        "expected": mean, "ability": weights @ nodes,
        "gain": np.where(spread > 0, (score - mean) / np.maximum(spread, 1e-9), 0.0),
        "statistic": np.where(few, np.nan, _signed_ratio(secure, other, right, watched)),
        "p": np.where(few, np.nan, p), "p_adjusted": np.where(few, np.nan, beyond), "flag": flag,
        "note": np.where(few, FEW, np.where(flag, BETTER, "")),
    }  # fmt: skip
    return pd.DataFrame(columns, index=frame.index)


def _watched(names: list[str], subset: Sequence[str]) -> Bools:
    wanted = [str(name) for name in ([subset] if isinstance(subset, str) else subset)]
    lost = [name for name in wanted if name not in names]
    if lost:
        raise InvalidInput(_('There is no item "{item}" in the scores; mend the subset.'), item=lost[0])
    inside = np.isin(names, wanted)
    if not inside.any() or inside.all():
        raise InvalidInput(_("The subset must name some of the items, and leave some that are secure."))
    return np.asarray(inside)


def _predicted(
    items: ItemParameters, right: Floats, weights: Floats, nodes: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Score on the items, its upper tail and exact chance given the posterior, its mean and standard deviation."""
    told = ~np.isnan(right)
    codes = np.where(told, np.round(np.where(told, right, 0) * items.highest), 0).sum(axis=1).astype(int)
    n = len(right)
    out = np.zeros((4, n))
    patterns, which = np.unique(told, axis=0, return_inverse=True)
    for at, pattern in enumerate(patterns):
        rows = np.flatnonzero(which.ravel() == at)
        out[:, rows] = _pattern(items.take(pattern), codes[rows], weights[rows], nodes)
    return codes.astype(float), out[0], out[1], out[2], out[3]


def _pattern(items: ItemParameters, codes: Ints, weights: Floats, nodes: Floats) -> Floats:
    if not len(items):
        return np.vstack([np.ones(len(codes)), np.ones(len(codes)), np.zeros((2, len(codes)))])
    chance = weights @ combine(probabilities(items, nodes), items.highest).T
    every, sums = np.arange(len(codes)), np.arange(chance.shape[1])
    above = np.cumsum(chance[:, ::-1], axis=1)[:, ::-1]
    mean = chance @ sums
    spread = np.sqrt(np.maximum(chance @ sums**2 - mean**2, 0))
    return np.vstack([np.minimum(above[every, codes], 1), chance[every, codes], mean, spread])


def _by_bulk(p: Floats, exactly: Floats, few: Bools) -> Floats:
    """Centre and scale by the bulk; no tail becomes smaller."""
    if (~few).sum() < _BULK_LEAST:
        return p
    score = -ndtri(np.clip(p - 0.5 * exactly, 1e-300, 1 - 1e-12))
    centre = float(np.median(score[~few]))
    scale = float((np.quantile(score[~few], _BULK) - centre) / ndtri(_BULK))
    moved = ndtr(-(-ndtri(np.clip(p, 1e-300, 1 - 1e-12)) - max(centre, 0.0)) / max(scale, 1.0))
    return np.maximum(p, moved)


def _signed_ratio(secure: ItemParameters, other: ItemParameters, right: Floats, watched: Bools) -> Floats:
    """Signed root of the likelihood ratio: abilities of both sets against one common, within ±5."""
    nodes = np.linspace(-_BOUND, _BOUND, 401)
    first = log_likelihood(secure, right[:, ~watched], nodes)
    second = log_likelihood(other, right[:, watched], nodes)
    gain = first.max(axis=1) + second.max(axis=1) - (first + second).max(axis=1)
    sign = np.sign(nodes[second.argmax(axis=1)] - nodes[first.argmax(axis=1)])
    return np.asarray(sign * np.sqrt(np.maximum(2 * gain, 0)))


def expected_right(items: ItemParameters, right: Floats, sd: float = 1.0) -> Floats:
    """Expected share of the marks on each item given the candidate's answers to the others, N × J."""
    nodes = grid(_NODES, 6.0 * max(sd, 1.0))
    whole = np.log(np.maximum(posterior_weights(items, right, nodes, sd), 1e-300))
    share = expected(items, nodes) / items.highest[:, None]
    out = np.empty(right.shape)
    for at in range(len(items)):
        log = whole - log_likelihood(items.take([at]), right[:, [at]], nodes)
        weights = np.exp(log - log.max(axis=1, keepdims=True))
        out[:, at] = weights @ share[at] / weights.sum(axis=1)
    return out
