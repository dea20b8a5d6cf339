"""What is going on at a sitting: counts, one row a person, results; and one's own exams."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, and_, cast, func, select

from svclib.forms.evaluation import is_empty
from svclib.frames.definitions import definition
from svclib.operations import feedback
from svclib.operations.actor import Actor
from svclib.operations.attempts import best_result, find_place, tried
from svclib.operations.directory import below
from svclib.operations.scoring import form_of, latest_results, public_status
from svclib.operations.sittings import WHOLE, attempts_left, members, window_end
from svclib.store import Store
from svclib.store.schema import assignments, attempts, people, results, sittings, units

FRESH_SECONDS = 90  # saved within: the person is there
QUIET_SECONDS = 300  # saved within: reading, or the line is cut


@dataclass(frozen=True)
class PersonProgress:
    """Where one person stands.

    Attributes
    ----------
    status : str
        ``not_started``, ``open``, ``submitted``, ``expired`` or ``void`` (of the last attempt).
    answered, items : int
        Items answered in the last attempt, and on its form.
    connection : str or None
        Of an open attempt, by the last save: ``fresh`` (90 s), ``quiet`` (5 min) or ``lost``.
    percent, passed
        Of the last closed attempt.
    """

    assignment: str
    person: str
    login: str
    staff_number: str | None
    name: str
    unit: dict[str, str]
    status: str
    attempt: str | None
    number: int
    attempts_left: int
    answered: int
    items: int
    started_at: datetime | None
    last_saved_at: datetime | None
    deadline: datetime | None
    closes_at: datetime
    accommodation: float
    connection: str | None
    percent: float | None
    passed: bool | None


@dataclass(frozen=True)
class Progress:
    """Counts of people by the state of their last attempt (`passed`: in any attempt), and a row for each."""

    server_time: datetime
    assigned: int
    not_started: int
    open: int
    submitted: int
    expired: int
    void: int
    passed: int
    people: list[PersonProgress]


@dataclass(frozen=True)
class AttemptResult:
    """One closed attempt and its counting result (none: void)."""

    id: str
    number: int
    status: str
    percent: float | None
    points: float | None
    maximum: float | None
    passed: bool | None
    scoring: int
    started_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class PersonResult:
    """One person's attempts at a sitting; `best` is the highest percentage of those not void."""

    person: str
    staff_number: str | None
    name: str
    unit: dict[str, str]
    best: float | None
    passed: bool
    attempts: list[AttemptResult]


@dataclass(frozen=True)
class MyExam:
    """One of one's own exams.

    Attributes
    ----------
    state : str
        ``waiting`` (not yet open), ``ready``, ``open`` (an attempt runs), ``done`` (no attempts left) or ``closed``.
    best, passed
        As far as the exam's policy lets the candidate know.
    link : str
        The page; with ``?start=2`` when it leads to the next attempt.
    """

    assignment: str
    exam: str
    name: str
    title: dict[str, str]
    description: dict[str, str] | None
    state: str
    opens_at: datetime
    closes_at: datetime
    minutes: float
    pass_mark: float
    attempts_left: int
    deadline: datetime | None
    best: float | None
    passed: bool | None
    link: str


# ── the desk ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def progress(store: Store, connection: Connection, row: Any, scope: Iterable[str]) -> Progress:
    """Count and list the people of one's area at a sitting."""
    there = members(connection, row["id"], scope)
    attempts_of = _attempts(connection, row["id"])
    scored = _counting(connection, row["id"])
    now = store.now()
    listed = [_person(now, row, member, attempts_of[member["id"]], scored) for member in there]
    passed = sum(any(_passed(scored, one) for one in attempts_of[member["id"]]) for member in there)
    count = Counter(person.status for person in listed)
    states = {state: count[state] for state in ("not_started", "open", "submitted", "expired", "void")}
    return Progress(server_time=now, assigned=len(listed), **states, passed=passed, people=listed)


