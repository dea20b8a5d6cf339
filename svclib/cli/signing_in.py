"""Signing in to a server from a script's machine: password in, personal token out, kept in a file of one's own."""

from __future__ import annotations

import http.cookiejar
import json
import os
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from svclib.errors import AccessDenied, InvalidInput, NotSignedIn, Unavailable
from svclib.i18n import _

TIMEOUT_SECONDS = 20
SESSION = "svc_session"
XSRF = "_xsrf"


def sign_in(server: str, login: str, password: str, label: str, days: int) -> Path:
    """Sign in at `server`, make a personal token there, and give the file that now holds it.

    Raises
    ------
    InvalidInput
        The address is none.
    NotSignedIn
        Log-in name or password is wrong.
    Unavailable
        Nothing answers there, or something else than this platform.
    """
    address = _address(server)
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    _call(opener, f"{address}/login")
    form = {"login": login, "password": password, XSRF: _cookie(jar, XSRF)}
    _call(opener, f"{address}/login", urllib.parse.urlencode(form).encode())
    if not _cookie(jar, SESSION):
        raise NotSignedIn(_("The log-in name or the password is not right."))
    headers = {"Content-Type": "application/json", "X-XSRFToken": _cookie(jar, XSRF)}
    body = json.dumps({"label": label, "days": days}).encode()
    answer = _call(opener, f"{address}/api/v1/tokens/create", body, headers)
    return keep(address, _token(answer))


def credentials_path(environ: Mapping[str, str] | None = None) -> Path:
    """Where personal tokens lie: ``$XDG_CONFIG_HOME/svclib/tokens.json`` (default ``~/.config``)."""
    env = os.environ if environ is None else environ
    return Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "svclib" / "tokens.json"


def keep(address: str, token: str) -> Path:
    """Remember the token of a server in a file that its owner alone can read; the newest comes first."""
    path = credentials_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        known = dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        known = {}
    known.pop(address, None)
    handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({address: token, **known}, file, indent=1)
    Path(name).replace(path)
    return path


def _address(server: str) -> str:
    parts = urllib.parse.urlsplit(server)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidInput(_("{value} is no address of a server; an example is https://quality.example."), value=server)
    return f"{parts.scheme}://{parts.netloc}"


def _call(
    opener: urllib.request.OpenerDirector, url: str, data: bytes | None = None, headers: dict[str, str] | None = None
) -> Any:
    request = urllib.request.Request(url, data, headers or {})  # noqa: S310 - http(s) alone, see _address
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return response.read()
    except urllib.error.HTTPError as fault:
        raise _refusal(fault) from None
    except (urllib.error.URLError, TimeoutError, OSError) as fault:
        reason = getattr(fault, "reason", fault)
        raise Unavailable(_("Nothing answers at {url}: {detail}."), url=url, detail=reason) from None


def _refusal(fault: urllib.error.HTTPError) -> Exception:
    try:
        message = json.loads(fault.read())["error"]["message"]
    except (ValueError, KeyError, TypeError):
        message = None
    if fault.code == NotSignedIn.status:
        return NotSignedIn(_("The log-in name or the password is not right."))
    if message:
        return AccessDenied("{message}", message=message)
    return Unavailable(_("The server answers with {status} at {url}."), status=fault.code, url=fault.url)


def _cookie(jar: http.cookiejar.CookieJar, name: str) -> str:
    return next((cookie.value or "" for cookie in jar if cookie.name == name), "")


def _token(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["token"])
    except (ValueError, KeyError, TypeError):
        raise Unavailable(_("The server did not give a token; is it another version of svclib?")) from None
