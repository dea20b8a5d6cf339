"""Judges' ratings as arrays: judges × items, one table a round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import check_columns, check_frame, numbers
from svclib.stats.marks import _


@dataclass(frozen=True, eq=False)
class Round:
    """Ratings of one round.

    Attributes
    ----------
    name : object
        The round; None where there is only one.
    judges, items : list
    ratings : array, shape (judges, items)
        Chances that a borderline candidate is right, 0–1; NaN where a judge did not rate.
    kept : int
        Ratings carried over from the round before because they were not given again.
    """

    name: Any
    judges: list[Any]
    items: list[Any]
    ratings: Floats
    kept: int = 0


def read_ratings(
    data: pd.DataFrame, item: str, judge: str, rating: str, round: str | None, scale: float | None
) -> list[Round]:
    """Read a long frame (judge × item × round) in the order in which the rounds come (sorted if they are numbers)."""
    frame = check_frame(data)
    names = [item, judge] + ([round] if round is not None else [])
    check_columns(frame, [*names, rating])
    values = _chances(numbers(frame, rating), rating, scale)
    lost = frame[names].isna().any(axis=1)
    if not len(frame) or lost.any():
        raise InvalidInput(
            _('A row names no item, judge or round ("{columns}"); fill them.')
            if len(frame)
            else _("There are no ratings: give one row a judge and item ({columns})."),
            columns=", ".join(names),
        )
    twice = frame.duplicated(names)
    if twice.any():
        row = frame.loc[twice].iloc[0]
        raise InvalidInput(
            _('The judge "{judge}" rated the item "{item}" twice; keep one rating a round.'),
            judge=row[judge],
            item=row[item],
        )
    table = frame[names].assign(value=values)
    rounds = [None] if round is None else _in_order(table[round])
    return _carried(
        [_one(table if one is None else table[table[round] == one], one, table, item, judge) for one in rounds]
    )


def _chances(values: Floats, column: str, scale: float | None) -> Floats:
    known = values[~np.isnan(values)]
    most = scale or (100.0 if len(known) and known.max() > 1 else 1.0)
    bad = known[(known < 0) | (known > most)]
    if len(bad):
        raise InvalidInput(
            _(
                'The column "{column}" holds a rating of {value}; give chances from 0 to 1, or percentages from 0 '
                "to 100."
            ),
            column=column,
            value=f"{bad[0]:g}",
        )
    return values / most


def _in_order(rounds: pd.Series) -> list[Any]:
    found = list(pd.unique(rounds))
    return sorted(found) if all(isinstance(one, int | float | np.integer | np.floating) for one in found) else found


def _one(rows: pd.DataFrame, name: Any, table: pd.DataFrame, item: str, judge: str) -> Round:
    judges, items = list(pd.unique(table[judge])), list(pd.unique(table[item]))
    at = pd.Index(judges).get_indexer(rows[judge]), pd.Index(items).get_indexer(rows[item])
    ratings = np.full((len(judges), len(items)), np.nan)
    ratings[at] = rows["value"]
    return Round(name, judges, items, ratings)


def _carried(rounds: list[Round]) -> list[Round]:
    """Keep a judge's earlier rating of an item that the judge did not rate again in a round taken part in."""
    out: list[Round] = []
    for one in rounds:
        if out:
            took_part = ~np.isnan(one.ratings).all(axis=1, keepdims=True)
            fill = np.isnan(one.ratings) & took_part & ~np.isnan(out[-1].ratings)
            ratings = np.where(fill, out[-1].ratings, one.ratings)
            one = Round(one.name, one.judges, one.items, ratings, int(fill.sum()))
        out.append(one)
    return out


def by_item(values: Mapping[Any, float] | pd.Series | None, items: list[Any], what: str, default: float) -> Floats:
    """Read a number of each item; without `values` the default."""
    if values is None:
        return np.full(len(items), default)
    given = pd.Series(values, dtype=float)
    lost = [one for one in items if one not in given.index]
    if lost:
        raise InvalidInput(_('{what} names no number of the item "{item}"; add it.'), what=what, item=lost[0])
    if given.index.has_duplicates:
        raise InvalidInput(
            _('{what} names the item "{item}" twice.'), what=what, item=given.index[given.index.duplicated()][0]
        )
    return given.loc[items].to_numpy(dtype=float)
