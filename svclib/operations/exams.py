"""Exams in the field: schedule, assign, watch, extend, void, rescore; and the candidate's sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from svclib.frames.definitions import definition
from svclib.operations import assigning, attempts, definitions, feedback, monitoring, rescoring, rosters
from svclib.operations.actor import Actor
from svclib.operations.assigning import Assigned, RosterPreview
from svclib.operations.attempts import local_time, save_work, submit_work
from svclib.operations.directory import check_text, decode_file, known_person
from svclib.operations.monitoring import MyExam, PersonResult, Progress
from svclib.operations.registry import operation, record
from svclib.operations.rescoring import Change, Decision, Proposal, RescorePreview
from svclib.operations.sittings import (
    ACCOMMODATIONS,
    Sitting,
    attempts_left,
    check_range,
    check_window,
    find_sitting,
    freeze,
    own_unit,
    sitting_of,
    sitting_query,
)
from svclib.operations.sittings import overlaps as in_area
from svclib.store import Store, new_id, schema

__all__ = ["save_work", "submit_work"]


@dataclass(frozen=True)
class ExamRow:
    """A published exam (its latest version) and how many sittings of it lie in one's area."""

    exam: str
    version: int
    title: dict[str, str]
    bank: str
    minutes: float
    pass_mark: float
    attempts: int
    items: int
    sittings: int


# ── sittings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@operation(right="exams.read")
def list_(store: Store, actor: Actor) -> list[ExamRow]:
    """List the published exams with the number of sittings in one's area."""
    published = definitions.list_(store, actor, kind="exam")
    with store.read() as connection:
        held = [row["exam"] for row in _sittings(connection, actor)]
        exams = [definition(connection, row.hash) for row in published]
    return [
        ExamRow(
            exam.exam, exam.version, exam.title, exam.bank, exam.minutes, exam.pass_mark, exam.attempts,
            sum(row.count for row in exam.blueprint), held.count(exam.exam),
        )
        for exam in exams
    ]  # fmt: skip


@operation(right="exams.assign", audit="Scheduled the exam {exam} as “{name}”, {opens_at} to {closes_at}")
def schedule(
    store: Store, actor: Actor, *, exam: str, name: str, opens_at: datetime, closes_at: datetime,
    attempts: int | None = None, unit: str | None = None, minutes: float | None = None,
) -> Sitting:  # fmt: skip
    """Plan a sitting of the latest published exam, which freezes the exam and its bank.

    Parameters
    ----------
    exam, name : str
        The exam's id; what the sitting is called.
    opens_at, closes_at : datetime
        Its window, with time zone.
    attempts, minutes : optional
        Other than the exam says.
    unit : str, optional
        The unit that gives it; by default the top of one's area.

    Raises
    ------
    BlueprintShortage
        The bank's approved items do not fill the blueprint.
    """
    check_text("name", name, 200)
    check_window(opens_at, closes_at)

    def work(tx: Connection) -> str:
        frozen = freeze(tx, exam, attempts, minutes)
        made = new_id()
        tx.execute(schema.sittings.insert().values(
            id=made, exam=exam, name=name, opens_at=opens_at, closes_at=closes_at, **frozen,
            unit_id=own_unit(tx, actor, "exams.assign", unit), created_by=known_person(actor), created_at=store.now(),
        ))  # fmt: skip
        window = {"opens_at": local_time(store, opens_at), "closes_at": local_time(store, closes_at)}
        record(store, tx, actor, "exams.schedule", made, exam=exam, name=name, **window)
        return made

    made = store.write(work)
    with store.read() as connection:
        return sitting_of(find_sitting(connection, actor, made, "exams.assign"), store.now())


@operation(right="exams.read")
def sittings(store: Store, actor: Actor, *, exam: str | None = None) -> list[Sitting]:
    """List the sittings of one's area, the newest first, with counts of one's own people."""
    with store.read() as connection:
        rows = [row for row in _sittings(connection, actor) if exam in (None, row["exam"])]
        counts = monitoring.counted(connection, [row["id"] for row in rows], actor.scope("exams.read"))
    return [sitting_of(row, store.now(), counts.get(row["id"], (0, 0, 0))) for row in rows]


