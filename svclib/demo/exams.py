"""A year of exams: drills, the annual certification with a wrong key to be found, and sittings that are open now."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, select

from svclib import forms
from svclib.demo.clock import Clock
from svclib.forms.simulation_exams import simulate_exam
from svclib.operations import accounts, attempts, definitions, exams
from svclib.operations.actor import Actor
from svclib.store import Store
from svclib.store.schema import assignments, people, results, sittings
from svclib.store.schema import attempts as attempts_table

CERTIFICATION, DRILL = "aml_annual", "product_drill"
CERTIFICATION_MONTH, DRILL_MONTHS = 10, (3, 7)


@dataclass(frozen=True)
class Story:
    """The item with a wrong key in version 1: its id and what is right."""

    item: str
    right: str
    wrong: str


def wrong_key(bank: forms.Bank, exam: forms.Exam) -> tuple[forms.Bank, Story]:
    """Make version 1 of the bank, in which one single-choice item of the exam has a wrong key."""
    drawn = (bank.by_id[place.id] for place in forms.draw(exam, bank, 1).items)
    item = next(one for one in drawn if one.type == "single" and one.level == "apply")  # type: ignore[attr-defined]
    wrong = next(option for option in item.choices if option != item.key)  # type: ignore[attr-defined]
    body = forms.compile_definition(bank).body
    items = [{**one, "key": wrong} if one["id"] == item.id else one for one in body["items"]]
    before: forms.Bank = forms.from_body("bank", {**body, "version": 1, "items": items})  # type: ignore[assignment]
    return before, Story(item.id, item.key, wrong)  # type: ignore[attr-defined]


def year(store: Store, actor: Actor, clock: Clock, months: list[date], story: Story, scale: float) -> Iterator[int]:
    """Hold the sittings of the year; yields the running number of attempts."""
    done = 0
    for month in DRILL_MONTHS:
        name = f"产品练习 Drill {months[month]:%Y-%m}"
        for _attempt in _sitting(store, actor, clock, DRILL, name, months[month], 0.5, {}, scale):
            done += 1
            yield done
    name = f"反洗钱年度考试 AML {months[CERTIFICATION_MONTH]:%Y}"
    truth = {story.item: story.right}
    for _attempt in _sitting(store, actor, clock, CERTIFICATION, name, months[CERTIFICATION_MONTH], 0.94, truth, scale):
        done += 1
        yield done


def open_now(store: Store, actor: Actor, now: datetime) -> None:
    """Schedule what waits today: the certification for those who have not passed, a drill for the first branch."""
    closes = now + timedelta(days=21)
    made = exams.schedule(
        store, actor, exam=CERTIFICATION, name="反洗钱补考 AML, second date", opens_at=now,
        closes_at=closes, unit="head",
    )  # fmt: skip
    exams.assign(store, actor, sitting=made.id, people=_not_certified(store))
    drill = exams.schedule(
        store,
        actor,
        exam=DRILL,
        name="每日一练 Daily drill",
        opens_at=now,
        closes_at=closes,
        unit="head",
    )
    exams.assign(store, actor, sitting=drill.id, units=["b01"])


def _sitting(
    store: Store, actor: Actor, clock: Clock, exam: str, name: str, month: date, share: float,
    truth: Mapping[str, Any], scale: float,
) -> Iterator[None]:  # fmt: skip
    clock.set(month, time(8, 30))
    made = exams.schedule(
        store, actor, exam=exam, name=name, opens_at=clock() + timedelta(hours=1),
        closes_at=clock() + timedelta(days=25), unit="head",
    )  # fmt: skip
    exams.assign(store, actor, sitting=made.id, units=["head"])
    generator = random.Random(f"sitting/{exam}/{month}")
    rows = [row for row in _assigned(store, made.id) if row.login.startswith("s0")]
    taking = sorted((_start(generator, month), row) for row in rows if generator.random() < share * min(1.0, scale * 4))
    for moment, row in taking:
        clock.to(moment)
        passed = _take(store, clock, row, generator, truth, "1")
        yield
        if not passed and generator.random() < 0.6:
            clock.to(moment + timedelta(hours=3))
            _take(store, clock, row, generator, truth, "2")
            yield


def _take(
    store: Store, clock: Clock, row: Any, generator: random.Random, truth: Mapping[str, Any], number: str
) -> bool:
    """Let one person take one attempt, as the page would send it; gives whether they passed."""
    actor = accounts.actor_of(store, row.person_id)
    context = {"start": number}
    layout = "phone" if generator.random() < 0.2 else "desktop"
    sheet = attempts.open_sheet(store, actor, assignment=row.id, client="demo-client", layout=layout, context=context)
    with store.read() as connection:
        form, bank = _form(store, connection, sheet["session"])
    ability = random.Random(f"ability/{row.login}").gauss(0.55, 1) + (0.25 if number == "2" else 0.0)
    answers = simulate_exam(form, bank, 1, generator.random(), [ability], truth=dict(truth))[0]  # type: ignore[arg-type]
    events = _events(form, answers, generator, ability)
    clock.advance(min(7000.0, sum(event.get("visible_ms", 0) for event in events) / 1000))
    given = {"assignment": row.id, "session": sheet["session"], "client": "demo-client", "lease": sheet["lease"]}
    save = attempts.save_work(store, actor, **given, events=events)
    submit = attempts.submit_work(store, actor, **given, seq=len(events))

    def work(tx: Connection) -> bool:
        save(tx)
        submit(tx)
        mine = results.c.attempt_id == sheet["session"]
        return bool(tx.scalar(select(results.c.passed).where(mine)))

    return store.write(work)


def _events(
    form: forms.ExamForm, answers: dict[str, Any], generator: random.Random, ability: float
) -> list[dict[str, Any]]:
    """Page, answer and process data of each item; a few hurried candidates guess within seconds."""
    hurried = generator.random() < 0.03
    events: list[dict[str, Any]] = []
    for page, place in enumerate(form.items):
        seconds = generator.uniform(1, 4) if hurried else generator.lognormvariate(3.4 - 0.12 * ability, 0.45)
        events.append({"kind": "page", "page": page})
        if place.id in answers:
            events.append({"kind": "answer", "name": place.id, "value": answers[place.id]})
        process = {"visible_ms": int(min(seconds, 20 if len(form.items) <= 10 else 200) * 1000), "visits": 1}
        events.append({"kind": "visit", "name": place.id, **process, "changes": 1 + (generator.random() < 0.1)})
    return [{"seq": number, **event} for number, event in enumerate(events, 1)]


def _form(store: Store, connection: Connection, attempt: str) -> tuple[forms.ExamForm, forms.Bank]:
    query = select(attempts_table.c.form, sittings.c.bank_hash).join(
        assignments, assignments.c.id == attempts_table.c.assignment_id
    ).join(sittings, sittings.c.id == assignments.c.sitting_id).where(attempts_table.c.id == attempt)  # fmt: skip
    row = connection.execute(query).one()
    return forms.ExamForm.model_validate(row.form), definitions.definition(store, row.bank_hash)


def _assigned(store: Store, sitting: str) -> list[Any]:
    query = select(assignments.c.id, assignments.c.person_id, people.c.login).join(
        people, people.c.id == assignments.c.person_id
    ).where(assignments.c.sitting_id == sitting).order_by(people.c.login)  # fmt: skip
    with store.read() as connection:
        return list(connection.execute(query))


def _not_certified(store: Store) -> list[str]:
    passed = select(assignments.c.person_id).join(
        attempts_table, attempts_table.c.assignment_id == assignments.c.id
    ).join(sittings, sittings.c.id == assignments.c.sitting_id).join(
        results, results.c.attempt_id == attempts_table.c.id
    ).where(results.c.passed, sittings.c.exam == CERTIFICATION)  # fmt: skip
    query = select(people.c.login).where(people.c.id.not_in(passed), people.c.unit_id != "head")
    with store.read() as connection:
        return list(connection.scalars(query.order_by(people.c.login)))


def _start(generator: random.Random, month: date) -> datetime:
    hour = time(generator.choice((9, 10, 11, 13, 14, 15, 16, 17)), generator.randrange(60))
    return Clock.moment(month.replace(day=generator.randint(2, 24)), hour)
