"""Sentences about pass marks that can be read aloud: how sure a mark is, what one point does, who is near it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.stats.cutscores.angoff import Angoff
from svclib.stats.cutscores.bookmark import Bookmark
from svclib.stats.cutscores.groups import ContrastingGroups
from svclib.stats.cutscores.judging import FLAGS as JUDGE_FLAGS
from svclib.stats.cutscores.near import FLAGS

_ITEMS_SHOWN = 5


def _level(row: Any) -> str:
    return f"{100 * row['level']:.3g}%"


def _points(value: Any, digits: int = 1) -> str:
    return words.number(value, 0 if words.known(value) and float(value) == round(float(value)) else digits)


def _percent(value: Any) -> str:
    return words.value(value, words.SHARE)


def cut(mark: Angoff, language: str = "en") -> str:
    """Say where the panel puts the mark, and how far another panel could put it."""
    row = mark.frame.iloc[-2]
    if not words.known(row["estimate"]):
        text = _("The judges set no mark ({why}).")
        return translate(text, language, why=note(str(row["note"]), language))
    fields = {"cut": _points(row["estimate"]), "highest": _points(mark.highest), "n": words.number(row["n"])}
    if not words.known(row["low"]):
        text = _("The judges put the mark at {cut} of {highest} points; how sure that is cannot be told ({why}).")
        return translate(text, language, **fields, why=note(str(row["note"]), language))
    text = _(
        "The {n} judges put the mark at {cut} of {highest} points; panels like this one would put it between {low} and "
        "{high} ({level} interval)."
    )
    return translate(text, language, **fields, low=_points(row["low"]), high=_points(row["high"]), level=_level(row))


def rounds(mark: Angoff, language: str = "en") -> str:
    """Say what the discussion between the last two rounds did; nothing with one round."""
    if mark.changes.empty:
        return ""
    row = mark.changes.iloc[-1]
    if not words.known(row["low"]):
        return translate(
            _("What the discussion did cannot be told ({why})."), language, why=note(row["note"], language)
        )
    fields = {
        "change": words.number(row["estimate"], 1, signed=True),
        "first": _points(row["sd_first"]),
        "second": _points(row["sd_second"]),
    }
    text = _(
        "The discussion moved the mark by {change} points; the judges' spread went from {first} to {second} points."
    )
    if row["low"] <= 0 <= row["high"]:
        text = _(
            "The discussion moved the mark by {change} points, no more than chance; the judges' spread went from "
            "{first} to {second} points."
        )
    return translate(text, language, **fields)


def judges(mark: Angoff, language: str = "en") -> str:
    """Say which judges differ from the panel in the last round, and how much any single one moves the mark."""
    rows = mark.judges[mark.judges["round"].isna() | mark.judges["round"].eq(mark.frame["round"].iloc[-1])]
    if rows["effect"].notna().sum() < 2:
        return translate(_("One judge alone: there is no panel to compare with."), language)
    most = rows.iloc[int(np.nanargmax(rows["effect"].abs().to_numpy()))]
    parts = [
        translate(
            _("Leaving out any one judge moves the mark by {effect} points at most (judge {judge})."),
            language,
            effect=_points(abs(most["effect"])),
            judge=str(most["judge"]),
        )
    ]
    parts += [
        translate(_("Judge {judge}: {what}"), language, judge=str(row["judge"]), what=judge(row, language))
        for row in rows[rows["flags"] != ""].to_dict("records")
    ]
    return _together(parts, language)


def judge(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say what is to be asked of a judge; nothing where all is well."""
    return _together([note(JUDGE_FLAGS[code], language) for code in str(row["flags"]).split()], language)


def _together(parts: list[str], language: str) -> str:
    return ("" if language == "zh-CN" else " ").join(part for part in parts if part)


def angoff(mark: Angoff, language: str = "en") -> str:
    """Say where the panel puts the mark, what the discussion did, and which judges differ."""
    return _together([cut(mark, language), rounds(mark, language), judges(mark, language)], language)


def consequences(rates: pd.DataFrame, language: str = "en") -> str:
    """Say how many pass, and what one point less and one point more would do: a result of `stats.pass_rate`."""
    return _together([pass_rate(rates, language), one_point(rates, language)], language)


def bookmark(mark: Bookmark, language: str = "en") -> str:
    """Say where the bookmarks put the mark."""
    row = mark.frame[mark.frame["term"] == "score, median"].iloc[-1]
    if not words.known(row["estimate"]):
        return translate(_("The judges set no mark ({why})."), language, why=note(str(row["note"]), language))
    fields = {"cut": _points(row["estimate"]), "highest": _points(mark.highest), "n": words.number(row["n"])}
    text = _("The bookmarks of {n} judges put the mark at {cut} of {highest} points (median).")
    if words.known(row["low"]):
        text = _(
            "The bookmarks of {n} judges put the mark at {cut} of {highest} points (median; {level} interval {low} to "
            "{high})."
        )
        fields |= {"low": _points(row["low"]), "high": _points(row["high"]), "level": _level(row)}
    return translate(text, language, **fields)


