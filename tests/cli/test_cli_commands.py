import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from svclib.cli.main import COMMANDS, run
from svclib.cli.speech import language

ROOT = Path(__file__).parents[2]
PASSWORD = "correct-horse-9"


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("SVC_STORE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SVC_HOME", str(tmp_path / "home with space"))
    monkeypatch.setenv("SVC_LANG", "en")
    monkeypatch.setenv("SVC_ADMIN_PASSWORD", PASSWORD)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home with space"


@pytest.fixture
def ready(home):
    assert run(["init", "--login", "root1", "--name", "First One"]) == 0
    return home


def test_init_makes_an_administrator_who_can_sign_in(ready, capsys):
    from svclib.operations import accounts
    from svclib.settings import Settings
    from svclib.store import Store

    chosen = Settings.from_environment()
    with Store.open(chosen.store, settings=chosen) as store:
        person = accounts.check_password(store, "root1", PASSWORD)
        assert accounts.actor_of(store, person).roles == ("administrator",)
    assert sorted(path.name for path in (ready / "keys").iterdir()) == [
        "certificates",
        "contexts",
        "pseudonyms",
        "sessions",
    ]


def test_init_refuses_a_store_that_is_not_empty(ready, capsys):
    assert run(["init", "--login", "second", "--name", "Second"]) == 2
    assert "is not empty" in capsys.readouterr().err


@pytest.mark.parametrize("login, password", [("root1", "short"), ("root1", "aaaaaaaaaaaa"), ("../x", PASSWORD)])
def test_init_refuses_bad_input_before_it_makes_anything(home, monkeypatch, capsys, login, password):
    monkeypatch.setenv("SVC_ADMIN_PASSWORD", password)
    assert run(["init", "--login", login, "--name", "First"]) == 2
    assert not home.exists()


