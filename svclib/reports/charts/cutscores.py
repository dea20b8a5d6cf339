"""Charts of pass marks: who falls where, how strict the judges are, what other marks would do."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import ROW, inner_width, label_limit, label_room
from svclib.reports.charts.time import heading
from svclib.reports.theme import colors, palette
from svclib.stats.cutscores.angoff import Angoff
from svclib.stats.cutscores.bookmark import Bookmark
from svclib.stats.cutscores.groups import ContrastingGroups
from svclib.stats.cutscores.reading import passes, read_totals

_BINS = 50
_ROOM = 56


def pass_mark(
    scores: Any,
    cut: float,
    *,
    sem: float | None = None,
    points: Any = None,
    highest: float | None = None,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 220,
) -> alt.TopLevelMixin:
    """Draw how the scores are spread, the mark, and the band of one standard error around it.

    Parameters
    ----------
    scores : Series, array or DataFrame
        Total scores, or candidates × items.
    cut : float
    sem : float, optional
        Standard error at the mark (``sem`` of `stats.near_cut` there); without it no band is drawn.
    points, highest
        As in `stats.classification`.
    title : str
    language : {"zh-CN", "en"}
    width, height : int
        Whole width, and height of the plot, in pixels.
    """
    read = read_totals(scores, points=points, highest=highest)
    shown = _bins(read.known, cut, language)
    reach = [float(shown["left"].min()), float(shown["right"].max())]
    x = alt.X("left:Q", title=translate(_("Score"), language), scale=alt.Scale(domain=reach, nice=False))
    y = alt.Y("n:Q", title=translate(_("Candidates"), language), axis=alt.Axis(tickCount=4, format="d"))
    names = [translate(one, language) for one in (_("fails"), _("passes"))]
    scale = alt.Scale(domain=names, range=[colors()["border-strong"], palette()[0]])
    tone = alt.Color("verdict:N", scale=scale, legend=alt.Legend(title=None, orient="top"))
    tips = [alt.Tooltip("from:Q"), alt.Tooltip("to:Q"), alt.Tooltip("n:Q"), alt.Tooltip("verdict:N")]
    bars = alt.Chart(shown).mark_bar(binSpacing=0, stroke=colors()["surface"], strokeWidth=1)
    layers: list[Any] = [bars.encode(x=x, x2="right:Q", y=y, y2="base:Q", color=tone, tooltip=tips)]
    if sem is not None and np.isfinite(sem):
        band = pd.DataFrame({"low": [max(cut - sem, reach[0])], "high": [min(cut + sem, reach[1])]})
        area = alt.Chart(band).mark_rect(color=palette()[1], opacity=0.22)
        layers.insert(0, area.encode(x=alt.X("low:Q"), x2="high:Q"))
    name = translate(_("Pass mark {cut}"), language, cut=f"{cut:g}")
    layers += _line(cut, name, vertical=True)
    plot = alt.layer(*layers).properties(width=inner_width(width, _ROOM), height=height)
    return plot.properties(title=heading(title, width)) if title else plot


def _bins(known: Any, cut: float, language: str) -> pd.DataFrame:
    """Count the scores in bins of one width, one of which begins at the mark."""
    spread = float(np.ptp(known)) if len(known) else 1.0
    steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    size = 0.05 if spread <= 2 else float(next((one for one in steps if spread / one <= _BINS), max(spread, 1) / _BINS))
    place = np.floor((known - cut) / size + 1e-9).astype(int)
    values, counts = np.unique(place, return_counts=True)
    left = cut + values * size
    names = [translate(one, language) for one in (_("fails"), _("passes"))]
    verdict = [names[int(one)] for one in passes(left, cut)]
    return pd.DataFrame(
        {
            "left": left,
            "right": left + size,
            "n": counts,
            "verdict": verdict,
            "base": 0,
            "from": left,
            "to": left + size,
        }
    )


def _line(value: float, name: str, *, vertical: bool, color: str | None = None) -> list[Any]:
    """Draw a dashed line with its name at its end."""
    tone = color or colors()["text"]
    base = alt.Chart(pd.DataFrame({"at": [value], "name": [name]}))
    channel = {"x": alt.X("at:Q")} if vertical else {"y": alt.Y("at:Q")}
    place = {"y": alt.value(4)} if vertical else {"x": alt.value(4)}
    words = {"align": "left", "dx": 5, "baseline": "top"} if vertical else {"align": "left", "dy": -5}
    return [
        base.mark_rule(strokeDash=[5, 4], color=tone).encode(**channel),
        base.mark_text(color=tone, fontWeight="bold", **words).encode(text="name:N", **channel, **place),  # type: ignore[arg-type]
    ]


def judge_severity(mark: Angoff, *, title: str = "", language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw the mark each judge would set, round by round, with the panel's and its interval in the last round.

    Parameters
    ----------
    mark : Angoff
        A result of `stats.angoff`, `nedelsky` or `ebel`.
    title, language, width
        As in `pass_mark`.
    """
    judges = mark.judges.dropna(subset=["cut"])
    last = mark.frame.iloc[-2]
    order = judges[judges["round"].eq(last["round"]) | judges["round"].isna()].sort_values("cut")["judge"]
    names = [str(one) for one in order]
    names += [str(one) for one in judges["judge"].unique() if str(one) not in names]
    rounds = list(dict.fromkeys(mark.judges["round"]))
    shown = pd.DataFrame({"judge": judges["judge"].astype(str), "cut": judges["cut"].astype(float)})
    shown["round"] = [translate(_("round {number}"), language, number=rounds.index(one) + 1) for one in judges["round"]]
    labels = list(dict.fromkeys(shown["round"]))
    y = alt.Y("judge:N", sort=names, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    words = translate(_("Mark the judge would set (points)"), language)
    x = alt.X("cut:Q", title=words, scale=alt.Scale(zero=False))
    legend = alt.Legend(title=None, orient="top") if len(labels) > 1 else None
    tones = [*reversed(palette()[1 : len(labels)]), palette()[0]]
    color = alt.Color("round:N", scale=alt.Scale(domain=labels, range=tones), legend=legend)
    shape = alt.Shape("round:N", scale=alt.Scale(domain=labels), legend=legend)
    base = alt.Chart(shown).encode(y=y)
    layers: list[Any] = []
    if np.isfinite(last["low"]):
        band = pd.DataFrame({"low": [float(last["low"])], "high": [float(last["high"])]})
        layers.append(
            alt.Chart(band)
            .mark_rect(color=palette()[0], opacity=0.12)
            .encode(x=alt.X("low:Q", title=words), x2="high:Q")
        )
    layers += [
        base.mark_line(color=colors()["border-strong"]).encode(x=x, detail="judge:N"),
        base.mark_point(filled=True, size=70, opacity=1).encode(x=x, color=color, shape=shape),
    ]
    if np.isfinite(last["estimate"]):
        name = translate(_("Panel {cut}"), language, cut=f"{last['estimate']:.1f}")
        layers += _line(float(last["estimate"]), name, vertical=True)
    plot = alt.layer(*layers).properties(
        width=inner_width(width, label_room(names, width)), height=ROW * max(len(names), 2) + 20
    )
    return plot.properties(title=heading(title, width)) if title else plot


def bookmarks(
    mark: Bookmark, *, title: str = "", language: str = "en", width: int = 660, height: int = 240
) -> alt.TopLevelMixin:
    """Draw the booklet's pages by their ability, and where the judges put their bookmarks in the last round.

    Parameters
    ----------
    mark : Bookmark
    title, language, width, height
        As in `pass_mark`.
    """
    pages = mark.booklet.dropna(subset=["page"]).astype({"page": float})[["page", "theta", "item"]]
    last = mark.judges["round"].iloc[-1]
    rows = mark.judges[mark.judges["round"].isna() | mark.judges["round"].eq(last)].dropna(subset=["theta"])
    shown = rows.assign(page=[float(pages.loc[(pages["theta"] - one).abs().idxmin(), "page"]) for one in rows["theta"]])
    stacked = shown.groupby("page").cumcount()
    shown = pd.DataFrame({"page": shown["page"], "judge": shown["judge"].astype(str), "offset": stacked})
    top = float(pages["theta"].max()) if len(pages) else 1.0
    gap = 0.045 * float(np.ptp(pages["theta"]) or 1.0)
    theta_at = pages.set_index("page")["theta"]
    shown["theta"] = theta_at.loc[shown["page"]].to_numpy() + gap * (shown["offset"] + 1)
    x = alt.X(
        "page:Q", title=translate(_("Page of the ordered booklet"), language), axis=alt.Axis(tickMinStep=1, format="d")
    )
    y = alt.Y(
        "theta:Q", title=translate(_("Ability that masters it"), language), scale=alt.Scale(domainMax=top + 3 * gap)
    )
    line = alt.Chart(pages).mark_line(
        interpolate="step-after", point=alt.OverlayMarkDef(size=22), color=colors()["text-muted"]
    )
    dots = alt.Chart(shown).mark_point(shape="triangle-down", filled=True, size=90, color=palette()[0], opacity=1)
    layers: list[Any] = [
        line.encode(x=x, y=y, tooltip=["page:Q", "item:N", alt.Tooltip("theta:Q", format=".2f")]),
        dots.encode(x=x, y=y, tooltip=["judge:N", "page:Q"]),
    ]
    median = float(mark.frame.loc[mark.frame["term"] == "theta, median", "estimate"].iloc[-1])
    if np.isfinite(median):
        name = translate(
            _("Panel's median: {cut} of {highest} points"), language, cut=f"{mark.cut:.1f}", highest=f"{mark.highest:g}"
        )
        layers += _line(median, name, vertical=False)
    plot = alt.layer(*layers).properties(width=inner_width(width, _ROOM), height=height)
    return plot.properties(title=heading(title, width)) if title else plot


def contrasting(
    mark: ContrastingGroups, *, title: str = "", language: str = "en", width: int = 660, height: int = 220
) -> alt.TopLevelMixin:
    """Draw the wrong decisions that each mark would make: unqualified who pass, qualified who fail.

    Parameters
    ----------
    mark : ContrastingGroups
    title, language, width, height
        As in `pass_mark`.
    """
    names = {
        "false_pass": translate(_("unqualified who would pass"), language),
        "false_fail": translate(_("qualified who would fail"), language),
    }
    shown = mark.curve.melt("cut", list(names), var_name="kind", value_name="share")
    shown = shown.assign(kind=shown["kind"].map(names), percent=100 * shown["share"])
    scale = alt.Scale(domain=list(names.values()), range=[palette()[1], palette()[0]])
    dash = alt.StrokeDash("kind:N", scale=alt.Scale(domain=list(names.values()), range=[[6, 3], [1, 0]]), legend=None)
    x = alt.X("cut:Q", title=translate(_("Pass mark"), language), scale=alt.Scale(zero=False, nice=False))
    axis = alt.Axis(tickCount=5, labelExpr="datum.value + '%'")
    y = alt.Y("percent:Q", title=None, scale=alt.Scale(domain=[0, 100]), axis=axis)
    color = alt.Color("kind:N", scale=scale, legend=alt.Legend(title=None, orient="top", labelLimit=260))
    lines = alt.Chart(shown).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=color, strokeDash=dash)
    layers: list[Any] = [lines]
    row: Any = mark.frame.set_index("term").loc["logistic"]
    if np.isfinite(row["low"]):
        band = pd.DataFrame({"low": [float(row["low"])], "high": [float(row["high"])]})
        layers.insert(
            0,
            alt.Chart(band).mark_rect(opacity=0.15, color=colors()["text-muted"]).encode(x=alt.X("low:Q"), x2="high:Q"),
        )
    if np.isfinite(mark.cut):
        layers += _line(mark.cut, translate(_("Pass mark {cut}"), language, cut=f"{mark.cut:.1f}"), vertical=True)
    plot = alt.layer(*layers).properties(width=inner_width(width, _ROOM), height=height)
    return plot.properties(title=heading(title, width)) if title else plot


