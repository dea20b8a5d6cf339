"""A small bank with an exam for the tests: people, an item bank with canaries in every secret, a sitting."""

from __future__ import annotations

from datetime import timedelta

from svclib import forms
from svclib.operations import accounts, definitions, exams, people
from svclib.operations.actor import system_actor
from svclib.store import schema

SYSTEM = system_actor()
CLIENT = "client-0001"
CANARY = "CANARY"

BANK = """
bank: aml
version: 1
title: {zh-CN: 反洗钱, en: Anti-money-laundering}
topics: {kyc: {zh-CN: 客户尽职调查, en: Due diligence}}
items:
  - id: aml-001
    type: single
    topic: kyc
    level: apply
    status: approved
    author: CANARY-author
    reviewer: CANARY-reviewer
    stem: {zh-CN: 甲, en: First question}
    choices: {a: {zh-CN: 一, en: One}, b: {zh-CN: 二, en: Two}, c: {zh-CN: 三, en: Three}}
    key: b
    rationale: {zh-CN: CANARY-理由, en: CANARY-rationale}
    source: CANARY-source
  - id: aml-002
    type: multiple
    topic: kyc
    level: apply
    status: approved
    stem: {zh-CN: 乙, en: Second question}
    choices: {a: {zh-CN: 一, en: One}, b: {zh-CN: 二, en: Two}, c: {zh-CN: 三, en: Three}}
    key: [a, c]
    scoring: partial
    rationale: {zh-CN: CANARY-理由, en: CANARY-rationale}
    source: CANARY-source
  - id: aml-003
    type: short_text
    topic: kyc
    level: remember
    status: approved
    stem: {zh-CN: 丙, en: Third question}
    accepted: [CANARY-spelling]
    rationale: {zh-CN: CANARY-理由, en: CANARY-rationale}
    source: CANARY-source
  - id: aml-004
    type: numeric
    topic: kyc
    level: remember
    status: approved
    stem: {zh-CN: 丁, en: Fourth question}
    key: 424242.5
    tolerance: 0.125
    rationale: {zh-CN: CANARY-理由, en: CANARY-rationale}
    source: CANARY-source
"""
EXAM = """
exam: aml_drill
version: 1
title: {{zh-CN: 反洗钱测验, en: Anti-money-laundering drill}}
bank: aml
minutes: {minutes}
pass_mark: 60
attempts: {attempts}
feedback: {feedback}
feedback_from: {feedback_from}
shuffle_items: {shuffle}
certificate: {{valid_months: 12}}
blueprint: [{{topic: kyc, count: 4}}]
"""
RIGHT = {"aml-001": "b", "aml-002": ["a", "c"], "aml-003": "canary-SPELLING", "aml-004": 424242.5}


class Room:
    """A store with a head office, two branches, staff, and the exam published."""

    def __init__(self, store, clock, **changes):
        self.store, self.clock = store, clock
        for unit, parent in (("head", None), ("b01", "head"), ("b02", "head")):
            kind = "branch" if parent else "head_office"
            people.create_unit(store, SYSTEM, id=unit, parent=parent, kind=kind, name={"zh-CN": unit, "en": unit})
        for login, unit in (
            ("ann", "b01"),
            ("bob", "b01"),
            ("cho", "b02"),
            ("hr1", "head"),
            ("hr2", "head"),
            ("bhr", "b01"),
        ):
            self.hire(login, unit)
        for login, unit in (("hr1", "head"), ("hr2", "head"), ("bhr", "b01")):
            people.grant(store, SYSTEM, person=login, role="hr", unit=unit)
        rules = {
            "minutes": 30,
            "attempts": 2,
            "feedback": "score_only",
            "feedback_from": "submitted",
            "shuffle": "true",
        }
        definitions.publish(store, SYSTEM, text=BANK)
        definitions.publish(store, SYSTEM, text=EXAM.format(**{**rules, **changes}))
        self.sitting = self.schedule()

    def hire(self, login, unit):
        # Without a password: making one takes longer than all the rest.
        row = {"id": f"id-{login}", "login": login, "name": login.title(), "unit_id": unit, "staff_number": f"N{login}"}
        row |= {"active": True, "must_change_password": False, "created_at": self.store.now()}
        self.store.write(lambda tx: tx.execute(schema.people.insert().values(**row)))

    def actor(self, login):
        return accounts.actor_of(self.store, people.get(self.store, SYSTEM, person=login).id)

    def schedule(self, login="hr1", **changes):
        now = self.clock.moment
        given = {
            "exam": "aml_drill",
            "name": "Spring",
            "opens_at": now,
            "closes_at": now + timedelta(days=7),
            **changes,
        }
        return exams.schedule(self.store, self.actor(login), **given).id

    def assign(self, login, **changes):
        exams.assign(self.store, self.actor("hr1"), sitting=self.sitting, people=[login], **changes)
        return exams.mine(self.store, self.actor(login))[0].assignment

    def open(self, login, assignment, **changes):
        return exams.open_sheet(self.store, self.actor(login), assignment=assignment, **{"client": CLIENT, **changes})

    def save(self, login, assignment, sheet, events, **changes):
        given = {"session": sheet["session"], "client": CLIENT, "lease": sheet["lease"], **changes}
        return exams.save_answers(self.store, self.actor(login), assignment=assignment, events=events, **given)

    def submit(self, login, assignment, sheet, seq, **changes):
        given = {"session": sheet["session"], "client": CLIENT, "lease": sheet["lease"], **changes}
        return exams.submit_sheet(self.store, self.actor(login), assignment=assignment, seq=seq, **given)

    def sit(self, login, answers, assignment=None, **context):
        """Assign, answer and hand in; gives the assignment, the sheet and the answer to handing in."""
        assignment = assignment or self.assign(login)
        sheet = self.open(login, assignment, **context)
        events = [answer(number, *pair) for number, pair in enumerate(answers.items(), 1)]
        if events:
            self.save(login, assignment, sheet, events)
        return assignment, sheet, self.submit(login, assignment, sheet, len(events))


def answer(seq, name, value):
    return {"seq": seq, "kind": "answer", "name": name, "value": value}


def bank():
    return forms.parse_definition(BANK)
