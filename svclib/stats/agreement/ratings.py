"""Ratings as the formulas need them: subjects × raters, as category codes or as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import check_columns, check_frame, names_of
from svclib.stats.marks import _

FEW_APART = 12
"""So many subjects outside the commonest category tell how far chance reaches."""


class AgreementNote(StrEnum):
    """Why an agreement is missing or has no interval."""

    TWO_NEEDED = _("needs at least two subjects that at least two raters rated")
    ALL_ALIKE = _("all ratings are equal: agreement beyond chance cannot be told")
    ENTIRE = _("the raters agree entirely: no interval can be told")
    NO_INTERVAL = _("too little variation between the subjects: no interval can be told")
    FEW = _("few subjects: the interval may be too narrow")
    RARE = _("nearly all ratings fall into one category: the interval may be too narrow")
    LEFT_OUT = _("more than a tenth of the subjects left out: not every rater rated them")


@dataclass(frozen=True)
class Ratings:
    """Ratings in categories.

    Attributes
    ----------
    codes : (subjects, raters) int
        Position in `categories`; -1 where there is no rating.
    categories : list
        In order, if `ordered`; every category that may be chosen or, unless they were given, that was.
    ordered : bool
        Whether the order of the categories means anything.
    """

    codes: Ints
    categories: list[Any]
    ordered: bool

    def counts(self) -> Floats:
        """How many raters put each subject into each category: subjects × categories."""
        rated = self.codes >= 0
        cell = np.where(rated, self.codes, 0) + np.arange(len(self.codes))[:, None] * len(self.categories)
        flat = np.bincount(cell[rated], minlength=len(self.codes) * len(self.categories))
        return flat.reshape(len(self.codes), len(self.categories)).astype(float)


def rater_columns(data: pd.DataFrame, raters: Sequence[str] | None, by: str | Sequence[str] | None) -> list[str]:
    """Give the raters' columns: those named, or all but the `by` columns."""
    check_frame(data)
    keys = names_of(by)
    check_columns(data, keys)
    names = [column for column in data.columns if column not in keys] if raters is None else names_of(raters)
    if not names:
        raise InvalidInput(_("There are no raters: give a frame with one column a rater and one row a subject."))
    check_columns(data, names)
    return names


def read_ratings(data: pd.DataFrame, raters: Sequence[str], categories: Sequence[Any] | None = None) -> Ratings:
    """Read the raters' columns as categories.

    Without `categories` these are the values that occur: in their own order if they are numbers or the columns share
    one ordered categorical type, else by name and without an order.

    Raises
    ------
    InvalidInput
        If a column holds a value that is not in `categories`, neither number nor text, or numbers and text are mixed.
    """
    for name in raters:
        _check_kind(data[name], name)
    given = list(categories) if categories is not None else _shared_categories(data, raters)
    if given is not None:
        _check_distinct(given)
        return Ratings(_codes(data, raters, given), given, True)
    found = pd.unique(pd.concat([data[name].astype(object) for name in raters], ignore_index=True).dropna())
    numeric = all(isinstance(value, Real) for value in found)
    if not numeric:
        _check_texts(data, raters)
    ordered = sorted(found)
    return Ratings(_codes(data, raters, ordered), ordered, numeric)


def _shared_categories(data: pd.DataFrame, raters: Sequence[str]) -> list[Any] | None:
    types = [data[name].dtype for name in raters]
    first = types[0]
    if not isinstance(first, pd.CategoricalDtype) or not first.ordered:
        return None
    return list(first.categories) if all(kind == first for kind in types) else None


def _check_distinct(categories: list[Any]) -> None:
    if not categories or len(set(categories)) < len(categories):
        raise InvalidInput(_("categories is empty or names a category twice; name each category once, in order."))


def _check_kind(series: pd.Series, column: str) -> None:
    if pd.api.types.is_numeric_dtype(series.dtype) or isinstance(series.dtype, pd.StringDtype):
        return
    categorical = isinstance(series.dtype, pd.CategoricalDtype)
    bad = [value for value in (series.cat.categories if categorical else series.dropna()) if not _plain(value)]
    if bad:
        raise InvalidInput(
            _('The column "{column}" holds {value}, which is neither a number nor a text; choose another column.'),
            column=column,
            value=repr(bad[0])[:60],
        )


def _plain(value: Any) -> bool:
    return isinstance(value, (Real, str, np.bool_))


def _check_texts(data: pd.DataFrame, raters: Sequence[str]) -> None:
    for name in raters:
        other = [value for value in data[name].dropna() if not isinstance(value, str)]
        if other:
            raise InvalidInput(
                _(
                    'The column "{column}" holds {value} where other ratings are text; give all ratings as text or all '
                    "as numbers."
                ),
                column=name,
                value=repr(other[0])[:60],
            )


def _codes(data: pd.DataFrame, raters: Sequence[str], categories: list[Any]) -> Ints:
    index = pd.Index(categories, dtype=object)
    columns = []
    for name in raters:
        series = data[name].astype(object)
        codes = index.get_indexer(pd.Index(series, dtype=object))
        there = series.notna().to_numpy()
        unknown = series[there & (codes < 0)]
        if len(unknown):
            raise InvalidInput(
                _('The column "{column}" holds {value}, which is not among the categories; add it or mend the column.'),
                column=name,
                value=repr(unknown.iloc[0])[:60],
            )
        columns.append(np.where(there, codes, -1))
    return np.column_stack(columns).astype(np.int64)


def one_sided(counts: Floats) -> bool:
    """Whether fewer than `FEW_APART` subjects (rows of `counts`) have a rating outside the commonest category."""
    common = int(counts.sum(axis=0).argmax())
    return bool((counts.sum(axis=1) > counts[:, common]).sum() < FEW_APART)
