"""Canaries in every place of a key: nothing a candidate can fetch holds one before the policy says so."""

from __future__ import annotations

import base64

import pytest
from fortress import canaries_in, knocked, unpacked

WRONG = {"t-single": "a", "t-multiple": ["m1", "m2"], "t-true": "false", "t-numeric": 1, "t-short": "no",
         "t-ordering": ["o1", "o2", "o3", "o4"], "t-matching": {"l1": "r1", "l2": "r2", "l3": "r3"}}  # fmt: skip
PAGES = ("/", "/password", "/reports/", "/healthz", "/api/v1/openapi.json", "/apps/exam_desk", "/apps/item_author",
         "/static/forms/form.js", "/static/forms/page.js")  # fmt: skip


def events():
    return [
        {"seq": number, "kind": "answer", "name": name, "value": value}
        for number, (name, value) in enumerate(WRONG.items(), 1)
    ]


@pytest.fixture(scope="module")
def under_way(fortress):
    """An attempt that is open, with answers saved: every byte the protocol gave."""
    staff, path = fortress.visitor("staff"), fortress.ids["trap_staff"]
    opened = staff.open(path)
    saved = staff.save(path, opened.json, *events())
    again = staff.open(path)
    refused = staff.save(path, again.json, {"seq": 8, "kind": "answer", "name": "t-short", "value": ["x"]})
    assert [one.status for one in (opened, saved, again, refused)] == [200, 200, 200, 422]
    return staff, path, [opened, saved, again, refused]


def test_protocol_holds_no_canary(under_way):
    _staff, _path, answers = under_way
    for answer in answers:
        assert canaries_in(answer.body, structure=True) == []


def test_right_and_wrong_answers_are_acknowledged_alike(under_way):
    staff, path, _answers = under_way
    sheet = staff.open(path).json
    shapes = []
    for seq, value in ((8, 424242.5), (9, 1)):
        saved = staff.save(path, sheet, {"seq": seq, "kind": "answer", "name": "t-numeric", "value": value})
        shapes.append({**saved.json, "saved_seq": None, "server_time": None})
    assert shapes[0] == shapes[1]


def test_no_page_holds_a_canary(fortress, under_way):
    staff, path, _answers = under_way
    for page in (*PAGES, path):
        assert canaries_in(staff.get(page).body) == [], page


def test_app_page_holds_no_canary(under_way):
    staff, _path, _answers = under_way
    page = staff.get("/apps/take_quiz")
    assert page.status == 200
    assert canaries_in(page.body) == []


LOGINS = ("staff", "manager", "viewer", "proctor", "quality", "risk", "auditor", "security", "admin", "researcher")


@pytest.mark.parametrize("login", LOGINS)
def test_no_operation_gives_a_canary(fortress, under_way, login):
    answers = knocked(fortress.visitor(login), fortress.ids)
    assert len(answers) > 100
    for name, given, answer in answers:
        assert answer.status < 500, (name, given, answer.text)
        assert canaries_in(unpacked(answer)) == [], (name, given)


def test_staff_pass_no_operation_that_needs_a_right(fortress):
    from svclib.operations.registry import operations

    rights = {name: one.right for name, one in operations().items()}
    for name, given, answer in knocked(fortress.visitor("staff"), fortress.ids):
        assert rights[name] is None or answer.status == 403, (name, given)


@pytest.mark.browser
def test_browser_of_a_candidate_receives_no_canary(fortress, tab):
    """Every body of every answer and every frame of every socket, while an attempt is under way in the app."""
    page = tab("manager")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable", {"maxTotalBufferSize": 200_000_000, "maxResourceBufferSize": 100_000_000})
    frames, finished, received = [], [], []
    devtools.on("Network.webSocketFrameReceived", lambda event: frames.append(_frame(event["response"])))
    devtools.on("Network.loadingFinished", lambda event: finished.append(event["requestId"]))

    def collect():
        """Before the page is left: what it received goes with it."""
        page.wait_for_timeout(200)
        received.extend(_body(devtools, request) for request in finished)
        finished.clear()

    page.goto("/apps/take_quiz")
    card = page.locator(".app-card", has_text="Trap trap")
    card.get_by_role("button", name="Start").or_(card.get_by_role("button", name="Continue")).first.click()
    page.wait_for_selector(".sd-question, dialog[open], [role=dialog] button")
    if not page.locator(".sd-question").count():
        page.get_by_role("dialog").get_by_role("button", name="Start").click()
    page.wait_for_selector(".sd-question")
    page.locator(".sd-question label").first.click()
    page.wait_for_selector(".svc-status[data-state=saved]")
    collect()
    page.goto(fortress.ids["trap_manager"])
    page.wait_for_selector(".sd-question")
    collect()
    page.goto("/")
    collect()
    assert len(frames) > 10
    assert sum(b"t-single" in body for body in received) >= 2, "the form itself was not seen"
    for part in (*frames, *received):
        assert canaries_in(part) == []


def _frame(response):
    text = response["payloadData"]
    return base64.b64decode(text) if response["opcode"] == 2 else text.encode()


def _body(devtools, request):
    from playwright.sync_api import Error

    try:
        found = devtools.send("Network.getResponseBody", {"requestId": request})
    except Error:  # an answer without a body
        return b""
    return base64.b64decode(found["body"]) if found["base64Encoded"] else found["body"].encode()


def test_keys_come_after_the_last_attempt_and_not_before(under_way):
    staff, path, _answers = under_way
    assignment = path.removeprefix("/exam/")
    sheet = staff.open(path).json
    first = staff.submit(path, sheet, 9)
    told = staff.api("exams.attempt_feedback", assignment=assignment)
    reopened = staff.open(path)
    page = staff.get(path)
    second = staff.open(path, context={"start": "2"})
    assert second.json["status"] == "open"
    for answer in (first, told, reopened, page, second):
        assert answer.status == 200
        assert canaries_in(answer.body) == []
    done = staff.submit(path, second.json, 0)
    assert done.status == 200
    assert "CANARY-rationale" in done.text
    assert "CANARY-spelling" in staff.api("exams.attempt_feedback", assignment=assignment).text


def test_keys_wait_for_the_window_where_the_policy_says_so(fortress):
    staff, path = fortress.visitor("staff"), fortress.ids["attack_staff"]
    sheet = staff.open(path).json
    answers = [staff.submit(path, sheet, 0), staff.open(path), staff.get(path)]
    answers.append(staff.api("exams.attempt_feedback", assignment=path.removeprefix("/exam/")))
    for answer in answers:
        assert answer.status == 200
        assert canaries_in(answer.body, structure=answer.body.startswith(b"{")) == []


def test_logs_hold_no_canary_no_token_and_no_name(fortress):
    said = "".join(fortress.said)
    assert canaries_in(said.encode()) == []
    tokens = [value for key, value in fortress.ids.items() if key.endswith("_token")]
    links = [str(fortress.ids[name]).rsplit("/", 1)[1].partition("?")[0] for name in ("probe", "probe_anonymous")]
    assert not [one for one in tokens + links if one in said]
