"""Charts of models: coefficients and odds ratios, average effects, predicted shares."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, ROW, inner_width, label_room, number_format, scaled
from svclib.reports.term_names import Labels, category_name, term_name
from svclib.reports.theme import colors, palette
from svclib.reports.words import SHARE, Unit
from svclib.stats.models.inference import Coefficients
from svclib.stats.models.wald import THRESHOLD
from svclib.stats.terms import INTERCEPT

_EFFECTS = {
    ("binomial", "logit"): _("odds ratio"),
    ("quasibinomial", "logit"): _("odds ratio"),
    ("poisson", "log"): _("ratio of rates"),
    ("quasipoisson", "log"): _("ratio of rates"),
    ("gaussian", "log"): _("ratio of means"),
    ("ordinal", "logit"): _("ratio of the odds of a higher answer"),
}
_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


def model_coefficients(
    fit: Coefficients, *, labels: Labels | None = None, language: str = "en", width: int = 660
) -> alt.TopLevelMixin:
    """Draw each coefficient with its interval beside the line of no effect; constants and thresholds are left out.

    Parameters
    ----------
    fit : Glm or Ordinal
        Result of `stats.glm` or `stats.ordinal`. Where exp of a coefficient has a meaning (odds ratio, ratio of rates)
        that is drawn, on a logarithmic axis. Those that chance would hardly explain are drawn dark.
    labels : dict of str to str, optional
        Names of columns and categories.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    kept = [one not in (INTERCEPT, THRESHOLD) for one in fit.columns]
    shown = fit.frame[kept].dropna(subset=["estimate"])
    ratio = "effect" in shown
    if ratio:
        shown = shown.assign(estimate=shown["effect"], low=shown["effect_low"], high=shown["effect_high"])
    kind = (getattr(fit, "family", "ordinal"), getattr(fit, "link", ""))
    title = translate(_EFFECTS.get(kind, _("hazard ratio")) if ratio else _("coefficient"), language)
    names = [term_name(term, labels, language) for term in shown["term"]]
    return _forest(shown.assign(name=names), title, ratio=ratio, axis_format=".2~f", width=width)


def model_effects(
    effects: pd.DataFrame,
    *,
    unit: Unit = SHARE,
    title: str = "",
    labels: Labels | None = None,
    language: str = "en",
    width: int = 660,
) -> alt.TopLevelMixin:
    """Draw average effects with their intervals beside the line of no effect.

    Parameters
    ----------
    effects : DataFrame
        ``frame`` of `Glm.effects`, or of `Ordinal.effects` with ``at_least``.
    unit : Unit
        Of the outcome; effects on shares are drawn in percentage points.
    title : str
        Of the axis; by default the change of the outcome.
    labels, language, width
        As of `model_coefficients`.
    """
    shown = scaled(effects.dropna(subset=["estimate"]), unit)
    names = [_effect_name(row, labels, language, narrow=width < PHONE) for row in shown.to_dict("records")]
    default = _("change (percentage points)") if unit == SHARE else _("change")
    named = shown.assign(name=names)
    return _forest(
        named, title or translate(default, language), ratio=False, axis_format=number_format(unit), width=width
    )


def _effect_name(row: dict[Any, Any], labels: Labels | None, language: str, *, narrow: bool) -> str:
    """A number's name, or a category less its reference, with the column's name where there is room."""
    if not row["reference"]:
        return term_name(row["term"], labels, language)
    own = "True" if row["term"] == row["column"] else row["term"]
    pair = f"{category_name(own, labels)} − {category_name(str(row['reference']), labels)}"
    if narrow:
        return pair
    return translate(_("{column}: {pair}"), language, column=term_name(row["column"], labels, language), pair=pair)


def _forest(shown: pd.DataFrame, title: str, *, ratio: bool, axis_format: str, width: int) -> alt.TopLevelMixin:
    """Dots and intervals, a row a name, with a dashed line where nothing differs."""
    nothing = 1.0 if ratio else 0.0
    apart = ((shown["low"] > nothing) | (shown["high"] < nothing)).to_numpy()
    shown = shown.assign(tone=np.where(apart, "apart", "open"))
    order = shown["name"].tolist()
    limit = 150 if width < PHONE else 260
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=limit))
    tone = alt.Color(
        "tone:N", legend=None, scale=alt.Scale(domain=["apart", "open"], range=[palette()[0], colors()["text-muted"]])
    )
    x = {"title": title, **_axis(shown, ratio=ratio, axis_format=axis_format, width=width)}
    tips = [alt.Tooltip("name:N"), *(alt.Tooltip(f"{one}:Q", format=".2f") for one in ("estimate", "low", "high"))]
    base = alt.Chart(shown).encode(y=y, color=tone)
    line = alt.Chart(pd.DataFrame({"at": [nothing]})).mark_rule(strokeDash=[5, 4], color=colors()["text-muted"])
    rule = base.mark_rule(strokeWidth=2, clip=True).encode(x=alt.X("low:Q", **x), x2="high:Q")
    dot = base.mark_point(filled=True, size=64, opacity=1, clip=True).encode(x=alt.X("estimate:Q", **x), tooltip=tips)
    room = min(label_room(order, 660), limit + 10) if width >= PHONE else min(_longest(order), limit) + 10
    size = {"width": inner_width(width, room), "height": ROW * max(len(order), 1)}
    return alt.layer(line.encode(x=alt.X("at:Q", **x)), rule, dot).properties(**size)


