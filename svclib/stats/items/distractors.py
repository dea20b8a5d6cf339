"""What each option of an item attracts, and whether the key looks right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, Objects
from svclib.stats.columns import check_frame
from svclib.stats.items.scores import aligned, correlation, read_scores, rest_scores, share_in, thirds, totals
from svclib.stats.marks import _

OMITTED = "(omitted)"
"""Option of those who met the item and chose nothing."""

FLAGS: MappingProxyType[str, str] = MappingProxyType(
    {
        "key": _("The key is probably {option}: better candidates choose it, and not the key."),
        "attracts_better": _("Better candidates choose this wrong option: check that it is wrong beyond dispute."),
        "unused": _("Hardly anybody chooses it: it is no real alternative."),
    }
)
"""What each code of ``flag`` means."""

_UNUSED = 0.02
_CANDIDATES = 30
_REAL_ANSWERS = 0.05


def distractors(
    choices: pd.DataFrame,
    key: Mapping[str, Any] | pd.Series | None = None,
    *,
    scores: pd.DataFrame | None = None,
    states: pd.DataFrame | None = None,
    min_candidates: int = _CANDIDATES,
) -> pd.DataFrame:
    """Show who chooses which option: shares, by score third, and the correlation with the rest of the exam.

    Parameters
    ----------
    choices : DataFrame
        Candidates × items, the option chosen; missing where nothing was chosen.
    key : mapping of item to option, optional
        Without it the option that `scores` credits with 1.
    scores : DataFrame, optional
        Candidates × items (0–1), needed where `key` is missing; without it a choice equal to the key counts 1.
        May hold items that `choices` has not: they count in the total.
    states : DataFrame, optional
        As in `item_analysis`: tells an omitted item from one never met.
    min_candidates : int
        Items met by fewer carry no flag.

    Returns
    -------
    DataFrame
        One row an item and option: ``item, option, is_key, n, share, low_third, middle_third, high_third`` (share of
        the option in each score third), ``point_biserial`` (choosing it, with the mean score on the other items),
        ``flag`` (a code of `FLAGS` or empty) and ``note`` (its words).

    Raises
    ------
    InvalidInput
        If neither `key` nor `scores` says what is right, or the tables do not fit.

    Examples
    --------
    >>> choices = pd.DataFrame({"q1": list("aabb"), "q2": list("aaab")})
    >>> distractors(choices, {"q1": "a", "q2": "a"}).query("item == 'q1'")["share"].tolist()
    [0.5, 0.5]
    """
    check_frame(choices)
    if key is None and scores is None:
        raise InvalidInput(_("Nothing says which option is right; give key= or scores=."))
    known = None if key is None else dict(key)
    marks = scores if scores is not None else _scored(choices, known or {})
    names, values, _reasons = read_scores(marks, states)
    rest, third = dict(zip(names, rest_scores(values).T, strict=True)), thirds(totals(values))
    marked = dict(zip(names, values.T, strict=True))
    picked = aligned(choices, marks[[name for name in marks.columns if name in choices.columns]])
    rows: list[dict[str, Any]] = []
    for column, name in enumerate([str(n) for n in marks.columns if n in choices.columns]):
        item = _Item(name, picked[:, column], marked[name], rest[name], third)
        rows += _options(item, (known or {}).get(name, _credited(item)), min_candidates)
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "item",
    "option",
    "is_key",
    "n",
    "share",
    "low_third",
    "middle_third",
    "high_third",
    "point_biserial",
    "flag",
    "note",
)


@dataclass(frozen=True)
class _Item:
    """One item: what the candidates chose, what it earned, and how they did on the rest."""

    name: str
    chosen: Objects
    score: Floats
    rest: Floats
    third: Ints

    @property
    def met(self) -> Bools:
        return ~np.isnan(self.score)

    @property
    def answered(self) -> Bools:
        return ~pd.isna(self.chosen) & self.met

    def picks(self, option: Any) -> Bools:
        if option == OMITTED:
            return self.met & ~self.answered
        return self.answered & (self.chosen.astype(str) == str(option))


def _scored(choices: pd.DataFrame, key: dict[str, Any]) -> pd.DataFrame:
    lost = [str(name) for name in choices.columns if name not in key]
    if lost:
        raise InvalidInput(_('The key has no entry for the item "{item}"; add it or give scores=.'), item=lost[0])
    right = {name: (choices[name].astype(object).astype(str) == str(key[name])) for name in choices.columns}
    return pd.DataFrame(right, index=choices.index).astype(float).where(choices.notna())


def _credited(item: _Item) -> Any:
    """Give the option that most of the full scores chose; None if nobody scored."""
    full = item.chosen[item.answered & (item.score >= 1)]
    return pd.Series(full).mode().iloc[0] if len(full) else None


def _options(item: _Item, key: Any, min_candidates: int) -> list[dict[str, Any]]:
    found = {str(value) for value in item.chosen[item.answered]}
    options = sorted(found | ({str(key)} if key is not None else set()))
    if (item.met & ~item.answered).any():
        options.append(OMITTED)
    rows = [_row(item, option, str(key)) for option in options]
    if int(item.met.sum()) >= min_candidates:
        _flag(rows, int(item.met.sum()))
    return rows


def _row(item: _Item, option: str, key: str) -> dict[str, Any]:
    hit = item.picks(option)
    bands = {name: share_in(hit, item.met, item.third == at) for at, name in enumerate(_COLUMNS[5:8])}
    return {
        "item": item.name,
        "option": option,
        "is_key": option == key,
        "n": int(hit.sum()),
        "share": share_in(hit, item.met, np.ones_like(hit)),
        **bands,
        "point_biserial": correlation(np.where(item.met, hit.astype(float), np.nan), item.rest),
        "flag": "",
        "note": "",
    }


def _flag(rows: list[dict[str, Any]], met: int) -> None:
    """Mark options in place; correlations within chance of 0 (two standard errors) mark nothing."""
    noise = 2 / np.sqrt(met)
    key = max((row["point_biserial"] for row in rows if row["is_key"]), default=float("nan"))
    wrong = [row for row in rows if not row["is_key"] and row["option"] != OMITTED]
    for row in wrong:
        if row["point_biserial"] > noise and row["share"] >= _REAL_ANSWERS:
            _mark(row, "attracts_better")
        elif row["share"] < _UNUSED:
            _mark(row, "unused")
    best = max(wrong, key=lambda row: np.nan_to_num(row["point_biserial"], nan=-1), default=None)
    if best and best["flag"] == "attracts_better" and not key >= noise:
        _mark(best, "key")


def _mark(row: dict[str, Any], code: str) -> None:
    row["flag"], row["note"] = code, FLAGS[code].format(option=row["option"])
