"""Settings come from the environment, once, at the edge; everything below is handed a `Settings`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from svclib.errors import InvalidInput
from svclib.i18n import LANGUAGES, Language, _

DEFAULT_PORT = 8866
DEFAULT_GRACE = 15
LONGEST_GRACE = 300


@dataclass(frozen=True)
class Settings:
    """Where the platform keeps its things and how it speaks.

    Attributes
    ----------
    home : Path
        Folder of the embedded store, keys, backups and rendered reports (``SVC_HOME``, default ``./data``).
    store : str
        SQLAlchemy URL (``SVC_STORE``; default SQLite under `home`).
    host, port : str, int
        Where the server listens (``SVC_HOST``, ``SVC_PORT``).
    language : {"zh-CN", "en"}
        Default language (``SVC_LANG``).
    timezone : str
        IANA name for months and calendars (``SVC_TZ``).
    grace_seconds : int
        How long after an exam's deadline answers on their way still count (``SVC_GRACE``, 15).
    proxies : tuple of str
        Addresses of the proxies before the server, whose X-Forwarded-For and -Proto are believed (``SVC_PROXIES``, with
        commas between them). Where there are any, nobody else may reach the port.
    """

    home: Path
    store: str
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    language: Language = "zh-CN"
    timezone: str = "Asia/Shanghai"
    grace_seconds: int = DEFAULT_GRACE
    proxies: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone for calendars."""
        return ZoneInfo(self.timezone)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the ``SVC_*`` variables; a bad value is an error that names the variable."""
        env = os.environ if environ is None else environ
        home = Path(env.get("SVC_HOME") or "data").expanduser().resolve()
        return cls(
            home=home,
            store=env.get("SVC_STORE") or f"sqlite:///{home / 'svc.sqlite'}",
            host=env.get("SVC_HOST") or "127.0.0.1",
            port=_port(env.get("SVC_PORT")),
            language=_language(env.get("SVC_LANG")),
            timezone=_timezone(env.get("SVC_TZ")),
            grace_seconds=_grace(env.get("SVC_GRACE")),
            proxies=_proxies(env.get("SVC_PROXIES")),
        )


def _port(value: str | None) -> int:
    if not value:
        return DEFAULT_PORT
    if not value.isdecimal() or not 0 <= int(value) <= 65535:
        raise InvalidInput(_("SVC_PORT is {value}; give a number from 0 to 65535."), value=value)
    return int(value)


def _grace(value: str | None) -> int:
    if not value:
        return DEFAULT_GRACE
    if not value.isdecimal() or int(value) > LONGEST_GRACE:
        raise InvalidInput(_("SVC_GRACE is {value}; give a number of seconds from 0 to 300."), value=value)
    return int(value)


def _language(value: str | None) -> Language:
    if not value:
        return "zh-CN"
    for language in LANGUAGES:
        if value == language:
            return language
    raise InvalidInput(_("SVC_LANG is {value}; give zh-CN or en."), value=value)


def _timezone(value: str | None) -> str:
    name = value or "Asia/Shanghai"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as fault:
        raise InvalidInput(_("SVC_TZ is {value}; give a name such as Asia/Shanghai."), value=name) from fault
    return name


def _proxies(value: str | None) -> tuple[str, ...]:
    addresses = tuple(part.strip() for part in (value or "").split(",") if part.strip())
    for address in addresses:
        try:
            ip_address(address)
        except ValueError as fault:
            raise InvalidInput(
                _("SVC_PROXIES holds {value}; give IP addresses with commas between them."), value=address
            ) from fault
    return addresses
