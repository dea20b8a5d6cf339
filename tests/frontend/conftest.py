"""A small server that speaks the sheet protocol from memory, with faults to order, and Chromium pages on it."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import tornado.httpserver
import tornado.netutil
import tornado.web

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "svclib" / "web" / "static"
FIXTURES = ROOT / "frontend" / "fixtures"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'"
)
PAGE = """<!doctype html><html lang="{locale}"><head><meta charset="utf-8"><title>Form</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/tokens.css"><link rel="stylesheet" href="/static/page.css">
<link rel="stylesheet" href="/static/forms/form.css"><script type="module" src="/static/forms/page.js"></script></head>
<body><header class="page-header"><span class="brand">Service quality</span><div class="page-tools">
<div class="segments"><button data-set-locale="zh-CN" lang="zh-CN">中文</button>
<button data-set-locale="en" lang="en">English</button></div>
<div class="segments"><button data-set-theme="light">☀<span class="visually-hidden"> light</span></button>
<button data-set-theme="dark">☾<span class="visually-hidden"> dark</span></button></div></div></header>
<main id="form" data-source="{source}" data-locale="{locale}" data-mode="{mode}" {more}
data-locale-cookie="svc_language"></main>
</body></html>"""


@dataclass
class Sheet:
    """One open form in memory, by the rules of the protocol."""

    definition: dict[str, Any]
    kind: str = "survey"
    minutes: float | None = None
    thank_you: dict[str, str] | None = None
    result: dict[str, Any] | None = None
    session: str = field(default_factory=lambda: secrets.token_hex(8))
    lease: int = 0
    status: str = "open"
    read_only: bool = False
    answers: dict[str, Any] = field(default_factory=dict)
    page: int = 0
    events: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    opened: list[dict[str, Any]] = field(default_factory=list)
    submissions: int = 0
    refuse: dict[str, Any] = field(default_factory=dict)
    incomplete: str | None = None
    page_attributes: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    deadline: float | None = None

    def fault(self, call: str) -> str | None:
        """Take the next fault that was ordered for `call` (``answers:drop``), or the standing one (``*:503``)."""
        for fault in self.faults:
            name, _, kind = fault.partition(":")
            if name.lstrip("*") in {call, ""}:
                if not name.startswith("*"):
                    self.faults.remove(fault)
                return kind
        return None

    def open(self, body: dict[str, Any]) -> dict[str, Any]:
        self.opened.append(body)
        self.lease += 1
        if self.minutes and self.deadline is None:
            self.deadline = time.time() + self.minutes * 60
        reply = {
            "kind": self.kind,
            "session": self.session,
            "lease": self.lease,
            "definition": self.definition if self.status == "open" else None,
            "answers": self.answers,
            "page": self.page,
            "saved_seq": self.saved(body["client"]),
            "locale": body["locale"],
            "languages": ["zh-CN", "en"],
            "title": {"zh-CN": self.definition["title"]["zh-cn"], "en": self.definition["title"]["default"]},
            "status": self.status,
            "read_only": self.read_only,
            **self.times(),
            **self.more,
        }
        return reply if self.status == "open" else reply | {"feedback": self.result, "thank_you": self.thank_you}

    def save(self, body: dict[str, Any]) -> dict[str, Any]:
        self.check(body)
        known, fresh = self.saved(body["client"]), []
        for event in body["events"]:
            key = (body["client"], event["seq"])
            if key in self.events:
                if self.events[key] != event:
                    raise Refusal(409, "replay_conflict", "Saved before with another content.")
                continue
            if event["seq"] != known + 1:
                raise Refusal(409, "gap", "An answer is missing.")
            if event.get("name") in self.refuse and event.get("value") == self.refuse[event["name"]]:
                raise Refusal(422, "invalid_answer", "Too large.", name=event["name"], seq=event["seq"])
            known = event["seq"]
            fresh.append((key, event))
        for key, event in fresh:
            self.events[key] = event
            self.log.append(event)
            self.fold(event)
        return {"saved_seq": known, "status": self.status, **self.times()}

    def submit(self, body: dict[str, Any]) -> dict[str, Any]:
        self.check(body, submitting=True)
        if body["seq"] != self.saved(body["client"]):
            raise Refusal(409, "gap", "An answer is missing.")
        if self.incomplete:
            raise Refusal(422, "incomplete", "Please answer this question too.", name=self.incomplete)
        self.status = "submitted"
        self.submissions += 1
        return {
            "status": self.status,
            "server_time": time.time() * 1000,
            "thank_you": self.thank_you,
            "result": self.result,
        }

    def check(self, body: dict[str, Any], submitting: bool = False) -> None:
        if body["session"] != self.session:
            raise Refusal(404, "not_found", "No such form.")
        if self.status != "open" and not submitting:
            raise Refusal(409, "closed", "The form is closed.")
        if body["lease"] != self.lease:
            raise Refusal(409, "read_only", "Opened elsewhere.")

    def fold(self, event: dict[str, Any]) -> None:
        if event["kind"] == "page":
            self.page = event["page"]
        if event["kind"] not in {"answer", "comment"}:
            return
        name = event["name"] + ("-Comment" if event["kind"] == "comment" else "")
        self.answers = {key: value for key, value in self.answers.items() if key != name}
        if event["value"] is not None:
            self.answers[name] = event["value"]

    def saved(self, client: str) -> int:
        return max((seq for (who, seq) in self.events if who == client), default=0)

    def times(self) -> dict[str, Any]:
        return {
            "server_time": time.time() * 1000,
            "deadline": self.deadline * 1000 if self.deadline else None,
        }

    def answered(self, name: str) -> list[Any]:
        return [event["value"] for event in self.log if event["kind"] == "answer" and event["name"] == name]


class Refusal(Exception):
    def __init__(self, status: int, code: str, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": {"code": code, "message": message, "fields": fields}}


class Call(tornado.web.RequestHandler):
    """The three calls."""

    def initialize(self, sheets: dict[str, Sheet]) -> None:
        self.sheets = sheets

    async def post(self, name: str, call: str) -> None:
        sheet = self.sheets[name]
        sheet.calls.append(call)
        fault = sheet.fault(call)
        if fault == "drop":
            self.request.connection.stream.close()
            return
        if fault and fault.isdigit():
            self.refuse(Refusal(int(fault), "unavailable", "Out of order."))
            return
        try:
            body = json.loads(self.request.body)
            reply = {"open": sheet.open, "answers": sheet.save, "submit": sheet.submit}[call](body)
        except Refusal as error:
            self.refuse(error)
            return
        if fault == "lost":  # committed, but the acknowledgement does not arrive
            self.request.connection.stream.close()
            return
        self.finish(reply)

    def refuse(self, error: Refusal) -> None:
        self.set_status(error.status)
        self.finish(error.body)


class Page(tornado.web.RequestHandler):
    def initialize(self, sheets: dict[str, Sheet]) -> None:
        self.sheets = sheets

    def get(self, name: str) -> None:
        self.set_header("Content-Security-Policy", POLICY)
        mode = self.get_query_argument("mode", "live")
        more = self.sheets[name].page_attributes
        source = f"/preview/{name}" if mode == "preview" else f"/s/{name}"
        self.finish(PAGE.format(source=source, locale=self.get_query_argument("lang", "zh-CN"), mode=mode, more=more))


class Preview(Page):
    def get(self, name: str) -> None:
        self.finish({"definition": self.sheets[name].definition})


class SheetServer:
    """The server in a thread of its own; `sheets` may be looked at and changed while it runs."""

    def __init__(self) -> None:
        self.sheets: dict[str, Sheet] = {}
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.thread.start()
        self.ready.wait(10)

    async def _serve(self) -> None:
        self.loop, self.stopped = asyncio.get_running_loop(), asyncio.Event()
        more = {"sheets": self.sheets}
        static = {"path": str(STATIC)}
        routes: list[Any] = [
            (r"/s/(\w+)/(open|answers|submit)", Call, more),
            (r"/s/(\w+)", Page, more),
            (r"/preview/(\w+)", Preview, more),
            (r"/static/(.*)", tornado.web.StaticFileHandler, static),
        ]
        server = tornado.httpserver.HTTPServer(tornado.web.Application(routes, compress_response=True))
        sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        server.add_sockets(sockets)
        self.address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        self.ready.set()
        await self.stopped.wait()
        server.stop()
        await server.close_all_connections()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(10)

    def add(self, fixture: str, **options: Any) -> tuple[str, Sheet]:
        """Put up a sheet of a fixture; gives its address and itself."""
        definition = json.loads((FIXTURES / f"{fixture}.json").read_text(encoding="utf-8"))
        name = secrets.token_hex(6)
        self.sheets[name] = sheet = Sheet(definition, **options)
        return f"{self.address}/s/{name}", sheet


@pytest.fixture(scope="session")
def sheet_server() -> Iterator[SheetServer]:
    server = SheetServer()
    yield server
    server.close()


@pytest.fixture
def context(chromium: Any) -> Iterator[Any]:
    opened = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    opened.set_default_timeout(8000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: Any) -> Any:
    return context.new_page()


def wait_until(condition: Any, seconds: float = 8.0) -> None:
    """Wait for something that the server sees."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not come about in time"
        time.sleep(0.03)


@pytest.fixture
def until(page: Any) -> Any:
    """Wait while the browser's events are handled."""

    def wait(condition: Any, seconds: float = 8.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "did not come about in time"
            page.wait_for_timeout(30)

    return wait
