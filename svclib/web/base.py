"""What all handlers do before and after their own work: find out who asks, check the rule, answer errors kindly."""

from __future__ import annotations

import inspect
import traceback
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from tornado.log import app_log
from tornado.web import HTTPError, RequestHandler

from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound, NotSignedIn, SvcError, TooMany, Unavailable
from svclib.i18n import Language, _, language_of, translate
from svclib.operations.actor import Actor
from svclib.web import headers
from svclib.web.identity import LANGUAGE_COOKIE, SESSION_COOKIE, THEME_COOKIE, Visitor
from svclib.web.pages import render
from svclib.web.rules import Rule
from svclib.web.site import Site

THEMES = ("auto", "light", "dark")


class Guarded:
    """Mixin for every handler, ours and Jupyter's: closed unless `rule` lets the visitor pass.

    Attributes
    ----------
    rule : Rule or None
        Who may use it; None is refused when the server starts.
    query_keys : frozenset
        Keys that the address may carry; any other is an error.
    speaks : {"page", "json"}
        How errors are answered.
    policy, referrer : str
        Content-Security-Policy and Referrer-Policy.
    """

    rule: ClassVar[Rule | None] = None
    query_keys: ClassVar[frozenset[str]] = frozenset()
    speaks: ClassVar[str] = "page"
    policy: ClassVar[str] = headers.PAGE_POLICY
    referrer: ClassVar[str] = "same-origin"
    anonymous: ClassVar[bool] = False  # do not even look who asks
    password_first: ClassVar[bool] = True  # a person with a password to change may do nothing else
    visitor: Visitor | None = None

    @property
    def site(self) -> Site:
        """What all handlers share."""
        return self.application.settings["site"]  # type: ignore[attr-defined,no-any-return]

    @property
    def person(self) -> Actor | None:
        """The person who asks, if known."""
        return self.visitor.actor if self.visitor else None

    @property
    def signed_in(self) -> Actor:
        """The person who asks."""
        if self.visitor is None:
            raise NotSignedIn(_("Sign in first."))
        return self.visitor.actor

    def set_default_headers(self: Any) -> None:
        """Set the security headers; pages are never cached."""
        for name, value in headers.common(self.referrer).items():
            self.set_header(name, value)
        self.set_header("Content-Security-Policy", self.policy)
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    async def prepare(self: Any) -> None:
        """Check address, visitor and rule, then let the handler's own preparation run."""
        self.check_query()
        if not self.anonymous:
            self.visitor = await self.site.identities.visitor(self.request)
        if self.rule is None:
            raise NotFound(_("This page does not exist."))
        self.rule.check(self.person)
        if self.visitor and self.visitor.must_change_password and self.password_first and self.rule.name != "public":
            raise PasswordFirst(_("Choose a password of your own first."))
        prepared = super().prepare()  # type: ignore[misc]
        if inspect.isawaitable(prepared):
            await prepared

    def check_query(self: Any) -> None:
        """Refuse keys in the address that the page does not know."""
        unknown = sorted(set(self.request.query_arguments) - self.query_keys)
        if unknown:
            raise InvalidInput(_("The address carries {key}, which this page does not know."), key=unknown[0][:40])

    @property
    def language(self: Any) -> Language:
        """The visitor's language: chosen, else what the browser asks for, else the platform's."""
        if self.visitor and self.visitor.language:
            return self.visitor.language  # type: ignore[no-any-return]
        chosen = self.get_cookie(LANGUAGE_COOKIE)
        return language_of(chosen) if chosen in {"zh-CN", "en"} else self.browser_language()  # type: ignore[no-any-return]

    def browser_language(self: Any) -> Language:
        """What the Accept-Language header asks for."""
        wanted = self.request.headers.get("Accept-Language", "")
        for part in wanted.split(","):
            head = part.split(";")[0].strip().lower()
            if head.startswith(("zh", "en")):
                return language_of(head)
        return self.site.settings.language  # type: ignore[no-any-return]

    @property
    def theme(self: Any) -> str:
        """The visitor's theme: auto, light or dark."""
        chosen = (self.visitor.theme if self.visitor else None) or self.get_cookie(THEME_COOKIE)
        return chosen if chosen in THEMES else "auto"

    def write_error(self: Any, status_code: int, **information: Any) -> None:
        """Answer an error in the visitor's language, as a page or as JSON, never with a traceback."""
        error = as_error(status_code, information.get("exc_info"))
        self.set_status(error.status)
        if isinstance(error, TooMany) and "seconds" in error.fields:
            self.set_header("Retry-After", str(error.fields["seconds"]))
        if self.speaks == "json":
            self.finish({"error": described(error, self.language)})
        elif isinstance(error, NotSignedIn) and self.request.method in {"GET", "HEAD"}:
            self.redirect("/login?next=" + quote(self.request.uri or "/", safe=""), status=302)
        elif isinstance(error, PasswordFirst) and self.request.method in {"GET", "HEAD"}:
            self.redirect("/password", status=302)
        else:
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish(render("error.html", self, error=error, heading=HEADINGS.get(error.status, HEADINGS[500])))

    def log_exception(self: Any, kind: Any, value: Any, trace: Any) -> None:
        """Log what we did not expect; an error meant for people is no fault of the server."""
        if isinstance(value, SvcError) or (isinstance(value, HTTPError) and value.status_code < 500):
            return
        text = "".join(traceback.format_exception(kind, value, trace))
        app_log.error("%s %s failed\n%s", self.request.method, self.route_name(), text)

    def route_name(self: Any) -> str:
        """The address without what may be a token: only its first part is logged."""
        return "/" + (self.request.path or "/").lstrip("/").split("/")[0]


