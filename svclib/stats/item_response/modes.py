"""Where a candidate's likelihood, weighted likelihood or posterior peaks.

Each estimate is a root of the likelihood's slope S(θ) plus a term of its own:

============  =======================  =============================================================
method        term                     source
============  =======================  =============================================================
``ml``        0                        maximum likelihood
``map``       (mean − θ) / sd²         mode of the posterior
``wle``       J / 2I                   Warm (1989); Magis & Raîche (2012) for several categories
``jeffreys``  I′ / 2I                  mode of the posterior under Jeffreys' prior; as ``wle`` except for 3PL
============  =======================  =============================================================

I is Fisher's information and J = Σ P′P″ / P over items and categories.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.item_response.curves import with_slopes
from svclib.stats.item_response.parameters import CUMULATIVE, ItemParameters
from svclib.stats.item_response.responses import Codes
from svclib.stats.item_response.sheets import Sheet, by_category, log_chances

MODES = ("ml", "map", "wle", "jeffreys")
FAR = 20.0
"""Estimates are sought between −20 and 20."""
_FLOOR = 1e-300
_ROUNDS = 60
_CLOSE = 1e-7
"""The search converges faster than linearly: a last step of this length leaves an error far below it."""
_NUDGE = 1e-4
_CELLS = 2**17
_TIE = 1e-9


@dataclass(frozen=True)
class Local:
    """Slope of the log-likelihood, I, I′ and J of candidates at an ability each (or at many), of one shape."""

    slope: Floats
    information: Floats
    rise: Floats
    bias: Floats


def search_grid() -> Floats:
    """Abilities between which roots are bracketed: dense where candidates are."""
    middle = np.linspace(-6, 6, 61)
    return np.concatenate([np.linspace(-FAR, -6.5, 28), middle, np.linspace(6.5, FAR, 28)])


def _parts(items: ItemParameters, theta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """P′/P by category (J × K × n), and I, I′, J by item (J × n)."""
    p, slope, curvature = with_slopes(items, theta)
    safe = np.maximum(p, _FLOOR)
    relative = np.where(p > 0, slope / safe, 0)
    information = (relative * slope).sum(axis=1)
    bias = (relative * curvature).sum(axis=1)
    rise = 2 * bias - (relative**2 * slope).sum(axis=1)
    return relative, information, rise, bias


def at_each(items: ItemParameters, codes: Codes, theta: Floats) -> Local:
    """Give the parts of the estimating equations of each candidate at an ability of their own, each (n,)."""
    two = bool((items.categories == 2).all())
    parts, width = (_right_or_wrong, len(items)) if two else (_chosen, 4 * len(items) * items.intercepts.shape[1])
    out = np.zeros((4, len(theta)))
    rows = max(_CELLS // width, 64)
    for start in range(0, len(theta), rows):
        here = slice(start, start + rows)
        there = codes[here] >= 0
        whole = bool(there.all())
        for place, part in enumerate(parts(items, codes[here], theta[here])):
            out[place, here] = (part if whole else np.where(there, part, 0)).sum(axis=1)
    return Local(*out)


def _chosen(items: ItemParameters, codes: Codes, theta: Floats) -> tuple[Floats, ...]:
    """P′/P of the category chosen, and I, I′, J, each n × J."""
    relative, *sums = _parts(items, theta)
    at = np.maximum(codes.T, 0).astype(np.intp)[:, None, :]
    return (np.take_along_axis(relative, at, axis=1)[:, 0].T, *(part.T for part in sums))


def _right_or_wrong(items: ItemParameters, codes: Codes, theta: Floats) -> tuple[Floats, ...]:
    """As `_chosen`, for items of two categories only: a fraction of the work."""
    raw = expit(theta[:, None] * items.slope + items.intercepts[:, 0])
    range_ = items.upper - items.lower
    slope = range_ * items.slope * raw * (1 - raw)
    right = items.lower + range_ * raw
    wrong = 1 - right if (items.upper < 1).any() else range_ * (1 - raw)
    scaled = slope / np.maximum(right * wrong, _FLOOR)
    information = scaled * slope
    bias = information * items.slope * (1 - 2 * raw)
    return (
        scaled * np.where(codes > 0, wrong, -right),
        information,
        2 * bias - information * scaled * (wrong - right),
        bias,
    )


def on_grid(items: ItemParameters, codes: Codes, theta: Floats) -> Local:
    """Give the parts of the estimating equations of every candidate at every ability, each n × Q."""
    relative, *sums = _parts(items, theta)
    there = (codes >= 0).astype(float)
    return Local(by_category(codes, relative), *(there @ part for part in sums))


def equation(local: Local, method: str, theta: Floats, mean: Floats, sd: Floats) -> Floats:
    """Give the estimating equation: positive below its root."""
    if method == "ml":
        return local.slope
    if method == "map":
        return local.slope + (mean - theta) / sd**2
    term = local.bias if method == "wle" else local.rise
    return local.slope + np.where(local.information > _FLOOR, term / np.maximum(2 * local.information, _FLOOR), 0)


def limits(items: ItemParameters) -> Floats:
    """Logarithms of the category probabilities as θ goes to −∞ and ∞: J × K × 2."""
    ends = np.zeros((len(items), items.intercepts.shape[1] + 1, 2))
    rows = np.arange(len(items))
    for place, sign in enumerate((-1, 1)):
        top = sign * items.slope > 0
        ends[rows, np.where(top, items.highest, 0), place] = np.where(top, items.upper, 1 - items.lower)
        other = np.where(top, 1 - items.upper, items.lower)
        two = np.isin(items.model.astype(str), CUMULATIVE) & (items.categories == 2)
        ends[rows[two], np.where(top, 0, 1)[two], place] = other[two]
    flat = items.slope == 0
    if flat.any():
        ends[flat] = np.exp(log_chances(items.take(flat), np.zeros(1)))
    return np.asarray(np.log(np.maximum(ends, _FLOOR)))


def modes(sheet: Sheet, method: str) -> tuple[Floats, Ints]:
    """Find the estimates of all candidates, shape (N,), and where one is infinite: −1, 0, 1.

    Of several peaks the highest is taken. Without any item the estimate is NaN (``map``: the mean).
    """
    kept, place = distinct(sheet)
    small = sheet.take(kept)
    theta, end = np.full(len(kept), np.nan), np.zeros(len(kept), dtype=int)
    grid = search_grid()
    for rows in small.blocks(4 * len(grid)):
        part = small.take(rows)
        left, ends, values = _brackets(part, method, grid)
        solved = np.flatnonzero(ends == 0)
        theta[rows], end[rows] = np.where(ends < 0, -np.inf, np.inf), ends
        if len(solved):
            places = left[solved] + np.array([[0], [1]])
            inner = _solve(part.take(solved), method, grid[places], values[solved, places])
            theta[np.arange(len(kept))[rows][solved]] = inner
    empty = small.answered == 0
    theta[empty], end[empty] = small.mean[empty] if method == "map" else np.nan, 0
    return theta[place], end[place]


def distinct(sheet: Sheet) -> tuple[Ints, Ints]:
    """Rows that stand for all, and the place of each candidate's among them; all rows where grouping gains nothing."""
    sizes = [*(sheet.items.categories + 1), len(sheet.means)]
    if np.log(sizes).sum() > np.log(max(len(sheet.codes), 1)):
        every = np.arange(len(sheet.codes))
        return every, every
    key = sheet.group.astype(np.int64)
    for item, size in enumerate(sizes[:-1]):
        key = key * int(size) + sheet.codes[:, item] + 1
    _values, first, place = np.unique(key, return_index=True, return_inverse=True)
    return first, place.reshape(-1)


