"""Selective invitation: who was invited to answer, against who was served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.columns import check_frame, numbers
from svclib.stats.compare.adjustment import Adjustment, adjusted, check_adjustment
from svclib.stats.estimate import check_level
from svclib.stats.intervals import normal_quantile
from svclib.stats.marks import _
from svclib.stats.quality.answers import check_rate, nullable, read_units
from svclib.stats.quality.units import UnitNote, outlying

_ROUNDS = 30
_COLUMNS = (
    "served", "invited", "share", "chi2", "df", "z", "p_value", "p_adjusted", "flagged", "slope", "low", "high",
    "slope_z", "slope_p_value", "slope_p_adjusted", "slope_flagged", "most", "least", "note", "expected", "residual",
)  # fmt: skip
LEAST_EXPECTED = 1.0
"""Cells in which fewer invitations (or fewer people left out) are expected do not count in the chi-square."""


@dataclass(frozen=True, eq=False)
class Invitations:
    """Invited against served.

    Attributes
    ----------
    frame : DataFrame
        One row a unit; see `selective_invitation`.
    strata : DataFrame
        One row a unit and stratum: ``served, invited, share, expected`` (share), ``residual`` (in standard errors).
    by, over : tuple of str
        Columns of the unit and of the stratum.
    """

    frame: pd.DataFrame
    strata: pd.DataFrame
    by: tuple[str, ...]
    over: tuple[str, ...]


@dataclass(frozen=True)
class Cells:
    """Counts by unit and stratum: (units, strata) arrays; 0 served where the unit has no such stratum."""

    served: Floats
    invited: Floats
    score: Floats


def selective_invitation(
    data: pd.DataFrame,
    *,
    by: str | Sequence[str],
    over: str | Sequence[str],
    invited: str = "invited",
    served: str | None = "served",
    score: str | None = None,
    rate: float = 0.05,
    adjust: Adjustment = "holm",
    level: float = 0.95,
    seed: int = 1,
) -> Invitations:
    """Look for units that invite some kinds of customers more than others, beyond what all units do.

    Parameters
    ----------
    data : DataFrame
        Counts, one row a unit and stratum (rows of the same are added up), or with ``served=None`` one row a customer
        served.
    by : str or list of str
        Columns of the unit: branch, teller.
    over : str or list of str
        Columns of what invitation should not depend on: hour, teller, business, segment.
    invited : str
        Column of people invited (counts), or of yes and no.
    served : str or None
        Column of people served.
    score : str, optional
        What is known of the stratum's satisfaction from elsewhere (call-backs, an earlier wave), higher for more
        satisfied: tells whether the satisfied are invited more.
    rate : float
        Chance that an honest bank has any unit flagged by either test.
    adjust : {"holm", "bh", "bonferroni", "none"}
    level : float
        Of the interval of `slope`.
    seed : int

    Returns
    -------
    Invitations
        Columns of ``.frame``: the `by` columns, ``served, invited, share``, ``chi2, df`` (uneven invitation beyond
        the common pattern), ``z, p_value, p_adjusted, flagged``; with `score` ``slope`` (log odds of being invited
        per unit of score, beyond what the other units do), ``low, high, slope_z, slope_p_value, slope_p_adjusted,
        slope_flagged``; then ``most, least`` (strata invited most above and below expectation) and ``note``.

    Raises
    ------
    InvalidInput
        Naming the column that is absent or holds counts that cannot be: negative, or more invited than served.

    Notes
    -----
    Expected are invitations from a logistic model with an effect for each unit and one for each stratum, so that a
    bank that invites less at noon makes no branch stand out. The chi-square of what is left (Wilson and Hilferty's
    cube root) and the slope on the score (score test) are compared between the units: honest ones are uneven beyond
    chance too, by as much as the others are (see `svclib.stats.quality.units`).

    Examples
    --------
    >>> rows = [(f"b{unit}", hour, 100, 30) for unit in range(9) for hour in range(4)]
    >>> counts = pd.DataFrame(rows, columns=["branch", "hour", "served", "invited"])
    >>> counts.loc[0, "invited"], counts.loc[3, "invited"] = 80, 5
    >>> found = selective_invitation(counts, by="branch", over="hour")
    >>> found.frame.loc[found.frame["flagged"], ["branch", "most", "least"]].values.tolist()
    [['b0', '0', '3']]
    """
    check_rate(rate)
    check_adjustment(adjust)
    check_level(level)
    unit, keys = read_units(check_frame(data), by, taken=_COLUMNS)
    stratum, strata = read_units(data, over, taken=[*_COLUMNS, *keys.columns])
    cells = _cells(data, unit, stratum, (len(keys), len(strata)), invited, served, score)
    chance = _expected(cells)
    error = np.sqrt(cells.served * chance * (1 - chance))
    residual = ratio(cells.invited - cells.served * chance, error)
    frame = _tested(keys, cells, chance, residual, score is not None, rate, adjust, level, seed)
    labels = strata.astype(str).agg(" ".join, axis=1).to_numpy()
    known = np.isfinite(residual)
    for name, worst in (("most", residual), ("least", -residual)):
        place = np.where(known, worst, -np.inf).argmax(axis=1)
        frame[name] = pd.Series(labels[place], dtype=object).where(np.asarray(known.any(axis=1)), None)
    frame["note"] = _notes(frame, cells)
    return Invitations(
        frame, _cell_frame(keys, strata, cells, chance, residual), tuple(keys.columns), tuple(strata.columns)
    )


def _cells(
    data: pd.DataFrame, unit: Ints, stratum: Ints, shape: tuple[int, int], invited: str, served: str | None,
    score: str | None,
) -> Cells:  # fmt: skip
    """Add up the counts by unit and stratum, and average the score."""
    asked = numbers(data, invited)
    there = np.ones(len(data)) if served is None else numbers(data, served)
    _check_counts(asked, there, invited, served)
    used = (unit >= 0) & (stratum >= 0) & ~np.isnan(asked) & ~np.isnan(there)
    place = (unit * shape[1] + stratum)[used]
    size = shape[0] * shape[1]
    people, guests = (np.bincount(place, part[used], size).reshape(shape).astype(np.float64) for part in (there, asked))
    if score is None:
        return Cells(people, guests, np.full(shape, np.nan))
    given = numbers(data, score)
    told = used & ~np.isnan(given)
    where = (unit * shape[1] + stratum)[told]
    sums = np.bincount(where, (there * np.nan_to_num(given))[told], size).reshape(shape)
    return Cells(people, guests, ratio(sums, np.bincount(where, there[told], size).reshape(shape)))


def _check_counts(asked: Floats, there: Floats, invited: str, served: str | None) -> None:
    for values, name in ((asked, invited), (there, served or invited)):
        if (values < 0).any():
            raise InvalidInput(
                _('The column "{column}" holds negative counts in {count} rows; give people, 0 or more.'),
                column=name,
                count=int((values < 0).sum()),
            )
    more = asked > there
    if more.any():
        raise InvalidInput(
            _('In {count} rows more people were invited ("{column}") than served; mend the counts.'),
            count=int(more.sum()),
            column=invited,
        )


def _expected(cells: Cells) -> Floats:
    """Chance of an invitation in each cell, from effects of units and strata, by turns of Newton's method."""
    served, invited = cells.served, cells.invited
    unit = logit(np.clip(ratio(invited.sum(axis=1) + 0.5, served.sum(axis=1) + 1), 1e-6, 1 - 1e-6))
    unit, stratum = np.nan_to_num(unit), np.zeros(served.shape[1])
    for _round in range(_ROUNDS):
        for axis in (1, 0):
            chance = expit(unit[:, None] + stratum[None, :])
            slope = (served * chance * (1 - chance)).sum(axis=axis)
            step = np.clip(np.nan_to_num(ratio((invited - served * chance).sum(axis=axis), slope)), -2, 2)
            if axis:
                unit = np.clip(unit + step, -15, 15)
            else:
                stratum = np.clip(stratum + step, -15, 15)
        stratum = stratum - stratum.mean()
    return np.asarray(expit(unit[:, None] + stratum[None, :]))


