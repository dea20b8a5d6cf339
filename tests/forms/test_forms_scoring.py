"""Scores: every item type, exact fractions, mended keys."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib.errors import InvalidInput
from svclib.forms import Amendment, draw, from_body, score
from svclib.forms.scoring import item_share, normalised
from svclib.forms.simulation_exams import key_of

from .conftest import BANK, EXAM, OPTIONS, item

RIGHT = {
    "i-1": "b",
    "i-2": ["c", "a"],
    "i-3": "true",
    "i-4": 12.5,
    "i-5": ["c", "a", "d", "b"],
    "i-6": {"b": "d", "a": "c"},
    "i-7": " Due  DILIGENCE ",
}


@pytest.fixture
def form(exam, bank):
    return draw(exam, bank, 7)


def test_all_right_is_all_points(form, bank):
    result = score(form, bank, RIGHT)
    assert (result.points, result.maximum, result.percent) == (7, 7, 100)


def test_nothing_answered_is_no_points(form, bank):
    result = score(form, bank, {})
    assert (result.points, result.percent) == (0, 0) and not any(one.answered for one in result.items)


@pytest.mark.parametrize(
    ("id", "answer", "share"),
    [
        ("i-1", "a", 0),
        ("i-1", ["b"], 0),
        ("i-2", ["a"], Fraction(1, 2)),
        ("i-2", ["a", "b"], 0),
        ("i-2", ["a", "c", "d"], 0),
        ("i-2", "a", 0),
        ("i-3", "false", 0),
        ("i-4", 12.4, 1),
        ("i-4", 12.6, 1),
        ("i-4", 12.39999, 0),
        ("i-4", 12.60001, 0),
        ("i-5", ["a", "c", "d", "b"], 0),
        ("i-6", {"a": "c"}, 0),
        ("i-6", {"a": "d", "b": "c"}, 0),
        ("i-7", "ＤＵＥ　diligence", 1),
        ("i-7", "尽职 调查", 0),
        ("i-7", "尽职调查", 1),
    ],
)
def test_share_of_an_item(bank, id, answer, share):
    assert item_share(bank.by_id[id], answer) == share


def test_strict_scoring_gives_nothing_for_a_part(make_bank):
    strict = make_bank(item("x", "multiple", choices=OPTIONS, key=["a", "c"])).items[0]
    assert item_share(strict, ["a"]) == 0


def test_thirds_of_points_add_up_exactly(make_bank):
    made = make_bank(
        *(item(f"x{n}", "multiple", choices=OPTIONS, key=["a", "b", "c"], scoring="partial") for n in range(3))
    )
    exam = from_body("exam", EXAM | {"blueprint": [{"count": 3, "points": 0.1}]})
    result = score(draw(exam, made, 1), made, {f"x{n}": ["a"] for n in range(3)})
    assert (result.points, result.maximum, result.percent) == (0.1, 0.3, 33.33)


def test_the_percentage_never_rounds_a_candidate_over_the_mark(make_bank):
    made = make_bank(item("x", "true_false", key=True, points=599.99), item("y", "true_false", key=True, points=400.01))
    exam = from_body("exam", EXAM | {"blueprint": [{"count": 2}]})
    assert score(draw(exam, made, 1), made, {"x": "true"}).percent == 59.99


def test_half_points_are_exact(make_bank):
    made = make_bank(*(item(f"x{n}", "true_false", key=True, points=0.5) for n in range(5)))
    exam = from_body("exam", EXAM | {"blueprint": [{"count": 5}]})
    result = score(draw(exam, made, 1), made, {"x0": "true", "x1": "true", "x2": "true"})
    assert (result.points, result.percent) == (1.5, 60)


@pytest.mark.parametrize(
    ("amendment", "points", "maximum"),
    [
        (Amendment("i-1", "key", "a"), 6, 7),
        (Amendment("i-1", "keys", ["a", "b"]), 7, 7),
        (Amendment("i-1", "drop"), 6, 6),
        (Amendment("i-1", "credit"), 7, 7),
        ({"item": "i-4", "action": "key", "key": 20}, 6, 7),
        ({"item": "i-7", "action": "keys", "key": ["due diligence", "EDD"]}, 7, 7),
    ],
)
def test_a_mended_key_changes_the_score(form, bank, amendment, points, maximum):
    result = score(form, bank, RIGHT, [amendment])
    assert (result.points, result.maximum) == (points, maximum)


def test_credit_is_given_to_those_who_left_the_item_out(form, bank):
    assert score(form, bank, {}, [Amendment("i-1", "credit")]).points == 1


def test_of_two_amendments_the_later_counts(form, bank):
    assert score(form, bank, RIGHT, [Amendment("i-1", "drop"), Amendment("i-1", "key", "b")]).maximum == 7


def test_dropping_everything_is_no_division_by_zero(form, bank):
    assert score(form, bank, RIGHT, [Amendment(f"i-{n}", "drop") for n in range(1, 8)]).percent == 0


@pytest.mark.parametrize(
    "amendment",
    [
        {"item": "i-1", "action": "key", "key": "z"},
        {"item": "i-1", "action": "keys", "key": []},
        {"item": "i-1", "action": "keys", "key": "ab"},
        {"item": "i-1", "action": "forgive"},
        {"item": "no", "action": "drop"},
        {"item": "i-5", "action": "key", "key": ["a"]},
        {"id": "i-1"},
    ],
)
def test_an_amendment_that_makes_no_sense_is_refused(form, bank, amendment):
    with pytest.raises(InvalidInput) as caught:
        score(form, bank, RIGHT, [amendment])
    assert caught.value.render("zh-CN") != caught.value.render("en")


def test_the_score_travels_as_plain_data(form, bank):
    plain = score(form, bank, RIGHT).to_json()
    assert plain["items"][0].keys() == {"id", "points", "maximum", "right", "answered", "counted"}


def test_the_key_itself_earns_everything(bank):
    assert all(item_share(one, key_of(one)) == 1 for one in bank.items)


def test_words_are_compared_after_width_case_and_space():
    assert normalised(" ＫＹＣ\t\nCheck ") == normalised("kyc check")


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "i-1": st.sampled_from("abcdz"),
        "i-2": st.lists(st.sampled_from("abcdz"), max_size=5),
        "i-3": st.sampled_from(["true", "false", "x"]),
        "i-4": st.floats() | st.integers(),
        "i-5": st.permutations("abcd").map(list),
        "i-6": st.dictionaries(st.sampled_from("abz"), st.sampled_from("abcdz")),
        "i-7": st.text(max_size=10),
    },
)


@settings(max_examples=150, deadline=None)
@given(ANSWERS)
def test_a_score_lies_between_nothing_and_the_maximum(answers):
    bank = from_body("bank", BANK)
    result = score(draw(from_body("exam", EXAM), bank, 1), bank, answers)
    assert 0 <= result.points <= result.maximum == 7 and 0 <= result.percent <= 100
    assert all(0 <= one.share <= 1 for one in result.items)
