"""An item in the editor: every change gives a new item, keys follow their choices, faults name their field."""

import pytest

from svclib.apps.item_author import editing

TEXT = {"zh-CN": "甲", "en": "A"}


def written(kind):
    """An item of a type with every text written."""
    body = editing.blank(kind, "aml-041", "sanctions")
    for number, option in enumerate(body.get("choices", {})):
        body = editing.with_text(body, ("choices", option), "zh-CN", f"选项{number}")
        body = editing.with_text(body, ("choices", option), "en", f"Choice {number}")
    for side in ("left", "right"):
        for option in body.get(side, {}):
            body = {**body, side: {**body[side], option: {"zh-CN": f"{side}{option}", "en": f"{side}{option}"}}}
    body |= {"stem": TEXT, "rationale": TEXT, "source": "Rule 1"}
    if kind == "numeric":
        body["key"] = 12.5
    if kind == "short_text":
        body["accepted"] = ["SWIFT"]
    return body


@pytest.mark.parametrize("kind", editing.TYPES)
def test_a_written_item_of_every_type_is_whole(kind):
    assert editing.problems(written(kind), "en") == ()


@pytest.mark.parametrize("kind", editing.TYPES)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_blank_item_names_the_fields_to_fill_in_the_readers_language(kind, language):
    found = editing.problems(editing.blank(kind, "aml-041", "sanctions"), language)
    assert {"stem", "rationale", "source"} <= {problem.field for problem in found}
    assert all(any("\u4e00" <= c <= "\u9fff" for c in one.message) == (language == "zh-CN") for one in found)


def test_a_missing_translation_is_told_at_its_choice():
    body = editing.with_text(written("single"), ("choices", "b"), "en", " ")
    (problem,) = editing.problems(body, "en")
    assert (problem.field, problem.part, problem.message) == ("choices", "b", "The English text is missing.")


def test_a_key_that_is_no_choice_is_told_at_the_key():
    (problem,) = editing.problems({**written("single"), "key": "q"}, "en")
    assert problem.field == "key" and "q" in problem.message


def test_a_number_out_of_range_is_told_at_its_field():
    assert [p.field for p in editing.problems({**written("numeric"), "tolerance": -1}, "en")] == ["tolerance"]
    assert [p.field for p in editing.problems({**written("single"), "points": 0}, "en")] == ["points"]


def test_a_change_leaves_the_item_before_it_as_it_was():
    body = written("single")
    before = editing.tidy(body)
    editing.with_text(body, ("choices", "a"), "en", "Other")
    editing.move_option(body, "a", 1)
    editing.remove_option(body, "a")
    assert editing.tidy(body) == before


def test_a_moved_choice_takes_the_key_along():
    body = editing.move_option(written("single"), "a", 1)
    assert body["key"] == "b" and body["choices"]["b"]["en"] == "Choice 0"
    assert editing.move_option(body, "a", -1) == body  # there is nothing above the first


def test_moving_back_and_forth_gives_the_same_item():
    for kind, field in (("single", "choices"), ("multiple", "choices"), ("ordering", "choices"), ("matching", "left")):
        body = written(kind)
        assert editing.move_option(editing.move_option(body, "a", 1, field), "b", -1, field) == body


def test_a_removed_choice_leaves_the_key():
    assert editing.remove_option(written("multiple"), "a")["key"] == ["b"]
    assert editing.remove_option(written("ordering"), "b")["key"] == ["a", "c", "d"]
    assert editing.remove_option(written("single"), "a")["key"] == "b"
    assert "a" not in editing.remove_option(written("matching"), "a", "left")["key"]
    assert set(editing.remove_option(written("matching"), "x", "right")["key"].values()) == {"y", "z"}


def test_an_added_entry_has_a_letter_of_its_own_and_a_place_in_the_key():
    assert list(editing.add_option(written("single"))["choices"]) == ["a", "b", "c", "d", "e"]
    assert editing.add_option(written("ordering"))["key"][-1] == "e"
    assert editing.add_option(written("matching"), "left")["key"]["d"] == "x"
    full = {**written("single"), "choices": dict.fromkeys("abcdefghijklmnopqrstuvwxyz", TEXT)}
    assert editing.add_option(full) == full


def test_keyed_choices_stand_in_the_order_of_their_letters():
    body = editing.with_keyed(editing.with_keyed(written("multiple"), "d", True), "a", False)
    assert body["key"] == ["b", "d"]


def test_the_right_order_is_set_by_place():
    assert editing.place_in_order(written("ordering"), "d", 2)["key"] == ["a", "d", "b", "c"]


def test_what_is_kept_has_no_empty_text_and_no_default():
    kept = editing.tidy({**written("single"), "stimulus": "", "enemies": [], "fixed_order": False, "source": " R "})
    assert kept["source"] == "R" and not {"stimulus", "enemies", "fixed_order"} & kept.keys()


def test_a_new_id_goes_on_from_the_banks():
    assert editing.next_id(["aml-001", "aml-009", "x-77"]) == "aml-010"


def test_differing_fields_are_named():
    mine = {**written("single"), "level": "apply", "status": "draft"}
    assert editing.differing(mine, {**written("single"), "status": "approved"}) == ("level",)
