"""Sentences about response and resolution times: how many are done by when, what makes them quicker or slower."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.sentences.time import verdict
from svclib.reports.words import SHARE, Unit

HOURS = Unit(digits=1, change=_("{size} hours"))
DAYS = Unit(digits=1, change=_("{size} days"))


def time(value: Any, unit: Unit, language: str = "en") -> str:
    """Write a time without needless decimals.

    >>> time(24, HOURS), time(3.25, DAYS)
    ('24 hours', '3.2 days')
    """
    whole = float(value) == round(float(value))
    return translate(unit.change, language, size=words.number(value, 0 if whole else unit.digits))


def within(row: Mapping[Any, Any], subject: str, unit: Unit, language: str = "en") -> str:
    """Say how many were done within a limit.

    Parameters
    ----------
    row : mapping
        A row of `within` of `stats.kaplan_meier`.
    subject : str
        What is done, such as "First responses".
    unit : Unit
        `HOURS` or `DAYS`.
    """
    limit = time(row["time"], unit, language)
    if not words.known(row["estimate"]):
        text = _("{subject} within {limit}: no number ({why}).")
        return translate(text, language, subject=subject, limit=limit, why=note(str(row["note"]), language))
    text = _(
        "{subject}: {value} within {limit} ({level} interval {interval}; {n} cases, open ones counted as far as seen)."
    )
    return translate(text, language, subject=subject, limit=limit, **_share(row, language))


def _share(row: Mapping[Any, Any], language: str) -> dict[str, str]:
    return {
        "value": words.value(row["estimate"], SHARE),
        "interval": words.interval(row["low"], row["high"], SHARE, language),
        "level": _level(row),
        "n": words.number(row["n"]),
    }


def _level(row: Mapping[Any, Any]) -> str:
    return f"{100 * row['level']:.3g}%"


def median(row: Mapping[Any, Any], subject: str, unit: Unit, language: str = "en") -> str:
    """Say by when half were done: a row of `median` (or `quantile`) of `stats.kaplan_meier`."""
    share = "50%" if row["term"] == "median" else f"{100 * float(str(row['term']).split()[-1]):g}%"
    fields = {"subject": subject, "share": share, "level": _level(row)}
    if not words.known(row["estimate"]):
        text = _("{subject}: the time by which {share} are done cannot be told ({why}).")
        return translate(text, language, **fields, why=note(str(row["note"]), language))
    ends = [time(row[name], unit, language) if np.isfinite(row[name]) else "" for name in ("low", "high")]
    fields |= {"value": time(row["estimate"], unit, language), "low": ends[0], "high": ends[1]}
    text = _("{subject}: {share} were done within {value} ({level} interval {low} to {high}).")
    if not ends[1]:
        text = _(
            "{subject}: {share} were done within {value} ({level} interval: at least {low}, its end is not reached)."
        )
    return translate(text, language, **fields)


def difference(row: Mapping[Any, Any], unit: Unit, language: str = "en") -> str:
    """Compare the share done within a limit in two groups: a row of `within_differences`."""
    fields = {"first": str(row["first"]), "second": str(row["second"]), "limit": time(row["time"], unit, language)}
    if not words.known(row["estimate"]) or not words.known(row["low"]):
        text = _("{first} and {second} within {limit}: no comparison ({why}).")
        return translate(text, language, **fields, why=note(str(row["note"] or "no cases"), language))
    fields |= {
        "size": words.change(row["estimate"], SHARE, language),
        "interval": words.change_interval(row["low"], row["high"], SHARE, language),
        "level": _level(row),
    }
    fields["verdict"] = verdict(bool(row["low"] > 0 or row["high"] < 0), language)
    text = _("Within {limit}, {first} had done {size} less than {second} ({level} interval {interval}); {verdict}.")
    if row["estimate"] > 0:
        text = _("Within {limit}, {first} had done {size} more than {second} ({level} interval {interval}); {verdict}.")
    return translate(text, language, **fields)


def pace(test: Any, language: str = "en", level: float = 0.95) -> str:
    """Say whether groups end at different paces: a result of `stats.logrank`."""
    row, groups = test.frame.iloc[0], test.groups.dropna(subset=["ratio"])
    if not words.known(row["p_value"]):
        return translate(_("The paces cannot be compared ({why})."), language, why=note(str(row["note"]), language))
    label = groups.columns[0]
    best, last = (groups.iloc[place] for place in (groups["ratio"].argmax(), groups["ratio"].argmin()))
    text = _(
        "Soonest done: {best} ({best_ratio} times as many as expected without a difference); latest: {last} "
        "({last_ratio} times); {verdict}."
    )
    return translate(
        text,
        language,
        best=str(best[label]),
        last=str(last[label]),
        best_ratio=words.number(best["ratio"], 2),
        last_ratio=words.number(last["ratio"], 2),
        verdict=verdict(bool(row["p_value"] < 1 - level), language),
    )


def hazard(row: Mapping[Any, Any], subject: str | None = None, language: str = "en") -> str:
    """Say how a term moves the pace: a row of the frame of `stats.cox`, `fine_gray` or `pairwise_logrank`.

    Parameters
    ----------
    subject : str, optional
        What the term is, in words; without it the term itself, or the two groups of a pair.
    """
    name = subject or (f"{row['first']} / {row['second']}" if "first" in row else str(row["term"]))
    if not words.known(row["hazard_ratio"]) or not words.known(row["ratio_low"]):
        text = _("{subject}: no ratio of paces ({why}).")
        return translate(text, language, subject=name, why=note(str(row["note"]), language))
    text = _("{subject}: {ratio} times the pace ({level} interval {low} to {high}); {verdict}.")
    ends = {name: words.number(row[f"ratio_{name}"], 2) for name in ("low", "high")}
    told = verdict(bool(row["ratio_low"] > 1 or row["ratio_high"] < 1), language)
    fields = {"subject": name, "ratio": words.number(row["hazard_ratio"], 2), "level": _level(row), "verdict": told}
    return translate(text, language, **fields, **ends)


def proportional(table: pd.DataFrame, language: str = "en", level: float = 0.95) -> str:
    """Say whether the ratios stay the same over time: a result of `proportional` of `stats.cox`."""
    if table["p_value"].isna().any():
        why = note(str(table["note"].iloc[0]), language)
        return translate(_("Whether the ratios stay the same cannot be told ({why})."), language, why=why)
    single = table[table["term"] != "all"]
    moving = [str(term) for term in single.loc[single["p_value"] < (1 - level) / max(len(single), 1), "term"]]
    if not moving:
        return translate(_("Nothing beyond chance says that the ratios change over time."), language)
    text = _("The ratios of {terms} change over time beyond chance: read them as averages over the time seen.")
    return translate(text, language, terms=words.joined(moving, language))


def incidence(row: Mapping[Any, Any], unit: Unit, way: str | None = None, language: str = "en") -> str:
    """Say how many had ended in a way by a time: a row of `at` of `stats.cumulative_incidence`.

    Parameters
    ----------
    way : str, optional
        The way to end in words; without it the row's term.
    """
    name, limit = way or str(row["term"]), time(row["time"], unit, language)
    if not words.known(row["estimate"]):
        text = _("{way} by {limit}: no number ({why}).")
        return translate(text, language, way=name, limit=limit, why=note(str(row["note"]), language))
    text = _("{way}: {value} by {limit} ({level} interval {interval}; {n} cases).")
    return translate(text, language, way=name, limit=limit, **_share(row, language))
