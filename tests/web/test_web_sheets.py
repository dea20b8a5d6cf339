"""The sheet protocol over HTTP: a customer's survey and a candidate's exam, from open to submitted."""

import itertools
from urllib.parse import urlsplit

import pytest

CLIENT = "tabtabtabtab"


def open_survey(browser, link, client=CLIENT, **more):
    parts = urlsplit(link)
    context = dict(pair.split("=") for pair in parts.query.split("&") if pair)
    return browser.post(
        f"{parts.path}/open", {"client": client, "locale": "en", "layout": "phone", "context": context, **more}
    )


def save(browser, path, sheet, *events, client=CLIENT):
    given = {"session": sheet["session"], "client": client, "lease": sheet["lease"], "events": list(events)}
    return browser.post(f"{path}/answers", given)


def submit(browser, path, sheet, seq, client=CLIENT):
    given = {"session": sheet["session"], "client": client, "lease": sheet["lease"], "seq": seq}
    return browser.post(f"{path}/submit", given)


def questions(definition):
    return [one for page in definition["pages"] for one in _flat(page["elements"])]


def _flat(elements):
    for one in elements:
        yield from _flat(one["elements"]) if one["type"] == "panel" else [one]


def answer_to(question):
    kind = question["type"]
    if kind == "rating":
        return question.get("rateMax", 5)
    if kind == "boolean":
        return True
    if kind in {"radiogroup", "dropdown"}:
        return _value(question["choices"][0])
    if kind == "checkbox":
        return [_value(question["choices"][0])]
    if kind == "matrix":
        return {_value(row): _value(question["columns"][0]) for row in question["rows"]}
    return None


def _value(choice):
    return choice["value"] if isinstance(choice, dict) else choice


def test_survey_page_is_open_to_everybody(server):
    page = server.browser().get(server.ids["open"], Accept_Language="en")
    assert page.status == 200
    assert f'data-source="{urlsplit(server.ids["open"]).path}"' in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]


def test_survey_from_open_to_thanks(server):
    browser, path = server.browser(), urlsplit(server.ids["signed"]).path
    sheet = open_survey(browser, server.ids["signed"]).json
    events, seq = [], itertools.count(1)
    for question in questions(sheet["definition"]):
        value = answer_to(question)
        if question.get("isRequired") and value is not None:
            events.append({"seq": next(seq), "kind": "answer", "name": question["name"], "value": value})
    saved = save(browser, path, sheet, *events)
    assert saved.status == 200, saved.text
    assert saved.json["saved_seq"] == len(events)
    done = submit(browser, path, sheet, len(events))
    assert done.status == 200, done.text
    assert done.json["status"] == "submitted"
    assert submit(browser, path, sheet, len(events)).json["status"] == "submitted"


def test_reload_resumes_with_the_answers(server):
    browser, path = server.browser(), server.ids["open"]
    sheet = open_survey(browser, path).json
    first = questions(sheet["definition"])[0]
    save(browser, path, sheet, {"seq": 1, "kind": "answer", "name": first["name"], "value": answer_to(first)})
    again = open_survey(browser, path, session=sheet["session"]).json
    assert again["answers"] == {first["name"]: answer_to(first)}
    assert again["saved_seq"] == 1
    stale = save(browser, path, sheet, {"seq": 2, "kind": "page", "page": 0})
    assert stale.status == 409
    assert stale.error["code"] == "read_only"


def test_replay_with_another_value_is_a_conflict(server):
    browser, path = server.browser(), server.ids["open"]
    sheet = open_survey(browser, path).json
    name = questions(sheet["definition"])[0]["name"]
    first = {"seq": 1, "kind": "answer", "name": name, "value": 5}
    assert save(browser, path, sheet, first).status == 200
    assert save(browser, path, sheet, first).status == 200
    other = save(browser, path, sheet, {**first, "value": 1})
    assert other.error["code"] == "replay_conflict"


@pytest.mark.parametrize("value", [99, "5", [5], {"a": 1}, True, "x" * 200_000, "\u0001"])
def test_wrong_value_is_refused_by_name(server, value):
    browser, path = server.browser(), server.ids["open"]
    sheet = open_survey(browser, path).json
    rating = next(one for one in questions(sheet["definition"]) if one["type"] == "rating")
    refused = save(browser, path, sheet, {"seq": 1, "kind": "answer", "name": rating["name"], "value": value})
    assert refused.status == 422
    assert refused.error["fields"]["name"] == rating["name"]


