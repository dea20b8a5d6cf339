"""Charts of learning: scores before and after, effects branch by branch, certificates beside satisfaction."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room
from svclib.reports.theme import colors, palette
from svclib.reports.words import SHARE, Unit
from svclib.stats.learning.gains import CHANGES, Gain
from svclib.stats.learning.service import ServiceLink
from svclib.stats.learning.training import TrainingEffect

_ROOM = 60
CHANGE_WORDS = {
    "improved": _("Improved beyond doubt"),
    "unclear": _("Within the errors of measurement"),
    "worsened": _("Worsened beyond doubt"),
}


def before_after(found: Gain, *, language: str = "en", width: int = 560, height: int = 380) -> alt.TopLevelMixin:
    """Draw each person's score after against the score before, with the line of no change.

    Parameters
    ----------
    found : Gain
        A result of `stats.gain`.
    language : {"zh-CN", "en"}
    width, height : int
        In pixels.
    """
    names = [translate(CHANGE_WORDS[name], language) for name in CHANGES]
    people = found.people[["before", "after", "change"]].assign(
        kind=found.people["change"].map(dict(zip(CHANGES, names, strict=True)))
    )
    if not len(people):
        empty = alt.Chart(pd.DataFrame({"x": []})).mark_point()
        return empty.properties(width=inner_width(width, _ROOM), height=height)
    ends = [float(people[["before", "after"]].min().min()), float(people[["before", "after"]].max().max())]
    scale = alt.Scale(domain=ends, nice=True, zero=False)
    same = pd.DataFrame({"at": ends})
    line = alt.Chart(same).mark_line(strokeDash=[5, 4], color=colors()["text-muted"]).encode(x="at:Q", y="at:Q")
    tone = alt.Scale(domain=names, range=[palette()[0], colors()["text-muted"], palette()[1]])
    legend = alt.Legend(title=None, orient="top", columns=1 if width < PHONE else 3, labelLimit=width - 40)
    points = (
        alt.Chart(people)
        .mark_point(filled=True, size=28, opacity=0.55)
        .encode(
            x=alt.X("before:Q", title=translate(_("Score before"), language), scale=scale),
            y=alt.Y("after:Q", title=translate(_("Score after"), language), scale=scale),
            color=alt.Color("kind:N", scale=tone, legend=legend),
            shape=alt.Shape("kind:N", scale=alt.Scale(domain=names, range=["triangle-up", "circle", "triangle-down"])),
        )
    )
    return alt.layer(line, points).properties(width=inner_width(width, _ROOM), height=height)


def branch_effects(
    found: TrainingEffect, *, language: str = "en", width: int = 620, most: int = 60
) -> alt.TopLevelMixin:
    """Draw the effect of training in each branch with its interval, and the average over all.

    Parameters
    ----------
    found : TrainingEffect
        A result of `stats.training_effect` with branches.
    language : {"zh-CN", "en"}
    width : int
    most : int
        Branches drawn: those with the largest and smallest effects.
    """
    rows = found.branches.sort_values("estimate", ascending=False)
    if len(rows) > most:
        rows = pd.concat([rows.head(most // 2), rows.tail(most - most // 2)])
    order = rows["branch"].tolist()
    average = found.frame.iloc[0]
    band = pd.DataFrame({"low": [average["low"]], "high": [average["high"]], "at": [average["estimate"]]}).astype(float)
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=colors()["text-muted"], strokeDash=[5, 4])
    y = alt.Y("branch:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    title = translate(_("Points gained beyond the untrained"), language)
    base = alt.Chart(rows)
    layers: list[Any] = [
        alt.Chart(band).mark_rect(opacity=0.15, color=palette()[0]).encode(x="low:Q", x2="high:Q"),
        alt.Chart(band).mark_rule(color=palette()[0]).encode(x="at:Q"),
        zero.encode(x="at:Q"),
        base.mark_rule(color=colors()["text-muted"]).encode(x=alt.X("low:Q", title=title), x2="high:Q", y=y),
        base.mark_point(filled=True, size=60, color=palette()[0], opacity=1).encode(
            x="estimate:Q",
            y=y,
            tooltip=["branch:N", "trained:Q", "untrained:Q", alt.Tooltip("estimate:Q", format=".1f")],
        ),
    ]
    room = label_room(order, width)
    return alt.layer(*layers).properties(width=inner_width(width, room), height=ROW * max(len(order), 1))


def certified_satisfied(
    found: ServiceLink, *, unit: Unit = SHARE, language: str = "en", width: int = 560, height: int = 340
) -> alt.TopLevelMixin:
    """Draw branches by their share of certified staff and their satisfaction, with the fitted line.

    Parameters
    ----------
    found : ServiceLink
        A result of `stats.service_link`.
    unit : Unit
        Of the satisfaction.
    language : {"zh-CN", "en"}
    width, height : int
    """
    rows = found.branches[["branch", "certified", "outcome", "expected"]].copy()
    rows["certified"] *= 100
    rows[["outcome", "expected"]] *= unit.factor
    rows["far"] = (rows["outcome"] - rows["expected"]).abs()
    named = rows.nlargest(min(3, len(rows)), "far")
    zero = alt.Scale(zero=False, nice=True)
    x = alt.X("certified:Q", title=translate(_("Certified staff (%)"), language), scale=zero)
    y = alt.Y("outcome:Q", title=translate(_("Satisfaction"), language), scale=zero)
    points = alt.Chart(rows).mark_point(filled=True, size=50, opacity=0.8, color=palette()[0])
    line = alt.Chart(rows).mark_line(color=palette()[1]).encode(x=x, y="expected:Q")
    text = alt.Chart(named).mark_text(align="left", dx=7, color=colors()["text"]).encode(x=x, y=y, text="branch:N")
    plot = alt.layer(line, points.encode(x=x, y=y, tooltip=["branch:N", "certified:Q", "outcome:Q"]), text)
    return plot.properties(width=inner_width(width, _ROOM), height=height)
