"""Changes of one column in all rows, as matrices of a regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import names_of
from svclib.stats.marks import _
from svclib.stats.terms import read_terms

_STENCIL = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
"""Steps and factors of a derivative that is exact for products of a column up to the fourth power."""


@dataclass(frozen=True)
class Change:
    """A change of one column in all rows.

    Attributes
    ----------
    reference : str
        The category that `term` is compared with; empty for a number, whose effect is that of one unit more.
    after, before : (n, terms) float
        The matrix with the category, and with the reference.
    slope : (n, terms) float, optional
        Derivative of the matrix by the number; then there is no `after` and `before`.
    """

    term: str
    column: str
    reference: str = ""
    after: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    before: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    slope: Floats | None = None


@dataclass(frozen=True)
class Recipe:
    """How a frame becomes the matrix of a fit: the columns named, their categories, with an intercept or without."""

    columns: tuple[str, ...]
    levels: Mapping[str, Sequence[Any]]
    intercept: bool = True

    def matrix(self, frame: pd.DataFrame) -> Floats:
        """Read a frame as the fit has read its own."""
        return read_terms(frame, self.columns, levels=self.levels, intercept=self.intercept).matrix


def explaining(frame: pd.DataFrame, recipe: Recipe, wanted: str | Sequence[str] | None) -> list[str]:
    """Give the columns of `frame` that explain, alone or in products, or those of them that are `wanted`.

    Raises
    ------
    InvalidInput
        Naming a column that does not.
    """
    mains: list[str] = []
    for column in recipe.columns:
        parts = [column] if column in frame else column.split(":")
        mains += [part for part in parts if part not in mains]
    chosen = mains if wanted is None else names_of(wanted)
    for name in chosen:
        if name not in mains:
            raise InvalidInput(
                _('The fit has no term "{term}"; it has {known}.'), term=str(name), known=", ".join(mains)
            )
    return chosen


def changes(frame: pd.DataFrame, recipe: Recipe, column: str) -> list[Change]:
    """Give the changes of one column: to each category from the reference, from False to True, by one unit."""
    if column in recipe.levels:
        reference, *others = recipe.levels[column]
        before = recipe.matrix(frame.assign(**{column: reference}))
        return [
            Change(f"{column}[{one}]", column, str(reference), recipe.matrix(frame.assign(**{column: one})), before)
            for one in others
        ]
    if pd.api.types.is_bool_dtype(frame[column].dtype):
        ends = [recipe.matrix(frame.assign(**{column: end})) for end in (True, False)]
        return [Change(column, column, "False", *ends)]
    given = frame[column].astype(float)
    step = float(np.nan_to_num(given.std())) or 1.0
    slope = sum(factor / step * recipe.matrix(frame.assign(**{column: given + n * step})) for n, factor in _STENCIL)
    return [Change(column, column, slope=np.asarray(slope))]
