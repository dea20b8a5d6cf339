"""Charts of exam security: pairs that agree, p values against chance, quick answers, items over time."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import ROW, inner_width
from svclib.reports.theme import colors, palette
from svclib.stats.security.compromise import Compromise
from svclib.stats.security.rapid import RapidGuessing
from svclib.stats.security.similarity import Similarity

_ROOM = 72
_POINTS = 2_000
"""Most points drawn of the p values; the smallest are all kept."""


def similarity_network(
    found: Similarity, *, language: str = "en", width: int = 660, height: int = 300
) -> alt.TopLevelMixin:
    """Draw the flagged pairs as lines between candidates on a circle; lines that meet form a cluster."""
    pairs = found.frame[found.frame["flag"].astype(bool)]
    names = list(dict.fromkeys([*pairs["first"], *pairs["second"]]))
    angle = 2 * np.pi * np.arange(len(names)) / max(len(names), 1)
    place = {name: (float(np.cos(one)), float(np.sin(one))) for name, one in zip(names, angle, strict=True)}
    ends = [(*place[one], *place[two]) for one, two in zip(pairs["first"], pairs["second"], strict=True)]
    lines = pd.DataFrame(ends, columns=["x", "y", "x2", "y2"], dtype=float)
    dots = pd.DataFrame([(*place[name], str(name)[:8]) for name in names], columns=["x", "y", "name"])
    title = translate(_("Pairs whose answers agree more than expected"), language)
    x, y = (alt.X("x:Q", axis=None, scale=_SQUARE), alt.Y("y:Q", axis=None, scale=_SQUARE))
    base = alt.Chart(dots).encode(x=x, y=y)
    layers: list[Any] = [
        alt.Chart(lines).mark_rule(strokeWidth=2, color=colors()["text-muted"]).encode(x=x, y=y, x2="x2:Q", y2="y2:Q"),
        base.mark_point(filled=True, size=90, opacity=1, color=palette()[0]),
        base.mark_text(dy=-12, color=colors()["text"]).encode(text="name:N"),
    ]
    return alt.layer(*layers).properties(width=min(width, height), height=height, title=title)


_SQUARE = alt.Scale(domain=[-1.3, 1.3], nice=False)


def similarity_pvalues(
    found: Similarity, *, language: str = "en", width: int = 660, height: int = 240
) -> alt.TopLevelMixin:
    """Draw the pairs' p values against those of chance, both as −log10; the dashed line is chance."""
    rows = found.frame[found.frame["method"] == found.frame["method"].iloc[0]] if len(found.frame) else found.frame
    held = rows.sort_values("p", ignore_index=True).iloc[:_POINTS]
    rank = (np.arange(len(held)) + 0.5) / max(found.compared, 1)
    shown = pd.DataFrame({"x": -np.log10(rank), "y": -np.log10(held["p"].astype(float).clip(lower=1e-300))})
    shown["flag"] = held["flag"].astype(bool)
    end = float(shown["x"].max()) if len(shown) else 1.0
    line = pd.DataFrame({"x": [0.0, end], "y": [0.0, end]})
    x = alt.X("x:Q", title=translate(_("Expected by chance (−log10 p)"), language))
    y = alt.Y("y:Q", title=translate(_("Found (−log10 p)"), language))
    rule = alt.Chart(line).mark_line(strokeDash=[5, 4], color=colors()["text-muted"]).encode(x=x, y=y)
    dots = alt.Chart(shown).mark_point(filled=True, opacity=0.8).encode(x=x, y=y, color=_flagged())
    return alt.layer(rule, dots).properties(width=inner_width(width, _ROOM), height=height)


def _flagged() -> Any:
    return alt.condition("datum.flag", alt.value(palette()[0]), alt.value(colors()["text-muted"]))


