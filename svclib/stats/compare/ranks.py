"""Comparing ranks: Mann–Whitney, Kruskal–Wallis, Dunn. For ordered answers whose distances mean nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import kruskal, mannwhitneyu, rankdata

from svclib.stats.compare.adjustment import Adjustment, adjusted, check_adjustment
from svclib.stats.compare.effects import dominance, dominance_interval, explained_interval
from svclib.stats.compare.groups import CompareNote, Groups, Row, comparisons, named, read_groups, small_note
from svclib.stats.estimate import Note, check_level

EXACT_BELOW = 50
"""The Mann–Whitney test counts all orders below so many answers a group (as R does) if none are tied."""


def compare_ranks(data: pd.DataFrame, column: str, by: str, *, level: float = 0.95) -> pd.DataFrame:
    """Compare whether answers in `column` tend to be higher in some groups of `by`.

    Two groups: Mann–Whitney (corrected for ties and continuity; exact for small groups without ties) and Cliff's
    delta, how much more often an answer of the first group is above one of the second. More: Kruskal–Wallis and
    ε² = H / (n − 1), the share of variance of the ranks that lies between the groups (Tomczak and Tomczak 2014), with
    the noncentral F interval of the ranks.

    Parameters
    ----------
    data : DataFrame
    column, by : str
        As of `compare_means`.
    level : float

    Returns
    -------
    DataFrame
        See `svclib.stats.compare.groups`. ``term`` is ``cliffs_delta`` (statistic U of the first group) or
        ``epsilon2`` (statistic H).

    Raises
    ------
    InvalidInput
        Naming the column that is absent, holds no numbers, or cannot be grouped by.

    Examples
    --------
    >>> marks = pd.DataFrame({"branch": ["east"] * 5 + ["west"] * 5, "mark": [3, 4, 2, 3, 4, 5, 5, 4, 5, 3]})
    >>> row = compare_ranks(marks, "mark", "branch").loc[0]
    >>> row["term"], float(row["estimate"].round(2)), float(row["statistic"])
    ('cliffs_delta', -0.68, 4.0)
    """
    check_level(level)
    answers = read_groups(data, column, by)
    if len(answers.labels) < 2:
        row = Row("cliffs_delta", "Mann–Whitney", answers.n.sum(), note=CompareNote.TWO_GROUPS)
    elif len(answers.labels) == 2:
        row = named(_mann_whitney(answers, level), answers)
    else:
        row = _kruskal(answers, level)
        row = replace(row, note=str(row.note or small_note(answers)))
    return comparisons([row], level)


def pairwise_ranks(
    data: pd.DataFrame, column: str, by: str, *, adjust: Adjustment = "holm", level: float = 0.95
) -> pd.DataFrame:
    """Compare every two groups of `by` with Dunn's test (1964), after Kruskal–Wallis.

    z = (R̄₁ − R̄₂) / √((N(N+1)/12 − Σ(t³ − t)/(12(N−1))) (1/n₁ + 1/n₂)), with the mean ranks among the answers of all
    groups and t the sizes of ties.

    Returns
    -------
    DataFrame
        A row a pair; ``estimate`` is Cliff's delta of the pair, ``statistic`` Dunn's z; last ``p_adjusted``.

    Raises
    ------
    InvalidInput
        As `compare_ranks`; also for more than 100 groups or an unknown `adjust`.
    """
    check_level(level)
    check_adjustment(adjust)
    answers = read_groups(data, column, by)
    pairs = answers.pairs()
    effects = [named(_delta(pair, "Dunn", level), pair) for pair in pairs]
    tests = _dunn(answers)
    rows = [_tested(row, z) for row, z in zip(effects, tests, strict=True)]
    out = comparisons(rows, level)
    out["p_adjusted"] = adjusted(out["p_value"].to_numpy(), adjust)
    return out


def _tested(row: Row, z: float) -> Row:
    return replace(row, statistic=z, p_value=float(2 * ndtr(-abs(z))))


def _delta(pair: Groups, method: str, level: float) -> Row:
    n = (float(pair.n[0]), float(pair.n[1]))
    delta, error, df = dominance(*pair.values)
    low, high = (np.nan, np.nan) if _all_equal(pair) else dominance_interval(delta, error, df, n, level)
    note = _note(pair)
    return Row("cliffs_delta", method, sum(n), estimate=delta, std_error=error, low=low, high=high, df=df, note=note)


def _all_equal(answers: Groups) -> bool:
    return not answers.spread and len(set(answers.means.tolist())) == 1


def _note(answers: Groups) -> str:
    if _all_equal(answers):
        return Note.ALL_EQUAL.value
    return CompareNote.GROUP_OF_ONE.value if answers.n.min() < 2 else ""


def _mann_whitney(pair: Groups, level: float) -> Row:
    row = _delta(pair, "Mann–Whitney", level)
    if _all_equal(pair):
        return row
    joined = np.concatenate(pair.values)
    exact = pair.n.max() < EXACT_BELOW and len(np.unique(joined)) == len(joined)
    test = mannwhitneyu(*pair.values, method="exact" if exact else "asymptotic")
    method = "Mann–Whitney, exact" if exact else "Mann–Whitney"
    return replace(row, method=method, statistic=float(test.statistic), p_value=float(test.pvalue))


def _kruskal(answers: Groups, level: float) -> Row:
    n, df = float(answers.n.sum()), len(answers.labels) - 1.0
    row = Row("epsilon2", "Kruskal–Wallis", n, df=df)
    if _all_equal(answers):
        return replace(row, note=Note.ALL_EQUAL)
    test = kruskal(*answers.values)
    h, df2 = float(test.statistic), n - 1 - df
    rest = n - 1 - h
    told = df2 >= 1 and answers.spread
    low, high = explained_interval(h / df / (rest / df2), df, df2, n, level) if told else (np.nan, np.nan)
    note = CompareNote.NO_INTERVAL if np.isnan(low) else ""
    estimate = h / (n - 1)
    return replace(row, estimate=estimate, low=low, high=high, statistic=h, p_value=float(test.pvalue), note=note)


def _dunn(answers: Groups) -> list[float]:
    """Dunn's z of every two groups, in the order of `Groups.pairs`."""
    joined = np.concatenate([*answers.values, np.zeros(0)])
    total, (_marks, ties) = len(joined), np.unique(joined, return_counts=True)
    ranks = np.split(rankdata(joined), np.cumsum(answers.n)[:-1].astype(int)) if total else []
    means, n = [float(part.mean()) for part in ranks], answers.n
    variance = (total * (total + 1) - (ties**3.0 - ties).sum() / max(total - 1, 1)) / 12
    first, second = np.triu_indices(len(means), 1)
    if len(ties) < 2:
        return [np.nan] * len(first)
    spread = np.sqrt(variance * (1 / n[first] + 1 / n[second]))
    return ((np.array(means)[first] - np.array(means)[second]) / spread).tolist()
