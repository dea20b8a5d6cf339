"""Charts of series: control charts, changes of level, what an improvement did, seasons."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, inner_width, number_format
from svclib.reports.sentences.time import month_name, rule, subject_of
from svclib.reports.theme import colors, palette
from svclib.reports.words import SHARE, Unit
from svclib.stats.time.change_point import ChangePoint
from svclib.stats.time.interruption import Interruption
from svclib.stats.time.seasonal import Seasonal

_ROOM = 52
"""Pixels that the numbers of the upright axis take."""
_GAP: Any = "break-paths-filter-domains"


def control(
    chart: pd.DataFrame,
    over: str,
    *,
    unit: Unit = SHARE,
    subject: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 190,
) -> alt.TopLevelMixin:
    """Draw a control chart: points, center, limits; signals in the warning colour with their rule in words.

    The points that make the limits are shaded, where they are not all.

    Parameters
    ----------
    chart : DataFrame
        A result of `stats.p_chart`, `u_chart`, `xmr_chart`, `ewma_chart` or `cusum_chart`, of one group; each ``term``
        has a panel.
    over : str
        Column of the periods (``point`` where none was given).
    unit : Unit
    subject : str
        What is followed, in `language`: the title.
    language : {"zh-CN", "en"}
    width, height : int
        Whole width, and height of a panel's plot, in pixels.
    """
    terms = list(dict.fromkeys(chart["term"]))
    panels = [_panel(chart[chart["term"] == term], over, unit, subject, language, (width, height)) for term in terms]
    return panels[0] if len(panels) == 1 else alt.vconcat(*panels, spacing=14)


def _along(labels: Any) -> alt.X:
    """Axis of periods, a band each; labels that have no room are left out."""
    periods = [str(label) for label in labels]
    axis = alt.Axis(labelAngle=0, labelOverlap="greedy", grid=False, labelSeparation=6, ticks=False, labelPadding=8)
    scale = alt.Scale(type="band", domain=periods, paddingInner=0, paddingOuter=0.1)
    return alt.X("period:O", title=None, axis=axis, scale=scale)


def heading(text: str, width: int, *, small: bool = False) -> alt.TitleParams:
    """Break a title into lines that fit."""
    room, lines, used = max(width - 24, 80) / (6.2 if small else 7.6), [""], 0.0
    for piece in text.replace(" ", " \0").split("\0"):
        size = sum(1.8 if ord(letter) > 0x2E80 else 1.0 for letter in piece)
        if used and used + size > room:
            lines, used = [*lines, ""], 0.0
        lines[-1], used = lines[-1] + piece, used + size
    if small:
        return alt.TitleParams(lines, fontSize=12, fontWeight="normal")
    return alt.TitleParams(lines)


def _panel(rows: pd.DataFrame, over: str, unit: Unit, subject: str, language: str, size: tuple[int, int]) -> Any:
    numbers = {name: pd.to_numeric(rows[name]) * unit.factor for name in ("value", "center", "lower", "upper")}
    shown = pd.DataFrame({**numbers, "period": [str(one) for one in rows[over]], "baseline": rows["baseline"]})
    shown["signal"] = [str(one) for one in rows["signal"]]
    shown["words"] = _first_of_rules(list(shown["signal"]), language)
    x = _along(shown["period"])
    base = alt.Chart(shown).encode(x=x)
    y = alt.Scale(zero=False, nice=True, padding=16)
    axis = alt.Axis(tickCount=5, format=number_format(unit))
    muted = colors()["text-muted"]
    limit: dict[str, Any] = {"interpolate": "step", "color": muted, "strokeWidth": 1.2, "invalid": _GAP}
    phase = [] if shown["baseline"].all() else [alt.Chart(shown[shown["baseline"]])]
    layers = [
        *(
            part.mark_rect(opacity=0.09, color=palette()[1]).encode(x=x, y=alt.value(0), y2=alt.value(size[1]))
            for part in phase
        ),
        *(
            base.mark_line(**limit, strokeDash=[5, 4]).encode(y=alt.Y(f"{name}:Q", scale=y, axis=axis, title=None))
            for name in ("lower", "upper")
        ),
        base.mark_line(**limit).encode(y=alt.Y("center:Q", scale=y)),
        base.mark_line(color=palette()[0], strokeJoin="round", invalid=_GAP).encode(y=alt.Y("value:Q", scale=y)),
        base.mark_point(filled=True, size=44, opacity=1).encode(
            y=alt.Y("value:Q", scale=y),
            color=alt.condition("datum.signal != ''", alt.value(colors()["danger"]), alt.value(palette()[0])),
            tooltip=["period:N", alt.Tooltip("value:Q", format=".2f"), "words:N"],
        ),
        *_names(shown, x, y, size[0]),
    ]
    title = subject_of(str(rows["term"].iloc[0]), subject, language) if subject else ""
    plot = alt.layer(*layers).properties(width=inner_width(size[0], _ROOM), height=size[1])
    return plot.properties(title=heading(title, size[0])) if title else plot


def _first_of_rules(signals: list[str], language: str) -> list[str]:
    """Name a rule where it begins to be broken, once a stretch."""
    found, before = [], set[str]()
    for signal in signals:
        names = [name for name in signal.split(", ") if name]
        found.append(", ".join(rule(name, language) for name in names if name not in before))
        before = set(names)
    return found


def _names(shown: pd.DataFrame, x: alt.X, y: alt.Scale, width: int) -> list[Any]:
    """Write the rules at the points where a signal begins, towards the middle so that they stay inside."""
    starts = (shown["signal"] != "") & (shown["signal"].shift(fill_value="") == "") & (shown["words"] != "")
    named = shown[starts].assign(words=[text.split(", ")[0] for text in shown.loc[starts, "words"]])
    place = np.flatnonzero(starts.to_numpy()) / max(len(shown) - 1, 1)
    kept = _apart(place * inner_width(width, _ROOM), list(named["words"]), place <= 0.5)
    sides: list[tuple[Any, int, Any]] = [("left", 4, place <= 0.5), ("right", -4, place > 0.5)]
    layers = []
    for align, dx, mine in sides:
        base = alt.Chart(named[kept & mine]).encode(x=x, y=alt.Y("value:Q", scale=y), text="words:N")
        style: dict[str, Any] = {"align": align, "dx": dx, "dy": -12, "fontSize": 11, "fontWeight": "bold"}
        halo = base.mark_text(**style, stroke=colors()["surface"], strokeWidth=4, strokeJoin="round")
        layers += [halo, base.mark_text(**style, color=colors()["danger"])]
    return layers


def _apart(places: Any, texts: list[str], rightwards: Any) -> Any:
    """Keep the words that do not run into those kept before: their left ends, and how they run."""
    kept, taken = np.zeros(len(texts), dtype=bool), list[tuple[float, float]]()
    for number, (place, text, right) in enumerate(zip(places, texts, rightwards, strict=True)):
        size = sum(11 if ord(letter) > 0x2E80 else 6.2 for letter in text) + 10
        first, last = (place, place + size) if right else (place - size, place)
        if all(last < low or first > high for low, high in taken):
            kept[number] = True
            taken.append((first, last))
    return kept


def change_point(
    found: ChangePoint,
    *,
    unit: Unit = SHARE,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 190,
) -> alt.TopLevelMixin:
    """Draw a series with its levels, the interval of each date of change as a band, and how likely each date is.

    Parameters
    ----------
    found : ChangePoint
        Of one series.
    unit, language, width, height
        As in `control`.
    title : str
    """
    series = found.series[0]
    over = series.grid.over
    points = found.points
    shown = points.assign(period=[str(one) for one in points[over]])
    shown[["value", "level"]] = shown[["value", "level"]] * unit.factor
    x = _along(shown["period"])
    y, axis = alt.Scale(zero=False, nice=True), alt.Axis(tickCount=5, format=number_format(unit))
    base = alt.Chart(shown).encode(x=x)
    color, strong = palette()[0], palette()[4]
    layers: list[Any] = [
        *_date_bands(found, over, list(shown["period"]), x, height),
        base.mark_line(color=color, opacity=0.6, strokeJoin="round", invalid=_GAP).encode(
            y=alt.Y("value:Q", scale=y, axis=axis, title=None)
        ),
        base.mark_point(filled=True, size=36, color=color, opacity=1).encode(y=alt.Y("value:Q", scale=y)),
        base.mark_line(color=strong, strokeWidth=2.5, interpolate="step-after", invalid=_GAP).encode(
            y=alt.Y("level:Q", scale=y)
        ),
    ]
    inner = inner_width(width, _ROOM)
    top = alt.layer(*layers).properties(width=inner, height=height)
    dates = found.dates
    if dates.empty:
        return top.properties(title=heading(title, width)) if title else top
    likely = dates.assign(period=[str(one) for one in dates[over]], probability=100 * dates["probability"])
    bars = alt.Chart(likely).mark_bar(color=strong)
    name = translate(_("Probability of the date (%)"), language)
    below = bars.encode(
        x=_along(shown["period"]).axis(None),
        y=alt.Y("probability:Q", title=None, axis=alt.Axis(tickCount=3), stack=None),
        tooltip=["period:N", alt.Tooltip("probability:Q", format=".1f")],
    ).properties(width=inner, height=60, title=heading(name, width, small=True))
    both = alt.vconcat(top, below, spacing=8)
    return both.properties(title=heading(title, width)) if title else both


def _date_bands(found: ChangePoint, over: str, periods: list[str], x: alt.X, height: int) -> list[alt.Chart]:
    rows = found.frame.dropna(subset=["estimate"])
    held = [
        period
        for low, high in zip(rows["at_low"], rows["at_high"], strict=True)
        for period in periods[periods.index(str(low)) : periods.index(str(high)) + 1]
    ]
    if not held:
        return []
    band = alt.Chart(pd.DataFrame({"period": held})).mark_rect(opacity=0.13, color=palette()[4])
    return [band.encode(x=x, y=alt.value(0), y2=alt.value(height))]


def interruption(
    found: Interruption,
    *,
    unit: Unit = SHARE,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 210,
) -> alt.TopLevelMixin:
    """Draw a series before and after a change, what was fitted, and where it would have been with its interval.

    Parameters
    ----------
    found : Interruption
        Of one series.
    unit, title, language, width, height
        As in `change_point`.
    """
    over, shown = found.series[0].grid.over, found.course
    shown = shown.assign(period=[str(one) for one in shown[over]])
    for name in ("value", "fitted", "expected", "low", "high"):
        shown[name] = shown[name] * unit.factor
    x, scale = _along(shown["period"]), alt.Scale(zero=False, nice=True)
    after = alt.Chart(shown[shown["after"]])
    band = after.mark_area(opacity=0.16, color=palette()[4])
    points = alt.Chart(shown).mark_point(filled=True, size=36, color=palette()[0])
    begin = alt.Chart(shown[shown["after"]].head(1)).mark_rule(color=colors()["text-muted"], strokeDash=[2, 3])
    layers = [
        band.encode(x=x, y=alt.Y("low:Q", scale=scale, title=None), y2="high:Q"),
        points.encode(
            x=x,
            y=alt.Y("value:Q", scale=scale, axis=alt.Axis(tickCount=5, format=number_format(unit)), title=None),
            opacity=alt.condition("datum.used", alt.value(0.8), alt.value(0.25)),
        ),
        _with_and_without(shown, x, scale, language, width),
        begin.encode(x=x),
    ]
    plot = alt.layer(*layers).properties(width=inner_width(width, _ROOM), height=height)
    return plot.properties(title=heading(title, width)) if title else plot


def _with_and_without(shown: pd.DataFrame, x: alt.X, scale: alt.Scale, language: str, width: int) -> alt.Chart:
    """Draw what was fitted, and after the change where the series would have been."""
    names = [translate(text, language) for text in (_("as it was"), _("as it would have been"))]
    after = shown[shown["after"]]
    fitted = shown.assign(line=names[0], at=shown["fitted"].where(shown["used"]))
    lines = pd.concat([fitted, after.assign(line=names[1], at=after["expected"])])
    legend = alt.Legend(title=None, orient="top", symbolType="stroke", columns=1 if width < PHONE else 2)
    tones = alt.Scale(domain=names, range=[palette()[0], palette()[4]])
    dashes = alt.Scale(domain=names, range=[[1, 0], [6, 4]])
    line = alt.Chart(lines).mark_line(strokeWidth=2.5, invalid=_GAP)
    return line.encode(
        x=x,
        y=alt.Y("at:Q", scale=scale),
        color=alt.Color("line:N", scale=tones, legend=legend),
        detail=["line:N", "after:N"],
        strokeDash=alt.StrokeDash("line:N", scale=dashes, legend=None),
    )


def seasons(
    found: Seasonal,
    *,
    unit: Unit = SHARE,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 190,
) -> alt.TopLevelMixin:
    """Draw a series as measured and without its season, and below the season of each part of the year.

    Parameters
    ----------
    found : Seasonal
        Of one series.
    unit, title, language, width, height
        As in `change_point`.
    """
    over, frame = found.series[0].grid.over, found.frame
    shown = frame.assign(period=[str(one) for one in frame[over]])
    measured, without = (translate(text, language) for text in (_("as measured"), _("without the season")))
    lines = pd.concat(
        [shown.assign(line=measured, at=shown["value"]), shown.assign(line=without, at=shown["adjusted"])]
    )
    lines["at"] *= unit.factor
    shown[["low", "high"]] = shown[["low", "high"]] * unit.factor
    x = _along(shown["period"])
    y, axis = alt.Scale(zero=False, nice=True), alt.Axis(tickCount=5, format=number_format(unit))
    tones = alt.Scale(domain=[measured, without], range=[palette()[7], palette()[0]])
    band = alt.Chart(shown).mark_area(opacity=0.18, color=palette()[0], invalid=_GAP)
    line = alt.Chart(lines).mark_line(strokeJoin="round", invalid=_GAP)
    inner = inner_width(width, _ROOM)
    top = alt.layer(
        band.encode(x=x, y=alt.Y("low:Q", scale=y, axis=axis, title=None), y2="high:Q"),
        line.encode(
            x=x,
            y=alt.Y("at:Q", scale=y),
            color=alt.Color("line:N", scale=tones, legend=alt.Legend(title=None, orient="top", symbolType="stroke")),
        ),
    ).properties(width=inner, height=height)
    pattern = found.pattern.dropna(subset=["estimate"])
    whole = top if pattern.empty else alt.vconcat(top, _pattern(pattern, unit, language, width), spacing=8)
    return whole.properties(title=heading(title, width)) if title else whole


def _pattern(pattern: pd.DataFrame, unit: Unit, language: str, width: int) -> Any:
    short = len(pattern) == 12 and width < PHONE
    names = [_part(int(step), len(pattern), language, short=short) for step in pattern["step"]]
    shown = pattern.assign(name=names)
    for column in ("estimate", "low", "high"):
        shown[column] = pd.to_numeric(shown[column]) * unit.factor
    x = alt.X("name:O", title=None, sort=names, axis=alt.Axis(labelAngle=0, grid=False, labelOverlap=False))
    base = alt.Chart(shown[["name", "estimate", "low", "high"]]).encode(x=x)
    bars = base.mark_bar(color=palette()[7]).encode(y=alt.Y("estimate:Q", title=None, axis=alt.Axis(tickCount=4)))
    rules = base.mark_rule(color=palette()[6], strokeWidth=1.5).encode(y=alt.Y("low:Q"), y2="high:Q")
    name = translate(_("Season: distance from the year's mean"), language)
    inner = inner_width(width, _ROOM)
    return alt.layer(bars, rules).properties(width=inner, height=80, title=heading(name, width, small=True))


def _part(step: int, parts: int, language: str, *, short: bool) -> str:
    if parts != 12 or short:
        return str(step)
    return month_name(step, language)[: 3 if language == "en" else None]
