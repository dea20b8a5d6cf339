"""Charts drawn in the kernel: an Altair chart becomes an inline picture that speaks, no chart library in the page."""

from __future__ import annotations

import importlib
import re
import threading
from functools import lru_cache
from typing import Any

from svclib.apps.pieces.markup import Html, Markup, h

_SIZE = re.compile(r'<svg\b[^>]*?\bwidth="([\d.]+)"[^>]*?\bheight="([\d.]+)"')
_HEAVY = ("svclib.reports.charts", "vl_convert")
_OPENING = re.compile(r"<svg\b[^>]*>")


@lru_cache(maxsize=1)
def warm_up() -> threading.Thread:
    """Load what draws charts in the background, once, so that the first chart does not keep its user waiting."""
    loading = threading.Thread(target=lambda: [importlib.import_module(name) for name in _HEAVY], daemon=True)
    loading.start()
    return loading


@lru_cache(maxsize=1)
def _tokens() -> dict[str, str]:
    """Light colours → the design token that also has a dark one."""
    from svclib.reports.theme import colors, palette

    names = {value: f"--chart-{number}" for number, value in enumerate(palette(), start=1)}
    for name in ("text", "text-muted", "surface", "border", "border-strong", "success", "warning", "danger"):
        names.setdefault(colors()[name], f"--color-{name}")
    return {value.lower(): name for value, name in names.items()}


def themed(picture: str) -> str:
    """Let the colours of our palette follow the theme of the page (light or dark)."""
    tokens = _tokens()

    def token(found: re.Match[str]) -> str:
        name = tokens.get(found[2].lower())
        return f'{found[1]}="var({name}, {found[2]})"' if name else found[0]

    return re.sub(r'(fill|stroke)="(#[0-9a-fA-F]{6})"', token, picture)


def picture(chart: Any, alt: str) -> Markup:
    """Make the inline picture of a chart: scales with the page, and `alt` says what it shows.

    Parameters
    ----------
    chart : altair.Chart
        What to draw.
    alt : str
        The sentence for those who do not see it.
    """
    from svclib.reports.theme import svg  # loads Altair: only where a chart is drawn

    drawn = themed(svg(chart))
    size = _SIZE.search(drawn)
    box = f"0 0 {size[1]} {size[2]}" if size else "0 0 600 300"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" class="app-chart-picture" '
        f'style="max-width:{size[1] if size else 600}px" aria-hidden="true" focusable="false">'
    )
    inline = Markup(_OPENING.sub(lambda _found: opening, drawn, count=1))
    return h("div", inline, role="img", aria_label=alt, class_="app-chart")


class Chart(Html):
    """A widget that shows one chart.

    >>> chart = Chart()
    >>> chart.value
    ''
    """

    def draw(self, chart: Any, alt: str, *, narrow: Any = None) -> None:
        """Show `chart`; on a phone `narrow`, where it is given, the same drawn for its width."""
        if narrow is None:
            self.set(picture(chart, alt))
            return
        wide = h("div", picture(chart, alt), class_="app-chart-wide")
        self.set(h("div", wide, h("div", picture(narrow, alt), class_="app-chart-narrow")))
