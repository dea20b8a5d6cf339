"""Ordered answers in words as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def ordered_codes(data: pd.DataFrame, items: Sequence[str]) -> pd.DataFrame:
    """Number the categories of ordered items that are text, in their order."""
    worded = [
        item
        for item in items
        if item in data.columns
        and isinstance(data[item].dtype, pd.CategoricalDtype)
        and data[item].cat.ordered
        and not pd.api.types.is_numeric_dtype(data[item].cat.categories.dtype)
    ]
    codes = {item: data[item].cat.codes.astype(float).where(data[item].notna()) for item in worded}
    return data.assign(**codes)
