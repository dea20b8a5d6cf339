"""Sentences about the agreement of raters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import RATING

_NAMES = {
    "kappa": _("kappa"),
    "alpha": _("Krippendorff's alpha"),
    "AC1": _("Gwet's AC1"),
    "AC2": _("Gwet's AC2"),
}
ENOUGH, TENTATIVE = 0.8, 0.667
"""From the first raters may stand in for each other, from the second conclusions are tentative (Krippendorff 2004)."""


def agreement(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say how far raters agree beyond chance, and what that is enough for.

    Parameters
    ----------
    row : mapping
        A row of `stats.kappa`, `gwet`, `krippendorff` or `icc`.
    """
    name = translate(_NAMES[row["term"]], language) if row["term"] in _NAMES else str(row["term"])
    if not words.known(row["estimate"]):
        return translate(
            _("Agreement ({name}): no number ({why})."), language, name=name, why=note(row["note"], language)
        )
    fields = {"name": name, "value": words.value(row["estimate"], RATING), "n": words.number(row["n"])}
    if not words.known(row["low"]):
        text = _("Agreement ({name}) is {value} of {n} subjects; no interval ({why}).")
        return translate(text, language, **fields, why=note(row["note"], language))
    fields["interval"] = words.interval(row["low"], row["high"], RATING, language)
    fields["level"] = f"{100 * row['level']:.3g}%"
    told = translate(_verdict(row), language, **fields)
    gap = "" if language == "zh-CN" else " "
    return told + (f"{gap}({note(row['note'], language)})" if row["note"] else "")


def _verdict(row: Mapping[Any, Any]) -> str:
    if row["low"] >= ENOUGH:
        return _(
            "Agreement ({name}) is {value} ({level} interval {interval}; {n} subjects): the raters can stand in for "
            "each other."
        )
    if row["high"] < TENTATIVE:
        return _(
            "Agreement ({name}) is {value} ({level} interval {interval}; {n} subjects): too low to rely on single "
            "ratings; train the raters or let several judge."
        )
    return _(
        "Agreement ({name}) is {value} ({level} interval {interval}; {n} subjects): whether it is enough to rely on "
        "single ratings cannot be told yet."
    )
