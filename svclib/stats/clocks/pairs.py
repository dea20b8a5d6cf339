"""Every two groups compared: who ends sooner, by how much, and whether chance could explain it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.clocks.cox import make_cohort
from svclib.stats.clocks.newton import climb
from svclib.stats.clocks.partial import layout, likelihood
from svclib.stats.clocks.ranks import compare, difference, pair
from svclib.stats.clocks.regression import ratio_frame, without_endless
from svclib.stats.clocks.spells import ClockNote, Spells, group_names, read_spells
from svclib.stats.columns import check_frame, names_of
from svclib.stats.compare.adjustment import Adjustment, adjusted, check_adjustment
from svclib.stats.compare.groups import MAX_GROUPS
from svclib.stats.estimate import Note, check_level, estimates
from svclib.stats.marks import _
from svclib.stats.samples import groups


def pairwise_logrank(
    data: pd.DataFrame,
    time: str,
    event: str,
    by: str,
    *,
    rho: float = 0,
    strata: str | Sequence[str] | None = None,
    entry: str | None = None,
    adjust: Adjustment = "holm",
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare every two groups of `by`: the hazard ratio, and the log-rank test.

    Parameters
    ----------
    data, time, event, by, rho, strata, entry
        As in `svclib.stats.logrank`.
    adjust : {"holm", "bh", "bonferroni", "none"}
        How ``p_adjusted`` allows for the number of pairs; the intervals are those of each pair alone.
    level : float

    Returns
    -------
    DataFrame
        A row a pair: ``first, second``, the estimate of the logarithm of the ratio of their hazards (Cox, Efron's
        ties), ``hazard_ratio, ratio_low, ratio_high`` (above 1: the first ends sooner), then ``statistic``
        (chi-square of the log-rank test), ``p_value, p_adjusted``.

    Examples
    --------
    >>> cases = pd.DataFrame({"desk": ["a"] * 5 + ["b"] * 5, "days": [1, 2, 3, 4, 5, 4, 6, 8, 9, 9], "closed": 1})
    >>> rows = pairwise_logrank(cases, "days", "closed", "desk")
    >>> rows[["first", "second", "hazard_ratio", "p_value"]].round(3).values.tolist()
    [['a', 'b', 10.771, 0.009]]
    """
    check_level(level)
    check_adjustment(adjust)
    spells = read_spells(data, time, event, by=by, entry=entry)
    names = group_names(spells.keys)
    if len(names) > MAX_GROUPS:
        raise InvalidInput(
            _("There are {count} groups, too many to compare in pairs; join them to at most {most}."),
            count=len(names),
            most=MAX_GROUPS,
        )
    stratum = groups(check_frame(data), names_of(strata))[0]
    rows = [
        _pair(pair(spells, first, second), stratum, rho, level, (names[first], names[second]))
        for first, second in combinations(range(len(names)), 2)
    ]
    frame = pd.concat(rows, ignore_index=True) if rows else _empty(level)
    return frame.assign(p_adjusted=adjusted(frame["p_value"].to_numpy(dtype=float), adjust))


def _pair(spells: Spells, stratum: Ints, rho: float, level: float, names: tuple[object, object]) -> pd.DataFrame:
    own = stratum[spells.rows]
    keys = pd.DataFrame({"first": [names[0]], "second": [names[1]]}, dtype=object)
    note = _note(spells)
    observed, expected, vcov = compare(spells, own, rho)
    statistic, _df, p_value = difference(observed - expected, vcov)
    row = _empty(level, keys, len(spells.time), note) if note else keys.join(_ratio(spells, own, level))
    return row.assign(statistic=statistic, p_value=p_value)


def _note(spells: Spells) -> str:
    if (spells.n == 0).any():
        return str(ClockNote.NO_CASES)
    if not (spells.event > 0).any():
        return str(ClockNote.NO_EVENTS)
    together = np.bincount(spells.group, spells.event > 0)
    return str(ClockNote.ENDLESS) if (together == 0).any() else ""


def _ratio(spells: Spells, stratum: Ints, level: float) -> pd.DataFrame:
    """Cox regression on belonging to the first group."""
    first: Floats = (spells.group == 0).astype(np.float64)
    cohort, _centre = make_cohort(spells, first[:, None], np.unique(stratum, return_inverse=True)[1])
    fit = climb(likelihood(cohort, layout(cohort, "efron")))
    frame = ratio_frame(
        ["log hazard ratio"],
        fit.beta,
        without_endless(fit.vcov, fit.endless),
        fit.endless,
        df=np.inf,
        n=len(spells.time),
        events=int((spells.event > 0).sum()),
        level=level,
        method="Efron, normal; log-rank",
    )
    small = frame["note"].eq("") & bool(spells.n.min() < 5)
    return frame.assign(note=np.where(small, str(Note.TOO_FEW), frame["note"]))


def _empty(level: float, keys: pd.DataFrame | None = None, n: int = 0, note: str = "") -> pd.DataFrame:
    rows = pd.DataFrame({"first": [], "second": []}, dtype=object) if keys is None else keys
    missing = dict.fromkeys(("estimate", "std_error", "low", "high"), np.nan)
    columns = {"term": "log hazard ratio", "n": n, "method": "Efron, normal; log-rank", "note": [note] * len(rows)}
    frame = estimates(rows, level=level, **columns, **missing)  # type: ignore[arg-type]
    names = ("hazard_ratio", "ratio_low", "ratio_high", "statistic", "p_value")
    return frame.assign(**dict.fromkeys(names, np.nan))
