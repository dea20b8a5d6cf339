"""Sentences about fair items: where equally able groups fare differently, what it costs, and what to check.

A flag is a reason to look, never a verdict; a difference of ability is not called unfair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.i18n import _, language_of, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import SHARE
from svclib.stats.fairness.notes import Direction, FairNote
from svclib.stats.fairness.reading import EVERYBODY
from svclib.stats.fairness.results import Dif

EVERYBODY_ELSE = _("everybody else")
_NAMED = 5


def _group(name: Any, labels: Mapping[Any, str] | None, language: str) -> str:
    if name == EVERYBODY:
        return translate(EVERYBODY_ELSE, language)
    return (labels or {}).get(name, str(name))


def _together(parts: list[str], language: str) -> str:
    gap = "" if language_of(language, "en") == "zh-CN" else " "
    return gap.join(part for part in parts if part)


def overview(found: Dif, language: str = "en") -> str:
    """Say how many items call for a look, and that a flag is no verdict.

    Parameters
    ----------
    found : Dif
        A result of `stats.dif`.
    """
    frame = found.frame
    count, judged = frame["item"].nunique(), frame.loc[frame["p_value"].notna(), "item"].nunique()
    if not judged:
        return translate(_("No item could be compared between the groups."), language)
    parts = _looks(found, judged, language)
    if judged < count:
        parts.append(translate(_("{lost} items could not be compared."), language, lost=count - judged))
    parts.append(set_aside(found, language))
    if found.note:
        parts.append(translate(_("Of the matching: {note}."), language, note=note(found.note, language)))
    return _together(parts, language)


def _looks(found: Dif, judged: int, language: str) -> list[str]:
    """Say which items are flagged in a group, and which differ between all groups only when taken together."""
    names = list(dict.fromkeys(found.flagged["item"].astype(str)))
    joint = found.omnibus.loc[found.omnibus["p_adjusted"] < 1 - found.level, "item"].astype(str)
    others = [name for name in joint if name not in names]
    parts = []
    if names:
        text = _(
            "{look} of {judged} items call for a look, first {names}: equally able candidates of different groups fare "
            "differently on them, beyond chance and by a size that matters. This is a reason to look, not a proof of "
            "unfairness."
        )
        listed = words.joined(names[:_NAMED], language)
        parts.append(translate(text, language, look=len(names), judged=judged, names=listed))
    elif not others:
        text = _(
            "Of {judged} items compared, none treats equally able candidates of the groups differently beyond chance. "
            "Small differences can remain unseen, the more so the fewer candidates a group has."
        )
        parts.append(translate(text, language, judged=judged))
    if others:
        text = _(
            "All groups taken together differ beyond chance on {names}, though no single group stands out there: "
            "compare larger groups (regions, kinds of branches) to see which."
        )
        parts.append(translate(text, language, names=words.joined(others[:_NAMED], language)))
    return parts


def set_aside(found: Dif, language: str = "en") -> str:
    """Say which groups were too few; nothing where none was."""
    few = found.groups[found.groups["note"] == str(FairNote.SMALL)]
    if few.empty:
        return ""
    text = _("{count} groups with too few candidates were not judged ({candidates} candidates in all).")
    return translate(text, language, count=len(few), candidates=words.number(few["n"].sum()))


def ability(found: Dif, language: str = "en", labels: Mapping[Any, str] | None = None) -> str:
    """Say how far apart the groups score, and that this alone is no unfairness."""
    told = found.groups[found.groups["note"] == str(FairNote.IN_USE)].dropna(subset=["score"])
    if len(told) < 2:
        return ""
    best, last = (told.iloc[int(at)] for at in (told["score"].argmax(), told["score"].argmin()))
    text = _(
        "Mean scores run from {low} ({last}) to {high} ({best}). Such a difference is one of ability as far as this "
        "exam can tell, and by itself no unfairness: items are compared between candidates of equal ability."
    )
    return translate(
        text, language, low=words.value(last["score"], SHARE), high=words.value(best["score"], SHARE),
        last=_group(last["group"], labels, language), best=_group(best["group"], labels, language),
    )  # fmt: skip


_LEANS = {
    Direction.HARDER: _("{item} is harder for {focal} than for equally able candidates of {reference}{size}."),
    Direction.EASIER: _("{item} is easier for {focal} than for equally able candidates of {reference}{size}."),
    Direction.CROSSING: _(
        "{item} separates the able from the weak differently in {focal} than in {reference}: harder for some, easier "
        "for others{size}."
    ),
}
_CHECKS = {
    Direction.HARDER: _(
        "Check whether its wording or translation is harder for {focal}, whether it asks what their work or branch "
        "does differently, and whether they were taught it."
    ),
    Direction.EASIER: _(
        "Check whether it asks what {focal} do every day, was practised or known there beforehand, and whether the "
        "wording helps them."
    ),
    Direction.CROSSING: _(
        "Check whether the stem or an option can be read in two ways, and whether practice differs between the groups."
    ),
}


def item(
    row: Mapping[Any, Any], language: str = "en", labels: Mapping[Any, str] | None = None, subject: str | None = None
) -> str:
    """Say what was found of an item, how large and how sure, and what to check: a row of `Dif.frame`.

    Parameters
    ----------
    labels : dict, optional
        The groups in words.
    subject : str, optional
        The item in words.
    """
    fields = {
        "item": subject or str(row["item"]),
        "focal": _group(row["focal"], labels, language),
        "reference": _group(row["reference"], labels, language),
    }
    if not words.known(row["p_value"]):
        text = _("{item}: {focal} and {reference} cannot be compared ({why}).")
        return translate(text, language, **fields, why=note(str(row["note"]), language))
    direction = str(row["direction"])
    if not row["flagged"] or direction not in _LEANS:
        text = _(
            "{item}: no difference between equally able candidates of {focal} and {reference} that calls for a look."
        )
        return translate(text, language, **fields)
    leans = translate(_LEANS[Direction(direction)], language, **fields, size=_size(row, language))
    check = translate(_CHECKS[Direction(direction)], language, **fields)
    return _together([leans, check], language)


def _size(row: Mapping[Any, Any], language: str) -> str:
    size = {"A": _("small"), "B": _("moderate"), "C": _("large")}.get(str(row.get("class", "")), "")
    told = row.get("difference")
    if size and words.known(told):
        text = _(" ({difference} fewer right than expected; {size}, class {letter})")
        if float(str(told)) > 0:
            text = _(" ({difference} more right than expected; {size}, class {letter})")
        apart = words.change(told, SHARE, language)
        return translate(text, language, difference=apart, size=translate(size, language), letter=row["class"])
    if size:
        return translate(_(" ({size}, class {letter})"), language, size=translate(size, language), letter=row["class"])
    return ""


def passing(row: Mapping[Any, Any], language: str = "en", labels: Mapping[Any, str] | None = None) -> str:
    """Say how many pass or fail because of the flagged items: a row of the frame of `stats.dif_effects`."""
    focal = _group(row["focal"], labels, language)
    if not words.known(row["estimate"]) or not words.known(row["low"]):
        text = _("{focal}: no effect on passing to tell ({why}).")
        return translate(text, language, focal=focal, why=note(str(row["note"]), language))
    ends = sorted(abs(float(row[name])) for name in ("moved_low", "moved_high"))
    digits = 0 if abs(row["moved"]) >= 10 else 1
    fields = {
        "focal": focal, "items": int(row["items"]), "n": words.number(row["n"]), "level": f"{100 * row['level']:.3g}%",
        "moved": words.number(abs(row["moved"]), digits),
        "low": words.number(ends[0], digits), "high": words.number(ends[1], digits),
        "as_is": words.value(row["as_is"], SHARE), "fair": words.value(row["fair"], SHARE),
    }  # fmt: skip
    if row["low"] <= 0 <= row["high"]:
        text = _(
            "{focal}: the {items} flagged items together move nobody across the pass mark beyond chance (pass rate "
            "{as_is}, {fair} were the items alike for both groups)."
        )
    elif row["estimate"] < 0:
        text = _(
            "{focal}: because of {items} flagged items about {moved} of {n} candidates fail who would otherwise pass "
            "({level} interval {low} to {high}; pass rate {as_is} instead of {fair})."
        )
    else:
        text = _(
            "{focal}: because of {items} flagged items about {moved} of {n} candidates pass who would otherwise fail "
            "({level} interval {low} to {high}; pass rate {as_is} instead of {fair})."
        )
    return translate(text, language, **fields)


def who(levels: pd.DataFrame, language: str = "en", labels: Mapping[Any, str] | None = None) -> str:
    """Say at which scores the items cost or give most: the rows of one group of `levels` of `stats.dif_effects`."""
    told = levels.dropna(subset=["points"])
    if told.empty:
        return ""
    most = told.iloc[int(np.argmax(told["points"].abs()))]
    text = _("{focal}: most points are lost around a score of {score} ({points} points on average).")
    if most["points"] > 0:
        text = _("{focal}: most points are gained around a score of {score} ({points} points on average).")
    return translate(
        text, language, focal=_group(most["focal"], labels, language), score=words.value(most["score"], SHARE),
        points=words.number(abs(most["points"]), 2),
    )  # fmt: skip
