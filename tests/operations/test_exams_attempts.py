"""An attempt's life: opened, saved, handed in, expired; one tab writes, nobody reads another's."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from exam_room import CANARY, CLIENT, RIGHT, Room, answer
from sqlalchemy import func, select

from svclib.errors import Conflict, InvalidInput, NotFound
from svclib.operations import exams
from svclib.operations.scoring import TRANSITIONS, advance
from svclib.settings import Settings
from svclib.store import Store
from svclib.store.schema import attempt_events, attempts, results


def text_of(value):
    return json.dumps(value, default=str, ensure_ascii=False)


@pytest.fixture
def sheet(room):
    room.assignment = room.assign("ann")
    return room.open("ann", room.assignment)


def test_opening_starts_the_clock(room, sheet):
    assert sheet["status"] == "open"
    assert sheet["deadline"] == room.clock.moment + timedelta(minutes=30)
    assert len(sheet["definition"]["pages"]) == 4


def test_extra_time_moves_the_deadline(room):
    assignment = room.assign("ann", accommodation=1.5)
    assert room.open("ann", assignment)["deadline"] == room.clock.moment + timedelta(minutes=45)


def test_the_window_ends_the_attempt(room):
    assignment = room.assign("ann")
    room.clock.advance(days=7, minutes=-10)
    assert room.open("ann", assignment)["deadline"] == room.clock.moment + timedelta(minutes=10)


@pytest.mark.parametrize(("days", "code"), [(-1, "waiting"), (7, "closed")])
def test_outside_of_its_window_an_exam_cannot_be_started(room, days, code):
    assignment = room.assign("ann")
    room.clock.advance(days=days)
    with pytest.raises(Conflict) as fault:
        room.open("ann", assignment)
    assert fault.value.code == code


def test_no_key_leaves_the_server(room, sheet):
    sent = text_of([sheet, room.save("ann", room.assignment, sheet, [answer(1, "aml-001", "a")])])
    sent += text_of([room.submit("ann", room.assignment, sheet, 1), room.open("ann", room.assignment)])
    sent += text_of([exams.attempt_feedback(room.store, room.actor("ann"), assignment=room.assignment)])
    assert CANARY not in sent
    assert "424242" not in sent
    assert "0.125" not in sent


def test_resuming_keeps_answers_order_and_count(room, sheet):
    room.save("ann", room.assignment, sheet, [answer(1, "aml-001", "a"), {"seq": 2, "kind": "page", "page": 1}])
    again = room.open("ann", room.assignment)
    assert again["answers"] == {"aml-001": "a"}
    assert (again["page"], again["saved_seq"], again["lease"]) == (1, 2, sheet["lease"] + 1)
    assert again["definition"] == sheet["definition"]
    assert room.open("ann", room.assignment, client="client-0002")["saved_seq"] == 0


def test_of_two_tabs_the_older_becomes_read_only(room, sheet):
    newer = room.open("ann", room.assignment, client="client-0002")
    with pytest.raises(Conflict) as fault:
        room.save("ann", room.assignment, sheet, [answer(1, "aml-001", "a")])
    assert fault.value.code == "read_only"
    with pytest.raises(Conflict):
        room.submit("ann", room.assignment, sheet, 0)
    saved = room.save("ann", room.assignment, newer, [answer(1, "aml-001", "a")], client="client-0002")
    assert saved["saved_seq"] == 1


def test_another_persons_attempt_is_not_there(room, sheet):
    other = room.assign("bob")
    for call in (
        lambda: room.open("bob", room.assignment),
        lambda: room.save("bob", room.assignment, sheet, [answer(1, "aml-001", "a")]),
        lambda: room.save("bob", other, sheet, [answer(1, "aml-001", "a")]),
        lambda: room.submit("bob", other, sheet, 0),
        lambda: exams.attempt_feedback(room.store, room.actor("bob"), assignment=room.assignment),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_replay_is_acknowledged_once(room, sheet):
    event = [answer(1, "aml-001", "a")]
    first = room.save("ann", room.assignment, sheet, event)
    assert room.save("ann", room.assignment, sheet, event) == first
    with room.store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(attempt_events)) == 1


def test_a_replay_with_another_value_is_a_conflict(room, sheet):
    room.save("ann", room.assignment, sheet, [answer(1, "aml-001", "a")])
    with pytest.raises(Conflict) as fault:
        room.save("ann", room.assignment, sheet, [answer(1, "aml-001", "b")])
    assert fault.value.code == "replay_conflict"
    assert room.open("ann", room.assignment)["answers"] == {"aml-001": "a"}


def test_a_gap_is_refused(room, sheet):
    with pytest.raises(Conflict) as fault:
        room.save("ann", room.assignment, sheet, [answer(2, "aml-001", "a")])
    assert fault.value.code == "gap"


@pytest.mark.parametrize(
    ("name", "value"),
    [("aml-001", "d"), ("aml-001", ["a"]), ("aml-002", ["a", "z"]), ("aml-004", float("nan")), ("aml-004", "12"),
     ("aml-003", "\ud800"), ("aml-003", "x" * 1001), ("nothing", "a"), ("__proto__", "a"), ("aml-001-Comment", "a")],
)  # fmt: skip
def test_a_wrong_value_refuses_the_whole_batch(room, sheet, name, value):
    with pytest.raises(InvalidInput) as fault:
        room.save("ann", room.assignment, sheet, [answer(1, "aml-002", ["a"]), answer(2, name, value)])
    assert fault.value.code == "invalid_answer"
    assert room.open("ann", room.assignment)["answers"] == {}


def test_the_grace_ends_to_the_millisecond(room, sheet):
    room.clock.advance(minutes=30, seconds=15)
    assert room.save("ann", room.assignment, sheet, [answer(1, "aml-001", "a")])["saved_seq"] == 1
    room.clock.advance(milliseconds=1)
    with pytest.raises(Conflict) as fault:
        room.save("ann", room.assignment, sheet, [answer(2, "aml-001", "b")])
    assert fault.value.code == "closed"


def test_the_grace_is_a_setting(settings, clock):
    with Store.open("sqlite://", clock=clock, settings=replace(settings, grace_seconds=0)) as store:
        room = Room(store, clock)
        assignment = room.assign("ann")
        sheet = room.open("ann", assignment)
        clock.advance(minutes=30, milliseconds=1)
        with pytest.raises(Conflict):
            room.save("ann", assignment, sheet, [answer(1, "aml-001", "a")])


@pytest.mark.parametrize("value", ["-1", "301", "soon"])
def test_a_grace_that_makes_no_sense_is_refused(value):
    with pytest.raises(InvalidInput):
        Settings.from_environment({"SVC_GRACE": value})


def test_handing_in_scores_at_once(room):
    _assignment, _sheet, done = room.sit("ann", RIGHT)
    assert done["status"] == "submitted"
    assert (done["result"]["percent"], done["result"]["passed"]) == (100, True)


def test_part_of_the_right_choices_earns_part(room):
    answers = {"aml-002": ["a"], "aml-001": "b", "aml-004": 1}
    assert room.sit("ann", answers)[2]["result"]["percent"] == 37.5


def test_handing_in_twice_is_one_submission(room):
    assignment, sheet, done = room.sit("ann", RIGHT)
    assert room.submit("ann", assignment, sheet, 4) == done
    with room.store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(results)) == 1


def test_handing_in_before_everything_arrived_is_a_gap(room, sheet):
    with pytest.raises(Conflict) as fault:
        room.submit("ann", room.assignment, sheet, 3)
    assert fault.value.code == "gap"


def test_after_handing_in_nothing_is_saved(room):
    assignment, sheet, _done = room.sit("ann", {})
    with pytest.raises(Conflict) as fault:
        room.save("ann", assignment, sheet, [answer(1, "aml-001", "a")])
    assert fault.value.code == "closed"


def test_the_sweeper_closes_what_the_browser_left(room, sheet):
    room.save("ann", room.assignment, sheet, [answer(number, *pair) for number, pair in enumerate(RIGHT.items(), 1)])
    room.clock.advance(minutes=30, seconds=15)
    assert exams.sweep(room.store) == 0
    room.clock.advance(seconds=1)
    assert exams.sweep(room.store) == 1
    assert exams.sweep(room.store) == 0
    closed = room.open("ann", room.assignment)
    assert (closed["status"], closed["read_only"], closed["feedback"]["percent"]) == ("expired", True, 100)


@pytest.mark.parametrize("call", ["open", "submit"])
def test_a_late_page_finds_its_attempt_expired_without_the_sweeper(room, sheet, call):
    room.clock.advance(hours=1)
    late = room.open("ann", room.assignment) if call == "open" else room.submit("ann", room.assignment, sheet, 0)
    assert late["status"] == "expired"


def test_reloading_a_finished_sheet_costs_no_attempt(room):
    assignment, sheet, _done = room.sit("ann", {})
    again = room.open("ann", assignment)
    assert (again["session"], again["status"], again["attempts_left"]) == (sheet["session"], "submitted", 1)
    assert again["definition"] is None


def test_the_next_attempt_is_asked_for_by_its_number(room):
    assignment, sheet, _done = room.sit("ann", {})
    assert exams.mine(room.store, room.actor("ann"))[0].link.endswith("?start=2")
    second = room.sit("ann", RIGHT, assignment, context={"start": "2"})[1]
    assert second["session"] != sheet["session"]
    assert room.open("ann", assignment, context={"start": "2"})["session"] == second["session"]
    with pytest.raises(Conflict) as fault:
        room.open("ann", assignment, context={"start": "3"})
    assert fault.value.code == "no_attempts"
    assert exams.mine(room.store, room.actor("ann"))[0].best == 100


def test_opening_twice_at_once_makes_one_attempt(room, sheet):
    room.open("ann", room.assignment)
    with room.store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(attempts)) == 1


def test_the_states_of_items_tell_why_they_are_empty(room, sheet):
    order = [page["elements"][0]["name"] for page in sheet["definition"]["pages"]]
    events = [{"seq": 1, "kind": "visit", "name": order[0], "visible_ms": 900}, answer(2, order[1], RIGHT[order[1]])]
    room.save("ann", room.assignment, sheet, events)
    room.submit("ann", room.assignment, sheet, 2)
    with room.store.read() as connection:
        items = connection.scalar(select(results.c["items"]))
    assert [items[name]["state"] for name in order] == ["omitted", "answered", "not_reached", "not_reached"]


@pytest.mark.parametrize("status", TRANSITIONS)
def test_only_the_written_transitions_are_possible(status):
    for to in TRANSITIONS:
        if to in TRANSITIONS[status]:
            assert advance(status, to) == to
        else:
            with pytest.raises(Conflict):
                advance(status, to)


@pytest.mark.parametrize("client", ["", "x", "a" * 33, "../../etc", None])
def test_a_window_needs_a_proper_id(room, client):
    with pytest.raises(InvalidInput):
        room.open("ann", room.assign("ann"), client=client)


def test_saving_works_through_the_group_commit(file_store, clock):
    room = Room(file_store, clock)
    assignment = room.assign("ann")
    sheet = room.open("ann", assignment)
    given = {"session": sheet["session"], "client": CLIENT, "lease": sheet["lease"]}
    works = [
        exams.save_work(
            file_store, room.actor("ann"), assignment=assignment, events=[answer(n, "aml-001", "b")], **given
        )
        for n in range(1, 11)
    ]
    kept = [future.result()["saved_seq"] for future in [file_store.submit(work) for work in works]]
    assert kept == list(range(1, 11))
