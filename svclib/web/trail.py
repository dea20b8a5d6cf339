"""``/trail``: the audit trail as auditors and administrators read it, and its check."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import Any, ClassVar

from svclib.errors import InvalidInput
from svclib.i18n import _
from svclib.operations import audit
from svclib.operations.actor import Actor
from svclib.web.base import Handler
from svclib.web.readers import answer
from svclib.web.rules import holding
from svclib.web.site import Site

LINES = 50
LONGEST_NUMBER = 15

log = logging.getLogger("svclib.web")


@dataclass
class Checking:
    """The check under way, or the one made last: every sheet is read, which takes from seconds to minutes.

    Attributes
    ----------
    state : {"none", "running", "done", "failed"}
    found : dict
        What `audit.verify` gave.
    """

    state: str = "none"
    found: dict[str, Any] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None

    def start(self, site: Site, person: Actor) -> None:
        """Begin a check, unless one is under way."""
        if self.state != "running":
            self.state = "running"
            self.task = asyncio.get_running_loop().create_task(self._run(site, person))

    async def _run(self, site: Site, person: Actor) -> None:
        try:
            if site.store.engines.memory:
                body = await site.run(answer, site.store, person, "audit.verify", {})
            else:
                body = await site.readers.run(person, "audit.verify", {})
            self.found, self.state = json.loads(body), "done"
        except Exception as fault:  # noqa: BLE001 - shown on the page as a failure, whatever it was
            log.error("the trail could not be checked: %s: %s", type(fault).__name__, fault)
            self.state = "failed"


_CHECKING = "trail_check"


class TrailPage(Handler):
    """What both pages of the trail share."""

    rule = holding("audit.read")

    @property
    def checking(self) -> Checking:
        """The check of this server."""
        found: Checking = self.settings.setdefault(_CHECKING, Checking())
        return found


class Trail(TrailPage):
    """Lines of the trail, the newest first; a button checks that nothing was changed."""

    query_keys: ClassVar[frozenset[str]] = frozenset({"before", "person"})

    async def get(self) -> None:
        """Show one page of lines."""
        person = self.get_query_argument("person", "").strip()
        lines = await self.site.run(
            audit.list_, self.site.store, self.signed_in, before=self._before(), person=person or None, limit=LINES + 1
        )
        more = lines[LINES - 1].seq if len(lines) > LINES else None
        self.page("trail.html", lines=lines[:LINES], more=more, wanted=person, checking=self.checking)

    def post(self) -> None:
        """Begin to check the whole trail."""
        self.checking.start(self.site, self.signed_in)
        self.redirect("/trail")

    def _before(self) -> int | None:
        given = self.get_query_argument("before", "")
        if given and not (given.isascii() and given.isdigit() and len(given) <= LONGEST_NUMBER):
            raise InvalidInput(_("{value} is no number of a line."), value=given[:20])
        return int(given) if given else None


class TrailCheck(TrailPage):
    """``/trail/check``: whether the check is over."""

    speaks = "json"

    def get(self) -> None:
        """Tell the state."""
        self.finish({"state": self.checking.state})
