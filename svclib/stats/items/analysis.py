"""The table of items: difficulty, correlations with the rest, what to look at."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats, Objects, ratio
from svclib.stats.intervals import wilson
from svclib.stats.items.scores import correlation, read_scores, rest_scores, thirds, totals
from svclib.stats.marks import _
from svclib.stats.scales.reliability import reliability

FLAGS: MappingProxyType[str, str] = MappingProxyType(
    {
        "no_answers": _("Nobody met this item."),
        "few_candidates": _("Too few candidates to judge the item."),
        "all_right": _("Everybody answers it right: it tells nothing about who knows more."),
        "all_wrong": _("Nobody answers it right: check the key, or whether the topic was taught."),
        "negative": _("Better candidates miss it more often: the key is probably wrong or the stem can be misread."),
        "weak": _("It hardly separates better from weaker candidates: check the stem for ambiguity and the options."),
        "easy": _("Nearly everybody answers it right: fine for a must-know rule, else make the options closer."),
        "hard": _("Few answer it right: check the key, the wording and whether the topic was taught."),
        "omitted": _("Many leave it out: check the length and the wording."),
        "not_reached": _("Many do not reach it: the time is short or it stands too late."),
    }
)
"""What each code of ``flags`` means, with the likely cause."""

_EASY, _HARD = 0.95, 0.20
_WEAK = 0.15
_OFTEN = 0.10
_CANDIDATES = 30
COLUMNS = (
    "item",
    "n",
    "difficulty",
    "low",
    "high",
    "item_total",
    "item_rest",
    "upper_lower",
    "alpha_if_deleted",
    "omitted",
    "not_reached",
    "flags",
    "note",
)


def item_analysis(
    scores: pd.DataFrame,
    *,
    states: pd.DataFrame | None = None,
    level: float = 0.95,
    min_candidates: int = _CANDIDATES,
) -> pd.DataFrame:
    """Describe each item of an exam, and say which to look at and why.

    Parameters
    ----------
    scores : DataFrame
        Candidates × items, shares of the item's maximum (0–1), missing where an item was not presented.
    states : DataFrame, optional
        The same shape: ``answered, omitted, not_reached, not_presented`` … An omitted item counts 0, an item that was
        not reached or not presented is left out of its difficulty.
    level : float
        Of the interval of the difficulty (Wilson).
    min_candidates : int
        Below it an item is marked instead of judged.

    Returns
    -------
    DataFrame
        One row an item: ``item, n`` (candidates who met it), ``difficulty`` (mean share of the maximum) with ``low,
        high``, ``item_total`` and ``item_rest`` (correlation with the score with and without the item),
        ``upper_lower`` (difficulty in the upper less the lower score third), ``alpha_if_deleted``, ``omitted,
        not_reached`` (shares of those presented; missing without states), ``flags`` (codes of `FLAGS`, separated by
        blanks) and ``note`` (their words). Totals are means over the items met, so drawn forms can be compared.

    Raises
    ------
    InvalidInput
        If scores are text or outside 0–1, or `states` does not fit.

    Examples
    --------
    >>> scores = pd.DataFrame({"a": [1, 1, 0, 0], "b": [1, 1, 1, 0], "c": [1, 0, 0, 0]})
    >>> item_analysis(scores)["difficulty"].tolist()
    [0.5, 0.75, 0.25]
    """
    names, values, reasons = read_scores(scores, states)
    total, rest, third = totals(values), rest_scores(values), thirds(totals(values))
    n = (~np.isnan(values)).sum(axis=0).astype(float)
    difficulty = ratio(np.nansum(values, axis=0), n)
    low, high = wilson(difficulty, n, level)
    frame = pd.DataFrame(
        {
            "item": names,
            "n": n.astype(int),
            "difficulty": difficulty,
            "low": low,
            "high": high,
            "item_total": [correlation(values[:, i], total) for i in range(len(names))],
            "item_rest": [correlation(values[:, i], rest[:, i]) for i in range(len(names))],
            "upper_lower": _upper_lower(values, third),
            "alpha_if_deleted": reliability(values, "pairwise").if_deleted,
            "omitted": _share(reasons, ("omitted",), len(names)),
            "not_reached": _share(reasons, ("not_reached", "broke_off"), len(names)),
        }
    )
    codes = [_flags(row, min_candidates) for row in frame.to_dict("records")]
    frame["flags"] = [" ".join(code) for code in codes]
    frame["note"] = [" ".join(FLAGS[name] for name in code) for code in codes]
    return frame[list(COLUMNS)]


def _upper_lower(values: Floats, third: Any) -> Floats:
    there = ~np.isnan(values)

    def difficulty(rows: Any) -> Floats:
        return ratio(np.where(there, values, 0)[rows].sum(axis=0), there[rows].sum(axis=0))

    return difficulty(third == 2) - difficulty(third == 0)


def _share(reasons: Objects | None, states: tuple[str, ...], items: int) -> Floats:
    """Share of a state among the candidates an item was presented to."""
    if reasons is None:
        return np.full(items, np.nan)
    text = reasons.astype(str)
    presented = ~np.isin(text, ("not_presented", "not_shown", "nan", "None"))
    return ratio(np.isin(text, states).sum(axis=0), presented.sum(axis=0))


def _flags(row: dict[Any, Any], min_candidates: int) -> list[str]:
    if not row["n"]:
        return ["not_reached", "no_answers"] if row["not_reached"] > _OFTEN else ["no_answers"]
    if row["n"] < min_candidates:
        return ["few_candidates"]
    codes = [*_discrimination_flag(row), *_difficulty_flag(row["difficulty"])]
    return codes + [name for name in ("omitted", "not_reached") if row[name] > _OFTEN]


def _difficulty_flag(difficulty: float) -> list[str]:
    if difficulty in (0.0, 1.0):
        return ["all_right" if difficulty else "all_wrong"]
    if difficulty > _EASY:
        return ["easy"]
    return ["hard"] if difficulty < _HARD else []


def _discrimination_flag(row: dict[Any, Any]) -> list[str]:
    if row["item_rest"] < 0:
        return ["negative"]
    return ["weak"] if row["item_rest"] < _WEAK and row["difficulty"] <= _EASY else []
