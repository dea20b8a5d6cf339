"""How often a regression puts two cases in the right order (Harrell's C), with the error from each case's influence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.clocks.partial import Cohort
from svclib.stats.clocks.spells import ClockNote
from svclib.stats.estimate import estimates

_SAME = 1e-10
"""Predictions closer than this differ by rounding only."""


@dataclass(frozen=True)
class Pairs:
    """Weighted pairs that each case is part of, in which the earlier end had the larger, smaller or same prediction."""

    concordant: Floats
    discordant: Floats
    tied: Floats


def concordance(cohort: Cohort, linear: Floats, level: float) -> pd.DataFrame:
    """Estimate the concordance of a prediction with the order of the ends.

    Pairs count if the earlier of the two ended, the later one being followed then. C is the share of pairs in which
    the earlier had the larger prediction, ties of the prediction by half; its error is the infinitesimal jackknife's,
    its interval t on the logit scale, with the ends less the terms as degrees of freedom.
    """
    order = np.lexsort((~cohort.died, cohort.cell))
    ranks = _ranks(linear)[order]
    sorted_cell, died, weights = cohort.cell[order], cohort.died[order], cohort.weights[order]
    cases = _Cases(sorted_cell, died, weights, ranks, cohort.entry[order], cohort.stratum[order], cohort.width)
    earlier, later = _as_earlier(cases), _as_later(cases)
    concordant, discordant, tied = (
        (weights[died] * getattr(earlier, name)[died]).sum() for name in ("concordant", "discordant", "tied")
    )
    pairs = concordant + discordant + tied
    share = float(ratio(concordant + tied / 2, pairs))
    good, every = (
        (earlier.concordant + later.concordant) + (earlier.tied + later.tied) / 2,
        sum(getattr(side, name) for side in (earlier, later) for name in ("concordant", "discordant", "tied")),
    )
    error = float(np.sqrt((ratio(weights * (good - share * every), pairs) ** 2).sum()))
    df = float(max(died.sum() - cohort.x.shape[1], 1))
    row = _row(share, error, (len(linear), df), level)
    both, same = _tied_ends(cases)
    counts = {"concordant": concordant, "discordant": discordant, "tied_x": tied, "tied_y": both - same}
    return row.assign(**counts, tied_xy=same)


def _row(share: float, error: float, size: tuple[int, float], level: float) -> pd.DataFrame:
    scaled = float(ratio(error, share * (1 - share))) * float(stdtrit(size[1], (1 + level) / 2))
    inside = 0 < share < 1
    middle = np.log(share / (1 - share)) if inside else np.nan
    note = "" if inside else ClockNote.NO_PAIRS if np.isnan(share) else ClockNote.ALL_ORDERED
    return estimates(
        pd.DataFrame(index=range(1)),
        term="concordance",
        n=size[0],
        level=level,
        df=size[1],
        method="t on the logit scale, infinitesimal jackknife",
        estimate=share,
        std_error=error,
        low=1 / (1 + np.exp(scaled - middle)),
        high=1 / (1 + np.exp(-scaled - middle)),
        note=str(note),
    )


def _ranks(linear: Floats) -> Ints:
    order = np.argsort(linear)
    new = np.diff(linear[order], prepend=-np.inf) > _SAME * max(1.0, float(np.abs(linear).max(initial=0.0)))
    rank = np.empty(len(linear), dtype=np.int64)
    rank[order] = np.cumsum(new) - 1
    return rank


@dataclass(frozen=True)
class _Cases:
    """Cases sorted by stratum, time, and ends before open cases of the same time."""

    cell: Ints
    died: np.ndarray
    weights: Floats
    rank: Ints
    entry: Ints
    stratum: Ints
    width: int


def _as_earlier(cases: _Cases) -> Pairs:
    """Pairs in which a case ended first: with those followed longer, or open at the same time."""
    died_until = np.searchsorted(2 * cases.cell + ~cases.died, 2 * cases.cell, side="right")
    last = np.searchsorted(cases.stratum, cases.stratum, side="right")
    found = _counts(cases.rank, cases.weights, died_until, last, cases.rank)
    late = np.argsort(cases.entry, kind="stable")
    entries = cases.entry[late]
    first_late, last_late = np.searchsorted(entries, cases.cell), np.searchsorted(entries, _edge(cases))
    missed = _counts(cases.rank[late], cases.weights[late], first_late, last_late, cases.rank)
    less, same, more = (np.where(cases.died, one - other, 0.0) for one, other in zip(found, missed, strict=True))
    return Pairs(less, more, same)


def _edge(cases: _Cases) -> Ints:
    return (cases.stratum + 1) * cases.width


def _as_later(cases: _Cases) -> Pairs:
    """Pairs in which another case had ended before, while this one was followed."""
    dead = np.flatnonzero(cases.died)
    cells = cases.cell[dead]
    last = np.where(cases.died, np.searchsorted(cells, cases.cell), np.searchsorted(cells, cases.cell, side="right"))
    first = np.searchsorted(cells, cases.entry, side="right")
    less, same, more = _counts(cases.rank[dead], cases.weights[dead], first, last, cases.rank)
    return Pairs(more, less, same)


def _counts(rank: Ints, weights: Floats, first: Ints, last: Ints, asked: Ints) -> tuple[Floats, Floats, Floats]:
    """Weight of the places from `first` to before `last` whose rank lies below, at and above the one asked for."""
    below = weight_below(rank, weights, first, last, asked)
    upto = weight_below(rank, weights, first, last, asked + 1)
    total = np.concatenate([[0.0], np.cumsum(weights)])
    return below, upto - below, total[last] - total[first] - upto


def weight_below(rank: Ints, weights: Floats, first: Ints, last: Ints, limit: Ints) -> Floats:
    """Sum the weights of the places from `first` to before `last` whose rank lies below `limit`.

    Bit by bit from the highest, the places with a 0 are put before those with a 1 (a wavelet matrix; Claude and
    Navarro 2012): every question follows its bits in as many steps, all questions at once.

    Examples
    --------
    >>> ranks, ones = np.array([2, 0, 1, 2]), np.ones(4)
    >>> weight_below(ranks, ones, np.array([0, 1]), np.array([4, 3]), np.array([2, 1])).tolist()
    [2.0, 1.0]
    """
    found = np.zeros(len(first))
    highest = int(max(rank.max(initial=0), limit.max(initial=0)))
    for bit in range(highest.bit_length() - 1, -1, -1):
        one = (rank >> bit) & 1
        zeros = np.concatenate([[0], np.cumsum(1 - one)])
        weight = np.concatenate([[0.0], np.cumsum(weights * (1 - one))])
        up = (limit >> bit) & 1 == 1
        found += np.where(up, weight[last] - weight[first], 0.0)
        first, last = (np.where(up, zeros[-1] + place - zeros[place], zeros[place]) for place in (first, last))
        order = np.argsort(one, kind="stable")
        rank, weights = rank[order], weights[order]
    return found


def _tied_ends(cases: _Cases) -> tuple[float, float]:
    """Weighted pairs that ended at the same time, and those of them with the same prediction."""
    dead, size = cases.died, int(cases.rank.max(initial=0)) + 1
    found = []
    for key in (cases.cell, cases.cell * size + cases.rank):
        where = np.unique(key[dead], return_inverse=True)[1]
        weight = cases.weights[dead]
        found.append(float((np.bincount(where, weight) ** 2 - np.bincount(where, weight**2)).sum() / 2))
    return found[0], found[1]
