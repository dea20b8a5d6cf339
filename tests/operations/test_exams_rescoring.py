"""Voiding and rescoring need two people; feedback waits for its moment."""

from datetime import timedelta

import pytest
from exam_room import CANARY, RIGHT, SYSTEM, Room
from sqlalchemy import select

from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound
from svclib.operations import exams, people
from svclib.operations.rescoring import Change
from svclib.store.schema import results

WRONG = {**RIGHT, "aml-001": "c"}
NEW_KEY = Change("new_key", "c")


def percents(room, login="ann"):
    found = exams.results(room.store, room.actor("hr1"), sitting=room.sitting)
    return [one.percent for row in found if row.name == login.title() for one in row.attempts]


def propose(room, change=NEW_KEY, item="aml-001", login="hr1"):
    given = {"sitting": room.sitting, "item": item, "change": change, "reason": "the key was wrong"}
    return exams.propose_rescore(room.store, room.actor(login), **given)


def decide(room, proposal, login="hr2", decision="approved"):
    return exams.decide(room.store, room.actor(login), proposal=proposal, decision=decision, note="checked")


# ── voiding ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def void(room, sheet):
    return exams.propose_void(room.store, room.actor("hr1"), attempt=sheet["session"], reason="copied")


def test_a_void_attempt_does_not_count(room):
    assignment, sheet, _done = room.sit("ann", RIGHT)
    assert decide(room, void(room, sheet)) == 1
    seen = exams.progress(room.store, room.actor("hr1"), sitting=room.sitting)
    assert (seen.void, seen.passed, seen.people[0].attempts_left) == (1, 0, 2)
    mine = exams.mine(room.store, room.actor("ann"))[0]
    assert (mine.best, mine.attempts_left) == (None, 2)
    assert room.open("ann", assignment)["status"] == "void"


def test_an_open_attempt_can_be_voided(room):
    assignment = room.assign("ann")
    sheet = room.open("ann", assignment)
    decide(room, void(room, sheet))
    with pytest.raises(Conflict):
        room.save("ann", assignment, sheet, [{"seq": 1, "kind": "answer", "name": "aml-001", "value": "a"}])
    assert exams.sweep(room.store) == 0


def test_who_proposes_does_not_decide(room):
    proposal = void(room, room.sit("ann", RIGHT)[1])
    for actor in (room.actor("hr1"), SYSTEM):
        with pytest.raises(AccessDenied):
            exams.decide(room.store, actor, proposal=proposal, decision="approved", note="me")
    assert percents(room) == [100]


def test_a_rejected_proposal_changes_nothing_and_stays_decided(room):
    proposal = void(room, room.sit("ann", RIGHT)[1])
    assert decide(room, proposal, decision="rejected") == 0
    with pytest.raises(Conflict):
        decide(room, proposal)
    assert percents(room) == [100]


def test_one_proposal_waits_for_each_subject(room):
    sheet = room.sit("ann", RIGHT)[1]
    void(room, sheet)
    with pytest.raises(Conflict):
        void(room, sheet)


def test_a_branch_decides_nothing_of_another(room):
    people.create(room.store, SYSTEM, login="bhr2", name="Bhr2", unit="b02")
    people.grant(room.store, SYSTEM, person="bhr2", role="hr", unit="b02")
    proposal = void(room, room.sit("ann", RIGHT)[1])
    assert exams.proposals(room.store, room.actor("bhr2")) == []
    with pytest.raises(NotFound):
        decide(room, proposal, "bhr2")


# ── rescoring ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_preview_tells_who_would_change(room):
    room.sit("ann", WRONG)
    room.sit("bob", {"aml-001": "b", "aml-002": ["a", "c"], "aml-003": "x", "aml-004": 424242.5})
    seen = exams.preview_rescore(
        room.store, room.actor("hr1"), sitting=room.sitting, item="aml-001", change=Change("new_key", "c")
    )
    rows = {row.name: (row.percent_before, row.percent_after, row.passed_after) for row in seen.rows}
    assert rows == {"Ann": (75, 100, True), "Bob": (75, 50, False)}
    assert (seen.attempts, seen.changed, seen.now_passed, seen.now_failed) == (2, 2, 0, 1)
    assert percents(room) == [75]


@pytest.mark.parametrize(
    ("change", "percent"),
    [(NEW_KEY, 100), (Change("two_keys", ["b", "c"]), 100), (Change("credit_all"), 100), (Change("drop"), 100)],
)
def test_a_mended_key_adds_a_scoring(room, change, percent):
    room.sit("ann", WRONG)
    assert decide(room, propose(room, change)) == 1
    assert percents(room) == [percent]
    with room.store.read() as connection:
        rows = connection.execute(select(results.c.scoring, results.c.percent).order_by(results.c.scoring)).all()
    assert [tuple(row) for row in rows] == [(1, 75), (2, percent)]


