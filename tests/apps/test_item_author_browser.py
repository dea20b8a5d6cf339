"""The item author in Chromium: edit, send to review, approve as another person, publish."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from desk_hall import serious, site  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ITEM = "/apps/item_author?bank=products&item=prod-001"


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def test_from_the_edit_to_the_next_version(site):  # noqa: F811
    author = site.desk("zhou", ITEM)
    stem = author.get_by_label("Question, English")
    stem.fill("What is the <b>limit</b> of deposit insurance?")
    author.get_by_text("Not saved").wait_for()
    preview = author.locator(".app-form-sheet")
    preview.get_by_text("What is the <b>limit</b> of deposit insurance?").first.wait_for()
    assert serious(author) == []
    button(author, "Send to review").click()
    author.get_by_text("The item is in review now.").wait_for()
    author.context.close()

    reviewer = site.desk("liu", ITEM)
    assert reviewer.get_by_label("Question, English").is_disabled()
    button(reviewer, "Approve").click()
    reviewer.get_by_role("dialog").get_by_role("button", name="Approve").click()
    reviewer.get_by_text("The item is approved.").wait_for()
    reviewer.context.close()

    publisher = site.desk("wang", "/apps/item_author?bank=products")
    button(publisher, "Publish 1 approved items as version 2").click()
    publisher.get_by_role("dialog").get_by_role("button", name="Publish").click()
    publisher.get_by_text("Version 2 of the bank is published.").wait_for()
    publisher.context.close()


def test_unsaved_work_is_not_left_without_a_question(site):  # noqa: F811
    page = site.desk("zhou", "/apps/item_author?bank=products&item=prod-004")
    page.get_by_label("Source (rule or document)").fill("Another rule")
    page.get_by_text("Not saved").wait_for()
    button(page, "Back to the list").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert page.get_by_label("Source (rule or document)").input_value() == "Another rule"
    page.context.close()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_list_and_editor_are_usable(site, language, width):  # noqa: F811
    # A person may have four desks open; two authors share the work.
    page = site.desk("gao", "/apps/item_author?bank=products", language, width)
    assert serious(page) == []
    page.locator("tr.app-selectable").nth(18).click()
    page.locator(".item-section").first.wait_for()
    page.locator(".app-form-sheet input").first.wait_for(state="attached")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()
