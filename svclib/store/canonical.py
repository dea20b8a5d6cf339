"""One way to write a value as bytes, and hashes that carry their algorithm's name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

ALGORITHM = "sha256"
EXACT = 2**53  # integers up to here are doubles without loss


def canonical(value: Any) -> bytes:
    """Canonical JSON: keys sorted, no spaces, UTF-8, numbers as the doubles they are.

    A database may give ``1e16`` back as an integer and ``-0.0`` as zero; both forms give the same bytes here.

    Raises
    ------
    ValueError
        NaN or infinity, NUL, or half a surrogate pair: not every database keeps them.

    >>> canonical({"b": 1.0, "a": "é"}), canonical(1e16) == canonical(10**16)
    (b'{"a":"\\xc3\\xa9","b":1}', True)
    """
    text = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("NUL cannot be kept")
        return value
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _number(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _number(value: float) -> float:
    if isinstance(value, int) and abs(value) <= EXACT:
        return value
    try:
        double = float(value)
    except OverflowError:
        raise ValueError("a number beyond the range of doubles") from None
    return int(double) if double.is_integer() and abs(double) <= EXACT else double


def digest(*parts: bytes) -> str:
    """Hash `parts`, each preceded by its length so that no two lists give the same bytes.

    >>> digest(b"ab", b"c") == digest(b"a", b"bc")
    False
    >>> digest(b"").split(":")[0]
    'sha256'
    """
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return f"{ALGORITHM}:{hasher.hexdigest()}"
