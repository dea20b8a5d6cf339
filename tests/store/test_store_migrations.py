import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text

from svclib.errors import Conflict, Unavailable
from svclib.store import Store, schema
from svclib.store.migrate import create, differences, head_revision, migrate, require_current, schema_state


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'folder with space' / 'svc.sqlite'}"
    return request.getfixturevalue("postgres_url")


def run(url, *statements):
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_migrations_and_metadata_agree(url):
    migrate(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()


def test_migrations_make_the_same_sqlite_tables(tmp_path):
    """What a comparison by reflection does not see: tables without rowid, partial indexes, checks."""

    def tables(name, make):
        make(f"sqlite:///{tmp_path / name}")
        with sqlite3.connect(tmp_path / name) as connection:
            rows = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
            )
            found = {name: set(re.findall(r"WITHOUT ROWID|WHERE .*|CHECK .*|UNIQUE", sql)) for name, sql in rows}
        connection.close()
        return found

    assert tables("a.sqlite", migrate) == tables("b.sqlite", create)


def test_a_store_is_empty_then_current(url):
    assert schema_state(url) == "empty"
    assert migrate(url) == "empty"
    assert schema_state(url) == "current"
    assert migrate(url) == "current"
    with Store.open(url) as store:
        assert schema_state(store) == "current"
        require_current(store)


def test_a_store_made_at_once_is_current(url):
    if url.startswith("sqlite"):
        migrate(url)
    create(url)
    assert schema_state(url) == "current"


def test_an_older_store_is_refused_with_the_mend_and_migrated(url):
    migrate(url)
    run(
        url,
        *(
            f"DROP TABLE {table}"
            for table in ("results", "attempt_events", "attempts", "assignments", "proposals", "sittings")
        ),
        "UPDATE alembic_version SET version_num = '0002'",
    )
    assert schema_state(url) == "older"
    with Store.open(url) as store, pytest.raises(Unavailable, match="svc migrate"):
        require_current(store)
    assert migrate(url) == "older"
    assert schema_state(url) == "current"


def test_a_migration_copies_an_embedded_store_first(tmp_path):
    url = f"sqlite:///{tmp_path / 'svc.sqlite'}"
    migrate(url)
    run(
        url,
        *(
            f"DROP TABLE {table}"
            for table in ("results", "attempt_events", "attempts", "assignments", "proposals", "sittings")
        ),
        "UPDATE alembic_version SET version_num = '0002'",
    )
    migrate(url, tmp_path / "backups")
    (copy,) = (tmp_path / "backups").iterdir()
    assert schema_state(f"sqlite:///{copy}") == "older"


def test_a_newer_store_is_left_alone(url):
    migrate(url)
    run(url, "UPDATE alembic_version SET version_num = '9999'")
    assert schema_state(url) == "newer"
    with pytest.raises(Unavailable, match="newer svclib"):
        migrate(url)
    with Store.open(url) as store, pytest.raises(Unavailable, match="newer svclib"):
        require_current(store)


def test_a_database_of_another_program_is_left_alone(url):
    if url.startswith("sqlite"):
        migrate(url)
        run(url, "DROP TABLE alembic_version")
    else:
        run(url, "CREATE TABLE theirs (id INTEGER)")
    with pytest.raises(Conflict, match="database of its own"):
        migrate(url)


def test_two_migrations_at_once_do_the_work_once(url):
    with ThreadPoolExecutor(2) as pool:
        states = sorted(pool.map(migrate, [url, url]))
    assert states == ["current", "empty"]


def test_a_failing_migration_changes_nothing(url, monkeypatch):
    from svclib.store import migrate as module

    def broken(connection):
        schema.metadata.create_all(connection)
        raise RuntimeError("broken revision")

    monkeypatch.setattr(module, "_upgrade", broken)
    with pytest.raises(RuntimeError, match="broken"):
        migrate(url)
    assert schema_state(url) == "empty"


def test_there_is_one_head():
    assert head_revision() == "0003"
