"""The exam desk: who may schedule, assign, watch, extend and withdraw; rosters with problems by row."""

import base64
import io
from datetime import timedelta

import openpyxl
import pytest
from exam_room import BANK, EXAM, RIGHT, SYSTEM, Room, answer
from pydantic import TypeAdapter
from sqlalchemy import func, select

from svclib import forms
from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound
from svclib.operations import definitions, exams, people, registry
from svclib.operations.rosters import RosterError
from svclib.store.schema import assignments, audit


def upload(room, content, name="roster.csv", login="hr1", **options):
    encoded = base64.b64encode(content).decode()
    given = {"sitting": room.sitting, "file_name": name, "content": encoded, **options}
    return exams.import_roster(room.store, room.actor(login), **given)


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def assigned(room):
    with room.store.read() as connection:
        return connection.scalar(select(func.count()).select_from(assignments))


# ── sittings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
RULES = {"minutes": 5, "attempts": 1, "feedback": "score_only", "feedback_from": "submitted", "shuffle": "false"}


def test_a_sitting_freezes_what_was_published(room):
    definitions.publish(room.store, SYSTEM, text=EXAM.format(**RULES).replace("version: 1", "version: 2"))
    room.schedule()
    versions = [row.version for row in exams.sittings(room.store, room.actor("hr1"))]
    assert sorted(versions) == [1, 2]
    assert exams.list_(room.store, room.actor("hr1"))[0].sittings == 2


def test_a_blueprint_that_the_bank_cannot_fill_any_more_is_refused(room):
    retired = BANK.replace("version: 1", "version: 2").replace("status: approved", "status: retired", 1)
    definitions.publish(room.store, SYSTEM, text=retired)
    with pytest.raises(forms.BlueprintShortage):
        room.schedule()


@pytest.mark.parametrize(
    "changes",
    [{"closes_at": timedelta(0)}, {"closes_at": timedelta(days=1000)}, {"attempts": 101}, {"minutes": 1e9},
     {"minutes": float("nan")}, {"name": " "}, {"name": "x" * 201}, {"name": "a\u202eb"}],
)  # fmt: skip
def test_a_sitting_that_makes_no_sense_is_refused(room, changes):
    if "closes_at" in changes:
        changes = {"closes_at": room.clock.moment + changes["closes_at"]}
    with pytest.raises(InvalidInput):
        room.schedule(**changes)


def test_a_branch_schedules_for_itself_only(room):
    room.schedule("bhr", unit="b01", name="Branch")
    with pytest.raises(AccessDenied):
        room.schedule("bhr", unit="b02")
    unit = {row.name: row.unit_id for row in exams.sittings(room.store, room.actor("bhr"))}
    assert unit == {"Spring": "head", "Branch": "b01"}


# ── assigning ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_unit_is_assigned_with_everybody_below_it_once(room):
    first = exams.assign(room.store, room.actor("hr1"), sitting=room.sitting, units=["head"])
    again = exams.assign(room.store, room.actor("hr1"), sitting=room.sitting, people=["ann", "Nbob"])
    assert (first.assigned, again.assigned, again.already) == (6, 0, 2)


def test_a_disabled_person_is_not_assigned(room):
    people.disable(room.store, SYSTEM, person="ann", reason="left")
    assert exams.assign(room.store, room.actor("hr1"), sitting=room.sitting, units=["b01"]).assigned == 2


@pytest.mark.parametrize("chosen", [{"people": ["cho"]}, {"people": ["nobody"]}])
def test_nobody_outside_of_ones_area_is_assigned(room, chosen):
    with pytest.raises(NotFound):
        exams.assign(room.store, room.actor("bhr"), sitting=room.sitting, **chosen)
    with pytest.raises(AccessDenied):
        exams.assign(room.store, room.actor("bhr"), sitting=room.sitting, units=["b02"])


def test_staff_may_not_look_at_the_desk(room):
    with pytest.raises(AccessDenied):
        registry.call(room.store, room.actor("ann"), "exams.progress", {"sitting": room.sitting})


def test_assigning_leaves_a_line_on_the_trail(room):
    room.assign("ann")
    with room.store.read() as connection:
        line = connection.execute(select(audit).where(audit.c.action == "exams.assign")).mappings().one()
    assert line["detail"] == {"count": 1, "name": "Spring"}


