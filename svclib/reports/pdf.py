"""A page as PDF with vector charts, by WeasyPrint, with the shipped font and nothing from anywhere else."""

from __future__ import annotations

import warnings
from typing import Any

from svclib.i18n import _
from svclib.reports import fonts
from svclib.reports.errors import NoPango
from svclib.reports.export import Page


def check() -> None:
    """Raise `NoPango`, naming the packages, where WeasyPrint cannot load its libraries."""
    _weasyprint()


def _weasyprint() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError) as fault:
        raise NoPango(
            _(
                "PDF needs the Pango libraries. Debian, Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0 "
                "libharfbuzz-subset0. macOS: brew install pango. Windows: Pango by MSYS2. HTML works without them."
            )
        ) from fault
    return weasyprint


def write(page: Page) -> bytes:
    """Set the page on A4 and give the PDF's bytes."""
    weasyprint = _weasyprint()
    with warnings.catch_warnings():
        # A machine without fonts is warned of; the page brings its own.
        warnings.simplefilter("ignore")
        document = weasyprint.HTML(string=page.with_styles(fonts.face_rules()), url_fetcher=_fetcher())
        made: bytes = document.write_pdf()
    return made


def _fetcher() -> Any:
    """Make a fetcher that hands out the shipped fonts and data addresses, and refuses everything else."""
    from weasyprint.urls import URLFetcher

    class OwnFiles(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            own = url.startswith((fonts.FOLDER.as_uri() + "/", "data:")) and ".." not in url
            if not own:
                raise ValueError(f"not fetched: {url[:80]}")
            return super().fetch(url, headers)

    return OwnFiles(allowed_protocols=["file", "data"])
