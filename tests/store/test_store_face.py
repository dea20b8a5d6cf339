from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from svclib.errors import InvalidInput, NotFound, Unavailable
from svclib.store import Store, schema
from svclib.store.audit import GENESIS, line_hash


def unit(name, **values):
    return {"id": name, "path": f"/{name}/", "kind": "branch", "name": {"zh-CN": "网点", "en": name}, **values}


def add(name):
    return lambda tx: tx.execute(insert(schema.units).returning(schema.units.c.id), unit(name)).scalar()


def names(store):
    with store.read() as connection:
        return set(connection.scalars(select(schema.units.c.id)))


def test_a_write_returns_its_result_and_is_read_back(store):
    assert store.write(add("a")) == "a"
    assert names(store) == {"a"}


def test_a_failing_write_leaves_nothing(store):
    def work(tx):
        add("a")(tx)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.write(work)
    assert names(store) == set()


def test_submitted_work_is_done_when_its_future_is(store):
    futures = [store.submit(add(f"u{place}")) for place in range(20)]
    assert [future.result(10) for future in futures] == [f"u{place}" for place in range(20)]
    assert len(names(store)) == 20


def test_a_failing_submission_harms_no_other(store):
    store.write(add("a"))
    futures = [store.submit(add(name)) for name in ("c", "a", "b")]
    with pytest.raises(IntegrityError):
        futures[1].result(10)
    assert futures[2].result(10) == "b"
    assert names(store) == {"a", "b", "c"}


def test_a_write_inside_a_write_is_refused(store):
    with pytest.raises(RuntimeError, match="tx"):
        store.write(lambda tx: store.write(add("a")))


def test_a_read_sees_one_moment(file_store):
    with file_store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.units)) == 0
        with ThreadPoolExecutor(1) as pool:
            pool.submit(file_store.write, add("a")).result(10)
        assert connection.scalar(select(func.count()).select_from(schema.units)) == 0
    assert names(file_store) == {"a"}


def test_a_read_cannot_write(file_store):
    with pytest.raises(Unavailable), file_store.read() as connection:
        connection.execute(insert(schema.units), unit("a"))


def test_moments_come_back_aware(store, clock):
    store.write(lambda tx: store.audit(tx, actor="system", action="a.b", subject="s", text="t", detail={}))
    with store.read() as connection:
        assert connection.scalar(select(schema.audit.c.at)) == clock()


def test_the_trail_is_chained(store, clock):
    for place in range(3):
        store.write(
            lambda tx, n=place: store.audit(tx, actor="p", action="x.y", subject=str(n), text="t {n}", detail={"n": n})
        )
    with store.read() as connection:
        lines = connection.execute(select(schema.audit).order_by(schema.audit.c.seq)).mappings().all()
    previous = GENESIS
    for line in lines:
        assert line["previous"] == previous
        assert line["hash"] == line_hash(line, previous)
        previous = line["hash"]
    assert store.audit_head().hash == previous
    assert store.audit_head().seq == 3


def test_foreign_keys_hold(store):
    with pytest.raises(IntegrityError):
        store.write(lambda tx: tx.execute(insert(schema.units), unit("a", parent_id="nowhere")))


def test_concurrent_counts_lose_nothing(store):
    store.write(add("a"))
    store.write(lambda tx: tx.execute(update(schema.units).values(kind="0")))

    def increase(tx):
        count = int(tx.scalar(select(schema.units.c.kind)))
        tx.execute(update(schema.units).values(kind=str(count + 1)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.write(increase), range(20)))
    with store.read() as connection:
        assert connection.scalar(select(schema.units.c.kind)) == "20"


def test_a_missing_file_is_not_made(tmp_path):
    with pytest.raises(NotFound, match="svc init"):
        Store.open(f"sqlite:///{tmp_path / 'no.sqlite'}")
    assert not (tmp_path / "no.sqlite").exists()


@pytest.mark.parametrize("url", ["mysql://host/db", "nonsense", ""])
def test_other_databases_are_refused(url):
    with pytest.raises(InvalidInput, match="SVC_STORE"):
        Store.open(url)


def test_the_file_is_durable(file_store):
    with file_store.engines.write.connect() as connection:
        modes = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert modes == ["wal", 2, 1]
