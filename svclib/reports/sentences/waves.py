"""Sentences about waves: what moved from one to the next, by how much, and what the panel adds to that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.sentences.satisfaction import volunteers
from svclib.reports.words import Unit


def change(
    row: Mapping[Any, Any], subject: str, unit: Unit, language: str = "en", *, among: int = 1, clusters: bool = False
) -> str:
    """Say from where to where a measure moved, how sure that is, and how many answered both times.

    Parameters
    ----------
    row : mapping
        A row of ``changes()`` of `stats.waves`.
    subject : str
        What moved, in `language`.
    unit : Unit
    among : int
        So many changes were looked at together, and ``p_adjusted`` allows for them.
    clusters : bool
        The overlap counts clusters of a design (branches), not respondents.
    """
    fields = {"subject": subject, "first": str(row["first"]), "second": str(row["second"])}
    if row["direction"] == "unknown":
        text = _("{subject}: {second} cannot be compared with {first} ({why}).")
        return translate(text, language, why=note(row["note"] or "no answers", language), **fields)
    if volunteers(row):
        text = _(
            "{subject} moved from {before} in {first} to {after} in {second} among those who chose to answer; no "
            "sampling error can be told."
        )
        return translate(text, language, **fields, **_numbers(row, unit, language))
    sentence = translate(_pattern(row, among), language, **fields, among=among, **_numbers(row, unit, language))
    if not row["overlap"]:
        return sentence
    text = _("{overlap} answered both times, which the interval takes into account.")
    if clusters:
        text = _("{overlap} clusters are in both waves, which the interval takes into account.")
    both = translate(text, language, overlap=words.number(row["overlap"]))
    return sentence + ("" if language == "zh-CN" else " ") + both


def _numbers(row: Mapping[Any, Any], unit: Unit, language: str) -> dict[str, str]:
    return {
        "before": words.value(row["previous"], unit),
        "after": words.value(row["previous"] + row["estimate"], unit),
        "size": words.change(row["estimate"], unit, language),
        "interval": words.change_interval(row["low"], row["high"], unit, language),
        "level": f"{100 * row['level']:.3g}%",
    }


def _pattern(row: Mapping[Any, Any], among: int) -> str:
    if row["direction"] == "steady":
        if row["estimate"] == 0:
            return _(
                "{subject} stood at {after} in {first} and in {second} ({level} interval of the change {interval})."
            )
        if row["estimate"] > 0:
            return _(
                "{subject} rose from {before} in {first} to {after} in {second}, by {size} ({level} interval "
                "{interval}); chance alone could explain it."
            )
        return _(
            "{subject} fell from {before} in {first} to {after} in {second}, by {size} ({level} interval "
            "{interval}); chance alone could explain it."
        )
    if row["direction"] == "up":
        if among > 1:
            return _(
                "{subject} rose from {before} in {first} to {after} in {second}, by {size} ({level} interval "
                "{interval}); even among {among} changes chance alone would hardly explain it."
            )
        return _(
            "{subject} rose from {before} in {first} to {after} in {second}, by {size} ({level} interval "
            "{interval}); chance alone would hardly explain it."
        )
    if among > 1:
        return _(
            "{subject} fell from {before} in {first} to {after} in {second}, by {size} ({level} interval "
            "{interval}); even among {among} changes chance alone would hardly explain it."
        )
    return _(
        "{subject} fell from {before} in {first} to {after} in {second}, by {size} ({level} interval "
        "{interval}); chance alone would hardly explain it."
    )


def trend(row: Mapping[Any, Any], subject: str, unit: Unit, language: str = "en") -> str:
    """Say which way a measure goes from wave to wave.

    Parameters
    ----------
    row : mapping
        A row of ``trend()`` of `stats.waves`.
    subject, unit
        As in `change`.
    """
    if row["direction"] == "unknown":
        text = _("{subject}: no trend can be told ({why}).")
        return translate(text, language, subject=subject, why=note(row["note"] or "no answers", language))
    if volunteers(row):
        text = _(
            "{subject} goes by {change} from wave to wave among those who chose to answer; no sampling error can be "
            "told."
        )
        return translate(text, language, subject=subject, change=_signed(row["estimate"], unit))
    texts = {
        "up": _(
            "{subject} goes up by {size} from wave to wave ({level} interval {interval}); chance alone would hardly "
            "explain it."
        ),
        "down": _(
            "{subject} goes down by {size} from wave to wave ({level} interval {interval}); chance alone would hardly "
            "explain it."
        ),
        "steady": _(
            "{subject} shows no trend beyond chance ({level} interval of the change from wave to wave {interval})."
        ),
    }
    fields = {
        "size": words.change(row["estimate"], unit, language),
        "interval": words.change_interval(row["low"], row["high"], unit, language),
        "level": f"{100 * row['level']:.3g}%",
    }
    return translate(texts[row["direction"]], language, subject=subject, **fields)


def moved(changes: pd.DataFrame, label: str, unit: Unit, language: str = "en") -> str:
    """Say which groups moved by more than chance allows, even among so many.

    Parameters
    ----------
    changes : DataFrame
        ``changes(adjust=…)`` of `stats.waves` with `by`.
    label : str
        Column of the groups' names.
    """
    told = changes[changes["direction"] != "unknown"]
    if told.empty:
        return translate(_("No group can be compared from wave to wave: too few answers."), language)
    parts = []
    for direction, text in (("down", _("Fell beyond chance: {names}.")), ("up", _("Rose beyond chance: {names}."))):
        rows = told[told["direction"] == direction].sort_values("estimate")
        if len(rows):
            listed = [f"{row[label]} ({_signed(row['estimate'], unit)})" for row in rows.to_dict("records")]
            parts.append(translate(text, language, names=words.joined(listed, language)))
    if not parts:
        return translate(_("None of {count} changes goes beyond what chance does among so many."), language,
                         count=len(told))  # fmt: skip
    rest = translate(_("{count} changes were looked at together."), language, count=len(told))
    return ("" if language == "zh-CN" else " ").join([*parts, rest])


def _signed(size: float, unit: Unit) -> str:
    return words.number(size * unit.factor, max(unit.digits, 1), signed=True)
