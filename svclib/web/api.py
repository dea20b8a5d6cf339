"""The JSON API: one route for every registered operation."""

from __future__ import annotations

from typing import Any

from svclib.errors import InvalidInput, NotFound
from svclib.i18n import Language, _
from svclib.operations.registry import Operation
from svclib.web import headers
from svclib.web.base import Handler
from svclib.web.readers import answer
from svclib.web.rules import PERSON
from svclib.web.strict_json import parse_object

ARROW = "application/vnd.apache.arrow.stream"
SMALL_BODY = 2**20
ROSTER_BODY = 12 * 2**20  # 8 MB of a file, as base64
LARGE = ("import_roster", "import_files", "import_contacts", "invite")
_HEAVY = ("frames.", "audit.verify")
_CHANGES_IDENTITY = ("people", "tokens")


class Api(Handler):
    """``POST /api/v1/<topic>/<verb>``."""

    SUPPORTED_METHODS = ("POST",)
    rule = PERSON
    speaks = "json"
    policy = headers.DATA_POLICY

    @property
    def language(self) -> Language:
        """The caller's language: what the request asks for comes before what the person has set."""
        if self.request.headers.get("Accept-Language"):
            return self.browser_language()
        return super().language

    def check_xsrf_cookie(self) -> None:
        """Asked before it is known who calls: see `prepare`."""

    async def prepare(self) -> None:
        """A browser's session needs the token in a header; who shows a token or a secret cannot be forged."""
        await super().prepare()
        if self.visitor and self.visitor.means == "session":
            self.require_same_origin()
            super().check_xsrf_cookie()

    async def post(self, topic: str, verb: str) -> None:
        """Run the operation and answer its result: JSON, or an Arrow stream for a frame."""
        operation = self._operation(f"{topic}.{verb}")
        given = parse_object(self._body(verb))
        body = await self._answer(operation, given)
        if topic in _CHANGES_IDENTITY:
            self.site.identities.forget()
        self.set_header("Content-Type", ARROW if operation.result is None else "application/json; charset=utf-8")
        self.finish(body)

    async def _answer(self, operation: Operation, given: dict[str, Any]) -> bytes:
        """Run it: what reads much in a process beside the server, all else in a thread."""
        if operation.right is not None:
            self.signed_in.require(operation.right)
        heavy = operation.name.startswith(_HEAVY) and not self.site.store.engines.memory
        if heavy:
            return await self.site.readers.run(self.signed_in, operation.name, given)
        return await self.site.run(answer, self.site.store, self.signed_in, operation.name, given)

    def _operation(self, name: str) -> Operation:
        found = self.site.operations.get(name)
        if found is None or not found.public:
            raise NotFound(_("There is no operation {operation}."), operation=name[:80])
        return found

    def _body(self, verb: str) -> bytes:
        kind = self.request.headers.get("Content-Type", "application/json").split(";")[0].strip().lower()
        if kind != "application/json":
            raise InvalidInput(_("Send JSON (Content-Type: application/json), not {kind}."), kind=kind[:60])
        most = ROSTER_BODY if verb in LARGE else SMALL_BODY
        if len(self.request.body) > most:
            raise TooLarge(_("The request is too large: at most {most} MB."), most=most // 2**20)
        return self.request.body


class OpenApi(Handler):
    """``/api/v1/openapi.json``: what there is to call."""

    rule = PERSON
    speaks = "json"
    policy = headers.DATA_POLICY

    async def get(self) -> None:
        """Answer the OpenAPI 3.1 document."""
        body = await self.site.run(lambda: self.site.openapi)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.set_header("Cache-Control", "private, max-age=60")
        self.finish(body)


class TooLarge(InvalidInput):
    """The body is larger than this door takes."""

    status = 413
    code = "too_large"
