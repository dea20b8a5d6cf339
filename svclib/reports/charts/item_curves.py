"""Charts of options by score, of the error of measurement by score, and of dependability by pass mark."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, inner_width, reference_line
from svclib.reports.charts.time import heading
from svclib.reports.theme import colors, palette
from svclib.reports.words import RATING, SHARE
from svclib.stats.items.choices import OMITTED
from svclib.stats.items.form_spread import FormSpread
from svclib.stats.items.generalizability import Generalizability

_ROOM = 60
_PERCENT = "datum.value + '%'"
_STROKES: dict[str, Any] = {"symbolType": "stroke", "symbolOpacity": 1, "symbolStrokeWidth": 3}
_MOST = 6
"""Options drawn: those chosen most, and the key."""


def option_curves(
    curves: pd.DataFrame, item: str, *, bands: bool = True, title: str = "", language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw who chooses which option of an item at each score; the key is thick and carries a tick.

    Parameters
    ----------
    curves : DataFrame
        Result of `svclib.stats.option_curves`.
    item : str
    bands : bool
        Whether the intervals are drawn.
    title : str
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    rows = curves.loc[curves["item"] == item]
    shown = _shown(rows, language)
    names = shown.sort_values("is_key", ascending=False, kind="stable")["name"].unique().tolist()
    tones = {name: palette()[place % len(palette())] for place, name in enumerate(names)}
    x = alt.X(
        "score:Q",
        title=translate(_("Right on the other items (%)"), language),
        axis=alt.Axis(grid=False, tickCount=5),
        scale=alt.Scale(zero=False, nice=False),
    )
    y = alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5, labelExpr=_PERCENT))
    columns = 3 if width < PHONE else 6
    legend = alt.Legend(title=None, orient="top", columns=columns, **_STROKES) if names else None
    color = alt.Color("name:N", sort=names, legend=legend, scale=alt.Scale(domain=names, range=list(tones.values())))
    base = alt.Chart(shown).encode(x=x, color=color)
    dash = alt.StrokeDash("name:N", sort=names, legend=None, scale=_dashes(names))
    line = base.mark_line().encode(
        y=y, strokeDash=dash, strokeWidth=alt.condition("datum.is_key", alt.value(4), alt.value(2))
    )
    band = base.mark_area(opacity=0.12).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    return _titled(alt.layer(*([band] if bands else []), line), title, width, 240)


def _shown(rows: pd.DataFrame, language: str) -> pd.DataFrame:
    """Give the options chosen most and the key, in percent, with the names they are drawn by."""
    size = rows.groupby("option")["share"].mean()
    kept = {*size.nlargest(_MOST).index, *rows.loc[rows["is_key"].astype(bool), "option"]}
    shown = rows.loc[rows["option"].isin(kept)].assign(is_key=lambda frame: frame["is_key"].astype(bool))
    words = {option: f"{option} ✓" for option in shown.loc[shown["is_key"], "option"]}
    words[OMITTED] = translate(_("left out"), language)
    shown = shown.assign(name=[words.get(option, str(option)) for option in shown["option"]])
    for name in ("score", "share", "low", "high"):
        shown[name] = shown[name].astype(float) * 100
    return shown


def _dashes(names: list[str]) -> alt.Scale:
    patterns = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3], [10, 4]]
    return alt.Scale(domain=names, range=[patterns[place % len(patterns)] for place in range(len(names))])


def conditional_error(
    rows: pd.DataFrame,
    *,
    cut: float | None = None,
    labels: dict[str, str] | None = None,
    title: str = "",
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw the standard error of measurement at each score; a line stands at the pass mark.

    Parameters
    ----------
    rows : DataFrame
        Results of `svclib.stats.conditional_sem`, several methods put below each other.
    cut : float, optional
        Pass mark in points.
    labels : dict, optional
        The methods in words.
    title, language, width
        As in `option_curves`.
    """
    words = METHODS | (labels or {})
    shown = rows.dropna(subset=["sem"])[["score", "sem", "method"]].astype({"score": float, "sem": float})
    shown = shown.assign(name=[translate(words.get(str(m), str(m)), language) for m in shown["method"]])
    names = shown["name"].unique().tolist()
    legend = alt.Legend(
        title=None, orient="top", columns=1 if width < PHONE else 4, symbolType="stroke", labelLimit=220
    )
    scale = alt.Scale(domain=names, range=palette()[: max(len(names), 1)])
    color: Any = alt.Color("name:N", legend=legend, scale=scale) if len(names) > 1 else alt.value(palette()[0])
    x = alt.X("score:Q", title=translate(_("Score (points)"), language), axis=alt.Axis(grid=False), scale=_tight(shown))
    y = alt.Y("sem:Q", title=translate(_("Standard error (points)"), language), scale=alt.Scale(zero=True))
    dash: Any = alt.StrokeDash("name:N", legend=None, scale=_dashes(names)) if len(names) > 1 else alt.value([1, 0])
    line = alt.Chart(shown).mark_line(interpolate="monotone").encode(x=x, y=y, color=color, strokeDash=dash)
    marks = reference_line(cut, translate(_("pass mark"), language), RATING, vertical=True)
    return _titled(alt.layer(line, *marks), title, width, 220)


