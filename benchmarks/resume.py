"""The network is cut in an exam; then a reload, then another browser: what is lost, and how long until one may go on.

Aim: nothing lost, ≤ 5 s.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from benchmarks.browser import chromium
from benchmarks.server import Running, demonstration, start
from svclib.demo.logins import PASSWORD
from svclib.operations import accounts, definitions, exams
from svclib.operations.actor import system_actor
from svclib.settings import Settings
from svclib.store import Store
from svclib.store.schema import attempts, people

LOGIN, ITEMS = "staff", 12
CUT_SECONDS, SHORT_CUT_SECONDS = 60.0, 5.0
QUESTION = ".sd-question[data-name]"
UNSENT_SHOWN = ".svc-status[data-state=offline]"
ALL_SAVED = ".svc-status[data-state=saved]"
BANK = """
bank: cut
version: 1
title: {zh-CN: 断网测试题库, en: Bank for the cut}
topics: {any: {zh-CN: 综合, en: General}}
items:
"""
ITEM = """  - id: q{number}
    type: single
    topic: any
    level: remember
    status: approved
    stem: {{zh-CN: 第 {number} 题, en: Question {number}}}
    choices: {{a: {{zh-CN: 甲, en: First}}, b: {{zh-CN: 乙, en: Second}}, c: {{zh-CN: 丙, en: Third}}}}
    key: b
    rationale: {{zh-CN: 示例, en: Example}}
    source: synthetic
"""
EXAM = """
exam: cut
version: 1
title: {{zh-CN: 断网测试, en: Exam for the cut}}
bank: cut
minutes: 30
pass_mark: 60
attempts: 1
feedback: score_only
feedback_from: submitted
shuffle_items: false
shuffle_choices: false
blueprint: [{{count: {count}}}]
"""


@dataclass
class Candidate:
    """A candidate at a browser: what was answered is remembered here, beside what the server says."""

    browser: Any
    address: str
    path: str
    given: dict[str, str] = field(default_factory=dict)
    context: Any = None
    page: Any = None

    def sign_in(self) -> None:
        """Take a new browser (a new profile) and sign in."""
        self.context = self.browser.new_context(locale="en", viewport={"width": 1280, "height": 900})
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        self.page.goto(f"{self.address}/login")
        self.page.fill("#login", LOGIN)
        self.page.fill("#password", PASSWORD)
        self.page.click("main form button[type=submit]")
        self.page.wait_for_url(f"{self.address}/")

    def enter(self) -> float:
        """Open the exam and give the seconds until a question can be answered."""
        begun = time.perf_counter()
        self.page.goto(self.address + self.path)
        self.page.wait_for_selector(f"{QUESTION}, .svc-begin button")
        if self.page.locator(".svc-begin button").count():
            self.page.locator(".svc-begin button").click()
        self.page.wait_for_selector(QUESTION)
        return time.perf_counter() - begun

    def answer(self, count: int) -> None:
        """Answer the next questions, one after the other."""
        for _one in range(count):
            name = self.page.locator(QUESTION).first.get_attribute("data-name")
            value = "abc"[len(self.given) % 3]
            self.page.locator(f'[data-name="{name}"] label').nth("abc".index(value)).click()
            self.given[name] = value
            self.page.get_by_role("button", name="Next", exact=True).click()

    def shown_unsent(self) -> int:
        """How many answers the page says are not saved yet."""
        self.page.wait_for_selector(UNSENT_SHOWN)
        text = self.page.locator(".svc-status-text").inner_text()
        return int("".join(one for one in text if one.isdigit()) or 0)

    def all_saved(self) -> None:
        """Wait until the page says that everything is saved."""
        self.page.wait_for_selector(ALL_SAVED)


@dataclass(frozen=True)
class Found:
    """What came of it."""

    lost: int
    unsent_shown: int
    same_browser: float
    other_browser: float
    older_page_is_read_only: bool


def prepare(settings: Settings) -> str:
    """Publish an exam and assign it; gives the address of the candidate's page."""
    actor = system_actor()
    with Store.open(settings.store, settings=settings) as store:
        text = BANK + "".join(ITEM.format(number=number) for number in range(1, ITEMS + 1))
        definitions.publish(store, actor, text=text)
        definitions.publish(store, actor, text=EXAM.format(count=ITEMS))
        window = {"opens_at": store.now() - timedelta(minutes=1), "closes_at": store.now() + timedelta(hours=4)}
        sitting = exams.schedule(store, actor, exam="cut", name="Cut", unit="head", **window)
        exams.assign(store, actor, sitting=sitting.id, people=[LOGIN])
        with store.read() as connection:
            person = connection.scalar(select(people.c.id).where(people.c.login == LOGIN))
        mine = exams.mine(store, accounts.actor_of(store, str(person)))
        return next(f"/exam/{one.assignment}" for one in mine if one.name == "Cut")


