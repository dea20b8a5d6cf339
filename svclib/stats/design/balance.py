"""How the respondents compare with the population, before and after weighting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import check_columns, numbers
from svclib.stats.design.descriptive import categories
from svclib.stats.design.margins import Margin
from svclib.stats.marks import _

COLUMNS = ("column", "category", "population", "before", "after")


def margin_balance(margins: Sequence[Margin], size: float | None, before: Floats, after: Floats) -> pd.DataFrame:
    """Compare the shares of categories (and the means of numbers) with known margins: see `Design.balance`."""
    rows = []
    for margin in margins:
        labels = [str(label) for label in margin.labels] or [""]
        whole = float(margin.population.sum()) if not margin.numeric else size or float(after.sum())
        shares = [margin.population / whole, *(margin.sums(weights) / weights.sum() for weights in (before, after))]
        rows += [(margin.column, label, *numbers) for label, *numbers in zip(labels, *shares, strict=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sample_balance(
    data: pd.DataFrame, reference: pd.DataFrame, columns: Sequence[str], weights: Sequence[Floats]
) -> pd.DataFrame:
    """Compare the shares of categories, and the means of numbers, with a reference sample.

    Parameters
    ----------
    weights : three of (rows,) float
        Of the reference; of the data before and after.
    """
    rows = []
    for column in columns:
        if is_numeric(reference[column]):
            values = [numbers(frame, column) for frame in (reference, data, data)]
            rows.append((column, "", *[np.average(one, weights=w) for one, w in zip(values, weights, strict=True)]))
            continue
        for category in categories(reference[column]):
            hits: list[Bools] = [(frame[column] == category).to_numpy(dtype=bool) for frame in (reference, data, data)]
            shares = [float(w[hit].sum() / w.sum()) for hit, w in zip(hits, weights, strict=True)]
            rows.append((column, str(category), *shares))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def is_numeric(series: pd.Series) -> bool:
    """Whether a column enters a model as a number."""
    return bool(pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype))


def check_alike(data: pd.DataFrame, reference: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise `InvalidInput` if a column is absent, empty somewhere, or has a category only in one of the two."""
    for frame in (data, reference):
        check_columns(frame, columns)
        for column in columns:
            check_filled(column, frame[column].isna().to_numpy(dtype=bool))
    for column in columns:
        _check_categories(data[column], reference[column], column)


def check_filled(column: str, missing: Bools) -> None:
    """Raise `InvalidInput` if a column is empty somewhere."""
    if missing.any():
        raise InvalidInput(
            _('"{column}" is empty in {count} of {rows} rows; fill it, or make "unknown" a category.'),
            column=column,
            count=int(missing.sum()),
            rows=len(missing),
        )


def _check_categories(own: pd.Series, theirs: pd.Series, column: str) -> None:
    if is_numeric(own) != is_numeric(theirs):
        raise InvalidInput(
            _('"{column}" holds numbers in one of the two frames and categories in the other; make them alike.'),
            column=column,
        )
    if is_numeric(own):
        return
    here, there = set(own.unique()), set(theirs.unique())
    for names, text in (
        (there - here, _('Nobody who answered is "{category}" in "{column}", but the reference has them; merge it.')),
        (here - there, _('Nobody in the reference is "{category}" in "{column}"; merge it with another category.')),
    ):
        if names:
            raise InvalidInput(text, category=str(min(names, key=str)), column=column)