class PasswordFirst(AccessDenied):
    """A password given by somebody else has to be changed first."""

    code = "password_first"


class Handler(Guarded, RequestHandler):
    """Base of our own pages."""

    def page(self, template: str, **values: Any) -> None:
        """Answer with a rendered template."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(render(template, self, **values))

    def check_xsrf_cookie(self) -> None:
        """Refuse a forged request, as an error of ours."""
        try:
            super().check_xsrf_cookie()
        except HTTPError as fault:
            raise AccessDenied(
                _("The page is too old or the request did not come from it; reload the page and try again.")
            ) from fault

    def require_same_origin(self) -> None:
        """Refuse a request that another site made the browser send.

        Browsers tell where a request comes from by Sec-Fetch-Site, older ones by Origin; whoever sends neither is
        no browser and carries nobody's cookies against their will.
        """
        site = self.request.headers.get("Sec-Fetch-Site")
        origin = self.request.headers.get("Origin")
        if site is not None:
            same = site in {"same-origin", "none"}
        else:
            same = origin is None or urlsplit(origin).netloc == self.request.host
        if not same:
            raise AccessDenied(_("The request came from another site."))

    def next_page(self, default: str = "/") -> str:
        """Where to go afterwards: a path of this server, whatever was asked for."""
        return local_path(self.get_argument("next", default), default)

    def remember(self, name: str, value: str, **options: Any) -> None:
        """Set a cookie that is not sent along from other sites."""
        secure = self.request.protocol == "https"
        self.set_cookie(name, value, path="/", samesite="Lax", secure=secure, **options)

    def forget(self, name: str) -> None:
        """Remove a cookie."""
        self.clear_cookie(name, path="/")


class Missing(Handler):
    """Every address that is not listed."""

    rule = Rule("public")
    query_keys = frozenset()

    def check_query(self) -> None:
        """Whatever the address carries: it does not exist."""

    def check_xsrf_cookie(self) -> None:
        """Nothing happens here that could be forged."""

    async def prepare(self) -> None:
        """Say that there is no such page."""
        self.visitor = await self.site.identities.visitor(self.request) if self._wants_page() else None
        raise NotFound(_("This page does not exist."))

    def _wants_page(self) -> bool:
        return SESSION_COOKIE in self.request.cookies

    def write_error(self, status_code: int, **information: Any) -> None:
        """Answer in the manner of the door that was knocked at."""
        if self.request.path.startswith("/api/"):
            error = as_error(status_code, information.get("exc_info"))
            self.set_status(error.status)
            self.finish({"error": described(error, self.language)})
        else:
            super().write_error(status_code, **information)


HEADINGS = {
    400: _("The request is not right"),
    401: _("Not signed in"),
    403: _("No access"),
    404: _("Not found"),
    405: _("The request is not right"),
    409: _("This is not possible now"),
    413: _("Too large"),
    422: _("The request is not right"),
    429: _("Too many requests"),
    500: _("Something went wrong"),
    503: _("Not available just now"),
}
_BY_STATUS: dict[int, tuple[type[SvcError], str]] = {
    401: (NotSignedIn, _("Sign in first.")),
    403: (AccessDenied, _("You may not do this.")),
    404: (NotFound, _("This page does not exist.")),
    409: (Conflict, _("This is not possible now.")),
    429: (TooMany, _("Too many requests; try again later.")),
    503: (Unavailable, _("Not available just now; try again later.")),
}


def as_error(status: int, exc_info: Any) -> SvcError:
    """Give the error to show for what a handler raised."""
    raised = exc_info[1] if exc_info else None
    if isinstance(raised, SvcError):
        return raised
    if status in _BY_STATUS:
        kind, text = _BY_STATUS[status]
        return kind(text)
    if 400 <= status < 500:
        return _with_status(InvalidInput(_("The server could not read this request.")), status)
    return _with_status(SvcError(_("The server made a mistake; it has been noted. Try again.")), 500)


def _with_status(error: SvcError, status: int) -> SvcError:
    error.status = status  # type: ignore[misc]
    if status == 500:
        error.code = "server_error"  # type: ignore[misc]
    return error


def described(error: SvcError, language: str) -> dict[str, Any]:
    """Give an error as programs get it."""
    return {"code": error.code, "message": error.render(language), "fields": plain(error.fields)}


def plain(value: Any) -> Any:
    """Make fields of an error fit for JSON: names, numbers and texts stay, all else becomes text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return str(value)


def local_path(given: str, default: str = "/") -> str:
    """Give `given` if it is a path of this server, else `default`.

    >>> local_path("/exam/1"), local_path("//other.example"), local_path("/\\\\other"), local_path("https://x")
    ('/exam/1', '/', '/', '/')
    """
    if not given.startswith("/") or given.startswith("//") or "\\" in given or len(given) > 500:
        return default
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in given):
        return default
    parts = urlsplit(given)
    return default if parts.scheme or parts.netloc or parts.path.startswith("//") else given


def say(text: str, language: str, **fields: Any) -> str:
    """Translate a marked text."""
    return translate(text, language, **fields)
