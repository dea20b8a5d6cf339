"""A real server with a small store for the desks' tests in Chromium."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from svclib.operations import definitions, passwords, people
from svclib.operations.actor import system_actor
from svclib.settings import Settings
from svclib.store import Store, migrate, schema

ROOT = Path(__file__).parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PASSWORD = "correct horse 2025"
STAFF = {"chen": "quality", "zhou": "author", "liu": "reviewer", "wang": "hr", "gao": "author"}


def furnish(settings):
    """A head office, two branches, a person for each role, one survey, one bank."""
    migrate.create(settings.store)
    with Store.open(settings.store, settings=settings) as store:
        system = system_actor()
        named = {"zh-CN": "总行", "en": "Head office"}
        people.create_unit(store, system, id="head", parent=None, kind="head_office", name=named)
        for unit in ("b01", "b02"):
            named = {"zh-CN": f"{unit}支行", "en": f"Branch {unit}"}
            people.create_unit(store, system, id=unit, parent="head", kind="branch", name=named)
        for login, role in STAFF.items():
            made = people.create(store, system, login=login, name=login.title(), unit="head")
            people.grant(store, system, person=made.person_id, role=role, unit="head")
            store.write(lambda tx, person=made.person_id: tx.execute(
                schema.people.update().where(schema.people.c.id == person)
                .values(password_hash=passwords.hash_password(PASSWORD), must_change_password=False, language=None)
            ))  # fmt: skip
        files = [ROOT / "surveys" / "branch_visit.yaml", ROOT / "quizzes" / "banks" / "products.yaml"]
        definitions.import_files(store, system, files)


LAUNCH = """
import sys
from pathlib import Path
from svclib.settings import Settings
from svclib.web import app
home = Path(sys.argv[1])
settings = Settings(home=home, store=f"sqlite:///{home / 'svc.sqlite'}", port=0)
app.serve(settings, ready=lambda address: print(address, flush=True))
"""


class Site:
    """The running server, and Chromium in front of it."""

    def __init__(self, address, chromium):
        self.address, self.chromium = address.rstrip("/"), chromium
        self.contexts, self.asked, self.faults = [], set(), []

    def visitor(self, language="en", width=1280):
        """A page of a new browser profile."""
        size = {"viewport": {"width": width, "height": 900}}
        context = self.chromium.new_context(locale=language, base_url=self.address, **size)
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("request", lambda request: self.asked.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        return page

    def desk(self, login, path, language="en", width=1280):
        """An app opened by a signed-in person."""
        page = self.visitor(language, width)
        page.goto("/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        page.goto(path)
        page.wait_for_selector(".app-head")
        return page


def serious(page):
    """What axe finds serious or critical on a page."""
    page.wait_for_timeout(700)  # colours that fade in are judged when they are there
    page.evaluate(AXE.read_text("utf-8") + "; null")
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)["violations"]
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in found if one["impact"] in {"serious", "critical"}]


@pytest.fixture(scope="module")
def site(tmp_path_factory, chromium):
    """A server over a furnished store; afterwards no other host was asked and no script failed."""
    home = tmp_path_factory.mktemp("desks") / "home"
    home.mkdir()
    settings = Settings(home=home, store=f"sqlite:///{home / 'svc.sqlite'}")
    furnish(settings)
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(home)], stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            address = process.stdout.readline().strip()
            assert address, (home / "server.log").read_text()
            made = Site(address, chromium)
            yield made
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()
    assert made.asked - {""} <= {urlsplit(made.address).netloc}
    assert made.faults == []
