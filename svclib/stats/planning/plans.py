"""What a plan is about: the kind of estimate, and the variance of one answer to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.marks import _

KINDS = ("mean", "proportion", "nps")
Number = float | Sequence[float] | None
MOST = 100_000_000
"""A plan that asks for more answers is refused: no survey has them."""


@dataclass(frozen=True)
class Answers:
    """What one answer is expected to be.

    Attributes
    ----------
    kind : str
    sd : float
        Standard deviation of one answer in the unit of the estimate (shares 0–1, NPS −1 to 1 inside).
    share : float
        Expected share (``proportion``); of promoters (``nps``).
    second : float
        Expected share of detractors (``nps``).
    """

    kind: str
    sd: float
    share: float = np.nan
    second: float = np.nan

    @property
    def unit(self) -> float:
        """Factor from the inner unit to that of the result: NPS is told in points."""
        return 100.0 if self.kind == "nps" else 1.0


def expected_answers(kind: str, *, sd: float | None, share: float, promoters: float, detractors: float) -> Answers:
    """Check what is expected of one answer."""
    if kind not in KINDS:
        raise InvalidInput(_('kind is "{kind}"; give one of {known}.'), kind=str(kind), known=", ".join(KINDS))
    if kind == "mean":
        if sd is None:
            raise InvalidInput(
                _("A mean needs sd, the standard deviation of one answer; take it from an earlier wave.")
            )
        return Answers(kind, float(checked("sd", sd, 0, np.inf, low_open=True)[0]))
    if kind == "proportion":
        p = float(checked("share", share, 0, 1)[0])
        return Answers(kind, float(np.sqrt(p * (1 - p))), p)
    up, down = float(checked("promoters", promoters, 0, 1)[0]), float(checked("detractors", detractors, 0, 1)[0])
    if up + down > 1:
        raise InvalidInput(
            _("promoters and detractors together are {sum:.4g}; they are shares and cannot exceed 1."), sum=up + down
        )
    return Answers(kind, float(np.sqrt(up + down - (up - down) ** 2)), up, down)


def checked(
    name: str, given: Any, low: float, high: float, *, low_open: bool = False, high_open: bool = False
) -> Floats:
    """Read an option as numbers within its limits.

    Raises
    ------
    InvalidInput
        Naming the option and its limits.
    """
    try:
        values = np.atleast_1d(np.asarray(given, dtype=float))
    except (TypeError, ValueError):
        values = np.array([np.nan])
    inside: Bools = (values > low if low_open else values >= low) & (values < high if high_open else values <= high)
    if values.ndim != 1 or not values.size or not inside.all():
        raise InvalidInput(
            _("{name} is {value}; give a number {limits}."),
            name=name,
            value=repr(given)[:60],
            limits=_limits(low, high, low_open=low_open, high_open=high_open),
        )
    return values


def _limits(low: float, high: float, *, low_open: bool, high_open: bool) -> str:
    below = f"{'>' if low_open else '≥'} {low:g}"
    return below if np.isinf(high) else f"{below}, {'<' if high_open else '≤'} {high:g}"


def together(**options: Floats) -> dict[str, Floats]:
    """Bring options of one value or several to the same length.

    Raises
    ------
    InvalidInput
        Naming two options of different lengths.
    """
    several = {name: len(values) for name, values in options.items() if len(values) > 1}
    if len(set(several.values())) > 1:
        (first, one), (second, other) = list(several.items())[:2]
        raise InvalidInput(
            _("{first} has {one} values and {second} {other}; give one value, or the same number of each."),
            first=first,
            one=one,
            second=second,
            other=other,
        )
    size = max(several.values(), default=1)
    return {name: np.broadcast_to(values, (size,)).astype(float) for name, values in options.items()}


def effective(n: Floats, deff: Floats, population: Floats) -> Floats:
    """Answers of a simple random sample from a large population that tell as much: n / deff / (1 − n / N)."""
    left_out = 1 - n / population
    return np.where(left_out > 0, n / deff / np.where(left_out > 0, left_out, 1.0), np.inf)


def answers_for(effective_n: Floats, deff: Floats, population: Floats) -> Floats:
    """Turn `effective` round: answers that are worth so many; rounded up."""
    n = effective_n * deff
    n = n / (1 + n / population)
    return np.asarray(np.ceil(np.round(n, 9)), dtype=np.float64)


def smallest_number(enough: Callable[[float], bool], *, step: float) -> float:
    """Find the smallest number of answers, to within `step`, that is `enough`; infinite if `MOST` are not."""
    low, high = 2.0, 4.0
    if enough(low):
        return low
    while not enough(high):
        low, high = high, high * 2
        if high > MOST:
            return float(np.inf)
    while high - low > max(step, step * 1e-6 * high):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
