"""Pages in Chromium: usable by everybody (axe, WCAG 2.2 AA), with a strict policy, asking no other host."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
SIZES = [(1280, "light"), (390, "dark")]
LANGUAGES = ["zh-CN", "en"]
NEXT = {"zh-CN": "下一页", "en": "Next"}


@pytest.fixture
def violations(axe):
    def found(page):
        page.evaluate(axe)
        result = page.evaluate("rules => axe.run(document, rules)", RULES)
        return [
            (one["id"], one["impact"], [node["target"] for node in one["nodes"]][:3]) for one in result["violations"]
        ]

    return found


@pytest.fixture
def checked(violations):
    """Nothing to mend for axe, and nothing wider than the screen."""

    def check(page):
        page.wait_for_timeout(120)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")

    return check


def strict(answer):
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert "base-uri 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_login_portal_and_errors(tab, checked, language, width, theme):
    page = tab(None, language, width, theme)
    strict(page.goto("/login"))
    assert page.evaluate("document.documentElement.lang") == language
    checked(page)
    strict(page.goto("/nowhere"))
    checked(page)
    page = tab("staff", language, width, theme)
    strict(page.goto("/"))
    checked(page)
    strict(page.goto("/reports/"))  # no access
    checked(page)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_survey_from_first_page_to_thanks(tab, fortress, checked, branch_visit, language, width, theme):
    page = tab(None, language, width, theme)
    strict(page.goto(branch_visit))
    page.wait_for_selector(".sd-question")
    checked(page)
    fill(page)
    page.wait_for_selector(".svc-status[data-state=saved]")
    page.goto(fortress.ids["probe_anonymous"])
    page.wait_for_selector(".sd-question")
    fill(page)
    submit = page.get_by_role("button", name=re.compile("^(Complete|Submit|完成|提交)$"))
    checked(page)
    submit.click()
    page.wait_for_selector(".sd-question", state="detached")
    checked(page)


def fill(page):
    """Answer every question that is shown: a high mark on scales, else the first choice."""
    for question in page.locator(".sd-question[data-name]").all():
        labels, answered = question.locator("label"), question.locator("input:checked").count()
        if labels.count() and not answered:
            labels.nth(4 if labels.count() > 4 else 0).click()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_matrix_page(tab, checked, servperf, language, width, theme):
    page = tab(None, language, width, theme)
    page.goto(servperf)
    page.wait_for_selector(".sd-question")
    for _page in range(4):
        if page.locator("table, .sd-table, [data-name] fieldset table").count() or page.locator(".sd-matrix").count():
            break
        page.get_by_role("button", name=NEXT[language]).click()
        page.wait_for_timeout(200)
    checked(page)


@pytest.fixture(scope="module")
def branch_visit(fortress):
    return link_to(fortress, "branch_visit")


@pytest.fixture(scope="module")
def servperf(fortress):
    return link_to(fortress, "servperf_22")


def link_to(fortress, survey):
    quality = fortress.visitor("quality")
    made = quality.api("surveys.open_collector", survey=survey, name="axe", unit="head").json
    return quality.api("surveys.link", collector=made["id"]).json


@pytest.mark.parametrize(("login", "language", "width", "theme"), [
    ("manager", "zh-CN", 1280, "light"), ("hr", "en", 1280, "light"), ("viewer", "zh-CN", 390, "dark"),
    ("proctor", "en", 390, "dark"),
])  # fmt: skip
def test_exam_from_the_beginning_to_the_end(tab, fortress, checked, login, language, width, theme):
    page = tab(login, language, width, theme)
    strict(page.goto(exam_of(fortress, login)))
    page.wait_for_selector(".svc-begin button")
    checked(page)
    page.click(".svc-begin button")
    kinds = 7
    for number in range(kinds):
        page.wait_for_selector(".sd-question")
        checked(page)
        if number < kinds - 1:
            page.get_by_role("button", name=NEXT[language]).first.click()
    page.get_by_role("button", name={"zh-CN": "检查并交卷", "en": "Review and submit"}[language]).first.click()
    submit = page.get_by_role("button", name={"zh-CN": "确认交卷", "en": "Submit now"}[language])
    submit.wait_for()
    checked(page)
    submit.click()
    submit.wait_for(state="detached")
    checked(page)


def exam_of(fortress, login):
    """An attempt of its own for each test: a sitting made now."""
    from datetime import UTC, datetime, timedelta

    hr, now = fortress.visitor("hr"), datetime.now(UTC)
    window = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(days=1)).isoformat()}
    sitting = hr.api("exams.schedule", exam="trap", name=f"axe {login}", unit="head", **window).json
    hr.api("exams.assign", sitting=sitting["id"], people=[login])
    mine = fortress.visitor(login).api("exams.mine", {}).json
    return next(one["link"] for one in mine if one["name"] == f"axe {login}")


DESKS = {"exam_desk": "hr", "survey_desk": "quality", "item_author": "author", "take_quiz": "staff"}


@pytest.mark.parametrize(("language", "width", "theme"), [("zh-CN", 1280, "light"), ("en", 390, "dark")])
@pytest.mark.parametrize("desk", DESKS)
def test_desks_have_nothing_serious(tab, violations, desk, language, width, theme):
    page = tab(DESKS[desk], language, width, theme)
    answer = page.goto(f"/apps/{desk}")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'nonce-" in policy
    page.wait_for_selector("main .widget-button, main button, main table, main .app-card", timeout=30_000)
    page.wait_for_timeout(600)
    found = violations(page)
    print(desk, language, width, "other:", [one for one in found if one[1] not in {"serious", "critical"}])
    assert [one for one in found if one[1] in {"serious", "critical"}] == []
