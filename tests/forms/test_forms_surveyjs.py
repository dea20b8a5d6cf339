"""What the browser gets: known to survey-core, inert, and without a word of the keys."""

from __future__ import annotations

import json

import pytest

from svclib.forms import draw, exam_form, from_body, survey_form, validate
from svclib.forms.simulation_exams import key_of

from .conftest import BANK, EXAM, OPTIONS, item, text

EVIL = "<img src=x onerror=alert(1)> {i-1} {pageno} {correctAnswers} </script>"


def strings(value):
    if isinstance(value, dict):
        return [text for key, part in value.items() for text in [key, *strings(part)]]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [str(value)]


def test_survey_core_knows_every_property_of_a_survey(survey, oracle):
    assert json.loads(oracle.call("unknownProperties", json.dumps(survey_form(survey)))) == []


def test_survey_core_knows_every_property_of_an_exam(exam, bank, oracle):
    form = exam_form(draw(exam, bank, 1), bank)
    assert json.loads(oracle.call("unknownProperties", json.dumps(form))) == []


def test_both_languages_travel_together(survey):
    title = survey_form(survey)["pages"][0]["elements"][0]["title"]
    assert title == {"default": "Question", "zh-cn": "问题"}


def test_our_own_keys_stay_on_the_server(survey):
    words = strings(survey_form(survey))
    assert not {"measure", "construct", "step", "scale", "sensitive"} & set(words)


def test_a_title_inserts_an_earlier_answer(survey, oracle):
    request = {"form": survey_form(survey), "values": {"overall": 3}, "locale": "en"}
    assert "Why 3?" in json.loads(oracle.call("renderedTexts", json.dumps(request)))


def test_ratings_are_buttons_on_every_screen(survey):
    assert survey_form(survey)["pages"][0]["elements"][0]["displayMode"] == "buttons"


def test_hidden_answers_are_cleared_also_in_hidden_panels(survey):
    assert survey_form(survey)["clearInvisibleValues"] == "onHiddenContainer"


def test_random_choices_are_ordered_by_the_seed(make_survey):
    choices = [{"value": value, "text": text(value)} for value in "abcdef"]
    made = make_survey(
        {"type": "radiogroup", "name": "q", "choices": choices, "choicesOrder": "random", "dontKnow": True}
    )

    def order(seed):
        return [one["value"] for one in survey_form(made, seed)["pages"][0]["elements"][0]["choices"]]

    assert order(1) == order(1) != order(2) and order(None)[:6] == list("abcdef")
    assert order(1)[-1] == "dont_know" and "choicesOrder" not in strings(survey_form(made, 1))


def test_static_text_is_escaped(make_survey):
    made = make_survey({"type": "html", "name": "h", "html": text("<b>&</b>\nnew")}, {"type": "boolean", "name": "q"})
    html = survey_form(made)["pages"][0]["elements"][0]["html"]["default"]
    assert html == "&lt;b&gt;&amp;&lt;/b&gt;<br>new"


def test_nothing_is_inserted_into_an_exam(oracle):
    options = {key: text(f"{EVIL} {key}") for key in "ab"}
    items = [item("i-1", "single", choices=options, key="a", stimulus="c") | {"stem": text(EVIL)}]
    bank = from_body("bank", BANK | {"items": items, "stimuli": {"c": {"title": text(EVIL), "text": text(EVIL)}}})
    form = exam_form(draw(from_body("exam", EXAM | {"blueprint": [{"count": 1}]}), bank, 1), bank)
    request = {"form": form, "values": {"i-1": "a"}, "locale": "en"}
    shown = json.loads(oracle.call("renderedTexts", json.dumps(request)))
    assert len(shown) == 4 and all("i-1}" in one and "pageno}" in one for one in shown)
    assert "<img" not in shown[0] and "&lt;img" in shown[0]


def test_an_exam_shows_items_and_options_in_the_drawn_order(exam, bank):
    drawn = draw(exam, bank, 9)
    elements = [page["elements"][-1] for page in exam_form(drawn, bank)["pages"]]
    assert [one["name"] for one in elements] == [place.id for place in drawn.items]
    single = next(one for one in elements if one["name"] == "i-1")
    assert tuple(choice["value"] for choice in single["choices"]) == drawn.by_id["i-1"].options


def test_the_items_of_a_case_share_a_page_below_their_stimulus():
    items = [item(f"c{n}", "single", choices=OPTIONS, key="a", stimulus="case") for n in range(2)]
    bank = from_body("bank", BANK | {"items": [*items, *BANK["items"]], "stimuli": {"case": {"text": text("Case")}}})
    form = exam_form(draw(from_body("exam", EXAM | {"blueprint": [{"count": 9}]}), bank, 1), bank)
    shared = [page for page in form["pages"] if len(page["elements"]) > 1]
    assert [[one["type"] for one in page["elements"]] for page in shared] == [["html", "radiogroup", "radiogroup"]]


CANARY = "canary-9f3e"


@pytest.fixture
def planted():
    """A bank with a canary in everything that must stay on the server."""
    secret = {"rationale": text(CANARY), "source": CANARY, "author": CANARY, "reviewer": CANARY}
    items = [one | secret for one in BANK["items"]]
    items[6] |= {"accepted": [CANARY, "尽职调查"]}
    items[3] |= {"key": 987654.25, "tolerance": 0.0625}
    return from_body("bank", BANK | {"items": items})


def test_no_key_leaves_the_server(exam, planted):
    text = json.dumps(exam_form(draw(exam, planted, 1), planted), ensure_ascii=False)
    assert CANARY not in text and "987654" not in text and "0.0625" not in text and "尽职调查" not in text


def test_an_exam_has_only_the_allowed_properties(exam, bank):
    form = exam_form(draw(exam, bank, 1), bank)
    keys = {key for page in form["pages"] for element in page["elements"] for key in element}
    allowed = {"type", "name", "title", "choices", "rows", "columns", "inputType", "step", "description", "maxLength"}
    assert keys <= allowed


def test_an_exam_looks_the_same_whatever_the_key(exam, bank):
    moved = [dict(one) for one in BANK["items"]]
    moved[0] |= {"key": "d"}
    moved[1] |= {"key": ["b"]}
    moved[2] |= {"key": False}
    moved[4] |= {"key": ["a", "b", "c", "d"]}
    moved[5] |= {"key": {"a": "a", "b": "a"}}
    other = from_body("bank", BANK | {"items": moved})
    assert exam_form(draw(exam, bank, 4), bank) == exam_form(draw(exam, other, 4), other)


def test_a_candidate_is_told_how_a_multiple_choice_is_scored(exam, bank):
    pages = exam_form(draw(exam, bank, 4), bank)["pages"]
    shown = [one for page in pages for one in page["elements"] if one["type"] == "checkbox"]
    assert shown and all("multiple" in str(bank.by_id[one["name"]].type) for one in shown)
    assert all("Choose all that apply" in one["description"]["default"] for one in shown)


def test_the_answers_of_the_page_are_those_the_validator_takes(exam, bank, oracle):
    drawn = draw(exam, bank, 2)
    answers = {one.id: key_of(one) for one in bank.items}
    request = {"form": exam_form(drawn, bank), "sheets": [answers]}
    ((reply,),) = json.loads(oracle.call("checkSheets", json.dumps([request])))
    assert reply["data"] == answers and reply["wrong"] == []
    assert validate(drawn, reply["data"], complete=True, bank=bank).ok