# ── rosters ──────────────────────────────────────────────────────────────────────────────────────────────────────────
ROSTER = "工号,姓名,单位,加时\nNann,Ann,b01,25%\nNcho,Cho,,1.5\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_roster_is_read_in_every_usual_encoding(room, encoding):
    done = upload(room, ROSTER.encode(encoding))
    assert (done.rows, done.assigned, done.committed, done.problems) == (2, 2, True, [])
    times = {
        row.login: row.accommodation
        for row in exams.progress(room.store, room.actor("hr1"), sitting=room.sitting).people
    }
    assert times == {"ann": 1.25, "cho": 1.5}


def test_a_workbook_is_read(room):
    done = upload(room, workbook(["staff_number", "name", None], ["Nann", "Ann", None], ["Nbob", None, None]), "r.xlsx")
    assert done.assigned == 2


def test_a_rehearsal_lists_the_problems_by_row_and_stores_nothing(room):
    text = "工号,姓名,加时\nNann,Wrong,\nNobody,,\nNbob,,fast\nNcho,,\nNcho,,\n"
    seen = upload(room, text.encode(), dry_run=True)
    assert [(found.row, found.column) for found in seen.problems] == [
        (2, "姓名"),
        (3, "工号"),
        (4, "加时"),
        (6, "工号"),
    ]
    assert not seen.committed
    assert assigned(room) == 0


def test_one_wrong_row_keeps_all_out(room):
    with pytest.raises(RosterError) as fault:
        upload(room, "工号\nNann\nNobody\n".encode())
    assert fault.value.fields["faults"][0]["row"] == 3
    assert "第 3 行" in fault.value.render("zh-CN")
    assert assigned(room) == 0


def test_a_branch_roster_knows_its_own_people_only(room):
    with pytest.raises(RosterError):
        upload(room, "工号\nNcho\n".encode(), login="bhr")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01", b"\xff\xff\xff\x80", "姓名\nAnn\n".encode(), "工号,工号\nNann,Nann\n".encode(),
     "工号,奖金\nNann,1\n".encode(), "工号\n=HYPERLINK(1)\n".encode(), "工号\n@SUM(A1)\n".encode(),
     "工号\nNann,1\n".encode(), "工号\n".encode(), ("工号\n" + "x" * 600 + "\n").encode(),
     b"\xe5" * (5 * 1024 * 1024 + 1), ("工号\n" + "Nann\n" * 20_001).encode()],
    ids=["empty", "bytes", "no text", "no key column", "doubled", "unknown", "formula", "at", "more values", "no rows",
         "long", "large", "many"],
)  # fmt: skip
def test_a_bad_file_is_refused_with_a_sentence(room, content):
    with pytest.raises(InvalidInput) as fault:
        upload(room, content)
    assert fault.value.render("zh-CN") != fault.value.render("en")
    assert assigned(room) == 0


@pytest.mark.parametrize("name", ["r.xlsx", "r.exe", "../../etc/passwd"])
def test_a_file_that_is_no_table_is_refused(room, name):
    with pytest.raises(InvalidInput):
        upload(room, b"PK\x03\x04 broken", name)


def test_a_workbook_with_a_formula_is_refused(room):
    with pytest.raises(RosterError):
        upload(room, workbook(["工号"], ["=1+1"]), "r.xlsx")


# ── watching ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_progress_counts_and_tells_where_each_person_stands(room):
    room.sit("ann", RIGHT)
    assignment = room.assign("bob")
    sheet = room.open("bob", assignment)
    room.save("bob", assignment, sheet, [answer(1, "aml-001", "a")])
    room.assign("cho")
    room.clock.advance(minutes=2)
    seen = exams.progress(room.store, room.actor("hr1"), sitting=room.sitting)
    assert (seen.assigned, seen.not_started, seen.open, seen.submitted, seen.passed) == (3, 1, 1, 1, 1)
    bob = next(person for person in seen.people if person.login == "bob")
    assert (bob.status, bob.answered, bob.items, bob.connection) == ("open", 1, 4, "quiet")
    assert bob.last_saved_at == room.clock.moment - timedelta(minutes=2)


def test_a_branch_sees_its_own_people(room):
    for login in ("ann", "cho"):
        room.sit(login, RIGHT)
    actor = room.actor("bhr")
    assert [row.login for row in exams.progress(room.store, actor, sitting=room.sitting).people] == ["ann"]
    assert [row.name for row in exams.results(room.store, actor, sitting=room.sitting)] == ["Ann"]
    assert exams.sittings(room.store, actor)[0].submitted == 1


def test_a_foreign_branchs_sitting_is_not_there(room):
    people.create(room.store, SYSTEM, login="bhr2", name="Bhr2", unit="b02")
    people.grant(room.store, SYSTEM, person="bhr2", role="hr", unit="b02")
    own = room.schedule("bhr", unit="b01")
    with pytest.raises(NotFound):
        exams.progress(room.store, room.actor("bhr2"), sitting=own)


