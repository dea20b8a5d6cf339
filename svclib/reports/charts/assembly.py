"""Charts of assembled forms: their information beside the targets, and how the blueprint is met."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room
from svclib.reports.charts.time import heading
from svclib.reports.theme import colors, palette

_ROOM = 48


def form_information(made: Any, *, title: str = "", language: str = "en", width: int = 660, height: int = 240) -> Any:
    """Draw the information of each form over ability, targets as crosses.

    Parameters
    ----------
    made : Assembly
        A result of `stats.assemble` of calibrated items.
    title : str
    language : {"zh-CN", "en"}
    width, height : int
        In pixels.
    """
    rows = made.information()
    names = [translate(_("Form {number}"), language, number=number) for number in range(1, len(made.chosen) + 1)]
    shown = rows.assign(name=np.array(names, dtype=object)[rows["form"] - 1])
    aims = {key: value for key, value in made.targets.items() if not isinstance(key, str) and np.isfinite(value)}
    x = alt.X("theta:Q", title=translate(_("Ability"), language),
              axis=alt.Axis(grid=False, tickCount=4 if width < PHONE else 7))  # fmt: skip
    tones = [palette()[at % len(palette())] for at in range(len(names))]
    color = alt.Color("name:N", scale=alt.Scale(domain=names, range=tones),
                      legend=alt.Legend(title=None, orient="top", columns=2 if width < PHONE else 4))  # fmt: skip
    y = alt.Y("information:Q", title=translate(_("Information"), language))
    layers: list[Any] = [alt.Chart(shown).mark_line().encode(x=x, y=y, color=color)]
    if aims and made.goal == "target":
        points = pd.DataFrame({"theta": [float(key) for key in aims], "information": list(aims.values())})
        cross = alt.Chart(points).mark_point(shape="cross", filled=True, size=120, color=colors()["text"], opacity=1)
        layers.append(cross.encode(x=x, y=y))
    name = title or translate(_("Information of the forms"), language)
    return alt.layer(*layers).properties(title=heading(name, width), width=inner_width(width, _ROOM), height=height)


def blueprint_fulfilment(made: Any, *, title: str = "", language: str = "en", width: int = 660) -> Any:
    """Draw for each rule what the forms have, as a share of the bounds; missed rules stand out.

    Parameters
    ----------
    made : Assembly
    title, language, width
        As in `form_information`.
    """
    rows = made.summary
    names = [translate(text, language, **fields) for text, fields in zip(rows["text"], rows["fields"], strict=True)]
    scale = np.where(np.isfinite(rows["high"]) & (rows["high"] != 0), rows["high"], rows["low"])
    scale = np.where(np.isfinite(scale) & (scale != 0), np.abs(scale), 1.0)
    shown = pd.DataFrame({"name": names, "got": 100 * rows["got"] / scale})
    shown["low"] = 100 * np.where(np.isfinite(rows["low"]), rows["low"], 0) / scale
    shown["high"] = np.where(
        np.isfinite(rows["high"]), 100 * rows["high"] / scale, max(110.0, float(shown["got"].max()))
    )
    words = [translate(text, language) for text in (_("met"), _("missed"))]
    shown["state"] = np.where(rows["met"], *words)
    order = list(dict.fromkeys(names))
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    x = alt.X("low:Q", title=translate(_("Percent of the bound"), language), axis=alt.Axis(grid=False, tickCount=5))
    color = alt.Color("state:N", scale=alt.Scale(domain=words, range=[palette()[0], colors()["danger"]]),
                      legend=alt.Legend(title=None, orient="top"))  # fmt: skip
    span = alt.Chart(shown.drop_duplicates("name")).mark_bar(height=8, opacity=0.25, color=colors()["text-muted"])
    tips = ["name:N", alt.Tooltip("got:Q", format=".1f")]
    points = alt.Chart(shown).mark_point(filled=True, size=70, opacity=0.9)
    layers = [span.encode(x=x, x2="high:Q", y=y), points.encode(x=alt.X("got:Q"), y=y, color=color, tooltip=tips)]
    name = title or translate(_("How the blueprint is met"), language)
    return alt.layer(*layers).properties(
        title=heading(name, width), width=inner_width(width, label_room(names, width)), height=ROW * len(order)
    )