_ANSWERS = cast(attempts.c.answers, Text).label("answers_text")
_FORM = cast(attempts.c.form, Text).label("form_text")
_COLUMNS = (
    attempts.c.id, attempts.c.assignment_id, attempts.c.number, attempts.c.status, attempts.c.closed_as,
    attempts.c.started_at, attempts.c.last_saved_at, attempts.c.deadline, attempts.c.closed_at,
)  # fmt: skip


def _attempts(connection: Connection, sitting_id: str) -> dict[str, list[Any]]:
    query = select(*_COLUMNS, _ANSWERS, _FORM).join(assignments, assignments.c.id == attempts.c.assignment_id)
    query = query.where(assignments.c.sitting_id == sitting_id).order_by(attempts.c.number)
    grouped: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        grouped[row["assignment_id"]].append(row)
    return grouped


def _counting(connection: Connection, sitting_id: str) -> dict[str, Any]:
    names = ("attempt_id", "scoring", "percent", "points", "maximum", "passed")
    query = latest_results([results.c[name] for name in names])
    query = query.join(attempts, attempts.c.id == results.c.attempt_id)
    query = query.join(assignments, assignments.c.id == attempts.c.assignment_id)
    rows = connection.execute(query.where(assignments.c.sitting_id == sitting_id)).mappings()
    return {row["attempt_id"]: row for row in rows}


def _passed(scored: dict[str, Any], attempt: Any) -> bool:
    return attempt["status"] == "scored" and bool(scored[attempt["id"]]["passed"])


def _person(now: datetime, sitting: Any, member: Any, tried: Sequence[Any], scored: dict[str, Any]) -> PersonProgress:
    last = tried[-1] if tried else None
    result = scored.get(last["id"]) if last is not None and last["status"] == "scored" else None
    left = attempts_left(sitting["attempts"], member["extra_attempts"], [one["status"] for one in tried])
    answers = json.loads(last["answers_text"]) if last is not None else {}
    running = last if last is not None and last["status"] == "open" else None
    return PersonProgress(
        assignment=member["id"], person=member["person_id"], login=member["login"],
        staff_number=member["staff_number"], name=member["name"], unit=member["unit_name"],
        status="not_started" if last is None else public_status(last), attempt=last and last["id"],
        number=last["number"] if last is not None else 0, attempts_left=left,
        answered=sum(not is_empty(value) for value in answers.values()),
        items=len(form_of(last["form_text"]).items) if last is not None else 0,
        started_at=last and last["started_at"], last_saved_at=last and last["last_saved_at"],
        deadline=running and running["deadline"], closes_at=member["closes_at"] or sitting["closes_at"],
        accommodation=member["accommodation"], connection=_freshness(now, running) if running is not None else None,
        percent=result and result["percent"], passed=result and result["passed"],
    )  # fmt: skip


def _freshness(now: datetime, attempt: Any) -> str:
    silent = (now - (attempt["last_saved_at"] or attempt["started_at"])).total_seconds()
    return "fresh" if silent <= FRESH_SECONDS else "quiet" if silent <= QUIET_SECONDS else "lost"


def results_of(connection: Connection, row: Any, scope: Iterable[str]) -> list[PersonResult]:
    """List the attempts of the people of one's area at a sitting, with their counting results."""
    attempts_of, scored = _attempts(connection, row["id"]), _counting(connection, row["id"])
    return [
        _person_result(member, attempts_of[member["id"]], scored) for member in members(connection, row["id"], scope)
    ]


def _person_result(member: Any, tried: Sequence[Any], scored: dict[str, Any]) -> PersonResult:
    listed = [_attempt_result(one, scored.get(one["id"])) for one in tried if one["status"] != "open"]
    best = max((one.percent for one in listed if one.percent is not None), default=None)
    passed = any(one.passed for one in listed)
    return PersonResult(
        member["person_id"], member["staff_number"], member["name"], member["unit_name"], best, passed, listed
    )


