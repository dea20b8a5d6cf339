"""What the attacks share: a visitor who speaks HTTP, a bank full of canaries, a way to see what was stored."""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
import urllib.parse
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bad_inputs import TEXTS

from svclib.demo.logins import PASSWORD
from svclib.settings import Settings

CLIENT = "tabtabtabtab"
# What nobody may see while a sitting runs; compared without white space.
SECRETS = (
    "CANARY", "424242.5", "0.1171875", '{"l1":"r2","l2":"r3","l3":"r1"}', '["o3","o1","o4","o2"]', '["m1","m4"]',
)  # fmt: skip
STRUCTURE = (
    '"scoring":', '"rationale":', '"tolerance":', '"accepted":', '"correctAnswer":', '"key":', '"status":"approved"',
    '"reviewer":', '"author":', '"source":',
)  # fmt: skip
SLOWLY_CHANGING = frozenset({"sessions", "jobs", "alembic_version", "seal_leaves"})

BANK = """
bank: canary
version: 1
title: {zh-CN: 诱饵题库, en: Trap bank}
topics: {kyc: {zh-CN: 客户尽职调查, en: Due diligence}}
items:
  - id: t-single
    type: single
    topic: kyc
    level: apply
    status: approved
    author: CANARY-author
    reviewer: CANARY-reviewer
    stem: {zh-CN: 第一题, en: First question}
    choices: {a: {zh-CN: 一, en: One}, b: {zh-CN: 二, en: Two}, c: {zh-CN: 三, en: Three}}
    key: b
    rationale: {zh-CN: CANARY-理由, en: CANARY-rationale}
    source: CANARY-source
  - id: t-multiple
    type: multiple
    topic: kyc
    level: apply
    status: approved
    stem: {zh-CN: 第二题, en: Second question}
    choices: {m1: {zh-CN: 一, en: One}, m2: {zh-CN: 二, en: Two}, m3: {zh-CN: 三, en: Three}, m4: {zh-CN: 四, en: Four}}
    key: [m1, m4]
    scoring: partial
    rationale: {zh-CN: CANARY-理由, en: CANARY-rationale}
    source: CANARY-source
  - id: t-true
    type: true_false
    topic: kyc
    level: remember
    status: approved
    stem: {zh-CN: 第三题, en: Third statement}
    key: true
    rationale: {zh-CN: CANARY-理由, en: CANARY-rationale}
    source: CANARY-source
  - id: t-numeric
    type: numeric
    topic: kyc
    level: remember
    status: approved
    stem: {zh-CN: 第四题, en: Fourth question}
    key: 424242.5
    tolerance: 0.1171875
    rationale: {zh-CN: CANARY-理由, en: CANARY-rationale}
    source: CANARY-source
  - id: t-ordering
    type: ordering
    topic: kyc
    level: remember
    status: approved
    stem: {zh-CN: 第五题, en: Fifth question}
    choices: {o1: {zh-CN: 一, en: One}, o2: {zh-CN: 二, en: Two}, o3: {zh-CN: 三, en: Three}, o4: {zh-CN: 四, en: Four}}
    key: [o3, o1, o4, o2]
    rationale: {zh-CN: CANARY-理由, en: CANARY-rationale}
    source: CANARY-source
  - id: t-matching
    type: matching
    topic: kyc
    level: remember
    status: approved
    stem: {zh-CN: 第六题, en: Sixth question}
    left: {l1: {zh-CN: 一, en: One}, l2: {zh-CN: 二, en: Two}, l3: {zh-CN: 三, en: Three}}
    right: {r1: {zh-CN: 甲, en: Aa}, r2: {zh-CN: 乙, en: Bb}, r3: {zh-CN: 丙, en: Cc}}
    key: {l1: r2, l2: r3, l3: r1}
    rationale: {zh-CN: CANARY-理由, en: CANARY-rationale}
    source: CANARY-source
  - id: t-short
    type: short_text
    topic: kyc
    level: remember
    status: approved
    stem: {zh-CN: 第七题, en: Seventh question}
    accepted: [CANARY-spelling, CANARY-other]
    rationale: {zh-CN: CANARY-理由, en: CANARY-rationale}
    source: CANARY-source
"""
EXAM = """
exam: {name}
version: 1
title: {{zh-CN: 诱饵测验, en: Trap drill}}
bank: canary
minutes: 60
pass_mark: 60
attempts: {attempts}
feedback: rationale
feedback_from: {feedback_from}
shuffle_items: false
blueprint: [{{topic: kyc, count: 7}}]
"""
SURVEY = """
survey: {name}
version: 1
languages: [zh-CN, en]
title: {{zh-CN: 探针问卷, en: Probe survey}}
anonymous: {anonymous}
pages:
  - name: first
    elements:
      - {{type: radiogroup, name: choice_one, title: {{zh-CN: 单选, en: One of two}},
         choices: [{{value: yes_please, text: {{zh-CN: 好, en: Good}}}},
                   {{value: no_thanks, text: {{zh-CN: 差, en: Bad}}}}],
         showOtherItem: true}}
      - {{type: rating, name: overall, title: {{zh-CN: 总体, en: Overall}}, rateMin: 1, rateMax: 5, measure: csat}}
      - {{type: text, name: amount, inputType: number, title: {{zh-CN: 金额, en: Amount}}}}
      - {{type: text, name: mail, inputType: email, title: {{zh-CN: 邮箱, en: E-mail}}}}
      - {{type: text, name: day, inputType: date, title: {{zh-CN: 日期, en: Day}}}}
      - {{type: comment, name: remarks, title: {{zh-CN: 意见, en: Remarks}}, maxLength: 2000}}
"""


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        return self.json["error"]