def _longest(names: list[str]) -> int:
    return max((sum(12 if ord(letter) > 0x2E80 else 7 for letter in name) for name in names), default=40)


def _axis(shown: pd.DataFrame, *, ratio: bool, axis_format: str, width: int) -> dict[str, Any]:
    if not ratio:
        return {"axis": alt.Axis(tickCount=5 if width < PHONE else 8, format=axis_format)}
    known = shown[["low", "high", "estimate"]].to_numpy(dtype=float)
    known = known[np.isfinite(known) & (known > 0)]
    low = max(min(known.min(initial=1.0), 0.9), _TICKS[0]) / 1.05
    high = min(max(known.max(initial=1.0), 1.1), _TICKS[-1]) * 1.05
    ticks = [one for one in _TICKS if low <= one <= high]
    if len(ticks) < 3:
        ticks = sorted({round(float(one), 2) for one in np.geomspace(low, high, 5)} | {1.0})
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    return {"axis": alt.Axis(values=ticks, format=axis_format), "scale": scale}


def predicted_shares(
    predictions: pd.DataFrame,
    *,
    title: str = "",
    unit: Unit = SHARE,
    labels: Labels | None = None,
    language: str = "en",
    width: int = 660,
    height: int = 220,
) -> alt.TopLevelMixin:
    """Draw what a model predicts over the values of a column.

    Parameters
    ----------
    predictions : DataFrame
        Result of ``predict`` for a frame whose index holds the values of the column. Of an ordinal model all
        categories are drawn one upon another; with ``at_least``, and of other models, one line with its interval (of
        text values dots).
    title : str
        Of the horizontal axis.
    unit : Unit
        Of the outcome.
    labels : dict of str to str, optional
        Names of categories.
    language : {"zh-CN", "en"}
    width, height : int
        In pixels: of the whole, of the plot.
    """
    known = predictions.dropna(subset=["estimate"])
    place = "row" if "row" in known else "term"
    shown = scaled(known, unit).assign(at=known[place].to_numpy())
    size = {"width": inner_width(width, 52), "height": height}
    if place == "row" and shown["term"].nunique() > 1:
        return _stacked(shown, title, labels, language, width).properties(**size)
    return _with_interval(shown, title, unit).properties(**size)


def _where(shown: pd.DataFrame, title: str) -> tuple[alt.X, bool]:
    numbers = pd.api.types.is_numeric_dtype(shown["at"].infer_objects().dtype)
    if numbers:
        scale = alt.Scale(domain=[float(shown["at"].min()), float(shown["at"].max())], nice=False)
        return alt.X("at:Q", title=title or None, scale=scale), True
    order = [str(one) for one in dict.fromkeys(shown["at"])]
    axis = alt.Axis(labelAngle=0, labelLimit=120)
    return alt.X("at:N", title=title or None, sort=order, scale=alt.Scale(domain=order), axis=axis), False


def _stacked(shown: pd.DataFrame, title: str, labels: Labels | None, language: str, width: int) -> alt.Chart:
    known = labels or {}
    order = [known.get(one, one) for one in dict.fromkeys(shown["term"])]
    shown = shown.assign(category=[known.get(one, one) for one in shown["term"]], place=_places(shown["term"]))
    x, numbers = _where(shown, title)
    y = alt.Y("estimate:Q", title=None, stack="zero", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(format=".0f"))
    legend = alt.Legend(title=translate(_("answer (%)"), language), columns=3 if width < PHONE else 0)
    color = alt.Color("category:N", sort=order, scale=alt.Scale(domain=order, range=_ramp(len(order))), legend=legend)
    tips = [alt.Tooltip("category:N"), *(alt.Tooltip(f"{one}:Q", format=".1f") for one in ("estimate", "low", "high"))]
    base = alt.Chart(shown).encode(x=x, y=y, color=color, order=alt.Order("place:Q"), tooltip=tips)
    return base.mark_area(stroke=colors()["surface"], strokeWidth=1) if numbers else base.mark_bar()


def _places(terms: pd.Series) -> list[int]:
    order = {one: place for place, one in enumerate(dict.fromkeys(terms))}
    return [order[one] for one in terms]


def _ramp(count: int) -> list[str]:
    """Shades of one hue, light for the lowest answer: the order is seen in grey too."""
    light, dark = (np.array([int(tone[at : at + 2], 16) for at in (1, 3, 5)]) for tone in ("#dfe6ee", palette()[0]))
    mixed = [light + (dark - light) * (place / max(count - 1, 1)) for place in range(count)]
    return ["#" + "".join(f"{round(float(part)):02x}" for part in tone) for tone in mixed]


def _with_interval(shown: pd.DataFrame, title: str, unit: Unit) -> Any:
    x, numbers = _where(shown, title)
    tone = palette()[0]
    axis = alt.Axis(tickCount=5, format=number_format(unit), labelPadding=6)
    y = alt.Y("estimate:Q", title=None, axis=axis, scale=alt.Scale(zero=False, nice=True))
    base = alt.Chart(shown).encode(x=x)
    if numbers:
        band = base.mark_area(opacity=0.18, color=tone).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
        return alt.layer(band, base.mark_line(color=tone).encode(y=y))
    rule = base.mark_rule(strokeWidth=2, color=tone).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    return alt.layer(rule, base.mark_point(filled=True, size=64, color=tone, opacity=1).encode(y=y))
