import sqlite3
import threading
import time
from concurrent.futures import Future

import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from svclib.errors import Unavailable
from svclib.store import Store, schema
from svclib.store.engine import open_engines, unavailable
from svclib.store.writer import GroupCommit


def add(name):
    row = {"id": name, "path": f"/{name}/", "kind": "branch", "name": {"en": name}}
    return lambda tx: tx.execute(insert(schema.units), row)


def count(store):
    with store.read() as connection:
        return connection.scalar(select(func.count()).select_from(schema.units))


@pytest.fixture
def held(file_store):
    """A writer whose first piece of work waits until it is let go; what comes meanwhile forms one batch."""
    go = threading.Event()
    first = file_store.submit(lambda tx: go.wait(10))
    while not first.running():
        time.sleep(0.001)
    return file_store, go


def test_what_waits_shares_one_commit(held):
    store, go = held
    commits = []
    event.listen(store.engines.write, "commit", commits.append)
    futures = [store.submit(add(f"u{place}")) for place in range(50)]
    go.set()
    for future in futures:
        future.result(10)
    assert len(commits) <= 10
    assert count(store) == 50


def test_a_future_is_done_only_after_the_commit(held):
    store, go = held
    future = store.submit(add("a"))
    seen = []
    event.listen(store.engines.write, "commit", lambda connection: seen.append(future.done()))
    go.set()
    future.result(10)
    assert not any(seen[:2])
    assert count(store) == 1


def test_a_failing_piece_rolls_back_itself_alone(held):
    store, go = held

    def broken(tx):
        add("half")(tx)
        raise ValueError("no")

    futures = [store.submit(add("a")), store.submit(broken), store.submit(add("a")), store.submit(add("b"))]
    go.set()
    futures[0].result(10)
    futures[3].result(10)
    with pytest.raises(ValueError, match="no"):
        futures[1].result(10)
    with pytest.raises(IntegrityError):
        futures[2].result(10)
    assert count(store) == 2


def test_when_the_commit_fails_every_piece_fails_and_the_writer_goes_on(held):
    store, go = held
    futures = [store.submit(add(f"u{place}")) for place in range(5)]
    left = [1]

    @event.listens_for(store.engines.write, "commit")
    def fail(connection):
        if left:
            left.pop()
            raise sqlite3.OperationalError("disk I/O error")

    go.set()
    faults = [future.exception(10) for future in futures]
    assert all(fault is None or isinstance(fault, Unavailable) for fault in faults)
    assert count(store) == sum(fault is None for fault in faults)
    store.submit(add("later")).result(10)


def test_a_full_disk_is_a_clear_error_and_the_store_recovers(file_store):
    big = {"id": "big", "path": "/big/", "kind": "branch", "name": {"en": "x" * 200_000}}
    file_store.submit(add("a")).result(10)
    with file_store.engines.write.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

    @event.listens_for(file_store.engines.write, "begin")
    def small(connection):
        connection.connection.driver_connection.execute(f"PRAGMA max_page_count = {limit[0]}")

    limit = [pages + 2]
    future = file_store.submit(lambda tx: tx.execute(insert(schema.units), big))
    with pytest.raises(Unavailable, match="disk is full"):
        future.result(10)
    limit[0] = 1_000_000
    file_store.submit(add("b")).result(10)
    assert count(file_store) == 2


def test_too_much_waiting_is_refused_at_once(settings, file_store):
    engines = open_engines(settings.store)
    go = threading.Event()
    writer = GroupCommit(engines.write, waiting=3)
    first = writer.submit(lambda tx: go.wait(10))
    while not first.running():
        time.sleep(0.001)
    for place in range(3):
        writer.submit(add(f"u{place}"))
    with pytest.raises(Unavailable, match="overloaded"):
        writer.submit(add("one too many"))
    go.set()
    writer.close()
    engines.dispose()
    assert count(file_store) == 3


def test_closing_finishes_what_waits_and_takes_no_more(settings, file_store):
    with Store.open(settings.store) as store:
        futures = [store.submit(add(f"u{place}")) for place in range(30)]
    assert all(future.done() and future.exception() is None for future in futures)
    assert count(file_store) == 30
    with pytest.raises(Unavailable, match="closing"):
        store.submit(add("late"))


def test_a_cancelled_piece_is_not_run(held):
    store, go = held
    futures: list[Future] = [store.submit(add("a")), store.submit(add("b"))]
    assert futures[1].cancel()
    go.set()
    futures[0].result(10)
    assert count(store) == 1


def test_a_lock_held_by_another_process_is_a_clear_error(settings, file_store, monkeypatch):
    other = sqlite3.connect(settings.home / "svc.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with file_store.engines.write.connect() as connection:
        connection.rollback()

    @event.listens_for(file_store.engines.write, "checkout")
    def impatient(connection, record, proxy):
        connection.execute("PRAGMA busy_timeout = 50")

    with pytest.raises(Unavailable, match="busy"):
        file_store.write(add("a"))
    other.execute("ROLLBACK")
    other.close()
    file_store.write(add("a"))


def test_an_unmigrated_file_names_the_mend(tmp_path):
    (tmp_path / "empty.sqlite").touch()
    with Store.open(f"sqlite:///{tmp_path / 'empty.sqlite'}") as store, pytest.raises(Unavailable, match="svc migrate"):
        store.write(add("a"))


def test_a_file_that_is_no_database_names_the_mend(tmp_path):
    (tmp_path / "bad.sqlite").write_bytes(b"nothing " * 1000)
    with Store.open(f"sqlite:///{tmp_path / 'bad.sqlite'}") as store, pytest.raises(Unavailable, match="svc restore"):
        count(store)


def test_an_unreachable_server_is_a_clear_error(tmp_path):
    with (
        pytest.raises(Unavailable, match="cannot be reached"),
        Store.open(f"postgresql://nobody@/none?host={tmp_path}") as store,
    ):
        count(store)


def test_a_mistake_in_sql_stays_what_it_is(file_store):
    with pytest.raises(OperationalError):
        file_store.write(lambda tx: tx.execute(text("SELEKT 1")))


@pytest.mark.parametrize(
    "words, mend",
    [
        ("could not extend file: No space left on device", "full"),
        ("attempt to write a readonly database", "written"),
        ("something else", None),
    ],
)
def test_what_is_known_of_drivers_errors(words, mend):
    known = unavailable(sqlite3.OperationalError(words))
    assert (known is None) if mend is None else mend in str(known)


def test_the_writer_is_quick_enough(file_store):
    """4,000 small pieces a second of processor time; the disk's share is measured by the benchmark.

    The best of three: on a busy machine the threads wait for each other, which costs processor time too.
    """
    assert max(_pieces_a_second(file_store, run) for run in range(3)) > 4000


def _pieces_a_second(store, run):
    start = time.process_time()
    futures = [store.submit(add(f"u{run}-{place}")) for place in range(1000)]
    for future in futures:
        future.result(30)
    return 1000 / (time.process_time() - start)
