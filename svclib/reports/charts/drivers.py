"""Charts of drivers: importance with ties, the strategy matrix, slopes by segment, what a better rating goes with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room
from svclib.reports.theme import colors, palette
from svclib.reports.words import SHARE
from svclib.stats.key_drivers.matrix import QUADRANTS, Quadrant, StrategyMatrix
from svclib.stats.key_drivers.moderation import Moderation
from svclib.stats.key_drivers.results import TIES, Drivers

Labels = Mapping[str, str]
_BRACKET = 12
"""Pixels between two brackets of ties."""
_LINE = 19
"""Pixels of a line of the list beside the matrix."""


def importance(
    found: Drivers, *, labels: Labels | None = None, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw each driver's share with its interval, the most important first; brackets join those that may be equal.

    Parameters
    ----------
    found : Drivers
        Result of `stats.drivers`.
    labels : dict of str to str, optional
        Names to show.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    frame = found.frame
    shown = frame.assign(
        name=_named(frame["term"], labels), **{one: 100 * frame[one] for one in ("share", "share_low", "share_high")}
    )
    order, brackets = shown["name"].tolist(), _brackets(shown)
    lanes = brackets["lane"].max() + 1 if len(brackets) else 0
    room = label_room(order, width) + _BRACKET * lanes
    inner = inner_width(width, room)
    axis = alt.Axis(labelLimit=label_limit(width))
    y = alt.Y("name:N", sort=order, title=None, axis=axis, scale=alt.Scale(domain=order))
    title = translate(_("share of what all drivers explain (%)"), language)
    x_axis = alt.Axis(tickCount=5 if width < PHONE else 8, format=".0f")
    tips = [
        alt.Tooltip("name:N"),
        *(alt.Tooltip(f"{one}:Q", format=".1f") for one in ("share", "share_low", "share_high")),
    ]
    base = alt.Chart(shown).encode(y=y)
    bar = base.mark_bar(color=palette()[0], opacity=0.35, height={"band": 0.62}).encode(
        x=alt.X("share:Q", title=title, axis=x_axis, scale=alt.Scale(domainMin=0)), tooltip=tips
    )
    rule = base.mark_rule(strokeWidth=2, color=palette()[0]).encode(x="share_low:Q", x2="share_high:Q")
    dot = base.mark_point(filled=True, size=50, color=palette()[0], opacity=1).encode(x="share:Q")
    layers = [bar, rule, dot, *_bracket_layers(brackets, order, inner)]
    chart = alt.layer(*layers).properties(width=inner, height=(ROW + 4) * len(order))
    if not lanes:
        return chart
    said = translate(_("Lines at the right join drivers that these answers cannot tell apart."), language)
    return chart.properties(title=alt.TitleParams(_wrapped(said, width), color=colors()["text-muted"], **_CAPTION))


_CAPTION: dict[str, Any] = {"fontSize": 12, "fontWeight": "normal", "offset": 8, "frame": "bounds"}


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines that fit: 12 pixels a Chinese character, 6.5 another."""
    lines: list[str] = []
    line, used = "", 0.0
    for piece in text.split(" ") if " " in text else list(text):
        size = sum(12 if ord(letter) > 0x2E80 else 6.5 for letter in piece)
        if line and used + size > width - 20:
            lines, line, used = [*lines, line], "", 0.0
        line, used = f"{line} {piece}".strip() if " " in text else line + piece, used + size + 6.5 * (" " in text)
    return [*lines, line]


def _named(terms: Any, labels: Labels | None) -> list[str]:
    return [str((labels or {}).get(term, term)) for term in terms]


def _brackets(shown: pd.DataFrame) -> pd.DataFrame:
    """Runs of drivers in order of which every two are tied, each in a lane of its own where they overlap."""
    terms, names = shown["term"].tolist(), shown["name"].tolist()
    tied = [set(str(one).split(TIES)) for one in shown["tied_with"]]
    runs: list[tuple[int, int]] = []
    for start in range(len(terms)):
        end = start
        while end + 1 < len(terms) and all(terms[end + 1] in tied[one] for one in range(start, end + 1)):
            end += 1
        if end > start and (not runs or end > runs[-1][1]):
            runs.append((start, end))
    free: list[int] = []
    rows = []
    for start, end in runs:
        lane = next((one for one, last in enumerate(free) if last < start), len(free))
        free[lane:] = [end, *free[lane + 1 :]]
        rows.append({"first": names[start], "last": names[end], "lane": lane})
    return pd.DataFrame(rows, columns=["first", "last", "lane"])


