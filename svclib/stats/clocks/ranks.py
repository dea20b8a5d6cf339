"""Log-rank tests: do cases of some groups end sooner than those of others?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.clocks.spells import ClockNote, Spells, read_spells
from svclib.stats.columns import check_frame, names_of
from svclib.stats.marks import _
from svclib.stats.samples import groups

_CELLS = 4_000_000
"""Largest number of times × groups that is held at once."""


@dataclass(frozen=True, eq=False)
class LogRank:
    """A log-rank test.

    Attributes
    ----------
    frame : DataFrame
        ``term`` (``difference``, and ``trend`` where scores were given), ``statistic`` (chi-square), ``df``,
        ``p_value``, ``n``, ``events``, ``method``, ``note``.
    groups : DataFrame
        The `by` column, ``n``, ``observed`` ends, ``expected`` ends were there no difference (both weighted by the
        test), and ``ratio``: above 1 where cases end sooner.
    vcov : (groups, groups) float
        Covariance of observed - expected.
    """

    frame: pd.DataFrame
    groups: pd.DataFrame
    vcov: Floats


def logrank(
    data: pd.DataFrame,
    time: str,
    event: str,
    by: str,
    *,
    rho: float = 0,
    strata: str | Sequence[str] | None = None,
    entry: str | None = None,
    trend: Sequence[float] | None = None,
) -> LogRank:
    """Test whether cases end equally soon in the groups of `by`.

    Parameters
    ----------
    data : DataFrame
    time, event, entry : str
        As in `svclib.stats.kaplan_meier`.
    by : str
        Column of groups.
    rho : float
        Weight S(t)^rho: 0 is the log-rank test, 1 that of Peto and Peto, which looks more at the early ends.
    strata : str or list of str, optional
        Columns whose groups are compared within themselves only.
    trend : list of float, optional
        A score for each group, in order of `by`: also tests whether the pace rises or falls with it.

    Returns
    -------
    LogRank

    Raises
    ------
    InvalidInput
        Naming the column that cannot be read; also where `trend` has not one score a group.

    Notes
    -----
    Observed less expected ends over the hypergeometric variance (Mantel 1966; Harrington and Fleming 1982; Tarone
    1975 for the trend), as R's survdiff.

    Examples
    --------
    >>> cases = pd.DataFrame({"desk": ["a"] * 5 + ["b"] * 5, "days": [1, 2, 3, 4, 5, 4, 6, 8, 9, 9], "closed": 1})
    >>> test = logrank(cases, "days", "closed", "desk")
    >>> test.frame[["statistic", "df", "p_value"]].round(3).values.tolist()
    [[6.873, 1.0, 0.009]]
    """
    spells = read_spells(data, time, event, by=by, entry=entry)
    stratum = groups(check_frame(data), names_of(strata))[0][spells.rows]
    observed, expected, vcov = compare(spells, stratum, rho)
    scores = _scores(trend, len(spells.keys))
    table = spells.keys.assign(n=spells.n, observed=observed, expected=expected, ratio=ratio(observed, expected))
    rows = [("difference", *difference(observed - expected, vcov))]
    rows += [_trend(observed - expected, vcov, scores)] if scores is not None else []
    frame = pd.DataFrame(rows, columns=["term", "statistic", "df", "p_value"])
    frame["n"], frame["events"] = len(spells.time), int((spells.event > 0).sum())
    frame["method"] = "log-rank" if rho == 0 else f"log-rank, rho = {rho:g}"
    frame["note"] = [_note(spells, value) for value in frame["p_value"]]
    return LogRank(frame, table, vcov)


def _scores(trend: Sequence[float] | None, size: int) -> Floats | None:
    if trend is None:
        return None
    scores = np.asarray(trend, dtype=float)
    if scores.shape != (size,) or not np.isfinite(scores).all():
        raise InvalidInput(
            _("trend has {given} scores for {groups} groups; give one number for each, in order of the groups."),
            given=scores.size,
            groups=size,
        )
    return scores


def difference(distance: Floats, vcov: Floats) -> tuple[float, float, float]:
    """Chi-square of observed - expected, its degrees of freedom and p value; NaN where nothing can be compared."""
    used = np.flatnonzero(np.diag(vcov) > 0)[:-1]
    if not len(used):
        return np.nan, np.nan, np.nan
    statistic = float(distance[used] @ np.linalg.lstsq(vcov[np.ix_(used, used)], distance[used], rcond=None)[0])
    return statistic, float(len(used)), float(chdtrc(len(used), statistic))


def _trend(distance: Floats, vcov: Floats, scores: Floats) -> tuple[str, float, float, float]:
    variance = float(scores @ vcov @ scores)
    if variance <= 0:
        return "trend", np.nan, np.nan, np.nan
    statistic = float((scores @ distance) ** 2 / variance)
    return "trend", statistic, 1.0, float(chdtrc(1, statistic))


def _note(spells: Spells, p_value: float) -> str:
    if p_value == p_value:
        return ""
    if (spells.n > 0).sum() < 2:
        return str(ClockNote.ONE_GROUP)
    return str(ClockNote.NO_EVENTS if not (spells.event > 0).any() else ClockNote.NOT_TOGETHER)


def compare(spells: Spells, stratum: Ints, rho: float) -> tuple[Floats, Floats, Floats]:
    """Give observed and expected ends a group, weighted by S^rho, and the covariance of their difference."""
    size = len(spells.keys)
    observed, expected, vcov = np.zeros(size), np.zeros(size), np.zeros((size, size))
    order = np.argsort(stratum, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(stratum[order])) + 1):
        for found, total in zip(_within(spells.take(rows), rho), (observed, expected, vcov), strict=True):
            total += found
    return observed, expected, vcov


def _within(spells: Spells, rho: float) -> tuple[Floats, Floats, Floats]:
    """Compare the groups of one stratum."""
    size, ended = len(spells.keys), spells.event > 0
    times, where = np.unique(spells.time[ended], return_inverse=True)
    deaths = np.bincount(where, minlength=len(times)).astype(np.float64)
    everyone = followed(spells.entry, spells.time, times)
    alive = np.concatenate([[1.0], np.cumprod(1 - deaths / everyone)])[:-1] if len(times) else deaths
    weight = alive**rho
    observed = np.bincount(spells.group[ended], weight[where], size).astype(np.float64)
    spread = weight**2 * deaths * (everyone - deaths) * np.nan_to_num(ratio(1, everyone - 1))
    expected, vcov = np.zeros(size), np.zeros((size, size))
    members = [spells.group == code for code in range(size)]
    step = max(_CELLS // max(size, 1), 1)
    for first in range(0, len(times), step):
        part = slice(first, first + step)
        risk = [followed(spells.entry[mine], spells.time[mine], times[part]) for mine in members]
        share = np.column_stack(risk) / everyone[part, None]
        expected += (weight[part] * deaths[part]) @ share
        vcov += np.diag(spread[part] @ share) - share.T @ (spread[part, None] * share)
    return observed, expected, vcov


def followed(entry: Floats, time: Floats, at: Floats) -> Floats:
    """Count the cases that entered before each time and have not ended or left before it."""
    ended = np.searchsorted(np.sort(time), at)
    begun = np.searchsorted(np.sort(entry), at) if np.isfinite(entry).any() else len(time)
    return np.asarray(begun - ended, dtype=np.float64)


def pair(spells: Spells, first: int, second: int) -> Spells:
    """Give the cases of two groups, numbered 0 and 1."""
    kept = spells.take((spells.group == first) | (spells.group == second))
    keys = spells.keys.iloc[[first, second]].reset_index(drop=True)
    return replace(kept, group=(kept.group == second).astype(np.int64), keys=keys)
