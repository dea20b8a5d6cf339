"""Charts of SERVQUAL: from what is expected to what is found, and the gaps with their intervals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit
from svclib.reports.theme import colors, palette

_ROW = 30
"""Pixels of a row whose label may have two lines."""
_WHOLE = ("overall", "weighted")


def servqual_gaps(
    rows: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw each item from what is expected (ring) to what is found (dot), by dimension.

    The line is drawn in the warning colour where the whole interval of the gap lies below 0.

    Parameters
    ----------
    rows : DataFrame
        Result of `stats.servqual` with expectations, of one group.
    labels : dict, optional
        Item or dimension → its text.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    items = _named(rows.loc[(rows["term"] != rows["dimension"]) & ~rows["term"].isin(_WHOLE)], labels)
    items = items.dropna(subset=["perception", "expectation"])
    items["name"] = [_wrapped(name, label_limit(width)) for name in items["name"]]
    items["tone"] = ["short" if high < 0 else "met" for high in items["high"]]
    ends = items.melt(
        id_vars=["name", "group"], value_vars=["expectation", "perception"], var_name="end", value_name="at"
    )
    words = {"expectation": translate(_("expected"), language), "perception": translate(_("found"), language)}
    ends["end"] = ends["end"].map(words)
    data = pd.concat([items.assign(part="line"), ends.assign(part="end")], ignore_index=True)
    panels = [
        _dumbbells(data[data["group"] == group], str(group), list(words.values()), width, last=place == len(groups) - 1)
        for groups in [list(dict.fromkeys(items["group"]))]
        for place, group in enumerate(groups)
    ]
    if not panels:
        return alt.Chart(pd.DataFrame({"x": []})).mark_point().properties(width=inner_width(width, 0), height=ROW)
    return alt.vconcat(*panels, spacing=6).resolve_scale(x="shared", color="independent")


def _wrapped(text: str, width: int) -> str:
    """Break a text into two lines of about one length that fit in so many pixels, the rest cut off."""
    whole = _pixels(text)
    if whole <= width:
        return text
    first, room = "", min(float(width), whole / 2 + 16)
    words = _words(text)
    while words and (_pixels(first + words[0]) <= room or not first):
        first += words.pop(0)
    second = "".join(words)
    while words and _pixels(second) > width:
        words.pop()
        second = "".join(words).rstrip() + "…"
    return f"{first.rstrip()}\n{second}"


def _pixels(text: str) -> float:
    """Width of a text: 12 a Chinese character, 6.4 another on average."""
    return sum(12 if ord(letter) > 0x2E80 else 6.4 for letter in text)


def _words(text: str) -> list[str]:
    """Cut a text where a line may end: behind spaces, and behind each Chinese character."""
    return re.findall(r"[⺀-￯][、。，；：？！）”》]*|[^\s⺀-￯]+\s*|\s+", text)


def _dumbbells(data: pd.DataFrame, group: str, ends: list[str], width: int, *, last: bool) -> Any:
    limit = label_limit(width)
    names = list(dict.fromkeys(data.loc[data["part"] == "line", "name"]))
    y = alt.Y("name:N", sort=names, title=None, axis=_labels(limit))
    axis = alt.Axis(tickCount=4 if width < PHONE else 6, format=".1f", labels=last, ticks=last, domain=last, title=None)
    x: dict[str, Any] = {"scale": alt.Scale(zero=False, nice=True), "axis": axis}
    tone = alt.Color("tone:N", legend=None, scale=alt.Scale(domain=["short", "met"], range=_tones()))
    lines = alt.Chart(data[data["part"] == "line"]).mark_rule(strokeWidth=3, opacity=0.75)
    dots = alt.Chart(data[data["part"] == "end"]).mark_point(size=70, strokeWidth=2, opacity=1, color=palette()[0])
    fill = alt.Fill("end:N", title=None, scale=alt.Scale(domain=ends, range=[colors()["surface"], palette()[0]]),
                    legend=alt.Legend(orient="top", symbolStrokeColor=palette()[0]))  # fmt: skip
    layers = [
        lines.encode(y=y, x=alt.X("expectation:Q", **x), x2="perception:Q", color=tone),
        dots.encode(
            y=y, x=alt.X("at:Q", **x), fill=fill, tooltip=[alt.Tooltip("name:N"), alt.Tooltip("at:Q", format=".2f")]
        ),
    ]
    title = alt.TitleParams(group, fontSize=12, anchor="start", offset=2)
    return alt.layer(*layers).properties(width=inner_width(width, limit), height=_ROW * len(names), title=title)


def _labels(limit: int) -> alt.Axis:
    """Labels of items in a room of their own, so that the plots of all dimensions lie under one another."""
    return alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=limit + 10, labelLineHeight=13,
                    minExtent=limit, maxExtent=limit)  # fmt: skip


def _tones() -> list[str]:
    return [colors()["danger"], colors()["border-strong"]]


def gap_intervals(
    rows: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw the gap of each dimension, and of all together, with its interval beside the line of no gap.

    Parameters
    ----------
    rows, labels, language, width
        As in `servqual_gaps`.
    """
    shown = rows.loc[(rows["term"] == rows["dimension"]) | rows["term"].isin(_WHOLE)]
    shown = _named(shown.dropna(subset=["estimate"]), labels, language)
    shown["name"] = [_wrapped(name, label_limit(width)) for name in shown["name"]]
    shown["tone"] = ["short" if high < 0 else "met" for high in shown["high"]]
    names, limit = list(shown["name"]), label_limit(width)
    y = alt.Y("name:N", sort=names, title=None, axis=_labels(limit))
    tone = alt.Color("tone:N", legend=None, scale=alt.Scale(domain=["short", "met"], range=[_tones()[0], palette()[0]]))
    title = translate(_("gap: found less expected, scale points"), language)
    axis = alt.Axis(tickCount=5 if width < PHONE else 8, format=".1f")
    base = alt.Chart(shown).encode(y=y, color=tone)
    rule = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title, axis=axis), x2="high:Q")
    tips = [alt.Tooltip("name:N"), *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("estimate", "low", "high"))]
    dot = base.mark_point(filled=True, size=64, opacity=1).encode(x="estimate:Q", tooltip=tips)
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
    chart = alt.layer(zero.encode(x="at:Q"), rule, dot)
    return chart.properties(width=inner_width(width, limit), height=_ROW * max(len(names), 1))


def _named(rows: pd.DataFrame, labels: Mapping[str, str] | None, language: str = "en") -> pd.DataFrame:
    """Put the texts of items and dimensions beside them."""
    known = {
        "overall": translate(_("all dimensions"), language),
        "weighted": translate(_("weighted by importance"), language),
    }
    known |= dict(labels or {})
    names = [known.get(str(term), str(term)) for term in rows["term"]]
    groups = [known.get(str(name), str(name)) for name in rows["dimension"]]
    return rows.assign(name=names, group=groups)
