"""An exam in the browser: the server's clock, the navigator, marks, the summary, the end."""

from __future__ import annotations

import time
from typing import Any

import pytest

pytestmark = pytest.mark.browser

RESULT = {
    "percent": 66.666,
    "points": 4,
    "maximum": 6,
    "passed": True,
    "pass_mark": 60,
    "level": "rationale",
    "items": [
        {
            "name": "aml-001",
            "title": {"zh-CN": "题干一", "en": "First stem"},
            "points": 0,
            "maximum": 2,
            "state": "answered",
            "counted": True,
            "answer": "b",
            "key": "a",
            "rationale": {"zh-CN": "先核实身份。", "en": "Identity comes first."},
            "source": "Rule 7",
        }
    ],
}


def start(page: Any, url: str, lang: str = "en") -> None:
    page.goto(f"{url}?lang={lang}")
    page.wait_for_selector(".sd-question")


def to_last_page(page: Any) -> None:
    page.get_by_role("button", name="Question 7").click()
    page.wait_for_selector("[data-name=aml-007]")


def seconds_left(page: Any) -> int:
    minutes, seconds = page.locator(".svc-countdown-time").inner_text().split(":")[-2:]
    return int(minutes) * 60 + int(seconds)


def test_the_countdown_follows_the_server_s_clock_not_the_browser_s(page, sheet_server):
    page.add_init_script("const now = Date.now; Date.now = () => now() + 3600000")
    url, _sheet = sheet_server.add("exam", kind="exam", minutes=30)
    start(page, url)
    assert 30 * 60 - 20 <= seconds_left(page) <= 30 * 60


def test_more_time_arrives_with_the_next_save(page, sheet_server, until):
    url, sheet = sheet_server.add("exam", kind="exam", minutes=9)
    start(page, url)
    page.wait_for_selector("text=10 minutes left")
    sheet.deadline += 1200
    page.locator("label", has_text="Verify and record").click()
    until(lambda: seconds_left(page) > 1500)


def test_the_last_minute_is_announced(page, sheet_server):
    url, _sheet = sheet_server.add("exam", kind="exam", minutes=0.9)
    start(page, url)
    banner = page.wait_for_selector(".svc-banner[data-kind=time]")
    assert "1 minute left" in banner.inner_text()
    assert banner.get_attribute("role") == "status"


def test_at_zero_the_answers_are_saved_and_submitted(page, sheet_server, until):
    url, sheet = sheet_server.add("exam", kind="exam", minutes=0.07)
    start(page, url)
    page.locator("label", has_text="Verify and record").click()
    page.wait_for_selector("text=Your answers have been submitted.", timeout=12000)
    assert sheet.submissions == 1
    assert sheet.answers == {"aml-001": "a"}


def test_the_navigator_shows_answered_unanswered_and_marked(page, sheet_server):
    url, _sheet = sheet_server.add("exam", kind="exam", minutes=30)
    start(page, url)
    page.locator("label", has_text="Verify and record").click()
    page.get_by_role("button", name="Mark for review").click()
    page.wait_for_selector("button[aria-label='Question 1, answered, marked for review'][aria-current=step]")
    assert page.locator("button[aria-label='Question 2, not answered']").is_visible()
    assert page.locator(".svc-navigator-count").inner_text() == "1 of 7 answered"


def test_marks_survive_a_reload(page, sheet_server):
    url, _sheet = sheet_server.add("exam", kind="exam", minutes=30)
    start(page, url)
    page.get_by_role("button", name="Mark for review").click()
    page.reload()
    page.wait_for_selector("button[aria-label='Question 1, not answered, marked for review']")


def test_the_summary_counts_and_leads_back_to_what_is_missing(page, sheet_server):
    url, sheet = sheet_server.add("exam", kind="exam", minutes=30)
    start(page, url)
    page.locator("label", has_text="Verify and record").click()
    to_last_page(page)
    page.get_by_role("button", name="Review and submit").click()
    dialog = page.get_by_role("dialog", name="Submit your answers?")
    assert "6 of 7 questions have no answer yet" in dialog.inner_text()
    dialog.get_by_role("button", name="Question 4").click()
    page.wait_for_selector("[data-name=aml-004]")
    assert not dialog.is_visible()
    assert sheet.submissions == 0


