"""Merging answers that hardly anybody gave, so that ordinal models can be fitted in every group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.factor_models.ordered import ordered_codes
from svclib.stats.marks import _
from svclib.stats.samples import groups as group_codes


def merge_rare(data: pd.DataFrame, items: Sequence[str], *, groups: str | None = None, least: int = 10) -> pd.DataFrame:
    """Merge the answers to an item that fewer than `least` respondents of a group gave with a neighbouring answer.

    The rarest answer goes first, to its rarer neighbour, whose number it takes; an item keeps two answers at least.

    Parameters
    ----------
    data : DataFrame
    items : list of str
        Columns of ordinal answers.
    groups : str, optional
        Column of groups; an answer must be given often enough in each of them.
    least : int

    Returns
    -------
    DataFrame
        The same frame with the items as numbers.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [1, 2, 2, 3, 3, 4, 4, 4]})
    >>> merge_rare(answers, ["a"], least=2)["a"].tolist()
    [2.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 4.0]
    """
    names = names_of(items)
    check_columns(check_frame(data), names)
    if least < 1:
        raise InvalidInput(_("least is {least}; give a whole number of 1 or more."), least=least)
    code = group_codes(data, names_of(groups))[0]
    known = ordered_codes(data, names)
    return data.assign(**{name: merged(numbers(known, name), code, least) for name in names})


def merged(values: Floats, group: Ints, least: int) -> Floats:
    """Merge the rare answers of one item.

    Parameters
    ----------
    values : (rows,) float
    group : (rows,) int
        Rows below 0 count for no group.
    least : int
    """
    there = ~np.isnan(values)
    kept, place = np.unique(values[there], return_inverse=True)
    counts = np.zeros((int(group.max(initial=0)) + 1, len(kept)))
    counted = group[there] >= 0
    np.add.at(counts, (group[there][counted], place[counted]), 1)
    counts = counts[counts.sum(axis=1) > 0]
    target = np.arange(len(kept))
    while len(kept) > 2 and counts.min(initial=least) < least:
        rare = int(counts.min(axis=0).argmin())
        sides = [side for side in (rare - 1, rare + 1) if 0 <= side < len(kept)]
        other = min(sides, key=lambda side: counts[:, side].min())
        counts[:, other] += counts[:, rare]
        counts, kept = np.delete(counts, rare, axis=1), np.delete(kept, rare)
        target = np.where(target == rare, other, target)
        target = np.where(target > rare, target - 1, target)
    out = values.copy()
    out[there] = kept[target[place]]
    return out