def lost(settings: Settings, path: str, given: dict[str, str]) -> int:
    """How many of the answers given are not in the store as they were given."""
    with Store.open(settings.store, settings=settings) as store, store.read() as connection:
        mine = attempts.c.assignment_id == path.removeprefix("/exam/")
        kept = connection.scalar(select(attempts.c.answers).where(mine)) or {}
    return sum(kept.get(name) != value for name, value in given.items())


def play(browser: Any, server: Running, path: str, cut_seconds: float) -> Found:
    """Answer, lose the network, answer on, get it back; reload in a second cut; go on in another browser."""
    first = Candidate(browser, server.address, path)
    first.sign_in()
    first.enter()
    first.answer(2)
    first.all_saved()
    shown = _cut(first, cut_seconds)
    same = _reload_in_a_cut(first)
    other = Candidate(browser, server.address, path, first.given)
    other.sign_in()
    seconds = other.enter()
    other.answer(1)
    other.all_saved()
    read_only = _older_is_read_only(first)
    for one in (first, other):
        one.context.close()
    return Found(lost(server.settings, path, first.given), shown, same, seconds, read_only)


def _cut(one: Candidate, seconds: float) -> int:
    begun = time.perf_counter()
    one.context.set_offline(True)
    one.answer(3)
    shown = one.shown_unsent()
    one.page.wait_for_timeout(max(0.0, seconds - (time.perf_counter() - begun)) * 1000)
    one.context.set_offline(False)
    one.all_saved()
    return shown


def _reload_in_a_cut(one: Candidate) -> float:
    one.context.set_offline(True)
    one.answer(2)
    one.shown_unsent()
    with suppress(Exception):  # the browser shows its own page: there is no network
        one.page.reload()
    one.context.set_offline(False)
    seconds = one.enter()
    one.all_saved()
    return seconds


def _older_is_read_only(one: Candidate) -> bool:
    one.page.locator(f"{QUESTION} label").first.click()
    one.page.wait_for_selector(".svc-banner[data-kind=read_only]")
    return bool(one.page.locator(".svc-banner[data-kind=read_only]").is_visible())


@contextmanager
def served(settings: Settings) -> Iterator[Running]:
    """A server on `settings` that ends at the end."""
    server = start(settings)
    try:
        yield server
    finally:
        server.stop()


def main(full: bool = False) -> dict[str, float]:
    """Cut for a minute; for five seconds where not `full`."""
    with demonstration(0.02) as settings:
        path = prepare(settings)
        with served(settings) as server, chromium() as browser:
            found = play(browser, server, path, CUT_SECONDS if full else SHORT_CUT_SECONDS)
    return {
        "answers lost": found.lost, "shown as not saved": found.unsent_shown,
        "resume, same browser s": found.same_browser, "resume, other browser s": found.other_browser,
    }  # fmt: skip


if __name__ == "__main__":
    for name, value in main().items():
        print(f"{name:28} {value:10.2f}")