METHODS = {
    "lord": _("binomial (Lord)"),
    "keats": _("binomial, fitted to alpha (Keats)"),
    "feldt": _("by parts (Feldt)"),
    "irt": _("item response model"),
}


def _tight(shown: pd.DataFrame) -> alt.Scale:
    if shown.empty:
        return alt.Scale()
    return alt.Scale(domain=[float(shown["score"].min()), float(shown["score"].max())], nice=False)


def dependability(
    found: Generalizability,
    *,
    cut: float | None = None,
    title: str = "",
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw how dependable the verdict passed or not would be at each pass mark, with its band.

    Parameters
    ----------
    found : Generalizability
        A result of `svclib.stats.generalizability`.
    cut : float, optional
        Pass mark as a share of the maximum.
    title, language, width
        As in `option_curves`.
    """
    rows = found.at([place / 40 for place in range(41)])
    shown = rows[["cut", "estimate", "low", "high"]].astype(float).dropna(subset=["estimate"])
    shown["cut"] *= 100
    x = alt.X("cut:Q", title=translate(_("Pass mark (% of the maximum)"), language), axis=alt.Axis(grid=False))
    name = translate(_("Dependability Φ(λ)"), language)
    y = alt.Y("estimate:Q", title=name, scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(shown).encode(x=x)
    band = base.mark_area(opacity=0.15, color=palette()[0]).encode(y=alt.Y("low:Q", title=name), y2="high:Q")
    line = base.mark_line(color=palette()[0]).encode(y=y)
    marks = reference_line(cut, translate(_("pass mark"), language), SHARE, vertical=True)
    return _titled(alt.layer(band, line, *marks), title, width, 220)


def form_difficulties(
    found: FormSpread, *, forms: int = 2000, seed: int = 1, title: str = "", language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw how the expected scores of forms drawn from the blueprint spread.

    Parameters
    ----------
    found : FormSpread
        A result of `svclib.stats.form_spread`.
    forms, seed : int
        Forms drawn for the picture.
    title, language, width
        As in `option_curves`.
    """
    shown = pd.DataFrame({"expected": found.simulate(forms, seed=seed) * 100})
    name = translate(_("Expected score of a form (% of the maximum)"), language)
    share = alt.Y("share:Q", title=translate(_("Forms (%)"), language))
    counted = alt.Chart(shown).transform_bin("at", "expected", bin=alt.Bin(maxbins=40))
    counted = counted.transform_aggregate(n="count()", groupby=["at", "at_end"]).transform_calculate(
        share=f"100 * datum.n / {forms}"
    )
    bars = counted.mark_bar(color=palette()[0]).encode(
        x=alt.X("at:Q", bin="binned", title=name, axis=alt.Axis(grid=False), scale=alt.Scale(zero=False)),
        x2="at_end:Q",
        y=share,
    )
    ends = found.frame.iloc[-1]
    low, high = float(ends["low"]) * 100, float(ends["high"]) * 100
    rules = alt.Chart(pd.DataFrame({"x": [low, high]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
    return _titled(alt.layer(bars, rules.encode(x="x:Q")), title, width, 200)


def _titled(plot: Any, title: str, width: int, height: int) -> alt.TopLevelMixin:
    drawn = plot.properties(width=inner_width(width, _ROOM), height=height)
    return drawn.properties(title=heading(title, width)) if title else drawn
