"""A real server on a free port over a store in a file, and a browser's worth of HTTP."""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest

from svclib.settings import Settings

PASSWORD = "correct horse 2025"
ROLES = {
    "admin": "administrator", "wang": "hr", "chen": "quality", "zhou": "author", "liu": "reviewer", "sun": "auditor",
    "ma": "manager", "xu": "researcher", "vera": "viewer",
}  # fmt: skip
PLAIN = ("lin", "zhao", "newcomer", "leaver", "sleepy", "forgetful")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        return self.json["error"]


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given):
        return None


@dataclass
class Browser:
    """Keeps cookies, follows nothing."""

    address: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def __post_init__(self) -> None:
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), _Stay())

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.address + path, body, named, method=method)
        try:
            with self.opener.open(request, timeout=20) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, refused.headers, refused.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def form(self, path: str, **fields: str) -> Answer:
        if not self.cookie("_xsrf"):
            self.get("/login")
        fields.setdefault("_xsrf", self.cookie("_xsrf"))
        return self.send("POST", path, urllib.parse.urlencode(fields).encode())

    def post(self, path: str, value: Any, **headers: str) -> Answer:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        headers.setdefault("Content_Type", "application/json")
        return self.send("POST", path, body, **headers)

    def api(self, name: str, **given: Any) -> Answer:
        return self.post(f"/api/v1/{name.replace('.', '/')}", given, X_XSRFToken=self.cookie("_xsrf"))

    def cookie(self, name: str) -> str:
        return next((one.value or "" for one in self.jar if one.name == name), "")

    def sign_in(self, login: str, password: str = PASSWORD) -> Answer:
        return self.form("/login", login=login, password=password, next="/")


@dataclass
class Running:
    """A server process and the store behind it."""

    address: str
    settings: Settings
    process: subprocess.Popen[str]
    apps: Path
    ids: dict[str, Any]

    def browser(self, login: str | None = None) -> Browser:
        browser = Browser(self.address)
        if login:
            assert browser.sign_in(login).status == 303
        return browser

    def store(self) -> Any:
        from svclib.store import Store

        return Store.open(self.settings.store, settings=self.settings)


NOTEBOOK = """
import os, ipywidgets as widgets
import svclib
svc = svclib.connect()
me = svc.people.me()
box = widgets.Text(value="hello " + me["login"])
"""


def write_notebook(folder: Path, name: str, *cells: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells]), folder / f"{name}.ipynb"
    )


LAUNCH = """
import sys
from pathlib import Path
from svclib.settings import Settings
from svclib.web import app, desks
home, folder = Path(sys.argv[1]), Path(sys.argv[2])
desks.folder = app.folder = lambda: folder
settings = Settings(home=home, store=f"sqlite:///{home / 'svc.sqlite'}", port=0)
app.serve(settings, ready=lambda address: print(address, flush=True))
"""


def launch(settings: Settings, apps: Path, log: str = "server.log") -> tuple[subprocess.Popen[str], str]:
    environment = {**os.environ, "SVC_STORE": settings.store, "SVC_HOME": str(settings.home)}
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, str(settings.home), str(apps)],
        stdout=subprocess.PIPE, stderr=(settings.home / log).open("w"), text=True, env=environment,
    )  # fmt: skip
    line = process.stdout.readline().strip()
    assert line, (settings.home / log).read_text()
    return process, line.rstrip("/")


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("web") / "home"
    home.mkdir()
    settings = Settings(home=home, store=f"sqlite:///{home / 'svc.sqlite'}")
    ids = furnish(settings)
    apps = home.parent / "apps"
    write_notebook(apps, "exam_desk", NOTEBOOK, "box")
    write_notebook(apps, "take_quiz", "import ipywidgets\nipywidgets.Text('quiz')", "1 / 0")
    process, address = launch(settings, apps)
    yield Running(address, settings, process, apps, ids)
    process.terminate()
    try:
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert " failed\nTraceback" not in (home / "server.log").read_text()


@pytest.fixture
def second_server(server) -> Iterator[Running]:
    """Another process on the same store: one that a test may end as it likes."""
    process, address = launch(server.settings, server.apps, "second.log")
    yield Running(address, server.settings, process, server.apps, server.ids)
    process.kill()
    process.wait()
    process.stdout.close()


def furnish(settings: Settings) -> dict[str, Any]:
    """People of every role, a survey with links, an exam assigned to two."""
    from svclib.operations import accounts
    from svclib.store import Store
    from svclib.store.migrate import create

    create(settings.store)
    with Store.open(settings.store, settings=settings) as store:
        people(store)
        tokens = {f"{login}_token": token(store, accounts.actor_of(store, login)) for login in ("zhao", "xu")}
        return {**survey(store), **exam(store), **tokens}


def people(store: Any) -> None:
    from svclib.operations.passwords import hash_password
    from svclib.store import schema

    hashed = hash_password(PASSWORD)

    def work(tx: Any) -> None:
        name = {"zh-CN": "总行", "en": "Head office"}
        tx.execute(schema.units.insert().values(id="head", path="/head/", kind="head_office", name=name, active=True))
        for login in (*ROLES, *PLAIN):
            tx.execute(schema.people.insert().values(
                id=login, login=login, name=login.title(), unit_id="head", password_hash=hashed, active=True,
                must_change_password=login == "newcomer", created_at=store.now(),
            ))  # fmt: skip
        for login, role in ROLES.items():
            tx.execute(schema.grants.insert().values(id=f"g-{login}", person_id=login, role=role, unit_id="head"))

    store.write(work)


def token(store: Any, actor: Any) -> str:
    from svclib.operations import tokens

    return tokens.create(store, actor, label="test").token


def survey(store: Any) -> dict[str, Any]:
    from svclib.operations import definitions, surveys
    from svclib.operations.actor import system_actor

    root = Path(__file__).parents[2]
    actor = system_actor()
    files = [root / "surveys" / "branch_visit.yaml", root / "quizzes" / "banks" / "aml.yaml",
             root / "quizzes" / "aml_annual.yaml"]  # fmt: skip
    for path in files:
        definitions.publish(store, actor, text=path.read_text("utf-8"), file_name=path.name)
    common = {"survey": "branch_visit", "unit": "head"}
    made = {}
    for name, more in {
        "open": {},
        "closed": {},
        "limited": {"hourly_limit": 2},
        "personal": {"kind": "personal"},
    }.items():
        collector = surveys.open_collector(store, actor, name=name, **{**common, **more})
        if name == "personal":
            made["personal"] = surveys.invite(store, actor, collector=collector.id, number=1)[0].path
        else:
            made[name] = surveys.link(store, actor, collector=collector.id)
        if name == "open":
            made["signed"] = surveys.link(store, actor, collector=collector.id, branch="head", counter="3")
        if name == "closed":
            surveys.close_collector(store, actor, collector=collector.id)
    return made


def exam(store: Any) -> dict[str, Any]:
    from svclib.operations import exams
    from svclib.operations.actor import system_actor

    actor, now = system_actor(), store.now()
    sitting = exams.schedule(
        store, actor, exam="aml_annual", name="Annual", unit="head", opens_at=now - timedelta(minutes=1),
        closes_at=now + timedelta(days=1),
    )  # fmt: skip
    exams.assign(store, actor, sitting=sitting.id, people=["lin", "zhao"])
    links = {}
    from sqlalchemy import select

    from svclib.store.schema import assignments

    with store.read() as connection:
        for row in connection.execute(select(assignments)).mappings():
            links[f"exam_{row['person_id']}"] = f"/exam/{row['id']}"
    return {**links, "sitting": sitting.id}
