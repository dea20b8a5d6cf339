"""Models: what may be written in a definition, and what not."""

from __future__ import annotations

import pytest

from svclib.forms import InvalidDefinition, from_body

from .conftest import BANK, EXAM, OPTIONS, SURVEY, T, choice, item, text  # isort: skip


def fault(kind: str, body: dict) -> str:
    with pytest.raises(InvalidDefinition) as caught:
        from_body(kind, body)
    return caught.value.findings[0].code


def question(**keys):
    return SURVEY | {"pages": [{"name": "p", "elements": [{"name": "q", "title": T} | keys]}]}


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"type": "radiogroup", "choices": []}, "too_short"),
        ({"type": "radiogroup", "choices": [choice("a"), choice("a")]}, "duplicate_value"),
        ({"type": "radiogroup", "choices": [choice("other")]}, "reserved_value"),
        ({"type": "radiogroup", "choices": [choice("dont_know")]}, "reserved_value"),
        ({"type": "radiogroup", "choices": [choice("1"), choice("01")]}, "duplicate_value"),
        ({"type": "radiogroup", "choices": [choice("0x10"), choice("16")]}, "duplicate_value"),
        ({"type": "radiogroup", "choices": [choice("__proto__")]}, "reserved_value"),
        ({"type": "radiogroup", "choices": [choice(1)]}, "string_type"),
        ({"type": "checkbox", "choices": [choice("a")], "minSelectedChoices": 2}, "bounds"),
        (
            {"type": "checkbox", "choices": [choice("a"), choice("b")], "minSelectedChoices": 2, "dontKnow": True},
            "bounds",
        ),
        ({"type": "rating", "rateMin": 5, "rateMax": 5}, "bounds"),
        ({"type": "rating", "rateMin": 0, "rateMax": 5, "rateType": "stars"}, "bounds"),
        ({"type": "rating", "rateMax": True}, "int_type"),
        ({"type": "text", "inputType": "number", "min": "1"}, "bounds"),
        ({"type": "text", "inputType": "number", "min": 2, "max": 1}, "bounds"),
        ({"type": "text", "inputType": "date", "min": "2024-02-30"}, "bounds"),
        ({"type": "text", "inputType": "date", "maxLength": 5}, "bounds"),
        ({"type": "text", "min": 1}, "bounds"),
        ({"type": "matrix", "rows": [choice("a")], "columns": [choice(1), choice("b")]}, "mixed_values"),
        ({"type": "matrix", "rows": [choice("a")], "columns": [choice(1), choice(1)]}, "duplicate_value"),
        ({"type": "boolean", "visible_if": "{a} = true"}, "extra_forbidden"),
        ({"type": "boolean", "correctAnswer": True}, "extra_forbidden"),
        ({"type": "file"}, "union_tag_invalid"),
        ({"type": "boolean", "name": "Q"}, "string_pattern_mismatch"),
        ({"type": "boolean", "name": "../../etc/passwd"}, "string_pattern_mismatch"),
        ({"type": "boolean", "name": "q\n"}, "string_pattern_mismatch"),
        ({"type": "boolean", "name": "panel"}, "reserved_name"),
        ({"type": "boolean", "name": "a" * 65}, "string_too_long"),
        ({"type": "boolean", "title": "words"}, "dict_type"),
        ({"type": "boolean", "title": {"fr": "non"}}, "literal_error"),
        ({"type": "boolean", "title": {"en": " "}}, "empty_text"),
        ({"type": "boolean", "description": text("{other}")}, "piping"),
        ({"type": "boolean", "labelTrue": text("{x}")}, "piping"),
    ],
)
def test_a_wrong_question_is_refused(keys, code):
    assert fault("survey", question(**keys)) == code


def test_a_static_text_may_not_insert_answers():
    elements = [{"type": "html", "name": "h", "html": text("Dear {name}")}]
    assert fault("survey", SURVEY | {"pages": [{"name": "p", "elements": elements}]}) == "piping"


def test_two_elements_may_not_share_a_name():
    elements = [{"type": "boolean", "name": "p", "title": T}]
    assert fault("survey", SURVEY | {"pages": [{"name": "p", "elements": elements}]}) == "duplicate_name"


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (item("x", "single", choices=OPTIONS, key="e"), "key"),
        (item("x", "multiple", choices=OPTIONS, key=["a", "a"]), "key"),
        (item("x", "multiple", choices=OPTIONS, key=[]), "too_short"),
        (item("x", "ordering", choices=OPTIONS, key=["a", "b"]), "key"),
        (item("x", "matching", left=OPTIONS, right=OPTIONS, key={"a": "b"}), "key"),
        (item("x", "matching", left={"a": T, "b": T}, right=OPTIONS, key={"a": "b", "b": "z"}), "key"),
        (item("x", "true_false", key="true"), "bool_type"),
        (item("x", "numeric", key=float("nan")), "finite_number"),
        (item("x", "numeric", key=1, tolerance=-1), "greater_than_equal"),
        (item("x", "single", choices=OPTIONS, key="a", points=0), "greater_than"),
        (item("x", "essay"), "union_tag_invalid"),
        (item("x", "short_text", accepted=[]), "too_short"),
        (item("x", "single", choices={"a": T}, key="a"), "too_short"),
    ],
)
def test_a_wrong_item_is_refused(one, code):
    assert fault("bank", BANK | {"items": [one]}) == code


def test_two_items_may_not_share_an_id():
    assert fault("bank", BANK | {"items": [BANK["items"][0]] * 2}) == "duplicate_name"


@pytest.mark.parametrize(
    "change", [{"pass_mark": 101}, {"minutes": 0}, {"feedback": "all"}, {"blueprint": []}, {"form": "adaptive"}]
)
def test_a_wrong_exam_is_refused(change):
    fault("exam", EXAM | change)


def test_definitions_are_frozen(survey):
    with pytest.raises(ValueError, match="frozen"):
        survey.version = 2


def test_free_text_is_sensitive_unless_said_otherwise(make_survey):
    made = make_survey(
        {"type": "comment", "name": "a"},
        {"type": "comment", "name": "b", "sensitive": False},
        {"type": "boolean", "name": "c"},
    )
    assert [made.questions[name].is_sensitive for name in "abc"] == [True, False, False]


def test_options_stand_in_the_order_of_their_ids(make_bank):
    made = make_bank(item("x", "single", choices={key: text(key) for key in "cab"}, key="a"))
    assert list(made.items[0].choices) == ["a", "b", "c"]


def test_an_equal_definition_read_elsewhere_is_equal(survey):
    assert from_body("survey", SURVEY) == survey
