"""Omega: how much of a score's variance the factors carry, and how much of it a general one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import names_of
from svclib.stats.estimate import MIN_MEAN, Note, cell_notes, check_level, estimates
from svclib.stats.marks import _
from svclib.stats.scales.correlations import LEFT_OUT, coded, complete_rows
from svclib.stats.scales.extraction import Method
from svclib.stats.scales.factors import HEYWOOD, check_factors, check_method, heywood
from svclib.stats.scales.jackknife import (
    NO_INTERVAL,
    UNKNOWN,
    LeftOut,
    Spread,
    leave_out,
    leave_out_polychoric,
    spread_of,
)
from svclib.stats.scales.matrices import correlation_of, is_singular, smoothed
from svclib.stats.scales.moments import moments
from svclib.stats.scales.polychoric import polychoric_core
from svclib.stats.scales.reliability import CONSTANT, grouped_items
from svclib.stats.scales.schmid_leiman import general_of

Correlation = Literal["pearson", "polychoric"]
Names = Sequence[str]

THREE_ITEMS = _("needs at least three items, or as many as the factors can be told from")
FEW = _("too few respondents for factors: give at least as many as items and one more")
COPIES = _("an item follows exactly from the others: leave one out")
AGAINST = _("an item loads negatively on the general factor: reverse it")


def omega(
    data: pd.DataFrame,
    items: Names | None = None,
    *,
    factors: int = 1,
    dimensions: Mapping[str, Names] | None = None,
    by: str | Names | None = None,
    method: Method = "minres",
    correlations: Correlation = "pearson",
    standardized: bool = False,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
    seed: int = 1,
) -> pd.DataFrame:
    """Estimate omega from respondents who answered every item.

    ω total = 1 − Σ unique variances / variance of the sum (McDonald 1999); ω hierarchical is the share of the general
    factor, (Σ loadings)² / variance of the sum, after Schmid and Leiman (Zinbarg, Revelle, Yovel and Li 2005).

    Parameters
    ----------
    data : DataFrame
        Respondents × items.
    items : list of str, optional
        All columns without it, less those of `by`.
    factors : int
        With two or more there is a general factor above them (oblimin); two can tell it only as equally near to both.
    dimensions : mapping of str to list of str, optional
        Instead of `items`: omega total of each dimension by one factor.
    by : str or list of str, optional
    method : {"minres", "ml"}
    correlations : {"pearson", "polychoric"}
        Polychoric: of the normal variables behind the categories, not of the sum of the answers.
    standardized : bool
        Of the sum of standardised items, as R's psych; otherwise of the answers as they are.
    level : float
        Of the jackknife's interval on the scale of log(1 − ω). Omega hierarchical comes out too small in samples, as
        their rotated factors correlate too little; its interval reaches up by that bias, which the jackknife tells.
    min_n : int
    seed : int
        Of the groups of respondents left out (200; 100 for polychoric correlations).

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`. ``term`` is ``omega_total``, ``omega_hierarchical``, or the dimension.

    Raises
    ------
    InvalidInput
        Naming an item that is absent, named twice or no number, or if the items cannot bear so many factors.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> visits = random.normal(size=(400, 1)) + random.normal(size=(400, 4))
    >>> omega(pd.DataFrame(visits, columns=list("abcd")))["estimate"].round(2).item()
    0.78
    """
    check_level(level)
    check_method(method)
    if correlations not in ("pearson", "polychoric"):
        raise InvalidInput(_('correlations is {value}; give "pearson" or "polychoric".'), value=repr(correlations))
    how = _How(factors, method, correlations, standardized, level, min_n, seed)
    if dimensions is None:
        return _grouped(data, items, by, how, {})
    if items is not None or not dimensions or not all(dimensions.values()):
        raise InvalidInput(_("Give either items, or dimensions with the items of each."))
    if factors != 1:
        raise InvalidInput(_("A dimension has one factor; leave out factors={factors}."), factors=factors)
    frames = [_grouped(data, list(part), by, how, {"omega_total": name}) for name, part in dimensions.items()]
    return pd.concat(frames, ignore_index=True)


@dataclass(frozen=True)
class _How:
    factors: int
    method: Method
    correlations: Correlation
    standardized: bool
    level: float
    min_n: int
    seed: int

    @property
    def terms(self) -> tuple[str, ...]:
        return ("omega_total",) if self.factors == 1 else ("omega_total", "omega_hierarchical")


def _grouped(
    data: pd.DataFrame, items: Names | None, by: str | Names | None, how: _How, called: Mapping[str, str]
) -> pd.DataFrame:
    names, answers, group, keys = grouped_items(data, items, by)
    if how.factors != 1 or len(names) > 2:
        check_factors(how.factors, len(names))
    found = [_estimated(answers[:, group == row], names, how) for row in range(len(keys))]
    terms = how.terms
    spreads = [one.spreads[place] for one in found for place in range(len(terms))]
    n = np.repeat([float(one.n) for one in found], len(terms))
    notes = np.repeat(np.array([one.note for one in found], dtype=object), len(terms))
    lost = [NO_INTERVAL if np.isnan(spread.low) else "" for spread in spreads]
    return estimates(
        keys.loc[np.repeat(np.arange(len(keys)), len(terms)), names_of(by)],
        term=[called.get(term, term) for _one in found for term in terms],
        estimate=[value for one in found for value in one.values],
        std_error=[spread.std_error for spread in spreads],
        low=[spread.low for spread in spreads],
        high=[spread.high for spread in spreads],
        n=n,
        level=how.level,
        df=[spread.df for spread in spreads],
        method=f"jackknife, {how.method}, {how.correlations}",
        note=[one or why or small for one, why, small in zip(notes, lost, cell_notes(n, how.min_n), strict=True)],
    )


@dataclass(frozen=True)
class _Found:
    values: tuple[float, ...]
    spreads: tuple[Spread, ...]
    n: int
    note: str


def _estimated(answers: Floats, names: Names, how: _How) -> _Found:
    """Estimate one group; NaN with a note where omega cannot be told."""
    kept, n = complete_rows(answers, "complete")
    terms = len(how.terms)
    why = _why_not(kept, n, how)
    if why:
        return _Found((np.nan,) * terms, (UNKNOWN,) * terms, n, why)
    whole, left = _matrices(kept, names, how)
    values, note = _omegas(whole[None], how), _note(whole, how)
    if not note and n < 0.9 * (~np.isnan(answers)).any(axis=0).sum():
        note = LEFT_OUT
    stacked = _omegas(np.concatenate([whole[None], left.covariances]), how)[:, 1:]
    spreads = tuple(
        spread_of(float(value), row, left.shares, how.level, biased=term == "omega_hierarchical")
        for term, value, row in zip(how.terms, values[:, 0], stacked, strict=True)
    )
    return _Found(tuple(float(value) for value in values[:, 0]), spreads, n, note)


def _why_not(kept: Floats, n: int, how: _How) -> str:
    if len(kept) < 3:
        return THREE_ITEMS
    if n == 0:
        return str(Note.NO_ANSWERS)
    if n <= len(kept):
        return FEW
    matrix = correlation_of(moments(kept).cov)
    if np.isnan(matrix).any():
        return CONSTANT
    return COPIES if (how.method == "ml" or how.factors > 1) and is_singular(matrix) else ""


def _matrices(kept: Floats, names: Names, how: _How) -> tuple[Floats, LeftOut]:
    """The matrix that omega is told from, and those without each group of respondents."""
    if how.correlations == "polychoric":
        codes, categories = coded(kept, names)
        left = leave_out_polychoric(codes, categories, seed=how.seed)
        return smoothed(polychoric_core(codes, categories)[1]), left
    scaled = correlation_of if how.standardized else np.asarray
    left = leave_out(kept, seed=how.seed)
    return scaled(moments(kept, names=names).cov), LeftOut(scaled(left.covariances), left.shares)


def _omegas(stack: Floats, how: _How) -> Floats:
    """Give the omegas (terms, matrices) of stacked covariances; NaN where an item has lost its variance."""
    out = np.full((len(how.terms), len(stack)), np.nan)
    usable = ~np.isnan(correlation_of(stack)).any(axis=(1, 2))
    some = stack[usable]
    found = general_of(correlation_of(some), how.factors, how.method, seed=how.seed)
    spread = np.sqrt(np.diagonal(some, axis1=1, axis2=2))
    total = some.sum(axis=(1, 2))
    out[0, usable] = 1 - (found.uniqueness * spread**2).sum(axis=1) / total
    if how.factors > 1:
        out[1, usable] = (found.general * spread).sum(axis=1) ** 2 / total
    return out


def _note(whole: Floats, how: _How) -> str:
    found = general_of(correlation_of(whole)[None], how.factors, how.method, seed=how.seed)
    if heywood(found.uniqueness[0]).any():
        return HEYWOOD
    return AGAINST if (found.general[0] < 0).any() else ""
