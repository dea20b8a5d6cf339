"""Charts of plans: what more answers buy, and how an allocation spreads them."""

from __future__ import annotations

import altair as alt
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room
from svclib.reports.theme import colors, palette


def margin_curve(
    plans: pd.DataFrame, *, target: float | None = None, percent: bool = True, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw half the width of the interval against the number of answers.

    Parameters
    ----------
    plans : DataFrame
        Result of `stats.expected_width` for several ``n``.
    target : float, optional
        The margin wanted, in the unit of the plan; drawn as a line.
    percent : bool
        Shares are told in percentage points.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    factor = 100 if percent and (plans["kind"] == "proportion").all() else 1
    shown = pd.DataFrame({"n": plans["n"], "margin": plans["margin"] * factor})
    title = translate(_("± percentage points"), language) if factor == 100 else translate(_("± margin"), language)
    return _curve(shown, "margin", title, None if target is None else target * factor, language, width)


def power_curve(
    plans: pd.DataFrame, *, target: float = 0.8, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw the probability of showing a difference against the number of answers in each group.

    Parameters
    ----------
    plans : DataFrame
        Result of `stats.power` for several ``n``.
    target : float
        The power wanted; drawn as a line.
    language, width
        As in `margin_curve`.
    """
    shown = pd.DataFrame({"n": plans["n"], "power": 100 * plans["power"]})
    return _curve(shown, "power", translate(_("power (%)"), language), 100 * target, language, width)


def _curve(
    shown: pd.DataFrame, column: str, title: str, target: float | None, language: str, width: int
) -> alt.TopLevelMixin:
    span = float(shown["n"].max()) / max(float(shown["n"].min()), 1.0)
    scale = alt.Scale(type="log" if span > 20 else "linear", nice=False, zero=False)
    axis = alt.Axis(tickCount=4 if width < PHONE else 8, format="~s", grid=False, labelOverlap="greedy")
    x = alt.X("n:Q", title=translate(_("answers"), language), scale=scale, axis=axis)
    y = alt.Y(f"{column}:Q", title=title, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5))
    base = alt.Chart(shown).encode(x=x, y=y)
    line = base.mark_line(color=palette()[0])
    dots = base.mark_point(filled=True, size=50, opacity=1, color=palette()[0])
    layers = [line, dots]
    if target is not None:
        rule = alt.Chart(pd.DataFrame({"at": [target]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
        layers.insert(0, rule.encode(y="at:Q"))
    return alt.layer(*layers).properties(width=inner_width(width, 40), height=200)


def allocation(plan: pd.DataFrame, label: str, *, language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw the answers that each stratum is to give, largest stratum first.

    Parameters
    ----------
    plan : DataFrame
        Result of `stats.allocate`.
    label : str
        Column of the strata's names.
    language, width
        As in `margin_curve`.
    """
    shown = plan.assign(name=plan[label].astype(str)).sort_values("n", ascending=False)
    order = shown["name"].tolist()
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    x = alt.X("n:Q", title=translate(_("answers"), language), axis=alt.Axis(tickCount=4 if width < PHONE else 8))
    base = alt.Chart(shown[["name", "n"]]).encode(y=y, x=x)
    bars = base.mark_bar(color=palette()[0], size=14)
    text = base.mark_text(align="left", dx=4, color=colors()["text"]).encode(text="n:Q")
    room = label_room(order, width) + 30
    return alt.layer(bars, text).properties(width=inner_width(width, room), height=ROW * max(len(order), 1))
