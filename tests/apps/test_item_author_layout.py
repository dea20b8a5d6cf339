"""The editor's layout: every input stands for a place of the item, and entering its own value changes nothing."""

import pytest

from svclib.apps.item_author import editing
from svclib.apps.item_author import layout as layouts
from svclib.apps.item_author.editor import ItemEditor
from svclib.apps.pieces.voice import Voice

BANK = layouts.Choices((("Fees", "fees"),), (("A case", "case_one"),))


def laid(kind, language="en"):
    body = editing.blank(kind, "x-1", "fees")
    return body, layouts.layout(body, Voice(language), BANK)


def inputs(spec):
    return [one for section in spec for row in section["rows"] for one in row["inputs"]]


@pytest.mark.parametrize("kind", editing.TYPES)
def test_every_text_is_there_in_both_languages_side_by_side(kind):
    _body, spec = laid(kind)
    names = [one["name"] for one in inputs(spec)]
    for name in (one for one in names if one.endswith(".zh-CN")):
        assert names[names.index(name) + 1] == name.replace("zh-CN", "en")


@pytest.mark.parametrize("kind", editing.TYPES)
def test_entering_what_an_input_shows_leaves_the_item_as_it_is(kind):
    body, spec = laid(kind)
    for one in inputs(spec):
        if one["kind"] == "radio" and not one["value"]:
            continue
        value = one.get("option") if one["kind"] == "radio" else one["value"]
        assert editing.tidy(layouts.entered(body, one["name"], value)) == editing.tidy(body), one["name"]


@pytest.mark.parametrize(
    "name", ["choices.q.en", "stem.fr", "__proto__", "id", "status", "type", "keyed.zz", "place.a"]
)
def test_an_input_that_is_not_there_changes_nothing(name):
    body, _spec = laid("single")
    assert layouts.entered(body, name, "x") == body


def test_the_key_is_entered_in_its_own_kind():
    assert layouts.entered(laid("true_false")[0], "key", "false")["key"] is False
    assert layouts.entered(laid("numeric")[0], "key", 12.5)["key"] == 12.5
    assert layouts.entered(laid("numeric")[0], "key", None)["key"] is None
    assert layouts.entered(laid("ordering")[0], "place.d", "1")["key"] == ["d", "a", "b", "c"]
    assert layouts.entered(laid("matching")[0], "partner.a", "z")["key"]["a"] == "z"


def test_spellings_are_taken_line_by_line_and_enemies_with_any_comma():
    assert layouts.entered(laid("short_text")[0], "accepted", " SWIFT \n\nswift code\nSWIFT")["accepted"] == [
        "SWIFT",
        "swift code",
    ]
    assert layouts.entered(laid("single")[0], "enemies", "a-1，b-2, c-3")["enemies"] == ["a-1", "b-2", "c-3"]


def test_two_choices_are_the_fewest():
    body, _spec = laid("true_false")
    assert layouts.acted(body, "add:choices") == body
    body = laid("single")[0]
    for act in ("remove:choices:a", "remove:choices:b", "remove:choices:c", "remove:choices:d"):
        body = layouts.acted(body, act)
    assert list(body["choices"]) == ["c", "d"]


@pytest.mark.parametrize("kind", editing.TYPES)
def test_every_problem_finds_its_place(kind):
    body, spec = laid(kind)
    found = layouts.blamed(editing.problems(body, "en"), spec)
    assert "" not in found and {"source"} <= found.keys()
    assert any(name.startswith("stem") for name in found)


def test_a_wrong_key_of_a_choosing_item_is_told_at_its_choices():
    body = {**laid("single")[0], "key": "q"}
    spec = layouts.layout({**body, "key": "a"}, Voice("en"), BANK)
    assert "choices" in layouts.blamed([editing.FieldProblem("key", "", "wrong")], spec)


def test_a_locked_editor_takes_nothing_and_a_strange_message_is_dropped():
    taken = []
    editor = ItemEditor(lambda name, value: taken.append((name, value)), taken.append)
    for message in ({"input": "stem.en", "value": {"a": 1}}, {"input": 3, "value": "x"}, {"act": 5}, {}):
        editor.heard(message, [])
    editor.heard({"input": "stem.en", "value": "x" * 20_000}, [])
    assert taken == []
    editor.heard({"input": "stem.en", "value": "Why?"}, [])
    editor.locked = True
    editor.heard({"input": "stem.en", "value": "How?"}, [])
    assert taken == [("stem.en", "Why?")]
