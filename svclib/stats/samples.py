"""A column as the formulas need it: values, weights and groups, missing answers left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.marks import _


@dataclass(frozen=True)
class Sample:
    """Answers to one question, in groups.

    Attributes
    ----------
    values, weights : (answers,) float
    group : (answers,) int
        Row of `keys` that an answer belongs to.
    keys : DataFrame
        One row a group, the `by` columns; no column and one row without `by`.
    """

    values: Floats
    weights: Floats
    group: Ints
    keys: pd.DataFrame
    weighted: bool

    @property
    def n(self) -> Floats:
        """Answers a group."""
        return self._sum(np.ones(len(self.values)))

    @property
    def effective_n(self) -> Floats:
        """Kish's effective number of answers, (Σw)² / Σw²; without weights the number itself."""
        squares = self._sum(self.weights**2)
        return np.asarray(np.nan_to_num(ratio(self.total(np.ones_like(self.values)) ** 2, squares)))

    def total(self, values: Floats) -> Floats:
        """Weighted sum of `values` a group."""
        return self._sum(self.weights * values)

    def _sum(self, values: Floats) -> Floats:
        return np.bincount(self.group, values, len(self.keys)).astype(np.float64)

    def mean(self, values: Floats) -> Floats:
        """Weighted mean of `values` a group; NaN where there is no answer."""
        return ratio(self.total(values), self.total(np.ones_like(values)))

    @property
    def alike(self) -> Bools:
        """Groups of two answers or more that are all equal (told from the answers, not from a rounded error)."""
        first = np.zeros(len(self.keys))
        first[self.group[::-1]] = self.values[::-1]
        return (self.n > 1) & (self._sum((self.values != first[self.group]).astype(float)) == 0)

    def linearised_error(self, values: Floats) -> Floats:
        """Standard error of the weighted mean by Taylor linearisation (weights alone, no clusters)."""
        residual = self.weights * (values - self.mean(values)[self.group])
        squares = self._sum(residual**2)
        total = self.total(np.ones_like(values))
        return np.sqrt(ratio(squares * self.n, (self.n - 1) * total**2))


def sample(
    data: pd.DataFrame, column: str, by: str | Sequence[str] | None = None, weights: str | None = None
) -> Sample:
    """Read `column` of `data` in the groups of `by`, weighted by the column `weights`.

    Rows without an answer or of weight 0 are left out; a group without answers stays as a group of 0.

    Raises
    ------
    InvalidInput
        Naming the column that is absent, is text, or has impossible weights.
    """
    return with_values(check_frame(data), numbers(data, column), by, weights)


def with_values(
    data: pd.DataFrame, values: Floats, by: str | Sequence[str] | None = None, weights: str | None = None
) -> Sample:
    """Make a `Sample` of values already computed, one for each row of `data`."""
    group, keys = groups(data, names_of(by))
    weight = row_weights(data, weights)
    kept = ~np.isnan(values) & (weight > 0)
    return Sample(values[kept], weight[kept], group[kept], keys, weights is not None)


def groups(data: pd.DataFrame, by: list[str]) -> tuple[Ints, pd.DataFrame]:
    """Number the groups of `by`: a code for each row, and the keys, sorted.

    A single categorical column keeps its empty categories; rows without a key form a group of their own.
    """
    if not by:
        return np.zeros(len(data), dtype=np.int64), pd.DataFrame(index=range(1))
    check_columns(data, by)
    grouped = data.groupby(by if len(by) > 1 else by[0], observed=len(by) > 1, dropna=False, sort=True)
    keys = grouped.size().reset_index()[by]
    if len(by) == 1 and isinstance(data[by[0]].dtype, pd.CategoricalDtype):
        return _categorical_codes(data[by[0]], keys), keys
    return np.asarray(grouped.ngroup(), dtype=np.int64), keys


def _categorical_codes(series: pd.Series, keys: pd.DataFrame) -> Ints:
    codes = series.cat.codes.to_numpy(dtype=np.int64)
    return np.where(codes < 0, len(keys) - 1, codes)


def row_weights(data: pd.DataFrame, column: str | None) -> Floats:
    """Read weights of 0 or more; 1 without a column."""
    if column is None:
        return np.ones(len(data))
    weight = numbers(data, column)
    bad = np.isnan(weight) | (weight < 0)
    if bad.any():
        raise InvalidInput(
            _('The weights in "{column}" are missing or negative in {count} rows; give each row one of 0 or more.'),
            column=column,
            count=int(bad.sum()),
        )
    return weight
