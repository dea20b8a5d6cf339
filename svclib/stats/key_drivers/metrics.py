"""Measures of relative importance from second moments, for all draws of a bootstrap at once.

Formulas: Grömping (2006, Journal of Statistical Software 17) and the sources named with each. Every measure is given
in units of the outcome's variance; the caller divides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.key_drivers.shapley import explained
from svclib.stats.key_drivers.sweeping import diagonal, regress, sweep_out
from svclib.stats.marks import _

Method = Literal["lmg", "first", "last", "pratt", "betasq", "genizi", "johnson", "car"]
SUMMING = ("lmg", "pratt", "genizi", "johnson", "car")
"""Methods whose parts add up to R²."""
_SINGLE = ("betasq", "genizi", "johnson", "car")
"""Methods that see columns, not drivers of several columns (their parts would hang on the reference category)."""
_SMALLEST = 1e-10
"""An eigenvalue that is a smaller part of the largest counts as 0."""


def check_method(method: str, wide: Sequence[str]) -> None:
    """Raise `InvalidInput` unless `method` is known and can take the drivers of several columns in `wide`."""
    if method not in get_args(Method):
        raise InvalidInput(
            _('method is "{method}"; choose one of {known}.'), method=str(method), known=", ".join(get_args(Method))
        )
    if wide and method in _SINGLE:
        raise InvalidInput(
            _(
                'The method {method} takes drivers of one column each, and "{column}" has several; take '
                'method="lmg", or give the driver as one number.'
            ),
            method=method,
            column=wide[0],
        )


def _first(moments: Floats, widths: Sequence[int]) -> Floats:
    """Variance that each driver explains alone."""
    return np.array([explained(moments, columns) for columns in _blocks(widths)])


def _last(moments: Floats, widths: Sequence[int]) -> Floats:
    """Variance that each driver adds to all others: the usefulness."""
    every = range(len(moments) - 1)
    whole = explained(moments, every)
    others = [[one for one in every if one not in columns] for columns in _blocks(widths)]
    return np.array([whole - explained(moments, columns) for columns in others])


def _pratt(moments: Floats, widths: Sequence[int]) -> Floats:
    """Coefficient times covariance (Pratt 1987); may be negative."""
    size = len(moments) - 1
    parts = regress(moments, size)[:size, size] * moments[:size, size]
    return np.array([parts[columns].sum(axis=0) for columns in _blocks(widths)])


def _betasq(moments: Floats, widths: Sequence[int]) -> Floats:
    """Squared standardised coefficient, times the outcome's variance."""
    size = len(moments) - 1
    return np.asarray(regress(moments, size)[:size, size] ** 2 * diagonal(moments)[:size])


def _genizi(moments: Floats, widths: Sequence[int]) -> Floats:
    """Σ_k (R^½)²_jk (R^−½ r)²_k: Genizi (1993), the relative weights of Johnson (2000)."""
    root, car = _orthonormal(moments)
    return np.asarray(np.einsum("djk,dk->jd", root**2, car**2))


def _car(moments: Floats, widths: Sequence[int]) -> Floats:
    """Squared correlation-adjusted marginal correlation R^−½ r (Zuber and Strimmer 2011)."""
    return np.asarray((_orthonormal(moments)[1] ** 2).T)


def _orthonormal(moments: Floats) -> tuple[Floats, Floats]:
    """Give R^½ (draws, columns, columns) and R^−½ times the covariances with the outcome (draws, columns)."""
    size = len(moments) - 1
    spread = np.sqrt(np.maximum(diagonal(moments)[:size], 0))
    scale = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1.0), 0.0)
    correlations = np.moveaxis(moments[:size, :size] * scale[:, None] * scale[None], 2, 0)
    values, vectors = np.linalg.eigh(correlations)
    alive = values > _SMALLEST * values[:, -1:]
    roots = np.sqrt(np.where(alive, values, 1.0))
    root = (vectors * np.where(alive, roots, 0.0)[:, None]) @ np.swapaxes(vectors, 1, 2)
    inverse = (vectors * np.where(alive, 1 / roots, 0.0)[:, None]) @ np.swapaxes(vectors, 1, 2)
    return root, np.einsum("djk,kd->dj", inverse, moments[:size, size] * scale)


MEASURES: dict[str, Callable[[Floats, Sequence[int]], Floats]] = {
    "first": _first,
    "last": _last,
    "pratt": _pratt,
    "betasq": _betasq,
    "genizi": _genizi,
    "johnson": _genizi,
    "car": _car,
}
"""All but LMG, which can be exact or sampled: function of (columns + 1, columns + 1, draws) moments and widths."""


def inflation(moments: Floats, blocks: Sequence[Sequence[int]], others: Sequence[int]) -> Floats:
    """Give the variance inflation of each block of columns beside the rest, for the first draw.

    Of a block of d columns the generalised factor to the power 1/d (Fox and Monette 1992), the usual one for d = 1.

    Parameters
    ----------
    moments : (m, m, draws) float
    blocks : list of list of int
    others : list of int
        Columns that are in every regression.
    """
    found = []
    for block in blocks:
        rest = [*others, *(one for other in blocks if other is not block for one in other)]
        order = [*rest, *block]
        left = sweep_out(moments[np.ix_(order, order)][:, :, :1], len(rest))[:, :, 0]
        alone = moments[np.ix_(block, block)][:, :, 0]
        logs = np.linalg.slogdet(alone)[1] - np.linalg.slogdet(left)[1]
        found.append(float(np.exp(logs / len(block))))
    return np.array(found)


def _blocks(widths: Sequence[int]) -> list[list[int]]:
    ends = np.cumsum(widths)
    return [list(range(end - width, end)) for end, width in zip(ends, widths, strict=True)]