@pytest.mark.parametrize("name", ["exams.progress", "exams.results", "exams.sittings", "exams.mine", "exams.list"])
def test_results_travel_as_json(room, name):
    room.sit("ann", RIGHT)
    given = {"sitting": room.sitting} if name in {"exams.progress", "exams.results"} else {}
    login = "ann" if name == "exams.mine" else "hr1"
    result = registry.call(room.store, room.actor(login), name, given)
    adapter = registry.operations()[name].result
    assert isinstance(adapter, TypeAdapter)
    assert adapter.validate_json(adapter.dump_json(result)) == result


# ── extending, withdrawing ───────────────────────────────────────────────────────────────────────────────────────────
def extend(room, **given):
    exams.extend(room.store, room.actor("hr1"), sitting=room.sitting, person="ann", reason="power cut", **given)


def test_more_minutes_move_an_open_attempts_deadline(room):
    assignment = room.assign("ann")
    before = room.open("ann", assignment)["deadline"]
    extend(room, minutes=10)
    assert room.open("ann", assignment)["deadline"] == before + timedelta(minutes=10)


def test_more_minutes_reach_beyond_the_window(room):
    assignment = room.assign("ann")
    room.clock.advance(days=7, minutes=-5)
    sheet = room.open("ann", assignment)
    extend(room, minutes=20)
    room.clock.advance(minutes=24)
    assert room.save("ann", assignment, sheet, [answer(1, "aml-001", "a")])["status"] == "open"


def test_a_later_end_gives_a_cut_attempt_its_whole_time(room):
    assignment = room.assign("ann")
    room.clock.advance(days=7, minutes=-5)
    start = room.clock.moment
    room.open("ann", assignment)
    extend(room, closes_at=start + timedelta(days=1))
    assert room.open("ann", assignment)["deadline"] == start + timedelta(minutes=30)


def test_more_minutes_before_the_start_lengthen_the_attempt(room):
    assignment = room.assign("ann")
    extend(room, minutes=15)
    assert room.open("ann", assignment)["deadline"] == room.clock.moment + timedelta(minutes=45)


def test_another_attempt_can_be_given(room):
    assignment = room.sit("ann", {})[0]
    room.sit("ann", {}, assignment, context={"start": "2"})
    extend(room, extra_attempts=1)
    assert room.open("ann", assignment, context={"start": "3"})["status"] == "open"


@pytest.mark.parametrize("given", [{}, {"minutes": -5}, {"minutes": float("inf")}, {"extra_attempts": -1}])
def test_an_extension_that_makes_no_sense_is_refused(room, given):
    room.assign("ann")
    with pytest.raises(InvalidInput):
        extend(room, **given)


def test_an_extension_needs_the_person_in_ones_area(room):
    room.assign("cho")
    with pytest.raises(NotFound):
        exams.extend(room.store, room.actor("bhr"), sitting=room.sitting, person="cho", reason="x", minutes=5)


def test_a_withdrawn_exam_is_gone_until_it_is_assigned_again(room):
    assignment = room.assign("ann")
    exams.withdraw(room.store, room.actor("hr1"), sitting=room.sitting, person="ann", reason="on leave")
    assert exams.mine(room.store, room.actor("ann")) == []
    with pytest.raises(NotFound):
        room.open("ann", assignment)
    assert room.assign("ann") == assignment


def test_an_open_attempt_is_not_withdrawn(room):
    room.open("ann", room.assign("ann"))
    with pytest.raises(Conflict):
        exams.withdraw(room.store, room.actor("hr1"), sitting=room.sitting, person="ann", reason="on leave")


@pytest.mark.parametrize(
    ("advance", "state"), [({"minutes": 0}, "ready"), ({"days": 8}, "closed"), ({"days": -1}, "waiting")]
)
def test_ones_own_exams_tell_their_state(room, advance, state):
    room.assign("ann")
    room.clock.advance(**advance)
    [exam] = exams.mine(room.store, room.actor("ann"))
    assert (exam.state, exam.attempts_left, exam.minutes, exam.pass_mark) == (state, 2, 30, 60)


def test_a_fixed_exam_is_one_form_for_all(store, clock):
    room = Room(store, clock, shuffle="false")
    sheets = [room.open(login, room.assign(login)) for login in ("ann", "bob")]
    assert sheets[0]["definition"] == sheets[1]["definition"]
