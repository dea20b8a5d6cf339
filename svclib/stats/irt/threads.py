"""Work in threads of our own, with the matrix library held to one thread each.

OpenBLAS' own threads wait in busy loops: where others use the machine too, small products then take many times longer.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

import numpy as np

Task = TypeVar("Task")
Result = TypeVar("Result")
_MOST = 8
_NAMES = ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}")


def workers() -> int:
    """Give the number of threads to work in."""
    known = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(known, _MOST))


def in_parts(work: Callable[[Sequence[Task]], Result], tasks: Sequence[Task]) -> list[Result]:
    """Call `work` on the shares of `tasks` of each thread; the results come in a fixed order."""
    count = min(workers(), len(tasks))
    if count <= 1:
        with _one_matrix_thread():
            return [work(tasks)] if tasks else []
    with _one_matrix_thread(), ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, [tasks[at::count] for at in range(count)]))


class _Held:
    """How many calls hold the matrix library to one thread, and what it had before."""

    lock, depth, before = Lock(), 0, 1


@contextmanager
def _one_matrix_thread() -> Iterator[None]:
    get, put = _switch()
    with _Held.lock:
        if _Held.depth == 0:
            _Held.before = get()
            put(1)
        _Held.depth += 1
    try:
        yield
    finally:
        with _Held.lock:
            _Held.depth -= 1
            if _Held.depth == 0:
                put(_Held.before)


@lru_cache(maxsize=1)
def _switch() -> tuple[Callable[[], int], Callable[[int], Any]]:
    """Find how numpy's OpenBLAS tells and sets its threads; idle functions where it is another library."""
    try:
        library = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return lambda: 1, lambda _count: None
    for name in _NAMES:
        get, put = (getattr(library, name.format(f"{verb}_num_threads"), None) for verb in ("get", "set"))
        if get is not None and put is not None:
            return get, put
    return lambda: 1, lambda _count: None