def test_hourly_limit_holds_for_an_address(server):
    path = server.ids["limited"]
    statuses = [open_survey(server.browser(), path, client=f"client{n:04}").status for n in range(3)]
    assert statuses == [200, 200, 429]


def test_closed_survey_says_so(server):
    page = server.browser().get(server.ids["closed"], Accept_Language="en")
    assert page.status == 409
    assert "closed" in page.text
    assert open_survey(server.browser(), server.ids["closed"]).error["code"] == "closed"


@pytest.mark.parametrize("token", ["short", "x" * 22, "x" * 64, "x" * 300, "..%2f..%2fetc"])
def test_unknown_token_says_so_kindly(server, token):
    page = server.browser().get(f"/s/{token}")
    assert page.status == 404
    assert "<main" in page.text
    assert open_survey(server.browser(), f"/s/{token}").status == 404


def test_changed_context_is_refused(server):
    link = server.ids["signed"].replace("c=3", "c=4")
    refused = open_survey(server.browser(), link)
    assert refused.status == 422
    assert refused.error["code"] == "bad_link"


def test_personal_link_works_once(server):
    path, browser = server.ids["personal"], server.browser()
    sheet = open_survey(browser, path).json
    events = [
        {"seq": n, "kind": "answer", "name": one["name"], "value": answer_to(one)}
        for n, one in enumerate((one for one in questions(sheet["definition"]) if one.get("isRequired")), 1)
    ]
    save(browser, path, sheet, *events)
    assert submit(browser, path, sheet, len(events)).status == 200
    assert open_survey(server.browser(), path, client="othertab").error["code"] == "used_link"
    assert server.browser().get(path).status == 409


def test_survey_post_of_another_site_is_refused(server):
    path = server.ids["open"]
    refused = server.browser().post(f"{path}/open", {"client": CLIENT}, Origin="https://evil.example")
    assert refused.status == 403
    plain = server.browser().post(f"{path}/open", {"client": CLIENT}, Content_Type="text/plain")
    assert plain.status == 422


@pytest.mark.parametrize(
    "given",
    [{}, {"client": 5}, {"client": CLIENT, "extra": 1}, {"client": "x"}, {"client": CLIENT, "layout": "watch"},
     {"client": CLIENT, "locale": 5}],
)  # fmt: skip
def test_wrong_arguments_are_refused(server, given):
    assert server.browser().post(f"{server.ids['open']}/open", given).status == 422


def test_exam_from_open_to_submitted(server):
    browser, path = server.browser("lin"), server.ids["exam_lin"]
    page = browser.get(path)
    assert page.status == 200
    sheet = browser.post(f"{path}/open", {"client": CLIENT, "locale": "en", "layout": "desktop"})
    assert sheet.status == 200, sheet.text
    assert sheet.json["deadline"]
    assert "rationale" not in sheet.text
    assert '"key"' not in sheet.text
    assert "correctAnswer" not in sheet.text
    item = questions(sheet.json["definition"])[0]
    saved = save(browser, path, sheet.json, {"seq": 1, "kind": "visit", "name": item["name"], "visible_ms": 10})
    assert saved.status == 200, saved.text
    assert submit(browser, path, sheet.json, 1).json["status"] in {"submitted", "scored"}


def test_anothers_exam_does_not_exist(server):
    browser, path = server.browser("zhao"), server.ids["exam_lin"]
    assert browser.get(path).status == 404
    assert browser.post(f"{path}/open", {"client": CLIENT}).status == 404
    forged = {"session": "x", "client": CLIENT, "lease": 1, "events": [{"seq": 1, "kind": "page", "page": 0}]}
    assert browser.post(f"{path}/answers", forged).status == 404


def test_exam_is_closed_to_strangers(server):
    path = server.ids["exam_lin"]
    assert server.browser().get(path).headers["Location"].startswith("/login")
    assert server.browser().post(f"{path}/open", {"client": CLIENT}).status == 401


def test_start_page_lists_the_exam(server):
    assert server.ids["exam_zhao"] in server.browser("zhao").get("/").text
