"""Who sends a request: a browser's session, a personal token, or a kernel on behalf of its user."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tornado.httputil import HTTPServerRequest

from svclib.errors import NotSignedIn
from svclib.i18n import Language, _, language_of
from svclib.operations import accounts, people
from svclib.operations.actor import Actor
from svclib.store import Store, token_hash
from svclib.web.secrets import KernelSecrets

SESSION_COOKIE = "svc_session"
LANGUAGE_COOKIE = "svc_language"
THEME_COOKIE = "svc_theme"
REMEMBERED_SECONDS = 1.0  # how long a look-up may be used again; changes made in this process are seen at once
REMEMBERED = 4096


@dataclass(frozen=True)
class Visitor:
    """A recognised person and by what they were recognised.

    Attributes
    ----------
    actor : Actor
        The person with the rights of this moment.
    means : {"session", "token", "kernel"}
        A session (a browser: needs protection against forged requests), a personal token, a kernel's secret.
    must_change_password : bool
        The password was given by somebody else: nothing is open but changing it.
    """

    actor: Actor
    means: str
    must_change_password: bool = False
    language: Language | None = None
    theme: str | None = None


class Identities:
    """Looks visitors up, and remembers them for a moment so that a burst of saves asks the store once."""

    def __init__(self, store: Store, secrets: KernelSecrets, threads: ThreadPoolExecutor) -> None:
        self._store = store
        self._secrets = secrets
        self._threads = threads
        self._known: OrderedDict[tuple[str, str], tuple[float, Visitor]] = OrderedDict()

    def forget(self) -> None:
        """Ask the store again for everybody; called after any change to people, rights or sessions."""
        self._known.clear()

    async def visitor(self, request: HTTPServerRequest) -> Visitor | None:
        """Give the visitor of `request`, None for nobody.

        Raises
        ------
        NotSignedIn
            Something was shown that is not, or no longer, valid as an Authorization header.
        """
        means, secret = _credential(request)
        if not secret:
            return None
        found = await self._look_up(means, secret)
        if found is None and means != "session":
            raise NotSignedIn(_("The token is not valid, or no longer; make a new one with svc login."))
        return found

    async def _look_up(self, means: str, secret: str) -> Visitor | None:
        if means == "kernel" and self._secrets.person(secret) is None:
            return None
        key = (means, token_hash(secret))
        seen, known = self._known.get(key, (0.0, None))
        if known is not None and time.monotonic() - seen < REMEMBERED_SECONDS:
            return known
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._ask, means, secret)
        if found is None:
            self._known.pop(key, None)
        else:
            self._known[key] = (time.monotonic(), found)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found

    def _ask(self, means: str, secret: str) -> Visitor | None:
        person_id = self._person(means, secret)
        if person_id is None:
            return None
        try:
            actor = accounts.actor_of(self._store, person_id)
        except NotSignedIn:
            return None
        me = people.me(self._store, actor)
        language = language_of(me.language) if me.language else None
        return Visitor(actor, means, me.must_change_password, language, me.theme)

    def _person(self, means: str, secret: str) -> str | None:
        if means == "kernel":
            return self._secrets.person(secret)
        look_up = accounts.session_person if means == "session" else accounts.token_person
        return look_up(self._store, secret)


def _credential(request: HTTPServerRequest) -> tuple[str, str]:
    header = request.headers.get("Authorization", "")
    scheme, _space, secret = header.partition(" ")
    means = {"bearer": "token", "kernel": "kernel"}.get(scheme.lower())
    if means:
        return means, secret.strip()
    cookie = request.cookies.get(SESSION_COOKIE)
    return "session", cookie.value if cookie else ""
