"""Sentences about how far the scores of an exam can be trusted, at the pass mark above all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import RATING, SHARE
from svclib.stats.items.form_spread import FormSpread
from svclib.stats.items.generalizability import Generalizability

_POINTS = 1
_HIGH, _LOW = 0.8, 0.7
"""Yardsticks of reliability for decisions on persons, as in `sentences.items.reliability`."""


def reliability(found: pd.DataFrame, language: str = "en") -> str:
    """Say how reliable the whole exam is and how far its scores err, by `stats.exam_reliability`."""
    whole = found.loc[found["part"] == ""].set_index("term")
    term = "stratified_alpha" if "stratified_alpha" in whole.index else "alpha"
    row = whole.loc[term].to_dict()
    if not words.known(row["estimate"]):
        return translate(_("Reliability: no number ({why})."), language, why=note(row["note"], language))
    name = translate(_TERMS[term], language)
    fields = {"name": name, "value": words.value(row["estimate"], RATING), "interval": _interval(row, language)}
    told = [translate(_verdict(row), language, **fields)]
    sem = whole.loc["sem"].to_dict()
    if words.known(sem["estimate"]):
        text = _("A score errs by {sem} points as a rule (one standard error of measurement).")
        told.append(translate(text, language, sem=words.number(sem["estimate"], _POINTS)))
    return _together(told, language)


_TERMS = {"alpha": _("alpha"), "stratified_alpha": _("stratified alpha")}


def _verdict(row: Mapping[Any, Any]) -> str:
    low, high = row["low"], row["high"]
    if words.known(low) and low >= _HIGH:
        return _("Reliability ({name}) is {value} (95% interval {interval}): high enough for decisions on persons.")
    if words.known(high) and high < _LOW:
        return _("Reliability ({name}) is {value} (95% interval {interval}): too low for decisions on persons.")
    return _("Reliability ({name}) is {value} (95% interval {interval}): thin for decisions on persons.")


def _interval(row: Mapping[Any, Any], language: str) -> str:
    return words.interval(row["low"], row["high"], RATING, language)


def _together(parts: list[str], language: str) -> str:
    return ("" if language == "zh-CN" else " ").join(parts)


def drawn_forms(found: Generalizability, language: str = "en") -> str:
    """Say how dependable scores on drawn forms are, and the verdict at the pass mark."""
    rows = found.frame.set_index("term")
    phi = rows.loc["phi"].to_dict()
    if not words.known(phi["estimate"]):
        return translate(_("Dependability: no number ({why})."), language, why=note(phi["note"], language))
    text = _(
        "Dependability Φ of scores on forms of {items} items is {value} (95% interval {interval}); the luck of the "
        "draw counts as error."
    )
    if not words.known(phi["low"]):
        text = _(
            "Dependability Φ of scores on forms of {items} items is {value} (no interval can be told); the luck of the "
            "draw counts as error."
        )
    fields = {"items": words.number(found.n_items), "value": words.value(phi["estimate"], RATING)}
    told = [translate(text, language, interval=_interval(phi, language), **fields)]
    error = _("A candidate's score errs by {sem} percentage points as a rule.")
    told.append(translate(error, language, sem=words.number(100 * float(rows["estimate"]["sem_absolute"]), 1)))
    if "phi_cut" in rows.index:
        cut = rows.loc["phi_cut"].to_dict()
        text = _("For the verdict at the pass mark it is {value} (95% interval {interval}): {verdict}.")
        if not words.known(cut["low"]):
            text = _("For the verdict at the pass mark it is {value} (no interval can be told).")
        verdict = translate(_cut_verdict(cut), language)
        value = words.value(cut["estimate"], RATING)
        told.append(translate(text, language, value=value, interval=_interval(cut, language), verdict=verdict))
    return _together(told, language)


def _cut_verdict(row: Mapping[Any, Any]) -> str:
    if words.known(row["low"]) and row["low"] >= _HIGH:
        return _("dependable")
    if words.known(row["high"]) and row["high"] < _LOW:
        return _("not dependable enough; draw more items")
    return _("thin; draw more items if much hangs on it")


def forms(found: FormSpread, language: str = "en") -> str:
    """Say how far forms differ in difficulty and what that does to the pass rate."""
    whole = found.frame.iloc[-1]
    if not words.known(whole["low"]):
        return translate(_("How far forms differ cannot be told."), language)
    if whole["sd_form"] == 0:
        return translate(_("All forms are equally difficult."), language)
    text = _("{level} of the forms have an expected score between {low} and {high}, by the luck of the draw alone.")
    fields = {"low": words.value(whole["low"], SHARE), "high": words.value(whole["high"], SHARE)}
    told = [translate(text, language, level=f"{100 * found.level:g}%", **fields)]
    if len(found.passing):
        rates = found.passing.set_index("form")["pass_rate"]
        text = _(
            "On a hard form {hard} would pass, on an easy one {easy}; for {share} of the candidates two draws would "
            "decide differently."
        )
        ends = {"hard": words.value(rates["hard"], SHARE), "easy": words.value(rates["easy"], SHARE)}
        told.append(translate(text, language, share=words.value(found.by_form, SHARE), **ends))
    return _together(told, language)


def at_the_mark(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say how far a score at the pass mark errs: a row of `stats.conditional_sem` with ``at=``."""
    if not words.known(row["sem"]):
        return translate(_("Error at the pass mark: no number ({why})."), language, why=note(row["note"], language))
    text = _(
        "At {score} points the standard error is {sem} points: who truly stands there scores between {low} and {high} "
        "in {level} of all sittings."
    )
    fields = {name: words.number(row[name], _POINTS) for name in ("sem", "low", "high")}
    score = words.number(row["score"], 0 if float(row["score"]).is_integer() else _POINTS)
    return translate(text, language, score=score, level=f"{100 * row['level']:g}%", **fields)
