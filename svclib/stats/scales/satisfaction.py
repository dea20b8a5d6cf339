"""CSAT, NPS and CES: the three usual measures, each with an interval."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.design.bounded import check_scale
from svclib.stats.design.linear import Domains, linear_estimates, mean_column, read
from svclib.stats.design.shares import kish, korn_graubard
from svclib.stats.design.survey import Design, design_of
from svclib.stats.design.values import Data, Names, answers_of, edge_notes, means, shares
from svclib.stats.estimate import MIN_MEAN, cell_notes, check_level, estimates
from svclib.stats.intervals import share_difference
from svclib.stats.marks import _
from svclib.stats.samples import with_values

PROMOTER = 9
"""Lowest answer of a promoter on the scale 0–10 (Reichheld 2003)."""
DETRACTOR = 6
"""Highest answer of a detractor."""
Interval = Literal["t", "score"]


def csat(
    data: Data,
    column: str,
    *,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    lowest: int = 1,
    highest: int = 5,
    boxes: int = 2,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the share of satisfied customers: the answers in the top `boxes` of the scale.

    The interval is Wilson's; with weights it uses Kish's effective number of answers, with a design the effective
    number that strata and clusters leave.

    Parameters
    ----------
    data : DataFrame or Design
        One row a response.
    column : str
        The rating.
    by : str or list of str, optional
        One row a group.
    weights : str, optional
        Column of weights, of a frame.
    level : float
    lowest, highest : int
        Ends of the scale.
    boxes : int
        How many top points count as satisfied.
    min_n : int
        Cells of fewer answers carry a note.

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`; shares between 0 and 1. Of a design a last column ``deff``, the design effect.

    Raises
    ------
    InvalidInput
        If the column is absent, is no number, or leaves the scale.

    Examples
    --------
    >>> csat(pd.DataFrame({"overall": [5, 4, 4, 3, 5, 2]}), "overall")["estimate"].round(3).item()
    0.667
    """
    values = answers_of(data, column, check_scale((lowest, highest)))
    satisfied = top_boxes(values, lowest, highest, boxes)
    return shares(data, satisfied, column, by=by, weights=weights, level=level, min_n=min_n)


def top_boxes(values: Floats, lowest: int, highest: int, boxes: int) -> Floats:
    """Tell of each answer whether it is in the top `boxes` of the scale: 1, 0, or missing."""
    if not 1 <= boxes <= highest - lowest:
        raise InvalidInput(
            _("boxes is {boxes}; give how many top points count, from 1 to {most}."),
            boxes=boxes,
            most=highest - lowest,
        )
    return np.where(np.isnan(values), np.nan, (values > highest - boxes).astype(float))


