"""Rows that the tests of the store need: a unit, a definition, a collector, responses."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import insert

from svclib.forms import hash_of
from svclib.store import new_id, schema

BODY = {"survey": "visit", "version": 1}


def add_base_rows(store):
    """Add what a response refers to; gives the collector's id."""

    def work(tx):
        now = store.now()
        tx.execute(
            insert(schema.units), {"id": "head", "path": "/head/", "kind": "head_office", "name": {"en": "Head"}}
        )
        tx.execute(
            insert(schema.definitions),
            {
                "hash": hash_of(BODY),
                "kind": "survey",
                "name": "visit",
                "version": 1,
                "title": {"en": "Visit"},
                "body": BODY,
                "published_at": now,
            },
        )
        tx.execute(
            insert(schema.collectors),
            {
                "id": "c1",
                "token_hash": "t1",
                "survey": "visit",
                "definition_hash": hash_of(BODY),
                "name": "Link",
                "kind": "open",
                "channel": "web",
                "source": "opt-in",
                "unit_id": "head",
                "created_at": now,
            },
        )

    store.write(work)
    return "c1"


def new_response_row(store, **values):
    """Values of a new open response, anonymous unless `started_at` is given."""
    name = new_id()
    day = (store.now() + timedelta(hours=8)).date()
    return {
        "id": name, "collector_id": "c1", "definition_hash": hash_of(BODY), "survey": "visit", "version": 1,
        "status": "open", "session_hash": hashlib.sha256(name.encode()).hexdigest(), "channel": "web",
        "source": "opt-in", "language": "en", "layout": "phone", "order_seed": 1, "answers": {}, "started_on": day,
        **values,
    }  # fmt: skip


def answer(seq, name, value):
    return {"seq": seq, "kind": "answer", "name": name, "value": value}


@pytest.fixture
def make(store):
    """``make()`` adds an open response to `store` and gives its id."""
    add_base_rows(store)

    def add(**values):
        row = new_response_row(store, **values)
        store.write(lambda tx: tx.execute(insert(schema.responses), row))
        return row["id"]

    return add


@pytest.fixture
def append(store):
    """``append(sheet, events…)`` in a transaction of its own."""

    def call(sheet, *events, client="tab-1", **options):
        return store.write(lambda tx: store.sheets.append(tx, "responses", sheet, client, events, **options))

    return call


@pytest.fixture
def row_of(store):
    """The stored row of a response."""

    def get(sheet):
        with store.read() as connection:
            return connection.execute(schema.responses.select().where(schema.responses.c.id == sheet)).one()

    return get


@pytest.fixture
def base_rows():
    """``base_rows(store)`` adds what a response refers to."""
    return add_base_rows


@pytest.fixture
def response_row():
    """``response_row(store, …)`` gives the values of a new response."""
    return new_response_row
