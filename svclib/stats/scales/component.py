"""The first principal component as weights of items, and how the weights depend on each respondent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Bools, Floats
from svclib.stats.estimate import Note

_FLAT = 1e-12
"""An item whose variance is a smaller part of the largest item's has none."""


@dataclass(frozen=True)
class Component:
    """Weights of items.

    Attributes
    ----------
    weights : (items,) float
        Adding up to 1.
    influence : (rows, items) float
        What a respondent adds to each weight, per share of the sample; 0 outside `valid`.
    share : (rows,) float
        Each respondent's share of the weights.
    valid : (rows,) bool
    note : str
        Why there are no weights, or empty.
    """

    weights: Floats
    influence: Floats
    share: Floats
    valid: Bools
    note: str = ""

    @classmethod
    def none(cls, valid: Bools, items: int, note: str) -> Component:
        """Give no weights, and why."""
        nothing = np.full(items, np.nan)
        return cls(nothing, np.zeros((len(valid), items)), np.zeros(len(valid)), valid, note)


def first_component(ratings: Floats, weights: Floats, valid: Bools) -> Component:
    """Take weights from the first principal component of the standardised items.

    With the eigenvectors v of the correlations R and the standard deviations s the weights are w ∝ v₁ / s. The
    influence of a respondent with standardised answers u on v₁ is
    Σₖ vₖ (zₖ z₁ − ½ (λ₁ + λₖ) Σᵢ uᵢ² vₖᵢ v₁ᵢ) / (λ₁ − λₖ), z = V'u (Croux and Haesbroeck 2000), on s it is
    s (u² − 1) / 2.

    Parameters
    ----------
    ratings : (rows, items) float
    weights : (rows,) float
    valid : (rows,) bool
        Rows that count.
    """
    items = ratings.shape[1]
    filled = np.where(valid[:, None], ratings, 0.0)
    share = np.where(valid, weights, 0.0) / weights[valid].sum()
    away = np.where(valid[:, None], filled - share @ filled, 0.0)
    covariance = away.T @ (share[:, None] * away)
    variance = np.diag(covariance)
    if (variance <= _FLAT * max(float(variance.max()), np.finfo(float).tiny)).any():
        return Component.none(valid, items, Note.NO_VARIANCE)
    spread = np.sqrt(variance)
    values, vectors = np.linalg.eigh(covariance / np.outer(spread, spread))
    values, vectors = values[::-1], vectors[:, ::-1]
    first = vectors[:, 0] * np.sign(vectors[:, 0].sum() or 1.0)
    if (first <= 0).any() or values[0] - values[1] <= _FLAT:
        return Component.none(valid, items, Note.REVERSED)
    raw = first / spread
    found = raw / raw.sum()
    u = away / spread
    turned = _turned(u, values, vectors, first)
    change = (turned - first * (u**2 - 1) / 2) / spread
    influence = (change - found * change.sum(axis=1, keepdims=True)) / raw.sum()
    return Component(found, np.where(valid[:, None], influence, 0.0), share, valid)


def _turned(u: Floats, values: Floats, vectors: Floats, first: Floats) -> Floats:
    """Influence on the first eigenvector of the correlations."""
    others, rest = vectors[:, 1:], values[1:]
    pulled = (u @ others) * (u @ first)[:, None] - (u**2 @ (others * first[:, None])) * (values[0] + rest) / 2
    return np.asarray(pulled / (values[0] - rest) @ others.T)
