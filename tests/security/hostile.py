"""Texts that would run if anything took them for more than text, put wherever a person can put a text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

MARK = "__xss"
MARKUP = (
    f'"><img src=x onerror="window.{MARK}=1"><svg onload="window.{MARK}=1"></svg>'
    f"</script><script>window.{MARK}=1</script></title></textarea></style>'-window.{MARK}=1-'"
    f'<a href="javascript:window.{MARK}=1">x</a>'
)
EVIL = MARKUP + f"{{{{7*7}}}}${{window.{MARK}=1}}"  # a survey's texts may hold no braces: the lint refuses them
TAG = f'<img src=x onerror="window.{MARK}=1">'
SHORT = TAG + "{{7*7}}"
FORMULAS = ('=HYPERLINK("http://evil.example","x")', "@SUM(1+9)", "+cmd|' /C calc'!A0", "-2+3", "\t=1+1")


def quoted(text: str) -> str:
    """The text as a single-quoted YAML scalar."""
    return "'" + text.replace("'", "''") + "'"


BANK = f"""
bank: evil
version: 1
title: {{zh-CN: {quoted(EVIL)}, en: {quoted(EVIL)}}}
topics: {{kyc: {{zh-CN: {quoted(EVIL)}, en: {quoted(EVIL)}}}}}
stimuli:
  case:
    title: {{zh-CN: {quoted(EVIL)}, en: {quoted(EVIL)}}}
    text: {{zh-CN: {quoted(EVIL)}, en: {quoted(EVIL)}}}
items:
  - id: e-single
    type: single
    topic: kyc
    level: apply
    status: approved
    author: {quoted(SHORT)}
    stimulus: case
    stem: {{zh-CN: {quoted(EVIL + " 1")}, en: {quoted(EVIL + " 1")}}}
    choices:
      a: {{zh-CN: {quoted(EVIL + " 2")}, en: {quoted(EVIL + " 2")}}}
      b: {{zh-CN: {quoted(EVIL + " 3")}, en: {quoted(EVIL + " 3")}}}
    key: b
    rationale: {{zh-CN: {quoted("Because " + EVIL + "!")}, en: {quoted("Because " + EVIL + "!")}}}
    source: {quoted(SHORT)}
"""
EXAM = f"""
exam: evil
version: 1
title: {{zh-CN: {quoted(EVIL)}, en: {quoted(EVIL)}}}
description: {{zh-CN: {quoted(EVIL)}, en: {quoted(EVIL)}}}
bank: evil
minutes: 30
pass_mark: 60
attempts: 1
feedback: rationale
feedback_from: submitted
blueprint: [{{count: 1}}]
"""
SURVEY = f"""
survey: evil
version: 1
languages: [zh-CN, en]
title: {{zh-CN: {quoted(MARKUP)}, en: {quoted(MARKUP)}}}
description: {{zh-CN: {quoted(MARKUP)}, en: {quoted(MARKUP)}}}
thank_you: {{zh-CN: {quoted(MARKUP)}, en: {quoted(MARKUP)}}}
pages:
  - name: first
    title: {{zh-CN: {quoted(MARKUP)}, en: {quoted(MARKUP)}}}
    elements:
      - {{type: html, name: words, html: {{zh-CN: {quoted(MARKUP)}, en: {quoted(MARKUP)}}}}}
      - type: radiogroup
        name: one
        title: {{zh-CN: {quoted(MARKUP)}, en: {quoted(MARKUP)}}}
        description: {{zh-CN: {quoted(MARKUP)}, en: {quoted(MARKUP)}}}
        choices:
          - {{value: a, text: {{zh-CN: {quoted(MARKUP + " 1")}, en: {quoted(MARKUP + " 1")}}}}}
          - {{value: b, text: {{zh-CN: {quoted(MARKUP + " 2")}, en: {quoted(MARKUP + " 2")}}}}}
        showOtherItem: true
      - {{type: rating, name: overall, measure: csat, rateMin: 1, rateMax: 5,
         title: {{zh-CN: {quoted(TAG)}, en: {quoted(TAG)}}}}}
      - {{type: comment, name: remarks, title: {{zh-CN: {quoted(TAG)}, en: {quoted(TAG)}}}}}
"""


def plant(fortress: Any) -> dict[str, str]:
    """Put the texts everywhere through the doors that people have; gives where to look."""
    hr, quality, admin = (fortress.visitor(login) for login in ("hr", "quality", "admin"))
    unit = {"id": "evil", "parent": "head", "kind": "branch", "name": {"zh-CN": SHORT, "en": SHORT}}
    _taken(admin.api("people.create_unit", unit))
    for number, text in enumerate((SHORT, *FORMULAS[:-1])):
        given = {"login": f"evil{number}", "name": text, "unit": "evil", "position": SHORT, "issue_password": False}
        _taken(hr.api("people.create", given))
    for text in (BANK, EXAM, SURVEY):
        _taken(quality.api("definitions.publish", {"text": text}))
    now = datetime.now(UTC)
    window = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(days=1)).isoformat()}
    sitting = _taken(hr.api("exams.schedule", {"exam": "evil", "name": SHORT, "unit": "head", **window}))["id"]
    people = ["staff", "manager", *(f"evil{number}" for number in range(len(FORMULAS)))]
    _taken(hr.api("exams.assign", {"sitting": sitting, "people": people}))
    reasons = {"sitting": sitting, "person": "evil0", "reason": EVIL}
    _taken(hr.api("exams.extend", {**reasons, "minutes": 5}))
    _taken(hr.api("exams.withdraw", {**reasons, "person": "evil1"}))
    collector = _taken(quality.api("surveys.open_collector", {"survey": "evil", "name": SHORT, "unit": "evil"}))["id"]
    link = _taken(quality.api("surveys.link", {"collector": collector}))
    for text in (EVIL, *FORMULAS):
        _respond(fortress, link, text)
    mine = _taken(fortress.visitor("staff").api("exams.mine", {}))
    exam = next(one for one in mine if one["name"] == SHORT)
    _propose_void(fortress)
    return {"sitting": sitting, "survey": link, "exam": exam["link"], "collector": collector}


def _taken(answer: Any) -> Any:
    assert answer.status == 200, answer.text
    return answer.json


def _respond(fortress: Any, link: str, text: str) -> None:
    customer = fortress.stranger()
    sheet = customer.open(link).json
    events = [
        ("answer", "one", "other"),
        ("comment", "one", text),
        ("answer", "overall", 1),
        ("answer", "remarks", text),
    ]
    numbered = [
        {"seq": n, "kind": kind, "name": name, "value": value} for n, (kind, name, value) in enumerate(events, 1)
    ]
    saved = customer.save(link, sheet, *numbered)
    assert saved.status == 200, saved.text
    assert customer.submit(link, sheet, len(numbered)).status == 200


def _propose_void(fortress: Any) -> None:
    """Let the manager sit it, and propose to void the attempt for an evil reason."""
    manager, hr = fortress.visitor("manager"), fortress.visitor("hr")
    mine = _taken(manager.api("exams.mine", {}))
    path = next(one["link"] for one in mine if one["name"] == SHORT).partition("?")[0]
    sheet = _taken(manager.open(path))
    _taken(manager.submit(path, sheet, 0))
    _taken(hr.api("exams.propose_void", {"attempt": sheet["session"], "reason": EVIL}))
