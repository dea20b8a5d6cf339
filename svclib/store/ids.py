"""Random names: ids of rows, and tokens that open something."""

from __future__ import annotations

import hashlib
import secrets

ID_BYTES = 16
TOKEN_BYTES = 24


def new_id() -> str:
    """Make a random id of 22 letters, digits, ``-`` and ``_`` (128 bits); it tells neither time nor order.

    >>> len(new_id())
    22
    """
    return secrets.token_urlsafe(ID_BYTES)


def new_token() -> str:
    """Make a secret of 32 characters (192 bits) for a link or a session; only its hash is ever stored.

    >>> len(new_token())
    32
    """
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """SHA-256 of `token` in hexadecimal (a random token needs no salt and no slow hash).

    >>> token_hash("a")[:8]
    'ca978112'
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
