"""Pairs of items that hang together beyond what the ability explains: Q3 and LD-X²."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.compare.adjustment import Adjustment, adjusted
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.estimated import estimated_counts
from svclib.stats.item_response.mean_squares import moments
from svclib.stats.item_response.person_chance import drawn_sheet
from svclib.stats.item_response.scoring import posterior_moments
from svclib.stats.item_response.sheets import Sheet, read_sheet, sheet_of
from svclib.stats.marks import _

FEWEST = 30
"""Candidates with both items that a pair needs."""
_SIMULATED = (20_000, 100_000)
_TIMES = 10


class PairNote(StrEnum):
    """Why a pair is not judged."""

    NONE = ""
    NEVER_TOGETHER = _("never given to the same candidate")
    TOO_FEW = _("fewer than 30 candidates were given both items")
    NO_SPREAD = _("an item has no spread among those who were given both")


def local_dependence(fit: Any, *, adjust: Adjustment = "bh", simulate: bool = True, seed: int = 1) -> pd.DataFrame:
    """Judge the pairs of items of a fit; see `dependence_of_items`."""
    known = estimated_counts(fit)[0] == 0
    return sheet_dependence(sheet_of(fit), known, adjust=adjust, simulate=simulate, seed=seed)


def dependence_of_items(
    responses: pd.DataFrame,
    items: Any,
    *,
    states: pd.DataFrame | None = None,
    mean: Any = 0.0,
    sd: Any = 1.0,
    calibrated: bool = False,
    adjust: Adjustment = "bh",
    simulate: bool = True,
    seed: int = 1,
) -> pd.DataFrame:
    """Judge whether pairs of items hang together beyond ability: a shared text, one gives the other away.

    ``q3`` is the correlation of the residuals at the EAP (Yen 1984). Where all is well it is somewhat below 0, for each
    answer is part of its own expectation, so two readings go with it: ``q3_adjusted`` = Q3 less the mean of all pairs
    (Marais 2013; above 0.2 worth a look, Christensen, Makransky & Horton 2017), and ``q3_expected``, what answers drawn
    from the items give for this very pair, from which `p_value` is told (Fisher's z). ``ld_x2`` compares the table of
    two items with its expectation (Chen & Thissen 1997), ``cramers_v`` is its size, signed: positive where the items
    hang together more than expected.

    Parameters
    ----------
    responses, items, states, mean, sd
        As in `svclib.stats.abilities`.
    calibrated : bool
        Whether the items were calibrated from these very answers: their margins then fit, and LD-X² has that many
        degrees of freedom less.
    adjust : {"bh", "holm", "bonferroni", "none"}
        How `p_adjusted` allows for the number of pairs.
    simulate : bool
        Draw the expectation of Q3; without it the mean of all pairs is taken.
    seed : int

    Returns
    -------
    DataFrame
        One row a pair: ``first, second, n, q3, q3_adjusted, q3_expected, p_value, p_adjusted, ld_x2, ld_df, ld_p,
        cramers_v, note``.

    Raises
    ------
    InvalidInput
        If there are fewer than two items.
    """
    sheet = read_sheet(responses, items, states=states, mean=mean, sd=sd)
    known = np.full(len(sheet.items), not calibrated)
    return sheet_dependence(sheet, known, adjust=adjust, simulate=simulate, seed=seed)


def sheet_dependence(
    sheet: Sheet, known: Bools, *, adjust: Adjustment = "bh", simulate: bool = True, seed: int = 1
) -> pd.DataFrame:
    """Judge the pairs of items of a sheet, some of them `known` from elsewhere; see `dependence_of_items`."""
    if len(sheet.items) < 2:
        raise InvalidInput(_("Pairs need at least two items; this has {count}."), count=len(sheet.items))
    first, second = np.triu_indices(len(sheet.items), 1)
    q3, n = q3_matrix(sheet)
    seen, count = q3[first, second], n[first, second]
    seen = np.where(count < FEWEST, np.nan, seen)
    centre = float(np.nanmean(seen)) if np.isfinite(seen).any() else np.nan
    told, noise = np.full(len(seen), centre), np.zeros(len(seen))
    if simulate and np.isfinite(seen).any():
        made = np.clip(_TIMES * len(sheet.codes), *_SIMULATED)
        drawn, others = q3_matrix(drawn_sheet(sheet, int(made), np.random.default_rng(seed))[0])
        told, noise = drawn[first, second], ratio(1, np.maximum(others[first, second] - 3, 1))
    apart = np.arctanh(np.clip(seen, -1 + 1e-12, 1 - 1e-12)) - np.arctanh(np.clip(told, -1 + 1e-12, 1 - 1e-12))
    z = apart / np.sqrt(1 / np.maximum(count - 3, 1) + noise)
    p = 2 * ndtr(-np.abs(z))
    table = pair_tables(sheet)
    few, own = count < FEWEST, np.where(known, sheet.items.highest, 0)
    df = table.df + own[first] + own[second]
    columns = {
        "first": [sheet.items.names[at] for at in first], "second": [sheet.items.names[at] for at in second],
        "n": count, "q3": seen, "q3_adjusted": seen - centre, "q3_expected": told, "p_value": p,
        "p_adjusted": adjusted(p, adjust), "ld_x2": np.where(few, np.nan, table.chi), "ld_df": df,
        "ld_p": np.where(few, np.nan, chdtrc(df, table.chi)),
        "cramers_v": np.where(few, np.nan, table.size),
    }  # fmt: skip
    notes = np.where(np.isnan(seen), str(PairNote.NO_SPREAD), str(PairNote.NONE)).astype(object)
    notes[few], notes[count == 0] = str(PairNote.TOO_FEW), str(PairNote.NEVER_TOGETHER)
    return pd.DataFrame(columns | {"note": notes})


def q3_matrix(sheet: Sheet) -> tuple[Floats, Ints]:
    """Give the correlations of the residuals at the EAP of those given both items, and how many they are: J × J."""
    ability, _error = posterior_moments(sheet)
    size = (len(sheet.items), len(sheet.items))
    product, total, square, n = (np.zeros(size) for _one in range(4))
    whole = bool(sheet.complete.all())
    for rows in sheet.blocks(len(sheet.items) * (sheet.items.intercepts.shape[1] + 1) * 2):
        expected = moments(probabilities(sheet.items, ability[rows]))[0].T
        marks = sheet.codes[rows] >= 0
        apart = np.ascontiguousarray(np.where(marks, sheet.codes[rows] - expected, 0.0))
        product += apart.T @ apart
        if whole:
            total += apart.sum(axis=0)[:, None]
            square += (apart**2).sum(axis=0)[:, None]
            n += len(apart)
        else:
            there = marks.astype(float)
            total += apart.T @ there
            square += (apart**2).T @ there
            n += there.T @ there
    count = np.maximum(n, 1)
    covariance = product - total * total.T / count
    spread = np.maximum(square - total**2 / count, 0)
    scale = np.sqrt(spread * spread.T)
    known = scale > 1e-12 * count
    return np.where(known, ratio(covariance, np.where(known, scale, 1)), np.nan), n.astype(np.int64)


@dataclass(frozen=True)
class PairTables:
    """LD-X² of the pairs (upper triangle by rows): statistic, degrees of freedom, signed Cramér's V."""

    chi: Floats
    df: Ints
    size: Floats


def pair_tables(sheet: Sheet) -> PairTables:
    """Compare the two-way tables of all pairs with what the model expects."""
    width, count = sheet.items.intercepts.shape[1] + 1, len(sheet.items)
    observed = np.zeros((count * width, count * width))
    pairs = np.zeros((len(sheet.labels), count, count))
    for rows in sheet.blocks(2 * count * width):
        codes = sheet.codes[rows]
        marks = (codes[:, :, None] == np.arange(width)).reshape(len(codes), -1).astype(float)
        observed += marks.T @ marks
        for place in range(len(sheet.labels)):
            there = (codes[sheet.group[rows] == place] >= 0).astype(float)
            pairs[place] += there.T @ there
    theta = sheet.nodes()
    chances = probabilities(sheet.items, theta).reshape(count * width, -1)
    expected = np.zeros_like(observed)
    for weights, n in zip(sheet.prior(theta), pairs, strict=True):
        expected += ((chances * weights) @ chances.T) * np.repeat(np.repeat(n, width, axis=0), width, axis=1)
    first, second = np.triu_indices(count, 1)
    shape = (count, width, count, width)
    seen, told = (part.reshape(shape)[first, :, second, :] for part in (observed, expected))
    tops = sheet.items.highest[first], sheet.items.highest[second]
    return _compared(seen, told, tops, pairs.sum(axis=0)[first, second])


def _compared(seen: Floats, told: Floats, tops: tuple[Ints, Ints], n: Floats) -> PairTables:
    cells = np.where(told > 0, (seen - told) ** 2 / np.where(told > 0, told, 1), 0)
    chi = cells.sum(axis=(1, 2))
    size = np.sqrt(ratio(chi, n * np.minimum(*tops)))
    lean = np.nan_to_num(gamma(seen)) - np.nan_to_num(gamma(told))
    return PairTables(chi, tops[0] * tops[1], np.where(lean < 0, -size, size))


def gamma(tables: Floats) -> Floats:
    """Goodman and Kruskal's gamma of tables n × K × M.

    >>> gamma(np.array([[[2.0, 1.0], [1.0, 2.0]]])).tolist()
    [0.6]
    """

    def after(part: Floats) -> Floats:
        """Sum of the cells behind and below each."""
        summed = part[:, ::-1, ::-1].cumsum(axis=1).cumsum(axis=2)[:, ::-1, ::-1]
        out = np.zeros_like(part)
        out[:, :-1, :-1] = summed[:, 1:, 1:]
        return out

    alike = (tables * after(tables)).sum(axis=(1, 2))
    flipped = tables[:, :, ::-1]
    unlike = (flipped * after(flipped)).sum(axis=(1, 2))
    return ratio(alike - unlike, alike + unlike)
