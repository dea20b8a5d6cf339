"""Charts of weighting: the weights, the margins before and after, who answered more and who less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room
from svclib.reports.theme import colors, palette

_BINS = 30
_GIVEN, _FINAL, _POPULATION = _("as given"), _("weighted"), _("population")


def weight_distribution(design: Any, *, language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw how the weights spread around their mean, as given and after weighting.

    Parameters
    ----------
    design : svclib.stats.Design
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    inside = design.sampling.inside
    parts = {_FINAL: design.row_weights[inside]}
    if design.sampling.reweighted:
        parts = {_GIVEN: design.sampling.given[inside], **parts}
    relative = {name: weights / weights.mean() for name, weights in parts.items()}
    top = max(float(one.max()) for one in relative.values())
    edges = np.linspace(0, np.ceil(top * 1.02 * 10) / 10, _BINS + 1)
    tones = {_GIVEN: colors()["text-muted"], _FINAL: palette()[0]}
    charts = [
        _histogram(one, edges, tones[name], name == _FINAL, language, width).properties(
            title=_title(translate(name, language)), width=inner_width(width, 44), height=90
        )
        for name, one in relative.items()
    ]
    return alt.vconcat(*charts, spacing=10).resolve_scale(x="shared", y="independent")


def _title(text: str) -> alt.Title:
    return alt.Title(text, fontSize=12, anchor="start", frame="group", offset=4)


def _histogram(weights: Any, edges: Any, tone: str, last: bool, language: str, width: int) -> Any:
    counts = np.histogram(weights, edges)[0].astype(float)
    shown = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "count": counts, "zero": 0.0})
    title = translate(_("weight, as a multiple of the average"), language) if last else None
    axis = alt.Axis(labels=last, ticks=last, domain=last, tickCount=5 if width < PHONE else 8, format="~g", grid=False)
    x = alt.X("from:Q", title=title, axis=axis, scale=alt.Scale(nice=False, domain=[0, float(edges[-1])]))
    y = alt.Y("count:Q", title=translate(_("answers"), language), axis=alt.Axis(tickCount=3, format="~s"))
    bars = alt.Chart(shown).mark_rect(color=tone, stroke=colors()["surface"], strokeWidth=0.5)
    mean = alt.Chart(shown.head(1)).mark_rule(strokeDash=[5, 4], color=colors()["text"]).encode(x=alt.datum(1))
    return alt.layer(bars.encode(x=x, x2="to:Q", y=y, y2="zero:Q"), mean)


def margins(
    balance: pd.DataFrame, *, names: Mapping[str, str] | None = None, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw the share of each category before and after weighting, against the population.

    Parameters
    ----------
    balance : DataFrame
        Of `Design.balance`, or the ``balance`` of `stats.propensity_weights`; means of numbers are left out.
    names : dict, optional
        What to call the columns.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    shown = balance[balance["category"] != ""]
    kinds = [translate(one, language) for one in (_POPULATION, _GIVEN, _FINAL)]
    long = shown.melt(["column", "category"], ["population", "before", "after"], "kind", "share")
    long["kind"] = long["kind"].map(dict(zip(["population", "before", "after"], kinds, strict=True)))
    long["percent"] = 100 * long["share"].astype(float)
    room = label_room([str(one) for one in shown["category"]], width)
    top = float(long["percent"].max()) * 1.05 if len(long) else 100.0
    columns = list(dict.fromkeys(shown["column"]))
    parts = [
        _dots(long[long["column"] == name], kinds, top, name == columns[-1], width).properties(
            title=_title((names or {}).get(name, name)),
            width=inner_width(width, room),
            height=ROW * long.loc[long["column"] == name, "category"].nunique(),
        )
        for name in columns
    ]
    return alt.vconcat(*parts, spacing=8).resolve_scale(x="shared")


def _dots(long: pd.DataFrame, kinds: list[str], top: float, last: bool, width: int) -> alt.Chart:
    color = colors()
    looks = {
        "stroke": [color["text"], color["text-muted"], palette()[0]],
        "fill": [color["text"], color["surface"], palette()[0]],
        "shape": ["M0,-1.8L0,1.8", "circle", "circle"],
    }
    channels = {
        name: {"stroke": alt.Stroke, "fill": alt.Fill, "shape": alt.Shape}[name](
            "kind:N", title=None, sort=kinds, scale=alt.Scale(domain=kinds, range=look)
        )
        for name, look in looks.items()
    }
    axis = alt.Axis(
        labels=last,
        ticks=last,
        domain=last,
        tickCount=5 if width < PHONE else 8,
        format=".0f",
        labelExpr="datum.label + '%'",
    )
    order = list(dict.fromkeys(long["category"]))
    return (
        alt.Chart(long)
        .mark_point(size=64, strokeWidth=2, opacity=1)
        .encode(
            x=alt.X("percent:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, top], nice=False)),
            y=alt.Y("category:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width))),
            tooltip=[alt.Tooltip("category:N"), alt.Tooltip("kind:N"), alt.Tooltip("percent:Q", format=".1f")],
            **channels,
        )
    )


def r_partials(
    indicators: pd.DataFrame, *, names: Mapping[str, str] | None = None, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw by category who answered more than the average and who less, with intervals.

    Parameters
    ----------
    indicators : DataFrame
        Of `stats.r_indicator`; the unconditional indicators of the categories are drawn.
    names : dict, optional
        What to call the columns.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    shown = indicators[(indicators["indicator"] == "unconditional") & (indicators["category"] != "")].copy()
    away = (shown["low"] > 0) | (shown["high"] < 0)
    shown["tone"] = np.where(away, "apart", "open")
    room = label_room([str(one) for one in shown["category"]], width)
    reach = float(np.nanmax(np.abs(shown[["low", "high"]].to_numpy(dtype=float)))) * 1.05 if len(shown) else 1.0
    columns = list(dict.fromkeys(shown["column"]))
    parts = [
        _partials(shown[shown["column"] == name], reach, name == columns[-1], language, width).properties(
            title=_title((names or {}).get(name, name)),
            width=inner_width(width, room),
            height=ROW * int((shown["column"] == name).sum()),
        )
        for name in columns
    ]
    return alt.vconcat(*parts, spacing=8).resolve_scale(x="shared", color="shared")


def _partials(part: pd.DataFrame, reach: float, last: bool, language: str, width: int) -> Any:
    tone = alt.Color(
        "tone:N", legend=None, scale=alt.Scale(domain=["apart", "open"], range=[palette()[0], colors()["text-muted"]])
    )
    title = translate(_("← answered less · answered more →"), language) if last else None
    axis = alt.Axis(labels=last, ticks=last, domain=last, tickCount=5 if width < PHONE else 8, format="+.2f")
    x = alt.X("low:Q", title=title, axis=axis, scale=alt.Scale(domain=[-reach, reach], nice=False))
    y = alt.Y("category:N", sort=list(part["category"]), title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    base = alt.Chart(part).encode(y=y, color=tone)
    zero = alt.Chart(part.head(1)).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"]).encode(x=alt.datum(0))
    rule = base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
    tips = [alt.Tooltip("category:N"), *(alt.Tooltip(f"{one}:Q", format="+.3f") for one in ("estimate", "low", "high"))]
    dot = base.mark_point(filled=True, size=64, opacity=1).encode(x=alt.X("estimate:Q"), tooltip=tips)
    return alt.layer(zero, rule, dot)
