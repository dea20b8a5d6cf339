"""Exam frames: scores, choices, states, results under pseudonyms, certificates; rights; the trail."""

import pandas as pd
import pytest
from exam_room import RIGHT, SYSTEM, Room

from svclib import frames
from svclib.errors import AccessDenied, NotFound
from svclib.operations import audit, exams, people, registry
from svclib.operations import frames as topic
from svclib.operations.rescoring import Change

PART = {"aml-001": "c", "aml-002": ["a"], "aml-004": 424242.5}


@pytest.fixture
def sat(room):
    room.sit("ann", RIGHT)
    room.clock.advance(minutes=5)
    room.sit("bob", PART)
    return room


def researcher(room, unit="head"):
    people.create(room.store, SYSTEM, login="res", name="Res", unit=unit)
    people.grant(room.store, SYSTEM, person="res", role="researcher", unit=unit)
    return room.actor("res")


def test_scores_are_the_earned_part_of_each_item(sat):
    frame = topic.scores(sat.store, SYSTEM, exam="aml_drill")
    assert frame.index.name == "attempt_id"
    assert frame.to_numpy().tolist() == [[1, 1, 1, 1], [0, 0.5, 0, 1]]
    assert list(frame.columns) == ["aml-001", "aml-002", "aml-003", "aml-004"]


def test_choices_are_the_options_chosen(sat):
    frame = topic.choices(sat.store, SYSTEM, exam="aml_drill")
    assert list(frame["aml-001"].cat.categories) == ["a", "b", "c"]
    assert frame["aml-001"].tolist() == ["b", "c"]
    assert frame["aml-002"].tolist() == ["a,c", "a"]
    assert frame["aml-003"].isna().tolist() == [False, True]
    assert frame["aml-004"].tolist() == ["424242.5"] * 2


def test_states_agree_with_the_choices(sat):
    why = topic.states(sat.store, SYSTEM, name="aml_drill")
    chosen = topic.choices(sat.store, SYSTEM, exam="aml_drill")
    assert ((why == "answered") == chosen.notna()).to_numpy().all()


def test_a_dropped_item_is_missing_from_the_scores(sat):
    given = {"sitting": sat.sitting, "item": "aml-001", "change": Change("drop"), "reason": "ambiguous"}
    proposal = exams.propose_rescore(sat.store, sat.actor("hr1"), **given)
    exams.decide(sat.store, sat.actor("hr2"), proposal=proposal, decision="approved", note="yes")
    frame = topic.scores(sat.store, SYSTEM, exam="aml_drill")
    assert frame["aml-001"].isna().all()
    assert topic.results(sat.store, SYSTEM)["percent"].tolist() == [100, 50]


def test_first_attempts_alone(sat):
    assignment = exams.mine(sat.store, sat.actor("ann"))[0].assignment
    sat.sit("ann", PART, assignment, context={"start": "2"})
    assert len(topic.scores(sat.store, SYSTEM, exam="aml_drill")) == 3
    assert len(topic.scores(sat.store, SYSTEM, exam="aml_drill", attempts="first")) == 2


def test_results_name_nobody(sat):
    frame = topic.results(sat.store, researcher(sat))
    text = frame.to_csv()
    for secret in ("Ann", "Nann", sat.actor("ann").person_id):
        assert secret not in text
    assert frame["person"].nunique() == 2
    assert frame["passed"].tolist() == [True, False]
    assert frame["branch"].tolist() == ["b01", "b01"]


def test_pseudonyms_are_stable_here_and_different_elsewhere():
    here, there = frames.View(b"a" * 32), frames.View(b"b" * 32)
    assert here.pseudonym("x") == here.pseudonym("x") != there.pseudonym("x")


def test_void_attempts_are_in_no_frame(sat):
    attempt = topic.results(sat.store, SYSTEM).index[0]
    proposal = exams.propose_void(sat.store, sat.actor("hr1"), attempt=attempt, reason="copied")
    exams.decide(sat.store, sat.actor("hr2"), proposal=proposal, decision="approved", note="yes")
    assert attempt not in topic.results(sat.store, SYSTEM).index
    assert attempt not in topic.scores(sat.store, SYSTEM, exam="aml_drill").index


def test_a_researcher_of_another_branch_sees_nothing(sat):
    actor = researcher(sat, "b02")
    assert len(topic.results(sat.store, actor)) == len(topic.scores(sat.store, actor, exam="aml_drill")) == 0


