"""Units, staff, customers and contacts of the demonstration bank."""

from __future__ import annotations

import random
from datetime import date, datetime

from sqlalchemy import Connection

from svclib.demo.logins import LOGINS, PASSWORD
from svclib.demo.stories import CAMPAIGN_MONTH
from svclib.operations import passwords, people
from svclib.operations.actor import Actor
from svclib.store import Store, new_id
from svclib.store import schema as tables

BRANCHES = tuple(f"b{number:02}" for number in range(1, 41))
AREAS = (("东城", "East"), ("西城", "West"), ("南城", "South"), ("北城", "North"))
POSITIONS = ("柜员", "柜员", "柜员", "大堂经理", "客户经理", "客户经理", "理财经理", "网点副经理")
SEGMENTS = ("retail", "retail", "retail", "senior", "wealth", "business")
SERVED = {"qr": 900, "sms": 420, "phone": 60, "email": 14, "web": 260}  # people a branch serves a month, by channel


def units(store: Store, actor: Actor) -> None:
    """Make head office and forty branches in four areas."""
    head = {"zh-CN": "总行(合成数据)", "en": "Head office (synthetic)"}
    people.create_unit(store, actor, id="head", parent=None, kind="head_office", name=head)
    for number, branch in enumerate(BRANCHES):
        zh, en = AREAS[number // 10]
        name = {"zh-CN": f"{zh}第{number % 10 + 1}支行", "en": f"{en} branch {number % 10 + 1}"}
        people.create_unit(store, actor, id=branch, parent="head", kind="branch", name=name)


def staff(store: Store, actor: Actor, number: int, now: datetime) -> None:
    """Hire `number` people over the branches, and the demonstration log-ins."""
    hashed = passwords.hash_password(PASSWORD)
    rows = [_person(n, now) for n in range(1, number + 1)]
    shown = [
        {**rows[0], "id": new_id(), "login": one.login, "name": one.name, "staff_number": f"D{place:05}",
         "unit_id": one.unit, "position": one.position, "password_hash": hashed}
        for place, one in enumerate(LOGINS, 1)
    ]  # fmt: skip
    store.write(lambda tx: tx.execute(tables.people.insert(), [{"password_hash": None, **row} for row in rows] + shown))
    for one in LOGINS:
        people.grant(store, actor, person=one.login, role=one.role, unit=one.unit)


def customers(store: Store, number: int) -> dict[str, list[str]]:
    """Make `number` customers and give their ids by branch."""
    generator = random.Random("customers")
    rows = [
        {"id": f"c{n:06}", "unit_id": BRANCHES[n % len(BRANCHES)], "segment": generator.choice(SEGMENTS),
         "language": "en" if generator.random() < 0.06 else "zh-CN",
         "since": date(generator.randint(1998, 2023), generator.randint(1, 12), generator.randint(1, 28)),
         "attributes": {"synthetic": True}}
        for n in range(1, number + 1)
    ]  # fmt: skip

    def work(tx: Connection) -> None:
        for start in range(0, len(rows), 5000):
            tx.execute(tables.customers.insert(), rows[start : start + 5000])

    store.write(work)
    by_branch: dict[str, list[str]] = {branch: [] for branch in BRANCHES}
    for row in rows:
        by_branch[str(row["unit_id"])].append(str(row["id"]))
    return by_branch


def contacts(store: Store, months: list[date], answered: dict[tuple[str, str, int], int], scale: float) -> None:
    """Record how many people were served and invited, by branch, channel and month: never fewer than answered."""
    generator = random.Random("contacts")
    rows = []
    for branch in BRANCHES:
        for month, first in enumerate(months):
            for channel, usual in SERVED.items():
                busy = 1.25 if month == CAMPAIGN_MONTH and channel == "qr" else 1.0
                served = max(1, int(usual * scale * busy * generator.uniform(0.85, 1.15)))
                got = answered.get((branch, channel, month), 0)
                invited = max(got, int(served * (1.0 if channel == "qr" else generator.uniform(0.3, 0.5))))
                rows.append({
                    "unit_id": branch, "channel": channel, "month": first.strftime("%Y-%m"),
                    "served": max(served, invited), "invited": invited,
                })  # fmt: skip
    store.write(lambda tx: tx.execute(tables.contacts.insert(), rows))


def _person(number: int, now: datetime) -> dict[str, object]:
    generator = random.Random(f"person/{number}")
    return {
        "id": new_id(), "login": f"s{number:05}", "name": f"员工{number:04}", "staff_number": f"S{number:05}",
        "unit_id": BRANCHES[number % len(BRANCHES)], "position": generator.choice(POSITIONS), "active": True,
        "must_change_password": False, "created_at": now,
    }  # fmt: skip
