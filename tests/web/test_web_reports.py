"""Having a report made, and reading the trail, over HTTP."""

import time

MONTH = "2025-05"


def settled(browser, path):
    """Wait until what the server is busy with is over."""
    until = time.monotonic() + 60
    while (told := browser.get(path).json)["state"] == "running" and time.monotonic() < until:
        time.sleep(0.2)
    return told["state"]


def test_the_quality_team_is_told_why_a_report_cannot_be_made(server):
    browser = server.browser("chen")
    assert browser.form("/reports/", month=MONTH, branch="", language="zh-CN").status == 302
    assert 'id="following"' in browser.get("/reports/").text
    assert browser.form("/reports/", month=MONTH, branch="", language="en").status == 409
    assert settled(browser, "/reports/making") == "failed"
    assert "目前还没有答卷" in browser.get("/reports/").text


def test_only_who_may_render_can_have_a_report_made(server):
    reader = server.browser("vera")
    assert "site-making" not in reader.get("/reports/").text
    assert reader.form("/reports/", month=MONTH, branch="", language="en").status == 403
    assert reader.get("/reports/making").status == 403


def test_a_wrong_month_or_branch_is_refused(server):
    browser = server.browser("chen")
    assert browser.form("/reports/", month="May", branch="", language="en").status == 422
    assert browser.form("/reports/", month=MONTH, branch="b99", language="en").status == 404


def test_a_report_is_listed_by_the_title_it_gives_itself(server):
    folder = server.settings.home / "reports"
    folder.mkdir(exist_ok=True)
    (folder / "monthly_x.html").write_text('<html lang="en"><head><title>May &amp; June</title></head></html>')
    page = server.browser("vera").get("/reports/").text
    assert '<strong lang="en">May &amp; June</strong>' in page


def test_the_trail_is_read_and_checked_by_the_auditor(server):
    browser = server.browser("sun")
    assert "site-trail" in browser.get("/trail?person=sun").text
    assert browser.form("/trail").status == 302
    assert settled(browser, "/trail/check") == "done"
    assert "sha256:" in browser.get("/trail").text
    assert browser.get("/trail?before=x").status == 422


def test_the_trail_is_closed_to_others(server):
    browser = server.browser("chen")
    assert {browser.get(path).status for path in ("/trail", "/trail/check")} == {403}
    assert browser.form("/trail").status == 403
