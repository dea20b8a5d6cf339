"""Responses of candidates to items as small whole numbers: which cells count, and how many categories an item has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import matrix
from svclib.stats.items.scores import NOT_MET, aligned
from svclib.stats.marks import _

Codes = NDArray[np.int8]

MISSING = -1
"""Code of a cell that tells nothing: not reached, not presented, empty without a state."""
_STEPS = 12
_MOST = 100


@dataclass(frozen=True, eq=False)
class Responses:
    """Candidates × items.

    Attributes
    ----------
    names : tuple of str
        J items.
    codes : array of int8, shape (N, J)
        Scores 0, 1, …; `MISSING` where the cell tells nothing.
    highest : array of int, shape (J,)
        Highest score each item can have.
    index : Index
        The candidates.
    """

    names: tuple[str, ...]
    codes: Codes
    highest: Ints
    index: pd.Index

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which cells hold a response."""
        return self.codes != MISSING

    def take(self, names: Sequence[str]) -> Responses:
        """Give the items called `names`, in that order."""
        at = [self.names.index(str(name)) for name in names]
        return Responses(tuple(names), self.codes[:, at], self.highest[at], self.index)


def read_responses(
    responses: pd.DataFrame, states: pd.DataFrame | None = None, *, highest: Ints | None = None
) -> Responses:
    """Read candidates × items: whole scores 0, 1, 2 …, or shares of an item's maximum in equal steps (0, 0.5, 1).

    With `states`, an omitted item counts 0 and an item not reached or not presented is missing. `highest` names the
    highest score of each item where nobody need have reached it.

    Raises
    ------
    InvalidInput
        If a score is negative, no whole number and no step, or above `highest`; if a candidate is there twice; if the
        states do not fit.

    Examples
    --------
    >>> read_responses(pd.DataFrame({"q1": [0, 1], "q2": [0.5, 1.0]})).codes.tolist()
    [[0, 1], [1, 2]]
    """
    codes = _ready(responses) if states is None else None
    if codes is None:
        names, values = matrix(responses)
    else:
        names = [str(name) for name in responses.columns]
    if responses.index.has_duplicates:
        twice = responses.index[responses.index.duplicated()][0]
        raise InvalidInput(_('The candidate "{candidate}" is there twice; keep one row each.'), candidate=twice)
    if states is not None:
        reasons = aligned(states, responses)
        values = np.where((reasons == "omitted") & np.isnan(values), 0.0, values)
        values = np.where(np.isin(reasons.astype(str), NOT_MET), np.nan, values)
    if codes is None:
        whole = np.column_stack([_whole(values[:, at], name) for at, name in enumerate(names)])
        codes = np.where(np.isnan(whole), MISSING, whole).astype(np.int8, order="F")
    seen = np.maximum(codes.max(axis=0, initial=0).astype(int), 1)
    _check_highest(names, seen, highest)
    return Responses(tuple(names), codes, seen if highest is None else np.asarray(highest, int), responses.index)


def _ready(responses: Any) -> Codes | None:
    """Read whole scores all at once, each item's together; None where the columns want a closer look."""
    if not isinstance(responses, pd.DataFrame) or responses.empty or not responses.columns.is_unique:
        return None
    if not all(isinstance(kind, np.dtype) and kind.kind in "iuf" for kind in responses.dtypes):
        return None
    if len({str(name) for name in responses.columns}) < responses.shape[1]:
        return None
    turned = responses.to_numpy().T
    out = np.empty(turned.shape, dtype=np.int8)
    for row, codes in zip(turned, out, strict=True):
        low, high = row.min(), row.max()
        if np.isnan(low):
            there = ~np.isnan(row)
            row = np.where(there, row, MISSING)
            low, high = row.min(where=there, initial=0), row.max()
        if low < 0 or high > _MOST:
            return None
        codes[:] = row
        if row.dtype.kind == "f" and not np.array_equal(codes, row):
            return None
    return out.T


def _whole(values: Floats, name: str) -> Floats:
    known = np.unique(values[~np.isnan(values)])
    if not len(known) or (known == np.round(known)).all():
        _check_whole(known, name)
        return values
    steps = next((k for k in range(2, _STEPS + 1) if np.abs(known * k - np.round(known * k)).max() < 1e-6), 0)
    if not steps or known.min() < 0 or known.max() > 1:
        raise InvalidInput(
            _(
                'The item "{item}" has a score of {value}; give whole scores (0, 1, 2 …) or shares in equal steps '
                "(0, 0.5, 1)."
            ),
            item=name,
            value=f"{known[known != np.round(known)][0]:g}",
        )
    return np.round(values * steps)


def _check_whole(known: Floats, name: str) -> None:
    if len(known) and (known.min() < 0 or known.max() > _MOST):
        raise InvalidInput(
            _('The item "{item}" has a score of {value}; scores run from 0 to at most {most}.'),
            item=name,
            value=f"{known.min() if known.min() < 0 else known.max():g}",
            most=_MOST,
        )


def _check_highest(names: Sequence[str], seen: Ints, highest: Any) -> None:
    if highest is None:
        return
    over = np.flatnonzero(seen > np.asarray(highest))
    if len(over):
        raise InvalidInput(
            _('The item "{item}" has a score above its highest, {highest}; check the scores or the categories.'),
            item=names[over[0]],
            highest=int(np.asarray(highest)[over[0]]),
        )
