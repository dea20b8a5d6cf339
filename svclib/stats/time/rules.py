"""Rules for control charts: which points are hardly chance.

A point is flagged where it completes a pattern. The numbers are Nelson's (1984); the Western Electric rules (1956)
are his 1, 5, 6 and a run of eight in place of nine.

==================  =====  ==========================================================================
rule                no.    the point
==================  =====  ==========================================================================
``beyond_limits``   1      lies beyond three standard deviations
``run``             2      is the ninth (Western Electric: eighth) in a row on one side of the center
``trend``           3      is the sixth in a row that rises, or that falls
``alternating``     4      is the fourteenth in a row that goes up and down in turn
``two_of_three``    5      is the second of three beyond two standard deviations on one side
``four_of_five``    6      is the fourth of five beyond one standard deviation on one side
``hugging``         7      is the fifteenth in a row within one standard deviation
``mixture``         8      is the eighth in a row beyond one standard deviation, on both sides
==================  =====  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.marks import _


class Rule(StrEnum):
    """Names of the rules."""

    BEYOND_LIMITS = "beyond_limits"
    RUN = "run"
    TREND = "trend"
    ALTERNATING = "alternating"
    TWO_OF_THREE = "two_of_three"
    FOUR_OF_FIVE = "four_of_five"
    HUGGING = "hugging"
    MIXTURE = "mixture"


_WESTERN_ELECTRIC = (Rule.BEYOND_LIMITS, Rule.RUN, Rule.TWO_OF_THREE, Rule.FOUR_OF_FIVE)
_SETS = {"western_electric": (_WESTERN_ELECTRIC, 8), "nelson": (tuple(Rule), 9)}


@dataclass(frozen=True)
class Rules:
    """The rules in force, and how long a run on one side must be."""

    names: tuple[Rule, ...]
    run: int


def read_rules(rules: str | Sequence[str], run: int | None = None) -> Rules:
    """Read the name of a set of rules (``western_electric``, ``nelson``) or the rules' own names.

    Raises
    ------
    InvalidInput
        An unknown name, or a run shorter than two.

    Examples
    --------
    >>> read_rules("western_electric").run, read_rules(["run"], 7).run
    (8, 7)
    """
    if run is not None and (isinstance(run, bool) or not isinstance(run, int) or run < 2):
        raise InvalidInput(_("run is {run}; give a whole number of at least 2, such as 8."), run=run)
    if isinstance(rules, str) and rules in _SETS:
        names, length = _SETS[rules]
        return Rules(names, run or length)
    listed = [rules] if isinstance(rules, str) else list(rules)
    unknown = [name for name in listed if name not in list(Rule)]
    if unknown:
        raise InvalidInput(
            _('There is no rule "{rule}"; give "western_electric", "nelson", or some of {known}.'),
            rule=unknown[0],
            known=", ".join(Rule),
        )
    return Rules(tuple(rule for rule in Rule if rule in listed), run or 8)


def signals(values: Floats, z: Floats, rules: Rules) -> list[str]:
    """Name the rules that each point breaks, joined by ", "; points that are missing are passed over.

    Parameters
    ----------
    values : (points,) float
    z : (points,) float
        The points in standard deviations from the center.
    rules : Rules

    Examples
    --------
    >>> signals(np.array([1.0, 9.0]), np.array([0.0, 4.0]), read_rules("nelson"))
    ['', 'beyond_limits']
    """
    there = ~(np.isnan(values) | np.isnan(z))
    flags = [(rule, _flags(rule, values[there], z[there], rules.run)) for rule in rules.names]
    found = iter([", ".join(rule for rule, flag in flags if flag[i]) for i in range(int(there.sum()))])
    return [next(found) if present else "" for present in there]


def _flags(rule: Rule, values: Floats, z: Floats, run: int) -> Bools:
    match rule:
        case Rule.BEYOND_LIMITS:
            return np.abs(z) > 3
        case Rule.RUN:
            return _row(z > 0, run) | _row(z < 0, run)
        case Rule.TREND:
            return _steps(values, 6, np.ones(5))
        case Rule.ALTERNATING:
            return _steps(values, 14, np.resize([1.0, -1.0], 13))
        case Rule.TWO_OF_THREE:
            return _some(z > 2, 3, 2) | _some(z < -2, 3, 2)
        case Rule.FOUR_OF_FIVE:
            return _some(z > 1, 5, 4) | _some(z < -1, 5, 4)
        case Rule.HUGGING:
            return _row(np.abs(z) < 1, 15)
        case Rule.MIXTURE:
            return _row(np.abs(z) > 1, 8) & ~_row(z > 0, 8) & ~_row(z < 0, 8)


def _window_sums(flags: Bools, window: int) -> Floats:
    """Flags among the last `window` points, or as many as there have been."""
    sums = np.concatenate([np.zeros(window), np.cumsum(flags.astype(float))])
    return sums[window:] - sums[: len(flags)]


def _row(flags: Bools, window: int) -> Bools:
    return np.asarray(_window_sums(flags, window) >= window)


def _some(flags: Bools, window: int, needed: int) -> Bools:
    return np.asarray(flags & (_window_sums(flags, window) >= needed))


def _steps(values: Floats, window: int, pattern: Floats) -> Bools:
    """Points that end `window` points whose steps have the signs of `pattern`, or all the opposite signs."""
    out = np.zeros(len(values), dtype=bool)
    if len(values) >= window:
        steps = np.lib.stride_tricks.sliding_window_view(np.sign(np.diff(values)), window - 1)
        out[window - 1 :] = np.abs(steps @ pattern) == window - 1
    return out
