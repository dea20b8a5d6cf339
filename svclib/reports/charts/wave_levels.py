"""Charts of waves: the levels with their intervals, and under them the changes with theirs."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, inner_width, number_format, scaled
from svclib.reports.theme import colors, palette
from svclib.reports.words import SHARE, Unit

_AXIS = 44
"""Pixels that the labels of the values take."""


def waves(
    levels: pd.DataFrame,
    changes: pd.DataFrame,
    over: str,
    *,
    unit: Unit = SHARE,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw the level of each wave with its interval, and under it the change from the wave before with its own.

    Levels may look alike while a panel's change is sure, so the changes have a picture of their own; those that chance
    would hardly explain are drawn dark.

    Parameters
    ----------
    levels : DataFrame
        ``frame`` of `stats.waves`, of one group.
    changes : DataFrame
        Its ``changes()``.
    over : str
        Column of waves.
    unit : Unit
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    order = [str(wave) for wave in levels[over]]
    above = scaled(levels, unit).assign(wave=order)
    below = scaled(changes, unit).assign(wave=[str(wave) for wave in changes["second"]])
    below["tone"] = ["open" if one in ("steady", "unknown") else "apart" for one in changes["direction"]]
    below = below.dropna(subset=["estimate"])
    inner = inner_width(width, _AXIS)
    top = _levels(above, order, unit).properties(width=inner, height=150)
    bottom = _changes(below, order, unit).properties(
        width=inner,
        height=80,
        title=alt.TitleParams(translate(_("change from the wave before"), language), fontSize=12, offset=4),
    )
    return alt.vconcat(top, bottom, spacing=10)


def _x(order: list[str], *, labels: bool) -> alt.X:
    axis = alt.Axis(
        labelAngle=0, labelOverlap="greedy", labelSeparation=8, grid=False, labels=labels, ticks=labels, title=None
    )
    return alt.X("wave:O", sort=order, scale=alt.Scale(domain=order), axis=axis)


def _y_axis(unit: Unit) -> alt.Axis:
    return alt.Axis(tickCount=4, format=number_format(unit), minExtent=_AXIS - 10, title=None)


def _levels(data: pd.DataFrame, order: list[str], unit: Unit) -> Any:
    scale = alt.Scale(zero=False, nice=True)
    base = alt.Chart(data).encode(x=_x(order, labels=True))
    color = palette()[0]
    line = base.mark_line(color=color, opacity=0.5, invalid="break-paths-filter-domains").encode(
        y=alt.Y("estimate:Q", scale=scale, axis=_y_axis(unit))
    )
    rule = base.mark_rule(color=color, strokeWidth=2).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
    tips = [alt.Tooltip("wave:N"), *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("estimate", "low", "high"))]
    dots = base.mark_point(filled=True, size=64, color=color, opacity=1).encode(
        y=alt.Y("estimate:Q", scale=scale), tooltip=[*tips, alt.Tooltip("n:Q", format="d")]
    )
    return alt.layer(line, rule, dots)


def _changes(data: pd.DataFrame, order: list[str], unit: Unit) -> Any:
    shades = alt.Scale(domain=["apart", "open"], range=[palette()[0], colors()["border-strong"]])
    base = alt.Chart(data).encode(x=_x(order, labels=False), color=alt.Color("tone:N", legend=None, scale=shades))
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
    rule = base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", axis=_y_axis(unit)), y2="high:Q")
    tips = [alt.Tooltip("wave:N"), *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("estimate", "low", "high"))]
    dots = base.mark_point(filled=True, size=64, opacity=1).encode(y="estimate:Q", tooltip=tips)
    return alt.layer(zero.encode(y=alt.Y("at:Q", axis=_y_axis(unit))), rule, dots)


def slopes(
    levels: pd.DataFrame,
    changes: pd.DataFrame,
    label: str,
    over: str,
    *,
    unit: Unit = SHARE,
    width: int = 660,
    height: int = 260,
) -> alt.TopLevelMixin:
    """Draw a line a group from wave to wave; groups that moved by more than chance allows are dark and named.

    Parameters
    ----------
    levels, changes : DataFrame
        ``frame`` and ``changes(…)`` of `stats.waves` with `by`.
    label, over : str
        Columns of the groups' names and of the waves.
    unit, width
        As in `waves`.
    height : int
    """
    moved = {str(name) for name in changes.loc[changes["direction"].isin(["up", "down"]), label]}
    order = [str(wave) for wave in dict.fromkeys(levels[over])]
    data = scaled(levels.dropna(subset=["estimate"]), unit)
    data = data.assign(name=data[label].astype(str), wave=data[over].astype(str))
    data["tone"] = ["moved" if name in moved else "other" for name in data["name"]]
    room = 60 if width < PHONE else 100
    shades = alt.Scale(domain=["moved", "other"], range=[palette()[0], palette()[7]])
    scale = alt.Scale(zero=False, nice=True)
    base = alt.Chart(data).encode(
        x=_x(order, labels=True),
        y=alt.Y("estimate:Q", scale=scale, axis=_y_axis(unit)),
        detail="name:N",
        color=alt.Color("tone:N", legend=None, scale=shades),
    )
    tips = [
        alt.Tooltip("name:N"),
        alt.Tooltip("wave:N"),
        alt.Tooltip("estimate:Q", format=".1f"),
        alt.Tooltip("n:Q", format="d"),
    ]
    ends = base.transform_filter((alt.datum.wave == (order[-1] if order else "")) & (alt.datum.tone == "moved"))
    layers = [
        base.mark_line(strokeWidth=2),
        base.mark_point(filled=True, size=44, opacity=1).encode(tooltip=tips),
        ends.mark_text(align="left", dx=7, limit=room - 8).encode(text="name:N"),
    ]
    return alt.layer(*layers).properties(width=inner_width(width, _AXIS + room), height=height)
