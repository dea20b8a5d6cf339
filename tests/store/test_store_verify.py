import sqlite3
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select, text, update

from svclib.errors import InvalidInput
from svclib.store import Store, schema
from svclib.store.audit import Head
from svclib.store.seals import seal
from svclib.store.verify import read_heads, verify


def answer(seq, name, value):
    return {"seq": seq, "kind": "answer", "name": name, "value": value}


@pytest.fixture
def filled(store, make, append, clock):
    """Two responses (one with moments), audit lines, all of it sealed."""
    named = make(started_at=clock(), customer_id="k1", ticket="A12")
    nameless = make()
    for sheet in (named, nameless):
        append(sheet, answer(1, "overall", 3), answer(2, "why", "a long wait"))
    for place in range(3):
        store.write(lambda tx, n=place: store.audit(tx, actor="p", action="a.b", subject=str(n), text="t"))
    clock.advance(days=1)
    seal(store)
    return {"named": named, "nameless": nameless}


def alter(store, statement):
    store.write(lambda tx: tx.execute(statement))


def found(store, **options):
    return [(finding.table, finding.row) for finding in verify(store, **options).findings]


def test_an_untouched_store_verifies(store, filled):
    result = verify(store)
    assert result.ok
    assert (result.lines, result.sheets, result.events, result.seals, result.definitions) == (5, 2, 4, 2, 1)
    assert result.head == store.audit_head()


@pytest.mark.parametrize("column", ["actor", "action", "subject", "text", "detail", "at"])
def test_an_altered_line_is_named(store, filled, column):
    value = {"detail": {"x": 1}, "at": datetime(2020, 1, 1, tzinfo=UTC)}.get(column, "other")
    alter(store, update(schema.audit).where(schema.audit.c.seq == 2).values({column: value}))
    assert ("audit", "2") in found(store)


def test_a_removed_line_is_noticed_at_the_next(store, filled):
    alter(store, delete(schema.audit).where(schema.audit.c.seq == 2))
    assert ("audit", "3") in found(store)


def test_a_cut_trail_is_noticed_against_a_printed_head(store, filled):
    printed = store.audit_head()
    for table in (schema.seal_leaves, schema.audit):
        column = table.c.seal if table is schema.seal_leaves else table.c.seq
        alter(store, delete(table).where(column == printed.seq))
    assert ("audit", str(printed.seq)) in found(store, against=[printed])


def test_a_rewritten_trail_is_noticed_against_a_printed_head(store, filled):
    assert found(store, against=[Head(2, "sha256:" + "1" * 64)]) == [("audit", "2")]


@pytest.mark.parametrize(
    "column, value",
    [
        ("content", {"seq": 1, "kind": "answer", "name": "overall", "value": 5}),
        ("salt", b"x" * 16),
        ("digest", "sha256:0"),
        ("chain", "sha256:0"),
        ("client", "tab-9"),
    ],
)
def test_an_altered_event_is_named(store, filled, column, value):
    events = schema.response_events
    where = (events.c.response_id == filled["nameless"]) & (events.c.position == 1)
    alter(store, update(events).where(where).values({column: value}))
    assert ("response_events", filled["nameless"] + "#1") in found(store)


def test_a_removed_event_is_noticed(store, filled):
    events = schema.response_events
    alter(store, delete(events).where(events.c.response_id == filled["named"], events.c.position == 2))
    assert ("responses", filled["named"]) in found(store)


def test_answers_that_the_events_do_not_give_are_named(store, filled):
    alter(
        store, update(schema.responses).where(schema.responses.c.id == filled["named"]).values(answers={"overall": 5})
    )
    assert found(store) == [("responses", filled["named"])]


def test_a_removed_response_is_noticed_by_its_seal(store, filled):
    for table, column in ((schema.response_events, "response_id"), (schema.responses, "id")):
        alter(store, delete(table).where(table.c[column] == filled["nameless"]))
    assert ("responses", filled["nameless"]) in found(store)


def test_a_response_written_anew_is_noticed_by_its_seal(store, filled, append):
    sheet = filled["named"]
    alter(store, delete(schema.response_events).where(schema.response_events.c.response_id == sheet))
    alter(
        store,
        update(schema.responses).where(schema.responses.c.id == sheet).values(answers={}, chain_head="", events=0),
    )
    append(sheet, answer(1, "overall", 5), answer(2, "why", "all good"))
    assert ("responses", sheet) in found(store)


