"""What to look at in an item, with the likely cause; what its numbers say in a word.

A flag is raised where chance would raise it in at most one item in 40 that is as it should be: an item that separates
with a correlation of 0.20, is right for 30 %, left out by 5 %. With few candidates that takes a plain case; what is
neither well nor surely bad is ``unclear``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.special import betaincinv

from svclib.stats.marks import _

FLAGS: MappingProxyType[str, str] = MappingProxyType(
    {
        "no_answers": _("Nobody met this item."),
        "few_candidates": _("Too few candidates to judge the item."),
        "all_right": _("Everybody answers it right: it tells nothing about who knows more."),
        "all_wrong": _("Nobody answers it right: check the key, or whether the topic was taught."),
        "key": _("The key is probably {option}: the best candidates choose it, and not the key."),
        "negative": _("Better candidates miss it more often: the key is probably wrong or the stem can be misread."),
        "second_key": _("Option {option} attracts better candidates too: check that it is wrong beyond dispute."),
        "guessed": _("No better than guessing, by good and weak candidates alike: the topic was probably not taught."),
        "weak": _("It hardly separates better from weaker candidates: check the stem for ambiguity and the options."),
        "unclear": _("So far it separates little, but chance could explain that: judge it with more candidates."),
        "easy": _("Nearly everybody answers it right: fine for a must-know rule, else make the options closer."),
        "hard": _("Few answer it right: check the key, the wording and whether the topic was taught."),
        "omitted": _("Many leave it out: check the length and the wording."),
        "not_reached": _("Many do not reach it: the time is short or it stands too late."),
    }
)
"""What each code of ``flags`` means, with the likely cause."""

CALM = frozenset({"", "easy", "few_candidates", "no_answers", "all_right", "unclear"})
"""Flags that ask for nothing to be done."""

_ALPHA = 0.025
_WEAK, _WELL = 0.15, 0.20
"""Correlations with the rest: flagged below the first if surely below the second."""
_EASY, _NOT_EASY = 0.95, 0.85
_HARD, _NOT_HARD = 0.20, 0.30
_OFTEN, _SELDOM = 0.10, 0.05
_APART = 0.15


def flag(row: Mapping[Any, Any], min_candidates: int) -> list[str]:
    """Give the codes of `FLAGS` for a row of `item_analysis`, the gravest first.

    Uses ``n, presented, difficulty, item_rest, rest_high, omitted, not_reached, option_flag, options`` (their number)
    and ``largest`` (share of the wrong option chosen most).
    """
    late = _often(row["not_reached"], row["presented"])
    if not row["n"]:
        return ["not_reached", "no_answers"] if late else ["no_answers"]
    if row["n"] < min_candidates:
        return ["few_candidates"]
    codes = [*_discrimination(row), *_difficulty(row["difficulty"], row["n"])]
    if {"key", "guessed"} & set(codes):
        codes = [code for code in codes if code != "hard"]
    return codes + ["omitted"] * _often(row["omitted"], row["presented"]) + ["not_reached"] * late


def _discrimination(row: Mapping[Any, Any]) -> list[str]:
    if row["option_flag"] in ("key", "key_unchosen"):
        return ["key"] if row["option_flag"] == "key" else []
    if row["rest_high"] < 0:
        return ["negative"]
    second = ["second_key"] * (row["option_flag"] == "attracts_better")
    if not row["item_rest"] < _WEAK or row["difficulty"] > _EASY:
        return second
    if not row["rest_high"] < _WELL:
        return second or ["unclear"]
    return second or (["guessed"] if _is_guessed(row) else ["weak"])


def _is_guessed(row: Mapping[Any, Any]) -> bool:
    """Whether the share right is surely no more than a tenth above that of blind choice, and no option stands out.

    One that stands out may be the key.
    """
    blind = 1 / row["options"] if row["options"] >= 3 else 0.0
    return bool(blind and row["largest"] < blind + _APART and upper(row["difficulty"], row["n"]) < blind + 0.10)


def _difficulty(difficulty: float, n: float) -> list[str]:
    if difficulty in (0.0, 1.0):
        return ["all_right" if difficulty else "all_wrong"]
    if difficulty > _EASY and lower(difficulty, n) > _NOT_EASY:
        return ["easy"]
    return ["hard"] if difficulty < _HARD and upper(difficulty, n) < _NOT_HARD else []


def _often(share: float, n: float) -> bool:
    return bool(share > _OFTEN and lower(share, n) > _SELDOM)


def lower(share: float, n: float) -> float:
    """Lower limit of a share, missed once in 40 times at most (Clopper & Pearson 1934).

    >>> round(lower(0.5, 10), 3), round(upper(0.5, 10), 3)
    (0.187, 0.813)
    """
    hits = share * n
    return float(betaincinv(hits, n - hits + 1, _ALPHA)) if hits > 0 else 0.0


def upper(share: float, n: float) -> float:
    """Upper limit of a share, missed once in 40 times at most."""
    hits = share * n
    return float(betaincinv(hits + 1, n - hits, 1 - _ALPHA)) if hits < n else 1.0


DIFFICULTY: MappingProxyType[str, str] = MappingProxyType(
    {
        "very_easy": _("very easy"),
        "easy": _("easy"),
        "moderate": _("of moderate difficulty"),
        "hard": _("hard"),
        "very_hard": _("very hard"),
    }
)
DISCRIMINATION: MappingProxyType[str, str] = MappingProxyType(
    {
        "strong": _("separates very well"),
        "good": _("separates well"),
        "thin": _("separates a little"),
        "none": _("hardly separates"),
        "backwards": _("separates the wrong way round"),
        "unclear": _("how well it separates cannot be told yet"),
    }
)
_DIFFICULTIES = (0.2, 0.4, 0.7, 0.9)
_CORRELATIONS = (0.0, 0.1, 0.2, 0.4)
_TOO_WIDE = 0.4
"""An interval of the correlation so wide tells nothing."""


def reading(row: Mapping[Any, Any]) -> str:
    """Give a word of `DIFFICULTY` and one of `DISCRIMINATION` (after Ebel & Frisbie 1991), empty without answers.

    >>> reading({"difficulty": 0.62, "item_rest": 0.35, "rest_low": 0.25, "rest_high": 0.44})
    'moderate good'
    """
    if np.isnan(row["difficulty"]):
        return ""
    hard = list(DIFFICULTY)[::-1][int(np.searchsorted(_DIFFICULTIES, row["difficulty"]))]
    if not row["rest_high"] - row["rest_low"] <= _TOO_WIDE:
        return f"{hard} unclear"
    words = ("backwards", "none", "thin", "good", "strong")
    return f"{hard} {words[int(np.searchsorted(_CORRELATIONS, row['item_rest'], side='right'))]}"
