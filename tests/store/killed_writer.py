"""Forks a writer again and again and kills it with SIGKILL amid its work; run by test_store_durability.py.

Arguments: URL of a store with open responses, file for acknowledgements, number of kills, seed.
A writer sends the events of every sheet from the first one that was never acknowledged, and notes each
acknowledgement in the file after the store has given it.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from svclib.store import Store, schema


def event(sheet: str, seq: int) -> dict:
    return {"seq": seq, "kind": "answer", "name": f"q{seq % 7}", "value": f"{sheet}-{seq}"}


def acknowledged(path: Path) -> Counter:
    return Counter(
        {line.split()[0]: int(line.split()[1]) for line in path.read_text().splitlines() if line.count(" ") == 1}
    )


def work(url: str, path: Path) -> None:
    store = Store.open(url)
    with store.read() as connection:
        sheets = list(connection.scalars(select(schema.responses.c.id)))
    known = acknowledged(path)
    file = os.open(path, os.O_WRONLY | os.O_APPEND)

    def send(sheet: str) -> None:
        seq = known[sheet]
        while True:
            seq += 1
            sent = event(sheet, seq)
            future = store.submit(lambda tx, e=sent: store.sheets.append(tx, "responses", sheet, "tab-0001", [e]))
            kept = future.result()
            os.write(file, f"{sheet} {kept.saved_seq}\n".encode())

    threads = [threading.Thread(target=send, args=(sheet,), daemon=True) for sheet in sheets]
    for thread in threads:
        thread.start()
    threads[0].join()


def main(url: str, path: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    for _kill in range(kills):
        before = path.stat().st_size
        child = os.fork()
        if child == 0:
            work(url, path)
            os._exit(1)
        deadline = time.monotonic() + 30
        while path.stat().st_size == before and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.12))
        os.kill(child, signal.SIGKILL)
        _pid, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit("the writer ended by itself")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
