"""Charts of satisfaction: branches ranked with their intervals, a measure over the months."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import (
    PHONE,
    ROW,
    inner_width,
    label_limit,
    label_room,
    number_format,
    reference_line,
    scaled,
    tooltips,
)
from svclib.reports.theme import colors, palette
from svclib.reports.words import SHARE, Unit


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
    shown = scaled(estimates.dropna(subset=["estimate"]), unit).sort_values("estimate", ascending=False)
    order = [str(name) for name in shown[label]]
    shown = shown.assign(**{label: order, "tone": ["marked" if name in marked else "plain" for name in order]})
    y = alt.Y(f"{label}:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    tone = alt.Color(
        "tone:N", legend=None, scale=alt.Scale(domain=["plain", "marked"], range=[palette()[0], colors()["danger"]])
    )
    axis = alt.Axis(tickCount=5 if width < PHONE else 8, format=number_format(unit))
    base = alt.Chart(shown).encode(y=y, color=tone)
    zero = alt.Scale(zero=False, nice=True)
    rule = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=title or None, axis=axis, scale=zero), x2="high:Q"
    )
    dot = base.mark_point(filled=True, size=64, opacity=1).encode(
        x=alt.X("estimate:Q", scale=zero), tooltip=tooltips(label)
    )
    layers = [*reference_line(reference, reference_label, unit, vertical=True), rule, dot]
    return alt.layer(*layers).properties(
        width=inner_width(width, label_room(order, width)), height=ROW * max(len(order), 1)
    )


def sources(
    rows: pd.DataFrame, *, unit: Unit = SHARE, title: str = "", language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw what the sample says with its interval, beside what volunteers say: a ring, without one.

    Parameters
    ----------
    rows : DataFrame
        Estimates with a column ``source`` (probability, census, opt-in), a row a source.
    unit, title, width
        As in `ranking`.
    language : {"zh-CN", "en"}
    """
    names = {"probability": _("sample"), "census": _("all who were asked"), "opt-in": _("volunteers")}
    names = {source: translate(name, language) for source, name in names.items()}
    shown = scaled(rows.dropna(subset=["estimate"]), unit)
    shown = shown.assign(name=[names.get(str(one), str(one)) for one in shown["source"]])
    shown["tone"] = ["ring" if one == "opt-in" else "dot" for one in shown["source"]]
    order = [name for name in names.values() if name in set(shown["name"])]
    base = alt.Chart(shown).encode(
        y=alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    )
    x: dict[str, Any] = {
        "scale": alt.Scale(zero=False, nice=True),
        "axis": alt.Axis(tickCount=5 if width < PHONE else 8, format=number_format(unit)),
        "title": title or None,
    }
    rule = base.transform_filter(alt.datum.tone == "dot").mark_rule(strokeWidth=2, color=palette()[0])
    fill = alt.Scale(domain=["dot", "ring"], range=[palette()[0], colors()["surface"]])
    dot = base.mark_point(size=70, strokeWidth=2, opacity=1, color=palette()[0])
    layers = [
        rule.encode(x=alt.X("low:Q", **x), x2="high:Q"),
        dot.encode(
            x=alt.X("estimate:Q", **x), fill=alt.Fill("tone:N", legend=None, scale=fill), tooltip=tooltips("name")
        ),
    ]
    room = label_room(order, width)
    return alt.layer(*layers).properties(width=inner_width(width, room), height=(ROW + 6) * max(len(order), 1))


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
    shown = scaled(estimates, unit).assign(period=estimates[over].astype(str).to_numpy())
    axis = alt.Axis(labelAngle=0, labelOverlap="greedy", labelSeparation=8, grid=False)
    x = alt.X("period:O", title=None, axis=axis, sort=sorted(shown["period"]))
    y_axis = alt.Axis(tickCount=5, format=number_format(unit), labelPadding=6)
    y = alt.Y("estimate:Q", title=None, axis=y_axis, scale=alt.Scale(zero=False, nice=True))
    base = alt.Chart(shown).encode(x=x)
    gap: Any = "break-paths-filter-domains"
    color = palette()[0]
    band = base.mark_area(opacity=0.18, color=color, invalid=gap).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    line = base.mark_line(color=color, invalid=gap).encode(y=y)
    dots = base.mark_point(filled=True, size=40, color=color, opacity=1).encode(y=y, tooltip=tooltips("period"))
    name = translate(_("target"), language)
    layers = [band, *reference_line(target, name, unit, vertical=False), line, dots]
    chart = alt.layer(*layers).properties(width=inner_width(width, 52), height=height)
    return chart.properties(title=title) if title else chart