def test_a_dropped_item_leaves_the_maximum(room):
    room.sit("ann", {"aml-001": "b"})
    decide(room, propose(room, Change("drop")))
    with room.store.read() as connection:
        row = connection.execute(select(results).where(results.c.scoring == 2)).mappings().one()
    assert (row["points"], row["maximum"], row["items"]["aml-001"]["counted"]) == (0, 3, False)


def test_later_attempts_are_scored_with_the_mended_key(room):
    room.sit("ann", WRONG)
    decide(room, propose(room))
    assert room.sit("bob", WRONG)[2]["result"]["percent"] == 100


def test_sittings_of_the_same_bank_are_mended_together(room):
    room.sit("ann", WRONG)
    first, room.sitting = room.sitting, room.schedule(name="Autumn")
    exams.assign(room.store, room.actor("hr1"), sitting=room.sitting, people=["bob"])
    room.sit("bob", WRONG, exams.mine(room.store, room.actor("bob"))[0].assignment)
    assert decide(room, propose(room)) == 2
    assert percents(room, "bob") == [100]
    room.sitting = first
    assert percents(room) == [100]


def test_a_sitting_made_after_the_mending_has_the_mended_key(room):
    decide(room, propose(room))
    room.clock.advance(seconds=1)
    room.sitting = room.schedule(name="Autumn")
    assert room.sit("bob", WRONG)[2]["result"]["percent"] == 100


def test_two_mendings_hold_together(room):
    room.sit("ann", {**WRONG, "aml-004": 7})
    decide(room, propose(room))
    decide(room, propose(room, Change("new_key", 7), "aml-004"))
    assert percents(room) == [100]


@pytest.mark.parametrize(
    ("item", "change"),
    [("aml-001", Change("new_key", "z")), ("aml-001", Change("new_key")), ("aml-001", Change("two_keys", "b")),
     ("aml-001", Change("two_keys", ["b"])), ("aml-002", Change("new_key", "a")), ("aml-004", Change("new_key", "x")),
     ("aml-003", Change("new_key", ""))],
)  # fmt: skip
def test_a_key_that_cannot_be_answered_is_refused(room, item, change):
    with pytest.raises(InvalidInput):
        propose(room, change, item)


def test_an_unknown_item_is_refused(room):
    with pytest.raises(NotFound):
        propose(room, item="aml-999")


def test_a_branch_mends_no_key_of_the_head_office(room):
    with pytest.raises(AccessDenied):
        propose(room, login="bhr")


# ── feedback ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def feedback(room, assignment, login="ann"):
    return exams.attempt_feedback(room.store, room.actor(login), assignment=assignment)


def test_a_score_that_waits_is_told_nowhere(store, clock):
    room = Room(store, clock, feedback_from="window_closed")
    assignment, _sheet, done = room.sit("ann", RIGHT)
    mine = exams.mine(store, room.actor("ann"))[0]
    assert (done["result"], feedback(room, assignment), mine.best, mine.passed) == (None, None, None, None)
    clock.advance(days=8)
    assert feedback(room, assignment)["percent"] == 100


def test_right_and_wrong_without_the_key(store, clock):
    room = Room(store, clock, feedback="right_wrong")
    assignment, _sheet, done = room.sit("ann", WRONG)
    points = {item["name"]: item["points"] for item in done["result"]["items"]}
    assert points == {"aml-001": 0, "aml-002": 1, "aml-003": 1, "aml-004": 1}
    assert CANARY not in str(done)
    assert room.open("ann", assignment)["answers"] == WRONG


def test_rationales_wait_until_nobody_can_answer_any_more(store, clock):
    room = Room(store, clock, feedback="rationale", feedback_from="window_closed")
    assignment, _sheet, done = room.sit("ann", RIGHT)
    assert (done["result"]["percent"], done["result"]["items"]) == (100, [])
    room.assign("bob")
    late = clock.moment + timedelta(days=9)
    exams.extend(store, room.actor("hr1"), sitting=room.sitting, person="bob", reason="ill", closes_at=late)
    clock.advance(days=8)
    assert feedback(room, assignment)["items"] == []
    clock.advance(days=1)
    first = next(item for item in feedback(room, assignment)["items"] if item["name"] == "aml-001")
    assert (first["key"], first["rationale"]["en"]) == ("b", "CANARY-rationale")


def test_rationales_after_the_last_attempt(store, clock):
    room = Room(store, clock, feedback="rationale", feedback_from="last_attempt")
    assignment = room.sit("ann", RIGHT)[0]
    assert feedback(room, assignment)["items"] == []
    room.sit("ann", RIGHT, assignment, context={"start": "2"})
    assert len(feedback(room, assignment)["items"]) == 4


def test_a_mended_key_is_the_one_that_is_told(store, clock):
    room = Room(store, clock, feedback="rationale")
    assignment = room.sit("ann", WRONG)[0]
    decide(room, propose(room))
    told = {item["name"]: item["key"] for item in feedback(room, assignment)["items"]}
    assert told["aml-001"] == "c"
