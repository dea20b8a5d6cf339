"""The strategy matrix: how much each driver matters against how well it is rated, with the uncertainty of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Unpack, get_args

import numpy as np
import pandas as pd
from scipy.special import fdtri

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.design.bounded import Scale, bounded_interval
from svclib.stats.design.survey import Design, design_of
from svclib.stats.estimate import MIN_MEAN, cell_notes
from svclib.stats.intervals import t_interval
from svclib.stats.key_drivers.analysis import Analysis, How, Request, Top, analyse
from svclib.stats.key_drivers.limits import parts
from svclib.stats.key_drivers.results import Drivers, result
from svclib.stats.marks import _

Performance = Literal["mean", "top_box"]
Cut = Literal["mean", "median"] | float
CORNERS = 49
"""Points of a region's outline, the last the same as the first."""


class Quadrant(StrEnum):
    """Where a driver lies on the matrix.

    The names are those of the four-quadrant model of Chinese satisfaction research (四分图模型: 优势区, 修补区, 机会区,
    维持区; Martilla and James 1977), which GB/T 19038-2009 builds on; the standard's own text was not at hand.
    """

    ADVANTAGE = _("advantage")
    IMPROVE_FIRST = _("improve first")
    OPPORTUNITY = _("opportunity")
    MAINTAIN = _("maintain")
    UNCLEAR = _("cannot be told")


QUADRANTS = tuple(Quadrant)[:4]


@dataclass(frozen=True, eq=False)
class StrategyMatrix:
    """Drivers by importance and performance.

    Attributes
    ----------
    frame : DataFrame
        A row a driver, the most important first: ``term``; ``importance`` (share of what all drivers explain) and
        ``performance``, each with ``…_low, …_high``; ``quadrant`` where the point lies; ``p_advantage,
        p_improve_first, p_opportunity, p_maintain``, the probability of lying in each; ``verdict``, the quadrant of a
        probability of `sure` or more, otherwise "cannot be told"; ``n`` (answers to the driver), ``level, method,
        note``.
    regions : DataFrame
        Outline of each driver's joint region at the level: ``term, corner, performance, importance``.
    cuts : DataFrame
        Where the lines are: ``axis, cut, rule``.
    sure : float
    drivers : Drivers
        The analysis behind the importance.
    """

    frame: pd.DataFrame
    regions: pd.DataFrame
    cuts: pd.DataFrame
    sure: float
    drivers: Drivers


def importance_performance(
    data: pd.DataFrame | Design,
    outcome: str,
    drivers: str | Sequence[str],
    *,
    performance: Performance = "mean",
    lowest: int = 1,
    highest: int = 5,
    boxes: int = 2,
    importance_cut: Cut = "mean",
    performance_cut: Cut = "mean",
    sure: float = 0.9,
    weights: str | None = None,
    **how: Unpack[How],
) -> StrategyMatrix:
    """Place drivers by importance and performance, with the probability of each quadrant.

    *Advantage*: matters and is rated well. *Improve first*: matters and is rated badly. *Opportunity*: matters less
    and is rated badly. *Maintain*: matters less and is rated well.

    Parameters
    ----------
    data, outcome, drivers, weights
        As in `svclib.stats.drivers`; every driver must be a rating, all on the same scale.
    performance : {"mean", "top_box"}
        Mean rating, or share of the top `boxes` points of the scale from `lowest` to `highest`. All answers to a
        driver count, also of those who left others out. Means whose answers all lie on that scale get the score
        interval of its width (`svclib.stats.design.bounded`), others Student's t.
    importance_cut, performance_cut : {"mean", "median"} or float
        Line between much and little: the mean or median of the drivers, or a number (a share of importance, a target
        for performance).
    sure : float
        Least probability of a verdict; above 0.5.
    **how
        Further keywords of `svclib.stats.drivers`: ``method, controls, groups, missing, bootstraps, orders, seed,
        level``.

    Returns
    -------
    StrategyMatrix

    Raises
    ------
    InvalidInput
        As `svclib.stats.drivers`; also for a driver that is no rating, or a cut that is no number.

    Notes
    -----
    Importance and performance come from the same draws of the bootstrap, so that their errors go together; a cut that
    is a mean or median is drawn with them. A probability of 0.9 for a quadrant means that the data leave one chance in
    ten that the driver belongs into another one.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> visits = pd.DataFrame({"wait": rng.integers(1, 5, 400), "staff": rng.integers(3, 6, 400)})
    >>> visits["overall"] = 2 * visits["wait"] + visits["staff"] + rng.normal(size=400)
    >>> importance_performance(visits, "overall", ["wait", "staff"]).frame[["term", "verdict"]].values.tolist()
    [['wait', 'improve first'], ['staff', 'maintain']]
    """
    _check_options(performance, sure, importance_cut, performance_cut)
    design = design_of(data, weights)
    top: Top = (lowest, highest, boxes) if performance == "top_box" else "mean"
    found = analyse(design, outcome, drivers, Request(**how), top=top)
    _check_alike(design.frame, found, performance)
    rules = (importance_cut, performance_cut)
    place = _Place.of(parts(found.own.importance), found.own.performance, rules)
    scale = (0.0, 1.0) if performance == "top_box" else _scale(design, found, (float(lowest), float(highest)))
    told = result(found)
    frame = _axes(design, found, told, scale)
    frame["quadrant"] = [QUADRANTS[one].value for one in place.quadrants.argmax(axis=0)[:, 0]]
    frame = _with_verdicts(frame, _probabilities(found, rules), sure)
    order = np.argsort(-found.own.importance[:, 0], kind="stable")
    cuts = pd.DataFrame({"axis": ["importance", "performance"], "cut": [place.cuts[0][0], place.cuts[1][0]]})
    cuts["rule"] = [rule if isinstance(rule, str) else "target" for rule in rules]
    return StrategyMatrix(frame.iloc[order].reset_index(drop=True), _regions(found, order), cuts, sure, told)


