"""Charts of fair items: sizes with their bands, an item's curves by group, what the items do to passing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room
from svclib.reports.charts.time import heading
from svclib.reports.sentences.fairness import _group
from svclib.reports.theme import colors, palette
from svclib.stats.fairness.effects import DifEffects
from svclib.stats.fairness.results import Dif

_ZONES = (1.0, 1.5)


def dif_sizes(
    found: Dif,
    focal: Any = None,
    *,
    most: int = 40,
    labels: Mapping[Any, str] | None = None,
    title: str = "",
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw each item's delta with its interval over the zones A, B and C; flagged items are marked.

    Parameters
    ----------
    found : Dif
        A result of `stats.dif` whose estimates are on the delta scale (all methods but standardisation).
    focal : label, optional
        Which focal group; the first without.
    most : int
        Items shown, those with the largest effects.
    labels : dict, optional
        The groups in words.
    title : str
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    if found.method == "standardization":
        raise InvalidInput(_("Standardised differences have no zones on this scale; choose another method."))
    focal = found.frame["focal"].iloc[0] if focal is None else focal
    rows = found.frame[found.frame["focal"] == focal].dropna(subset=["estimate", "low"])
    if rows.empty:
        raise InvalidInput(_('There are no sizes to draw for the group "{group}".'), group=focal)
    rows = rows.iloc[np.argsort(-rows["estimate"].abs().to_numpy(), kind="stable")[:most]].sort_values("estimate")
    edge = float(max(2.2, min(np.abs(rows[["low", "high"]].to_numpy()).max() * 1.05, 6)))
    names = [str(name) for name in rows["item"]]
    shown = rows.assign(
        name=names, low=rows["low"].clip(-edge, edge), high=rows["high"].clip(-edge, edge),
        estimate=rows["estimate"].clip(-edge, edge),
    )  # fmt: skip
    shown = shown[["name", "estimate", "low", "high", "flagged", "class"]]
    scale = alt.Scale(domain=[-edge, edge], nice=False)
    place = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    axis_title = translate(
        _("← harder for {group}   ·   easier →   (delta)"), language, group=_group(focal, labels, language)
    )
    x = alt.X("estimate:Q", scale=scale, title=axis_title, axis=alt.Axis(grid=False, tickCount=7))
    base = alt.Chart(shown).encode(y=place, color=_tone(), shape=_shape())
    tips = [alt.Tooltip("name:N"), alt.Tooltip("estimate:Q", format=".2f"), alt.Tooltip("class:N")]
    layers = [
        *_zones(edge, scale),
        alt.Chart(shown)
        .mark_rule(strokeWidth=2)
        .encode(y=place, color=_tone(), x=alt.X("low:Q", scale=scale), x2="high:Q"),
        base.mark_point(filled=True, size=64, opacity=1).encode(x=x, tooltip=tips),
    ]
    plot = alt.layer(*layers).properties(
        width=inner_width(width, label_room(names, width)), height=ROW * max(len(names), 3)
    )
    return plot.properties(title=heading(title, width)) if title else plot


def _tone() -> alt.Color:
    scale = alt.Scale(domain=[False, True], range=[palette()[0], colors()["danger"]])
    return alt.Color("flagged:N", legend=None, scale=scale)


def _shape() -> alt.Shape:
    return alt.Shape("flagged:N", legend=None, scale=alt.Scale(domain=[False, True], range=["circle", "diamond"]))


def _zones(edge: float, scale: alt.Scale) -> list[alt.Chart]:
    """Shade the zones B and C on both sides and write their letters at the top."""
    ends = [(-edge, -_ZONES[1], "C"), (-_ZONES[1], -_ZONES[0], "B"), (-_ZONES[0], _ZONES[0], "A")]
    ends += [(-high, -low, letter) for low, high, letter in ends[:2]]
    zones = pd.DataFrame(ends, columns=["from", "to", "zone"])
    zones["middle"] = (zones["from"] + zones["to"]) / 2
    muted = colors()["text-muted"]
    opacity = alt.Opacity("zone:N", legend=None, scale=alt.Scale(domain=["A", "B", "C"], range=[0.0, 0.08, 0.18]))
    base = alt.Chart(zones)
    return [
        base.mark_rect(color=muted).encode(x=alt.X("from:Q", scale=scale), x2="to:Q", opacity=opacity),
        base.mark_text(dy=-7, color=muted, fontSize=11).encode(
            x=alt.X("middle:Q", scale=scale), y=alt.value(0), text="zone:N"
        ),
        alt.Chart(pd.DataFrame({"at": [0.0]}))
        .mark_rule(strokeDash=[5, 4], color=muted)
        .encode(x=alt.X("at:Q", scale=scale)),
    ]


def dif_curves(
    found: Dif,
    item: str,
    focal: Any = None,
    *,
    bands: int = 8,
    labels: Mapping[Any, str] | None = None,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 240,
) -> alt.TopLevelMixin:
    """Draw an item's mean score by ability in the focal group and the reference, with intervals.

    Parameters
    ----------
    found, focal, labels, title, language, width
        As in `dif_sizes`.
    item : str
    bands : int
        Classes of ability.
    height : int
        Of the plot in pixels.
    """
    focals = list(dict.fromkeys(found.frame["focal"]))
    if focal is not None and focal not in focals:
        raise InvalidInput(_('There are no sizes to draw for the group "{group}".'), group=focal)
    rows = found.curves(item, bands=bands, pair=0 if focal is None else focals.index(focal))
    rows["name"] = [_group(name, labels, language) for name in rows["group"]]
    for name in ("estimate", "low", "high"):
        rows[name] = 100 * rows[name].astype(float)
    names = list(dict.fromkeys(rows["name"]))
    scale = alt.Scale(domain=names, range=[colors()["danger"], palette()[0]])
    legend = alt.Legend(title=None, orient="top", symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=3)
    color = alt.Color("name:N", scale=scale, sort=names, legend=legend)
    along = _("Score on the other items and this one") if found._matching.name() == "score" else _("Ability")
    x = alt.X("match:Q", title=translate(along, language), axis=alt.Axis(grid=False), scale=alt.Scale(zero=False))
    named = translate(_("Mean score (%)"), language)
    y = alt.Y("estimate:Q", title=named, scale=alt.Scale(domain=[0, 100]))
    base = alt.Chart(rows[["name", "match", "estimate", "low", "high", "n"]]).encode(x=x, color=color)
    dash = alt.StrokeDash("name:N", sort=names, legend=None, scale=alt.Scale(domain=names, range=[[6, 3], [1, 0]]))
    tips = [alt.Tooltip("name:N"), alt.Tooltip("estimate:Q", format=".1f"), alt.Tooltip("n:Q", format="d")]
    layers = [
        base.mark_area(opacity=0.14).encode(y=alt.Y("low:Q", title=named), y2="high:Q"),
        base.mark_line().encode(y=y, strokeDash=dash),
        base.mark_point(filled=True, size=40, opacity=1).encode(y=y, tooltip=tips),
    ]
    plot = alt.layer(*layers).properties(width=inner_width(width, 52), height=height)
    return plot.properties(title=heading(title, width)) if title else plot


def dif_pass_rates(
    effects: DifEffects,
    *,
    labels: Mapping[Any, str] | None = None,
    title: str = "",
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw each group's pass rate as it is, and as it would be (with interval) were the flagged items alike for all.

    Parameters
    ----------
    effects : DifEffects
        A result of `stats.dif_effects`; groups without flagged items are left out.
    labels, title, language, width
        As in `dif_sizes`.
    """
    rows = effects.frame.dropna(subset=["as_is", "fair"])
    if rows.empty:
        raise InvalidInput(_("No item is flagged: there is no effect on passing to draw."))
    names = [_group(name, labels, language) for name in rows["focal"]]
    kinds = {"as_is": translate(_("as it is"), language), "fair": translate(_("items alike for all"), language)}
    ends = {"low": 100 * (rows["as_is"] - rows["high"]), "high": 100 * (rows["as_is"] - rows["low"])}
    wide = pd.DataFrame({"name": names, "as_is": 100 * rows["as_is"], "fair": 100 * rows["fair"], **ends})
    long = (
        wide[["name", "as_is", "fair"]]
        .melt(id_vars="name", var_name="kind", value_name="rate")
        .replace({"kind": kinds})
    )
    order = list(kinds.values())
    scale = alt.Scale(domain=order, range=[palette()[0], colors()["text-muted"]])
    place = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    legend = alt.Legend(title=None, orient="top", columns=1 if width < PHONE else 2)
    x = alt.X("rate:Q", title=translate(_("Pass rate (%)"), language), scale=alt.Scale(zero=False, padding=24))
    shape = alt.Shape("kind:N", sort=order, legend=legend, scale=alt.Scale(domain=order, range=["circle", "diamond"]))
    interval = alt.Chart(wide).mark_rule(strokeWidth=8, opacity=0.25, color=colors()["text-muted"])
    layers = [
        interval.encode(y=place, x=alt.X("low:Q", scale=alt.Scale(zero=False, padding=24)), x2="high:Q"),
        alt.Chart(wide).mark_rule(strokeWidth=2, color=colors()["border-strong"]).encode(
            y=place, x=alt.X("as_is:Q", scale=alt.Scale(zero=False, padding=24)), x2="fair:Q"
        ),
        alt.Chart(long)
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            y=place, x=x, shape=shape, color=alt.Color("kind:N", sort=order, scale=scale, legend=legend),
            tooltip=[alt.Tooltip("name:N"), alt.Tooltip("kind:N"), alt.Tooltip("rate:Q", format=".1f")],
        ),
    ]  # fmt: skip
    plot = alt.layer(*layers).properties(
        width=inner_width(width, label_room(names, width)), height=ROW * max(len(names), 3)
    )
    return plot.properties(title=heading(title, width)) if title else plot


