"""What an adaptive test is: how items are chosen, where it starts and when it stops, read once and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.adaptive.bank import Curves, read_curves
from svclib.stats.adaptive.scoring import METHODS, Scorer
from svclib.stats.adaptive.selection import ALIASES, CRITERIA
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.assembly.pool import Pool, as_number
from svclib.stats.assembly.rules import read_enemies
from svclib.stats.columns import numbers
from svclib.stats.item_response.curves import information, probabilities
from svclib.stats.marks import _

POINTS = 61
_REACH = 2.0
"""Abilities up to this many standard deviations from the mean must be able to end a test."""
_STOP = ("length", "min_length", "std_error", "information", "cut", "rule", "delta", "alpha", "beta", "level")


@dataclass(frozen=True)
class Stop:
    """When a test ends; see `svclib.stats.Adaptive`."""

    length: int
    min_length: int = 1
    std_error: float | None = None
    information: float | None = None
    cut: float | None = None
    rule: str | None = None
    delta: float = 0.2
    alpha: float = 0.05
    beta: float = 0.05
    level: float = 0.95


@dataclass(frozen=True, eq=False)
class Plan:
    """All that a step needs."""

    pool: Pool
    curves: Curves
    scorer: Scorer
    select: str
    top: int
    start: float
    first: Ints
    stop: Stop
    labels: Ints
    label_names: tuple[str, ...]
    shares: Floats
    foes: Bools | None
    exposure: Floats
    edges: Floats = field(default_factory=lambda: np.zeros(0))
    shadow: Any = None

    def with_exposure(self, exposure: Floats) -> Plan:
        """Give the plan with other exposure parameters."""
        return replace(self, exposure=exposure)


def one_of(value: Any, choices: tuple[str, ...], name: str) -> str:
    """Check a word."""
    if value not in choices:
        raise InvalidInput(
            _('"{name}" cannot be {value}; choose among {choices}.'),
            name=name,
            value=repr(value)[:60],
            choices=", ".join(choices),
        )
    return str(value)


def read_plan(
    pool: Pool,
    *,
    select: str,
    top: int | None,
    score: str,
    start: Any,
    content: Any,
    content_column: str | None,
    enemies: Any,
    exposure: Any,
    stop: Any,
    prior: tuple[float, float],
    bounds: tuple[float, float],
    points: int,
) -> Plan:
    """Read and check the keywords of `svclib.stats.Adaptive` (its shadow test apart)."""
    parameters = pool.calibrated()
    mean, sd = _prior(prior)
    curves = read_curves(parameters, _grid(bounds, points), mean, sd)
    scorer = Scorer(one_of(score, METHODS, "score"), mean, sd)
    name = one_of(ALIASES.get(str(select).lower(), select), CRITERIA, "select")
    ability, first = _start(pool, start, mean)
    labels, names, shares = _shares(pool, content, content_column)
    ends = _stop(stop, len(pool), len(first))
    _check_reach(curves, scorer, ends)
    return Plan(
        pool, curves, scorer, name, _top(top, name, len(pool)), ability, first, ends, labels, names, shares,
        _foes(pool, enemies), _exposure(pool, exposure), _edges(curves, ends),
    )  # fmt: skip


def _prior(prior: Any) -> tuple[float, float]:
    mean, sd = (as_number(one, "prior") for one in (prior if np.size(prior) == 2 else ("", "")))
    if not np.isfinite(mean) or not sd > 0 or not np.isfinite(sd):
        raise InvalidInput(_('"prior" is the mean and the standard deviation of abilities, such as (0, 1).'))
    return mean, sd


def _grid(bounds: Any, points: int) -> Floats:
    low, high = (as_number(one, "bounds") for one in (bounds if np.size(bounds) == 2 else ("", "")))
    if not low < high or not np.isfinite([low, high]).all() or points < 5:
        raise InvalidInput(_('"bounds" are the least and greatest ability, such as (−4, 4), with 5 points or more.'))
    return np.linspace(low, high, int(points))


def _top(top: int | None, select: str, n: int) -> int:
    count = (5 if select == "randomesque" else 1) if top is None else top
    if not isinstance(count, int | np.integer) or count < 1:
        raise InvalidInput(_('"top" is the number of best items among which chance decides: 1 or more.'))
    return int(min(count, n))


def _start(pool: Pool, start: Any, mean: float) -> tuple[float, Ints]:
    if start is None:
        return mean, np.zeros(0, dtype=int)
    if isinstance(start, Mapping):
        for key in start:
            one_of(key, ("theta", "items"), "start")
        ability, names = start.get("theta"), start.get("items", ())
    elif isinstance(start, int | float | np.number):
        ability, names = start, ()
    else:
        ability, names = None, start
    at = mean if ability is None else as_number(ability, "start")
    if not np.isfinite(at):
        raise InvalidInput(_('"start" is an ability such as 0, first items, or {"theta": 0, "items": […]}.'))
    first = pool.places(names)
    if len(np.unique(first)) < len(first):
        raise InvalidInput(_('An item of "start" is there twice; keep it once.'))
    return at, first


def _shares(pool: Pool, content: Any, column: str | None) -> tuple[Ints, tuple[str, ...], Floats]:
    """Number of each item's label (−1: none of them), the labels and their shares."""
    if content is None:
        return np.zeros(len(pool), dtype=int), (), np.zeros(0)
    if not isinstance(content, Mapping) or not content:
        raise InvalidInput(_('"content" gives each label its share, such as {"credit": 0.4, "payments": 0.6}.'))
    where = pool.name_of(column, "content", "topic")
    shares = np.array([as_number(one, "content") for one in content.values()])
    if not (shares > 0).all() or abs(shares.sum() - 1) > 1e-6:
        raise InvalidInput(
            _("The shares of the contents add up to {total}; give positive shares that add up to 1."),
            total=f"{shares.sum():.4g}",
        )
    numbered = np.full(len(pool), -1)
    for at, label in enumerate(content):
        numbered[pool.members(where, label)] = at
    return numbered, tuple(str(one) for one in content), shares