def _sittings(connection: Connection, actor: Actor) -> list[Any]:
    rows = connection.execute(sitting_query().order_by(schema.sittings.c.opens_at.desc())).mappings()
    return [row for row in rows if in_area(actor, "exams.read", row["unit_path"])]


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@operation(right="exams.assign", audit="Assigned {count} people to “{name}”")
def assign(
    store: Store, actor: Actor, *, sitting: str, people: Sequence[str] = (), units: Sequence[str] = (),
    accommodation: float = 1.0,
) -> Assigned:  # fmt: skip
    """Assign people (ids, log-ins or staff numbers) and everybody in units; `accommodation` multiplies the minutes."""
    check_range("accommodation", accommodation, *ACCOMMODATIONS)

    def work(tx: Connection) -> Assigned:
        row = find_sitting(tx, actor, sitting, "exams.assign")
        chosen = assigning.chosen_people(tx, actor, people, units)
        made = assigning.assign_people(store, tx, actor, sitting, dict.fromkeys(chosen, accommodation))
        record(store, tx, actor, "exams.assign", sitting, count=made.assigned + made.restored, name=row["name"])
        return made

    return store.write(work)


@operation(right="exams.assign", audit="Assigned {count} people to “{name}” from the roster {file}")
def import_roster(
    store: Store, actor: Actor, *, sitting: str, file_name: str, content: str, dry_run: bool = False
) -> RosterPreview:
    """Assign the people of an Excel or CSV roster (base64 in `content`): all or, with a problem in any row, none.

    Columns: staff number, name, unit, extra time; headings may be Chinese or English, only the first is needed.
    With `dry_run` nothing is stored and the problems are listed.

    Raises
    ------
    RosterError
        Without `dry_run`: some rows are wrong.
    """
    try:
        data = decode_file(content)
        rows = rosters.read_table(file_name, data, assigning.ROSTER_COLUMNS, {"staff_number"})
    except rosters.RosterError as fault:
        if not dry_run:
            raise
        return RosterPreview(0, 0, 0, assigning.preview_of(actor, fault.faults), committed=False)

    def work(tx: Connection) -> tuple[dict[str, float], list[rosters.RowFault], Assigned]:
        row = find_sitting(tx, actor, sitting, "exams.assign")
        factors, faults = assigning.roster_factors(tx, actor, rows)
        if faults and not dry_run:
            raise rosters.RosterError(file_name, faults)
        if dry_run:
            return factors, faults, Assigned(0, 0, 0)
        made = assigning.assign_people(store, tx, actor, sitting, factors)
        fields = {"count": made.assigned + made.restored, "name": row["name"], "file": file_name}
        record(store, tx, actor, "exams.import_roster", sitting, **fields)
        return factors, faults, made

    factors, faults, made = store.write(work)
    fresh = len(factors) if dry_run else made.assigned + made.restored
    return RosterPreview(len(rows), fresh, made.already, assigning.preview_of(actor, faults), committed=not dry_run)


@operation(right="exams.proctor", audit="Extended {person} at “{name}” ({what}): {reason}")
def extend(
    store: Store, actor: Actor, *, sitting: str, person: str, reason: str, minutes: float | None = None,
    closes_at: datetime | None = None, extra_attempts: int | None = None,
) -> None:  # fmt: skip
    """Give a person more minutes, a later closing time or more attempts; the deadline of an open attempt moves too."""
    check_text("reason", reason)

    def work(tx: Connection) -> None:
        row = find_sitting(tx, actor, sitting, "exams.proctor")
        member = assigning.extend_member(store, tx, actor, row, person, minutes, closes_at, extra_attempts)
        given = {
            "minutes": minutes,
            "closes_at": closes_at and local_time(store, closes_at),
            "attempts": extra_attempts,
        }
        what = ", ".join(f"{key} {value}" for key, value in given.items() if value)
        fields = {"person": member["login"], "name": row["name"], "what": what, "reason": reason}
        record(store, tx, actor, "exams.extend", member["id"], **fields)

    store.write(work)


