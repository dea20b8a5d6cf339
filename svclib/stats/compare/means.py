"""Comparing means: t, Welch, analysis of variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import fdtrc, stdtr, stdtrit

from svclib.stats.arrays import ratio
from svclib.stats.columns import check_range
from svclib.stats.compare.adjustment import Adjustment, adjusted, check_adjustment
from svclib.stats.compare.effects import explained_interval, hedges_g, omega_squared
from svclib.stats.compare.groups import CompareNote, Groups, Row, comparisons, named, read_groups, small_note
from svclib.stats.design.bounded import bounded_interval, check_scale
from svclib.stats.estimate import check_level
from svclib.stats.intervals import difference


def compare_means(
    data: pd.DataFrame, column: str, by: str, *, scale: Sequence[float] | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Compare the means of `column` between the groups of `by`.

    Two groups: their difference with Student's and with Welch's t test, and Hedges' g. More: the share of variance
    between the groups (η² and the less biased ω²) with the F test, and ω² with Welch's (1951), which needs no equal
    spreads and is the one to rely on.

    Parameters
    ----------
    data : DataFrame
        One row a respondent.
    column : str
        Column of numbers.
    by : str
        Column of groups; rows without a group are left out.
    scale : (lowest, highest), optional
        Ends of the scale of answers such as (1, 5). The interval of Welch's difference is then put together from the
        score intervals of the two means (Zou and Donner 2008), which hold for few answers crowded at one end, where t
        does not (coverage of 8 against 60 pleased customers: t 0.91, this 0.97); the test stays Welch's.
    level : float

    Returns
    -------
    DataFrame
        See `svclib.stats.compare.groups`. ``term`` is ``difference`` (first − second), ``hedges_g``, ``eta2`` or
        ``omega2``; ``df2`` the second degrees of freedom of F; a negative ω² is given as 0.

    Raises
    ------
    InvalidInput
        Naming the column that is absent, holds no numbers, or cannot be grouped by.

    Examples
    --------
    >>> waits = pd.DataFrame({"branch": ["east"] * 5 + ["west"] * 5, "wait": [4.0, 6, 5, 7, 5, 9, 8, 7, 10, 9]})
    >>> rows = compare_means(waits, "wait", "branch")
    >>> rows[["term", "method", "estimate", "p_value"]].round(4).values.tolist()[1]
    ['difference', 'Welch t', -3.2, 0.0022]
    """
    check_level(level)
    answers = _read(data, column, by, scale)
    if len(answers.labels) < 2:
        rows = [Row("difference", "Welch t", answers.n.sum(), note=CompareNote.TWO_GROUPS)]
    elif len(answers.labels) == 2:
        found = [student(answers, level), _welch_on(answers, scale, level), standardised(answers, level)]
        rows = [named(row, answers) for row in found]
    else:
        rows = [replace(row, note=row.note or small_note(answers)) for row in _variance_rows(answers, level)]
    return comparisons(rows, level)