def contrasting(mark: ContrastingGroups, language: str = "en") -> str:
    """Say which mark separates the qualified from the others, and what it gets wrong."""
    row = mark.frame.set_index("term").loc["logistic"]
    if not words.known(mark.cut) or not words.known(row["estimate"]):
        return translate(_("The two groups set no mark ({why})."), language, why=note(str(row["note"]), language))
    scores = mark.scores
    wrong = [
        float((scores.loc[~scores["qualified"], "score"] >= mark.cut).mean()),
        float((scores.loc[scores["qualified"], "score"] < mark.cut).mean()),
    ]
    fields = {"cut": _points(mark.cut), "first": _percent(wrong[0]), "second": _percent(wrong[1])}
    text = _(
        "A mark of {cut} points separates the groups best: {first} of those judged unqualified would pass, {second} of "
        "those judged qualified would fail."
    )
    if words.known(row["low"]):
        text = _(
            "A mark of {cut} points separates the groups best ({level} interval {low} to {high}): {first} of those "
            "judged unqualified would pass, {second} of those judged qualified would fail."
        )
        fields |= {"low": _points(row["low"]), "high": _points(row["high"]), "level": _level(row)}
    return translate(text, language, **fields)


def decision(decisions: pd.DataFrame, cut: float | None = None, language: str = "en") -> str:
    """Say of 100 candidates how many are decided rightly, and how many a second exam would decide alike.

    Parameters
    ----------
    decisions : DataFrame
        A result of `stats.classification`.
    cut : float, optional
        Which mark; without it the first.
    """
    mark = float(decisions["cut"].iloc[0]) if cut is None else cut
    rows = decisions[decisions["cut"] == mark].set_index("term")
    if not words.known(rows.loc["accuracy", "estimate"]):
        text = _("How many decisions are right cannot be told ({why}).")
        return translate(text, language, why=note(str(rows.loc["accuracy", "note"]), language))
    told = {name: words.number(100 * rows.loc[name, "estimate"]) for name in rows.index}
    text = _(
        "Of 100 decisions about {accuracy} are right; about {false_pass} pass though their true score is below the "
        "mark, about {false_fail} fail though it is not. A second exam of the same kind would decide alike for about "
        "{consistency} of 100."
    )
    parts = [translate(text, language, **{name: told[name] for name in _DECISION})]
    if words.known(rows.loc["accuracy", "low"]):
        parts.append(
            translate(
                _("({level} interval of the right decisions: {interval}.)"),
                language,
                level=_level(rows.loc["accuracy"]),
                interval=words.interval(
                    rows.loc["accuracy", "low"], rows.loc["accuracy", "high"], words.SHARE, language
                ),
            )
        )
    if str(rows.loc["accuracy", "note"]):
        parts.append(note(str(rows.loc["accuracy", "note"]), language))
    return _together(parts, language)


_DECISION = ("accuracy", "false_pass", "false_fail", "consistency")


def pass_rate(rates: pd.DataFrame, language: str = "en") -> str:
    """Say how many pass: the row of shift 0 of `stats.pass_rate`."""
    row = rates[rates["shift"] == 0].iloc[0]
    if not words.known(row["estimate"]):
        return translate(_("There are no scores yet."), language)
    text = _("{passed} of {n} candidates pass ({share}).")
    return translate(
        text, language, passed=words.number(row["passed"]), n=words.number(row["n"]), share=_percent(row["estimate"])
    )


def one_point(rates: pd.DataFrame, language: str = "en") -> str:
    """Say what the next lower and the next higher mark would do: a result of `stats.pass_rate` without groups."""
    below = rates[rates["shift"] < 0].sort_values("shift").tail(1).to_dict("records")
    above = rates[rates["shift"] > 0].sort_values("shift").head(1).to_dict("records")
    parts = []
    for rows, text in (
        (below, _("With a mark of {cut} points ({points} less) {count} more would pass.")),
        (above, _("With a mark of {cut} points ({points} more) {count} fewer would pass.")),
    ):
        for row in rows:
            fields = {"cut": _points(row["cut"]), "points": _points(abs(row["shift"]))}
            parts.append(translate(text, language, **fields, count=words.number(abs(row["changed"]))))
    return _together(parts, language)


