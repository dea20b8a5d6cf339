"""Saving in the browser: each answer as it is given, nothing lost with connection or page, no duplicates."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def start(page: Any, url: str, lang: str = "en") -> None:
    page.goto(f"{url}?lang={lang}")
    page.wait_for_selector(".sd-question")


def rate(page: Any, name: str, value: int) -> None:
    page.locator(f"[data-name={name}] label", has_text=str(value)).first.click()


def choose(page: Any, text: str) -> None:
    page.locator("label", has_text=text).first.click()


def status(page: Any) -> str:
    return page.locator(".svc-status").get_attribute("data-state")


def fill_branch_visit(page: Any) -> None:
    rate(page, "overall", 5)
    choose(page, "Loan advice")
    page.get_by_role("button", name="Next").click()
    rate(page, "nps", 9)


def test_open_sends_client_locale_layout_and_context(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    page.goto(f"{url}?lang=en&b=b01&q=A17")
    page.wait_for_selector(".sd-question")
    body = sheet.opened[0]
    assert len(body.pop("client")) == 32
    assert body == {"locale": "en", "layout": "desktop", "context": {"lang": "en", "b": "b01", "q": "A17"}}


def test_a_choice_is_saved_at_once_with_page_language_and_layout(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    rate(page, "overall", 4)
    until(lambda: sheet.answers == {"overall": 4})
    event = next(event for event in sheet.log if event["kind"] == "answer")
    assert {key: event[key] for key in ("name", "value", "page", "language", "layout")} == {
        "name": "overall",
        "value": 4,
        "page": 0,
        "language": "en",
        "layout": "desktop",
    }


def test_typing_is_saved_after_a_pause_not_letter_by_letter(page, sheet_server, until):
    url, sheet = sheet_server.add("all_types")
    start(page, url)
    page.locator("textarea").first.press_sequentially("slow at noon", delay=20)
    until(lambda: sheet.answers.get("comment") == "slow at noon")
    assert len(sheet.answered("comment")) <= 3


def test_chinese_typed_through_an_input_method_is_saved_whole(page, context, sheet_server, until):
    url, sheet = sheet_server.add("all_types")
    start(page, url, "zh-CN")
    page.locator("[data-name=short] input").click()
    session = context.new_cdp_session(page)
    for letters in ("n", "ni", "ni hao"):
        session.send(
            "Input.imeSetComposition", {"text": letters, "selectionStart": len(letters), "selectionEnd": len(letters)}
        )
        page.wait_for_timeout(60)
    session.send("Input.insertText", {"text": "你好"})
    until(lambda: sheet.answers.get("short") == "你好")
    assert page.locator("[data-name=short] input").input_value() == "你好"


def test_all_kinds_of_answers_have_the_protocol_s_shapes(page, sheet_server, until):
    url, sheet = sheet_server.add("all_types")
    start(page, url)
    page.locator("[data-name=single] label", has_text="Other").click()
    page.locator("[data-name=single] textarea, [data-name=single] input[type=text]").first.fill("a friend")
    for text in ("Mobile", "Branch"):
        page.locator("[data-name=multiple] label", has_text=text).click()
    rate(page, "nps", 10)
    page.locator("[data-name=yes] label", has_text="Yes").click()
    page.locator("[data-name=number] input").fill("12.5")
    page.locator("[data-name=date] input").fill("2025-03-04")
    page.locator("[data-name=matrix] input[type=radio]").nth(4).check(force=True)
    page.locator("[data-name=ranking]").get_by_role("button", name="Move down: Mobile banking").click()
    expected = {
        "single": "other",
        "single-Comment": "a friend",
        "multiple": ["a", "c"],
        "nps": 10,
        "yes": True,
        "number": 12.5,
        "date": "2025-03-04",
        "matrix": {"speed": 5},
        "ranking": ["b", "a", "c", "d"],
    }
    until(lambda: sheet.answers == expected)


def test_the_answer_of_a_question_that_disappears_is_cleared(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    rate(page, "overall", 1)
    page.locator("textarea").first.fill("long queue")
    until(lambda: sheet.answers.get("what_went_wrong") == "long queue")
    rate(page, "overall", 5)
    until(lambda: sheet.answers == {"overall": 5})
    assert sheet.answered("what_went_wrong")[-1] is None


def test_answers_given_offline_are_kept_and_sent_when_the_connection_is_back(page, context, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    context.set_offline(True)
    rate(page, "overall", 3)
    page.wait_for_selector(".svc-status[data-state=offline]")
    assert "1 not saved" in page.locator(".svc-status").inner_text()
    assert page.locator(".svc-banner[data-kind=offline]").is_visible()
    context.set_offline(False)
    until(lambda: sheet.answers == {"overall": 3})
    page.wait_for_selector(".svc-status[data-state=saved]")
    assert not page.locator(".svc-banner[data-kind=offline]").count()


def test_unsent_answers_survive_a_reload(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    sheet.faults.append("*answers:503")
    rate(page, "overall", 2)
    page.wait_for_selector(".svc-status[data-state=unsaved]")
    page.reload()
    page.wait_for_selector(".sd-question")
    assert page.locator("[data-name=overall] input:checked").get_attribute("value") == "2"
    sheet.faults.clear()
    until(lambda: sheet.answers == {"overall": 2}, 12)
    assert sheet.answered("overall") == [2]


def test_a_lost_acknowledgement_leads_to_no_duplicate(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    until(lambda: sheet.calls.count("answers") >= 1)
    sheet.faults.extend(["answers:lost"] * 3)  # the browser itself tries a broken connection twice
    rate(page, "overall", 4)
    until(lambda: not sheet.faults and status(page) == "saved", 12)
    assert sheet.answered("overall") == [4]
    assert len({body["client"] for body in sheet.opened}) == 1


def test_reload_resumes_answers_and_page(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    fill_branch_visit(page)
    until(lambda: sheet.answers.get("nps") == 9)
    page.reload()
    page.wait_for_selector("[data-name=nps]")
    assert page.locator("[data-name=nps] input:checked").get_attribute("value") == "9"
    assert sheet.opened[-1]["session"] == sheet.session


def test_typed_text_is_not_lost_when_the_page_closes_at_once(page, sheet_server, until, context):
    url, sheet = sheet_server.add("all_types")
    start(page, url)
    page.locator("textarea").first.fill("closing now")
    page.goto("about:blank")
    until(lambda: sheet.answers.get("comment") == "closing now")


def test_submit_completes_only_after_the_acknowledgement(page, context, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit", thank_you={"zh-CN": "谢谢您!", "en": "Thanks a lot!"})
    start(page, url)
    fill_branch_visit(page)
    until(lambda: status(page) == "saved")
    context.set_offline(True)
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector(".svc-banner[data-kind=submit]")
    assert page.get_by_role("button", name="Submit").is_enabled()
    assert page.locator("[data-name=nps]").is_visible()
    assert sheet.status == "open"
    context.set_offline(False)
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("text=Thanks a lot!")
    assert sheet.submissions == 1
    assert sheet.answers == {"overall": 5, "purpose": "loan", "nps": 9}


def test_reload_after_submission_shows_the_end_and_opens_no_new_response(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit", thank_you={"zh-CN": "谢谢您!", "en": "Thanks a lot!"})
    start(page, url)
    fill_branch_visit(page)
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("text=Thanks a lot!")
    page.reload()
    page.wait_for_selector("text=Thanks a lot!")
    assert sheet.opened[-1]["session"] == sheet.session


def test_required_questions_are_asked_for_before_submitting(page, sheet_server):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    page.get_by_role("button", name="Next").click()
    page.wait_for_selector("text=Please answer this question.")
    assert "submit" not in sheet.calls


def test_a_refused_answer_is_shown_at_its_question_and_the_others_are_kept(page, sheet_server, until):
    url, sheet = sheet_server.add("all_types", refuse={"number": 150})
    start(page, url)
    sheet.faults.append("answers:503")
    page.locator("[data-name=number] input").fill("150")
    page.locator("[data-name=short] input").click()
    rate(page, "nps", 7)
    page.wait_for_selector("text=This answer was not accepted: Too large.")
    until(lambda: sheet.answers == {"nps": 7})
    page.locator("[data-name=number] input").fill("15")
    page.locator("[data-name=short] input").click()
    until(lambda: sheet.answers == {"nps": 7, "number": 15})
    assert not page.locator("text=Too large.").count()


def test_the_older_of_two_tabs_becomes_read_only_and_can_take_back(page, context, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    rate(page, "overall", 3)
    until(lambda: sheet.answers == {"overall": 3})
    other = context.new_page()
    start(other, url)
    rate(other, "overall", 4)
    until(lambda: sheet.answers == {"overall": 4})
    rate(page, "overall", 2)
    page.wait_for_selector(".svc-banner[data-kind=read_only]")
    page.wait_for_selector("[data-name=overall].sd-question--readonly")
    page.get_by_role("button", name="Continue here").click()
    until(lambda: status(page) == "saved")
    rate(page, "overall", 5)
    until(lambda: sheet.answers == {"overall": 5})


def test_a_duplicated_tab_gets_a_client_id_of_its_own(page, context, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    copy = context.new_page()
    copy.add_init_script(f"if (!sessionStorage.length) Object.assign(sessionStorage, {kept})")
    start(copy, url)
    assert sheet.opened[0]["client"] != sheet.opened[1]["client"]


def test_lost_events_on_the_server_are_sent_again(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    rate(page, "overall", 3)
    until(lambda: sheet.answers == {"overall": 3})
    sheet.events.clear()
    sheet.answers = {}
    choose(page, "Loan advice")
    until(lambda: sheet.answers == {"overall": 3, "purpose": "loan"})


def test_closed_on_the_server_shows_the_end(page, sheet_server):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    sheet.status = "closed"
    rate(page, "overall", 3)
    page.wait_for_selector("text=This form is closed and takes no more answers.")


def test_signed_out_offers_to_sign_in_and_keeps_the_answers(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    sheet.faults.append("*answers:401")
    rate(page, "overall", 3)
    page.wait_for_selector("a:has-text('Sign in again')")
    assert page.locator("a:has-text('Sign in again')").get_attribute("href").startswith("/login?next=%2Fs%2F")
    kept = page.evaluate(
        "Object.entries(sessionStorage).filter(([k]) => k.split(':').length == 3).map(([, v]) => v)[0]"
    )
    assert any(event.get("value") == 3 for event in json.loads(kept)["events"])
    sheet.faults.clear()
    until(lambda: sheet.answers == {"overall": 3}, 12)


def test_process_data_counts_time_visits_and_changes(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    rate(page, "overall", 4)
    page.wait_for_timeout(300)
    rate(page, "overall", 5)
    choose(page, "Loan advice")
    page.get_by_role("button", name="Next").click()
    until(lambda: any(event["kind"] == "page" and event["page"] == 1 for event in sheet.log))
    visits = [event for event in sheet.log if event["kind"] == "visit" and event["name"] == "overall"]
    assert sum(event["changes"] for event in visits) == 2
    assert sum(event["visits"] for event in visits) == 1
    assert 300 <= sum(event["visible_ms"] for event in visits) < 20_000
    assert sum(event["visible_ms"] for event in sheet.log if event["kind"] == "page" and event["page"] == 0) >= 300


def test_changing_the_language_keeps_the_answers_and_is_recorded(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit")
    start(page, url)
    rate(page, "overall", 4)
    page.get_by_role("button", name="中文").click()
    page.wait_for_selector("text=您今天来办理什么业务?")
    assert page.locator("[data-name=overall] input:checked").get_attribute("value") == "4"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    until(lambda: any(event["kind"] == "language" and event["language"] == "zh-CN" for event in sheet.log))


def test_status_events_tell_state_and_number(page, sheet_server, until):
    url, _sheet = sheet_server.add("branch_visit")
    page.add_init_script(
        "window.seen = [];"
        "document.addEventListener('svc-status', (e) => window.seen.push([e.detail.state, e.detail.unsaved]))"
    )
    start(page, url)
    rate(page, "overall", 4)
    until(lambda: page.evaluate("window.seen.at(-1)[0]") == "saved")
    assert ["saving", 1] in page.evaluate("window.seen")


def test_a_start_without_connection_offers_to_try_again(page, sheet_server):
    url, sheet = sheet_server.add("branch_visit")
    sheet.faults.append("open:503")
    page.goto(f"{url}?lang=en")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".sd-question")


def test_an_incomplete_submission_leads_to_the_question_that_is_missing(page, sheet_server):
    url, sheet = sheet_server.add("branch_visit", incomplete="purpose")
    start(page, url)
    fill_branch_visit(page)
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("[data-name=purpose]")
    assert page.locator("[data-name=purpose]").get_by_text("Please answer this question too.").is_visible()
    assert sheet.submissions == 0


def test_a_page_may_offer_a_further_response(page, sheet_server, until):
    url, sheet = sheet_server.add("branch_visit", page_attributes="data-again")
    start(page, url)
    fill_branch_visit(page)
    page.get_by_role("button", name="Submit").click()
    again = page.get_by_role("button", name="Start a new response")
    again.wait_for()
    sheet.status, sheet.session, sheet.answers, sheet.page = "open", "another", {}, 0
    sheet.events.clear()
    again.click()
    page.wait_for_selector("[data-name=overall]")
    assert "session" not in sheet.opened[-1]
    assert page.locator("[data-name=overall] input:checked").count() == 0
    rate(page, "overall", 3)
    until(lambda: sheet.answers == {"overall": 3})
