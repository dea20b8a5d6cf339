"""Numbers, months and intervals as people read them, in both languages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from svclib.i18n import _, language_of, translate

MISSING = "—"


@dataclass(frozen=True)
class Unit:
    """How a measure is written: its factor, decimals, sign of the unit, and the word for a change."""

    factor: float = 1.0
    digits: int = 2
    suffix: str = ""
    change: str = ""
    signed: bool = False


SHARE = Unit(factor=100, digits=1, suffix="%", change=_("{size} percentage points"))
SCORE = Unit(digits=0, change=_("{size} points"), signed=True)
RATING = Unit(digits=2, change=_("{size} scale points"))


def known(value: Any) -> bool:
    """Say whether there is a number."""
    return value is not None and not (isinstance(value, float) and math.isnan(value)) and str(value) != "<NA>"


def number(value: Any, digits: int = 0, *, signed: bool = False) -> str:
    """Write a number with a real minus sign.

    >>> number(-3.14159, 2), number(1234), number(float("nan")), number(5, signed=True)
    ('−3.14', '1,234', '—', '+5')
    """
    if not known(value):
        return MISSING
    rounded = round(float(value), digits) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''},.{digits}f}".replace("-", "−")


def value(estimate: Any, unit: Unit) -> str:
    """Write an estimate in its unit.

    >>> value(0.8614, SHARE), value(-12.3, SCORE)
    ('86.1%', '−12')
    """
    if not known(estimate):
        return MISSING
    return number(float(estimate) * unit.factor, unit.digits, signed=unit.signed) + unit.suffix


def interval(low: Any, high: Any, unit: Unit, language: str = "en") -> str:
    """Write an interval in its unit.

    >>> interval(0.84, 0.88, SHARE)
    '84.0% to 88.0%'
    """
    if not known(low) or not known(high):
        return MISSING
    return translate(_("{low} to {high}"), language, low=value(low, unit), high=value(high, unit))


def bracket(low: Any, high: Any, unit: Unit) -> str:
    """Write an interval for a table's cell.

    >>> bracket(0.84, 0.88, SHARE)
    '[84.0, 88.0]'
    """
    if not known(low) or not known(high):
        return MISSING
    ends = (number(float(end) * unit.factor, unit.digits, signed=unit.signed) for end in (low, high))
    return f"[{', '.join(ends)}]"


def change(size: Any, unit: Unit, language: str = "en") -> str:
    """Write the size of a change without its sign.

    >>> change(-0.032, SHARE)
    '3.2 percentage points'
    """
    return translate(unit.change, language, size=number(abs(float(size)) * unit.factor, max(unit.digits, 1)))


def change_interval(low: Any, high: Any, unit: Unit, language: str = "en") -> str:
    """Write the interval of a change, signed.

    >>> change_interval(-0.05, 0.01, SHARE)
    '−5.0 to +1.0'
    """
    if not known(low) or not known(high):
        return MISSING
    ends = [number(float(end) * unit.factor, max(unit.digits, 1), signed=True) for end in (low, high)]
    return translate(_("{low} to {high}"), language, low=ends[0], high=ends[1])


_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def month(code: str, language: str = "en") -> str:
    """Write a month ``YYYY-MM``.

    >>> month("2026-05"), month("2026-05", "zh-CN")
    ('May 2026', '2026年5月')
    """
    year, number_of = str(code).split("-")[:2]
    if language_of(language, "en") == "zh-CN":
        return f"{year}年{int(number_of)}月"
    return f"{_MONTHS[int(number_of) - 1]} {year}"


def joined(names: list[str], language: str = "en") -> str:
    """Join names as a list in a sentence."""
    return ("、" if language_of(language, "en") == "zh-CN" else ", ").join(names)
