"""The cells of a table crossed from a design: column shares, and which columns differ, with the design's errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import stdtr

from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.compare.association import expected_counts
from svclib.stats.compare.groups import group_codes
from svclib.stats.design.chisquare import Table, deviations, read_table
from svclib.stats.design.linear import Domains, mean_column
from svclib.stats.design.shares import kish, share_estimates
from svclib.stats.estimate import MIN_DISTRIBUTION

if TYPE_CHECKING:
    from svclib.stats.design.survey import Design

MIN_EXPECTED = 5
"""Two shares are compared from so many expected (effective) answers for and against in both columns on."""


def design_cells(design: Design, row: str, column: str, level: float) -> tuple[pd.DataFrame, Floats]:
    """Give the cells, rows × columns, and the p value of each pair of columns in each row.

    The shares have Wilson intervals with the effective n of their own error. Two columns differ by t of their
    difference, with the covariance that columns of the same clusters have.
    """
    table = read_table(design, row, column, design.domains(None))
    values, columns = (_labels(design, name, table) for name in (row, column))
    parts = _by_column(design, column, table, columns)
    given = [np.where(table.valid, table.row == one, np.nan) for one in range(table.height)]
    found = share_estimates([mean_column("", one, parts) for one in given], parts, level=level, method="wilson",
                            min_n=MIN_DISTRIBUTION)  # fmt: skip
    order = np.arange(table.width * table.height).reshape(table.width, table.height).T.ravel()
    frame = found.frame.iloc[order].reset_index(drop=True).drop(columns=[column, "deff"])
    frame["term"] = pd.Series(np.repeat(np.array([*values, None], dtype=object)[:-1], table.width)).infer_objects()
    frame.insert(0, "column", columns * table.height)
    weights = design.sampling.weights * table.valid
    weighted = _sums(table, weights)
    count = _sums(table, table.valid.astype(float))
    frame = frame.assign(
        count=count.ravel().astype(np.int64),
        weighted=weighted.ravel(),
        expected=expected_counts(weighted).ravel(),
        residual=_residuals(table, weighted).ravel(),
    )
    return frame, _p_values(found.frame["estimate"].to_numpy(dtype=float), found.vcov, table, parts)


def _labels(design: Design, name: str, table: Table) -> list[Any]:
    code, keys = group_codes(design.frame, name)
    return [keys[name].iloc[one] for one in np.unique(code[table.valid])]


def _by_column(design: Design, column: str, table: Table, columns: list[Any]) -> Domains:
    keys = pd.DataFrame({column: pd.Series(columns, dtype=object)})
    return Domains(design.sampling, table.column, keys, design.domains(None).opt_in)


def _sums(table: Table, values: Floats) -> Floats:
    cell = table.row * table.width + table.column
    return np.bincount(cell, values, table.height * table.width).reshape(table.height, table.width).astype(float)


def _residuals(table: Table, weighted: Floats) -> Floats:
    """What the cells are above or below what their margins make, in its standard errors."""
    shares = ratio(weighted, weighted.sum())[None].reshape(1, -1)
    apart, vcov = deviations(table, shares)
    return ratio(apart[0], np.sqrt(np.maximum(np.diag(vcov), 0))).reshape(weighted.shape)


def _p_values(shares: Floats, vcov: Floats, table: Table, parts: Domains) -> Floats:
    """P value of each pair of columns by row: (rows, pairs)."""
    first, second = (part.astype(np.int64) for part in np.triu_indices(table.width, 1))
    df = float(table.parts.degrees(table.valid)[0])
    effective = kish(table.valid, parts)
    out = np.full((table.height, len(first)), np.nan)
    for one in range(table.height):
        a, b = first * table.height + one, second * table.height + one
        spread = vcov[a, a] + vcov[b, b] - 2 * vcov[a, b]
        told = (spread > 0) & _enough(shares[a], shares[b], effective, first, second) & (df >= 1)
        t = ratio(shares[a] - shares[b], np.sqrt(np.maximum(spread, 0)))
        out[one, told] = 2 * stdtr(df, -np.abs(t[told]))
    return out


def _enough(one: Floats, other: Floats, n: Floats, first: Ints, second: Ints) -> Any:
    pooled = ratio(one * n[first] + other * n[second], n[first] + n[second])
    return np.minimum(n[first], n[second]) * np.minimum(pooled, 1 - pooled) >= MIN_EXPECTED
