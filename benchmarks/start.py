"""From a fresh clone with empty caches to a portal that answers; then the second start.

Aim: ≤ 4 min and ≤ 5 s on two cores. Runs ``make run`` as the README prints it, in a path with a space, then Ctrl-C.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
PORT = 8899


def until_answering(folder: Path, environ: dict[str, str], limit: float) -> tuple[float, subprocess.Popen[bytes]]:
    """Run ``make run`` and wait for the portal."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        ["make", "run"], cwd=folder, env=environ, start_new_session=True,
        stdout=(folder / "make.log").open("ab"), stderr=subprocess.STDOUT,
    )  # fmt: skip
    while time.perf_counter() - begun < limit:
        if answers():
            return time.perf_counter() - begun, process
        if process.poll() is not None:
            raise RuntimeError((folder / "make.log").read_text()[-2000:])
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    raise RuntimeError("no answer in time:\n" + (folder / "make.log").read_text()[-2000:])


def answers() -> bool:
    """Whether the portal is there."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def stop(process: subprocess.Popen[bytes]) -> int:
    """Press Ctrl-C and count the processes of the group that are left."""
    os.killpg(process.pid, signal.SIGINT)
    process.wait(30)
    time.sleep(1)
    left = subprocess.run(["pgrep", "-g", str(process.pid)], capture_output=True, text=True, check=False)
    return len(left.stdout.split())


def main(full: bool = False) -> dict[str, float]:
    """Clone, run, stop, run again, stop."""
    with tempfile.TemporaryDirectory(prefix="svc start ") as folder:
        clone = Path(folder) / "a clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        caches = {"PIP_NO_CACHE_DIR": "1", "XDG_CACHE_HOME": str(Path(folder) / "cache")}
        environ = {**os.environ, **caches, "SVC_PORT": str(PORT)}
        environ.pop("SVC_HOME", None)
        first, process = until_answering(clone, environ, 600)
        left = stop(process)
        second, process = until_answering(clone, environ, 60)
        left += stop(process)
    return {"first start s": first, "second start s": second, "processes left": left}
