"""How likely each candidate is to choose each option of each item, given ability.

Three sources: parameters of the nominal response model (Bock 1972), where they are calibrated; item response models
of right and wrong, with the wrong options shared out by ability (a nested logit, as Suh and Bolt 2010); and without
either a multinomial logit on the candidates' own total scores.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import check_columns, numbers
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.item_response.quadrature import grid, normal_weights
from svclib.stats.marks import _
from svclib.stats.security.answers import NONE, Answers, written

_RIDGE = (0.02, 0.5, 2.0)
"""Precision of the constant, slope and bend of an option's logit: little information leaves options alike."""
_STEPS = 25
_CLOSE = 1e-6


def chances(answers: Answers, items: Any, abilities: Any) -> tuple[Floats, Floats]:
    """Give the probability of each option (N × J × K, 0 behind an item's last) and the abilities behind them (N,)."""
    if isinstance(items, pd.DataFrame) and "option" in items.columns:
        logits = _nominal(answers, items)
        theta = given_abilities(abilities, answers.index)
        theta = _nominal_ability(answers, logits) if theta is None else theta
        return _softmax(logits[0] * theta[:, None, None] + logits[1])[:, :, : answers.most], theta
    calibrated = None if items is None else items_of(items).named(answers.names)
    theta = given_abilities(abilities, answers.index)
    if theta is None:
        theta = score_ability(answers.right) if calibrated is None else posterior_mean(calibrated, answers.right)
    if calibrated is None:
        return _softmax(_multinomial(answers, theta, answers.codes >= 0)), theta
    return _nested(answers, calibrated, theta), theta


def given_abilities(abilities: Any, index: pd.Index) -> Floats | None:
    """Read abilities by candidate: a series, or a frame with a column ``estimate`` or ``theta``."""
    if abilities is None:
        return None
    if isinstance(abilities, pd.DataFrame):
        name = next((one for one in ("estimate", "theta", "ability") if one in abilities.columns), "theta")
        abilities = pd.Series(numbers(abilities, name), index=abilities.index)
    series = pd.Series(abilities) if isinstance(abilities, pd.Series) else pd.Series(np.asarray(abilities))
    if not isinstance(abilities, pd.Series) and len(series) == len(index):
        series.index = index
    values = pd.to_numeric(series.reindex(index), errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(values).all():
        lost = index[~np.isfinite(values)][0]
        raise InvalidInput(
            _('The candidate "{candidate}" has no ability; give one for each candidate.'), candidate=lost
        )
    return np.asarray(values)


def score_ability(right: Floats) -> Floats:
    """Standardised logit of the share of marks over the items met; 0 for who met none."""
    there = ~np.isnan(right)
    earned, met = np.where(there, right, 0).sum(axis=1), there.sum(axis=1)
    raw = np.log((earned + 0.5) / (met - earned + 0.5))
    spread = float(raw[met > 0].std()) if (met > 0).any() else 0.0
    centred = (raw - raw[met > 0].mean()) / spread if spread > 0 else np.zeros(len(raw))
    return np.where(met > 0, centred, 0.0)


def posterior_mean(items: ItemParameters, right: Floats, *, sd: float = 1.0) -> Floats:
    """Posterior mean of ability under a normal prior of mean 0; scores are shares of an item's highest."""
    return posterior(items, right, sd=sd)[0]


def posterior(items: ItemParameters, right: Floats, *, sd: float = 1.0) -> tuple[Floats, Floats]:
    """Posterior mean and standard deviation of ability."""
    nodes = grid(121, 6.0 * max(sd, 1.0))
    weights = posterior_weights(items, right, nodes, sd)
    mean = weights @ nodes
    return mean, np.sqrt(np.maximum(weights @ nodes**2 - mean**2, 0))


def posterior_weights(items: ItemParameters, right: Floats, nodes: Floats, sd: float = 1.0) -> Floats:
    """Posterior of ability at the nodes, N × Q."""
    log = log_likelihood(items, right, nodes) + np.log(np.maximum(normal_weights(nodes, 0.0, sd), 1e-300))
    return np.asarray(np.exp(log - logsumexp(log, axis=1, keepdims=True)))


def log_likelihood(items: ItemParameters, right: Floats, nodes: Floats) -> Floats:
    """Log-likelihood of each candidate at each node, N × Q; missing cells tell nothing."""
    curves = np.log(np.maximum(probabilities(items, nodes), 1e-300))
    codes = np.round(right * items.highest)
    log = np.zeros((len(right), len(nodes)))
    for category in range(curves.shape[1]):
        log += (codes == category).astype(float) @ curves[:, category]
    return log


def _softmax(logits: Floats) -> Floats:
    raw = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raw / raw.sum(axis=-1, keepdims=True))