def _check_options(performance: str, sure: float, *cuts: Cut) -> None:
    if performance not in get_args(Performance):
        raise InvalidInput(
            _('performance is "{performance}"; choose one of {known}.'),
            performance=str(performance),
            known=", ".join(get_args(Performance)),
        )
    if not 0.5 < sure < 1:
        raise InvalidInput(_("sure is {sure}; give a probability between 0.5 and 1, such as 0.9."), sure=sure)
    for cut in cuts:
        if cut not in ("mean", "median") and not (isinstance(cut, int | float) and np.isfinite(cut)):
            raise InvalidInput(_('The cut "{cut}" is unknown; give mean, median or a number.'), cut=str(cut)[:60])


def _check_alike(data: pd.DataFrame, found: Analysis, performance: str) -> None:
    """Raise `InvalidInput` for a yes or no among ratings: their means have no common line."""
    every = found.reading.players.every
    yes_no = [name for name in every if pd.api.types.is_bool_dtype(data[name].dtype)]
    if performance == "mean" and 0 < len(yes_no) < len(every):
        raise InvalidInput(
            _(
                '"{column}" is yes or no and the other drivers are ratings: one line cannot divide both; take it as a '
                "control."
            ),
            column=yes_no[0],
        )


@dataclass(frozen=True)
class _Place:
    """Where drivers lie in each draw: lines (draws,) and quadrants (4, drivers, draws)."""

    cuts: tuple[Floats, Floats]
    quadrants: Bools

    @classmethod
    def of(cls, shares: Floats, rated: Floats, rules: tuple[Cut, Cut]) -> _Place:
        lines = (_line(shares, rules[0]), _line(rated, rules[1]))
        much, well = shares > lines[0], rated > lines[1]
        return cls(lines, np.stack([much & well, much & ~well, ~much & ~well, ~much & well]))


def _line(values: Floats, rule: Cut) -> Floats:
    if rule == "mean":
        return np.asarray(values.mean(axis=0))
    return np.asarray(np.median(values, axis=0) if rule == "median" else np.full(values.shape[1], float(rule)))


def _posterior(found: Analysis) -> tuple[Floats, Floats]:
    """Draws of shares and ratings as they stand for the truth: the bias out twice, wider for few clusters."""
    limiter, draws = found.limiter, found.draws
    if limiter is None or draws is None:
        return np.zeros((len(found.inflation), 0)), np.zeros((len(found.inflation), 0))
    wide = limiter.spread(draws.importance)
    bias = wide.mean(axis=1, keepdims=True) - found.own.importance
    centre = wide.mean(axis=1, keepdims=True)
    shares = parts(np.maximum(centre - 2 * bias + limiter.reach * (wide - centre), found.floor))
    rated = found.own.performance + limiter.reach * (draws.performance - found.own.performance)
    told = ~np.isnan(shares).any(axis=0)
    return shares[:, told], rated[:, told]


def _probabilities(found: Analysis, rules: tuple[Cut, Cut]) -> Floats:
    """Share of the draws in each quadrant: (4, drivers); NaN without draws."""
    shares, rated = _posterior(found)
    if not shares.shape[1]:
        return np.full((4, len(shares)), np.nan)
    return np.asarray(_Place.of(shares, rated, rules).quadrants.mean(axis=2))


