"""The M step: Fisher's scoring for the parameters of all items at once, given the expected counts."""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Floats
from svclib.stats.item_response import latent as ability
from svclib.stats.item_response.estep import Expected
from svclib.stats.item_response.kernels import Curves, complete_information, ordered
from svclib.stats.item_response.layout import FIXED, Layout

_REACH = 1.5
"""Largest change of a place in one step."""
_INNER = 3


def item_slopes(layout: Layout, curves: Curves, counts: Floats, values: Floats) -> Floats:
    """Derivatives of the expected log-likelihood (with the priors) by the places of the items: (J, S)."""
    items, places = curves.slopes.shape[:2]
    flat = curves.slopes.reshape(items, places, -1) @ counts.reshape(items, -1, 1)
    return np.asarray(flat[:, :, 0] + layout.prior_slope(values))


def maximised(layout: Layout, values: Floats, latent: Floats, theta: Floats, expected: Expected) -> Floats:
    """Give the free parameters after an M step from `values` and `latent`."""
    for _turn in range(_INNER):
        step = _tied_step if layout.tied else _step
        change = step(layout, values, theta, expected)
        size = np.abs(change).max(initial=0.0)
        values = _possible(layout, values, change * min(1.0, _REACH / size) if layout.tied and size else change)
        if size < 1e-3:
            break
    both = np.concatenate([values.reshape(-1), ability.moments(layout, latent, theta, expected.nodes).reshape(-1)])
    return layout.gather(both)


def _parts(layout: Layout, values: Floats, theta: Floats, expected: Expected) -> tuple[Floats, Floats]:
    curves = Curves(layout, values, theta)
    information = complete_information(curves, expected.exposed)
    at = np.arange(values.shape[1])
    information[:, at, at] += 1 / layout.prior_sd**2
    return item_slopes(layout, curves, expected.counts, values), information


def _step(layout: Layout, values: Floats, theta: Floats, expected: Expected) -> Floats:
    gradient, information = _parts(layout, values, theta, expected)
    free = layout.slots != FIXED
    at = np.arange(values.shape[1])
    information *= free[:, :, None] & free[:, None, :]
    information[:, at, at] += np.where(free, 1e-9 * (1 + np.abs(information[:, at, at])), 1.0)
    change = np.linalg.solve(information, np.where(free, gradient, 0)[:, :, None])[:, :, 0]
    return np.asarray(np.clip(change, -_REACH, _REACH))


def _tied_step(layout: Layout, values: Floats, theta: Floats, expected: Expected) -> Floats:
    gradient, information = _parts(layout, values, theta, expected)
    groups = layout.latent.shape
    dense = gathered(layout, information, np.zeros((groups[0], 2, 2)))
    dense[np.diag_indices(len(dense))] += 1e-9 * (1 + np.diag(dense))
    free = np.linalg.solve(dense, layout.total(gradient, np.zeros(groups)))
    out = np.zeros(values.shape)
    out[layout.slots != FIXED] = free[layout.slots[layout.slots != FIXED]]
    return out


def gathered(layout: Layout, items: Floats, groups: Floats) -> Floats:
    """Put the blocks of items (J, S, S) and groups (G, 2, 2) into one matrix of the free parameters."""
    out = np.zeros((layout.size, layout.size))
    for blocks, slots in ((items, layout.slots), (groups, layout.latent_slots)):
        row, column = (np.broadcast_to(at, blocks.shape) for at in (slots[:, :, None], slots[:, None, :]))
        kept = (row != FIXED) & (column != FIXED)
        np.add.at(out, (row[kept], column[kept]), blocks[kept])
    return out


def _possible(layout: Layout, values: Floats, change: Floats) -> Floats:
    """Take the step, shorter where it would leave an item's intercepts out of order."""
    out = values + change
    for _turn in range(12):
        wrong = ~ordered(layout, out)
        if not wrong.any():
            return out
        change = np.where(wrong[:, None], change / 2, change)
        out = values + change
    return np.where(ordered(layout, out)[:, None], out, values)
