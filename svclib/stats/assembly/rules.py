"""The rules of a blueprint: what a form must hold, in numbers a solver takes and words a person reads.

A form of a pool of J items is a 0/1 vector x. A `Rule` says low ≤ values · x ≤ high. Enemies are groups of which a
form takes at most one, sets (case items that share a stimulus) are taken whole or with so many items. Assembly and
adaptive tests read the same keywords into the same `Blueprint`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.assembly.pool import Pool, as_number, read_bounds
from svclib.stats.marks import _

LENGTH, COUNT, SUM = _("number of items"), _('items with {column} "{label}"'), _("sum of {column}")
MEAN, INFORMATION = _("mean of {column}"), _("information at {theta}")
SCORE, ENEMIES = _("expected score at {theta}"), _("enemies together")
SETS, SET_COUNT = _("items of {set}"), _("number of sets")
MUST, MUST_NOT = _("items that must be in"), _("items that must not be in")
USES, OVERLAP = _("forms of an item"), _("items shared by two forms")


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule on a form: ``low ≤ values · x ≤ high``.

    Attributes
    ----------
    text, fields : str, dict
        What it speaks of, in words with named places.
    values : array, shape (J,)
    low, high : float
        Infinite where an end is open.
    wanted : tuple of float, optional
        The bounds as given, where low and high are not they.
    """

    text: str
    fields: dict[str, Any]
    values: Floats
    low: float
    high: float
    wanted: tuple[float, float] | None = None

    @property
    def shown(self) -> tuple[float, float]:
        """The bounds as they were given."""
        return self.wanted or (self.low, self.high)

    def value(self, chosen: Ints) -> float:
        """What a form of the items `chosen` has."""
        return float(self.values[chosen].sum())


@dataclass(frozen=True, eq=False)
class Blueprint:
    """All rules on a form of a pool."""

    pool: Pool
    rules: list[Rule]
    enemies: list[Ints] = field(default_factory=list)
    sets: dict[str, Ints] = field(default_factory=dict)
    per_set: tuple[float, float] | None = None
    n_sets: tuple[float, float] | None = None
    must: Ints = field(default_factory=lambda: np.zeros(0, dtype=int))
    must_not: Ints = field(default_factory=lambda: np.zeros(0, dtype=int))

    @property
    def length(self) -> tuple[float, float]:
        """Bounds of the number of items."""
        return next(((one.low, one.high) for one in self.rules if one.text == LENGTH), (0.0, float(len(self.pool))))


def read_blueprint(
    pool: Pool,
    *,
    length: Any = None,
    content: Any = None,
    levels: Any = None,
    limits: Any = None,
    means: Any = None,
    information: Any = None,
    expected: Any = None,
    enemies: Any = None,
    sets: Any = None,
    per_set: Any = "all",
    n_sets: Any = None,
    must: Any = (),
    must_not: Any = (),
) -> Blueprint:
    """Read the keywords of a blueprint (see `svclib.stats.assemble`).

    Raises
    ------
    InvalidInput
        If a label, column or item is unknown or bounds are impossible.
    """
    rules = _length_rules(pool, length)
    rules += _count_rules(pool, content, pool.name_of(None, "content", "topic"))
    rules += _count_rules(pool, levels, "level")
    for column, value in _pairs(limits, "limits"):
        rules.append(Rule(SUM, {"column": column}, pool.numbers(column), *read_bounds(value, column)))
    for column, value in _pairs(means, "means"):
        rules += _mean_rules(pool, column, read_bounds(value, column))
    for theta, value in _pairs(information, "information"):
        rules.append(
            Rule(INFORMATION, {"theta": theta}, pool.measure(as_number(theta, "theta")), *read_bounds(value, theta))
        )
    for theta, value in _pairs(expected, "expected"):
        held = pool.measure(as_number(theta, "theta"), score=True)
        rules.append(Rule(SCORE, {"theta": theta}, held, *read_bounds(value, theta)))
    families = read_sets(pool, sets)
    return Blueprint(
        pool,
        rules,
        enemies=read_enemies(pool, enemies),
        sets=families,
        per_set=None if not families or isinstance(per_set, str) else read_bounds(per_set, "per_set"),
        n_sets=None if n_sets is None else read_bounds(n_sets, "n_sets"),
        must=pool.places(must),
        must_not=pool.places(must_not),
    )


def _pairs(given: Any, name: str) -> Iterable[tuple[Any, Any]]:
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise InvalidInput(
            _('"{name}" is {value}; give a dictionary such as {{"seconds": (None, 900)}}.'),
            name=name,
            value=repr(given)[:60],
        )
    return list(given.items())