def consequences(
    rates: pd.DataFrame, *, title: str = "", language: str = "en", width: int = 660, height: int = 220
) -> alt.TopLevelMixin:
    """Draw the share that would pass at marks around the one chosen, with how many more or fewer pass.

    Parameters
    ----------
    rates : DataFrame
        A result of `stats.pass_rate` without groups.
    title, language, width, height
        As in `pass_mark`.
    """
    shown = pd.DataFrame({name: rates[name].astype(float) for name in ("cut", "shift", "passed", "changed")})
    for name in ("estimate", "low", "high"):
        shown[name] = 100 * rates[name].astype(float)
    shown["words"] = [
        f"{one:+.0f}".replace("-", "−") if move else f"{count:.0f}"
        for one, move, count in zip(shown["changed"], shown["shift"], shown["passed"], strict=True)
    ]
    shown["own"] = shown["shift"] == 0
    x = alt.X("cut:O", title=translate(_("Pass mark"), language), axis=alt.Axis(labelAngle=0, format="~g"))
    axis = alt.Axis(tickCount=5, labelExpr="datum.value + '%'")
    words = translate(_("Would pass"), language)
    y = alt.Y("estimate:Q", title=words, scale=alt.Scale(zero=False), axis=axis)
    tone = alt.condition("datum.own", alt.value(palette()[0]), alt.value(colors()["text-muted"]))
    tips = [
        alt.Tooltip("cut:Q"),
        alt.Tooltip("estimate:Q", format=".1f"),
        alt.Tooltip("passed:Q"),
        alt.Tooltip("changed:Q"),
    ]
    base = alt.Chart(shown).encode(x=x, tooltip=tips)
    layers = [
        base.mark_line(color=colors()["border-strong"]).encode(y=y),
        base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", title=words), y2="high:Q", color=tone),
        base.mark_point(filled=True, size=80, opacity=1).encode(y=y, color=tone),
        base.mark_text(align="left", dx=8, dy=-6, fontWeight="bold").encode(y=y, text="words:N", color=tone),
    ]
    plot = alt.layer(*layers).properties(width=inner_width(width, _ROOM), height=height)
    return plot.properties(title=heading(title, width)) if title else plot
