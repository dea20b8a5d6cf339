"""Build the demonstration bank, whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import event

from svclib import forms
from svclib.demo import exams, organisation, voices
from svclib.demo.clock import Clock, months_before
from svclib.demo.stories import MONTHS
from svclib.errors import Conflict, NotFound
from svclib.i18n import _
from svclib.operations import definitions
from svclib.operations.actor import Actor, system_actor
from svclib.settings import Settings
from svclib.store import Store
from svclib.store.engine import sqlite_file
from svclib.store.migrate import migrate, schema_state

STAFF, CUSTOMERS = 1200, 30_000
ROOT = Path(__file__).parents[2]
Progress = Callable[[str, float], None]


def build(
    settings: Settings, progress: Progress | None = None, *, anchor: datetime | None = None, scale: float = 1.0
) -> None:
    """Build the demonstration bank in the store of `settings`.

    Parameters
    ----------
    progress : callable, optional
        Called with an English sentence (marked for translation) and the share done, from 0 to 1.
    anchor : datetime, optional
        What counts as now (aware); the twelve whole months before it are filled.
    scale : float
        Share of the full size (40 branches, 1,200 staff, 30,000 customers, about 15,000 answers a year).

    Raises
    ------
    Conflict
        The store holds something already.
    """
    tell = progress or (lambda _sentence, _share: None)
    if schema_state(settings.store) != "empty":
        raise Conflict(_("The store holds data already; the demonstration bank needs an empty one."))
    now = (anchor or datetime.now(UTC)).astimezone(UTC)
    file = _embedded(settings)
    url = settings.store if file is None else f"sqlite:///{file.with_suffix('.building')}"
    if file is not None:
        _remove(file.with_suffix(".building"))
    settings.home.mkdir(parents=True, exist_ok=True)
    migrate(url)
    clock = Clock(now)
    with Store.open(url, clock=clock, settings=settings) as store:
        _hurry(store)
        _fill(store, clock, now, tell, scale)
    if file is not None:
        _settle(url)
        file.with_suffix(".building").replace(file)
        _remove(file.with_suffix(".building"))
    tell(_("The demonstration bank is ready"), 1.0)


def _fill(store: Store, clock: Clock, now: datetime, tell: Progress, scale: float) -> None:
    actor = system_actor()
    months = months_before(now.astimezone(store.settings.zone if store.settings else UTC).date(), MONTHS)
    clock.set(months[0], time(8))
    tell(_("Branches, staff and customers"), 0.02)
    organisation.units(store, actor)
    organisation.staff(store, actor, max(80, int(STAFF * scale)), clock())
    customers = organisation.customers(store, max(400, int(CUSTOMERS * scale)))
    tell(_("Surveys, banks and exams"), 0.06)
    bank, story = _publish(store, actor)
    tell(_("Twelve months of answers"), 0.10)
    answered = _voices(store, actor, clock, months, customers, tell, scale)
    organisation.contacts(store, months, answered, scale)
    tell(_("A year of exams"), 0.68)
    for done in exams.year(store, actor, clock, months, story, scale):
        tell(_("A year of exams"), 0.68 + 0.28 * min(1.0, done / (3000 * scale + 100)))
    clock.to(max(clock(), now))
    store.write(lambda tx: definitions.publish_parsed(store, tx, actor, bank, "aml.yaml"))
    exams.open_now(store, actor, now)
    sentence = _("Built the synthetic demonstration bank")
    store.write(lambda tx: store.audit(tx, actor="system", action="demo.build", subject="store", text=sentence))


def _publish(store: Store, actor: Actor) -> tuple[forms.Bank, exams.Story]:
    """Publish the shipped definitions, with version 1 of the money-laundering bank as it was before it was mended."""
    banks = [forms.load_bank(path) for path in sorted((definitions_folder() / "quizzes" / "banks").glob("*.yaml"))]
    quizzes = [forms.load_exam(path) for path in sorted((definitions_folder() / "quizzes").glob("*.yaml"))]
    mended = next(bank for bank in banks if bank.bank == "aml")
    certification = next(exam for exam in quizzes if exam.exam == exams.CERTIFICATION)
    before, story = exams.wrong_key(mended, certification)
    surveys = [forms.load_survey(path) for path in sorted((definitions_folder() / "surveys").glob("*.yaml"))]
    ordered: list[Any] = [*(before if bank is mended else bank for bank in banks), *quizzes, *surveys]
    for one in ordered:
        store.write(lambda tx, one=one: definitions.publish_parsed(store, tx, actor, one, one.id))  # type: ignore[misc]
    return mended, story


def _voices(
    store: Store, actor: Actor, clock: Clock, months: list[date], customers: dict[str, list[str]], tell: Progress,
    scale: float,
) -> dict[tuple[str, str, int], int]:  # fmt: skip
    expected = sum(stream.monthly for stream in voices.STREAMS) * len(organisation.BRANCHES) * MONTHS * scale
    answered: dict[tuple[str, str, int], int] = {}
    for done, counted in voices.collect(store, actor, clock, months, customers, scale):
        answered = counted
        tell(_("Twelve months of answers"), 0.10 + 0.58 * min(1.0, done / expected))
    return answered


def definitions_folder() -> Path:
    """The folder that holds ``surveys/`` and ``quizzes/``: the checkout's, or the one the server was started in."""
    for folder in (ROOT, Path.cwd()):
        if (folder / "surveys").is_dir() and (folder / "quizzes").is_dir():
            return folder
    raise NotFound(_("There are no folders surveys and quizzes here; start in the project's folder."))


def _embedded(settings: Settings) -> Path | None:
    return sqlite_file(settings.store)


def _hurry(store: Store) -> None:
    """A half-built bank is thrown away, so nothing in it needs to reach the disk before the end."""
    if store.engines.dialect == "sqlite":
        event.listen(store.engines.write, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous = OFF"))


def _settle(url: str) -> None:
    """Bring everything from the write-ahead log into the file and the file onto the disk."""
    path = url.removeprefix("sqlite:///")
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    with Path(path).open("rb") as file:
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
