"""Signing in and out, changing one's password."""

from __future__ import annotations

import asyncio

from svclib.errors import InvalidInput, NotSignedIn, SvcError, TooMany
from svclib.i18n import _
from svclib.operations import accounts, people
from svclib.web.base import Handler
from svclib.web.identity import LANGUAGE_COOKIE, SESSION_COOKIE, THEME_COOKIE
from svclib.web.rules import PERSON, PUBLIC

LONGEST_LOGIN = 64
LONGEST_PASSWORD = 256
YEAR_DAYS = 365


class Login(Handler):
    """The log-in page."""

    rule = PUBLIC
    query_keys = frozenset({"next"})
    referrer = "no-referrer"

    def get(self) -> None:
        """Show the form; whoever is signed in goes on."""
        if self.person is not None:
            self.redirect(self.next_page())
            return
        self._form()

    async def post(self) -> None:
        """Check log-in name and password, two at a time, slower for whoever keeps guessing."""
        login = self.get_body_argument("login", "").strip()[:LONGEST_LOGIN]
        password = self.get_body_argument("password", "", strip=False)
        keys = (f"{login.lower()}|{self.request.remote_ip}", f"address|{self.request.remote_ip}")
        try:
            self.site.throttle.check(keys[0])
            token = await self._sign_in(login, password)
        except (NotSignedIn, TooMany) as error:
            if isinstance(error, NotSignedIn):
                self.site.throttle.failed(keys[0])
            self._refuse(error, login)
            return
        self.site.throttle.succeeded(keys[0])
        self.remember(SESSION_COOKIE, token, httponly=True)
        self.redirect(self.next_page(), status=303)

    async def _sign_in(self, login: str, password: str) -> str:
        if len(password) > LONGEST_PASSWORD or "\0" in login or "\0" in password:
            raise NotSignedIn(_("The log-in name or the password is not right."))
        loop, site = asyncio.get_running_loop(), self.site
        person_id = await loop.run_in_executor(
            site.password_threads, accounts.check_password, site.store, login, password
        )
        return await site.run(accounts.start_session, site.store, person_id)

    def _refuse(self, error: SvcError, login: str) -> None:
        self.set_status(error.status)
        if isinstance(error, TooMany):
            self.set_header("Retry-After", str(error.fields["seconds"]))
        self._form(error, login)

    def _form(self, error: SvcError | None = None, login: str = "") -> None:
        self.page("login.html", error=error, login=login, next=self.next_page())


class Logout(Handler):
    """Ends the session."""

    rule = PUBLIC
    password_first = False

    async def post(self) -> None:
        """End the session in the store and forget the cookie."""
        token = self.get_cookie(SESSION_COOKIE)
        if token and self.visitor and self.visitor.means == "session":
            await self.site.run(accounts.end_session, self.site.store, token)
        self.site.identities.forget()
        self.forget(SESSION_COOKIE)
        self.redirect("/login", status=303)


class Password(Handler):
    """Changing one's own password; whoever got one from somebody else has to."""

    rule = PERSON
    password_first = False

    def get(self) -> None:
        """Show the form."""
        self._form()

    async def post(self) -> None:
        """Change the password, end all sessions, and open a new one for this browser."""
        person, site = self.signed_in, self.site
        old, new, again = (self.get_body_argument(name, "", strip=False) for name in ("old", "new", "again"))
        try:
            site.throttle.check(person.person_id)
            self._check(new, again)
            await self._change(old, new)
        except SvcError as error:
            if error.fields.get("field") == "old":
                site.throttle.failed(person.person_id)
            self.set_status(error.status)
            self._form(error)
            return
        site.identities.forget()
        self.remember(
            SESSION_COOKIE, await site.run(accounts.start_session, site.store, person.person_id), httponly=True
        )
        self.redirect("/", status=303)

    async def _change(self, old: str, new: str) -> None:
        loop, site, person = asyncio.get_running_loop(), self.site, self.signed_in
        await loop.run_in_executor(
            site.password_threads, lambda: people.change_password(site.store, person, old=old, new=new)
        )

    @staticmethod
    def _check(new: str, again: str) -> None:
        if len(new) > LONGEST_PASSWORD:
            raise InvalidInput(_("A password has at most {most} characters."), most=LONGEST_PASSWORD, field="new")
        if new != again:
            raise InvalidInput(_("The two new passwords are not the same."), field="again")

    def _form(self, error: SvcError | None = None) -> None:
        forced = bool(self.visitor and self.visitor.must_change_password)
        self.page("password.html", error=error, forced=forced)


class Preferences(Handler):
    """Language and theme: one click, remembered by the browser and, when signed in, by the account."""

    rule = PUBLIC
    password_first = False

    def check_xsrf_cookie(self) -> None:
        """Two cookies without a secret: that the click comes from this site is enough."""
        self.require_same_origin()

    async def post(self) -> None:
        """Remember what was chosen and go back."""
        language = self.get_body_argument("language", None)
        theme = self.get_body_argument("theme", None)
        if language not in {None, "zh-CN", "en"} or theme not in {None, "light", "dark", "auto"}:
            raise InvalidInput(_("There is no such language or theme."))
        for name, value in ((LANGUAGE_COOKIE, language), (THEME_COOKIE, theme)):
            if value:
                self.remember(name, value, expires_days=YEAR_DAYS)
        if self.person is not None:
            await self.site.run(people.preferences, self.site.store, self.person, language=language, theme=theme)
            self.site.identities.forget()
        self.redirect(self.next_page(), status=303)
