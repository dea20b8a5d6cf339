"""Simulated answers obey the form, and lean where they are told to."""

from __future__ import annotations

from statistics import fmean

from svclib.forms import draw, from_body, score, simulate, simulate_exam, validate

from .conftest import BANK, EXAM, OPTIONS, item


def test_every_simulated_sheet_is_complete(survey):
    for answers in survey.simulate(300, seed=1):
        result = validate(survey, answers, complete=True)
        assert result.ok and result.answers == answers


def test_the_same_seed_simulates_the_same(survey):
    assert survey.simulate(20, seed=5) == survey.simulate(20, seed=5) != survey.simulate(20, seed=6)


def test_branches_are_followed(survey):
    sheets = survey.simulate(300, seed=2)
    assert all("why" not in sheet for sheet in sheets if sheet["overall"] > 6)
    assert any("why" in sheet for sheet in sheets)


def test_a_tendency_moves_the_answers(survey):
    def mean(lean):
        return fmean(sheet["overall"] for sheet in simulate(survey, 300, 3, tendency=lambda question: lean))

    assert mean(-1.0) < mean(0.0) - 1 < mean(1.0) - 2


def test_weights_decide_choices_without_order(survey):
    def tendency(question):
        return {"branch": 1.0} if question.name == "channel" else 0.0

    chosen = {sheet.get("channel") for sheet in simulate(survey, 200, 4, tendency=tendency)}
    assert chosen <= {"branch", "dont_know", None}


def test_the_satisfied_answer_higher(survey):
    low, high = simulate(survey, 2, 5, latent=[-2.5, 2.5], tendency=lambda question: 0.0)
    assert low["overall"] < high["overall"]


def test_words_can_be_given(survey):
    sheets = simulate(survey, 100, 6, words=lambda question, generator: "queue")
    assert {sheet["why"] for sheet in sheets if "why" in sheet} == {"queue"}


def test_random_surveys_are_filled_in_validly(differential):
    for seed in range(150):
        made = differential.Case(seed).survey
        for answers in made.simulate(3, seed):
            assert validate(made, answers, complete=True).ok


def test_every_simulated_exam_sheet_is_valid(exam, bank):
    form = draw(exam, bank, 1)
    assert all(validate(form, answers, complete=True, bank=bank).ok for answers in simulate_exam(form, bank, 200, 1))


def test_able_candidates_score_higher(exam, bank):
    form = draw(exam, bank, 1)
    sheets = simulate_exam(form, bank, 400, 2, latent=[-2.0] * 200 + [2.0] * 200)
    points = [score(form, bank, sheet).points for sheet in sheets]
    assert fmean(points[200:]) > fmean(points[:200]) + 2


def test_a_wrong_key_shows_in_the_answers_of_the_able():
    bank = from_body("bank", BANK | {"items": [item("x", "single", choices=OPTIONS, key="a")]})
    form = draw(from_body("exam", EXAM | {"blueprint": [{"count": 1}]}), bank, 1)
    sheets = simulate_exam(form, bank, 200, 3, latent=[3.0] * 200, truth={"x": "b"})
    assert sum(sheet.get("x") == "b" for sheet in sheets) > 180
