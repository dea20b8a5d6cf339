"""Survey frames: types by question, reasons of empty cells, who sees what."""

import time
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from sqlalchemy import insert

from svclib import forms, frames
from svclib.frames.view import View
from svclib.store.schema import collectors, contacts, definitions, response_events, responses, units

SURVEY = """
survey: visit
version: {version}
title: {{zh-CN: 到访, en: Visit}}
anonymous: {anonymous}
pages:
  - name: one
    elements:
      - {{type: rating, name: overall, title: {{zh-CN: 总体, en: Overall}}, rateMin: 1, rateMax: 5,
         minRateDescription: {{zh-CN: 差, en: Bad}}, maxRateDescription: {{zh-CN: 好, en: Good}}, measure: csat}}
      - type: radiogroup
        name: wait
        title: {{zh-CN: 等候, en: Wait}}
        scale: ordinal
        dontKnow: true
        showOtherItem: true
        choices:
          - {{value: short, text: {{zh-CN: 短, en: Short}}}}
          - {{value: long, text: {{zh-CN: 长, en: Long}}}}
      - type: checkbox
        name: why
        title: {{zh-CN: 原因, en: Reasons}}
        visibleIf: "{{overall}} <= 2"
        choices:
          - {{value: queue, text: {{zh-CN: 排队, en: Queue}}}}
          - {{value: staff, text: {{zh-CN: 员工, en: Staff}}}}
{more}
  - name: two
    elements:
      - type: matrix
        name: rate
        title: {{zh-CN: 评价, en: Rate}}
        dontKnow: true
        rows: [{{value: room, text: {{zh-CN: 环境, en: Room}}}}, {{value: desk, text: {{zh-CN: 柜台, en: Desk}}}}]
        columns: [{{value: 1, text: {{zh-CN: 差, en: Bad}}}}, {{value: 2, text: {{zh-CN: 好, en: Good}}}}]
      - {{type: ranking, name: order, title: {{zh-CN: 排序, en: Order}},
         choices: [{{value: a, text: {{zh-CN: 甲, en: A}}}}, {{value: b, text: {{zh-CN: 乙, en: B}}}}]}}
      - {{type: boolean, name: again, title: {{zh-CN: 再来, en: Again}}}}
      - {{type: text, name: age, inputType: number, title: {{zh-CN: 年龄, en: Age}}}}
      - {{type: text, name: day, inputType: date, title: {{zh-CN: 日期, en: Day}}}}
      - {{type: comment, name: words, title: {{zh-CN: 意见, en: Words}}}}
"""
EXTRA = "      - {type: rating, name: effort, title: {zh-CN: 费力, en: Effort}, rateMin: 1, rateMax: 7}"
FULL = {
    "overall": 1, "wait": "long", "why": ["queue"], "rate": {"room": 2, "desk": "dont_know"}, "order": ["b", "a"],
    "again": True, "age": 40, "day": "2025-02-28", "words": "=cmd|calc",
}  # fmt: skip
OPEN = View(b"k" * 32, sensitive=True)
AT = datetime(2025, 3, 1, 17, 30, tzinfo=UTC)  # 2 March in Shanghai


def publish(store, version=1, anonymous="false", more=""):
    text = SURVEY.format(version=version, anonymous=anonymous, more=more)
    compiled = forms.compile_definition(forms.parse_definition(text))
    row = {"hash": compiled.hash, "kind": "survey", "name": "visit", "version": version, "title": compiled.body["title"],
           "body": compiled.body, "published_at": store.now()}  # fmt: skip
    store.write(lambda tx: tx.execute(insert(definitions), row))
    return compiled.hash


def respond(store, content_hash, *given, version=1, **changes):
    rows = [
        {"id": f"r{version}{number:07}", "collector_id": "c", "definition_hash": content_hash, "survey": "visit",
         "version": version, "status": "submitted", "session_hash": f"s{version}{number}", "channel": "web",
         "source": "opt-in", "language": "en", "layout": "phone", "branch": "b01", "order_seed": 1, "answers": answers,
         "page": 1, "started_on": date(2025, 3, 2), "submitted_on": date(2025, 3, 2), "submitted_at": AT, **changes}
        for number, answers in enumerate(given)
    ]  # fmt: skip
    store.write(lambda tx: tx.execute(insert(responses), rows))


@pytest.fixture
def field(store):
    """A store with units, a survey and its collector; `field.hash` names what was asked."""

    def work(tx):
        for unit, parent, path, kind in (
            ("head", None, "/head/", "head_office"), ("b01", "head", "/head/b01/", "branch"),
            ("o1", "b01", "/head/b01/o1/", "outlet"), ("b02", "head", "/head/b02/", "branch"),
        ):  # fmt: skip
            name = {"zh-CN": unit, "en": unit}
            tx.execute(
                insert(units),
                {"id": unit, "parent_id": parent, "path": path, "kind": kind, "name": name, "active": True},
            )

    store.write(work)
    store.hash = publish(store)
    row = {"id": "c", "token_hash": "t", "survey": "visit", "definition_hash": store.hash,
           "name": "c",
           "kind": "open", "channel": "web", "source": "opt-in", "unit_id": "b01", "created_at": store.now()}  # fmt: skip
    store.write(lambda tx: tx.execute(insert(collectors), row))
    return store


def read(store, function=frames.responses, view=OPEN, **options):
    with store.read() as connection:
        return function(connection, "visit", view, **options)


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
    seen = [{"kind": "visit", "name": "overall", "visible_ms": 1500}, {"kind": "visit", "name": "overall", "visible_ms": 500},
            {"kind": "page", "page": 1, "visible_ms": 9000}]  # fmt: skip
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
    row = {"id": "c", "token_hash": "t", "survey": "visit", "definition_hash": content_hash,
           "name": "c",
           "kind": "open", "channel": "web", "source": "opt-in", "unit_id": "b01", "created_at": file_store.now()}  # fmt: skip

    def unit(tx):
        name = {"zh-CN": "b", "en": "b"}
        tx.execute(insert(units), {"id": "b01", "path": "/b01/", "kind": "branch", "name": name, "active": True})
        tx.execute(insert(collectors), row)

    file_store.write(unit)
    respond(file_store, content_hash, *([FULL, {"overall": 5, "wait": "short"}] * 10_000))
    began = time.perf_counter()
    assert len(read(file_store)) == 20_000
    assert time.perf_counter() - began < 3  # 0.4 s on a quiet machine; the aim is 3 s for 100,000
