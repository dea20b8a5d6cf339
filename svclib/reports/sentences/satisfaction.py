"""Sentences about measures of satisfaction: level, change, target, branches, what got worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import Unit

INDEX = Unit(digits=1, change=_("{size} points"))
"""How an index from 0 to 100 (`stats.acsi`) is written."""


def level(row: Mapping[Any, Any], subject: str, unit: Unit, language: str = "en") -> str:
    """Say how high a measure stands, how sure that is, and how many answered."""
    if not words.known(row["estimate"]):
        text = _("{subject}: no number ({why}).")
        return translate(text, language, subject=subject, why=note(row["note"] or "no answers", language))
    text = _("{subject} was {value} ({level} interval {interval}; {n} answers).")
    if volunteers(row):
        text = _("{subject} was {value} among the {n} who chose to answer; no sampling error can be told.")
        return translate(text, language, subject=subject, **_numbers(row, unit, language))
    if not words.known(row["low"]):
        text = _("{subject} was {value} ({n} answers; too alike or too few for an interval).")
    return translate(text, language, subject=subject, **_numbers(row, unit, language))


def volunteers(row: Mapping[Any, Any] | pd.Series) -> bool:
    """Say whether an estimate is of people who chose themselves, so that no sampling error may be claimed for it."""
    return "volunteers" in str(row["note"])


def sources(rows: pd.DataFrame, subject: str, unit: Unit, language: str = "en") -> str:
    """Put what sampled people say beside what volunteers say, and which of the two to read.

    Parameters
    ----------
    rows : DataFrame
        Estimates with a column ``source`` (probability, census, opt-in), a row a source.
    subject : str
    unit : Unit
    """
    told = {str(row["source"]): row for row in rows.dropna(subset=["estimate"]).to_dict("records")}
    texts = {
        "probability": _("In the sample {subject} is {value} ({level} interval {interval}; {n} answers)."),
        "census": _("Among all who were asked {subject} is {value} ({level} interval {interval}; {n} answers)."),
        "opt-in": _("Among the {n} who chose to answer it is {value}; that has no sampling error."),
    }
    parts = [
        translate(texts[source], language, subject=subject, **_numbers(told[source], unit, language))
        for source in texts
        if source in told
    ]
    if {"probability", "opt-in"} <= set(told):
        apart = told["opt-in"]["estimate"] - told["probability"]["estimate"]
        inside = told["probability"]["low"] <= told["opt-in"]["estimate"] <= told["probability"]["high"]
        if inside:
            text = _("The two agree as far as the sample can tell.")
        elif apart > 0:
            text = _("Volunteers are kinder by {size}: read the sample's figure.")
        else:
            text = _("Volunteers are harsher by {size}: read the sample's figure.")
        parts.append(translate(text, language, size=words.change(apart, unit, language)))
    return ("" if language == "zh-CN" else " ").join(parts)


def _numbers(row: Mapping[Any, Any], unit: Unit, language: str) -> dict[str, str]:
    return {
        "value": words.value(row["estimate"], unit),
        "interval": words.interval(row["low"], row["high"], unit, language),
        "n": words.number(row["n"]),
        "level": f"{100 * row['level']:.3g}%",
    }


def change(row: Mapping[Any, Any], subject: str, unit: Unit, language: str = "en") -> str:
    """Say which way and how far a measure moved since the month before, and whether chance could have done it.

    Parameters
    ----------
    row : mapping
        A row of `svclib.stats.changes`.
    subject : str
        What moved, in `language`.
    """
    if row["direction"] == "unknown":
        return translate(_("{subject}: no comparison with the month before is possible."), language, subject=subject)
    return translate(_pattern(row, unit), language, **_change_words(row, subject, unit, language))


def _change_words(row: Mapping[Any, Any], subject: str, unit: Unit, language: str) -> dict[str, str]:
    return {
        "subject": subject,
        "size": words.change(row["estimate"], unit, language),
        "interval": words.change_interval(row["low"], row["high"], unit, language),
        "level": f"{100 * row['level']:.3g}%",
    }


def _pattern(row: Mapping[Any, Any], unit: Unit) -> str:
    if round(abs(row["estimate"]) * unit.factor, max(unit.digits, 1)) == 0:
        return _("{subject} did not move ({level} interval of the change {interval}).")
    if row["direction"] == "steady":
        if row["estimate"] > 0:
            return _("{subject} rose by {size} ({level} interval {interval}); chance alone could explain it.")
        return _("{subject} fell by {size} ({level} interval {interval}); chance alone could explain it.")
    if row["direction"] == "up":
        return _("{subject} rose by {size} ({level} interval {interval}); chance alone would hardly explain it.")
    return _("{subject} fell by {size} ({level} interval {interval}); chance alone would hardly explain it.")


def worst(rows: Sequence[tuple[Mapping[Any, Any], str, Unit]], language: str = "en") -> str:
    """Say in one sentence what got worse; of several the fall that is largest against its uncertainty.

    Parameters
    ----------
    rows : list of (row of changes, subject, unit)
    """
    told = [item for item in rows if item[0]["direction"] != "unknown"]
    falls = sorted((item for item in told if item[0]["estimate"] < 0), key=_weight)
    if not told:
        return translate(_("Nothing can be compared with the month before yet."), language)
    if not falls:
        return translate(_("Nothing got worse since the month before."), language)
    row, subject, unit = falls[0]
    if row["direction"] == "down":
        return change(row, subject, unit, language)
    text = _("Nothing got worse beyond chance. The clearest fall: {subject}, by {size} ({level} interval {interval}).")
    return translate(text, language, **_change_words(row, subject, unit, language))


def _weight(item: tuple[Mapping[Any, Any], str, Unit]) -> float:
    """Size of a fall in its standard errors; the largest fall is the smallest number."""
    row = item[0]
    return float(row["estimate"] / row["std_error"]) if row["std_error"] else float(row["estimate"])


def standing(row: Mapping[Any, Any], language: str = "en") -> str:
    """Give the status of a target in words."""
    names = {"met": _("met"), "not_met": _("not met"), "unknown": _("cannot be told yet")}
    return translate(names[row["standing"]], language)


def ranking(
    estimates: pd.DataFrame, label: str, unit: Unit, *, below: Sequence[str], hidden: int, language: str = "en"
) -> str:
    """Say which groups lie below the whole by more than chance allows, how far the rest can be told apart.

    Parameters
    ----------
    estimates : DataFrame
        The groups' estimates; hidden ones are missing.
    label : str
        Column of names.
    below : list of str
        Names of the groups that lie below the whole.
    hidden : int
        How many groups are not shown.
    """
    shown = estimates.dropna(subset=["estimate"]).sort_values("estimate", ascending=False)
    if shown.empty:
        return translate(_("No group has enough answers to be shown."), language)
    best, last = shown.iloc[0], shown.iloc[-1]
    fields = {
        "best": str(best[label]),
        "best_value": words.value(best["estimate"], unit),
        "last": str(last[label]),
        "last_value": words.value(last["estimate"], unit),
        "below": words.joined(list(below), language),
        "hidden": hidden,
    }
    texts = [_("The values run from {last_value} ({last}) to {best_value} ({best}).")]
    texts.append(
        _("Below the whole by more than chance allows, even among so many: {below}.")
        if below
        else _("None differs downwards from the whole by more than chance allows among so many; do not read the order.")
    )
    if hidden:
        texts.append(_("{hidden} groups are not shown: too few answers."))
    gap = "" if language == "zh-CN" else " "
    return gap.join(translate(text, language, **fields) for text in texts)
