"""Charts of missing answers: how many, which together, who, and what was imputed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_limit, label_room
from svclib.reports.theme import colors, palette


def missing_bars(summary: pd.DataFrame, *, language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw the share of each question that was asked and not answered.

    Parameters
    ----------
    summary : DataFrame
        Result of `stats.missing_summary`.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    shown = summary.assign(percent=100 * summary["share"])[["column", "percent", "missing"]]
    order = [str(name) for name in shown.sort_values("percent", ascending=False)["column"]]
    y = alt.Y("column:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    x = alt.X("percent:Q", title=translate(_("missing (%)"), language), axis=alt.Axis(tickCount=5))
    base = alt.Chart(shown).encode(y=y, x=x)
    bars = base.mark_bar(color=palette()[0], size=14)
    text = base.mark_text(align="left", dx=4, color=colors()["text"]).encode(text=alt.Text("percent:Q", format=".1f"))
    room = label_room(order, width) + 30
    return alt.layer(bars, text).properties(width=inner_width(width, room), height=ROW * max(len(order), 1))


def missing_map(patterns: pd.DataFrame, *, most: int = 12, language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw which answers are missing together: a row a pattern with its number of respondents.

    Parameters
    ----------
    patterns : DataFrame
        Result of `stats.missing_patterns`.
    most : int
        Patterns drawn, from the most frequent.
    language, width
        As in `missing_bars`.
    """
    shown = patterns.head(most).reset_index(drop=True)
    names = [str(name) for name in shown.columns if name not in ("n", "share", "missing")]
    shares = (100 * shown["share"]).tolist()
    labels = [f"{n} ({share:.0f}%)" for n, share in zip(shown["n"], shares, strict=True)]
    labels = [f"{label}{'​' * place}" for place, label in enumerate(labels)]  # equal numbers stay apart
    cells = shown[names].assign(pattern=labels).melt("pattern", var_name="column", value_name="missing")
    cells["state"] = [translate(_MISSING if one else _ANSWERED, language) for one in cells["missing"]]
    domain = [translate(_MISSING, language), translate(_ANSWERED, language)]
    tone = alt.Scale(domain=domain, range=[palette()[1], colors()["surface"]])
    axis = alt.Axis(labelAngle=-60 if len(names) > _UPRIGHT or width < PHONE else 0, labelLimit=90, orient="top")
    chart = alt.Chart(cells).mark_rect(stroke=colors()["border"])
    return chart.encode(
        x=alt.X("column:N", sort=names, title=None, axis=axis),
        y=alt.Y("pattern:N", sort=labels, title=translate(_("respondents"), language)),
        color=alt.Color("state:N", scale=tone, legend=alt.Legend(title=None)),
    ).properties(width=inner_width(width, 90), height=20 * max(len(labels), 1))


_MISSING, _ANSWERED = _("missing"), _("answered")
_UPRIGHT = 6
"""More names than this do not fit side by side."""


def missing_who(differences: pd.DataFrame, *, language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw how those without the answer differ from the others, in standard deviations (Hedges' g).

    Parameters
    ----------
    differences : DataFrame
        Result of `stats.missing_differences`.
    language, width
        As in `missing_bars`.
    """
    shown = differences.dropna(subset=["hedges_g"])
    apart = (shown["p_adjusted"] <= 1 - shown["level"]).tolist()
    order = shown.assign(size=shown["hedges_g"].abs()).sort_values("size", ascending=False)["term"].tolist()
    shown = pd.DataFrame({"term": shown["term"], "g": shown["hedges_g"], "apart": apart})
    tone = alt.condition("datum.apart", alt.value(palette()[0]), alt.value(colors()["text-muted"]))
    y = alt.Y("term:N", sort=order, title=None, axis=alt.Axis(labelLimit=label_limit(width)))
    x = alt.X("g:Q", title=translate(_("difference in standard deviations"), language), axis=alt.Axis(tickCount=5))
    dots = alt.Chart(shown).mark_point(filled=True, size=70, opacity=1).encode(x=x, y=y, color=tone)
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
    layers = [zero.encode(x="at:Q"), dots]
    return alt.layer(*layers).properties(
        width=inner_width(width, label_room(order, width)), height=ROW * max(len(order), 1)
    )


def imputed(imputations: Any, column: str, *, language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw the answers that were given beside those drawn for the missing ones, as shares of each value.

    Parameters
    ----------
    imputations : svclib.stats.missing.imputation.Imputations
    column : str
        A column with missing answers, of few different values or of numbers (then in ten classes).
    language, width
        As in `missing_bars`.
    """
    lost = imputations.data[column].isna()
    given = imputations.data.loc[~lost, column]
    drawn = pd.concat([frame.loc[lost, column] for frame in imputations.frames])
    both = pd.concat([_shares(given, given, _GIVEN), _shares(drawn, given, _DRAWN)])
    both["source"] = [translate(one, language) for one in both["source"]]
    order = list(dict.fromkeys(both["value"]))
    names = [translate(_GIVEN, language), translate(_DRAWN, language)]
    tone = alt.Scale(domain=names, range=palette()[:2])
    chart = alt.Chart(both).mark_bar()
    return chart.encode(
        x=alt.X("value:N", sort=order, title=column, axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
        xOffset=alt.XOffset("source:N", sort=names),
        y=alt.Y("percent:Q", title="%", axis=alt.Axis(tickCount=5)),
        color=alt.Color("source:N", scale=tone, legend=alt.Legend(title=None)),
    ).properties(width=inner_width(width, 40), height=190)


_GIVEN, _DRAWN = _("answered by respondents"), _("imputed")
_CLASSES = 10


def _shares(values: pd.Series, given: pd.Series, source: str) -> pd.DataFrame:
    """Percent of each value; of many different numbers in ten classes with the limits of the given answers."""
    if pd.api.types.is_numeric_dtype(given.dtype) and given.nunique() > _CLASSES + 1:
        counts, edges = np.histogram(values.astype(float), np.histogram_bin_edges(given.astype(float), _CLASSES))
        middle = [f"{(low + high) / 2:.3g}" for low, high in pairwise(edges)]
        share = counts / max(counts.sum(), 1)
        return pd.DataFrame({"value": middle, "percent": 100 * share, "source": source})
    kinds = sorted(given.dropna().unique(), key=str) if given.dtype == object else sorted(given.dropna().unique())
    share = values.value_counts(normalize=True).reindex(kinds).fillna(0.0)
    names = [f"{kind:g}" if isinstance(kind, float) else str(kind) for kind in kinds]
    return pd.DataFrame({"value": names, "percent": 100 * share.to_numpy(dtype=float), "source": source})
