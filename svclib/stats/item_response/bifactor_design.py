"""What a bifactor model has to find: items, their testlets, and the places of their parameters.

Shapes: J items, K the most categories, S = K + 1 places of an item (general slope, specific slope, K − 1 intercepts),
P free parameters. Two places with the same number are one parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.marks import _

FIXED = -1
ALONE = -1
GENERAL, SPECIFIC = 0, 1
BOUND = 10.0
"""Slopes are held here: steeper curves jump between the points, so that the likelihood means nothing any more."""


class BifactorNote(StrEnum):
    """What a bifactor fit has to say of itself and of each item."""

    NONE = ""
    ONE_ITEM = _("the only item of its testlet: what it shares with others cannot be told, it stands alone")
    TWO_ITEMS = _("two items share its testlet: their specific slopes cannot be told apart and are held equal")
    UNRELATED = _("the items of its testlet hang together no more than any others: it could stand alone")
    SPECIFIC_RUNAWAY = _("its specific slope runs away: two items of the testlet are as good as one")
    NO_TESTLETS = _("no testlet has two items left: the fit is that of one ability")
    FEW = _("fewer than 500 candidates: how strongly case items hang together is uncertain")


@dataclass(frozen=True, eq=False)
class Design:
    """Items and places.

    Attributes
    ----------
    names : tuple of str
        J items.
    categories : array of int, shape (J,)
    testlets : tuple of str
    home : array of int, shape (J,)
        Position in `testlets`, or `ALONE`.
    slots : array of int, shape (J, S)
        Position in the vector of free parameters, or `FIXED` (at 0).
    """

    names: tuple[str, ...]
    categories: Ints
    testlets: tuple[str, ...]
    home: Ints
    slots: Ints

    @property
    def size(self) -> int:
        """The number of free parameters."""
        return int(self.slots.max(initial=FIXED)) + 1

    def spread(self, free: Floats) -> Floats:
        """Give the values of all places, (J, S)."""
        return np.where(self.slots == FIXED, 0.0, free[np.maximum(self.slots, 0)])

    def total(self, places: Floats) -> Floats:
        """Add derivatives by every place to derivatives by the free parameters."""
        there = self.slots != FIXED
        return np.bincount(self.slots[there], weights=places[there], minlength=self.size).astype(float)

    def gather(self, places: Floats) -> Floats:
        """Give the free parameters of a value for every place, the mean where two places are one parameter."""
        there = self.slots != FIXED
        return self.total(places) / np.bincount(self.slots[there], minlength=self.size)

    @property
    def slopes(self) -> Bools:
        """Which free parameters are slopes, (P,)."""
        out = np.zeros(self.size, dtype=bool)
        out[self.slots[:, :2][self.slots[:, :2] != FIXED]] = True
        return out

    def held(self, free: Floats, slope: Floats | None = None) -> Bools:
        """Which slopes stand at their bound (and want to go beyond, given the slope of the likelihood), (P,)."""
        at = self.slopes & (np.abs(free) >= BOUND)
        return at if slope is None else at & (slope * free >= 0)

    def bounded(self, free: Floats) -> Floats:
        """Bring slopes back to their bound."""
        return np.where(self.slopes, np.clip(free, -BOUND, BOUND), free)

    def possible(self, values: Floats) -> bool:
        """Whether the intercepts of each item fall."""
        inside = np.arange(values.shape[1] - 3) < (self.categories[:, None] - 2)
        return bool(np.isfinite(values).all() and ((np.diff(values[:, 2:], axis=1) < 0) | ~inside).all())


def read_testlets(testlets: Any, names: tuple[str, ...]) -> dict[str, str]:
    """Read item → testlet; an item without a testlet stands alone.

    Raises
    ------
    InvalidInput
        If it is no mapping, names an item that is not there, or puts all items into one testlet.
    """
    if not isinstance(testlets, Mapping | pd.Series) or not len(testlets):
        raise InvalidInput(_("`testlets` must name the testlet of each case item: a mapping of item to testlet."))
    home = {str(item): str(name) for item, name in testlets.items() if not _none(name)}
    for item in home:
        if item not in names:
            raise InvalidInput(_('The item "{item}" of a testlet is not among the responses.'), item=item)
    check_spread(home, names)
    return home


def _none(name: Any) -> bool:
    return name is None or bool(pd.api.types.is_scalar(name) and pd.isna(name))


def check_spread(home: Mapping[str, str], names: tuple[str, ...]) -> None:
    """Refuse one testlet of all items: what is general and what is specific could not be told apart."""
    found = {home.get(name) for name in names}
    if len(found) == 1 and None not in found:
        raise InvalidInput(
            _(
                'All items, such as "{item}", belong to the testlet "{testlet}", so that it cannot be told from the '
                "general ability; add items outside it or calibrate without testlets."
            ),
            item=names[0],
            testlet=home[names[0]],
        )


def design(names: tuple[str, ...], categories: Ints, home: Mapping[str, str]) -> tuple[Design, dict[str, BifactorNote]]:
    """Lay the parameters out; items that are alone in their testlet stand alone, of two the specific slopes are one."""
    sizes = pd.Series([home[name] for name in names if name in home], dtype=object).value_counts()
    testlets = tuple(dict.fromkeys(home[name] for name in names if name in home and sizes[home[name]] > 1))
    at = np.array([testlets.index(home[name]) if home.get(name) in testlets else ALONE for name in names], dtype=int)
    told = {name: BifactorNote.ONE_ITEM for name in names if name in home and home[name] not in testlets}
    slots = np.full((len(names), int(categories.max()) + 1), FIXED)
    shared: dict[int, int] = {}
    last = 0
    for item, name in enumerate(names):
        paired = at[item] != ALONE and sizes[testlets[at[item]]] == 2
        if paired:
            told[name] = BifactorNote.TWO_ITEMS
        for place in range(int(categories[item]) + 1):
            if place == SPECIFIC and at[item] == ALONE:
                continue
            if place == SPECIFIC and paired and int(at[item]) in shared:
                slots[item, place] = shared[int(at[item])]
                continue
            if place == SPECIFIC and paired:
                shared[int(at[item])] = last
            slots[item, place] = last
            last += 1
    return Design(names, categories, testlets, at, slots), told


def upright(plan: Design, free: Floats) -> Floats:
    """Turn factors round whose slopes add up to less than 0: the likelihood is the same."""
    values = plan.spread(free)
    if values[:, GENERAL].sum() < 0:
        values[:, GENERAL] *= -1
    for place in range(len(plan.testlets)):
        mine: Bools = plan.home == place
        if values[mine, SPECIFIC].sum() < 0:
            values[mine, SPECIFIC] *= -1
    return plan.gather(values)


def labels(plan: Design) -> list[str]:
    """Name each free parameter by the first place that has it: ``q1.a``, ``q1.a_specific``, ``q1.d1``."""
    out = [""] * plan.size
    for item, name in enumerate(plan.names):
        for place, slot in enumerate(plan.slots[item]):
            if slot != FIXED and not out[slot]:
                out[slot] = name + (".a", ".a_specific")[place] if place < 2 else f"{name}.d{place - 1}"
    return out