def test_escape_closes_the_summary_and_nothing_is_submitted(page, sheet_server):
    url, sheet = sheet_server.add("exam", kind="exam", minutes=30)
    start(page, url)
    to_last_page(page)
    page.get_by_role("button", name="Review and submit").click()
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert sheet.submissions == 0
    page.get_by_role("button", name="Review and submit").click()
    page.wait_for_selector("dialog[open]")


def test_submitting_shows_result_and_feedback(page, sheet_server):
    url, sheet = sheet_server.add("exam", kind="exam", minutes=30, result=RESULT)
    start(page, url)
    to_last_page(page)
    page.get_by_role("button", name="Review and submit").click()
    page.get_by_role("button", name="Submit now").click()
    page.wait_for_selector("text=66.67 of 100")
    text = page.locator(".svc-ending").inner_text()
    for part in (
        "Passed",
        "Pass mark: 60",
        "First stem",
        "Wrong · 0 of 2 points",
        "Your answer: Carry out the remittance at once",
        "Right answer: Verify and record the customer's identity",
        "Identity comes first.",
        "Rule 7",
    ):
        assert part in text
    assert sheet.submissions == 1


def test_an_expired_attempt_says_so(page, sheet_server):
    url, sheet = sheet_server.add("exam", kind="exam", minutes=30)
    sheet.status = "expired"
    page.goto(f"{url}?lang=zh-CN")
    page.wait_for_selector("text=考试时间已到，此前已保存的作答将计入成绩。")


def test_an_exam_can_be_taken_by_keyboard_alone(page, sheet_server, until):
    url, sheet = sheet_server.add("exam", kind="exam", minutes=30)
    start(page, url)
    focused = "document.activeElement.closest('[data-name]')?.dataset.name"
    for _step in range(30):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == "aml-001":
            break
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    until(lambda: sheet.answers == {"aml-001": "b"})
    for _step in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "Next":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-name=aml-002]")
    until(lambda: page.evaluate("document.activeElement.className") == "svc-body")  # the case comes first
    assert page.locator("text=Within three days").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "aml-002"


def test_an_exam_survives_a_cut_connection_and_a_reload(page, context, sheet_server, until):
    url, sheet = sheet_server.add("exam", kind="exam", minutes=30)
    start(page, url)
    context.set_offline(True)
    page.locator("label", has_text="Verify and record").click()
    page.get_by_role("button", name="Next").click()
    page.locator("label", has_text="Many in, one out").click()
    page.wait_for_selector(".svc-status[data-state=offline]")
    context.set_offline(False)
    began = time.monotonic()
    page.reload()
    page.wait_for_selector("[data-name=aml-001], [data-name=aml-002]")
    until(lambda: sheet.answers == {"aml-001": "a", "aml-002": ["a"]})
    assert time.monotonic() - began < 5
    assert all(len(sheet.answered(name)) == 1 for name in ("aml-001", "aml-002"))


def test_no_session_is_sent_for_an_exam_the_server_knows_the_attempt(page, sheet_server):
    url, sheet = sheet_server.add("exam", kind="exam", minutes=30)
    start(page, url)
    page.reload()
    page.wait_for_selector(".sd-question")
    assert ["session" in body for body in sheet.opened] == [False, False]


def test_the_clock_starts_only_when_the_candidate_begins(page, sheet_server):
    begin = 'data-begin="30 minutes, one attempt." data-begin-label="Begin"'
    url, sheet = sheet_server.add("exam", kind="exam", minutes=30, page_attributes=begin)
    page.goto(f"{url}?lang=en")
    page.wait_for_selector("text=30 minutes, one attempt.")
    assert sheet.opened == []
    page.get_by_role("button", name="Begin").click()
    page.wait_for_selector(".sd-question")
    assert len(sheet.opened) == 1


def test_the_next_attempt_is_asked_for_by_its_number(page, sheet_server):
    url, sheet = sheet_server.add("exam", kind="exam", minutes=30)
    sheet.status = "submitted"
    sheet.more = {"attempts_left": 1, "number": 1}
    page.goto(f"{url}?lang=en")
    page.get_by_role("button", name="Start the next attempt").click()
    page.wait_for_function("document.querySelectorAll('.svc-form').length === 1")
    page.wait_for_timeout(200)
    assert [(body.get("context") or {}).get("start") for body in sheet.opened] == [None, "2"]
