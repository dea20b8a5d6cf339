"""Whether two questions hang together, by a design: Rao–Scott and Wald tests, Cramér's V."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.compare.association import pearson, rao_scott_row
from svclib.stats.compare.groups import CompareNote, Row, comparisons, group_codes
from svclib.stats.compare.rao_scott import (
    Tested,
    first_order,
    generalised_effects,
    saddlepoint,
    second_order,
    wald,
)
from svclib.stats.design.linear import Domains, mean_column, method_name
from svclib.stats.design.results import NO_DEGREES, opt_in_note
from svclib.stats.estimate import check_level
from svclib.stats.marks import _

if TYPE_CHECKING:
    from svclib.stats.design.survey import Design, Names

SMALL_EXPECTED = _("small expected counts: join values before relying on the test")
MOST_CELLS = 400
"""A table of more cells nobody reads, and its covariance is large."""
METHODS = {
    "F": "Rao–Scott F, linearised",
    "Chisq": "Rao–Scott chi-square, linearised",
    "saddlepoint": "Rao–Scott saddlepoint, linearised",
    "Wald": "Wald F, linearised",
    "adjWald": "adjusted Wald F, linearised",
}


_NO_SPREAD = 1e-12
"""A design effect below this is rounding: every cluster answered alike."""
WALD = ("Wald", "adjWald")


@dataclass(frozen=True)
class _Made:
    """Shares of the cells, and their deviations from independence: (domains, cells), with covariances."""

    shares: Floats
    vcov: Floats
    deviations: Floats
    spread: Floats

    def part(self, domain: int, cells: Ints, *, deviations: bool = False) -> tuple[Floats, Floats]:
        """Cut out some cells of one domain."""
        values, vcov = (self.deviations, self.spread) if deviations else (self.shares, self.vcov)
        own = domain * values.shape[1] + cells
        return values[domain, cells], vcov[np.ix_(own, own)]


@dataclass(frozen=True)
class Table:
    """Two questions crossed, in the domains of a design.

    Attributes
    ----------
    row, column : (rows,) int
        Code of the answer; what is not `valid` does not count.
    height, width : int
        Number of codes.
    """

    row: Ints
    column: Ints
    height: int
    width: int
    valid: Bools
    parts: Domains

    def counts(self, domain: int) -> Floats:
        """Answers by cell in one domain."""
        used = self.valid & (self.parts.group == domain)
        cell = self.row[used] * self.width + self.column[used]
        return np.bincount(cell, minlength=self.height * self.width).reshape(self.height, self.width).astype(float)


def chisq_rows(
    design: Design, rows: str, columns: str, *, statistic: str, by: Names | None, level: float
) -> pd.DataFrame:
    """Test and measure the association of two columns in every domain."""
    check_level(level)
    if statistic not in METHODS:
        raise InvalidInput(
            _('statistic is "{statistic}"; choose one of {known}.'),
            statistic=str(statistic),
            known=", ".join(METHODS),
        )
    table = read_table(design, rows, columns, design.domains(by))
    shares, vcov = _shares(table)
    made = _Made(shares, vcov, *(deviations(table, shares) if statistic in WALD else (shares, vcov)))
    found = [_row(table, domain, made, statistic, level) for domain in range(table.parts.groups)]
    frame = comparisons(found, level)
    keys = table.parts.keys.reset_index(drop=True)
    return pd.concat([keys, frame], axis=1) if len(keys.columns) else frame


def read_table(design: Design, rows: str, columns: str, parts: Domains) -> Table:
    """Read two columns as codes of the values that occur, among the rows that have both.

    Raises
    ------
    InvalidInput
        Naming a column that is absent, and if the table is too large.
    """
    if rows == columns:
        raise InvalidInput(_('The column "{column}" cannot be crossed with itself; choose another.'), column=rows)
    codes = [group_codes(design.frame, name) for name in (rows, columns)]
    there = [design.frame[name].notna().to_numpy() for name in (rows, columns)]
    valid = there[0] & there[1] & design.sampling.inside
    (row, height), (column, width) = (_used(code, valid) for code, _keys in codes)
    if height * width > MOST_CELLS:
        raise InvalidInput(
            _('"{rows}" by "{columns}" makes {count} cells, too many for a test; join values to at most {most}.'),
            rows=rows,
            columns=columns,
            count=height * width,
            most=MOST_CELLS,
        )
    return Table(row, column, height, width, valid, parts)


def _used(code: Ints, valid: Bools) -> tuple[Ints, int]:
    """Number anew the codes that occur."""
    found = np.unique(code[valid])
    return np.searchsorted(found, np.where(valid, code, found[0] if len(found) else 0)), len(found)


def _shares(table: Table) -> tuple[Floats, Floats]:
    """Shares of the cells, (domains, cells), and their covariance, domains first."""
    cell = table.row * table.width + table.column
    columns = [
        mean_column("", np.where(table.valid, cell == one, np.nan), table.parts)
        for one in range(table.height * table.width)
    ]
    if not columns:
        return np.zeros((table.parts.groups, 0)), np.zeros((0, 0))
    return np.stack([one.estimate for one in columns], axis=1), table.parts.covariance(columns)


def deviations(table: Table, shares: Floats) -> tuple[Floats, Floats]:
    """Weighted cells less what their margins make, (domains, cells), and their covariance, domains first.

    The residual of N_ij − N_i N_j / N is w (1_ij − 1_i p_j − 1_j p_i + p_i p_j).
    """
    parts, weights = table.parts, table.parts.sampling.weights * table.valid
    share = np.nan_to_num(shares).reshape(parts.groups, table.height, table.width)
    side, top = share.sum(axis=2), share.sum(axis=1)
    residuals = []
    for i in range(table.height):
        for j in range(table.width):
            in_row, in_column = table.row == i, table.column == j
            p_row, p_column = parts.spread_out(side[:, i]), parts.spread_out(top[:, j])
            residuals.append(
                weights * ((in_row & in_column) - in_row * p_column - in_column * p_row + p_row * p_column)
            )
    apart = (share - side[:, :, None] * top[:, None, :]).reshape(parts.groups, -1)
    return apart * parts.sum(weights)[:, None], parts.variance(residuals)


def _row(table: Table, domain: int, made: _Made, statistic: str, level: float) -> Row:
    method = method_name(METHODS[statistic], table.parts.sampling)
    counts = table.counts(domain)
    rows, columns = np.flatnonzero(counts.sum(axis=1)), np.flatnonzero(counts.sum(axis=0))
    note = CompareNote.TWO_VALUES if min(len(rows), len(columns)) < 2 else ""
    degrees = float(table.parts.degrees(table.valid)[domain])
    if note or degrees < 1:
        return Row("cramers_v", method, counts.sum(), note=_said(note or NO_DEGREES, table.parts))
    cells = np.arange(counts.size).reshape(counts.shape)
    answered = counts[np.ix_(rows, columns)]
    share, spread = made.part(domain, cells[np.ix_(rows, columns)].ravel())
    share = share.reshape(answered.shape)
    effects = generalised_effects(share, spread, counts.sum())
    if not float(np.trace(effects)) > _NO_SPREAD:
        return Row("cramers_v", method, counts.sum(), note=_said(CompareNote.NO_SPREAD, table.parts))
    inner = made.part(domain, cells[np.ix_(rows[1:], columns[1:])].ravel(), deviations=True)
    tested = _tested(statistic, pearson(share * counts.sum()), effects, degrees, inner)
    row = rao_scott_row(answered, share, effects, tested, degrees, level)
    if row.note == CompareNote.SMALL_EXPECTED:
        row = replace(row, note=SMALL_EXPECTED)
    if np.isnan(tested[3]):
        row = replace(row, note=NO_DEGREES)
    return replace(row, method=method, note=_said(row.note, table.parts))


def _said(note: str, parts: Domains) -> str:
    return opt_in_note(note) if parts.opt_in else str(note)


def _tested(
    statistic: str, square: float, effects: Floats, degrees: float, deviations: tuple[Floats, Floats]
) -> Tested:
    if statistic == "F":
        return second_order(square, effects, degrees)
    if statistic == "Chisq":
        return first_order(square, effects)
    if statistic == "saddlepoint":
        return saddlepoint(square, effects, degrees)
    return wald(*deviations, degrees, adjusted=statistic == "adjWald")
