"""Ranking units so that small ones neither win nor lose by luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.compare.groups import CompareNote
from svclib.stats.estimate import MIN_MEAN, Note, cell_notes, check_level, estimates
from svclib.stats.marks import _

MIN_UNITS = 3
"""Fewer units do not tell how far units spread."""
_GRID = 400
_WIDEST = 4.0
"""The grid of the spread between units ends at so many times the spread of their observed values."""


@dataclass(frozen=True)
class Ranking:
    """Units in order, the best first.

    Attributes
    ----------
    units : DataFrame
        A row a unit, in the shape of an estimate behind the unit's columns: ``estimate`` is the shrunken value; then
        ``observed``, ``shrinkage`` (share of the way from the observed value to the common mean), ``rank`` (expected),
        ``rank_low, rank_high`` (interval of the rank at `level`), ``p_first``, ``p_last`` and ``p_above`` (the
        probability of being above the units' mean).
    probabilities : DataFrame
        The unit's columns, ``rank`` and ``probability``, a row for each unit and rank.
    """

    units: pd.DataFrame
    probabilities: pd.DataFrame


@dataclass(frozen=True)
class Units:
    """Units as they were observed; `told` marks those with a value."""

    keys: pd.DataFrame
    observed: Floats
    error: Floats
    n: Floats
    told: Bools
    notes: list[str]


@dataclass(frozen=True)
class Posterior:
    """What the answers say of units' true values: on each grid point of the spread, normal."""

    weights: Floats
    centre: Floats
    centre_variance: Floats
    spread: Floats


def rank_units(
    estimated: pd.DataFrame,
    by: str | Sequence[str],
    *,
    highest_first: bool = True,
    draws: int = 4000,
    seed: int = 1,
    level: float = 0.95,
) -> Ranking:
    """Rank units (branches, teams) by their shrunken means or shares, with the probability of each rank.

    Observed values y are taken as normal about the true ones θ with variance σ²/n, and these as normal about a common
    mean with spread τ (empirical Bayes, Efron and Morris 1975). σ² is pooled over the units, because the spread of a
    few answers is itself luck: three answers of 5 have none. τ is not set to one value but averaged over its posterior
    (uniform prior; Gelman et al., Bayesian Data Analysis, 5.4), so that few units do not look more certain than they
    are. Means and errors are exact on a grid of τ; ranks are counted in seeded draws, so that a call repeats.

    Parameters
    ----------
    estimated : DataFrame
        What `stats.mean`, `stats.proportion`, `stats.csat` … give: a row a unit, with ``estimate, std_error, n``.
    by : str or list of str
        The unit's columns.
    highest_first : bool
        Whether rank 1 is the highest value; False where less is better, such as waiting times.
    draws, seed : int
    level : float

    Returns
    -------
    Ranking
        Units without answers come last, without a rank; fewer than three units get none either.

    Raises
    ------
    InvalidInput
        Naming a column that is absent, or a unit that is there twice.

    Examples
    --------
    >>> shares = pd.DataFrame({"branch": list("abcd"), "estimate": [1.0, 0.9, 0.7, 0.5], "n": [2, 100, 90, 95]})
    >>> shares["std_error"] = [0, 0.03, 0.05, 0.05]
    >>> rank_units(shares, "branch").units["branch"].tolist()
    ['b', 'a', 'c', 'd']
    """
    check_level(level)
    _check_draws(draws)
    units = _read(estimated, names_of(by))
    variance = _sampling_variance(units)[units.told]
    if len(variance) < MIN_UNITS or np.isnan(variance).any():
        return _untold(units, level, CompareNote.THREE_UNITS if len(variance) < MIN_UNITS else CompareNote.NO_SPREAD)
    observed = units.observed[units.told]
    posterior = _posterior(observed, variance)
    ranks, above = _ranks(observed, variance, posterior, draws, seed, highest_first)
    return _ranking(units, _moments(observed, variance, posterior), ranks, above, level)


def _check_draws(draws: int) -> None:
    if not 100 <= draws <= 100_000:
        raise InvalidInput(_("draws is {draws}; give a number from 100 to 100000."), draws=draws)


def _read(estimated: pd.DataFrame, by: list[str]) -> Units:
    check_columns(check_frame(estimated), [*by, "estimate", "std_error", "n"])
    if not by:
        raise InvalidInput(_("by names no column; name the column of the units, such as branch."))
    keys = estimated[by].reset_index(drop=True)
    twice = keys[keys.duplicated()]
    if len(twice):
        raise InvalidInput(
            _('The unit "{unit}" is there twice; keep one row a unit (one term, one month) or name more columns.'),
            unit=", ".join(str(value) for value in twice.iloc[0]),
        )
    values, error, n = (numbers(estimated, name) for name in ("estimate", "std_error", "n"))
    counts = np.nan_to_num(n)
    told = ~np.isnan(values) & (counts >= 1)
    notes = np.where(told, cell_notes(counts, MIN_MEAN), _reasons(estimated))
    return Units(keys, values, error, counts, told, [str(note) for note in notes])


def _reasons(estimated: pd.DataFrame) -> list[str]:
    """Why a value is missing: what its own note says, such as that it is hidden."""
    given = estimated["note"] if "note" in estimated.columns else [""] * len(estimated)
    return [str(note) if isinstance(note, str) and note else Note.NO_ANSWERS.value for note in given]


def _sampling_variance(units: Units) -> Floats:
    """Variance of each observed value from the pooled variance of one answer; NaN where that is unknown or 0."""
    n, known = units.n, units.told & ~np.isnan(units.error) & (units.n >= 2)
    freedom = np.where(known, n - 1, 0)
    pooled = float(ratio((freedom * np.where(known, n * units.error**2, 0)).sum(), freedom.sum()))
    return ratio(pooled if pooled > 0 else np.nan, n)


def _posterior(observed: Floats, variance: Floats) -> Posterior:
    """Posterior of τ on a grid with the common mean integrated out (Gelman et al., equation 5.21)."""
    widest = _WIDEST * max(float(observed.std(ddof=1)), float(np.sqrt(variance.min())))
    spread = (np.arange(_GRID) + 0.5) * widest / _GRID
    precision = 1 / (variance[None, :] + spread[:, None] ** 2)
    centre_variance = 1 / precision.sum(axis=1)
    centre = centre_variance * (precision * observed).sum(axis=1)
    misfit = (precision * (observed - centre[:, None]) ** 2).sum(axis=1)
    log = 0.5 * (np.log(centre_variance) + np.log(precision).sum(axis=1) - misfit)
    weights = np.exp(log - log.max())
    return Posterior(weights / weights.sum(), centre, centre_variance, spread)


def _moments(observed: Floats, variance: Floats, posterior: Posterior) -> tuple[Floats, Floats, Floats]:
    """Exact posterior means, standard deviations and shrinkage of the units, averaged over τ."""
    shrink = variance / (variance + posterior.spread[:, None] ** 2)
    means = shrink * posterior.centre[:, None] + (1 - shrink) * observed
    within = (1 - shrink) * variance + shrink**2 * posterior.centre_variance[:, None]
    mean = posterior.weights @ means
    squares = posterior.weights @ (within + (means - mean) ** 2)
    return mean, np.sqrt(squares), posterior.weights @ shrink


def _ranks(
    observed: Floats, variance: Floats, posterior: Posterior, draws: int, seed: int, highest_first: bool
) -> tuple[Ints, Floats]:
    """Draw true values: ranks (draws × units), and the probability of being above the units' mean."""
    generator = np.random.default_rng(seed)
    point = generator.choice(_GRID, draws, p=posterior.weights)
    noise = generator.standard_normal((draws, len(observed) + 1))
    centre = posterior.centre[point] + np.sqrt(posterior.centre_variance[point]) * noise[:, 0]
    shrink = variance / (variance + posterior.spread[point][:, None] ** 2)
    mean = shrink * centre[:, None] + (1 - shrink) * observed
    true = mean + np.sqrt((1 - shrink) * variance) * noise[:, 1:]
    order = np.argsort(-true if highest_first else true, axis=1)
    return np.argsort(order, axis=1) + 1, (true > true.mean(axis=1, keepdims=True)).mean(axis=0)


def _ranking(
    units: Units,
    moments: tuple[Floats, Floats, Floats],
    ranks: Ints,
    above: Floats,
    level: float,
) -> Ranking:
    mean, error, shrinkage = moments
    tail, count = (1 - level) / 2, int(units.told.sum())
    reach = float(ndtri((1 + level) / 2)) * error
    low, high = np.quantile(ranks, [tail, 1 - tail], axis=0, method="inverted_cdf")
    told_parts = {
        "estimate": mean,
        "std_error": error,
        "low": mean - reach,
        "high": mean + reach,
        "shrinkage": shrinkage,
        "rank": ranks.mean(axis=0),
        "rank_low": low,
        "rank_high": high,
        "p_first": (ranks == 1).mean(axis=0),
        "p_last": (ranks == count).mean(axis=0),
        "p_above": above,
    }
    parts = {name: _spread_out(values, units.told) for name, values in told_parts.items()}
    order = np.argsort(np.where(units.told, parts["rank"], np.inf), kind="stable")
    frame = _frame(units, units.notes, level, parts).iloc[order].reset_index(drop=True)
    return Ranking(frame, _probabilities(units, ranks, order[:count]))


def _spread_out(values: Floats, told: Bools) -> Floats:
    out = np.full(len(told), np.nan)
    out[told] = values
    return out


def _frame(units: Units, notes: list[str], level: float, parts: dict[str, Any]) -> pd.DataFrame:
    shape = ("estimate", "std_error", "low", "high")
    columns: dict[str, Any] = {name: parts[name] for name in shape}
    out = estimates(
        units.keys, term="shrunken", n=units.n, level=level, method="empirical Bayes", note=notes, **columns
    )
    rest = {name: values for name, values in parts.items() if name not in shape}
    return out.assign(observed=units.observed, **rest)


def _probabilities(units: Units, ranks: Ints, order: Ints) -> pd.DataFrame:
    place = np.cumsum(units.told) - 1
    count = ranks.shape[1]
    table = np.stack([(ranks == rank).mean(axis=0) for rank in range(1, count + 1)], axis=1)[place[order]]
    frame = units.keys.loc[np.repeat(order, count)].reset_index(drop=True)
    return frame.assign(rank=np.tile(np.arange(1, count + 1), count), probability=table.ravel())


def _untold(units: Units, level: float, note: str) -> Ranking:
    names = ("estimate", "std_error", "low", "high", "shrinkage", "rank", "rank_low", "rank_high")
    parts = {name: np.full(len(units.keys), np.nan) for name in (*names, "p_first", "p_last", "p_above")}
    notes = [str(note) if told else own for told, own in zip(units.told, units.notes, strict=True)]
    empty = units.keys.iloc[:0].assign(rank=np.zeros(0, dtype=np.int64), probability=np.zeros(0))
    return Ranking(_frame(units, notes, level, parts), empty)
