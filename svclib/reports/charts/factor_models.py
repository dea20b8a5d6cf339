"""Charts of confirmatory factor models: loadings with intervals, the path diagram, invariance, latent means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room, reference_line
from svclib.reports.charts.path_places import Places, places
from svclib.reports.theme import colors, palette
from svclib.reports.words import RATING
from svclib.stats.factor_models.fit import ConfirmatoryFit
from svclib.stats.factor_models.invariance import CFI_FALL, RMSEA_RISE, Invariance, Verdict
from svclib.stats.factor_models.latent_means import STANDARD_UNITS

WEAK = 0.5
"""Below it an item shares less than a quarter of its variance with its factor."""
LEVELS: Mapping[str, str] = {
    "configural": _("same pattern"),
    "metric": _("same loadings"),
    "scalar": _("same intercepts"),
    "strict": _("same errors"),
    "thresholds": _("same thresholds"),
    "loadings": _("same loadings"),
    "intercepts": _("same intercepts"),
}
"""What the levels of invariance are called."""


def model_loadings(
    fit: ConfirmatoryFit,
    *,
    labels: Mapping[str, str] | None = None,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw the standardised loadings with their intervals, factor by factor; weak ones in the warning colour.

    Parameters
    ----------
    fit : ConfirmatoryFit
        Result of `stats.cfa`; with groups each group has its own mark.
    labels : mapping of str to str, optional
        What to call the items and the factors.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    rows, groups = _loading_rows(fit, labels), [str(group) for group in fit.groups]
    room = label_room(rows["item"].tolist(), width)
    parts = []
    for factor in rows["factor"].unique():
        own = rows[rows["factor"] == factor]
        last = factor == rows["factor"].iloc[-1]
        title = translate(_("standardised loading"), language) if last else ""
        part = _loading_part(own, groups, _domain(rows), title, label_limit(width))
        head = alt.TitleParams(factor, fontSize=12, offset=4, frame="group", color=colors()["text-muted"])
        parts.append(part.properties(width=inner_width(width, room), title=head))
    return alt.vconcat(*parts, spacing=6).resolve_scale(color="shared" if groups else "independent")


def _named(name: str, labels: Mapping[str, str] | None) -> str:
    return str((labels or {}).get(str(name), name))


def _loading_rows(fit: ConfirmatoryFit, labels: Mapping[str, str] | None) -> pd.DataFrame:
    frame = fit.loadings
    shown = pd.DataFrame({"factor": [_named(one, labels) for one in frame["factor"]]})
    shown["item"] = [_named(one, labels) for one in frame["item"]]
    for column, source in (("estimate", ""), ("low", "_low"), ("high", "_high")):
        shown[column] = frame[f"standardised{source}"].to_numpy(dtype=float)
    weak = shown["high"].fillna(1.0) < WEAK
    shown["tone"] = np.where(weak, "weak", "plain")
    if fit.groups:
        shown["group"] = frame[fit.solution.estimator.answers.groups].astype(str).to_numpy()
        shown["tone"] = shown["group"]
    return shown.dropna(subset=["estimate"])


def _domain(rows: pd.DataFrame) -> list[float]:
    low = min(0.0, float(rows["low"].min(skipna=True)), float(rows["estimate"].min()))
    return [low, max(1.0, float(rows["estimate"].max()))]


def _loading_part(
    rows: pd.DataFrame, groups: list[str], domain: list[float], title: str, limit: int
) -> alt.LayerChart | alt.FacetChart:
    """Draw the loadings of one factor; the last has the axis and its title."""
    order, last = list(dict.fromkeys(rows["item"])), bool(title)
    scale = alt.Scale(domain=domain, nice=False)
    axis = alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2~f", labels=last, ticks=last, domain=last)
    tone = alt.Color("tone:N", legend=None, scale=alt.Scale(domain=["plain", "weak"], range=_tones()))
    step = ROW
    base = alt.Chart(rows).encode(y=alt.Y("item:N", sort=order, title=None, axis=alt.Axis(labelLimit=limit)))
    if groups:
        tone = alt.Color("tone:N", legend=alt.Legend(title=None), scale=alt.Scale(domain=groups, range=palette()))
        base, step = base.encode(yOffset=alt.YOffset("tone:N", sort=groups)), ROW + 8 * (len(groups) - 1)
    rule = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", scale=scale), x2="high:Q", color=tone)
    tips: list[Any] = [alt.Tooltip("item:N"), *_numbers("estimate", "low", "high")]
    x = alt.X("estimate:Q", title=title or None, axis=axis, scale=scale)
    dot = base.mark_point(filled=True, size=64, opacity=1).encode(x=x, color=tone, tooltip=tips)
    line = alt.Chart(pd.DataFrame({"at": [WEAK]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
    whole = alt.layer(line.encode(x=alt.X("at:Q", scale=scale)), rule, dot)
    return whole.properties(height=step * len(order))


def _tones() -> list[str]:
    return [palette()[0], colors()["danger"]]


def _numbers(*names: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{name}:Q", format=".2f") for name in names]


def path_diagram(
    fit: ConfirmatoryFit,
    *,
    group: Any = None,
    labels: Mapping[str, str] | None = None,
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw the model: factors in ovals, their correlations as arcs, items in boxes with their standardised loadings.

    Lines are the thicker the larger the number; negative ones are dashed. Correlated errors are left out.

    Parameters
    ----------
    fit : ConfirmatoryFit
    group : optional
        Which group; the first without.
    labels : mapping of str to str, optional
        What to call the items and the factors.
    width : int
        Whole width in pixels.
    """
    found = places(fit, group, labels, width)
    x, y = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width])), alt.Y("y:Q", axis=None, scale=_down(found))
    thick = alt.StrokeWidth("size:Q", scale=alt.Scale(domain=[0, 1], range=[0.4, 3]), legend=None)
    dash = alt.StrokeDash("sign:N", scale=alt.Scale(domain=["plus", "minus"], range=[[1, 0], [4, 3]]), legend=None)
    ink = colors()
    arcs = alt.Chart(found.arcs).mark_line(color=palette()[3], opacity=0.9)
    arcs = arcs.encode(x=x, y=y, order="step:Q", detail="line:N", strokeWidth=thick, strokeDash=dash)
    arms = alt.Chart(found.arms).mark_rule(color=palette()[0]).encode(x=x, y=y, x2="x2:Q", y2="y2:Q")
    arms = arms.encode(strokeWidth=thick, strokeDash=dash)
    boxes = alt.Chart(found.boxes).mark_rect(fill=ink["surface"], stroke=ink["border-strong"], strokeWidth=1)
    boxes = boxes.encode(x=x, y=y, x2="x2:Q", y2="y2:Q")
    ovals = alt.Chart(found.factors).mark_rect(
        fill=ink["primary-soft"], stroke=palette()[0], strokeWidth=1.2, cornerRadius=14
    )
    ovals = ovals.encode(x=x, y=y, x2="x2:Q", y2="y2:Q")
    said = [
        layer
        for part, size in found.sizes.items()
        for layer in _text(found.texts[found.texts["part"] == part], x, y, size, haloed=part == "number")
    ]
    return alt.layer(arcs, arms, boxes, ovals, *said).properties(width=width - 20, height=found.height)


