"""Stored texts stay texts: on pages, in apps, in messages and in exported files."""

from __future__ import annotations

import base64
import csv
import io
import zipfile

import pytest
from hostile import EVIL, FORMULAS, MARK, TAG, plant

PROBE = f"""
window.{MARK} = 0;
window.alert = window.confirm = window.prompt = () => {{ window.{MARK} = 1; }};
"""


@pytest.fixture(scope="module")
def planted(fortress):
    return plant(fortress)


# ── without a browser ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("login", ["staff", "hr"])
def test_start_page_escapes(fortress, planted, login):
    page = fortress.visitor(login).get("/").text
    assert "<img src=x" not in page
    assert "7*7" in page or login == "hr"


def test_survey_and_exam_pages_escape(fortress, planted):
    for page in (fortress.stranger().get(planted["survey"]).text, fortress.visitor("staff").get(planted["exam"]).text):
        assert f"window.{MARK}" in page
        assert "<img src=x" not in page
        assert "<script>window" not in page
        assert "<svg onload" not in page


def test_poster_escapes(fortress, planted):
    quality = fortress.visitor("quality")
    for language in ("zh-CN", "en"):
        answer = quality.api(
            "surveys.poster", {"collector": planted["collector"], "address": "http://x.example", "language": language}
        )
        assert answer.status == 200, answer.text
        body = base64.b64decode(answer.json["content"]).decode() if "content" in answer.json else str(answer.json)
        assert "<img src=x" not in body
        assert "<script>window" not in body
        assert "<svg onload" not in body


@pytest.mark.parametrize("address", ["javascript:alert(1)", '"><script>alert(1)</script>', "//evil.example", "=1+1"])
def test_poster_takes_no_other_address(fortress, planted, address):
    quality = fortress.visitor("quality")
    answer = quality.api("surveys.poster", {"collector": planted["collector"], "address": address})
    assert answer.status == 422, answer.text[:300]


def exported(fortress, login, name, kind, file_format, variant, language=None):
    given = {"name": name, "kind": kind, "format": file_format, "variant": variant}
    if language:
        given["language"] = language
    answer = fortress.visitor(login).api("frames.export", given)
    assert answer.status == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(base64.b64decode(answer.json["content"])))


CASES = [("quality", "evil", "survey", variant) for variant in ("full", "share")]
CASES += [("hr", "evil", "exam", variant) for variant in ("full", "share")]


@pytest.mark.parametrize("language", [None, "zh-CN"])
@pytest.mark.parametrize(("login", "name", "kind", "variant"), CASES)
def test_csv_holds_no_formula(fortress, planted, login, name, kind, variant, language):
    cells = 0
    with exported(fortress, login, name, kind, "csv", variant, language) as archive:
        for entry in archive.namelist():
            if not entry.endswith(".csv"):
                continue
            for row in csv.reader(io.StringIO(archive.read(entry).decode("utf-8-sig"))):
                for cell in row:
                    cells += 1
                    assert not cell.startswith(("=", "@", "\t", "\r")), (entry, cell)
                    assert not cell.startswith(("+", "-")) or cell[1:].replace(".", "").isdecimal(), (entry, cell)
    assert cells


@pytest.mark.parametrize("language", [None, "en"])
@pytest.mark.parametrize(("login", "name", "kind", "variant"), CASES)
def test_workbook_holds_no_formula_and_no_link(fortress, planted, login, name, kind, variant, language):
    from openpyxl import load_workbook

    with exported(fortress, login, name, kind, "xlsx", variant, language) as archive:
        books = [load_workbook(io.BytesIO(archive.read(one))) for one in archive.namelist() if one.endswith(".xlsx")]
    assert books
    for book in books:
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f", cell.value
                    assert cell.hyperlink is None
                    assert not str(cell.value).startswith(("=", "@", "\t")), cell.value


def test_full_export_still_tells_what_was_written(fortress, planted):
    with exported(fortress, "quality", "evil", "survey", "csv", "full") as archive:
        whole = "".join(archive.read(one).decode("utf-8-sig") for one in archive.namelist() if one.endswith(".csv"))
    assert EVIL.replace('"', '""') in whole
    assert "'" + FORMULAS[1] in whole


# ── in Chromium ──────────────────────────────────────────────────────────────────────────────────────────────────────
def unharmed(page):
    page.wait_for_timeout(250)
    assert page.evaluate(f"window.{MARK}") == 0
    assert page.locator("img[onerror], svg[onload], a[href^='javascript:']").count() == 0
    assert "49" not in page.locator("h1").first.inner_text()


@pytest.fixture
def probed(tab):
    def open_tab(login, language="en"):
        page = tab(login, language)
        page.add_init_script(PROBE)
        page.on("dialog", lambda dialog: (page.evaluate(f"window.{MARK} = 1"), dialog.dismiss()))
        return page

    return open_tab


@pytest.mark.browser
def test_survey_runs_nothing(probed, planted):
    page = probed(None)
    page.goto(planted["survey"])
    page.locator("label", has_text="Other").first.click()
    page.locator("textarea").first.fill(EVIL)
    page.locator("textarea").last.fill(EVIL)
    unharmed(page)
    page.get_by_role("button", name="Complete").or_(page.get_by_role("button", name="Submit")).first.click()
    page.wait_for_selector(".svc-ending, .svc-end, [data-state=submitted], h2")
    unharmed(page)


@pytest.mark.browser
def test_exam_and_its_feedback_run_nothing(probed, planted):
    page = probed("staff")
    page.goto("/")
    unharmed(page)
    page.goto(planted["exam"])
    page.locator(".svc-begin button").click()
    page.wait_for_selector(".sd-question")
    page.locator(".sd-question label").first.click()
    unharmed(page)
    page.get_by_role("button", name="Review and submit").first.click()
    unharmed(page)
    page.get_by_role("button", name="Submit now").click()
    page.get_by_text("Explanation").first.wait_for()
    unharmed(page)


DESKS = {
    "hr": ["/apps/exam_desk", "/apps/exam_desk?sitting={sitting}", "/apps/item_author?bank=evil&item=e-single"],
    "quality": ["/apps/survey_desk", "/apps/survey_desk?survey=evil"],
    "staff": ["/apps/take_quiz"],
}
VIEWS = {"/apps/exam_desk": ("People", "Live", "Results", "Rescore", "Decisions")}


@pytest.mark.browser
@pytest.mark.parametrize(("login", "path"), [(login, path) for login, paths in DESKS.items() for path in paths])
def test_desks_run_nothing(probed, planted, login, path):
    page = probed(login)
    page.goto(path.format(**planted))
    page.get_by_text(TAG).first.wait_for(state="attached")  # it is there, and as a text
    unharmed(page)
    for view in VIEWS.get(path.partition("?")[0], ()):
        page.get_by_role("button", name=view, exact=True).first.click()
        page.wait_for_timeout(500)
        unharmed(page)
