"""Shared devices: how often one device or client answered, against how often honest ones come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Ints
from svclib.stats.columns import check_columns, check_frame
from svclib.stats.compare.adjustment import Adjustment, adjusted, check_adjustment
from svclib.stats.intervals import wilson
from svclib.stats.marks import _
from svclib.stats.quality.answers import check_index, check_rate, nullable, read_codes, read_units
from svclib.stats.quality.moments import read_moments

_EARLY = 3
"""Returns up to this one are taken to be honest: a household, a second visit."""


@dataclass(frozen=True, eq=False)
class Devices:
    """Devices that answered more than once.

    Attributes
    ----------
    frame : DataFrame
        One row a device with two responses or more, see `shared_devices`.
    flags : DataFrame
        One row a response: nullable boolean ``shared_device``; missing where the device is unknown.
    again : float
        Chance that an honest device comes back, as used (an upper limit).
    """

    frame: pd.DataFrame
    flags: pd.DataFrame
    again: float


def shared_devices(
    data: pd.DataFrame,
    device: str,
    *,
    by: str | Sequence[str] | None = None,
    at: str | None = None,
    window: int | None = None,
    kiosks: Sequence[object] = (),
    rate: float = 0.05,
    adjust: Adjustment = "holm",
) -> Devices:
    """Look for devices that answered more often than honest ones do.

    Parameters
    ----------
    data : DataFrame
        One row a response.
    device : str
        Column of the device or client; missing where unknown. Anonymous surveys keep none.
    by : str or list of str, optional
        Columns of the unit, to tell in how many units a device was used.
    at : str, optional
        Moment of submission.
    window : int, optional
        Count only responses within so many days of each other (needs `at`).
    kiosks : list
        Devices that are there for many to use, such as a tablet in the lobby: listed, never flagged.
    rate : float
        Chance that any honest device is flagged.
    adjust : {"holm", "bh", "bonferroni", "none"}

    Returns
    -------
    Devices
        Columns of ``.frame``: ``device, n`` (responses), ``most`` (in any window, or `n`), with `by` ``units``, with
        `at` ``first, last``, then ``p_value, p_adjusted, flagged, kiosk``; most used first.

    Raises
    ------
    InvalidInput
        Naming the column that is absent; or if a window is given without moments.

    Notes
    -----
    An honest device comes back with a chance that is estimated from the first returns of all devices, each step for
    itself; the largest upper 95 % limit of the steps is used, because devices differ and those that came back
    once are likelier to come again. The few devices of cheats hardly move it: all others count too.

    Examples
    --------
    >>> visits = pd.DataFrame({"client": [f"c{n}" for n in range(200)] + ["c0"] * 12})
    >>> shared_devices(visits, "client").frame[["device", "n", "flagged"]].values.tolist()
    [['c0', 13, True]]
    """
    check_rate(rate)
    check_adjustment(adjust)
    check_columns(check_frame(data), [device])
    check_index(data)
    if window is not None and (at is None or window < 1):
        raise InvalidInput(_("A window needs at, the column of submission, and at least one day."))
    code = read_codes(data, [device])[:, 0]
    if not (code >= 0).any():
        raise InvalidInput(
            _('The column "{column}" names no device at all; anonymous surveys keep none.'), column=device
        )
    frame = _counted(data, device, code, by, at, window)
    kiosk = frame["device"].isin(list(kiosks)).to_numpy()
    most = frame["most"].to_numpy(dtype=float)
    again = _again(most[~kiosk])
    p_value = np.where(kiosk, np.nan, again ** (most - 1))
    p_adjusted = adjusted(p_value, adjust)
    hit: Bools = np.asarray(np.nan_to_num(p_adjusted, nan=1.0) <= rate, dtype=np.bool_)
    frame = frame.assign(
        p_value=p_value, p_adjusted=p_adjusted, flagged=nullable(hit, ~kiosk, frame.index), kiosk=kiosk
    )
    place, told = np.maximum(code, 0), code >= 0
    flags = pd.DataFrame({"shared_device": nullable(hit[place], told & ~kiosk[place], data.index)})
    order = frame.sort_values(["most", "n"], ascending=False, kind="stable")
    return Devices(order[order["n"] > 1].reset_index(drop=True), flags, again)


def _counted(
    data: pd.DataFrame, device: str, code: Ints, by: str | Sequence[str] | None, at: str | None, window: int | None
) -> pd.DataFrame:
    """Count the responses of each device, in its order of appearance."""
    rows = np.flatnonzero(code >= 0)
    number = int(code.max()) + 1
    first_row = np.full(number, len(code))
    np.minimum.at(first_row, code[rows], rows)
    n = np.bincount(code[rows], minlength=number)
    frame = pd.DataFrame({"device": data[device].astype(object).to_numpy()[first_row], "n": n, "most": n})
    if by is not None:
        unit = read_units(data, by)[0][rows]
        pairs = pd.DataFrame({"device": code[rows], "unit": unit})
        frame["units"] = pairs[unit >= 0].groupby("device")["unit"].nunique().reindex(range(number), fill_value=0)
    if at is not None:
        read = read_moments(data, at)
        grouped = pd.Series(data[at].array[rows]).groupby(code[rows])
        frame["first"], frame["last"] = grouped.min(), grouped.max()
        if window is not None:
            frame["most"] = _most_in_window(code[rows], read.day[rows], number, window)
    return frame


def _most_in_window(code: Ints, day: Ints, number: int, window: int) -> Ints:
    """Most responses of each device within `window` days; those of unknown day count alone."""
    order = np.lexsort((day, code))
    device, when = code[order], day[order]
    spread = int(when.max()) + window + 2
    place = device * spread + np.maximum(when, 0)
    inside = np.searchsorted(place, place + window - 1, side="right") - np.arange(len(place))
    inside = np.where(when < 0, 1, inside)
    out = np.ones(number, dtype=np.int64)
    np.maximum.at(out, device, inside)
    return out


def _again(most: np.ndarray) -> float:
    """Chance that a device comes back: the largest upper limit over the first returns."""
    chances = [0.0]
    for step in range(1, _EARLY + 1):
        tried, came = float((most >= step).sum()), float((most > step).sum())
        if tried >= 30 or step == 1:
            chances.append(float(wilson(np.array([came / max(tried, 1)]), np.array([max(tried, 1.0)]), 0.95)[1][0]))
    return min(max(chances), 0.95)
