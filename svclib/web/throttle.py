"""Back-off for guessed passwords and a sliding hour for public links; in memory, addresses only as a keyed digest."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from svclib.errors import TooMany
from svclib.i18n import _

FREE_TRIES = 5
LONGEST_SECONDS = 900.0
HOUR = 3600.0
KEPT = 20_000


class Throttle:
    """Counts failures by key; after a few, each further failure doubles the waiting time.

    Parameters
    ----------
    clock : callable
        Monotonic seconds.
    free : int
        Failures without waiting.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, free: int = FREE_TRIES) -> None:
        self._clock = clock
        self._free = free
        self._failures: OrderedDict[bytes, tuple[int, float]] = OrderedDict()
        self._salt = secrets.token_bytes(16)

    def check(self, *keys: str) -> None:
        """Raise TooMany while any of `keys` has to wait."""
        now = self._clock()
        wait = max((self._failures.get(self._digest(key), (0, 0.0))[1] - now for key in keys), default=0.0)
        if wait > 0:
            raise TooMany(_("Too many attempts; try again in {seconds} seconds."), seconds=int(wait) + 1)

    def failed(self, *keys: str) -> None:
        """Count a failure for each of `keys`."""
        now = self._clock()
        for key in keys:
            digest = self._digest(key)
            count = self._failures.pop(digest, (0, 0.0))[0] + 1
            over = count - self._free
            wait = 0.0 if over < 0 else min(LONGEST_SECONDS, 5.0 * 2.0 ** min(over, 10))
            self._failures[digest] = (count, now + wait)
        while len(self._failures) > KEPT:
            self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        """Forget the failures of `keys`."""
        for key in keys:
            self._failures.pop(self._digest(key), None)

    def _digest(self, key: str) -> bytes:
        return hashlib.blake2b(key.encode("utf-8", "replace"), key=self._salt, digest_size=16).digest()


class HourlyLimit:
    """At most so many events an hour for one key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._events: OrderedDict[bytes, deque[float]] = OrderedDict()
        self._salt = secrets.token_bytes(16)

    def take(self, key: str, most: int | None) -> None:
        """Count one event of `key`; raise TooMany when there were `most` in the last hour already."""
        if most is None:
            return
        now = self._clock()
        digest = hashlib.blake2b(key.encode("utf-8", "replace"), key=self._salt, digest_size=16).digest()
        events = self._events.pop(digest, deque())
        while events and events[0] <= now - HOUR:
            events.popleft()
        self._events[digest] = events
        while len(self._events) > KEPT:
            self._events.popitem(last=False)
        if len(events) >= most:
            seconds = int(events[0] + HOUR - now) + 1 if events else int(HOUR)
            raise TooMany(_("Too many have answered from this address within the hour; try later."), seconds=seconds)
        events.append(now)
