"""Charts of comparisons: differences with their intervals, crossed tables, the probability of each rank."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room, number_format, scaled
from svclib.reports.theme import colors, palette
from svclib.reports.words import RATING, SHARE, Unit


def differences(
    rows: pd.DataFrame,
    *,
    unit: Unit = RATING,
    margin: float | None = None,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw the difference of every two groups with its interval, beside the line of no difference.

    Parameters
    ----------
    rows : DataFrame
        Result of `stats.pairwise_means`, `compare_means`, `equivalence` (or of the ranks): first, second, estimate,
        low, high. Rows without an estimate are left out. Of rows with ``p_adjusted`` those that chance would hardly
        explain are drawn dark.
    unit : Unit
    margin : float, optional
        Smallest difference that matters; drawn as a band.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    shown = scaled(rows.dropna(subset=["estimate"]), unit)
    p_value = shown["p_adjusted"] if "p_adjusted" in shown else shown["p_value"]
    apart = (p_value <= 1 - shown["level"]).to_numpy()
    names = [f"{a} − {b}" for a, b in zip(shown["first"], shown["second"], strict=True)]
    shown = shown.assign(pair=names, tone=["apart" if one else "open" for one in apart])
    tone = alt.Color("tone:N", legend=None, scale=alt.Scale(domain=["apart", "open"], range=_tones()))
    limit = 130 if width < PHONE else 240
    y = alt.Y("pair:N", sort=names, title=None, axis=alt.Axis(labelLimit=limit))
    title = translate(_("difference"), language) + (f" ({unit.suffix})" if unit.suffix else "")
    axis = alt.Axis(tickCount=5 if width < PHONE else 8, format=number_format(unit))
    base = alt.Chart(shown).encode(y=y, color=tone)
    rule = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title, axis=axis), x2="high:Q")
    dot = base.mark_point(filled=True, size=64, opacity=1).encode(x="estimate:Q")
    layers = [*_band(margin, unit), _zero(), rule, dot]
    room = min(label_room(names, 660), limit + 10)
    return alt.layer(*layers).properties(width=inner_width(width, room), height=ROW * max(len(names), 1))


def _tones() -> list[str]:
    return [palette()[0], colors()["text-muted"]]


def _zero() -> alt.Chart:
    rule = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
    return rule.encode(x="at:Q")


def _band(margin: float | None, unit: Unit) -> list[alt.Chart]:
    if margin is None:
        return []
    ends = pd.DataFrame({"from": [-margin * unit.factor], "to": [margin * unit.factor]})
    return [alt.Chart(ends).mark_rect(opacity=0.14, color=palette()[0]).encode(x="from:Q", x2="to:Q")]


def crossed(cells: pd.DataFrame, *, title: str = "", width: int = 660) -> alt.TopLevelMixin:
    """Draw a crossed table: column shares as shades, with the letters of the columns that a cell is above.

    Parameters
    ----------
    cells : DataFrame
        ``cells`` of `stats.crosstab`.
    title : str
        Title of the columns' axis.
    width : int
    """
    narrow = width < PHONE
    heads = {row["column"]: f"{row['column']} ({row['letter']})" for row in cells.to_dict("records")}
    shown = cells.assign(
        head=[heads[one] for one in cells["column"]],
        value=[_plain(one) for one in cells["term"]],
        share=cells["estimate"] * 100,
        text=[_cell(row, narrow) for row in cells.to_dict("records")],
        dark=cells["estimate"] > 0.5 * cells["estimate"].max(),
    )
    order = list(dict.fromkeys(shown["value"]))
    x = alt.X("head:N", sort=list(heads.values()), title=title or None, axis=alt.Axis(orient="top", labelAngle=0))
    y = alt.Y("value:N", sort=order, title=None)
    ramp = alt.Scale(range=[colors()["surface"], palette()[0]], domainMin=0, interpolate="rgb")
    base = alt.Chart(shown).encode(x=x, y=y)
    shade = base.mark_rect(stroke=colors()["border"]).encode(color=alt.Color("share:Q", scale=ramp, legend=None))
    ink = alt.condition("datum.dark", alt.value(colors()["surface"]), alt.value(colors()["text"]))
    text = base.mark_text(fontSize=10 if narrow else 12).encode(text="text:N", color=ink)
    room = label_room(order, width)
    return alt.layer(shade, text).properties(width=inner_width(width, room), height=30 * max(len(order), 1))


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cell(row: dict[Any, Any], narrow: bool) -> str:
    if not words.known(row["estimate"]):
        return words.MISSING
    share = words.number(100 * row["estimate"], 0 if narrow else 1) + SHARE.suffix
    return f"{share} {row['above']}".strip()


def rank_probabilities(
    ranking: Any, label: str, *, language: str = "en", width: int = 660, most: int = 25
) -> alt.TopLevelMixin:
    """Draw how probable each rank is for each unit: a dark diagonal is a sure order, a grey field is luck.

    Parameters
    ----------
    ranking : svclib.stats.compare.ranking.Ranking
    label : str
        Column of the units' names.
    language : {"zh-CN", "en"}
    width : int
    most : int
        Units drawn, from the top.
    """
    units = ranking.units.dropna(subset=["rank"]).head(most)
    order = [str(name) for name in units[label]]
    table = ranking.probabilities
    shown = table[table[label].astype(str).isin(order)].assign(
        name=lambda part: part[label].astype(str), percent=lambda part: 100 * part["probability"]
    )
    limit = label_limit(width)
    x = alt.X("rank:O", title=translate(_("rank"), language), axis=alt.Axis(labelAngle=0, labelOverlap="greedy"))
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=limit))
    most_likely = max(float(shown["percent"].max()), 1.0)
    ramp = alt.Scale(range=[colors()["surface"], palette()[0]], domain=[0, most_likely], interpolate="rgb")
    legend = alt.Legend(title=translate(_("probability (%)"), language), gradientLength=min(160, width // 3))
    base = alt.Chart(shown).mark_rect(stroke=colors()["border"], strokeWidth=0.5)
    chart = base.encode(x=x, y=y, color=alt.Color("percent:Q", scale=ramp, legend=legend))
    return chart.properties(width=inner_width(width, label_room(order, width)), height=20 * max(len(order), 1))
