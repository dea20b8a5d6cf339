"""The exam desk's model on a small store: scheduled, assigned, watched, extended, voided, rescored, handed out."""

import base64
import io
import os

import openpyxl
import pandas as pd
import pytest
from exam_hall import EXAM, STAFF, right_answers

from svclib.apps.exam_desk import results
from svclib.apps.exam_desk.model import ExamDeskModel
from svclib.apps.exam_desk.rescoring import RescoreModel
from svclib.apps.pieces import Voice
from svclib.errors import AccessDenied, InvalidInput


def desk(hall, login="hr1", language="en"):
    model = ExamDeskModel(hall.svc(login), Voice(language))
    model.load()
    return model


def roster(*rows, headings="工号,姓名"):
    return base64.b64encode("\n".join([headings, *rows]).encode("gb18030")).decode()


@pytest.fixture
def sitting(hall):
    made = hall.scheduled()
    hall.assigned(made)
    return made


def test_scheduling_reads_moments_in_the_users_zone(hall):
    model = desk(hall)
    values = {"exam": EXAM, "name": " Spring ", "opens_at": "2025-03-03T09:30", "closes_at": "2025-03-10T18:00"}
    model.schedule({**values, "minutes": 12.0, "attempts": 2.0, "unit": ""})
    assert model.sitting.name == "Spring" and model.sitting.state == "waiting"
    assert model.voice.moment(model.sitting.opens_at) == "2025-03-03 09:30"
    assert (model.sitting.minutes, model.sitting.attempts) == (12, 2)


def test_a_moment_that_is_none_names_its_field(hall):
    values = {"exam": EXAM, "name": "Spring", "opens_at": "tomorrow", "closes_at": "2025-03-10T18:00"}
    with pytest.raises(InvalidInput) as refused:
        desk(hall).schedule({**values, "minutes": None, "attempts": None, "unit": ""})
    assert refused.value.fields["field"] == "opens_at"


def test_half_an_attempt_is_refused(hall):
    values = {"exam": EXAM, "name": "Spring", "opens_at": "2025-03-03T09:30", "closes_at": "2025-03-10T18:00"}
    with pytest.raises(InvalidInput):
        desk(hall).schedule({**values, "minutes": None, "attempts": 1.5, "unit": ""})


def test_the_open_sitting_is_chosen_first(hall, sitting):
    hall.scheduled(
        name="Next", opens_at=hall.clock.moment.replace(month=5), closes_at=hall.clock.moment.replace(month=6)
    )
    assert desk(hall).chosen == sitting


def test_a_unit_is_assigned_with_extra_time(hall):
    hall.scheduled()
    model = desk(hall)
    assert model.assign(units=["b01"], extra_percent=25).assigned == 3
    assert {one.accommodation for one in model.board().people} == {1.25}


def test_nobody_chosen_is_an_error(hall, sitting):
    with pytest.raises(InvalidInput):
        desk(hall).assign()


def test_a_roster_is_rehearsed_with_its_faults_before_anything_is_stored(hall):
    hall.scheduled()
    model = desk(hall)
    held = model.rehearse_roster("staff.csv", roster("N-s01,Name s01", "N-zzz,Nobody", "N-s02,Somebody else"))
    assert not held.usable
    assert [problem.row for problem in held.preview.problems] == [3, 4]
    assert model.board().assigned == 0


def test_a_good_roster_is_committed_once(hall):
    hall.scheduled()
    model = desk(hall)
    assert model.rehearse_roster("staff.csv", roster("N-s01,Name s01", "N-s02,")).usable
    assert model.commit_roster().assigned == 2
    with pytest.raises(InvalidInput):
        model.commit_roster()


def test_the_board_follows_a_candidate(hall, sitting):
    sheet = hall.opened("s01")
    name, value = next(iter(right_answers(hall.store, sheet).items()))
    hall.save("s01", sheet, {name: value})
    board = desk(hall, "proctor").board()
    person = next(one for one in board.people if one.login == "s01")
    assert (person.status, person["answered"], person.connection) == ("open", 1, "fresh")
    assert board.open == 1 and board.not_started == len(STAFF) - 1


def test_extending_moves_the_deadline_of_an_open_attempt(hall, sitting):
    hall.opened("s01")
    model = desk(hall, "proctor")
    before = next(one for one in model.board().people if one.login == "s01")
    model.extend(before.person, {"minutes": 10, "reason": "fire drill"})
    after = next(one for one in model.board().people if one.login == "s01")
    moved = model.voice.at(after.deadline) - model.voice.at(before.deadline)
    assert moved.total_seconds() == 600


def test_voiding_takes_a_second_person(hall, sitting):
    hall.sit("s01", 1.0)
    first, second = desk(hall, "hr1"), desk(hall, "hr2")
    attempt = next(one.attempt for one in first.board().people if one.login == "s01")
    proposal = first.propose_void(attempt, "the wrong person sat")
    assert first.waiting_for_me() == 0 and second.waiting_for_me() == 1
    with pytest.raises(AccessDenied):
        first.decide(proposal, "approved", "mine")
    assert second.decide(proposal, "approved", "seen on the list") == 1
    assert second.board().void == 1


def test_a_proctor_sees_no_decisions(hall, sitting):
    assert desk(hall, "proctor").proposals() == []


# ── results ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def sat(hall, sitting):
    for login, skill in zip(STAFF[:5], (1.0, 1.0, 1.0, 0.2, 0.0), strict=True):
        hall.sit(login, skill)
    return hall


def rows_of(model):
    return list(model.svc.exams.results(sitting=model.chosen))


