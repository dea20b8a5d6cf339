"""What unfair items do: points lost or gained by whom, and how many pass or fail because of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.estimate import check_level
from svclib.stats.fairness.results import Dif
from svclib.stats.fairness.shifts import Passing, Shift, passing, shift_of
from svclib.stats.intervals import normal_quantile
from svclib.stats.marks import _

NOTHING = _("no item is flagged: nothing to work out")
NO_SIZE = _("some items have no finite effect and are left out")
NO_ANCHORS = _("no fair items are left to judge ability by")
_STEP = 1e-4
_LEVELS = 8


@dataclass(frozen=True, eq=False)
class DifEffects:
    """What the flagged items do to the focal groups' candidates.

    Attributes
    ----------
    frame : DataFrame
        One row a focal group: ``focal, reference, items`` (how many), ``n, pass_rate`` (seen), ``as_is, fair`` (pass
        rates expected of these candidates with the items as they are, and were they alike for both groups),
        ``estimate`` (as is less fair), ``std_error, low, high``, ``moved, moved_low, moved_high`` (candidates; below
        0: so many fail because of the items), ``points, points_low, points_high`` (mean points lost,
        below 0, or gained, over all items: differential test functioning), ``level, note``.
    items : DataFrame
        One row a focal group and item: ``points`` and the effect on the pass rate of that item alone.
    levels : DataFrame
        One row a focal group and level of ability: ``score`` (mean share of the points), ``n, points``, and
        ``change`` of the chance to pass.
    candidates : DataFrame
        One row a candidate of the focal groups: ``focal, score, points``, ``p_pass`` (as is), ``p_pass_fair, change``.
    cut : float
    """

    frame: pd.DataFrame
    items: pd.DataFrame
    levels: pd.DataFrame
    candidates: pd.DataFrame
    cut: float

    def __repr__(self) -> str:
        """Give the rows of the groups."""
        shown = ["focal", "reference", "items", "n", "pass_rate", "as_is", "fair", "estimate", "low", "high", "moved"]
        return f"DifEffects(cut {self.cut:g})\n" + self.frame[shown].to_string(index=False)


def dif_effects(
    found: Dif, cut: float, *, items: Sequence[str] | None = None, level: float | None = None
) -> DifEffects:
    """Say what unfair items do to the pass rate and the points of the focal groups.

    Parameters
    ----------
    found : Dif
        A result of `svclib.stats.dif`, of any method.
    cut : float
        Pass mark as a share of the points, such as 0.6; of the points of the items met where items were drawn.
    items : list of str, optional
        The items in question; without it those flagged for each group.
    level : float, optional
        Of the intervals; that of `found` without.

    Returns
    -------
    DifEffects

    Raises
    ------
    InvalidInput
        If the cut is no share, or an item is not there.

    Notes
    -----
    Each candidate keeps the scores on the other items. The chances on a flagged item are those of the focal group's
    own curve; the fair ones have the difference of log odds at equal ability taken off (logistic regression or
    proportional odds, matched on the anchors and the item). Chances of passing follow by the distribution of the
    points on the flagged items, independent at equal ability. Intervals are of these candidates: they hold the error
    of the differences (delta method), not who else might have been examined.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> group, able = np.repeat(["east", "west"], 300), rng.normal(size=(600, 1))
    >>> lean = 1.5 * (np.arange(10) == 4) * (group == "west")[:, None]
    >>> chance = 1 / (1 + np.exp(-(able - np.linspace(-1, 1, 10) - lean)))
    >>> scores = pd.DataFrame((rng.random((600, 10)) < chance).astype(int), columns=[f"q{i}" for i in range(10)])
    >>> from svclib import stats
    >>> effects = stats.dif_effects(stats.dif(scores, group, reference="east"), cut=0.6, items=["q4"])
    >>> effects.frame[["focal", "items", "n"]].values.tolist(), bool(effects.frame["moved"].iloc[0] < 0)
    ([['west', 1, 300]], True)
    """
    if not isinstance(found, Dif):
        raise InvalidInput(_("A result of stats.dif is needed, not {kind}."), kind=type(found).__name__)
    if isinstance(cut, bool) or not isinstance(cut, int | float | np.number) or not 0 < cut <= 1:
        raise InvalidInput(_("cut is {cut}; give a share of the points, such as 0.6."), cut=cut)
    level = check_level(found.level if level is None else level)
    names = found.setting.responses.names
    for name in items or ():
        if name not in names:
            raise InvalidInput(_('There is no item "{item}" in the responses.'), item=name)
    parts = [_pair(found, at, cut, items, level) for at in range(len(found.setting.pairs))]
    return DifEffects(
        pd.DataFrame([part.row for part in parts]),
        _joined([part.items for part in parts], _ITEM),
        _joined([part.levels for part in parts], _LEVEL),
        _joined([part.candidates for part in parts], _CANDIDATE),
        float(cut),
    )


_ITEM = (
    "focal",
    "reference",
    "item",
    "points",
    "points_error",
    "estimate",
    "std_error",
    "low",
    "high",
    "moved",
    "level",
)
_LEVEL = ("focal", "reference", "score", "n", "points", "change")
_CANDIDATE = ("focal", "reference", "score", "points", "p_pass", "p_pass_fair", "change")


def _joined(parts: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    told = [part for part in parts if len(part)]
    return pd.concat(told) if told else pd.DataFrame(columns=list(columns))


@dataclass(frozen=True, eq=False)
class _Part:
    row: dict[str, Any]
    items: pd.DataFrame
    levels: pd.DataFrame
    candidates: pd.DataFrame


def _pair(found: Dif, at: int, cut: float, items: Sequence[str] | None, level: float) -> _Part:
    setting, pair = found.setting, found.setting.pairs[at]
    keys = {"focal": setting.labels[pair[0]], "reference": setting.reference_name(pair[1])}
    names = list(setting.responses.names)
    if items is None:
        mine = found.frame["focal"].eq(keys["focal"]) & found.frame["flagged"]
        items = found.frame.loc[mine, "item"].tolist()
    chosen = [names.index(name) for name in dict.fromkeys(items)]
    rows = setting.rows_of(pair)[0]
    anchors = np.isin(np.array(names), found.anchors)
    anchors[chosen] = False
    shifts, note = _shifts(found, chosen, pair, anchors, level)
    if not shifts:
        _need, share, passed = passing(setting, rows, chosen or [0], cut)
        return _nothing(keys, rows, float(passed.mean()), note, level)
    need, share, passed = passing(setting, rows, [one.item for one in shifts], cut)
    case = _Case(shifts, need, setting.unit, level)
    row = keys | {"items": len(shifts), "n": int(rows.sum()), "pass_rate": float(passed.mean())} | case.row()
    row["note"] = note
    index = setting.responses.index[rows]
    candidates = pd.DataFrame({**keys, "score": share, **case.each()}, index=index)
    own = case.single(names).assign(**keys, level=level)[list(_ITEM)]
    return _Part(row, own, _by_level(candidates, keys), candidates)


def _shifts(
    found: Dif, chosen: list[int], pair: tuple[int, int], anchors: Bools, level: float
) -> tuple[list[Shift], str]:
    if not chosen:
        return [], NOTHING
    if not anchors.any() and found._matching.given is None:
        return [], NO_ANCHORS
    told = [shift_of(found.setting, found._matching, item, pair, anchors, level) for item in chosen]
    there = [one for one in told if one is not None]
    return there, "" if len(there) == len(told) else NO_SIZE


def _nothing(keys: dict[str, Any], rows: Bools, rate: float, note: str, level: float) -> _Part:
    row = keys | {"items": 0, "n": int(rows.sum()), "pass_rate": rate}
    blank = ["as_is", "fair", "estimate", "std_error", "low", "high"]
    blank += [f"{name}{end}" for name in ("moved", "points") for end in ("", "_low", "_high")]
    none = pd.DataFrame()
    return _Part(row | dict.fromkeys(blank, np.nan) | {"level": level, "note": note}, none, none, none)


class _Case:
    """The focal group's candidates with the flagged items as they are and as they might be."""

    def __init__(self, shifts: list[Shift], need: Passing, unit: Floats, level: float) -> None:
        self.shifts, self.need, self.unit, self.level = shifts, need, unit, level
        self.now = [one.chances() for one in shifts]
        self.then = [one.chances(one.beta) for one in shifts]
        self.p_now, self.p_then = need.chance(self.now), need.chance(self.then)

    def _points(self, at: int) -> Floats:
        """Points gained (below 0: lost) by each candidate on an item."""
        steps = np.arange(self.now[at].shape[1])
        return self.unit[self.shifts[at].item] * ((self.now[at] - self.then[at]) @ steps)

    def each(self) -> dict[str, Floats]:
        """Give the columns of the candidates."""
        points = np.sum([self._points(at) for at in range(len(self.shifts))], axis=0)
        return {"points": points, "p_pass": self.p_now, "p_pass_fair": self.p_then, "change": self.p_now - self.p_then}

    def _slope(self, at: int, others: list[Floats]) -> Floats:
        """Derivative of the fair pass rate by an item's two coefficients, the others as in `others`."""
        shift, out = self.shifts[at], np.zeros(2)
        for place in range(2):
            scale = max(float(np.abs(shift.columns[:, place]).max()), 1e-12)
            ends = []
            for sign in (1.0, -1.0):
                beta = shift.beta.copy()
                beta[place] += sign * _STEP / scale
                ends.append(self.need.chance([*others[:at], shift.chances(beta), *others[at + 1 :]]).mean())
            out[place] = (ends[0] - ends[1]) * scale / (2 * _STEP)
        return out

    def _interval(self, estimate: float, variance: float) -> dict[str, float]:
        error = float(np.sqrt(max(variance, 0)))
        reach = normal_quantile(self.level) * error
        return {"estimate": estimate, "std_error": error, "low": estimate - reach, "high": estimate + reach}

    def row(self) -> dict[str, Any]:
        """Give the columns of the whole group."""
        slopes = [self._slope(at, self.then) for at in range(len(self.shifts))]
        variance = sum(float(one @ shift.vcov @ one) for one, shift in zip(slopes, self.shifts, strict=True))
        found = self._interval(float(self.p_now.mean() - self.p_then.mean()), variance)
        n = len(self.p_now)
        moved = {f"moved{end}": n * found[name] for end, name in (("", "estimate"), ("_low", "low"), ("_high", "high"))}
        rates = {"as_is": float(self.p_now.mean()), "fair": float(self.p_then.mean())}
        return rates | found | moved | self._all_points() | {"level": self.level}

    def _all_points(self) -> dict[str, float]:
        """Give the mean points over all items with their interval."""
        points = float(self.each()["points"].mean())
        slopes = [self._points_slope(at) for at in range(len(self.shifts))]
        spread = sum(float(one @ shift.vcov @ one) for one, shift in zip(slopes, self.shifts, strict=True))
        reach = normal_quantile(self.level) * float(np.sqrt(max(spread, 0.0)))
        return {"points": points, "points_low": points - reach, "points_high": points + reach}

    def single(self, names: list[str]) -> pd.DataFrame:
        """Give the rows of the items, each alone."""
        rows = []
        for at, shift in enumerate(self.shifts):
            alone = [*self.now[:at], self.then[at], *self.now[at + 1 :]]
            slope = self._slope(at, self.now)
            change = float((self.p_now - self.need.chance(alone)).mean())
            points = float(self._points(at).mean())
            by_beta = self._points_slope(at)
            found = self._interval(change, float(slope @ shift.vcov @ slope))
            error = float(np.sqrt(max(float(by_beta @ shift.vcov @ by_beta), 0.0)))
            rows.append(
                {"item": names[shift.item], "points": points, "points_error": error, **found}
                | {"moved": len(self.p_now) * change}
            )
        return pd.DataFrame(rows)

    def _points_slope(self, at: int) -> Floats:
        """Derivative of the mean points by an item's coefficients, in closed form."""
        shift = self.shifts[at]
        above = 1 - np.cumsum(self.then[at], axis=1)[:, :-1]
        return np.asarray(self.unit[shift.item] * ((above * (1 - above)).sum(axis=1) @ shift.columns) / len(above))


def _by_level(candidates: pd.DataFrame, keys: dict[str, Any]) -> pd.DataFrame:
    """Average the candidates over levels of their score, each of about as many."""
    rank = candidates["score"].rank(method="average", pct=True).fillna(0)
    band = np.minimum((rank * _LEVELS).astype(int), _LEVELS - 1)
    means = candidates.groupby(band)[["score", "points", "change"]].mean()
    means["n"] = candidates.groupby(band).size()
    return means.reset_index(drop=True).assign(**keys)[list(_LEVEL)]
