"""Charts of calibrated items: their curves, what they tell, where items and candidates lie, how well curves fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.charts.layout import PHONE, inner_width
from svclib.reports.charts.time import heading
from svclib.reports.theme import colors, palette
from svclib.stats.intervals import normal_quantile, wilson
from svclib.stats.item_response.curves import expected, probabilities
from svclib.stats.item_response.information import read_theta, test_information
from svclib.stats.item_response.item_fit import observed_expected
from svclib.stats.item_response.parameters import ItemParameters, items_of

_ROOM = 56
_FEW = 8
_BIN = 0.25
_COUNTS = alt.Axis(tickCount=3, format="d", tickMinStep=1)
_GRID = np.linspace(-4, 4, 121)


def characteristic_curves(
    items: Any,
    names: Sequence[str] | None = None,
    *,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 260,
) -> alt.TopLevelMixin:
    """Draw what share of its points each item is worth to a candidate, by ability.

    Parameters
    ----------
    items : fit, ItemParameters or DataFrame
        See `svclib.stats.item_response.parameters.items_of`.
    names : list of str, optional
        Up to eight items drawn in colour, the others in grey; without it the first eight.
    title : str
    language : {"zh-CN", "en"}
    width, height : int
        Whole width, and height of the plot, in pixels.
    """
    known = items_of(items)
    chosen = list(known.names[:_FEW] if names is None else known.named(names).names)[:_FEW]
    share = 100 * expected(known, _GRID) / known.highest[:, None]
    rows = pd.DataFrame(
        {"theta": np.tile(_GRID, len(known)), "item": np.repeat(known.names, len(_GRID)), "share": share.reshape(-1)}
    )
    color = alt.Color("item:N", scale=alt.Scale(domain=chosen, range=palette()[: len(chosen)]), legend=_legend(width))
    y = alt.Y("share:Q", title=translate(_("Share of the points (%)"), language), scale=alt.Scale(domain=[0, 100]))
    inside = rows["item"].isin(chosen)
    layers: list[Any] = []
    if not inside.all() and names is not None:
        grey = alt.Chart(rows[~inside]).mark_line(strokeWidth=1, opacity=0.35, color=colors()["text-muted"])
        layers.append(grey.encode(x=_ability(language), y=y, detail="item:N"))
    layers.append(alt.Chart(rows[inside]).mark_line().encode(x=_ability(language), y=y, color=color))
    plot = alt.layer(*layers).properties(width=inner_width(width, _ROOM), height=height)
    return plot.properties(title=heading(title, width)) if title else plot


def category_curves(
    items: Any, item: str, *, title: str = "", language: str = "en", width: int = 660, height: int = 240
) -> alt.TopLevelMixin:
    """Draw how likely each score of an item is, by ability.

    Parameters
    ----------
    items : fit, ItemParameters or DataFrame
    item : str
    title, language, width, height
        As in `characteristic_curves`.
    """
    known = items_of(items).named([item])
    chances = 100 * probabilities(known, _GRID)[0, : int(known.categories[0])]
    names = [translate(_("Score {score}"), language, score=score) for score in range(len(chances))]
    rows = pd.DataFrame(
        {"theta": np.tile(_GRID, len(names)), "score": np.repeat(names, len(_GRID)), "share": chances.reshape(-1)}
    )
    tones = (palette() * (len(names) // _FEW + 1))[: len(names)]
    color = alt.Color("score:N", scale=alt.Scale(domain=names, range=tones), legend=_legend(width))
    y = alt.Y("share:Q", title=translate(_("Probability (%)"), language), scale=alt.Scale(domain=[0, 100]))
    plot = alt.Chart(rows).mark_line().encode(x=_ability(language), y=y, color=color)
    plot = plot.properties(width=inner_width(width, _ROOM), height=height)
    return plot.properties(title=heading(title or str(item), width))


def information_curve(
    items: Any,
    theta: Any = None,
    *,
    cut: float | None = None,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 160,
) -> alt.TopLevelMixin:
    """Draw what the test tells by ability, and below it the standard error that follows.

    Parameters
    ----------
    items : fit, ItemParameters or DataFrame
    theta : array, optional
        Abilities; −4 to 4 without it.
    cut : float, optional
        Ability at the pass mark, drawn as a line.
    title, language, width, height
        As in `characteristic_curves`; `height` is that of each plot.
    """
    table = test_information(items, _GRID if theta is None else read_theta(theta))
    table["std_error"] = table["std_error"].where(table["std_error"] < 2)
    rule = []
    if cut is not None:
        base = alt.Chart(pd.DataFrame({"theta": [float(cut)]}))
        rule = [base.mark_rule(strokeDash=[5, 4], color=colors()["text-muted"]).encode(x="theta:Q")]
    size = {"width": inner_width(width, _ROOM), "height": height}
    base = alt.Chart(table)
    told = alt.Y("information:Q", title=translate(_("Information"), language))
    error = alt.Y("std_error:Q", title=translate(_("Standard error"), language), scale=alt.Scale(zero=True))
    top = [
        base.mark_area(opacity=0.2, color=palette()[0]).encode(x=_ability(language, title=False), y=told),
        base.mark_line(color=palette()[0]).encode(x=_ability(language, title=False), y=told),
    ]
    bottom = base.mark_line(color=palette()[1]).encode(x=_ability(language), y=error)
    plot = alt.vconcat(
        alt.layer(*top, *rule).properties(**size), alt.layer(bottom, *rule).properties(**size), spacing=10
    )
    return plot.properties(title=heading(title, width)) if title else plot


def wright_map(
    items: Any,
    scores: pd.DataFrame,
    *,
    title: str = "",
    language: str = "en",
    width: int = 660,
    height: int = 420,
) -> alt.TopLevelMixin:
    """Draw candidates and items on one scale: abilities to the left, difficulties to the right.

    A candidate answers an item at their height right half the time (without guessing). An item of several scores has a
    mark for each step.

    Parameters
    ----------
    items : fit, ItemParameters or DataFrame
    scores : DataFrame
        A result of `svclib.stats.abilities` or of `scores` of a fit.
    title, language, width, height
        As in `characteristic_curves`.
    """
    marks = _marks(items_of(items))
    ability = pd.to_numeric(scores["estimate"])
    ability = ability[np.isfinite(ability)]
    ends = [*marks["theta"], *ability.quantile([0.002, 0.998])] if len(ability) else list(marks["theta"])
    low, high = np.floor(min(ends, default=-3)), np.ceil(max(ends, default=3))
    scale = alt.Scale(domain=[float(max(low, -8)), float(min(high, 8))], nice=False, clamp=True)
    room = inner_width(width, _ROOM) - 12
    left = _people(ability, scale, language, (int(room * 0.35), height))
    # one mark more than there are, so that a name at the right end has room
    most = max(int(marks["place"].max()) + 1, 5) if len(marks) else 5
    base = alt.Chart(marks).encode(
        x=alt.X("place:Q", axis=None, scale=alt.Scale(domain=[0, most], nice=False)),
        y=alt.Y("theta:Q", scale=scale, axis=None),
        tooltip=[alt.Tooltip("name:N"), alt.Tooltip("theta:Q", format=".2f")],
    )
    right = alt.layer(
        base.mark_point(filled=True, size=36, color=palette()[1], opacity=1),
        base.mark_text(align="left", dx=6, fontSize=10, color=colors()["text"]).encode(text="name:N"),
    ).properties(
        width=int(room * 0.65),
        height=height,
        title=heading(translate(_("Items by difficulty"), language), width, small=True),
    )
    plot = alt.hconcat(left, right, spacing=6)
    return plot.properties(title=heading(title, width)) if title else plot


def _people(ability: pd.Series, scale: alt.Scale, language: str, size: tuple[int, int]) -> alt.Chart:
    edges = np.arange(scale.domain[0], scale.domain[1] + _BIN, _BIN)
    counts, edges = np.histogram(np.clip(ability, edges[0], edges[-1]), bins=edges)
    rows = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": counts})
    chart = alt.Chart(rows).mark_bar(color=palette()[0], binSpacing=1)
    return chart.encode(
        y=alt.Y("low:Q", scale=scale, title=translate(_("Ability"), language), bin="binned"),
        y2="high:Q",
        x=alt.X(
            "n:Q", scale=alt.Scale(reverse=True), title=None, axis=alt.Axis(tickCount=3, format="d", tickMinStep=1)
        ),
        tooltip=[alt.Tooltip("low:Q", format=".2f"), alt.Tooltip("n:Q")],
    ).properties(
        width=size[0], height=size[1], title=heading(translate(_("Candidates"), language), size[0], small=True)
    )


def _marks(items: ItemParameters) -> pd.DataFrame:
    """Place of each item, or step of it, stacked to the right where several have about the same difficulty."""
    thresholds = items.thresholds
    row, step = np.nonzero(np.isfinite(thresholds))
    several = items.categories[row] > 2
    names = [
        f"{items.names[at]}.{place + 1}" if more else items.names[at]
        for at, place, more in zip(row, step, several, strict=True)
    ]
    marks = pd.DataFrame({"name": names, "theta": thresholds[row, step]}).sort_values("theta")
    marks = marks[marks["theta"].abs() <= 8]
    near = (marks["theta"] / _BIN).round()
    return marks.assign(theta=near * _BIN, place=marks.groupby(near).cumcount() + 0.1).reset_index(drop=True)


def item_fit_curve(
    fit: Any, item: str, *, title: str = "", language: str = "en", width: int = 660, height: int = 240
) -> alt.TopLevelMixin:
    """Draw the points won on an item by sum score, as met (dots with 95 % intervals) and as the model expects (line).

    Parameters
    ----------
    fit
        A result of `stats.irt`; only candidates with every item count.
    item : str
    title, language, width, height
        As in `characteristic_curves`.
    """
    table = observed_expected(fit, item)
    rows = _by_sum(table)
    x = alt.X("sum:Q", title=translate(_("Sum score"), language), axis=alt.Axis(grid=False, tickMinStep=1))
    y = alt.Y("expected:Q", title=translate(_("Share of the points (%)"), language), scale=alt.Scale(domain=[0, 100]))
    base = alt.Chart(rows).encode(x=x)
    tips = [alt.Tooltip(f"{name}:Q", format=".1f") for name in ("sum", "n", "observed", "expected")]
    layers = [
        base.mark_line(color=palette()[1]).encode(y=y),
        base.mark_rule(color=palette()[0]).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_point(filled=True, size=42, opacity=1, color=palette()[0]).encode(y="observed:Q", tooltip=tips),
    ]
    plot = alt.layer(*layers).properties(width=inner_width(width, _ROOM), height=height)
    return plot.properties(title=heading(title or str(item), width))


def _by_sum(table: pd.DataFrame) -> pd.DataFrame:
    """Give the share of an item's points by sum score in percent: met with its limits, and expected."""
    rows = table.fillna({"expected": 0.0})
    top = max(int(rows["category"].max()) if len(rows) else 1, 1)
    score = rows["category"].to_numpy(dtype=float) / top
    parts = rows.assign(
        observed=score * rows["observed"], expected=score * rows["expected"], square=score**2 * rows["expected"]
    ).groupby("sum", as_index=False)
    shown = parts[["observed", "expected", "square"]].sum().assign(n=parts["n"].first()["n"])
    n = shown["n"].to_numpy(dtype=float)
    spread = np.sqrt(np.maximum(shown["square"] - shown["expected"] ** 2, 0) / np.maximum(n, 1))
    reach = normal_quantile(0.95) * spread
    limits = (np.clip(shown["observed"] - reach, 0, 1), np.clip(shown["observed"] + reach, 0, 1))
    if top == 1:
        limits = wilson(shown["observed"].to_numpy(dtype=float), n, 0.95)
    columns = {"observed": shown["observed"], "expected": shown["expected"], "low": limits[0], "high": limits[1]}
    return pd.DataFrame({"sum": shown["sum"], "n": n, **{name: 100 * part for name, part in columns.items()}})


def _ability(language: str, *, title: bool = True) -> alt.X:
    name = translate(_("Ability"), language) if title else None
    return alt.X("theta:Q", title=name, scale=alt.Scale(nice=False), axis=alt.Axis(grid=False, tickCount=7))


def _legend(width: int) -> alt.Legend:
    stroke: dict[str, Any] = {"symbolType": "stroke", "symbolOpacity": 1, "symbolStrokeWidth": 3}
    return alt.Legend(title=None, orient="top", columns=3 if width < PHONE else 8, labelLimit=90, **stroke)
