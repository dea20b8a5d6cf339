"""Charts of the agreement of raters."""

from __future__ import annotations

import altair as alt
import pandas as pd

from svclib.reports.charts.layout import inner_width, label_limit, label_room
from svclib.reports.sentences.agreement import ENOUGH, TENTATIVE
from svclib.reports.theme import colors, palette


def coefficients(rows: pd.DataFrame, label: str = "term", *, title: str = "", width: int = 660) -> alt.TopLevelMixin:
    """Draw coefficients of agreement with their intervals, beside the usual yardsticks (dashed).

    Parameters
    ----------
    rows : DataFrame
        Results of `stats.kappa`, `gwet`, `krippendorff`, `icc`, put together; rows without an estimate are left out.
    label : str
        Column that names a row.
    title : str
        Title of the axis.
    width : int
        Whole width in pixels.
    """
    shown = rows.dropna(subset=["estimate"])
    names = [str(name) for name in shown[label]]
    shown = shown.assign(name=names)[["name", "estimate", "low", "high"]].astype({"estimate": float})
    scale = alt.Scale(domain=[min(0.0, float(shown["low"].min(skipna=True))), 1.0], nice=False)
    y = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    axis = alt.Axis(tickCount=5, format=".1f")
    base = alt.Chart(shown).encode(y=y)
    rule = base.mark_rule(strokeWidth=2, color=palette()[0])
    dot = base.mark_point(filled=True, size=64, opacity=1, color=palette()[0])
    marks = alt.Chart(pd.DataFrame({"at": [TENTATIVE, ENOUGH]})).mark_rule(
        strokeDash=[5, 4], color=colors()["text-muted"]
    )
    layers = [
        marks.encode(x=alt.X("at:Q", scale=scale)),
        rule.encode(x=alt.X("low:Q", scale=scale, axis=axis, title=title or None), x2="high:Q"),
        dot.encode(x=alt.X("estimate:Q", scale=scale)),
    ]
    return alt.layer(*layers).properties(
        width=inner_width(width, label_room(names, width)), height=26 * max(len(names), 1)
    )
