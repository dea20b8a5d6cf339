"""Whether two questions hang together, and how strongly: chi-square, Fisher, Rao–Scott, Cramér's V."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import chdtrc
from scipy.stats import fisher_exact
from scipy.stats.contingency import odds_ratio

from svclib.stats.arrays import Floats, ratio
from svclib.stats.compare.effects import chi_square_noncentrality, f_noncentrality
from svclib.stats.compare.groups import CompareNote, Row
from svclib.stats.compare.rao_scott import Tested, generalised_effects, second_order
from svclib.stats.samples import Sample

FISHER_MOST = 5000
"""Beyond so many answers Fisher's test says what chi-square says, and takes long."""


def association_rows(answers: Sample, counts: Floats, weighted: Floats, level: float) -> list[Row]:
    """Test and measure the association of a table of rows × columns; empty rows and columns do not count."""
    kept = np.ix_(counts.sum(axis=1) > 0, counts.sum(axis=0) > 0)
    table, n = counts[kept], float(counts.sum())
    if min(table.shape, default=0) < 2:
        return [Row("cramers_v", "chi-square", n, note=CompareNote.TWO_VALUES)]
    if answers.weighted:
        return [_rao_scott(table, weighted[kept], _squares(answers, counts.shape)[kept], level)]
    plain = _chi_square(table, level)
    if table.shape != (2, 2):
        return [plain]
    rows = [plain, _corrected(plain, table)]
    return rows if n > FISHER_MOST else [*rows, _fisher(table, level)]


def expected_counts(table: Floats) -> Floats:
    """Counts expected without association."""
    return ratio(np.outer(table.sum(axis=1), table.sum(axis=0)), table.sum())


def pearson(table: Floats, correction: float = 0.0) -> float:
    """Pearson's chi-square of a table without empty rows and columns, less Yates' correction."""
    expected = expected_counts(table)
    distance = np.abs(table - expected)
    return float(((distance - np.minimum(correction, distance)) ** 2 / expected).sum())


def standardised_residuals(table: Floats) -> Floats:
    """(O − E) / √(E (1 − row share)(1 − column share)), standard normal without association (Haberman 1973)."""
    rows, columns = ratio(table.sum(axis=1), table.sum()), ratio(table.sum(axis=0), table.sum())
    expected = expected_counts(table)
    return ratio(table - expected, np.sqrt(expected * np.outer(1 - rows, 1 - columns)))


def _chi_square(table: Floats, level: float) -> Row:
    statistic, n = pearson(table), float(table.sum())
    df = float((table.shape[0] - 1) * (table.shape[1] - 1))
    return with_v(
        Row("cramers_v", "chi-square", n, df=df, statistic=statistic, p_value=float(chdtrc(df, statistic))),
        table,
        1.0,
        level,
    )


def with_v(row: Row, table: Floats, design_effect: float, level: float) -> Row:
    """Add Cramér's V = √(χ² / (n (min(rows, columns) − 1))), its interval, and the note on small expected counts."""
    most = row.n * (min(table.shape) - 1)
    df = float((table.shape[0] - 1) * (table.shape[1] - 1))
    low, high = chi_square_noncentrality(row.statistic / design_effect, df, level)
    v, low, high = (
        float(np.sqrt(min(value / most, 1.0))) for value in (row.statistic, low * design_effect, high * design_effect)
    )
    return replace(row, estimate=v, low=low, high=high, note=_small(table))


def _small(table: Floats) -> str:
    """Cochran's rule: not more than a fifth of the expected counts below 5, and none below 1."""
    expected = expected_counts(table)
    small = (expected < 5).mean() > 0.2 or (expected < 1).any()
    return CompareNote.SMALL_EXPECTED.value if small else ""


def _corrected(plain: Row, table: Floats) -> Row:
    statistic = pearson(table, 0.5)
    method = "chi-square, continuity corrected"
    return replace(plain, method=method, statistic=statistic, p_value=float(chdtrc(1, statistic)))


def _fisher(table: Floats, level: float) -> Row:
    """Fisher's exact test and the conditional odds ratio with its exact interval."""
    counts = table.astype(np.int64)
    found = odds_ratio(counts)
    interval = found.confidence_interval(level)
    row = Row("odds_ratio", "Fisher exact", float(table.sum()), p_value=float(fisher_exact(counts).pvalue))
    return replace(row, estimate=float(found.statistic), low=float(interval.low), high=float(interval.high))


def _squares(answers: Sample, shape: tuple[int, ...]) -> Floats:
    """Sum the squared weights to rows × columns."""
    cell = answers.values.astype(np.int64) * shape[1] + answers.group
    return np.bincount(cell, answers.weights**2, shape[0] * shape[1]).reshape(shape).astype(np.float64)


def _rao_scott(table: Floats, weighted: Floats, squares: Floats, level: float) -> Row:
    """F of Pearson's chi-square over its generalised design effects."""
    n, shares = float(table.sum()), weighted / weighted.sum()
    effects = generalised_effects(shares, _weights_covariance(shares, squares / weighted.sum() ** 2, n), n)
    tested = second_order(pearson(shares * n), effects, n - 1)
    return rao_scott_row(table, shares, effects, tested, n - 1, level)


def rao_scott_row(table: Floats, shares: Floats, effects: Floats, tested: Tested, degrees: float, level: float) -> Row:
    """Give a test with Cramér's V, whose interval is that of the noncentral F of second order.

    The noncentrality λ of F stands for n φ² over the mean design effect: φ² = λ tr Δ / (d n), d the first degrees of
    freedom of F. Chi-square in its place falls short with few clusters.
    """
    n, square = float(table.sum()), pearson(shares * table.sum())
    f, df, df2, _p_value = second_order(square, effects, degrees)
    most = n * (min(table.shape) - 1)
    scale = float(np.trace(effects)) / df
    low, high = (f_noncentrality(f, df, df2, tail) * scale for tail in ((1 + level) / 2, (1 - level) / 2))
    v, low, high = (float(np.sqrt(min(value / most, 1.0))) for value in (square, low, high))
    note = _small(table)
    if not low <= high or (low == high and high > 0):  # beyond what the noncentral distribution can be computed for
        low, high, note = np.nan, np.nan, note or CompareNote.NO_INTERVAL.value
    statistic, df, df2, p_value = tested
    row = Row("cramers_v", "Rao–Scott F", n, estimate=v, low=low, high=high, df=df, df2=df2, note=note)
    return replace(row, statistic=statistic, p_value=p_value)


def _weights_covariance(shares: Floats, squares: Floats, n: float) -> Floats:
    """Linearised covariance of the shares, of weights alone."""
    p, s = shares.ravel(), squares.ravel()
    return (np.diag(s) - np.outer(s, p) - np.outer(p, s) + s.sum() * np.outer(p, p)) * n / (n - 1)
