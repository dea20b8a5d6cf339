"""The validator: values, branching, requirements, unknown names, and what may not be stored."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib.forms import draw, from_body, validate, validate_value

from .conftest import SURVEY

GOOD = {
    "overall": [0, 10],
    "why": ["多行\n文字", ""],
    "channel": ["app", "other", "dont_know"],
    "topics": [["a"], ["a", "c"], ["dont_know"], []],
    "grid": [{"r1": 1}, {"r1": "dont_know", "r2": 3}, {}],
    "order": [["z", "x", "y"], []],
    "again": [True, False],
    "visits": [0, 99.5, 3],
    "day": ["2024-02-29", ""],
    "mail": ["a.b@mail.example.org", ""],
    "city": ["上海", "<img src=x onerror=alert(1)>"[:10]],
    "branch": ["1"],
}
BAD = {
    "overall": [11, -1, 5.0, "5", True, None, float("nan"), [], {}],
    "why": ["a\x00b", "a\ud800b", "a\u202eb", "x" * 10_001, 5, None, "a\x0bb"],
    "channel": ["none", "", 1, ["app"], None, {"a": 1}],
    "topics": ["a", ["a", "b", "c"], ["a", "a"], ["q"], ["dont_know", "a"], [1], [["a"]], None],
    "grid": [{"r3": 1}, {"r1": 4}, {"r1": True}, {"r1": [1]}, [1], "r1", {"r1": None}],
    "order": [["x"], ["x", "y", "y"], ["x", "y", "q"], "x"],
    "again": ["true", 1, None],
    "visits": ["3", float("inf"), float("nan"), 100, -1, True, 1e308, None],
    "day": ["2023-12-31", "2024-2-1", "2024-02-30", "20240101", 5, "2024-01-01T00:00", "２０２４-01-01"],
    "mail": ["no", "a@b", "a b@example.com", "a@example.com\n", "@example.com", 5],
    "city": ["x" * 11, "a\nb", "a\u2066b"],
    "branch": [1, "3"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_a_possible_value_is_taken(survey, name, value):
    assert validate_value(survey.questions[name], value) is None


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_an_impossible_value_is_refused(survey, name, value):
    problem = validate_value(survey.questions[name], value)
    assert problem.name == name and problem.message("en") != problem.message("zh-CN")
    problem.message("zh-CN").encode()


COMPLETE = {"overall": 8, "channel": "app"}


def problems(survey, answers, complete=True):
    return [(problem.name, problem.code) for problem in validate(survey, answers, complete).problems]


def test_a_complete_sheet_is_taken(survey):
    result = validate(survey, COMPLETE, complete=True)
    assert result.ok and result.answers == COMPLETE


def test_a_required_question_must_be_answered_on_completion(survey):
    assert problems(survey, {}) == [("overall", "required")]


def test_a_partial_sheet_may_lack_everything(survey):
    assert problems(survey, {}, complete=False) == []


def test_the_answer_to_a_hidden_question_is_dropped_and_told(survey):
    result = validate(survey, COMPLETE | {"why": "words"}, complete=True)
    assert (result.answers, result.not_shown, result.ok) == (COMPLETE, ("why",), True)


def test_a_partial_sheet_keeps_the_answers_of_hidden_questions(survey):
    assert validate(survey, {"overall": 8, "why": "words"}, complete=False).answers["why"] == "words"


def test_visible_names_the_questions_shown(survey):
    visible = validate(survey, {"overall": 3, "topics": ["a"]}, complete=False).visible
    assert "why" in visible and "grid" in visible and "note" not in visible


def test_a_dropped_answer_decides_nothing(make_survey):
    chain = make_survey(
        {"type": "boolean", "name": "a"},
        {"type": "boolean", "name": "b", "visibleIf": "{a} = true"},
        {"type": "boolean", "name": "c", "visibleIf": "{b} = true"},
    )
    assert validate(chain, {"a": False, "b": True, "c": True}, complete=True).answers == {"a": False}


def test_required_if_demands_an_answer(survey):
    assert problems(survey, COMPLETE | {"overall": 9}) == [("again", "required")]


def test_every_row_may_be_required(survey):
    answers = COMPLETE | {"topics": ["a"], "grid": {"r1": 1}}
    assert problems(survey, answers) == [("grid", "required_rows")]


def test_a_least_number_of_choices_makes_a_question_required(make_survey):
    choices = [{"value": value, "text": {"en": value, "zh-CN": value}} for value in "abc"]
    made = make_survey({"type": "checkbox", "name": "q", "choices": choices, "minSelectedChoices": 2})
    assert problems(made, {}) == [("q", "required")]
    assert problems(made, {"q": ["a"]}) == [("q", "too_few")]


def test_blanks_do_not_answer_a_required_question(make_survey):
    made = make_survey({"type": "comment", "name": "q", "isRequired": True})
    assert problems(made, {"q": " \n "}) == [("q", "required")]


def test_other_needs_words(survey):
    assert problems(survey, COMPLETE | {"channel": "other"}) == [("channel-Comment", "required_other")]


def test_the_words_beside_other_are_kept(survey):
    answers = COMPLETE | {"channel": "other", "channel-Comment": "电话"}
    assert validate(survey, answers, complete=True).answers == answers


def test_words_without_other_are_dropped(survey):
    result = validate(survey, COMPLETE | {"channel-Comment": "left over"}, complete=True)
    assert (result.answers, result.not_shown) == (COMPLETE, ("channel-Comment",))


def test_the_words_beside_other_are_checked(survey):
    answers = COMPLETE | {"channel": "other", "channel-Comment": "a\x00"}
    assert problems(survey, answers) == [("channel-Comment", "character")]


@pytest.mark.parametrize("name", ["unknown", "note", "topics-Comment", "__proto__", "overall ", "\ud800"])
def test_an_unknown_name_is_refused(survey, name):
    found = validate(survey, COMPLETE | {name: "x"}, complete=True).problems
    assert [problem.code for problem in found] == ["unknown"]
    found[0].message("zh-CN").encode()


@pytest.mark.parametrize("answers", [None, [], "x", {f"q{n}": 1 for n in range(3000)}])
def test_what_is_no_sheet_is_refused(survey, answers):
    assert not validate(survey, answers, complete=True).ok


def test_an_exam_may_leave_items_unanswered(exam, bank):
    form = draw(exam, bank, 1)
    assert validate(form, {"i-1": "b"}, complete=True, bank=bank).answers == {"i-1": "b"}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("i-1", "e", "no_choice"),
        ("i-1", ["b"], "no_choice"),
        ("i-2", "a", "type"),
        ("i-3", True, "no_choice"),
        ("i-4", "12", "type"),
        ("i-5", ["a"], "incomplete"),
        ("i-6", {"a": "z"}, "no_choice"),
        ("i-7", 5, "type"),
        ("i-9", "a", "unknown"),
    ],
)
def test_an_impossible_exam_answer_is_refused(exam, bank, name, value, code):
    found = validate(draw(exam, bank, 1), {name: value}, complete=True, bank=bank).problems
    assert [problem.code for problem in found] == [code]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from([*GOOD, "channel-Comment", "x"])


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, JUNK, max_size=8), st.booleans())
def test_any_sheet_is_judged_without_a_crash(answers, complete):
    result = validate(from_body("survey", SURVEY), answers, complete)
    assert set(result.answers) <= set(answers)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, JUNK | st.sampled_from([8, "app", ["a"], {"r1": 1, "r2": 2}, True]), max_size=8))
def test_what_was_taken_is_taken_again_unchanged(answers):
    survey = from_body("survey", SURVEY)
    once = validate(survey, answers, complete=True)
    assert validate(survey, once.answers, complete=True).answers == once.answers
