"""Charts of exam items: difficulty against discrimination, options by score third."""

from __future__ import annotations

import altair as alt
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports.theme import colors, palette
from svclib.stats.items.distractors import OMITTED


def difficulty_discrimination(items: pd.DataFrame, *, language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw each item at its share right and its correlation with the rest; items with flags are named.

    Parameters
    ----------
    items : DataFrame
        Result of `svclib.stats.item_analysis`.
    language : {"zh-CN", "en"}
    width : int
        Whole width in pixels.
    """
    shown = items.dropna(subset=["difficulty", "item_rest"]).assign(right=lambda rows: rows["difficulty"] * 100)
    shown["look"] = shown["flags"].ne("") & shown["flags"].ne("easy")
    x = alt.X("right:Q", title=translate(_("Answered right (%)"), language), scale=alt.Scale(domain=[0, 100]))
    y = alt.Y("item_rest:Q", title=translate(_("Correlation with the rest of the exam"), language))
    tone = alt.Color(
        "look:N", legend=None, scale=alt.Scale(domain=[False, True], range=[palette()[0], colors()["danger"]])
    )
    shape = alt.Shape("look:N", legend=None, scale=alt.Scale(domain=[False, True], range=["circle", "diamond"]))
    base = alt.Chart(shown).encode(x=x, y=y)
    tips = [alt.Tooltip("item:N"), alt.Tooltip("right:Q", format=".1f"), alt.Tooltip("item_rest:Q", format=".2f")]
    dots = base.mark_point(filled=True, size=60, opacity=0.85).encode(color=tone, shape=shape, tooltip=tips)
    names = base.transform_filter("datum.look").mark_text(align="left", dx=7, fontWeight="bold").encode(text="item:N")
    zero = alt.Chart(pd.DataFrame({"at": [0]})).mark_rule(color=colors()["border-strong"]).encode(y=alt.Y("at:Q"))
    return alt.layer(zero, dots, names).properties(width=max(width - 76, 120), height=280 if width > 480 else 240)


def option_bars(options: pd.DataFrame, item: str, *, language: str = "en", width: int = 660) -> alt.TopLevelMixin:
    """Draw who chooses which option of an item: a bar for the low, the middle and the high score third.

    The keyed option's name carries a tick.

    Parameters
    ----------
    options : DataFrame
        Result of `svclib.stats.distractors`.
    item : str
    language, width
        As in `difficulty_discrimination`.
    """
    thirds = {
        "low_third": translate(_("lowest third"), language),
        "middle_third": translate(_("middle third"), language),
        "high_third": translate(_("highest third"), language),
    }
    rows = options.loc[options["item"] == item].copy()
    rows["name"] = [_name(*pair, language) for pair in zip(rows["option"], rows["is_key"], strict=True)]
    order = rows["name"].tolist()
    long = (
        rows[["name", *thirds]]
        .melt(id_vars=["name"], value_vars=list(thirds), var_name="third", value_name="share")
        .dropna()
    )
    long = long.assign(share=long["share"] * 100, third=long["third"].map(thirds))
    names = list(thirds.values())
    scale = alt.Scale(domain=names, range=[palette()[7], palette()[1], palette()[0]])
    base = alt.Chart(long).encode(
        x=alt.X("name:N", sort=order, title=None, axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("third:N", sort=names),
        y=alt.Y("share:Q", title=translate(_("Chosen by (%)"), language)),
    )
    bars = base.mark_bar().encode(color=alt.Color("third:N", title=None, scale=scale, sort=names))
    return alt.layer(bars).properties(width=max(width - 70, 120), height=200)


def _name(option: str, is_key: bool, language: str) -> str:
    if option == OMITTED:
        return translate(_("left out"), language)
    return f"{option} ✓" if is_key else option
