"""The exam apps in Chromium on a real server: schedule, assign, take, hand in, results; axe; the socket is searched."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PASSWORD = "correct horse 2025"
BANK = """
bank: mini
version: 1
title: {zh-CN: 小题库, en: Small bank}
topics: {one: {zh-CN: 一, en: One}}
items:
  - id: mini-1
    type: single
    topic: one
    level: remember
    status: approved
    stem: {zh-CN: CANARYSTEM 选哪个?, en: CANARYSTEM which one?}
    choices: {a: {zh-CN: 甲, en: Wrong one}, b: {zh-CN: 乙, en: Right one}, c: {zh-CN: 丙, en: Third one}}
    key: b
    rationale: {zh-CN: CANARYWHY 因为, en: CANARYWHY because}
    source: CANARYSOURCE
"""
EXAM = """
exam: mini_drill
version: 1
title: {zh-CN: 小测验, en: Small drill}
bank: mini
minutes: 30
pass_mark: 60
attempts: 1
feedback: score_only
feedback_from: submitted
form: fixed
blueprint: [{topic: one, count: 1}]
"""
LAUNCH = """
import sys
from datetime import timedelta
from pathlib import Path
from svclib.settings import Settings
from svclib.web import app
if __name__ == "__main__":
    home = Path(sys.argv[1])
    settings = Settings(home=home, store=f"sqlite:///{home / 'svc.sqlite'}", port=0)
    app.serve(settings, ready=lambda address: print(address, flush=True))
