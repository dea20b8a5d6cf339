"""Charts of response quality: flags, indices with their cuts, headlines with and without, modes, empty answers."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room
from svclib.reports.quality_terms import flag_name, index_name, state_name
from svclib.reports.sentences.notes import note
from svclib.reports.theme import colors, palette
from svclib.reports.words import RATING, SCORE, SHARE, Unit
from svclib.stats.quality.flags import TAKEN

_BINS = 40
UNITS = {"csat": SHARE, "nps": SCORE, "ces": RATING, "mean": RATING, "own": RATING}


def flag_bars(flags: pd.DataFrame, *, language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw how many responses carry each flag, and how many only this one.

    Parameters
    ----------
    flags : DataFrame
        Of `stats.quality_flags`.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    up = _raised(flags)
    alone = up.sum(axis=1) == 1
    kinds = [translate(_("with other flags"), language), translate(_("this flag alone"), language)]
    counts = up.sum().sort_values(ascending=False)
    rows = [
        {"flag": flag_name(name, language), "kind": kind, "count": int((up[name] & part).sum()), "place": place}
        for name in counts.index
        for place, (kind, part) in enumerate(zip(kinds, (~alone, alone), strict=True))
    ]
    shown = pd.DataFrame(rows, columns=["flag", "kind", "count", "place"])
    order = [flag_name(name, language) for name in counts.index]
    bars = (
        alt.Chart(shown)
        .mark_bar(size=14)
        .encode(
            y=alt.Y("flag:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width))),
            x=alt.X("count:Q", title=translate(_("responses"), language), axis=alt.Axis(tickCount=5, format="d")),
            color=alt.Color(
                "kind:N", title=None, sort=kinds, scale=alt.Scale(domain=kinds, range=[palette()[0], palette()[1]])
            ),
            order=alt.Order("place:Q"),
        )
    )
    whole = pd.DataFrame({"flag": order, "count": counts.to_numpy(dtype=float)})
    whole["text"] = [f"{count:.0f} ({100 * count / max(len(flags), 1):.1f}%)" for count in whole["count"]]
    text = alt.Chart(whole).mark_text(align="left", dx=4, color=colors()["text"])
    told = text.encode(y=alt.Y("flag:N", sort=order), x="count:Q", text="text:N")
    room = label_room(order, width) + 60
    return alt.layer(bars, told).properties(width=inner_width(width, room), height=ROW * max(len(order), 1))


def _raised(flags: pd.DataFrame) -> pd.DataFrame:
    """The flags that are up anywhere, as plain booleans."""
    names = [name for name in flags.columns if name not in TAKEN]
    up = flags[names].fillna(False).astype(bool)
    return up.loc[:, up.any()]


def flag_overlap(flags: pd.DataFrame, *, language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw how many responses carry two flags at once; on the diagonal how many carry the flag at all.

    Parameters
    ----------
    flags, language, width
        As in `flag_bars`.
    """
    up = _raised(flags)
    order = [flag_name(name, language) for name in up.sum().sort_values(ascending=False).index]
    marks = {flag_name(str(name), language): up[name].to_numpy() for name in up}
    rows = [
        {"first": first, "second": second, "count": int((a & b).sum()), "share": float((a & b).sum() / a.sum())}
        for first, a in marks.items()
        for second, b in marks.items()
    ]
    shown = pd.DataFrame(rows, columns=["first", "second", "count", "share"])
    turned = alt.Axis(labelAngle=-45, orient="top", labelLimit=label_limit(width))
    base = alt.Chart(shown).encode(
        x=alt.X("second:N", sort=order, title=None, axis=turned),
        y=alt.Y("first:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width))),
    )
    tone = alt.Scale(domain=[0, 1], range=[colors()["surface"], palette()[0]], interpolate="rgb")
    cells = base.mark_rect(stroke=colors()["border"]).encode(color=alt.Color("share:Q", scale=tone, legend=None))
    ink = alt.condition("datum.share > 0.55", alt.value(colors()["surface"]), alt.value(colors()["text"]))
    told = base.mark_text(fontSize=11).encode(text=alt.Text("count:Q"), color=ink)
    room = label_room(order, width)
    return alt.layer(cells, told).properties(width=inner_width(width, room), height=24 * max(len(order), 1))


def index_histogram(
    screening: Any, index: str = "speed", *, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw how an index is distributed over the respondents, and its cut.

    Parameters
    ----------
    screening : Screening
        Of `stats.careless` or `stats.speeding`.
    index : str
        One of its indices.
    language, width
        As in `flag_bars`.
    """
    row = screening.cuts.set_index("index").loc[index]
    values = screening.frame[index].dropna().to_numpy(dtype=float)
    edges = _edges(values)
    counts = np.histogram(values, edges)[0].astype(float)
    shown = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "count": counts, "zero": 0.0})
    ticks: dict[str, Any] = {"tickCount": 5 if width < PHONE else 8}
    if _whole(edges) and len(edges) <= _BINS // 2:
        ticks = {"values": (edges[:-1] + 0.5).tolist()}
    axis = alt.Axis(**ticks, format=".6~g", grid=False)
    x = alt.X("from:Q", title=index_name(index, language), axis=axis, scale=alt.Scale(nice=False, zero=False))
    y = alt.Y("count:Q", title=translate(_("responses"), language), axis=alt.Axis(tickCount=4, format=",d"))
    bars = alt.Chart(shown).mark_rect(color=palette()[0], stroke=colors()["surface"], strokeWidth=0.5)
    layers: list[Any] = [bars.encode(x=x, x2="to:Q", y=y, y2="zero:Q")]
    title = note(row["note"], language)
    if not np.isnan(row["cut"]):
        layers += _cut(row, edges)
        title = translate(_("{count} flagged; {share} of attentive respondents"), language, count=row["flagged"],
                          share=words.value(row["honest"], SHARE))  # fmt: skip
    head = alt.Title(_lines(title, width - 24), fontSize=12, fontWeight="normal")
    return alt.layer(*layers).properties(title=head, width=inner_width(width, 44), height=190)


def _lines(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` pixels: 12 a Chinese character, 6.5 another."""
    chinese = any(ord(letter) > 0x2E80 for letter in text)
    most = max(int(width / (12 if chinese else 6.5)), 10)
    return textwrap.wrap(text, most) or [""]


def _whole(edges: np.ndarray) -> bool:
    """Bins around whole numbers."""
    return bool(edges[1] - edges[0] == 1 and (edges[0] + 0.5).is_integer())


def _edges(values: np.ndarray) -> np.ndarray:
    """Bins of equal width, or one for each of a few whole numbers."""
    if not len(values):
        return np.array([0.0, 1.0])
    low, high = float(values.min()), float(values.max())
    if (values == np.round(values)).all() and high - low < _BINS:
        return np.arange(low - 0.5, high + 1.5)
    return np.linspace(low, high if high > low else low + 1, _BINS + 1)


def _cut(row: Mapping[str, Any], edges: np.ndarray) -> list[alt.Chart]:
    """Shade what lies beyond the cut."""
    high = row["side"] == "high"
    at = float(row["cut"]) + (0.0 if not _whole(edges) else -0.5 if high else 0.5)
    ends = (at, max(float(edges[-1]), at)) if high else (min(float(edges[0]), at), at)
    shown = pd.DataFrame({"from": [ends[0]], "to": [ends[1]], "at": [at]})
    band = alt.Chart(shown).mark_rect(color=colors()["danger"], opacity=0.12).encode(x="from:Q", x2="to:Q")
    rule = alt.Chart(shown).mark_rule(color=colors()["danger"], strokeWidth=2).encode(x="at:Q")
    return [band, rule]


def with_without(
    rows: pd.DataFrame,
    *,
    label: str | None = None,
    names: Mapping[str, str] | None = None,
    units: Mapping[str, Unit] | None = None,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw each headline from all responses and without the flagged ones: two dots with intervals, joined.

    Parameters
    ----------
    rows : DataFrame
        Of `stats.with_and_without`.
    label : str, optional
        Column of groups, if there are any; without it a row a headline.
    names : dict, optional
        What to call the columns (``term``).
    units : dict, optional
        How measures are written, by ``measure`` or ``term``.
    language, width
        As in `flag_bars`.
    """
    kinds = [translate(_("all responses"), language), translate(_("without the flagged"), language)]
    shown = rows[rows["rows"].isin(["all", "without"])].dropna(subset=["estimate"])
    shown = shown.assign(kind=shown["rows"].map(dict(zip(["all", "without"], kinds, strict=True))))
    shown["name"] = (
        [(names or {}).get(str(one), str(one)) for one in shown[label]]
        if label
        else [(names or {}).get(one, one) for one in shown["term"]]
    )
    room = label_room([str(name) for name in shown["name"]], width)
    charts = []
    for (measure, term), part in shown.groupby(["measure", "term"], sort=False):
        kind, column = str(measure), str(term)
        unit = (units or {}).get(column) or (units or {}).get(kind) or UNITS.get(kind, RATING)
        part = part.assign(**{one: part[one] * unit.factor for one in ("estimate", "low", "high")})
        title = f"{(names or {}).get(column, column)}: {_short(kind, language)}" if label else _short(kind, language)
        size = {"width": inner_width(width, room), "height": 30 * max(part["name"].nunique(), 1)}
        chart = _dumbbells(part, kinds, unit, width)
        charts.append(chart.properties(title=alt.Title(title, fontSize=12, frame="group"), **size))
    return alt.vconcat(*charts, spacing=8)


def _short(measure: str, language: str) -> str:
    plain = {"mean": _("mean"), "own": _("own estimate")}
    if measure in plain:
        return translate(plain[measure], language)
    return "CSAT (%)" if measure == "csat" else measure.upper()


def _dumbbells(shown: pd.DataFrame, kinds: list[str], unit: Unit, width: int) -> Any:
    order = list(dict.fromkeys(shown["name"]))
    tone = alt.Color("kind:N", title=None, sort=kinds, scale=alt.Scale(domain=kinds, range=palette()[:2]))
    axis = alt.Axis(tickCount=4 if width < PHONE else 8, format=".6~g")
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    base = alt.Chart(shown).encode(y=y, yOffset=alt.YOffset("kind:N", sort=kinds), color=tone)
    x = alt.X("low:Q", title=None, axis=axis, scale=alt.Scale(zero=False, nice=True))
    rule = base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
    tips = [alt.Tooltip(f"{one}:Q", format=".2f") for one in ("estimate", "low", "high")]
    dot = base.mark_point(filled=True, size=64, opacity=1).encode(
        x=alt.X("estimate:Q", scale=alt.Scale(zero=False)), tooltip=[alt.Tooltip("name:N"), *tips]
    )
    return alt.layer(rule, dot)


def mode_differences(
    rows: pd.DataFrame, *, names: Mapping[str, str] | None = None, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw how far each mode's answers lie from the reference's, in standard deviations, adjusted and as they are.

    Parameters
    ----------
    rows : DataFrame
        Of `stats.mode_effects`.
    names : dict, optional
        What to call questions and modes.
    language, width
        As in `flag_bars`.
    """
    given = names or {}
    shown = rows.dropna(subset=["effect"]).copy()
    shown["question"] = [given.get(str(one), str(one)) for one in shown["term"]]
    shown["mode"] = [given.get(str(one), str(one)) for one in shown["mode"]]
    shown["plain"] = shown["unadjusted"] / (shown["estimate"] / shown["effect"]).where(shown["effect"] != 0, np.nan)
    order, modes = list(dict.fromkeys(shown["question"])), list(dict.fromkeys(shown["mode"]))
    tone = alt.Color("mode:N", title=None, sort=modes, scale=alt.Scale(domain=modes, range=palette()[: len(modes)]))
    reference = given.get(str(rows["reference"].iloc[0]), str(rows["reference"].iloc[0])) if len(rows) else ""
    title = translate(_("standard deviations from {mode} (◇ unadjusted)"), language, mode=reference)
    axis = alt.Axis(tickCount=5 if width < PHONE else 8, format="+.3~g")
    y = alt.Y("question:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    base = alt.Chart(shown).encode(y=y, yOffset=alt.YOffset("mode:N", sort=modes), color=tone)
    rule = base.mark_rule(strokeWidth=2).encode(x=alt.X("effect_low:Q", title=title, axis=axis), x2="effect_high:Q")
    tips = [alt.Tooltip(f"{one}:Q", format="+.2f") for one in ("effect", "effect_low", "effect_high", "plain")]
    dot = base.mark_point(filled=True, size=64, opacity=1).encode(
        x="effect:Q", tooltip=[alt.Tooltip("question:N"), alt.Tooltip("mode:N"), *tips]
    )
    hollow = base.mark_point(filled=False, size=40, opacity=1, shape="diamond").encode(x="plain:Q")
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
    height = max(ROW, 16 * len(modes)) * max(len(order), 1)
    layers = alt.layer(zero.encode(x="at:Q"), rule, hollow, dot)
    return layers.properties(width=inner_width(width, label_room(order, width)), height=height)


def nonresponse_bars(
    rows: pd.DataFrame, *, names: Mapping[str, str] | None = None, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw how often each question that stood before respondents stayed empty, and why.

    Parameters
    ----------
    rows : DataFrame
        Of `stats.item_nonresponse`, without groups.
    names : dict, optional
        What to call the questions.
    language, width
        As in `flag_bars`.
    """
    shown = rows[rows["state"] != "not_shown"].copy()
    states = list(dict.fromkeys(shown["state"]))
    kinds = [state_name(one, language) for one in states]
    shown["kind"] = [state_name(one, language) for one in shown["state"]]
    shown["question"] = [(names or {}).get(one, one) for one in shown["term"]]
    shown["percent"] = 100 * shown["estimate"]
    shown["place"] = shown["state"].map(states.index)
    order = list(shown.groupby("question")["percent"].sum().sort_values(ascending=False).index)
    title = translate(_("without an answer (%)"), language)
    chart = alt.Chart(shown).mark_bar(size=14)
    return chart.encode(
        y=alt.Y("question:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width))),
        x=alt.X("percent:Q", title=title, axis=alt.Axis(tickCount=5)),
        color=alt.Color("kind:N", title=None, sort=kinds, scale=alt.Scale(domain=kinds, range=palette()[: len(kinds)])),
        order=alt.Order("place:Q"),
        tooltip=[alt.Tooltip("question:N"), alt.Tooltip("kind:N"), alt.Tooltip("percent:Q", format=".1f")],
    ).properties(width=inner_width(width, label_room(order, width)), height=ROW * max(len(order), 1))