@dataclass
class Visitor:
    """Somebody at the server's doors: keeps cookies, follows nothing, sends what it is told byte by byte."""

    address: str
    cookies: dict[str, str] = field(default_factory=dict)
    authorization: str = ""
    _open: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request; a connection that the server closed is opened again."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            named.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if self.authorization:
            named.setdefault("Authorization", self.authorization)
        try:
            return self._once(method, path, body, named)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._open = None
            return self._once(method, path, body, named)

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if self._open is None:
            self._open = http.client.HTTPConnection(urllib.parse.urlsplit(self.address).netloc, timeout=30)
        self._open.request(method, path, body, headers)
        reply = self._open.getresponse()
        found = Answer(reply.status, reply.headers, reply.read())
        for given in reply.headers.get_all("Set-Cookie") or ():
            name, _equals, value = given.split(";")[0].partition("=")
            self.cookies[name] = value
        return found

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, value: Any, **headers: str) -> Answer:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        headers.setdefault("Content_Type", "application/json")
        return self.send("POST", path, body, **headers)

    def api(self, name: str, /, given: Any = None, language: str = "en", **fields: Any) -> Answer:
        """Call an operation with `given` (a value, or the very bytes) or with `fields`."""
        forgery = {} if self.authorization else {"X_XSRFToken": self.cookies.get("_xsrf", "")}
        body = fields if given is None else given
        return self.post(f"/api/v1/{name.replace('.', '/')}", body, Accept_Language=language, **forgery)

    def sign_in(self, login: str) -> Visitor:
        self.get("/login")
        form = {"_xsrf": self.cookies["_xsrf"], "login": login, "password": PASSWORD, "next": "/"}
        body = urllib.parse.urlencode(form).encode()
        answer = self.send("POST", "/login", body, Content_Type="application/x-www-form-urlencoded")
        assert answer.status == 303, answer.text
        return self

    # ── sheets ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def open(self, source: str, client: str = CLIENT, **more: Any) -> Answer:
        path, _mark, query = source.partition("?")
        context = dict(urllib.parse.parse_qsl(query))
        more = {"context": context, **more}
        return self.post(f"{path}/open", {"client": client, "locale": "en", "layout": "phone", **more})

    def save(self, source: str, sheet: dict[str, Any], *events: Any, language: str = "en", **more: Any) -> Answer:
        given = {"session": sheet["session"], "client": CLIENT, "lease": sheet["lease"], "events": list(events), **more}
        return self.post(f"{source.partition('?')[0]}/answers", given, Accept_Language=language)

    def submit(self, source: str, sheet: dict[str, Any], seq: int, **more: Any) -> Answer:
        given = {"session": sheet["session"], "client": CLIENT, "lease": sheet["lease"], "seq": seq, **more}
        return self.post(f"{source.partition('?')[0]}/submit", given)


