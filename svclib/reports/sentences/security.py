"""Sentences about exam security: what agrees, what was expected, what to look at; a flag is no finding of guilt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.words import SHARE


def pair(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say how far two candidates' answers agree: a row of the frame of `stats.answer_similarity`."""
    kind = str(row["method"])
    counted = "matching_wrong" if kind[0] in "ks" else "matches"
    text = _("{first} and {second}: {matches} of {items} answers agree, {expected} were expected; nothing unusual.")
    if counted != "matches":
        text = _("{first} and {second}: {matches} equal wrong answers, {expected} were expected; nothing unusual.")
    if row["flag"]:
        text = _(
            "{first} and {second}: {matches} of {items} answers agree, {expected} were expected. Look at seating and "
            "logs; agreement alone does not show how it came about."
        )
        if counted != "matches":
            text = _(
                "{first} and {second}: {matches} equal wrong answers, {expected} were expected. Look at seating and "
                "logs; agreement alone does not show how it came about."
            )
    fields = {"first": str(row["first"]), "second": str(row["second"]), "matches": words.number(row[counted])}
    fields |= {"items": words.number(row["items"]), "expected": words.number(row["expected"], 1)}
    return translate(text, language, **fields)


def cluster(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say who hang together: a row of `stats.answer_clusters`."""
    text = _(
        "{size} candidates hang together by {pairs} flagged pairs: {who}. Look whether they sat together or were "
        "taught alike."
    )
    who = ", ".join(str(one) for one in row["candidates"])
    return translate(text, language, size=words.number(row["size"]), pairs=words.number(row["pairs"]), who=who)


def rapid(found: Any, language: str = "en") -> str:
    """Say how many answers and candidates were too quick: a result of `stats.rapid_guessing`."""
    rows = found.items
    answers, quick = float(rows["n"].sum()), float(rows["rapid"].sum())
    text = _(
        "{share} of {answers} answers came too quickly to rest on reading; {count} of {all} candidates gave many of "
        "them: read their scores with care."
    )
    count = words.number(found.candidates["flag"].fillna(False).astype(bool).sum())
    share = words.value(quick / answers if answers else 0.0, SHARE)
    everybody = words.number(len(found.candidates))
    return translate(text, language, share=share, answers=words.number(answers), count=count, all=everybody)


def item(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say whether an item became easier: a row of the items of `stats.item_compromise`."""
    if not words.known(row["p_adjusted"]):
        return translate(_("Item {item}: too few answers to tell."), language, item=str(row["item"]))
    text = _("Item {item}: no sign that it became easier over the {n} candidates.")
    if row["flag"]:
        text = _(
            "Item {item}: from {moment} on easier than ability explains. Rest the item and look where it may have "
            "got out; a change of teaching can look the same."
        )
    fields = {"item": str(row["item"]), "n": words.number(row["n"]), "moment": str(row["change"])}
    return translate(text, language, **fields)


def known_items(row: Mapping[Any, Any], candidate: Any, language: str = "en") -> str:
    """Say whether a candidate did better on watched items: a row of `stats.preknowledge` and whose it is."""
    fields = {"candidate": str(candidate)}
    if not words.known(row["p_adjusted"]):
        return translate(_("{candidate}: too few answers to tell."), language, **fields)
    fields |= {"score": words.number(row["score"], 1), "expected": words.number(row["expected"], 1)}
    text = _("{candidate}: {score} marks on the watched items, {expected} were expected; nothing unusual.")
    if row["flag"]:
        text = _(
            "{candidate}: {score} marks on the watched items, {expected} were expected from the others. Look at logs "
            "and earlier sittings; targeted study can look the same."
        )
    return translate(text, language, **fields)