def _bracket_layers(brackets: pd.DataFrame, order: list[str], inner: int) -> list[alt.Chart]:
    tone = colors()["text-muted"]
    layers = []
    for row in brackets.to_dict("records"):
        base = alt.Chart(pd.DataFrame({"first": [row["first"]], "last": [row["last"]]}))
        place = alt.value(inner + 8 + _BRACKET * row["lane"])
        ends = {
            "y": alt.Y("first:N", sort=order, title=None, scale=alt.Scale(domain=order)),
            "y2": "last:N",
            "x": place,
        }
        layers.append(base.mark_rule(strokeWidth=3, strokeCap="round", color=tone).encode(**ends))
    return layers


def strategy_matrix(
    found: StrategyMatrix,
    *,
    labels: Labels | None = None,
    language: str = "en",
    width: int = 660,
    title: str = "",
) -> alt.TopLevelMixin:
    """Draw drivers by performance and importance with their joint regions, and list them with what is sure of each.

    Parameters
    ----------
    found : StrategyMatrix
        Result of `stats.importance_performance`.
    labels : dict of str to str, optional
        Names to show.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels; below 480 the list stands under the matrix.
    title : str
        Title of the axis of performance.
    """
    narrow = width < PHONE
    listed = 0 if narrow else 280
    inner = inner_width(width - listed, 46)
    shown = found.frame.assign(
        name=_named(found.frame["term"], labels),
        number=range(1, len(found.frame) + 1),
        percent=100 * found.frame["importance"],
    )
    frame = _Frame(found, shown, title or translate(_("mean rating"), language), language)
    matrix = alt.layer(*_ground(frame, inner, narrow), *_cuts(frame), *_regions(frame), *_points(frame)).properties(
        width=inner, height=inner if narrow else 330
    )
    lines = _list(frame, inner if narrow else listed)
    joined = alt.vconcat(matrix, lines, spacing=8) if narrow else alt.hconcat(matrix, lines, spacing=14)
    return joined.resolve_scale(color="independent")


class _Frame:
    """What the layers of the matrix share."""

    def __init__(self, found: StrategyMatrix, shown: pd.DataFrame, title: str, language: str) -> None:
        self.found, self.shown, self.title, self.language = found, shown, title, language
        self.cuts = found.cuts.set_index("axis")["cut"]
        self.outline = found.regions.assign(percent=lambda part: 100 * part["importance"])
        wide = pd.concat([shown[["performance", "percent"]], self.outline[["performance", "percent"]]])
        self.right = _ends(wide["performance"], float(self.cuts["performance"]))
        self.up = _ends(wide["percent"], 100 * float(self.cuts["importance"]))

    @property
    def x(self) -> alt.X:
        """Performance."""
        axis = alt.Axis(tickCount=5, grid=False)
        return alt.X("performance:Q", title=self.title, axis=axis, scale=alt.Scale(domain=list(self.right), nice=False))

    @property
    def y(self) -> alt.Y:
        """Importance."""
        name = translate(_("share of what all drivers explain (%)"), self.language)
        axis = alt.Axis(tickCount=5, grid=False, format=".0f", titleAnchor="end")
        return alt.Y("percent:Q", title=name, axis=axis, scale=alt.Scale(domain=list(self.up), nice=False))


def _ends(values: pd.Series, cut: float) -> tuple[float, float]:
    """Ends of an axis that holds all values and the cut, with the cut not at the rim."""
    low, high = min(float(values.min()), cut), max(float(values.max()), cut)
    reach = max(high - low, 1e-6)
    return min(low, cut - 0.25 * reach) - 0.1 * reach, max(high, cut + 0.25 * reach) + 0.1 * reach


def _tones() -> dict[str, str]:
    """Colours of the quadrants; what cannot be told is grey."""
    tone, shades = colors(), palette()
    chosen = [tone["success"], tone["danger"], tone["warning"], shades[0], tone["text-muted"]]
    return {one.value: shade for one, shade in zip((*QUADRANTS, Quadrant.UNCLEAR), chosen, strict=True)}