def dif_points(
    effects: DifEffects,
    *,
    labels: Mapping[Any, str] | None = None,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 200,
) -> alt.TopLevelMixin:
    """Draw the points lost or gained on the flagged items by level of score.

    Parameters
    ----------
    effects, labels, title, language, width
        As in `dif_pass_rates`.
    height : int
        Of the plot in pixels.
    """
    rows = effects.levels
    if rows.empty:
        raise InvalidInput(_("No item is flagged: there is no effect on passing to draw."))
    shown = pd.DataFrame({"score": 100 * rows["score"].astype(float), "points": rows["points"].astype(float)})
    shown["name"] = [_group(name, labels, language) for name in rows["focal"]]
    names = list(dict.fromkeys(shown["name"]))[: len(palette())]
    color: Any = alt.value(palette()[0])
    if len(names) > 1:
        legend = alt.Legend(title=None, orient="top", columns=2 if width < PHONE else 4)
        color = alt.Color("name:N", scale=alt.Scale(domain=names, range=palette()[: len(names)]), legend=legend)
    x = alt.X("score:Q", title=translate(_("Score (% of the points)"), language), axis=alt.Axis(grid=False))
    y = alt.Y("points:Q", title=translate(_("Points gained (below 0: lost)"), language))
    base = alt.Chart(shown[shown["name"].isin(names)]).encode(x=x, y=y, color=color)
    muted = colors()["text-muted"]
    marks = pd.DataFrame({"cut": [100 * effects.cut]})
    layers = [
        alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=muted).encode(y=alt.Y("at:Q")),
        alt.Chart(marks).mark_rule(strokeDash=[5, 4], color=muted).encode(x=alt.X("cut:Q")),
        base.mark_line(point=alt.OverlayMarkDef(filled=True, size=50)),
    ]
    plot = alt.layer(*layers).properties(width=inner_width(width, 52), height=height)
    return plot.properties(title=heading(title, width)) if title else plot
