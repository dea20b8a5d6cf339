"""Classes of size: negligible (A), moderate (B), large (C). An item is B or C only if it is also beyond chance."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from svclib.stats.arrays import Bools, Floats, Objects

NEGLIGIBLE, MODERATE, LARGE = "A", "B", "C"
JODOIN_GIERL = (0.035, 0.070)
"""Changes of Nagelkerke's R² (Jodoin and Gierl 2001)."""
ZUMBO_THOMAS = (0.13, 0.26)
"""The same of Zumbo and Thomas (1997): only large effects reach B."""
DELTA = (1.0, 1.5)
"""Distances on the delta scale, as in the rule of ETS."""
SHARES = (0.05, 0.10)
"""Standardised differences in share right (Dorans and Holland 1993)."""
GRADED = (0.17, 0.25)
"""Standardised mean differences over the item's spread (ETS's rule for graded items)."""


def ets(delta: Floats, error: Floats, p_value: Floats, level: float) -> Objects:
    """Give the classes of ETS (Zieky 1993).

    A: not different from 0 or |Δ| < 1; C: |Δ| ≥ 1.5 and beyond 1 (one-sided); B: between. Empty without a Δ.

    >>> ets(np.array([0.5, 1.2, 1.9]), np.array([0.2, 0.3, 0.3]), np.array([0.01, 0.001, 0.001]), 0.95).tolist()
    ['A', 'B', 'C']
    """
    size = np.abs(delta)
    beyond: Bools = (size - float(ndtri(level)) * error) > 1
    return _graded(size, p_value, level, (1.0, 1.5), large=beyond)


def by_size(size: Floats, p_value: Floats, level: float, cuts: tuple[float, float]) -> Objects:
    """Give the classes of a size that is beyond chance; empty without a size or a p value."""
    return _graded(np.abs(size), p_value, level, cuts, large=np.ones(np.shape(size), dtype=bool))


def _graded(size: Floats, p_value: Floats, level: float, cuts: tuple[float, float], *, large: Bools) -> Objects:
    significant = p_value < 1 - level
    out = np.full(np.shape(size), NEGLIGIBLE, dtype=object)
    out[significant & (size >= cuts[0])] = MODERATE
    out[significant & (size >= cuts[1]) & large] = LARGE
    out[np.isnan(size) | np.isnan(p_value)] = ""
    return out
