"""Infit and outfit: how much answers stray from what the model expects, of items and of candidates.

Outfit is the mean of squared standardised residuals, infit the same weighted by information. Both are 1 in the mean
where the model holds; above it answers are noisier, below it more regular than the model allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats, ratio
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.responses import Codes
from svclib.stats.item_response.sheets import Sheet

LEAST_VARIANCE = 1e-5**0.5
"""Variances of an answer below count as this, so that a single surprise does not decide alone (as R mirt does)."""
_WIDEST = 2**0.5


@dataclass(frozen=True)
class Residuals:
    """Answers less what was expected, of candidates × items; 0 where there is no answer."""

    square: Floats
    variance: Floats
    fourth: Floats
    there: Floats


def moments(items_chances: Floats) -> tuple[Floats, Floats, Floats]:
    """Expected score, variance and fourth central moment from category probabilities J × K × n, each J × n."""
    score = np.arange(items_chances.shape[1], dtype=float)[None, :, None]
    mean = (score * items_chances).sum(axis=1)
    apart = (score - mean[:, None]) ** 2
    return mean, (apart * items_chances).sum(axis=1), (apart**2 * items_chances).sum(axis=1)


def residuals_at(sheet: Sheet, theta: Floats) -> Iterator[tuple[slice, Residuals]]:
    """Give the residuals of each block of candidates at an ability each; infinite abilities have none."""
    for rows in sheet.blocks(len(sheet.items) * (sheet.items.intercepts.shape[1] + 1) * 2):
        at = theta[rows]
        known = np.isfinite(at)
        mean, variance, fourth = moments(probabilities(sheet.items, np.where(known, at, 0)))
        codes = sheet.codes[rows]
        there = (codes >= 0) & known[:, None]
        yield (
            rows,
            Residuals(
                np.where(there, (codes - mean.T) ** 2, 0),
                np.where(there, np.maximum(variance.T, LEAST_VARIANCE), 0),
                np.where(there, fourth.T, 0),
                there.astype(float),
            ),
        )


def standardised(mean_square: Floats, error: Floats) -> Floats:
    """Bring mean squares to a scale where they are about normal (the cube root of Wilson & Hilferty 1931)."""
    spread = np.minimum(error, _WIDEST)
    return (np.cbrt(mean_square) - 1) * ratio(3, spread) + spread / 3


def squares_at(sheet: Sheet, theta: Floats, axis: int) -> dict[str, Floats]:
    """Give infit, outfit and their z at estimated abilities: of items (`axis` 0) or of candidates (1).

    The errors are those of answers at known abilities (Wright & Masters 1982).
    """
    size = len(sheet.items) if axis == 0 else len(sheet.codes)
    sums = np.zeros((6, size))
    for rows, part in residuals_at(sheet, theta):
        safe = np.where(part.there > 0, part.variance, 1)
        pieces = (
            part.square / safe, part.there, part.square, part.variance, part.fourth / safe**2,
            part.fourth - part.variance**2,
        )  # fmt: skip
        for place, piece in enumerate(pieces):
            if axis == 0:
                sums[place] += piece.sum(axis=0)
            else:
                sums[place, rows] = piece.sum(axis=1)
    scaled, count, square, variance, kurtosis, spread = sums
    outfit, infit = ratio(scaled, count), ratio(square, variance)
    outer = np.sqrt(np.abs(ratio(kurtosis, count**2) - ratio(1, count)))
    inner = ratio(np.sqrt(np.maximum(spread, 0)), variance)
    return {
        "infit": infit, "z_infit": standardised(infit, inner), "outfit": outfit,
        "z_outfit": standardised(outfit, outer), "n": count,
    }  # fmt: skip


def item_squares(sheet: Sheet) -> dict[str, Floats]:
    """Give infit, outfit and their z of the items, taken over each candidate's posterior instead of at an estimate.

    An answer and an ability drawn from the posterior after it are a draw from the model, so both squares have mean 1
    exactly where the model holds; estimates are drawn towards the answers, which makes squares too small. The errors
    are those seen between candidates.
    """
    theta = sheet.nodes()
    chances = probabilities(sheet.items, theta)
    mean, variance, _fourth = moments(chances)
    variance = np.maximum(variance, LEAST_VARIANCE)
    square = (np.arange(chances.shape[1])[None, :, None] - mean[:, None]) ** 2
    tables = np.concatenate([square / variance[:, None], square], axis=1)
    sums = np.zeros((8, len(sheet.items)))
    for rows, weights in sheet.posteriors(theta):
        codes = sheet.codes[rows]
        there = codes >= 0
        out, inner = (_picked(weights, part, codes) for part in np.split(tables, 2, axis=1))
        width = np.where(there, weights @ variance.T, 0)
        pieces = (out, out**2, inner, inner**2, width, width**2, inner * width, there)
        sums += np.array([piece.sum(axis=0) for piece in pieces])
    return _with_errors(sums)


def _picked(weights: Floats, table: Floats, codes: Codes) -> Floats:
    """Mean over the posterior of the value that belongs to each answer, n × J; 0 where there is none."""
    out = np.zeros(codes.shape)
    for category in range(table.shape[1]):
        chosen = codes == category
        if chosen.any():
            out += np.where(chosen, weights @ table[:, category].T, 0)
    return out


def _with_errors(sums: Floats) -> dict[str, Floats]:
    out, out2, inner, inner2, width, width2, cross, n = sums
    outfit, infit = ratio(out, n), ratio(inner, width)
    outer = np.sqrt(np.maximum(ratio(out2, n) - outfit**2, 0) / np.maximum(n, 1))
    about = np.maximum(inner2 - 2 * infit * cross + infit**2 * width2, 0)
    return {
        "infit": infit, "z_infit": standardised(infit, ratio(np.sqrt(about), width)), "outfit": outfit,
        "z_outfit": standardised(outfit, outer), "n": n,
    }  # fmt: skip
