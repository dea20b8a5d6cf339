"""``svc report monthly_quality`` on twelve months of the demonstration bank, as a command. Aim: ≤ 15 s for the HTML."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

from benchmarks.server import demonstration


def main(full: bool = False) -> dict[str, float]:
    """Render three times each (HTML alone, HTML and PDF) and give the medians."""
    with demonstration(1.0) as settings:
        environ = {**os.environ, "SVC_HOME": str(settings.home), "SVC_STORE": settings.store}

        def render(*options: str) -> float:
            begun = time.perf_counter()
            command = [sys.executable, "-m", "svclib", "report", "monthly_quality", *options]
            subprocess.run(command, env=environ, check=True, capture_output=True)
            return time.perf_counter() - begun

        html = statistics.median(render() for _time in range(3))
        both = statistics.median(render("--pdf") for _time in range(3))
    return {"HTML s": html, "HTML and PDF s": both}
