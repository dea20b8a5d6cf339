"""Durable, validated answers per second: one server, SQLite, 50 connections, and the disk's fsyncs beside it.

Aim: ≥ 1,500 a second, p99 ≤ 250 ms. The generator is a second process on the same cores.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.load import Page, run
from benchmarks.server import demonstration, start
from svclib.operations import links, surveys
from svclib.operations.actor import system_actor
from svclib.store import Store
from svclib.store.verify import verify

CONNECTIONS = 50


def fsyncs(folder: Path, seconds: float = 1.0) -> float:
    """How many small appends a second this disk makes durable, one after the other."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        begun, count = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            os.write(file.fileno(), b"x" * 200)
            os.fsync(file.fileno())
            count += 1
        return count / (time.perf_counter() - begun)


def collector_token(store: Store) -> str:
    """Open a collector without an hourly limit and give its token."""
    made = surveys.open_collector(
        store, system_actor(), survey="branch_visit", name="Load", unit="b01", hourly_limit=None
    )
    return links.open_token(store, made.id)


def main(full: bool = False) -> dict[str, float]:
    """Measure; `full` for 30 seconds instead of 8."""
    seconds = 30.0 if full else 8.0
    with demonstration(0.02) as settings:
        with Store.open(settings.store, settings=settings) as store:
            token = collector_token(store)
        before = fsyncs(settings.home)
        server = start(settings)
        try:
            pages = [Page(server.port, token, number) for number in range(CONNECTIONS)]
            taken = asyncio.run(run(pages, seconds))
        finally:
            server.stop()
        with Store.open(settings.store, settings=settings) as store:
            found = verify(store).findings
    every = sorted(second for page in pages for second in page.seconds)
    return {
        "saves per second": len(every) / taken,
        "median ms": 1000 * statistics.median(every),
        "p99 ms": 1000 * every[int(0.99 * len(every))],
        "fsyncs per second": before,
        "findings of verify": len(found),
    }


if __name__ == "__main__":
    for name, value in main().items():
        print(f"{name:24} {value:10.1f}")
