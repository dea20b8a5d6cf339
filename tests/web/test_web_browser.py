"""Pages in Chromium: axe finds nothing, no other host is asked, widgets answer, a closing tab ends its kernel."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PASSWORD = "correct horse 2025"


@pytest.fixture
def tab(chromium, server):
    """A new browser profile; afterwards nothing may have been asked of another host, and no script may have failed."""
    contexts, asked, faults = [], set(), []

    def open_tab(language="en", width=1280):
        context = chromium.new_context(
            locale=language, viewport={"width": width, "height": 800}, base_url=server.address, bypass_csp=False
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert asked - {""} <= {urlsplit(server.address).netloc}
    assert faults == []


def sign_in(page, login="wang"):
    page.goto("/login")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector("#waiting")


def violations(page):
    """What axe finds, injected beside the page's own policy."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [(one["id"], one["impact"], [node["target"] for node in one["nodes"]][:3]) for one in found["violations"]]


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_login_and_start_page_are_accessible(tab, server, language, width, theme):
    page = tab(language, width)
    page.emulate_media(color_scheme=theme)
    page.goto("/login")
    assert page.evaluate("document.documentElement.lang") == language
    assert violations(page) == []
    assert fits(page)
    sign_in(page, "sun")
    page.click(".site-account summary")
    assert violations(page) == []
    assert fits(page)


@pytest.mark.parametrize("path", ["/nowhere", "/password", "/reports/"])
def test_other_pages_are_accessible(tab, path):
    page = tab("zh-CN", 390)
    sign_in(page, "sun")
    page.goto(path)
    assert violations(page) == []
    assert fits(page)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_survey_and_closed_survey_are_accessible(tab, server, language, width):
    page = tab(language, width)
    page.goto(server.ids["open"])
    page.wait_for_selector("#form fieldset, #form [role=radiogroup], #form input")
    assert violations(page) == []
    assert fits(page)
    page.goto(server.ids["closed"])
    assert violations(page) == []


def test_language_switches_in_place_on_a_survey(tab, server):
    page = tab("en")
    page.goto(server.ids["open"])
    page.wait_for_selector("#form input")
    page.click("[data-set-locale='zh-CN']")
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    assert page.is_visible(".brand [lang='zh-CN']")
    page.reload()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_exam_page_begins_by_a_button_and_is_accessible(tab, server):
    page = tab("zh-CN", 390)
    sign_in(page, "zhao")
    page.goto(server.ids["exam_zhao"])
    page.wait_for_selector("#form button")
    assert violations(page) == []
    page.click("#form button")
    page.wait_for_selector("#form input")
    assert violations(page) == []
    assert fits(page)


def test_desk_runs_its_widgets(tab, server):
    page = tab("en")
    sign_in(page)
    page.goto("/apps/exam_desk")
    page.wait_for_selector("main input[type=text]", timeout=30_000)
    assert page.input_value("main input[type=text]") == "hello wang"
    serious = [one for one in violations(page) if one[1] in {"serious", "critical"}]
    assert [one for one in serious if one[0] != "label"] == []  # the notebook of this test names no field


def test_closing_a_tab_ends_its_kernel(tab, server):
    page = tab("en")
    sign_in(page, "zhou")
    page.goto("/apps/take_quiz")
    page.wait_for_selector("main input[type=text]", timeout=30_000)
    kernel = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    page.goto("/")
    page.wait_for_timeout(1500)
    assert page.request.get(f"/api/kernels/{kernel}").status == 404
