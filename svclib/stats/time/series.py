"""Points in time for control charts: sorted, one series a group, and the frame that comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.marks import _
from svclib.stats.samples import groups
from svclib.stats.time.rules import Rules, signals

COLUMNS = ("term", "value", "center", "lower", "upper", "sigma", "baseline", "signal", "note")
D2 = 1.128
"""Expected range of two values of a standard normal, rounded as the tables have it."""
_FEW = 12


class ChartNote(StrEnum):
    """Why a point or its limits are missing, or how far they can be trusted."""

    NO_CASES = _("no cases in this period")
    NO_VALUE = _("no value in this period")
    FIRST = _("first point: nothing to compare with")
    TOO_FEW = _("needs at least two points in the baseline")
    NO_SPREAD = _("the baseline does not vary: the limits have no width")
    PRELIMINARY = _("fewer than twelve points in the baseline: the limits are preliminary")


@dataclass(frozen=True)
class Points:
    """One series: the numbers of each column in time, and which points make the limits."""

    labels: pd.DataFrame
    columns: tuple[Floats, ...]
    baseline: Bools


@dataclass(frozen=True)
class Limits:
    """Center and standard deviation for each point, within what the statistic can be at all."""

    center: Floats
    sigma: Floats
    lowest: float = -np.inf
    highest: float = np.inf


def read_points(
    data: pd.DataFrame,
    columns: Sequence[str],
    over: str | None,
    by: str | Sequence[str] | None,
    baseline: int | None,
) -> list[Points]:
    """Read the columns as one series a group, sorted by `over` (without it, in the frame's order)."""
    _check_baseline(baseline)
    keys_by = names_of(by)
    values = [numbers(check_frame(data), column) for column in columns]
    _check_names([*keys_by, *([over] if over else [])])
    group, keys = groups(data, keys_by)
    order = _order(data, over)
    parts = []
    for row in range(max(len(keys), 1)):
        rows = order[group[order] == row]
        labels = keys.iloc[[row] * len(rows)].reset_index(drop=True)
        labels[over or "point"] = data[over].iloc[rows].array if over else np.arange(1, len(rows) + 1)
        _check_once(labels, over)
        first = np.arange(len(rows)) < (len(rows) if baseline is None else baseline)
        parts.append(Points(labels, tuple(column[rows] for column in values), first))
    return parts


def _check_baseline(baseline: int | None) -> None:
    if baseline is not None and (isinstance(baseline, bool) or not isinstance(baseline, int) or baseline < 2):
        raise InvalidInput(
            _("baseline is {baseline}; give how many of the first points make the limits, at least 2."),
            baseline=baseline,
        )


def _check_names(names: Sequence[str]) -> None:
    clash = [name for name in names if name in COLUMNS or name in ("point", "size")]
    if clash:
        raise InvalidInput(
            _('The column "{column}" cannot be grouped by: the result has a column of that name; rename it.'),
            column=clash[0],
        )


def _order(data: pd.DataFrame, over: str | None) -> Ints:
    if over is None:
        return np.arange(len(data))
    check_columns(data, [over])
    periods = data[over].reset_index(drop=True)
    if periods.isna().any():
        raise InvalidInput(
            _('The column "{column}" has no period in {count} rows; fill it or leave those rows out.'),
            column=over,
            count=int(periods.isna().sum()),
        )
    try:
        return periods.sort_values(kind="stable").index.to_numpy(dtype=np.int64)
    except TypeError:
        raise InvalidInput(
            _('The column "{column}" cannot be put in order; give all periods as dates, numbers or text.'),
            column=over,
        ) from None


def _check_once(labels: pd.DataFrame, over: str | None) -> None:
    if over is None:
        return
    twice = labels.loc[labels[over].duplicated(), over]
    if len(twice):
        raise InvalidInput(
            _('The column "{column}" holds {period} more than once; add the rows of a period up, or give by=.'),
            column=over,
            period=str(twice.iloc[0]),
        )


def chart_frame(
    points: Points, term: str, values: Floats, limits: Limits, rules: Rules, missing: str = ChartNote.NO_VALUE
) -> pd.DataFrame:
    """Put one series together: the labels, then `COLUMNS`."""
    z = standardised(values, limits)
    frame = points.labels.copy()
    frame["term"], frame["value"], frame["center"] = term, values, limits.center
    frame["lower"] = np.maximum(limits.center - 3 * limits.sigma, limits.lowest)
    frame["upper"] = np.minimum(limits.center + 3 * limits.sigma, limits.highest)
    frame["sigma"], frame["baseline"] = limits.sigma, points.baseline
    frame["signal"] = signals(values, z, rules)
    there = ~np.isnan(values)
    whole = _series_note(int((there & points.baseline).sum()), limits.sigma[there])
    frame["note"] = [whole if present else str(missing) for present in there]
    return frame


def standardised(values: Floats, limits: Limits) -> Floats:
    """Standard deviations from the center; infinite where there is a distance but no width (rounding aside)."""
    apart = values - limits.center
    apart = np.where(np.abs(apart) <= 1e-12 * np.abs(limits.center), 0, apart)
    without = np.where(apart == 0, 0, np.copysign(np.inf, apart))
    return np.where((limits.sigma == 0) & ~np.isnan(apart), without, ratio(apart, limits.sigma))


def _series_note(points: int, sigma: Floats) -> str:
    if points < 2:
        return ChartNote.TOO_FEW.value
    if (sigma == 0).all():
        return ChartNote.NO_SPREAD.value
    return ChartNote.PRELIMINARY.value if points < _FEW else ""


def moving_ranges(values: Floats) -> Floats:
    """Distance of each value from the last one there was; NaN at the first and where there is none."""
    out = np.full(len(values), np.nan)
    there = np.flatnonzero(~np.isnan(values))
    out[there[1:]] = np.abs(np.diff(values[there]))
    return out


def moving_sigma(values: Floats, baseline: Bools) -> tuple[float, float]:
    """Mean and standard deviation (mean moving range / d2) of the baseline's points; NaN with fewer than two."""
    used = values[baseline & ~np.isnan(values)]
    if len(used) < 2:
        return np.nan, np.nan
    return float(used.mean()), float(np.abs(np.diff(used)).mean()) / D2


def joined(parts: Sequence[Points], chart: Callable[[Points], pd.DataFrame]) -> pd.DataFrame:
    """Chart each series and put the frames below one another."""
    return pd.concat([chart(points) for points in parts], ignore_index=True)