@dataclass
class Fortress:
    """The running server under attack."""

    address: str
    settings: Settings
    process: int
    ids: dict[str, Any]
    said: list[str]
    _known: dict[str, Visitor] = field(default_factory=dict)

    def stranger(self) -> Visitor:
        return Visitor(self.address)

    def visitor(self, login: str) -> Visitor:
        """Somebody signed in; one log-in for all tests, because passwords are slow to check."""
        if login not in self._known:
            self._known[login] = Visitor(self.address).sign_in(login)
        return Visitor(self.address, dict(self._known[login].cookies))

    def holder(self, token: str) -> Visitor:
        return Visitor(self.address, authorization=f"Bearer {token}")

    def kernel(self, secret: str) -> Visitor:
        return Visitor(self.address, authorization=f"Kernel {secret}")

    def counts(self) -> dict[str, int]:
        """Rows of every table but those that change by themselves."""
        file = self.settings.store.removeprefix("sqlite:///")
        reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            names = [row[0] for row in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            kept = [name for name in names if name not in SLOWLY_CHANGING]
            queries = {name: f'SELECT count(*) FROM "{name}"' for name in kept}
            queries["audit"] += " WHERE actor <> 'system'"  # the trail is sealed from time to time
            return {name: reader.execute(query).fetchone()[0] for name, query in queries.items()}
        finally:
            reader.close()

    def store(self) -> Any:
        from svclib.store import Store

        return Store.open(self.settings.store, settings=self.settings)


def furnish(settings: Settings) -> dict[str, Any]:
    """Set the traps in a demonstration bank: the canary bank and its exams, probe surveys with their links."""
    from svclib.operations import accounts, definitions, exams, surveys, tokens
    from svclib.operations.actor import system_actor
    from svclib.store import Store

    ids: dict[str, Any] = {}
    actor = system_actor()
    with Store.open(settings.store, settings=settings) as store:
        definitions.publish(store, actor, text=BANK)
        window = {"opens_at": store.now() - timedelta(minutes=1), "closes_at": store.now() + timedelta(days=1)}
        people = ["staff", "manager", "hr", "researcher", "viewer", "proctor"]
        for name, attempts, told in (("trap", 2, "last_attempt"), ("attack", 1, "window_closed")):
            text = EXAM.format(name=name, attempts=attempts, feedback_from=told)
            definitions.publish(store, actor, text=text)
            sitting = exams.schedule(store, actor, exam=name, name=f"Trap {name}", unit="head", **window)
            exams.assign(store, actor, sitting=sitting.id, people=people)
            ids[f"{name}_sitting"] = sitting.id
            for login in people:
                person = accounts.actor_of(store, ids.setdefault(login, _person_id(store, login)))
                mine = [one for one in exams.mine(store, person) if one.name == f"Trap {name}"]
                ids[f"{name}_{login}"] = f"/exam/{mine[0].assignment}"
        for name, anonymous in (("probe", "false"), ("probe_anonymous", "true")):
            definitions.publish(store, actor, text=SURVEY.format(name=name, anonymous=anonymous))
            for kind in ("open", "personal"):
                made = surveys.open_collector(store, actor, survey=name, name=kind, kind=kind, unit="head")
                ids[f"{name}_{kind}_collector"] = made.id
                if kind == "open":
                    ids[name] = surveys.link(store, actor, collector=made.id)
                else:
                    ids[f"{name}_personal"] = [
                        one.path for one in surveys.invite(store, actor, collector=made.id, number=6)
                    ]
        for login in ("researcher", "staff", "hr"):
            person = accounts.actor_of(store, ids.setdefault(login, _person_id(store, login)))
            ids[f"{login}_token"] = tokens.create(store, person, label="attack").token
    return ids


def _person_id(store: Any, login: str) -> str:
    from sqlalchemy import select

    from svclib.store.schema import people

    with store.read() as connection:
        return str(connection.scalar(select(people.c.id).where(people.c.login == login)))


# ── what a clear error looks like ────────────────────────────────────────────────────────────────────────────────────
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAMING = frozenset(  # fields that quote the caller or a name, never a sentence
    {"name", "value", "operation", "field", "person", "unit", "sitting", "exam", "survey", "item", "bank", "collector",
     "file", "place", "key", "right", "kind", "login", "known", "format", "character"}
)  # fmt: skip
HEADINGS = (
    "user name", "staff number", "unit id", "template",
    "登录名", "账号", "姓名", "工号", "员工号", "机构号", "机构", "单位", "岗位", "职务",
)  # fmt: skip
ENGLISH = re.compile(r"[A-Za-z']{2,}(?: [A-Za-z']{2,})+")


def check_json_error(
    english: Answer, chinese: Answer, statuses: tuple[int, ...] = (400, 403, 404, 409, 413, 422)
) -> None:
    """Both answers are the same clear error, each in its language, with code, message and fields and no insides."""
    for answer in (english, chinese):
        assert answer.status in statuses, (answer.status, answer.text[:300])
        assert set(answer.error) == {"code", "message", "fields"}
        assert answer.error["code"]
        assert "Traceback" not in answer.text
        assert "svclib/" not in answer.text
    assert english.error["code"] == chinese.error["code"]
    words = english.error["message"], chinese.error["message"]
    shown = [str(value) for name, value in english.error["fields"].items() if name in NAMING]
    english_words, chinese_words = (_without(text, shown) for text in words)
    assert len(english_words) > 5, words
    assert not CHINESE.search(english_words), words
    assert CHINESE.search(chinese_words), words
    assert not ENGLISH.search(chinese_words), words


def _without(text: str, shown: list[str]) -> str:
    """The sentence without what it quotes of the caller's own words."""
    for one in sorted([*shown, *TEXTS.values(), *HEADINGS], key=len, reverse=True):
        text = text.replace(one, "") if len(one) > 1 else text
    return re.sub("“[^”]*”", "", text)


def check_page_error(answer: Answer, statuses: tuple[int, ...] = (400, 403, 404, 405, 409, 422)) -> None:
    """A page in our look, without insides."""
    assert answer.status in statuses, (answer.status, answer.text[:300])
    assert "<main" in answer.text
    assert "tokens.css" in answer.text
    assert "Traceback" not in answer.text
    assert "root:" not in answer.text


# ── knocking at every operation ──────────────────────────────────────────────────────────────────────────────────────
CHANGING = frozenset(
    {"people.create", "tokens.create", "tokens.revoke", "people.change_password", "people.preferences"}
)
# What would end other tests' sessions or links is asked for what does not exist.
DISRUPTIVE = frozenset({"people.disable", "people.reset_password", "people.grant", "surveys.close_collector",
                        "exams.withdraw"})  # fmt: skip
POOLS: dict[str, tuple[Any, ...]] = {
    "name": ("trap", "attack", "canary", "aml_annual", "probe", "branch_visit"), "exam": ("trap", "aml_annual"),
    "survey": ("probe", "branch_visit"), "kind": ("exam", "bank", "survey"), "bank": ("canary", "aml"),
    "item": ("t-single", "t-short"), "person": ("manager", "hr"), "text": (SURVEY.format(name="x", anonymous="true"),),
    "format": ("csv", "xlsx", "sav", "parquet"), "body": ({},), "change": ({"kind": "drop"},),
    "file_name": ("x.csv",), "content": ("",), "reason": ("why",), "note": ("why",), "address": ("http://x.example",),
    "revision": (1,), "decision": ("approved",), "role": ("staff",), "unit": ("b01",), "login": ("n.new",),
    "opens_at": ("2025-01-01T00:00:00Z",), "closes_at": ("2025-02-01T00:00:00Z",), "grant": ("x",), "proposal": ("x",),
    "response": ("x",), "attempt": ("x",), "id": ("x1",), "parent": ("head",),
}  # fmt: skip


def knocked(visitor: Visitor, ids: dict[str, Any]) -> list[tuple[str, dict[str, Any], Answer]]:
    """Call every operation of the API with every choice of plausible arguments."""
    from itertools import product

    from svclib.operations.registry import operations

    pools = POOLS | {
        "assignment": tuple(value.removeprefix("/exam/") for key, value in ids.items() if key.startswith("trap_") and
                            str(value).startswith("/exam/")),
        "sitting": (ids["trap_sitting"], ids["attack_sitting"]), "collector": (ids["probe_open_collector"],),
    }  # fmt: skip
    found = []
    for name, one in operations().items():
        if not one.public or name in CHANGING:
            continue
        needed = [key for key, parameter in one.parameters.items() if parameter.default is parameter.empty]
        needed += [key for key in ("variant",) if key in one.parameters]
        known = {**pools, "person": ("x",), "collector": ("x",)} if name in DISRUPTIVE else pools
        choices = (known.get(key, ("share", "full") if key == "variant" else ("x",)) for key in needed)
        for values in product(*choices):
            given = dict(zip(needed, values, strict=True))
            found.append((name, given, visitor.api(name, given)))
    return found


def unpacked(answer: Answer) -> bytes:
    """The bytes of an answer; of an exported file, all that is in it."""
    import base64
    import io
    import zipfile

    if not answer.body.startswith(b'{"name":') or b"application/zip" not in answer.body:
        return answer.body
    whole = b""
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(answer.json["content"]))) as archive:
        for entry in archive.namelist():
            content = archive.read(entry)
            whole += content
            if entry.endswith(".xlsx"):
                with zipfile.ZipFile(io.BytesIO(content)) as book:
                    whole += b"".join(book.read(part) for part in book.namelist())
    return whole


def canaries_in(body: bytes, structure: bool = False) -> list[str]:
    """Which secrets of the canary bank stand in `body`; with `structure` also the names of fields that hold keys."""
    text = "".join(body.decode("utf-8", "replace").split())
    return [one for one in (*SECRETS, *(STRUCTURE if structure else ())) if one in text]