@operation(right="exams.assign", audit="Withdrew {person} from “{name}”: {reason}")
def withdraw(store: Store, actor: Actor, *, sitting: str, person: str, reason: str) -> None:
    """Take an assignment back; refused while an attempt is open."""
    check_text("reason", reason)

    def work(tx: Connection) -> None:
        row = find_sitting(tx, actor, sitting, "exams.assign")
        member = assigning.withdraw_member(store, tx, actor, row, person)
        fields = {"person": member["login"], "name": row["name"], "reason": reason}
        record(store, tx, actor, "exams.withdraw", member["id"], **fields)

    store.write(work)


# ── watching, results ────────────────────────────────────────────────────────────────────────────────────────────────
@operation(right="exams.read")
def progress(store: Store, actor: Actor, *, sitting: str) -> Progress:
    """Watch a sitting: counts and one row a person of one's area."""
    with store.read() as connection:
        row = find_sitting(connection, actor, sitting, "exams.read")
        return monitoring.progress(store, connection, row, actor.scope("exams.read"))


@operation(right="exams.results")
def results(store: Store, actor: Actor, *, sitting: str) -> list[PersonResult]:
    """List the results of one's area: each person's attempts and the best of them."""
    with store.read() as connection:
        row = find_sitting(connection, actor, sitting, "exams.results")
        return monitoring.results_of(connection, row, actor.scope("exams.results"))


# ── four eyes ────────────────────────────────────────────────────────────────────────────────────────────────────────
@operation(right="exams.proctor", audit="Proposed to void attempt {number} of {person}: {reason}")
def propose_void(store: Store, actor: Actor, *, attempt: str, reason: str) -> str:
    """Propose to void an attempt; gives the proposal's id. Another person decides."""
    check_text("reason", reason)

    def work(tx: Connection) -> str:
        row, member, seen = rescoring.voidable(tx, actor, attempt)
        made = rescoring.propose(
            store,
            tx,
            actor,
            kind="void",
            sitting=row["sitting_id"],
            subject=attempt,
            change={},
            reason=reason,
            seen=seen,
        )
        fields = {"number": row["number"], "person": member["login"], "reason": reason}
        record(store, tx, actor, "exams.propose_void", made, **fields)
        return made

    return store.write(work)


@operation(right="exams.decide")
def preview_rescore(store: Store, actor: Actor, *, sitting: str, item: str, change: Change) -> RescorePreview:
    """Tell who would change if an item's key were mended, in all sittings of one's area with the same bank."""
    with store.read() as connection:
        row = find_sitting(connection, actor, sitting, "exams.decide", whole=True)
        return rescoring.preview(store, connection, actor, row, item, change)[0]


@operation(right="exams.decide", audit="Proposed to rescore the item {item} of “{name}” ({kind}): {reason}")
def propose_rescore(store: Store, actor: Actor, *, sitting: str, item: str, change: Change, reason: str) -> str:
    """Propose to mend an item's key; gives the proposal's id. Another person decides, with the same preview."""
    check_text("reason", reason)

    def work(tx: Connection) -> str:
        row = find_sitting(tx, actor, sitting, "exams.decide", whole=True)
        seen, held = rescoring.preview(store, tx, actor, row, item, change)
        made = rescoring.propose(
            store, tx, actor, kind="rescore", sitting=sitting, subject=item, change=held, reason=reason,
            seen=asdict(seen),
        )  # fmt: skip
        record(store, tx, actor, "exams.propose_rescore", made, item=item, name=row["name"], kind=change.kind,
               reason=reason)  # fmt: skip
        return made

    return store.write(work)


@operation(right="exams.decide")
def proposals(store: Store, actor: Actor, *, waiting: bool = True) -> list[Proposal]:
    """List the proposals of one's area that wait for a decision, or all."""
    with store.read() as connection:
        return rescoring.listed(connection, actor, waiting=waiting)


