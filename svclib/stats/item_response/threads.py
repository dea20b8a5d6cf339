"""Work in threads of our own, with the matrix libraries held to one thread each.

OpenBLAS' own threads wait in busy loops: where others use the machine too, small products then take many times longer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock, current_thread
from typing import Any, TypeVar

import scipy.linalg  # noqa: F401  (its own matrix library has to be there before the libraries are looked for)
from threadpoolctl import ThreadpoolController

Task = TypeVar("Task")
Result = TypeVar("Result")
_MOST = 8
_OURS = "svclib-irt"


def workers() -> int:
    """Give the number of threads to work in."""
    known = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(known, _MOST))


def in_parts(work: Callable[[Sequence[Task]], Result], tasks: Sequence[Task]) -> list[Result]:
    """Call `work` on the shares of `tasks` of each thread; the results come in a fixed order."""
    count = min(workers(), len(tasks))
    with one_matrix_thread():
        if count <= 1 or current_thread().name.startswith(_OURS):
            return [work(tasks)] if tasks else []
        others = [_pool().submit(work, tasks[at::count]) for at in range(1, count)]
        try:
            first = work(tasks[::count])
        finally:
            rest = [other.exception() for other in others]
        for wrong in rest:
            if wrong is not None:
                raise wrong
        return [first, *(other.result() for other in others)]


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """Threads that stay: to start them anew for each pass takes longer than a small pass."""
    return ThreadPoolExecutor(_MOST, thread_name_prefix=_OURS)


@lru_cache(maxsize=1)
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


class _Held:
    """How many calls hold the matrix libraries to one thread, and what gives them back."""

    lock, depth = Lock(), 0
    limit: Any = None


@contextmanager
def one_matrix_thread() -> Iterator[None]:
    """Hold the matrix libraries to one thread each; several may hold them at a time."""
    with _Held.lock:
        if _Held.depth == 0:
            _Held.limit = _libraries().limit(limits=1, user_api="blas")
        _Held.depth += 1
    try:
        yield
    finally:
        with _Held.lock:
            _Held.depth -= 1
            if _Held.depth == 0:
                _Held.limit.restore_original_limits()


if hasattr(os, "register_at_fork"):  # a child has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