def near(frame: pd.DataFrame, cut: float, language: str = "en", *, within: float = 1.0) -> str:
    """Say how many stand near the mark, and how many of their verdicts measurement error alone may have turned.

    Parameters
    ----------
    frame : DataFrame
        A result of `stats.near_cut`.
    cut : float
    within : float
        What `near_cut` was called with.
    """
    fields = {"cut": _points(cut), "within": f"{within:g}"}
    if frame.empty:
        return translate(_("Nobody is within {within} standard error of the mark of {cut} points."), language, **fields)
    passed = frame["passed"].astype(bool)
    wrong = [float(frame.loc[rows, "p_wrong"].sum()) for rows in (passed, ~passed)]
    text = _(
        "{n} candidates are within {within} standard error of the mark of {cut} points: {passed} pass, {failed} fail. "
        "By the error of measurement alone about {wrong_pass} of those who pass and {wrong_fail} of those who fail "
        "would have their true score on the other side; which ones, nobody can tell."
    )
    parts = [
        translate(
            text,
            language,
            **fields,
            n=len(frame),
            passed=int(passed.sum()),
            failed=int((~passed).sum()),
            wrong_pass=words.number(wrong[0]),
            wrong_fail=words.number(wrong[1]),
        )
    ]
    if "turned_by" in frame:
        parts.append(_treated(frame, passed, language))
    if "other_passed" in frame:
        other = frame["other_passed"].to_numpy(dtype=object)
        differ = sum(bool(one != mine) for one, mine in zip(other, passed, strict=True) if one is not pd.NA)
        parts.append(
            translate(_("On the other form {count} of them would get the other verdict."), language, count=differ)
        )
    return _together(parts, language)


def _treated(frame: pd.DataFrame, passed: pd.Series, language: str) -> str:
    without, credited = frame["passed_without"].astype(bool), frame["passed_credited"].astype(bool)
    text = _(
        "Without the doubtful items {gain} of them would pass who fail, {lose} would fail who pass; with full credit "
        "for those items {credit} more would pass."
    )
    return translate(
        text,
        language,
        gain=int((without & ~passed).sum()),
        lose=int((~without & passed).sum()),
        credit=int((credited & ~passed).sum()),
    )


def candidate(row: Mapping[Any, Any], cut: float, language: str = "en") -> str:
    """Say how sure the verdict on one candidate is: a row of `stats.near_cut`."""
    fields = {
        "score": _points(row["score"]),
        "cut": _points(cut),
        "sem": _points(row["sem"]),
        "chance": words.value(row["p_wrong"], words.Unit(factor=100, digits=0, suffix="%")),
    }
    text = _(
        "{score} points, mark {cut}: fails. The score is exact to about ±{sem} points; the chance that the true score "
        "reaches the mark is {chance}."
    )
    if row["passed"]:
        text = _(
            "{score} points, mark {cut}: passes. The score is exact to about ±{sem} points; the chance that the true "
            "score lies below the mark is {chance}."
        )
    told = [note(FLAGS[code], language) for code in str(row["flags"]).split()]
    turned = str(row.get("turned_by", "") or "")
    if turned:
        names = words.joined(turned.split(", ")[:_ITEMS_SHOWN], language)
        told.append(translate(_("Alone enough to turn the verdict: {items}."), language, items=names))
    return _together([translate(text, language, **fields), *told], language)


def effects(table: pd.DataFrame, language: str = "en") -> str:
    """Say which doubtful item turns most verdicts: a result of `stats.item_effects`."""
    rows = table.dropna(subset=["item"])
    moved = rows["gained_without"] + rows["lost_without"] + rows["gained_credited"]
    if rows.empty or not moved.max():
        return translate(_("None of the items alone turns a verdict."), language)
    row = rows.iloc[int(np.argmax(moved.to_numpy()))]
    text = _(
        "The item {item} turns most verdicts: without it {gain} more would pass and {lose} fewer, with full credit for "
        "it {credit} more."
    )
    return translate(
        text,
        language,
        item=str(row["item"]),
        gain=int(row["gained_without"]),
        lose=int(row["lost_without"]),
        credit=int(row["gained_credited"]),
    )


def scaled(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say what a scaled score means: a row of `stats.scaled_scores`."""
    if not words.known(row["scaled"]):
        return translate(_("There are no scores yet."), language)
    fields = {"score": _points(row["score"]), "scaled": _points(row["scaled"])}
    text = _("{score} points are a scaled score of {scaled}.")
    if np.isfinite(row["scaled_sem"]):
        text = _("{score} points are a scaled score of {scaled}, exact to about ±{sem}.")
        fields["sem"] = _points(row["scaled_sem"])
    return translate(text, language, **fields)
