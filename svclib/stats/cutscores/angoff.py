"""Pass marks by judges who say how likely a borderline candidate is to get each item right (modified Angoff)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.cutscores.judging import item_table, judge_table
from svclib.stats.cutscores.panel import Components, completed, components, t_limits
from svclib.stats.cutscores.ratings import Round, by_item, read_ratings
from svclib.stats.estimate import check_level, estimates
from svclib.stats.marks import _

FEW = 5
"""Fewer judges are too few to defend a mark; 8 to 15 are usual."""
_TERMS = ("cut", "cut, items random")


class PanelNote(StrEnum):
    """Why a cut is missing or rests on little."""

    NONE = ""
    NOBODY = _("no judge rated anything in this round")
    UNRATED = _("an item has no rating in this round: the sum over the items cannot be formed")
    ONE = _("one judge: another could say anything, no error can be told")
    FEW = _("few judges: the mark hangs on single persons; 8 to 15 are usual")
    ONE_ITEM = _("one item: how items vary cannot be told")
    NOT_TWICE = _("fewer than two judges rated in both rounds")


@dataclass(frozen=True, eq=False, repr=False)
class Angoff:
    """A panel's pass mark.

    Attributes
    ----------
    frame : DataFrame
        ``round``, then an estimate: two rows a round, ``cut`` (judges are a sample, the items are those of this exam;
        t with judges − 1 degrees of freedom) and ``cut, items random`` (both are samples: how far the mark of
        another exam from the same bank, by another panel, may lie; generalizability of judges × items).
    judges : DataFrame
        ``round, judge, n`` (items rated), ``cut``, ``severity`` (less the panel's), ``severity_t`` (distance to the
        others in errors), ``r_panel`` (correlation with the others' mean), ``r_difficulty``, ``error_borderline``
        (mean absolute error against borderline candidates), ``cut_without`` and ``effect`` (leaving the judge out),
        ``change`` since the round before, ``flags`` (codes of `FLAGS`), ``note``.
    items : DataFrame
        ``round, item, points, n, mean, sd, lowest, highest`` (of the ratings, 0–1), ``difficulty, borderline, flags,
        note``.
    changes : DataFrame
        ``first, second`` (rounds), then an estimate of the change of the cut, paired by judge; ``sd_first, sd_second``.
    agreement : DataFrame
        ``round, judges, items, icc_single, icc_mean, alpha, var_judge, var_item, var_rest, kept, filled``.
    highest : float
        Points of all items.
    """

    frame: pd.DataFrame
    judges: pd.DataFrame
    items: pd.DataFrame
    changes: pd.DataFrame
    agreement: pd.DataFrame
    highest: float

    @property
    def cut(self) -> float:
        """The mark of the last round."""
        return float(self.frame["estimate"].iloc[-2])

    def __repr__(self) -> str:
        row = self.frame.iloc[-2]
        return (
            f"Angoff(cut {row['estimate']:.2f} of {self.highest:g}, ± {row['std_error']:.2f}, {row['n']} judges, "
            f"{self.items['item'].nunique()} items, {self.agreement.shape[0]} rounds)"
        )


def angoff(
    ratings: pd.DataFrame,
    *,
    item: str = "item",
    judge: str = "judge",
    rating: str = "rating",
    round: str | None = None,
    points: Mapping[Any, float] | pd.Series | None = None,
    difficulties: Mapping[Any, float] | pd.Series | None = None,
    borderline: Mapping[Any, float] | pd.Series | None = None,
    scale: float | None = None,
    spread: float = 0.15,
    level: float = 0.95,
) -> Angoff:
    """Set a pass mark from judges' ratings of how likely a borderline candidate is to get each item right.

    Parameters
    ----------
    ratings : DataFrame
        One row a judge and item (and round).
    item, judge, rating : str
        Columns; ratings from 0 to 1, or in percent (if any is above 1).
    round : str, optional
        Column of the round. What a judge does not rate again keeps the rating of the round before.
    points : mapping of item to points, optional
        1 each without it.
    difficulties : mapping of item to share right, optional
        What all candidates did.
    borderline : mapping of item to share right, optional
        What candidates near the mark did.
    scale : {1, 100}, optional
        The rating that means certain; without it 100 if any rating is above 1.
    spread : float
        Items whose ratings have a larger standard deviation (0–1) are flagged.
    level : float

    Returns
    -------
    Angoff

    Raises
    ------
    InvalidInput
        If a rating lies off the scale, a judge rated an item twice in a round, or `points` misses an item.

    Notes
    -----
    Angoff (1971). Errors: Brennan and Lockwood (1980). A judge's missing ratings are filled in by judge and item
    effects, so that who rated only the easy items does not count as mild.

    Examples
    --------
    >>> panel = pd.DataFrame(
    ...     [("a", "q1", 60), ("a", "q2", 80), ("b", "q1", 50), ("b", "q2", 70), ("c", "q1", 70), ("c", "q2", 60)],
    ...     columns=["judge", "item", "rating"],
    ... )
    >>> mark = angoff(panel)
    >>> round(mark.cut, 6), mark.frame["std_error"].round(3).tolist()
    (1.3, [0.058, 0.1])
    """
    check_level(level)
    rounds = read_ratings(ratings, item, judge, rating, round, scale)
    items = rounds[0].items
    worth = by_item(points, items, "points", 1.0)
    if (worth <= 0).any() or not np.isfinite(worth).all():
        raise InvalidInput(
            _('The item "{item}" has no points above 0; add it to points=.'), item=items[int(np.argmin(worth))]
        )
    known = by_item(difficulties, items, "difficulties", np.nan), by_item(borderline, items, "borderline", np.nan)
    frames, people, things, agreed = [], [], [], []
    before: Floats | None = None
    for one in rounds:
        table = judge_table(one, worth, *known, before)
        before = table["cut"].to_numpy()
        people.append(table)
        things.append(item_table(one, worth, *known, spread))
        found, row = _cut(one, worth, before, level)
        frames.append(found)
        agreed.append(row)
    return Angoff(
        pd.concat(frames, ignore_index=True),
        pd.concat(people, ignore_index=True),
        pd.concat(things, ignore_index=True),
        _changes([table["cut"].to_numpy() for table in people], [one.name for one in rounds], level),
        pd.DataFrame(agreed),
        float(worth.sum()),
    )


def _cut(one: Round, points: Floats, cuts: Floats, level: float) -> tuple[pd.DataFrame, dict[str, Any]]:
    there = ~np.isnan(one.ratings)
    active, rated = there.any(axis=1), there.any(axis=0)
    judges = int(active.sum())
    values = completed(one.ratings[np.ix_(active, rated)]) * points[rated] if judges else np.zeros((0, 0))
    split = components(values) if judges > 1 and values.shape[1] > 1 and rated.all() else None
    note = _note(judges, bool(rated.all()), values.shape[1])
    told = judges > 0 and bool(rated.all())
    mean = float(cuts[active].mean()) if told else np.nan
    error = float(cuts[active].std(ddof=1) / np.sqrt(judges)) if told and judges > 1 else np.nan
    wide, df = (len(points) * split.error, split.df) if split else (np.nan, np.nan)
    limits = [t_limits(mean, error, judges - 1, level), t_limits(mean, wide, df, level)]
    frame = estimates(
        pd.DataFrame({"round": [one.name] * 2}),
        term=list(_TERMS),
        estimate=mean,
        std_error=[error, wide],
        low=[limits[0][0], limits[1][0]],
        high=[limits[0][1], limits[1][1]],
        n=judges,
        level=level,
        df=[max(judges - 1, 0), df],
        method="t",
        note=[note, note or (str(PanelNote.ONE_ITEM) if told and values.shape[1] < 2 else "")],
    )
    return frame, _agreement(one, split, judges, int((~there[active]).sum()))


def _note(judges: int, rated: bool, items: int) -> str:
    if not judges:
        return str(PanelNote.NOBODY)
    if not rated:
        return str(PanelNote.UNRATED)
    if judges == 1:
        return str(PanelNote.ONE)
    return str(PanelNote.FEW) if judges < FEW else ""


def _agreement(one: Round, split: Components | None, judges: int, filled: int) -> dict[str, Any]:
    names = ("icc_single", "icc_mean", "alpha", "var_judge", "var_item", "var_rest")
    values = (
        (split.single, split.mean, split.consistency, split.judge, split.item, split.rest) if split else (np.nan,) * 6
    )
    head = {"round": one.name, "judges": judges, "items": len(one.items)}
    return head | dict(zip(names, values, strict=True)) | {"kept": one.kept, "filled": filled}


def _changes(cuts: list[Floats], names: list[Any], level: float) -> pd.DataFrame:
    """Compare each round with the one before, by the judges who took part in both."""
    rows: list[dict[str, Any]] = []
    for place in range(1, len(cuts)):
        both = np.isfinite(cuts[place - 1]) & np.isfinite(cuts[place])
        change, n = (cuts[place] - cuts[place - 1])[both], int(both.sum())
        error = float(change.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
        mean = float(change.mean()) if n else np.nan
        low, high = t_limits(mean, error, n - 1, level)
        spreads = [float(one[both].std(ddof=1)) if n > 1 else np.nan for one in (cuts[place - 1], cuts[place])]
        rows.append(
            {
                "first": names[place - 1], "second": names[place], "estimate": mean, "std_error": error, "low": low,
                "high": high, "n": n, "df": max(n - 1, 0), "note": "" if n > 1 else str(PanelNote.NOT_TWICE),
                "sd_first": spreads[0], "sd_second": spreads[1],
            }
        )  # fmt: skip
    names_of = ["first", "second", "estimate", "std_error", "low", "high", "n", "df", "note", "sd_first", "sd_second"]
    table = pd.DataFrame(rows, columns=names_of)
    told = {name: table[name].to_numpy() for name in ("estimate", "std_error", "low", "high", "n", "df", "note")}
    out = estimates(table[["first", "second"]], term="change of the cut", level=level, method="paired t", **told)
    return out.assign(sd_first=table["sd_first"], sd_second=table["sd_second"])
