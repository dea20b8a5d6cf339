"""Survey frames: types by question, reasons of empty cells, who sees what."""

import time
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import insert
from survey_field import EXTRA, FULL, OPEN, collector, publish, read, respond

from svclib import frames
from svclib.frames.view import View
from svclib.store.schema import contacts, response_events, units


def test_each_type_of_question_has_its_type_of_column(field):
    respond(field, field.hash, FULL, {})
    frame = read(field)
    assert frame.index.name == "response_id"
    assert frame["overall"].dtype == float
    assert list(frame["wait"].cat.categories) == ["short", "long", "other"]
    assert frame["wait"].cat.ordered
    assert str(frame["why__queue"].dtype) == str(frame["again"].dtype) == "boolean"
    assert frame["rate__room"].dtype == frame["order__a"].dtype == frame["age"].dtype == float
    assert pd.api.types.is_datetime64_any_dtype(frame["day"])
    first = frame.iloc[0]
    assert (first["why__queue"], first["why__staff"], first["order__b"], first["rate__room"]) == (True, False, 1, 2)
    assert frame.iloc[1][frame.columns.get_loc("overall") :].isna().all()


def test_reserved_columns_come_first_in_their_order(field):
    respond(field, field.hash, FULL)
    columns = [
        "version",
        "channel",
        "language",
        "layout",
        "branch",
        "submitted_at",
        "weight",
        "stratum",
        "cluster",
        "fpc",
        "source",
    ]
    frame = read(field)
    assert list(frame.columns[:11]) == columns
    assert frame["weight"].tolist() == [1.0]
    assert frame["submitted_at"].iloc[0] == pd.Timestamp("2025-03-02 01:30", tz="Asia/Shanghai")


def test_of_an_anonymous_survey_the_day_alone_is_known(field):
    respond(field, field.hash, FULL, submitted_at=None)
    assert read(field)["submitted_at"].iloc[0] == pd.Timestamp("2025-03-02", tz="Asia/Shanghai")


def test_an_empty_survey_is_an_empty_frame_of_the_same_columns(field):
    empty = read(field)
    respond(field, field.hash, FULL)
    full = read(field)
    assert list(empty.columns) == list(full.columns)
    assert len(empty) == len(read(field, frames.states)) - 1 == 0
    kinds = {name: (str(empty[name].dtype), str(full[name].dtype)) for name in full.columns}
    assert [name for name, (before, after) in kinds.items() if before != after] == []


def test_the_states_tell_why_cells_are_empty(field):
    respond(field, field.hash, FULL, {"overall": 5, "wait": "dont_know"}, {"overall": 1})
    why = read(field, frames.states)
    assert list(why["wait"]) == ["answered", "dont_know", "omitted"]
    assert list(why["wait__other"]) == ["not_shown"] * 3
    assert list(why["why__queue"]) == ["answered", "not_shown", "omitted"]
    assert list(why["rate__desk"]) == ["dont_know", "omitted", "omitted"]


def test_states_have_the_shape_of_the_answers(field):
    respond(field, field.hash, FULL)
    frame, why = read(field), read(field, frames.states)
    assert list(why.columns) == list(frame.columns[11:])
    assert why.index.equals(frame.index)
    assert ((why == "answered") | frame[why.columns].isna()).to_numpy().all()


def test_who_broke_off_is_given_only_on_request(field):
    respond(field, field.hash, {"overall": 4}, status="open", page=0, submitted_on=None, submitted_at=None)
    assert len(read(field)) == 0
    why = read(field, frames.states, partial=True)
    assert (why["overall"].iloc[0], why["wait"].iloc[0], why["age"].iloc[0]) == ("answered", "omitted", "broke_off")


def test_a_question_of_a_later_version_was_not_presented_before(field):
    newer = publish(field, 2, more=EXTRA)
    respond(field, field.hash, FULL)
    respond(field, newer, {**FULL, "effort": 3}, version=2)
    frame, why = read(field), read(field, frames.states)
    assert frame["effort"].isna().tolist() == [True, False]
    assert why["effort"].tolist() == ["not_presented", "answered"]


def test_free_text_needs_its_right(field):
    respond(field, field.hash, FULL)
    closed = View(b"k" * 32)
    assert not {"words", "wait__other"} & set(read(field, view=closed).columns)
    assert not {"words", "wait__other"} & set(read(field, frames.states, closed).columns)
    assert "words" not in set(read(field, frames.survey_codebook, closed)["column"])
    assert len(read(field, frames.comments, closed)) == 0
    assert read(field, frames.comments)["text"].tolist() == ["=cmd|calc"]


