"""Charts of the exam desk."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from svclib.apps.exam_desk.words import FAILED, PASSED
from svclib.apps.pieces.voice import Voice
from svclib.i18n import _
from svclib.reports.theme import colors, palette

STEP = 10


def score_distribution(data: pd.DataFrame, voice: Voice, pass_mark: float | None, width: int = 660) -> Any:
    """Draw how many people reached which score, by tens, with the pass mark.

    Parameters
    ----------
    data : DataFrame
        ``best`` and ``passed`` of `svclib.apps.exam_desk.results.frame`, without missing ones.
    pass_mark : float, optional
        Where the line stands.
    """
    said = {True: voice(PASSED[0]), False: voice(FAILED[0])}
    floor = (data["best"].clip(0, 99.999) // STEP * STEP).astype(int)
    counted = pd.DataFrame({"from": floor, "result": data["passed"].astype(bool).map(said)})
    counted = counted.groupby(["from", "result"]).size().rename("people").reset_index()
    counted["to"] = counted["from"] + STEP
    tone = alt.Scale(domain=list(said.values()), range=[palette()[0], palette()[4]])
    bars = alt.Chart(counted).mark_bar(stroke=colors()["surface"], strokeWidth=1).encode(
        x=alt.X("from:Q", title=voice(_("Best score (of 100)")), scale=alt.Scale(domain=[0, 100]), bin="binned"),
        x2="to:Q",
        y=alt.Y("sum(people):Q", title=voice(_("People")), axis=alt.Axis(tickMinStep=1, format="d")),
        color=alt.Color("result:N", title=None, scale=tone),
    )  # fmt: skip
    layers = [bars]
    if pass_mark is not None:
        at = alt.Chart(pd.DataFrame({"at": [pass_mark], "text": [voice(_("Pass mark {mark}"), mark=f"{pass_mark:g}")]}))
        layers.append(at.mark_rule(color=colors()["text"], strokeDash=[4, 3], strokeWidth=1.5).encode(x="at:Q"))
        words = at.mark_text(align="left", dx=5, dy=8, baseline="top", color=colors()["text"])
        layers.append(words.encode(x="at:Q", y=alt.value(0), text="text:N"))
    return alt.layer(*layers).properties(width=width - 70, height=220)
