"""Posters as one PDF for the printer: an A5 page each, with the shipped font where the machine has no Chinese one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from svclib.reports import fonts

_NAMED = "font-family=\"'Noto Sans SC'"
_STYLE = """
@page { size: 148mm 210mm; margin: 0 }
body { margin: 0 }
svg.poster { display: block; width: 148mm; height: 210mm; break-after: page }
svg.poster:last-child { break-after: auto }
"""


def pdf(posters: Sequence[str]) -> bytes:
    """Make one PDF of posters (SVG texts as `svc.surveys.poster` gives them).

    Raises
    ------
    NoPango
        WeasyPrint, or the system libraries that it needs, are not installed.
    """
    return bytes(document(posters).write_pdf())


def document(posters: Sequence[str]) -> Any:
    """Set posters on pages."""
    from svclib.reports import pdf as paper

    paper.check()
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    class OwnFonts(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith(fonts.FOLDER.as_uri() + "/") or ".." in url:
                raise ValueError(f"not fetched: {url[:80]}")
            return super().fetch(url, headers)

    return HTML(string=page(posters), url_fetcher=OwnFonts(allowed_protocols=["file"])).render()


def page(posters: Sequence[str]) -> str:
    """Put posters below each other on one HTML page."""
    family = f"font-family=\"'{fonts.FAMILY}','Noto Sans SC'"
    drawn = (poster.replace("<svg ", '<svg class="poster" ', 1).replace(_NAMED, family) for poster in posters)
    return f'<!doctype html><meta charset="utf-8"><style>{fonts.face_rules()}{_STYLE}</style>{"".join(drawn)}'