def _ground(frame: _Frame, inner: int, narrow: bool) -> list[alt.Chart]:
    """Faintly coloured quadrants with their names in the corners."""
    middle = (float(frame.cuts["performance"]), 100 * float(frame.cuts["importance"]))
    corners = {
        Quadrant.ADVANTAGE: (frame.right[1], frame.up[1]),
        Quadrant.IMPROVE_FIRST: (frame.right[0], frame.up[1]),
        Quadrant.OPPORTUNITY: (frame.right[0], frame.up[0]),
        Quadrant.MAINTAIN: (frame.right[1], frame.up[0]),
    }
    layers: list[alt.Chart] = []
    for quadrant, (x, y) in corners.items():
        data = pd.DataFrame(
            {"performance": [x], "cut": [middle[0]], "percent": [y], "line": [middle[1]],
             "name": [translate(quadrant.value, frame.language)]}
        )  # fmt: skip
        tone, base = _tones()[quadrant.value], alt.Chart(data).encode(x=frame.x, y=frame.y)
        layers.append(base.mark_rect(opacity=0.07, color=tone).encode(x2="cut:Q", y2="line:Q"))
        left, top = x == frame.right[0], y == frame.up[1]
        place: dict[str, Any] = {"align": "left" if left else "right", "baseline": "top" if top else "bottom"}
        layers.append(
            base.mark_text(
                **place, dx=6 if left else -6, dy=5 if top else -5, color=tone, fontWeight="bold", limit=inner // 2,
                fontSize=11 if narrow else 12,
            ).encode(text="name:N")
        )  # fmt: skip
    return layers


def _cuts(frame: _Frame) -> list[alt.Chart]:
    style: dict[str, Any] = {"strokeDash": [5, 4], "color": colors()["border-strong"]}
    across = pd.DataFrame({"performance": [float(frame.cuts["performance"])]})
    along = pd.DataFrame({"percent": [100 * float(frame.cuts["importance"])]})
    return [
        alt.Chart(across).mark_rule(**style).encode(x=frame.x),
        alt.Chart(along).mark_rule(**style).encode(y=frame.y),
    ]


def _regions(frame: _Frame) -> list[alt.Chart]:
    """Outlines of the joint regions, filled faintly."""
    layers = []
    for row in frame.shown.to_dict("records"):
        outline = frame.outline[frame.outline["term"] == row["term"]]
        if len(outline):
            tone = _tones()[row["verdict"]]
            style: dict[str, Any] = {"interpolate": "linear-closed", "fill": tone, "fillOpacity": 0.13, "clip": True}
            base = alt.Chart(outline).mark_line(color=tone, strokeWidth=1.2, **style)
            layers.append(base.encode(x=frame.x, y=frame.y, order="corner:Q"))
    return layers


def _points(frame: _Frame) -> list[alt.Chart]:
    tones = _tones()
    tone = alt.Color("verdict:N", legend=None, scale=alt.Scale(domain=list(tones), range=list(tones.values())))
    tips = [alt.Tooltip("name:N"), alt.Tooltip("performance:Q", format=".2f"), alt.Tooltip("percent:Q", format=".1f")]
    base = alt.Chart(frame.shown).encode(x=frame.x, y=frame.y)
    dot = base.mark_point(filled=True, size=230, opacity=1).encode(color=tone, tooltip=tips)
    return [dot, base.mark_text(color=colors()["surface"], fontWeight="bold", fontSize=11).encode(text="number:N")]


def _list(frame: _Frame, width: int) -> Any:
    """Number, name, and what is sure of each driver, in lines."""
    tones = _tones()
    chance = frame.shown[[f"p_{one.name.lower()}" for one in QUADRANTS]].max(axis=1)
    rows = frame.shown.assign(
        line=range(len(frame.shown)),
        verdict_said=[_verdict(row, p, frame.language) for row, p in zip(frame.shown["verdict"], chance, strict=True)],
    )
    y = alt.Y("line:O", axis=None)
    tone = alt.Color("verdict:N", legend=None, scale=alt.Scale(domain=list(tones), range=list(tones.values())))
    base = alt.Chart(rows).encode(y=y)
    small, room = 11 if width < 300 else 12, int(width * 0.56)
    layers = [
        base.mark_point(filled=True, size=200, opacity=1).encode(x=alt.value(9), color=tone),
        base.mark_text(color=colors()["surface"], fontWeight="bold", fontSize=11).encode(
            x=alt.value(9), text="number:N"
        ),
        base.mark_text(align="left", fontSize=small, limit=room - 24).encode(x=alt.value(22), text="name:N"),
        base.mark_text(align="left", fontSize=small, limit=width - room).encode(
            x=alt.value(room), text="verdict_said:N", color=tone
        ),
    ]
    return alt.layer(*layers).properties(width=width, height=_LINE * max(len(rows), 1))


