"""The insider: who has the whole database must not find out which invitation led to which anonymous response.

They may read every table in every order, the database's own columns, and the bytes of its files. Each order of the
used invitations is laid beside each order of the responses; by chance one pair of n fits.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import insert, select, text

from svclib.operations import definitions, responses, surveys
from svclib.operations.actor import system_actor
from svclib.store import Store, schema, token_hash
from svclib.store.migrate import create
from svclib.store.mixing import mix
from svclib.store.seals import seal
from svclib.store.verify import verify

PEOPLE, ANSWERED = 60, 45
SURVEY = """
survey: insider
version: 1
languages: [zh-CN, en]
title: {zh-CN: 测试, en: Test}
anonymous: true
pages:
  - name: one
    elements:
      - {type: rating, name: overall, title: {zh-CN: 总体, en: Overall}, rateMin: 1, rateMax: 5}
      - {type: comment, name: why, title: {zh-CN: 原因, en: Why}}
"""


def answer(store, token, chance):
    """One person answers in full; gives the id of the response."""
    client = f"tab-{chance.randrange(10**8):08}"
    sheet = responses.open_sheet(store, token, client=client, layout="phone", locale="en")
    held = {"session": sheet["session"], "client": client, "lease": sheet["lease"]}
    events = [
        {"seq": 1, "kind": "answer", "name": "overall", "value": chance.randint(1, 5)},
        {"seq": 2, "kind": "answer", "name": "why", "value": f"words {chance.randrange(10**6)}"},
    ]
    store.write(responses.save_work(store, token, events=events, **held))
    store.write(responses.submit_work(store, token, seq=2, **held))
    with store.read() as connection:
        mine = schema.responses.c.session_hash == token_hash(sheet["session"])
        return connection.scalar(select(schema.responses.c.id).where(mine))


def field_work(store, clock):
    """Invite, let some answer in random order a few minutes apart, seal the day; gives invitation id → response id."""
    chance, actor = random.Random(5), system_actor()
    unit = {"id": "head", "path": "/head/", "kind": "head_office", "name": {"zh-CN": "总行", "en": "Head office"}}
    store.write(lambda tx: tx.execute(insert(schema.units), unit))
    definitions.publish(store, actor, text=SURVEY, file_name="insider.yaml")
    opened = surveys.open_collector(
        store, actor, survey="insider", name="Panel", kind="personal", channel="email", unit="head"
    )
    made = surveys.invite(
        store, actor, collector=opened.id, customers=[f"customer-{place:04}" for place in range(PEOPLE)]
    )
    tokens = [one.path.removeprefix("/s/") if hasattr(one, "path") else one.link.removeprefix("/s/") for one in made]
    truth = {}
    for token in chance.sample(tokens, ANSWERED):
        clock.advance(minutes=3)
        response = answer(store, token, chance)
        with store.read() as connection:
            mine = schema.invitations.c.token_hash == token_hash(token)
            truth[connection.scalar(select(schema.invitations.c.id).where(mine))] = response
    clock.advance(days=1)
    seal(store)
    return truth


def dump(store):
    """Every table as it comes, with the database's own columns."""
    own = "*, ctid::text AS _ctid, xmin::text::bigint AS _xmin" if store.engines.dialect == "postgresql" else "*"
    with store.read() as connection:
        tables = [table.name for table in schema.metadata.sorted_tables]
        return {name: connection.execute(text(f"SELECT {own} FROM {name}")).mappings().all() for name in tables}


def files(store, settings):
    """Bytes of an embedded store: database and log."""
    return b"".join(
        path.read_bytes() for path in sorted(settings.home.glob("svc.sqlite*")) if not path.name.endswith("shm")
    )


def orders(rows, key, content):
    """All orders of the ids of `rows`: as they come, by each column, by where the id lies in the files."""
    found = {"as it comes": [row[key] for row in rows]}
    for column in rows[0]:
        place = _ctid if column == "_ctid" else str if column != "_xmin" else int
        found[column] = [row[key] for row in sorted(rows, key=lambda row: place(row[column]))]
    if content:
        for name, find in (("first byte", content.find), ("last byte", content.rfind)):
            found[name] = sorted(dict.fromkeys(found["as it comes"]), key=lambda one: find(one.encode()))
    return {name: list(dict.fromkeys(ids)) for name, ids in found.items()}


