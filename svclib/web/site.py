"""What every handler shares: the store, the pools, who is known, what is throttled."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from svclib.operations.registry import Operation
from svclib.settings import Settings
from svclib.store import Store
from svclib.web.identity import Identities
from svclib.web.maker import Maker
from svclib.web.readers import Readers
from svclib.web.secrets import KernelSecrets
from svclib.web.throttle import HourlyLimit, Throttle

THREADS = 8
PASSWORD_THREADS = 2

Result = TypeVar("Result")


@dataclass
class Site:
    """The running platform as the handlers see it."""

    settings: Settings
    store: Store
    port: int = 0
    secrets: KernelSecrets = field(default_factory=KernelSecrets)
    throttle: Throttle = field(default_factory=Throttle)
    openings: HourlyLimit = field(default_factory=HourlyLimit)
    closing: bool = False

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        """Where operations run."""
        return ThreadPoolExecutor(THREADS, "svc-operations")

    @cached_property
    def password_threads(self) -> ThreadPoolExecutor:
        """Where passwords are checked: two at a time, so that guessing cannot take the machine."""
        return ThreadPoolExecutor(PASSWORD_THREADS, "svc-passwords")

    @cached_property
    def readers(self) -> Readers:
        """The processes that build frames."""
        return Readers(self.settings)

    @cached_property
    def maker(self) -> Maker:
        """The process that renders reports."""
        return Maker(self.settings)

    @cached_property
    def identities(self) -> Identities:
        """Who sends a request."""
        return Identities(self.store, self.secrets, self.threads)

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """The registered operations."""
        from svclib.operations.registry import operations

        return operations()

    @cached_property
    def openapi(self) -> bytes:
        """The description of the API, made when first asked for."""
        from svclib.operations.openapi import document_bytes

        return document_bytes(self.operations)

    @cached_property
    def cookie_secret(self) -> bytes:
        """Signs nothing that outlives the process: sessions are random tokens kept by the store."""
        return secrets.token_bytes(32)

    async def run(self, function: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        """Run `function` in the pool of operations."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, lambda: function(*arguments, **named))

    def close_pools(self) -> None:
        """End the pools of threads and processes."""
        self.closing = True
        for name in ("threads", "password_threads", "readers"):
            if name in self.__dict__:
                pool = self.__dict__[name]
                pool.close() if name == "readers" else pool.shutdown(wait=True, cancel_futures=True)