def _tested(
    keys: pd.DataFrame, cells: Cells, chance: Floats, residual: Floats, scored: bool, rate: float,
    adjust: Adjustment, level: float, seed: int,
) -> pd.DataFrame:  # fmt: skip
    """Both tests of every unit."""
    units = len(keys)
    counts = np.minimum(cells.served * chance, cells.served * (1 - chance)) >= LEAST_EXPECTED
    chi2 = np.where(counts, residual**2, 0.0).sum(axis=1)
    df = counts.sum(axis=1) - 1.0
    told = df >= 1
    cube = np.where(told, np.cbrt(ratio(chi2, np.where(told, df, 1.0))), np.nan)
    even = outlying(cube, np.sqrt(2 / (9 * np.maximum(df, 1.0))), tests=2 * units, seed=seed)
    frame = keys.assign(served=cells.served.sum(axis=1), invited=cells.invited.sum(axis=1))
    frame = frame.astype({"served": "int64", "invited": "int64"})
    frame["share"] = ratio(frame["invited"], frame["served"])
    frame = frame.assign(
        chi2=np.where(told, chi2, np.nan), df=np.where(told, df, np.nan), z=even.z, p_value=even.p_value
    )
    slope, error = _slope(cells, chance) if scored else (np.full(units, np.nan), np.full(units, np.nan))
    steep = outlying(slope, error, tests=2 * units, seed=seed + 1)
    p_adjusted = adjusted(np.concatenate([even.p_value, steep.p_value]), adjust)
    frame["p_adjusted"] = p_adjusted[:units]
    frame["flagged"] = _flag(p_adjusted[:units], rate, frame.index)
    if scored:
        reach = normal_quantile(level) * error
        frame = frame.assign(slope=slope, low=slope - reach, high=slope + reach)
        frame = frame.assign(slope_z=steep.z, slope_p_value=steep.p_value, slope_p_adjusted=p_adjusted[units:])
        frame["slope_flagged"] = _flag(p_adjusted[units:], rate, frame.index)
    return frame