def _brackets(sheet: Sheet, method: str, grid: Floats) -> tuple[Ints, Ints, Floats]:
    """Find the interval of the grid that holds the highest peak, or the end to which the function rises.

    Also gives the equation on the grid.
    """
    local = on_grid(sheet.items, sheet.codes, grid)
    mean, sd = sheet.mean[:, None], sheet.sd[:, None]
    slope = equation(local, method, grid[None, :], mean, sd)
    height = by_category(sheet.codes, log_chances(sheet.items, grid))
    if method == "map":
        height -= 0.5 * ((grid[None, :] - mean) / sd) ** 2
    elif method != "ml":
        height += 0.5 * np.log(np.maximum(local.information, _FLOOR))
    falls = (slope[:, :-1] > 0) & (slope[:, 1:] <= 0)
    peak = np.where(falls, np.maximum(height[:, :-1], height[:, 1:]), -np.inf)
    left = peak.argmax(axis=1)
    best = peak[np.arange(len(peak)), left]
    end = np.where(np.isfinite(best), 0, np.where(slope[:, -1] > 0, 1, -1))
    if method == "ml":
        edge = by_category(sheet.codes, limits(sheet.items))
        side = edge.argmax(axis=1)
        beyond = edge[np.arange(len(edge)), side] >= best - _TIE
        end = np.where(beyond, 2 * side - 1, np.where(np.isfinite(best), 0, end))
    return left, end, slope


