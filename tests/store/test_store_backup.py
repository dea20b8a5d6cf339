import json
import stat
import threading
import zipfile
from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select

from svclib.errors import Conflict, InvalidInput, Unavailable
from svclib.store import Store, schema
from svclib.store.backup import backup, restore
from svclib.store.migrate import create
from svclib.store.verify import verify


def add_unit(name, parent=None):
    row = {
        "id": name,
        "path": f"/{name}/",
        "kind": "branch",
        "name": {"zh-CN": "网点", "en": name},
        "parent_id": parent,
    }
    return lambda tx: tx.execute(insert(schema.units), row)


def units(store):
    with store.read() as connection:
        return connection.scalar(select(func.count()).select_from(schema.units))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def full(request, settings, clock):
    """A store on its own with two units (the child's id before its parent's), a line in the trail, and keys."""
    if request.param == "postgresql":
        settings = replace(settings, store=request.getfixturevalue("postgres_url"))
    create(settings.store)
    with Store.open(settings.store, clock=clock, settings=settings) as store:
        store.keys.create()
        store.write(add_unit("z"))
        store.write(add_unit("a", "z"))
        store.write(lambda tx: store.audit(tx, actor="p", action="a.b", subject="s", text="t {n}", detail={"n": 1.5}))
        yield store


@pytest.fixture
def elsewhere(tmp_path, settings):
    return replace(settings, home=tmp_path / "other home", store=f"sqlite:///{tmp_path / 'other home' / 'svc.sqlite'}")


def test_a_backup_restored_elsewhere_is_the_same_store(full, tmp_path, elsewhere):
    manifest = backup(full, tmp_path / "b.svc")
    restore(tmp_path / "b.svc", elsewhere)
    with Store.open(elsewhere.store, settings=elsewhere) as store:
        assert units(store) == 2
        assert store.audit_head() == full.audit_head()
        assert store.key("sessions") == full.key("sessions")
        assert verify(store).ok
    assert manifest.audit_seq == 1


@pytest.mark.postgres
def test_an_embedded_store_moves_to_postgresql(file_store, tmp_path, settings, postgres_url):
    file_store.write(add_unit("z"))
    file_store.write(add_unit("a", "z"))
    backup(file_store, tmp_path / "b.svc")
    there = replace(settings, home=tmp_path / "there", store=postgres_url)
    restore(tmp_path / "b.svc", there)
    with Store.open(postgres_url, settings=there) as store:
        assert units(store) == 2
    with pytest.raises(Conflict, match="--force"):
        restore(tmp_path / "b.svc", there)
    restore(tmp_path / "b.svc", there, force=True)


def test_an_archive_is_for_its_owner_alone(full, tmp_path):
    backup(full, tmp_path / "b.svc")
    assert stat.S_IMODE((tmp_path / "b.svc").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_backup_is_taken_while_writers_write(file_store, tmp_path, settings, elsewhere):
    stop = threading.Event()
    done = []

    def write():
        while not stop.is_set():
            file_store.submit(add_unit(f"u{len(done)}")).result(10)
            done.append(1)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        while len(done) < 5:
            stop.wait(0.01)
        before = len(done)
        backup(file_store, tmp_path / "b.svc")
    finally:
        stop.set()
        thread.join()
    restore(tmp_path / "b.svc", elsewhere)
    with Store.open(elsewhere.store) as store:
        assert before <= units(store) <= len(done)


def test_a_store_is_not_overwritten_unless_forced(full, tmp_path, elsewhere):
    backup(full, tmp_path / "b.svc")
    restore(tmp_path / "b.svc", elsewhere)
    with pytest.raises(Conflict, match="--force"):
        restore(tmp_path / "b.svc", elsewhere)
    with Store.open(elsewhere.store) as store:
        store.write(add_unit("later"))
    restore(tmp_path / "b.svc", elsewhere, force=True)
    with Store.open(elsewhere.store) as store:
        assert units(store) == 2
    with Store.open(elsewhere.store + ".before-restore") as store:
        assert units(store) == 3


def test_a_store_in_use_is_not_replaced(full, tmp_path, elsewhere):
    backup(full, tmp_path / "b.svc")
    restore(tmp_path / "b.svc", elsewhere)
    with Store.open(elsewhere.store) as store:
        assert units(store) == 2
        with pytest.raises(Conflict, match="Stop the server"):
            restore(tmp_path / "b.svc", elsewhere, force=True)


def test_a_damaged_store_can_be_replaced(full, tmp_path, elsewhere):
    backup(full, tmp_path / "b.svc")
    elsewhere.home.mkdir()
    (elsewhere.home / "svc.sqlite").write_bytes(b"no database" * 1000)
    restore(tmp_path / "b.svc", elsewhere, force=True)
    with Store.open(elsewhere.store) as store:
        assert units(store) == 2


def rewritten(source, target, change):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            for changed, content in change(name, old.read(name)):
                new.writestr(changed, content)
    return target


def flip(name, content):
    if name.startswith("store."):
        content = content[:500] + bytes([content[500] ^ 1]) + content[501:]
    yield name, content


def climb(name, content):
    if name == "manifest.json":
        manifest = json.loads(content)
        manifest["files"]["../../evil"] = "sha256:" + "0" * 64
        content = json.dumps(manifest)
    yield name, content


def other_head(name, content):
    if name == "manifest.json":
        content = json.dumps({**json.loads(content), "audit_seq": 7})
    yield name, content


def no_store(name, content):
    if not name.startswith("store."):
        yield name, content


@pytest.mark.parametrize("change", [flip, climb, other_head, no_store])
def test_a_damaged_archive_is_refused_and_nothing_made(full, tmp_path, elsewhere, change):
    backup(full, tmp_path / "b.svc")
    bad = rewritten(tmp_path / "b.svc", tmp_path / "bad.svc", change)
    with pytest.raises(InvalidInput):
        restore(bad, elsewhere)
    assert not (elsewhere.home / "svc.sqlite").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"nothing"])
def test_another_file_is_no_backup(tmp_path, elsewhere, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(InvalidInput, match="no backup"):
        restore(tmp_path / "x", elsewhere)


def test_a_missing_file_is_named(tmp_path, elsewhere):
    with pytest.raises(InvalidInput, match="no file"):
        restore(tmp_path / "none", elsewhere)


def test_a_target_that_cannot_be_written_is_a_clear_error(full, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be written"):
        backup(full, tmp_path / "file" / "b.svc")


def test_a_store_outside_the_home_folder_is_restored(full, tmp_path, elsewhere):
    backup(full, tmp_path / "b.svc")
    apart = replace(elsewhere, store=f"sqlite:///{tmp_path / 'apart' / 'svc.sqlite'}")
    restore(tmp_path / "b.svc", apart)
    with Store.open(apart.store, settings=apart) as store:
        assert units(store) == 2
        assert store.key("sessions") == full.key("sessions")
    assert [path.name for path in (tmp_path / "apart").iterdir() if path.name.startswith(".")] == []