def _ctid(value):
    return tuple(int(part) for part in value.strip("()").split(","))


def fitting(truth, invited, responded):
    """How many pairs fit, and the rank correlation between the two orders."""
    fits = sum(truth[one] == other for one, other in zip(invited, responded, strict=True))
    place = {other: number for number, other in enumerate(responded)}
    n = len(invited)
    squares = sum((number - place[truth[one]]) ** 2 for number, one in enumerate(invited))
    return fits, 1 - 6 * squares / (n * (n * n - 1))


def attack(truth, tables, content=b""):
    """The best that laying orders side by side gives: most fitting pairs, strongest correlation, and of what."""
    invited = orders([row for row in tables["invitations"] if row["used"]], "id", content)
    most, strongest = (0, ""), (0.0, "")
    for table, key in (("responses", "id"), ("response_events", "response_id"), ("seal_leaves", "sheet_id")):
        for (left, ids), (right, others) in product(invited.items(), orders(tables[table], key, content).items()):
            for turned in (others, others[::-1]):
                fits, rho = fitting(truth, ids, turned)
                where = f"{left} × {table}.{right}"
                most, strongest = max(most, (fits, where)), max(strongest, (abs(rho), where))
    return most, strongest


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request, settings, clock):
    """A store after a day in the field, with the truth that only the test knows."""
    if request.param == "memory":
        settings = replace(settings, store="sqlite://")
    if request.param == "postgresql":
        settings = replace(settings, store=request.getfixturevalue("postgres_url"))
    if request.param != "memory":
        create(settings.store)
    with Store.open(settings.store, clock=clock, settings=settings) as store:
        yield store, settings, field_work(store, clock)


def test_no_order_links_an_invitation_to_a_response(world):
    store, settings, truth = world
    mix(store)
    assert verify(store).findings == ()
    (fits, pair), (rho, place) = attack(truth, dump(store), files(store, settings))
    assert fits <= 9, pair
    assert rho < 5.5 / math.sqrt(ANSWERED - 1), place


def test_no_value_is_on_both_sides(world):
    store, _settings, truth = world
    tables = dump(store)
    shared = {row["collector_id"] for row in tables["invitations"]} | {"head"}
    values = {
        value for row in tables["invitations"] for value in row.values() if isinstance(value, str) and len(value) > 7
    }
    values = {value for value in values - shared if not value.startswith("(")}
    elsewhere = str({name: rows for name, rows in tables.items() if name != "invitations"})
    assert not [value for value in values if value in elsewhere]
    assert not [response for response in truth.values() if response in str(tables["invitations"])]


def test_no_moment_and_no_line_tells_of_a_response(world):
    store, _settings, truth = world
    tables = dump(store)
    assert all(row["started_at"] is None and row["submitted_at"] is None for row in tables["responses"])
    assert all(row["received_at"] is None for row in tables["response_events"])
    assert not [response for response in truth.values() if response in str(tables["audit"])]
    assert not any(tables[name] for name in ("sessions", "jobs", "customers"))
    assert {row["id"] for row in tables["invitations"] if row["used"]} == set(truth)


def test_the_attack_finds_a_link_where_there_is_one(world):
    """The test can fail: had the responses kept the order of use, the insider would know everybody."""
    store, _settings, truth = world
    tables = dump(store)
    order = {one: number for number, one in enumerate(truth)}
    leaky = {
        **tables,
        "invitations": [{**row, "used_no": order.get(row["id"], -1)} for row in tables["invitations"]],
        "responses": sorted(
            (dict(row) for row in tables["responses"]), key=lambda row: list(truth.values()).index(row["id"])
        ),
    }
    for row in leaky["invitations"]:
        row["used_no"] = f"{row['used_no']:05}"
    (fits, _pair), (rho, _orders) = attack(truth, leaky)
    assert fits == ANSWERED
    assert rho == 1
