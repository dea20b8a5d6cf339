"""Scores of the respondents on the factors.

Continuous items: the regression method (Thurstone 1935), the mean of the factors given the answers there are. Ordinal
items: their most probable value given the answers (empirical Bayes modal; Muthén 1998).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.factor_models.estimators import NormalEstimator
from svclib.stats.factor_models.moments import Matrices, matrices, thresholds
from svclib.stats.factor_models.normal import moment_matrices
from svclib.stats.factor_models.ordinal import read_categories
from svclib.stats.factor_models.reading import where_of
from svclib.stats.factor_models.solution import Solution
from svclib.stats.marks import _

_STEPS = 100
_TOLERANCE = 1e-11
_FLOOR = 1e-300


def score_frame(solution: Solution) -> pd.DataFrame:
    """Give a row a respondent: the scores, then ``<factor>_error``, the standard deviation of what they leave open."""
    answers, factors = solution.estimator.answers, solution.table.plan.factors
    scores = np.full((len(answers.frame), len(factors)), np.nan)
    errors = np.full_like(scores, np.nan)
    estimator = solution.estimator
    found = _regression(solution, estimator) if isinstance(estimator, NormalEstimator) else _modes(solution)
    for rows, (value, error) in zip(answers.rows, found, strict=True):
        scores[rows], errors[rows] = value, error
    used = np.sort(np.concatenate(answers.rows))
    names = [*factors, *(f"{factor}_error" for factor in factors)]
    whole = np.concatenate([scores, errors], axis=1)[used]
    return pd.DataFrame(whole, index=answers.frame.index[used], columns=names)


def _regression(solution: Solution, estimator: NormalEstimator) -> list[tuple[Floats, Floats]]:
    out = []
    for group, data in enumerate(estimator.evidence.patterns):
        model = matrices(solution.table, solution.values, group)
        mu, sigma = moment_matrices(estimator.evidence.where, solution.point.moments[group], data)
        off = np.where(np.isnan(data.answers), 0.0, data.answers - mu)
        scores, errors = np.empty((len(off), len(model.means))), np.empty((len(off), len(model.means)))
        for at, there in enumerate(data.there):
            rows = np.flatnonzero(data.pattern == at)
            cross = model.factors @ model.loadings[there].T
            weights = np.linalg.solve(sigma[np.ix_(there, there)], cross.T)
            scores[rows] = model.means + off[np.ix_(rows, np.flatnonzero(there))] @ weights
            errors[rows] = np.sqrt(np.maximum(np.diag(model.factors - cross @ weights), 0))
        out.append((scores, errors))
    return out


def _modes(solution: Solution) -> list[tuple[Floats, Floats]]:
    """Scores of ordinal answers, group by group."""
    answers, table = solution.estimator.answers, solution.table
    codes, _counts = read_categories(answers)
    out = []
    for group, code in enumerate(codes):
        model = matrices(table, solution.values, group)
        _check_scorable(solution, model, group)
        cuts = _cut_grid(
            table.plan.categories, thresholds(table, solution.estimator.evidence.where, solution.values, group)
        )
        found, back = np.unique(code, axis=0, return_inverse=True)
        value, error = _newton(found, model, cuts)
        out.append((value[back.reshape(-1)], error[back.reshape(-1)]))
    return out


def _check_scorable(solution: Solution, model: Matrices, group: int) -> None:
    said = where_of(solution.estimator.answers, group)
    bad = np.flatnonzero(np.diag(model.residuals) <= 0)
    if len(bad):
        raise InvalidInput(
            _('The errors of "{item}" have no variance above 0{group}, so nobody can be scored; leave the item out.'),
            item=solution.table.plan.items[bad[0]],
            group=said,
        )
    if np.linalg.eigvalsh(model.factors)[0] <= 0:
        raise InvalidInput(
            _("The factors' covariances are not possible together{group}, so nobody can be scored; join factors."),
            group=said,
        )
    if (np.abs(np.tril(model.residuals, -1)) > 0).any():
        raise InvalidInput(_("Ordinal answers with correlated errors cannot be scored; leave out correlated."))


def _cut_grid(categories: tuple[int, ...], cuts: Floats) -> Floats:
    """Thresholds with infinite ends: (items, most categories + 1)."""
    grid = np.full((len(categories), max(categories) + 1), np.inf)
    grid[:, 0] = -np.inf
    begin = 0
    for item, count in enumerate(categories):
        grid[item, 1:count] = cuts[begin : begin + count - 1]
        begin += count - 1
    return grid


def _newton(codes: Ints, model: Matrices, cuts: Floats) -> tuple[Floats, Floats]:
    """Maximise the posterior density of every pattern of answers at once."""
    deviation = np.sqrt(np.diag(model.residuals))
    slopes, prior = model.loadings / deviation[:, None], np.linalg.inv(model.factors)
    items = np.arange(len(deviation))
    there: Bools = np.asarray(codes >= 0, dtype=np.bool_)
    shifted = (cuts - model.intercepts[:, None]) / deviation[:, None]
    low, high = shifted[items, np.maximum(codes, 0)], shifted[items, np.maximum(codes, 0) + 1]
    at = np.tile(model.means, (len(codes), 1))
    for _step in range(_STEPS):
        first, second = _item_slopes(low - at @ slopes.T, high - at @ slopes.T, there)
        gradient = first @ slopes - (at - model.means) @ prior
        curved = np.einsum("ni,ik,il->nkl", second, slopes, slopes) + prior
        step = np.linalg.solve(curved, gradient[:, :, None])[:, :, 0]
        size = np.abs(step).max(axis=1, keepdims=True)
        at = at + step * np.minimum(1, 2 / np.maximum(size, 1e-12))
        if float(size.max(initial=0.0)) < _TOLERANCE:
            break
    return at, np.sqrt(np.einsum("nkk->nk", np.linalg.inv(curved)))


def _item_slopes(low: Floats, high: Floats, there: Bools) -> tuple[Floats, Floats]:
    """Derivative of log P(low < z < high) by a shift of the mean, and the negative second derivative."""
    above = low > 0  # both limits in the upper tail: mirror them, so that nothing cancels
    one, two = np.where(above, -high, low), np.where(above, -low, high)
    share = np.maximum(ndtr(two) - ndtr(one), _FLOOR)
    height_low, height_high = _density(low), _density(high)
    first = (height_low - height_high) / share
    moved = (_times(low, height_low) - _times(high, height_high)) / share
    second = first**2 - moved
    return np.where(there, first, 0.0), np.where(there, second, 0.0)


def _density(at: Floats) -> Floats:
    return np.exp(-np.minimum(at * at, 1400.0) / 2) / np.sqrt(2 * np.pi)


def _times(at: Floats, height: Floats) -> Floats:
    return np.where(np.isfinite(at), np.where(np.isfinite(at), at, 0.0) * height, 0.0)
