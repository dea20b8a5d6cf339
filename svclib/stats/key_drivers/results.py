"""What a driver analysis is handed over in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.design.results import OPT_IN
from svclib.stats.estimate import Note, cell_notes, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.key_drivers.analysis import Analysis
from svclib.stats.key_drivers.limits import Differences, differences, parts, rank_sets
from svclib.stats.key_drivers.notes import HIGH_INFLATION, DriverNote
from svclib.stats.marks import _

MANY_LEFT_OUT = 0.1
"""A larger share of answers left out is noted."""
TIES = ", "
"""Between the names in ``tied_with``."""


@dataclass(frozen=True, eq=False)
class Drivers:
    """What drives an outcome.

    Attributes
    ----------
    frame : DataFrame
        A row a driver, the most important first: the columns of an estimate (see `svclib.stats.estimate`; ``estimate``
        is the part of the outcome's variance), then

        =================================  ==============================================================
        ``share, share_low, share_high``   part of what all drivers explain; adds up to 1
        ``rank, rank_low, rank_high``      1 is the most important; the ranks that the differences leave open
        ``tied_with``                      drivers that cannot be told from this one, joined by commas
        ``slope, slope_low, slope_high``   change of the outcome for one unit more, the others unchanged
        ``direction``                      positive, negative, or unclear where the slope's interval holds 0
        ``performance``                    mean rating
        ``vif``                            variance inflation (generalised, to the power 1 / terms)
        ``monte_carlo``                    error of sampled orders; 0 where the shares are exact
        =================================  ==============================================================
    differences : DataFrame
        Every two drivers: ``first, second``, the columns of an estimate, ``p_value``. The intervals hold together.
    fit : DataFrame
        Estimates of ``r2`` and, with controls, of ``r2_controls`` and ``r2_drivers``, the gain.
    vcov : (drivers, drivers) float
        Covariance of the rows of `frame`; NaN without draws.
    left_out : float
        Share of the answers to the outcome that are not used because another one is missing.
    analysis : Analysis
        The numbers of each draw, the drivers in the order in which they were named.
    """

    frame: pd.DataFrame
    differences: pd.DataFrame
    fit: pd.DataFrame
    vcov: Floats
    left_out: float
    analysis: Analysis

    def contrast(self, coefficients: Mapping[str, float]) -> pd.DataFrame:
        """Estimate a combination of parts, such as of two drivers against a third.

        Parameters
        ----------
        coefficients : dict
            A number for each driver that counts.

        Returns
        -------
        DataFrame
            One row of an estimate, its interval from the same draws.

        Raises
        ------
        InvalidInput
            Naming a driver that is not there.
        """
        names = self.analysis.reading.players.names
        strangers = [name for name in coefficients if name not in names]
        if strangers or not coefficients:
            raise InvalidInput(
                _('The contrast names "{name}", which is no driver; the drivers are {known}.'),
                name=strangers[0] if strangers else "",
                known=", ".join(names),
            )
        weights = np.array([[float(coefficients.get(name, 0.0)) for name in names]])
        term = " ".join(f"{number:+g}·{name}" for name, number in coefficients.items())
        found, own = self.analysis, weights @ self.analysis.own.importance[:, 0]
        error = low = high = np.full(1, np.nan)
        if found.limiter is not None and found.draws is not None:
            moved = weights @ found.draws.importance
            error, (low, high) = found.limiter.error(moved), found.limiter.limits(own, moved)
        keys = pd.DataFrame(index=range(1))
        return _rows(found, keys, term=term, estimate=own, std_error=error, low=low, high=high, note=found.reason)


def result(found: Analysis) -> Drivers:
    """Put an analysis into frames."""
    importance = found.own.importance[:, 0]
    order = np.argsort(-importance, kind="stable")
    compared, limiter, draws = None, found.limiter, found.draws
    vcov = np.full((len(order), len(order)), np.nan)
    if limiter is not None and draws is not None:
        compared = differences(importance, draws.importance, limiter)
        vcov = np.atleast_2d(np.cov(draws.importance)) * limiter.widen**2
    frame = _driver_rows(found, compared).iloc[order].reset_index(drop=True)
    return Drivers(
        frame, _difference_rows(found, compared), _fit_rows(found), vcov[np.ix_(order, order)],
        found.reading.left_out, found,
    )  # fmt: skip


def _rows(found: Analysis, keys: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    n = np.full(len(keys), found.reading.n)
    given = {"n": n, "level": found.request.level, "df": found.df, "method": found.method, **columns}
    given["note"] = [given["note"]] * len(keys) if isinstance(given["note"], str) else given["note"]
    return estimates(keys, **given)


def _driver_rows(found: Analysis, compared: Differences | None) -> pd.DataFrame:
    names, importance = found.reading.players.names, found.own.importance[:, 0]
    error, low, high, share_low, share_high = (np.full(len(names), np.nan) for _column in range(5))
    if found.limiter is not None and found.draws is not None:
        error = found.limiter.error(found.draws.importance)
        low, high = found.limiter.limits(importance, found.draws.importance, floor=found.floor)
        share_low, share_high = found.limiter.proportions(importance, found.draws.importance, floor=found.floor)
        share_low = np.where(low <= found.floor, 0.0, share_low)
    out = _rows(
        found, pd.DataFrame(index=range(len(names))), term=list(names), estimate=importance, std_error=error, low=low,
        high=high, note=_notes(found),
    )  # fmt: skip
    out = out.assign(share=parts(importance[:, None])[:, 0], share_low=share_low, share_high=share_high)
    out = out.assign(**_rank_columns(found, compared), **_slope_columns(found))
    return out.assign(performance=found.own.performance[:, 0], vif=found.inflation, monte_carlo=found.monte_carlo)


def _rank_columns(found: Analysis, compared: Differences | None) -> dict[str, Any]:
    importance, names = found.own.importance[:, 0], np.array(found.reading.players.names, dtype=object)
    rank = 1 + (importance[None, :] > importance[:, None]).sum(axis=1)
    if compared is None:
        missing = pd.array([pd.NA] * len(names), dtype="Int64")
        return {"rank": rank, "rank_low": missing, "rank_high": missing, "tied_with": ""}
    above = compared.above(len(names))
    lowest, highest = rank_sets(above)
    apart = above | above.T | np.eye(len(names), dtype=np.bool_)
    order = np.argsort(-importance, kind="stable")
    tied = [TIES.join(names[order][~apart[one][order]]) for one in range(len(names))]
    whole = {"rank_low": pd.array(lowest, dtype="Int64"), "rank_high": pd.array(highest, dtype="Int64")}
    return {"rank": rank, **whole, "tied_with": tied}


def _slope_columns(found: Analysis) -> dict[str, Any]:
    """Slopes of drivers of a single term, with t intervals from the draws' spread."""
    single = found.terms
    known = single >= 0
    slope, low, high = (np.full(len(single), np.nan) for _column in range(3))
    slope[known] = found.own.slopes[single[known], 0]
    if found.limiter is not None and found.draws is not None:
        error = np.full(len(single), np.nan)
        error[known] = found.limiter.error(found.draws.slopes[single[known]])
        df = min(found.df, found.reading.n - found.reading.matrix.shape[1])
        low, high = t_interval(slope, error, np.full(len(single), df), found.request.level)
    direction = np.where(low > 0, "positive", np.where(high < 0, "negative", np.where(known, "unclear", "")))
    return {"slope": slope, "slope_low": low, "slope_high": high, "direction": direction.tolist()}


def _notes(found: Analysis) -> list[str]:
    """Say of each driver what forbids or hampers its reading, the gravest first."""
    whole = found.reason or cell_notes(np.array([found.reading.n]), 5)[0]
    whole = whole or (OPT_IN if found.opt_in else Note.ROWS_LEFT_OUT if found.reading.left_out > MANY_LEFT_OUT else "")
    said = []
    for width, columns, inflated in zip(
        found.reading.widths, found.reading.players.columns, found.inflation, strict=True
    ):
        own = DriverNote.COLLINEAR if inflated > HIGH_INFLATION else ""
        if width > 1:
            own = own or (DriverNote.GROUP if len(columns) > 1 else DriverNote.CATEGORIES)
        said.append(str(whole or own))
    return said


def _difference_rows(found: Analysis, compared: Differences | None) -> pd.DataFrame:
    names = np.array(found.reading.players.names, dtype=object)
    first, second = np.triu_indices(len(names), 1)
    importance, nothing = found.own.importance[:, 0], np.full(len(first), np.nan)
    keys = pd.DataFrame({"first": names[first], "second": names[second]})
    out = _rows(
        found, keys, term="difference", estimate=importance[first] - importance[second],
        std_error=nothing if compared is None else compared.error, low=nothing if compared is None else compared.low,
        high=nothing if compared is None else compared.high, note=found.reason or (OPT_IN if found.opt_in else ""),
    )  # fmt: skip
    return out.assign(p_value=nothing if compared is None else compared.p_value)


def _fit_rows(found: Analysis) -> pd.DataFrame:
    names = ["r2", "r2_controls", "r2_drivers"] if found.reading.controls else ["r2"]
    told = {"r2": found.own.r2, "r2_controls": found.own.controls, "r2_drivers": found.own.r2 - found.own.controls}
    estimate = np.array([float(told[name][0]) for name in names])
    error, low, high = (np.full(len(names), np.nan) for _column in range(3))
    if found.limiter is not None and found.draws is not None:
        moved = np.array([found.draws.r2, found.draws.controls, found.draws.r2 - found.draws.controls])[: len(names)]
        error = found.limiter.error(moved)
        low, high = found.limiter.explained(estimate, moved)
    keys = pd.DataFrame(index=range(len(names)))
    note = found.reason or (OPT_IN if found.opt_in else "")
    return _rows(found, keys, term=names, estimate=estimate, std_error=error, low=low, high=high, note=note)