def nps(
    data: Data,
    column: str,
    *,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the net promoter score: 100 × (share of 9–10 less share of 0–6).

    The interval is the score interval of a difference of multinomial shares, which holds for small numbers of
    answers too (coverage in `svclib.stats.intervals.share_difference`). With weights it uses Kish's effective number
    of answers. With a design it uses the number that has the linearised variance of the score −1, 0, 1, shrunk for
    few clusters as Korn and Graubard (1998) do for shares.

    Parameters
    ----------
    data, column, by, weights, level, min_n
        As in `csat`; the scale is 0–10.

    Returns
    -------
    DataFrame
        As of `csat`; −100 to 100.

    Notes
    -----
    Coverage at 95 % with designs of 5 to 40 clusters, intraclass correlation 0.05 to 0.2 and unequal weights, 3 to 80
    % promoters: 0.946 to 0.972. Student's t of the same variance: 0.912 to 0.949.

    Examples
    --------
    >>> nps(pd.DataFrame({"recommend": [10, 9, 8, 7, 3]}), "recommend")["estimate"].item()
    20.0
    """
    check_level(level)
    values = answers_of(data, column, (0, 10))
    if isinstance(data, Design):
        return _nps_of_design(design_of(data, weights).domains(by), column, values, level, min_n)
    answers = with_values(data, values, by, weights)
    up = answers.mean((answers.values >= PROMOTER).astype(float))
    down = answers.mean((answers.values <= DETRACTOR).astype(float))
    effective = answers.effective_n
    low, high = share_difference(up, down, effective, level)
    return estimates(
        answers.keys,
        term=column,
        estimate=100 * (up - down),
        std_error=100 * np.sqrt(_score_variance(up, down) / np.where(effective > 0, effective, np.nan)),
        low=100 * low,
        high=100 * high,
        n=answers.n,
        level=level,
        method="score, effective n" if answers.weighted else "score",
        note=cell_notes(answers.n, min_n),
    )


def nps_scores(values: Floats) -> Floats:
    """Give 1 for a promoter, −1 for a detractor, 0 for who is neither, NaN for no answer."""
    score = (values >= PROMOTER).astype(float) - (values <= DETRACTOR)
    return np.where(np.isnan(values), np.nan, score)


def _score_variance(up: Floats, down: Floats) -> Floats:
    """Variance of one answer's score."""
    return np.maximum(up + down - (up - down) ** 2, 0)


def _nps_of_design(parts: Domains, column: str, values: Floats, level: float, min_n: int) -> pd.DataFrame:
    score = mean_column(column, 100 * nps_scores(values), parts)
    frame = linear_estimates([score], parts, level=level, min_n=min_n, method="score, effective n").frame
    error, n, df = (frame[name].to_numpy(dtype=float) for name in ("std_error", "n", "df"))
    given, valid = read(values, parts.sampling)
    up, down = (parts.mean(hit.astype(float), valid) for hit in (given >= PROMOTER, given <= DETRACTOR))
    spread = (error > 0) & ~np.isnan(error)
    effective = np.where(spread, _score_variance(up, down) / np.where(spread, error / 100, 1) ** 2, kish(valid, parts))
    low, high = share_difference(up, down, korn_graubard(effective, n, df, level), level)
    frame["low"], frame["high"] = 100 * low, 100 * high
    frame["note"] = edge_notes(n, df, min_n, parts)
    return frame


def ces(
    data: Data,
    column: str,
    *,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    lowest: int = 1,
    highest: int = 7,
    boxes: int | None = None,
    interval: Interval = "score",
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the customer effort score: the mean answer, or the share of those who had little effort.

    Parameters
    ----------
    data, column, by, weights, level, lowest, highest, min_n
        As in `csat`; the usual scale is 1–7, 7 for no effort at all.
    boxes : int, optional
        With a number the share of answers in so many top points, with the interval of `csat` (three of seven in
        Dixon, Freeman and Toman 2010).
    interval : {"score", "t"}
        Of the mean: the score interval on the scale (`svclib.stats.design.bounded.bounded_interval`), which holds for
        few answers near the top too, where Student's t falls as low as 0.86 of the nominal 0.95; or that t.

    Returns
    -------
    DataFrame
        As of `csat`.

    Examples
    --------
    >>> effort = pd.DataFrame({"effort": [7, 5, 6, 6, 6]})
    >>> ces(effort, "effort")["estimate"].item(), ces(effort, "effort", boxes=2)["estimate"].item()
    (6.0, 0.8)
    """
    scale = check_scale((lowest, highest))
    values = answers_of(data, column, scale)
    if boxes is not None:
        easy = top_boxes(values, lowest, highest, boxes)
        return shares(data, easy, column, by=by, weights=weights, level=level, min_n=min_n)
    ends = scale if check_interval(interval) == "score" else None
    return means(data, values, column, by=by, weights=weights, level=level, min_n=min_n, scale=ends)


def check_interval(interval: str) -> str:
    """Return `interval` if it is one of `Interval`."""
    if interval not in get_args(Interval):
        raise InvalidInput(
            _('interval is "{interval}"; give one of {known}.'),
            interval=str(interval),
            known=", ".join(get_args(Interval)),
        )
    return interval
