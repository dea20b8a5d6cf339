"""Two questions crossed: shares by column, which columns differ, and whether the two hang together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.columns import check_columns, check_frame
from svclib.stats.compare.adjustment import Adjustment, adjusted, check_adjustment
from svclib.stats.compare.association import association_rows, standardised_residuals
from svclib.stats.compare.design_cells import design_cells
from svclib.stats.compare.groups import MAX_GROUPS, CompareNote, comparisons, group_codes
from svclib.stats.design.survey import Design, design_of
from svclib.stats.estimate import MIN_DISTRIBUTION, Note, cell_notes, check_level, estimates
from svclib.stats.intervals import wilson
from svclib.stats.marks import _
from svclib.stats.samples import Sample, with_values

MIN_EXPECTED = 5
"""A z test of two shares needs so many expected answers for and against in both columns (Cochran 1954)."""


@dataclass(frozen=True)
class Crosstab:
    """A crossed table.

    Attributes
    ----------
    cells : DataFrame
        A row a cell, in the shape of an estimate behind ``column``: ``term`` is the value of the row question,
        ``estimate`` its share in the column, ``n`` the answers in the column; then ``count`` (answers in the cell),
        ``weighted`` (their weights), ``expected`` (of that, without association), ``residual`` (standardised),
        ``letter`` (of the column) and ``above`` (letters of the columns whose share is lower beyond chance).
    tests : DataFrame
        The association (see `svclib.stats.compare.groups`): ``cramers_v`` and, of two by two, ``odds_ratio``.
    """

    cells: pd.DataFrame
    tests: pd.DataFrame


def crosstab(
    data: pd.DataFrame | Design,
    row: str,
    column: str,
    weights: str | None = None,
    *,
    adjust: Adjustment = "holm",
    level: float = 0.95,
) -> Crosstab:
    """Cross `row` with `column`: column shares, differences between columns, association.

    The shares have Wilson intervals (with weights: of Kish's effective n). Columns are compared row by row with z
    tests of the pooled share, adjusted within the row. The association is tested with Pearson's chi-square (two by
    two also with Yates' correction and Fisher's exact test) and measured by Cramér's V with the noncentral chi-square
    interval; with weights by the F test of Rao and Scott (1984, second order), whose noncentral F gives the interval.
    With a design all of it has the design's errors: effective n, t tests of the columns, the test of `Design.chisq`.

    Parameters
    ----------
    data : DataFrame or Design
        One row a respondent; those without an answer to either question are left out.
    row, column : str
    weights : str, optional
        Of a frame.
    adjust : {"holm", "bh", "bonferroni", "none"}
    level : float
        Of the intervals; letters are given at 1 − `level`.

    Raises
    ------
    InvalidInput
        Naming the column that is absent, has more than 100 values, or has impossible weights.

    Examples
    --------
    >>> visits = pd.DataFrame({"channel": ["app"] * 40 + ["web"] * 40, "happy": ([1] * 30 + [0] * 10) + [1, 0] * 20})
    >>> crosstab(visits, "happy", "channel").cells[["term", "column", "estimate", "above"]].values.tolist()[2:]
    [[1, 'app', 0.75, 'B'], [1, 'web', 0.5, '']]
    """
    check_level(level)
    check_adjustment(adjust)
    if isinstance(data, Design):
        return _of_design(design_of(data, weights), row, column, adjust, level)
    answers, values = _read(data, row, column, weights)
    counts, weighted = _table(answers, len(values), False), _table(answers, len(values), True)
    tests = comparisons(association_rows(answers, counts, weighted, level), level)
    return Crosstab(_cells(answers, values, counts, weighted, adjust, level), tests)


def _of_design(design: Design, row: str, column: str, adjust: Adjustment, level: float) -> Crosstab:
    cells, p_values = design_cells(design, row, column, level)
    width = cells["column"].nunique(dropna=False)
    shares = cells["estimate"].to_numpy().reshape(-1, width)
    above, compared = _differences(shares, p_values, adjust, 1 - level)
    silent = (cells["note"] == Note.NONE) & ~compared.ravel()
    cells = cells.assign(
        note=cells["note"].where(~silent, CompareNote.NOT_COMPARED.value),
        letter=[letter(place) for place in range(width)] * len(shares),
        above=above.ravel(),
    )
    return Crosstab(cells, design.chisq(row, column, level=level))


def _read(data: pd.DataFrame, row: str, column: str, weights: str | None) -> tuple[Sample, list[Any]]:
    """Read the codes of `row` in the groups of `column`, and the values of `row`."""
    check_columns(check_frame(data), [row, column])
    if row == column:
        raise InvalidInput(_('The column "{column}" cannot be crossed with itself; choose another.'), column=row)
    there = data[data[row].notna() & data[column].notna()]
    codes, keys = group_codes(there, row)
    for name, found in ((row, keys), (column, group_codes(there, column)[1])):
        if len(found) > MAX_GROUPS:
            raise InvalidInput(
                _('The column "{column}" has {count} values, too many for a table; join them to at most {most}.'),
                column=name,
                count=len(found),
                most=MAX_GROUPS,
            )
    return with_values(there, codes.astype(float), column, weights), keys[row].tolist()


def _table(answers: Sample, rows: int, weighted: bool) -> Floats:
    """Sum the answers, or their weights, to rows × columns."""
    width = len(answers.keys)
    cell: Ints = answers.values.astype(np.int64) * width + answers.group
    sums = np.bincount(cell, answers.weights if weighted else None, rows * width)
    return sums.reshape(rows, width).astype(float)


def _cells(
    answers: Sample, values: list[Any], counts: Floats, weighted: Floats, adjust: Adjustment, level: float
) -> pd.DataFrame:
    height, width = counts.shape
    n, effective = answers.n, answers.effective_n
    shares = ratio(weighted, weighted.sum(axis=0))
    low, high = wilson(shares, np.broadcast_to(effective, shares.shape), level)
    above, compared = _differences(shares, _pooled(shares, effective), adjust, 1 - level)
    notes = np.array([cell_notes(n, MIN_DISTRIBUTION)] * height, dtype=object).reshape(height, width)
    notes[(notes == Note.NONE) & ~compared] = CompareNote.NOT_COMPARED
    columns = answers.keys.iloc[:, 0].tolist()
    out = estimates(
        pd.DataFrame({"column": columns * height}),
        term=pd.Series(np.repeat(np.array([*values, None], dtype=object)[:-1], width)).infer_objects(),
        estimate=shares.ravel(),
        std_error=np.sqrt(ratio(shares * (1 - shares), effective)).ravel(),
        low=low.ravel(),
        high=high.ravel(),
        n=np.tile(n, height),
        level=level,
        method="Wilson, effective n" if answers.weighted else "Wilson",
        note=notes.ravel(),
    )
    expected = ratio(np.outer(weighted.sum(axis=1), weighted.sum(axis=0)), weighted.sum())
    scale = ratio(_effective_total(answers), weighted.sum())
    return out.assign(
        count=counts.ravel().astype(np.int64),
        weighted=weighted.ravel(),
        expected=expected.ravel(),
        residual=standardised_residuals(weighted * scale).ravel(),
        letter=[letter(place) for place in range(width)] * height,
        above=above.ravel(),
    )


def _effective_total(answers: Sample) -> float:
    alone = replace(answers, group=np.zeros_like(answers.group), keys=pd.DataFrame(index=range(1)))
    return float(alone.effective_n[0])


def _pooled(shares: Floats, n: Floats) -> Floats:
    """P value of each pair of columns by row: (rows, pairs)."""
    first, second = np.triu_indices(shares.shape[1], 1)
    pairs = [pooled_z(share[first], share[second], n[first], n[second]) for share in shares]
    return np.array(pairs).reshape(len(shares), len(first))


def _differences(shares: Floats, p_values: Floats, adjust: Adjustment, alpha: float) -> tuple[Any, Bools]:
    """Letters of the columns that each cell is above, and whether it was compared with any."""
    above = np.full(shares.shape, "", dtype=object)
    compared = np.full(shares.shape, shares.shape[1] < 2)
    first, second = np.triu_indices(shares.shape[1], 1)
    for row, share in enumerate(shares):
        p_value = adjusted(p_values[row], adjust)
        compared[row, np.concatenate([part[~np.isnan(p_value)] for part in (first, second)])] = True
        for pair in np.flatnonzero(p_value <= alpha):
            one, other = first[pair], second[pair]
            higher, lower = (one, other) if share[one] > share[other] else (other, one)
            above[row, higher] += letter(lower)
    return above, compared


def pooled_z(first: Floats, second: Floats, n_first: Floats, n_second: Floats) -> Floats:
    """P values of z tests of two independent shares, with the pooled share; NaN where too few are expected."""
    pooled = ratio(first * n_first + second * n_second, n_first + n_second)
    fewest = np.minimum(n_first, n_second) * np.minimum(pooled, 1 - pooled)
    error = np.sqrt(pooled * (1 - pooled) * ratio(n_first + n_second, n_first * n_second))
    z = ratio(first - second, error)
    return np.where(fewest >= MIN_EXPECTED, 2 * ndtr(-np.abs(z)), np.nan)


def letter(place: int) -> str:
    """Give the letter of a column.

    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    rest, last = divmod(place, 26)
    return (letter(rest - 1) if rest else "") + chr(ord("A") + last)
