"""One server: log-in, portal, exam and survey pages, the API, and Voila's apps behind one door."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from svclib.settings import Settings

__all__ = ["serve"]


def serve(settings: Settings) -> None:
    """Serve until a signal ends it; see `svclib.web.app.serve`."""
    from svclib.web.app import serve as run

    run(settings)
