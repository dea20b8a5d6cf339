"""Charts of adaptive tests: how often items are seen, errors along ability, one candidate's way."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, inner_width
from svclib.reports.charts.time import heading
from svclib.reports.theme import colors, palette

_ROOM = 48


def exposure_rates(
    found: Any,
    *,
    highest: float | None = 0.3,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 220,
) -> alt.LayerChart:
    """Draw the share of candidates that saw each item, the most used first.

    Parameters
    ----------
    found : Simulation
        A result of `Adaptive.simulate`.
    highest : float, optional
        Rate drawn as a line; items above it stand out.
    title : str
    language : {"zh-CN", "en"}
    width, height : int
        In pixels.
    """
    rows = found.items.sort_values("rate", ascending=False, kind="stable")
    shown = pd.DataFrame({"rank": np.arange(1, len(rows) + 1), "item": rows["item"], "rate": 100 * rows["rate"]})
    limit = 100 * highest if highest is not None else np.inf
    shown["over"] = shown["rate"] > limit
    x = alt.X("rank:Q", title=translate(_("Items, the most used first"), language),
              scale=alt.Scale(domain=[0, len(rows) + 1], nice=False), axis=_axis(width))  # fmt: skip
    y = alt.Y("rate:Q", title=None, scale=alt.Scale(domain=[0, max(5.0, float(shown["rate"].max()))]), axis=_percent())
    tone = alt.condition("datum.over", alt.value(colors()["danger"]), alt.value(palette()[0]))
    size = max(1.0, inner_width(width, _ROOM) / len(rows) - 0.3)
    bars = alt.Chart(shown).mark_bar(size=size).encode(x=x, y=y, color=tone, tooltip=["item:N", "rate:Q"])
    rule = alt.Chart(pd.DataFrame({"at": [limit]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
    layers = [bars, *([rule.encode(y="at:Q")] if np.isfinite(limit) else [])]
    return _finished(alt.layer(*layers), title or translate(_("Share of candidates who saw each item"), language),
                     (width, height))  # fmt: skip


def _percent() -> alt.Axis:
    return alt.Axis(labelExpr="datum.value + '%'", tickCount=5)


def _axis(width: int) -> alt.Axis:
    return alt.Axis(grid=False, tickCount=4 if width < PHONE else 8)


def _finished(chart: Any, title: str, size: tuple[int, int]) -> Any:
    return chart.properties(title=heading(title, size[0]), width=inner_width(size[0], _ROOM), height=size[1])


def conditional_errors(
    found: Any, *, title: str = "", language: str = "en", width: int = 660, height: int = 220
) -> alt.LayerChart:
    """Draw bias (with what chance does to it), spread and reported error of the estimates along ability.

    Parameters
    ----------
    found : Simulation
    title, language, width, height
        As in `exposure_rates`.
    """
    rows = found.conditional
    names = [translate(text, language) for text in (_("Bias"), _("RMSE"), _("Reported error"))]
    parts = [
        pd.DataFrame({"theta": rows["theta"], "value": rows[key], "what": name})
        for key, name in zip(("bias", "rmse", "se"), names, strict=True)
    ]
    shown = pd.concat(parts, ignore_index=True)
    band = pd.DataFrame({"theta": rows["theta"], "low": rows["bias"] - 2 * rows["bias_error"],
                         "high": rows["bias"] + 2 * rows["bias_error"]})  # fmt: skip
    x = alt.X("theta:Q", title=translate(_("Ability"), language), scale=alt.Scale(zero=False), axis=_axis(width))
    color = alt.Color("what:N", scale=alt.Scale(domain=names, range=palette()[:3]),
                      legend=alt.Legend(title=None, orient="top", labelLimit=160))  # fmt: skip
    lines = alt.Chart(shown).mark_line(point=True).encode(x=x, y=alt.Y("value:Q", title=None), color=color)
    area = (
        alt.Chart(band)
        .mark_area(opacity=0.15, color=palette()[0])
        .encode(x=x, y=alt.Y("low:Q", title=None), y2="high:Q")
    )
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=colors()["text-muted"]).encode(y="at:Q")
    name = title or translate(_("Errors of the estimate along ability"), language)
    return _finished(alt.layer(zero, area, lines), name, (width, height))


def candidate_path(
    path: pd.DataFrame,
    *,
    cut: float | None = None,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 220,
) -> alt.LayerChart:
    """Draw the ability after each item with its 95 % interval; filled points are full scores.

    Parameters
    ----------
    path : DataFrame
        A result of `Adaptive.path`, or one candidate's rows of ``paths`` of a simulation.
    cut : float, optional
        Drawn as a line.
    title, language, width, height
        As in `exposure_rates`.
    """
    shown = path.assign(low=path["theta"] - 1.96 * path["se"], high=path["theta"] + 1.96 * path["se"])
    words = [translate(text, language) for text in (_("no points"), _("points"))]
    shown["answer"] = np.where(shown["score"] > 0, words[1], words[0])
    x = alt.X("step:Q", title=translate(_("Items answered"), language), axis=_axis(width),
              scale=alt.Scale(domain=[0.5, len(path) + 0.5], nice=False))  # fmt: skip
    y = alt.Y("theta:Q", title=translate(_("Ability"), language))
    base = alt.Chart(shown)
    color = alt.Color("answer:N", scale=alt.Scale(domain=words, range=[colors()["danger"], palette()[0]]),
                      legend=alt.Legend(title=None, orient="top"))  # fmt: skip
    layers = [
        base.mark_area(opacity=0.15, color=palette()[0]).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(color=colors()["text-muted"]).encode(x=x, y=y),
        base.mark_point(filled=True, size=60, opacity=1).encode(x=x, y=y, color=color, tooltip=["item:N", "score:Q"]),
    ]
    if cut is not None:
        rule = alt.Chart(pd.DataFrame({"at": [float(cut)]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
        layers.append(rule.encode(y="at:Q"))
    return _finished(alt.layer(*layers), title or translate(_("One candidate's way"), language), (width, height))