def rapid_thresholds(
    found: RapidGuessing, item: str | None = None, *, language: str = "en", width: int = 660, height: int = 220
) -> alt.TopLevelMixin:
    """Draw the times of an item with its threshold; without an item, the middle 80 % of the times of all."""
    title = translate(_("Seconds (dashed or marked: threshold)"), language)
    limit = found.items.assign(item=found.items["item"].astype(str)).dropna(subset=["threshold"])
    scale = alt.Scale(type="log", nice=False)
    if item is not None:
        times = found.times.set_axis([str(name) for name in found.times.columns], axis=1)[item].dropna()
        counts, edges = np.histogram(np.log(times.clip(lower=0.5)), bins=40)
        shown = pd.DataFrame({"x": np.exp(edges[:-1]), "x2": np.exp(edges[1:]), "n": counts})
        x = alt.X("x:Q", scale=scale, title=title)
        y = alt.Y("n:Q", title=translate(_("Candidates"), language))
        bars = alt.Chart(shown).mark_bar(color=palette()[0]).encode(x=x, x2="x2:Q", y=y, y2=alt.datum(0))
        rule = alt.Chart(limit[limit["item"] == item]).mark_rule(strokeDash=[5, 4], strokeWidth=2)
        marked = rule.encode(x=alt.X("threshold:Q", scale=scale, title=title))
        return alt.layer(bars, marked).properties(width=inner_width(width, _ROOM), height=height)
    ends = found.times.clip(lower=0.5).quantile([0.1, 0.9]).T.set_axis(["low", "high"], axis=1)
    ends["item"] = [str(name) for name in ends.index]
    names = list(ends["item"])
    y = alt.Y("item:N", sort=names, title=None)
    bars = alt.Chart(ends.dropna()).mark_bar(height=8, color=palette()[0], opacity=0.5)
    marks = alt.Chart(limit).mark_tick(thickness=3, color=colors()["text"])
    layers: list[Any] = [
        bars.encode(x=alt.X("low:Q", scale=scale, title=title), x2="high:Q", y=y),
        marks.encode(x=alt.X("threshold:Q", scale=scale, title=title), y=y),
    ]
    return alt.layer(*layers).properties(width=inner_width(width, _ROOM), height=ROW * max(len(names), 1))


def effort_scores(found: RapidGuessing, *, language: str = "en", width: int = 660, height: int = 240) -> alt.Chart:
    """Draw each candidate's effort against the score (needs a result that was given scores)."""
    held = found.candidates[["effort", "score", "flag"]].dropna()
    shown = 100 * held[["effort", "score"]].astype(float)
    shown["flag"] = held["flag"].astype(bool)
    x = alt.X(
        "effort:Q", title=translate(_("Answers that were not too quick (%)"), language), scale=alt.Scale(zero=False)
    )
    y = alt.Y("score:Q", title=translate(_("Score (%)"), language), scale=alt.Scale(domain=[0, 100]))
    dots = alt.Chart(shown).mark_point(filled=True, opacity=0.7).encode(x=x, y=y, color=_flagged())
    return dots.properties(width=inner_width(width, _ROOM), height=height)


def compromise_path(
    found: Compromise, item: str, *, language: str = "en", width: int = 660, height: int = 220
) -> alt.TopLevelMixin:
    """Draw the statistic of an item over the candidates in their order, with its limit (dashed)."""
    shown = found.path.loc[found.path["item"] == item, ["position", "statistic", "limit"]].astype(float)
    x = alt.X("position:Q", title=translate(_("Candidates in their order"), language))
    base = alt.Chart(shown).encode(x=x)
    title = translate(_("Evidence that the item became easier"), language)
    line = base.mark_line(color=palette()[0]).encode(y=alt.Y("statistic:Q", title=title))
    limit = base.mark_line(strokeDash=[5, 4], color=colors()["text-muted"]).encode(y=alt.Y("limit:Q", title=title))
    return alt.layer(line, limit).properties(width=inner_width(width, _ROOM), height=height)