def _down(found: Places) -> alt.Scale:
    return alt.Scale(domain=[0, found.height], reverse=True)


def _text(rows: pd.DataFrame, x: alt.X, y: alt.Y, size: int, *, haloed: bool) -> list[alt.Chart]:
    """Write texts; a halo keeps lines from crossing them."""
    base = alt.Chart(rows).encode(x=x, y=y, text="text:N")
    ground = colors()["surface"]
    halo = base.mark_text(fontSize=size, baseline="middle", stroke=ground, strokeWidth=5, color=ground)
    text = base.mark_text(fontSize=size, baseline="middle", color=colors()["text"])
    return [halo, text] if haloed else [text]


def invariance_levels(result: Invariance, *, language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw CFI and RMSEA from level to level, with the worst that the level before allows as a tick.

    Parameters
    ----------
    result : Invariance
        Result of `stats.invariance`.
    language, width
        As in `model_loadings`.
    """
    frame, narrow = result.frame, width < PHONE
    names = [f"{number + 1}. {translate(LEVELS[one], language)}" for number, one in enumerate(frame["level"])]
    rows = pd.DataFrame({"level": names, "tone": [_verdict_tone(one) for one in frame["verdict"]]})
    rows["cfi"], rows["rmsea"] = frame["cfi"].to_numpy(dtype=float), frame["rmsea"].to_numpy(dtype=float)
    rows["cfi_limit"], rows["rmsea_limit"] = rows["cfi"].shift() - CFI_FALL, rows["rmsea"].shift() + RMSEA_RISE
    room = label_room(names, width)
    half = inner_width(width, room) if narrow else (inner_width(width, room) - 30) // 2
    name, limit = translate(_("limit"), language), label_limit(width)
    first = _level_part(rows, "cfi", name, limit).properties(width=half)
    second = _level_part(rows, "rmsea", name, limit if narrow else 0).properties(width=half)
    return alt.vconcat(first, second) if narrow else alt.hconcat(first, second, spacing=30)


def _verdict_tone(verdict: str) -> str:
    if verdict in (Verdict.HOLDS, Verdict.SMALL):
        return "holds"
    return "fails" if verdict in (Verdict.FAILS, Verdict.UNKNOWN) else "open"


def _level_part(rows: pd.DataFrame, column: str, name: str, limit: int) -> alt.LayerChart | alt.FacetChart:
    """Draw an index over the levels; without room for labels there are none."""
    order = rows["level"].tolist()
    y = alt.Y("level:N", sort=order, title=None, axis=alt.Axis(labelLimit=limit) if limit else None)
    scale = alt.Scale(zero=False, nice=True, padding=12)
    axis = alt.Axis(tickCount=4, format=".2f" if np.ptp(rows[column].dropna()) > 0.05 else ".3f")
    tones = [palette()[0], colors()["warning"], colors()["danger"]]
    tone = alt.Color("tone:N", legend=None, scale=alt.Scale(domain=["holds", "open", "fails"], range=tones))
    base = alt.Chart(rows.dropna(subset=[column])).encode(y=y)
    line = base.mark_line(color=colors()["border-strong"], strokeWidth=1).encode(
        x=alt.X(f"{column}:Q", scale=scale), order="level:N"
    )
    tips: list[Any] = [alt.Tooltip("level:N"), alt.Tooltip(f"{column}:Q", format=".3f")]
    x = alt.X(f"{column}:Q", title=column.upper(), axis=axis, scale=scale)
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(x=x, color=tone, tooltip=tips)
    limits = alt.Chart(rows.dropna(subset=[f"{column}_limit"])).mark_tick(
        color=colors()["text-muted"], thickness=2, size=16
    )
    written = alt.Chart(rows.dropna(subset=[f"{column}_limit"]).head(1).assign(name=name)).mark_text(
        color=colors()["text-muted"], baseline="bottom", dy=-9, fontSize=11
    )
    at = alt.X(f"{column}_limit:Q", scale=scale)
    layers = [line, limits.encode(y=y, x=at), written.encode(y=y, x=at, text="name:N"), dots]
    return alt.layer(*layers).properties(height=(ROW + 12) * len(order))


def latent_differences(
    means: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw how far each group's factors lie from the first group's, in standard deviations, with their intervals.

    Parameters
    ----------
    means : DataFrame
        Result of `stats.invariance(…).latent_means()`.
    labels : mapping of str to str, optional
        What to call the factors and the groups.
    language, width
        As in `model_loadings`.
    """
    rows = means[means["term"] == STANDARD_UNITS]
    shown = pd.DataFrame({"factor": [_named(one, labels) for one in rows["factor"]]})
    shown["group"] = [_named(one, labels) for one in rows["second"]]
    for column in ("estimate", "low", "high"):
        shown[column] = rows[column].to_numpy(dtype=float)
    order, groups = list(dict.fromkeys(shown["factor"])), list(dict.fromkeys(shown["group"]))
    first = _named(rows["first"].iloc[0], labels)
    text = translate(_("difference from {first}, in standard deviations"), language, first=first)
    tone = alt.Color(
        "group:N",
        legend=alt.Legend(title=None),
        scale=alt.Scale(domain=groups, range=palette()),
    )
    y = alt.Y("factor:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    base = alt.Chart(shown).encode(y=y, yOffset=alt.YOffset("group:N", sort=groups), color=tone)
    rule = base.mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q")
    x = alt.X("estimate:Q", title=text, axis=alt.Axis(tickCount=5, format=".1~f"))
    tips: list[Any] = [alt.Tooltip("factor:N"), alt.Tooltip("group:N"), *_numbers("estimate", "low", "high")]
    dot = base.mark_point(filled=True, size=64, opacity=1).encode(x=x, tooltip=tips)
    zero = reference_line(0.0, first, RATING, vertical=True)
    step = ROW + 12 * max(len(groups) - 1, 0) + 4
    return alt.layer(*zero, rule, dot).properties(
        width=inner_width(width, label_room(order, width)), height=step * len(order)
    )
