"""What charts share: the plot's width beside its labels, numbers in their unit, tips, lines of reference."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from svclib.reports.theme import colors
from svclib.reports.words import SCORE, SHARE, Unit

ROW = 22
"""Pixels of a row of marks."""
PHONE = 480
"""Charts below so many pixels are drawn for a phone."""


def label_limit(width: int) -> int:
    """Pixels that the longest label of a row may take."""
    return 110 if width < PHONE else 200


def scaled(estimates: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """Give the estimates and limits in the unit, as plain floats."""
    columns = {name: pd.to_numeric(estimates[name]).astype(float) * unit.factor for name in ("estimate", "low", "high")}
    return estimates.assign(**columns, n=estimates["n"].astype("Float64").astype(float))


def number_format(unit: Unit) -> str:
    """Give the format of an axis in the unit."""
    return {SHARE: ".0f", SCORE: "d"}.get(unit, ".1f")


def tooltips(label: str) -> list[alt.Tooltip]:
    """Give the tips of an estimate: its name, the estimate with its limits, the answers."""
    numbers = [alt.Tooltip(f"{name}:Q", format=".1f") for name in ("estimate", "low", "high")]
    return [alt.Tooltip(f"{label}:N"), *numbers, alt.Tooltip("n:Q", format="d")]


def reference_line(value: float | None, name: str, unit: Unit, *, vertical: bool) -> list[alt.Chart]:
    """Draw a dashed line at a value, with its name at its end."""
    if value is None:
        return []
    base = alt.Chart(pd.DataFrame({"at": [value * unit.factor], "name": [name]}))
    tone = colors()["text-muted"]
    channel = {"x": alt.X("at:Q")} if vertical else {"y": alt.Y("at:Q")}
    rule = base.mark_rule(strokeDash=[5, 4], color=tone).encode(**channel)
    place: dict[str, Any] = {"align": "left", "dx": 4, "baseline": "bottom"}
    at = {"y": alt.value(0), "x": channel.get("x")} if vertical else {"x": alt.value(0), "y": channel.get("y")}
    words = base.mark_text(**place, dy=-3, color=tone).encode(text="name:N", **at)
    return [rule, words]


def inner_width(width: int, room: int) -> int:
    """Width of the plot itself when the axis' labels take `room` pixels."""
    return max(width - room - 24, 120)


def label_room(names: list[str], width: int) -> int:
    """Pixels the longest name takes: 12 a Chinese character, 7 another, up to the axis' limit."""
    longest = max((sum(12 if ord(letter) > 0x2E80 else 7 for letter in name) for name in names), default=40)
    return min(longest, label_limit(width)) + 10
