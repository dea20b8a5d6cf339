"""What happens by itself: a table of jobs, each run by one process at a time under a lease.

A runner takes a due job by writing its name and an end into the row. It renews the lease while the job runs; when it
dies, the lease ends and another runner takes over. A job may therefore run again after a crash: handlers must bear it.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from svclib.store import Store, new_id
from svclib.store.mixing import mix
from svclib.store.schema import jobs, sessions
from svclib.store.seals import DEFAULT_ZONE, seal

LEASE_SECONDS = 60.0
POLL_SECONDS = 1.0
MOST_TRIES = 5
FIRST_DELAY_SECONDS = 5.0
LONGEST_DELAY_SECONDS = 3600.0
KEEP_DAYS = 30
NIGHT = time(3, 17)  # local time of the nightly job
DAY_SECONDS = 86_400

log = logging.getLogger("svclib.jobs")


@dataclass(frozen=True)
class Job:
    """A job as its handler sees it.

    Attributes
    ----------
    id, kind : str
    payload : dict
        What was enqueued.
    tries : int
        Which run this is, from 1.
    """

    id: str
    kind: str
    payload: dict[str, Any]
    tries: int
    run_after: datetime
    every_seconds: int | None


Handler = Callable[[Store, Job], Any]


def enqueue(
    store: Store, kind: str, payload: Mapping[str, Any] | None = None, *, run_after: datetime | None = None,
    every_seconds: int | None = None, id: str | None = None, tx: Connection | None = None,
) -> str:  # fmt: skip
    """Add a job and give its id.

    Parameters
    ----------
    kind : str
        Name of the handler.
    payload : mapping, optional
        Plain JSON handed to the handler.
    run_after : datetime, optional
        Not before this moment (default: now).
    every_seconds : int, optional
        Run again this long after each end.
    id : str, optional
        Own id; when there is a job of this id already, nothing is added.
    tx : Connection, optional
        The transaction of the act that asks for the job, so that both are kept or neither.
    """
    row = {
        "id": id or new_id(), "kind": kind, "payload": dict(payload or {}), "run_after": run_after or store.now(),
        "every_seconds": every_seconds, "tries": 0, "status": "waiting",
    }  # fmt: skip

    def add(connection: Connection) -> str:
        if connection.scalar(select(jobs.c.id).where(jobs.c.id == row["id"])) is None:
            connection.execute(insert(jobs), row)
        return str(row["id"])

    return add(tx) if tx is not None else store.write(add)


def schedule(store: Store) -> None:
    """Enter the periodic jobs that are not there yet."""
    zone = store.settings.zone if store.settings else ZoneInfo(DEFAULT_ZONE)
    local = store.now().astimezone(zone)
    night = datetime.combine(local.date(), NIGHT, zone)
    tonight = night if night > local else night + timedelta(days=1)
    for kind, seconds in PERIODIC.items():
        enqueue(store, kind, every_seconds=seconds, id=kind, run_after=tonight if seconds == DAY_SECONDS else None)


def run_due(
    store: Store, handlers: Mapping[str, Handler], *, owner: str | None = None, lease_seconds: float = LEASE_SECONDS
) -> int:
    """Run every due job that has a handler here, one after another; gives how many were run.

    An error of a handler is kept with its job, which is tried again later, after longer and longer pauses.
    """
    me = owner or new_id()
    count = 0
    until = store.now()  # what falls due meanwhile waits for the next round
    while (job := _take(store, tuple(handlers), me, lease_seconds, until)) is not None:
        _run(store, handlers[job.kind], job, me, lease_seconds)
        count += 1
    return count


def run_until(
    store: Store, stop: threading.Event, handlers: Mapping[str, Handler] | None = None, *, poll: float = POLL_SECONDS
) -> None:
    """Run due jobs until `stop` is set; a fault of the store is logged and the next round tries again."""
    owner = new_id()
    while not stop.is_set():
        try:
            run_due(store, handlers or HANDLERS, owner=owner)
        except Exception as fault:  # noqa: BLE001 - the next round may succeed
            log.error("jobs could not be run: %s: %s", type(fault).__name__, fault)
        stop.wait(poll)


# ── one job ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _take(store: Store, kinds: tuple[str, ...], owner: str, lease_seconds: float, until: datetime) -> Job | None:
    def work(tx: Connection) -> Job | None:
        now = store.now()
        due = select(jobs).where(jobs.c.kind.in_(kinds), _due(now, until)).order_by(jobs.c.run_after).limit(1)
        row = tx.execute(due.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        tries = row.tries + 1
        lease = {"lease_owner": owner, "lease_until": now + timedelta(seconds=lease_seconds)}
        tx.execute(update(jobs).where(jobs.c.id == row.id).values(status="running", tries=tries, **lease))
        return Job(row.id, row.kind, row.payload, tries, row.run_after, row.every_seconds)

    return store.write(work) if _any_due(store, kinds, until) else None


def _any_due(store: Store, kinds: tuple[str, ...], until: datetime) -> bool:
    """Look without writing: most rounds find nothing."""
    with store.read() as connection:
        query = select(jobs.c.id).where(jobs.c.kind.in_(kinds), _due(store.now(), until)).limit(1)
        return connection.scalar(query) is not None


def _due(now: datetime, until: datetime) -> ColumnElement[bool]:
    waiting = and_(jobs.c.status == "waiting", jobs.c.run_after <= until)
    return or_(waiting, and_(jobs.c.status == "running", jobs.c.lease_until <= now))


def _run(store: Store, handler: Handler, job: Job, owner: str, lease_seconds: float) -> None:
    try:
        with _renewed(store, job, owner, lease_seconds):
            handler(store, job)
    except Exception as fault:  # noqa: BLE001 - whatever it was is kept with the job
        log.warning("job %s (%s) failed: %s", job.id, job.kind, fault)
        _end(store, job, owner, _failed(store, job, fault))
    else:
        _end(store, job, owner, _done(store, job))


def _done(store: Store, job: Job) -> dict[str, Any]:
    now = store.now()
    if job.every_seconds is None:
        return {"status": "done", "error": None, "finished_at": now}
    again = job.run_after + timedelta(seconds=job.every_seconds)
    run_after = again if again > now else now + timedelta(seconds=job.every_seconds)
    return {"status": "waiting", "error": None, "finished_at": now, "tries": 0, "run_after": run_after}


def _failed(store: Store, job: Job, fault: Exception) -> dict[str, Any]:
    now = store.now()
    error = "".join(traceback.format_exception(fault))[-4000:]
    if job.every_seconds is None and job.tries >= MOST_TRIES:
        return {"status": "failed", "error": error, "finished_at": now}
    longest = job.every_seconds or LONGEST_DELAY_SECONDS
    delay = min(longest, FIRST_DELAY_SECONDS * 2 ** min(job.tries - 1, 20))
    return {"status": "waiting", "error": error, "run_after": now + timedelta(seconds=delay)}


def _end(store: Store, job: Job, owner: str, values: dict[str, Any]) -> None:
    """Write how it ended, unless the lease was lost to another meanwhile."""
    mine = and_(jobs.c.id == job.id, jobs.c.lease_owner == owner, jobs.c.tries == job.tries)
    values |= {"lease_owner": None, "lease_until": None}
    store.write(lambda tx: tx.execute(update(jobs).where(mine).values(**values)))


@contextmanager
def _renewed(store: Store, job: Job, owner: str, lease_seconds: float) -> Iterator[None]:
    """Keep the lease while the block runs."""
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(lease_seconds / 3):
            until = store.now() + timedelta(seconds=lease_seconds)
            mine = and_(jobs.c.id == job.id, jobs.c.lease_owner == owner)
            try:
                store.write(lambda tx: tx.execute(update(jobs).where(mine).values(lease_until=until)))  # noqa: B023
            except Exception as fault:  # noqa: BLE001 - tried again in a third of the lease
                log.error("the lease of job %s was not renewed: %s", job.id, fault)

    thread = threading.Thread(target=renew, name="job-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


# ── the platform's own jobs ──────────────────────────────────────────────────────────────────────────────────────────
def _sweep(store: Store, job: Job) -> None:
    """Close exam attempts whose time has run out."""
    from svclib.operations import exams

    exams.sweep(store)


def _seal(store: Store, job: Job) -> None:
    """Seal the sheets that changed into the trail."""
    seal(store)


def _mix(store: Store, job: Job) -> None:
    """Take the order of arrival out of the files."""
    mix(store)


def _clean(store: Store, job: Job) -> None:
    """Drop sessions that ended yesterday or before, and finished jobs of last month."""
    now = store.now()

    def work(tx: Connection) -> None:
        tx.execute(delete(sessions).where(sessions.c.expires_at < now - timedelta(days=1)))
        tx.execute(delete(jobs).where(jobs.c.status == "done", jobs.c.finished_at < now - timedelta(days=KEEP_DAYS)))

    store.write(work)


HANDLERS: dict[str, Handler] = {"sweep": _sweep, "seal": _seal, "clean": _clean, "mix": _mix}
PERIODIC = {"sweep": 5, "seal": 300, "clean": 3600, "mix": DAY_SECONDS}
