"""Orlando and Thissen's tables: answers to an item by the sum score, as met and as the model expects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats, Ints
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.sheets import Sheet

LEAST = 1.0
"""Cells with a smaller expected count are merged (as R mirt does)."""
_RARE_ROWS = 0.1
_RARE_COLUMN = 0.05


@dataclass(frozen=True)
class Cells:
    """Counts by sum score (rows) and category of one item, as met and expected; NaN expected where impossible."""

    observed: Floats
    expected: Floats


def tables(sheet: Sheet) -> list[Cells]:
    """Give the table of each item, the sums without the lowest and highest; everybody must have answered every item."""
    theta = sheet.nodes()
    share = np.bincount(sheet.group, minlength=len(sheet.labels)) / len(sheet.codes)
    prior = share @ sheet.prior(theta)
    chances, highest = probabilities(sheet.items, theta), sheet.items.highest
    top = int(highest.sum())
    sums, counts = sheet.totals, np.bincount(sheet.totals, minlength=top + 1)
    out: list[Cells] = [Cells(np.zeros((0, 0)), np.zeros((0, 0)))] * len(highest)
    for item, rest in _leave_one_out(np.ones((1, len(theta))), np.arange(len(highest)), chances, highest):
        width = int(highest[item]) + 1
        joint = np.zeros((top + 1, width))
        there = np.zeros((top + 1, width), dtype=bool)
        for score in range(width):
            place = slice(score, score + len(rest))
            joint[place, score] = (rest * chances[item, score]) @ prior
            there[place, score] = True
        all_sums = joint.sum(axis=1, keepdims=True)
        expected = np.where(there, counts[:, None] * joint / np.maximum(all_sums, 1e-300), np.nan)
        observed = np.bincount(sums * width + sheet.codes[:, item], minlength=(top + 1) * width)
        out[item] = Cells(observed.reshape(-1, width)[1:-1].astype(float), expected[1:-1])
    return out


def _leave_one_out(start: Floats, places: Ints, chances: Floats, highest: Ints) -> list[tuple[int, Floats]]:
    """Give the sum score distribution of all items but one, for each, by halving: J log J steps instead of J²."""
    if len(places) == 1:
        return [(int(places[0]), start)]
    half = len(places) // 2
    first, second = places[:half], places[half:]
    without_first = _extended(start, second, chances, highest)
    without_second = _extended(start, first, chances, highest)
    return _leave_one_out(without_first, first, chances, highest) + _leave_one_out(
        without_second, second, chances, highest
    )


def _extended(start: Floats, places: Ints, chances: Floats, highest: Ints) -> Floats:
    out = start
    for item in places:
        most = int(highest[item])
        wider = np.zeros((len(out) + most, out.shape[1]))
        for score in range(most + 1):
            wider[score : score + len(out)] += out * chances[item, score]
        out = wider
    return out


def merged(cells: Cells) -> Cells:
    """Merge until every expected count is `LEAST` or more: neighbouring categories first, then neighbouring sums.

    Sums at which some category is impossible join the nearest full one; a sum with a single candidate joins the next.
    Cells that went into others have expected count 0.
    """
    observed, expected = _full_rows(cells.observed, cells.expected)
    met = observed.sum(axis=1) > 0
    observed, expected = observed[met], expected[met]
    observed, expected = _single_candidates(observed, expected)
    if len(expected) and expected.shape[1] > 2:
        for row in np.flatnonzero((expected < LEAST).any(axis=1)):
            observed[row], expected[row] = _across(observed[row], expected[row])
        observed, expected = _fewer_columns(observed, expected)
    return Cells(*_down(observed, expected))


def _full_rows(observed: Floats, expected: Floats) -> tuple[Floats, Floats]:
    lacking = np.isnan(expected).any(axis=1)
    observed, expected = observed.copy(), np.nan_to_num(expected)
    full = np.flatnonzero(~lacking)
    if not len(full):
        return observed[:0], expected[:0]
    for part in (observed, expected):
        part[full[0]] += part[: full[0]].sum(axis=0)
        part[full[-1]] += part[full[-1] + 1 :].sum(axis=0)
    return observed[full], expected[full]


def _join(observed: Floats, expected: Floats, row: int, other: int) -> tuple[Floats, Floats]:
    """Add a row to another and take it out."""
    observed[other] += observed[row]
    expected[other] += expected[row]
    return np.delete(observed, row, axis=0), np.delete(expected, row, axis=0)


def _single_candidates(observed: Floats, expected: Floats) -> tuple[Floats, Floats]:
    row = 0
    while row < len(observed) - 1:
        if observed[row].sum() == 1:
            observed, expected = _join(observed, expected, row, row + 1)
        else:
            row += 1
    if len(observed) > 1 and observed[-1].sum() == 1:
        observed, expected = _join(observed, expected, len(observed) - 1, len(observed) - 2)
    return observed, expected


def _across(observed: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Merge neighbouring categories of one sum, the smallest first, down to two."""
    seen, told = list(observed), list(expected)
    while len(told) > 2 and min(told) < LEAST:
        at = max(place for place, value in enumerate(told) if value == min(told))
        if at == 0:
            other = 1
        elif at == len(told) - 1:
            other = at - 1
        else:
            other = at - 1 if told[at - 1] <= told[at + 1] else at + 1
        told[other] += told[at]
        seen[other] += seen[at]
        del told[at], seen[at]
    pad = [0.0] * (len(expected) - len(told))
    return np.array(seen + pad), np.array(told + pad)


def _fewer_columns(observed: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Take out columns that the merging left nearly empty."""
    least = LEAST * np.ceil(_RARE_ROWS * len(expected))
    while expected.shape[1] > 2 and expected[:, -1].sum() < least:
        for part in (observed, expected):
            part[:, -2] += part[:, -1]
        observed, expected = observed[:, :-1], expected[:, :-1]
    kept = list(range(expected.shape[1]))
    for column in range(expected.shape[1] - 1, 0, -1):
        if (expected[:, column] > 0).mean() < _RARE_COLUMN:
            for part in (observed, expected):
                part[:, column - 1] += part[:, column]
            kept.remove(column)
    return observed[:, kept], expected[:, kept]


def _down(observed: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Merge sums with too small a cell into the neighbour with fewer candidates, from the lowest on."""
    while len(expected) > 1:
        small = ((expected < LEAST) & (expected != 0)).any(axis=1)
        if not small.any():
            break
        row, last = int(small.argmax()), len(expected) - 1
        if row in (0, last):
            other = 1 if row == 0 else last - 1
        else:
            other = row - 1 if observed[row - 1].sum() <= observed[row + 1].sum() else row + 1
        observed, expected = _join(observed, expected, row, other)
    return observed, expected
