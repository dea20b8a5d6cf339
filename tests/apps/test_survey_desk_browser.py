"""The survey desk in Chromium: publish, link, customers' answers on a phone, counts, first results."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from desk_hall import serious, site  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SURVEY = """
survey: lobby
version: 1
languages: [zh-CN, en]
title: {zh-CN: 大堂一问, en: One question in the lobby}
pages:
  - name: only
    elements:
      - type: rating
        name: overall
        title: {zh-CN: 您满意吗?, en: Are you satisfied?}
        rateMin: 1
        rateMax: 5
        isRequired: true
        measure: csat
"""


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def answer(site, link):  # noqa: F811
    """Answer as a customer with a phone."""
    page = site.visitor(width=390)
    page.goto(link)
    page.locator("label", has=page.locator("input[type=radio][value='5']")).first.click()
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("[data-ended]")
    page.context.close()


def test_from_the_file_to_the_first_result(site):  # noqa: F811
    page = site.desk("chen", "/apps/survey_desk")
    button(page, "Surveys and versions").click()
    page.set_input_files("input[type=file]", {"name": "lobby.yaml", "mimeType": "text/yaml", "buffer": SURVEY.encode()})
    button(page, "Publish version 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    page.get_by_text("Version 1 of lobby is published.").wait_for()
    button(page, "Links and posters").click()
    button(page, "Open a new way to answer").click()
    page.get_by_label("Name of the channel").fill("Poster at the door")
    button(page, "Open to answers").click()
    link = page.get_by_label("Link", exact=True)
    link.wait_for()
    assert serious(page) == []
    for _customer in range(5):
        answer(site, link.input_value())
    button(page, "Answers so far").click()
    page.get_by_text("5 answers were handed in").wait_for()
    assert serious(page) == []
    button(page, "First results").click()
    page.get_by_text("opt-in, no sampling error claimed").wait_for()
    assert page.locator(".figure-value").first.inner_text() == "100.0%"
    assert serious(page) == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_tab_is_usable(site, language, width):  # noqa: F811
    page = site.desk("chen", "/apps/survey_desk?survey=branch_visit", language, width)
    for tab in ("ways", "counts", "results", "export", "preview", "publish"):
        page.locator(f"button.app-tab[data-name={tab}]").click()
        page.locator(f"button.app-tab[data-name={tab}][aria-current]").wait_for()
        page.wait_for_timeout(500)
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_a_faulty_file_is_told_with_its_place(site):  # noqa: F811
    page = site.desk("chen", "/apps/survey_desk", "zh-CN")
    page.locator("button.app-tab[data-name=publish]").click()
    text = SURVEY.replace("rateMax: 5", "rateMax: five").encode()
    page.set_input_files("input[type=file]", {"name": "lobby.yaml", "mimeType": "text/yaml", "buffer": text})
    page.get_by_text("13:").first.wait_for()
    assert page.get_by_role("button", name="发布第").count() == 0
    page.context.close()
