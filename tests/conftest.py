"""Shared fixtures: a controllable clock, settings in a temporary home, a fresh store on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from svclib.settings import Settings

START = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)  # Monday, 09:00 in Shanghai


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, amount: timedelta | None = None, **parts: float) -> datetime:
        """Move by `amount`, or by ``days= hours= minutes= seconds=``."""
        self.moment += amount if amount is not None else timedelta(**parts)
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path) -> Settings:
    home = tmp_path / "home"
    home.mkdir()
    return Settings(home=home, store=f"sqlite:///{home / 'svc.sqlite'}")


@pytest.fixture
def file_store(settings, clock) -> Iterator:
    """A store in a file, as a server has it."""
    from svclib.store import Store
    from svclib.store.migrate import create

    create(settings.store)
    with Store.open(settings.store, clock=clock, settings=settings) as opened:
        yield opened


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request, clock, settings) -> Iterator:
    """A fresh store with all tables: SQLite in memory always, PostgreSQL where SVC_TEST_POSTGRES names a server."""
    from svclib.store import Store

    if request.param == "sqlite":
        with Store.open("sqlite://", clock=clock, settings=settings) as opened:
            yield opened
        return
    with postgres_database() as url:
        from svclib.store.migrate import create

        create(url)
        with Store.open(url, clock=clock, settings=settings) as opened:
            yield opened


class postgres_database:
    """An empty database on the server of SVC_TEST_POSTGRES, dropped at the end."""

    def __init__(self) -> None:
        server = os.environ.get("SVC_TEST_POSTGRES")
        if not server:
            pytest.skip("SVC_TEST_POSTGRES names no PostgreSQL server")
        from sqlalchemy import make_url

        self.server = make_url(server)
        self.name = "svc_test_" + uuid.uuid4().hex[:12]

    def __enter__(self) -> str:
        self._run(f'CREATE DATABASE "{self.name}"')
        return self.server.set(database=self.name).render_as_string(hide_password=False)

    def __exit__(self, *exception: object) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def _run(self, sql: str) -> None:
        from sqlalchemy import create_engine

        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(sql)
        engine.dispose()


@pytest.fixture
def postgres_url() -> Iterator[str]:
    with postgres_database() as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """The one Chromium of a run; started twice, Playwright's event loops would be in each other's way."""
    if not os.environ.get("SVC_TEST_CHROMIUM"):
        pytest.skip("SVC_TEST_CHROMIUM names no Chromium")
    from benchmarks.browser import chromium as running

    with running() as browser:
        yield browser


def pytest_sessionfinish(session, exitstatus) -> None:
    """Where nothing may be skipped (SVC_TEST_NO_SKIPS, as in CI), a skip is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("SVC_TEST_NO_SKIPS") and skipped and exitstatus == 0:
        reporter.write_line(f"{len(skipped)} tests were skipped where none may be", red=True)
        session.exitstatus = 1
