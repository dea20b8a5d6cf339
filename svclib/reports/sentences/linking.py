"""Sentences about links and equating: what a score means on the old form, how sure that is, whose verdict changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.stats.linking.drift import Drift
from svclib.stats.linking.link import Link
from svclib.stats.linking.results import Equating

_EVEN = 0.05
"""Points of difference that nobody would call one."""


def form_name(form: str, language: str = "en") -> str:
    """Name a form: ``new`` or ``old``.

    >>> form_name("new"), form_name("old", "zh-CN")
    ('New form', '旧卷')
    """
    return translate(_("New form") if form == "new" else _("Old form"), language)


def meaning(made: Equating, score: float, language: str = "en") -> str:
    """Say what a score on the new form means on the old one, and how sure that is.

    Parameters
    ----------
    made : Equating
        A result of `stats.equate`.
    score : float
        A score of the new form.
    language : {"zh-CN", "en"}
    """
    row = made.at(score)
    fields = {"score": f"{row['score']:g}", "value": words.number(row["equated"], 1), "level": _level(row)}
    if not words.known(row["equated"]):
        text = _("What {score} on the new form is worth on the old one cannot be told ({why}).")
        return translate(text, language, **fields, why=note(str(row["note"]), language))
    fields["compared"] = _compared(float(row["equated"] - row["score"]), language)
    if not words.known(row["low"]):
        text = _(
            "{score} on the new form is worth {value} on the old one: {compared}. How sure that is cannot be told."
        )
        return translate(text, language, **fields)
    fields |= {"low": words.number(row["low"], 1), "high": words.number(row["high"], 1)}
    text = _("{score} on the new form is worth {value} on the old one ({level} interval {low} to {high}): {compared}.")
    return translate(text, language, **fields)


def _compared(more: float, language: str) -> str:
    size = words.number(abs(more), 1)
    if abs(more) < _EVEN:
        return translate(_("both forms are equally hard there"), language)
    text = (
        _("the new form is {size} points harder there") if more > 0 else _("the new form is {size} points easier there")
    )
    return translate(text, language, size=size)


def _level(row: Mapping[Any, Any] | Any) -> str:
    return f"{100 * row['level']:.3g}%"


def verdicts(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say whose verdict the equating changes: a row of `Equating.verdicts`."""
    if not words.known(row["new_cut"]):
        text = _("No score of the new form is worth {cut} points of the old one: nobody can pass; check the forms.")
        return translate(text, language, cut=f"{row['cut']:g}")
    fields = {name: words.number(row[name]) for name in ("n", "passed", "passed_equated", "gained", "lost")}
    fields |= {"cut": f"{row['cut']:g}", "new_cut": f"{row['new_cut']:g}"}
    text = _(
        "To be as fair as {cut} points on the old form, the pass mark of the new form must be {new_cut}. Of {n} "
        "candidates {passed_equated} pass by it, {passed} by {cut}: {gained} pass only by the equating, {lost} fail "
        "only by it."
    )
    said = [translate(text, language, **fields)]
    if words.known(row["unsure"]):
        more = _("{unsure} candidates score so near it that the conversion itself might turn their verdict.")
        if not row["unsure"]:
            more = _("No candidate scores so near it that the conversion itself might turn the verdict.")
        said.append(translate(more, language, unsure=words.number(row["unsure"])))
    return _together(said, language)


def _together(parts: Sequence[str], language: str) -> str:
    return ("" if language.startswith("zh") else " ").join(part for part in parts if part)


def cautions(made: Equating | Link | Drift, language: str = "en") -> str:
    """Say what a result should be taken with care for; empty if nothing."""
    if not made.notes:
        return ""
    separator = "；" if language.startswith("zh") else "; "
    told = separator.join(note(str(one), language) for one in made.notes)
    return translate(_("Take care: {notes}."), language, notes=told)


def linked(made: Link, language: str = "en") -> str:
    """Say how a new calibration is brought to the old scale."""
    rows = made.frame.set_index("term")
    fields = {
        "n": words.number(len(made.anchors)), "slope": words.number(made.slope, 3),
        "intercept": words.number(made.intercept, 3),
    }  # fmt: skip
    if not words.known(rows["std_error"].iloc[0]):
        text = _(
            "By {n} common items, an ability of the new calibration is multiplied by {slope} and {intercept} is added."
        )
        return translate(text, language, **fields)
    fields |= {f"{term}_error": words.number(rows["std_error"][term], 3) for term in ("slope", "intercept")}
    text = _(
        "By {n} common items, an ability of the new calibration is multiplied by {slope} (standard error "
        "{slope_error}) and {intercept} (standard error {intercept_error}) is added."
    )
    return translate(text, language, **fields)


def drift(found: Drift, language: str = "en") -> str:
    """Say which anchors moved, by how much, and what to do."""
    n = words.number(len(found.frame))
    moved = found.frame[found.frame["flagged"] | (~found.frame["kept"] & found.frame["difference"].notna())]
    if not len(moved):
        return translate(_("None of the {n} common items moved beyond what the others do."), language, n=n)
    parts = [_moved(row, language) for row in moved.to_dict("records")]
    text = _(
        "{k} of {n} common items moved: {items}. Look at their wording, key and how often they were shown before they "
        "link forms again; it says nothing about any candidate."
    )
    said = [translate(text, language, k=words.number(len(moved)), n=n, items=words.joined(parts, language))]
    said.append(_pass_mark(found, language))
    return _together(said, language)


def _moved(row: Mapping[Any, Any], language: str) -> str:
    text = _("{item} (harder by {size})") if row["difference"] > 0 else _("{item} (easier by {size})")
    return translate(text, language, item=row["item"], size=words.number(abs(row["difference"]), 2))


def _pass_mark(found: Drift, language: str) -> str:
    if "cut_change" not in found.effects or not len(found.effects):
        return ""
    rows = found.effects.dropna(subset=["cut_change"])
    if not len(rows):
        return ""
    worst = rows.iloc[int(np.abs(rows["cut_change"].to_numpy(dtype=float)).argmax())]
    text = _("Leaving out {item} alone moves the new form's pass mark by {size} points.")
    return translate(text, language, item=worst["item"], size=words.number(worst["cut_change"], 2, signed=True))


def largest(made: Equating, language: str = "en") -> str:
    """Say how far the conversion is from no change at most, and whether it is beyond chance anywhere."""
    frame = made.frame[made.frame["n"] > 0] if (made.frame["n"] > 0).any() else made.frame
    apart = (frame["equated"] - frame["score"]).to_numpy(dtype=float)
    if not np.isfinite(apart).any():
        return translate(_("The conversion cannot be told."), language)
    at = int(np.nanargmax(np.abs(apart)))
    beyond = ((frame["low"] > frame["score"]) | (frame["high"] < frame["score"])).to_numpy()
    fields = {"size": words.number(apart[at], 1, signed=True), "score": f"{frame['score'].iloc[at]:g}"}
    text = _("At most the equating changes a score by {size} points (at {score}); chance alone could do that.")
    if beyond.any():
        text = _("At most the equating changes a score by {size} points (at {score}); the forms differ beyond chance.")
    return translate(text, language, **fields)
