"""A small bank for the tests of the exam apps: shipped items, staff who sat an exam, services as people have them."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path

from svclib.client import Record, Service
from svclib.operations import accounts, definitions, exams, people, registry
from svclib.operations.actor import system_actor

SYSTEM = system_actor()
ROOT = Path(__file__).parents[2]
EXAM = "product_drill"
STAFF = [f"s{number:02d}" for number in range(1, 7)]


class AsPerson:
    """A way of calling as `svclib.connect` has it: JSON in, JSON out, as one person."""

    def __init__(self, store, login):
        self.store, self.login = store, login

    def call(self, name, given):
        actor = accounts.actor_of(self.store, people.get(self.store, SYSTEM, person=self.login).id)
        plain = json.loads(json.dumps(given, default=lambda value: value.isoformat()))
        result = registry.call(self.store, actor, name, plain)
        adapter = registry.operations()[name].result
        return result if adapter is None else json.loads(adapter.dump_json(result), object_hook=Record)

    def close(self):
        pass


class Hall:
    """Head office, two branches, two of HR, a proctor, a reviewer, six of staff; the shipped drill published."""

    def __init__(self, store, clock):
        self.store, self.clock = store, clock
        for unit, parent, name in (("head", None, "总行"), ("b01", "head", "东区支行"), ("b02", "head", "西区支行")):
            kind = "branch" if parent else "head_office"
            people.create_unit(store, SYSTEM, id=unit, parent=parent, kind=kind, name={"zh-CN": name, "en": unit})
        roles = {"hr1": "hr", "hr2": "hr", "proctor": "proctor", "reviewer": "reviewer"}
        for login in (*roles, *STAFF):
            unit = "head" if login in roles else "b01" if int(login[1:]) % 2 else "b02"
            people.create(store, SYSTEM, login=login, name=f"Name {login}", unit=unit, staff_number=f"N-{login}",
                          issue_password=False)  # fmt: skip
        for login, role in roles.items():
            people.grant(store, SYSTEM, person=login, role=role, unit="head")
        folder = ROOT / "quizzes"
        definitions.import_files(store, SYSTEM, [folder / "banks" / "products.yaml", folder / f"{EXAM}.yaml"])

    def svc(self, login):
        return Service(AsPerson(self.store, login))

    def actor(self, login):
        return accounts.actor_of(self.store, people.get(self.store, SYSTEM, person=login).id)

    def scheduled(self, **changes):
        now = self.clock.moment
        given = {"exam": EXAM, "name": "Spring", "opens_at": now, "closes_at": now + timedelta(days=7), **changes}
        return exams.schedule(self.store, self.actor("hr1"), **given).id

    def assigned(self, sitting, *logins):
        exams.assign(self.store, self.actor("hr1"), sitting=sitting, people=list(logins or STAFF))

    def assignment(self, login):
        return exams.mine(self.store, self.actor(login))[0].assignment

    def opened(self, login, **context):
        given = {"assignment": self.assignment(login), "client": "client-0001", "context": context}
        return exams.open_sheet(self.store, self.actor(login), **given)

    def save(self, login, sheet, answers, first=1):
        events = [
            {"seq": seq, "kind": "answer", "name": name, "value": value}
            for seq, (name, value) in enumerate(answers.items(), first)
        ]
        given = {"session": sheet["session"], "client": "client-0001", "lease": sheet["lease"], "events": events}
        return exams.save_answers(self.store, self.actor(login), assignment=self.assignment(login), **given)

    def sit(self, login, skill):
        """Take the exam: each item right with the chance `skill`; gives the answer to handing in."""
        sheet = self.opened(login)
        answers = right_answers(self.store, sheet, random.Random(login), skill)
        if answers:
            self.save(login, sheet, answers)
        given = {"session": sheet["session"], "client": "client-0001", "lease": sheet["lease"], "seq": len(answers)}
        return exams.submit_sheet(self.store, self.actor(login), assignment=self.assignment(login), **given)


def right_answers(store, sheet, chance=random, skill=1.0):
    """Keys of the form's items, some of them left out."""
    bank = definitions.get(store, SYSTEM, kind="bank", name="products")
    keys = {item["id"]: _answer(item) for item in bank["body"]["items"]}
    names = [part["name"] for page in sheet["definition"]["pages"] for part in _questions(page)]
    return {name: keys[name] for name in names if name in keys and chance.random() <= skill}


def _questions(part):
    for element in part.get("elements", []):
        if "elements" in element:
            yield from _questions(element)
        else:
            yield element


def _answer(item):
    if item["type"] == "true_false":
        return str(item["key"]).lower()
    return item["accepted"][0] if item["type"] == "short_text" else item["key"]