def _length_rules(pool: Pool, length: Any) -> list[Rule]:
    if length is None:
        return []
    low, high = read_bounds(length, "length")
    if high < 1 or low < 0:
        raise InvalidInput(_("A form needs at least one item; give a length of 1 or more."))
    if low > len(pool):
        raise InvalidInput(
            _("The pool has {n} items, fewer than the {length} a form must have; shorten the form or widen the pool."),
            n=len(pool),
            length=f"{low:g}",
        )
    return [Rule(LENGTH, {}, np.ones(len(pool)), low, high)]


def _count_rules(pool: Pool, given: Any, column: str) -> list[Rule]:
    rules = []
    for name, value in _pairs(given, "content"):
        if isinstance(value, Mapping):
            rules += _count_rules(pool, value, str(name))
            continue
        low, high = read_bounds(value, name)
        if high < 0:
            raise InvalidInput(_('"{label}" cannot have fewer than 0 items; mend its bounds.'), label=name)
        held = pool.members(column, name).astype(float)
        rules.append(Rule(COUNT, {"column": column, "label": name}, held, low, high))
    return rules


def _mean_rules(pool: Pool, column: str, bounds: tuple[float, float]) -> list[Rule]:
    """Write low ≤ mean ≤ high as sums of deviations from each end."""
    values = pool.numbers(column)
    rules: list[Rule] = []
    for end, sides in zip(bounds, ((0.0, np.inf), (-np.inf, 0.0)), strict=True):
        if np.isfinite(end):
            wanted = (end, np.inf) if sides[0] == 0 else (-np.inf, end)
            rules.append(Mean(MEAN, {"column": column}, values - end, *sides, wanted=wanted, column=values))
    return rules


@dataclass(frozen=True, eq=False)
class Mean(Rule):
    """A rule on the mean of a column: `values` are its deviations from the bound."""

    column: Floats = field(default_factory=lambda: np.zeros(0))

    def value(self, chosen: Ints) -> float:
        """Mean of the items `chosen`."""
        return float(self.column[chosen].mean()) if len(chosen) else np.nan


def read_enemies(pool: Pool, enemies: Any) -> list[Ints]:
    """Read groups of items of which a form takes at most one.

    `enemies` is a column (of group labels, or of each item's enemy by name) or a list of pairs or groups of names.
    """
    if enemies is None:
        return []
    if isinstance(enemies, str):
        groups = _groups_of(pool, enemies)
    else:
        groups = [pool.places(list(group)) for group in ([enemies] if _is_group(enemies) else enemies)]
    return _merged([np.unique(group) for group in groups if len(np.unique(group)) > 1])


def _is_group(enemies: Any) -> bool:
    return len(enemies) > 0 and all(isinstance(one, str) for one in enemies)


def _groups_of(pool: Pool, column: str) -> list[Ints]:
    labels, known = pool.labels(column), set(pool.names)
    given = [one for one in labels if one is not None]
    if given and all(one in known for one in given):
        return [pool.places([name, one]) for name, one in zip(pool.names, labels, strict=True) if one is not None]
    return [np.flatnonzero(labels == one) for one in sorted(set(given))]


def _merged(groups: list[Ints]) -> list[Ints]:
    """Leave out groups that another holds, or that are there twice."""
    found: list[set[int]] = []
    for group in sorted((set(one.tolist()) for one in groups), key=len, reverse=True):
        if not any(group <= other for other in found):
            found.append(group)
    return [np.array(sorted(one), dtype=int) for one in sorted(found, key=min)]


def read_sets(pool: Pool, sets: Any) -> dict[str, Ints]:
    """Read sets of items that share a stimulus: a column of labels, or name → items."""
    if sets is None:
        return {}
    if isinstance(sets, str):
        labels = pool.labels(sets)
        return {name: np.flatnonzero(labels == name) for name in sorted({one for one in labels if one is not None})}
    found = {str(name): np.unique(pool.places(list(names))) for name, names in _pairs(sets, "sets")}
    held = np.concatenate([*found.values(), np.zeros(0, dtype=int)])
    if len(np.unique(held)) < len(held):
        raise InvalidInput(_("An item belongs to two sets; give it one."))
    return found


def without_length(blueprint: Blueprint) -> Blueprint:
    """Give the blueprint without its rule on the number of items."""
    return replace(blueprint, rules=[rule for rule in blueprint.rules if rule.text != LENGTH])
