"""The look of charts: colours from the design tokens, the shipped font, SVG without a browser."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import altair as alt

Mode = Literal["light", "dark"]
FOLDER = Path(__file__).parent
FONTS = FOLDER / "fonts"
FONT = "Svclib Sans"
"""Family of the shipped fonts (Latin and GB 2312 characters, regular and bold)."""

_FALLBACK = f'"{FONT}", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif'


@lru_cache(maxsize=1)
def tokens() -> dict[str, Any]:
    """Read the design tokens that the form theme, the portal and the reports share."""
    read: dict[str, Any] = json.loads((FOLDER / "tokens.json").read_text(encoding="utf-8"))
    return read


def colors(mode: Mode = "light") -> dict[str, str]:
    """Give the colours by their role: page, surface, text, text-muted, border, primary …"""
    chosen: dict[str, str] = tokens()["color"][mode]
    return chosen


def palette(mode: Mode = "light") -> list[str]:
    """Give the eight chart colours, told apart without colour vision and in grey."""
    chosen: list[str] = tokens()["chart"][mode]
    return chosen


def config(mode: Mode = "light") -> dict[str, Any]:
    """Make the Vega-Lite configuration of our look."""
    color = colors(mode)
    text = {"labelFont": FONT, "titleFont": FONT, "labelColor": color["text"], "titleColor": color["text-muted"]}
    sizes = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    return {
        "font": FONT,
        "background": color["surface"],
        "aria": False,
        "view": {"stroke": None},
        "axis": {
            **text,
            **sizes,
            "gridColor": color["border"],
            "gridOpacity": 0.7,
            "domainColor": color["border-strong"],
            "tickColor": color["border-strong"],
            "labelLimit": 170,
            "titlePadding": 8,
        },
        "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
        "legend": {**text, **sizes, "orient": "top", "symbolStrokeWidth": 2},
        "header": {**text, **sizes},
        "title": {"font": FONT, "fontSize": 14, "color": color["text"], "anchor": "start", "fontWeight": "bold"},
        "range": {"category": palette(mode)},
        "mark": {"color": palette(mode)[0]},
        "line": {"strokeWidth": 2},
        "text": {"font": FONT, "fontSize": 12, "fill": color["text"]},
    }


def enable_theme(mode: Mode = "light") -> None:
    """Make every Altair chart of this process look like ours, drawn as SVG without any request to another host."""

    def ours() -> alt.theme.ThemeConfig:
        return {"config": config(mode)}  # type: ignore[typeddict-item]

    alt.theme.register(f"svclib-{mode}", enable=True)(ours)
    # Drawn in the kernel: the usual renderer fetches its script from another host.
    _converter()
    alt.renderers.enable("svg")


@lru_cache(maxsize=1)
def _converter() -> Any:
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert


def svg(chart: Any, *, mode: Mode = "light") -> str:
    """Draw an Altair chart as SVG text, without a browser and without any font of the machine.

    Parameters
    ----------
    chart : altair.Chart
        Any Altair chart.
    mode : {"light", "dark"}

    Returns
    -------
    str
        One ``<svg>`` element; texts stay text in the font `FONT`.
    """
    version = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    with alt.theme.enable("none"):
        spec = chart.to_dict()
    drawn: str = _converter().vegalite_to_svg(spec, vl_version=version, config=config(mode))
    return drawn.replace(f'font-family="{FONT}"', f"font-family='{_FALLBACK}'")
