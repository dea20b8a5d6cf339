"""Charts of satisfaction: branches ranked with their intervals, a measure over the months."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.theme import colors, palette
from svclib.reports.words import SCORE, SHARE, Unit

_ROW = 22
_PHONE = 480


def ranking(
    estimates: pd.DataFrame,
    label: str,
    *,
    unit: Unit = SHARE,
    title: str = "",
    reference: float | None = None,
    reference_label: str = "",
    marked: tuple[str, ...] = (),
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw a dot and an interval for each group, best first; hidden groups are left out.

    Parameters
    ----------
    estimates : DataFrame
        Estimates with one row a group.
    label : str
        Column of the groups' names.
    unit : Unit
        How the measure is written.
    title : str
        Title of the axis.
    reference : float, optional
        A value drawn as a line (the whole bank, a target).
    reference_label : str
    marked : tuple of str
        Groups in the warning colour.
    width : int
        Whole width in pixels.
    """
    shown = _scaled(estimates.dropna(subset=["estimate"]), unit).sort_values("estimate", ascending=False)
    order = [str(name) for name in shown[label]]
    shown = shown.assign(**{label: order, "tone": ["marked" if name in marked else "plain" for name in order]})
    y = alt.Y(f"{label}:N", sort=order, title=None, axis=alt.Axis(labelLimit=110 if width < _PHONE else 200))
    tone = alt.Color(
        "tone:N", legend=None, scale=alt.Scale(domain=["plain", "marked"], range=[palette()[0], colors()["danger"]])
    )
    axis = alt.Axis(tickCount=5 if width < _PHONE else 8, format=_format(unit))
    base = alt.Chart(shown).encode(y=y, color=tone)
    zero = alt.Scale(zero=False, nice=True)
    rule = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=title or None, axis=axis, scale=zero), x2="high:Q"
    )
    dot = base.mark_point(filled=True, size=64, opacity=1).encode(
        x=alt.X("estimate:Q", scale=zero), tooltip=_tips(label)
    )
    layers = [*_reference(reference, reference_label, unit, vertical=True), rule, dot]
    return alt.layer(*layers).properties(
        width=_inner(width, _label_room(order, width)), height=_ROW * max(len(order), 1)
    )


def trend(
    estimates: pd.DataFrame,
    *,
    over: str = "month",
    unit: Unit = SHARE,
    title: str = "",
    target: float | None = None,
    language: str = "en",
    width: int = 660,
    height: int = 190,
) -> alt.TopLevelMixin:
    """Draw a measure over time with its interval as a band; months without a number leave a gap.

    Parameters
    ----------
    estimates : DataFrame
        Estimates with one row a period.
    over : str
        Column of periods, in order as text.
    unit, title, width
        As in `ranking`.
    target : float, optional
        Drawn as a line with its name.
    language : {"zh-CN", "en"}
    height : int
        Height of the plot in pixels.
    """
    shown = _scaled(estimates, unit).assign(period=estimates[over].astype(str).to_numpy())
    axis = alt.Axis(labelAngle=0, labelOverlap="greedy", grid=False)
    x = alt.X("period:O", title=None, axis=axis, sort=sorted(shown["period"]))
    y_axis = alt.Axis(tickCount=5, format=_format(unit), labelPadding=6)
    y = alt.Y("estimate:Q", title=None, axis=y_axis, scale=alt.Scale(zero=False, nice=True))
    base = alt.Chart(shown).encode(x=x)
    gap: Any = "break-paths-filter-domains"
    color = palette()[0]
    band = base.mark_area(opacity=0.18, color=color, invalid=gap).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    line = base.mark_line(color=color, invalid=gap).encode(y=y)
    dots = base.mark_point(filled=True, size=40, color=color, opacity=1).encode(y=y, tooltip=_tips("period"))
    name = translate(_("target"), language)
    layers = [band, *_reference(target, name, unit, vertical=False), line, dots]
    chart = alt.layer(*layers).properties(width=_inner(width, 52), height=height)
    return chart.properties(title=title) if title else chart


def _scaled(estimates: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    columns = {name: pd.to_numeric(estimates[name]).astype(float) * unit.factor for name in ("estimate", "low", "high")}
    return estimates.assign(**columns, n=estimates["n"].astype("Float64").astype(float))


def _format(unit: Unit) -> str:
    return {SHARE: ".0f", SCORE: "d"}.get(unit, ".1f")


def _tips(label: str) -> list[alt.Tooltip]:
    numbers = [alt.Tooltip(f"{name}:Q", format=".1f") for name in ("estimate", "low", "high")]
    return [alt.Tooltip(f"{label}:N"), *numbers, alt.Tooltip("n:Q", format="d")]


def _reference(value: float | None, name: str, unit: Unit, *, vertical: bool) -> list[alt.Chart]:
    """Draw a dashed line at a value, with its name at its end."""
    if value is None:
        return []
    base = alt.Chart(pd.DataFrame({"at": [value * unit.factor], "name": [name]}))
    tone = colors()["text-muted"]
    channel = {"x": alt.X("at:Q")} if vertical else {"y": alt.Y("at:Q")}
    rule = base.mark_rule(strokeDash=[5, 4], color=tone).encode(**channel)
    place: dict[str, Any] = {"align": "left", "dx": 4, "baseline": "bottom"}
    at = {"y": alt.value(0), "x": channel.get("x")} if vertical else {"x": alt.value(0), "y": channel.get("y")}
    words = base.mark_text(**place, dy=-3, color=tone).encode(text="name:N", **at)
    return [rule, words]


def _inner(width: int, room: int) -> int:
    """Width of the plot itself when the axis' labels take `room` pixels."""
    return max(width - room - 24, 120)


def _label_room(names: list[str], width: int) -> int:
    """Pixels the longest name takes: 12 a Chinese character, 7 another, up to the axis' limit."""
    longest = max((sum(12 if ord(letter) > 0x2E80 else 7 for letter in name) for name in names), default=40)
    return min(longest, 110 if width < _PHONE else 200) + 10
