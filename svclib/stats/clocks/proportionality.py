"""Do hazard ratios stay the same over time?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc
from scipy.stats import rankdata

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.clocks.partial import Cohort, Layout, State, information
from svclib.stats.clocks.spells import ClockNote
from svclib.stats.marks import _

_SCALES = ("km", "rank", "identity", "log")


@dataclass(frozen=True)
class Proportionality:
    """A fitted regression of which the question is asked."""

    cohort: Cohort
    places: Layout
    state: State
    endless: Bools


def proportionality(fit: Proportionality, columns: Sequence[tuple[str, list[int]]], transform: str) -> pd.DataFrame:
    """Score test of terms × a function of time, for each column and for all (Grambsch and Therneau 1994).

    The test uses the variance at each death, as R's cox.zph since survival 3.0 does, not its average.
    """
    scale = _scale(fit.cohort, fit.places, transform)
    terms = fit.cohort.x.shape[1]
    away = fit.cohort.x[fit.places.deaths] - fit.state.means
    score = (fit.places.weight * scale) @ away
    blocks = [information(fit.cohort, fit.places, fit.state, scale**power) for power in range(3)]
    rows = [_test(name, members, score, blocks) for name, members in columns]
    rows.append(_test("all", list(range(terms)), score, blocks))
    table = pd.DataFrame(rows, columns=["term", "statistic", "df", "p_value"])
    bad = fit.endless.any() or np.ptp(scale) == 0
    if bad:
        table[["statistic", "p_value"]] = np.nan
    note = ClockNote.ENDLESS if fit.endless.any() else ClockNote.ONE_MOMENT if bad else ""
    return table.assign(note=str(note))


def _test(name: str, members: list[int], score: Floats, blocks: list[Floats]) -> tuple[str, float, float, float]:
    """Test the coefficients of some terms × time, the terms themselves being fitted."""
    main, cross, square = blocks
    some = np.ix_(range(len(main)), members)
    given = np.linalg.lstsq(main, cross[some], rcond=None)[0]
    left = square[np.ix_(members, members)] - cross[some].T @ given
    statistic = float(score[members] @ np.linalg.lstsq(left, score[members], rcond=None)[0])
    return name, statistic, float(len(members)), float(chdtrc(len(members), max(statistic, 0.0)))


def _scale(cohort: Cohort, places: Layout, transform: str) -> Floats:
    """Give the transformed time of each death, centred."""
    times = cohort.time[places.deaths]
    match transform:
        case "km":
            values = _gone(cohort, times)
        case "rank":
            values = rankdata(cohort.time)[places.deaths]
        case "identity":
            values = times
        case "log":
            if (times <= 0).any():
                raise InvalidInput(_('A case ended at time 0, which has no logarithm; give transform="rank".'))
            values = np.log(times)
        case _:
            raise InvalidInput(
                _('There is no scale "{transform}"; give one of {known}.'),
                transform=transform,
                known=", ".join(_SCALES),
            )
    return np.asarray(values - values.mean())


def _gone(cohort: Cohort, times: Floats) -> Floats:
    """Give the share that had ended before each time, all strata together."""
    moments, where = np.unique(times, return_inverse=True)
    ended = np.bincount(where, cohort.weights[cohort.died]).astype(np.float64)
    order = np.argsort(cohort.time, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(cohort.weights[order])])
    left = total[-1] - total[np.searchsorted(cohort.time[order], moments)]
    alive = np.concatenate([[1.0], np.cumprod(1 - ended / left)])[:-1]
    return np.asarray(1 - alive[where])
