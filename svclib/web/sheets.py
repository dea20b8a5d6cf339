"""Pages without a kernel: a candidate's exam, a customer's survey, and the three calls of the sheet protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from svclib.errors import Conflict, InvalidInput, NotFound, SvcError
from svclib.i18n import LANGUAGES, Language, _, language_of, translate
from svclib.operations import attempts, exams, responses
from svclib.web import headers
from svclib.web.base import Handler
from svclib.web.identity import LANGUAGE_COOKIE
from svclib.web.rules import PERSON, PUBLIC
from svclib.web.strict_json import parse_object

LARGEST_BODY = 2**20
LONGEST_ID = 64
CONTEXT_KEYS = frozenset({"b", "c", "q", "sig", "lang"})
_ARGUMENTS: dict[str, dict[str, tuple[type, ...]]] = {
    "open": {"client": (str,), "session": (str, type(None)), "locale": (str,), "layout": (str,),
             "context": (dict, type(None))},
    "answers": {"session": (str,), "client": (str,), "lease": (int,), "events": (list,)},
    "submit": {"session": (str,), "client": (str,), "lease": (int,), "seq": (int,)},
}  # fmt: skip
ANONYMOUS = _("This survey is anonymous: nothing is kept that tells who you are.")
_OPTIONAL = frozenset({"session", "locale", "layout", "context"})


class Sheet(Handler):
    """The three calls; subclasses say whose sheet it is."""

    speaks = "json"
    policy = headers.DATA_POLICY

    def check_xsrf_cookie(self) -> None:
        """These calls are JSON from our own pages: neither another site nor a plain form can send them."""
        self.require_same_origin()

    async def post(self, place: str, call: str) -> None:
        """Open the sheet, save its events, or hand it in; acknowledged after the commit."""
        if len(place) > LONGEST_ID:
            raise NotFound(_("This page does not exist."))
        given = arguments(call, self._body())
        answer = await getattr(self, f"do_{call}")(place, **given)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(answer, ensure_ascii=False, default=_encoded))

    async def commit(self, make: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Hand the work to the store's writer and wait for its commit; making it touches nothing."""
        work = make(self.site.store, *given, **named)
        return await asyncio.wrap_future(self.site.store.submit(work))

    def _body(self) -> dict[str, Any]:
        kind = self.request.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise InvalidInput(_("Send JSON (Content-Type: application/json), not {kind}."), kind=kind[:60] or "-")
        if len(self.request.body) > LARGEST_BODY:
            raise InvalidInput(_("The request is too large: at most {most} MB."), most=1)
        return parse_object(self.request.body)


def arguments(call: str, given: dict[str, Any]) -> dict[str, Any]:
    """Check names and types of a call's arguments; unknown ones are errors."""
    known = _ARGUMENTS[call]
    for name in given:
        if name not in known:
            raise InvalidInput(_("The field {field} is unknown here."), field=name[:40])
    for name, kinds in known.items():
        if name not in given:
            if name in _OPTIONAL:
                continue
            raise InvalidInput(_("The field {field} is missing."), field=name)
        if not isinstance(given[name], kinds) or isinstance(given[name], bool):
            raise InvalidInput(_("The field {field} has the wrong type."), field=name)
    return given


def _encoded(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


class Exam(Sheet):
    """``/exam/ID/…``: the sheet of the person to whom the exam was assigned."""

    rule = PERSON

    async def do_open(self, place: str, **given: Any) -> Any:
        """Open or resume the attempt."""
        return await self.site.run(attempts.open_sheet, self.site.store, self.signed_in, assignment=place, **given)

    async def do_answers(self, place: str, **given: Any) -> Any:
        """Save a batch of events."""
        return await self.commit(attempts.save_work, self.signed_in, assignment=place, **given)

    async def do_submit(self, place: str, **given: Any) -> Any:
        """Hand the attempt in."""
        return await self.commit(attempts.submit_work, self.signed_in, assignment=place, **given)


class Survey(Sheet):
    """``/s/TOKEN/…``: the sheet of whoever holds the token; no account, no cookie."""

    rule = PUBLIC
    anonymous = True
    referrer = "no-referrer"

    async def do_open(self, place: str, **given: Any) -> Any:
        """Open or resume a response; new ones are limited by the hour and address."""
        if not given.get("session"):
            info = await self.site.run(responses.page_info, self.site.store, place)
            key = f"{info['collector']}|{self.request.remote_ip}"
            self.site.openings.take(key, info["hourly_limit"])
        return await self.site.run(responses.open_sheet, self.site.store, place, **given)

    async def do_answers(self, place: str, **given: Any) -> Any:
        """Save a batch of events."""
        return await self.commit(responses.save_work, place, **given)

    async def do_submit(self, place: str, **given: Any) -> Any:
        """Hand the response in."""
        return await self.commit(responses.submit_work, place, **given)


class ExamPage(Handler):
    """``/exam/ID``: a candidate's page."""

    rule = PERSON
    policy = headers.FORM_POLICY
    query_keys: ClassVar[frozenset[str]] = frozenset({"start"})

    async def get(self, place: str) -> None:
        """Show the page of one's own assignment; another's does not exist."""
        info = await self.site.run(exams.page_info, self.site.store, self.signed_in, assignment=place[:LONGEST_ID])
        # Opening starts the clock, so a new attempt begins by a button; a reload or a look at the result needs none.
        begins = info.state == "ready" and ("?start=" not in info.link or bool(self.get_query_argument("start", "")))
        self.page("exam.html", info=info, source=f"/exam/{place}", begins=begins)


class SurveyPage(Handler):
    """``/s/TOKEN``: a customer's page."""

    rule = PUBLIC
    anonymous = True
    policy = headers.FORM_POLICY
    referrer = "no-referrer"
    query_keys: ClassVar[frozenset[str]] = CONTEXT_KEYS

    def check_query(self) -> None:
        """Whatever else was hung onto a printed link (by a scanner, a messenger) does not matter to a customer."""

    @property
    def language(self) -> Language:
        """The link may name a language; a choice made here comes first."""
        chosen, named = self.get_cookie(LANGUAGE_COOKIE), self.get_query_argument("lang", "")
        if chosen in {"zh-CN", "en"} or named not in {"zh-CN", "en"}:
            return super().language
        return language_of(named)

    async def get(self, place: str) -> None:
        """Show the form, or say kindly why there is none."""
        try:
            info = await self.site.run(responses.page_info, self.site.store, place[: LONGEST_ID + 1])
        except SvcError as error:
            if error.status not in {404, 409}:
                raise
            self._closed(error)
            return
        reason = _state_error(info["state"])
        if reason is not None:
            self._closed(reason, info)
        else:
            self.page("survey.html", info=info, source=f"/s/{place}", anonymous=_in_both(ANONYMOUS))

    def _closed(self, error: SvcError, info: dict[str, Any] | None = None) -> None:
        self.set_status(error.status)
        self.page("survey_closed.html", error=error, info=info)


def _in_both(text: str) -> dict[str, str]:
    return {language: translate(text, language) for language in LANGUAGES}


def _state_error(state: str) -> SvcError | None:
    texts = {
        "waiting": _("This survey is not open yet. Please come back later."),
        "closed": _("This survey is closed. Thank you for your interest."),
        "used": _("This link was used already. Thank you for your answers."),
    }
    return Conflict(texts[state], code=state) if state in texts else None
