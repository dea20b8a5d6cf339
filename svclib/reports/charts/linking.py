"""Charts of links and equating: the conversion beside no change, the anchors, smoothed beside raw scores."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, inner_width
from svclib.reports.charts.time import heading
from svclib.reports.sentences.linking import form_name
from svclib.reports.theme import colors, palette
from svclib.stats.linking.drift import Drift
from svclib.stats.linking.results import Equating

_ROOM = 56


def conversion(
    made: Equating,
    *,
    cut: float | None = None,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 260,
) -> alt.TopLevelMixin:
    """Draw what each score of the new form is worth on the old one, less the score itself, with its interval.

    Above 0 the new form is the harder one there.

    Parameters
    ----------
    made : Equating
        A result of `stats.equate`.
    cut : float, optional
        Pass mark of the old form; the new form's is drawn as a line.
    title : str
    language : {"zh-CN", "en"}
    width, height : int
        Whole width, and height of the plot, in pixels.
    """
    frame = made.frame.dropna(subset=["equated"])
    shown = pd.DataFrame({"score": frame["score"].astype(float)})
    for name in ("equated", "low", "high"):
        shown[name] = frame[name].fillna(frame["equated"]).to_numpy(dtype=float)
        shown[f"{name}_less"] = shown[name] - shown["score"]
    x = alt.X(
        "score:Q",
        title=translate(_("Score on the new form"), language),
        scale=_scale(shown["score"]),
        axis=_axis(width),
    )
    y = alt.Y("equated_less:Q", title=None, axis=alt.Axis(format="+.1~f", tickCount=6))
    tips = [
        alt.Tooltip("score:Q", title=form_name("new", language)),
        alt.Tooltip("equated:Q", title=form_name("old", language), format=".2f"),
        *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("low", "high")),
    ]
    base = alt.Chart(shown).encode(x=x)
    none = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=colors()["border-strong"]).encode(y=alt.Y("at:Q"))
    layers: list[Any] = [
        none,
        base.mark_area(opacity=0.2, color=palette()[0]).encode(y=alt.Y("low_less:Q", title=None), y2="high_less:Q"),
        base.mark_line(color=palette()[0]).encode(y=y),
        base.mark_point(filled=True, size=24, color=palette()[0]).encode(y=y, tooltip=tips),
    ]
    if cut is not None and np.isfinite(made.cut(cut)):
        layers += _cut_line(made.cut(cut), language)
    plot = alt.layer(*layers).properties(width=inner_width(width, _ROOM), height=height)
    name = title or translate(_("Points that the equating adds to a score of the new form"), language)
    return plot.properties(title=heading(name, width))


def _scale(values: pd.Series, room: float = 0.0) -> alt.Scale:
    ends = [float(values.min()) - room, float(values.max()) + room] if len(values) else [0.0, 1.0]
    return alt.Scale(domain=ends, nice=False)


def _axis(width: int) -> alt.Axis:
    return alt.Axis(tickCount=5 if width < PHONE else 9, grid=False)


def _cut_line(cut: float, language: str) -> list[alt.Chart]:
    text = translate(_("pass mark {cut}"), language, cut=f"{cut:g}")
    base = alt.Chart(pd.DataFrame({"at": [cut], "name": [text]})).encode(x=alt.X("at:Q"))
    tone = colors()["text-muted"]
    words = base.mark_text(align="left", dx=4, baseline="top", color=tone).encode(y=alt.value(4), text="name:N")
    return [base.mark_rule(strokeDash=[5, 4], color=tone), words]


def anchor_scatter(
    found: Drift, *, title: str = "", language: str = "en", width: int = 480, height: int = 340
) -> alt.TopLevelMixin:
    """Draw the anchors' difficulties on the new form against the old one; those that moved are named.

    Parameters
    ----------
    found : Drift
        A result of `stats.anchor_drift`.
    title, language, width, height
        As in `conversion`.
    """
    shown = found.frame.dropna(subset=["new", "old"])
    shown = shown.assign(moved=shown["flagged"] | ~shown["kept"])[["item", "old", "new", "moved"]]
    low, high = _ends(shown)
    scale = alt.Scale(domain=[low, high], nice=False)
    names = {"old": _("Difficulty on the old form"), "new": _("Difficulty on the new form, linked")}
    if found.link is None:
        names = {"old": _("Delta, earlier administration"), "new": _("Delta, later administration")}
    x = alt.X("old:Q", title=translate(names["old"], language), scale=scale, axis=alt.Axis(grid=False, tickCount=6))
    y = alt.Y("new:Q", title=translate(names["new"], language), scale=scale, axis=alt.Axis(tickCount=6))
    tone = alt.Color(
        "moved:N", legend=None, scale=alt.Scale(domain=[False, True], range=[palette()[0], colors()["danger"]])
    )
    shape = alt.Shape("moved:N", legend=None, scale=alt.Scale(domain=[False, True], range=["circle", "diamond"]))
    base = alt.Chart(shown).encode(x=x, y=y)
    tips = [alt.Tooltip("item:N"), alt.Tooltip("old:Q", format=".2f"), alt.Tooltip("new:Q", format=".2f")]
    line = alt.Chart(_axis_line(found, low, high)).mark_line(strokeDash=[5, 4], color=colors()["text-muted"])
    layers = [
        line.encode(x=alt.X("old:Q", scale=scale), y=alt.Y("new:Q", scale=scale)),
        base.mark_point(filled=True, size=70, opacity=0.85).encode(color=tone, shape=shape, tooltip=tips),
        base.transform_filter("datum.moved").mark_text(align="left", dx=8, fontWeight="bold").encode(text="item:N"),
    ]
    plot = alt.layer(*layers).properties(width=inner_width(width, _ROOM), height=height)
    return plot.properties(title=heading(title, width)) if title else plot


def _ends(shown: pd.DataFrame) -> tuple[float, float]:
    if not len(shown):
        return -1.0, 1.0
    values = shown[["old", "new"]].to_numpy(dtype=float)
    room = 0.08 * max(float(np.ptp(values)), 0.5)
    return float(values.min()) - room, float(values.max()) + room


def _axis_line(found: Drift, low: float, high: float) -> pd.DataFrame:
    """Line that the anchors should lie on: identity once linked, the principal axis of deltas."""
    if found.link is not None:
        return pd.DataFrame({"old": [low, high], "new": [low, high]})
    from svclib.stats.linking.drift import principal_axis

    kept = found.frame[found.frame["kept"]]
    slope, intercept = principal_axis(kept["old"].to_numpy(dtype=float), kept["new"].to_numpy(dtype=float))
    ends = sorted([low, high, (low - intercept) / slope, (high - intercept) / slope])[1:3] if slope > 0 else [low, high]
    return pd.DataFrame({"old": ends, "new": [slope * one + intercept for one in ends]})


def smoothed_scores(
    made: Equating, *, title: str = "", language: str = "en", width: int = 660, height: int = 170
) -> alt.TopLevelMixin:
    """Draw each form's scores as they were counted (bars) and as they were smoothed (line).

    Parameters
    ----------
    made : Equating
        A result of `stats.equate` with `smooth`.
    title, language, width, height
        As in `conversion`; the height is that of one form's plot.
    """
    parts = []
    for form in ("new", "old"):
        rows = made.smoothing
        rows = rows[rows["form"] == form] if len(rows) else pd.DataFrame({"score": [], "share": [], "smoothed": []})
        shown = pd.DataFrame({name: rows[name].astype(float) for name in ("score", "share", "smoothed")})
        shown[["share", "smoothed"]] *= 100
        name = form_name(form, language)
        x = alt.X(
            "score:Q",
            title=translate(_("Sum score on the form"), language),
            scale=alt.Scale(
                domain=[shown["score"].min() - 1, shown["score"].max() + 1] if len(shown) else [0, 1], nice=False
            ),
            axis=_axis(width),
        )
        axis = alt.Axis(labelExpr="datum.value + '%'", tickCount=4)
        size = max(1.0, 0.7 * inner_width(width, _ROOM) / max(len(shown), 1))
        base = alt.Chart(shown).encode(x=x)
        bars = base.mark_bar(size=size, opacity=0.45, color=colors()["text-muted"]).encode(
            y=alt.Y("share:Q", title=None, axis=axis)
        )
        line = base.mark_line(color=palette()[0], strokeWidth=2.5).encode(y=alt.Y("smoothed:Q", title=None, axis=axis))
        plot = alt.layer(bars, line).properties(width=inner_width(width, _ROOM), height=height)
        parts.append(plot.properties(title=heading(name, width, small=True)))
    both = alt.vconcat(*parts, spacing=8)
    return both.properties(title=heading(title, width)) if title else both