def _with_verdicts(frame: pd.DataFrame, chance: Floats, sure: float) -> pd.DataFrame:
    best, most = np.nan_to_num(chance).argmax(axis=0), np.nan_to_num(chance).max(axis=0)
    verdict = [QUADRANTS[one] if p >= sure else Quadrant.UNCLEAR for one, p in zip(best, most, strict=True)]
    columns = {f"p_{one.name.lower()}": chance[place] for place, one in enumerate(QUADRANTS)}
    out = frame.assign(**columns, verdict=[str(one) for one in verdict])
    last = ["n", "level", "method", "note"]
    return out[[*(name for name in out.columns if name not in last), *last]]


def _scale(design: Design, found: Analysis, ends: Scale) -> Scale | None:
    """Ends of the scale, if every rating lies between them."""
    ratings = design.frame[list(found.reading.players.every)].astype("Float64")
    return ends if ((ratings >= ends[0]) & (ratings <= ends[1]) | ratings.isna()).all(axis=None) else None


def _axes(design: Design, found: Analysis, drivers: Drivers, scale: Scale | None) -> pd.DataFrame:
    """Importance and performance of each driver with their intervals."""
    told = drivers.frame.set_index("term").loc[list(found.reading.players.names)]
    rated = found.own.performance[:, 0]
    n = np.array([_answers(design, columns) for columns in found.reading.players.columns])
    low, high = _rated_limits(found, rated, n, scale)
    notes = [own or small for own, small in zip(told["note"], cell_notes(n, MIN_MEAN), strict=True)]
    return pd.DataFrame(
        {
            "term": told.index, "importance": told["share"].to_numpy(), "importance_low": told["share_low"].to_numpy(),
            "importance_high": told["share_high"].to_numpy(), "performance": rated, "performance_low": low,
            "performance_high": high, "n": n, "level": found.request.level, "method": found.method, "note": notes,
        }
    )  # fmt: skip


def _answers(design: Design, columns: Sequence[str]) -> int:
    """Fewest answers among the columns of a driver."""
    inside = design.sampling.inside
    return int(min((design.frame[name].notna().to_numpy() & inside).sum() for name in columns))


def _rated_limits(found: Analysis, rated: Floats, n: Floats, scale: Scale | None) -> tuple[Floats, Floats]:
    """Score interval of means (or shares) on a scale with ends, t without one; the error is the draws' spread."""
    if found.draws is None:
        return np.full(len(rated), np.nan), np.full(len(rated), np.nan)
    error, df = found.draws.performance.std(axis=1, ddof=1), np.full(len(rated), found.df)
    if scale is None:
        return t_interval(rated, error, df, found.request.level)
    return bounded_interval(rated, error, df, np.asarray(n, dtype=np.float64), scale, found.request.level)


def _regions(found: Analysis, order: Ints) -> pd.DataFrame:
    """Outlines that hold the truth of both at the level.

    Ellipses after Hotelling on the scale arcsin √share, on which the spread of a share hangs little on its size: on
    that of the share itself they hold 92 % at n = 200, because small shares are skewed.
    """
    shares, rated = _posterior(found)
    if found.limiter is None or not shares.shape[1] or found.df < 2:
        return pd.DataFrame({"term": pd.Series(dtype=object), "corner": pd.Series(dtype="int64")} | _NO_POINTS)
    own = parts(found.own.importance)[:, 0]
    reach = np.sqrt(2 * found.df / (found.df - 1) * fdtri(2, found.df - 1, found.request.level))
    angle = np.linspace(0, 2 * np.pi, CORNERS)
    circle = np.vstack([np.cos(angle), np.sin(angle)]) * reach / found.limiter.reach
    points = np.stack([_outline(found, rated[one], shares[one], one, own[one], circle) for one in order])
    names = np.array(found.reading.players.names, dtype=object)[order]
    return pd.DataFrame(
        {
            "term": np.repeat(names, CORNERS), "corner": np.tile(np.arange(CORNERS), len(order)),
            "performance": points[:, 0].ravel(), "importance": _back(points[:, 1]).ravel(),
        }
    )  # fmt: skip


def _outline(found: Analysis, rated: Floats, shares: Floats, place: int, own: float, circle: Floats) -> Floats:
    """Ellipse about the estimate (2, corners), as wide as the draws lie from it: their bias counts."""
    centre = np.array([[found.own.performance[place, 0]], [float(_stable(np.array(own)))]])
    away = np.stack([rated, _stable(shares)]) - centre
    values, vectors = np.linalg.eigh(away @ away.T / away.shape[1])
    return np.asarray(centre + vectors @ (np.sqrt(np.maximum(values, 0))[:, None] * circle))


def _stable(shares: Floats) -> Floats:
    return np.arcsin(np.sqrt(np.clip(shares, 0, 1)))


def _back(angles: Floats) -> Floats:
    return np.sin(np.clip(angles, 0, np.pi / 2)) ** 2


_NO_POINTS = {"performance": pd.Series(dtype=float), "importance": pd.Series(dtype=float)}