def _attempt_result(attempt: Any, result: Any) -> AttemptResult:
    counts = result if attempt["status"] == "scored" else None
    marks: dict[str, Any] = {name: counts and counts[name] for name in ("percent", "points", "maximum", "passed")}
    facts: dict[str, Any] = {name: attempt[name] for name in ("id", "number", "started_at", "closed_at")}
    scoring = counts["scoring"] if counts is not None else 0
    return AttemptResult(status=public_status(attempt), scoring=scoring, **marks, **facts)


def counted(
    connection: Connection, sitting_ids: Sequence[str], scope: Iterable[str]
) -> dict[str, tuple[int, int, int]]:
    """Count, for each sitting, the people of one's area: assigned, with a closed attempt, with a passed one."""
    scope = tuple(scope)
    inside = units.c.id.is_not(None) if WHOLE in scope else below(scope)
    newest = latest_results([results.c.attempt_id, results.c.passed]).subquery()
    person = assignments.c.person_id
    closed = func.count(person.distinct()).filter(attempts.c.status == "scored")
    passed = func.count(person.distinct()).filter(and_(attempts.c.status == "scored", newest.c.passed.is_(True)))
    joined = assignments.join(people, people.c.id == person).join(units, units.c.id == people.c.unit_id)
    joined = joined.outerjoin(attempts, attempts.c.assignment_id == assignments.c.id)
    joined = joined.outerjoin(newest, newest.c.attempt_id == attempts.c.id)
    query = select(assignments.c.sitting_id, func.count(person.distinct()), closed, passed).select_from(joined)
    query = query.where(assignments.c.sitting_id.in_(sitting_ids), assignments.c.withdrawn_at.is_(None), inside)
    return {row[0]: tuple(row[1:]) for row in connection.execute(query.group_by(assignments.c.sitting_id))}  # type: ignore[misc]


# ── the candidate ────────────────────────────────────────────────────────────────────────────────────────────────────
def my_exams(store: Store, connection: Connection, actor: Actor) -> list[MyExam]:
    """List one's own exams, the next to close first."""
    query = select(assignments.c.id).join(sittings, sittings.c.id == assignments.c.sitting_id)
    mine = (assignments.c.person_id == actor.person_id) & assignments.c.withdrawn_at.is_(None)
    ids = connection.scalars(query.where(mine).order_by(sittings.c.closes_at, sittings.c.id)).all()
    return [my_exam(store, connection, actor, one) for one in ids]


def my_exam(store: Store, connection: Connection, actor: Actor, assignment: str) -> MyExam:
    """Where one of one's own exams stands."""
    place = find_place(connection, actor, assignment)
    rows = tried(connection, assignment)
    exam = definition(connection, place["exam_hash"])
    left = attempts_left(place["attempts"], place["extra_attempts"], [row["status"] for row in rows])
    state = _state(store.now(), place, rows, left)
    best = best_result(connection, rows)
    told = exam.feedback != "score_only" or feedback.is_due(store, connection, exam, place, left)
    known = best if told else None
    running = rows[-1]["deadline"] if state == "open" else None
    again = f"?start={len(rows) + 1}" if state == "ready" and rows else ""
    return MyExam(
        assignment, place["exam"], place["name"], exam.title, exam.description, state, place["opens_at"],
        window_end(place), place["minutes"] * place["accommodation"], exam.pass_mark, left, running,
        known and known["percent"], known and known["passed"], f"/exam/{assignment}{again}",
    )  # fmt: skip


def _state(now: datetime, place: Any, rows: Sequence[Any], left: int) -> str:
    if rows and rows[-1]["status"] == "open":
        return "open"
    if now < place["opens_at"]:
        return "waiting"
    if left == 0:
        return "done"
    return "ready" if now < window_end(place) else "closed"
