"""Scores of candidates on items: which cells count, rest scores, score thirds, correlations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, Objects, ratio
from svclib.stats.columns import matrix
from svclib.stats.marks import _

NOT_MET = ("not_reached", "not_presented", "not_shown", "broke_off")
"""States of cells whose candidate never met the item: they tell nothing of its difficulty."""

_ROUNDING = 1e-9


def read_scores(scores: pd.DataFrame, states: pd.DataFrame | None) -> tuple[list[str], Floats, Objects | None]:
    """Read candidates × items of shares of the maximum (0–1), and the states in the same shape.

    With states, an omitted item counts 0 and an item never met is missing.

    Raises
    ------
    InvalidInput
        If a score is no number or outside 0–1, or if the states do not have the same rows and items.
    """
    names, values = matrix(scores)
    outside = ~np.isnan(values) & ((values < 0) | (values > 1))
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise InvalidInput(
            _('The item "{column}" has a score of {value}; give scores as shares of the maximum, from 0 to 1.'),
            column=names[column],
            value=f"{values[row, column]:g}",
        )
    reasons = None if states is None else aligned(states, scores)
    return names, values if reasons is None else _by_state(values, reasons), reasons


def aligned(other: pd.DataFrame, scores: pd.DataFrame) -> Objects:
    """Give `other` in the rows and items of `scores`."""
    lost = [str(name) for name in scores.columns if name not in other.columns]
    if lost or not scores.index.isin(other.index).all():
        raise InvalidInput(
            _("The two tables do not fit: {what} is missing in one; give both for the same candidates and items."),
            what=lost[0] if lost else "a candidate",
        )
    return other.reindex(index=scores.index, columns=scores.columns).to_numpy(dtype=object)


def _by_state(values: Floats, reasons: Objects) -> Floats:
    met = np.where((reasons == "omitted") & np.isnan(values), 0.0, values)
    return np.where(np.isin(reasons.astype(str), NOT_MET), np.nan, met)


def totals(values: Floats) -> Floats:
    """Mean score of each candidate over the items met; NaN for who met none."""
    there = ~np.isnan(values)
    return ratio(np.where(there, values, 0).sum(axis=1), there.sum(axis=1))


def rest_scores(values: Floats) -> Floats:
    """Candidates × items: the mean score over the other items met."""
    there = ~np.isnan(values)
    filled = np.where(there, values, 0)
    return ratio(filled.sum(axis=1, keepdims=True) - filled, there.sum(axis=1, keepdims=True) - there)


def correlation(x: Floats, y: Floats) -> float:
    """Pearson's correlation over the pairs that are there; NaN where one does not vary.

    >>> round(correlation(np.array([0.0, 1, 1]), np.array([1.0, 2, 2])), 6)
    1.0
    """
    both = ~np.isnan(x) & ~np.isnan(y)
    if both.sum() < 2:
        return float("nan")
    a, b = x[both] - x[both].mean(), y[both] - y[both].mean()
    spread = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip(a @ b / spread, -1, 1)) if spread > 1e-12 * both.sum() else float("nan")


def thirds(total: Floats) -> Ints:
    """Number the score third of each candidate: 0 low, 1 middle, 2 high; equal scores stay together.

    The borders are the quantiles 1/3 and 2/3 of the totals, each belonging to the third above it; −1 for who has no
    total.
    """
    known = ~np.isnan(total)
    if not known.any():
        return np.full(len(total), -1)
    borders = np.quantile(total[known], [1 / 3, 2 / 3])
    return np.where(known, np.searchsorted(borders, total + _ROUNDING, side="right"), -1)


def share_in(hit: Bools, there: Bools, rows: Bools) -> float:
    """Share of `hit` among those there in the rows chosen; NaN if nobody is."""
    count = int((there & rows).sum())
    return float((hit & there & rows).sum() / count) if count else float("nan")