def _solve(sheet: Sheet, method: str, ends: Floats, values: Floats) -> Floats:
    """Find the root between the ends (2 × n, with their values) by false position (Anderson & Björck 1973)."""
    (low, high), (at_low, at_high) = ends.copy(), values.copy()
    root, todo, last = (low + high) / 2, np.ones(len(low), dtype=bool), np.zeros(len(low), dtype=int)
    for _round in range(_ROUNDS):
        step = ratio(at_low[todo], at_low[todo] - at_high[todo])
        step = np.where((step > 0) & (step < 1), step, 0.5)
        point = low[todo] + step * (high[todo] - low[todo])
        local = at_each(sheet.items, sheet.codes[todo], point)
        found = equation(local, method, point, sheet.mean[todo], sheet.sd[todo])
        moved = np.abs(point - root[todo])
        root[todo] = point
        _narrow((low, high, at_low, at_high), (todo, last), point, found)
        todo[todo] = (moved > _CLOSE) & (found != 0)
        if not todo.any():
            break
    return root


def _narrow(
    bracket: tuple[Floats, Floats, Floats, Floats], state: tuple[Bools, Ints], point: Floats, found: Floats
) -> None:
    """Replace the end on the point's side; weigh down the value at an end that stays for the second time."""
    todo, last = state
    low, high, at_low, at_high = (part[todo] for part in bracket)
    up = found > 0
    again = last[todo] == np.where(up, 1, -1)
    factor = 1 - ratio(found, np.where(up, at_low, at_high))
    factor = np.where(again, np.where((factor > 0) & (factor < 1), factor, 0.5), 1.0)
    bracket[0][todo], bracket[1][todo] = np.where(up, point, low), np.where(up, high, point)
    bracket[2][todo] = np.where(up, found, at_low * factor)
    bracket[3][todo] = np.where(up, at_high * factor, found)
    last[todo] = np.where(up, 1, -1)


def mode_errors(sheet: Sheet, method: str, theta: Floats, *, observed: bool) -> Floats:
    """Standard errors of finite estimates: 1 / √I (``map``: 1 / √(I + 1 / sd²)), or by the curvature seen."""
    out = np.full(len(theta), np.nan)
    rows = np.flatnonzero(np.isfinite(theta))
    part, at = sheet.take(rows), theta[rows]
    if observed:
        ends = [
            equation(at_each(part.items, part.codes, at + nudge), method, at + nudge, part.mean, part.sd)
            for nudge in (-_NUDGE, _NUDGE)
        ]
        precision = (ends[0] - ends[1]) / (2 * _NUDGE)
    else:
        precision = at_each(part.items, part.codes, at).information
        precision = precision + 1 / part.sd**2 if method == "map" else precision
    out[rows] = np.sqrt(np.where(precision > 0, 1 / np.maximum(precision, _FLOOR), np.nan))
    return out
