"""How attentive respondents answer: the items' own distributions and correlations, and nothing else.

Answers are drawn from a normal distribution cut into categories, whose correlations give back the correlations of
the answers exactly (normal to anything: Cario and Nelson 1997; for ordered categories Ferrari and Barbiero 2012).
What an index comes to among them is what honest chance can do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from svclib.stats.arrays import Bools, Floats
from svclib.stats.quality.answers import Answers
from svclib.stats.quality.indices import correlations, positive

_TERMS = 80
"""Terms of the Hermite series: of a correlation of 0.9, what is cut off is below 1e-4."""
_HALVINGS = 40
_CLOSEST = 0.995
"""Correlations of the normal variables nearer to 1 are not told apart."""


@dataclass(frozen=True)
class Honest:
    """A population of attentive respondents.

    Attributes
    ----------
    categories : tuple of (k,) float
        Values of each item, rising.
    thresholds : tuple of (k - 1,) float
        Where the normal variable is cut.
    factor : (items, items) float
        Cholesky factor of the correlations of the normal variables.
    patterns : (rows, items) bool
        Which items were answered, respondent by respondent; drawn along with the answers.
    """

    categories: tuple[Floats, ...]
    thresholds: tuple[Floats, ...]
    factor: Floats
    patterns: Bools

    def draw(self, rows: int, generator: np.random.Generator) -> Floats:
        """Draw the answers of `rows` attentive respondents: (rows, items), NaN where not answered."""
        normal = generator.standard_normal((rows, len(self.factor))) @ self.factor.T
        columns = [
            values[np.searchsorted(cuts, normal[:, item])]
            for item, (values, cuts) in enumerate(zip(self.categories, self.thresholds, strict=True))
        ]
        pattern = self.patterns[generator.integers(len(self.patterns), size=rows)]
        return np.where(pattern, np.column_stack(columns), np.nan)


def honest(answers: Answers, rows: Bools | None = None) -> Honest:
    """Fit the population to the answers, or to some `rows` of them.

    An item without an answer or without spread gets its single value.
    """
    values = answers.values if rows is None or not rows.any() else answers.values[rows]
    margins = [_margin(column) for column in values.T]
    categories = tuple(values for values, _cuts in margins)
    thresholds = tuple(cuts for _values, cuts in margins)
    together = normal_correlations(correlations(values), categories, thresholds)
    return Honest(categories, thresholds, np.asarray(np.linalg.cholesky(together), dtype=np.float64), answers.given)


def _margin(column: Floats) -> tuple[Floats, Floats]:
    values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    if not len(values):
        return np.array([np.nan]), np.zeros(0)
    return values, np.asarray(ndtri(np.cumsum(counts)[:-1] / counts.sum()), dtype=np.float64)


def normal_correlations(together: Floats, categories: tuple[Floats, ...], thresholds: tuple[Floats, ...]) -> Floats:
    """Find the correlations of normal variables whose categories correlate as `together`.

    The correlation of two step functions of normal variables with correlation ρ is Σ a_m b_m ρ^m over their Hermite
    coefficients; it rises with ρ and is inverted by halving. The result is made positive definite.
    """
    parts = np.array([_hermite(values, cuts) for values, cuts in zip(categories, thresholds, strict=True)])
    first, second = np.triu_indices(len(parts), 1)
    products, wanted = parts[first] * parts[second], np.nan_to_num(together[first, second])
    low, high = np.full(len(first), -_CLOSEST), np.full(len(first), _CLOSEST)
    for _halving in range(_HALVINGS):
        middle = (low + high) / 2
        above = _series(products, middle) > wanted
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    out = np.eye(len(parts))
    out[first, second] = out[second, first] = np.where(products.any(axis=1), (low + high) / 2, 0.0)
    lifted = positive(out, least=1e-6)
    scale = np.sqrt(np.diag(lifted))
    return np.asarray(lifted / np.outer(scale, scale))


def _hermite(values: Floats, cuts: Floats) -> Floats:
    """Coefficients of a step function in normalised Hermite polynomials, for a variance of 1; zeros without steps."""
    if not len(cuts):
        return np.zeros(_TERMS)
    density = np.exp(-(cuts**2) / 2) / np.sqrt(2 * np.pi)
    before, now = np.zeros_like(cuts), np.ones_like(cuts)
    out = np.empty(_TERMS)
    for term in range(1, _TERMS + 1):
        out[term - 1] = (np.diff(values) * density * now).sum() / np.sqrt(term)
        before, now = now, (cuts * now - np.sqrt(term - 1) * before) / np.sqrt(term)
    shares = np.diff(np.concatenate([[0.0], ndtr(cuts), [1.0]]))
    centre = (shares * values).sum()
    return out / np.sqrt((shares * (values - centre) ** 2).sum())


def _series(products: Floats, at: Floats) -> Floats:
    """Evaluate Σ products_m at^m, m from 1, by Horner's rule."""
    total = np.zeros(len(at))
    for term in range(products.shape[1] - 1, -1, -1):
        total = (total + products[:, term]) * at
    return total