def _nominal(answers: Answers, items: pd.DataFrame) -> tuple[Floats, Floats]:
    """Slopes and constants of the nominal response model, J × K each, −∞ where there is no option.

    The first options are those of the codes, in their order; calibrated ones that nobody chose follow.
    """
    check_columns(items, ["item", "option", "a", "c"])
    slope, constant = numbers(items, "a"), numbers(items, "c")
    held: dict[str, dict[str, tuple[float, float]]] = {}
    for at, (name, option) in enumerate(zip(items["item"], items["option"], strict=True)):
        held.setdefault(str(name), {})[written(option)] = (slope[at], constant[at])
    order = [_in_order(held, name, labels) for name, labels in zip(answers.names, answers.labels, strict=True)]
    out = np.full((2, len(order), max(answers.most, *(len(one) for one in order))), 0.0)
    out[1] = -np.inf
    for at, (name, labels) in enumerate(zip(answers.names, order, strict=True)):
        out[:, at, : len(labels)] = np.array([held[name][one] for one in labels]).T
    return out[0], out[1]


def _in_order(held: dict[str, dict[str, tuple[float, float]]], name: str, labels: tuple[str, ...]) -> list[str]:
    for option in labels:
        if option not in held.get(name, {}):
            raise InvalidInput(
                _('The option "{option}" of the item "{item}" has not been calibrated; add it or leave the item out.'),
                option=option,
                item=name,
            )
    if not held.get(name):
        raise InvalidInput(_('The item "{item}" has not been calibrated; leave it out or calibrate it.'), item=name)
    return [*labels, *(one for one in held[name] if one not in labels)]


def _nominal_ability(answers: Answers, logits: tuple[Floats, Floats]) -> Floats:
    """Posterior mean of ability from the options chosen, prior normal(0, 1)."""
    nodes = grid(121)
    log = np.tile(np.log(normal_weights(nodes)), (len(answers.codes), 1))
    curves = np.log(np.maximum(_softmax(logits[0] * nodes[:, None, None] + logits[1]), 1e-300))
    for option in range(answers.most):
        log += (answers.codes == option).astype(float) @ curves[:, :, option].T
    weights = np.exp(log - logsumexp(log, axis=1, keepdims=True))
    return np.asarray(weights @ nodes)


def _nested(answers: Answers, items: ItemParameters, theta: Floats) -> Floats:
    """P(key) by the item response model; among the wrong options a multinomial logit on ability."""
    high = probabilities(items, theta)
    expected = np.einsum("jkn,jk->nj", high, np.arange(high.shape[1]) / items.highest[:, None])
    is_key = np.arange(answers.most)[None, :] == answers.key[:, None]
    wrong = (answers.codes >= 0) & (answers.codes != answers.key)
    logits = np.where(is_key, -np.inf, _multinomial(answers, theta, wrong))
    alone = np.isinf(logits).all(axis=2, keepdims=True)
    shares = np.where(alone, 0.0, _softmax(np.where(alone, 0.0, logits)))
    out = np.where(is_key, expected[:, :, None], (1 - expected)[:, :, None] * shares)
    nobody = answers.key == NONE
    out[:, nobody] = np.where(np.isinf(logits[:, nobody]), 0.0, out[:, nobody])
    return np.asarray(out)


def _multinomial(answers: Answers, theta: Floats, counted: Bools) -> Floats:
    """Logits of each option at each candidate's ability: penalised maximum likelihood by Newton's method, all items."""
    x = np.column_stack([np.ones(len(theta)), theta, theta**2 - np.mean(theta**2)])
    hot = answers.one_hot(np.float64) * counted[:, :, None]
    open_ = np.arange(answers.most)[None, :] < answers.options[:, None]
    weight, shape = counted.astype(float), (len(answers.names), answers.most, x.shape[1])
    beta = np.zeros(shape)
    penalty = np.tile(np.asarray(_RIDGE), answers.most)
    told = np.einsum("njk,nd->jkd", hot, x)
    for _step in range(_STEPS):
        p = _softmax(_logits(x, beta, open_)) * weight[:, :, None]
        gradient = (told - np.einsum("njk,nd->jkd", p, x)).reshape(shape[0], -1) - penalty * beta.reshape(shape[0], -1)
        step = np.linalg.solve(_hessian(p, weight, x) + np.diag(penalty), gradient[:, :, None])[:, :, 0]
        size = np.abs(step).max()
        beta += (step * min(1.0, 2.0 / size if size > 0 else 1.0)).reshape(shape)
        if size < _CLOSE:
            break
    return _logits(x, beta, open_)


def _logits(x: Floats, beta: Floats, open_: Bools) -> Floats:
    values = (x @ beta.reshape(-1, x.shape[1]).T).reshape(len(x), *beta.shape[:2])
    return np.where(open_, values, -np.inf)


def _hessian(p: Floats, weight: Floats, x: Floats) -> Floats:
    """Information of the options' coefficients, J × (K·D) × (K·D); `p` is 0 outside the cells counted."""
    d, (_n, j, k) = x.shape[1], p.shape
    squares = (x[:, :, None] * x[:, None, :]).reshape(len(x), d * d)
    out = np.zeros((j, k, d, k, d))
    for one in range(k):
        for other in range(one, k):
            cell = p[:, :, one] * ((one == other) * weight - p[:, :, other])
            part = (cell.T @ squares).reshape(j, d, d)
            out[:, one, :, other, :] = part
            out[:, other, :, one, :] = part
    return out.reshape(j, k * d, k * d)
