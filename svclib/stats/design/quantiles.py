"""Quantiles of a design, with Woodruff's interval (1952): the share below it, read off the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.design.linear import Domains, mean_column, notes, read
from svclib.stats.design.shares import check_method, share_interval
from svclib.stats.estimate import Note, check_level, estimates
from svclib.stats.marks import _

INTERVALS = ("mean", "xlogit", "beta", "asin")
BEYOND = _("the interval reaches beyond the answers")
_SAME = 1e-12
"""Relative distance below which a cumulated weight meets a share exactly."""

Points = tuple[Floats, Floats]


def _inverse(points: Points, share: float) -> tuple[float, float]:
    """Give the smallest value at or above `share` of the weight, and the next one if the share is met exactly."""
    values, weights = points
    cumulated = np.cumsum(weights)
    wanted = share * cumulated[-1]
    at = min(int(np.searchsorted(cumulated, wanted - _SAME * cumulated[-1])), len(values) - 1)
    met = abs(cumulated[at] - wanted) <= _SAME * cumulated[-1]
    return float(values[at]), float(values[min(at + 1, len(values) - 1)]) if met else float(values[at])


def _math(points: Points, share: float) -> float:
    return _inverse(points, share)[0]


def _school(points: Points, share: float) -> float:
    first, second = _inverse(points, share)
    return (first + second) / 2


def _hf7(points: Points, share: float) -> float:
    values, weights = points
    if len(values) == 1:
        return float(values[0])
    before = np.concatenate([[0.0], np.cumsum(weights[:-1])])
    return float(np.interp(share, before / before[-1], values))


RULES: dict[str, Callable[[Points, float], float]] = {"math": _math, "school": _school, "hf7": _hf7}


def quantile_estimates(
    term: str,
    given: Floats,
    shares: Sequence[float],
    parts: Domains,
    *,
    rule: str,
    level: float,
    method: str,
    min_n: int,
) -> pd.DataFrame:
    """Estimate quantiles in every group, groups first."""
    check_level(level)
    check_method(method, INTERVALS)
    _check(shares, rule)
    read_off = RULES[rule]
    points = _points(given, parts)
    found = np.array([[read_off(one, p) if len(one[0]) else np.nan for p in shares] for one in points])
    low, high, n, df = _below(given, found, parts, level, method)
    limits = [np.array([[_limit(read_off, one, p) for p in row] for one, row in zip(points, part, strict=True)])
              for part in (low, high)]  # fmt: skip
    reach = 2 * stdtrit(np.where(df >= 1, df, np.nan), (1 + level) / 2)
    error = ratio(limits[1] - limits[0], reach)
    said = notes(n.ravel(), df.ravel(), np.zeros(n.size, dtype=np.bool_), min_n, opt_in=parts.opt_in)
    open_end = np.isnan(error).ravel() & (n > 1).ravel()
    return estimates(
        parts.keys.loc[np.repeat(np.arange(parts.groups), len(shares))],
        term=[f"{term} {p:.6g}" for p in shares] * parts.groups,
        estimate=found.ravel(),
        std_error=error.ravel(),
        low=limits[0].ravel(),
        high=limits[1].ravel(),
        n=n.ravel(),
        level=level,
        df=df.ravel(),
        method="Woodruff",
        note=[BEYOND if beyond and note in ("", Note.TOO_FEW) else note
              for note, beyond in zip(said, open_end, strict=True)],
    )  # fmt: skip


def _check(shares: Sequence[float], rule: str) -> None:
    bad = [p for p in shares if not 0 < p < 1]
    if bad or not len(shares):
        raise InvalidInput(_("Quantiles lie between 0 and 1, such as 0.5; {value} does not."), value=str(bad[:1]))
    if rule not in RULES:
        raise InvalidInput(_('rule is "{rule}"; choose one of {known}.'), rule=str(rule), known=", ".join(RULES))


def _points(given: Floats, parts: Domains) -> list[Points]:
    """Sorted answers of each group and their weights."""
    _values, valid = read(given, parts.sampling)
    rows = np.flatnonzero(valid)
    rows = rows[np.lexsort((given[rows], parts.group[rows]))]
    ends = np.searchsorted(parts.group[rows], np.arange(parts.groups + 1))
    return [(given[rows[a:b]], parts.sampling.weights[rows[a:b]]) for a, b in pairwise(ends)]


def _below(given: Floats, found: Floats, parts: Domains, level: float, method: str) -> tuple[Any, ...]:
    """Interval of the share of answers up to each quantile: (groups, shares) each of low, high, n, df."""
    values, valid = read(given, parts.sampling)
    columns = []
    for quantile in found.T:
        reached = np.where(valid, values <= quantile[parts.group], np.nan)
        column = mean_column("", reached, parts)
        variance = np.diag(parts.covariance([column]))
        columns.append((column.estimate, np.sqrt(np.maximum(variance, 0)), parts.column_degrees(column)))
    share, error, df = (np.stack(one, axis=1) for one in zip(*columns, strict=True))
    n = np.repeat(parts.sum(valid.astype(float))[:, None], found.shape[1], axis=1)
    low, high = share_interval(method, share, error, ratio(share * (1 - share), error**2), n, df, level)
    return low, high, n, df


def _limit(read_off: Callable[[Points, float], float], points: Points, share: float) -> float:
    return read_off(points, share) if len(points[0]) and 0 <= share <= 1 else np.nan
