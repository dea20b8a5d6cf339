"""Taking a quiz: one's own exams, the form by its address, what one is told."""

import pytest
from exam_hall import EXAM

from svclib.apps.pieces import Voice
from svclib.apps.take_quiz import TakeQuiz, TakeQuizModel, feedback
from svclib.errors import NotFound

ITEM = {"name": "i1", "title": {"en": "What?", "zh-CN": "什么?"}, "points": 1.0, "maximum": 1.0, "state": "answered",
        "counted": True, "answer": "a"}  # fmt: skip


@pytest.fixture
def quiz(hall):
    hall.assigned(hall.scheduled(), "s01")

    def of(login="s01"):
        app = TakeQuiz(hall.svc(login))
        app.model.voice = Voice("en")
        app.show()
        return app

    return of


def test_an_exam_ready_to_take_is_offered(quiz):
    app = quiz()
    assert [one.exam for one in app.model.group("now")] == [EXAM]
    assert [action["name"] for action in app._card(app.model.exams[0]).children[1].actions] == ["take", "page"]


def test_starting_asks_before_the_clock_runs(quiz, hall):
    app = quiz()
    assignment = app.model.exams[0].assignment
    app._act("take", assignment)
    assert app.screen.dialog.is_open and app.form.source == ""
    app.screen.dialog.answer({})
    assert app.form.source == f"/exam/{assignment}"
    assert app.screen.body.children == (app.sheet,)


def test_an_attempt_under_way_is_continued_without_asking(quiz, hall):
    hall.opened("s01")
    app = quiz()
    app._act("take", app.model.exams[0].assignment)
    assert not app.screen.dialog.is_open and app.form.source.startswith("/exam/")


def test_going_back_takes_the_form_off_the_page(quiz):
    app = quiz()
    app.take(app.model.exams[0].assignment)
    app.bar.press("back")
    assert app.form.source == "" and app.screen.body.children == (app.list,)


def test_the_next_attempt_says_which_it_is(quiz, hall):
    hall.sit("s01", 0.0)
    one = quiz().model.exams[0]
    if one.state == "ready":
        assert one.link.endswith("?start=2")
    else:
        assert one.attempts_left == 0


def test_handing_in_offers_the_result(quiz, hall):
    app = quiz()
    app.take(app.model.exams[0].assignment)
    hall.sit("s01", 1.0)
    app.form.status = "submitted"
    app.bar.press("result")
    assert "Has passed" in app.result.value


def test_anothers_exam_is_not_found(quiz, hall):
    model = TakeQuizModel(hall.svc("s02"))
    model.load()
    with pytest.raises(NotFound):
        model.take(hall.assignment("s01"))


def test_who_has_no_exam_is_told_so(quiz):
    assert "No exam is assigned" in quiz("s02").list.children[0].value


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "right"),
        ({"points": 0.5}, "partly"),
        ({"points": 0.0}, "wrong"),
        ({"points": 0.0, "state": "omitted"}, "omitted"),
        ({"counted": False}, "dropped"),
    ],
)
def test_each_item_is_told_in_a_word(change, state):
    assert feedback.state({**ITEM, **change}) == state


def test_no_feedback_yet_is_a_sentence():
    assert "nothing to tell yet" in feedback.shown("Drill", None, Voice("en"))


def test_feedback_escapes_what_it_shows():
    result = {"percent": 50.0, "points": 1, "maximum": 2, "passed": False, "pass_mark": 60, "items": [
        {**ITEM, "title": {"en": "<b>x</b>"}, "rationale": {"en": "<i>y</i>"}, "source": "<u>"}]}  # fmt: skip
    shown = feedback.shown("Drill", result, Voice("en"))
    assert "<b>x" not in shown and "<i>y" not in shown and "<u>" not in shown
