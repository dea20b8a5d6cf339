"""A small pool of reading processes: frames are built there and come back as Arrow bytes."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from svclib.errors import Unavailable
from svclib.i18n import _
from svclib.operations.actor import Actor
from svclib.settings import Settings
from svclib.web.processes import die_with_parent

PROCESSES = 2

_store: Any = None


class Readers:
    """Processes that open the store for reading; started with the first frame, replaced when one breaks."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: ProcessPoolExecutor | None = None

    async def frame(self, actor: Actor, name: str, given: dict[str, Any]) -> bytes:
        """Run the operation `name`, whose result is a frame, and give it as an Arrow stream."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._started(), _frame, actor, name, given)
        except BrokenProcessPool as fault:
            self.close()
            raise Unavailable(_("The table could not be built because a process ended; try again.")) from fault

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                PROCESSES, mp_context=context, initializer=_open, initargs=(self._settings,)
            )
        return self._pool

    def close(self) -> None:
        """End the processes."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


def _open(settings: Settings) -> None:
    global _store  # one store a process; a pool hands its workers nothing but functions
    import signal

    from svclib.store import Store

    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the server ends its pool itself
    _store = Store.open(settings.store, settings=settings)


def _frame(actor: Actor, name: str, given: dict[str, Any]) -> bytes:
    from svclib.operations.registry import call

    return to_arrow(call(_store, actor, name, given))


def to_arrow(frame: Any) -> bytes:
    """Write a pandas frame as an Arrow stream that keeps index, categories and nullable types."""
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=True)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())