def test_a_branch_sees_its_own_subtree(field):
    respond(field, field.hash, FULL)
    respond(field, field.hash, FULL, version=2, branch="b02")
    respond(field, field.hash, FULL, version=3, branch="o1")
    respond(field, field.hash, FULL, version=4, branch=None)
    counts = {path: len(read(field, view=View(b"", (path,)))) for path in ("/", "/head/", "/head/b01/", "/head/b02/")}
    assert counts == {"/": 4, "/head/": 4, "/head/b01/": 2, "/head/b02/": 1}
    assert len(read(field, view=View(b"", ()))) == 0


def test_a_period_is_half_open(field):
    respond(field, field.hash, FULL)
    assert len(read(field, since=date(2025, 3, 2), until=date(2025, 3, 3))) == 1
    assert len(read(field, until=date(2025, 3, 2))) == 0


def test_times_add_up(field):
    respond(field, field.hash, FULL)
    seen = [{"kind": "visit", "name": "overall", "visible_ms": ms} for ms in (1500, 500)]
    seen.append({"kind": "page", "page": 1, "visible_ms": 9000})
    rows = [{"response_id": "r10000000", "client": "c", "seq": n, "position": n, "content": {"seq": n, **one},
             "salt": b"", "digest": "", "chain": ""} for n, one in enumerate(seen, 1)]  # fmt: skip
    field.write(lambda tx: tx.execute(insert(response_events), rows))
    with field.read() as connection:
        times = frames.item_times(connection, "survey", "visit", OPEN)
        pages = frames.page_times(connection, "survey", "visit", OPEN)
    assert times["overall"].tolist() == [2.0]
    assert times["age"].isna().all()
    assert pages.to_dict("list") == {1: [9.0]}


def test_the_codebook_alone_holds_the_wording(field):
    book = read(field, frames.survey_codebook)
    wait = book[book["column"] == "wait"]
    assert list(wait["value"]) == ["short", "long", "other"]
    assert list(wait["label_zh"]) == ["短", "长", "其他"]
    assert book[book["column"] == "rate__room"]["title_en"].iloc[0] == "Rate – Room"
    assert set(book["column"]) == set(read(field).columns[11:])


@pytest.mark.parametrize(("language", "heading", "value"), [("zh-CN", "等候", "长"), ("en", "Wait", "Long")])
def test_labels_are_put_on_a_frame(field, language, heading, value):
    respond(field, field.hash, FULL)
    shown = frames.labelled(read(field), language, read(field, frames.survey_codebook))
    assert shown[heading].iloc[0] == value
    assert shown[heading].cat.ordered


def test_the_plan_names_the_columns_that_say_something(field):
    respond(field, field.hash, FULL)
    none = {"weights": None, "strata": None, "cluster": None, "fpc": None, "source": ["opt-in"]}
    assert frames.design(read(field)) == none
    respond(field, field.hash, FULL, version=2, weight=2.5, stratum="east", source="probability")
    plan = frames.design(read(field))
    assert (plan["weights"], plan["strata"], plan["source"]) == ("weight", "stratum", ["probability", "opt-in"])


def test_coverage_joins_contacts_and_answers(field):
    respond(field, field.hash, FULL, FULL)
    row = {"unit_id": "b01", "channel": "web", "month": "2025-03", "served": 100, "invited": 10}
    field.write(lambda tx: tx.execute(insert(contacts), [row, {**row, "unit_id": "b02"}]))
    with field.read() as connection:
        told = frames.coverage(connection, OPEN)
        own = frames.coverage(connection, View(b"", ("/head/b02/",)))
    assert told.to_dict("records")[0] == {
        "month": "2025-03", "channel": "web", "unit": "b01", "served": 100, "invited": 10, "answered": 2
    }  # fmt: skip
    assert own["unit"].tolist() == ["b02"]


@pytest.mark.slow
def test_many_responses_are_read_in_seconds(file_store):
    content_hash = publish(file_store)

    def unit(tx):
        name = {"zh-CN": "b", "en": "b"}
        tx.execute(insert(units), {"id": "b01", "path": "/b01/", "kind": "branch", "name": name, "active": True})

    file_store.write(unit)
    collector(file_store, content_hash)
    respond(file_store, content_hash, *([FULL, {"overall": 5, "wait": "short"}] * 10_000))
    began = time.perf_counter()
    assert len(read(file_store)) == 20_000
    assert time.perf_counter() - began < 3  # 0.4 s on a quiet machine; the aim is 3 s for 100,000
