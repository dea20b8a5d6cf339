"""What every form page keeps to: accessible, no other host, a strict policy, good on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from svclib.i18n import LANGUAGES

pytestmark = pytest.mark.browser

ROOT_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FORMS = ("branch_visit", "all_types", "servperf", "exam")


@pytest.fixture(scope="session")
def axe() -> str:
    from pathlib import Path

    script = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        pytest.skip("axe-core is not installed: npm ci in frontend/")
    return script.read_text(encoding="utf-8")


def violations(page: Any, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", ROOT_TAGS)
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"]]


def opened(chromium: Any, width: int, theme: str) -> Any:
    return chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=theme, reduced_motion="reduce")


def put_up(sheet_server: Any, fixture: str) -> tuple[str, Any]:
    more = {"kind": "exam", "minutes": 9} if fixture == "exam" else {}
    return sheet_server.add(fixture, **more)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("fixture", FORMS)
def test_axe_finds_nothing(chromium, sheet_server, axe, fixture, width):
    for language in LANGUAGES:
        for theme in ("light", "dark"):
            context = opened(chromium, width, theme)
            page = context.new_page()
            page.goto(f"{put_up(sheet_server, fixture)[0]}?lang={language}")
            page.wait_for_selector(".sd-question")
            assert violations(page, axe) == [], (language, theme)
            context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_where_answers_are_missing(chromium, sheet_server, axe, theme):
    context = opened(chromium, 390, theme)
    page = context.new_page()
    page.goto(f"{sheet_server.add('all_types')[0]}?lang=en")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("text=Please answer this question.")
    assert violations(page, axe) == []
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_summary_and_at_the_end_of_an_exam(chromium, sheet_server, axe, theme):
    context = opened(chromium, 1280, theme)
    page = context.new_page()
    result = {"percent": 40, "passed": False, "pass_mark": 60, "items": []}
    page.goto(f"{sheet_server.add('exam', kind='exam', minutes=9, result=result)[0]}?lang=en")
    page.get_by_role("button", name="Mark for review").click()
    page.get_by_role("button", name="Question 7").click()
    page.get_by_role("button", name="Review and submit").click()
    page.wait_for_selector("dialog[open]")
    assert violations(page, axe) == []
    page.get_by_role("button", name="Submit now").click()
    page.wait_for_selector("text=Not passed")
    assert violations(page, axe) == []
    context.close()


@pytest.mark.parametrize("fixture", FORMS)
def test_no_other_host_no_broken_policy_no_error(page, sheet_server, fixture):
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url))
    page.add_init_script(
        "window.broken = [];"
        "document.addEventListener('securitypolicyviolation', (e) => window.broken.push(e.violatedDirective))"
    )
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{put_up(sheet_server, fixture)[0]}?lang=en")
    page.wait_for_selector(".sd-question")
    assert [url for url in foreign if not url.startswith((sheet_server.address, "data:"))] == []
    assert page.evaluate("window.broken") == []
    assert errors == []


@pytest.mark.parametrize("width", [390, 320])
@pytest.mark.parametrize("fixture", FORMS)
def test_nothing_sticks_out_on_a_phone_and_targets_are_large_enough(chromium, sheet_server, fixture, width):
    context = opened(chromium, width, "light")
    page = context.new_page()
    page.goto(f"{put_up(sheet_server, fixture)[0]}?lang=en")
    page.wait_for_selector(".sd-question")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    small = page.evaluate("""() => [...document.querySelectorAll(
        '.svc-form button, .sd-btn, .sd-rating__item, .sd-selectbase__label, .sd-table .sd-item, .sd-input')]
        .map((node) => [node.className, node.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.width < 20 || box.height < 24))
        .map(([name, box]) => `${name} ${box.width}×${box.height}`)""")
    assert small == []
    context.close()


def test_a_rating_is_one_line_of_buttons_on_a_phone(chromium, sheet_server):
    context = opened(chromium, 390, "light")
    page = context.new_page()
    page.goto(f"{sheet_server.add('all_types')[0]}?lang=en")
    page.wait_for_selector("[data-name=nps] .sd-rating__item")
    tops = page.evaluate(
        "[...document.querySelectorAll('[data-name=nps] .sd-rating__item')].map((node) => node.offsetTop)"
    )
    assert len(tops) == 11
    assert len(set(tops)) == 1
    context.close()


def test_all_columns_of_a_matrix_are_in_view_on_a_wide_screen(page, sheet_server):
    page.goto(f"{sheet_server.add('servperf')[0]}?lang=en")
    page.wait_for_selector(".sd-table")
    sticking_out = """() => document.querySelector(".sd-table").getBoundingClientRect().right
        - document.querySelector("[data-name=perf]").getBoundingClientRect().right"""
    assert page.evaluate(sticking_out) <= 0


def test_a_preview_sends_nothing(page, sheet_server):
    url, sheet = sheet_server.add("branch_visit")
    page.goto(f"{url}?lang=en&mode=preview")
    page.wait_for_selector("text=This is a preview: nothing is sent or stored.")
    page.locator("[data-name=overall] label").first.click()
    page.locator("label", has_text="Loan advice").click()
    page.get_by_role("button", name="Next").click()
    page.locator("[data-name=nps] label").first.click()
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("text=End of the preview. Nothing was sent.")
    assert sheet.calls == []
    page.get_by_role("button", name="Start again").click()
    page.wait_for_selector("[data-name=overall]")


def test_the_theme_is_switched_on_the_page(page, sheet_server, until):
    page.goto(f"{sheet_server.add('branch_visit')[0]}?lang=en")
    page.wait_for_selector(".sd-question")
    colour = "getComputedStyle(document.querySelector('.sd-question')).backgroundColor"
    light = page.evaluate(colour)
    page.locator("[data-set-theme=dark]").click()
    until(lambda: page.evaluate(colour) != light)


def test_markup_in_a_definition_stays_words(page, sheet_server):
    url, sheet = sheet_server.add("branch_visit")
    bad = "<img src=x onerror=\"window.hit=1\"><script>window.hit=1</script><a href='javascript:window.hit=1'>x</a>"
    sheet.definition["pages"][0]["elements"].insert(0, {"type": "html", "name": "note", "html": bad})
    sheet.definition["pages"][0]["elements"][1]["title"] = bad
    page.goto(f"{url}?lang=en")
    page.wait_for_selector(".sd-question--html")
    assert page.locator(".svc-form img, .svc-form script, .svc-form a").count() == 0
    assert page.evaluate("window.hit") is None


def test_the_widget_mounts_and_reports_its_status(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    page.goto(f"{url}?lang=en")
    page.wait_for_selector(".sd-question")
    name = url.rsplit("/", 1)[1]
    page.evaluate(
        """async (source) => {
          const traits = {source, locale: "en", mode: "live", status: ""}, heard = {};
          window.traits = traits; window.heard = heard;
          const model = {get: (k) => traits[k], set: (k, v) => { traits[k] = v }, save_changes() {},
            on: (names, f) => names.split(" ").forEach((n) => { heard[n] = f }), off() {}};
          const host = document.createElement("section"); host.id = "widget"; document.body.append(host);
          document.querySelector("link[href*=form]").remove();
          const widget = (await import("/static/forms/form.js")).default;
          window.stop = widget.render({model, el: host});
        }""",
        f"/s/{name}",
    )
    page.wait_for_selector("#widget [data-name=overall]")
    page.locator("#widget [data-name=overall] label").nth(3).click()
    until(lambda: page.evaluate("window.traits.status") == "saved" and sheet.answers == {"overall": 4})
    assert page.locator("link[href*='form.css']").count() == 1
    page.evaluate("window.traits.locale = 'zh-CN'; window.heard['change:locale']()")
    page.wait_for_selector("#widget >> text=您今天来办理什么业务?")
    page.evaluate("window.stop()")
    assert page.locator("#widget .svc-form").count() == 0
