"""Any order of calls keeps attempts in states that their life allows, and loses no acknowledged answer."""

from datetime import timedelta

from exam_room import Room, answer
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import select

from svclib.errors import SvcError
from svclib.operations import exams
from svclib.operations.scoring import TRANSITIONS
from svclib.store import Store
from svclib.store.schema import attempts, results
from svclib.store.verify import verify

TABS = ("client-0001", "client-0002")
VALUES = st.sampled_from(["a", "b", "c", None, "z", 7])


class Clock:
    def __init__(self):
        from datetime import UTC, datetime

        self.moment = datetime(2025, 3, 3, 1, tzinfo=UTC)

    def __call__(self):
        return self.moment

    def advance(self, **parts):
        self.moment += timedelta(**parts)


class Attempts(RuleBasedStateMachine):
    """Two tabs of one candidate, a sweeper, a clock; `kept` is what the server acknowledged of each attempt."""

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.store = Store.open("sqlite://", clock=self.clock)
        self.room = Room(self.store, self.clock)
        self.assignment = self.room.assign("ann")
        self.sheets, self.next, self.kept, self.before = {}, {}, {}, {}

    def teardown(self):
        assert verify(self.store).ok
        self.store.close()

    @rule(tab=st.sampled_from(TABS), start=st.sampled_from(["", "2", "3"]))
    def open(self, tab, start):
        try:
            sheet = self.room.open("ann", self.assignment, client=tab, context={"start": start})
        except SvcError:
            return
        self.sheets[tab] = sheet
        self.next[tab] = sheet["saved_seq"] + 1
        if sheet["status"] == "open":
            assert sheet["answers"] == self.kept.setdefault(sheet["session"], {})

    @rule(tab=st.sampled_from(TABS), value=VALUES, skip=st.sampled_from([0, 0, 0, 1, -1]))
    def save(self, tab, value, skip):
        if tab not in self.sheets:
            return
        sheet, seq = self.sheets[tab], self.next[tab] + skip
        try:
            saved = self.room.save("ann", self.assignment, sheet, [answer(seq, "aml-001", value)], client=tab)
        except SvcError:
            return
        if saved["saved_seq"] == self.next[tab] == seq:
            self.next[tab] += 1
            kept = self.kept[sheet["session"]]
            kept.pop("aml-001", None) if value is None else kept.update({"aml-001": value})

    @rule(tab=st.sampled_from(TABS))
    def submit(self, tab):
        if tab not in self.sheets:
            return
        try:
            first = self.room.submit("ann", self.assignment, self.sheets[tab], self.next[tab] - 1, client=tab)
        except SvcError:
            return
        assert self.room.submit("ann", self.assignment, self.sheets[tab], 0, client=tab) == first

    @rule(minutes=st.sampled_from([1, 16, 31]))
    def wait(self, minutes):
        self.clock.advance(minutes=minutes)

    @rule()
    def sweep(self):
        exams.sweep(self.store)
        assert exams.sweep(self.store) == 0

    @rule()
    def extend(self):
        exams.extend(
            self.store, self.room.actor("hr1"), sitting=self.room.sitting, person="ann", minutes=5, reason="fire alarm"
        )

    @invariant()
    def every_step_is_allowed_and_every_closed_attempt_is_scored_once(self):
        with self.store.read() as connection:
            rows = connection.execute(select(attempts)).mappings().all()
            scored = connection.scalars(select(results.c.attempt_id)).all()
        assert sum(row["status"] == "open" for row in rows) <= 1
        assert len(rows) <= 2
        assert sorted(scored) == sorted(row["id"] for row in rows if row["status"] == "scored")
        for row in rows:
            assert row["answers"] == self.kept.get(row["id"], {})
            was = self.before.get(row["id"], row["status"])
            assert row["status"] == was or _reachable(was, row["status"])
            self.before[row["id"]] = row["status"]


def _reachable(was, now):
    return any(step == now or _reachable(step, now) for step in TRANSITIONS[was])


Attempts.TestCase.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAttempts = Attempts.TestCase
