"""Sentences about an exam and its items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.stats.items.distractors import FLAGS as OPTION_FLAGS
from svclib.stats.items.flags import CALM, DIFFICULTY, DISCRIMINATION, FLAGS


def overview(items: pd.DataFrame, language: str = "en") -> str:
    """Say how many items need a look, and which first.

    Parameters
    ----------
    items : DataFrame
        Result of `svclib.stats.item_analysis`.
    """
    look = to_look_at(items)
    if items.empty:
        return translate(_("There are no results yet."), language)
    if (items["flags"] == "few_candidates").all():
        return translate(_("Too few candidates so far to judge the items."), language)
    if look.empty:
        return translate(_("None of the {count} items calls for a look."), language, count=len(items))
    names = words.joined(look["item"].head(5).tolist(), language)
    text = _("{look} of {count} items call for a look, first {names}.")
    return translate(text, language, look=len(look), count=len(items), names=names)


def to_look_at(items: pd.DataFrame) -> pd.DataFrame:
    """Give the items with a flag that asks for action, the worst first (an easy item asks for none)."""
    grave = [[code for code in str(flags).split() if code not in CALM] for flags in items["flags"]]
    look = items.loc[[bool(codes) for codes in grave]].copy()
    look["rank"] = [list(FLAGS).index(codes[0]) for codes in grave if codes]
    return look.sort_values(["rank", "item_rest"], kind="stable").drop(columns="rank")


def item(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say what is the matter with an item."""
    gap = "" if language == "zh-CN" else " "
    named = {"option": row.get("option", "")}
    return gap.join(note(FLAGS[code], language, **named) for code in str(row["flags"]).split())


def reading(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say how difficult an item is and how well it separates: a row of `svclib.stats.item_analysis`."""
    if not row["reading"]:
        return translate(_("Nobody met this item."), language)
    hard, separates = str(row["reading"]).split()
    text = _("Item {item} is {difficulty} ({right} right) and {separates} ({r}, interval {interval}).")
    if separates == "unclear":
        text = _("Item {item} is {difficulty} ({right} right); {separates}.")
    fields = {
        "item": row["item"],
        "difficulty": translate(DIFFICULTY[hard], language),
        "right": words.value(row["difficulty"], words.SHARE),
        "separates": translate(DISCRIMINATION[separates], language),
        "r": words.number(row["item_rest"], 2),
        "interval": words.interval(row["rest_low"], row["rest_high"], words.RATING, language),
    }
    return translate(text, language, **fields)


def option(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say what is the matter with an option; nothing where all is well."""
    return note(OPTION_FLAGS[row["flag"]], language, option=row["option"]) if row["flag"] else ""


def reliability(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say how far a score can be trusted, by the usual yardsticks 0.8 and 0.7 (Nunnally; EFPA's test review)."""
    if not words.known(row["estimate"]):
        return translate(_("Reliability: no number ({why})."), language, why=note(row["note"], language))
    if row["low"] >= 0.8:
        text = _("Reliability (alpha) is {value} (95% interval {interval}): high enough for decisions on persons.")
    elif row["high"] < 0.7:
        text = _("Reliability (alpha) is {value} (95% interval {interval}): too low for decisions on persons.")
    else:
        text = _("Reliability (alpha) is {value} (95% interval {interval}): thin for decisions on persons.")
    fields = {
        "value": words.value(row["estimate"], words.RATING),
        "interval": words.interval(row["low"], row["high"], words.RATING, language),
    }
    return translate(text, language, **fields)