def _flag(p_adjusted: Floats, rate: float, index: pd.Index) -> pd.Series:
    told: Bools = ~np.isnan(p_adjusted)
    return nullable(np.asarray(np.nan_to_num(p_adjusted, nan=1.0) <= rate), told, index)


def _slope(cells: Cells, chance: Floats) -> tuple[Floats, Floats]:
    """Score estimate of the log odds of an invitation per unit of the score, within each unit, and its error."""
    weight = np.where(np.isnan(cells.score), 0.0, cells.served * chance * (1 - chance))
    score = np.nan_to_num(cells.score)
    centre = ratio((weight * score).sum(axis=1), weight.sum(axis=1))
    apart = np.where(weight > 0, score - np.nan_to_num(centre)[:, None], 0.0)
    information = (weight * apart**2).sum(axis=1)
    left = (np.where(weight > 0, cells.invited - cells.served * chance, 0.0) * apart).sum(axis=1)
    told = np.where(information > 1e-9, information, np.nan)
    return ratio(left, told), 1 / np.sqrt(told)


def _notes(frame: pd.DataFrame, cells: Cells) -> list[str]:
    told = frame["p_value"].notna().to_numpy()
    units = int(np.isfinite(frame["chi2"]).sum())
    why = UnitNote.FEW_UNITS if units < 8 else UnitNote.FEW_EXPECTED
    few = (cells.served > 0).sum(axis=1) < 2
    return ["" if known else str(UnitNote.FEW_EXPECTED if one else why) for known, one in zip(told, few, strict=True)]


def _cell_frame(
    keys: pd.DataFrame, strata: pd.DataFrame, cells: Cells, chance: Floats, residual: Floats
) -> pd.DataFrame:
    """One row a unit and stratum that served anybody."""
    units, kinds = cells.served.shape
    left = keys.loc[np.repeat(np.arange(units), kinds)].reset_index(drop=True)
    right = pd.concat([strata] * units, ignore_index=True)
    frame = left.join(right).assign(
        served=cells.served.ravel().astype("int64"), invited=cells.invited.ravel().astype("int64")
    )
    frame["share"] = ratio(frame["invited"], frame["served"])
    frame = frame.assign(expected=chance.ravel(), residual=residual.ravel())
    return frame[frame["served"] > 0].reset_index(drop=True)
