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

    async def run(self, actor: Actor, name: str, given: dict[str, Any]) -> bytes:
        """Run the operation `name` and give its result: a frame as an Arrow stream, all else as JSON."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._started(), _run, actor, name, given)
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


def _run(actor: Actor, name: str, given: dict[str, Any]) -> bytes:
    return answer(_store, actor, name, given)


def answer(store: Any, actor: Actor, name: str, given: dict[str, Any]) -> bytes:
    """Run the operation `name` in this process and give its result as it is sent."""
    from svclib.operations import registry

    result = registry.call(store, actor, name, given)
    adapter = registry.operations()[name].result
    return to_arrow(result) if adapter is None else adapter.dump_json(result)


def to_arrow(frame: Any) -> bytes:
    """Write a pandas frame as an Arrow stream that keeps index, categories and nullable types."""
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=True)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())
