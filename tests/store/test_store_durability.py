"""A writer that is killed loses nothing that it acknowledged, and nothing is kept twice."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from svclib.store import Store, schema
from svclib.store.migrate import create
from svclib.store.verify import verify

KILLS = int(os.environ.get("SVC_KILLS", "10"))
WORKER = Path(__file__).with_name("killed_writer.py")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_kill_9_loses_no_acknowledged_answer(request, database, settings, tmp_path, base_rows, response_row):
    url = settings.store if database == "sqlite" else request.getfixturevalue("postgres_url")
    create(url)
    with Store.open(url) as store:
        base_rows(store)
        rows = [response_row(store) for _place in range(12)]
        store.write(lambda tx: tx.execute(insert(schema.responses), rows))
    notes = tmp_path / "acknowledged"
    notes.touch()
    subprocess.run([sys.executable, WORKER, url, notes, str(KILLS), "7"], check=True, timeout=60 + 3 * KILLS)

    noted = [line.split() for line in notes.read_text().splitlines() if line.count(" ") == 1]
    saved = Counter()
    for sheet, seq in noted:
        saved[sheet] = max(saved[sheet], int(seq))
    with Store.open(url) as store:
        with store.read() as connection:
            events = schema.response_events.c
            kept = connection.execute(select(events.response_id, events.seq)).all()
        assert verify(store).findings == ()
    assert sum(saved.values()) > KILLS
    assert len(kept) == len(set(kept))
    assert {(sheet, seq) for sheet, most in saved.items() for seq in range(1, most + 1)} <= {tuple(row) for row in kept}
