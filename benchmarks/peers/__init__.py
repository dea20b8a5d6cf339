"""Running what a user would take instead, in R, beside ours in one run.

R and its packages come from Debian (``apt-get install r-base-core r-cran-survey r-cran-psych r-cran-lavaan
r-cran-jsonlite``); without them a benchmark reports its own figure alone.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

_FRAME = """
suppressMessages({{library(jsonlite); {libraries}}})
data <- read.csv({data!r}, stringsAsFactors = TRUE)
{setup}
seconds <- sapply(1:{repeats}, function(run) system.time(result <<- {{ {call} }})[["elapsed"]])
cat(toJSON(list(seconds = seconds, result = {result}), digits = 17, auto_unbox = TRUE))
"""


def has_r(*packages: str) -> bool:
    """Say whether R and the packages are installed."""
    if not shutil.which("Rscript"):
        return False
    test = "; ".join(f"stopifnot(requireNamespace('{name}', quietly = TRUE))" for name in packages) or "1"
    return subprocess.run(["Rscript", "-e", test], capture_output=True).returncode == 0


def in_r(
    data: pd.DataFrame,
    call: str,
    *,
    packages: tuple[str, ...] = (),
    setup: str = "",
    result: str = "0",
    repeats: int = 3,
) -> tuple[float, Any]:
    """Time `call` in R on `data` (there as ``data``): median seconds, reading not counted, and `result` as JSON."""
    libraries = "; ".join(f"library({name})" for name in packages)
    with tempfile.TemporaryDirectory() as folder:
        table, script = Path(folder) / "data.csv", Path(folder) / "call.R"
        data.to_csv(table, index=False)
        text = _FRAME.format(
            libraries=libraries, data=str(table), setup=setup, repeats=repeats, call=call, result=result
        )
        script.write_text(text, encoding="utf-8")
        done = subprocess.run(["Rscript", "--vanilla", str(script)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"R failed: {done.stderr[-2000:]}")
    told = json.loads(done.stdout[done.stdout.index("{") :])
    seconds = told["seconds"]
    return statistics.median(seconds if isinstance(seconds, list) else [seconds]), told["result"]


def timed(call: Callable[[], Any], repeats: int = 5) -> tuple[float, Any]:
    """Time `call` here: median seconds after one run to warm up, and its result."""
    result = call()
    seconds = []
    for _run in range(repeats):
        begun = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds), result
