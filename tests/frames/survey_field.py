"""A store with units, a survey of every type of question, and ways to answer and read it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import insert

from svclib import forms, frames
from svclib.frames.view import View
from svclib.store.schema import collectors, definitions, responses, units

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
    row = {"hash": compiled.hash, "kind": "survey", "name": "visit", "version": version,
           "title": compiled.body["title"], "body": compiled.body, "published_at": store.now()}  # fmt: skip
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


def collector(store, content_hash):
    row = {"id": "c", "token_hash": "t", "survey": "visit", "definition_hash": content_hash, "name": "c"}
    row |= {"kind": "open", "channel": "web", "source": "opt-in", "unit_id": "b01", "created_at": store.now()}
    store.write(lambda tx: tx.execute(insert(collectors), row))


def in_the_field(store):
    """Publish the survey with its collector; `store.hash` names what was asked."""

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
    collector(store, store.hash)
    return store


def read(store, function=frames.responses, view=OPEN, **options):
    with store.read() as connection:
        return function(connection, "visit", view, **options)
