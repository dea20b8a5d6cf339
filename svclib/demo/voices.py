"""Twelve months of survey answers, laid down event by event as the pages would have sent them."""

from __future__ import annotations

import calendar
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from svclib.demo.clock import Clock
from svclib.demo.filled import filled_in, hurried
from svclib.demo.organisation import BRANCHES
from svclib.demo.stories import MONTHS, Visit, chance_of_use, leanings, tendency, words
from svclib.forms import Survey
from svclib.forms.simulation import simulate_one
from svclib.operations import definitions, surveys
from svclib.operations.actor import Actor
from svclib.store import Store, new_id, new_token, token_hash
from svclib.store.schema import responses

BATCH = 400
BREAKS_OFF = 0.05


@dataclass(frozen=True)
class Stream:
    """One collector: which survey, how people come to it, how many answers a branch and month on average."""

    survey: str
    name: str
    kind: str
    channel: str
    source: str
    monthly: float


STREAMS = (
    Stream("branch_visit", "网点二维码 Lobby QR", "open", "qr", "opt-in", 13.0),
    Stream("branch_visit", "到店短信 Text message", "personal", "sms", "probability", 8.0),
    Stream("phone_callback", "电话回访 Call-back", "personal", "phone", "probability", 2.5),
    Stream("complaint_closing", "投诉结案 Closed complaints", "personal", "email", "census", 1.2),
    Stream("digital_channel", "手机银行 Mobile banking", "open", "web", "opt-in", 3.0),
    Stream("servperf_22", "SERVPERF 抽样 sample", "personal", "sms", "probability", 2.2),
    Stream("servqual_44", "SERVQUAL 抽样 sample", "personal", "sms", "probability", 1.0),
)


def collect(
    store: Store, actor: Actor, clock: Clock, months: list[date], customers: dict[str, list[str]], scale: float
) -> Iterator[tuple[int, dict[tuple[str, str, int], int]]]:
    """Open the collectors and lay down their answers; yields the running number of sheets and the counts so far."""
    answered: Counter[tuple[str, str, int]] = Counter()
    done = 0
    for stream in STREAMS:
        clock.set(months[0], time(9))
        survey, collector, definition_hash = _opened(store, actor, stream)
        generator = random.Random(f"voices/{stream.survey}/{stream.channel}")
        sheets = _sheets(stream, survey, collector, definition_hash, generator, months, customers, scale)
        while batch := list(islice(sheets, BATCH)):
            store.write(partial(_lay_down, store, survey, batch))
            handed_in = (sheet for sheet in batch if sheet["row"]["status"] == "submitted")
            answered.update((sheet["row"]["branch"], stream.channel, sheet["month"]) for sheet in handed_in)
            done += len(batch)
            yield done, answered


def _opened(store: Store, actor: Actor, stream: Stream) -> tuple[Survey, str, str]:
    collector = surveys.open_collector(
        store, actor, survey=stream.survey, name=stream.name, kind=stream.kind, channel=stream.channel,
        source=stream.source, unit="head", hourly_limit=600,
    )  # fmt: skip
    with store.read() as connection:
        definition_hash = definitions.latest(connection, "survey", stream.survey)["hash"]
    return definitions.definition(store, definition_hash), collector.id, definition_hash


def _lay_down(store: Store, survey: Survey, sheets: list[dict[str, Any]], tx: Connection) -> None:
    tx.execute(responses.insert(), [sheet["row"] for sheet in sheets])
    for sheet in sheets:
        moment = None if survey.anonymous else sheet["row"]["started_at"]
        store.sheets.append(tx, "responses", sheet["row"]["id"], "demo-client", sheet["events"], received_at=moment)


