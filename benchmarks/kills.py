"""kill -9 of the server under load, again and again: nothing acknowledged is lost, nothing is there twice.

10 times in CI (tests/web/test_kill.py), 200 times by ``make bench``.
"""

from __future__ import annotations

import asyncio
import random
import time

from sqlalchemy import select

from benchmarks.load import Page, until_killed
from benchmarks.saves import collector_token
from benchmarks.server import Running, demonstration, start
from svclib.settings import Settings
from svclib.store import Store, token_hash
from svclib.store.schema import response_events, responses
from svclib.store.verify import verify

PAGES = 20


_LONGEST = 20.0
"""Seconds to wait for the first answer of a round: a busy machine opens pages slowly."""


async def _under_fire(server: Running, pages: list[Page], seconds: float) -> None:
    async def shoot() -> None:
        before, latest = sum(page.acknowledged for page in pages), time.perf_counter() + _LONGEST
        while sum(page.acknowledged for page in pages) == before and time.perf_counter() < latest:
            await asyncio.sleep(0.02)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(server.kill)

    await asyncio.gather(until_killed(pages), shoot())


def lost_and_doubled(settings: Settings, pages: list[Page]) -> tuple[int, int, int]:
    """Compare what pages know to be saved with what the store holds: (lost, doubled, findings of verify)."""
    lost = doubled = 0
    with Store.open(settings.store, settings=settings) as store:
        with store.read() as connection:
            for page in pages:
                mine = select(response_events.c.seq, response_events.c.content).join(
                    responses, responses.c.id == response_events.c.response_id
                ).where(responses.c.session_hash == token_hash(page.session))  # fmt: skip
                rows = connection.execute(mine).all()
                kept = {row.seq: (row.content["name"], row.content["value"]) for row in rows}
                doubled += len(rows) - len(kept)
                lost += sum(kept.get(seq) != page.sent[seq] for seq in range(1, page.acknowledged + 1))
        return lost, doubled, len(verify(store).findings)


def kill_often(settings: Settings, times: int, seed: int = 1) -> dict[str, float]:
    """Kill the server `times` times under load and compare at the end."""
    with Store.open(settings.store, settings=settings) as store:
        token = collector_token(store)
    generator = random.Random(seed)
    pages = [Page(0, token, number) for number in range(PAGES)]
    begun = time.perf_counter()
    for _kill in range(times):
        server = start(settings)
        for page in pages:
            page.port = page.connection.port = server.port
        try:
            asyncio.run(_under_fire(server, pages, generator.uniform(0.2, 0.8)))
        finally:
            server.kill()
    lost, doubled, findings = lost_and_doubled(settings, pages)
    return {
        "kills": times, "acknowledged": sum(page.acknowledged for page in pages), "lost": lost, "doubled": doubled,
        "findings of verify": findings, "seconds": time.perf_counter() - begun,
    }  # fmt: skip


def main(full: bool = False) -> dict[str, float]:
    """Kill 200 times; 20 where not `full`."""
    with demonstration(0.02) as settings:
        return kill_often(settings, 200 if full else 20)


if __name__ == "__main__":
    for name, value in main().items():
        print(f"{name:24} {value:10.1f}")
