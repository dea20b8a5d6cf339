"""Sentences about series: control charts, changes of level, interruptions, seasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import Unit

_MONTH, _QUARTER = re.compile(r"^\d{4}-\d{1,2}$"), re.compile(r"^(\d{4})-?[Qq]([1-4])$")

RULES = {
    "beyond_limits": _("beyond the limits"),
    "run": _("a long run on one side"),
    "trend": _("six in a row rising or falling"),
    "alternating": _("fourteen in a row up and down in turn"),
    "two_of_three": _("two of three close to a limit"),
    "four_of_five": _("four of five off the center on one side"),
    "hugging": _("fifteen in a row close to the center"),
    "mixture": _("eight in a row off the center on both sides"),
}
"""What a signal of a control chart is, by the name of its rule."""

_TERMS = {
    "moving_range": _("{subject}, step from one period to the next"),
    "ewma": _("{subject}, smoothed"),
    "above": _("{subject}, cumulative sum of what lies above"),
    "below": _("{subject}, cumulative sum of what lies below"),
}


def rule(name: str, language: str = "en") -> str:
    """Name a rule of control charts.

    >>> rule("run")
    'a long run on one side'
    """
    return translate(RULES[name], language)


def period(label: Any, language: str = "en") -> str:
    """Write a period.

    >>> period("2026-03"), period("2026-Q1"), period(pd.Timestamp("2026-03-05")), period(7)
    ('March 2026', 'Q1 2026', '2026-03-05', '7')
    """
    if isinstance(label, pd.Timestamp):
        return words.month(f"{label:%Y-%m}", language) if label.day == 1 else f"{label:%Y-%m-%d}"
    text = str(label)
    quarter = _QUARTER.match(text)
    if quarter:
        return translate(_("Q{quarter} {year}"), language, quarter=quarter[2], year=quarter[1])
    return words.month(text, language) if _MONTH.match(text) else text


def subject_of(term: str, subject: str, language: str = "en") -> str:
    """Name what a chart of `term` follows."""
    return translate(_TERMS[term], language, subject=subject) if term in _TERMS else subject


def control(chart: pd.DataFrame, over: str, subject: str, unit: Unit, language: str = "en") -> str:
    """Say whether a process is stable, or which signals of special causes there are, by rule and date.

    Parameters
    ----------
    chart : DataFrame
        A result of `stats.p_chart`, `u_chart`, `xmr_chart`, `ewma_chart` or `cusum_chart`, of one group.
    over : str
        Column of the periods (``point`` where none was given).
    subject : str
        What is followed, in `language`.
    unit : Unit
        How the measure is written; sums of `cusum_chart` are standard deviations.
    """
    gap = "" if language == "zh-CN" else " "
    told = [
        _one_chart(rows, over, subject_of(str(term), subject, language), unit, language)
        for term, rows in chart.groupby("term", sort=False)
    ]
    return gap.join(told)


def _one_chart(rows: pd.DataFrame, over: str, subject: str, unit: Unit, language: str) -> str:
    there = rows.dropna(subset=["value", "center", "sigma"])
    if there.empty:
        why = next((str(text) for text in rows["note"] if text), "no value in this period")
        return translate(_("{subject}: no control limits ({why})."), language, subject=subject, why=note(why, language))
    signals = _signals(there, over, language)
    fields = {
        "subject": subject,
        "count": str(len(there)),
        "first": period(there[over].iloc[0], language),
        "last": period(there[over].iloc[-1], language),
        "center": words.value(there["center"].iloc[-1], unit),
        "signals": ("；" if language == "zh-CN" else "; ").join(signals),
    }
    text = _(
        "{subject} was stable from {first} to {last}, around {center}: only common causes, so react to the process, "
        "not to single points."
    )
    if signals:
        text = _("{subject} shows signals of special causes that chance alone would hardly make: {signals}.")
    said = translate(text, language, **fields)
    early = str(there["note"].iloc[-1])
    if not early:
        return said
    return (
        said
        + ("（" if language == "zh-CN" else " (")
        + note(early, language)
        + ("。）" if language == "zh-CN" else ".)")
    )


def _signals(there: pd.DataFrame, over: str, language: str) -> list[str]:
    """Name each rule that is broken once, with the side and the periods."""
    found = []
    for name in RULES:
        flags = [name in str(signal).split(", ") for signal in there["signal"]]
        stretches = _stretches(flags)
        if stretches:
            above = set((there["value"] > there["center"])[flags])
            side = _("on both sides") if len(above) > 1 else _("above") if True in above else _("below")
            periods = [_span(there[over].iloc[start], there[over].iloc[end], language) for start, end in stretches]
            fields = {"rule": rule(name, language), "side": translate(side, language)}
            text = _("{rule} ({side}) in {periods}")
            found.append(translate(text, language, **fields, periods=words.joined(periods, language)))
    return found


def _span(first: Any, last: Any, language: str) -> str:
    ends = [period(one, language) for one in (first, last)]
    return ends[0] if first == last else translate(_("{low} to {high}"), language, low=ends[0], high=ends[1])


def _stretches(flags: list[bool]) -> list[tuple[int, int]]:
    """Give the first and last place of each stretch of true flags."""
    found: list[tuple[int, int]] = []
    for place, flag in enumerate(flags):
        if flag and found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        elif flag:
            found.append((place, place))
    return found


def change(row: Mapping[Any, Any], subject: str, unit: Unit, language: str = "en") -> str:
    """Say whether a level changed, when, by how much, and whether chance could explain it.

    Parameters
    ----------
    row : mapping
        A row of the frame of `stats.change_point`.
    """
    if not words.known(row["estimate"]):
        text = _("{subject}: no change can be told ({why}).")
        return translate(text, language, subject=subject, why=note(str(row["note"]), language))
    fields = {
        "subject": subject,
        "size": words.change(row["estimate"], unit, language),
        "interval": words.change_interval(row["low"], row["high"], unit, language),
        "level": _level(row),
        "at": period(row["at"], language),
        "from": period(row["at_low"], language),
        "to": period(row["at_high"], language),
    }
    texts = {
        (True, True): _(
            "{subject} rose by {size} ({level} interval {interval}) from {at} on (some time from {from} to {to}); "
            "chance alone would hardly explain it."
        ),
        (False, True): _(
            "{subject} fell by {size} ({level} interval {interval}) from {at} on (some time from {from} to {to}); "
            "chance alone would hardly explain it."
        ),
        (True, False): _(
            "{subject} shows no change of level beyond chance; if there was one, most likely a rise by {size} from "
            "{at} on ({level} interval, given a change: {interval})."
        ),
        (False, False): _(
            "{subject} shows no change of level beyond chance; if there was one, most likely a fall by {size} from "
            "{at} on ({level} interval, given a change: {interval})."
        ),
    }
    return translate(texts[bool(row["estimate"] > 0), bool(row["p_value"] < 1 - row["level"])], language, **fields)


def verdict(beyond: bool, language: str = "en") -> str:
    """Say whether chance could explain something."""
    text = _("chance alone would hardly explain it") if beyond else _("chance alone could explain it")
    return translate(text, language)


def _level(row: Mapping[Any, Any]) -> str:
    return f"{100 * row['level']:.3g}%"


def effect(row: Mapping[Any, Any], subject: str, unit: Unit, over: str = "month", language: str = "en") -> str:
    """Say what a change had done some periods after it.

    Parameters
    ----------
    row : mapping
        A row of `effects` of `stats.interrupted_series`.
    over : str
        Column of the periods.
    """
    return _effect(row, _when(int(row["step"]), str(row[over]), language), subject, unit, language)


def overall_effect(row: Mapping[Any, Any], subject: str, unit: Unit, language: str = "en") -> str:
    """Say what a change did on the whole.

    Parameters
    ----------
    row : mapping
        A row of the frame of `stats.interrupted_series`.
    """
    if row["term"] == "slope change" and words.known(row["estimate"]):
        return _slope(row, subject, unit, language)
    whens = {
        "level change": _("Right after the change"),
        "effect at the end": _("By the last period"),
        "average effect": _("Since the change, on average"),
    }
    return _effect(row, translate(whens.get(row["term"], whens["level change"]), language), subject, unit, language)


def _slope(row: Mapping[Any, Any], subject: str, unit: Unit, language: str) -> str:
    text = _("The slope of {subject} fell by {size} a period ({level} interval {interval}); {verdict}.")
    if row["estimate"] > 0:
        text = _("The slope of {subject} rose by {size} a period ({level} interval {interval}); {verdict}.")
    return translate(text, language, subject=subject, **_told(row, unit, language)) + _aside(str(row["note"]), language)


def _told(row: Mapping[Any, Any], unit: Unit, language: str) -> dict[str, str]:
    return {
        "size": words.change(row["estimate"], unit, language),
        "interval": words.change_interval(row["low"], row["high"], unit, language),
        "level": _level(row),
        "verdict": verdict(bool(row["low"] > 0 or row["high"] < 0), language),
    }


def _when(step: int, label: str, language: str) -> str:
    quarter = bool(_QUARTER.match(label))
    if step == 1:
        text = _("One quarter after the change") if quarter else _("One month after the change")
    else:
        text = _("{step} quarters after the change") if quarter else _("{step} months after the change")
    if not quarter and not _MONTH.match(label[:7]):
        text = _("{step} periods after the change")
    return translate(text, language, step=step)


def _effect(row: Mapping[Any, Any], when: str, subject: str, unit: Unit, language: str) -> str:
    if not words.known(row["estimate"]):
        text = _("{subject}: what the change did cannot be told ({why}).")
        return translate(text, language, subject=subject, why=note(str(row["note"]), language))
    text = _("{when}, {subject} was {size} lower than it would have been ({level} interval {interval}); {verdict}.")
    if row["estimate"] > 0:
        text = _(
            "{when}, {subject} was {size} higher than it would have been ({level} interval {interval}); {verdict}."
        )
    told = translate(text, language, when=when, subject=subject, **_told(row, unit, language))
    return told + _aside(str(row["note"]), language)


def _aside(text: str, language: str) -> str:
    """Put a note behind a sentence."""
    if not text:
        return ""
    return f"（{note(text, language)}。）" if language == "zh-CN" else f" ({note(text, language)}.)"


def season(pattern: pd.DataFrame, strength: Mapping[Any, Any], subject: str, unit: Unit, language: str = "en") -> str:
    """Say when a measure is high and low in the year, and how much the seasons matter.

    Parameters
    ----------
    pattern : DataFrame
        `pattern` of `stats.seasonal`, of one group.
    strength : mapping
        The row of `strength`.
    """
    known = pattern.dropna(subset=["estimate"])
    if known.empty:
        text = _("{subject}: no seasons can be told ({why}).")
        return translate(text, language, subject=subject, why=note(str(strength["note"]), language))
    told = known[(known["low"] > 0) | (known["high"] < 0)]
    share = words.number(100 * strength["strength"])
    if told.empty:
        text = _("{subject} has no season beyond chance: no part of the year differs from its mean.")
        return translate(text, language, subject=subject)
    best, worst = (known.iloc[place] for place in (known["estimate"].argmax(), known["estimate"].argmin()))
    text = _(
        "{subject} is highest in {high} (by {above}, {level} interval {above_interval}) and lowest in {low} (by "
        "{below}, interval {below_interval}); the seasons make {share}% of its spread around the trend."
    )
    return translate(
        text,
        language,
        subject=subject,
        high=_part(int(best["step"]), len(pattern), language),
        low=_part(int(worst["step"]), len(pattern), language),
        above=words.change(best["estimate"], unit, language),
        below=words.change(worst["estimate"], unit, language),
        above_interval=words.change_interval(best["low"], best["high"], unit, language),
        below_interval=words.change_interval(worst["low"], worst["high"], unit, language),
        level=_level(best.to_dict()),
        share=share,
    )


def _part(step: int, parts: int, language: str) -> str:
    """Name a part of the year."""
    if parts == 12:
        return month_name(step, language)
    if parts == 4:
        return translate(_("quarter {step}"), language, step=step)
    return translate(_("step {step}"), language, step=step)


def month_name(step: int, language: str = "en") -> str:
    """Name a month of the year.

    >>> month_name(2), month_name(2, "zh-CN")
    ('February', '2月')
    """
    return words.month(f"2000-{step:02d}", language).replace("2000年", "").replace(" 2000", "")


def adjusted(row: Mapping[Any, Any], subject: str, unit: Unit, over: str = "month", language: str = "en") -> str:
    """Say how high a measure stands without its season: a row of the frame of `stats.seasonal`."""
    when = period(row[over], language)
    if not words.known(row["adjusted"]):
        text = _("{when}: {subject} cannot be adjusted for the season ({why}).")
        return translate(text, language, when=when, subject=subject, why=note(str(row["note"]), language))
    text = _("{when}: without the season {subject} was {adjusted} (interval {interval}), as measured {value}.")
    return translate(
        text,
        language,
        when=when,
        subject=subject,
        adjusted=words.value(row["adjusted"], unit),
        interval=words.interval(row["low"], row["high"], unit, language),
        value=words.value(row["value"], unit),
    )
