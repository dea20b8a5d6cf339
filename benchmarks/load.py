"""The sheet protocol over real sockets: many pages at once, each saving answers and waiting for the acknowledgement."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

ANSWERS = [("overall", 5), ("waiting_time", 5), ("staff", 5), ("effort", 7), ("recommend", 10)]


class Refused(Exception):
    """The server answered, and not with 200."""


class Connection:
    """One kept-alive HTTP connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send JSON, read JSON; connection faults come through as OSError or EOFError."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        content = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nOrigin: http://127.0.0.1:{self.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        self.writer.write(head.encode() + content)
        status, answer = await self._answer()
        if status != 200:
            raise Refused(f"{status} {answer}")
        return answer

    async def _answer(self) -> tuple[int, dict[str, Any]]:
        assert self.reader
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        length = next(int(line.split(":")[1]) for line in head if line.lower().startswith("content-length"))
        return int(head[0].split()[1]), json.loads(await self.reader.readexactly(length))

    def close(self) -> None:
        """Drop the connection."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


@dataclass
class Page:
    """One respondent's page: what it sent and what the server acknowledged."""

    port: int
    token: str
    number: int
    session: str = ""
    lease: int = 0
    seq: int = 0
    answers: dict[str, Any] = field(default_factory=dict)
    acknowledged: int = 0
    sent: dict[int, tuple[str, Any]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connection = Connection(self.port)
        self.client = f"load-{self.number:06}-{random.getrandbits(32):08x}"
        self.random = random.Random(self.number)

    async def open(self) -> None:
        """Open or resume the sheet."""
        body = {"client": self.client, "session": self.session or None, "locale": "en", "layout": "phone"}
        sheet = await self.connection.post(f"/s/{self.token}/open", body)
        self.session, self.lease = sheet["session"], sheet["lease"]

    async def save(self) -> None:
        """Save the next answer and wait for its acknowledgement; the same sequence number again after a fault."""
        if self.seq == self.acknowledged:
            self.seq += 1
            name, most = ANSWERS[self.seq % len(ANSWERS)]
            self.sent[self.seq] = (name, self.random.randint(1, most))
        name, value = self.sent[self.seq]
        event = {"seq": self.seq, "kind": "answer", "name": name, "value": value}
        begun = time.perf_counter()
        body = {"session": self.session, "client": self.client, "lease": self.lease, "events": [event]}
        answer = await self.connection.post(f"/s/{self.token}/answers", body)
        self.seconds.append(time.perf_counter() - begun)
        self.acknowledged = answer["saved_seq"]


async def run(pages: list[Page], seconds: float) -> float:
    """Let every page save as fast as it is acknowledged for `seconds`; gives the time taken."""
    await asyncio.gather(*(page.open() for page in pages))
    begun = time.perf_counter()

    async def one(page: Page) -> None:
        while time.perf_counter() - begun < seconds:
            await page.save()

    await asyncio.gather(*(one(page) for page in pages))
    return time.perf_counter() - begun


async def until_killed(pages: list[Page]) -> None:
    """Save until the connection breaks; what was not acknowledged stays to be sent again."""

    async def one(page: Page) -> None:
        with contextlib.suppress(OSError, EOFError, asyncio.IncompleteReadError):
            await page.open()
            while True:
                await page.save()
        page.connection.close()

    await asyncio.gather(*(one(page) for page in pages))