def _foes(pool: Pool, enemies: Any) -> Bools | None:
    groups = read_enemies(pool, enemies)
    if not groups:
        return None
    foes = np.zeros((len(pool), len(pool)), dtype=bool)
    for group in groups:
        foes[np.ix_(group, group)] = True
    np.fill_diagonal(foes, False)
    return foes


def _exposure(pool: Pool, exposure: Any) -> Floats:
    """Exposure parameters, 1 where none is given: a frame ``item, exposure`` or item → parameter."""
    values = np.ones(len(pool))
    if exposure is None:
        return values
    if isinstance(exposure, pd.DataFrame):
        places, given = pool.places(exposure["item"]), numbers(exposure, "exposure")
    else:
        places, given = pool.places(list(exposure)), np.array([as_number(one, "exposure") for one in exposure.values()])
    if not ((given > 0) & (given <= 1)).all():
        raise InvalidInput(_("An exposure parameter is a probability above 0, at most 1; mend the others."))
    values[places] = given
    return values


def _positive(stop: Mapping[str, Any], name: str, highest: float = np.inf) -> float | None:
    if stop.get(name) is None:
        return None
    value = as_number(stop[name], name)
    if not 0 < value < highest:
        raise InvalidInput(
            _('"{name}" of the stop rule is {value}; give a number above 0 and below {highest}.'),
            name=name,
            value=f"{value:g}",
            highest=f"{highest:g}",
        )
    return value


def _stop(stop: Any, n: int, first: int) -> Stop:
    given = {"length": stop} if isinstance(stop, int | np.integer) else stop
    if not isinstance(given, Mapping) or not any(given.get(k) is not None for k in _STOP[:1] + _STOP[2:5]):
        raise InvalidInput(_('Say when the test stops: stop={"length": 30}, or with "std_error", or with a "cut".'))
    for key in given:
        one_of(key, _STOP, "stop")
    length = int(as_number(given.get("length") or n, "length"))
    least = int(as_number(given.get("min_length") or max(first, 1), "min_length"))
    if length > n:
        raise InvalidInput(
            _("The bank has {n} items, fewer than the length of {length}; shorten the test or widen the bank."),
            n=n,
            length=length,
        )
    if not 1 <= least <= length or length < first:
        raise InvalidInput(
            _("A test of {least} to {length} items cannot be, with {first} first items; mend the lengths."),
            least=least,
            length=length,
            first=first,
        )
    cut = None if given.get("cut") is None else as_number(given["cut"], "cut")
    rule: Any = given.get("rule") or ("ci" if cut is not None else None)
    if rule is not None:
        one_of(rule, ("ci", "sprt"), "rule")
        if cut is None or not np.isfinite(cut):
            raise InvalidInput(
                _('The stop rule "{rule}" needs a "cut": the ability that parts pass from fail.'), rule=rule
            )
    numbers_: dict[str, Any] = {
        name: _positive(given, name, highest) or default
        for name, highest, default in (
            ("delta", np.inf, 0.2), ("alpha", 0.5, 0.05), ("beta", 0.5, 0.05), ("level", 1.0, 0.95),
        )
    }  # fmt: skip
    return Stop(length, least, _positive(given, "std_error"), _positive(given, "information"), cut, rule, **numbers_)


def _check_reach(curves: Curves, scorer: Scorer, stop: Stop) -> None:
    """Refuse a precision that the whole bank does not reach anywhere near the candidates."""
    wanted = [one for one in (stop.information, stop.std_error and stop.std_error**-2) if one]
    if not wanted or stop.cut is not None or stop.length < len(curves.parameters):
        return
    near = np.abs(curves.grid - scorer.mean) <= _REACH * scorer.sd
    most = curves.information.sum(axis=0)[near].max() + (scorer.sd**-2 if scorer.method in ("eap", "map") else 0)
    if most < min(wanted):
        raise InvalidInput(
            _(
                "The stop rule is never met: the whole bank gives a standard error of {least} at best; ask for less or "
                'give a "length".'
            ),
            least=f"{most**-0.5:.3f}",
        )


def _edges(curves: Curves, stop: Stop) -> Floats:
    """Log probabilities of the scores on both sides of the cut, J × K × 2, for the sequential ratio test."""
    if stop.rule != "sprt" or stop.cut is None:
        return np.zeros(0)
    points = np.array([stop.cut - stop.delta, stop.cut + stop.delta])
    if (information(curves.parameters, points).sum(axis=0) < 1e-6).all():
        raise InvalidInput(_("No item tells anything near the cut {cut}; mend the cut or the bank."), cut=stop.cut)
    return np.asarray(np.log(np.maximum(probabilities(curves.parameters, points), 1e-300)))
