"""What makes an item a good next one, for many candidates at once: the higher, the better.

=========================  ================================================================================  =======
name                       criterion of item j                                                               catR
=========================  ================================================================================  =======
``information``            information at the candidate's ability                                            MFI
``difficulty``             −|b_j − θ|                                                                        bOpt
``kullback``               ∫ KL_j(θ̂ ‖ θ) L(θ) dθ                                                             KL
``kullback_posterior``     the same, weighted by the prior too                                               KLP
``likelihood_weighted``    ∫ I_j(θ) L(θ) dθ                                                                  MLWI
``posterior_weighted``     ∫ I_j(θ) L(θ) φ(θ) dθ                                                             MPWI
``posterior_variance``     −Σ_k P_jk(θ̂) Var(θ | answers, k)                                                  MEPV
``expected_information``   Σ_k P_jk(θ̂) J_j(θ̂ after k), J the observed information of the item                MEI
``progressive``            (1 − w) u max I + w I_j(θ̂), w from 0 to 1 over the test (Revuelta & Ponsoda)      progressive
``random``                 none                                                                              random
=========================  ================================================================================  =======

``randomesque`` is ``information`` with one of the best few taken at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.adaptive.bank import Curves, at, information_at, probabilities_at, there
from svclib.stats.adaptive.scoring import Scorer, estimate, posterior
from svclib.stats.arrays import Bools, Floats, Ints, ratio

ALIASES = {
    "mfi": "information", "bopt": "difficulty", "kl": "kullback", "klp": "kullback_posterior",
    "mlwi": "likelihood_weighted", "mpwi": "posterior_weighted", "mepv": "posterior_variance",
    "mei": "expected_information",
}  # fmt: skip
CRITERIA = (
    "information", "randomesque", "difficulty", "kullback", "kullback_posterior", "likelihood_weighted",
    "posterior_weighted", "posterior_variance", "expected_information", "progressive", "random",
)  # fmt: skip
_DIGITS = 12
_FLOOR = 1e-300
_BLOCK = 200_000


@dataclass(frozen=True, eq=False)
class View:
    """What is known of N candidates who have answered t items each.

    Attributes
    ----------
    theta : array, shape (N,)
    loglik : array, N × Q
    items, scores : array of int, N × t
    free : array of bool, N × J
        Items that may come next.
    random : array, N × J or N × 0
    share : float
        How much of the test is over, 0 to 1.
    """

    theta: Floats
    loglik: Floats
    items: Ints
    scores: Ints
    free: Bools
    random: Floats
    share: float


def criterion(name: str, curves: Curves, scorer: Scorer, view: View) -> Floats:
    """Give the criterion of each item for each candidate, N × J."""
    items = curves.parameters
    if name in ("information", "randomesque"):
        return information_at(items, view.theta)
    if name == "difficulty":
        return np.asarray(-np.abs(np.nan_to_num(items.location, nan=1e6) - view.theta[:, None]))
    if name == "random":
        return view.random
    if name == "progressive":
        held = information_at(items, view.theta)
        top = np.where(view.free, held, 0).max(axis=1, keepdims=True)
        return (1 - view.share) * view.random * top + view.share * held
    return _integrals(name, curves, scorer, view)


def _integrals(name: str, curves: Curves, scorer: Scorer, view: View) -> Floats:
    if name == "expected_information":
        return _expected_information(curves, scorer, view)
    if name == "posterior_variance":
        return _rounded(-_posterior_variance(curves, view))
    flat = name in ("likelihood_weighted", "kullback") and view.items.shape[1] > 0
    weights = _likelihood(curves, view.loglik) if flat else posterior(curves, view.loglik)
    if name.endswith("weighted"):
        return _rounded(weights @ curves.information.T)
    return _rounded(_kullback(curves, view, weights))


def _rounded(values: Floats) -> Floats:
    """Drop the digits in which a product of matrices may differ with the number of candidates."""
    return np.asarray(np.round(values / np.maximum(np.abs(values).max(axis=1, keepdims=True), _FLOOR), _DIGITS))


def _likelihood(curves: Curves, loglik: Floats) -> Floats:
    raw = np.exp(loglik - loglik.max(axis=1, keepdims=True)) * curves.weights
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def _kullback(curves: Curves, view: View, weights: Floats) -> Floats:
    p = probabilities_at(curves.parameters, view.theta)
    own = np.where(p > 0, p * np.log(np.maximum(p, _FLOOR)), 0).sum(axis=2)
    cross = np.zeros_like(own)
    for k in range(p.shape[2]):
        has = there(curves.parameters)[:, k]
        cross[:, has] += p[:, has, k] * (weights @ curves.log_p[has, k].T)
    return own - cross


def _posterior_variance(curves: Curves, view: View) -> Floats:
    weights, p = posterior(curves, view.loglik), probabilities_at(curves.parameters, view.theta)
    centre = (weights @ curves.grid)[:, None]  # moments about it, for the digits
    apart = curves.grid - centre
    out = np.zeros(view.free.shape)
    for k in range(p.shape[2]):
        total = weights @ curves.p[:, k].T
        first = ratio((weights * apart) @ curves.p[:, k].T, total)
        second = ratio((weights * apart**2) @ curves.p[:, k].T, total)
        out += np.where(p[:, :, k] > 0, p[:, :, k] * (second - first**2), 0)
    return out


def _expected_information(curves: Curves, scorer: Scorer, view: View) -> Floats:
    out = np.zeros(view.free.shape)
    has = there(curves.parameters)
    step = max(1, _BLOCK // max(1, view.free.shape[1] * max(view.items.shape[1], len(curves.grid))))
    for begin in range(0, len(out), step):
        rows = slice(begin, begin + step)
        p = probabilities_at(curves.parameters, view.theta[rows])
        who, item = np.nonzero(np.broadcast_to(view.free[rows], p.shape[:2]))
        for k in range(has.shape[1]):
            kept = has[item, k]
            pairs = (who[kept], item[kept])
            out[rows][pairs] += p[pairs][:, k] * _observed(curves, scorer, view, (pairs[0] + begin, pairs[1]), k)
    return out


def _observed(curves: Curves, scorer: Scorer, view: View, pairs: tuple[Ints, Ints], k: int) -> Floats:
    """Observed information of each item where its score `k` would move the candidate to."""
    who, item = pairs
    score = np.full(len(item), k)
    items = np.column_stack([view.items[who], item])
    scores = np.column_stack([view.scores[who], score])
    theta, _error = estimate(curves, scorer, view.loglik[who] + curves.log_p[item, k], items, scores)
    p, slope, curvature = (part[:, k] for part in at(curves.parameters, item, theta))
    return np.asarray((slope / np.maximum(p, _FLOOR)) ** 2 - curvature / np.maximum(p, _FLOOR))


def pick(values: Floats, free: Bools, top: int, random: Floats) -> Ints:
    """Take the best free item of each candidate, or one of the best `top` at random; −1 where none is free.

    >>> pick(np.array([[1.0, 3.0, 2.0]]), np.array([[True, False, True]]), 1, np.zeros(1)).tolist()
    [2]
    """
    held = np.where(free, values, -np.inf)
    if top == 1:
        best = held.argmax(axis=1)
    else:
        order = np.argsort(-held, axis=1, kind="stable")[:, :top]
        count = np.minimum(free.sum(axis=1), top)
        best = np.take_along_axis(order, np.floor(random * count).astype(int)[:, None], axis=1)[:, 0]
    return np.asarray(np.where(free.any(axis=1), best, -1))
