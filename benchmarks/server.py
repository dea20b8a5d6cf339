"""A real server in a process of its own, for the benchmarks and for the tests that kill it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from svclib.settings import Settings


@dataclass
class Running:
    """A server that answers at `address`; `seconds` is how long it took to listen."""

    settings: Settings
    address: str
    process: subprocess.Popen[str]
    seconds: float
    said: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.address.rstrip("/").rsplit(":", 1)[1])

    def kill(self) -> None:
        """End it as a power cut would: at once, with all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def start(settings: Settings, port: int = 0) -> Running:
    """Start ``svc serve`` on the store of `settings` and wait until it listens."""
    environ = {**os.environ, "SVC_HOME": str(settings.home), "SVC_STORE": settings.store, "SVC_LANG": "en"}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "svclib", "serve", "--port", str(port)], env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    said: list[str] = []
    for line in process.stdout or ():
        said.append(line)
        found = re.search(r"http://[\w.:\[\]-]+", line)
        if found:
            threading.Thread(target=said.extend, args=(process.stdout,), daemon=True).start()
            return Running(settings, found[0].rstrip("/"), process, time.perf_counter() - begun, said)
    raise RuntimeError("the server did not start:\n" + "".join(said))


@contextlib.contextmanager
def demonstration(scale: float = 0.05) -> Iterator[Settings]:
    """A small demonstration bank in a folder of its own."""
    from svclib.demo import build

    with tempfile.TemporaryDirectory(prefix="svc-bench-") as folder:
        home = Path(folder) / "home"
        settings = Settings(home=home, store=f"sqlite:///{home / 'svc.sqlite'}")
        build(settings, scale=scale)
        yield settings
