"""The Rasch model by conditional maximum likelihood: ability leaves the likelihood with the candidates' sum scores.

With easiness ε_j = exp(d_j) the chance of a pattern given its sum r is Π ε_j^{x_j} / γ_r(ε), γ_r the elementary
symmetric functions. They and the functions without one or two items are added up from positive terms only, which loses
no digits. Candidates are taken together by the items they met. Andersen (1970, 1973).

Shapes: J items, R = J + 1 sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.irt.responses import MISSING, Codes, read_responses
from svclib.stats.marks import _

_STEPS = 60
_CLOSE = 1e-9
_MOST = 250


@dataclass(frozen=True, eq=False)
class Conditional:
    """Easiness of the items, adding up to 0.

    Attributes
    ----------
    easiness : array, shape (J,)
    vcov : array, shape (J, J)
        Of rank J − 1.
    loglik : float
        The conditional one.
    converged : bool
    """

    easiness: Floats
    vcov: Floats
    loglik: float
    converged: bool


@dataclass(frozen=True, eq=False)
class _Form:
    """Candidates who met the same items: how many had each sum, and how often each item was right."""

    items: Ints
    sums: Floats
    right: Floats


def symmetric(easiness: Floats) -> tuple[Floats, Floats, Floats]:
    """Give γ (R,), γ without each item (J, R), and γ without each pair (J, J, R); the diagonal is without one.

    >>> symmetric(np.array([1.0, 2.0]))[0].tolist()
    [1.0, 3.0, 2.0]
    """
    size = len(easiness)
    whole, one = np.zeros(size + 1), np.zeros((size, size + 1))
    two = np.zeros((size, size, size + 1))
    whole[0], one[:, 0], two[:, :, 0] = 1, 1, 1
    for at, value in enumerate(easiness):
        whole[1:] += value * whole[:-1].copy()
        others = np.arange(size) != at
        one[others, 1:] += value * one[others, :-1]
        pairs = np.ix_(others, others)
        grown = two[pairs]
        grown[:, :, 1:] += value * grown[:, :, :-1].copy()
        two[pairs] = grown
    return whole, one, two


def conditional(codes: Codes, weights: Floats) -> Conditional:
    """Estimate the easiness of items from right and wrong answers, candidates × items."""
    forms = list(_forms(codes, weights))
    size = codes.shape[1]
    _check_linked(forms, size)
    d = np.zeros(size)
    loglik, slope, bend = _evaluate(forms, d)
    converged = False
    for _turn in range(_STEPS):
        step = np.linalg.lstsq(bend + 1.0 / size, slope, rcond=None)[0]
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        following = _evaluate(forms, d + step)
        while following[0] < loglik - 1e-9 * abs(loglik) and np.abs(step).max() > _CLOSE:
            step = step / 2
            following = _evaluate(forms, d + step)
        d = d + step - (d + step).mean()
        loglik, slope, bend = following
        if np.abs(step).max() < _CLOSE:
            converged = True
            break
    centre = np.eye(size) - 1.0 / size
    vcov = centre @ np.linalg.inv(bend + 1.0 / size) @ centre
    return Conditional(d, vcov, loglik, converged)


def _forms(codes: Codes, weights: Floats) -> Iterator[_Form]:
    patterns, which = np.unique(codes != MISSING, axis=0, return_inverse=True)
    for at, pattern in enumerate(patterns):
        items, rows = np.flatnonzero(pattern), which.reshape(-1) == at
        block, weight = codes[rows][:, items], weights[rows]
        sums = block.sum(axis=1, dtype=np.int64)
        inner = (sums > 0) & (sums < len(items))
        if inner.any():
            counts = np.bincount(sums[inner], weights=weight[inner], minlength=len(items) + 1)
            yield _Form(items, counts.astype(float), weight[inner] @ block[inner])


def _check_linked(forms: list[_Form], size: int) -> None:
    """Every item must hang together with the others by candidates with right and wrong answers."""
    label = np.arange(size)
    for form in forms:
        label[np.isin(label, label[form.items])] = label[form.items].min()
    if len(np.unique(label)) > 1:
        raise InvalidInput(
            _(
                "Some items were never met together with others by candidates with right and wrong answers; calibrate "
                "them apart."
            )
        )


def _evaluate(forms: list[_Form], d: Floats) -> tuple[float, Floats, Floats]:
    loglik, slope, bend = 0.0, np.zeros(len(d)), np.zeros((len(d), len(d)))
    for form in forms:
        mine = d[form.items]
        shift = float(mine.mean())
        easiness = np.exp(mine - shift)
        whole, one, two = symmetric(easiness)
        size = len(mine)
        with np.errstate(divide="ignore"):
            logs = np.log(whole) + shift * np.arange(size + 1)
        loglik += float(form.right @ mine - form.sums @ logs)
        share = form.sums / whole
        chance = easiness * (one[:, :-1] @ share[1:])
        both = np.outer(easiness, easiness) * (two[:, :, :-2] @ share[2:])
        by_sum = easiness[:, None] * one[:, :-1] / whole[1:]
        both[np.diag_indices(size)] = chance
        slope[form.items] += form.right - chance
        bend[np.ix_(form.items, form.items)] += both - (by_sum * form.sums[1:]) @ by_sum.T
    return loglik, slope, bend


def right_wrong(codes: Codes) -> None:
    """Raise `InvalidInput` unless all scores are 0 or 1 and the items are not too many."""
    if codes.max(initial=0) > 1:
        raise InvalidInput(_('Conditional estimation is for items that are right or wrong; leave out method="cml".'))
    if codes.shape[1] > _MOST:
        raise InvalidInput(
            _('Conditional estimation takes at most {most} items, not {count}; leave out method="cml".'),
            most=_MOST, count=codes.shape[1],
        )  # fmt: skip


def andersen(responses: pd.DataFrame, split: Any = "median", *, states: pd.DataFrame | None = None) -> pd.DataFrame:
    """Test whether the items of a Rasch model keep their difficulties in parts of the candidates.

    Parameters
    ----------
    responses : DataFrame
        Candidates × items, right or wrong.
    split : "median" or Series
        The parts: those with sums up to the median and above, or a group for each candidate.

    Returns
    -------
    DataFrame
        One row: ``statistic, df, p_value, n, items``; items all right or all wrong in a part are left out.

    Raises
    ------
    InvalidInput
        If answers are missing, scores are not 0 or 1, or fewer than two parts or items are left.

    Notes
    -----
    Andersen (1973): twice the gain of conditional log-likelihood.

    Examples
    --------
    >>> draws = np.random.default_rng(1)
    >>> right = draws.random((400, 3)) < 1 / (1 + np.exp(-draws.normal(size=(400, 1))))
    >>> andersen(pd.DataFrame(right.astype(int)).add_prefix("q"))["df"].tolist()
    [2]
    """
    read = read_responses(responses, states)
    codes = read.codes
    right_wrong(codes)
    if (codes == MISSING).any():
        raise InvalidInput(_("Andersen's test needs candidates who answered all items; leave out the others."))
    sums = codes.sum(axis=1)
    part = (sums > np.median(sums)).astype(int) if isinstance(split, str) else pd.factorize(np.asarray(split))[0]
    if len(part) != len(codes):
        raise InvalidInput(
            _("{name} has {count} values for {candidates} candidates; give one each."),
            name="split", count=len(part), candidates=len(codes),
        )  # fmt: skip
    parts = [codes[part == at] for at in range(int(part.max(initial=0)) + 1)]
    varied = np.all([(block.sum(axis=0) > 0) & (block.sum(axis=0) < len(block)) for block in parts], axis=0)
    if len(parts) < 2 or varied.sum() < 2:
        raise InvalidInput(_("Andersen's test needs two parts of candidates and two items that vary in each."))
    fits = [conditional(block[:, varied], np.ones(len(block))) for block in [codes, *parts]]
    statistic = 2 * (sum(fit.loglik for fit in fits[1:]) - fits[0].loglik)
    df = (int(varied.sum()) - 1) * (len(parts) - 1)
    p_value = float(chi2.sf(statistic, df))
    return pd.DataFrame(
        [{"statistic": statistic, "df": df, "p_value": p_value, "n": len(codes), "items": varied.sum()}]
    )
