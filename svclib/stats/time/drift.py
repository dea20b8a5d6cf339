"""Control charts that remember: EWMA and CUSUM find small shifts sooner."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.marks import _
from svclib.stats.time.rules import Rule, Rules
from svclib.stats.time.series import ChartNote, Limits, Points, chart_frame, joined, moving_sigma, read_points

_BEYOND = Rules((Rule.BEYOND_LIMITS,), 8)


def ewma_chart(
    data: pd.DataFrame,
    value: str,
    *,
    weight: float = 0.2,
    over: str | None = None,
    by: str | Sequence[str] | None = None,
    baseline: int | None = None,
) -> pd.DataFrame:
    """Chart the exponentially weighted moving average of single values.

    Each point is `weight` · value + (1 − `weight`) · the point before, starting from the center; the limits are
    center ± 3 σ √(λ / (2 − λ) · (1 − (1 − λ)²ⁱ)) with λ = `weight` at the i-th point (Roberts 1959; Montgomery,
    Introduction to Statistical Quality Control, section 9.2). Center and σ are those of `xmr_chart`.

    Parameters
    ----------
    value : str
        Column of the values.
    weight : float
        Of the newest value, above 0 and at most 1; the smaller, the smaller the shifts that show.
    data, over, by, baseline
        As in `svclib.stats.p_chart`; a period without a value is passed over.

    Returns
    -------
    DataFrame
        As of `svclib.stats.xmr_chart`, ``value`` the average; ``term`` is ``ewma``.

    Examples
    --------
    >>> waits = pd.DataFrame({"minutes": [8.0, 9, 8, 9, 8, 9, 11, 11, 11]})
    >>> ewma_chart(waits, "minutes", baseline=6)["signal"].tolist()[6:]
    ['', 'beyond_limits', 'beyond_limits']
    """
    if not 0 < weight <= 1:
        raise InvalidInput(_("weight is {weight}; give a number above 0 and at most 1, such as 0.2."), weight=weight)

    def chart(points: Points) -> pd.DataFrame:
        (values,) = points.columns
        center, sigma = moving_sigma(values, points.baseline)
        past = np.cumsum(~np.isnan(values))
        width = np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2.0 * past)))
        limits = Limits(np.full(len(values), center), np.where(np.isnan(values), np.nan, sigma * width))
        return chart_frame(points, "ewma", _averages(values, center, weight), limits, _BEYOND, _missing(sigma))

    return joined(read_points(data, [value], over, by, baseline), chart)


def cusum_chart(
    data: pd.DataFrame,
    value: str,
    *,
    shift: float = 1,
    decision: float = 5,
    over: str | None = None,
    by: str | Sequence[str] | None = None,
    baseline: int | None = None,
) -> pd.DataFrame:
    """Chart the cumulative sums of single values above and below the center, in standard deviations.

    The upper sum is max(0, sum before + z − `shift` / 2), the lower one min(0, sum before + z + `shift` / 2); either
    signals beyond `decision` (Page 1954; Montgomery, Introduction to Statistical Quality Control, section 9.1). z is
    the distance from the center in σ, both as in `xmr_chart`.

    Parameters
    ----------
    value : str
        Column of the values.
    shift : float
        The shift to be found, in standard deviations.
    decision : float
        The limit of a sum, in standard deviations.
    data, over, by, baseline
        As in `svclib.stats.p_chart`; a period without a value is passed over.

    Returns
    -------
    DataFrame
        As of `svclib.stats.xmr_chart`, ``value`` the sum, first the rows of ``term`` ``above``, then of ``below``;
        ``center`` is 0 and ``sigma`` 1. All are missing where the baseline does not vary.

    Examples
    --------
    >>> waits = pd.DataFrame({"minutes": [8.0, 9, 8, 9, 8, 9, 10, 10, 10, 10, 10]})
    >>> chart = cusum_chart(waits, "minutes", baseline=6)
    >>> chart.loc[chart["signal"] != "", "term"].tolist()
    ['above']
    """
    for name, number in (("shift", shift), ("decision", decision)):
        if not 0 < number < np.inf:
            raise InvalidInput(_("{name} is {number}; give a number above 0."), name=name, number=number)

    def chart(points: Points) -> pd.DataFrame:
        (values,) = points.columns
        center, sigma = moving_sigma(values, points.baseline)
        z = ratio(values - center, sigma)  # missing where the baseline does not vary
        above, below = _sums(z, shift / 2), -_sums(-z, shift / 2)
        frames = [_sum_frame(points, *side, sigma, decision) for side in (("above", above), ("below", below))]
        return pd.concat(frames, ignore_index=True)

    return joined(read_points(data, [value], over, by, baseline), chart)


def _averages(values: Floats, center: float, weight: float) -> Floats:
    out, average = np.full(len(values), np.nan), center
    for i in np.flatnonzero(~np.isnan(values)):
        average = average + weight * (values[i] - average) if not np.isnan(center) else np.nan
        out[i] = average
    return out


def _sums(z: Floats, slack: float) -> Floats:
    out, total = np.full(len(z), np.nan), 0.0
    for i in np.flatnonzero(~np.isnan(z)):
        total = max(0.0, total + z[i] - slack)
        out[i] = total
    return out


def _sum_frame(points: Points, term: str, sums: Floats, sigma: float, decision: float) -> pd.DataFrame:
    """Rows of one side; its limit is `decision`, the other one 0."""
    lowest, highest = (0.0, np.inf) if term == "above" else (-np.inf, 0.0)
    limits = Limits(np.zeros(len(sums)), np.full(len(sums), decision / 3), lowest, highest)
    frame = chart_frame(points, term, sums, limits, _BEYOND, _missing(sigma))
    return frame.assign(sigma=1.0)


def _missing(sigma: float) -> ChartNote:
    """Why a sum or an average is missing."""
    if np.isnan(sigma):
        return ChartNote.TOO_FEW
    return ChartNote.NO_SPREAD if sigma == 0 else ChartNote.NO_VALUE
