"""Charts of scales: items beside the rest, how many factors, loadings, reliabilities compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room, reference_line
from svclib.reports.theme import colors, palette
from svclib.reports.words import RATING
from svclib.stats.scales.factors import CUTOFF, FactorFit
from svclib.stats.scales.parallel import ParallelAnalysis

_WEAK = 0.3
_AGAINST = 4
"""The chart colour that stands for negative loadings: far from the first for every eye."""
_SCALE = alt.Scale(zero=False, nice=True)
_ENOUGH = ((0.7, 0.8), (0.8, 1.0))
"""The usual yardsticks of a reliability: 0.7 for comparing groups, 0.8 for judging persons (Nunnally 1978)."""


def item_rest(
    items: pd.DataFrame,
    *,
    alpha: float | None = None,
    labels: Mapping[str, str] | None = None,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw how each item hangs together with the rest, and alpha without it; marked items in the warning colour.

    Parameters
    ----------
    items : DataFrame
        Result of `stats.scale_items`.
    alpha : float, optional
        Alpha of all items, drawn as a line.
    labels : mapping of str to str, optional
        What to call the items.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels; on a phone the second picture stands below the first.
    """
    names = _named(items["item"], labels)
    calm = {"", "floor", "ceiling"}
    marked = [not set(flags.split()) <= calm for flags in items["flags"]]
    shown = pd.DataFrame({"item": names, "rest": items["item_rest"], "without": items["alpha_if_deleted"]})
    shown["tone"] = ["marked" if one else "plain" for one in marked]
    narrow, room = width < PHONE, label_room(names, width)
    half = inner_width(width, room) if narrow else (inner_width(width, room) - 30) // 2
    first = _dots(
        shown, "rest", names, _("correlation with the other items"), half, language, line=_WEAK, name=f"{_WEAK:g}"
    )
    second = _dots(
        shown,
        "without",
        names,
        _("alpha without the item"),
        half,
        language,
        line=alpha,
        name=_("alpha"),
        bare=not narrow,
    )
    return alt.vconcat(first, second) if narrow else alt.hconcat(first, second, spacing=30)