def pairwise_means(
    data: pd.DataFrame,
    column: str,
    by: str,
    *,
    adjust: Adjustment = "holm",
    scale: Sequence[float] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare the means of every two groups of `by` with Welch's t test.

    Parameters
    ----------
    data, column, by, scale, level
        As of `compare_means`.
    adjust : {"holm", "bh", "bonferroni", "none"}
        How ``p_adjusted`` allows for the number of pairs; the intervals are those of each pair alone.

    Returns
    -------
    DataFrame
        A row a pair, as of `compare_means`, then ``p_adjusted, hedges_g, g_low, g_high``.

    Raises
    ------
    InvalidInput
        As `compare_means`; also for more than 100 groups.
    """
    check_level(level)
    check_adjustment(adjust)
    pairs = _read(data, column, by, scale).pairs()
    out = comparisons([named(_welch_on(pair, scale, level), pair) for pair in pairs], level)
    effects = [standardised(pair, level) for pair in pairs]
    out["p_adjusted"] = adjusted(out["p_value"].to_numpy(), adjust)
    for name, part in (("hedges_g", "estimate"), ("g_low", "low"), ("g_high", "high")):
        out[name] = np.array([getattr(row, part) for row in effects], dtype=float)
    return out


def _read(data: pd.DataFrame, column: str, by: str, scale: Sequence[float] | None) -> Groups:
    answers = read_groups(data, column, by)
    if scale is not None:
        for values in answers.values:
            check_range(values, column, *check_scale(scale))
    return answers


def student(pair: Groups, level: float) -> Row:
    """Student's t test of two groups, their spreads taken as equal."""
    n, df = pair.n, float(pair.n.sum() - 2)
    pooled = float(ratio(np.nansum((n - 1) * pair.variances), df))
    row = Row("difference", "Student t", n.sum(), estimate=float(pair.means[0] - pair.means[1]))
    if not pair.spread:
        return replace(row, note=CompareNote.NO_SPREAD)
    return _t_test(row, float(np.sqrt(pooled * (1 / n).sum())), df, level)


def welch(pair: Groups, level: float) -> Row:
    """Welch's t test of two groups (1947), with Satterthwaite's degrees of freedom."""
    n, row = pair.n, Row("difference", "Welch t", pair.n.sum(), estimate=float(pair.means[0] - pair.means[1]))
    if n.min() < 2:
        return replace(row, note=CompareNote.GROUP_OF_ONE)
    if not pair.spread:
        return replace(row, note=CompareNote.NO_SPREAD)
    parts = pair.variances / n
    df = float(parts.sum() ** 2 / (parts**2 / (n - 1)).sum())
    return _t_test(row, float(np.sqrt(parts.sum())), df, level)


def _welch_on(pair: Groups, scale: Sequence[float] | None, level: float) -> Row:
    """Welch's test, its interval from the score intervals of the two means where the scale's ends are given."""
    row = welch(pair, level)
    if scale is None:
        return row
    if pair.n.min() < 2:
        return row
    ends = check_scale(scale)
    error = np.sqrt(pair.variances / pair.n)
    low, high = bounded_interval(pair.means, error, pair.n - 1, pair.n, ends, level)
    first, second = ((pair.means[one], low[one], high[one]) for one in (0, 1))
    apart = difference(*second, *first)
    return replace(row, method="Welch t, score interval", low=float(apart[0]), high=float(apart[1]))


def _t_test(row: Row, error: float, df: float, level: float) -> Row:
    t, reach = row.estimate / error, float(stdtrit(df, (1 + level) / 2)) * error
    return replace(
        row,
        std_error=error,
        low=row.estimate - reach,
        high=row.estimate + reach,
        df=df,
        statistic=t,
        p_value=float(2 * stdtr(df, -abs(t))),
    )


def standardised(pair: Groups, level: float) -> Row:
    """Hedges' g of two groups: the difference in units of their pooled spread."""
    t = student(pair, level)
    g, low, high = hedges_g(t.statistic, t.df, (pair.n[0], pair.n[1]), level)
    note = t.note or (CompareNote.NO_INTERVAL if np.isnan(low) else "")
    row = replace(t, term="hedges_g", method="Hedges g, noncentral t", std_error=np.nan, note=note)
    return replace(row, estimate=g, low=low, high=high)


def _variance_rows(answers: Groups, level: float) -> list[Row]:
    n = float(answers.n.sum())
    if not answers.spread:
        note = CompareNote.NO_SPREAD
        return [
            Row("eta2", "F", n, note=note),
            Row("omega2", "F", n, note=note),
            Row("omega2", "Welch F", n, note=note),
        ]
    f, df, df2 = _classical(answers)
    eta2 = df * f / (df * f + df2)
    omega2 = omega_squared(f, df, n)
    classical = [_f_row(term, "F", value, f, df, df2, n, level) for term, value in (("eta2", eta2), ("omega2", omega2))]
    return [*classical, _welch_row(answers, level)]


def _f_row(term: str, method: str, value: float, f: float, df: float, df2: float, n: float, level: float) -> Row:
    low, high = explained_interval(f, df, df2, n, level)
    p_value, note = float(fdtrc(df, df2, f)), CompareNote.NO_INTERVAL if np.isnan(low) else ""
    row = Row(term, method, n, estimate=value, low=low, high=high, note=note)
    return replace(row, df=df, df2=df2, statistic=f, p_value=p_value)


def _classical(answers: Groups) -> tuple[float, float, float]:
    """Fisher's F of the means, and its degrees of freedom."""
    n, means = answers.n, answers.means
    df, df2 = len(n) - 1.0, float(n.sum() - len(n))
    between = (n * (means - (n * means).sum() / n.sum()) ** 2).sum()
    within = np.nansum((n - 1) * answers.variances)
    return float(between / df / (within / df2)), df, df2


def _welch_row(answers: Groups, level: float) -> Row:
    n, variances = answers.n, answers.variances
    row = Row("omega2", "Welch F", n.sum())
    if n.min() < 2:
        return replace(row, note=CompareNote.GROUP_OF_ONE)
    if (variances == 0).any():
        return replace(row, note=CompareNote.GROUP_ALIKE)
    f, df, df2 = _welch_f(answers)
    return _f_row("omega2", "Welch F", omega_squared(f, df, n.sum()), f, df, df2, n.sum(), level)


def _welch_f(answers: Groups) -> tuple[float, float, float]:
    """Welch's F (1951): the means weighted by n / s², the second degrees of freedom from the weights."""
    n, weight, k = answers.n, answers.n / answers.variances, len(answers.n)
    share = weight / weight.sum()
    centre = (share * answers.means).sum()
    unevenness = ((1 - share) ** 2 / (n - 1)).sum() / (k**2 - 1)
    between = (weight * (answers.means - centre) ** 2).sum() / (k - 1)
    return float(between / (1 + 2 * (k - 2) * unevenness)), k - 1.0, float(1 / (3 * unevenness))