def test_init_asks_for_what_was_not_given(home, monkeypatch):
    monkeypatch.delenv("SVC_ADMIN_PASSWORD")
    command = [sys.executable, "-m", "svclib", "init"]
    done = subprocess.run(
        command,
        input=f"root1\n\n{PASSWORD}\n{PASSWORD}\n",
        text=True,
        capture_output=True,
        timeout=60,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
    assert "sign in as root1" in done.stdout


def test_a_missing_store_is_one_clear_line(home, capsys):
    assert run(["verify"]) == 2
    error = capsys.readouterr().err
    assert "svc init" in error
    assert error.count("\n") == 1


def test_messages_come_in_chinese(home, monkeypatch, capsys):
    monkeypatch.setenv("SVC_LANG", "zh-CN")
    assert run(["backup", "x"]) == 2
    assert "没有数据库" in capsys.readouterr().err


@pytest.mark.parametrize(
    "environ, expected",
    [
        ({"SVC_LANG": "zh-CN", "LANG": "en_US.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({}, "en"),
        ({"LC_ALL": "en_GB", "LANG": "zh_CN"}, "en"),
    ],
)
def test_the_language_of_messages(environ, expected):
    assert language(environ) == expected


def test_a_wrong_setting_is_named(home, monkeypatch, capsys):
    monkeypatch.setenv("SVC_TZ", "Mars/Olympus")
    assert run(["verify"]) == 2
    assert "SVC_TZ" in capsys.readouterr().err


def test_the_unexpected_gives_no_traceback(home, monkeypatch, capsys):
    from svclib.cli import speech

    def broken(**_changes):
        raise RuntimeError("boom")

    monkeypatch.setattr(speech, "settings", broken)
    assert run(["verify"]) == 2
    error = capsys.readouterr().err
    assert "boom" in error
    assert "Traceback" not in error


def test_people_are_added_listed_disabled(ready, capsys):
    assert run(["user", "add", "anna", "--name", "Anna", "--role", "hr"]) == 0
    assert "One-time password" in capsys.readouterr().out
    assert run(["user", "list"]) == 0
    assert "anna" in capsys.readouterr().out
    assert run(["user", "disable", "anna", "--reason", "left"]) == 0
    assert run(["user", "list", "anna"]) == 0
    assert "disabled" in capsys.readouterr().out
    assert run(["user", "enable", "anna"]) == 0
    assert run(["user", "reset-password", "anna"]) == 0
    assert "One-time password of anna" in capsys.readouterr().out


def test_an_unknown_role_or_person_is_refused(ready, capsys):
    assert run(["user", "add", "anna", "--name", "Anna", "--role", "king"]) == 2
    assert "king" in capsys.readouterr().err
    assert run(["user", "disable", "nobody", "--reason", "x"]) == 2


def test_a_token_opens_the_person(ready, capsys):
    assert run(["token", "root1"]) == 0
    token = capsys.readouterr().out.splitlines()[-1]
    from svclib.operations import accounts
    from svclib.settings import Settings
    from svclib.store import Store

    with Store.open(Settings.from_environment().store) as store:
        assert accounts.token_person(store, token) is not None


def test_backup_restore_and_verify(ready, tmp_path, capsys, monkeypatch):
    file = tmp_path / "today.svc"
    assert run(["backup", str(file)]) == 0
    assert run(["verify", str(file)]) == 0
    assert run(["verify", str(ready / "svc.sqlite")]) == 0
    assert run(["restore", str(file)]) == 2
    assert "--force" in capsys.readouterr().err
    assert run(["restore", str(file), "--force"]) == 0
    printed = tmp_path / "printed.txt"
    printed.write_text(capsys.readouterr().out, "utf-8")
    assert run(["verify", "--against", str(printed)]) == 0


def test_verify_tells_what_does_not_agree(ready, capsys):
    with sqlite3.connect(ready / "svc.sqlite") as connection:
        connection.execute("UPDATE audit SET actor = 'other' WHERE seq = 2")
    connection.close()
    assert run(["verify"]) == 1
    assert "audit/2" in capsys.readouterr().err


def test_verify_against_a_head_of_another_store(ready, tmp_path, capsys):
    (tmp_path / "head.json").write_text('{"seq": 2, "hash": "sha256:' + "0" * 64 + '"}', "utf-8")
    assert run(["verify", "--against", str(tmp_path / "head.json")]) == 1
    assert "rewritten" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\x03\x04"])
def test_verify_refuses_another_file(home, tmp_path, capsys, content):
    (tmp_path / "x").write_bytes(content)
    assert run(["verify", str(tmp_path / "x")]) == 2


def test_migrate_says_what_it_did(home, capsys):
    assert run(["migrate"]) == 0
    assert "svc init" in capsys.readouterr().out
    assert run(["migrate"]) == 0
    assert "already" in capsys.readouterr().out


def test_check_import_export_of_shipped_definitions(ready, tmp_path, capsys):
    survey = ROOT / "surveys" / "branch_visit.yaml"
    assert run(["check", str(survey)]) == 0
    assert run(["import", str(survey)]) == 0
    assert "1 definitions are published" in capsys.readouterr().out
    assert run(["import", str(survey)]) == 0
    assert run(["export", "survey", "branch_visit", "--out", str(tmp_path / "out.yaml")]) == 0
    from svclib import forms

    first, second = (forms.compile_definition(forms.load_survey(path)) for path in (survey, tmp_path / "out.yaml"))
    assert first.hash == second.hash


def test_check_names_file_line_and_column(home, tmp_path, capsys):
    bad = tmp_path / "bad.yaml"
    bad.write_text("survey: visit\nversion: 1\nnonsense: 2\n", "utf-8")
    assert run(["check", str(bad)]) == 1
    assert "bad.yaml:3" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../../etc/passwd", "no.yaml", "CON", "a\x00b"])
def test_files_that_are_not_there(home, capsys, name):
    assert run(["check", name]) == 2
    assert run(["import", name]) == 2


def test_every_command_has_help_and_help_is_quick():
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "svclib", "--help"], text=True, capture_output=True, timeout=60)
    assert done.returncode == 0
    assert time.perf_counter() - start < 3  # a busy machine; alone it takes 0.2 s
    for name in (*COMMANDS, "user"):
        assert name in done.stdout


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from svclib.cli.main import run; run(['--help']); "
        "bad = {'sqlalchemy', 'pandas', 'pydantic', 'tornado', 'alembic'} & set(sys.modules); "
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("address", ["ftp://host", "host", "javascript:alert(1)", "", "http://"])
def test_login_refuses_what_is_no_address(home, capsys, address):
    assert run(["login", address, "--user", "a", "--password", "b"]) == 2


def test_login_tells_when_nothing_answers(home, capsys):
    assert run(["login", "http://127.0.0.1:9", "--user", "a", "--password", "b"]) == 2
    assert "127.0.0.1:9" in capsys.readouterr().err


def test_tokens_lie_in_a_file_of_ones_own(home):
    from svclib.cli.signing_in import keep

    path = keep("http://a.example", "one")
    keep("http://b.example", "two")
    assert path.stat().st_mode & 0o077 == 0
    assert path.read_text("utf-8").index("b.example") < path.read_text("utf-8").index("a.example")


def test_lab_needs_its_folder(home, capsys):
    assert run(["lab", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_the_command_is_installed():
    assert shutil.which("svc", path=str(Path(sys.executable).parent))


@pytest.mark.parametrize("command", [["serve"], ["backup", "x"], ["import"], ["user", "list"], ["token", "a"]])
def test_commands_without_a_store_name_the_mend(home, tmp_path, capsys, command):
    (tmp_path / "surveys").mkdir()
    assert run(command) == 2
    assert "svc init" in capsys.readouterr().err


def test_demo_refuses_a_store_with_data(ready, capsys):
    assert run(["demo"]) == 2
    assert "empty" in capsys.readouterr().err


def test_serve_refuses_an_older_store(ready, capsys):
    with sqlite3.connect(ready / "svc.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
    connection.close()
    assert run(["serve"]) == 2
    assert "svc migrate" in capsys.readouterr().err
    assert run(["init", "--login", "a", "--name", "A"]) == 2


class Server(BaseHTTPRequestHandler):
    """Answers as the platform does to a sign-in, for the password `right`."""

    def do_GET(self):
        self.answer(200, b"form", "_xsrf=x1")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/login":
            right = "password=right" in body and "_xsrf=x1" in body
            self.answer(200 if right else 401, b"", "svc_session=s1" if right else None)
        elif "svc_session=s1" in self.headers["Cookie"] and self.headers["X-XSRFToken"] == "x1":
            self.answer(200, b'{"id": "1", "token": "the-token"}')
        else:
            self.answer(403, b'{"error": {"code": "access_denied", "message": "no"}}')

    def answer(self, status, body, cookie=None):
        self.send_response(status)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def test_login_keeps_a_token(home, server, capsys):
    from svclib.client import kept_tokens

    assert run(["login", server, "--user", "anna", "--password", "right"]) == 0
    assert kept_tokens() == {server: "the-token"}
    assert "the-token" not in capsys.readouterr().out


def test_login_with_a_wrong_password(home, server, capsys):
    assert run(["login", server, "--user", "anna", "--password", "wrong"]) == 2
    assert "not right" in capsys.readouterr().err


def test_roles_are_given_and_taken_back(ready, capsys):
    assert run(["unit", "add", "b01", "--zh", "一支行", "--en", "First branch"]) == 0
    assert run(["user", "add", "anna", "--name", "Anna", "--unit", "b01"]) == 0
    assert run(["user", "grant", "anna", "manager", "b01"]) == 0
    capsys.readouterr()
    assert run(["user", "roles", "anna"]) == 0
    assert "manager" in capsys.readouterr().out
    assert run(["user", "revoke", "anna", "manager", "b01"]) == 0
    assert run(["user", "revoke", "anna", "manager", "b01"]) == 2
    assert "does not have the role manager over b01" in capsys.readouterr().err
    assert run(["user", "roles", "anna"]) == 0
    assert "manager" not in capsys.readouterr().out


def test_units_are_listed_in_the_language_of_the_reader(ready, capsys, monkeypatch):
    assert run(["unit", "add", "b01", "--zh", "一支行", "--en", "First branch"]) == 0
    assert run(["unit", "add", "b01", "--zh", "又一支行", "--en", "Again"]) == 2
    assert run(["unit", "add", "b02", "--zh", "x", "--en", "x", "--parent", "nowhere"]) == 2
    monkeypatch.setenv("SVC_LANG", "zh-CN")
    capsys.readouterr()
    assert run(["unit", "list"]) == 0
    assert "一支行" in capsys.readouterr().out


def test_a_roster_of_people_comes_whole_or_not_at_all(ready, tmp_path, capsys):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("login,name,unit\nanna,Anna,head\nbert,Bert,head\n", "utf-8")
    bad.write_text("login,name,unit\ncarl,Carl,head\ndora,Dora,nowhere\n", "utf-8")
    assert run(["user", "import", str(bad)]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert run(["user", "import", str(good), "--dry-run"]) == 0
    assert run(["user", "import", str(good)]) == 0
    capsys.readouterr()
    assert run(["user", "list"]) == 0
    listed = capsys.readouterr().out
    assert ("anna" in listed, "carl" in listed) == (True, False)
    assert run(["user", "import", str(tmp_path / "none.csv")]) == 2


@pytest.mark.parametrize("command", [["init", "--login", "root1", "--name", "One"], ["serve"], ["migrate"]])
def test_a_home_that_is_a_file_is_one_clear_line(home, capsys, command):
    home.write_text("", "utf-8")
    assert run(command) == 2
    error = capsys.readouterr().err
    assert "SVC_HOME" in error
    assert error.count("\n") == 1


def test_serve_tells_when_the_port_is_taken(ready, monkeypatch, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run(["serve", "--port", str(taken.getsockname()[1])]) == 2
    error = capsys.readouterr().err
    assert "SVC_PORT" in error
    assert error.count("\n") == 1


def spoil_revision(file):
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


@pytest.mark.parametrize(
    "spoil, said",
    [
        (spoil_revision, "newer svclib"),
        (lambda file: file.write_bytes(b"\0" * 4096 + file.read_bytes()[4096:]), "damaged"),
        (lambda file: file.write_bytes(file.read_bytes()[:20_000]), "damaged"),
    ],
    ids=["newer", "overwritten", "cut"],
)
def test_a_store_that_cannot_be_served_is_one_clear_line_and_stays(ready, capsys, spoil, said):
    file = ready / "svc.sqlite"
    spoil(file)
    before = file.read_bytes()
    for command in (["serve"], ["verify"], ["user", "list"]):
        capsys.readouterr()
        assert run(command) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
    assert file.read_bytes() == before


def test_people_of_a_roster_get_passwords_into_a_private_file(ready, tmp_path, capsys):
    from svclib.operations import accounts
    from svclib.settings import Settings
    from svclib.store import Store

    roster, file = tmp_path / "staff.csv", tmp_path / "new.csv"
    roster.write_text("login,name,unit\nanna,Anna,head\nbert,Bert,head\n", "utf-8")
    assert run(["user", "import", str(roster)]) == 0
    assert run(["user", "passwords", str(file)]) == 0
    assert file.stat().st_mode & 0o077 == 0
    lines = [line.split(",") for line in file.read_text("utf-8").splitlines()]
    assert [line[0] for line in lines] == ["login", "anna", "bert"]
    with Store.open(Settings.from_environment().store) as store:
        assert accounts.check_password(store, "anna", lines[1][2])
    assert run(["user", "passwords", str(file)]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert run(["user", "passwords", str(tmp_path / "again.csv")]) == 0
    assert (tmp_path / "again.csv").read_text("utf-8") == "login,unit,password\n"
