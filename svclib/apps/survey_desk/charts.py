"""Charts of the survey desk."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from svclib.apps.pieces.voice import Voice
from svclib.i18n import _
from svclib.reports.theme import palette


def by_day(days: Mapping[str, int], voice: Voice, width: int = 1120) -> alt.Chart:
    """Draw the answers of each day; days without any stand empty.

    Parameters
    ----------
    days : mapping of ISO date to number
    """
    every = pd.date_range(min(days), max(days)).strftime("%Y-%m-%d")
    data = pd.DataFrame({"day": every, "answers": [int(days.get(day, 0)) for day in every]})
    below = alt.Axis(format="%m-%d", grid=False, tickCount=10 if width > 600 else 4)
    beside = alt.Axis(tickMinStep=1, format="d", tickCount=4)
    return alt.Chart(data).mark_bar(color=palette()[0], cornerRadius=2).encode(
        x=alt.X("day:T", title=None, timeUnit="yearmonthdate", axis=below),
        y=alt.Y("answers:Q", title=voice(_("Answers handed in")), axis=beside),
    ).properties(width=width - 60, height=160)  # fmt: skip