def test_altered_leaves_of_a_seal_are_noticed(store, filled):
    alter(store, delete(schema.seal_leaves).where(schema.seal_leaves.c.sheet_id == filled["named"]))
    assert [table for table, _row in found(store)] == ["seal_leaves"]


def test_an_altered_definition_is_named(store, filled):
    alter(store, update(schema.definitions).values(body={"survey": "visit", "version": 2}))
    assert found(store) == [("definitions", "survey/visit/1")]


def test_erasing_keeps_the_chain_and_takes_the_text(store, filled):
    sheet = filled["named"]
    done = store.write(lambda tx: store.sheets.erase(tx, "responses", sheet, ["why"], actor="p1"))
    assert done == 1
    assert verify(store).findings == ()
    with store.read() as connection:
        assert connection.scalar(select(schema.responses.c.answers).where(schema.responses.c.id == sheet)) == {
            "overall": 3
        }
        kept = connection.execute(
            select(schema.response_events).where(schema.response_events.c.response_id == sheet)
        ).all()
    assert "a long wait" not in str(kept)


def test_erasing_a_whole_response_takes_who_it_was(store, filled, row_of):
    store.write(lambda tx: store.sheets.erase(tx, "responses", filled["named"], actor="p1"))
    row = row_of(filled["named"])
    assert (row.answers, row.ticket, row.customer_id) == ({}, None, None)
    assert verify(store).findings == ()


def test_erasing_without_a_line_is_noticed(store, filled):
    events = schema.response_events
    alter(store, update(events).where(events.c.response_id == filled["named"]).values(content=None, salt=None))
    alter(store, update(schema.responses).where(schema.responses.c.id == filled["named"]).values(answers={}))
    assert found(store) == [("responses", filled["named"])]


def test_an_anonymous_response_is_sealed_after_its_day_and_once_a_day(store, make, append, clock):
    append(make(), answer(1, "a", 1))
    assert seal(store) == ()
    clock.advance(days=1)
    assert len(seal(store)) == 1
    append(make(started_on=datetime(2025, 3, 3).date()), answer(1, "a", 1))
    clock.advance(minutes=5)
    assert seal(store) == ()
    clock.advance(days=1)
    assert len(seal(store)) == 1
    assert verify(store).ok


def test_a_sheet_is_sealed_again_only_when_it_grew(store, make, append, clock):
    sheet = make(started_at=clock())
    append(sheet, answer(1, "a", 1))
    assert len(seal(store)) == 1
    assert seal(store) == ()
    append(sheet, answer(2, "a", 2))
    assert len(seal(store)) == 1
    assert verify(store).ok


def test_leaves_of_a_seal_are_kept_in_the_order_of_random_ids(store, make, append, clock):
    sheets = [make() for _place in range(30)]
    for sheet in sheets:
        append(sheet, answer(1, "a", 1))
    clock.advance(days=1)
    seal(store)
    with store.read() as connection:
        kept = list(connection.scalars(text("SELECT sheet_id FROM seal_leaves")))
    assert kept == sorted(sheets)


@pytest.mark.parametrize("wrap", ['{{"seq": 7, "hash": "{0}"}}', "Trail 7 · {0}", "<li>seq: 7</li><li>hash: {0}</li>"])
def test_a_printed_head_is_found_in_a_file(wrap):
    value = "sha256:" + "ab" * 32
    assert read_heads(wrap.format(value)) == (Head(7, value),)


def test_a_file_without_a_head_is_an_error():
    with pytest.raises(InvalidInput, match="no head"):
        read_heads("nothing here")


def test_bytes_overwritten_in_the_file_are_found(file_store, settings, base_rows, response_row):
    """SQLite's own integrity check does not see them."""
    base_rows(file_store)
    row = response_row(file_store)

    def work(tx):
        tx.execute(schema.responses.insert(), row)
        file_store.sheets.append(tx, "responses", row["id"], "tab-1", [answer(1, "why", "a long wait at the counter")])

    file_store.write(work)
    file_store.close()
    path = settings.home / "svc.sqlite"
    content = path.read_bytes()
    assert b"a long wait" in content
    path.write_bytes(content.replace(b"a long wait", b"a good chat"))
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    with Store.open(settings.store) as store:
        assert ("response_events", row["id"] + "#1") in found(store)