@operation(right="exams.decide", audit="{decision}: {kind} of {subject}, {changed} attempts changed: {note}")
def decide(store: Store, actor: Actor, *, proposal: str, decision: Decision, note: str) -> int:
    """Approve or reject what a colleague proposed; what is approved is done at once. Gives the attempts changed."""
    check_text("note", note)

    def work(tx: Connection) -> int:
        row = rescoring.waiting_proposal(tx, actor, proposal)
        changed = rescoring.carry_out(store, tx, row) if decision == "approved" else 0
        rescoring.settle(store, tx, actor, row, decision)
        fields = {"decision": decision, "kind": row["kind"], "subject": row["subject"], "changed": changed}
        record(store, tx, actor, "exams.decide", proposal, note=note, **fields)
        return changed

    return store.write(work)


# ── the candidate ────────────────────────────────────────────────────────────────────────────────────────────────────
@operation(right=None)
def mine(store: Store, actor: Actor) -> list[MyExam]:
    """List one's own exams with their state, window, attempts left, best result and link."""
    with store.read() as connection:
        return monitoring.my_exams(store, connection, actor)


@operation(right=None)
def attempt_feedback(store: Store, actor: Actor, *, assignment: str) -> dict[str, Any] | None:
    """Tell what the policy allows about one's last closed attempt: score, right and wrong, keys and rationales."""
    with store.read() as connection:
        place = attempts.find_place(connection, actor, assignment)
        rows = attempts.tried(connection, assignment)
        closed = [row for row in rows if row["status"] == "scored"]
        left = attempts_left(place["attempts"], place["extra_attempts"], [row["status"] for row in rows])
        return feedback.for_candidate(store, connection, place, closed[-1], left) if closed else None


@operation(right=None, public=False)
def page_info(store: Store, actor: Actor, *, assignment: str) -> MyExam:
    """Give what the candidate's page says before the clock runs."""
    with store.read() as connection:
        return monitoring.my_exam(store, connection, actor, assignment)


@operation(right=None, audit="Started attempt {number} of {exam}", public=False)
def open_sheet(
    store: Store, actor: Actor, *, assignment: str, client: str, session: str | None = None, locale: str = "zh-CN",
    layout: str = "desktop", context: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Start or resume an attempt, take its lease, and give the sheet without any key.

    The first call starts the first attempt, and with it the clock. A further attempt starts only when
    ``context["start"]`` is its number, so that reloading a finished sheet shows the result and costs no attempt.
    `session` needs no saying: it is the attempt, which the server knows.

    Raises
    ------
    NotFound
        The assignment is another's, or withdrawn.
    Conflict
        ``waiting``, ``closed`` or ``no_attempts``: nothing can be started.
    """
    return attempts.open_sheet(
        store, actor, assignment=assignment, client=client, session=session, locale=locale, layout=layout,
        context=context,
    )  # fmt: skip


@operation(right=None, public=False)
def save_answers(
    store: Store, actor: Actor, *, assignment: str, session: str, client: str, lease: int, events: list[dict[str, Any]]
) -> dict[str, Any]:
    """Keep what a page sent, all of it or nothing; a server hands `save_work` to ``store.submit`` instead.

    Raises
    ------
    Conflict
        ``closed``, ``read_only``, ``gap`` or ``replay_conflict``.
    InvalidInput
        ``invalid_answer`` or ``invalid_event``.
    """
    sent = {"session": session, "client": client, "lease": lease, "events": events}
    return store.write(save_work(store, actor, assignment=assignment, **sent))  # type: ignore[arg-type]


@operation(right=None, audit="Handed in attempt {number} of {exam}; chain {chain}", public=False)
def submit_sheet(
    store: Store, actor: Actor, *, assignment: str, session: str, client: str, lease: int, seq: int
) -> dict[str, Any]:
    """Hand an attempt in and score it; a second time gives the same answer. `seq` is the last event sent."""
    sent = {"session": session, "client": client, "lease": lease, "seq": seq}
    return store.write(submit_work(store, actor, assignment=assignment, **sent))  # type: ignore[arg-type]


@operation(right=None, audit="Expired attempt {number} of {exam}; chain {chain}", public=False)
def sweep(store: Store, actor: Actor | None = None) -> int:
    """Expire and score every attempt past its deadline and grace, also those whose browser is gone; gives how many."""
    return attempts.sweep(store)
