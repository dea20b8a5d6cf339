"""What if a driver were rated better: the change of the outcome that goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.compare.ranking import rank_units
from svclib.stats.design.results import OPT_IN
from svclib.stats.design.survey import Design, design_of
from svclib.stats.estimate import estimates
from svclib.stats.intervals import t_interval
from svclib.stats.key_drivers.analysis import Analysis, How, Request, analyse
from svclib.stats.key_drivers.notes import DriverNote
from svclib.stats.marks import _


@dataclass(frozen=True)
class Move:
    """One driver moved to a level.

    Attributes
    ----------
    scenario : str
        "step", "target" or "best unit".
    place : int
        The driver.
    level, error : float
        Where its mean goes to, NaN where nobody can tell, and the standard error of that.
    to : str
        Name of the best unit.
    """

    scenario: str
    place: int
    level: float
    error: float = 0.0
    to: str = ""
    note: str = ""


def what_if(
    data: pd.DataFrame | Design,
    outcome: str,
    drivers: str | Sequence[str],
    *,
    step: float = 1.0,
    targets: Mapping[str, float] | None = None,
    by: str | None = None,
    weights: str | None = None,
    **how: Unpack[How],
) -> pd.DataFrame:
    """Estimate how much higher the mean outcome is where a driver is rated higher and all others stay as they are.

    It is the association in these answers, not a promise: whether an improvement moves the outcome so, only a
    comparison over time can tell.

    Parameters
    ----------
    data, outcome, drivers, weights
        As in `svclib.stats.drivers`; every driver must be a rating.
    step : float
        Change of each driver's mean in its own points.
    targets : dict of str to float, optional
        Means to reach, by driver.
    by : str, optional
        Column of units (branches): each driver moves to the level of the best unit, shrunken as in
        `svclib.stats.rank_units`, so that a lucky small unit sets no target.
    **how
        Further keywords of `svclib.stats.drivers`: ``controls, missing, bootstraps, seed, level`` ….

    Returns
    -------
    DataFrame
        ``scenario`` ("step", "target", "best unit"), the columns of an estimate (``term`` the driver), then ``now``
        (its mean), ``then`` (where it goes), ``to`` (the best unit). Targets are taken as known, the best unit's level
        with its own uncertainty.

    Raises
    ------
    InvalidInput
        As `svclib.stats.drivers`; also for a target of no driver, or groups of drivers, which have no single slope.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> visits = pd.DataFrame({"wait": rng.integers(1, 6, 300), "staff": rng.integers(1, 6, 300)})
    >>> visits["overall"] = 0.5 * visits["wait"] + 0.2 * visits["staff"] + rng.normal(size=300)
    >>> what_if(visits, "overall", ["wait", "staff"])[["term", "estimate"]].round(1).values.tolist()
    [['wait', 0.5], ['staff', 0.2]]
    """
    if how.get("groups"):
        raise InvalidInput(_("A group of drivers has no single slope; leave out groups."))
    if not np.isfinite(step):
        raise InvalidInput(_("step is {step}; give a number of points, such as 1."), step=step)
    design = design_of(data, weights)
    found = analyse(design, outcome, drivers, Request(**how), top="mean")
    names = found.reading.players.names
    now = found.own.performance[:, 0]
    moves = [Move("step", place, now[place] + step, note=_beyond(design, names[place], now[place] + step))
             for place in range(len(names))]  # fmt: skip
    moves += _to_targets(names, targets or {})
    if by is not None:
        moves += [_to_best(design, name, by, place) for place, name in enumerate(names)]
    return _gains(found, moves)


def _beyond(design: Design, name: str, level: float) -> str:
    """Note a mean that nobody's answer reaches."""
    answers = design.frame[name][design.sampling.inside]
    return DriverNote.BEYOND.value if not answers.min() <= level <= answers.max() else ""


def _to_targets(names: Sequence[str], targets: Mapping[str, float]) -> list[Move]:
    for name, level in targets.items():
        if name not in names or not np.isfinite(level):
            raise InvalidInput(
                _('The target of "{name}" is of no driver or no number; the drivers are {known}.'),
                name=name,
                known=", ".join(names),
            )
    return [Move("target", names.index(name), float(level)) for name, level in targets.items()]


def _to_best(design: Design, name: str, by: str, place: int) -> Move:
    """Level of the best unit; none where ranks cannot be told."""
    best = rank_units(design.mean(name, by=by).frame, by).units.iloc[0]
    if np.isnan(best["estimate"]):
        return Move("best unit", place, np.nan, note=str(best["note"]))
    return Move("best unit", place, float(best["estimate"]), float(best["std_error"]), str(best[by]))


def _gains(found: Analysis, moves: Sequence[Move]) -> pd.DataFrame:
    place = np.array([move.place for move in moves])
    level = np.array([move.level for move in moves])
    fixed = np.array([move.scenario != "target" for move in moves])
    now = found.own.performance[place, 0]
    gain = _gain(found.own.slopes[place], found.own.performance[place], level, now, fixed)[:, 0]
    error = np.full(len(moves), np.nan)
    if found.draws is not None and found.limiter is not None:
        drawn = _gain(found.draws.slopes[place], found.draws.performance[place], level, now, fixed)
        own = np.array([move.error for move in moves]) * found.own.slopes[place, 0]
        error = np.hypot(found.limiter.error(drawn), own)
    df = np.full(len(moves), min(found.df, found.reading.n - found.reading.matrix.shape[1]))
    low, high = t_interval(gain, error, df, found.request.level)
    whole = found.reason or (OPT_IN if found.opt_in else "")
    out = estimates(
        pd.DataFrame({"scenario": [move.scenario for move in moves]}),
        term=[found.reading.players.names[one] for one in place],
        estimate=gain, std_error=error, low=low, high=high, n=[found.reading.n] * len(moves),
        level=found.request.level, df=df, method="slope × move, bootstrap",
        note=[move.note or whole for move in moves],
    )  # fmt: skip
    return out.assign(now=now, then=level, to=[move.to for move in moves])


def _gain(slopes: Floats, rated: Floats, level: Floats, now: Floats, fixed: Bools) -> Floats:
    """Slope times the way to go: of a target from each draw's mean, otherwise a fixed way."""
    way = np.where(fixed[:, None], (level - now)[:, None], level[:, None] - rated)
    return slopes * way
