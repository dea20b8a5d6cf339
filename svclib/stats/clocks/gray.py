"""Gray's test: does the share that ends in one way differ between groups?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.clocks.causes import read_causes
from svclib.stats.clocks.ranks import difference, followed
from svclib.stats.clocks.spells import ClockNote, Spells, make_spells
from svclib.stats.columns import check_frame, names_of
from svclib.stats.samples import groups


def gray(
    data: pd.DataFrame,
    time: str,
    cause: str,
    by: str,
    *,
    still_open: Any = None,
    strata: str | Sequence[str] | None = None,
    rho: float = 0,
) -> pd.DataFrame:
    """Test for each way to end whether its cumulative incidence is the same in the groups of `by`.

    Parameters
    ----------
    data, time, cause, still_open
        As in `svclib.stats.cumulative_incidence`.
    by : str
        Column of groups.
    strata : str or list of str, optional
        Columns whose groups are compared within themselves only.
    rho : float
        Weight (1 - F)^rho.

    Returns
    -------
    DataFrame
        A row a way: ``term`` (the way), ``statistic`` (chi-square), ``df, p_value, n, events, method, note``.

    Notes
    -----
    Observed less expected ends of that way in risk sets that cases which ended in other ways stay in, with the share
    of them that would still be followed (Gray 1988). The variance follows from the influence of every end, of that
    way and of the others, with the hypergeometric factor for ties: where no other way exists it is the log-rank test.
    R's cmprsk approximates the variance otherwise, so that it differs for small samples (and is not the log-rank
    test then); see the tests' list of differences.

    Examples
    --------
    >>> cases = pd.DataFrame(
    ...     {
    ...         "desk": ["a"] * 6 + ["b"] * 6,
    ...         "days": [1, 2, 3, 4, 5, 6, 4, 6, 7, 8, 9, 9],
    ...         "end": ["solved"] * 5 + ["left", "left"] + ["solved"] * 5,
    ...     }
    ... )
    >>> gray(cases, "days", "end", "desk")[["term", "statistic", "df"]].round(2).values.tolist()
    [['left', 0.0, 1.0], ['solved', 6.7, 1.0]]
    """
    causes = read_causes(check_frame(data), cause, still_open)
    spells = make_spells(data, time, causes.code, by=by)
    stratum = groups(data, names_of(strata))[0][spells.rows]
    rows = []
    for code, label in enumerate(causes.labels, start=1):
        score, vcov = _compare(spells, stratum, code, rho)
        rows.append((str(label), *difference(score, vcov), len(spells.time), int((spells.event == code).sum())))
    frame = pd.DataFrame(rows, columns=["term", "statistic", "df", "p_value", "n", "events"])
    frame["method"] = "Gray" if rho == 0 else f"Gray, rho = {rho:g}"
    few = (spells.n > 0).sum() < 2
    frame["note"] = np.where(frame["p_value"].notna(), "", str(ClockNote.ONE_GROUP if few else ClockNote.NOT_TOGETHER))
    return frame


def _compare(spells: Spells, stratum: Ints, cause: int, rho: float) -> tuple[Floats, Floats]:
    size = len(spells.keys)
    score, vcov = np.zeros(size), np.zeros((size, size))
    order = np.argsort(stratum, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(stratum[order])) + 1):
        found = _within(spells.take(rows), cause, rho)
        score, vcov = score + found[0], vcov + found[1]
    return score, vcov


def _within(spells: Spells, cause: int, rho: float) -> tuple[Floats, Floats]:
    """Score and covariance of one stratum; arrays are groups × times at which something ended."""
    size, ended = len(spells.keys), spells.event > 0
    times, where = np.unique(spells.time[ended], return_inverse=True)
    if not len(times):
        return np.zeros(size), np.zeros((size, size))
    members = [spells.group == code for code in range(size)]
    risk = np.stack([followed(spells.entry[one], spells.time[one], times) for one in members])
    cell = spells.group[ended] * len(times) + where
    own = spells.event[ended] == cause
    mine = np.bincount(cell[own], minlength=risk.size).reshape(risk.shape).astype(np.float64)
    other = np.bincount(cell[~own], minlength=risk.size).reshape(risk.shape).astype(np.float64)
    left = np.asarray(np.cumprod(1 - np.nan_to_num(ratio(mine + other, risk)), axis=1), dtype=np.float64)
    alive = _before(left, 1.0)
    steps = alive * np.nan_to_num(ratio(np.stack([mine, other]), risk))
    gone, lost = (_before(np.asarray(np.cumsum(one, axis=1), dtype=np.float64), 0.0) for one in steps)
    weighted = risk * np.nan_to_num(ratio(1 - gone, alive))
    return _score(mine, other, risk, weighted, lost, rho)


def _before(values: Floats, start: float) -> Floats:
    """Give the values just before each time."""
    return np.column_stack([np.full(len(values), start), values[:, :-1]])


def _score(
    mine: Floats, other: Floats, risk: Floats, weighted: Floats, lost: Floats, rho: float
) -> tuple[Floats, Floats]:
    total, deaths = weighted.sum(axis=0), mine.sum(axis=0)
    hazard = np.nan_to_num(ratio(deaths, total))
    free = np.cumprod(1 - np.minimum(hazard, 1))
    free_before = np.concatenate([[1.0], free[:-1]])
    part = np.nan_to_num(ratio(weighted, total)) * np.ones(risk.shape)
    weight = free_before**rho
    score = (weight * (mine - part * deaths)).sum(axis=1)
    ties = np.where(total > 1, ratio(total - deaths, total - 1), 0.0)
    growth = np.nan_to_num(ratio(free_before - free, free_before * free))
    size = len(mine)
    vcov = np.zeros((size, size))
    for group in range(size):
        apart = weight * ((np.arange(size) == group)[:, None] - part)
        steps = apart * weighted[group] * growth
        later = np.cumsum(steps[:, ::-1], axis=1)[:, ::-1] - steps
        share = np.nan_to_num(ratio(later, risk[group]))
        first, second = apart - share * lost[group], share * free_before
        vcov += (first * (weighted[group] * hazard * np.clip(ties, 0, 1))) @ first.T
        vcov += (second * other[group]) @ second.T
    return score, vcov
