import threading
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from svclib import jobs
from svclib.store import Store, schema


def row(store, name):
    with store.read() as connection:
        return connection.execute(select(schema.jobs).where(schema.jobs.c.id == name)).one()


def test_a_job_runs_once_with_its_payload(store):
    seen = []
    name = jobs.enqueue(store, "a", {"n": 1})
    assert jobs.run_due(store, {"a": lambda _store, job: seen.append(job.payload)}) == 1
    assert jobs.run_due(store, {"a": lambda _store, job: seen.append(job.payload)}) == 0
    assert seen == [{"n": 1}]
    assert row(store, name).status == "done"


def test_a_job_waits_for_its_moment(store, clock):
    jobs.enqueue(store, "a", run_after=clock() + timedelta(minutes=1))
    assert jobs.run_due(store, {"a": lambda *_: None}) == 0
    clock.advance(minutes=1)
    assert jobs.run_due(store, {"a": lambda *_: None}) == 1


def test_a_job_without_handler_here_is_left_alone(store):
    name = jobs.enqueue(store, "b")
    assert jobs.run_due(store, {"a": lambda *_: None}) == 0
    assert row(store, name).status == "waiting"


def test_a_job_enqueued_in_a_failing_transaction_is_not_there(store):
    def work(tx):
        jobs.enqueue(store, "a", tx=tx)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.write(work)
    assert jobs.run_due(store, {"a": lambda *_: None}) == 0


def test_a_failing_job_keeps_its_error_and_is_tried_again_later_and_later(store, clock):
    def fail(_store, job):
        raise RuntimeError(f"try {job.tries}")

    name = jobs.enqueue(store, "a")
    pauses = []
    for _try in range(jobs.MOST_TRIES):
        assert jobs.run_due(store, {"a": fail}) == 1
        pauses.append((row(store, name).run_after - clock()).total_seconds())
        clock.advance(hours=2)
    assert pauses[:4] == [5, 10, 20, 40]
    assert row(store, name).status == "failed"
    assert "try 5" in row(store, name).error
    assert jobs.run_due(store, {"a": fail}) == 0


def test_a_periodic_job_comes_again_even_after_an_error(store, clock):
    faults = [RuntimeError("once")]

    def handler(_store, job):
        if faults:
            raise faults.pop()

    jobs.enqueue(store, "a", every_seconds=60, id="a")
    ran = 0
    for _minute in range(3):
        ran += jobs.run_due(store, {"a": handler})
        clock.advance(seconds=60)
    assert ran == 3
    assert (row(store, "a").error, row(store, "a").status) == (None, "waiting")


def test_a_periodic_job_that_was_late_does_not_run_many_times(store, clock):
    jobs.enqueue(store, "a", every_seconds=5, id="a")
    clock.advance(hours=10)
    assert jobs.run_due(store, {"a": lambda *_: None}) == 1
    assert row(store, "a").run_after == clock() + timedelta(seconds=5)


def test_a_dead_runners_job_is_taken_over_after_its_lease(store, clock):
    name = jobs.enqueue(store, "a")
    taken = jobs._take(store, ("a",), "dead", 60, clock())
    assert taken.id == name
    assert jobs.run_due(store, {"a": lambda *_: None}) == 0
    clock.advance(seconds=61)
    tries = []
    assert jobs.run_due(store, {"a": lambda _store, job: tries.append(job.tries)}) == 1
    assert tries == [2]


def test_who_lost_the_lease_cannot_end_the_job(store, clock):
    name = jobs.enqueue(store, "a")
    late = jobs._take(store, ("a",), "late", 60, clock())
    clock.advance(seconds=61)
    jobs._take(store, ("a",), "other", 60, clock())
    jobs._end(store, late, "late", {"status": "done"})
    assert (row(store, name).status, row(store, name).lease_owner) == ("running", "other")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_two_runners_never_run_the_same_job(request, database, settings, clock):
    from svclib.store.migrate import create

    url = settings.store if database == "sqlite" else request.getfixturevalue("postgres_url")
    create(url)
    seen, barrier = [], threading.Barrier(2)

    def runner():
        with Store.open(url, clock=clock) as store:
            barrier.wait(10)
            jobs.run_due(store, {"a": lambda _store, job: seen.append(job.payload["n"])})

    with Store.open(url, clock=clock) as store:
        for number in range(20):
            jobs.enqueue(store, "a", {"n": number})
    threads = [threading.Thread(target=runner) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(seen) == list(range(20))


def test_the_lease_is_renewed_while_a_job_runs(file_store, clock):
    name = jobs.enqueue(file_store, "a")
    ends = []

    def slow(store, job):
        clock.advance(seconds=30)
        deadline = threading.Event()
        for _wait in range(200):
            if row(store, name).lease_until > clock():
                break
            deadline.wait(0.01)
        ends.append(row(store, name).lease_until)

    jobs.run_due(file_store, {"a": slow}, lease_seconds=0.1)
    assert ends[0] > clock()


def test_the_platforms_jobs_are_entered_once(store):
    jobs.schedule(store)
    jobs.schedule(store)
    with store.read() as connection:
        assert set(connection.scalars(select(schema.jobs.c.id))) == set(jobs.HANDLERS) == set(jobs.PERIODIC)


def test_cleaning_drops_ended_sessions_and_old_jobs(store, clock):
    unit = {"id": "u", "path": "/u/", "kind": "branch", "name": {}}
    person = {"id": "p", "login": "p", "name": "P", "unit_id": "u", "created_at": clock()}

    def rows(tx):
        tx.execute(insert(schema.units), unit)
        tx.execute(insert(schema.people), person)
        for name, hours in (("old", 1), ("new", 24 * 60)):
            ends = clock() + timedelta(hours=hours)
            tx.execute(
                insert(schema.sessions),
                {"token_hash": name, "person_id": "p", "created_at": clock(), "expires_at": ends},
            )

    store.write(rows)
    jobs.enqueue(store, "a", id="ended")
    jobs.run_due(store, {"a": lambda *_: None})
    clock.advance(days=40)
    jobs.enqueue(store, "clean")
    assert jobs.run_due(store, {"clean": jobs.HANDLERS["clean"]}) == 1
    with store.read() as connection:
        assert list(connection.scalars(select(schema.sessions.c.token_hash))) == ["new"]
        assert "ended" not in set(connection.scalars(select(schema.jobs.c.id)))


def test_run_until_goes_on_after_a_fault_and_stops(file_store, caplog):
    stop, calls = threading.Event(), []

    def handler(store, job):
        calls.append(job.id)
        if len(calls) == 2:
            stop.set()

    jobs.enqueue(file_store, "a")
    jobs.enqueue(file_store, "a")
    jobs.run_until(file_store, stop, {"a": handler}, poll=0.01)
    assert len(calls) == 2