def test_results_count_those_with_and_without_one(sat):
    data = results.frame(rows_of(desk(sat)), Voice("en"))
    found = results.figures(data)
    assert (found.assigned, found.with_result, found.passed) == (6, 5, 3)
    assert found.pass_rate["estimate"] == 0.6
    assert found.pass_rate["low"] < 0.6 < found.pass_rate["high"]


def test_results_are_filtered_by_unit_and_outcome(sat):
    data = results.frame(rows_of(desk(sat)), Voice("en"))
    assert set(results.filtered(data, "b01")["name"]) == {"Name s01", "Name s03", "Name s05"}
    assert set(results.filtered(data, outcome="none")["name"]) == {"Name s06"}
    assert set(results.filtered(data, outcome="failed")["name"]) == {"Name s04", "Name s05"}


@pytest.mark.parametrize(("language", "part"), [("en", "3 of 5 people"), ("zh-CN", "5")])
def test_the_sentence_tells_the_pass_rate(sat, language, part):
    voice = Voice(language)
    told = results.sentence(results.figures(results.frame(rows_of(desk(sat)), voice)), voice)
    assert part in told and "60.0%" in told


def test_the_sentence_without_results_says_so(hall, sitting):
    model = desk(hall)
    told = results.sentence(results.figures(results.frame(rows_of(model), model.voice)), model.voice)
    assert told == "None of the 6 people assigned has a result yet."


def test_the_workbook_holds_people_attempts_and_no_formula(sat):
    model = desk(sat)
    rows = rows_of(model)
    rows[0]["name"] = '=HYPERLINK("x")'
    name, content = results.export(model.sitting, rows, model.voice)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert name == "product_drill_2025-03-03.xlsx"
    assert book.sheetnames == ["Results", "All attempts", "About"]
    assert book["Results"].max_row == 7 and book["All attempts"].max_row == 6
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


# ── rescoring ────────────────────────────────────────────────────────────────────────────────────────────────────────
def a_single_choice(model, rescore):
    met = set(rescore.scores.columns)
    return next(name for name, item in rescore.bank.items() if item["type"] == "single" and name in met)


def test_crediting_an_item_is_rehearsed_proposed_and_decided_by_another(sat):
    model = desk(sat)
    rescore = RescoreModel(model)
    missed = rescore.scores.lt(1).any()
    rescore.choose(missed.index[missed][0])
    seen = rescore.rehearse({"kind": "credit_all"})
    assert 0 < seen.changed <= seen.attempts <= 5
    rescore.propose("the rule changed in February")
    second = desk(sat, "hr2")
    waiting = second.proposals()
    assert second.decide(waiting[0]["id"], "approved", "agreed") == seen.changed


def test_another_right_answer_is_read_from_the_options(sat):
    model = desk(sat)
    rescore = RescoreModel(model)
    rescore.choose(a_single_choice(model, rescore))
    other = next(name for name, _text in rescore.options() if name != rescore.chosen["key"])
    assert rescore.read({"kind": "new_key", "key": other}) == {"kind": "new_key", "key": other}
    both = [other, rescore.chosen["key"]]
    assert rescore.read({"kind": "two_keys", "keys": both})["key"] == both


@pytest.mark.parametrize("values", [{"kind": "new_key", "key": ""}, {"kind": "two_keys", "keys": ["a"]}])
def test_a_change_without_its_key_is_refused(sat, values):
    model = desk(sat)
    rescore = RescoreModel(model)
    rescore.choose(a_single_choice(model, rescore))
    with pytest.raises(InvalidInput):
        rescore.rehearse(values)


def test_nothing_is_proposed_that_was_not_looked_at(sat):
    rescore = RescoreModel(desk(sat))
    rescore.choose(a_single_choice(rescore.desk, rescore))
    with pytest.raises(InvalidInput):
        rescore.propose("blind")


def test_items_are_listed_with_their_statistics(sat):
    rescore = RescoreModel(desk(sat))
    listed = pd.DataFrame(rescore.rows())
    assert len(listed) == len(rescore.scores.columns)
    assert listed["difficulty"].dropna().between(0, 1).all() and (listed["n"] <= 5).all()


def test_a_sitting_tells_the_version_of_the_bank_that_scores_it(sat):
    assert desk(sat).sitting.bank_version == 1


def test_the_wrong_key_is_pointed_at(sat, monkeypatch):
    rescore = RescoreModel(desk(sat))
    item = a_single_choice(rescore.desk, rescore)
    key = rescore.bank[item]["key"]
    right = next(name for name in rescore.bank[item]["choices"] if name != key)
    people = 60
    able = [number >= people // 2 for number in range(people)]
    others = {f"o{number}": [float(one) for one in able] for number in range(5)}
    scores = pd.DataFrame({item: [0.0 if one else 1.0 for one in able], **others})
    chosen = pd.DataFrame({item: [right if one else key for one in able]})
    states = pd.DataFrame("answered", index=scores.index, columns=scores.columns)
    for name, value in (("scores", scores), ("choices", chosen), ("states", states)):
        monkeypatch.setitem(rescore.__dict__, name, value)
    rescore.choose(item)
    assert f"The key is probably {right}" in rescore.flagged()


def test_the_voice_follows_the_person_then_the_page(monkeypatch):
    monkeypatch.setitem(os.environ, "SVC_LANG", "en")
    assert Voice.of(type("Me", (), {"language": None})).language == "en"
    assert Voice.of(type("Me", (), {"language": "zh-CN"})).language == "zh-CN"
