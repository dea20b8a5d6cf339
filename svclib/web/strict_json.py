"""Reading JSON from strangers: what the store or a file could not carry is refused at the door."""

from __future__ import annotations

import json
import math
from typing import Any

from svclib.errors import InvalidInput
from svclib.i18n import _

LARGEST_INTEGER = 2**63 - 1
DEEPEST = 64


def parse(body: bytes) -> Any:
    """Read a JSON body.

    Raises
    ------
    InvalidInput
        No UTF-8, no JSON, a repeated key, NaN or Infinity, a number out of range, a NUL or a lone surrogate in a
        text, or nesting beyond reason.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, parse_constant=_constant, parse_float=_float, parse_int=_int, object_pairs_hook=_pairs)
    except InvalidInput:
        raise
    except UnicodeDecodeError as fault:
        raise InvalidInput(_("The request is not UTF-8 (byte {byte})."), byte=fault.start) from fault
    except RecursionError as fault:
        raise InvalidInput(_("The request is nested too deeply.")) from fault
    except ValueError as fault:
        line, column = getattr(fault, "lineno", 1), getattr(fault, "colno", 1)
        raise InvalidInput(_("The request is no JSON (line {line}, column {column})."), line=line, column=column) from (
            fault
        )
    _check(value, "\\u" in text or "\0" in text, 0)
    return value


def parse_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; an empty body is an empty object."""
    value = parse(body) if body.strip() else {}
    if not isinstance(value, dict):
        raise InvalidInput(_("The request must be a JSON object."))
    return value


def _constant(name: str) -> Any:
    raise InvalidInput(_("{value} is no number that can be kept."), value=name)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise InvalidInput(_("{value} is no number that can be kept."), value=text[:40])
    return value


def _int(text: str) -> int:
    value = int(text) if len(text) <= 20 else LARGEST_INTEGER + 1
    if abs(value) > LARGEST_INTEGER:
        raise InvalidInput(_("{value} is no number that can be kept."), value=text[:40])
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(_("The key {key} stands twice."), key=twice[:40])
    return found


def _check(value: Any, texts: bool, depth: int) -> None:
    if depth > DEEPEST:
        raise InvalidInput(_("The request is nested too deeply."))
    if isinstance(value, str):
        if texts:
            _check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check(key, texts, depth + 1)
            _check(item, texts, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, texts, depth + 1)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise InvalidInput(_("A text holds a NUL character."))
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise InvalidInput(_("A text holds half of a character (a lone surrogate)."))
