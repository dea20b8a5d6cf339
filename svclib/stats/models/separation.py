"""Outcomes that a regression predicts without error have no finite coefficients.

There is a direction in which the likelihood rises for ever exactly if a linear programme has a solution other than 0
(Albert and Anderson 1984; Konis 2007; for counts Correia, Guimarães and Zylkin 2019).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.marks import _
from svclib.stats.terms import INTERCEPT

_FLAT = 1e-6
"""A coefficient of the direction below this is 0 (it lies between −1 and 1)."""


class Separated(InvalidInput):
    """Some terms predict the outcome without error, so that they have no finite coefficient."""

    code = "separated"


def recession(upward: Floats, fixed: Floats | None = None) -> Ints:
    """Find the terms of a direction in which no row of `upward` falls and one rises.

    Parameters
    ----------
    upward : (rows, terms) float
        Along a direction d the row's likelihood rises with ``row @ d``.
    fixed : (rows, terms) float, optional
        Rows whose likelihood has one finite maximum: ``row @ d`` must be 0.

    Returns
    -------
    (terms,) int
        Positions of the terms that run to infinity; empty if the maximum is finite.
    """
    upward = np.unique(upward, axis=0)
    scale = np.maximum(np.abs(upward).max(axis=0, initial=0.0), np.finfo(float).tiny)
    equal = None if fixed is None else np.unique(fixed, axis=0) / scale
    if equal is not None and not len(equal):
        equal = None
    found = linprog(
        -(upward / scale).sum(axis=0),
        A_ub=-upward / scale,
        b_ub=np.zeros(len(upward)),
        A_eq=equal,
        b_eq=None if equal is None else np.zeros(len(equal)),
        bounds=(-1, 1),
        method="highs",
    )
    if found.status != 0 or -found.fun <= _FLAT:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(np.abs(found.x) > _FLAT)


def check_separation(matrix: Floats, outcome: Floats, family: str, names: Sequence[str]) -> None:
    """Raise `Separated` if the coefficients of a binomial or Poisson fit are not finite."""
    if family.endswith("binomial"):
        sure = (outcome == 0) | (outcome == 1)
        running = recession((matrix * np.sign(outcome - 0.5)[:, None])[sure], matrix[~sure])
    else:
        running = recession(-matrix[outcome == 0], matrix[outcome > 0])
    if len(running):
        raise_separated([names[one] for one in running])


def raise_separated(running: Sequence[str]) -> None:
    """Raise `Separated` about the terms that run to infinity."""
    named = [name for name in running if name != INTERCEPT] or list(running)
    raise Separated(
        _(
            "The outcome is predicted without error by {terms}, so that no finite coefficient fits best; merge the "
            "category with another one, or leave the column out."
        ),
        terms=", ".join(named),
    )
