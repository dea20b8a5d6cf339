"""From one month to the next, and against a target, in plain states."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats
from svclib.stats.columns import check_columns, names_of
from svclib.stats.estimate import Note
from svclib.stats.intervals import difference


class Direction(StrEnum):
    """What a change says: steady means that chance alone could have made it."""

    UP = "up"
    DOWN = "down"
    STEADY = "steady"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """How an estimate stands to its target; unknown means that the interval holds the target."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


def changes(frame: pd.DataFrame, *, over: str = "month", by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Change of each estimate from the period before, with an interval and a plain direction.

    The interval of the difference follows from the two intervals by Newcombe's square-and-add rule, so it is as good
    as they are; the periods must be independent samples.

    Parameters
    ----------
    frame : DataFrame
        Estimates with one row a period (within each group of `by` and each ``term``).
    over : str
        Column of periods; they are put in order.
    by : str or list of str, optional
        Columns whose groups are followed separately.

    Returns
    -------
    DataFrame
        The keys, ``term``, then the columns of an estimate where ``estimate, low, high`` are the change, ``n`` the
        answers of both periods; and ``previous`` (the earlier estimate) and ``direction`` (`Direction`).

    Examples
    --------
    >>> from svclib.stats import csat
    >>> visits = pd.DataFrame({"month": ["2026-01"] * 50 + ["2026-02"] * 50, "overall": [5] * 45 + [2] * 5 + [2] * 50})
    >>> changes(csat(visits, "overall", by="month"))["direction"].tolist()
    ['unknown', 'down']
    """
    keys = [*names_of(by), "term"]
    check_columns(frame, [over, *keys, "estimate", "low", "high", "n"])
    ordered = frame.sort_values([*keys, over], kind="stable").reset_index(drop=True)
    earlier = ordered.groupby(keys, observed=True, dropna=False)[["estimate", "std_error", "low", "high", "n"]].shift()
    out = ordered.copy()
    out["previous"] = earlier["estimate"]
    out["estimate"] = ordered["estimate"] - earlier["estimate"]
    out["std_error"] = np.hypot(ordered["std_error"], earlier["std_error"])
    out["low"], out["high"] = difference(
        *(earlier[name].to_numpy(dtype=float) for name in ("estimate", "low", "high")),
        *(ordered[name].to_numpy(dtype=float) for name in ("estimate", "low", "high")),
    )
    out["n"] = (ordered["n"] + earlier["n"]).fillna(0).astype("int64")
    out["df"], out["method"] = np.inf, "square-and-add"
    lost = out["estimate"].isna()
    out["note"] = np.where(lost & (out["note"] == ""), Note.NO_PREVIOUS.value, out["note"].astype(object))
    out["direction"] = directions(out["low"].to_numpy(dtype=float), out["high"].to_numpy(dtype=float))
    return out


def directions(low: Floats, high: Floats) -> list[str]:
    """Name each interval of a change by where it lies from 0.

    >>> directions(np.array([0.1, -2.0, -1.0, np.nan]), np.array([0.3, -1.0, 1.0, np.nan]))
    ['up', 'down', 'steady', 'unknown']
    """
    names = np.select(
        [np.isnan(low) | np.isnan(high), low > 0, high < 0],
        [Direction.UNKNOWN, Direction.UP, Direction.DOWN],
        default=Direction.STEADY,
    )
    return [str(name) for name in names]


def against_target(frame: pd.DataFrame, target: float, *, higher_is_better: bool = True) -> pd.DataFrame:
    """Say of each estimate whether a target is met, is not met, or cannot be told yet.

    Met means that the whole interval reaches the target; not met that none of it does.

    Returns
    -------
    DataFrame
        A copy with ``target`` and ``standing`` (`Standing`).

    Examples
    --------
    >>> rows = pd.DataFrame({"low": [0.91, 0.85, 0.7], "high": [0.95, 0.93, 0.8]})
    >>> against_target(rows, 0.9)["standing"].tolist()
    ['met', 'unknown', 'not_met']
    """
    check_columns(frame, ["low", "high"])
    low, high = frame["low"].to_numpy(dtype=float), frame["high"].to_numpy(dtype=float)
    if not higher_is_better:
        low, high, goal = -high, -low, -target
    else:
        goal = target
    names = np.select([low >= goal, high < goal], [Standing.MET, Standing.NOT_MET], default=Standing.UNKNOWN)
    return frame.assign(target=target, standing=[str(name) for name in names])
