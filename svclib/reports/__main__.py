"""``python -m svclib.reports``: renders one report for the server, in a process of its own.

One JSON object comes in (the arguments of `render`, and `language` for what may go wrong); JSON lines go out:
``{"done", "count"}`` after each cell, at the end ``{"files": [...]}`` or ``{"error": "…"}``. The store's
address, which may hold a password, so never stands on a command line.
"""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from svclib.errors import SvcError
from svclib.reports import render


def main(given: TextIO = sys.stdin, told: TextIO = sys.stdout) -> None:
    """Render what is asked for and tell how far it is."""

    def tell(**message: Any) -> None:
        told.write(json.dumps(message) + "\n")
        told.flush()

    asked = json.load(given)
    language = asked.pop("language")
    try:
        made = render(**asked, progress=lambda done, count: tell(done=done, count=count))
    except SvcError as fault:
        tell(error=fault.render(language))
    else:
        tell(files=[path.name for path in made.files.values()])


if __name__ == "__main__":
    main()
