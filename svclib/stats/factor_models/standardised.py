"""The standardised solution: loadings, correlations and shares of variance, with errors by the delta method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, stdtrit

from svclib.stats.arrays import Floats, Ints
from svclib.stats.factor_models.moments import explained, variances
from svclib.stats.factor_models.parameters import Kind, Table
from svclib.stats.factor_models.solution import Solution
from svclib.stats.intervals import normal_quantile


@dataclass(frozen=True, eq=False)
class Quantities:
    """Functions of the parameters.

    Attributes
    ----------
    values : (quantities,) float
    slopes : (quantities, parameters) float
    """

    values: Floats
    slopes: Floats

    def errors(self, vcov: Floats) -> Floats:
        """Standard errors by the delta method."""
        return np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", self.slopes, vcov, self.slopes), 0))

    def times(self, other: Quantities) -> Quantities:
        """Multiply, by the product rule."""
        slopes = self.slopes * other.values[:, None] + self.values[:, None] * other.slopes
        return Quantities(self.values * other.values, slopes)

    def power(self, exponent: float) -> Quantities:
        """Raise to a power; NaN where the value is not above 0."""
        base = np.where(self.values > 0, self.values, np.nan)
        return Quantities(base**exponent, exponent * base[:, None] ** (exponent - 1) * self.slopes)

    def minus(self, other: Quantities) -> Quantities:
        """Subtract."""
        return Quantities(self.values - other.values, self.slopes - other.slopes)

    def take(self, rows: Ints) -> Quantities:
        """Choose some."""
        return Quantities(self.values[rows], self.slopes[rows])


def parameters(table: Table, values: Floats, rows: Ints) -> Quantities:
    """Rows of the table as quantities."""
    slopes = np.zeros((len(rows), table.count))
    kept = np.flatnonzero(table.free[rows] >= 0)
    slopes[kept, table.free[rows[kept]]] = 1.0
    return Quantities(values[rows], slopes)


def factor_variances(table: Table, values: Floats, group: int) -> Quantities:
    """Variances of the factors, in their order."""
    rows = table.of(Kind.FACTOR)
    own = rows[(table.group[rows] == group) & (table.row[rows] == table.column[rows])]
    return parameters(table, values, own[np.argsort(table.row[own])])


def error_variances(table: Table, values: Floats, group: int) -> Quantities:
    """Variances of the items' errors."""
    return Quantities(*variances(table, values, group)).minus(Quantities(*explained(table, values, group)))


def standardised(solution: Solution) -> Quantities:
    """Standardise every row of the table: factors and items (or what lies behind them) with variance 1.

    Covariances become correlations, of errors too; scales have no standardised value and are NaN.
    """
    table, values = solution.table, solution.values
    out, slopes = np.full(len(values), np.nan), np.zeros((len(values), table.count))
    for group in range(table.plan.groups):
        for kind in Kind:
            rows = table.of(kind)
            rows = rows[table.group[rows] == group]
            if len(rows) and kind != Kind.SCALE:
                found = _standardise(table, values, group, kind, rows)
                out[rows], slopes[rows] = found.values, found.slopes
    return Quantities(out, slopes)


def _standardise(table: Table, values: Floats, group: int, kind: Kind, rows: Ints) -> Quantities:
    plain, row, column = parameters(table, values, rows), table.row[rows], table.column[rows]
    factors = factor_variances(table, values, group)
    items = Quantities(*variances(table, values, group))
    if kind == Kind.LOADING:
        return plain.times(factors.take(column).power(0.5)).times(items.take(row).power(-0.5))
    if kind == Kind.FACTOR:
        return _corrected(
            plain.times(factors.take(row).power(-0.5)).times(factors.take(column).power(-0.5)), row, column
        )
    if kind == Kind.MEAN:
        return plain.times(factors.take(row).power(-0.5))
    if kind == Kind.RESIDUAL:
        return _residuals(table, values, group, plain, items, row, column)
    return plain.times(items.take(row).power(-0.5))


def _corrected(found: Quantities, row: Ints, column: Ints) -> Quantities:
    """Variances become exactly 1, without an error."""
    own = row == column
    return Quantities(np.where(own, 1.0, found.values), np.where(own[:, None], 0.0, found.slopes))


def _residuals(
    table: Table, values: Floats, group: int, plain: Quantities, items: Quantities, row: Ints, column: Ints
) -> Quantities:
    errors = error_variances(table, values, group)
    share = plain.times(items.take(row).power(-1))
    related = plain.times(errors.take(row).power(-0.5)).times(errors.take(column).power(-0.5))
    own = row == column
    return Quantities(np.where(own, share.values, related.values), np.where(own[:, None], share.slopes, related.slopes))


def critical(level: float, df: float) -> float:
    """Two-sided quantile of t, of the normal for infinite degrees of freedom; NaN below one."""
    if np.isinf(df):
        return normal_quantile(level)
    return float(stdtrit(df, (1 + level) / 2)) if df >= 1 else float("nan")


def plain_interval(value: Floats, error: Floats, times: float) -> tuple[Floats, Floats]:
    """Give value ± times · error."""
    return value - times * error, value + times * error


def share_interval(share: Floats, error: Floats, times: float) -> tuple[Floats, Floats]:
    """Interval of a share on the logit scale; NaN outside (0, 1)."""
    inside = (share > 0) & (share < 1)
    safe = np.where(inside, share, 0.5)
    reach = times * error / (safe * (1 - safe))
    low, high = expit(logit(safe) - reach), expit(logit(safe) + reach)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def correlation_interval(value: Floats, error: Floats, times: float) -> tuple[Floats, Floats]:
    """Interval of a correlation or standardised loading, between the plain one and that on Fisher's scale.

    Towards 0 the limit lies halfway between the two, towards ±1 it is the wider one, cut at ±1. Fisher's z = artanh r
    alone covers .87 of nominal .95 where two factors correlate by .97, the plain one .91 of ordinal items at .8
    (n = 200); this one holds from 0 to 1. Beyond ±1 it is the plain one.
    """
    size, sign = np.abs(value), np.where(value < 0, -1.0, 1.0)
    low, high = plain_interval(size, error, times)
    inside = size < 1
    safe = np.where(inside, size, 0.0)
    centre, reach = np.arctanh(safe), times * error / (1 - safe**2)
    inner = np.where(inside, (low + np.tanh(centre - reach)) / 2, low)
    outer = np.where(inside, np.minimum(np.maximum(high, np.tanh(centre + reach)), 1.0), high)
    return np.where(sign > 0, inner, -outer), np.where(sign > 0, outer, -inner)