def _dots(
    shown: pd.DataFrame,
    column: str,
    order: list[str],
    title: str,
    width: int,
    language: str,
    *,
    line: float | None,
    name: str,
    bare: bool = False,
) -> alt.LayerChart | alt.FacetChart:
    axis = None if bare else alt.Axis(labelLimit=label_limit(width))
    y = alt.Y("item:N", sort=order, title=None, axis=axis)
    x_axis = alt.Axis(tickCount=3 if width < PHONE // 2 else 5, format=".2f")
    x = alt.X(f"{column}:Q", title=translate(title, language), axis=x_axis, scale=_SCALE)
    tone = alt.Color("tone:N", legend=None, scale=alt.Scale(domain=["plain", "marked"], range=_tones()))
    base = alt.Chart(shown.dropna(subset=[column])).encode(y=y, x=x)
    tips = [alt.Tooltip("item:N"), alt.Tooltip(f"{column}:Q", format=".2f")]
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(color=tone, tooltip=tips)
    lines = reference_line(line, translate(name, language), RATING, vertical=True)
    return alt.layer(*lines, dots).properties(width=width, height=ROW * max(len(order), 1))


def _tones() -> list[str]:
    return [palette()[0], colors()["danger"]]


def scree(
    analysis: ParallelAnalysis, *, kind: str = "component", language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw the eigenvalues beside those of chance: what lies above is kept, filled.

    Parameters
    ----------
    analysis : ParallelAnalysis
        Result of `stats.parallel_analysis`.
    kind : {"component", "factor"}
    language, width
        As in `item_rest`.
    """
    part = analysis.frame[analysis.frame["kind"] == kind]
    own, chance = translate(_("the answers"), language), translate(_("chance"), language)
    rows = pd.concat(
        [
            pd.DataFrame({"position": part["position"], "value": part[column], "source": name, "kept": part["kept"]})
            for column, name in (("eigenvalue", own), ("random_high", chance))
        ]
    )
    names = {"component": _("component"), "factor": _("factor")}
    x_axis = alt.Axis(tickMinStep=1, format="d", grid=False)
    x = alt.X("position:Q", title=translate(names[kind], language), axis=x_axis, scale=alt.Scale(nice=False, padding=8))
    y = alt.Y("value:Q", title=translate(_("eigenvalue"), language), axis=alt.Axis(tickCount=5))
    tone = alt.Color(
        "source:N",
        scale=alt.Scale(domain=[own, chance], range=[palette()[0], colors()["text-muted"]]),
        legend=alt.Legend(title=None),
    )
    dash = alt.StrokeDash("source:N", scale=alt.Scale(domain=[own, chance], range=[[1, 0], [5, 4]]), legend=None)
    base = alt.Chart(rows).encode(x=x, y=y, color=tone)
    line = base.mark_line().encode(strokeDash=dash)
    points = base.transform_filter(alt.datum.source == own).mark_point(size=60, opacity=1, strokeWidth=2)
    ink = alt.condition("datum.kept", alt.value(palette()[0]), alt.value(colors()["surface"]))
    return alt.layer(line, points.encode(fill=ink)).properties(width=inner_width(width, 48), height=210)


def factor_loadings(
    fit: FactorFit,
    *,
    cutoff: float = CUTOFF,
    labels: Mapping[str, str] | None = None,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw the loadings as shades with their numbers, the items of a factor together; those that count in bold.

    Parameters
    ----------
    fit : FactorFit
        Result of `stats.efa`.
    cutoff : float
        Loadings below it, either way, are written faintly.
    labels : mapping of str to str, optional
        What to call the items and the factors (F1, F2 …).
    language, width
        As in `item_rest`.
    """
    order = fit.sorted(0).index.tolist()
    narrow, factors = width < PHONE, fit.factors
    cells = fit.loadings.loc[order].reset_index().melt("item", var_name="factor", value_name="loading")
    cells["text"] = [words.number(one, 1 if narrow and len(factors) > 4 else 2) for one in cells["loading"]]
    size = cells["loading"].abs()
    cells["ink"] = ["on" if one > 0.6 else "counts" if one >= cutoff else "faint" for one in size]
    cells["item"] = _named(cells["item"], labels)
    cells["factor"] = _named(cells["factor"], labels)
    rows, columns = _named(pd.Series(order), labels), _named(pd.Series(factors), labels)
    x = alt.X("factor:N", sort=columns, title=None, axis=alt.Axis(orient="top", labelAngle=0, labelLimit=90))
    y = alt.Y("item:N", sort=rows, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    ramp = alt.Scale(
        domain=[-1, 0, 1], range=[palette()[_AGAINST], colors()["surface"], palette()[0]], interpolate="rgb"
    )
    base = alt.Chart(cells).encode(x=x, y=y)
    shade = base.mark_rect(stroke=colors()["border"]).encode(color=alt.Color("loading:Q", scale=ramp, legend=None))
    inks = alt.Scale(
        domain=["on", "counts", "faint"], range=[colors()["surface"], colors()["text"], colors()["text-muted"]]
    )
    layers = [shade]
    for weight, kinds in (("bold", ["on", "counts"]), ("normal", ["faint"])):
        written = base.transform_filter(alt.FieldOneOfPredicate("ink", kinds))
        text = written.mark_text(fontSize=10 if narrow else 12, fontWeight=weight)  # type: ignore[arg-type]
        layers.append(text.encode(text="text:N", color=alt.Color("ink:N", scale=inks, legend=None)))
    chart: alt.LayerChart = alt.layer(*layers).resolve_scale(color="independent")
    return chart.properties(width=inner_width(width, label_room(rows, width)), height=24 * max(len(rows), 1))


def reliabilities(
    rows: pd.DataFrame,
    *,
    label: str = "term",
    labels: Mapping[str, str] | None = None,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw reliabilities with their intervals beside the usual yardsticks of 0.7 and 0.8.

    Parameters
    ----------
    rows : DataFrame
        Estimates of `stats.alpha`, `omega` or `split_half`, several put together if wanted; rows without an estimate
        are left out.
    label : str
        Column of the names.
    labels : mapping of str to str, optional
        What to call them.
    language, width
        As in `item_rest`.
    """
    shown = rows.dropna(subset=["estimate"])
    called = {**{term: translate(name, language) for term, name in NAMES.items()}, **(labels or {})}
    names = _named(shown[label], called)
    shown = pd.DataFrame(
        {"name": names, **{part: shown[part].astype(float).to_numpy() for part in ("estimate", "low", "high")}}
    )
    least = min([0.5, *shown["estimate"], *shown["low"].dropna()])
    scale = alt.Scale(domain=[max(least, -0.2), 1.0], nice=False, clamp=True)
    bands = pd.DataFrame(_ENOUGH, columns=["from", "to"]).assign(shade=[0.08, 0.16])
    band = (
        alt.Chart(bands)
        .mark_rect(color=palette()[0])
        .encode(x=alt.X("from:Q", scale=scale), x2="to:Q", opacity=alt.Opacity("shade:Q", scale=None))
    )
    y = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    axis = alt.Axis(values=[tenth / 10 for tenth in range(-2, 11)], format=".1f", labelOverlap="greedy")
    x = alt.X("estimate:Q", title=translate(_("reliability"), language), axis=axis, scale=scale)
    base = alt.Chart(shown).encode(y=y)
    rule = base.mark_rule(strokeWidth=2, color=palette()[0]).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    tips: list[Any] = [
        alt.Tooltip("name:N"),
        *(alt.Tooltip(f"{part}:Q", format=".2f") for part in ("estimate", "low", "high")),
    ]
    dot = base.mark_point(filled=True, size=64, opacity=1, color=palette()[0]).encode(x=x, tooltip=tips)
    return alt.layer(band, rule, dot).properties(
        width=inner_width(width, label_room(names, width)), height=ROW * max(len(names), 1)
    )


NAMES: Mapping[str, str] = {
    "alpha": _("alpha"),
    "omega_total": _("omega total"),
    "omega_hierarchical": _("omega general"),
    "odd_even": _("odd and even items"),
    "split_mean": _("mean of all splits"),
    "split_min": _("worst split"),
    "split_max": _("best split"),
    **{f"lambda{number}": f"λ{number}" for number in range(1, 7)},
}
"""What the terms of reliabilities are called."""


def _named(values: pd.Series, labels: Mapping[str, str] | None) -> list[str]:
    return [str((labels or {}).get(str(one), one)) for one in values]
