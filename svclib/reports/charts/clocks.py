"""Charts of response and resolution times: curves with the cases at risk, ways to end, ratios of paces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room
from svclib.reports.charts.time import heading
from svclib.reports.sentences.clocks import DAYS
from svclib.reports.theme import colors, palette
from svclib.reports.words import Unit
from svclib.stats.clocks.causes import Incidence
from svclib.stats.clocks.spells import group_names
from svclib.stats.clocks.survival import Survival

_ROOM = 72
_TICKS = (4, 7)
"""Ticks of time on a phone and on a page."""


def survival(
    curve: Survival,
    *,
    until: float | None = None,
    limits: Sequence[float] = (),
    unit: Unit = DAYS,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 220,
) -> alt.TopLevelMixin:
    """Draw the share done by each time, with its interval, and below the cases at risk.

    Parameters
    ----------
    curve : Survival
        A result of `stats.kaplan_meier`.
    until : float, optional
        End of the time axis; without it the last time.
    limits : list of float
        Limits drawn as lines (24 hours, 15 days).
    unit : Unit
        `sentences.clocks.HOURS` or `DAYS`.
    title : str
    language : {"zh-CN", "en"}
    width, height : int
        Whole width, and height of the plot, in pixels.
    """
    frame, keys = curve.frame, curve.curve.spells.keys
    names = [str(name) for name in group_names(keys)] if len(keys.columns) else [""]
    frame = frame.assign(group=np.repeat(names, np.diff(curve.curve.counts.starts)))
    end = float(until or frame["time"].max()) if len(frame) else 1.0
    shown = _steps(
        frame.assign(estimate=1 - frame["estimate"], low=1 - frame["high"], high=1 - frame["low"]), names, end
    )
    top = _curves(shown, names, (end, limits), unit, language, (width, height))
    both = alt.vconcat(top, _at_risk(curve, names, end, language, width), spacing=6)
    return both.properties(title=heading(title, width)) if title else both


def _steps(frame: pd.DataFrame, names: list[str], end: float) -> pd.DataFrame:
    """Give the points of step curves in percent, from 0 on and up to `end`."""
    parts = []
    for name in names:
        rows = frame.loc[frame["group"] == name, ["time", "estimate", "low", "high"]].astype(float)
        rows = pd.concat([pd.DataFrame({"time": [0.0], "estimate": [0.0], "low": [0.0], "high": [np.nan]}), rows])
        rows = rows[rows["time"] <= end]
        if len(rows) and (rows["estimate"].iloc[-1] >= 1 or frame.loc[frame["group"] == name, "time"].max() > end):
            rows = pd.concat([rows, rows.iloc[[-1]].assign(time=end)])
        parts.append(rows.assign(group=name))
    shown = pd.concat(parts, ignore_index=True)
    shown["high"] = shown["high"].fillna(shown["estimate"])
    shown[["estimate", "low", "high"]] *= 100
    return shown


def _curves(
    shown: pd.DataFrame,
    names: list[str],
    marks: tuple[float, Sequence[float]],
    unit: Unit,
    language: str,
    size: tuple[int, int],
) -> Any:
    end, limits = marks
    x = alt.X(
        "time:Q", title=_time_title(unit, language), scale=alt.Scale(domain=[0, end], nice=False), axis=_times(size[0])
    )
    y = alt.Y(
        "estimate:Q",
        title=None,
        scale=alt.Scale(domain=[0, 100]),
        axis=alt.Axis(tickCount=5, labelExpr="datum.value + '%'"),
    )
    color = _colors("group", names, size[0])
    base = alt.Chart(shown).encode(x=x, color=color)
    line = pd.DataFrame({"at": [float(limit) for limit in limits if limit <= end]})
    rule = alt.Chart(line).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"]).encode(x=alt.X("at:Q"))
    layers = [
        base.mark_area(opacity=0.15, interpolate="step-after").encode(y=alt.Y("low:Q", title=None), y2="high:Q"),
        base.mark_line(interpolate="step-after").encode(y=y),
    ]
    return alt.layer(*([rule] if len(line) else []), *layers).properties(
        width=inner_width(size[0], _ROOM), height=size[1]
    )


def _colors(field: str, names: list[str], width: int) -> Any:
    if len(names) < 2:
        return alt.value(palette()[0])
    scale = alt.Scale(domain=names, range=palette()[: len(names)])
    columns = 2 if width < PHONE else 4
    stroke: dict[str, Any] = {"symbolType": "stroke", "symbolOpacity": 1, "symbolStrokeWidth": 3}
    legend = alt.Legend(title=None, orient="top", columns=columns, labelLimit=120, **stroke)
    return alt.Color(f"{field}:N", scale=scale, legend=legend)


def _times(width: int) -> alt.Axis:
    return alt.Axis(tickCount=_TICKS[width >= PHONE], grid=False)


def _time_title(unit: Unit, language: str) -> str:
    """Name the axis of time: the unit without its number."""
    return translate(unit.change, language, size="").strip()


def _at_risk(curve: Survival, names: list[str], end: float, language: str, width: int) -> alt.Chart:
    """Write how many cases are at risk at even times."""
    times = np.linspace(0, end, _TICKS[width >= PHONE] - 1)
    table = curve.at_risk(list(times))
    shown = pd.DataFrame({"time": table["time"], "n": table["at_risk"].round().astype(int)})
    shown["group"] = np.repeat(names, len(times))
    axis = alt.Axis(labelLimit=_ROOM, labelPadding=16, ticks=False, domain=False) if len(names) > 1 else None
    chart = alt.Chart(shown).mark_text(fontSize=11, color=colors()["text-muted"])
    return chart.encode(
        x=alt.X("time:Q", axis=None, scale=alt.Scale(domain=[0, end], nice=False)),
        y=alt.Y("group:N", sort=names, title=None, axis=axis),
        text="n:Q",
    ).properties(
        width=inner_width(width, _ROOM),
        height=18 * len(names),
        title=heading(translate(_("Not done yet"), language), width, small=True),
    )


def incidence(
    found: Incidence,
    *,
    until: float | None = None,
    labels: dict[str, str] | None = None,
    unit: Unit = DAYS,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 220,
) -> alt.TopLevelMixin:
    """Draw the share that has ended in each way by each time, with its interval.

    Parameters
    ----------
    found : Incidence
        A result of `stats.cumulative_incidence`, of one group.
    labels : dict, optional
        The ways in words.
    until, unit, title, language, width, height
        As in `survival`.
    """
    frame = found.frame
    names = [(labels or {}).get(str(label), str(label)) for label in found.labels]
    frame = frame.assign(group=[(labels or {}).get(str(term), str(term)) for term in frame["term"]])
    end = float(until or frame["time"].max())
    plot = _curves(_steps(frame, names, end), names, (end, ()), unit, language, (width, height))
    return plot.properties(title=heading(title, width)) if title else plot


def hazard_ratios(
    rows: pd.DataFrame,
    *,
    labels: dict[str, str] | None = None,
    title: str = "",
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw the ratios of paces with their intervals; 1 is no difference.

    Parameters
    ----------
    rows : DataFrame
        The frame of `stats.cox` or `fine_gray`, or a result of `pairwise_logrank`; rows without a ratio are left out.
    labels : dict, optional
        The terms in words.
    title : str
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    shown = rows.dropna(subset=["hazard_ratio", "ratio_low"])
    terms = (
        [f"{one} / {other}" for one, other in zip(shown["first"], shown["second"], strict=True)]
        if "first" in shown
        else [str(term) for term in shown["term"]]
    )
    names = [(labels or {}).get(term, term) for term in terms]
    shown = pd.DataFrame(
        {"name": names, **{key: shown[key].astype(float) for key in ("hazard_ratio", "ratio_low", "ratio_high")}}
    )
    shown["beyond"] = (shown["ratio_low"] > 1) | (shown["ratio_high"] < 1)
    ends = [float(shown["ratio_low"].min()), float(shown["ratio_high"].max())] if len(shown) else [0.5, 2.0]
    scale = alt.Scale(type="log", nice=False, domain=[min(ends[0], 0.8) / 1.1, max(ends[1], 1.25) * 1.1])
    y = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    tone = alt.condition("datum.beyond", alt.value(palette()[0]), alt.value(colors()["text-muted"]))
    axis = alt.Axis(
        values=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100], format="~g", grid=False
    )
    name = title or translate(_("Ratio of paces (right of 1: done sooner)"), language)
    base = alt.Chart(shown).encode(y=y, color=tone)
    one = alt.Chart(pd.DataFrame({"at": [1.0]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
    layers = [
        one.encode(x=alt.X("at:Q", scale=scale)),
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("ratio_low:Q", scale=scale, axis=axis, title=name), x2="ratio_high:Q"
        ),
        base.mark_point(filled=True, size=64, opacity=1).encode(x=alt.X("hazard_ratio:Q", scale=scale)),
    ]
    return alt.layer(*layers).properties(
        width=inner_width(width, label_room(names, width)), height=ROW * max(len(names), 1)
    )
