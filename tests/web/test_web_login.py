"""Signing in and out: what holds for a browser at the door."""

import pytest

from svclib.operations import people
from svclib.operations.actor import system_actor

PASSWORD = "correct horse 2025"


def test_good_password_opens_the_start_page(server):
    browser = server.browser("lin")
    page = browser.get("/")
    assert page.status == 200
    assert "Lin" in page.text


def test_session_cookie_is_closed_to_scripts_and_other_sites(server):
    answer = server.browser().sign_in("lin")
    cookie = next(value for value in answer.headers.get_all("Set-Cookie") if value.startswith("svc_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_store_keeps_only_the_hash_of_the_session(server):
    browser = server.browser("lin")
    token = browser.cookie("svc_session")
    assert len(token) >= 22
    assert token.encode() not in (server.settings.home / "svc.sqlite").read_bytes()


def test_wrong_password_and_unknown_name_answer_alike(server):
    wrong = server.browser().sign_in("ma", "nothing like it")
    unknown = server.browser().sign_in("nobody-here", "nothing like it")
    assert wrong.status == unknown.status == 401
    assert wrong.text.replace("ma", "").count('role="alert"') == unknown.text.count('role="alert"') == 1


def test_guessing_is_slowed_down(server):
    browser = server.browser()
    statuses = [browser.sign_in("sleepy", f"guess {n}").status for n in range(6)]
    assert statuses[:5] == [401] * 5
    refused = browser.sign_in("sleepy")
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) >= 1


def test_disabled_account_is_out_with_the_next_click(server):
    browser = server.browser("leaver")
    hr = server.browser("wang")
    assert hr.api("people.disable", person="leaver", reason="left the bank").status == 200
    assert browser.get("/").headers["Location"].startswith("/login")
    assert server.browser().sign_in("leaver").status == 401


def test_form_without_token_is_refused(server):
    browser = server.browser()
    browser.get("/login")
    answer = browser.send("POST", "/login", b"login=lin&password=x")
    assert answer.status == 403
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\x00", "\thttps://x"],
)
def test_next_leads_nowhere_else(server, target):
    browser = server.browser()
    answer = browser.form("/login", login="lin", password=PASSWORD, next=target)
    assert answer.status == 303
    assert answer.headers["Location"] == "/"


def test_next_leads_to_the_page_asked_for(server):
    refused = server.browser().get("/exam/abc?start=1")
    assert refused.headers["Location"] == "/login?next=%2Fexam%2Fabc%3Fstart%3D1"
    answer = server.browser().form("/login", login="lin", password=PASSWORD, next="/exam/abc?start=1")
    assert answer.headers["Location"] == "/exam/abc?start=1"


def test_signing_out_ends_the_session_in_the_store(server):
    browser = server.browser("lin")
    token = browser.cookie("svc_session")
    browser.get("/")
    assert browser.form("/logout").status == 303
    stolen = server.browser()
    assert stolen.get("/", Cookie=f"svc_session={token}").status == 302


def test_given_password_must_be_changed_first(server):
    browser = server.browser("newcomer")
    assert browser.get("/").headers["Location"] == "/password"
    assert browser.api("people.me").error["code"] == "password_first"
    refused = browser.form("/password", old=PASSWORD, new="short", again="short")
    assert refused.status == 422
    other = server.browser("newcomer")
    changed = browser.form("/password", old=PASSWORD, new="a longer one of mine 7", again="a longer one of mine 7")
    assert changed.status == 303
    assert browser.get("/").status == 200
    assert other.get("/").status == 302, "other sessions end with the password"


def test_language_is_remembered_by_browser_and_account(server):
    browser = server.browser("xu")
    assert browser.form("/preferences", language="zh-CN", next="/").status == 303
    assert 'lang="zh-CN"' in browser.get("/", Accept_Language="en").text
    assert browser.form("/preferences", language="en", next="/").status == 303
    assert 'lang="en"' in server.browser("xu").get("/", Accept_Language="zh").text


def test_theme_is_remembered(server):
    browser = server.browser()
    browser.form("/preferences", theme="dark", next="/login")
    assert 'data-theme="dark"' in browser.get("/login").text


def test_preferences_of_another_site_are_refused(server):
    browser = server.browser()
    answer = browser.send("POST", "/preferences", b"language=en", Sec_Fetch_Site="cross-site")
    assert answer.status == 403


def test_password_reset_ends_sessions(server):
    browser = server.browser("forgetful")
    assert browser.get("/").status == 200
    with server.store() as store:
        people.reset_password(store, system_actor(), person="forgetful")
    import time

    time.sleep(1.1)  # changed by another process: seen within a second
    assert browser.get("/").status == 302
