"""Sentences about learning: what was gained, whether training helps, what goes along with certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import SHARE, Unit
from svclib.stats.learning.gains import Gain
from svclib.stats.learning.service import ServiceLink
from svclib.stats.learning.training import TrainingEffect

POINTS = Unit(digits=1, change=_("{size} points of the score"))


def _size(row: Any, unit: Unit, language: str) -> dict[str, str]:
    return {
        "size": words.change(row["estimate"], unit, language),
        "interval": words.change_interval(row["low"], row["high"], unit, language),
        "level": f"{100 * row['level']:.3g}%",
    }


def _beyond_chance(row: Any) -> bool:
    return bool(row["low"] > 0 or row["high"] < 0)


def gain(found: Gain, language: str = "en") -> str:
    """Say how much was gained, and for how many of the people that is beyond doubt.

    Parameters
    ----------
    found : Gain
        A result of `stats.gain`.
    language : {"zh-CN", "en"}
    """
    rows = found.frame.set_index("term")
    mean = rows.loc["mean_gain"]
    if not words.known(mean["low"]):
        return translate(_("The gain cannot be told ({why})."), language, why=note(str(mean["note"]), language))
    text = _("{n} people lost {size} on average ({level} interval {interval}).")
    if mean["estimate"] >= 0:
        text = _("{n} people gained {size} on average ({level} interval {interval}).")
    told = [translate(text, language, n=words.number(mean["n"]), **_size(mean, POINTS, language))]
    if not _beyond_chance(mean):
        told.append(translate(_("Chance could explain it."), language))
    shares = {name: words.value(rows.loc[name, "estimate"], SHARE) for name in ("improved", "worsened")}
    chance = words.value((1 - mean["level"]) / 2, SHARE)
    text = _(
        "Beyond what errors of measurement make, {improved} improved and {worsened} worsened; chance alone would "
        "make {chance} of either."
    )
    told.append(translate(text, language, **shares, chance=chance))
    if "net_gain" in rows.index and words.known(rows.loc["net_gain", "low"]):
        told.append(_net(rows, language))
    return ("" if language == "zh-CN" else " ").join(told)


def _net(rows: pd.DataFrame, language: str) -> str:
    net = rows.loc["net_gain"]
    fields = {
        "gain": words.number(rows.loc["gain_of_chosen", "estimate"], 1, signed=True),
        "back": words.number(rows.loc["by_return", "estimate"], 1, signed=True),
        "net": words.number(net["estimate"], 1, signed=True),
        **_size(net, POINTS, language),
    }
    text = _(
        "Those chosen for low scores changed by {gain}; coming back to the average alone makes {back}, which leaves "
        "{net} ({level} interval {interval}): more than chance."
    )
    if not _beyond_chance(net):
        text = _(
            "Those chosen for low scores changed by {gain}; coming back to the average alone makes {back}, which "
            "leaves {net} ({level} interval {interval}): chance could explain it."
        )
    return translate(text, language, **fields)


def training(found: TrainingEffect, language: str = "en", names: Mapping[str, str] | None = None) -> str:
    """Say how trained people did against untrained ones, and what that may be called.

    Parameters
    ----------
    found : TrainingEffect
        A result of `stats.training_effect`.
    language : {"zh-CN", "en"}
    names : mapping, optional
        What columns are called in the sentence.
    """
    row = found.frame.iloc[0]
    if not words.known(row["low"]):
        return translate(_("Training cannot be judged ({why})."), language, why=note(str(row["note"]), language))
    held = _held(found.held_equal, names, language)
    text = _("At equal {held}, trained people scored {size} lower ({level} interval {interval}).")
    if row["estimate"] >= 0:
        text = _("At equal {held}, trained people scored {size} higher ({level} interval {interval}).")
    if not held:
        text = _("With nothing held equal, trained people scored {size} lower ({level} interval {interval}).")
        if row["estimate"] >= 0:
            text = _("With nothing held equal, trained people scored {size} higher ({level} interval {interval}).")
    told = [translate(text, language, held=held, **_size(row, POINTS, language))]
    if not _beyond_chance(row):
        told.append(translate(_("Chance could explain it."), language))
    told.append(_claim(found.note, language))
    spread = found.spread.iloc[0]
    if words.known(spread["p_value"]):
        differs = spread["p_value"] < 0.05
        text = _("That the effect is the same in all branches cannot be ruled out.")
        if differs:
            text = _("The effect differs between branches (standard deviation {sd} points).")
        told.append(translate(text, language, sd=words.number(spread["estimate"], 1)))
    return ("" if language == "zh-CN" else " ").join(told)


def _claim(text: str, language: str) -> str:
    said = note(text, language)
    end = "。" if language == "zh-CN" else "."
    return said[:1].upper() + said[1:] + end


def _held(columns: tuple[str, ...], names: Mapping[str, str] | None, language: str) -> str:
    return words.joined([(names or {}).get(one, one) for one in columns], language)


def service(
    found: ServiceLink,
    language: str = "en",
    unit: Unit = SHARE,
    step: str = "",
    names: Mapping[str, str] | None = None,
) -> str:
    """Say what goes along with a larger share of certified staff.

    Parameters
    ----------
    found : ServiceLink
        A result of `stats.service_link`.
    language : {"zh-CN", "en"}
    unit : Unit
        Of the satisfaction.
    step : str, optional
        The step of the share in words; 10 percentage points without it.
    names : mapping, optional
        What columns are called in the sentence.
    """
    rows = found.frame.set_index("term")
    shown = "adjusted" if found.held_equal else "alone"
    step = step or translate(_("10 percentage points"), language)
    held = _held(found.held_equal, names, language)
    told = [_slope(rows.loc[shown], held, unit, step, language)]
    within = rows.loc["within"]
    if words.known(within["low"]):
        text = _(
            "Where a branch's share rose by {step} more than elsewhere, its satisfaction changed by {change} "
            "({level} interval {interval})."
        )
        signed = words.number(within["estimate"] * unit.factor, max(unit.digits, 1), signed=True)
        fields = {"step": step, "change": signed, **_size(within, unit, language)}
        told.append(translate(text, language, **fields))
    told.append(_claim(found.note, language))
    return ("" if language == "zh-CN" else " ").join(told)


def _slope(row: Any, held: str, unit: Unit, step: str, language: str) -> str:
    if not words.known(row["low"]):
        return translate(_("The link cannot be told ({why})."), language, why=note(str(row["note"]), language))
    text = _("Branches with {step} more certified staff have {size} lower satisfaction ({level} interval {interval}).")
    if row["estimate"] >= 0:
        text = _(
            "Branches with {step} more certified staff have {size} higher satisfaction ({level} interval {interval})."
        )
    if not _beyond_chance(row):
        text = _(
            "Whether branches with more certified staff have more satisfied customers cannot be told: for {step}, "
            "satisfaction differs by {change} ({level} interval {interval})."
        )
    change = words.number(row["estimate"] * unit.factor, max(unit.digits, 1), signed=True)
    told = translate(text, language, step=step, change=change, **_size(row, unit, language))
    text = _("Held equal: {held}.") if held else _("Nothing was held equal.")
    return told + ("" if language == "zh-CN" else " ") + translate(text, language, held=held)
