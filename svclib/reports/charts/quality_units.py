"""Charts of units that call for a look: signs, near twins, the calendar of answers, who was invited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room
from svclib.reports.quality_terms import sign_name
from svclib.reports.theme import colors, palette
from svclib.stats.quality.moments import read_moments

_REACH = 5.0
"""Deviations beyond so many standard deviations have the darkest tone."""


def _labels(frame: pd.DataFrame, by: Sequence[str], names: Mapping[str, str] | None) -> list[str]:
    """The units' names: `names` by the unit's code, or the codes themselves."""
    codes = frame[list(by)].astype(str).agg(" ".join, axis=1)
    return [(names or {}).get(code, code) for code in codes]


def unit_signs(
    found: Any, *, names: Mapping[str, str] | None = None, most: int = 12, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw how far the most conspicuous units stand out in each sign; what is beyond chance is ringed.

    Parameters
    ----------
    found : UnitSigns
        Of `stats.fabrication`.
    names : dict, optional
        What to call the units.
    most : int
        Units drawn.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    frame = found.frame.assign(unit=_labels(found.frame, found.by, names))
    order = _labels(found.units.head(most), found.by, names)
    shown = frame[frame["unit"].isin(order)].dropna(subset=["z"]).copy()
    signs = [sign_name(one, language) for one in dict.fromkeys(found.frame["sign"])]
    shown["name"] = [sign_name(one, language) for one in shown["sign"]]
    shown["flag"] = shown["flagged"].fillna(False).astype(bool)
    shown = shown[["unit", "name", "z", "observed", "expected", "flag"]]
    turned = alt.Axis(labelAngle=-45, orient="top", labelLimit=label_limit(width))
    base = alt.Chart(shown).encode(
        x=alt.X("name:N", sort=signs, title=None, axis=turned),
        y=alt.Y("unit:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width))),
    )
    tone = alt.Scale(domain=[0, _REACH], range=[colors()["surface"], palette()[0]], clamp=True, interpolate="rgb")
    tips = [alt.Tooltip("unit:N"), alt.Tooltip("name:N")]
    tips += [alt.Tooltip(f"{one}:Q", format=".2f") for one in ("z", "observed", "expected")]
    cells = base.mark_rect(stroke=colors()["border"]).encode(
        color=alt.Color("z:Q", scale=tone, legend=None), tooltip=tips
    )
    ink = alt.condition(f"datum.z > {0.55 * _REACH}", alt.value(colors()["surface"]), alt.value(colors()["text-muted"]))
    size = 9 if width < PHONE else 11
    words = base.mark_text(fontSize=size).encode(text=alt.Text("z:Q", format=".1f"), color=ink)
    ringed = base.transform_filter("datum.flag").mark_rect(
        filled=False, stroke=colors()["danger"], strokeWidth=2.5, fillOpacity=0
    )
    room = label_room(order, width)
    return alt.layer(cells, words, ringed).properties(width=inner_width(width, room), height=ROW * max(len(order), 1))


def unit_similarity(
    found: Any,
    sign: str = "similar",
    *,
    names: Mapping[str, str] | None = None,
    most: int = 15,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw what was observed in each unit against what is expected of it, the furthest apart first.

    Parameters
    ----------
    found : UnitSigns
        Of `stats.fabrication`.
    sign : str
        A sign that is a share, such as ``similar``, ``perfect`` or ``month_end``.
    names, most, language, width
        As in `unit_signs`.
    """
    rows = found.frame[found.frame["sign"] == sign].dropna(subset=["z"])
    rows = rows.assign(unit=_labels(rows, found.by, names)).sort_values("z", ascending=False).head(most)
    order = rows["unit"].tolist()
    kinds = [translate(_("observed"), language), translate(_("expected of an honest unit"), language)]
    shown = pd.DataFrame({
        "unit": order, "observed": 100 * rows["observed"].to_numpy(dtype=float),
        "expected": 100 * rows["expected"].to_numpy(dtype=float),
        "tone": np.where(rows["flagged"].fillna(False), "flag", "plain"), "first": kinds[0], "second": kinds[1],
    })  # fmt: skip
    title = f"{sign_name(sign, language)} (%)"
    axis = alt.Axis(tickCount=5 if width < PHONE else 8)
    y = alt.Y("unit:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    paint = alt.Scale(domain=["plain", "flag"], range=[palette()[0], colors()["danger"]])
    tone = alt.Color("tone:N", scale=paint, legend=None)
    base = alt.Chart(shown).encode(y=y)
    line = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("expected:Q", title=title, axis=axis), x2="observed:Q", color=tone
    )
    form = alt.Scale(domain=kinds, range=["circle", "M0,-1.8L0,1.8"])
    shape: dict[str, Any] = {"title": None, "scale": form, "sort": kinds}
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="observed:Q", color=tone, shape=alt.Shape("first:N", **shape)
    )
    ticks = base.mark_point(filled=False, size=70, opacity=1, strokeWidth=2, color=colors()["text"]).encode(
        x="expected:Q", shape=alt.Shape("second:N", **shape)
    )
    room = label_room(order, width)
    return alt.layer(line, ticks, dots).properties(width=inner_width(width, room), height=ROW * max(len(order), 1))


