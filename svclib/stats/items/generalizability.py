"""Generalizability of scores on forms drawn at random, where hardly two candidates answered the same items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.estimate import MIN_MEAN, Note, check_level, estimates
from svclib.stats.items.components import Components, Sums, components, drawn_sums
from svclib.stats.items.reliability import positive_spread
from svclib.stats.items.scores import read, strata_of
from svclib.stats.marks import _
from svclib.stats.scales.jackknife import UNKNOWN, Spread, spread_of

ONE_EACH = _("every candidate has one item a part: what items do to scores cannot be told")
NO_PERSONS = _("no differences between candidates beyond what the items explain: the coefficient is 0")


@dataclass(frozen=True, eq=False)
class Generalizability:
    """Variance components of scores and what follows from them.

    Attributes
    ----------
    frame : DataFrame
        See `svclib.stats.estimate`. Terms: ``variance_person`` (of the universe scores, shares of the maximum),
        ``variance_item`` and ``variance_residual`` (missing where no item was met by two candidates),
        ``variance_item_in_person`` (their sum: what one item drawn at random adds), ``sem_absolute`` and
        ``sem_relative`` (error of a candidate's share, for standing at a mark and for comparison with others), ``phi``
        (dependability, absolute), ``generalizability`` (relative; equals phi where every candidate has items of his
        own) and, with a cut, ``phi_cut``.
    components : DataFrame
        ``component, variance, share`` of the variance of a single answer.
    n_items : float
        Items a form the coefficients are for.
    mean : float
        Of the candidates' shares.
    """

    frame: pd.DataFrame
    components: pd.DataFrame
    n_items: float
    mean: float
    _found: Components
    _level: float
    _persons: int

    def at(self, cuts: Iterable[float]) -> pd.DataFrame:
        """Φ(λ) at each cut (shares of the maximum): dependability of the verdict passed or not.

        ``cut, estimate, std_error, low, high, level``; lowest where the cut is at the mean (Brennan & Kane 1977).
        """
        rows = []
        for cut in cuts:
            if not self._persons:  # no answers
                rows.append((check_cut(cut), *[float("nan")] * 4, self._level))
                continue
            values = phi_at(self._found, check_cut(cut), self._persons)
            spread = _judged(values, self._persons, self._level)
            rows.append((cut, float(values[0]), spread.std_error, spread.low, spread.high, self._level))
        return pd.DataFrame(rows, columns=["cut", "estimate", "std_error", "low", "high", "level"])

    def lengths(self, items: Iterable[float], *, cut: float | None = None) -> pd.DataFrame:
        """What forms of other lengths would give: ``items, sem_absolute, phi, generalizability`` (and ``phi_cut``)."""
        rows = []
        for n in items:
            if not n > 0:
                raise InvalidInput(_("A form of {items} items is impossible; give numbers above 0."), items=n)
            other = self._found.of_length(float(n))
            row = {"items": n, "sem_absolute": float(np.sqrt(other.absolute[0])), "phi": float(phi(other)[0])}
            row["generalizability"] = float(relative(other)[0])
            if cut is not None:
                row["phi_cut"] = float(phi_at(other, check_cut(cut), self._persons)[0])
            rows.append(row)
        return pd.DataFrame(rows)


def generalizability(
    scores: pd.DataFrame,
    *,
    cut: float | None = None,
    strata: Mapping[str, Any] | pd.Series | None = None,
    items: float | None = None,
    states: pd.DataFrame | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> Generalizability:
    """Estimate variance components and the dependability of scores, whoever answered which items.

    For forms drawn at random each candidate has items of his own (items nested in persons): the luck of the draw is
    error, which alpha does not see. For a form all took, items are crossed with persons. The estimators take any
    pattern: Henderson's method 1 for persons × items with the cells that are there (Henderson 1953; Searle, Casella &
    McCulloch 1992), equal to the analysis of variance where all cells are, and to the one-way analysis of items in
    persons where no item was met twice.

    Parameters
    ----------
    scores : DataFrame
        Candidates × items, shares of the item's maximum (0–1), missing where an item was not drawn. Items count alike.
    cut : float, optional
        Pass mark as a share of the maximum, for ``phi_cut``.
    strata : mapping of item to part, optional
        Parts of the blueprint, from each of which so many items are drawn: differences between parts are then no
        error (Brennan 2001, stratified by fixed parts). Parts with one item a candidate are taken together.
    items : float, optional
        Items a form; without it the harmonic mean of what the candidates had.
    states : DataFrame, optional
        As in `item_analysis`.
    level : float
        The intervals leave out one candidate after the other: they speak of this bank, not of other items.
    min_n : int

    Returns
    -------
    Generalizability

    Raises
    ------
    InvalidInput
        If scores are no shares, the cut is outside 0–1, or an item has no part.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> answers = (rng.random((200, 60)) < rng.beta(6, 3, (200, 1))).astype(float)
    >>> answers[rng.random((200, 60)).argsort(axis=1) >= 30] = np.nan
    >>> found = generalizability(pd.DataFrame(answers), cut=0.6)
    >>> found.frame.set_index("term")["estimate"].round(2)[["phi", "phi_cut"]].to_dict()
    {'phi': 0.77, 'phi_cut': 0.79}
    """
    check_level(level)
    exam = read(scores, states)
    parts, part = strata_of(strata, exam.names)
    sums = drawn_sums(exam.values, part, len(parts))
    if cut is not None:
        check_cut(cut)
    why = _impossible(sums)
    found = components(sums, items) if not why else nothing()
    if not why and found.person[0] <= 0:
        why = NO_PERSONS
    frame = _frame(found, cut, sums.persons, level, min_n, why)
    return Generalizability(
        frame, _shares(found), float(found.length[0]), float(found.mean[0]), found, level, sums.persons
    )


def check_cut(cut: float) -> float:
    """Return `cut` if it can be a share of the maximum."""
    if not 0 <= cut <= 1:
        raise InvalidInput(_("cut is {cut}; give the pass mark as a share of the maximum, from 0 to 1."), cut=cut)
    return float(cut)


def _impossible(sums: Sums) -> str:
    if sums.persons < 2:
        return Note.TWO_NEEDED if sums.persons else Note.NO_ANSWERS
    return ONE_EACH if sums.free < 1 else ""


def nothing() -> Components:
    """Give components that cannot be told."""
    return Components(**{field.name: np.full(1, np.nan) for field in fields(Components)})


def phi(found: Components) -> Floats:
    """Dependability: variance of universe scores over it with the absolute error."""
    person = np.maximum(found.person, 0)
    return ratio(person, person + found.absolute)


def relative(found: Components) -> Floats:
    """Generalizability coefficient, with the error of differences between candidates."""
    person = np.maximum(found.person, 0)
    return ratio(person, person + found.relative)


def phi_at(found: Components, cut: float, persons: int) -> Floats:
    """Φ(λ): dependability of distances from the cut, with the squared distance of the mean freed from its error."""
    person = np.maximum(found.person, 0)
    apart = np.maximum((found.mean - cut) ** 2 - (person + found.relative) / persons, 0)
    return ratio(person + apart, person + apart + found.absolute)


def _judged(values: Floats, persons: int, level: float) -> Spread:
    told = spread_of(float(values[0]), values[1:], np.full(persons, 1 / persons), level)
    return Spread(told.std_error, told.df, max(told.low, 0.0), max(told.high, 0.0))


def _frame(found: Components, cut: float | None, persons: int, level: float, min_n: int, why: str) -> pd.DataFrame:
    numbers = {
        "variance_person": found.person,
        "variance_item": found.item,
        "variance_residual": found.residual,
        "variance_item_in_person": found.within,
        "sem_absolute": np.sqrt(np.maximum(found.absolute, 0)),
        "sem_relative": np.sqrt(np.maximum(found.relative, 0)),
    }
    shares = {"phi": phi(found), "generalizability": relative(found)}
    if cut is not None:
        shares["phi_cut"] = phi_at(found, cut, persons)
    told = len(found.person) > 1
    spreads = [positive_spread(float(v[0]), v[1:], persons, level) if told else UNKNOWN for v in numbers.values()]
    spreads += [_judged(v, persons, level) if told and v[0] < 1 else UNKNOWN for v in shares.values()]
    few = Note.TOO_FEW if persons < min_n else ""
    return estimates(
        pd.DataFrame(index=range(len(spreads))),
        term=[*numbers, *shares],
        estimate=[float(v[0]) for v in [*numbers.values(), *shares.values()]],
        std_error=[one.std_error for one in spreads],
        low=[one.low for one in spreads],
        high=[one.high for one in spreads],
        n=persons,
        level=level,
        df=[one.df for one in spreads],
        method="Henderson 1, jackknife",
        note=why or few,
    )


def _shares(found: Components) -> pd.DataFrame:
    values = {"person": found.person[0], "item": found.item[0], "residual": found.residual[0]}
    if np.isnan(found.item[0]):
        values = {"person": found.person[0], "item_in_person": found.within[0]}
    whole = float(np.nansum([max(v, 0) for v in values.values()]))
    return pd.DataFrame(
        {
            "component": list(values),
            "variance": [float(v) for v in values.values()],
            "share": [max(float(v), 0) / whole if whole else np.nan for v in values.values()],
        }
    )
