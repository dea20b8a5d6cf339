"""Means, totals and ratios of a design by Taylor linearisation (Särndal, Swensson and Wretman 1992, ch. 5).

With replicate weights the same statistics come with their values in each replicate, and vary as these do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.design.replicates import ranks, spread
from svclib.stats.design.results import NO_DEGREES, Estimates, opt_in_note
from svclib.stats.design.sampling import Sampling, degrees_of_freedom, stratum_clusters
from svclib.stats.design.variance import Residuals, covariance, stratum_variances
from svclib.stats.estimate import Note, cell_notes, check_level, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.samples import groups


@dataclass(frozen=True)
class Domains:
    """The design seen by group: each group is a subpopulation.

    Attributes
    ----------
    group : (rows,) int
        Row of `keys`.
    keys : DataFrame
        The `by` columns.
    opt_in : bool
        Some respondents chose themselves.
    """

    sampling: Sampling
    group: Ints
    keys: pd.DataFrame
    opt_in: bool

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.keys)

    def sum(self, values: Floats | Bools) -> Floats:
        """Sum of `values` by group."""
        if self.groups == 1:
            return np.array([float(values.sum())])
        return np.asarray(np.bincount(self.group, values, self.groups), dtype=np.float64)

    def spread_out(self, by_group: Floats) -> Floats:
        """Give each row the number of its group."""
        return by_group if self.groups == 1 else by_group[self.group]

    def products(self, first: Floats, second: Floats) -> Floats:
        """Sum of first × second by group."""
        if self.groups == 1:
            return np.array([float(first @ second)])
        return self.sum(first * second)

    def weights(self, valid: Bools) -> Floats:
        """Weights of the valid rows, 0 for the others."""
        return self.sampling.weights if valid.all() else self.sampling.weights * valid

    def mean(self, values: Floats, valid: Bools) -> Floats:
        """Weighted mean of the valid values by group; exact where all are equal."""
        weights, centre = self.weights(valid), self._one_of(values, valid)
        return centre + ratio(self.products(weights, values - self.spread_out(centre)), self.sum(weights))

    def alike(self, values: Floats, valid: Bools) -> Bools:
        """Groups of two answers or more that are all equal."""
        differs = valid & (values != self.spread_out(self._one_of(values, valid)))
        return (self.sum(valid) > 1) & (self.sum(differs) == 0)

    def _one_of(self, values: Floats, valid: Bools) -> Floats:
        """Give one valid value of each group, 0 where there is none."""
        if self.groups == 1:
            row = int(np.argmax(valid))
            return np.array([float(values[row]) if valid[row] else 0.0])
        one = np.zeros(self.groups + 1)
        one[np.where(valid, self.group, self.groups)] = values
        return one[:-1]

    def variance(self, residuals: Sequence[Floats]) -> Floats:
        """Covariance of the totals of `residuals`, group × column."""
        return covariance(self.sampling, Residuals(residuals, self.group, self.groups))

    def covariance(self, columns: Sequence[Column]) -> Floats:
        """Covariance of statistics, group × column: from the replicates if there are any, else from the residuals."""
        replicates, values = self.sampling.replicates, [column.replicated for column in columns]
        if replicates is None or any(one is None for one in values):
            return self.variance([column.residual for column in columns])
        estimate = _flat([column.estimate for column in columns])
        table = np.stack([one for one in values if one is not None], axis=2)
        return spread(replicates, table.reshape(len(table), -1), estimate)

    def replicated(self, values: Floats) -> Floats | None:
        """Weighted sum of `values` by group in each replicate, (replicates, groups); None without replicates."""
        replicates = self.sampling.replicates
        if replicates is None:
            return None
        rows = np.flatnonzero(values)
        member = sparse.csr_matrix((values[rows], (self.group[rows], rows)), shape=(self.groups, len(values)))
        return np.asarray((member @ replicates.weights).T)

    def column_degrees(self, column: Column) -> Floats:
        """Degrees of freedom of one statistic by group, by Satterthwaite's rule where the design asks for it.

        (Σ V_h)² / Σ V_h² / (clusters_h - 1), V_h what stratum h adds to the variance; at most `degrees`.
        """
        most = self.degrees(column.valid)
        if not self.sampling.satterthwaite:
            return most
        parts = stratum_variances(self.sampling, Residuals([column.residual], self.group, self.groups))
        stratum, of, clusters = stratum_clusters(self.sampling.stages[0], column.valid, self.group, self.groups)
        squares = np.bincount(of, parts[stratum, of] ** 2 / np.maximum(clusters - 1, 1), self.groups)
        found = ratio(np.bincount(of, parts[stratum, of], self.groups) ** 2, squares)
        return np.fmin(np.where(most >= 1, np.maximum(found, 1.0), most), most)

    def degrees(self, valid: Bools) -> Floats:
        """Degrees of freedom by group: clusters less strata, or the rank of supplied replicates less 1."""
        replicates = self.sampling.replicates
        if replicates is not None and replicates.supplied:
            return np.maximum(ranks(replicates.weights[valid], self.group[valid], self.groups) - 1, 0)
        return degrees_of_freedom(self.sampling, valid, self.group, self.groups)


@dataclass(frozen=True)
class Column:
    """One statistic in every group: its estimates and the residuals it varies by."""

    term: str
    estimate: Floats
    residual: Floats
    valid: Bools
    alike: Bools
    simple: Floats
    """Variance under simple random sampling, for the design effect."""
    replicated: Floats | None = None
    """The statistic in each replicate, (replicates, groups); None without replicates."""


def domains(data: pd.DataFrame, sampling: Sampling, by: list[str], opt_in: bool) -> Domains:
    """See a design by the groups of `by`."""
    group, keys = groups(data, by)
    return Domains(sampling, group, keys, opt_in)


def read(values: Floats, sampling: Sampling) -> tuple[Floats, Bools]:
    """Split a column into its numbers (0 where missing) and the rows that count."""
    valid = ~np.isnan(values) & sampling.inside
    return values if valid.all() else np.where(valid, values, 0.0), valid


def mean_column(term: str, given: Floats, parts: Domains) -> Column:
    """Mean Σwy / Σw; residual w (y - mean) / Σw."""
    values, valid = read(given, parts.sampling)
    weights, estimate = parts.weights(valid), parts.mean(values, valid)
    size = parts.sum(weights)
    apart = values - parts.spread_out(np.nan_to_num(estimate))
    away = weights * apart
    residual = away * parts.spread_out(np.nan_to_num(ratio(1, size)))
    simple = _simple_variance(parts.products(away, apart), size, valid, parts)
    again = _replicated_ratio(values, valid, parts)
    return Column(term, estimate, residual, valid, parts.alike(values, valid), simple, again)


def variance_column(term: str, given: Floats, parts: Domains) -> Column:
    """Variance n / (n - 1) Σw (y - mean)² / Σw: the mean of the squares; each replicate has a mean of its own."""
    column = mean_column(term, squares(given, parts), parts)
    values, valid = read(given, parts.sampling)
    away = np.where(valid, values - parts.mean(values, valid)[parts.group], 0.0)
    first, second = (_replicated_ratio(one, valid, parts) for one in (away, away**2))
    if first is None or second is None:
        return column
    n = parts.sum(valid.astype(float))
    return replace(column, replicated=(second - first**2) * ratio(n, n - 1))


def _replicated_ratio(top: Floats, bottom: Floats | Bools, parts: Domains) -> Floats | None:
    if parts.sampling.replicates is None:
        return None
    above, below = parts.replicated(top), parts.replicated(bottom.astype(float))
    return None if above is None or below is None else ratio(above, below)


def total_column(term: str, given: Floats, parts: Domains) -> Column:
    """Total Σwy; residual wy."""
    values, valid = read(given, parts.sampling)
    weights = parts.weights(valid)
    size, residual = parts.sum(weights), weights * values
    estimate = np.where(size > 0, parts.sum(residual), np.nan)
    apart = values - parts.spread_out(np.nan_to_num(parts.mean(values, valid)))
    simple = size**2 * _simple_variance(parts.products(weights * apart, apart), size, valid, parts)
    never: Bools = np.zeros(parts.groups, dtype=np.bool_)
    return Column(term, estimate, residual, valid, never, simple, parts.replicated(values))


def ratio_column(term: str, top: Floats, bottom: Floats, parts: Domains) -> Column:
    """Ratio Σwy / Σwx; residual w (y - ratio x) / Σwx."""
    valid = ~np.isnan(top) & ~np.isnan(bottom) & parts.sampling.inside
    above, below = np.where(valid, top, 0.0), np.where(valid, bottom, 0.0)
    weights = parts.sampling.weights * valid
    size = parts.sum(weights * below)
    estimate = ratio(parts.sum(weights * above), size)
    away = weights * (above - estimate[parts.group] * below) * ratio(1, size)[parts.group]
    residual = np.where(valid, np.nan_to_num(away), 0.0)
    nothing, never = np.full(parts.groups, np.nan), np.zeros(parts.groups, dtype=np.bool_)
    return Column(term, estimate, residual, valid, never, nothing, _replicated_ratio(above, below, parts))


def squares(given: Floats, parts: Domains) -> Floats:
    """Squares around the mean of the group, times n / (n - 1): their mean is the variance."""
    values, valid = read(given, parts.sampling)
    n = parts.sum(valid.astype(float))
    apart = (values - parts.mean(values, valid)[parts.group]) ** 2 * ratio(n, n - 1)[parts.group]
    return np.where(valid, apart, np.nan)


def _simple_variance(squares: Floats, size: Floats, valid: Bools, parts: Domains) -> Floats:
    """Variance of a mean in a simple random sample without replacement: S² / n (1 - n / N), N = Σw."""
    n = parts.sum(valid)
    return ratio(squares, size) * ratio(1, n - 1) * (1 - ratio(n, size))


def linear_estimates(columns: Sequence[Column], parts: Domains, *, level: float, min_n: int, method: str) -> Estimates:
    """Give the estimates of all columns in all groups, groups first, with their covariance."""
    check_level(level)
    vcov = parts.covariance(columns)
    estimate = _flat([column.estimate for column in columns])
    vcov[np.isnan(estimate), :] = np.nan
    vcov[:, np.isnan(estimate)] = np.nan
    alike = _flat([column.alike for column in columns]).astype(bool)
    error = np.where(alike, 0.0, np.sqrt(np.maximum(np.diag(vcov), 0)))
    df = _flat([parts.column_degrees(column) for column in columns])
    n = _flat([parts.sum(column.valid.astype(float)) for column in columns])
    low, high = t_interval(estimate, np.where(alike | (n < 2), np.nan, error), df, level)
    frame = estimates(
        parts.keys.loc[np.repeat(np.arange(parts.groups), len(columns))],
        term=[column.term for column in columns] * parts.groups,
        estimate=estimate,
        std_error=error,
        low=low,
        high=high,
        n=n,
        level=level,
        df=df,
        method=method_name(method, parts.sampling),
        note=notes(n, df, alike, min_n, opt_in=parts.opt_in),
    )
    frame["deff"] = ratio(np.diag(vcov), _flat([column.simple for column in columns]))
    kind = parts.sampling.replicates.kind if parts.sampling.replicates else "linearised"
    return Estimates(frame, vcov, tuple(map(str, parts.keys.columns)), kind)


def method_name(method: str, sampling: Sampling) -> str:
    """Say where the variances come from."""
    return method if sampling.replicates is None else method.replace("linearised", sampling.replicates.kind)


def notes(n: Floats, df: Floats, alike: Bools, min_n: int, *, opt_in: bool) -> list[str]:
    """Say of each row why it has no interval, or how it must not be read."""
    said: list[str] = []
    for note, degrees, same in zip(cell_notes(n, min_n, interval=True), df, alike, strict=True):
        if not note:  # too few to publish goes before why there is no interval
            note = Note.ALL_EQUAL if same else NO_DEGREES if degrees < 1 else note
        said.append(opt_in_note(note) if opt_in else note)
    return said


def _flat(columns: Sequence[Any]) -> Floats:
    """Interleave (groups,) arrays: groups first, then columns."""
    return np.stack(columns, axis=1).ravel().astype(np.float64)