def burst_calendar(
    data: pd.DataFrame,
    at: str,
    *,
    by: str,
    units: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    most: int = 15,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw on which days of the month each unit's answers came in, as multiples of what all units have on that day.

    Parameters
    ----------
    data : DataFrame
        One row a response.
    at : str
        Moment or date of submission.
    by : str
        Column of the unit.
    units : list of str, optional
        Units to draw, in order; by default those with the most answers.
    names, most, language, width
        As in `unit_signs`.
    """
    table = _days(data, at, by)
    chosen = [str(one) for one in units] if units is not None else list(table.sum(axis=1).nlargest(most).index)
    chosen = [one for one in chosen if one in table.index][:most]
    shown = _cells(table, chosen, names)
    order = [(names or {}).get(code, code) for code in chosen]
    tone = alt.Scale(domain=[0, 4], range=[colors()["surface"], palette()[0]], clamp=True, interpolate="rgb")
    legend = alt.Legend(title=translate(_("times the usual share"), language), gradientLength=120, tickCount=4)
    values = [1, 5, 10, 15, 20, 25, 31]
    axis = alt.Axis(labelAngle=0, values=values, title=translate(_("day of the month"), language))
    chart = alt.Chart(shown).mark_rect(stroke=colors()["border"], strokeWidth=0.4)
    return chart.encode(
        x=alt.X("day:O", axis=axis),
        y=alt.Y("unit:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width))),
        color=alt.Color("times:Q", scale=tone, legend=legend),
        tooltip=[
            alt.Tooltip("unit:N"),
            alt.Tooltip("day:O"),
            alt.Tooltip("count:Q"),
            alt.Tooltip("times:Q", format=".1f"),
        ],
    ).properties(width=inner_width(width, label_room(order, width)), height=18 * max(len(order), 1))


def _days(data: pd.DataFrame, at: str, by: str) -> pd.DataFrame:
    """Count the answers of each unit on each day of the month."""
    read = read_moments(data, at)
    days = pd.Series(read.first + pd.to_timedelta(np.maximum(read.day, 0), unit="D"), index=data.index).dt.day
    used = data[by].notna().to_numpy() & read.told
    return pd.crosstab(data.loc[used, by].astype(str), days[used]).reindex(columns=range(1, 32), fill_value=0)


def _cells(table: pd.DataFrame, chosen: list[str], names: Mapping[str, str] | None) -> pd.DataFrame:
    """One row a unit and day: the count, and how many times the usual share it is."""
    usual = (table.sum() / max(int(table.to_numpy().sum()), 1)).to_numpy(dtype=float)
    rows = [
        (
            (names or {}).get(code, code),
            day,
            int(count),
            float(count / (row.sum() * share)) if row.sum() * share else 0.0,
        )
        for code, row in zip(chosen, table.loc[chosen].to_numpy(), strict=True)
        for day, count, share in zip(range(1, 32), row, usual, strict=True)
    ]
    return pd.DataFrame(rows, columns=["unit", "day", "count", "times"])


def invitation_map(
    found: Any, *, names: Mapping[str, str] | None = None, most: int = 15, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw whom the most uneven units invite more and less than expected, in standard errors.

    Parameters
    ----------
    found : Invitations
        Of `stats.selective_invitation`.
    names, most, language, width
        As in `unit_signs`; `names` also of the strata.
    """
    ranked = found.frame.sort_values("z", ascending=False, na_position="last").head(most)
    order = _labels(ranked, found.by, names)
    cells = found.strata.assign(unit=_labels(found.strata, found.by, names))
    cells["kind"] = _labels(found.strata, found.over, names)
    kinds = list(dict.fromkeys(cells["kind"]))
    shown = cells[cells["unit"].isin(order)].dropna(subset=["residual"])
    shown = shown.assign(share=100 * shown["share"], wanted=100 * shown["expected"])
    shown = shown[["unit", "kind", "residual", "share", "wanted", "served"]]
    reach = alt.Scale(
        domain=[-_REACH, 0, _REACH],
        range=[palette()[4], colors()["surface"], palette()[0]],
        clamp=True,
        interpolate="rgb",
    )
    title = translate(_("invited below or above expectation (standard errors)"), language)
    legend = alt.Legend(title=title, gradientLength=120, titleLimit=width - 80, tickCount=5)
    tips = [alt.Tooltip("unit:N"), alt.Tooltip("kind:N"), alt.Tooltip("served:Q")]
    tips += [alt.Tooltip(f"{one}:Q", format=".1f") for one in ("share", "wanted", "residual")]
    chart = alt.Chart(shown).mark_rect(stroke=colors()["border"])
    return chart.encode(
        x=alt.X("kind:N", sort=kinds, title=None, axis=alt.Axis(labelAngle=-45, labelLimit=label_limit(width))),
        y=alt.Y("unit:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width))),
        color=alt.Color("residual:Q", scale=reach, legend=legend),
        tooltip=tips,
    ).properties(width=inner_width(width, label_room(order, width)), height=ROW * max(len(order), 1))
