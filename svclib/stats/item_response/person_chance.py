"""How an index of candidates is distributed when the model holds: drawn from the items at abilities over the scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.item_response.responses import Codes
from svclib.stats.item_response.scoring import sheet_scores
from svclib.stats.item_response.sheets import Sheet

_PLACES = 15
_OUTER = 2.5


@dataclass(frozen=True)
class Chance:
    """Sorted values of the index near each of several abilities."""

    abilities: Floats
    values: list[Floats]


def draw_codes(items: ItemParameters, theta: Floats, random: np.random.Generator) -> Codes:
    """Draw answers of candidates with these abilities, n × J."""
    out = np.empty((len(theta), len(items)), dtype=np.int8)
    rows = max(2**20 // (len(items) * (items.intercepts.shape[1] + 1)), 64)
    for start in range(0, len(theta), rows):
        here = slice(start, start + rows)
        summed = np.cumsum(probabilities(items, theta[here]), axis=1)
        uniform = random.random((len(items), 1, summed.shape[2]))
        out[here] = (uniform > summed[:, :-1]).sum(axis=1).T
    return np.minimum(out, items.highest.astype(np.int8))


def drawn_sheet(sheet: Sheet, n: int, random: np.random.Generator, *, even: float = 0.0) -> tuple[Sheet, Floats]:
    """Draw `n` candidates who were given the items of candidates of the sheet, and their abilities.

    A share of `even` has abilities spread evenly over the range instead of the group's distribution.
    """
    rows = random.integers(0, len(sheet.codes), n)
    group = sheet.group[rows]
    theta = random.normal(sheet.means[group], sheet.sds[group])
    count = int(n * even)
    low, high = (sheet.means - _OUTER * sheet.sds).min(), (sheet.means + _OUTER * sheet.sds).max()
    theta[:count] = random.uniform(low, high, count)
    codes = draw_codes(sheet.items, theta, random)
    if not sheet.complete.all():
        codes[sheet.codes[rows] < 0] = -1
    made = Sheet(sheet.items, codes, pd.RangeIndex(n), sheet.means, sheet.sds, group, sheet.labels)
    return made, theta


def chance_table(sheet: Sheet, method: str, draws: int, seed: int, index: Callable[[Sheet, Floats], Floats]) -> Chance:
    """Draw answers of candidates from the population and from all over its range, and give the index by the estimate.

    Each gets the items that a candidate of the sheet was given. Grouping by the estimate, not by the ability drawn at,
    holds the rate of false alarms at every estimate.
    """
    made, _ability = drawn_sheet(sheet, draws * _PLACES, np.random.default_rng(seed), even=1 / 3)
    found = sheet_scores(made, method)["estimate"].to_numpy()
    values = index(made, found)
    told = np.flatnonzero(np.isfinite(found) & np.isfinite(values))
    order = told[np.argsort(found[told], kind="stable")]
    parts = [part for part in np.array_split(order, _PLACES) if len(part)]
    return Chance(np.array([found[part].mean() for part in parts]), [np.sort(values[part]) for part in parts])


def looked_up(chance: Chance, ability: Floats, values: Floats) -> Floats:
    """Share of drawn values at or below each candidate's, between the two nearest abilities; never 0."""
    shares = np.array([(np.searchsorted(part, values, side="right") + 1) / (len(part) + 1) for part in chance.values])
    at = np.where(np.isfinite(ability), ability, chance.abilities[0])
    right = np.clip(np.searchsorted(chance.abilities, at), 1, max(len(chance.abilities) - 1, 1))
    if len(chance.abilities) == 1:
        return np.where(np.isfinite(values), shares[0], np.nan)
    left = right - 1
    width = chance.abilities[right] - chance.abilities[left]
    weight = np.clip((at - chance.abilities[left]) / np.where(width > 0, width, 1), 0, 1)
    rows = np.arange(len(values))
    mixed = (1 - weight) * shares[left, rows] + weight * shares[right, rows]
    return np.where(np.isfinite(values), mixed, np.nan)