"""


def furnish(settings):
    from svclib.operations import definitions, exams, people
    from svclib.operations.actor import system_actor
    from svclib.operations.passwords import hash_password
    from svclib.store import Store, schema
    from svclib.store.migrate import create

    create(settings.store)
    system = system_actor()
    with Store.open(settings.store, settings=settings) as store:
        for unit, parent, kind in (("head", None, "head_office"), ("b01", "head", "branch")):
            people.create_unit(store, system, id=unit, parent=parent, kind=kind, name={"zh-CN": unit, "en": unit})
        for login, unit in (("hr", "head"), ("lin", "b01"), ("wu", "head")):
            people.create(store, system, login=login, name=login.title(), unit=unit, staff_number=f"N-{login}")
        people.grant(store, system, person="hr", role="hr", unit="head")
        hashed = hash_password(PASSWORD)
        values = {"password_hash": hashed, "must_change_password": False}
        store.write(lambda tx: tx.execute(schema.people.update().values(**values)))
        for text in (BANK, EXAM):
            definitions.publish(store, system, text=text)
        now = store.now()
        window = {"opens_at": now, "closes_at": now + timedelta(days=7)}
        made = exams.schedule(store, system, exam="mini_drill", name="Autumn drill", **window)
        exams.assign(store, system, sitting=made.id, people=["wu"])


@pytest.fixture(scope="module")
def address(tmp_path_factory, chromium):
    from svclib.settings import Settings

    home = tmp_path_factory.mktemp("exam-apps")
    settings = Settings(home=home, store=f"sqlite:///{home / 'svc.sqlite'}")
    furnish(settings)
    launch = home / "launch.py"
    launch.write_text(LAUNCH)
    log = (home / "server.log").open("w")
    process = subprocess.Popen([sys.executable, str(launch), str(home)], stdout=subprocess.PIPE, stderr=log, text=True)
    line = process.stdout.readline().strip()
    assert line, (home / "server.log").read_text()
    yield line.rstrip("/")
    process.terminate()
    process.wait(20)
    process.stdout.close()
    log.close()


@pytest.fixture
def tab(address, chromium):
    """Open a signed-in page; afterwards no other host was asked and no script had failed."""
    contexts, asked, faults = [], set(), []

    def opened(login, language="en", width=1280):
        context = chromium.new_context(locale=language, viewport={"width": width, "height": 900}, base_url=address)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.goto("/login")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_selector("#waiting")
        page.click(f"button[name=language][value={language}]")
        page.wait_for_selector(f"html[lang={language}]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert asked - {""} <= {urlsplit(address).netloc}
    assert faults == []


def serious(page):
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    return [(one["id"], one["impact"]) for one in found if one["impact"] in {"serious", "critical"}]


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_from_schedule_to_results(tab):
    desk = tab("hr")
    desk.goto("/apps/exam_desk")
    desk.click("button:has-text('Schedule a sitting')")
    desk.fill("input[name=name]", "Spring drill")
    start = desk.input_value("input[name=opens_at]")
    desk.fill("input[name=opens_at]", f"{int(start[:4]) - 1}{start[4:]}")
    desk.click("form.app-form button[type=submit]")
    desk.click("button:has-text('Assign people')")
    desk.check("input[name=units][value=b01]")
    desk.click("button:has-text('Assign everybody there')")
    desk.wait_for_selector("tbody th:has-text('Lin')")

    frames = []
    staff = tab("lin")
    staff.on("websocket", lambda socket: socket.on("framereceived", lambda text: frames.append(str(text))))
    staff.goto("/apps/take_quiz")
    staff.click("button:has-text('Start')")
    staff.click("dialog[open] button[type=submit]")
    staff.get_by_text("Right one").click()
    staff.wait_for_selector("text=/All answers saved|Saved/")

    desk.click(".app-tab:has-text('Live')")
    desk.wait_for_selector("td:has-text('1 / 1')")
    assert desk.locator(".badge:has-text('In progress')").count() == 1

    staff.locator(".sd-navigation__complete-btn, .sv-footer__complete-btn").first.click()
    staff.locator("dialog[open] button").last.click()
    staff.click("button:has-text('Result')")
    staff.wait_for_selector("text=Has passed")
    told = " ".join(frames)
    assert "execution_state" in told and "CANARY" not in told

    desk.click(".app-tab:has-text('Results')")
    desk.wait_for_selector(".app-chart svg")
    with desk.expect_download() as download:
        desk.click("button:has-text('Export to Excel')")
    assert download.value.suggested_filename.startswith("mini_drill_")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_axe_finds_nothing_serious_on_any_tab(tab, width, language):
    page = tab("hr", language, width)
    page.goto("/apps/exam_desk")
    page.wait_for_selector(".app-tab")
    for number in range(6):
        page.locator(".app-tab").nth(number).click()
        page.wait_for_selector(f".app-tab:nth-child({number + 1})[aria-current]")
        page.wait_for_timeout(300)
        assert serious(page) == [], number
        assert fits(page), number


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_in_the_quiz(tab, width):
    page = tab("lin", "zh-CN", width)
    page.goto("/apps/take_quiz")
    page.wait_for_selector(".app-card, .empty")
    assert serious(page) == [] and fits(page)


def test_a_dialog_takes_the_keyboard_and_escape_closes_it(tab):
    page = tab("hr")
    page.goto("/apps/exam_desk")
    page.click(".app-tab:has-text('Live')")
    page.click("tbody tr >> nth=0")
    page.click("button:has-text('Extend')")
    page.wait_for_selector("dialog[open]")
    assert serious(page) == []
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.click("dialog[open] button[type=submit]")
    page.wait_for_selector("dialog[open] .field-error:not([hidden])")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog:not([open])", state="attached")
    assert page.locator("dialog[open]").count() == 0


def test_rows_are_chosen_and_sorted_by_keyboard(tab):
    page = tab("hr")
    page.goto("/apps/exam_desk")
    page.wait_for_selector("tbody tr")
    page.focus("thead .app-sort")
    page.keyboard.press("Enter")
    page.wait_for_selector("th[aria-sort=ascending]")
    page.keyboard.press("Enter")
    page.wait_for_selector("th[aria-sort=descending]")
    page.focus("tbody input[type=radio]")
    page.keyboard.press("Space")
    page.wait_for_selector("tbody tr.app-selected")


def test_the_form_fits_a_phone(tab):
    page = tab("wu", "en", 390)
    page.goto("/apps/take_quiz")
    page.click("button:has-text('Start')")
    page.click("dialog[open] button[type=submit]")
    page.wait_for_selector("text=CANARYSTEM")
    assert serious(page) == [] and fits(page)