def _verdict(verdict: str, chance: float, language: str) -> str:
    said = translate(verdict, language)
    if verdict == Quadrant.UNCLEAR or not words.known(chance):
        return said
    sure = ">99" if chance > 0.99 else words.number(100 * chance, 0)
    return f"{said} {sure}{SHARE.suffix}"


def segment_slopes(
    found: Moderation, segment: str, *, labels: Labels | None = None, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw the slope of each driver by segment with its interval; drivers whose slopes differ beyond chance are dark.

    Parameters
    ----------
    found : Moderation
        Result of `stats.moderation`.
    segment : str
        Column of the segments.
    labels : dict of str to str, optional
        Names of drivers and segments to show.
    language : {"zh-CN", "en"}
    width : int
    """
    tests = found.tests.set_index("term")["p_adjusted"]
    shown = found.slopes.dropna(subset=["estimate"])
    shown = shown.assign(
        driver=_named(shown["term"], labels),
        name=_named(shown[segment].astype(str), labels),
        tone=[
            "apart" if tests[term] <= 1 - level else "open"
            for term, level in zip(shown["term"], shown["level"], strict=True)
        ],
    )
    order, names = list(dict.fromkeys(shown["driver"])), list(dict.fromkeys(shown["name"]))
    tone = alt.Color(
        "tone:N",
        legend=None,
        scale=alt.Scale(domain=["apart", "open"], range=[palette()[0], colors()["border-strong"]]),
    )
    title = translate(_("change of the outcome for one point more"), language)
    axis = alt.Axis(tickCount=5 if width < PHONE else 8, format=".1f")
    y = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    base = alt.Chart(shown).encode(y=y, color=tone)
    zero = alt.Chart(shown).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"]).encode(x=alt.datum(0.0))
    rule = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title, axis=axis), x2="high:Q")
    dot = base.mark_point(filled=True, size=64, opacity=1).encode(x=alt.X("estimate:Q"))
    panel = alt.layer(zero, rule, dot).properties(
        width=inner_width(width, label_room(names, width)), height=ROW * max(len(names), 1)
    )
    head = alt.Header(orient="top", labelAnchor="start", labelFontWeight="bold", title=None, labelPadding=2)
    return panel.facet(row=alt.Row("driver:N", sort=order, header=head), spacing=12)


def gains(
    rows: pd.DataFrame,
    *,
    scenario: str = "step",
    labels: Labels | None = None,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw by how much the outcome is higher where a driver is rated higher, the largest first.

    Parameters
    ----------
    rows : DataFrame
        Result of `stats.what_if`.
    scenario : {"step", "target", "best unit"}
    labels : dict of str to str, optional
    language : {"zh-CN", "en"}
    width : int
    """
    shown = rows[rows["scenario"] == scenario].dropna(subset=["estimate"]).sort_values("estimate", ascending=False)
    shown = shown.assign(name=_named(shown["term"], labels))
    order = shown["name"].tolist()
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    title = [translate(text, language) for text in (_("outcome higher by (points):"), _("association, not effect"))]
    axis = alt.Axis(tickCount=5 if width < PHONE else 8, format=".2f")
    base = alt.Chart(shown).encode(y=y)
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
    rule = base.mark_rule(strokeWidth=2, color=palette()[0]).encode(
        x=alt.X("low:Q", title=title, axis=axis), x2="high:Q"
    )
    dot = base.mark_point(filled=True, size=64, opacity=1).encode(x="estimate:Q")
    return alt.layer(zero.encode(x="at:Q"), rule, dot).properties(
        width=inner_width(width, label_room(order, width)), height=ROW * max(len(order), 1)
    )