def _sheets(
    stream: Stream, survey: Survey, collector: str, definition_hash: str, generator: random.Random,
    months: list[date], customers: dict[str, list[str]], scale: float,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    common = {
        "collector_id": collector, "definition_hash": definition_hash, "survey": survey.survey,
        "version": survey.version, "channel": stream.channel, "source": stream.source, "lease": 1, "page": 0,
        "answers": {}, "counter": None, "ticket": None, "cluster": None, "fpc": None, "chain_head": "",
    }  # fmt: skip
    for month in range(MONTHS):
        for branch in BRANCHES:
            visit = Visit(branch, month, stream.source)
            expected = stream.monthly * scale * chance_of_use(branch, month, stream.source)
            for _sheet in range(int(expected + generator.random())):
                leans = tendency(visit, leanings(survey, generator))
                given = simulate_one(survey, generator, generator.gauss(0, 1), leans, words(visit), omit=0.05)
                moment = _moment(generator, months[month])
                customer = generator.choice(customers[branch]) if customers[branch] else None
                row = {**common, **_row(survey, stream, branch, moment, customer, generator)}
                yield {"row": row, "month": month, "events": _events(survey, given, row, generator)}
            for given, moment, staff in filled_in(survey, branch, stream.channel, month, months[month], expected):
                handed_in = {"status": "submitted", "submitted_on": moment.date()}
                row = {**common, **_row(survey, stream, branch, moment, None, staff), **handed_in}
                yield {"row": row, "month": month, "events": hurried(_events(survey, given, row, staff))}


def _row(
    survey: Survey, stream: Stream, branch: str, moment: datetime, customer: str | None, generator: random.Random
) -> dict[str, Any]:
    broke_off = generator.random() < BREAKS_OFF
    known, day = not survey.anonymous, moment.date()
    later = moment + timedelta(seconds=generator.uniform(60, 400))
    sampled = stream.source == "probability"
    return {
        "id": new_id(), "session_hash": token_hash(new_token()), "status": "open" if broke_off else "submitted",
        "language": "en" if generator.random() < 0.06 else "zh-CN", "branch": branch,
        "layout": "phone" if stream.channel in {"qr", "sms"} or generator.random() < 0.5 else "desktop",
        "customer_id": customer if known and stream.kind == "personal" else None,
        "weight": round(generator.uniform(0.7, 1.6), 3) if sampled else None, "stratum": branch if sampled else None,
        "order_seed": generator.randrange(2**31), "started_on": day, "started_at": moment if known else None,
        "submitted_on": None if broke_off else day, "submitted_at": later if known and not broke_off else None,
    }  # fmt: skip


def _events(
    survey: Survey, given: dict[str, Any], row: dict[str, Any], generator: random.Random
) -> list[dict[str, Any]]:
    pages = {placed.element.name: placed.page for placed in survey.placed}
    names = list(given)
    if row["status"] == "open":
        names = names[: max(1, len(names) // 2)]
    events: list[dict[str, Any]] = [{"kind": "page", "page": 0}]
    shown = 0
    for name in names:
        question = name.removesuffix("-Comment")
        if pages[question] != shown:
            shown = pages[question]
            events.append({"kind": "page", "page": shown})
        kind = "answer" if name == question else "comment"
        events.append({"kind": kind, "name": question, "value": given[name]})
        if kind == "answer":
            events.append({"kind": "visit", "name": question, **_process(generator, given[name])})
    return [{"seq": number, **event} for number, event in enumerate(events, 1)]


def _process(generator: random.Random, value: Any) -> dict[str, int]:
    size = len(value) if isinstance(value, dict | list) else 1 + len(value) // 4 if isinstance(value, str) else 1
    seconds = generator.lognormvariate(1.1, 0.5) * max(1, size) ** 0.8
    return {"visible_ms": int(seconds * 1000), "visits": 1, "changes": 1 + (generator.random() < 0.08)}


def _moment(generator: random.Random, first: date) -> datetime:
    day = generator.randint(1, calendar.monthrange(first.year, first.month)[1])
    hour, minute = generator.choice((9, 10, 10, 11, 13, 14, 15, 15, 16)), generator.randrange(60)
    return Clock.moment(first.replace(day=day), time(hour, minute))