def test_items_of_a_sitting_still_open_are_shown_to_those_who_read_keys_alone(sat):
    actor = researcher(sat)
    frames_of = (topic.scores, topic.choices)
    assert [len(frame(sat.store, actor, exam="aml_drill")) for frame in frames_of] == [0, 0]
    assert len(topic.results(sat.store, actor)) == 2 == len(topic.scores(sat.store, sat.actor("hr1"), exam="aml_drill"))
    sat.clock.advance(days=400)
    assert [len(frame(sat.store, actor, exam="aml_drill")) for frame in frames_of] == [2, 2]


def test_keys_are_in_the_codebook_of_those_who_may_read_items(sat):
    assert "key" not in topic.codebook(sat.store, researcher(sat), name="aml_drill")
    book = topic.codebook(sat.store, sat.actor("hr1"), name="aml_drill")
    first = book[book["column"] == "aml-001"].set_index("value")
    assert first["key"].tolist() == [False, True, False]


def test_frames_need_their_right(sat):
    with pytest.raises(AccessDenied):
        registry.call(sat.store, sat.actor("ann"), "frames.scores", {"exam": "aml_drill"})
    with pytest.raises(AccessDenied):
        registry.call(sat.store, sat.actor("ann"), "frames.states", {"name": "aml_drill"})
    with pytest.raises(NotFound):
        registry.call(sat.store, sat.actor("hr1"), "frames.states", {"name": "nothing"})


@pytest.mark.parametrize(("months", "holders"), [(0, 1), (11, 1), (13, 0)])
def test_a_certificate_runs_out(sat, months, holders):
    sat.clock.advance(days=30.5 * months)
    frame = topic.certified(sat.store, SYSTEM)
    row = frame.set_index("unit").loc["b01"]
    assert (row["staff"], row["certified"]) == (3, holders)
    assert frame["staff"].sum() == 6


def test_times_of_items_are_seconds(room):
    assignment = room.assign("ann")
    sheet = room.open("ann", assignment)
    room.save("ann", assignment, sheet, [{"seq": 1, "kind": "visit", "name": "aml-001", "visible_ms": 2500}])
    room.submit("ann", assignment, sheet, 1)
    times = topic.item_times(room.store, SYSTEM, name="aml_drill")
    assert times["aml-001"].tolist() == [2.5]
    assert times["aml-002"].isna().all()


def test_frames_cross_as_arrow(sat):
    import pyarrow as pa

    for frame in (
        topic.results(sat.store, SYSTEM), topic.choices(sat.store, SYSTEM, exam="aml_drill"),
        topic.states(sat.store, SYSTEM, name="aml_drill"), topic.codebook(sat.store, SYSTEM, name="aml_drill"),
        topic.certified(sat.store, SYSTEM), topic.page_times(sat.store, SYSTEM, name="aml_drill"),
    ):  # fmt: skip
        back = pa.Table.from_pandas(frame, preserve_index=True).to_pandas()
        pd.testing.assert_frame_equal(back, frame, check_dtype=False)


# ── the trail ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_trail_reads_in_the_readers_language(sat):
    lines = audit.list_(sat.store, sat.actor("hr1"), action="exams", limit=1000)
    assert {"exams.schedule", "exams.assign", "exams.open_sheet", "exams.submit_sheet"} == {
        line.action for line in lines
    }
    assert lines == sorted(lines, key=lambda line: -line.seq)
    assert lines[-1].text.startswith("安排考试 aml_drill")
    assert audit.list_(sat.store, SYSTEM, person="ann")[0].actor_name == "Ann"


def test_the_trail_is_read_page_by_page(sat):
    first = audit.list_(sat.store, SYSTEM, limit=2)
    second = audit.list_(sat.store, SYSTEM, limit=2, before=first[-1].seq)
    assert [line.seq for line in first + second] == list(range(first[0].seq, first[0].seq - 4, -1))


def test_a_store_in_order_verifies(sat):
    head = audit.head(sat.store, SYSTEM)
    found = audit.verify(sat.store, SYSTEM, against=f"{head.seq} {head.hash}")
    assert (found.ok, found.problems, found.head) == (True, [], head)


def test_an_expired_fixed_form_gives_not_reached(store, clock):
    room = Room(store, clock, shuffle="false")
    assignment = room.assign("ann")
    sheet = room.open("ann", assignment)
    room.save("ann", assignment, sheet, [{"seq": 1, "kind": "answer", "name": "aml-001", "value": "b"}])
    clock.advance(hours=1)
    exams.sweep(store)
    assert topic.states(store, SYSTEM, name="aml_drill").iloc[0].tolist() == ["answered"] + ["not_reached"] * 3
