"""Passwords: argon2id, one-time passwords, and what is strong enough."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from svclib.errors import InvalidInput
from svclib.i18n import _

# 19 MiB, t = 2, p = 1: the least that OWASP recommends; the library's defaults let only 13 people a second in.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no l, o, i, 0, 1: it is read from paper
SHORTEST, LONGEST = 10, 256


def hash_password(password: str) -> str:
    """Hash a password with argon2id."""
    return _HASHER.hash(password)


def matches(hashed: str, password: str) -> bool:
    """Whether `password` is the hashed one."""
    try:
        return _HASHER.verify(hashed, password[:LONGEST])
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


_NOBODY = _HASHER.hash(secrets.token_hex(16))


def burn(password: str) -> None:
    """Take as long as a real check, for log-ins that do not exist."""
    matches(_NOBODY, password)


def one_time() -> str:
    """Make a password to be changed at the first log-in (60 bits).

    >>> len(one_time())
    14
    """
    return "-".join("".join(secrets.choice(_ALPHABET) for _unused in range(4)) for _group in range(3))


def check_strength(password: str, login: str) -> None:
    """Refuse a password that is short, overlong, one repeated character or the log-in itself."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(_("A password has {least} to {most} characters."), least=SHORTEST, most=LONGEST, field="new")
    if len(set(password)) < 4 or login.lower() in password.lower():
        raise InvalidInput(_("Choose a password that is harder to guess."), field="new")
